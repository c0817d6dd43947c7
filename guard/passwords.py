"""Whether what follows the word "password" is a password or just the rest of a sentence.

Shape decides, not a dictionary of secrets: digits inside a word, symbols, capitals in the middle,
quotes, or a lone word that ends the line. Descriptions ("is required", "must be changed"), code
("= getpass()"), links and addresses are not passwords.
"""

import re
from typing import Final

from guard.entropy import classes, is_placeholder
from guard.lexicon import words
from guard.rule import Candidate, Judgement
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
    necessary needed never new next nicht niemals no none not nothing null numbers of ok okay old on once one only
    optional or our out own page password passwords pending per phrase please policy possible private
    prompt protected protection provided public random ready received recovery required requirements
    reset resets right rotated rotation rules safe same saved secret secure see send sent separate
    separately set shared short should show similar simple so some something soon still stored
    str string strong stronger tbd temporary text that the their them there they this through to todo
    too true false two typed unchanged undefined unique unknown until updated use used username users
    valid value very via visit was weak what when where which who will with working would wrong yes
    yet you your yours welcome preferred helpful fine common better best bytes bool varchar char int object any optional[str] secretstr type undefined
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
    minimum maximum tips best practices storage vulnerability vulnerabilities disclosure advisory bugtraq
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
    "secrets.", "vault.", "vault:", "op://", "ssm:", "arn:", "keyring:", "env:", "file:", "secretref", "kv/", "sops:", "std::", "system.", "app.", "props.", "state.", "event.", "input.",
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
    if not _is_possible(value) or is_for_meeting(found):
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
    if not _is_possible(value) or _is_measured(value, found.after) or is_for_meeting(found):
        return False
    if _LENGTH.match(value):
        return False
    if _is_about(found):
        return _is_strong(value)
    if _is_mixed(value):
        return True
    if value.isdigit():
        return 4 <= len(value) <= 16
    if _is_quoted(found):
        return value.lower() not in _DESCRIPTIONS
    if CHAINED.match(value) and CHAINING_WORDS.isdisjoint(value.split("-")):
        return True
    return len(value) >= 5 and _ends_sentence(found) and not _is_description(value)


_LENGTH: Final = re.compile(
    r"[^0-9]{0,6}[0-9]{1,3} ?(?:文字|字|位|个字符|個字元|자리|자|글자|символ|знак|znak|merkki|karakter)"
)
"""How long a password has to be."""


def is_bare_password(found: Candidate) -> Judgement:
    """For `password X` and `X is the password`, where only a strong shape is evidence."""
    value = trim(found.value)
    return _is_possible(value) and _is_strong(value) and not is_known_word(value)


def is_flag_password(found: Candidate) -> Judgement:
    """The quoted value of a command's option for passwords."""
    return _is_possible(trim(found.value))


def is_mixed_password(found: Candidate) -> Judgement:
    """Where the words around it say little: digits among letters, or a symbol no word has."""
    value = trim(found.value)
    return _is_possible(value) and len(value) >= 6 and _is_mixed(value) and _has_digit(value)


def is_password_with_symbol(found: Candidate) -> Judgement:
    """Where the words around it say next to nothing: strong, with a symbol no product name has."""
    value = trim(found.value)
    has_symbol = any(char in _STRONG_SYMBOLS for char in value)
    return _is_possible(value) and _is_strong(value) and has_symbol


def is_shaped_password(found: Candidate) -> Judgement:
    """Where words around it speak of getting in."""
    told = _ABOUT_PASSWORDS.search(f"{found.before[-12:]}{found.whole}")
    if told and not any(char in told[1] for char in ":="):
        return False
    value = trim(found.value)
    return _is_possible(value) and is_secret_shaped(found.value) and not is_of_programs(bare(value))


_ABOUT_PASSWORDS: Final = re.compile(r"(?is)\b(?:polic(?:y|ies)|managers? is|forgot)\b(.*)")


