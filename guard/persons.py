"""Whether somebody is spoken of beside a word: a name with a title or a verb, a relative, a patient.

What a sickness or a divorce is about decides: somebody's is private, research and law are not.
"""

import re
from typing import Final

from guard.given_names import has_given_name
from guard.matching import Pattern
from guard.rule import Candidate, Judgement

_NAME: Final = r"(?:[A-Z][a-z'’]{1,20}|[A-Z]\.)"
_VERB: Final = (
    r"(?:is|was|has|had|have|takes?|took|got|suffers?|suffered|lives?|keeps?|needs?|owes?|lost|left|will|won't|can't|just|still|fue|es|esta|tiene|toma|padece|sufre|vive|debe|guarda|tuvo|"
    r"e|ha|soffre|prende|abita|deve|est|a|prend|souffre|habite|vit|doit|ist|war|hat|hatte|nimmt|leidet|wohnt|lebt|schuldet|bekam|tem|teve|foi|sofre|mora|heeft|had|neemt|lijdt|woont|ma|jest|bierze|choruje|mieszka|har|tar|ar|lider|bor|on|kullaniyor|oldu|hasta)"
)
_NO_NAME: Final = (
    r"(?:The|This|That|These|Those|There|It|What|Who|Which|Where|When|If|But|And|So|As|One|No|Not|Nobody|Everybody|Everyone|God|You|We|They|He|She|I|Der|Die|Das|Es|Le|La|El|Il|Lo|"
    r"A|An|Now|My|Your|Our|His|Her|Its|Their|In|On|At|For|From|To|Of|By|With|Please|Thanks|Hi|Hello|Dear|Last|Next|Also|After|Before|Since|While|How|Why|Yes|Well|Today|Here|Then|Some|Any|All|Most|Many|Other)\b"
)
"""Words that a sentence begins with."""
_SOMEBODY: Final = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Herrn?|Frau|Mme|Mlle|Madame|Monsieur|Sra?|Srta|[Ss]enora?|[Dd]on|[Dd]ona|Doña|Sig|[Ss]ignora?|[Ss]ignor|Pan|Pani|Mevr|[Mm]evrouw|[Dd]hr|[Mm]eneer|Fru|Herr|Bay|Bayan|Familie|[Ff]amilia|[Ff]amiglia|[Ff]amille|[Tt]he [A-Z][a-z]+ (?:family|couple))\.? (?:und (?:Frau|Herr) )?{_NAME}"
    rf"|\b(?!{_NO_NAME})(?!I['’]){_NAME} (?:{_NAME} )?{_VERB}\b"
    r"|(?i:\b(?:my|our|his|her|their|the|mein[e]?|unser[e]?|sein[e]?|ihr[e]?|mon|ma|notre|son|sa|mi|nuestr[ao]|su|mio|mia|il suo|la sua|meu|minha|seu|sua|mijn|onze|zijn|haar|moj|moja|jego|jej|min|hans|hennes)\s"
    r"(?:owner|boss|chef|chefin|client|patient(?:in)?|husband|wife|son|daughter|mother|father|brother|sister|partner|colleague|tenant|neighbou?r|ex|kids?|children|twins|mann|frau|sohn|tochter|mutter|vater|bruder|schwester|kunde|kundin|mari|femme|fils|fille|mere|pere|"
    r"marido|mujer|esposa|esposo|hij[ao]|madre|padre|jef[ea]|clienta?|marito|moglie|figli[ao]|capo|patrao|filh[ao]|mae|pai|man|vrouw|zoon|dochter|baas|maz|zona|syn|corka|matka|ojciec)\b)"
    r"|(?i:(?<!\ba )(?<!\ban )(?<!\beine )(?<!\beinem )(?<!\bun )(?<!\bune )(?<!\buna )\bpatient(?:in|e|en)?\b|\bpa[cz]iente\b|\bpacjent(?:ka|ki)?\b|\b(?:she|he|sie|er|elle|il|ella|el|lei|lui|ela|ele|zij|hij|ona)\s(?:is|was|has|had|takes|suffers|ist|war|hat|nimmt|leidet|est|a|prend|souffre|tiene|toma|padece|esta|vive|ha|soffre|prende|tem|toma|sofre|heeft|neemt|jest|ma)\b)"
    r"|\b[УВ] [А-Я][а-я]{2,}|\b(?i:babam|annem|esim|oglum|kizim|patronum|sefim|mormor|morfar|farmor|farfar|mamma|pappa|mama|papa|maman|mum|mom|dad|grandad|granny|oma|opa|nonna|nonno|abuelo|abuela|vovo)[a-z]{0,4}\b (?!Mia)|(?:[Мм]ам|[Пп]ап|[Бб]абушк|[Дд]едушк|[Жж]ен|[Мм]уж|[Дд]оч|[Сс]ын)[а-я]{0,3}\b"
    r"|\b[A-Z][a-z]{2,14}'s (?:gp|GP|doctor|notes|chart|results|mother|father|wife|husband|son|daughter|boss|lawyer|report)\b"
    r"|님|대표|社長|部長|סובל|אובחנ|يعاني|مصاب|앓고|진단받|수술받|患って|确诊|患有|[Пп]ациент|[Пп]ацієнт|患者|病人|환자|さん|様|先生|女士|씨|님|المريض|السيد|המטופל|מר |גב'"
)
_SUBJECT: Final = re.compile(
    r"(?i)\b(?:research|stud(?:y|ies)|trials?|talk|lecture|fund(?:raiser|raising)?|charity|conference|foundation|awareness|leaflet|brochure|campaign|(?:world|national|international) [a-z]+ day|journee mondiale|contre le|contre la|lutte|dia mundial|lucha contra|giornata mondiale|lotta contro|welttag|speakers?|sprechstunde|consultation|patienten mit|society|association|donations?|donate[ds]?|walk|run|congress|course|article|book|novel|film|paper|"
    r"screening|prevention|vaccin[a-z]{1,6}|forschung|studie|vortrag|stiftung|spende[n]?|kongress|verein|recherche|etude|fondation|investigacion|estudio|fundacion|ricerca|studio|fondazione|pesquisa|policy|law firm|lawyers?|solicitors?|insurance product|"
    r"tropic|zodiac|economic|economy|gdp|weather|museum|market|engine|golf|swim|tennis|world|international|national|institute|department|clinic hours|seminar|workshop|webinar|newsletter|history of|century|statute|act|risk|information|symptoms|guide|is common|scam|politics|politicians?)\b"
)


