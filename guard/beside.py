"""What stands beside a word: the value that the word makes a secret of.

Patterns find the word, which is cheap; here the words and numbers around it are weighed. A value
must look the more like a secret the less the words around it say.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from guard.entropy import is_placeholder
from guard.lexicon import words
from guard.rule import Beside, Candidate, Judgement
from guard.shape import (
    CHAINED,
    CHAINING_WORDS,
    bare,
    is_known_word,
    is_of_programs,
    is_password_looking,
    is_secret_or_word,
    is_secret_shaped,
)
from guard.vocabulary import DOING, DOING_ELSEWHERE

_SURE: Final = 6
"""From which sum on a value is held."""
_WINDOW: Final = 40
"""Characters in front of a match that are all there is when there are fewer."""
_CUT: Final = 118
"""Characters behind a match from which on the last word may be cut off."""
_STRONG_WORD: Final = 2
_EACH_DOING: Final = 2
_CONTRAST: Final = 1
"""What stands in Latin letters among those of another script is likely a name or a secret."""
_MOST_DOINGS: Final = 2
_STEM: Final = 3
"""Letters by which forms of one word are told: use, used, using."""
_SPLIT: Final = re.compile(r"[\s\"`<>()\[\]{}|,;]+")
_SOUND: Final = re.compile(r"[\s\"'`<>()\[\]{}|,;:.!?=]+")
_DOING: Final = re.compile(DOING, re.IGNORECASE)
_MARKS: Final = re.compile(r"[0-9*#$%^~+=&@]|[a-z]-[a-z]{1,14}-[A-Za-z]")
"""What a word without cannot look like a secret."""
_LINK: Final = re.compile(
    r"[a-z]{2,10}://|www\.|mailto:|^[/.\\]|\\\\|@[\w\-]+\.[a-z]", re.IGNORECASE
)
_FILE: Final = re.compile(
    r"\.(?:[a-z][a-z0-9]{0,4}|[1-9][a-z]{0,4}|symbols|install|service|desktop|template|properties|config)$",
    re.IGNORECASE,
)
_ALTERNATING: Final = re.compile(r"^(?:[^\W\d_]{3,20}[0-9]{1,4}){1,4}[^\W\d_]{3,20}[0-9]{0,6}$")
_NUMBERED: Final = re.compile(r"^[^\W\d_]{4,20}[0-9]{2,6}[!?]?$")
_LETTERED: Final = re.compile(r"^[a-z]{4,20}[0-9]{2,4}[a-z]{1,2}$")
_JOINED_NUMBER: Final = re.compile(
    r"^[^\W\d_]{2,20}(?:-[^\W\d_]{2,20})+-(?:[0-9]{2,6}|(?<=[^\W\d_]-)[0-9])$"
)
_HYPHENED: Final = re.compile(r"^[^\W_]+(?:-[^\W_]+)+$")
_STARRED: Final = re.compile(
    r"^[^\W\d_][^\W_]{2,20}(?:[\-.][^\W_]{2,20})?[*#$%^~+=&@?!][^\W\d_]\w{2,20}$"
)
_BRANDED: Final = re.compile(
    r"^[A-Z][a-z]+[0-9]$|^(?:[A-Z]?[a-z]+[245][A-Z]?[a-z]+|[A-Z][a-z]+_[A-Z]?[a-z]+[245](?:[A-Z][a-z]+)+|[A-Za-z][a-z]+(?:16|32|64))$"
)
"""`Webcam3`, `Buy4Now`: the name of a thing."""
_NAMES_A_THING: Final = words(
    """
    user username usuario benutzer benutzername utilisateur utente gebruiker uzytkownik user-id userid handle nick nickname account-id
    file datei fichier archivo host hostname machine device model modell modele modelo version serial ticket order invoice rechnung
    facture factura fattura ref reference case id kennung sku part article artikel branch commit tag build release room raum zimmer
    salle sala table tisch gate seat flight flug train zug license-plate kennzeichen matricula plate bus line linie coupon promo code:
    hashtag event campaign project projekt projet proyecto named called namens logo font firmware driver kernel chapter section proc procedure function class method module package script command
    """
)
_TALK: Final = words(
    """
    policy policies manager strength length generator requirement requirements rules guidelines complexity minimum at-least forgot hint
    newsletter webinar tutorial documentation
    """
)


@lru_cache(maxsize=8192)
def _strength(word: str) -> int:
    """How much a word looks like a secret by its letters: from 0, not at all, to 6, nothing else."""
    if not 6 <= len(word) <= 64 or _LINK.search(word) or _FILE.search(word):
        return 0
    if is_placeholder(word) or is_known_word(word) or is_of_programs(word):
        return 0
    if _BRANDED.match(word):
        return 0
    if is_password_looking(word, "a"):
        return _SURE
    if _JOINED_NUMBER.match(word):
        return 3
    if _ALTERNATING.match(word):
        return 4 if not is_known_word(re.split(r"(?<=[0-9])(?![0-9])", word, maxsplit=1)[0]) else 0
    if is_secret_shaped(word):
        return 4 if not _HYPHENED.match(word) else 2
    if _STARRED.match(word):
        return 2 if any(map(str.isupper, word[1:])) or word.count("-") else 0
    if CHAINED.match(word):
        return 2 if word[0].isupper() or CHAINING_WORDS.isdisjoint(word.split("-")) else 0
    return 2 if _NUMBERED.match(word) or _LETTERED.match(word) else 0


def _lines_around(found: Candidate) -> tuple[str, str]:
    """What stands before and behind the word, up to an empty line."""
    return found.before.rpartition("\n\n")[2], found.after.partition("\n\n")[0]


@lru_cache(maxsize=256)
def _said(text: str) -> int:
    """How many different words for doing something with a secret there are, at most two."""
    said = len({word[:_STEM].lower() for word in _DOING.findall(text)})
    said += sum(word in text for word in DOING_ELSEWHERE) if not text.isascii() else 0
    return min(said, _MOST_DOINGS)


_SHOWN: Final = re.compile(r"[•●∙·*…]{3}|\A(?:pk_(?:live|test)_|pk\.ey|ssh-(?:rsa|ed25519))")
"""Masked, or made to be shown."""


def _secret_beside(found: Candidate, sum_needed: int) -> Judgement:
    before, after = _lines_around(found)
    around = f"{before} {found.whole} {after}"
    if not _MARKS.search(f"{before} {after}"):
        return False
    pieces = [
        word
        for word in _pieces(before, after)
        if f"{word}(" not in around and not _SHOWN.search(word)
    ]
    strongest = max(((_strength(word), word) for word in pieces), default=(0, ""))
    if strongest[0] == 0 or strongest[0] + _MOST_DOINGS * _EACH_DOING < sum_needed:
        return False
    if not _TALK.isdisjoint(_SOUND.split(around.lower())):
        return False
    contrast = _CONTRAST * (strongest[1].isascii() and not found.whole.isascii())
    told = _said(around) * _EACH_DOING
    names_itself = found.whole.lower() in _NETWORKS
    if sum_needed < _SURE and not names_itself and _is_linked(before, after, strongest[1]):
        told = max(told, _EACH_DOING)
    if strongest[0] + told + contrast < sum_needed:
        return False
    return Beside(value=strongest[1])


_NETWORKS: Final = words(
    "network netz netzwerk reseau red rete rede siec ssid hotspot networks netzwerke netze"
)
"""Things with a name of their own."""


def _is_linked(before: str, after: str, value: str) -> bool:
    """Whether nothing but a verb or a mark joins a value to the word, or it has a line of its own."""
    ahead, behind = f"\n{before}", f"{after}\n"
    if ahead[-1:] in _PATHS or behind[:1] in _PATHS:
        return False
    at = behind.find(value)
    if at >= 0:
        gap, rest = behind[:at], behind[at + len(value) :].lstrip(_CLOSING)
        if gap[-1:] == "\n" and rest[:1] in {"\n", ""}:
            return True
        spoken = _SOUND.split(gap.lower().strip(_CLOSING))
        is_last = rest[:1] in {"\n", ""}
        if len(spoken) <= _FEW and (spoken[-1] in _LINKS or gap.rstrip()[-1:] in _GIVING):
            return True
        return len(spoken) <= 1 + is_last and "\n" not in gap.strip("\n")
    at = ahead.rfind(value)
    gap = ahead[at + len(value) :] if at >= 0 else ""
    is_alone = ahead[at - 1 : at] == "\n" and gap.startswith("\n")
    return is_alone or bool(_LINKING.match(gap))


_PATHS: Final = frozenset("/\\")
_CLOSING: Final = " \t\"'`*.,;:!?)]}"
_GIVING: Final = frozenset(":=>|→-")
_FEW: Final = 5
"""Words between a word and what it is said to be."""
_LINKS: Final = words(
    """
    is ist lautet heisst est es e era son jest to er ar on je is: est: now jetzt ahora maintenant agora adesso nu teraz c'est cest ses its
    это теперь є είναι ειναι est-ce esta este is'nt was war sera wird set= auf
    """
)
_LINKING: Final = re.compile(
    r"(?i)^[\s\"'`)]{0,3}(?:<?[-=]{1,2}>?|←|<|\(|\||(?:is|ist|est|es|e|jest|to|er|ar|on|c'est|it's|das|это|є|είναι|είναι|είναι|war|was|as|als|come|como|comme)(?: ?[:=])?)[\s\"'`(]{0,3}(?:(?:the|my|your|our|his|her|das|mein|unser|le|la|mon|notre|el|mi|il|la mia|o|a|minha|het|mijn|moje|mitt|min|nasze|pour|for|new|neue|current)\s){0,3}$"
)


def _pieces(before: str, after: str) -> list[str]:
    """The words around, without those cut off or called the name of something."""
    is_whole = len(before) < _WINDOW
    ahead = _SPLIT.split(f" {before}" if is_whole else before)[:-1]
    behind = _SPLIT.split(after)[: -1 if len(after) >= _CUT else None]
    kept: list[str] = []
    for previous, part, following in (*_threes(ahead), *_threes(behind)):
        if not _MARKS.search(part) or previous.endswith("#"):
            continue
        if CHAINED.match(part) and _NOUN.match(following):
            continue
        if previous.lower().strip(":=.#") not in _NAMES_A_THING:
            word = bare(part)
            head, mark, tail = word.partition(":")
            kept.append(tail if mark and head.rstrip(".").isalpha() and tail else word)
    return kept


def _threes(parts: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each piece but the first with those on both sides of it."""
    return zip(parts, parts[1:], [*parts[2:], ""], strict=False)


