"""Rules for what is told of somebody: sickness, private life, whereabouts, what is kept at home, confidences.

The word is looked for alone; `guard.persons` decides whether it is told of a person.
"""

from typing import Final

from guard.rule import Rule, Scope
from mailcore.policy import Severity

_HIGH: Final = Severity.HIGH

_SICKNESS: Final = (
    r"hiv|vih|sida|sieropositiv[aeo]|seropositi[a-z]{1,3}|diagnosed with|tested positive|diagnosticad[ao]|diagnosi|diagnostiqu[a-z]{1,3}|diagnostiziert|"
    r"cancer|cancro|krebs|[a-z]{3,10}krebs|kanker|kreft|rakovin[a-z]{1,2}|nowotw[a-z]{2,4}|carcinom[a-z]?|karzinom|leuc?k?[ae]{1,2}mi[a-z]{1,2}|lymphom[a-z]?|linfom[ai]|melanom[a-z]?|metasta[a-z]{1,6}|"
    r"chemo(?:therap[a-z]{1,4})?|quimio(?:terapia)?|chimio(?:therapie)?|kemoterapi|radiotherapy|dialys[a-z]{1,4}|dialis[a-z]{1,4}|diabet[a-z]{1,6}|insulin[a-z]?|epilep[a-z]{1,5}|"
    r"schizo[a-z]{2,8}|esquizo[a-z]{2,8}|bipolar|depressi[a-z]{1,4}|depresion|depresja|psychosis|psychose|psicosis|psicosi|autis[a-z]{1,4}|adhd|tdah|asperger|dementia|demen[cz][a-z]{1,3}|demenz|alzheimer|parkinson|"
    r"multiple sclerosis|multipler? sklerose|sclerose en plaques|esclerosis multiple|sclerosi multipla|(?:had|having|has|suffer(?:s|ed|ing)|after|from|another|second|third|mild|minor|severe|massive|major|isch[a-z]+) (?:a |an |his |her )?(?:second |mild |minor |severe |massive )?strokes?|ictus|un avc|schlaganfall|ischemi[a-z]{1,2}|heart attack|herzinfarkt|infarto|infarctus|zawal|"
    r"hepatit[a-z]{1,3}|tubercul[a-z]{2,5}|tuberkul[a-z]{2,5}|syphilis|sifilis|gonorrh[a-z]{2,4}|chlamydi[a-z]{1,3}|herpes|pre-?eclampsia|miscarriage|fehlgeburt|fausse couche|aborto|abortion|pregnan[a-z]{1,3}|schwanger[a-z]{0,8}|embarazada|enceinte|incinta|gravida|zwanger|hamile|w ciazy|"
    r"ivf|fertility treatment|alcoholi[a-z]{1,3}|alkoholi[a-z]{1,5}|alkoholabhangig|overdose|drug addict[a-z]{0,3}|drogenabhangig|rehab|entzug|anorexi[a-z]{1,3}|bulimi[a-z]{1,3}|ptsd|alcohol withdrawal|relaps(?:e|ed|es)|fertility clinic|kinderwunsch[a-z]{0,10}|panic attacks?|anxiety|angststorung|ansiedad|self-harm|"
    r"risperidon[a-z]?|sertralin[a-z]?|fluoxetin[a-z]?|escitalopram|quetiapin[a-z]?|olanzapin[a-z]?|lithium|litio|metformin[a-z]?|methadon[a-z]?|metadona|ritalin|methylphenidat[a-z]?|antidepress[a-z]{2,4}|antidepresiv[a-z]{1,3}|antipsychotic[a-z]?|antiretrovir[a-z]{2,4}|warfarin[a-z]?|oxycodon[a-z]?|"
    r"biops[a-z]{1,3}|mastectom[a-z]{1,3}|transplant[a-z]{0,5}|pacemaker|marcapasos|herzschrittmacher|colostomy|crohn|lupus|fibromyalgi[a-z]{1,3}|endometriosis|endometriose|bandscheibenvorfall|slipped disc|psychiatr[a-z]{1,5}|psiquiatr[a-z]{1,4}|incontinen[a-z]{2,4}|dyslexi[a-z]{1,3}|down syndrome|cirrhosis|zirrhose|cirrosis|"
    r"prostat[ae]|operat(?:ed|ing) on (?:monday|tuesday|wednesday|thursday|friday|him|her|the)|memory is going|the doctor thinks|vascular|liver cirrhosis|brystkraeft|brystkreft|spiseforstyrrelse[r]?|sklerose|hjertesvikt|hjertestop|blodprop|blodpropp|slagtilfaelde|konstateret|diagnosticeret|hospitalet|(?:im|in) (?:dritten|vierten|funften|sechsten|siebten|achten|neunten) monat|thrombosegefahr|rakovina prsu|cukrovk[au]|mrtvic[eiu]|rak prsu|cukorbeteg|rak[ua]? piersi|mellrak|agyverzes|szivinfarktus|diabet|sarcina|rintasyopa|masennus|sydankohtaus|found a lump|a lump in|tumou?rs?|tumeurs?|tumore|opuchol|guz[a]?|nador[a-z]{0,3}|svulst|tumor(?:al|en)?|rheuma[a-z]{0,4}|reuma[a-z]{0,4}|arthritis|arthrose|artrosis|artrosi|artritis|gicht|gout|asthma|asma|astma|copd|emphysem[ae]?|pneumoni[a-z]|lungenentzundung|neumonia|polmonite|pneumonie|herzfehler|herzklappe|herzschwache|heart failure|heart condition|hjartsvikt|atrial fibrillation|vorhofflimmern|thrombos[a-z]{1,2}|thrombose|trombos[a-z]{1,2}|embolie?|embolism|aneurysm[a-z]{0,2}|brain (?:tumou?r|bleed|haemorrhage|hemorrhage)|hirnblutung|hersenbloeding|beroerte|hjarnblodning|udar mozgu|lewy|huntington|stwardnieni[ea] rozsian[a-z]{1,3}|skleroz[aey]|kidney (?:failure|disease|stones)|nierenversagen|insuffisance renale|insuficiencia renal|bobrekleri iflas|dializ[a-z]{0,4}|diyaliz[a-z]{0,3}|fatty liver|fettleber|leberzirrhose|blood pressure [0-9]|cholesterol (?:high|[0-9])|hashimoto|morbus [a-z]{3,14}|colitis|kolitis|reizdarm|psoriasis|neurodermitis|ekzem|cystic fibrosis|mukoviszidose|hamophil[a-z]{1,3}|haemophil[a-z]{1,3}|sickle cell|thalass[a-z]{3,5}|lyme|borreliose|malaria|dengue|mrsa|sepsis|gurtelrose|shingles|palliativ[a-z]{0,2}|hospice|hospiz|morphine|morphin|terminally ill|todkrank|unheilbar|(?:has|hat|have) (?:only )?(?:weeks|months|monate|wochen) (?:left )?to live|in (?:hospital|intensive care|icu|a coma|a clinic|the clinic|a psychiatric)|im krankenhaus|in der klinik|in einer klinik|auf intensiv|hospitalisee?|a l'hopital|ingresad[oa]|en el hospital|ricoverat[oa]|in ospedale|internad[oa]|no hospital|opgenomen|in het ziekenhuis|in een kliniek|w szpitalu|hospitaliz[a-z]{2,5}|pa sjukhus(?:et)?|inlagd|indlagt|innlagt|pa sykehus(?:et)?|hastanede|yatiyor|v nemocnici|korhazban|in spital|sairaalassa|perdio al bebe|perdu le bebe|perso il bambino|perdeu o bebe|lost the baby|verlor das baby|baby verloren|stillbirth|totgeburt|poronil[a]?|poronienie|missfall|spontanabort|dusuk yap[a-z]{1,4}|ectopic|ciazy|ciaza|im [0-9]{1,2}\. monat|[0-9]{1,2} (?:wks|weeks) (?:pregnant|along)|due in (?:january|february|march|april|may|june|july|august|september|october|november|december)|exhaustion|(?:had|having|has had|near|mental|nervous|complete|after (?:a|his|her|my)) (?:a |another )?breakdown|nervenzusammenbruch|esaurimento|crisis nerviosa|utbrand|utmattning[a-z]{0,4}|utbrent|overspannen|overspannenheid|wypalenie|sjukskriv[a-z]{1,5}|sykmeldt|suicid[a-z]{1,4}|tentative de suicide|selbstmord[a-z]{0,8}|self-?harm|eating disorder|essstorung|atstorning|zaburzenia|panikattacken|attacchi di panico|ataques de panico|psicofarmac[a-z]{1,3}|ansiolitic[a-z]{1,3}|anxiolytique[s]?|antidepressiv[a-z]{0,2}|beruhigungsmittel|schlaftabletten|sedatives?|opioids?|fentanyl|(?:been |he's |she's |is )sober|sobriety|goes to aa|med i aa|anonymous alcoholics|anonyme alkoholiker|alcoholicos anonimos|wegen des trinkens|trinkt wieder|drinks? (?:a (?:bottle|lot)|heavily|again)|bebe (?:mucho|demais)|boit beaucoup|pije (?:znowu|duzo)|methotrexat[e]?|humira|xanax|valium|diazepam|lorazepam|alprazolam|zoloft|prozac|citalopram|venlafaxin[e]?|mirtazapin[e]?|lamotrigin[e]?|levothyrox[a-z]{1,4}|ozempic|semaglutid[e]?|prednis[a-z]{2,6}|cortison[e]?|tamoxifen|[a-z]{4,12}(?:zumab|ximab|tinib|mumab|gliptin[e]?|xaban|sartan)|truvada|buprenorphin[e]?|subutex|epipen|inhaler|chemoterap[a-z]{1,3}|bestrahlung(?:en)?|radioterap[a-z]{1,3}|mammogra[a-z]{2,4}|colonoscop[a-z]{1,3}|koloskopie|darmspiegelung|ultraschall|coronary|bypass|stent|hip replacement|dementi[ae]|early onset|forgets everything|learning disabilit[a-z]{1,3}|hearing loss|wheelchair|burn-?out|krankgeschrieben|sick leave|arret maladie|baja medica|malattia"
)
_SICKNESS_ELSEWHERE: Final = r"(?:סובל|סובלת|אובחנ|טרשת|ניתוח|يعاني|مصاب|تشخيص|جراحة|ورم|앓고|진단|수술|조직검사|종양|手術|診断|患って|手术|确诊|患有|диагноз|операци|ВИЧ|диабет|депресси|онколог|беременн|вагітн|шизофрен|эпилепси|инсульт|инфаркт|гепатит|туберкул|алкогол|опухол|больниц|госпитал|реанимац|химиотерап|диализ|почк[аи] отказ|сердц|порок|выкидыш|рак |астм|пухлин|лікарн|入院|透析|抗がん剤|余命|流産|脳梗塞|心筋梗塞|持病|住院|化疗|透析|中风|心脏病|流产|癌症|입원|항암|투석|유산|뇌졸중|심근경색|우울|في المستشفى|غسيل|جلطة|كيماوي|אושפז|בבית חולים|כימותרפיה|דיאליזה|הפלה|νοσοκομειο|χημειοθεραπ|ογκο|εμφραγμα|εγκεφαλικ|अस्पताल में भर्ती|कीमो|โรงพยาบาล|คีโม|糖尿病|がん|癌|うつ|妊娠|認知症|抑郁|艾滋|乙肝|白血病|怀孕|肿瘤|당뇨|우울증|임신|치매|سرطان|السكري|الإيدز|حامل|اكتئاب|סוכרת|סרטן|בהריון|דיכאון|मधुमेह|कैंसर|गर्भवती|เบาหวาน|มะเร็ง|ตั้งครรภ์|καρκιν|διαβητ|εγκυ)"
_LIFE: Final = (
    r"divorc[a-z]{1,4}|scheidung(?:s[a-z]{4,10})?|scheiden lassen|geschieden|lassen sich[^\n.]{0,20} scheiden|divorzi[a-z]{1,4}|echtscheiding|rozwod[a-z]{0,3}|skilsmassa|skilsmisse|separated from|separating|getrennt von|custody (?:of|hearing|battle|case|dispute|agreement|fight)|sorgerecht|custodia|affidamento|garde des enfants|alimony|unterhalt|"
    r"ex-(?:wife|husband|frau|mann|femme|mari|mujer|marido|moglie|marito)|having an affair|affair with|geliebte|amante|maitresse|cheating on|unfaithful|mistress|"
    r"insolven[a-z]{1,2}|konkurs|faillite|quiebra|bancarrota|fallimento|falencia|faillissement|foreclosure|in debt|schulden|deudas|dettes|debiti|dividas|dlugi|spielsucht|ludopat[a-z]{1,3}|gioco d'azzardo|"
    r"probation|vorbestraft|detenid[ao]|restraining order|criminal record|antecedentes penales|casier judiciaire|"
    r"lives alone|living alone|wohnt allein|lebt allein|vive sol[ao]|habite seule?|vit seule?|vive da sol[ao]|mora sozinh[ao]|woont alleen|mieszka sam[a]?|bor ensam|bor alene|travell?ing alone|viaja sol[ao]|home alone|allein zu hause|"
    r"in cash at home|cash (?:at home|in the|under|behind)|bargeld|en efectivo|in contanti|en especes|em dinheiro vivo|contant geld|joyas|bijoux|gioielli|joias|behind the (?:painting|picture|mirror|books)|detras del cuadro|hinter dem bild|derriere le tableau|dietro (?:il|al) quadro|"
    r"no alarm|alarma no hay|keine alarmanlage|sans alarme|senza allarme|nanny|ninera|babysitter|kindermadchen|nounou|nourrice|tagesmutter|baba|tata dei bambini|picks? (?:him|her|them|the kids|the twins) up|abholt?|la recoge|lo recoge|los espera|va chercher|va a prendere|"
    r"looking for (?:another|a new|a different) job|job ?hunting|(?:interviews|interviewing|job interview|an interview) (?:at|for|with) (?-i:[A-Z])[a-z]+|wants? to (?:quit|leave (?:his|her|the) (?:job|company|firm|wife|husband))|handing in (?:his|her) notice|going to (?:quit|resign)|will (?:quit|resign)|sucht (?:einen )?neuen job|bewirbt sich|will kundigen|cherche un autre (?:poste|emploi|travail)|va demissionner|busca otro trabajo|quiere (?:irse|renunciar)|cerca un altro lavoro|vuole (?:licenziarsi|dimettersi)|procura outro emprego|vai pedir demissao|zoekt een andere baan|wil weg|szuka (?:nowej|innej) pracy|odchodzi z pracy|soker (?:nytt|annat) jobb|is ariyor|istifa edecek|going through ivf|\bivf\b|kunstliche befruchtung|fecondation in vitro|tratamiento de fertilidad|tratamento para engravidar|tratamiento para quedarse|probuje zajsc w ciaze|vitro|tup bebek|seeing (?:someone|somebody) else|sees (?:someone|somebody) else|voit quelqu'un d'autre|trifft sich heimlich|hat (?:eine andere|einen anderen|was mit)|(?:tiene|ve a) (?:otra|otro)|ha un'altra|ha un altro|tem outr[oa]|heeft al een ander|heeft een ander|ma (?:kogos innego|kochank[aei])|har en annan|secretly (?:meets|meeting|dating|seeing)|sleeps with|sleeping with|sleeps at|lesbiana|lesbica|lesbisk|lesbijk[ai]|gay\b|homosexuel(?:le)?|homosexual|omosessuale|homoseksueel|votes? (?:for )?(?-i:[A-Z])[a-z]+|vota (?:per|por|a) |wahlt (?:die )?(?:afd|cdu|spd|grune[n]?|fdp|linke)|stemt op|glosuje na|rostar pa|hates (?:his|her|the|your|our) [a-z]{3,12}|can't stand (?:your|his|her|you)|thinks (?:you're|you are|little of|he's an|she's an)|halt (?:von ihre[mrn]|wenig von|nichts von)|nannte (?:ihn|sie|dich|ihren)|ne (?:vous|te) supporte pas|no (?:le|te|la) soporta|non (?:la|lo|ti|vi) sopporta|nie (?:lubi|znosi) (?:pana|pani|ciebie|panstwa)|heeft een hekel aan|(?:financieel|finanziell) (?:krap|klamm|am ende)|(?:knapp|schlecht) bei kasse|pleite|(?:is|are|am|was|were|been|be|he's|she's|they're|i'm|go(?:es|ing)?|went|flat|totally|completely|nearly|almost) broke\b|penniless|nearly bankrupt|on the brink of bankruptcy|iflasin esiginde|financierement a sec|sin blanca|al verde|sem dinheiro|bez grosza|kann (?:die )?(?:lohne|miete|rechnungen) nicht|can't (?:pay|make|afford) (?:the )?(?:rent|wages|payroll)|lonen [a-z ]{0,14}niet voldoen|kira odeyem[a-z]{1,6}|gambled away|verspielt|disinherit[a-z]{0,3}|enterbt|paternity|vaterschaft|transgender|schwul|lesbisch|"
    r"was fired|got fired|being fired|wurde gekundigt|despidieron|licenziat[ao]|demitid[ao]|vire[e]?|disciplinary|abmahnung|performance plan|gewerkschaft|sindicalizad[ao]|on a pip|current base|expected salary|severance|abfindung|nobody is home|nobody home|niemand zu hause|nadie en casa|personne a la maison|spare key|ersatzschlussel|drinks too much|trinkt zu viel|bebe demasiado|boit trop"
)
_LIFE_ELSEWHERE: Final = r"(?:自宅|奥様|ご家族|자택|집 주소|بيته|منزله|בביתו|развод|разводит|развел|развёл|долг[аиу]|банкрот|судим|алимент|любовниц|любовник|живёт одна|живет одна|живёт один|живет один|наличн|转职|転職活動|辞める|想辞职|跳槽|이직|тайно встреча|ищет другую работу|увольня[е]тся|лесбиян|离婚|離婚|破产|破産|借金|欠债|外遇|不倫|独居|一人暮らし|이혼|파산|빚|혼자 (?:살|지내)|불륜|طلاق|ديون|مفلس|גירושין|מתגרש|חובות|פשיטת רגל|तलाक|कर्ज|หย่า|หนี้|διαζυγι|χρεη)"
_CONFIDED: Final = (
    r"(?:our|my|the company'?s?) (?:private|internal|proprietary) (?:repo|repository|codebase|source|code)|aus unserem (?:privaten |internen )?(?:repo|quellcode)|notre (?:depot|code) prive|nuestro (?:repo|codigo) privado|in confidence|in confidenza|en confianza|en toute confidence|em confianca|im vertrauen|in vertrouwen|w zaufaniu|i fortrolighed|i fortroende|confidentially|vertraulich gesagt|"
    r"(?:no|nao|non|ne) (?:lo |la |se lo |l'|le |o |a )?(?:reenvies?|reenvie|reenviar|compartas|comparta|difundas|divulgues|divulgue|encaminhe|compartilhe|repasse|inoltrare|inoltrarl[oa]|diffondere|condividere|transmette[sz]|transfere[sz]|partage[sz]|diffuse[sz]|cuentes|cuente|digas|diga|conte|contes)\b|"
    r"(?:bitte )?nicht (?:weiterleiten|weitersagen|weitergeben|herumerzahlen)|niet (?:doorsturen|doorvertellen|verder vertellen)|nie (?:przesylaj|przekazuj|mow nikomu)|ne prosledjuj|vidarebefordra inte|ikke videresend|"
    r"sigilos[ao]|en secreto|in segreto|em segredo|en secret|insgeheim|in het geheim|top ?secret|hush-?hush|(?:must not|mustn't|may not|should not|shouldn't) (?:know|find out|learn)\b|(?:doesn't|don't|do not|does not) (?:yet )?know (?:about (?:it|this) )?yet|(?:no|nao|non) (?:puede|debe|pode|deve|quiere que)[^\n.]{0,12} (?:saber|enterarse|sapere|se sepa)|"
    r"darf (?:das |es |davon )?(?:nicht|nichts|keiner|niemand)[^\n.]{0,12} (?:wissen|erfahren)|ne doit pas (?:le )?savoir|mag (?:dit |het )?niet weten|nie moze (?:sie )?(?:wiedziec|dowiedziec)|"
    r"not for circulation|not for distribution|strictly private|private and confidential|privileged (?:and|&) confidential|attorney-client (?:privileged?|communications?|work product|confidential)|abogado-cliente|secreto profesional|segreto professionale|secret professionnel|anwaltsgeheimnis|"
    r"before (?:it|this) (?:is|goes) public|ainda nao foi anunciad[ao]|todavia no (?:se ha )?anunciad[ao]|noch nicht offiziell|pas encore (?:annonce|public)|non ancora annunciat[ao]|announcement is (?:only )?(?:in|on) |el anuncio (?:sale|es)|o anuncio so sai|"
    r"answers? (?:to|of|for) the (?:exam|test)|(?:las )?respuestas del examen|losungen (?:der|fur die) (?:klausur|prufung)|(?:le )?risposte dell'esame|(?:as )?respostas da prova|corrige de l'examen"
)
_CONFIDED_ELSEWHERE: Final = r"(?:по секрету|конфиденциально|не пересылай|не говори(?:те)? никому|никому ни слова|не должен знать|не должна знать|не для посторонних|не для передачи|保密|请勿转发|别外传|不能让[^\n]{0,8}知道|口外|内密|他言無用|転送しないで|외부에 알리|비밀입니다|전달하지 마|سرا|لا تخبر|لا ترسل|בסוד|אל תעביר|אסור ש[^\n]{0,10} ידע|गुप्त रख|किसी को मत|ห้ามบอก|ห้ามส่งต่อ|εμπιστευτικα|μην το πεις)"


