"""The judges of matches, by name: rules refer to them, so that rules stay data.

A validator sees one candidate and what stands around it, and answers no, yes, or yes with another
severity. Never raises on any text; its time is bounded by the length of the candidate.
"""

import binascii
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final

from guard import (
    accounts,
    affairs,
    beside,
    business,
    checksums,
    listed,
    particulars,
    passwords,
    persons,
    tables,
)
from guard.entropy import is_placeholder, is_random, shannon
from guard.lexicon import words
from guard.password_words import LATIN_WORDS
from guard.rule import Beside, Candidate, Judgement
from guard.seed_words import (
    SEED_OCTETS,
    are_seed_words,
    begins_with_phrase,
    is_seed_word,
    seed_phrase_ok,
)
from mailcore.policy import Severity

_OWN_KEY_MINIMUM: Final = 30

_COUNTING_WORDS: Final = words(
    """
    order orders invoice tracking shipment parcel ticket case ref reference sku part serial isbn issn
    ean upc gtin imei build commit version batch lot confirmation booking reservation transaction
    receipt rma waybill article item product model document
    auftrag auftragsnummer bestellung bestellnummer sendungsnummer vorgangsnummer commande reference
    pedido ordine pratica bestelling bestelnummer zamowienie zamowienia bestallning
    """
)
_TESTING_WORDS: Final = words(
    "test testing sandbox example sample dummy fake fictitious mock placeholder demo mask masks masking masked regex beispiel musterdaten exemple ejemplo esempio exemplo voorbeeld przyklad"
)


def own_key_checksum_ok(token: str) -> bool:
    """Whether the last six characters are the base-62 CRC-32 of everything before them.

    CRC-32 as in zlib over the octets, as an unsigned number, alphabet `0-9A-Za-z`, most significant
    character first, padded with `0` to six.
    """
    return checksums.base62_crc32(token[:-6]) == token[-6:]


def _own_key(found: Candidate) -> Judgement:
    if own_key_checksum_ok(found.value):
        return Severity.CRITICAL
    return Severity.HIGH if len(found.value) >= _OWN_KEY_MINIMUM else False


def _github(found: Candidate) -> Judgement:
    if is_placeholder(found.value.partition("_")[2]):
        return False
    return Severity.CRITICAL if checksums.github_checksum_ok(found.value) else True


def _token(found: Candidate) -> Judgement:
    """A token with a telling prefix: only stand-ins are refused."""
    body = found.value
    return not is_placeholder(body) and shannon(body) >= 2.5 and not _are_words(body)


def _are_words(value: str) -> bool:
    """Whether it is words run together: long, without digits, few capitals."""
    if len(value) < _LONG_TOKEN or any(map(str.isdigit, value)):
        return False
    return sum(map(str.isupper, value)) * 4 < len(value)


_LONG_TOKEN: Final = 24


def _random(found: Candidate) -> Judgement:
    return is_random(found.value.strip("\"'`"))


def _assignment(found: Candidate) -> Judgement:
    """In the query of a link a token is usual: worth a warning, not a hold."""
    value = found.value.strip("\"'`")
    if not is_random(value) or value.lower().startswith(("http", "/", "./", "0x")):
        return False
    return Severity.MEDIUM if found.before[-1:] in {"?", "&", ";"} else True


def _mixed_token(found: Candidate) -> Judgement:
    """A random value of small and large letters and digits: no id, hash or number looks so."""
    value = found.value
    if value.lower().startswith(("sha", "md5", "blake", "pk_")) or _is_in_link(found):
        return False
    longest = max(_SEGMENTS.split(value), key=len)
    if len(longest) < _LONG_SEGMENT or _UUID.search(value):
        return False
    is_mixed = any(map(str.islower, value)) and any(map(str.isupper, value))
    return is_mixed and is_random(value) and any(map(str.isdigit, longest))


