"""A value beside the word that makes it somebody's own: documents, births, homes, telephones, pay, debts.

Patterns find the word in any language; here the value is looked for behind it, over the end of a
line, in the next cell or after the sign that parts a key from its value, or right before it. The
value must be of the kind the word names, and most kinds must be told of a person.
"""

import re
from typing import Final

from guard import checksums
from guard.beside import is_dated
from guard.lexicon import words
from guard.persons import is_of_somebody, is_published
from guard.rule import Beside, Candidate, Judgement

_REACH: Final = 90
"""Characters behind a word in which its value begins."""
_BREAK: Final = re.compile(r"\n\s*\n|[.!?](?=\s+[A-Z])|[.!?]\n")
_ABBREVIATED: Final = re.compile(
    r"(?i)\b(?:nos?|nr|num|n|os|pers|dr|mr|mrs|ms|st|geb|ur|cis|tel|ul|str|sr|sra|sig|dhr|mevr|hr|fr|mme|mlle|prof|av\w{0,3}|hd|[a-z])$"
)


def _clause(text: str) -> str:
    """What stands behind a word up to the end of its sentence; a dot of `no.` or `Dr.` ends none."""
    for end in _BREAK.finditer(text):
        if end[0][0] != "." or not _ABBREVIATED.search(text[: end.start()]):
            return text[: end.start()]
    return text


def _lead(text: str) -> str:
    """What stands in front of a word, from the beginning of its sentence."""
    start = 0
    for end in _BREAK.finditer(text):
        if end[0][0] != "." or not _ABBREVIATED.search(text[: end.start()]):
            start = end.end()
    return text[start:]


# Documents ------------------------------------------------------------------------------------------

_PIECE: Final = re.compile(r"^(?=.{0,4}[0-9A-Z])[0-9A-Za-z./\-]{1,22}$")
_MOST_WORDS: Final = 7
_LEAST: Final = 6
_MOST: Final = 20
_DATE: Final = re.compile(
    r"^(?:[0-9]{1,2}[./\-] ?[0-9]{1,2}[./\-] ?(?:19|20)?[0-9]{2}|(?:19|20)[0-9]{2}[./\-][0-9]{1,2}[./\-][0-9]{1,2})(?!-[0-9]{3}\.)"
)
_FORMAL: Final = re.compile(
    r"(?i)\b(?:sample|example|exempel|beispiel|muster(?:mann|frau|stra[a-z]{0,4}|stadt)?|john doe|jane doe|exemple|ejemplo|esempio|exemplo|voorbeeld|przyklad[a-z]{0,3}|test(?:ing|data)?|fake|fictiti?[a-z]{2,4}|fiktiv[a-z]{0,3}|dummy|placeholder|regex|valid(?:ator|ador|ieren|ation)|digits?|digitos?|ziffern|letters?|letra|lettre|buchstabe|numeros|chiffres|cifre|format[a-z]{0,3}|mask(?:ed)?|check ?sum|kontrollsiffer[a-z]{0,3}|spec(?:imen)?)\b"
)
"""It is spoken of how such numbers look."""
_OTHER_NUMBER: Final = words(
    """
    order orders invoice tracking shipment parcel ticket ref reference case booking reservation office agency hotline line desk call phone tel telephone
    telefon telefono fax mobile handy fee fees cost costs price eur usd euro euros dollars page pages form room flight renewal application expires expiry
    valid gultig until bis scadenza caduca vence room zimmer counter queue photos photo amount betrag rechnung bestellung facture commande factura pedido
    isbn version model article part http https www control appointment fine points km miles
    """
)
_REVERSED: Final = re.compile(
    r"(?:^|[\s(\"'])(?P<v>[0-9A-Z][0-9A-Z./\-]{5,19})[\"']?[,)]?(?: (?:is|ist|es|est|e|jest|is the|on|as|als|come|como|comme)(?: [a-z']{2,7}){0,2}| ?[(\-])\s?$"
)


def document_beside(found: Candidate) -> Judgement:
    """A number as documents have it, behind the name of a document or right before it."""
    return _document(found, _MOST_WORDS)


