"""Whether what follows the word "password" is a password or just the rest of a sentence.

Shape decides, not a dictionary of secrets: digits inside a word, symbols, capitals in the middle,
quotes, or a lone word that ends the line. Descriptions ("is required", "must be changed"), code
("= getpass()"), links and addresses are not passwords.
"""

from typing import Final

from guard.entropy import classes, is_placeholder
from guard.lexicon import words
from guard.rule import Candidate, Judgement

_STRONG_SYMBOLS: Final = frozenset("!@#$%^&*+=~?|\\/_")
_TRAILING: Final = ".,;:)]}>'\"`*"
_LEADING: Final = "([{<'\"`*"

_DESCRIPTIONS: Final = words(
    """
    a about above access account active again all also always an and any applies as ask at attached
    automatically available bad because below blank both broken but by can case-sensitive change
    changed check choose click coming compromised confidential contact correct could dead default
    described different disabled done due each either email empty enabled encrypted enforced enough
    enter entered every everything expired expires field fine first for forgot forgotten forgetting
    free from generated gone good group guidelines has hashed have here hidden history how i if ignored
    in inactive incorrect input invalid is it its kept known last later leaked length less letters like
    link lock locked login long longer lost mandatory manager may me minimum missing must my n/a na
    necessary needed never new next no none not nothing null numbers of ok okay old on once one only
    optional or our out own page password passwords pending per phrase please policy possible private
    prompt protected protection provided public random ready received recovery required requirements
    reset resets right rotated rotation rules safe same saved secret secure see send sent separate
    separately set shared short should show similar simple so some something soon still stored
    str string strong stronger tbd temporary text that the their them there they this through to todo
    too true false two typed unchanged undefined unique unknown until updated use used username users
    valid value very via visit was weak what when where which who will with working would wrong yes
    yet you your yours bytes bool varchar char int object any optional[str] secretstr type undefined
    stolen known lost given shown hidden broken taken written forgotten told kept seen bound
    vergessen ändern aendern geändert zurücksetzen falsch ungültig erforderlich abgelaufen hier sicher
    oublié oublie reinitialiser incorrecte requis requise ici expiré expire incorrecta requerida aquí
    aqui olvidada olvidado olvidaste caducada esqueceu esquecida obrigatória dimenticata errata qui
    vergeten verlopen verplicht zapomniane wymagane
    """
)

_SUFFIXES: Final = (
    "ed", "ing", "ive", "able", "ible", "ful", "less", "ent", "ant", "ary", "ory", "ous", "ly", "ic",
    "ical", "ional", "ment", "tion",
)  # fmt: skip

_TOPICS: Final = words(
    """
    policy policies manager managers reset resets hint strength length expires expiry expiration
    generator requirements requirement rules changed updated last rotation protected less link page
    form field prompt vault complexity guidelines section change recovery help forgot hash hashing
    minimum maximum tips best practices
    """
)
"""Words between "password" and a colon that make the rest a text about passwords."""

_TECHNICAL: Final = (
    "sha", "aes", "md5", "utf", "tls", "bcrypt", "argon", "scrypt", "pbkdf", "rsa", "hmac", "base64",
    "iso", "nist", "1password", "lastpass", "oauth", "saml", "2fa", "mfa", "http", "rfc", "e2e", "x509",
    "keepass", "u2f", "fido",
)  # fmt: skip

_CODE_HEADS: Final = (
    "os.", "process.", "env.", "env[", "config.", "config[", "self.", "req.", "request.", "this.",
    "ctx.", "args.", "settings.", "params.", "form.", "user.", "data.", "options.", "getenv", "var.",
    "secrets.", "vault.", "std::", "system.", "app.", "props.", "state.", "event.", "input.",
)  # fmt: skip

_COUNTED: Final = (
    "char",
    "digit",
    "letter",
    "day",
    "hour",
    "minute",
    "month",
    "year",
    "word",
    "bit",
)


def is_password_after_colon(found: Candidate) -> Judgement:
    """For `password: X`, `pwd=X`, `"passwd": "X"`."""
    value = trim(found.value)
    if not _is_possible(value):
        return False
    if _is_about(found):
        return _is_strong(value)
    if _is_mixed(value):
        return True
    if value.isdigit():
        return 4 <= len(value) <= 16
    is_identifier = "_" in value and "=" in found.whole[: -len(found.value)]
    is_lone = len(value) >= 5 and _ends_line(found)
    return is_lone and not is_identifier and value.lower() not in _DESCRIPTIONS


