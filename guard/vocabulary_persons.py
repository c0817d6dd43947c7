"""Words beside which stands what is a person's own, in the languages people write, as text after `guard.folding.plain`.

Documents, births, homes, private telephones, pay and debts. Whole words in Latin letters, stems in
other scripts; a `_` or a digit may stand beside them where they name a field.
"""

from typing import Final

DOCUMENTS: Final = (
    r"passports?|reisepass[a-z]{0,8}|passeports?|pasaportes?|passaportes?|passaporto|paspoort[a-z]{0,6}|paszport[a-z]{0,3}|pasaport|paspor|cestovni pas|cestovny pas|putovnica|pasos|utlevel[a-z]{0,6}|passinumero|vegabref|ho chieu|"
    r"driv(?:er'?s?|ing)[ _\-]?licen[cs]es?|driv(?:er|ing)[ _]?licen[cs]e[ _]?(?:no|number)|licen[cs]e[ _]?(?:no|nr|num|number|#)|fuhrerschein[a-z\-]{0,8}|fuhrerausweis[a-z\-]{0,8}|permis de conduire|(?:carnet|permiso|licencia) de (?:conducir|conduccion|manejo)|brevete|"
    r"patente(?: di guida| n| nr|:)|carta de conducao|carteira de (?:motorista|habilitacao)|cnh|rijbewijs[a-z]{0,6}|prawo jazdy|prawa jazdy|korkort[a-z]{0,8}|forerkort[a-z]{0,8}|korekort[a-z]{0,8}|ajokortti[a-z]{0,6}|ridicsk[a-z]{1,3} prukaz[a-z]{0,2}|vodicsk[a-z]{1,3} preukaz[a-z]{0,2}|vozacka dozvola|vozniske? dovoljenj[a-z]|jogositvany[a-z]{0,6}|permis(?:ul)? (?:de )?conducere|ehliyet|surucu belgesi|"
    r"(?:national |personal |citizen(?:ship)? |resident )?id(?:entity)?[ _\-]?(?:card|number|no\b|nr\b|document)|identity (?:card|number|no|document)|national id|personalausweis[a-z\-]{0,8}|ausweis(?:nummer|-?nr)|identitatskarte[a-z]{0,8}|carte (?:nationale )?d'identite|titre de sejour|documento (?:nacional )?de identidad|cedula|carta d'identita|carta di identita|bilhete de identidade|cartao de cidadao|identiteitskaart[a-z]{0,8}|id-?kaart[a-z]{0,6}|dow(?:od|odu) osobist[a-z]{1,4}|obcansk[a-z]{1,3} prukaz[a-z]{0,2}|szemelyi[a-z ]{0,24}|id-?kort[a-z]{0,8}|leg-?kort[a-z]{0,6}|henkilokort[a-z]{1,6}|buletin(?:ul)?|kimlik|nufus cuzdani|emirates[ _]?id|iqama|residence permit|aufenthaltstitel|green card|"
    r"social security|social insurance|national insurance|ni (?:number|no)|n\.i\. (?:number|no)|nino|ssn|itin|bsn|burgerservicenummer|pesel|cpf|nif|dni|curp|hkid|nric|mykad|aadhaar|aadhar|adhaar|tckn|oib|jmbg|emso|rodn[ea] cisl[oa]|cnp|taj[ \-]?szam|szemelyi szam|isikukood|asmens kodas|personas kods|kennitala|henkilotunnus|hetu|personnummer|personnr|samordningsnummer|fodselsnummer|fodselsnr|cpr|cpr-?n(?:umme)?r|amka|ppsn?|niss|insz|rijksregister[a-z]{0,8}|registre national|snils|"
    r"(?:numero|num|n) (?:de )?secu(?:rite sociale)?|securite sociale|seguranca social|sozialversicherungs-?(?:nummer|nr)|sv-?(?:nummer|nr)|ahv-?(?:nummer|nr)|rentenversicherungs-?(?:nummer|nr)|versicherten-?(?:nummer|nr)|krankenversicherten-?(?:nummer|nr)|codice fiscale|tessera sanitaria|"
    r"steuer-?id[a-z]{0,24}|steuer-?(?:nummer|nr)|identifikationsnummer|tax[ _]?(?:id|file|number|no|reference|payer|code|identification)[a-z]{0,4}|taxpayer[ _]?(?:id|number|no)|unique taxpayer|utr|tfn|ird number|numero fiscal|num fiscal|identifiant fiscal|numero de contribuinte|contribuinte|fiscaal nummer|numer podatkowy|danove cislo|dic:|vergi (?:no|numara[a-z]{1,3}|kimlik)|adoazonosito[a-z ]{0,6}|skattenummer|npwp|ktp|cccd|cmnd|can cuoc|pan card|pan no|"
    r"pas[ \-]?(?:nr|nummer|no)|birth certificate|geburtsurkunde[a-z]{0,8}|visa (?:no|number)|visum(?:nummer|-nr)|resident registration|voter id|military id|dienstausweis[a-z]{0,8}|krankenkassenkarte|carte vitale|tarjeta sanitaria|medicare (?:no|number|card)|nhs (?:no|number)"
)
"""What documents and numbers of a person are called, Latin letters."""
DOCUMENTS_SHORT: Final = r"DNI|NIE|PAN|TIN|SIN|NIK|UTR|TFN|AFM|NI|RG|CI|IIN|NIN|PPS|CF|C\.F\.|DL|D\.L\.|RUT|RUN|CUIL|BVN|CNIC|IC|NIF|ITIN|SVNR|AHV|IHI|CRN"
"""Abbreviations that are words of some language unless they are written large."""
DOCUMENTS_ELSEWHERE: Final = (
    r"(?:[Зз]агранпаспорт[^\s]{0,3}|[Пп]аспорт[^\s]{0,3}|ПАСПОРТ|[Вв]одительск[^\s]{2,4} (?:удостоверени[^\s]{1,2}|прав[^\s]{0,2})|[Пп]освідченн[^\s]{1,2}|[Уу]достоверени[^\s]{1,2} личности|СНИЛС|снилс|ИНН|инн|ІПН|РНОКПП|ЕГН|ЛНЧ|"
    r"лична карта|шофьорска книжка|возачка дозвола|αριθμ[^\s]{1,3} (?:διαβατηριου|ταυτοτητας)|διαβατηριο|ταυτοτητα|δελτιο ταυτοτητας|διπλωμα οδηγησης|ΑΦΜ|ΑΜΚΑ|αφμ|αμκα|"
    r"パスポート(?:番号)?|旅券|運転免許証?(?:番号)?|免許証番号|マイナンバー|個人番号|保険証|在留カード|护照|護照|身份证|身分證|驾驶证|驾照|駕照|社保号|税号|여권(?:번호)?|운전면허(?:증|번호)?|주민등록번호|주민번호|외국인등록번호|"
    r"جواز(?: السفر)?|رقم الهوية|الهوية الوطنية|رخصة القيادة|الرقم الوطني|الرقم القومي|الإقامة|דרכון|תעודת ?(?:ה)?זהות|רישיון נהיגה|ת\.ז\.?|पासपोर्ट|आधार|ड्राइविंग लाइसेंस|पैन|หนังสือเดินทาง|พาสปอร์ต|บัตรประชาชน|ใบขับขี่)"
)
"""The same, other scripts."""