def document_close(found: Candidate) -> Judgement:
    """The same behind an abbreviation: at most a few words away, told of a person where it is far."""
    return _document(found, 3)


_HURRIED: Final = re.compile(
    r"(?i)[\s:#.=\-\"']{1,4}(?:(?:is|no|nr|num|numero|n°|n|#|card|gb)\b[\s:#.=°]{0,3}){0,2}(?P<v>[0-9a-z](?:[ .\-/]?[0-9a-z]){5,17})(?![0-9a-z])"
)
_OWN_SHAPES: Final = (
    (
        "ni nino",
        r"(?i)[a-ceghj-prstw-z][a-ceghj-nprstw-z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d]$",
        None,
    ),
    ("ppt pp", r"(?i)[a-z]{0,2}[0-9]{7,9}$", None),
    ("perso ausweis", r"(?i)[cfghjklmnprtvwxyz0-9]{9,10}$", None),
    ("cni", r"(?i)[0-9]{12}$|[0-9a-z]{9}$", None),
    ("rg", r"(?i)[0-9]{1,2}\.[0-9]{3}\.[0-9]{3}-?[0-9x]$", None),
    ("cc", r"(?i)[0-9]{8} ?[0-9] ?[a-z]{2}[0-9]$", None),
    ("op", r"[0-9]{9}$", None),
    ("pnr persnr", r"(?:19|20)?[0-9]{6}[\-+]?[0-9]{4}$", checksums.personnummer_ok),
    ("tc", r"[1-9][0-9]{10}$", checksums.tckn_ok),
    ("bsn sofi", r"[0-9]{9}$", checksums.bsn_ok),
    ("permis patente permiso carnet", r"(?i)[0-9]{12}$|[a-z]{1,2}[0-9]{7}[a-z]$|u1[0-9a-z]{7,8}$", None),
    ("medicare", r"[2-6][0-9]{3} ?[0-9]{5} ?[0-9]$|[2-6][0-9]{3} ?[0-9]{5} ?[0-9] ?[0-9]$", None),
    ("taj tfn sin", r"[0-9]{3}[ \-]?[0-9]{3}[ \-]?[0-9]{3}$", None),
    ("egn", r"[0-9]{10}$", checksums.egn_ok),
    ("fnr", r"[0-9]{6} ?[0-9]{5}$", None),
    ("cpr", r"[0-3][0-9][01][0-9]{3}-?[0-9]{4}$", None),
    ("hetu", r"[0-3][0-9][01][0-9]{3}[\-+a-fA-F][0-9]{3}[0-9a-zA-Z]$", None),
    ("rc", r"[0-9]{6}/[0-9]{3,4}$", None),
    ("oib pesel cuit cuil", r"[0-9]{11}$|2[0347]-[0-9]{8}-[0-9]$", None),
    ("idnr stid st-nr stnr", r"[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}$|[0-9]{2,3}/[0-9]{3,4}/[0-9]{4,5}$", None),
    ("nss nir secu secuno", r"[12] ?[0-9]{2} ?[01][0-9] ?[0-9]{2} ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{2})?$", None),
    ("utr", r"[0-9]{5} ?[0-9]{5}$", None),
    ("dni nie nif", r"(?i)[xyz]?[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{2,3}[ \-]?[a-z]?$|[0-9]{9}$", None),
    ("cf", r"(?i)[a-z]{6}[0-9]{2}[a-z][0-9]{2}[a-z][0-9]{3}[a-z]$", None),
    ("curp rfc", r"(?i)[a-z]{4}[0-9]{6}[0-9a-z]{3,8}$", None),
    ("rut", r"(?i)[0-9]{1,2}\.?[0-9]{3}\.?[0-9]{3}-?[0-9k]$", None),
    ("ssn soc", r"[0-9]{3}[ \-]?[0-9]{2}[ \-]?[0-9]{4}$", checksums.ssn_ok),
)  # fmt: skip
"""How the numbers are written that people call by an abbreviation, and their check where there is one."""
_SHAPE_OF: Final = {
    name: (re.compile(shape), check)
    for names, shape, check in _OWN_SHAPES
    for name in names.split()
}


