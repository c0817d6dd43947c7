"""Whether a word that nobody calls a password looks like one: by its letters alone.

Stricter than what counts beside the word password: names of products, versions, dates, tickets,
coupons, hosts and units are words with digits too.
"""

import re
from typing import Final

from guard.entropy import is_placeholder
from guard.lexicon import words

SYMBOLS: Final = frozenset("!@#$%^&*+=~?|\\_")
_EDGES: Final = "\"'`*([{<>}])“”‘’.,;:…"

_NUMBERED: Final = words(
    """
    office windows microsoft oauth web terminal gate python java ubuntu debian android ios macos iphone
    ipad galaxy room level section chapter figure table step version release phase day week sprint quarter
    page part appendix annex line row column building floor platform track seat row zone area building
    covid article clause exhibit schedule lot unit suite apartment flat form iso din en ean sha aes utf
    base md ipv http tls ssl web html css es ecma log mp win core ryzen xeon gtx rtx model type class
    grade season episode volume vol issue no nr num group team cohort batch wave round stage building
    hall saal raum zimmer haus block tor gleis linie etage kapitel seite abschnitt stufe woche tag
    salle bureau etage chapitre semaine sala aula piso planta capitulo semana piano capitolo settimana
    """
)
_PLAIN_SYMBOLS: Final = re.compile(r"[!?]+$")
_VERSION: Final = re.compile(r"(?i)^v?[0-9]{1,4}(?:[.\-_][0-9a-z]{1,6})+$")
_TICKET: Final = re.compile(r"^[A-Z]{1,10}[\-_#]?[0-9][0-9A-Z\-]*$")
_UNIT: Final = re.compile(r"(?i)^[$€£~+\-]?[0-9][0-9.,:/]*\s?[a-z%°]{1,5}(?:/[a-z]{1,4})?$")
_ORDINAL: Final = re.compile(r"(?i)^[0-9]{1,4}(?:-[a-z]+)+$")
_TIMED: Final = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HEX: Final = re.compile(r"(?i)^#?[0-9a-f]{6,}$|^[0-9a-f]{8}-[0-9a-f\-]{27}$")
_TECHNICAL: Final = re.compile(
    r"(?i)^(?:argon2(?:id|i|d)?|pbkdf2|scrypt|ed25519|x25519|curve25519|secp(?:256|384)[kr]1|chacha20.*|base(?:32|58|64|85)(?:url)?|utf-?8(?:mb4)?|"
    r"oauth2?(?:\.[01])?|fido2|wpa[23](?:-.*)?|802\.1x|h26[45]|x86_64|amd64|arm64|i18n|l10n|k8s|log4j|ipv[46]|es20[0-9]{2})$"
)
"""Names of ciphers, formats and machines."""
_NUMBERED_WORD: Final = re.compile(r"^([A-Za-z]+)-?([0-9]{1,4})[a-z]?$")
_JOINED_WORDS: Final = re.compile(
    r"^(?=[^0-9]*[0-9])(?:[^\W\d_]{2,14}[0-9]{0,6}|[0-9]{1,6})(?:[\-._](?:[^\W\d_]{2,14}[0-9]{0,6}|[0-9]{1,6})){1,6}[!?#$%&*+=]*$"
)
CHAINED: Final = re.compile(
    r"^(?:[a-z]{3,14}(?:-[a-z]{3,14}){2,7}|[A-Z][a-z]{2,14}-[a-z]{1,4}-[A-Z][a-z]{2,14})$"
)
CHAINING_WORDS: Final = words(
    "the and for out off not but by to of in on up at as end day face long term time real well known read only step one all hand non self high low"
)
"""Parts of what is written with hyphens anyway: state-of-the-art, end-to-end."""
_LONG_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_LOOKING_SYMBOLS: Final = frozenset("!#$%^&*~_@")
_SNAKE: Final = re.compile(r"^[a-z][a-z0-9]*(?:_[a-z0-9]*[a-z][a-z0-9]*)+$")
_SHORT_NAME: Final = re.compile(r"~[0-9](?:\.\w{1,3})?$")
"""`PROGRA~1`: a file's name of eight letters."""
_CALLED: Final = re.compile(r"^[A-Za-z]+#[0-9\-]+[a-z]?$")


def bare(value: str) -> str:
    """The word without what writing puts around it."""
    return value.strip(_EDGES) if value[-1:] not in SYMBOLS else value.lstrip(_EDGES)


