"""Rules for people and money: numbers with check digits, documents, health, accounts, wallets."""

from typing import Final

from guard.rule import Rule, Scope
from guard.specimens import fill
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH
_MEDIUM: Final = Severity.MEDIUM
_NUMBER: Final = r"(?:[\s\-]{0,2}(?:(?:number|no|nr|num|numero|nummer|id)\b\.?|#|n°))?"
_LINK: Final = r"\s{0,2}(?::|=|#|\bis\b|\bist\b|\best\b|\bes\b|-)?\s{0,4}#?\s?"
_DATE: Final = (
    r"(?:[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-](?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}|"
    r"(?:[0-9]{1,2}(?:st|nd|rd|th|\.)?(?: de| of)?\s{1,2})?(?i:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|set|out|dic|gen|mag|giu|lug|ott|fev|avr|juin|juil|aout|sty|lut|kwi|maj|cze|lip|sie|wrz|paz|lis|gru)[a-z]{0,7}(?: de| of)?\.?\s{1,2}(?:[0-9]{1,2}(?:st|nd|rd|th)?,?\s{1,2})?(?:19|20)[0-9]{2})"
)


_PAY: Final = r"(?P<v>(?:USD|EUR|GBP|CHF|PLN|SEK|NOK|DKK|INR|[$€£₹¥]) ?[0-9][0-9.,' ]{1,12}(?:[0-9]|k)|[0-9][0-9.,' ]{2,12}[0-9] ?(?:USD|EUR|[Ee]uros?|GBP|CHF|PLN|SEK|NOK|DKK|zl|kr|[$€£])|[0-9]{2,3} ?k\b|[0-9]{1,3}[.,'][0-9]{3}\b)"
_NAME: Final = r"[A-Z][a-z]{1,20}(?:[ \-][A-Z][a-z]{1,20}){0,2}"
_FULL: Final = r"\b[A-Z][a-z]{1,20}(?:[ \-][A-Z][a-z]{1,20}){1,3}"
_PERSON: Final = (
    rf"(?:\b(?:mr|mrs|ms|sr|sra|senhora?|dona|sig|Dr|Prof|Mr|Mrs|Ms|Miss|Mx|Herrn?|Frau|Hr|Fr|Mme|Mlle|M|Madame|Monsieur|Sr|Sra|Srta|Senora?|Sig|Sig\.ra|Signora?|Pan|Pani|Mevr|Mevrouw|Dhr|Fru|Herr|Bay|Bayan)\.? {_NAME}\b|"
    rf"\b(?i:our (?:client|employee|colleague|member|tenant|student)|my (?:client|wife|husband|son|daughter|mother|father|boss|owner|patient|colleague)|his|her)(?:'s)? (?:{_NAME})?|"
    rf"\b(?i:colleague|employee|patient(?:in|e|en)?|pacjent(?:ka|ki)?|paciente|paziente|klient(?:in)?|mitarbeiter(?:in)?|kolleg(?:e|in))(?:'s)? {_NAME}|"
    rf"{_NAME} {_NAME}(?:'s)?\b)"
)
_PATIENT: Final = r"(?:пациент[^\s]{0,4}|Пациент[^\s]{0,4}|患者|病人|환자|المريض[^\s]{0,2}|המטופל[^\s]{0,2}|様|さん|先生|女士|씨|님은|님이|السيدة|السيد)"
_CONDITION: Final = (
    r"(?:\b(?i:tuber[ck]ul[a-z]{1,5}|hepatit[a-z]{1,3}|diabet[a-z]{0,6}|epileps[a-z]{0,4}|epilept[a-z]{1,4}|esquizofren[a-z]{1,3}|schizofren[a-z]{1,4}|depressi[a-z]{1,5}|depresyon[a-z]{0,3}|depresja|deprese|psicos[a-z]{1,4}|psychos[a-z]{1,4}|psykos|si[fp]h?ilis|malaria|dialis[a-z]{1,4}|dialys[a-z]{1,3}|[qc]h?imioterap[a-z]{1,4}|quimio(?:terapia)?|chimio(?:therapie)?|kemoterapi|leuc?emi[a-z]{1,3}|linfoma|lymphom|parkinson|esclerosis|sclerose|sclerosi|multipel sklerose|infar[ck]t[a-z]{0,3}|un avc|ictus|derrame cerebral|sickle cell|anemia falciforme|transplant|toxicoman[a-z]{1,3}|hamile|ciaz[ay]|embarazad[ao]|gravidez|grossesse|aborto|fausse couche|tumou?r[a-z]{0,3}|autizm|alkoholi[a-z]{2,5}|verem|sarilik|kalp krizi|felc|cancer|carcinoma|seropositi(?:f|ve|vo|va)|hiv-positi[a-z]{1,2}|tumou?r|hiv|aids|hepatitis|diabet[a-z]{1,5}|depressi[a-z]{1,4}|bipolar|schizo[a-z]{4,8}|epilep[a-z]{1,4}|"
    r"leuk[a]?emia|lymphoma|chemo(?:therap[a-z]{1,2})?|dialysis|dementia|alzheimer|parkinson|multiple sclerosis|pregnant|miscarriage|abortion|"
    r"chlamydia|syphilis|gonorrh[a-z]{2,4}|anxiety disorder|panic disorder|ptsd|adhd|autis[a-z]{1,4}|alcoholi[a-z]{1,3}|overdose|anorexia|bulimia|"
    r"stroke|metasta[a-z]{1,5}|insulin|metformin|sertralin[a-z]?|fluoxetin[a-z]?|lithium|methadone?|antiretroviral|psychiatric|suicid[a-z]{1,4}|"
    r"tuberculosis|melanoma|endometriosis|burnout|burn-out|krebs|brustkrebs|leukamie|schwanger(?:schaft)?|fehlgeburt|schlaganfall|herzinfarkt|demenz|"
    r"alkoholabhangig[a-z]{0,3}|cancer du|sida|vih|enceinte|embarazada|cancro|tumore|incinta|gravida|kanker|zwanger|nowotwor[a-z]{0,2}|cukrzyc[a-z]{1,2}|"
    r"depresj[a-z]{1,2}|rakovin[a-z]{1,2}|cukrovk[a-z]{1,2}|kreft|kreftdiagnose|diabetiker|kanser|seker hastaligi|syopa)\b|"
    r"диабет|депресси|онколог|ВИЧ|беременн|шизофрен|эпилепси|инсульт|рак (?:груди|лёгк|легк|кожи|жел)|糖尿病|がん|癌|うつ病|抑郁|艾滋|乙肝|白血病|당뇨|우울증|فيروس سي|الإيدز|حامل|اكتئاب|암 진단|السكري|سرطان|סוכרת|סרטן)"
)