BIRTHS: Final = (
    r"dob|d\.o\.b|birth[ _]?da(?:te|y)|date[ _]of[ _]birth|dateofbirth|born|geb|geburtsdatum|geburtstag|geboren|date de naissance|naissance|nee? (?:le|en)|fecha de nacimiento|nacimiento|nacid[oa]|nacio|nat[oa] (?:il|a|nel)|nascit[oa]|data di nascita|data de nascimento|nascimento|nascid[oa]|nasceu|"
    r"geboortedatum|geboorte|urodz(?:on[aey]|ila? sie|enia)|ur|narozen[aiy]?|narodila? se|datum narozen[ia]|narodenia|fodelsedag|fodelsedatum|fodelsedato|fodselsdato|fodt|fodd|fodselsdag|syntynyt|syntymaaika|szuletett|szuletesi|nascut[a]?|data nasterii|dogum|rojen[a]?|roden[a]?|datum rodenja|datum rojstva|sundur|sinh ngay|ngay sinh|lahir|tanggal lahir|tgl lahir"
)
"""What says when somebody was born, Latin letters."""
BIRTHS_ELSEWHERE: Final = r"(?:[Дд]ата рождения|[Дд]ата народження|родил(?:ся|ась)|народи(?:вся|лася)|г\.р\.|д\.р\.|роден[а]?|生年月日|出生日期|出生|誕生日|生日|생년월일|생일|출생|تاريخ الميلاد|مواليد|ولد|נולד[הא]?|תאריך לידה|जन्म|เกิด|ημερομηνια γεννησης|γεννηθηκε)"