_NEAR: Final = 90
LINK: Final = re.compile(
    rf"(?i)\b(?:{_VERB}|with|mit|avec|con|com|met|diagnos\w*|treat\w*|behand\w*)\b|[:=|\t(]|[^\x00-\u024f]"
)
"""Joins a person and what is told of them."""
_PAIR: Final = re.compile(
    rf"\b(?!{_NO_NAME})(?!New |North |South |East |West ){_NAME} (?!{_NO_NAME}){_NAME}\b"
)
_PAIR_AND_VERB: Final = re.compile(rf"{_PAIR.pattern}[^\n]{{1,60}}\b{_VERB} [^\n]{{0,20}}$")
_PAIR_NEAR: Final = 40
"""Characters between a name that no verb follows and what is told of it."""
_OF_A_KIND: Final = re.compile(
    r"(?i)\b(?:humans|mice|rats|animals|sufferers|(?:can|may|might|could|to|will) cause|linked to|"
    r"(?:in|among|of|for|many|most|some|thin|young|old|[0-9]{2,}) (?:[a-z]+ic )?(?:women|men|people|kids|adults|patients))\b"
)
"""Words of those who write about everybody."""
_SENTENCE: Final = re.compile(
    r"\n\s*\n|[\"”]\s{1,2}-{1,2}\s|(?<=[a-z0-9)][a-z0-9)][a-z0-9)][.!?])\s"
)
_WHEREABOUTS: Final = re.compile(
    r"(?i)\b(?:her|his|their|she|he|they|owner|boss|phone|lives?|home|seine?|ihre?|sie|wohnt|su casa|vive|sa maison|habite|abita|casa sua|mora|thuis|woont)\b"
)
"""Beside coordinates a name alone is that of a place."""