_NOUN: Final = re.compile(r"[a-z]{5,}$")
"""What stands behind words with hyphens that describe it: end-to-end encryption."""


def word_for_password(found: Candidate) -> Judgement:
    """A word with a number in a sentence about a password that calls nothing else by a name."""
    ahead = found.lead
    told = set(
        _SOUND.split(f"{found.before[-_WINDOW:]} {found.whole} {found.after[:_WINDOW]}".lower())
    )
    if not (_TALK | _NAMES_A_THING).isdisjoint(told) or "://" in found.whole:
        return False
    value = found.value.replace("-", "", 1)
    return is_secret_or_word(value) and not is_placeholder(found.value) and "@" not in ahead


def secret_beside_login(found: Candidate) -> Judgement:
    """Beside a word for passwords or for getting in."""
    return _secret_beside(found, _SURE - _STRONG_WORD)


def secret_beside_thing(found: Candidate) -> Judgement:
    """Beside something that asks for a secret."""
    return _secret_beside(found, _SURE)


# Digits --------------------------------------------------------------------------------------------

_DIGITS: Final = re.compile(
    r"(?<![0-9A-Za-z_.,/:\-+€$£&=\"'])(?<![&;=\"']#)(?<![0-9)] )(?:[*#]\s?)?(?:[0-9]{4,8}|[0-9](?:[ \-][0-9]){3,5}|(?<!\))(?:[0-9]{3}[ \-][0-9]{3}|[0-9]{2}(?:[ \-][0-9]{2}){2})(?![ \-][0-9])|[A-Z][0-9]{4}[A-Z]?|[0-9]{1,4}[A-Z][0-9]{3,5})\s?[*#]?(?![0-9A-Za-z]|[.,:/\-][0-9])"
)
_MONEY_OR_MEASURE: Final = re.compile(
    r"^\s?(?:eur|euros?|usd|chf|gbp|dollars?|pounds?|zl|kr|huf|ft|€|\$|£|¥|%|°|m2|m²|qm|sqm|sq|km|m\b|cm|mm|kg|g\b|l\b|lbs?|uhr|h\b|o'clock|am\b|pm\b|"
    r"bits?|bytes|kb|mb|gb|hz|rpm|dpi|items?|pieces?|people|persons?|guests?|customers?|visitors?|users?|units?|stuck|stk|pcs|watts?|w\b|kwh|lumens?|"
    r"(?:[a-z]+ ){0,2}(?:street|st\.|road|rd|avenue|ave|lane|drive|str)\b|年|元|円|원|₽|руб|грн)",
    re.IGNORECASE,
)
_MONEY_SIGNS: Final = frozenset("€£$")
_LONGEST_MARKED: Final = 5
"""Characters of a `#` with digits behind it, from which on it is the number of a bug."""
_BUGS: Final = re.compile(r"(?i)\b(?:closes|fixes|bugs?|issues?|rt|lp|pr)\b:?[ #0-9,\n]*$")
_STATE: Final = re.compile(r"\b[A-Z][a-z]+,? (?:[A-Z]{2}|[A-Z]{2},? USA|[A-Z][a-z]+,? USA),? $")
"""The end of an address: what follows is its postal code."""
_PHONES: Final = words("phone phones handy sim mobile")
"""Have numbers in their names too: only words for codes make one of digits beside them."""
_CALLED: Final = re.compile(r"\b[A-Z][a-z]+ $")
_BY: Final = words("with mit med con avec com met z ze s с cu ile par by via")
_IS: Final = words(
    "is are e es est ist lautet jest je to este er ar on sind son sono sao digits ziffern chiffres cifras cifre"
)
"""Behind a word for a lock they lead to what opens it."""
_NOT_A_CODE: Final = words(
    """
    nr no number model modell order room raum zimmer floor since seit depuis desde in im en from von de del until bis for fur about around circa ca approx
    costs cost price preis kostet invoice rechnung article art artikel art.-nr ref reference year jahr ano annee baujahr built of built tel phone fax
    closes close fixes fixed bug bugs issue issues rt lp pr cve
    iso din en ean postcode zip plz cap cp version serial snr part teil case ticket to at um a um over uber under unter error page seite
    january february march april may june july august september october november december januar februar marz april mai juni juli oktober dezember
    $ € £ usd eur chf
    """
)
_TELLS_A_CODE: Final = words(
    """
    code codes pin combination combo then hash star pound asterisk followed press dial punch key digits backwards reversed kod kode kodem kodem codigo codice
    raute stern dann kombination zahlenkombination tasten eingabe ziffern clave numeros luego despues almohadilla asterisco puis diese etoile combinaison
    soit wants poi cancelletto depois senha hekje sterretje daarna krzyzyk gwiazdka potem potom krizek enter ok sifre sifresi kodu koodi tours turns left right
    codul koodi klucz kluczem set wheels
    links rechts gauche droite izquierda derecha sinistra destra wiederhole rozbroi rozbroj uzbroj disarm disarms disarming entscharfen unscharf desarma
    desactiva desactive disattiva disinserire uitschakelen
    код кодом потом решетка решётка звездочка звёздочка цифры набрать
    """
)

