"""Bank accounts as people write them: the number beside a word for banks, in the shape of its country.

Where a country's numbers have a check digit it decides; where they have none, two different words
of banking must stand there, or one that is only said of accounts.
"""

import re
from collections.abc import Callable
from typing import Final

from guard.checksums import digits_of, iban_ok
from guard.lexicon import words
from guard.rule import Beside, Candidate, Judgement

BANKING: Final = (
    r"account|acct?|a/c|accno|sort|sortcode|s/c|bsb|routing|aba|transit|ifsc|barclays|nationwide|lloyds|natwest|hsbc|santander|halifax|monzo|starling|revolut|tsb|pay me|pay into|"
    r"konto|kto|kontonr|kontonummer|blz|bankleitzahl|clabe|cbu|cvu|rib|nib|nrb|bban|iban|bankgiro|bg|plusgiro|clearing(?:nr|nummer)?|swish|reg|regnr|rek|reknr|rekening(?:nummer)?|"
    r"compte|cuenta|conta|agencia|conto|szamlaszam|bankszamla(?:szam)?|(?:cislo )?ucet|(?:cislo )?uct[ue]|bacs|chaps|faster payments?|payee|tili(?:numero)?|hesap|konta|rachun(?:ek|ku)|przelej|przelew|numer konta|bank(?:konto|rekening|account|verbindung)?|banco|banque|banca|wire|swift"
)
"""Words of banking, Latin letters."""
BANKING_ELSEWHERE: Final = r"(?:[рР]/с|[рР]/сч|[рР]асч[её]тн[^\s]{2,4} сч[её]т|[нН]омер сч[её]та|[бБ][иИ][кК]|[лЛ]/с|рахун[^\s]{1,3}|銀行|信用金庫|普通|口座|银行|账号|帐号|帳號|卡号|은행|계좌|حساب|בנק|חשבון|खाता|บัญชี|λογαριασμ[^\s]{1,2}|сметка)"
"""The same, other scripts."""

_AROUND: Final = 90
_APART: Final = 44
"""Characters between a word and the number it is said of."""
_OF_ACCOUNTS: Final = words(
    "kontonr kontonummer szamlaszam bankszamlaszam rekeningnummer reknr tilinumero accno uctu bankkonto bankrekening"
)
"""Words that are said of bank accounts only."""
_SAID: Final = re.compile(
    r"(?i)\b(?:bank[a-z]{0,10}|banco|banque|banca|sort(?: ?code)?|s/c|branch|transit|inst(?:itution)?|ifsc|swift|bic|bsb|blz|clearing|agencia|routing|aba|reg(?:nr)?|barclays|nationwide|lloyds|natwest|hsbc|santander|halifax|monzo|starling|revolut|tsb|sparkasse|volksbank|commerzbank|rabobank|bbva|unicredit|intesa|mbank|nordea|seb|swedbank|handelsbanken|dnb|danske|chase|citi(?:bank)?|wells fargo|checking|savings|beneficiary|payee|iban)\b"
)
"""What makes an account one of a bank."""
_ACCOUNT: Final = re.compile(
    r"(?i)\b(?:account|acct?|a/c|accno|konto(?:nr|nummer)?|kto|compte|cuenta|conta|conto|rek(?:ening|nr)?|wire to)\b[^\w\n]{0,3}(?:(?:number|no|nr|num|#|n)\b\.?[^\w\n]{0,3})?(?P<v>[0-9](?:[ \-]?[0-9]){6,16})(?![0-9])"
)
_BETWEEN: Final = r"(?:[^0-9A-Za-z]|\b(?:account|acct?|a/c|c|a|sort|code|sortcode|no|nr|num(?:ber)?|then|and|is|my|with|name|konto)\b){1,12}"
"""What stands between the two numbers of a British account."""
_UK: Final = re.compile(
    rf"(?i)(?<![0-9\-./])(?P<v>[0-9]{{2}}[\- ][0-9]{{2}}[\- ][0-9]{{2}}(?![0-9\-.]){_BETWEEN}(?:[0-9]{{8}}|[0-9]{{4}} [0-9]{{4}})|"
    rf"[0-9]{{6}}{_BETWEEN}[0-9]{{8}}|[0-9]{{8}}{_BETWEEN}[0-9]{{2}}[\- ]?[0-9]{{2}}[\- ]?[0-9]{{2}})(?![0-9\-./])"
)
_BRITISH: Final = re.compile(
    r"(?i)\b(?:sort(?: ?code)?|sortcode|s/c|barclays|nationwide|lloyds|natwest|hsbc|santander|halifax|monzo|starling|revolut|tsb|pay me|bank|bacs|chaps)\b"
)
_ASIAN: Final = re.compile(
    r"(?:[行庫通座号號행좌][^\n0-9]{0,24})(?P<v>[0-9](?:[ \-]?[0-9]){6,18})(?![0-9])"
)
_RUSSIAN: Final = re.compile(r"(?<![0-9])(?P<v>[34][0-9]{19}|[0-9]{5} [0-9]{3} [0-9] [0-9]{4} [0-9]{7})(?![0-9])")  # fmt: skip
_SWEDISH: Final = re.compile(
    r"(?i)\bclearing[a-z]{0,8}\b[^\w\n]{0,3}[0-9]{4}(?:-[0-9])?[^0-9\n]{1,20}(?P<v>[0-9](?:[ \-]?[0-9]){5,12})|\b(?:bankgiro|bg)\b[^\w\n]{0,3}(?P<w>[0-9]{3,4}-[0-9]{4})\b"
)
_DANISH: Final = re.compile(
    r"(?i)\breg(?:nr|\.nr)?\b[^\w\n]{0,4}[0-9]{4}[^0-9\n]{1,20}(?P<v>[0-9]{7,10})(?![0-9])"
)
_BRAZILIAN: Final = re.compile(
    r"(?i)\bag(?:encia)?\b[^\w\n]{0,4}[0-9]{4}(?:-[0-9x])?[^0-9\n]{1,20}(?P<v>[0-9]{4,10}-[0-9x])\b"
)
_GROUPS: Final = re.compile(r"(?<![0-9A-Za-z./\-])(?P<v>[0-9](?:[ \-./]?[0-9]){7,27})(?![0-9A-Za-z]|[./\-][0-9])")  # fmt: skip