def document_hurried(found: Candidate) -> Judgement:
    """A number of the very kind right behind its abbreviation."""
    hit = _HURRIED.match(found.after)
    if hit is None or found.before[-1:] in {"-", "/", ".", "@", "_"}:
        return False
    shape, check = _SHAPE_OF[found.whole.lower().replace(" ", "")]
    pieces = hit["v"].split(" ")
    for length in range(len(pieces), 0, -1):
        value = " ".join(pieces[:length])
        if shape.match(value) and not _DATE.match(value):
            is_one = check is None or check(value)
            return is_one and len(set(value)) > _DIFFERENT and Beside(value=value)
    return False


_SHORT_FORMS: Final = ("nr", "no", "num")
"""Endings of words behind which a full stop ends no sentence."""


def _document(found: Candidate, reach: int) -> Judgement:
    if found.before[-1:] in {"-", "/", "."}:
        return False
    is_short = found.whole.lower().endswith(_SHORT_FORMS) and found.after[:1] == "."
    behind = _clause(found.after[is_short:_REACH])
    if _FORMAL.search(f"{_lead(found.before)[-50:]} {found.whole} {behind}"):
        return False
    value = _number_behind(behind, reach)
    if value:
        return Beside(value=value)
    ahead = _REVERSED.search(found.before[-40:])
    return Beside(value=ahead["v"]) if ahead and _is_number(ahead["v"]) else False


def _number_behind(text: str, reach: int) -> str:
    """The first number within so many words, written in one piece or in groups."""
    at = 0
    for count, hit in enumerate(re.finditer(r"[^\s,;:=\"'()\[\]{}<>|#!?]+", text)):
        word = hit[0].strip(".-/*_")
        if not word:
            continue
        if any(map(str.isdigit, word)) or (
            len(word) <= 3
            and word.isupper()
            and text[hit.end() : hit.end() + 2].strip()[:1].isdigit()
        ):
            at = hit.start()
            return _grouped(text[at:])
        if count >= reach or word.lower() in _OTHER_NUMBER:
            return ""
    return ""