_HUMAN: Final = (
    r"owner|boss|principal|user|employee|worker|colleague|co-?worker|manager|tenant|landlord|landlady|lodger|neighbou?r|candidate|applicant|client|customer|patient|student|pupil|witness|suspect|victim|driver|holder|traveller|passenger|guest|member|nurse|teacher|cleaner|accountant|"
    r"husband|wife|son|daughter|mother|father|mum|mom|dad|brother|sister|uncle|aunt|cousin|grand(?:mother|father|son|daughter|ma|pa)|boyfriend|girlfriend|fiancee?|spouse|partner|ex|kid|child|friend|flatmate|"
    r"chefin?|mitarbeiter(?:in)?|kolleg(?:e|in|en)|mieter(?:in)?|vermieter(?:in)?|nachbar(?:in|n)?|bewerber(?:in)?|kund(?:e|in|en)|patient(?:in|en)?|schuler(?:in)?|zeug(?:e|in)|mann|frau|sohn|tochter|mutter|vater|bruder|schwester|tante|onkel|oma|opa|freund(?:in)?|angestellten?|azubi|"
    r"patron(?:ne)?|employee?|salariee?|collegue|locataire|proprietaire|voisine?|candidate?|cliente?|patiente?|eleve|mari|femme|epouse|fils|fille|mere|pere|frere|soeur|copain|copine|"
    r"jef[ea]|emplead[oa]|trabajador[a]?|companer[oa]|inquilin[oa]|vecin[oa]|candidat[oa]|paciente|alumn[oa]|marido|mujer|esposa|espos[oa]|hij[oa]|madre|padre|herman[oa]|novi[oa]|"
    r"capo|dipendente|collega|inquilin[oa]|vicin[oa]|paziente|marito|moglie|figli[oa]|sorella|fratello|signora?|chef[ea]|funcionari[oa]|colega|vizinh[oa]|filh[oa]|mae|pai|irma[o]?|namorad[oa]|"
    r"baas|werknemer|medewerker|huurder|buurman|buurvrouw|klant|vrouw|zoon|dochter|moeder|vader|broer|zus|heer|szef(?:owa)?|pracowni(?:k|ca)|kolega|kolezanka|najemca|lokator|sasiad(?:ka)?|klient(?:ka)?|pacjent(?:ka)?|maz|zona|syn|corka|matka|ojciec|brat|siostra|pan(?:a|u|em)?|pani(?:a)?|"
    r"sjef|kollega|ansatt|anstalld|medarbejder|leietaker|hyresgast|nabo|granne|kone|hustru|mannen|datter|dotter|son|mor|far|bror|soster|syster"
)
_RELATED: Final = (
    rf"\b(?i:{_HUMAN})s?,? \(?(?:[A-Z]\. )?{_NAME}"
    rf"|\b(?i:my|our|his|her|their|mein[a-z]{{0,2}}|unser[a-z]{{0,2}}|sein[a-z]{{0,2}}|ihr[a-z]{{0,2}}|mon|ma|notre|son|sa|leur|mi|nuestr[ao]|su|mio|mia|suo|sua|nostr[ao]|meu|minha|seu|nosso|nossa|mijn|onze|ons|zijn|haar|moj[a]?|nasz[a]?|jego|jej|min|mitt|vare?|var|hans|hennes|the|der|die|dem|el|la|le|l'|il|o|a|de)[ '](?:[a-z]{{2,10}} )?(?:{_HUMAN})\b"
    rf"|(?i:\b(?:pana|panem|panu|pani|pan|de heer|dhr\.?|mevr?\.?|hr\.?|fr\.?|fru|pak|bu|ibu|bapak|mzee|ong|ba|kyria|kyrios|m\.|mme\.?|mr\.?|ms\.?|mrs\.?|miss|herrn?|frau|sig\.(?:ra)?|dra?\.?)) {_NAME}"
)
"""By a word for persons or a title."""
_KNOWN: Final = Pattern(_RELATED)
_ALSO_SOMEBODY: Final = Pattern(
    rf"{_RELATED}"
    rf"|\b(?i:of|for|from|fur|von|von|vom|bei|de|du|di|del|della|da|do|van|voor|od|dla|av|af|fra|till|pour|chez|para|per|dum|ni|tilhorer) {_NAME}"
    r"|(?i:\b(?:name|nom|nombre|nome|naam|imie|navn|namn|nimi|jmeno|nev|employee|patient|client|holder|person|driver|contact|titular|inhaber|full ?name)\b[\"']?\s?[:=])"
    r"|(?i:\b(?:she|he|her|his|sie hat|sie ist|er hat|er ist|elle|ella|lei|lui|ela|zij|hij)\b)"
    r"|[가-힣]{2,3} ?(?:씨|님|선생|대리|과장|부장)|[一-龥]{1,3}(?:先生|女士|小姐|さん|様|君|经理)|\b[А-ЯІЇЄ][а-яіїє]{2,}(?:\s[А-ЯІЇЄ][а-яіїє]{2,}|\s[А-Я]\.)|господин|госпо|(?:κυρι|κ\. |κα )"
)