_SEGMENTS: Final = re.compile(r"[_\-.]")
_PARTS: Final = re.compile(r"[_\-./]")
_LONG_SEGMENT: Final = 10
_UUID: Final = re.compile(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _random_alone(found: Candidate) -> Judgement:
    """A value drawn at random that nothing calls an id, a hash or a public key."""
    value = found.value.rstrip(".-_~:")
    free = found.lead[-1:] or found.before[-1:]
    if _is_in_link(found) or found.before[-1:] in {"/", "=", "@", "["} or _goes_on(found):
        return False
    if (free == "[" and found.after[:1] == "]") or (
        free.isspace() and found.after[:1] in {'"', "'"}
    ):
        return False
    ahead = f"{found.before}{found.lead}".replace(" ", "")
    if ahead.endswith(('"n":"', '"x":"', '"y":"')):
        return False
    if value.startswith(passwords.SIGNATURES) or "PGP SIGNATURE" in f"{found.before}{found.after}":
        return False
    body = value.partition("=")[0]
    if body.count("/") > max(_MOST_SLASHES, len(body) // _SLASH_EACH) or (
        "." in body and body.rpartition(".")[2].isalpha()
    ):
        return False
    around = f"{found.before[-40:]}{found.whole}{found.after[:30]}".lower()
    if _OPEN_WORDS.search(around) or value.startswith(_OPEN_BEGINNINGS):
        return False
    if _LISTED.search(f"{found.before}{found.lead}") or not any(map(_is_drawn, _PARTS.split(body))):
        return False
    last = found.before.lower().replace(":", " ").replace("=", " ").replace("-", " ").split()[-2:]
    if not _ID_WORDS.isdisjoint(last) or _says_text(value):
        return False
    if sum(char in "0123456789abcdef-" for char in body) * 10 > len(body) * 9:
        return False
    if _PREFIXED.match(body):
        return True
    is_mixed = any(map(str.islower, body)) and any(map(str.isupper, body))
    if _is_one_case(body):
        return True
    return is_mixed and is_random(body) and any(map(str.isdigit, body)) and not _is_camel(body)


def _is_one_case(value: str) -> bool:
    """Small or large letters with digits all through, longer than any number of a thing."""
    kinds = [char.isdigit() for char in value]
    changes = sum(one != two for one, two in pairwise(kinds))
    is_long = len(value) >= _LONG_ONE_CASE and value.isalnum() and value.isascii()
    return is_long and changes * 4 >= len(value) and is_random(value)


_LONG_ONE_CASE: Final = 36
_SLASH_EACH: Final = 24
"""Characters of base64 that have a slash no more often than this."""


_LISTED: Final = re.compile(r"(?i)\b(?:hash|check ?sum|digest|signature|fingerprint|sig)(?:e?s)?\b")
"""What is told of what follows, over several lines."""


def _is_drawn(segment: str) -> bool:
    """Ten characters or more in which kinds change as in no word with a number."""
    kinds = ["0" if char.isdigit() else "a" if char.islower() else "A" for char in segment]
    changes = sum(one != two for one, two in pairwise(kinds))
    return len(segment) >= _LONG_SEGMENT and changes >= _CHANGES


_CHANGES: Final = 4
_PREFIXED: Final = re.compile(
    r"^(?:[a-z0-9]{1,10}[_\-]){0,2}(?:sk|key|token|secret|live|prod|api|pat|access|admin|svc)[_\-](?:[a-z0-9]{1,8}[_\-])?[0-9a-f]{32,64}$"
)
"""Hexadecimal digits behind a word that says what they are for."""


_QUOTING: Final = re.compile(r"\n[> \t]+")


def _goes_on(found: Candidate) -> bool:
    """Whether it is a line, or a piece of a line, of a longer encoded text."""
    if found.after[:1].isalnum() or found.after[:1] in {"+", "/"}:
        return True
    before, after = _QUOTING.sub("\n", found.before), _QUOTING.sub("\n", found.after)
    neighbors = (before.split()[-1:], after.split()[:1])
    return any(
        word and len(word[0]) >= _ENCODED_LINE and _ENCODED.fullmatch(word[0]) for word in neighbors
    )


def _says_text(value: str) -> bool:
    """Whether it is base64 of a text, a picture or an archive, which are looked into by themselves."""
    octets = value.rstrip("=").translate(_URL_SAFE).encode()
    with suppress(binascii.Error, UnicodeDecodeError):
        decoded = binascii.a2b_base64(octets[: len(octets) // 4 * 4])
        return decoded.startswith(_FILES) or decoded[: len(decoded) * 2 // 3].decode().isprintable()
    return False


_FILES: Final = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc",
)


def _is_camel(value: str) -> bool:
    """`convertUtf8ToUtf16LittleEndian`: mostly runs of small letters."""
    return sum(map(len, _SMALL_RUN.findall(value))) * 2 > len(value)


_ENCODED: Final = re.compile(r"[0-9A-Za-z+/]+={0,2}")
_SMALL_RUN: Final = re.compile(r"[A-Z]?[a-z]{3,}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_OPEN_BEGINNINGS: Final = (
    "AAAA", "MI", "0x", "pk_", "cus_", "evt_", "ch_", "pi_", "in_", "sub_", "price_", "prod_", "txn_", "acct_", "cs_", "re_",
    "PL", "6L", "iF", "age1", "bafy", "Qm", "npub", "xpub", "zpub", "bc1", "1A", "UUID",
)  # fmt: skip
_ID_WORDS: Final = words(
    """
    id ids kennung identifier identificador identifiant ref reference referenz nonce cid doc folder file playlist video channel blob image
    img asset request message thread trace span run job build event session-id correlation etag hash digest checksum fingerprint
    commit sha rev revision version tracking parcel shipment contract address wallet txid tx transaction block uuid guid publishable site-key
    sitekey measurement pixel public deployment deploy project org organization team workspace site app-id customer incident
    """
)
_OPEN_VALUES: Final = (
    "aaaa", "mii", "sha1", "sha256", "sha384", "sha512", "md5", "commit", "digest", "checksum", "hash", "etag",
    "trace", "fingerprint", "public key", "publickey", "pubkey", "certificate", "ssh-", "integrity", "message-id", "uuid", "guid", "build", "revision",
    "signature-----", "correlation", "request id", "request-id", "order", "tracking", "session id in the log", "span",
)  # fmt: skip
_OPEN_WORDS: Final = re.compile(
    rf"\b(?:{'|'.join(_OPEN_VALUES)}|site-?key|publi[ckq]\w{{0,4}} (?:key|schl|cle|clave|chiave|chave|klucz|klic|nyckel|nokkel)|(?:cle|clave|chiave|chave|llave|klucz) publi|offentlich|openbar|verejn|nyilvanos|javn|viesas|herkese acik)"
    r"|公開|公开|公钥|公鑰|공개|открыт|публич|публічн|відкрит|δημοσι|العام|ציבורי|सार्वजनिक|สาธารณะ"
)
"""What may be known: hashes, identifiers, public keys, by what stands beside them."""


def _random_near_key(found: Candidate) -> Judgement:
    """A random value beside a word for keys that is no hash, public key, id or part of a link."""
    value = found.value.rstrip(".:")
    if "://" in found.whole or found.before[-1:] in {"/", "="} or _is_in_link(found):
        return False
    if len(value) >= _ENCODED_LINE and _goes_on(found):
        return False
    around = f"{found.before[-40:]}{found.whole}{found.after[:30]}".lower()
    if _OPEN_WORDS.search(around) or value.startswith(
        ("AAAA", "MII", "0x", "GHSA-", "pk_live_", "pk_test_", *passwords.SIGNATURES)
    ):
        return False
    if "/" in value and not any(map(_is_drawn, _PARTS.split(value))):
        return False
    if value.count("/") > _MOST_SLASHES or ("." in value and value.rpartition(".")[2].isalpha()):
        return False
    body = value.replace("-", "")
    if set(body.lower()) <= set("0123456789abcdef"):
        is_id = bool(_CALLED_ID.search(found.lead))
        return not is_id and shannon(body.lower()) >= 2.9 and any(map(str.isalpha, body))
    is_mixed = any(map(str.islower, value)) and any(map(str.isupper, value))
    return any(map(str.isdigit, value)) and is_random(value) and (is_mixed or len(value) >= 28)


def _issued_value(found: Candidate) -> Judgement:
    """A random value behind the name of a service, where nothing between them calls it something else."""
    between = found.lead.lower().translate(_TO_SPACES).split()
    return _ID_WORDS.isdisjoint(between) and _random_near_key(found)


_TO_SPACES: Final = str.maketrans(":=(\"'`-_.,", " " * 10)
_CALLED_ID: Final = re.compile(r"(?i)\((?:key ?)?id:? $")
_MOST_SLASHES: Final = 3
_ENCODED_LINE: Final = 40
"""Characters from which on a line is one of a longer encoded text."""


def _is_foreign_phrase(value: str) -> bool:
    """As many single characters of Chinese, or words of kana, as a wallet's phrase has."""
    units = value.replace("、", " ").replace("，", " ").replace(",", " ").split()
    if len(units) not in {12, 15, 18, 21, 24} or len(set(units)) < len(units) - 1:
        return False
    if begins_with_phrase(units):
        return True
    is_chinese = all(len(unit) == 1 and "\u4e00" <= unit <= "\u9fff" for unit in units)
    return is_chinese or all(
        3 <= len(unit) <= 8 and all("\u3041" <= char <= "\u309f" for char in unit) for unit in units
    )


_GROUP_MARKS: Final = str.maketrans(" /,;|\n", "------")


def _app_password(found: Candidate) -> Judgement:
    """Four groups of letters that are no words."""
    groups = found.value.lower().replace("-", " ").split()
    return sum(map(is_seed_word, groups)) < 2


def _spelled_out(found: Candidate) -> Judgement:
    """Three signs spelled, or two of which one is a letter called large or small; or a number beside a word."""
    text = found.value.lower()
    if not found.whole.lower().startswith(text[:12]):
        return True
    letters = sum(
        text.count(word)
        for word in (
            "capital ",
            "upper",
            "lower",
            "gross",
            "klein",
            "majus",
            "minus",
            "mayus",
            "maius",
            "small ",
            "as in ",
            " wie ",
            "hoofdletter",
            "all caps",
        )
    )
    return letters >= 1 and not text.startswith("capital of")


def _capability(found: Candidate) -> Judgement:
    """A random part of a link; those that end a subscription or count a click open nothing."""
    link, value = found.whole.lower(), found.value.strip(".")
    if any(word in link for word in _HARMLESS_LINKS) or is_placeholder(value):
        return False
    body = value.replace("-", "").replace("_", "")
    if set(body.lower()) <= set("0123456789abcdef"):
        return shannon(body.lower()) >= 2.9 and any(map(str.isdigit, body))
    return is_random(value)


_HARMLESS_LINKS: Final = (
    "unsubscribe", "optout", "opt-out", "abmelden", "desabonn", "utm_", "/track", "click", "zoom.us/", "teams.microsoft",
    "meet.", "webex.com", "calendly", "youtu", "doodle", "maps.", "/commit/", "preferences", "survey", "feedback",
    "invoice", "tracking", "docs.google.com", "figma.com/file",
)  # fmt: skip


def _key_octets(found: Candidate) -> Judgement:
    """Thirty-two or sixty-four octets, or as many hexadecimal digits that are no transaction or hash."""
    if "," in found.value:
        numbers = [int(part) for part in found.value.replace(",", " ").split()]
        return len(numbers) in {32, 64} and max(numbers) <= 255 and len(set(numbers)) > 20
    around = f"{found.before[-40:]}{found.whole}{found.after[:30]}".lower()
    is_open = any(
        word in around for word in (*_OPEN_VALUES, "tx", "transaction", "block", "contract")
    )
    return not is_open and _hex_secret(found)


def _grouped_key(found: Candidate) -> Judgement:
    """Groups of letters and digits, or of digits alone where there are eight of six."""
    if not found.value[0].isascii():
        return _is_foreign_phrase(found.value)
    groups = found.value.translate(_GROUP_MARKS).replace("--", "-").replace("--", "-").split("-")
    if all(group.isdigit() for group in groups):
        if all(group.strip()[:2] in {"19", "20"} for group in groups):
            return False
        if any(char in found.value for char in "/,;|\n"):
            return True
        return len(groups) == 8 and len(set(groups)) > 4
    if all(group.isalpha() for group in groups):
        words_in = {group.lower() for group in groups}
        is_prose = not _SENTENCE_WORDS.isdisjoint(words_in) or sum(map(is_seed_word, words_in)) > 1
        return (
            len(groups) >= 4
            and len(groups[0]) == 4
            and not is_prose
            and shannon(found.value) >= 3.4
        )
    mixed = sum(any(map(str.isdigit, group)) and any(map(str.isalpha, group)) for group in groups)
    return mixed * 3 >= len(groups) and not is_placeholder(found.value)


def _login_pair(found: Candidate) -> Judgement:
    """What stands behind a user name: no path, no part of a link, no release of a program."""
    value = found.value
    behind = f"{found.before}{found.whole}".rpartition("://")
    is_link = bool(behind[1]) and not any(map(str.isspace, behind[2]))
    is_path = value.count("/") > 1 or value.startswith(("%{", "/", "~/", "./"))
    if is_link or is_path or "://" in found.whole or _FILE.search(value):
        return False
    if "AAAA" in found.whole or "AAAA" in found.before or _MASKED.match(value):
        return False
    if found.whole.lstrip(" \t\n\"'(").lower().startswith("sa/"):
        return passwords.is_password_with_symbol(found)
    return passwords.is_shaped_or_word(found)


_MASKED: Final = re.compile(r"[*•xX]{3,}[0-9]{0,4}$")
"""What was taken out, and the last digits that were left."""


def _login_row(found: Candidate) -> Judgement:
    """Behind an address and a login, all of them cells of one row."""
    is_cell = found.before[-1:] in {*",;\t"} or found.before[-2:] in {',"', ';"', '\t"'}
    ends = found.after[:1] in {"", *"\n,;\t\"'"}
    return is_cell and ends and passwords.is_shaped_or_word(found)


_FILE: Final = re.compile(
    r"(?i)\.(?:iso|tgz|gz|zip|rpm|deb|exe|html?|xml|php|jsp?|asp|cfm|cgi|py|c|h|txt|pdf|png|jpe?g|gif)$"
)


def _login_in_address(found: Candidate) -> Judgement:
    """A user and a password, and not the name of a field with the address or id that it holds."""
    name = found.whole.strip(" \t\r\n\"'`(=").partition(":")[0].lower()
    if "meeting_" in found.whole or "@thread." in found.whole:
        return False
    _, scheme, behind = f"{found.before}{found.whole}".rpartition("://")
    is_further = (
        bool(scheme) and not any(map(str.isspace, behind)) and not {*"/?"}.isdisjoint(behind)
    )
    return not is_further and name not in _ADDRESS_FIELDS and passwords.is_shaped_or_word(found)


_ADDRESS_FIELDS: Final = words(
    """
    attendee bcc cc cid email e-mail from id im in-reply-to mail mailto message-id mid msgid organizer ref
    references reply-to sender sip sips to uid xmpp
    """
)


def _seed_row(found: Candidate) -> Judgement:
    """Twelve or more words of the wallets' list in a row; of other lists where no sentence has such words."""
    words = _LETTERS.findall(found.value.lower())
    if _TO_LEARN.search(f"{found.before[-80:]} {found.after[:60]}"):
        return seed_phrase_ok(words[: len(words) // 3 * 3])
    if begins_with_phrase(words):
        return True  # one that begins later is looked at from its beginning
    if len(words) not in {12, 15, 18, 21, 24} or len(set(words)) < len(words):
        return False
    if any(char in found.value for char in ",;.\n"):
        return False
    says_so = not _SEED_NAMES.isdisjoint(_LETTERS.findall(found.before.lower()))
    return len(_SENTENCE_WORDS.intersection(words)) <= says_so


def _may_have_row(octets: bytes) -> bool:
    """Whether twelve words stand in a row that `_seed_row` could accept; most of what looks like one is prose."""
    lowered = octets.lower()
    if _TWELVE in bytes(map(SEED_OCTETS.__contains__, _row(lowered, _APART))):
        return True
    words = _row(lowered, _SPACED)
    if _TWELVE not in bytes(map(_PLAIN_LENGTHS.__contains__, map(len, words))):
        return False
    is_called_one = any(name.encode() in lowered for name in _SEED_NAMES)
    unlikely = frozenset[bytes]() if is_called_one else _SENTENCE_OCTETS
    return _TWELVE in bytes(len(word) in _PLAIN_LENGTHS and word not in unlikely for word in words)


def _row(lowered: bytes, marks: bytes) -> list[bytes]:
    """The words, and a mark of its own for whatever ends a row of them."""
    return lowered.translate(marks).replace(b"!", b" ! ").split()


def _marks(between: bytes) -> bytes:
    letters = b"abcdefghijklmnopqrstuvwxyz"
    table = ((at if at in letters else 0x20 if at in between else 0x21) for at in range(256))
    return bytes(table)


_TWELVE: Final = b"\x01" * 12
_PLAIN_LENGTHS: Final = frozenset(range(3, 11))
_APART: Final = _marks(b" \t\n\r\f\v,;.)|:-0123456789")
_SPACED: Final = _marks(b" \t\r\f\v)|:-0123456789")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SEED_NAMES: Final = words("seed semilla phrase frase wallet worter palabras mots parole words")
_SENTENCE_WORDS: Final = words(
    """
    the and you that for are with was this have from not will they their them then there when while where which
    who over under into onto your our his her its all can may but per out off due been more most some any how
    please des les une dans pour avec sur est que qui par pas nous vous son ses leur aux los las del con por
    para una como mas sus esta este son fue hay der die das und den dem des ein eine ist sind mit auf fur von
    bei zum zur nicht auch wird sich als aus nach wie oder che per con del della dei nel alla una sono gli het
    een van met voor niet zijn aan dat bij ook com para uma dos das nao ser mais por och att det som for med
    oraz jest nie dla jak czy falls call distant banana cherry orange grape melon lemon peach mango
    """
)
_SENTENCE_OCTETS: Final = frozenset(word.encode() for word in _SENTENCE_WORDS)


def _aws_key(found: Candidate) -> Judgement:
    """Letters alone must be many different ones: capitals of a heading run together are not a key."""
    body = found.value[4:]
    is_common = found.value.startswith(("AKIA", "ASIA"))
    enough = any(char.isdigit() for char in body) or (is_common and len(set(body)) >= 11)
    return enough and not is_placeholder(found.value) and shannon(body) >= 2.5


def _is_in_link(found: Candidate) -> bool:
    """Whether the value is part of a web address or of one of a mailbox or meeting."""
    words = found.before.split()
    return found.after[:1] == "@" or (
        bool(words) and "://" in words[-1] and not found.before[-1:].isspace()
    )


def _aws_secret(found: Candidate) -> Judgement:
    value = found.value
    return len(value) == 40 and is_random(value) and any(char.isupper() for char in value)


def _hex_secret(found: Candidate) -> Judgement:
    return shannon(found.value.lower()) >= 2.9 and not is_placeholder(found.value)


def _url_password(found: Candidate) -> Judgement:
    """The password of `scheme://user:password@host`."""
    value = found.value
    if is_placeholder(value) or value.startswith(("$", "{", "<", "%s", "*", "[")):
        return False
    return value.lower() not in {
        "password",
        "pass",
        "pwd",
        "passwd",
        "secret",
        "pw",
        "user",
        "x",
    } and (not (value.isupper() and value.isalpha() and _WORD_FOR_PASSWORD.fullmatch(value)))


_WORD_FOR_PASSWORD: Final = re.compile(LATIN_WORDS, re.IGNORECASE)


def _url_query(found: Candidate) -> Judgement:
    """The part of a link that opens something; a link to a meeting is there to be sent."""
    if any(
        host in found.whole for host in ("zoom.us/", "webex.com/", "teams.microsoft.com/", "meet.")
    ):
        return False
    return not is_placeholder(found.value) and shannon(found.value) >= 2.5


def _basic_auth(found: Candidate) -> Judgement:
    return not is_placeholder(found.value) and shannon(found.value) >= 2.5


def _env_block(found: Candidate) -> Judgement:
    """Several NAME=value lines, at least one with a value that is not plain configuration."""
    values = [line.partition("=")[2].strip() for line in found.value.split("\n") if "=" in line]
    if len(values) < 3:
        return False
    telling = ("KEY", "SECRET", "TOKEN", "PASS", "PWD", "CREDENTIAL", "DSN", "DATABASE_URL", "AUTH")
    named = any(
        any(word in line.partition("=")[0] for word in telling)
        and len(line.partition("=")[2].strip("\"' ")) >= 6
        and not _is_stand_in(line.partition("=")[2].strip("\"' "))
        for line in found.value.split("\n")
    )
    return True if named else Severity.MEDIUM


def _is_stand_in(value: str) -> bool:
    """A placeholder, or an address whose login is one."""
    folded = value.lower()
    if value.endswith(("...", "…")) or is_placeholder(value):
        return True
    return any(one in folded for one in ("user:pass", "username:pass", "user:pw"))


def _seed_words(found: Candidate) -> Judgement:
    """A phrase of the wallets' word list; where it is called one, also other words like it.

    Twelve or more plain words in a row, many different, few function words.
    """
    words = [word.strip(".,;:0123456789)(") for word in found.value.lower().split()]
    words = [word for word in words if word]
    if any(seed_phrase_ok(words[:length]) for length in (24, 21, 18, 15, 12)):
        return True
    is_named = any(char.isalpha() for char in found.whole[: -len(found.value)])
    if not is_named and not found.value[:1].isdigit():
        return False
    if not 12 <= len(words) <= 26 or any(not 3 <= len(word) <= 8 for word in words):
        return False
    if are_seed_words(words):
        return True
    if is_named and not _OF_A_WALLET.search(found.whole[: -len(found.value)]):
        return False
    return (
        len(set(words)) >= len(words) * 0.8 and sum(word in _FUNCTION_WORDS for word in words) <= 1
    )


_TO_LEARN: Final = re.compile(
    r"(?i)\b(?:spelling|vocabulary|vocab|practi[sc]e|dictation|flash ?cards?|crosswords?|scrabble|wordle|word search|rhymes?|homework|diktat|vokabeln?|dictee|vocabulaire|ortografia|vocabolario|woordjes|slowka|glosor)\b"
)
"""What words are for that somebody learns or plays with; a phrase whose check digits are right is one all the same."""
_OF_A_WALLET: Final = re.compile(
    r"(?i)phrase|words|sentence|recovery|mnemonic|wallet|backup|secret"
)
"""Seeds alone are for gardens, too."""
_FUNCTION_WORDS: Final = words("the and you that for are with was this have from not")


def _codes(found: Candidate) -> Judgement:
    """Backup codes: at least two groups, each with a digit."""
    groups = [group for group in found.value.replace(",", " ").split() if len(group) >= 4]
    return len(groups) >= 2 and all(any(char.isdigit() for char in group) for group in groups[:2])


_OTHER_CODES: Final = words(
    """
    error zip postal postcode promo promotion product hs tariff country area dress discount voucher coupon
    item status exit http country-code dialing color colour sales campaign referral gift postleitzahl plz
    fehlercode gutschein cap code-postal job course module source building booking
    """
)


def _one_time_code(found: Candidate) -> Judgement:
    digits = checksums.digits_of(found.value)
    if len(digits) < 4 or _is_year(found.value) or _inside_number(found):
        return False
    return not _near(found, _OTHER_CODES) and not passwords.is_for_meeting(found)


_COUNTED_DIGITS: Final = (
    "digit",
    "ziffer",
    "stellig",
    "chiffre",
    "cifra",
    "cijfer",
    "cyfr",
    "цифр",
    "character",
    "-stel",
)


def _entry_code(found: Candidate) -> Judgement:
    """Digits that open: no year, no count of digits, no meeting, no price or date behind."""
    after = found.after.lstrip(" -")
    ahead = f"{found.before}{found.lead}"
    if ahead[-1:] in {"-", "_", "#"} and ahead[-2:-1].isalpha():
        return False
    digits = checksums.digits_of(found.value)
    if len(digits) < 3 or _is_year(found.value) or _inside_number(found):
        return False
    if after.lower().startswith(_COUNTED_DIGITS) or after[:1] in {"€", "$", "%", "£"}:
        return False
    return _OTHER_CODES.isdisjoint(_words_near(found)) and not passwords.is_for_meeting(found)


def _is_year(value: str) -> bool:
    return len(value) == 4 and value[:2] in {"19", "20"}


# Numbers of people and money ----------------------------------------------------------------------


_LETTERS_ONLY: Final = {
    code: " " for code in range(128) if not chr(code).isalpha() and chr(code) not in ".@"
}


def _words_near(found: Candidate) -> frozenset[str]:
    """The words shortly before the match and in it, in small letters."""
    text = found.before[-48:].lower() + " " + found.whole.lower()
    return frozenset(word.strip(".") for word in text.translate(_LETTERS_ONLY).split())


def _near(found: Candidate, words: frozenset[str]) -> bool:
    """Whether one of `words` stands shortly before the match, or directly behind it."""
    return not words.isdisjoint(_words_near(found))


_CARD_WORDS: Final = words("card visa mastercard amex credit debit cc")


def _card(found: Candidate) -> Judgement:
    number = _card_in(found.value)
    if not number or found.before[-1:].isdigit():
        return False
    if number == found.value and found.after[:1].isdigit():
        return False
    if _TRACK.match(found.after):
        return True
    near = _words_near(found)
    goes_on = number == found.value and found.after[:1] in {*"/-_%&="}
    in_address = goes_on or found.before[-1:] in {*"=/-_%&?#"}
    is_counted = in_address or not _COUNTING_WORDS.isdisjoint(near)
    if is_counted and _CARD_WORDS.isdisjoint(near):
        return False
    return _TESTING_WORDS.isdisjoint(near | _folded(found.before))


_TRACK: Final = re.compile(r"=[0-9]{7}|\^[A-Z /]{2,26}\^")
"""What a magnetic stripe has behind the number (ISO/IEC 7813)."""


def _card_named(found: Candidate) -> Judgement:
    """Where it is called one, any number with its check digit: issuers get new ranges."""
    is_number = checksums.luhn_ok(checksums.digits_of(found.value)) and not _inside_number(found)
    return _card(found) or (is_number and _TESTING_WORDS.isdisjoint(_words_near(found)))


def _card_in(value: str) -> str:
    """The card number that the value begins with: an expiry date may follow it."""
    text = value
    while text:
        if checksums.card_ok(text):
            return text
        text = text.rstrip("0123456789").rstrip(" .-_")
    return ""


def _inside_number(found: Candidate) -> bool:
    return found.after[:1].isdigit() or found.before[-1:].isdigit()


def _card_halves(found: Candidate) -> Judgement:
    """A card number told in two pieces."""
    near = _folded(found.before[-60:]) | _folded(found.whole) | _folded(found.after)
    told = not near.isdisjoint(_CARD_WORDS | _HALVES) and near.isdisjoint(_TESTING_WORDS)
    return told and checksums.card_ok(checksums.digits_of(found.value))


_HALVES: Final = words(
    "half first second rest remaining then other part halfte erste zweite moitie mitad meta"
)


def _marking(found: Candidate) -> Judgement:
    """The mark of a document, not the notice below every mail of a company."""
    behind = found.after.lower()
    if _PROMISED.search(found.before) or _DENIED.search(found.before):
        return False
    if found.whole.strip() == "SECRET" and _SHOUTED.match(found.after):
        return False
    return not any(word in behind for word in _NOTICE)


_SHOUTED: Final = re.compile(r"\s?(?:[A-Z]{2,} ){3}")
"""A sentence in capitals, as licenses have them."""
_PROMISED: Final = re.compile(
    r"(?i)\b(?:(?:we|i)(?:'ll| will| shall)?|will be|are|is|be) (?:always |also )?(?:keep|kept|treat|treated|handled|held|remain)\b[^\n]{0,20}$"
)
"""What is said to be kept confidential is not what is sent."""
_DENIED: Final = re.compile(
    r"(?i)\b(?:nothing|none|isn't|is not|are not|aren't|not|no longer|nichts|nicht|rien|nada|niente)\b[^\n.!?]{0,24}$"
)
"""What is said not to be confidential."""
_NOTICE: Final = (
    "this e-mail", "this email", "this message", "intended recipient", "intended solely", "intended only", "addressee",
    "diese e-mail", "diese nachricht", "ce message", "cet e-mail", "este mensaje", "este correo", "questo messaggio",
    "if you are not", "if you have received", "any attachments",
)  # fmt: skip


def _ssn(found: Candidate) -> Judgement:
    if not checksums.ssn_ok(found.value) or _inside_number(found):
        return False
    named = _near(found, frozenset({"ssn", "social"}))
    is_sample = checksums.digits_of(found.value) == "123456789"
    return named or not (is_sample or _near(found, _COUNTING_WORDS))


def _checked(check: Callable[[str], bool]) -> Callable[[Candidate], Judgement]:
    return lambda found: check(found.value) and not _inside_number(found)


def _iban(found: Candidate) -> Judgement:
    """One called a sample is worth a warning."""
    if not checksums.iban_ok(found.value) or _inside_number(found):
        return False
    return Severity.MEDIUM if not _TESTING_WORDS.isdisjoint(_words_near(found)) else True


def _number_with_digits(found: Candidate) -> Judgement:
    """Document numbers: at least four digits, no plain word, no date."""
    digits = sum(char.isdigit() for char in found.value)
    return digits >= 4 and not found.value.isalpha() and not beside.is_dated(found.value)


def _tax_number(found: Candidate) -> Judgement:
    """A company's VAT number is on every bill it writes, and in German mail by law."""
    named = found.whole.lower()
    is_public = named.startswith(("vat", "ust", "partita")) or found.value[:2].isalpha()
    return _number_with_digits(found) and (Severity.MEDIUM if is_public else True)


def _named_number(found: Candidate) -> Judgement:
    """Where a number is called a person's: as long as such numbers are, and no order or date."""
    digits = checksums.digits_of(found.value)
    is_order = not _COUNTING_WORDS.isdisjoint(_folded(found.before[-30:]) | _folded(found.whole))
    if _RELEASE.match(found.value):
        return False
    return 7 <= len(digits) <= 16 and len(set(digits)) > 2 and not is_order


_RELEASE: Final = re.compile(r"[0-9]\.[0-9]{1,2}\.[0-9]{1,2}-[0-9]{1,2}$")
"""The state of a program."""


def _passport(found: Candidate) -> Judgement:
    """As above; of German ones, capitals without vowels, few may be digits."""
    value = found.value
    if value[:1] == "P" and "<<" in value:
        return True
    is_coded = value.isupper() and _VOWELS.isdisjoint(value) and any(map(str.isdigit, value))
    return is_coded or _number_with_digits(found)


_VOWELS: Final = frozenset("AEIOU")


def _account(found: Candidate) -> Judgement:
    digits = checksums.digits_of(found.value)
    return 6 <= len(digits) <= 22 and len(set(digits)) > 1


def _phone(found: Candidate) -> Judgement:
    """A phone number; a mild finding when it stands in a signature or after `Tel`."""
    digits = checksums.digits_of(found.value)
    if found.before[-1:] == "-" and found.before[-2:-1].isalpha():
        return False
    if not 9 <= len(digits) <= 15 or _inside_number(found) or _near(found, _COUNTING_WORDS):
        return False
    office = frozenset(
        {"tel", "telephone", "fax", "office", "switchboard", "hotline", "support", "t", "f"}
    )
    return Severity.LOW if _near(found, office) or len(set(digits)) < 4 else True


def _swift(found: Candidate) -> Judgement:
    code = found.value.upper()
    return code == found.value and code[4:6] in _COUNTRIES


_COUNTRIES: Final = frozenset(checksums.IBAN_LENGTHS) | words(
    "US CA AU NZ JP CN HK SG IN KR ZA MX AR CL CO PE TH MY ID PH VN TW NG KE GH MA"
)


def _wallet_address(found: Candidate) -> Judgement:
    """Base58 addresses by their check sum; the others by looking drawn at random."""
    value = found.value
    if value.startswith(("bc1", "0x")):
        return shannon(value) >= 3.0
    return checksums.base58check_ok(value)


def _wallet_key(found: Candidate) -> Judgement:
    value = found.value
    if value[1:4] == "prv":
        return is_random(value)
    return _hex_secret(found) if value.startswith("0x") else checksums.base58check_ok(value)


def _private_ip(found: Candidate) -> Judgement:
    """Part of a version is none; what every router and every manual has is worth a warning."""
    parts = found.value.split(".")
    goes_on = found.after[:1] == "." and found.after[1:2].isdigit()
    if goes_on or not all(part.isdigit() and int(part) <= 255 for part in parts):
        return False
    if parts[1:] == ["0", "0", "0"] or found.value in {"172.16.0.0", "192.168.0.0"}:
        return False
    line = found.before.rpartition("\n")[2] + found.whole + found.after.partition("\n")[0]
    if _OF_TRANSPORT.search(line):
        return Severity.MEDIUM
    around = f"{found.before[-60:]} {found.after[:60]}".lower()
    if not _VERSIONED.isdisjoint(_folded(around)) and not _ADDRESSED.intersection(_folded(around)):
        return Severity.MEDIUM
    is_usual = parts[0] == "192" and parts[2] in _ROUTER_NETS and parts[3] in _ROUTER_HOSTS
    is_known = is_usual or found.value in _FIRST_HOSTS or found.is_in_publication
    return Severity.MEDIUM if is_known else True


_OF_TRANSPORT: Final = re.compile(
    r"(?i)\bhelo\b|received:|\bwith e?l?smtps?a?\b|\bsmtp mta\b|\bhelo=|x-originating"
)
"""A field that servers write into mail, quoted or forwarded."""
_VERSIONED: Final = words(
    "version versions upgrade upgraded release released kernel build firmware changelog node postgres python driver patch"
)
_ADDRESSED: Final = words("ip ips host hosts server address ssh ping subnet gateway network vpn")
_ROUTER_NETS: Final = words("0 1 2 8 10 88 100 178 254")
_ROUTER_HOSTS: Final = words("0 1 2 10 50 100 101 254 255")
_FIRST_HOSTS: Final = words("10.0.0.1 10.0.0.2 10.0.0.138 10.0.2.2 10.0.2.15 172.17.0.1 172.17.0.2")


def _internal_host(found: Candidate) -> Judgement:
    """The name of a host that only works inside; this machine and examples are nobody's."""
    name = found.value.lower()
    head = name.partition(".")[0]
    if name.endswith(".int") and (
        name.split(".")[-2] in _TREATIES or name.removesuffix(".int").isalpha()
    ):
        return False
    if "." not in name and _ANY_PATH.match(found.after):
        return False
    if (
        head in _ANY_HOST
        or head.startswith(("your", "my"))
        or ".example" in name
        or name.endswith((".test", ".invalid"))
    ):
        return False
    line = found.before.rpartition("\n")[2] + found.whole + found.after.partition("\n")[0]
    is_mailbox = found.before[-1:] == "@" and not _LOGGED_INTO.search(found.before)
    if is_mailbox or _OF_TRANSPORT.search(line):
        return Severity.LOW
    return "." in name or name not in _PLAIN_NAMES


_LOGGED_INTO: Final = re.compile(r"(?:^|[\s`$>\"'])(?:ssh|scp|sftp|rsync|mosh)\s[^\n]{0,60}$")
_ANY_PATH: Final = re.compile(r"/?(?:foo|bar|baz|path|some)\b")
"""What stands behind a host that only shows how to write one."""
_TREATIES: Final = words(
    "coe who nato esa itu wipo eumetsat ecmwf interpol unfccc iom efta bipm opcw eurocontrol icc icj wmo ilo cbd"
)
"""Organizations by treaty, whose public sites end in `.int`."""
_ANY_HOST: Final = words(
    "localhost host hostname yourhost your-host myhost server example test www ip foo bar"
)
_PLAIN_NAMES: Final = words(
    "db cache redis web app api postgres mysql mongo mongodb nginx proxy backend frontend user"
)


def _file_path(found: Candidate) -> Judgement:
    """The home of a person and a share on a server are private, paths that every system has are not."""
    path = found.value.replace("\\", "/")
    folded = path.lower()
    if folded.startswith(("//", "smb:", "nfs:", "afp:")):
        return (
            Severity.LOW if folded.lstrip("/").startswith(("server/", "host/")) else Severity.HIGH
        )
    parts = folded.split("/")
    is_home = parts[1] in {"users", "home", "benutzer"} and len(parts) > _HOME_PARTS
    is_somebody = (
        is_home
        and parts[2] not in _ANY_USER
        and not parts[2].startswith(("your", "<", "$", "{", "%"))
    )
    return Severity.HIGH if is_somebody and _is_telling(parts[3:]) else True


def _is_telling(below: list[str]) -> bool:
    """Whether a path below somebody's home says what they have: a place for papers, or a paper."""
    name, dot, ending = below[-1].rpartition(".")
    words_in = {word for part in below for word in _PATH_WORDS.findall(part)}
    return bool(name and dot and ending in _PAPERS) or not words_in.isdisjoint(_PLACES)


_PATH_WORDS: Final = re.compile(r"[a-z]+")
_PAPERS: Final = words(
    """
    doc docx xls xlsx ppt pptx pdf csv tsv odt ods rtf pages numbers key pem p12 pfx ppk kdbx env sql db sqlite bak
    dump pst ost msg eml tar gz zip rar 7z conf cfg ini yml yaml json toml tfstate tfvars jpg jpeg png heic mov mp4
    """
)
_PLACES: Final = words(
    """
    desktop documents downloads dokumente schreibtisch bureau escritorio documentos documenti onedrive dropbox gdrive
    clients customers kunden projects projekte private secret secrets confidential backup backups finance
    hr payroll salary salaries legal contracts tax taxes medical passwords keys wallet creds credentials deploy prod production
    """
)


_HOME_PARTS: Final = 3
_ANY_USER: Final = words(
    """
    user users username you me name public default shared ubuntu ec2-user runner pi app node vscode admin
    root www-data jovyan circleci travis build jenkins vagrant docker git deploy x example test someone
    """
)


def _stack_trace(found: Candidate) -> Judgement:
    """One that names own code: a path outside of libraries, or a package of a company."""
    text = found.value
    for mark in _LIBRARY_MARKS:
        text = text.replace(mark, "")
    is_own = any(mark in text for mark in _OWN_MARKS) or any(
        word.startswith(
            ("com.", "io.", "de.", "net.", "eu.", "ch.", "at.", "fr.", "nl.", "uk.", "it.", "es.")
        )
        and word.count(".") >= _PACKAGE_DOTS
        for word in text.replace("(", " ").split()
    )
    return True if is_own else Severity.MEDIUM


_PACKAGE_DOTS: Final = 3
_LIBRARY_MARKS: Final = (
    "/usr/lib/", "/usr/local/lib/", "site-packages/", "node_modules/", "com.google.", "com.sun.", "io.netty.",
    "com.fasterxml.", "io.micrometer.", "io.grpc.", "com.mysql.", "com.zaxxer.", "net.sf.", "io.vertx.",
    "com.amazonaws.", "io.undertow.", "com.microsoft.", "com.example.", "io.reactivex.", "com.intellij.",
)  # fmt: skip
_OWN_MARKS: Final = (
    "/srv/", "/opt/", "/home/", "/Users/", "/app/", "/var/www/", "/code/", "/data/", "C:\\", "D:\\",
    "/src/", "/usr/src/", "/mnt/", " src/", " app/", "\tapp/", "/build/", "/deploy/", "/releases/",
)  # fmt: skip


def _customer_line(found: Candidate) -> Judgement:
    return "@" in found.value and "example." not in found.value.lower()


def _jwt(found: Candidate) -> Judgement:
    return not is_placeholder(found.value) and found.value.count(".") >= 1


_DEPARTMENTS: Final = words(
    """
    sales support press info office billing contact help hello jobs careers service team admin marketing
    accounting invoices kontakt verkauf vertrieb buchhaltung presse contacto ventas soporte contabilidad
    hr legal security privacy abuse postmaster webmaster noreply no-reply booking orders media events
    """
)


def _contact_rows(found: Candidate) -> Judgement:
    """People of at least two houses, or with numbers: not the departments or desk numbers of one."""
    rows = _rows_of_text(found.before, found.value)
    text = _ADDRESS_MARKS.sub(" ", " ".join(rows))
    addresses = {word.strip(".,:|\"'").lower() for word in text.split() if "@" in word}
    if not addresses:
        return len(rows) > 1 and _are_named_numbers("\n".join(rows))
    private = {one for one in addresses if one.rpartition("@")[2].partition(".")[0] in _FREE_MAIL}
    if len(private) >= _FEWEST_PEOPLE:
        return True
    people = {_PLUS.sub("@", one) for one in addresses if not _is_department(one.partition("@")[0])}
    domains = {one.rpartition("@")[2] for one in people}
    names = {one.partition("@")[0] for one in people}
    return len(names) >= _FEWEST_PEOPLE and len(domains) >= 2


def _rows_of_text(before: str, text: str) -> list[str]:
    """The lines of `text` that are no header of a quoted mail, nor go on with one."""
    lines = f"{before}{text}".split("\n")
    rows: list[str] = []
    in_header = is_open = False
    for at, row in enumerate(lines):
        goes_on = in_header and "@" in row and (is_open or row.lstrip(">|")[:1] in _CONTINUING)
        in_header = goes_on or bool(_OF_A_MAIL.search(row))
        is_open = row.rstrip()[-1:].isalpha() or row.rstrip()[-1:] in {",", ";"}
        if not in_header and at >= before.count("\n"):
            rows.append(row)
    return rows


_CONTINUING: Final = frozenset(" \t\"'<[(,;")


def _is_department(name: str) -> bool:
    """No person: `sales`, `list-request`, `unsubscribe-44`, `your.name`."""
    return name in _DEPARTMENTS or any(part in name for part in _OF_LISTS)


_OF_LISTS: Final = (
    "list",
    "admin",
    "request",
    "subscribe",
    "owner",
    "remove",
    "maintainer",
    "your",
    "email",
    "someone",
    "bounce",
    "talk",
    "users",
)
_PLUS: Final = re.compile(r"\+[^@]{1,40}@")
"""What somebody adds to their own address."""
_FEWEST_PEOPLE: Final = 3
_ADDRESS_MARKS: Final = re.compile(r"[<>(),;\[\]]|\bmailto:")
_OF_A_MAIL: Final = re.compile(
    r"(?im)^[\s>|*]*on (?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,|^[\s>|*]*(?:from|to|b?cc|sent|date|subject|reply-to|sender|received|x-[a-z\-]+|return-path|delivered-to|"
    r"message-id|list-[a-z]+|mailing-list|errors-to|organization|"
    r"von|an|gesendet|betreff|de|[àa]|pour|para|envoy[eé]|enviado|asunto|objet|da|per|inviato|oggetto|fra|til|sendt|emne|van|aan|"
    r"verzonden|onderwerp|fr[aå]n|till|skickat|[aä]mne|od|do|komu|wys[lł]ano|temat|kimden|kime)\*?\s?:"
    r"|\b(?:wrote|writes|schrieb|[eé]crit|escribi[oó]|scritto|escreveu|schreef|skrev|napisa[lł]a?|said)\b[^\n]{0,40}:\s*$|\bon behalf of\b|original message|\[mailto:|forwarded[- ]by"
    r"|copyright|\(c\)|©|\blicen[sc]e|-by:|\(closes:|\b(?:upstream|authors?|contributors?|maintain[a-z]*|patch(?:es|ed)? (?:by|from)|thanks to)\b"
    r"|^[\s>*#]*(?:19|20)[0-9]{2}(?:[\s,\-–]+(?:19|20)[0-9]{2})*[,:]?\s+[A-Z][^\n<]{2,60}<"
    r"|\b(?:(?:written|edited|compiled|published|posted|reviewed|translated|maintained) by|editors?|advertising|sponsorship|publisher)\b"
)
"""A line that a mail program writes around a quoted mail, or that names who wrote something: no list of people."""
_FREE_MAIL: Final = words(
    """
    gmail googlemail hotmail outlook live msn yahoo ymail icloud me mac aol gmx web t-online freenet proton
    protonmail pm mail yandex orange wanadoo free laposte sfr libero virgilio uol bol terra wp o2 onet interia
    seznam centrum qq 163 126 naver daum hanmail rediffmail ziggo telenet bluewin hetnet comcast sbcglobal
    """
)


def _are_named_numbers(text: str) -> bool:
    """Lines that begin with a name of two words and have different numbers."""
    if len({one.lower() for one in _DESK.findall(text)}) > 1:
        return False
    named = {line for line in text.split("\n") if _begins_with_name(line)}
    return len(named) >= _FEWEST_PEOPLE - (len(named) < len(text.split("\n")) - 1)


_DESK: Final = re.compile(
    r"(?i)\b(tel|telephone|telefon|fax|telefax|phone|mobile|mobil|cell|office|direct)\b\.?\s{0,3}:"
)
"""Different kinds of numbers belong to one person."""
_LONGEST_TITLE: Final = 28


def _named_phones(found: Candidate) -> Judgement:
    """Two lines with a name and a number of its own each, none of them a date."""
    lines = found.value.split("\n")
    numbers = {checksums.digits_of(line)[:8] for line in lines}
    return len(numbers) == len(lines) and not _DATED.search(found.value)


def _rows_at(found: Candidate, below: re.Pattern[str]) -> Candidate | None:
    """The line of a title with what `below` matches behind it; None where nothing does."""
    rows = below.match(found.after)
    if rows is None:
        return None
    line = found.before.rpartition("\n")[2]
    titles = f"{line}{found.whole}{rows[0].partition('\n')[0]}"
    if not any(mark in titles for mark in _CELL_MARKS) and not any(map(str.isdigit, titles)):
        return None
    return Candidate(
        value=f"{line}{found.whole}{rows[0]}",
        whole=f"{line}{found.whole}{rows[0]}",
        before=found.before.removesuffix(line),
        after=found.after[rows.end() :],
    )


def _is_title(found: Candidate) -> bool:
    """Whether only the title of a column was found."""
    return found.value == found.whole and not any(map(str.isdigit, found.value))


def _people_rows(found: Candidate) -> Judgement:
    """People of today by their years, or a table whose rows have names and numbers."""
    if not _is_title(found):
        return _are_people(found)
    table = _rows_at(found, _PEOPLE_BELOW)
    return table is not None and _are_people(table) and Beside(value=table.value)


_PEOPLE_BELOW: Final = re.compile(
    r"[^\n]*\n(?:[ \t|:+=\-]{3,}\n)?[^\n]{5,}\n[^\n]{5,}(?:\n[^\n]{5,})?"
)


def _are_people(found: Candidate) -> bool:
    first, *rows = found.value.split("\n")
    if _DATED.search(first):
        return _are_births(found)
    table = _table(first, rows)
    if table is None:
        return False
    named = [row for row in table[1] if _has_name(" ".join(row)) and _digits(row) >= 6]
    return len(named) >= 2


def _digits(row: Sequence[str]) -> int:
    return len(checksums.digits_of(" ".join(row)))


_DATED: Final = re.compile(
    r"(?i)(?<![0-9.])[0-9]{1,2}[/.\-][0-9]{1,2}[/.\-](?:19|20)?[0-9]{2}\b|\b(?:19|20)[0-9]{2}[./\-][0-9]{1,2}[./\-][0-9]{1,2}\b|"
    r"\b[0-9]{1,2}(?:st|nd|rd|th|\.)?\s{1,2}(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]{0,7}\.?,?\s{1,2}(?:19|20)[0-9]{2}\b|"
    r"\b(?:jan|feb|mar|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-z]{0,7}\.?\s{1,2}[0-9]{1,2}(?:st|nd|rd|th)?,?\s{1,2}(?:19|20)[0-9]{2}\b|"
    r"(?:\b(?:geb|born|dob|n[eé]e?|ur|nat[oa]|b)\b\.?|\*)\s?(?:le |en |on |am )?\(?(?:19|20)[0-9]{2}"
)
_BORN: Final = re.compile(
    r"(?i)\b(?:geb|geboren|born|dob|births?|n[eé]e?|ur|nat[oa]|nac|nacid[oa]|geburtsdatum)\b|\*\s?[0-9(]"
)
_AT_A_TIME: Final = re.compile(r"\b[0-9]{1,2}:[0-9]{2}\b")
_OF_A_TEXT: Final = re.compile(
    r"(?i)copyright|\(c\)|©|releas|modif|updat|version|publish|post(?:ed|date)|issue|since|founded|changelog|[0-9]{4}\) |://|\bv[0-9]"
)
"""A line that has the date of a text, a film, a program, not of a person."""


def _are_births(found: Candidate) -> bool:
    """Dates of people of today; that of a mail, a text or an appointment is none."""
    years = _years(found.value)
    if (
        not years
        or not all(1925 <= year <= 2022 for year in years)
        or len(_DATED.findall(found.value)) < 2
    ):
        return False
    lines = found.value.split("\n")
    if any(_OF_A_MAIL.search(line) or _OF_A_TEXT.search(line) for line in lines):
        return False
    is_timed = _AT_A_TIME.search(found.value) or _AT_A_TIME.search(found.after[:16])
    return bool(_BORN.search(found.value)) or not is_timed


def _table(titles: str, lines: Sequence[str]) -> tuple[list[str], list[list[str]]] | None:
    """The titles of columns and the cells of the rows below them that have about as many.

    Titles are short, at least two, and no sentence, address, number or field with its value.
    """
    mark = next((one for one in _CELL_MARKS if one in titles.strip(" |\t>")), "")
    cells = _row_cells(titles, mark) if mark else []
    if len(cells) < _FEWEST_TITLES or max(map(len, cells)) > _LONGEST_TITLE or "://" in titles:
        return None
    if any(
        len(cell.split()) > _TITLE_WORDS
        or any(char in cell for char in "@<>=?!{}")
        or cell[-1:] == "."
        or ":" in cell
        for cell in cells
    ):
        return None
    rows = [_row_cells(line, mark) for line in lines]
    most = len(cells) + 2
    return cells, [row for row in rows if len(cells) - 1 <= len(row) <= most]


def _row_cells(line: str, mark: str) -> list[str]:
    cells = (cell.strip(" \t\"'*>") for cell in line.strip(" |\t").split(mark))
    return [cell for cell in cells if cell or mark not in {"  ", "\t"}]


_CELL_MARKS: Final = ("|", "\t", ";", ",", "  ")
_FEWEST_TITLES: Final = 2
_TITLE_WORDS: Final = 4


def _begins_with_name(line: str) -> bool:
    parts = line.strip(' \t>*|-"0123456789.)#').replace(",", " ").replace(";", " ").split()[:3]
    names = [
        part
        for part in parts
        if part[:1].isupper() and part.strip(":|.").replace("-", "").isalpha() and len(part) > 2
    ]
    return len(names) >= 2


_PRIVATE: Final = words(
    """
    home private personal privately residence residential lives living live apartment flat house privat
    privatadresse privatanschrift privatnummer wohnhaft wohnt wohnung zuhause heimadresse adresse privee
    domicile habite prive personnel particular domicilio vive casa personale privato residente abita reside
    morada mora residencia prive woont thuis thuisadres prywatny adres zamieszkania hjemmeadresse bor bosatt
    wife husband her his ex daughter son mother father victim witness born dob geboren nee
    """
)


def _private_detail(found: Candidate) -> Judgement:
    """Worth a warning; held where it is called somebody's home or private."""
    line = found.after.partition("\n")[0]
    around = _folded(found.before[-60:]) | _folded(found.whole) | _folded(line[:30])
    if not _MOBILE.isdisjoint(_folded(line[:40])):
        return Severity.HIGH
    is_house = "registered" in line[:30] or not _FIRMS.isdisjoint(around)
    return True if _PRIVATE.isdisjoint(around) or is_house else Severity.HIGH


_FIRMS: Final = words(
    "office offices bureau bureaux buro kanzlei praxis siege agence ufficio sede oficina escritorio kantoor biuro kontor ltd limited plc inc llc gmbh ag sarl bv assurance company corporation"
)
"""Whose house an address is when it is not somebody's home."""


def _folded(text: str) -> set[str]:
    return {word.strip(".,:;()'\"") for word in text.lower().replace("'s", "").split()}


def _private_phone(found: Candidate) -> Judgement:
    judgement = _phone(found)
    if judgement is not True:
        return judgement
    around = _folded(found.before[-40:]) | _folded(found.whole)
    return Severity.HIGH if not _PRIVATE_NUMBER.isdisjoint(around) else True


_MOBILE: Final = words(
    "mobile mobil cell handy movil portable cellulare telemovel celular gsm mobiel komorka"
)
_PRIVATE_NUMBER: Final = words(
    """
    home private personal privately his her wife husband daughter son mother father privat privatnummer
    prive personnel particular personale privato lives wohnt habite vive abita prywatny patient patientin
    """
)


def _birth_date(found: Candidate) -> Judgement:
    """A warning where it is so long ago that it is history, or what was born is a company."""
    if _NOBODY.search(found.before) or found.is_in_publication:
        return Severity.LOW
    year = max((part for part in _years(found.value)), default=2000)
    return True if 1925 <= year <= 2030 else Severity.LOW


_NOBODY: Final = re.compile(r"(?i)\bmuster(?:mann|frau|stra)|\bjohn doe\b|\bjane doe\b")
"""Names of nobody, in forms that show how to fill them in."""


def _years(text: str) -> list[int]:
    digits = "".join(char if char.isdigit() else " " for char in text)
    return [int(part) for part in digits.split() if len(part) == 4]


_ABOUT_HEALTH: Final = words(
    """
    research study studies trial talk lecture fund charity conference foundation awareness leaflet information
    campaign society donation fundraiser walk congress course article book paper screening prevention forschung
    studie vortrag stiftung spende kongress recherche etude conference investigacion estudio ricerca policy
    tropic cancel zodiac economic economy
    """
)


def _health_record(found: Candidate) -> Judgement:
    """A person's, not a subject's; and near that person, not in the next thing told."""
    around = _folded(found.whole) | _folded(found.after[:40])
    whole = _HTML_TAG.sub("", found.whole)
    is_news = any(one.search(whole) for one in (_OF_MANY, _HEADLINE, _PROPER, _FIGURATIVE))
    if (
        persons.is_published(found)
        or whole.endswith(persons.MANY)
        or persons.SPEAKS_ON.search(whole)
    ):
        return False
    if len(whole) > _FAR and not persons.LINK.search(whole):
        return False
    is_patient = found.whole.lower().startswith(("pat", "pac", "paz"))
    if not is_patient and found.whole[:1].isupper() and _NAMED_BEFORE.search(found.before):
        return False
    first = found.whole.split()[0] if found.whole.split() else ""
    if first in _NO_FIRST_NAMES or first.lower() in _NO_NAMES:
        return False
    if _PRONOUN.match(found.whole) and len(found.whole) > _NEAR_PRONOUN:
        return False
    return _ABOUT_HEALTH.isdisjoint(around) and not is_news


_HTML_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]{0,20}>")
_FAR: Final = 30
"""Characters from which on a verb or a sign must join a person and what is told of them."""
_OF_MANY: Final = re.compile(
    r"(?i)\b(?:countries|nations?|millions?|thousands|percent|activist|minister|president|scientists?|researchers?|"
    r"sufferers|youth|children and|people (?:with|who|living)|foundation|aids/hiv|expectations|shares|market)\b"
)
"""Words of news and statistics."""
_PROPER: Final = re.compile(r"[A-Z][a-z\-]+ [A-Z][a-z]+$")
"""`Great Depression`, `Alcoholics Anonymous`: the illness is part of a name."""
_FIGURATIVE: Final = re.compile(r"\b(?:an?|the) [\"'“]\w+$")
_NO_FIRST_NAMES: Final = words(
    "New South North East West United San Los Las Saint Great White World Central Supreme Health Public National International American British Santa Die Der Das Ein Eine Einen Unser Unsere Ihr Ihre Les Une Un Nos Notre Los Las El Una Uno Nuestra Nuestro Gli Uno Os As Uma Het Een De Ons Onze"
)
"""Words with which names of places and houses begin."""
_NAMED_BEFORE: Final = re.compile(r"\b[A-Z][a-z]{3,} $")
_PRONOUN: Final = re.compile(r"(?i)(?:his|her|our|my)\b")
_NEAR_PRONOUN: Final = 60
_HEADLINE: Final = re.compile(r"(?:\b[A-Z][a-z']+ ){4}[A-Z]")


_NO_NAMES: Final = words(
    """
    the this that these those there it its we our you your they their all any some many most no one two five both
    if in on at to by for from with and but or not as so when while what which who why how new more less each every
    male female buyers sellers men women people clients customers users companies analysts investors others a an i
    """
)
_NOT_PAY: Final = words(
    "הטרחה טרחה דירה range survey average median between budget minimum minimo minimal mindestlohn smic minimumloon minimalna revenue invoice order discount price fund grant funding turnover"
)


def _salary(found: Candidate) -> Judgement:
    """A person's pay: an amount beside a person, or in a row below a title of pay."""
    if not _is_title(found):
        return _is_pay(found)
    table = _rows_at(found, _PAY_BELOW)
    if table is None or table.value.index("\n") > _LONGEST_PAY_TITLES:
        return False
    return _is_pay(table) and Beside(value=table.value)


_PAY_BELOW: Final = re.compile(r"[^\n]{0,80}\n(?:[ \t|:+=\-]{3,}\n)?[^\n]{3,200}")
_LONGEST_PAY_TITLES: Final = 220


_VACANCY: Final = re.compile(
    r"(?i)\bvi (?:soker|søker|söker|soger|søger)\b|\b(?:sista ansokningsdag|sista ansökningsdag|ansogningsfrist|ansøgningsfrist|soknadsfrist|søknadsfrist|kollektivavtal|hakuaika)|\bwe(?:'re| are) (?:hiring|looking for)|\bjob (?:ad|advertisement|offer)\b|\bapply (?:by|until|now|to|with)|\bvacanc(?:y|ies)\b|\(m/w/d\)|\(m/f/d\)|\bstellenanzeige|\bbewerb(?:ung|en sie)|\bsalary range|\boffre d'emploi|\bpostulez|\boferta de (?:empleo|trabajo)|\bannuncio di lavoro|\bvaga de emprego|\bvacature|\bsolliciteer|\boferta pracy"
)
"""What a job pays that nobody has yet."""


def _is_pay(found: Candidate) -> bool:
    whole = _folded(found.whole)
    if not _NOT_PAY.isdisjoint(whole | _folded(found.after[:20])):
        return False
    if "\n" not in found.whole and _VACANCY.search(
        f"{found.before[-120:]}{found.whole}{found.after[:80]}"
    ):
        return False
    if "\n" not in found.whole and found.whole.split()[0].lower().partition("'")[0] in _NO_NAMES:
        return False
    if "\n" not in found.value:
        return True
    titles, *rows = found.value.split("\n")
    table = _table(titles, rows)
    if table is None:
        return False
    of_people = any(not _PEOPLE_TITLES.isdisjoint(_folded(cell)) for cell in table[0])
    wanted = _PAY_TITLES | _SUM_TITLES if of_people else _PAY_TITLES
    paid = [
        at
        for at, cell in enumerate(table[0])
        if not wanted.isdisjoint(_folded(cell.replace("_", " ")))
    ]
    return any(
        _has_name(" ".join(row)) and any(_digits(row[at : at + 1]) >= 3 for at in paid)
        for row in table[1]
    )


_PAY_TITLES: Final = words(
    """
    salary salaries pay wage wages bonus gehalt bruttogehalt nettogehalt lohn salaire sueldo salario stipendio salaris
    wynagrodzenie lon lonn palkka maas fizetes compensation
    """
)
_SUM_TITLES: Final = words("gross net brutto netto bruto")
"""Titles of bills as well."""
_PEOPLE_TITLES: Final = words(
    """
    name names employee employees staff person colleague mitarbeiter mitarbeiterin angestellte nom prenom employe salarie
    nombre empleado empleada nome dipendente cognome funcionario werknemer naam medewerker pracownik imie nazwisko
    """
)


_BOOKING_WORDS: Final = words(
    "INV RCPT REF PO SO DO CR DR DOC VAT RE GS KD RG AB LS NR NO ID EUR USD GBP CHF"
)
"""What rows of a ledger begin with."""


def _has_name(row: str) -> bool:
    parts = row.replace(";", " ").replace(",", " ").replace("|", " ").split()
    return (
        sum(
            part[:1].isupper()
            and part.replace("-", "").replace("'", "").isalpha()
            and part not in _BOOKING_WORDS
            for part in parts
        )
        >= 2
    )


def _any(found: Candidate) -> Judgement:
    return bool(found.value.strip())


VALIDATORS: Final[dict[str, Callable[[Candidate], Judgement]]] = {
    "": _any,
    "absence_told": affairs.absence_told,
    "account_told": affairs.account_told,
    "bids_told": affairs.bids_told,
    "child_told": affairs.child_told,
    "cost_told": affairs.cost_told,
    "deal_told": affairs.deal_told,
    "jobs_told": affairs.jobs_told,
    "kept_from": affairs.kept_from,
    "limit_told": affairs.limit_told,
    "mailbox_told": affairs.mailbox_told,
    "unpublished_told": affairs.unpublished_told,
    "aadhaar": _checked(checksums.aadhaar_ok),
    "aba": _checked(checksums.aba_ok),
    "account": _account,
    "account_beside": accounts.account_beside,
    "assignment": _assignment,
    "aws_key": _aws_key,
    "aws_secret": _aws_secret,
    "basic_auth": _basic_auth,
    "wallet_address": _wallet_address,
    "wallet_key": _wallet_key,
    "bsn": _checked(checksums.bsn_ok),
    "app_password": _app_password,
    "confided": persons.confided,
    "private_matter": persons.private_matter,
    "amount_of_somebody": particulars.amount_of_somebody,
    "birth_beside": particulars.birth_beside,
    "code_of_business": business.code_of_business,
    "figure_of_ours": business.figure_of_ours,
    "plan_told": business.plan_told,
    "clients_listed": listed.clients_listed,
    "document_beside": particulars.document_beside,
    "document_close": particulars.document_close,
    "document_hurried": particulars.document_hurried,
    "home_beside": particulars.home_beside,
    "matter_of_somebody": persons.matter_of_somebody,
    "papers_listed": listed.papers_listed,
    "pay_listed": listed.pay_listed,
    "people_listed": listed.people_listed,
    "sums_listed": listed.sums_listed,
    "phone_beside": particulars.phone_beside,
    "told_of_somebody": persons.told_of_somebody,
    "code_beside": beside.code_beside,
    "private_table": tables.is_private_table,
    "digits_beside_door": beside.digits_beside_door,
    "digits_beside_lock": beside.digits_beside_lock,
    "secret_beside_login": beside.secret_beside_login,
    "secret_beside_thing": beside.secret_beside_thing,
    "device_login": passwords.is_device_login,
    "spelled_out": _spelled_out,
    "capability": _capability,
    "card": _card,
    "card_named": _card_named,
    "card_halves": _card_halves,
    "key_octets": _key_octets,
    "named_phones": _named_phones,
    "named_number": _named_number,
    "marking": _marking,
    "codes": _codes,
    "codice_fiscale": _checked(checksums.codice_fiscale_ok),
    "cpf": _checked(checksums.cpf_ok),
    "customer_line": _customer_line,
    "dni": _checked(checksums.dni_ok),
    "document_number": _number_with_digits,
    "passport": _passport,
    "code_word": passwords.is_code_word,
    "entry_code": _entry_code,
    "grouped_key": _grouped_key,
    "password_looking": passwords.is_lone_password,
    "password_quoted": passwords.is_quoted_password,
    "random_alone": _random_alone,
    "random_near_key": _random_near_key,
    "issued_value": _issued_value,
    "login_row": _login_row,
    "word_for_password": beside.word_for_password,
    "seed_row": _seed_row,
    "env_block": _env_block,
    "file_path": _file_path,
    "internal_host": _internal_host,
    "stack_trace": _stack_trace,
    "github": _github,
    "hex_secret": _hex_secret,
    "iban": _iban,
    "insee": _checked(checksums.insee_ok),
    "itin": _checked(checksums.itin_ok),
    "jwt": _jwt,
    "mixed_token": _mixed_token,
    "belgian_number": _checked(checksums.belgian_number_ok),
    "fodselsnummer": _checked(checksums.fodselsnummer_ok),
    "ahv": _checked(checksums.ahv_ok),
    "henkilotunnus": _checked(checksums.henkilotunnus_ok),
    "chinese_id": _checked(checksums.chinese_id_ok),
    "south_african_id": _checked(checksums.south_african_id_ok),
    "tckn": _checked(checksums.tckn_ok),
    "rrn": _checked(checksums.rrn_ok),
    "nric": _checked(checksums.nric_ok),
    "my_number": _checked(checksums.my_number_ok),
    "luhn": _checked(checksums.plain_luhn_ok),
    **{
        name: _checked(check)
        for name, check in (
            ("cedula", checksums.cedula_ok),
            ("cnp", checksums.cnp_ok),
            ("cuil", checksums.cuil_ok),
            ("egn", checksums.egn_ok),
            ("inn", checksums.inn_ok),
            ("ird", checksums.ird_ok),
            ("isikukood", checksums.isikukood_ok),
            ("nif", checksums.nif_ok),
            ("nss", checksums.nss_ok),
            ("ppsn", checksums.ppsn_ok),
            ("rodne_cislo", checksums.rodne_cislo_ok),
            ("rut", checksums.rut_ok),
            ("rvnr", checksums.rvnr_ok),
            ("snils", checksums.snils_ok),
            ("svnr", checksums.svnr_ok),
            ("taiwan_id", checksums.taiwan_id_ok),
            ("taj", checksums.taj_ok),
            ("thai_id", checksums.thai_id_ok),
        )
    },
    "nhs": _checked(checksums.nhs_ok),
    "one_time_code": _one_time_code,
    "own_key": _own_key,
    "passphrase": passwords.is_passphrase,
    "password_flag": passwords.is_flag_password,
    "password_bare": passwords.is_bare_password,
    "password_mixed": passwords.is_mixed_password,
    "password_symbol": passwords.is_password_with_symbol,
    "password_column": passwords.is_in_password_column,
    "password_element": passwords.is_element_password,
    "password_hint": passwords.is_hint,
    "secret_shaped": passwords.is_shaped_password,
    "login_in_address": _login_in_address,
    "login_pair": _login_pair,
    "secret_or_word": passwords.is_shaped_or_word,
    "password_colon": passwords.is_password_after_colon,
    "password_is": passwords.is_password_after_is,
    "personnummer": _checked(checksums.personnummer_ok),
    "pesel": _checked(checksums.pesel_ok),
    "birth_date": _birth_date,
    "contact_rows": _contact_rows,
    "health_record": _health_record,
    "people_rows": _people_rows,
    "postal_address": _private_detail,
    "salary": _salary,
    "phone": _private_phone,
    "private_ip": _private_ip,
    "random": _random,
    "seed_words": _seed_words,
    "sin": _checked(checksums.sin_ok),
    "ssn": _ssn,
    "steuer_id": _checked(checksums.steuer_id_ok),
    "swift": _swift,
    "tax_number": _tax_number,
    "tfn": _checked(checksums.tfn_ok),
    "token": _token,
    "url_password": _url_password,
    "url_query": _url_query,
}

PREREQUISITES: Final[dict[str, Callable[[bytes], bool]]] = {"seed_row": _may_have_row}
"""What a text must have for a validator to accept anything in it, where that is told much faster."""