HOMES: Final = (
    r"liv(?:es|ed|ing) (?:at|in|on|with|near|next|opposite|behind|above)|residence|resid(?:es|ing|ential address)|home[ _]?address|homeaddress|home|private address|private residence|personal address|address at home|stay(?:s|ing) (?:at|with|in)|moved (?:in|out) (?:to|of)|"
    r"wohnt|wohnen|wohnhaft|wohnadresse|wohnanschrift|wohnung|wohnort|privatanschrift|privatadresse|privat|heimadresse|heimanschrift|zu ?hause|daheim|meldeadresse|gemeldet|habite[nr]?|domicile|domiciliee?|demeurant|demeure|loge|adresse (?:perso[a-z]{0,6}|privee|de chez)|chez (?:lui|elle)|"
    r"viv(?:e|en|o|imos) en|domicilio|direccion (?:particular|personal|de casa)|reside|residencia|abita(?:no|zione)?|residente|residenza|indirizzo di casa|casa (?:di|sua|da|do|de|del|mia)|vive a|mora(?:m|da|dor|dora)?|endereco (?:residencial|pessoal|particular)|woon(?:t|adres|achtig)|thuis(?:adres)?|prive(?:adres)?|huisadres|"
    r"mieszka(?:ja|m)?|zamieszkal[aey]|zamieszkania|adres (?:domowy|prywatny)|bydli(?:ste)?|bydlisko|trvale|byva|bor|bosatt|boende|bostadsadress|hemadress|hemma|hjemmeadresse|privatadresse|bopael|asuu|kotiosoite|kotona|lakik|lakcime?|lakohely|otthon|locuieste|domiciliu|adresa de acasa|oturuyor|ikamet[a-z]{0,8}|ev adresi|evi|stanuje|zivi (?:u|na)|prebivalisce|elab|gyvena|dzivo|tinggal (?:di)?|alamat rumah|nha rieng|dia chi nha"
)
"""What says where somebody lives, Latin letters."""
HOMES_ELSEWHERE: Final = r"(?:проживает|проживает по|живет|живёт|живу|прописан[а]?|домашний адрес|адрес проживания|мешкає|проживає|домашня адреса|живее|住所|自宅|住んで|ご自宅|住在|家住|家庭住址|住址|住宅地址|자택|집 ?주소|거주|살고|사는 곳|يسكن|تسكن|عنوان المنزل|عنوان البيت|مقيم|גר ב|גרה ב|מתגורר|כתובת הבית|रहते|रहती|रहता|घर का पता|พักอยู่|ที่อยู่บ้าน|μενει|κατοικ|διευθυνση κατοικιας)"