_OF_PROGRAMS: Final = re.compile(
    r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|[0-9]\.[0-9]+\.[0-9]|^[0-9]+&[A-Za-z]|^[A-Z]{2,6}[0-9]{2,5}(?:v[0-9]|[A-Z])?$|"
    r"&#|^&|^=\?|^-{0,2}[A-Za-z_\-]{1,20}=|^[0-9]{1,2}[A-Z][a-z]{2}[0-9]{2,4}$|^[A-Z]{1,4}-?[0-9]{2,5}[A-Z]?\+$|[®™©]|"
    r"^[A-Za-z]+(?:-[a-z]+)*-v?[0-9]{1,3}(?:[._][0-9]{1,4})+$|^[0-9]{1,4}[A-Za-z]{0,2}(?:-[a-z]+)+$|^[0-9]+(?:x[0-9]+)?[A-Za-z]{0,3}[!?]?$|^[A-Z]+\+[A-Z]+$|"
    r"[A-Za-z0-9]\\[A-Za-z]|^[A-Za-z]{2,6}(?:v|-)?[0-9]{1,2}(?:\.[0-9]+)*\+$|^[A-Z]{2,5}-[0-9]-[A-Za-z]+$|"
    r"::|^(?i:u?int|float)(?:8|16|32|64|128)[A-Za-z]*$|^X509[A-Za-z0-9]*$|^[A-Z]{3,5}v[0-9]{1,2}$|^[A-Z]{3,5}[0-9]rev[0-9]$|^[a-z]+[0-9]?\.[A-Z][a-z]+[A-Z][A-Za-z]+$|"
    r"^[A-Z]{2,6}(?:-[A-Z]{2,6})*-(?:1|8|16|32|64|128|192|224|256|384|512)$|^[a-z]{2}#[0-9]{5,}$|^#[A-Z]{0,2}[0-9]{5,}$|"
    r"^lib[A-Za-z][a-z0-9.+\-]*$|-(?:dev|udeb|dbg|doc|data|common|cli|tools|utils|bin|perl|doctools|debug)$|^-[A-Za-z]|\*\*|\*-\*|"
    r"^[A-Za-z0-9_\-]{1,30}=(?:true|false|on|off|yes|no|[0-9]+)$|^[\w.\-]+(?:/[\w.\-]+)+[#!][0-9]+$|\.[a-z]{2,4}[#:][0-9]+$|['\"](?::|=>)['\"]|"
    r"^[A-Za-z]{1,4}_[A-Z][A-Z0-9_]+$|"
    r"(?i:^[a-z]+(?:-[a-z]+)*-(?:password|passwd|login|token|key)s?(?:-[a-z]+)*$)|^[a-z][a-z0-9]*(?:\.[a-z0-9]+)+@[a-z0-9\-]+$|^[A-Z][a-z]+[0-9]{1,2}[a-z][A-Z]{0,3}$|"
    r"(?i:^(?:1password|oauth2?|2fa|u2f|fido2?|office365|windows[0-9]+|radio[0-9][a-z]+|base64|sha[0-9]+|x509)$)"
)
"""Constants, options, packages, licenses, issues and releases of programs, fields of links, models, measures, marks, registry keys, names of mailboxes."""


def is_of_programs(word: str) -> bool:
    """Whether a word looks like a name that programs, systems and their makers give to something."""
    return bool(_OF_PROGRAMS.search(word))


def is_secret_shaped(value: str) -> bool:
    """Letters and digits with a symbol inside, or in mixed case, or words joined with a number."""
    word = bare(value)
    if not 6 <= len(word) <= 64 or is_placeholder(word) or is_known_word(word):
        return False
    if not any(map(str.isdigit, word)) or not any(map(str.isalpha, word)):
        return False
    if _JOINED_WORDS.match(word) and len(_LONG_WORD.findall(word)) > 1:
        return True
    inner = _PLAIN_SYMBOLS.sub("", word)
    has_symbol = any(char in SYMBOLS for char in inner)
    has_case = any(map(str.islower, word)) and any(map(str.isupper, word))
    if has_symbol or (has_case and inner != word):
        return True
    return has_case and not word.replace("-", "").isdigit() and "/" not in word and "." not in word


def is_password_looking(value: str, after: str) -> bool:
    """Where nothing around it says so: both cases, digits, and a symbol where no writing puts one."""
    word = value.lstrip(_EDGES).rstrip(".,;:")
    if (
        not 8 <= len(word) <= 28
        or is_placeholder(word)
        or is_known_word(word)
        or _CALLED.match(word)
    ):
        return False
    if _SHORT_NAME.search(word):
        return False
    if word[-1] in "!?*" and not after.lstrip()[:1].islower():
        return False
    if not (
        any(map(str.islower, word)) and any(map(str.isupper, word)) and any(map(str.isdigit, word))
    ):
        return False
    inner = word if word[-1] in "#$%" or word[-1] == "!" else word[:-1]
    return any(char in _LOOKING_SYMBOLS - {"_", "@"} for char in inner)


def is_secret_or_word(value: str) -> bool:
    """As above, or small letters with at least two digits behind them."""
    word = bare(value)
    if is_secret_shaped(value):
        return True
    letters = word.rstrip("0123456789")
    digits = len(word) - len(letters)
    bare_letters = letters.translate(_JOINTS)
    is_word = len(bare_letters) >= 3 and bare_letters.isalpha()
    is_joined = bare_letters != letters
    return 2 <= digits <= 6 and is_word and (is_joined or not is_known_word(word))


_JOINTS: Final = str.maketrans("", "", "_.")


def is_known_word(word: str) -> bool:
    """Whether it is something else that has digits: a version, a date, a ticket, a product, a host."""
    if "://" in word or word.lower().startswith(("www.", "/", "./", "$", "{")) or "@" in word[1:-3]:
        return "@" not in word or _is_address(word) or "://" in word
    if any(
        one.match(word) for one in (_VERSION, _TICKET, _UNIT, _ORDINAL, _TIMED, _HEX, _TECHNICAL)
    ):
        return True
    numbered = _NUMBERED_WORD.match(word)
    return bool(numbered) and numbered[1].lower() in _NUMBERED if numbered else _is_call(word)


def _is_address(word: str) -> bool:
    domain = word.rpartition("@")[2]
    return "." in domain and domain.replace(".", "").replace("-", "").isalnum()


def _is_call(word: str) -> bool:
    """`read_file(x1)`, `a=b1&c=2`, `snake_case_2`."""
    return "(" in word or ("&" in word and "=" in word) or bool(_SNAKE.match(word))