_CODE_STEMS: Final = ("kod", "cod", "pin", "sifre", "код", "κωδικ", "رمز", "الرمز", "קוד", "הקוד")
"""How words for codes begin where languages bend them."""
_LONGEST_CODE: Final = 8


def digits_beside_lock(found: Candidate) -> Judgement:
    """Digits that a lock or an alarm opens with."""
    return _digits_beside(found, is_lock=True)


def digits_beside_door(found: Candidate) -> Judgement:
    """Digits that a door opens with: only where something says so."""
    return _digits_beside(found, is_lock=False)


def _digits_beside(found: Candidate, *, is_lock: bool) -> Judgement:
    before, after = _lines_around(found)
    text = f"{before}{found.whole}{after}"
    word_at = (len(before), len(before) + len(found.whole))
    spoken_of = _SOUND.split(text.lower())
    tells = not _TELLS_A_CODE.isdisjoint(spoken_of) or any(
        one.startswith(_CODE_STEMS) and len(one) <= _LONGEST_CODE for one in spoken_of
    )
    for hit in _DIGITS.finditer(text):
        value = hit[0].strip()
        head, tail = text[: hit.start()], text[hit.end() :]
        spoken = [one for one in _SOUND.split(head.lower().rstrip(" *#")) if one]
        last = (
            spoken[-1] if spoken and head.rstrip()[-1:] not in _MONEY_SIGNS else head.rstrip()[-1:]
        )
        if last in _NOT_A_CODE or _MONEY_OR_MEASURE.match(tail) or len(set(value)) < 2:
            continue
        if found.whole.lower() in _PHONES and _CALLED.search(head):
            continue
        if _STATE.search(head) or (value[0] == "#" and tail[:1] == ";"):
            continue
        if value[0] == "#" and len(value) > _LONGEST_MARKED and (_BUGS.search(head) or not tells):
            continue
        told = tells or (_said(text) and found.whole.lower() not in _PHONES)
        told = told or (is_lock and (last in _BY or last in _IS))
        is_marked = not value.isdigit()
        gap = text[word_at[1] : hit.start()] if hit.start() >= word_at[1] else ""
        if not is_lock and not tells and gap == " " and found.whole[:1].isupper():
            continue  # Gate 12: the number is its name
        is_given = gap.rstrip().endswith((":", "=", "->", "|")) or (gap.isspace() and is_lock)
        is_year = not is_marked and len(value) == 4 and value[:2] in {"19", "20"}
        if (
            is_marked
            or (is_given and (is_lock or told))
            or (told and (is_lock or bool(gap)) and not is_year)
        ):
            return Beside(value=value)
        if is_year and is_lock and told and len(gap) < 24 and gap:
            return Beside(value=value)
    return False