OWN_NUMBERS: Final = (
    r"private(?:ly)?|personal|home|privat(?:e[rs]?|nummer|handy|numret?)?|perso|personnel(?:le)?|prive(?:e|nummer|mobiel|telefoon)?|particular|personale|privat[oai]|pessoal|pessoais|prywatn[aeyi][a-z]{0,2}|soukrom[a-z]{1,3}|sukromn[a-z]{1,3}|osobn[a-z]|privatn[aeio]|henkilokohtai[a-z]{2,5}|yksityi[a-z]{2,5}|ozel|sahsi|kisisel|magan[a-z]{0,8}|szemelyes|personal[a]?|pribadi|ca nhan|"
    r"private[ _](?:phone|mobile|cell|number|tel)|mobile[ _]private|"
    r"(?:his|her|their|wife'?s?|husband'?s?|daughter'?s?|son'?s?|mother'?s?|father'?s?|owner'?s?|boss'?s?) (?:new |own |other |direct )?(?:mobile|cell|phone|number|whatsapp)|(?:seine|ihre|frau|ehefrau|ehemann|tochter|sohn) (?:[A-Z][a-z]+ )?(?:handy|mobil|telefon|nummer)[a-z]{0,6}|"
    r"(?:son|sa|leur) (?:portable|numero|mobile|fixe)|(?:de sa femme|de son mari|de sa fille|de son fils)|(?:su|de su (?:mujer|esposa|marido|hija|hijo|madre)) (?:movil|celular|numero|telefono)|(?:il suo|sua moglie|suo marito|sua figlia) (?:cellulare|numero|telefono)|(?:zijn|haar) (?:mobiel|nummer|telefoon)[a-z]{0,6}|(?:jego|jej) (?:numer|telefon|komorka)|(?:hans|hennes) (?:mobil|nummer|telefon)[a-z]{0,6}"
)
"""What makes a telephone somebody's own, Latin letters."""
OWN_NUMBERS_ELSEWHERE: Final = r"(?:[Лл]ичн[^\s]{2,3}|домашн[^\s]{2,3}|[Оо]собист[^\s]{2,3}|приватн[^\s]{2,3}|личен|个人(?:手机|电话)|私人|手机号|個人の|携帯番号|自宅の電話|개인 ?(?:번호|휴대폰|핸드폰)|핸드폰 번호|휴대폰|الشخصي|الخاص|جوالها?|هاتفها?|הפרטי|האישי|הנייד של|निजी|व्यक्तिगत|ส่วนตัว|προσωπικ[^\s]{1,2})"

PAY: Final = (
    r"salar(?:y|ies)|payslips?|wages?|earn(?:s|ed|ing)?|(?:is|are|was|were|gets?|got|being) paid|pay (?-i:[A-Z][a-z]+ [A-Z])[a-z]+|take-?home|sign-?on|base (?:pay|salary|is|of|[0-9$€£]+k?)|bonus(?:es)?|compensation|remuneration|pension|makes (?:about |around |only )?[$€£]?[0-9]+k?|gehalt(?:s|er)?|(?:monats|jahres|brutto|netto|grund|anfangs|fest)gehalt|lohn|(?:stunden|monats|brutto|netto|jahres)lohn|verdien(?:t|st|en)|entgelt|besoldung|salaires?|remuneration|gagne(?:nt)?|touche|paie|retraite|sueldos?|salarios?|nomina|gana(?:n|ba)?|stipendi[o]?|guadagna(?:no)?|retribuzione|busta paga|ordenado|vencimento|ganha(?:m)?|recebe|holerite|"
    r"salaris(?:sen)?|verdient|uurloon|wynagrodzeni[ea]|zarabia(?:ja)?|pensj[aei]|zarobki|mzd[ay]|vydelava|lonen|tjanar|lonn|tjener|arslonn|arslon|palkka|palkkaa|ansaitsee|fizetes[a-z]{0,3}|salariu[l]?|castiga|maas[ai]?|kazaniyor|ucret[i]?|gaji|luong|mshahara|annual_salary|monthly_salary|base_salary|annualsalary|basesalary"
)
"""What somebody is paid, Latin letters."""
PAY_ELSEWHERE: Final = r"(?:[Зз]арплат[^\s]{1,3}|оклад[^\s]{0,2}|зарабатыва[^\s]{2,3}|получает|заробля[^\s]{1,3}|отримує|заплат[^\s]{1,3}|工资|薪资|月薪|年薪|薪水|給料|給与|年収|月給|時給|연봉|월급|급여|راتب|الراتب|معاش|משכורת|שכר|वेतन|तनख्वाह|เงินเดือน|μισθ[^\s]{1,2})"

