"""Check digits and check sums that tell a real number or token from one that only looks like it.

Pure arithmetic over short strings. Every function takes what a pattern found, with or without
separators, and answers whether it is well formed.
"""

import hashlib
import zlib
from typing import Final

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VERHOEFF_D: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

_CARD_RANGES: Final = (
    # (first prefix, last prefix, lengths)
    ("4", "4", (13, 16, 19)),
    ("51", "55", (16,)),
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),
    ("37", "37", (15,)),
    ("6011", "6011", (16, 17, 18, 19)),
    ("644", "659", (16, 17, 18, 19)),
    ("3528", "3589", (16, 17, 18, 19)),
    ("300", "305", (14,)),
    ("36", "36", (14, 15, 16, 17, 18, 19)),
    ("3095", "3095", (14,)),
    ("38", "39", (14, 16)),
    ("62", "62", (16, 17, 18, 19)),
    ("81", "81", (16, 17, 18, 19)),
    ("50", "50", (13, 14, 15, 16, 17, 18, 19)),
    ("56", "58", (13, 14, 15, 16, 17, 18, 19)),
    ("6304", "6304", (16, 17, 18, 19)),
    ("6759", "6763", (16, 17, 18, 19)),
    ("60", "60", (16,)),
    ("2200", "2204", (16, 17, 18, 19)),
    ("6362", "6363", (16,)),
    ("6277", "6277", (16,)),
    ("6390", "6390", (16, 17, 18, 19)),
    ("67", "67", (16, 17, 18, 19)),
    ("82", "82", (16,)),
    ("9792", "9792", (16,)),
)

IBAN_LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip


def digits_of(text: str) -> str:
    """Only the ASCII digits."""
    return "".join(char for char in text if "0" <= char <= "9")


def luhn_ok(digits: str) -> bool:
    """The Luhn check of payment cards and several national numbers (ISO/IEC 7812-1)."""
    total = 0
    for position, char in enumerate(reversed(digits)):
        number = int(char)
        if position % 2:
            number = number * 2 - 9 if number > 4 else number * 2
        total += number
    return total % 10 == 0


def card_ok(text: str) -> bool:
    """A payment card number: issuer range, length for that range, Luhn."""
    digits = digits_of(text)
    if len(set(digits)) < 2 or not 13 <= len(digits) <= 19:
        return False
    in_range = any(
        first <= digits[: len(first)] <= last and len(digits) in lengths
        for first, last, lengths in _CARD_RANGES
    )
    return in_range and luhn_ok(digits)


def iban_ok(text: str) -> bool:
    """An IBAN: as long as its country's are, and mod 97 (ISO 13616). Words may follow it."""
    compact = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    length = IBAN_LENGTHS.get(compact[:2], 0)
    if not length or len(compact) < length or not compact[2:4].isdigit():
        return False
    compact = compact[:length]
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def aba_ok(text: str) -> bool:
    """A routing number of a bank in the United States: prefix and weighted sum."""
    digits = digits_of(text)
    if len(digits) != 9 or len(set(digits)) < 3:
        return False
    prefix = int(digits[:2])
    if not (prefix <= 12 or 21 <= prefix <= 32 or 61 <= prefix <= 72 or prefix == 80):
        return False
    return (
        sum(int(char) * weight for char, weight in zip(digits, (3, 7, 1) * 3, strict=True)) % 10
        == 0
    )


def ssn_ok(text: str) -> bool:
    """A US social security number that could have been issued and is not a known sample."""
    digits = digits_of(text)
    if len(digits) != 9 or digits in {"078051120", "219099999"}:
        return False
    area = digits[:3]
    if area in {"000", "666"} or area[0] == "9":
        return False
    return digits[3:5] != "00" and digits[5:] != "0000" and len(set(digits)) > 1


def itin_ok(text: str) -> bool:
    """A US individual taxpayer number: 9xx and a fourth and fifth digit in the assigned ranges."""
    digits = digits_of(text)
    if len(digits) != 9 or digits[0] != "9":
        return False
    group = int(digits[3:5])
    return 50 <= group <= 65 or 70 <= group <= 88 or 90 <= group <= 92 or 94 <= group <= 99


def verhoeff_ok(digits: str) -> bool:
    """The Verhoeff check of Indian Aadhaar numbers."""
    check = 0
    for position, char in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[position % 8][int(char)])])
    return check == 0