PEOPLE: Final[tuple[Rule, ...]] = (
    Rule(
        id="pii.ssn",
        category="pii",
        severity=_HIGH,
        description="A US social security number is in the message.",
        patterns=(
            r"\b(?P<v>[0-9]{3} ?- ?[0-9]{2} ?- ?[0-9]{4})\b",
            r"(?i)\b(?:her|his|my|your|their|applicant's|borrower|employee)?,? ?social(?: security)?(?: number| no\.?)?\s{0,2}(?::|#|is|=|-)?\s{0,3}(?P<v>[0-9]{3}[ .\-]?[0-9]{2}[ .\-]?[0-9]{4})\b",
            rf"(?i)\b(?:ssn|social security|social sec\.?|soc sec){_NUMBER}[^\n0-9]{{0,30}}(?P<v>[0-9]{{3}}[\s.\-/]{{0,3}}[0-9]{{2}}[\s.\-/]{{0,3}}[0-9]{{4}})\b",
        ),
        validator="ssn",
        examples=(
            "her number is 536-22-8743", "SSN: 536 22 8743", "social security 536.22.8743", "ssn 536228743",
            "SSN 123-45-6789",
        ),
        near_misses=(
            "part 123 45 6789", "batch 000-12-3456", "order 536-22-8743", "call 555-1234", "078-05-1120",
        ),
    ),
    Rule(
        id="pii.ssn_named",
        category="pii",
        severity=_HIGH,
        description="A number called a social security number is in the message.",
        patterns=(
            r"(?i)\b(?:ssn|social security)\b[^\n0-9]{0,30}(?P<v>[0-9]{3}[ .\-]?[0-9]{2}[ .\-]?[0-9]{4})\b",
        ),
        validator="ssn",
        scope=Scope.TURNED,
        is_generic=True,
        examples=("3478-22-635 si NSS reh", "UFA vf abg fgngrq; ure FFA: 536-22-8743"),
        near_misses=("batch 000-12-3456", "order 536-22-8743"),
    ),
    Rule(
        id="pii.itin",
        category="pii",
        severity=_HIGH,
        description="A US taxpayer number is in the message.",
        patterns=(
            r"(?i)\b(?:itin|taxpayer)\b[^\n0-9]{0,30}(?P<v>9[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{4})\b",
        ),
        validator="itin",
        scope=Scope.TURNED,
        examples=("ITIN 912-78-1234",),
        near_misses=("ITIN form W-7", "batch 912-10-1234"),
    ),
    Rule(
        id="pii.tax_id",
        category="pii",
        severity=_HIGH,
        description="A tax number is in the message.",
        patterns=(
            rf"(?i)\b(?:ein|tin|fein|tax id|federal tax|tax[ \-]?identification|taxpayer id|vat|ust-?id|steuernummer|nif|partita iva){_NUMBER}{_LINK}(?P<v>[a-z]{{0,3}}[0-9]{{2,3}}[\-/ ]?[0-9]{{3,4}}[\-/ ]?[0-9]{{3,6}})\b",
        ),
        validator="tax_number",
        examples=("EIN: 12-3456789", "tax id 98-7654321", "Steuernummer: 21/815/08150"),
        near_misses=("tax id will follow", "EIN application", "vat 20 %"),
    ),
    Rule(
        id="pii.passport",
        category="pii",
        severity=_HIGH,
        description="A passport number is in the message.",
        patterns=(
            rf"(?i)\b(?:passport|reisepass|passeport|pasaporte|passaporto|paspoort|passaporte|paszport|pasul|utlevel|passi|pas[ -]?nr|pasaport)(?: [a-z]{{3,16}})?{_NUMBER}{_LINK}(?P<v>[a-z]{{0,3}}[0-9]{{6,9}}|[a-z][0-9a-z]{{7,8}}|[0-9]{{2}}[a-z]{{2}}[0-9]{{5}})\b",
            r"[Сс]ери[яи][\s:]{1,2}(?P<v>[0-9]{2} ?[0-9]{2},?\s{0,2}(?:номер|№|#|N)\s?[0-9]{6})\b",
            r"(?m)^P[A-Z<][A-Z<]{3}[A-Z<]{10,44}\s{1,3}[A-Z0-9<]{28,46}",
        ),
        validator="passport",
        scope=Scope.TURNED,
        examples=("passport number: C01X00T47", "passport no. CXF7J0ZGM", "Passport No 512345678", "Reisepass Nr. C01X00T47", "Reisepass-Nr.: C01X00T47", "passeport n° 12AB34567"),
        near_misses=("passport tomorrow", "passport renewal", "bring your passport photos"),
    ),
    Rule(
        id="pii.drivers_license",
        category="pii",
        severity=_HIGH,
        description="A driving licence number is in the message.",
        patterns=(
            rf"(?i)\b(?:driver'?s?'? ?licen[cs]e|[a-z]{{4,14}} dl|driving licen[cs]e|licen[cs]e (?:number|no)|dvla|patente|rijbewijs|korkort|forerkort|prawo jazdy|carta de conducao|permiso de conducir|ajokortti|fuhrerschein|permis de conduire|dl (?:number|no|#)|licencia de conducir){_NUMBER}{_LINK}(?P<v>[a-z]{{0,5}}[0-9][0-9a-z \-]{{4,18}}[0-9a-z])\b",
        ),
        validator="document_number",
        scope=Scope.TURNED,
        examples=("driver's license: D1234567", "Driving licence no MORGA657054SM9IJ"),
        near_misses=("a driver's license is required", "DL 12345", "driver license renewal 2024"),
    ),
    Rule(
        id="pii.birth_date",
        category="pii",
        severity=_HIGH,
        description="A date of birth is in the message; a warning where it is long ago.",
        patterns=(
            rf"(?i)\b(?:dob|d\.o\.b\.?|date of birth|birth ?date|born(?: on)?|birthday|geburtsdatum|geboren(?: am)?|geb\.(?: am)?|date de naissance|nee? le|fecha de nacimiento|nacid[oa] el|nato il|nata il|data di nascita|data de nascimento|nascid[oa] em|geboortedatum|geboren op|urodzon[ya]|data urodzenia|narozen[ay]?|datum narozeni|fodt|fodelsedatum|fodselsdato|fodd|syntynyt|dogum tarihi|szuletett|szuletesi (?:datum|ido)|nascut[a]?|data nasterii){_LINK}(?P<v>{_DATE})",
            r"(?P<v>(?:19|20)[0-9]{2}(?:年|\. ?)[0-9]{1,2}(?:月|\. ?)[0-9]{1,2}(?:日)?\s?(?:生|出生|생))",
            rf"(?:дата рождения|родил[^\s]{{1,6}}|Дата рождения|生年月日|出生日期|出生年月|생년월일|تاريخ الميلاد|תאריך לידה|ημερομηνια γεννησης)[^\n0-9]{{0,10}}(?P<v>{_DATE}|(?:19|20)[0-9]{{2}}(?:年|[./\- ]|년 ?)[0-9]{{1,2}}(?:月|[./\- ]|월 ?)[0-9]{{1,2}})",
            rf"[A-Z][a-z]{{1,20}} [A-Z][a-z]{{1,20}}\s?[(,]\s?(?:\*|b\.|geb\.?)\s?(?P<v>{_DATE})",
        ),
        validator="birth_date",
        scope=Scope.TURNED,
        examples=("DOB: 04/12/1987", "born on 12 March 1987", "Geburtsdatum: 12.03.1987", "Date of birth 1987-03-12", "née le 12/03/1987", "生年月日：1987年3月12日"),
        near_misses=("born in Berlin", "birthday party on Friday", "Ada Lovelace was born on 10 December 1815"),
    ),
    Rule(
        id="pii.phone",
        category="pii",
        severity=_MEDIUM,
        description="A phone number is in the message; held where it is called private.",
        patterns=(
            r"(?:^|[^0-9A-Za-z+/.\-])(?P<v>\+[1-9][0-9]{0,2}[ .\-]?(?:\([0-9]{1,4}\)[ .\-]?)?[0-9]{2,4}(?:[ .\-]?[0-9]{2,4}){2,4})\b",
            r"(?i)\b(?:mobile|cell(?:phone)?|phone|privately|private|privat|(?:call|reach|ring|text) (?:me|him|her|us)(?: at| on)?|(?:his|her|my|their|private) number(?: is)?|handy(?:nummer)?|mobil(?:nummer)?|telefon(?:nummer)?|portable|movil|cellulare|gsm|tel)\b[^\n0-9+]{0,15}(?P<v>[0-9]{2,5}(?:[ ./\-]{0,3}[0-9]{2,4}){2,5})\b",
            r"(?:^|[^0-9A-Za-z+/.\-])(?P<v>(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .\-])[2-9][0-9]{2}[ .\-][0-9]{4})\b",
        ),
        validator="phone",
        scope=Scope.TEXT,
        examples=("mobile: 06 12 34 56 78", "Handy 0151 23456789", "call me at +49 151 2345 6789", "my cell is (415) 555-0132 ok", "reach me: 415-736-2981"),
        near_misses=("order 415-736-2981", "version 1.2.3.4", "2024-11-20 12:30"),
    ),
    Rule(
        id="pii.postal_address",
        category="pii",
        severity=_MEDIUM,
        description="A postal address is in the message; held where it is called somebody's home.",
        patterns=(
            r"\b[A-Z][a-z\-]{2,30}(?:strasse|str\.|weg|gasse|allee|platz|ring|ufer|damm|stieg) {1,2}[0-9]{1,4} ?[a-z]?\s{0,2}[,\n]\s{0,3}(?:[A-Z]{1,2}-)?[0-9]{4,5} [A-Z][a-z]{2}",
            r"\b[0-9]{1,6} (?:[NSEW]\.? )?(?:[A-Z][a-z]{1,20} ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Way|Terrace|Place|Pl|Circle|Parkway|Highway)\b\.?[^\n]{0,30}[,\n]\s{0,3}[A-Z][A-Za-z .]{1,30},? {1,2}[A-Z]{2} {1,2}[0-9]{5}\b",
            r"\b[0-9]{1,4}[a-z]? (?:[A-Z][a-z]{1,20} ){1,4}(?:Street|Road|Lane|Avenue|Close|Court|Drive|Terrace|Place|Gardens|Crescent|Way|Hill|Row|Square)\b[^\x1e]{0,60}?\b[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}\b",
            r"(?i)\b[0-9]{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|boulevard|place|chemin|impasse|quai|allee) [^\n,0-9]{3,50}[,\n]\s{0,3}[0-9]{5} [a-z]{2}",
            r"(?i)(?:\b|\s)(?:calle|c/|avenida|avda\.?|av\.|plaza|paseo|via|viale|piazza|corso|largo|rua|praca) [^\n,0-9]{3,50},? {0,2}(?:n[.o]? ?)?[0-9]{1,4}[^\n]{0,20}[,\n]\s{0,3}(?:[0-9]{5}|[0-9]{4}-[0-9]{3}) [a-z]{2}",
            r"\b[A-Z][a-z]{2,30}(?:straat|laan|plein|gracht|kade|singel) [0-9]{1,4} ?[a-z]?\s{0,2}[,\n]\s{0,3}[0-9]{4} ?[A-Z]{2} {1,2}[A-Z][a-z]",
        ),
        validator="postal_address",
        scope=Scope.PROSE,
        examples=(
            "Lena Roth, Bergstra\u00dfe 14, 80331 M\u00fcnchen", "ship to 742 Evergreen Terrace, Springfield, IL 62704",
            "5 Mill Lane, Leeds LS1 4AP", "12 rue des Lilas, 75011 Paris", "Calle Mayor 5, 28013 Madrid",
            "Keizersgracht 101, 1015 CJ Amsterdam",
        ),
        near_misses=("the way to 10 Downing Street", "room 14, 80331 views", "via mail, 20 times", "a place in 2024, 10000 people"),
    ),
    Rule(
        id="pii.health_id",
        category="pii",
        severity=_HIGH,
        description="A health insurance number is in the message.",
        patterns=(
            rf"(?i)\b(?:medicare|medicaid|health (?:insurance|plan|card)|insurance (?:member|policy)|member|mbi|versichertennummer|krankenversicherung|patient|mrn|medical record){_NUMBER}{_LINK}(?P<v>[a-z]{{0,3}}[0-9][0-9a-z\-]{{6,13}})\b",
        ),
        validator="document_number",
        scope=Scope.TURNED,
        examples=("Medicare number: 1EG4-TE5-MK73", "MRN: 00482913", "health insurance id A123456780"),
        near_misses=("health plan overview", "medicare enrollment opens", "the member license of 2002-2006", "member since 2019"),
    ),
    Rule(
        id="pii.health_record",
        category="pii",
        severity=_HIGH,
        description="A named person's diagnosis or treatment is in the message.",
        patterns=(
            r"(?:[Pp]a[tcz]iente?(?:in)?|PATIENT)(?: name)?\s{0,2}:?\s{0,2}[A-Z][a-z]{1,20} [A-Z][a-z]{1,20}\b[^\x1e]{0,300}?(?i:diagnos[a-z]{0,4}|prescribed|treatment|icd-?10|hiv|biopsy|oncology|tested positive|medication|leidet an|behandlung|souffre|traitement|atteint|padece|tratamiento|soffre|terapia)",
            r"\b(?:Mr|Mrs|Ms|Herr|Frau|Mme|M)\.? [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?\b[^\n\x1e]{0,60}?(?i:tested positive for|was diagnosed with|suffers from|is hiv|has (?:been having )?(?:[a-z]{3,12} )?(?:cancer|hiv|aids|diabetes|depression|dementia|epilepsy|leuk[a]?emia)|leidet an|hat die diagnose|souffre de|est atteinte? de)",
            r"\b[A-Z][a-z]{1,20} [A-Z][a-z]{1,20}\b[^\n\x1e]{0,40}?(?i:\b(?:was|has been|is|been) diagnosed with\b|tested positive for|\bis hiv|ist hiv|hiv-positi)",
            r"\b(?:Mr|Mrs|Ms|Herrn?|Frau|Mme|M|Sr|Sra|Sig|Sig\.ra)\.? [A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20})?\b[^\n\x1e]{0,60}?(?i:ist hiv|hiv-positi|an (?:krebs|diabetes|depression) erkrankt|padece|tiene (?:cancer|vih)|soffre di|ha (?:il cancro|l'hiv))",
            rf"(?:{_PERSON}|{_PATIENT})(?:[^\n.;\x1e]|\.[^\s]|\. ?[0-9a-z]){{0,80}}?{_CONDITION}",
            rf"{_CONDITION}[^\n.\x1e]{{0,60}}?\b(?i:for|of|in|bei|von|de|chez|di|del|van|u|у)\s(?:{_PERSON}|{_PATIENT})",
            rf"(?i)\b(?:diagnos[a-z]{{1,3}}|befund|icd(?:-10)?(?: code)?|dx|rozpoznanie|teshis|диагноз|診断|诊断|진단)\s{{0,2}}(?::|=|-|\bis\b|は|为)\s{{0,3}}[^\n]{{0,60}}?{_CONDITION}",
            r"(?i:diagnosis|diagnosed with)\s{0,2}:?\s{0,2}[^\n]{0,60}\b[A-TV-Z][0-9]{2}\.[0-9]{1,2}\b",
        ),
        validator="health_record",
        scope=Scope.TURNED,
        examples=("Patient: Jane Miller, diagnosis: type 2 diabetes", "Diagnosis: E11.9 for our client",
            "Die Patientin Anna Berg hat die Diagnose Brustkrebs", "Le patient Jean Dupont souffre de schizophrenie",
            "M. Bernard Lacombe est séropositif depuis 2014", "Mr. Tom Hardy tested positive for HIV", "Maria Lopez was diagnosed with type 2 diabetes in May",
            "Herr Weber ist HIV-positiv, das steht im Befund",
        ),
        near_misses=(
            "Mr. Miller gave a talk on cancer research", "Anna Berg called the license on which it is built a \"cancer\"",
            "out of a land with no rights for her or her children, out of dirt, AIDS and more", "the York Post, the No. 1 place to meet people, is near an Alcoholics Anonymous center",
            "swapping the heroin of Italian Boston mobsters for their Irish methadone", "Patient information: diabetes is common", "patient support diagnosis tools", "the diagnosis of the bug is done", "Mr. Hardy has a meeting"),
    ),
    Rule(
        id="pii.immigration_number",
        category="pii",
        severity=_HIGH,
        description="An immigration number is in the message.",
        patterns=(
            rf"(?i)\b(?:a[ \-]?number|alien (?:registration )?|uscis|green card|visa (?:number|no)|residence permit){_NUMBER}{_LINK}(?P<v>a?-?[0-9]{{8,9}}|[a-z]{{3}}[0-9]{{10}})\b",
        ),
        validator="document_number",
        examples=("Alien number A123456789", "USCIS # 012345678", "A-number: A98765432"),
        near_misses=("a number of people", "visa number will follow"),
    ),
    Rule(
        id="pii.security_answer",
        category="pii",
        severity=_HIGH,
        description="The answer to a security question is in the message.",
        patterns=(
            r"(?i)security question[^\x1e]{0,120}?\banswer\s{0,2}(?::|=|is)\s{0,3}(?P<v>[^\s]{2,60})",
            r"(?i:\b(?:mother'?s maiden name|maiden name|first pet(?:'s name)?|name of (?:my|her|his|the) first (?:pet|school|teacher)|first school|first car|favou?rite teacher|memorable (?:place|date|word|name)|place of birth of (?:my|her|his) (?:mother|father)|geburtsname der mutter|madchenname der mutter|erstes haustier|nom de jeune fille de (?:ma|sa|votre) mere|premier animal|apellido de soltera|primera mascota|cognome da nubile))\s{0,2}(?::|=|->|-|,|\b(?:is|was|ist|war|est|es|e)\b)?\s{0,3}(?P<v>[A-Z][a-z]{1,30})",
        ),
        examples=("Security question: first pet? Answer: Rex", "mother's maiden name is Kowalski"),
        near_misses=("security questions will be removed", "what is your maiden name?"),
    ),
    Rule(
        id="pii.salary",
        category="pii",
        severity=_HIGH,
        description="What a person earns is in the message.",
        patterns=(
            r"(?:[A-Z][a-z]{1,20} [A-Z][a-z]{1,20}|[Hh]is|[Hh]er|[Tt]heir)(?:'s)? (?i:base |annual |monthly |gross )?(?i:salary|compensation|wage|bonus|base pay|pay (?:is|was|will be|of))[^\n]{0,20}?(?P<v>(?:USD|EUR|GBP|(?:[$]|€|£)) ?[0-9]{2,3}[,.' ]?[0-9]{0,3}k?|[0-9]{2,3}[,.' ][0-9]{3} ?(?:USD|EUR|GBP|(?:[$]|€|£)))",
            r"(?i:salary|salaries|payroll|wages|gehalt(?:er|sliste)?|lohn(?:liste)?|salaire|salaires|sueldo|sueldos|stipendio)\b[^\x1e]{0,80}?\b[A-Z][a-z]{1,20} [A-Z][a-z]{1,20}\b[^\n0-9]{0,12}?(?P<v>(?:USD|EUR|GBP|CHF|[$€£]) ?[0-9]{2,3}[,.' ]?[0-9]{0,3}k?|[0-9]{1,3}[,.' ][0-9]{3} ?(?:USD|EUR|[Ee]uro|GBP|CHF|[$€£]))",
            r"\b[A-Z][a-z]{1,20} [A-Z][a-z]{1,20} (?i:earns|is paid|gets|verdient|gagne|gana|guadagna)\b[^\n0-9]{0,15}?(?P<v>(?:USD|EUR|GBP|CHF|[$€£]) ?[0-9]{1,3}[,.' ]?[0-9]{0,3}k?|[0-9]{1,3}[,.' ]?[0-9]{3} ?(?:USD|EUR|[Ee]uros?|GBP|CHF|[$€£]))[^\n]{0,10}?(?i:\b(?:a|per|im|pro|par|al|all'|brutto|gross)\b ?(?:year|month|jahr|monat|an|mois|ano|mes|anno|mese|im)?)",
            rf"(?:\b{_NAME}(?:'s)?\b|\b(?i:he|she|his|her)\b)[^\n.;0-9]{{0,40}}?\b(?i:earn(?:s|ed)?|makes|is paid|gets paid|salary|base (?:pay|salary)|pay (?:is|was|will|rise|raise|cut)|bonus|raise|compensation|verdient|bekommt|erhalt|gehalt|grundgehalt|gagne|touche|salaire|(?-i:cobra)|gana|sueldo|salario|guadagna|prende|stipendio|ganha|recebe|verdient|salaris|loon|zarabia|pensja|lon|lonn|palkka|maas)\b[^\n0-9]{{0,40}}?{_PAY}",
            r"\b(?:[A-Z][a-z]{1,20}|[Hh]e|[Ss]he)(?:'s| is| was) (?:currently |now |still )?on (?P<v>(?:USD|EUR|GBP|CHF|[$€£]) ?[0-9]{2,3}[,.']?[0-9]{3})\b",
            r"[\"'](?:name|employee|full_?name|person)[\"']\s?:\s?[\"'][^\"'\n]{3,40}[\"'][^{}\n]{0,100}[\"'](?:base|comp|compensation|ctc|package)(?:_[a-z]{2,10})?[\"']\s?:\s?[\"']?(?P<v>[$€£]? ?[0-9]{2,3}[,.']?[0-9]{3})",
            r"\b[A-Z][a-z]{1,20} (?:is (?:at|on)|makes|got|gets|earns|went to|got bumped to)\s?(?P<v>[$€£]?[0-9]{2,3}k)\b",
            rf"{_FULL},? (?:goes |went )?(?:from|von|de|da) (?P<v>[0-9][0-9.,]{{0,8}} ?(?:L|LPA|lakhs?|k|K)? (?:to|auf|a|nach|naar|do) [0-9][0-9.,]{{0,8}} ?(?:L|LPA|lakhs?|k|K))\b",
            rf"{_FULL}\s{{0,2}}[\-:,]\s{{0,2}}(?P<v>[A-Z$€£]{{1,3}} ?[0-9]{{1,3}}[.,' ][0-9]{{3}}) ?(?:/|per |a |im |par |al )(?i:month|year|monat|jahr|mois|an|mes|ano|mese|anno|annum)\b",
            r"(?i)\b(?:he|she|owner|boss|they) (?:earned|earns|made|makes)\b[^\n0-9]{0,10}(?P<v>[0-9][0-9.,]{0,8} ?(?:crore|lakhs?|million|mio|k)\b)",
            r"(?i)\b(?:payslip|pay slip|pay ?stub|bordro(?:su)?|lohnabrechnung|gehaltsabrechnung|bulletin de (?:paie|salaire)|fiche de paie|nomina|busta paga|holerite|contracheque|loonstrook|pasek wyplaty|lonespec[a-z]{0,8}|lonnsslipp|palkkalaskelma|ber(?:jegyzek))\b[^\n]{0,100}?(?P<v>[0-9]{1,3}[.,' ][0-9]{3})\b",
            r"(?:отримує|получає|заробля[^\s]{1,3}|заробіт[^\s]{1,4}|зарабатыва[^\s]{1,3}|расчетный лист|заплата|плата)[^\n0-9]{0,30}(?P<v>[0-9][0-9., ]{0,12}(?:[0-9]| ?тис| ?тыс))",
            r"(?:税前|税后|实发|底薪|月薪|工资|基本給|手取り|세전|세후|실수령)[^\n0-9]{0,10}(?P<v>[0-9][0-9.,]{3,12})",
            r"(?:зарплат[^\s]{1,3}|оклад[^\s]{0,3}|получает|工资|薪资|月薪|年薪|給与|年収|月給|연봉|월급|راتب|משכורת|שכר)[^\n0-9]{0,30}(?P<v>[0-9][0-9.,' ]{2,12}(?:[0-9]|k|万|만))",
            r"(?i)(?:\b|_)(?:salary|salaries|base pay|gross pay|net pay|annual pay|pay|wage|bonus|gross|brutto|bruto|netto|net|gehalt|bruttogehalt|lohn|salaire|sueldo|salario|stipendio|salaris|wynagrodzenie|lon|lonn|palkka|maas|fizetes)(?:\b|_)",
        ),
        validator="salary",
        scope=Scope.TURNED,
        reach=480,
        examples=("Bob's bonus will be 12,000 EUR", "She's on £63,250 with a car", '{"name":"Orla Kiernan","title":"CFO","base":"171000 EUR"}', "Jane Miller earns 84k a year", "Frau Berg bekommt 5.400 € brutto im Monat", "Name;Gehalt\nAnna Berg;5400\n", "Jane Miller's salary is $120,000", "her base salary: EUR 85,000", "Gehalt von Anna Berg: 85.000 EUR", "Salaries:\nJane Miller - $120,000",
            "Tom Becker earns 84,000 EUR a year", "Das Gehalt von Frau Sommer betragt 5.400 Euro brutto"),
        near_misses=(
            '{"name":"Berlin office","base":"blue"}', "Vi söker två medarbetare, lön enligt kollektivavtal (ca 27 500 kr)", 'Anna Berg, we are hiring: accountant, her salary 28,000 GBP to 32,000 GBP, apply by March',"Male clients pay $2,213 for the service", "Five Music Concerns To Pay $143.1 Million", "The pay's not good (9,300 a year)",
            "by mail.acme.net (Postfix) with SMTP\n\tfor <bob@acme.io>; Fri, 26 Jul 2002 02:15:03 +0200", "salary survey 2024", "Acme Corp gets 84,000 EUR from the fund", "the salary range is on the site"),
    ),
    Rule(
        id="pii.customer_list",
        category="pii",
        severity=_HIGH,
        description="A list of people with their addresses or numbers is in the message.",
        patterns=(
            r"(?i)(?P<v>[0-9a-z._%+\-]{1,40}@[0-9a-z.\-]{1,60}\.[a-z]{2,10})[\"']?\s{0,2}[,;\t|]",
            r"(?i)[,;\t|][\"']?\s{0,2}(?P<v>[0-9a-z._%+\-]{1,40}@[0-9a-z.\-]{1,60}\.[a-z]{2,10})[\"']?(?:[,;\t|]|\s{0,3}\n)",
        ),
        validator="customer_line",
        scope=Scope.PROSE,
        least=10,
        examples=(
            "name,email,phone\n" + "".join(f"Ann {i},ann{i}@acme{i}.io,55{i}\n" for i in range(11)),
        ),
        near_misses=(
            "to bob@acme.io, ann@acme.io, joe@acme.io",
            "name,email\n" + "".join(f"Ann,ann{i % 5}@acme.io,1\n" for i in range(40)),
        ),
    ),
    Rule(
        id="pii.people_rows_of_other_scripts",
        category="pii",
        severity=_HIGH,
        description="People are listed line by line, each with a number, date or document.",
        patterns=(
            r"(?m)^(?P<v>[ \t0-9.)]{0,6}[^\x00-\x7f]{2,40}[ ,|\t:][^\n]{0,40}(?:[0-9]{2,4}-[0-9]{3,4}-[0-9]{4}|1[3-9][0-9]{9}|(?:19|20)[0-9]{2}[./\-][0-9]{1,2}[./\-][0-9]{1,2}|\+?[0-9][0-9 ()\-]{8,16}[0-9])[^\n]{0,200}\n[ \t0-9.)]{0,6}[^\x00-\x7f]{2,40}[ ,|\t:][^\n]{0,40}(?:[0-9]{2,4}-[0-9]{3,4}-[0-9]{4}|1[3-9][0-9]{9}|(?:19|20)[0-9]{2}[./\-][0-9]{1,2}[./\-][0-9]{1,2}|\+?[0-9][0-9 ()\-]{8,16}[0-9]))",
            r"(?:护照|護照|パスポート|여권|паспорт|Паспорт|جواز|דרכון)[^\n0-9A-Z]{0,20}(?P<v>[A-Z]{0,2}[0-9 ]{6,11})\b",
        ),
        examples=(
            "王芳 EJ4471920 1987-03-02\n刘洋 EH9027716 1990-12-25\n",
            "박서연 010-3381-2907 서울\n이준호 010-9914-0027 부산\n",
            "护照号 E12345678",
        ),
        near_misses=("会议 10:00\n午餐 12:30\n", "护照和签证"),
    ),
    Rule(
        id="pii.people_rows",
        category="pii",
        severity=_HIGH,
        description="Several people are listed with when they were born, their numbers or what they owe.",
        patterns=(
            rf"(?P<v>{_FULL}[,;|\t :(]{{1,4}}(?:(?i:geb\.|born|\*|b\.|nee? le|ur\.|nat[oa])\s?)?{_DATE}[^\n]{{0,60}}?[\s,;|]{_FULL}[,;|\t :(]{{1,4}}(?:(?i:geb\.|born|\*|b\.|nee? le|ur\.|nat[oa])\s?)?{_DATE})",
            rf"(?m)^(?P<v>[^\n]{{0,60}}{_FULL}[^\n]{{0,60}}(?:(?i:geb\.?|born|\*|dob|nee? (?:le|en)|ur\.)\s?(?:19|20)[0-9]{{2}}|{_DATE})[^\n]{{0,200}}\n{{1,2}}[^\n]{{0,60}}{_FULL}[^\n]{{0,60}}(?:(?i:geb\.?|born|\*|dob|nee? (?:le|en)|ur\.)\s?(?:19|20)[0-9]{{2}}|{_DATE}))",
            r"(?i)(?:\b|_)(?:scores?|grades?|marks|results?|noten?|voto|calificacion(?:es)?|ocena|remark|fees?|attendance|cell(?:ulare)?|cellulare|telefon[eo]?|phone|mobile|handy|movil|portable|tel|saldo|balance|debt|owed|outstanding|offen|kontostand|birth|dob|geburtsdatum|naissance|nacimiento|nascita|address|adresse|anschrift|indirizzo|direccion|endereco|adres)[a-z_]{0,12}(?:\b|_)",
        ),
        validator="people_rows",
        reach=1600,
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "Anna Berg 14.02.1971, Timo Grewe 03.10.1996 and so on",
            "08:00,Heike Sommer,geb. 1966,filling\n08:40,Ruben Katz,geb. 2011,braces\n",
            "plate;owner;cell;balance\nFK246LM;Sergio Bandini;338 8963933;120,00\nGA563TT;Ornella Fusi;347 2390291;0,00\n",
        ),
        near_misses=(
            "Anna Berg 14.02.2027, Timo Grewe 03.10.2027: your holidays",
            "name, phone model, price\nBlack Case, small, 12\nRed Case, large, 14\n",
        ),
    ),
    Rule(
        id="pii.people_with_numbers",
        category="pii",
        severity=_HIGH,
        description="People are listed line by line, each with a telephone number.",
        patterns=(
            rf"(?P<v>{_FULL}[ ,:;|\t(]{{1,4}}\+?[0-9][0-9 \-()./]{{6,15}}[0-9]\b[^\n]{{0,120}}\n[^\n]{{0,60}}?{_FULL}[ ,:;|\t(]{{1,4}}\+?[0-9][0-9 \-()./]{{6,15}}[0-9])\b",
            r"(?P<v>(?:\b[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2}:? \+?[0-9][0-9 \-]{6,14}[0-9](?: \([^()\n]{1,40}\))?[,;.] ?(?:and |und |og |och |et |y |e |i )?){2}[A-Z][a-z]{1,20}(?: [A-Z][a-z]{1,20}){0,2}:? \+?[0-9][0-9 \-]{6,14}[0-9])\b",
        ),
        validator="named_phones",
        scope=Scope.PROSE,
        is_generic=True,
        examples=("Hotel Amaltas  Rohit Bansal 98110 44721  220 sheets\nTreebo Lake  Sunita Kaul 98290 17733  90 towels\n",),
        near_misses=("Anna Berg 2026-11-20\nTimo Grewe 2026-11-21\n", "Anna Berg, 0251 48 20 30\nFax 0251 48 20 31\n"),
    ),
    Rule(
        id="pii.contact_rows",
        category="pii",
        severity=_HIGH,
        description="Several people are listed, each with an address, a number or what they bought.",
        patterns=(
            r"(?m)^(?P<v>[ \t>*|\-\"0-9.)#]{0,10}[A-Z][^\n@]{2,80}?[,;|\t:<(\- ]\s{0,3}[\"']?[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[A-Za-z]{2,10}[^\n]{0,200}(?:\n{1,2}[^\n@]{2,160}[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[A-Za-z]{2,10}[^\n]{0,200}){2})",
            r"(?m)^(?P<v>[^\n]{2,100}[,;|\t:(\- ]\s{0,3}[\"']?(?:\+[0-9]{1,3}|\(?0)[0-9 ()/.\-]{7,18}[0-9][^\n]{0,200}(?:\n{1,2}[^\n]{2,100}[,;|\t:(\- ]\s{0,3}[\"']?(?:\+[0-9]{1,3}|\(?0)[0-9 ()/.\-]{7,18}[0-9][^\n]{0,200}){2})",
            r"(?i)\b(?:customers?|clients?|patients?|members?|guests?|subscribers?|donors?|leads?|tenants?|students?|employees?|kunden|mitglieder|patienten|gaste|clients|clientes|pacientes|clienti|pazienti|klanten|klienci|klientow|zakaznici|kunder|asiakkaat|musteriler)\b(?P<v>[^\x1e]{0,160}?[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[a-z]{2,10}(?:[^\x1e@]{1,160}?[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[a-z]{2,10}){2})",
            r"(?i)(?P<v>(?:[0-9a-z._%+\-]{1,40}@[0-9a-z.\-]{1,60}\.[a-z]{2,10}[\s,;]{1,4}){3}[0-9a-z._%+\-]{1,40}@[0-9a-z.\-]{1,60}\.[a-z]{2,10})",
            r"(?:клиент[^\s]{0,3}|Клиент[^\s]{0,3}|客户|顧客|고객|العملاء|לקוחות)(?P<v>[^\x1e]{0,160}?[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[a-z]{2,10}(?:[^\x1e@]{1,160}?[0-9A-Za-z._%+\-]{1,40}@[0-9A-Za-z.\-]{1,60}\.[a-z]{2,10}){2})",
        ),
        validator="contact_rows",
        scope=Scope.PROSE,
        is_generic=True,
        examples=(
            "Our customers:\nJane Miller, jane@miller.org, 07700 900123\nBob Field, bob@field.net, 07700 900124\nCarl Dorn, carl@dorn.de, 0171 2345678\n",
            "name;phone\nJane Miller;+44 7700 900123\nBob Field;+44 7700 900124\nCarl Dorn;+49 171 2345678\n",
            "Our clients are Jane Miller (jane@miller.org), Bob Field (bob@field.net) and Carl Dorn (carl@dorn.de).",
        ),
        near_misses=(
            "Attendees: ann@acme.io, bob@acme.io, carl@acme.io",
            "Copyright: 2005-2008, Jane Miller <jane@miller.org>\n  2008-2011, Bob Field <bob@field.net>\n  2012, Carl Dorn <carl@dorn.de>\nLicense: GPL-2+\n",
            "Reviewed-by: Jane Miller <jane@miller.org>\nReviewed-by: Bob Field <bob@field.net>\nSigned-off-by: Carl Dorn <carl@dorn.de>\n",
            "Sales: sales@acme.io\nSupport: support@acme.io\nPress: press@acme.io\n",
            "T: +1 415 555 0132\nM: +1 415 555 0133\nF: +1 415 555 0134\n",
        ),
    ),
)  # fmt: skip