_DIFFERENT: Final = 3
_HOST: Final = re.compile(r"^[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9a-z*]{1,3}){2}$")
_VERSION: Final = re.compile(r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")
_GROUPS_OF_THREE: Final = re.compile(r"^[0-9]{1,3}\.[0-9]{3}\.[0-9]{3}$")
_RELEASE: Final = re.compile(r"(?i)^CVE-|-EVC$|^PIR-|[0-9a-f]{6,}g-|-g[0-9a-f]{6,}")
"""Numbers of weaknesses and of states of a program, read in either direction."""
_GROUPED: Final = re.compile(
    r"[(]?(?P<v>[0-9A-ZΑ-ΩА-ЯЇІЄa-z][0-9A-ZΑ-ΩА-ЯЇІЄa-z./\-]{0,22}(?:[ ][0-9A-Z./\-]{1,14}){0,7})"
)


def _grouped(text: str) -> str:
    """As many groups as make a number; words written large in front of the last digit stay out."""
    hit = _GROUPED.match(text)
    if hit is None:
        return ""
    groups = hit["v"].rstrip(".-/ ").split(" ")
    while groups and (not any(map(str.isdigit, groups[-1])) and len(groups[-1]) > 2):
        groups.pop()
    for length in range(len(groups), 0, -1):
        value = " ".join(groups[:length]).rstrip(".-/")
        if _is_number(value):
            follows = text[hit.start("v") + len(value) :][:5].lower()
            return (
                ""
                if re.match(r"\s?(?:€|eur|usd|\$|£|%|km|x\b|uhr|h\b|am\b|pm\b|:[0-9]|@)", follows)
                else value
            )
    return ""


def _is_number(value: str) -> bool:
    compact = "".join(filter(str.isalnum, value))
    digits = sum(map(str.isdigit, compact))
    if not _LEAST <= len(compact) <= _MOST or len(set(compact)) < _DIFFERENT:
        return False
    if _DATE.match(value) or _HOST.match(value) or _RELEASE.search(value) or is_dated(value):
        return False
    if _VERSION.match(value) and not _GROUPS_OF_THREE.match(value):
        return False
    if any(map(str.islower, compact)) and digits * 2 < len(compact):
        return False
    return digits >= 5 or (digits >= 3 and compact.isupper() and len(compact) >= 8)


# Births ---------------------------------------------------------------------------------------------

_BIRTH: Final = re.compile(
    r"(?i)(?<![0-9])(?:[0-3]?[0-9][./\-][01]?[0-9][./\-](?:19|20)?[0-9]{2}|(?:19[2-9]|20[0-2])[0-9][./\-年년 ]{1,2}[01]?[0-9][./\-月월 ]{1,2}[0-3]?[0-9]|"
    r"[0-3]?[0-9](?:st|nd|rd|th|er|\.|º)? ?(?:of |de |di |d')?[^\W\d_]{3,10}\.?,? (?:de |del )?(?:19[2-9]|20[0-2])[0-9]|[^\W\d_]{3,10}\.? [0-3]?[0-9](?:st|nd|rd|th)?,? (?:19[2-9]|20[0-2])[0-9])(?![0-9])"
)
_BIRTH_REACH: Final = 44
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}")
_LETTERS: Final = re.compile(r"[A-Za-z]{4}")
_MONTH: Final = re.compile(
    r"(?i)\b(?:jan|gen|en[eu]|ian|ja?nv|sty|ocak|led|sij|tam|sau|fe[bv]|fev|lut|sub|uno|vel|hel|vas|mar|maa|mrt|maer|brez|ozu|kov|apr|avr|abr|kwi|nis|dub|trav|huh|bal|may|mai|maj|mag|mei|kve|svi|tou|geg|jun|juin|giu|iun|cze|haz|cer|lip|kes|bir|jul|juil|lug|iul|tem|srp|hei|lie|aug|aou|ago|sie|agu|elo|rug|kol|sep|set|szep|wrz|eyl|zar|ruj|syy|oct|okt|ott|out|paz|eki|rij|lis|lok|spa|nov|noi|kas|mara|lap|stu|de[cz]|dic|gru|ara|pro|jou|gruo|thg|thang)"
)
"""How the names of months begin."""


def birth_beside(found: Candidate) -> Judgement:
    """A whole date behind a word for births, of a person of today."""
    behind = _clause(found.after[:_REACH])
    hit = _BIRTH.search(behind[: _BIRTH_REACH + 12])
    told = f"{_lead(found.before)[-70:]} {behind}"
    if hit is None or hit.start() > _BIRTH_REACH or _FORMAL.search(told):
        return False
    if found.is_in_publication:
        return False
    if _LETTERS.search(hit[0]) and not _MONTH.search(hit[0]):
        return False
    year = _YEAR.search(hit[0])
    if year and int(year[0]) < 1925:
        return False
    around = f"{found.before[-70:]}{found.whole}{found.after[:70]}"
    return Beside(value=hit[0]) if is_of_somebody(around) or _is_field(found) else False


def _is_field(found: Candidate) -> bool:
    """`"dob": "…"`, `dob=…`: the word is the name of a field."""
    return bool(re.match(r"[\w ]{0,12}[\"']?\s?[:=]", found.after))


# Homes ----------------------------------------------------------------------------------------------