def aadhaar_ok(text: str) -> bool:
    """India: twelve digits, first 2–9, Verhoeff."""
    digits = digits_of(text)
    return len(digits) == 12 and digits[0] >= "2" and len(set(digits)) > 2 and verhoeff_ok(digits)


def nhs_ok(text: str) -> bool:
    """United Kingdom: an NHS number (mod 11)."""
    digits = digits_of(text)
    if len(digits) != 10 or len(set(digits)) < 3:
        return False
    total = sum(int(char) * (10 - place) for place, char in enumerate(digits[:9]))
    return (11 - total % 11) % 11 == int(digits[9])


def bsn_ok(text: str) -> bool:
    """Netherlands: a BSN (the eleven test)."""
    digits = digits_of(text)
    if len(digits) != 9 or len(set(digits)) < 3:
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 11 == 0


def cpf_ok(text: str) -> bool:
    """Brazil: a CPF with its two check digits."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) < 2:
        return False
    for length in (9, 10):
        total = sum(int(char) * (length + 1 - place) for place, char in enumerate(digits[:length]))
        if total * 10 % 11 % 10 != int(digits[length]):
            return False
    return True


def dni_ok(text: str) -> bool:
    """Spain: a DNI or NIE with its letter."""
    compact = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    if len(compact) != 9:
        return False
    number = compact[:8].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == compact[8]


def insee_ok(text: str) -> bool:
    """France: a social security number with its key (mod 97)."""
    compact = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    if len(compact) != 15:
        return False
    body = compact[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and compact[13:].isdigit() and 97 - int(body) % 97 == int(compact[13:])


def codice_fiscale_ok(text: str) -> bool:
    """Italy: a codice fiscale with its check letter."""
    code = text.upper()
    odd = "BAKPLCQDREVOSFTGUHMINJWZYX"
    total = 0
    for place, char in enumerate(code[:15]):
        number = int(char) if char.isdigit() else ord(char) - 65
        total += odd.index(chr(65 + number)) if place % 2 == 0 else number
    return len(code) == 16 and chr(65 + total % 26) == code[15]


def pesel_ok(text: str) -> bool:
    """Poland: a PESEL."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) < 3:
        return False
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    return sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 10 == 0


def steuer_id_ok(text: str) -> bool:
    """Germany: a tax identification number (ISO 7064 mod 11,10)."""
    digits = digits_of(text)
    if len(digits) != 11 or digits[0] == "0":
        return False
    product = 10
    for char in digits[:10]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def personnummer_ok(text: str) -> bool:
    """Sweden: a personnummer (Luhn over the last ten digits)."""
    digits = digits_of(text)[-10:]
    return len(digits) == 10 and 1 <= int(digits[2:4]) <= 12 and luhn_ok(digits)


def sin_ok(text: str) -> bool:
    """Canada: a social insurance number."""
    digits = digits_of(text)
    return len(digits) == 9 and digits[0] not in "08" and len(set(digits)) > 2 and luhn_ok(digits)


def tfn_ok(text: str) -> bool:
    """Australia: a tax file number."""
    digits = digits_of(text)
    if len(digits) != 9 or len(set(digits)) < 3:
        return False
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    return sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 11 == 0


def belgian_number_ok(text: str) -> bool:
    """Belgium: a national register number (97 minus mod 97; from 2000 on with a 2 in front)."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) < 3:
        return False
    body, check = digits[:9], int(digits[9:])
    return check in (97 - int(body) % 97, 97 - int("2" + body) % 97)


def fodselsnummer_ok(text: str) -> bool:
    """Norway: a birth number with its two check digits."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) < 3:
        return False
    first = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0)
    second = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
    return all(
        sum(int(char) * weight for char, weight in zip(digits, weights, strict=True)) % 11 == 0
        for weights in (first, second)
    )


def ahv_ok(text: str) -> bool:
    """Switzerland: an AHV number (756, and the check digit of EAN-13)."""
    digits = digits_of(text)
    if len(digits) != 13 or not digits.startswith("756"):
        return False
    return sum(int(char) * (3 if at % 2 else 1) for at, char in enumerate(digits)) % 10 == 0


def henkilotunnus_ok(text: str) -> bool:
    """Finland: a personal identity code with its control character."""
    code = text.strip().upper()
    digits = digits_of(code[:10])
    if len(code) != 11 or len(digits) != 9 or not 1 <= int(digits[2:4]) <= 12:
        return False
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(digits) % 31] == code[10]