MONEY: Final[tuple[Rule, ...]] = (
    Rule(
        id="pii.credit_card",
        category="financial",
        severity=_HIGH,
        description="A payment card number is in the message.",
        patterns=(
            r"\b(?P<v>[2-9][0-9]{3}(?:[ .\-_]{0,2}[0-9]){9,15})\b",
            r"%B(?P<v>[2-9][0-9]{12,18})\^",
        ),
        validator="card",
        examples=(
            "4539 1488 0343 6467", "card 4111-1111-1111-1111", "amex 378282246310005", "5555555555554444",
            "4539148803436467", "6011 0009 9013 9424",
        ),
        near_misses=(
            "order 4539148803436467", "tracking number 4539 1488 0343 6467", "4539 1488 0343 6468",
            "1234 5678 9012 3456", "test card 4242 4242 4242 4242", "0000 0000 0000 0000",
        ),
    ),
    Rule(
        id="pii.credit_card_named",
        category="financial",
        severity=_HIGH,
        description="A number called a payment card's is in the message.",
        patterns=(
            r"(?i)\b(?:credit ?card|debit ?card|card|visa|mastercard|maestro|amex|discover|diners|jcb|elo|hipercard|rupay|verve|troy|mir|unionpay|dankort|bancontact|girocard|ec-?karte|kreditkarte|kreditkort|karte|karta|kart|carte|tarjeta|carta|cartao|luottokortti|creditcard|betaalkaart)\b[^\n0-9]{0,40}(?P<v>[2-9][0-9]{3}(?:[ .\-_]{0,2}[0-9]){9,15})\b",
            r"(?:カード番号|クレジットカード|卡号|卡號|信用卡|카드 ?번호|карт[аыу]|بطاقة|כרטיס|कार्ड|บัตรเครดิต|κάρτα|καρτα)[^\n0-9]{0,40}(?P<v>[2-9][0-9]{3}(?:[ .\-_]{0,2}[0-9]){9,15})\b",
        ),
        validator="card_named",
        scope=Scope.TURNED,
        is_generic=True,
        examples=("7646 3430 8841 9354 drac", "Xerqvgxnegr: 5555555555554444"),
        near_misses=("card 4539 1488 0343 6468", "order 4539148803436467"),
    ),
    Rule(
        id="financial.card_in_pieces",
        category="financial",
        severity=_HIGH,
        description="A payment card number is told in two pieces.",
        patterns=(
            r"(?P<v>\b[3-6][0-9]{3}[ \-]?[0-9]{4}\b[^0-9\n]{1,40}\b[0-9]{4}[ \-]?[0-9]{4})\b",
            r"(?P<v>\b[3-6][0-9]{3}[ \-]?[0-9]{4}\b[^0-9]{1,60}\b[0-9]{4}[ \-]?[0-9]{4})\b",
        ),
        validator="card_halves",
        is_generic=True,
        examples=("first half 4539 1488 / second half 0343 6467",),
        near_misses=("first part 4539 1488 and second 0343 6468",),
    ),
    Rule(
        id="financial.card_security_code",
        category="financial",
        severity=_MEDIUM,
        description="A card's security code is in the message.",
        patterns=(
            r"(?i)\b(?:cvv2?|cvc2?|csc|card verification|security code)\b\s{0,2}(?:code|number)?\s{0,2}(?::|=|\bis\b)?\s{0,3}(?P<v>[0-9]{3,4})\b",
        ),
        examples=("CVV: 123", "cvc 4821"),
        near_misses=("cvv is on the back", "CVC results 20245"),
    ),
    Rule(
        id="pii.iban",
        category="financial",
        severity=_HIGH,
        description="A bank account number (IBAN) is in the message.",
        patterns=(r"(?i)\b(?P<v>[a-z]{2}[0-9]{2}(?:[ \-]?[0-9a-z]{4}){2,7}(?:[ \-]?[0-9a-z]{1,3})?)\b",),
        validator="iban",
        scope=Scope.TURNED,
        examples=("DE89 3704 0044 0532 0130 00", "IBAN GB29NWBK60161331926819", "nl91abna0417164300"),
        near_misses=("DE89 3704 0044 0532 0130 01", "SKU AB12 CDEF 3456 7890"),
    ),
    Rule(
        id="financial.bank_account",
        category="financial",
        severity=_HIGH,
        description="A bank account number is in the message.",
        patterns=(
            r"(?i)\b(?:bank|checking|savings|deposit|wire|sort code[^\n]{0,20}|iban|routing[^\n]{0,30})\b[^\n]{0,30}?\b(?:account|acct|a/c|konto)(?:nummer)?(?:\s{0,2}(?:number|no|nr|num|#)\b\.?)?\s{0,2}(?::|=|#|\bis\b)?\s{0,3}(?P<v>[0-9](?:[ \-]?[0-9]){5,16})\b",
            r"(?i)\b(?:account|acct|a/c)\s{0,2}(?:number|no|num|#)\.?\s{0,2}(?::|=|\bis\b)?\s{0,3}(?P<v>[0-9](?:[ \-]?[0-9]){7,16})\b",
            r"(?i)\b(?:a/c|acct?\.?|account|konto|cuenta|compte|conta|conto|rekening|clabe)\b[^\n0-9]{0,20}(?P<v>[0-9](?:[ \-]?[0-9]){7,17})\b[^\n]{0,60}?\b(?:ifsc|bank|swift|bic|sort|branch|bsb|routing|clabe|banque|banco|banca)\b",
            r"(?i)\b(?:ifsc|bsb|clabe|sort code|blz|bankleitzahl|agencia)\b[^\n]{0,40}?(?:a/c|acct?|account|konto|conta|cuenta)?[^\n0-9]{0,20}(?P<v>[0-9](?:[ \-]?[0-9]){6,17})\b",
            r"(?i)\bkonto(?:-?nr\.?)?\s{0,2}:?\s{0,3}(?P<v>[0-9]{6,10})\b[^\n]{0,20}\bblz\b",
            r"(?i)\bblz\s{0,2}:?\s{0,3}[0-9]{3} ?[0-9]{3} ?[0-9]{2}\b[^\n]{0,30}\bkonto(?:-?nr\.?|nummer)?\s{0,2}:?\s{0,3}(?P<v>[0-9]{6,10})\b",
            r"(?i)\b(?:cbu|cvu|clabe)\b[^\n0-9]{0,60}(?P<v>[0-9](?:[ \-]?[0-9]){17,21})\b",
            r"(?i)\bkontonummer\s{0,2}:?\s{0,3}(?P<v>[0-9](?:[ \-]?[0-9]){5,16})\b",
        ),
        validator="account",
        examples=("bank account 12345678", "account number: 000123456789", "Kontonummer: 532013000"),
        near_misses=("account 12345678", "your account is ready", "account number will follow"),
    ),
    Rule(
        id="financial.routing_number",
        category="financial",
        severity=_HIGH,
        description="A bank's routing number is in the message.",
        patterns=(
            r"(?i)\b(?:routing|aba|rtn|transit)\b(?:\s{0,2}(?:number|no|num|#|transit))*\s{0,2}(?::|=|\bis\b)?\s{0,3}(?P<v>[0-9]{9})\b",
        ),
        validator="aba",
        scope=Scope.TURNED,
        examples=("routing number: 021000021", "ABA 011401533"),
        near_misses=("routing number: 021000022", "routing 123456789 packets"),
    ),
    Rule(
        id="financial.sort_code",
        category="financial",
        severity=_MEDIUM,
        description="A bank sort code is in the message.",
        patterns=(r"(?i)\bsort[ \-]?code\s{0,2}(?::|=|\bis\b)?\s{0,3}(?P<v>[0-9]{2}[ \-]?[0-9]{2}[ \-]?[0-9]{2})\b",),
        examples=("Sort code: 20-00-00",),
        near_misses=("sort code by name",),
    ),
    Rule(
        id="financial.swift_code",
        category="financial",
        severity=_MEDIUM,
        description="A bank's SWIFT code is in the message.",
        patterns=(
            r"\b(?:SWIFT|BIC|[Ss]wift[ /\-]?(?:BIC|bic|[Cc]ode)|bic|[Ss]wift ?:)(?:[ /\-]?(?:BIC|CODE|[Cc]ode))?\s{0,2}(?::|=|is|#)?\s{0,3}(?P<v>[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b",
        ),
        validator="swift",
        examples=("SWIFT: DEUTDEFF", "BIC COBADEFFXXX"),
        near_misses=("Swift LANGUAGE tips", "SWIFT code below"),
    ),
    Rule(
        id="financial.wire_instructions",
        category="financial",
        severity=_HIGH,
        description="Instructions for a bank transfer are in the message.",
        patterns=(
            r"(?i)\b(?:wire|transfer|remit)\b[^\x1e]{0,40}\b(?:transfer|funds|payment|instructions|money|to)\b[^\x1e]{0,300}?\b(?:account|routing|iban|beneficiary|swift)\b[^\n\x1e]{0,30}?(?P<v>[0-9][0-9 \-]{6,24}[0-9])",
        ),
        validator="account",
        scope=Scope.PROSE,
        examples=("Wire transfer: beneficiary Acme, routing 021000021, account 99887766",),
        near_misses=("wire the light switch to the account room", "transfer to the team on 12 May"),
    ),
    Rule(
        id="financial.wallet_address",
        category="financial",
        severity=_MEDIUM,
        description="A crypto wallet address is in the message.",
        patterns=(
            r"\b(?P<v>bc1[02-9ac-hj-np-z]{25,70})\b",
            r"(?i:wallet|btc|bitcoin|send|address|deposit)[^\n]{0,40}?\b(?P<v>[13][1-9A-HJ-NP-Za-km-z]{25,34})\b",
            r"(?i:wallet|my eth|eth address|ethereum address|send (?:eth|usdt|usdc|funds))[^\n]{0,40}?\b(?P<v>0x[0-9a-fA-F]{40})\b",
        ),
        validator="wallet_address",
        examples=(
            "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "wallet 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "my wallet is 0x52908400098527886E0F7030069857D2E4169Ee7",
        ),
        near_misses=("the token contract 0x52908400098527886e0f7030069857d2e4169ee7 is verified",),
    ),
    Rule(
        id="financial.wallet_key",
        category="financial",
        severity=Severity.CRITICAL,
        description="The private key of a crypto wallet is in the message.",
        patterns=(
            r"(?i:private|secret|wallet|eth|signing)[ _\-]?(?i:key|secret)[^\n]{0,30}?\b(?P<v>0x[0-9a-fA-F]{64})\b",
            r"\b(?P<v>[5KL][1-9A-HJ-NP-Za-km-z]{50,51})\b",
            r"\b(?P<v>[tuvxyz]prv[1-9A-HJ-NP-Za-km-z]{100,})\b",
        ),
        validator="wallet_key",
        scope=Scope.ANYWHERE,
        examples=(
            fill("private key: 0x{h64}"),
            "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ",
            "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
        ),
        near_misses=(fill("transaction 0x{h64} confirmed"),),
    ),
)  # fmt: skip

RULES: Final[tuple[Rule, ...]] = PEOPLE + MONEY