_OWNING: Final = re.compile(rf"\b(?!{_NO_NAME})(?!Let|Who|Everyone){_NAME}'s?\b(?! [A-Z])")


def is_of_somebody(text: str) -> bool:
    """Whether a person is spoken of: by name, by title, as a relative, as one of a firm."""
    octets = text.encode()
    if _ALSO_SOMEBODY.search(octets) is not None:
        return True
    return has_given_name(text) or any(one.search(text) for one in (_SOMEBODY, _PAIR, _OWNING))


def told_of_somebody(found: Candidate) -> Judgement:
    """Something private, where the same sentence speaks of a person and not of a subject."""
    before = _SENTENCE.split(found.before)[-1][-_NEAR:]
    after = _SENTENCE.split(f"{found.whole}{found.after}")[0][len(found.whole) :][:_NEAR]
    around = f"{before}{found.whole}{after}"
    if found.whole[:1] in "-0123456789":
        return bool(_WHEREABOUTS.search(around))
    if is_published(found) or _TOLD.search(f"{found.before}{found.whole}{found.after}"):
        return False
    if found.after[:2] in {"'s", "’s"} or _is_quoted(found) or _ADDRESS.match(found.after):
        return False
    if found.before[-1:] in {"@", "<"} or SPEAKS_ON.search(found.before):
        return False
    if found.whole[:1].isupper() and (
        _CAPITAL_BEFORE.search(before) or _CAPITAL_AFTER.match(after)
    ):
        return False
    if found.whole.isupper() and _MEASURED.search(before):
        return False
    if _SUBJECT.search(around) or _OF_A_KIND.search(around) or found.whole.endswith(MANY):
        return False
    apart = f"{before}{_PLACE}{after}"
    near = f"{before[-_PAIR_NEAR:]}{_PLACE}{after[:_PAIR_NEAR]}"
    if has_given_name(near) and not _QUOTED_LINE.search(f"{found.before}{found.after}"):
        return True
    return bool(_SOMEBODY.search(apart) or _PAIR.search(near) or _PAIR_AND_VERB.search(before))


_ADDRESS: Final = re.compile(r"(?: [A-Z][\w.'\-]{1,20}){0,2} ?<?[\w.+\-]{0,40}@[\w\-]")
"""The word is the name or the mailbox of somebody who writes."""
_QUOTED_LINE: Final = re.compile(r"(?m)^>|\bwr(?:ote|ites)\b|<[a-z/!]")


def matter_of_somebody(found: Candidate) -> Judgement:
    """Trouble of a person named or known in the same sentence: no news, no story, no manner of speaking."""
    if is_published(found) or _is_quoted(found) or _CAPITAL_AFTER.match(found.after):
        return False
    if _OTHER_SENSE.match(found.after):
        return False
    if found.whole[:1].isupper() and _CAPITAL_BEFORE.search(found.before):
        return False
    before = _SENTENCE.split(found.before)[-1][-_NEAR:]
    after = _SENTENCE.split(f"{found.whole}{found.after}")[0][len(found.whole) :][:_NEAR]
    apart = f"{before}{_PLACE}{after}"
    if _SUBJECT.search(apart) or _OF_A_KIND.search(apart):
        return False
    if not _IN_NEWS.match(found.whole):
        return is_of_somebody(apart) or bool(_TO_SOMEBODY.search(apart))
    near = f"{before[-_PAIR_NEAR:]}{_PLACE}{after[:_PAIR_NEAR]}"
    if _REPEATED.search(f"{found.before}{found.after}") or _AFFAIRS.search(apart):
        return False
    return _KNOWN.search(apart.encode()) is not None or bool(_PAIR.search(near))


