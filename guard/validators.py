"""The judges of matches, by name: rules refer to them, so that rules stay data.

A validator sees one candidate and what stands around it, and answers no, yes, or yes with another
severity. Never raises on any text; its time is bounded by the length of the candidate.
"""

from collections.abc import Callable
from typing import Final

from guard import checksums, passwords
from guard.entropy import is_placeholder, is_random, shannon
from guard.lexicon import words
from guard.rule import Candidate, Judgement
from guard.seed_words import are_seed_words, seed_phrase_ok
from mailcore.policy import Severity

_OWN_KEY_MINIMUM: Final = 30

_COUNTING_WORDS: Final = words(
    """
    order orders invoice tracking shipment parcel ticket case ref reference sku part serial isbn issn
    ean upc gtin imei build commit version batch lot confirmation booking reservation transaction
    receipt rma waybill article item product model document
    """
)
_TESTING_WORDS: Final = words(
    "test testing sandbox example sample dummy fake fictitious mock placeholder demo"
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
    return not is_placeholder(body) and shannon(body) >= 2.5


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
    is_mixed = any(map(str.islower, value)) and any(map(str.isupper, value))
    return is_mixed and is_random(value) and any(map(str.isdigit, value))


def _aws_key(found: Candidate) -> Judgement:
    """Letters alone must be many different ones: capitals of a heading run together are not a key."""
    body = found.value[4:]
    enough = any(char.isdigit() for char in body) or len(set(body)) >= 11
    return enough and not is_placeholder(found.value) and shannon(body) >= 2.5


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
    return value.lower() not in {"password", "pass", "pwd", "passwd", "secret", "pw", "user", "x"}


def _url_query(found: Candidate) -> Judgement:
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
        and not is_placeholder(line.partition("=")[2].strip("\"' "))
        for line in found.value.split("\n")
    )
    return True if named else Severity.MEDIUM


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
    return (
        len(set(words)) >= len(words) * 0.8 and sum(word in _FUNCTION_WORDS for word in words) <= 1
    )


_FUNCTION_WORDS: Final = words("the and you that for are with was this have from not")


def _codes(found: Candidate) -> Judgement:
    """Backup codes: at least two groups, each with a digit."""
    groups = [group for group in found.value.replace(",", " ").split() if len(group) >= 4]
    return len(groups) >= 2 and all(any(char.isdigit() for char in group) for group in groups[:2])


def _one_time_code(found: Candidate) -> Judgement:
    digits = checksums.digits_of(found.value)
    return len(digits) >= 4 and not _is_year(found.value) and not _inside_number(found)


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
    near = _words_near(found)
    goes_on = number == found.value and found.after[:1] in {*"/-_%&="}
    in_address = goes_on or found.before[-1:] in {*"=/-_%&?#"}
    is_counted = in_address or not _COUNTING_WORDS.isdisjoint(near)
    if is_counted and _CARD_WORDS.isdisjoint(near):
        return False
    return _TESTING_WORDS.isdisjoint(near)


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


def _ssn(found: Candidate) -> Judgement:
    if not checksums.ssn_ok(found.value) or _inside_number(found):
        return False
    named = _near(found, frozenset({"ssn", "social"}))
    is_sample = checksums.digits_of(found.value) == "123456789"
    return named or not (is_sample or _near(found, _COUNTING_WORDS))


def _checked(check: Callable[[str], bool]) -> Callable[[Candidate], Judgement]:
    return lambda found: check(found.value) and not _inside_number(found)


def _number_with_digits(found: Candidate) -> Judgement:
    """Document numbers: at least four digits, no plain word, no date."""
    digits = sum(char.isdigit() for char in found.value)
    return digits >= 4 and not found.value.isalpha()


def _tax_number(found: Candidate) -> Judgement:
    """A company's VAT number is on every bill it writes, and in German mail by law."""
    named = found.whole.lower()
    is_public = named.startswith(("vat", "ust", "partita")) or found.value[:2].isalpha()
    return _number_with_digits(found) and (Severity.MEDIUM if is_public else True)


def _passport(found: Candidate) -> Judgement:
    """As above; of German ones, capitals without vowels, few may be digits."""
    value = found.value
    is_coded = value.isupper() and _VOWELS.isdisjoint(value) and any(map(str.isdigit, value))
    return is_coded or _number_with_digits(found)


_VOWELS: Final = frozenset("AEIOU")


def _account(found: Candidate) -> Judgement:
    digits = checksums.digits_of(found.value)
    return 6 <= len(digits) <= 17 and len(set(digits)) > 1


def _phone(found: Candidate) -> Judgement:
    """A phone number; a mild finding when it stands in a signature or after `Tel`."""
    digits = checksums.digits_of(found.value)
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
    return _hex_secret(found) if value.startswith("0x") else checksums.base58check_ok(value)


def _private_ip(found: Candidate) -> Judgement:
    parts = found.value.split(".")
    goes_on = found.after[:1] == "." and found.after[1:2].isdigit()
    return not goes_on and all(part.isdigit() and int(part) <= 255 for part in parts)


def _customer_line(found: Candidate) -> Judgement:
    return "@" in found.value and "example." not in found.value.lower()


def _jwt(found: Candidate) -> Judgement:
    return not is_placeholder(found.value) and found.value.count(".") >= 1


def _any(found: Candidate) -> Judgement:
    return bool(found.value.strip())


VALIDATORS: Final[dict[str, Callable[[Candidate], Judgement]]] = {
    "": _any,
    "aadhaar": _checked(checksums.aadhaar_ok),
    "aba": _checked(checksums.aba_ok),
    "account": _account,
    "assignment": _assignment,
    "aws_key": _aws_key,
    "aws_secret": _aws_secret,
    "basic_auth": _basic_auth,
    "wallet_address": _wallet_address,
    "wallet_key": _wallet_key,
    "bsn": _checked(checksums.bsn_ok),
    "card": _card,
    "codes": _codes,
    "codice_fiscale": _checked(checksums.codice_fiscale_ok),
    "cpf": _checked(checksums.cpf_ok),
    "customer_line": _customer_line,
    "dni": _checked(checksums.dni_ok),
    "document_number": _number_with_digits,
    "passport": _passport,
    "env_block": _env_block,
    "github": _github,
    "hex_secret": _hex_secret,
    "iban": _checked(checksums.iban_ok),
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
    "nhs": _checked(checksums.nhs_ok),
    "one_time_code": _one_time_code,
    "own_key": _own_key,
    "password_bare": passwords.is_bare_password,
    "password_mixed": passwords.is_mixed_password,
    "password_symbol": passwords.is_password_with_symbol,
    "password_colon": passwords.is_password_after_colon,
    "password_is": passwords.is_password_after_is,
    "personnummer": _checked(checksums.personnummer_ok),
    "pesel": _checked(checksums.pesel_ok),
    "phone": _phone,
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