_WORD: Final = r"[A-Z][\w.'\-]{0,24}"
_POST: Final = r"(?:[A-Z]{1,3}[\- ])?(?:[0-9]{5,6}|[0-9]{4}(?: ?[A-Z]{2})?|[0-9]{2}-[0-9]{3}|[0-9]{3} ?[0-9]{2}|[0-9]{5}-[0-9]{3}|[0-9]{4}-[0-9]{3}|[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9])"
_STREETS: Final = re.compile(
    rf"\b[0-9]{{1,5}}[a-zA-Z]?,? (?:{_WORD} ){{1,4}}(?:[Ss]treet|[Ss]t\b|[Aa]venue|[Aa]ve\b|[Rr]oad|[Rr]d\b|[Ll]ane|[Ll]n\b|[Dd]rive|[Dd]r\b|[Cc]lose|[Cc]ourt|[Cc]t\b|[Tt]errace|[Pp]lace|[Gg]ardens?|[Cc]rescent|[Ww]ay|[Hh]ill|[Rr]ow|[Ss]quare|[Bb]oulevard|[Bb]lvd|[Pp]arkway|[Gg]rove|[Mm]ews|[Ww]alk|[Hh]ighway|[Cc]ircle|[Rr]ise|[Vv]iew|[Gg]reen|[Pp]arade|[Qq]uay|[Tt]rail)\b"
    r"|(?i:\b[0-9]{1,4}(?: ?bis| ?ter)?,? (?:rue|avenue|av|boulevard|bd|place|chemin|impasse|quai|allee|route|cours|square|passage|sentier)\b [^\n,0-9]{3,40})"
    r"|(?i:(?:\b(?:calle|avenida|avda|av|plaza|paseo|pasaje|carrer|carretera|camino|carrera|cra|cl|jr|jiron|via|viale|piazza|corso|largo|vicolo|strada|rua|travessa|praca|alameda|estrada|ulica|ul|aleja|al|os|osiedle|plac|jalan|jl|str|calea|bulevardul|ulice|namesti|trg|ulitsa|odos|duong|soi|sokak|sok|cadde|cad|mahalle(?:si)?|mah|barangay|road|house|flat|apt|block|plot)\b\.?|c/)\s?[^\n0-9;]{2,40}?,? ?(?:n[.o°º]{0,2} ?|nro\.? ?|no[.:]? ?|# ?|d\. ?)?[0-9]{1,5})"
    r"|\b(?:[A-Z][\w\-]{2,24}(?:weg|gasse|allee|platz|ring|ufer|damm|stieg|steig|hang|graben|laan|plein|kade|singel|dijk|dreef|vagen|vag|grand|stigen|vej|gade|alle|veien|vei|gaten|gate|stien|katu|tie|kuja|polku|iela)|(?i:[a-z][\w\-]{1,24}(?:strasse|str\.|straat|gracht|gatan|gata)))\.? [0-9]{1,4}\s?[a-z]?\b"
    r"|\b[A-Z][\w\-]{2,24} (?:(?i:utca|u\.|ut|ter|korut|koz|caddesi|cad|sokagi|sokak|sok|bulvari|mahallesi|mah|gatve|ulica|street|iela|street)\.?|(?:Strasse|Weg|Allee|Platz|Ring)),? (?:no[.:]? ?)?[0-9]{1,4}\b"
    rf"|\b(?:{_WORD} ){{0,3}}{_WORD},? [0-9]{{1,4}} ?[a-zA-Z]?(?:[/\-][0-9]{{1,4}})?(?:,? (?:m|lok|apt|top|app|ap|vl|kat|d)\.? ?[0-9]{{1,4}}[A-Za-z]?)?\s?[,;/\n\-]\s?{_POST} ?{_WORD}"
    r"|(?:ул|улица|вул|вулиця|проспект|пр|просп|пер|бульвар|бул|шоссе|набережная|дом|кв)\b\.?[^\n]{2,40}?[0-9]{1,4}|(?:οδος|οδο|λεωφορος)? ?[\u0370-\u03ff]{4,20} [0-9]{1,3}(?=[, ])"
    r"|[都道府県市区町村][^\s,0-9]{0,14}[0-9]{1,4}(?:-[0-9]{1,4}|丁目|番)|[路街道巷弄村里][^\n,]{0,6}[0-9]{1,5}(?:号|號|弄|室|棟|幢)|[0-9]{1,4}(?:号|號)(?:楼|室|院)?|[가-힣]{1,10}(?:로|길|동) ?[0-9]{1,4}|شارع [^\n,]{2,30}|[0-9]{1,4} شارع|(?:רחוב|רח') [^\n,]{2,24}[0-9]{1,4}|(?:ซอย|ถนน|หมู่)[^\n]{2,30}|[0-9]{1,4}[^\n]{0,12}(?:नगर|मार्ग|रोड|गली|सेक्टर)"
)
_ANY_STREET: Final = re.compile(
    r"\b[A-Z][\w.'\-]{2,24}(?: [\w.'\-]{1,20}){0,3},? [0-9]{1,4}[a-z]?\b|\b[0-9]{1,5},? [A-Z][\w.'\-]{2,24}(?: [A-Z][\w.'\-]{1,20}){1,3}"
)
"""What is a street where something is called an address."""
_PLAIN_STREET: Final = re.compile(
    r" (?:(?:na|i|pa|in|an|am|at|auf|der|em|a|te|op|u|w|ul|la|le) ){0,2}\.?[A-Z][\w.'\-]{2,24}(?: [A-Z][\w.'\-]{1,20}){0,2},? (?:no\.? ?)?[0-9]{1,4}[a-z]?\b(?!%)"
)
"""What is a street right behind a verb for living."""
_HOME_REACH: Final = 100
_ADDRESS: Final = re.compile(
    r"(?i)adr|address|anschrift|direccion|indirizzo|endereco|domicil|lakcim|住|주소|адрес|адреса|عنوان|כתובת|पता|ที่อยู่|διευθυνση|morada|bopael|alamat|dia chi"
)
_LIVES: Final = re.compile(
    r"(?i)^(?:liv(?:es|ed|ing)|resid|stay|wohnt|wohnhaft|gemeldet|habite|demeur|domicili|viv|reside|abita|vive|mora(?:m|dor)?|woon(?:t|ach)|mieszka|zamieszk|bydli|bor$|bosatt|asuu|lakik|oturuyor|stanuje|zivi|[^\x00-\x7f])"
)
"""Who lives there is a person, named or not."""
_ONLY_HOME: Final = re.compile(r"(?i)^(?:home|privat|evi|thuis|hemma|casa|loge|gemeldet)$")
_OF_HOME: Final = re.compile(
    r"(?i)(?:[ _]?(?:address|adresse?n?|anschrift))?[\"']?\s?[:=\n]| (?:is|ist|at)\b"
)
_LABEL: Final = re.compile(
    r"[\"']?(?:[ _][\w ]{1,20})?[\"']?\s?[:=\n]|[\"']\s?[:=]| (?:is|ist|address|at)\b"
)
_OF_A_FIRM: Final = re.compile(
    r"(?i)\b(?:home ?page|home (?:office|delivery|screen|town|game|page|directory|depot|visit)|offices?|headquarters?|our (?:shop|store|office|premises|warehouse|new home)|gmbh|ltd|inc|llc|s\.a\.r\.l|s\.p\.a|b\.v|hotel|museum|restaurant|theat(?:er|re)|compan(?:y|ies)|firms?|firma|showroom|warehouse|kanzlei|praxis|school|university|take home|nursing home|home of the|conference|concert|exhibition|festival|event|performance|tickets?|live (?:music|show|band|at)|percent|population|agence|agentur|filiale|showroom|notre magasin|nuestra tienda|nuestra oficina|nostro negozio|ufficio|sede|escritorio)\b|://|%|弊社|当社|本社|会社|店舗|公司|本店|당사|본사|회사|매장|офис|магазин|شركة|מפעל|משרד"
)