_TO_SOMEBODY: Final = re.compile(
    r"\b(?:a|con|met|aan|z|ze|till|til|an|gegen|contra|contro|tegen|przeciwko|avec|pour|ile|uz|kay|they want|want|let|fire|sack) [A-Z][a-z]{2,14}\b"
    r"|(?:^|[.!?\n] ?|[,;:] )(?:O |A |La |El |Il |Le )?[A-Z][a-z]{2,14} (?:va|vai|sera|wird|wordt|gets?|got|zostal|zostanie|bude|ska|skal|fara|on|isten|blir|bliver)\b|\b[А-Я][а-я]{2,12}(?:у|а|ю|я|ой|ом|ем)?\b"
)
"""Somebody to whom, or with whom, something is done."""
_OTHER_SENSE: Final = re.compile(r"\s+(?:that|you)\b")
"""A conviction that something is so; what is done to whoever is spoken to."""
_AFFAIRS: Final = re.compile(
    r"(?i)\b(?:jailed|hostages?|nations?|troops|massacres?|companies|says|himself|policem[ae]n|price fixing|dmca|patents?|citizens?|military|battlefield|lawyers say|attorney general|smuggling|bombs?|rapper)\b"
)
"""Words of what is public."""
_IN_NEWS: Final = re.compile(
    r"(?i)(?:arrest|stol|steal|years in|in prison|in jail|to prison|to jail|convict|guilty|sentenced|addict|indicted|charged|accus|assault|of fraud|for fraud|harass|bull|rehab|detox|gambl|deport|asylum|undocum|investigated|under invest|lesbian|bisexual|transg|is gay|attempted|suiz|suic|embez|verurteilt|angeklagt|condam|conden|condan|carcel|detenid|arrestat|homosex|schwul|lesb|domestic|on probation|on parole)"
)
"""What newspapers tell of people as well: private only of somebody known."""
_REPEATED: Final = re.compile(r"(?m)^>|\bhttps?:")
"""What others wrote."""


SPEAKS_ON: Final = re.compile(
    r"(?:Dr|Prof)\.? [A-Z]\w+,? (?:on|uber|zu|zum|zur|sur|sobre|su|sulla|sul|over|om|about|o) [^,]{0,20}$"
)
"""Who speaks or writes about a sickness does not have it."""
MANY: Final = ("ics", "icts")
"""Alcoholics, addicts: of no one."""
_PLACE: Final = "\ufffc"
"""Stands for what was found: it is not the person it is told of."""
_QUOTES: Final = re.compile(r"[\"'“”‘’*_]$")


def _is_quoted(found: Candidate) -> bool:
    """Whether it is one word in quotes: a manner of speaking."""
    before, after = _TAG.sub("", found.before), _TAG.sub("", found.after)
    return bool(_QUOTES.search(before)) and after.lstrip(".,")[:1] in {*"\"'“”‘’*_"}


_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,20}>")


def is_published(found: Candidate) -> bool:
    """Whether the press, or somebody who tells a story, is at work in it, or it was written for many.

    In what was written for many only somebody close to who writes it is none of theirs.
    """
    around = f"{found.before}{found.whole}{found.after}"
    if _PRESS.search(around):
        return True
    return found.is_in_publication and not _OUR_OWN.search(around)


_OUR_OWN: Final = re.compile(
    r"(?i)\b(?:my|our|mein[a-z]{0,2}|unser[a-z]{0,2}|mon|ma|notre|mi|nuestr[ao]|mio|mia|nostr[ao]|meu|minha|noss[ao]|mijn|onze|moj[a]?|nasz[a]?|min|mitt|vare?|var) "
    r"(?:owner|boss|principal|client|patient|employee|tenant|inhaber(?:in)?|chef(?:in)?|kund(?:e|in)|patient(?:in)?|patron(?:ne)?|cliente?|jef[ea]|paciente|capo|paziente|titolare|patrao|baas|klant|szef(?:owa)?|klient(?:ka)?|pacjent(?:ka)?)\b"
)
"""Somebody whom who writes serves or answers for."""


_CAPITAL_AFTER: Final = re.compile(
    r" (?!(?:Nr|No|Frau|Herrn?|Mr|Mrs|Ms|Dr|Mme|Sra?|Pani?|Gericht)\b)[A-Z][a-z]+"
)
_MEASURED: Final = re.compile(r"[0-9][.,][0-9]+ ?$")
_CAPITAL_BEFORE: Final = re.compile(r"\b[A-Z][a-z]+ $")
"""The word is somebody's name, or part of a title."""
_PRESS: Final = re.compile(
    r"(?i)\b(?:told (?:reporters|the)|reporters?|reported(?:ly)?|reuters|associated press|police|officers|senators?|senate|congress|stocks?|prime minister|"
    r"minister|actor|actress|singer|drama|movies?|magazine|joke|god|jesus|statistics|centuries|scientists?|researchers|americans?|documentary|biograph[a-z]{1,3}|programme notes|composers?|poets?|playwright|in the (?:play|novel|story|film|book|opera|series|episode)|"
    r"million|voters|government|governments|industry|shares|polizei|policia|polizia)\b|\(AP\)|://"
)
"""Words of those who write about people they do not know."""
_TOLD: Final = re.compile(
    r"(?i)\b(?:said|says|according to|percent|cure)\b|(?m:^\s{0,3}[0-9]{1,2}[.)] )"
)
"""Words of those who repeat what they heard; weak, for whoever speaks of others says so."""