def is_shaped_or_word(found: Candidate) -> Judgement:
    """Beside a user name, or where a password is expected: small letters with digits too."""
    value = trim(found.value)
    return _is_possible(value) and is_secret_or_word(found.value) and not is_for_meeting(found)


def is_element_password(found: Candidate) -> Judgement:
    """The content of an element or attribute called password: no type, no template."""
    value = trim(found.value)
    return _is_possible(value) and (_is_mixed(value) or value.isdigit())


def is_lone_password(found: Candidate) -> Judgement:
    """In plain writing: not in a line of code, an address or a link."""
    if found.before[-1:] in {"/", "=", "&", "?", "@", "-", "_"}:
        return False
    if _ENTITY.search(found.value) or _AMOUNT.search(found.value):
        return False
    is_pointed_at = found.before.rstrip().endswith(("->", "=>", "→"))
    return is_password_looking(found.value, "and" if is_pointed_at else found.after)


_AMOUNT: Final = re.compile(r"\$[0-9][0-9,]*(?:\.[0-9]{2})?$")
"""Money that a lost line end joined to a word."""
_ENTITY: Final = re.compile(r"&#?[0-9A-Za-z]{2}|%[0-9A-Fa-f]{1,2}|\.(?:html?|php|asp|jsp)#")
"""A character of HTML or of a link, the next field of a link, a place in a page."""


def is_quoted_password(found: Candidate) -> Judgement:
    """The quoted value in code: one word as ever, or several of which none describes one."""
    value = found.value.strip()
    parts = value.split()
    if len(parts) <= 1:
        return _is_possible(trim(value)) and (_is_mixed(value) or value.isdigit())
    told = {part.lower().strip(".,:;!?") for part in parts}
    is_told = len(told & _DESCRIPTIONS) * 4 >= len(told)
    return _has_digit(value) and not is_told and not _is_code(value)


def is_device_login(found: Candidate) -> Judgement:
    """What stands behind root or admin, unless it is another role."""
    value = trim(found.value)
    words_before = found.before.split()
    if not _is_possible(value) or value.lower().rstrip("s") in _ROLES:
        return False
    if "://" in found.whole or (words_before and "://" in words_before[-1]):
        return False
    return (
        _has_digit(value)
        or _is_mixed(value)
        or found.whole[-len(found.value) - 2 :][:1] in {"/", ":"}
    )


_ROLES: Final = words(
    "user admin role guest right account panel login page group team member access permission editor owner rest only mode"
)


def is_hint(found: Candidate) -> Judgement:
    """How one secret is made from another: only where a password is spoken of."""
    told = _folded_words(
        *(_OTHER_CODE.sub(" ", text) for text in (found.before, found.whole, found.after))
    )
    if not _HINTED.isdisjoint(told):
        return True
    return any(is_secret_or_word(word) for word in found.after.split()[:_NEXT_WORDS])


def is_passphrase(found: Candidate) -> Judgement:
    """Several words of which none describes a passphrase or says what to do with it."""
    told = found.value.lower().replace("-", " ").replace(".", " ").replace("_", " ").split()
    described = sum(word in _DESCRIPTIONS for word in told)
    return described * 3 < len(told) and _ABOUT_PHRASES.isdisjoint(told)


_ABOUT_PHRASES: Final = words(
    "several words long choose your own enter type least characters letters sentence example different sie bitte votre su una"
)


def is_code_word(found: Candidate) -> Judgement:
    """A word agreed on, and no description of one."""
    value = trim(found.value).lower()
    return len(value) >= 2 and value not in _DESCRIPTIONS and value not in _POLITE


def is_in_password_column(found: Candidate) -> Judgement:
    """A line of column titles, one of them a password's, and rows that have one in that column."""
    titles, *rows = found.value.split("\n")
    rows = [row for row in rows if row.strip(" \t|:+=-")]
    for mark in _COLUMN_MARKS:
        cells = _cells(titles, mark)
        if len(cells) >= 2 and max(map(len, cells)) <= _LONGEST_TITLE:
            wanted = [at for at, cell in enumerate(cells) if _is_password_title(cell)]
            return any(_is_cell(row, mark, at, len(cells)) for row in rows for at in wanted)
    return False