def home_beside(found: Candidate) -> Judgement:
    """A street with its number behind a word for living somewhere, or right before it."""
    is_label = bool(_LABEL.match(found.after))
    if _ONLY_HOME.match(found.whole) and not _OF_HOME.match(found.after):
        return False
    behind = found.after[:_HOME_REACH].partition("\n\n")[0]
    ahead = _lead(found.before)[-_HOME_REACH:]
    is_address = bool(_ADDRESS.search(found.whole))
    hit = _STREETS.search(behind) or (
        _ANY_STREET.search(behind) if is_address and is_label else None
    )
    hit = hit or (_PLAIN_STREET.match(behind) if _LIVES.match(found.whole) else None)
    hit = hit or _STREETS.search(ahead)
    if hit is None:
        return False
    around = f"{ahead}{found.whole}{behind}"
    if _OF_A_FIRM.search(around):
        return False
    if is_label or _LIVES.match(found.whole) or is_of_somebody(around):
        return Beside(value=hit[0].strip())
    return False


# Telephones -----------------------------------------------------------------------------------------

_PHONE: Final = re.compile(
    r"(?<![0-9A-Za-z./\-])(?:\+|00)?\(?[0-9]{1,5}\)?(?:[ ./\-]{0,2}\(?[0-9]{2,5}\)?){1,6}(?![0-9A-Za-z])"
)
_PHONE_REACH: Final = 46
_CALLED: Final = re.compile(
    r"(?i)phone|tel\b|tel[eé]|telef|mobil|mobiel|movil|cell|handy|portable|number|nummer|numero|numer|numar|numara|gsm|whatsapp|call|reach|ring|text|sms|anruf|erreich|appel|joindre|llam|chiam|lig|bel(?:len)?\b|zadzwon|komork|puhelin|nomor|hp\b|contact"
    r"|тел|номер|звон|电话|手机|電話|携帯|전화|번호|هاتف|جوال|رقم|טלפון|נייד|फ़?ोन|नंबर|โทร|เบอร์|τηλ|κινητ"
)
_NO_PHONE: Final = re.compile(
    r"(?i)\b(?:iban|account|konto|invoice|order|booking|ticket|ref|reference|case|isbn|version|fax|office|hotline|helpline|support|switchboard|zentrale|service|insurance|loans?|use only|policy|training|data|computer|desktops?)\b|://|@"
)