def chinese_id_ok(text: str) -> bool:
    """China: a resident identity number (ISO 7064 mod 11-2)."""
    code = text.strip().upper()
    if len(code) != 18 or not code[:17].isdigit():
        return False
    total = sum(int(char) * pow(2, 17 - at, 11) for at, char in enumerate(code[:17]))
    return "10X98765432"[total % 11] == code[17]


def south_african_id_ok(text: str) -> bool:
    """South Africa: thirteen digits that begin with a date of birth, Luhn."""
    digits = digits_of(text)
    if len(digits) != 13 or not (1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31):
        return False
    return digits[10] in "012" and luhn_ok(digits)


def tckn_ok(text: str) -> bool:
    """Turkey: an identity number with its two check digits."""
    digits = [int(char) for char in digits_of(text)]
    if len(digits) != 11 or digits[0] == 0:
        return False
    tenth = (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def rrn_ok(text: str) -> bool:
    """South Korea: a resident registration number."""
    digits = digits_of(text)
    if len(digits) != 13 or not (1 <= int(digits[2:4]) <= 12 and 1 <= int(digits[4:6]) <= 31):
        return False
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(int(char) * weight for char, weight in zip(digits[:12], weights, strict=True))
    return (11 - total % 11) % 10 == int(digits[12])


def nric_ok(text: str) -> bool:
    """Singapore: an identity or foreign identification number with its letter."""
    code = text.strip().upper()
    if len(code) != 9 or not code[1:8].isdigit():
        return False
    weights = (2, 7, 6, 5, 4, 3, 2)
    total = sum(int(char) * weight for char, weight in zip(code[1:8], weights, strict=True))
    total += 4 if code[0] in "TG" else 0
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "F": "XWUTRQPNMLK", "G": "XWUTRQPNMLK"}
    return letters.get(code[0], " " * 11)[total % 11] == code[8]


def my_number_ok(text: str) -> bool:
    """Japan: an individual number of twelve digits."""
    digits = digits_of(text)
    if len(digits) != 12 or len(set(digits)) < 3:
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(int(char) * weight for char, weight in zip(digits[:11], weights, strict=True)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11])


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(char) * weight for char, weight in zip(digits, weights, strict=False))


def plain_luhn_ok(text: str) -> bool:
    """Israel, Greece: Luhn over all digits."""
    digits = digits_of(text)
    return len(set(digits)) > 2 and luhn_ok(digits)


def svnr_ok(text: str) -> bool:
    """Austria: a social security number; the fourth digit checks the others."""
    digits = digits_of(text)
    if len(digits) != 10 or digits[0] == "0":
        return False
    return _weighted(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(digits[3])


def rvnr_ok(text: str) -> bool:
    """Germany: a pension insurance number; its letter counts as two digits."""
    code = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    if len(code) != 12 or not code[8].isalpha() or not (code[:8] + code[9:]).isdigit():
        return False
    digits = f"{code[:8]}{ord(code[8]) - 64:02d}{code[9:11]}"
    products = (
        int(char) * weight
        for char, weight in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)
    )
    return sum(sum(divmod(product, 10)) for product in products) % 10 == int(code[11])


def rut_ok(text: str) -> bool:
    """Chile: a RUT (mod 11, K for ten)."""
    code = "".join(char for char in text.upper() if char.isascii() and char.isalnum())
    body, check = code[:-1], code[-1:]
    if not 7 <= len(body) <= 8 or not body.isdigit():
        return False
    total = sum(int(char) * (2 + place % 6) for place, char in enumerate(reversed(body)))
    return "0123456789K0"[11 - total % 11] == check


def rodne_cislo_ok(text: str) -> bool:
    """Czechia and Slovakia: a birth number of ten digits, divisible by eleven."""
    digits = digits_of(text)
    if len(digits) != 10 or not 1 <= int(digits[2:4]) % 50 % 20 <= 12:
        return False
    return int(digits) % 11 == 0 or (int(digits[:9]) % 11 == 10 and digits[9] == "0")