def account_beside(found: Candidate) -> Judgement:
    """The number of a bank account in the lines beside a word of banking."""
    before, after = found.paragraph(_AROUND, _AROUND)
    text = f"{before}{found.whole}{after}"
    word = found.whole.lower()
    value = (
        _shaped(text)
        or _checked(text, len(before), len(before) + len(found.whole))
        or _spoken(text, word)
    )
    return Beside(value=value) if value else False


def _shaped(text: str) -> str:
    """Numbers in shapes that only banks use, where a word says so."""
    if _BRITISH.search(text):
        for hit in _UK.finditer(text):
            if len(set(digits_of(hit["v"]))) > _DIFFERENT:
                return hit["v"]
    for shape in (_SWEDISH, _DANISH, _BRAZILIAN, _RUSSIAN):
        told = shape.search(text)
        if told:
            value: str = next(filter(None, told.groups()))
            return value
    if not text.isascii():
        asian = _ASIAN.search(text)
        if asian and not _PHONE.match(asian["v"]):
            return asian["v"]
    return ""


_DIFFERENT: Final = 3
_PHONE: Final = re.compile(r"0[0-9]{1,3}[ \-][0-9]{3,4}[ \-][0-9]{4}$|1[3-9][0-9]{9}$|01[016789]")


def _checked(text: str, start: int, end: int) -> str:
    """A number near the word whose check digits are those of a country's accounts."""
    for hit in _GROUPS.finditer(text):
        is_called = bool(_CALLING.match(text[end : hit.start()])) and _is_written(hit["v"])
        is_near = 0 <= hit.start() - end <= _APART or -_APART <= hit.end() - start <= 0
        if (is_called or (is_near and is_account(hit["v"]))) and not _DAY.match(hit["v"]):
            return hit["v"]
    return ""


_DAY: Final = re.compile(
    r"(?:19|20)[0-9]{2}[\-./ ][0-9]{2}[\-./ ][0-9]{2}$|[0-9]{2}[\-./ ][0-9]{2}[\-./ ](?:19|20)[0-9]{2}$"
)
_CALLING: Final = re.compile(
    r"(?i)^[^\w\n]{0,4}(?:(?:number|nr|no|num|numero|nummer|konta|corrente|n)\b[^\w\n]{0,4})?$"
)
"""What stands between a word and a number that needs no check digit there."""


def _is_written(text: str) -> bool:
    """Whether a number is written like the accounts of a country."""
    is_shaped = any(shape.match(text) for shape, _ in _SHAPES) or bool(_CZECH.match(text))
    return is_shaped and len(set(digits_of(text))) > _DIFFERENT