def phone_beside(found: Candidate) -> Judgement:
    """A telephone number behind a word that makes it somebody's own."""
    behind = _clause(found.after[:_REACH])
    for hit in _PHONE.finditer(behind[: _PHONE_REACH + 20]):
        digits = sum(map(str.isdigit, hit[0]))
        gap = behind[: hit.start()]
        if hit.start() > _PHONE_REACH or not 8 <= digits <= 15 or _DATE.match(hit[0].strip()):
            continue
        told = f"{found.before[-30:]}{found.whole}{gap}"
        if _NO_PHONE.search(told) or not _CALLED.search(told) or ("\n" in gap and len(gap) > 1):
            return False
        return Beside(value=hit[0].strip())
    return False


# Pay and debts --------------------------------------------------------------------------------------

_AMOUNT: Final = re.compile(
    r"(?i)(?<![0-9A-Za-z./:\-])(?:[$€£¥₹₩₽]|(?:usd|eur|gbp|chf|pln|sek|nok|dkk|inr|rp|rs|r\$|lei|kc|huf|try|aed)\.? ?)? ?[0-9]{1,3}(?:[.,' ][0-9]{3}){1,3}(?:[.,][0-9]{1,2})?(?! ?[0-9]|[./\-][0-9]|:)"
    r"|[$€£¥₹₩₽] ?[0-9]{2,9}(?:[.,][0-9]{1,2})?(?: ?(?:k|m|mio|lakh|crore)\b)?|(?<![0-9A-Za-z./:\-])[0-9]{2,7}(?:[.,][0-9]{1,2})? ?(?:[$€£¥₹₩₽]|万|만|元|円|원|руб|грн|тыс|(?:k|eur|euros?|usd|dollars?|pounds?|quid|grand|chf|francs?|franken|zl|zlotych|kr|kronor|kroner|kc|ft|lei|tl|lira|lakhs?|lpa|tis)\b)"
    r"|(?<![0-9A-Za-z./:\-])[0-9]{4,7}(?= ?(?:per|pro|im|al|par|a|the|brut|net|/) ?(?:month|monat|mes|mese|mois|maand|year|jahr|ano|anno|an|hour|stunde|brutto|netto|gross|net))|(?<=[:,;|\t] )[0-9]{4,7}\b|(?<=[:,;|\t])[0-9]{4,7}\b"
)
_NOT_HIS: Final = re.compile(
    r"(?i)\b(?:range|survey|average|median|between|invoice|rechnung|order|discount|job|position|vacancy|stelle|stellen|hiring|minimum wage|mindestlohn|voucher|subscription|shares?|stock|index|per cent|percent|market|billion|mil(?:lion)?|government|the state|the city|countr(?:y|ies)|company|corp|inc|ltd|gmbh|budget|dear|sehr geehrte[r]?|balance sheet|work-life|work life|load balance|exchange|points?|miles|base64|database|base (?:price|station|station|layer|unit)|hotline|customers? pay|you pay|we pay|paid (?:on|for|in|you|your)|please pay|to be paid|payment)\b"
)
_NEAR_AMOUNT: Final = 70