def _is_cell(row: str, mark: str, column: int, count: int) -> bool:
    """A row of about as many cells, with something like a secret in the column."""
    cells = _cells(row, mark)
    if not count - 1 <= len(cells) <= count + 2 or column >= len(cells):
        return False
    value = trim(cells[column].strip())
    if " " in value or "(" in value or "=" in value or not _is_possible(value):
        return False
    return _is_mixed(value) or value.isdigit()


def _cells(line: str, mark: str) -> list[str]:
    text = line.strip().strip("|") if mark == "|" else line.strip()
    cells = text.replace("\t", "  ").split("  ") if mark == "  " else text.split(mark)
    return [cell.strip(" \"'*") for cell in cells if cell.strip() or mark != "  "]


def _is_password_title(cell: str) -> bool:
    folded = cell.lower()
    if "=>" in folded or ("/" in folded and "." in folded):
        return False
    return any(word in folded for word in _TITLES) and len(folded.split()) <= _TITLE_WORDS


def is_for_meeting(found: Candidate) -> bool:
    """Whether it lets people into a meeting by telephone or video: that is what it is sent for."""
    around = f"{found.before} {found.whole} {found.after}".lower()
    return any(word in around for word in _MEETING)


def _folded_words(*texts: str) -> set[str]:
    return {word.strip(".,:;!?\"'()") for text in texts for word in text.lower().split()}


_OTHER_CODE: Final = re.compile(
    r"(?i)\b(?:exit|error|return|status|source|area|zip|country|byte|machine) codes?\b"
)
_COLUMN_MARKS: Final = ("|", "\t", ";", ",", "  ")
_NEXT_WORDS: Final = 12
_LONGEST_TITLE: Final = 40
_TITLE_WORDS: Final = 3
_TITLES: Final = (
    "passw", "passcode", "passphrase", "pwd", "kennwort", "zugangscode", "contrase", "clave", "mot de passe",
    "mdp", "senha", "parola", "wachtwoord", "hasl", "hesl", "jelsz", "losenord", "passord", "adgangskode",
    "kodeord", "salasana", "sifre", "парол", "κωδικ", "パスワード", "暗証", "密码", "密碼", "口令", "비밀번호",
    "รหัสผ่าน", "كلمة", "סיסמ", "पासवर्ड", "pin", "secret", "api key", "api_key", "apikey", "token", "pw",
)  # fmt: skip
_MEETING: Final = (
    "meeting id", "meeting-id", "meeting pin", "zoom.us", "zoom meeting", "zoom-meeting", "webex", "teams meeting", "teams-besprechung", "google meet",
    "gotomeeting", "dial-in", "dial in", "einwahl", "webinar", "conference id", "konferenz-id", "jitsi",
    "besprechungs-id", "id de reunion", "id de la reunion", "id riunione", "会议号", "会議id",
)  # fmt: skip
_HINTED: Final = words(
    """
    password passwords passcode passphrase pass pw pwd pin login code codes log logon signin wifi wlan
    passwort kennwort zugang protected payslip pdf contraseña contrasena clave mdp passe senha parola wachtwoord haslo hasło heslo
    пароль пароля код credentials creds password's unlock safe alarm vault encrypted zip archive
    """
)
_POLITE: Final = words("please bitte thanks danke gracias merci here hier needed agreed secret")


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
    if _NEXT_SETTING.match(value):
        return False
    if len(value) >= _SIGNED_LINE and value.startswith(SIGNATURES):
        return False
    return not (_is_code(value) or _is_email(value))


_NEXT_SETTING: Final = re.compile(r"^[A-Z][A-Z0-9]*_[A-Z0-9_]+=")
"""The line behind a setting without a value."""
_SIGNED_LINE: Final = 48
SIGNATURES: Final = ("iD8DB", "iEYEA", "iQ", "iH", "wsB", "owG")
"""How the lines of OpenPGP signatures begin."""


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