def cnp_ok(text: str) -> bool:
    """Romania: a personal numeric code."""
    digits = digits_of(text)
    if len(digits) != 13:
        return False
    rest = _weighted(digits[:12], (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return (1 if rest == 10 else rest) == int(digits[12])


def inn_ok(text: str) -> bool:
    """Russia: a taxpayer number of a person, with two check digits."""
    digits = digits_of(text)
    if len(digits) != 12:
        return False
    first = _weighted(digits[:10], (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    second = _weighted(digits[:11], (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)) % 11 % 10
    return (first, second) == (int(digits[10]), int(digits[11]))


def snils_ok(text: str) -> bool:
    """Russia: a pension insurance number."""
    digits = digits_of(text)
    if len(digits) != 11:
        return False
    total = _weighted(digits[:9], (9, 8, 7, 6, 5, 4, 3, 2, 1)) % 101
    return total % 100 == int(digits[9:])


def ppsn_ok(text: str) -> bool:
    """Ireland: a personal public service number."""
    code = text.strip().upper()
    total = _weighted(code[:7], (8, 7, 6, 5, 4, 3, 2))
    second = code[8:9]
    total += 9 * (ord(second) - 64) if second and second != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == code[7]


def ird_ok(text: str) -> bool:
    """New Zealand: an IRD number."""
    digits = digits_of(text).rjust(9, "0")
    for weights in ((3, 2, 7, 6, 5, 4, 3, 2), (7, 4, 3, 2, 5, 2, 7, 6)):
        rest = _weighted(digits[:8], weights) % 11
        check = 0 if rest == 0 else 11 - rest
        if check < 10:
            return len(digits) == 9 and check == int(digits[8])
    return False


def nif_ok(text: str) -> bool:
    """Portugal: a taxpayer number."""
    digits = digits_of(text)
    rest = _weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return len(digits) == 9 and (0 if rest < 2 else 11 - rest) == int(digits[8])


def taj_ok(text: str) -> bool:
    """Hungary: a social security number."""
    digits = digits_of(text)
    return len(digits) == 9 and _weighted(digits[:8], (3, 7) * 4) % 10 == int(digits[8])


def egn_ok(text: str) -> bool:
    """Bulgaria: a unified civil number."""
    digits = digits_of(text)
    total = _weighted(digits[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6))
    return len(digits) == 10 and total % 11 % 10 == int(digits[9])


def isikukood_ok(text: str) -> bool:
    """Estonia and Lithuania: a personal code."""
    digits = digits_of(text)
    if len(digits) != 11:
        return False
    rest = _weighted(digits[:10], (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if rest == 10:
        rest = _weighted(digits[:10], (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11
    return rest % 10 == int(digits[10])


def thai_id_ok(text: str) -> bool:
    """Thailand: a citizen's number of thirteen digits."""
    digits = digits_of(text)
    if len(digits) != 13 or len(set(digits)) < 3:
        return False
    total = _weighted(digits[:12], (13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2))
    return (11 - total % 11) % 10 == int(digits[12])


def cuil_ok(text: str) -> bool:
    """Argentina: a CUIL or CUIT."""
    digits = digits_of(text)
    if len(digits) != 11:
        return False
    check = 11 - _weighted(digits[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return {11: 0, 10: 9}.get(check, check) == int(digits[10])


def taiwan_id_ok(text: str) -> bool:
    """Taiwan: a national identification number; its letter counts as two digits."""
    number = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    total = number // 10 + number % 10 * 9 + _weighted(text[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))
    return total % 10 == 0


def cedula_ok(text: str) -> bool:
    """Uruguay: an identity card with its check digit."""
    digits = digits_of(text)
    if len(digits) != 8:
        return False
    return -_weighted(digits[:7], (2, 9, 8, 7, 6, 3, 4)) % 10 == int(digits[7])


def nss_ok(text: str) -> bool:
    """Spain: a social security number (mod 97)."""
    digits = digits_of(text)
    if len(digits) != 12:
        return False
    number = int(digits[:10]) if digits[2] != "0" else int(digits[:2] + digits[3:10])
    return number % 97 == int(digits[10:])


def base58check_ok(text: str) -> bool:
    """Bitcoin's addresses, keys and extended keys: four octets of double SHA-256 at the end."""
    if not 25 <= len(text) <= 120:
        return False
    number = 0
    for char in text:
        digit = _BASE58.find(char)
        if digit < 0:
            return False
        number = number * 58 + digit
    zeros = len(text) - len(text.lstrip("1"))
    octets = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, check = octets[:-4], octets[-4:]
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check


def base62_crc32(text: str) -> str:
    """The CRC-32 of `text` in six characters of `0-9A-Za-z`, the most significant first."""
    number = zlib.crc32(text.encode())
    out = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        out = BASE62[rest] + out
    return out


def github_checksum_ok(token: str) -> bool:
    """A classic GitHub token: the last six characters are the CRC-32 of the thirty before them."""
    body = token.partition("_")[2]
    return len(body) == 36 and base62_crc32(body[:30]) == body[30:]