DEBTS: Final = (
    r"owes?|owed|owing|behind|in arrears|arrears|overdue|overdrawn|overdraft|in debt|debts?|loans?|instal?lments?|mortgage|repossess[a-z]{1,4}|credit[ _]?(?:score|rating|cards?)|fico|bad debt|bankrupt(?:cy)?|insolven[a-z]{1,3}|hasn't paid|has not paid|not paid|missed (?:[a-z0-9]{1,6} )?payments?|unpaid|maxed out|(?:account|bank|outstanding|opening|current) balance|balance of|net worth|savings (?:account|of)|in savings|fortune|inherit(?:ed|s|ance)|alimony|child support|garnish[a-z]{0,6}|debt collect[a-z]{1,4}|trust fund|"
    r"schuldet|schulden|verschuldet|ruckstand[a-z]{0,2}|mietruckstand[a-z]{0,2}|mahnung|pfandung[a-z]{0,2}|gepfandet|inkasso|privatinsolvenz|insolvenz[a-z]{0,10}|schufa[a-z\-]{0,8}|kontostand|kredit|darlehen|hypothek|vermogen|erspartes|erbt|geerbt|erbe|unterhalt|doit|dette[s]?|impaye[es]{0,2}|endettee?|surendett[a-z]{1,5}|interdit bancaire|saisie|decouvert|credit immobilier|patrimoine|herite|pension alimentaire|huissier|"
    r"debe|deben|deuda[s]?|moros[oa]s?|impag[oa][s]?|embarg[a-z]{1,4}|hipoteca|prestamo|saldo de|ahorros|patrimonio|hereda|heredo|deve|debit[oi]|debitore|insolut[oi]|pignorament[oi]|mutuo|prestito|risparmi|ereditat[oa]|arretrat[oi]|divida[s]?|devedor[a]?|inadimplente|penhora|atrasad[oa]s?|emprestimo|poupanca|herdou|schuld(?:en)?|betalingsachterstand|achterstand|bkr|deurwaarder|beslag|hypotheek|spaargeld|vermogen|erft|dlugi|dlugu|dlugow|dlugami|dluzn[a-z]{1,3}|komornik[a-z]{0,2}|zalega|zaleglosc[a-z]{0,2}|kredyt[a-z]{0,2}|hipotek[a-z]|oszczednosc[a-z]{0,2}|dluh[a-z]{0,2}|dluzi|exekuc[a-z]{1,2}|uver[a-z]{0,2}|skuld[a-z]{0,3}|skyldig|gald|gjeld|gaeld|inkassering|kronofogden|betalningsanmarkning[a-z]{0,3}|velka[a-z]{0,3}|velkaa|luottotiedot|adossag[a-z]{0,3}|tartozas[a-z]{0,3}|tartozik|vegrehajt[a-z]{1,5}|datorii|datoreaza|borc[a-z]{0,3}|icra[a-z]{0,3}|kredi|utang|hutang|no xau"
)
"""What somebody owes or owns, Latin letters."""
DEBTS_ELSEWHERE: Final = r"(?:[Дд]олг[^\s]{0,3}|должен|должна|задолж[^\s]{3,6}|просроч[^\s]{2,5}|кредит[^\s]{0,2}|ипотек[^\s]{1,2}|борг[^\s]{0,3}|винен|винна|заборгован[^\s]{2,4}|欠|债|债务|贷款|逾期|借金|滞納|ローン|延滞|残高|빚|연체|대출|체납|잔액|مدين|ديون|قرض|متأخرات|חוב|חייב|חייבת|הלוואה|उधार|कर्ज|หนี้|ค้างชำระ|χρωστ|χρεο|οφειλ)"