def _worded(latin: str) -> str:
    return rf"(?i)\b(?:{latin})\b"


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="pii.health_told",
        category="pii",
        severity=_HIGH,
        description="The sickness or treatment of a person is told.",
        patterns=(_worded(_SICKNESS), _SICKNESS_ELSEWHERE),
        validator="told_of_somebody",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Theo was diagnosed with type 1 diabetes and ADHD in October",
            "Il signor Attilio Bonfanti è sieropositivo e ha avuto un'ischemia",
            "que Thiago Robles fue diagnosticado y toma risperidona",
            "Member Grace Njoroge, dx: pre-eclampsia at 31 weeks",
            "tell the carer that she takes sertralin since June",
        ),
        near_misses=(
            "On Wed, Morbus Iff <morbus@disobey.org> wrote that Tom has it",
            "the talk on cancer research by John Smith is at ten",
            "the two-stroke engine of the boat",
            "World AIDS Day is in December, donate now",
            "He was interviewed by Michael Parkinson and told of his youth",
            "She became pregnant in the second episode of the drama",
            "3. Walking is a cure for mild depression, he had read",
            "a depression over the Azores brings rain",
            "Asbestos can cause cancer in humans, the Ministry Of Labor writes",
            'Anna Berg calls the new license a "cancer" for small firms',
            "the Canon Global editor draws each stroke of a character",
            "Tom Hardy runs a shelter for many alcoholics and drug addicts in the city",
            "Doctor Weiss is transplanting tissue between mice with diabetes",
            "My laptop gets so hot, Dell Support calls it a heat stroke",
            "a lamp of 17.9 IVF Max Power",
            "the fund has the parents of 120 diabetic kids among its friends",
            '"One habit is a psychosis, two are a style" -- Anna Maria Berg, Letters from the Island',
            "Thin women, such as models and Anna Berg, are said to have bulimia",
        ),
    ),
    Rule(
        id="owner.life_told",
        category="owner",
        severity=_HIGH,
        description="Something of a person's private life, or of what they keep at home, is told.",
        patterns=(
            _worded(_LIFE),
            _LIFE_ELSEWHERE,
            r"-?[0-9]{1,3}\.[0-9]{4,8}, ?-?[0-9]{1,3}\.[0-9]{4,8}",
        ),
        validator="told_of_somebody",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Herr und Frau Brandl lassen sich gerade scheiden und müssen verkaufen",
            "Don Ernesto guarda unos 40.000 euros en efectivo en el despacho",
            "Mrs. Hale lives alone and never locks the porch",
            "Her phone is at -1.29210, 36.82190, my boss left the gym",
            "Пациент сказал: развод и долги",
        ),
        near_misses=(
            "Revert a change of Tom which broke the build",
            "In the play Anna finds out that her father gambled away the house",
            "the divorce lawyers moved to room 4",
            "payment is possible in cash at the desk",
            "die Schulden der Gemeinde sinken",
            "the book about the prison of Alcatraz",
            "My ex-wife worked in that lab for a year",
            "Nanny Ogg is the best of the three witches, Tom Hardy has read them all",
            "A. Now that is a word from the divorce courts",
        ),
    ),
    Rule(
        id="owner.confided",
        category="owner",
        severity=_HIGH,
        description="Something is told that is said to go no further.",
        patterns=(_worded(_CONFIDED), _CONFIDED_ELSEWHERE),
        validator="confided",
        scope=Scope.TURNED,
        is_generic=True,
        examples=(
            "Te paso las respuestas del examen. No lo reenvíes.",
            "Isto ainda é sigiloso: a rede vai comprar a nossa padaria",
            "Le cuento en confianza que se va",
            "STRICTLY PRIVATE - NOT FOR CIRCULATION OUTSIDE THE BOARD",
        ),
        near_misses=(
            "验证码五分钟内有效，请勿转发给任何人。",
            "In confidence intervals of 95 percent Anna's values overlap",
            "Top secret is the name of the escape room of Tom",
            "the exam has ten questions",
            "we have full confidence in you",
            "no reenviamos pedidos",
            "the server doesn't know about the signature yet",
            "Anyone who saw the dog can call the shelter in confidence",
            "please contact the works council in confidence",
            "This license does not create an attorney-client relationship.",
            "I don't know yet whether they wait for the announcement on the platform",
        ),
    ),
)