_FRESH: Final = re.compile(
    r"(?<![0-9A-Za-z.,/:\-+€$£#])(?<!or=)(?<![0-9]{4} )(?:[0-9]{3}[ \-][0-9]{3}|[0-9]{2} [0-9]{2} [0-9]{2}|[0-9]{6}|[0-9]{4}(?:[ \-][0-9]{4})?|[0-9]{8})(?![0-9A-Za-z]|[.,:/\-][0-9]| [0-9]{4}(?![0-9])|\s?(?:€|eur|usd|%|kg|km))"
)
_ARRIVED: Final = re.compile(
    r"(?i)sms|whats ?app|landed|mando|te paso|ti passo|pide|pede|chiede|banco\b|banque|banca\b|prisa|urgente|telegram|signal|text(?:ed|s)?\b|phone|bank|google|apple|microsoft|paypal|amazon|login|log ?in|sign|verif|confirm|bestatig|authent|securit|sicherheit|"
    r"arriv|cheg|lleg|recib|receb|recu|ricev|erhalten|bekommen|gekommen|geschickt|ontvang|otrzym|przysz|mottag|mottat|modtag|fick|gelen|geldi|kapott|primit|saatu|registr|activ|aktiv|temporar|one-?time|einmal|"
    r"minut|expire|abl[aä]uf|vence|scad|expira|verloopt|wygas|enter|type|digit|eingeb|tap[ez]|saisi|ingres|introdu|pone|inseri|wpis|gir|"
    r"смс|sms|пришел|пришёл|прийшов|прислал|банк|вход|введи|短信|认证|認証|银行|届い|入力|인증|문자|입력|وصل|أدخل|הגיע|הקלד|आया|ส่ง|ใส่"
)
_OTHER_NUMBERS: Final = re.compile(
    r"(?i)error|fehler|zip|postal|postleit|plz|promo|discount|rabatt|gutschein|coupon|voucher|product|produkt|artikel|item|country|area code|dress|tariff|customs|hs code|swift|sort|"
    r"color|colour|farb|course|tracking|order|bestell|pedido|commande|ordine|invoice|rechnung|meeting|zoom|teams|webinar|conference|source|qr|bar ?code|status|exit|building|steuer|tax code|naics|sic code|codice fiscale|http|referral|campaign"
)


def code_beside(found: Candidate) -> Judgement:
    """A number for one use, beside the word for it: where something says that it came or is to be entered."""
    before, after = found.paragraph(60, 80)
    text = f"{before}{found.whole}{after}"
    if not _FRESH.search(text) or _OTHER_NUMBERS.search(text) or not _ARRIVED.search(text):
        return False
    for hit in _FRESH.finditer(text):
        value = hit[0]
        is_year = len(value) == 4 and value[:2] in {"19", "20"}
        is_short = (
            len(value) == 4 and not 0 <= hit.start() - len(before) - len(found.whole) <= _CLOSE
        )
        if not is_year and not is_short and len(set(value)) > 1 and not is_dated(value):
            return Beside(value=value)
    return False


def is_dated(value: str) -> bool:
    """Two years, or a day without marks, read in either direction."""
    return bool(_DAYS.match(value) or _DAYS.match(value[::-1]))


_DAYS: Final = re.compile(
    r"(?:19|20)[0-9]{2}[ \-](?:19|20)[0-9]{2}$|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])$"
)
_CLOSE: Final = 3
"""Characters between a word and four digits that it may be about."""