def is_password_after_is(found: Candidate) -> Judgement:
    """For `the password is X`, `das Passwort lautet X`."""
    value = trim(found.value)
    if not _is_possible(value) or _is_measured(value, found.after):
        return False
    if _is_about(found):
        return _is_strong(value)
    if _is_mixed(value):
        return True
    if value.isdigit():
        return 4 <= len(value) <= 16
    if _is_quoted(found):
        return value.lower() not in _DESCRIPTIONS
    return len(value) >= 5 and _ends_sentence(found) and not _is_description(value)


def is_bare_password(found: Candidate) -> Judgement:
    """For `password X` and `X is the password`, where only a strong shape is evidence."""
    value = trim(found.value)
    return _is_possible(value) and _is_strong(value)


def is_mixed_password(found: Candidate) -> Judgement:
    """Where the words around it say little: digits among letters, or a symbol no word has."""
    value = trim(found.value)
    return _is_possible(value) and len(value) >= 6 and _is_mixed(value) and _has_digit(value)


def is_password_with_symbol(found: Candidate) -> Judgement:
    """Where the words around it say next to nothing: strong, with a symbol no product name has."""
    value = trim(found.value)
    has_symbol = any(char in _STRONG_SYMBOLS for char in value)
    return _is_possible(value) and _is_strong(value) and has_symbol


def _has_digit(value: str) -> bool:
    return any(char.isdigit() for char in value)


def trim(value: str) -> str:
    """The value without quotes around it and punctuation behind it."""
    return value.lstrip(_LEADING).rstrip(_TRAILING)


def _is_possible(value: str) -> bool:
    folded = value.lower()
    if not 4 <= len(value) <= 128 or folded in _DESCRIPTIONS or is_placeholder(value):
        return False
    if (
        len(set(value)) < 3
        or "://" in value
        or folded.startswith(("www.", "mailto:", "http", "//"))
    ):
        return False
    if folded.startswith(_TECHNICAL) and len(value) < 20:
        return False
    return not (_is_code(value) or _is_email(value))


def _is_code(value: str) -> bool:
    folded = value.lower()
    if folded.startswith(_CODE_HEADS) or value.startswith(("$", "{{", "%(", "<", "&", "@{")):
        return True
    head, paren, _ = value.partition("(")
    if paren and head and all(char.isalnum() or char in "._" for char in head):
        return True
    return "_" in value and value.isupper() and value.replace("_", "").isalpha()


def _is_email(value: str) -> bool:
    local, at, domain = value.partition("@")
    return bool(at and local) and "." in domain and all(c.isalnum() or c in ".-" for c in domain)


def _is_about(found: Candidate) -> bool:
    words = found.whole[: -len(found.value)].lower().replace(":", " ").split()
    return not _TOPICS.isdisjoint(words)


def _is_mixed(value: str) -> bool:
    """Digits among letters, a symbol no word has, or a capital in the middle of a word."""
    has_letter = any(char.isalpha() for char in value)
    has_digit = any(char.isdigit() for char in value)
    if has_letter and has_digit:
        return True
    if any(char in _STRONG_SYMBOLS for char in value.rstrip("!?")):
        return not _is_word_list(value)
    tail = value[1:]
    return any(char.isupper() for char in tail) and any(char.islower() for char in tail)


def _is_word_list(value: str) -> bool:
    """`username/password`, `and/or`, `snake_case`."""
    return all(part.isalpha() for part in value.replace("/", " ").replace("_", " ").split())


def _is_strong(value: str) -> bool:
    has_digit = any(char.isdigit() for char in value)
    return len(value) >= 8 and classes(value) >= 3 and has_digit and _is_mixed(value)


def _is_measured(value: str, after: str) -> bool:
    """`is 12 characters long`, `is 8-character`."""
    digits = value.lstrip("0123456789")
    if len(digits) == len(value):
        return False
    rest = (digits.lstrip("-+ ") or after.lstrip(" -+")).lower()
    return rest.startswith(_COUNTED)


def _is_quoted(found: Candidate) -> bool:
    opening = found.whole[: -len(found.value)][-1:]
    return opening in {'"', "'", "`", "*"}


def _is_description(value: str) -> bool:
    folded = value.lower()
    return folded in _DESCRIPTIONS or folded.endswith(_SUFFIXES) or not folded.isalnum()


def _ends_line(found: Candidate) -> bool:
    rest = found.after.lstrip("\"'`*.,;:)]} \t\r")
    return not rest or rest[0] == "\n" or found.after[:1] in {'"', "'", "`", "<"}


def _ends_sentence(found: Candidate) -> bool:
    rest = found.after
    return (
        found.value[-1:] in {".", "!"}
        or not rest.strip(" \t\r")
        or rest.lstrip(" \t\r")[0] in ".!\n\x1e"
    )