_SCORED: Final = re.compile(r"(?i)score|schufa|fico|rating")
_SCORE: Final = re.compile(r"\b[0-9]{2,3}(?:[.,][0-9])?\b")
_ONLY_YEAR: Final = re.compile(r"^(?:19|20)[0-9]{2}$")
_NAME_BEFORE: Final = re.compile(
    r"(?:^|[\s,;(\"'])(?!(?:The|This|That|These|Those|You|We|They|It|Which|Who|Die|Das|Der|Les|Los|Las|Our|Your|All|Some|Most|Many)\b)[A-Z][a-z]{2,20}(?:'s)? $"
)


_OWES_IT: Final = re.compile(r"\b(?:a|O|A|Il|El|La) [A-Z][a-z]{2,14}\b(?! [A-Z])")
"""A person by the first name alone, as southern languages have it."""


def _amount_near(found: Candidate) -> str:
    """An amount in the sentence, behind the word or not far before it."""
    behind = _clause(found.after[:_REACH])[:_NEAR_AMOUNT]
    ahead = _lead(found.before)[-_NEAR_AMOUNT:]
    if _SCORED.search(found.whole):
        hit = _SCORE.search(behind)
        return hit[0] if hit else ""
    hits = [*_AMOUNT.finditer(behind), *reversed(list(_AMOUNT.finditer(ahead)))]
    hits += [*_IN_WORDS.finditer(behind), *reversed(list(_IN_WORDS.finditer(ahead)))]
    values = (hit[0].strip() for hit in hits)
    return next((value for value in values if not _ONLY_YEAR.match(value)), "")


_IN_WORDS: Final = re.compile(
    r"(?i)(?<![0-9A-Za-z./:\-])[0-9]{1,4}(?:[.,][0-9]{1,2})? ?(?:mila|mil|duizend|tausend|thousand|bin|ezer|ezret|tuhatta|tys|tis|tisic|mln|mio|million(?:en|s)?|mill?ones|milion[aiy]?|milhao|milhoes|miljoen|miljon(?:er)?|milyon|lakhs?|crores?|grand)\b|[0-9]+(?:[.,][0-9]+)? ?(?:тысяч|млн|万|萬|億|亿|만|ألف|مليون|אלף|מיליון|χιλ|εκατ|लाख|हज़ार|करोड़|ล้าน|แสน|หมื่น)"
)
"""Amounts of which thousands or millions are a word."""


_YOU_OWE: Final = re.compile(
    r"(?i)\byou(?:'re| are| may be| could be| would be| will be)? (?:only |still |not |now )?(?:owe|liable|responsible)\b|\b(?:responsible|liable) for (?:the first|up to|no more)"
)
"""What the reader owes is known to the reader, and what anybody is liable for is nobody's."""
_SO_MANY: Final = re.compile(
    r"(?i) (?:[a-z\-]{3,14} ){0,3}(?:[a-z]*holders|people|persons|workers|employees|customers|members|users|jobs|households|families|children|patients|votes|copies)\b"
)
"""A number of people is no sum of money."""


def amount_of_somebody(found: Candidate) -> Judgement:
    """An amount beside a word for pay, debts or means, told of a person."""
    value = _amount_near(found)
    if not value:
        return False
    ahead, behind = _lead(found.before)[-_REACH:], _clause(found.after[:_REACH])
    around = f"{ahead}{found.whole}{behind}"
    if _NOT_HIS.search(around) or is_published(found) or _YOU_OWE.search(around):
        return False
    if _SO_MANY.match(around.partition(value)[2]):
        return False
    told = bool(_NAME_BEFORE.search(ahead) or _OWES_IT.search(around)) or is_of_somebody(around)
    return Beside(value=value) if told else False