def _spoken(text: str, word: str) -> str:
    """An account's number where another word is of banking too, or the word is of accounts only."""
    hit = _ACCOUNT.search(text)
    if hit is None or len(set(digits_of(hit["v"]))) <= _DIFFERENT:
        return ""
    others = {said.lower() for said in _SAID.findall(text)}
    return hit["v"] if word in _OF_ACCOUNTS or others else ""


# Check digits ---------------------------------------------------------------------------------------


def is_account(text: str) -> bool:
    """Whether a number is written like the accounts of a country and has their check digits."""
    return any(shape.match(text) and check(digits_of(text)) for shape, check in _SHAPES) or (
        bool(_CZECH.match(text)) and _czech_ok(text)
    )


def polish_ok(digits: str) -> bool:
    """Twenty-six digits, an IBAN without its country."""
    return iban_ok(f"PL{digits}")


def norwegian_ok(digits: str) -> bool:
    """Eleven digits, the last a check digit modulo 11."""
    total = sum(int(one) * weight for one, weight in zip(digits, _NORWEGIAN, strict=False))
    return (11 - total % 11) % 11 == int(digits[-1])


_NORWEGIAN: Final = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def hungarian_ok(digits: str) -> bool:
    """Eight digits for the bank with a check digit, eight or sixteen for the account."""
    return sum(int(one) * (9, 7, 3, 1)[at % 4] for at, one in enumerate(digits[:8])) % 10 == 0


def mexican_ok(digits: str) -> bool:
    """CLABE: eighteen digits, the last a check digit."""
    total = sum(int(one) * (3, 7, 1)[at % 3] % 10 for at, one in enumerate(digits[:17]))
    return -total % 10 == int(digits[-1])


def argentine_ok(digits: str) -> bool:
    """CBU: eight digits for the bank and fourteen for the account, each with a check digit."""
    return _cbu_part_ok(digits[:8], (7, 1, 3, 9)) and _cbu_part_ok(digits[8:], (3, 9, 7, 1))


def _cbu_part_ok(part: str, weights: tuple[int, ...]) -> bool:
    total = sum(int(one) * weights[at % 4] for at, one in enumerate(part[:-1]))
    return -total % 10 == int(part[-1])


def french_ok(digits: str) -> bool:
    """RIB: bank, desk, account and a key modulo 97."""
    bank, desk, account, key = digits[:5], digits[5:10], digits[10:21], digits[21:]
    return (89 * int(bank) + 15 * int(desk) + 3 * int(account) + int(key)) % 97 == 0


def portuguese_ok(digits: str) -> bool:
    """NIB: twenty-one digits, the last two a key modulo 97."""
    return int(digits) % 97 == 1


def spanish_ok(digits: str) -> bool:
    """CCC: bank and office, two check digits, account."""
    return _ccc_digit("00" + digits[:8]) == digits[8] and _ccc_digit(digits[10:]) == digits[9]


def _ccc_digit(ten: str) -> str:
    total = sum(int(one) * 2**at for at, one in enumerate(ten))
    check = 11 - total % 11
    return str({11: 0, 10: 1}.get(check, check))


def _czech_ok(text: str) -> bool:
    """A prefix and a number, each modulo 11, and the code of the bank."""
    prefix, _, number = text.partition("/")[0].rpartition("-")
    return all(
        sum(int(one) * weight for one, weight in zip(reversed(part), _CZECH_WEIGHTS, strict=False))
        % 11
        == 0
        for part in (prefix, number)
    )


_CZECH_WEIGHTS: Final = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
_CZECH: Final = re.compile(r"^(?:[0-9]{1,6}-)?[0-9]{5,10}/[0-9]{4}$")

_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = (
    (re.compile(r"^[0-9]{2} ?(?:[0-9]{4} ?){5}[0-9]{4}$|^(?:[0-9]{4} ?){6}[0-9]{2}$"), polish_ok),
    (re.compile(r"^[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{5}$"), norwegian_ok),
    (re.compile(r"^[0-9]{8}[ \-][0-9]{8}(?:[ \-][0-9]{8})?$"), hungarian_ok),
    (re.compile(r"^[0-9]{3} ?[0-9]{3} ?[0-9]{11} ?[0-9]$"), mexican_ok),
    (re.compile(r"^[0-9]{8}[ \-]?[0-9]{14}$"), argentine_ok),
    (re.compile(r"^[0-9]{5} ?[0-9]{5} ?[0-9]{11} ?[0-9]{2}$"), french_ok),
    (re.compile(r"^[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{11}[. ]?[0-9]{2}$"), portuguese_ok),
    (re.compile(r"^[0-9]{4}[ \-]?[0-9]{4}[ \-]?[0-9]{2}[ \-]?[0-9]{10}$"), spanish_ok),
)