def private_matter(found: Candidate) -> Judgement:
    """What is told of somebody, where it is no news and not what merely belongs to a former wife."""
    return not is_published(found) and found.after[:2] not in {"'s", "’s"}


ASKS: Final = re.compile(
    r"(?i)^,?\s*(?:yet )?(?:whether|if|how|what|why|when|where|who|which|that|anything about|much|enough|ob|wie|was|warum|wann|wo|wer|welche[a-z]?|dass|si|comment|ce que|pourquoi|quand|ou|qui|como|que|por ?que|cuando|donde|quien|cual|se|come|cosa|perche|quando|dove|chi|o que|onde|quem|qual|of|hoe|wat|waarom|wanneer|waar|wie|czy|jak|co|dlaczego|kiedy|gdzie|kto|hur|vad|varfor|nar|var|vem|om|hvordan|hva|hvorfor|hvem)\b|^\s*(?:ли|как|что|почему|когда|где|кто)"
)
"""What is asked, or not known, is no secret."""


def confided(found: Candidate) -> Judgement:
    """What is to go no further, where it is no advice about passwords or notice below a mail."""
    around = f"{found.before}{found.whole}{found.after}".lower()
    if _NOT_OF_A_PERSON.search(found.before) or _INVITED.search(found.before):
        return False
    if ASKS.match(found.after) and _KNOWING.search(found.whole):
        return False
    if (
        _OF_A_THING.match(found.after)
        or _THINGS_PASSED.search(found.before[-60:])
        or _CODES_PASSED.search(found.before[-60:])
    ):
        return False
    return not any(word in around for word in _NO_CONFIDENCE)


_OF_A_THING: Final = re.compile(
    r"(?i) (?:link|url|ticket|invitation|coupon|voucher|page|video|recording|photos?|pictures?|e-?mail address|phone number|it(?:'s| is) because|to me or|is the (?:name|title)|recipes?|ingredients?|santa|intervals?|levels?|bands?|there (?:is|are|lies)|[0-9]+|in the (?:library|corridor|hall|dormitory)|after [0-9]+|at night|during|goods|countries|states|nations)\b"
)
_THINGS_PASSED: Final = re.compile(
    r"(?i)\b(?:samples?|tickets?|vouchers?|products|goods|seeds|medicines?|equipment|antrag|anfrage|anonym[a-z]*)\b[^\n]{0,50}$"
)
_CODES_PASSED: Final = re.compile(
    r"(?:验证码|校验码|确认码|驗證碼|優惠碼|优惠码|認証コード|確認コード|인증번호|код подтверждения|رمز التحقق|קוד אימות)[^\n]{0,50}$|\b(?i:verification codes?|one-time codes?|otps?|code de verification|bestatigungscodes?)\b[^\n]{0,50}$"
)
"""What is not to be given away is a thing, or a promise to whoever asks, and nothing is told."""
_KNOWING: Final = re.compile(r"(?i)know|wissen|sav|sab")
_NOT_OF_A_PERSON: Final = re.compile(
    r"(?i)\b(?:i|we|you|it|server|client|system|program|code|software|computer|browser|compiler|kernel|users?|that|which|who|people|they) {1,2}$"
)
_INVITED: Final = re.compile(
    r"(?i)\b(?:contact|call|phone|ring|write to|speak to|talk to|apply|reply|respond|enquir[a-z]+)\b[^\n.:]{0,40}$"
)
"""Who may be asked in confidence tells nothing."""
_NO_CONFIDENCE: Final = (
    "password", "mot de passe", "passwort", "contrasena", "wachtwoord", "senha", "haslo", "parola", "phishing", "пароль", "密码",
    "this e-mail", "this email", "this message", "intended recipient", "diese e-mail", "ce message", "este mensaje", "este correo",
    "questo messaggio", "questa e-mail", "esta mensagem", "deze e-mail", "dit bericht", "if you are not", "addressee", "destinatari",
)  # fmt: skip
