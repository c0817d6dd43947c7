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
    r"learning disabilit[a-z]{1,3}|hearing loss|wheelchair|burn-?out|krankgeschrieben|sick leave|arret maladie|baja medica|malattia"
)
_SICKNESS_ELSEWHERE: Final = r"(?:סובל|סובלת|אובחנ|טרשת|ניתוח|يعاني|مصاب|تشخيص|جراحة|ورم|앓고|진단|수술|조직검사|종양|手術|診断|患って|手术|确诊|患有|диагноз|операци|ВИЧ|диабет|депресси|онколог|беременн|вагітн|шизофрен|эпилепси|инсульт|инфаркт|гепатит|туберкул|алкогол|糖尿病|がん|癌|うつ|妊娠|認知症|抑郁|艾滋|乙肝|白血病|怀孕|肿瘤|당뇨|우울증|임신|치매|سرطان|السكري|الإيدز|حامل|اكتئاب|סוכרת|סרטן|בהריון|דיכאון|मधुमेह|कैंसर|गर्भवती|เบาหวาน|มะเร็ง|ตั้งครรภ์|καρκιν|διαβητ|εγκυ)"
_LIFE: Final = (
    r"divorc[a-z]{1,4}|scheidung|scheiden lassen|geschieden|lassen sich[^\n.]{0,20} scheiden|divorzi[a-z]{1,4}|echtscheiding|rozwod[a-z]{0,3}|skilsmassa|skilsmisse|separated from|separating|getrennt von|custody (?:of|hearing|battle|case|dispute|agreement|fight)|sorgerecht|custodia|affidamento|garde des enfants|alimony|unterhalt|"
    r"ex-(?:wife|husband|frau|mann|femme|mari|mujer|marido|moglie|marito)|having an affair|affair with|geliebte|amante|maitresse|cheating on|unfaithful|mistress|"
    r"insolven[a-z]{1,2}|konkurs|faillite|quiebra|bancarrota|fallimento|falencia|faillissement|foreclosure|in debt|schulden|deudas|dettes|debiti|dividas|dlugi|spielsucht|ludopat[a-z]{1,3}|gioco d'azzardo|"
    r"probation|vorbestraft|detenid[ao]|restraining order|criminal record|antecedentes penales|casier judiciaire|"
    r"lives alone|living alone|wohnt allein|lebt allein|vive sol[ao]|habite seule?|vit seule?|vive da sol[ao]|mora sozinh[ao]|woont alleen|mieszka sam[a]?|bor ensam|bor alene|travell?ing alone|viaja sol[ao]|home alone|allein zu hause|"
    r"in cash at home|cash (?:at home|in the|under|behind)|bargeld|en efectivo|in contanti|en especes|em dinheiro vivo|contant geld|joyas|bijoux|gioielli|joias|behind the (?:painting|picture|mirror|books)|detras del cuadro|hinter dem bild|derriere le tableau|dietro (?:il|al) quadro|"
    r"no alarm|alarma no hay|keine alarmanlage|sans alarme|senza allarme|nanny|ninera|babysitter|kindermadchen|nounou|nourrice|tagesmutter|baba|tata dei bambini|picks? (?:him|her|them|the kids|the twins) up|abholt?|la recoge|lo recoge|los espera|va chercher|va a prendere|"
    r"disinherit[a-z]{0,3}|enterbt|paternity|vaterschaft|transgender|schwul|lesbisch|"
    r"was fired|got fired|being fired|wurde gekundigt|despidieron|licenziat[ao]|demitid[ao]|vire[e]?|disciplinary|abmahnung|performance plan|gewerkschaft|sindicalizad[ao]|on a pip|current base|expected salary|severance|abfindung|nobody is home|nobody home|niemand zu hause|nadie en casa|personne a la maison|spare key|ersatzschlussel|drinks too much|trinkt zu viel|bebe demasiado|boit trop"
)
_LIFE_ELSEWHERE: Final = r"(?:自宅|奥様|ご家族|자택|집 주소|بيته|منزله|בביתו|развод|разводит|развел|развёл|долг[аиу]|банкрот|судим|алимент|любовниц|любовник|живёт одна|живет одна|живёт один|живет один|наличн|离婚|離婚|破产|破産|借金|欠债|外遇|不倫|独居|一人暮らし|이혼|파산|빚|혼자 (?:살|지내)|불륜|طلاق|ديون|مفلس|גירושין|מתגרש|חובות|פשיטת רגל|तलाक|कर्ज|หย่า|หนี้|διαζυγι|χρεη)"
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
