"""Different characters that read the same, made the same. Linear; never raises.

`plain` keeps every script and removes disguise: invisible characters, compatibility forms
(full-width, mathematical, circled), foreign digits, accents on Latin and Greek letters, odd spaces,
dashes and quotes. `latin` then maps letters of other scripts that look Latin. Not Unicode
normalization: characters are mapped one by one, so that long runs of combining marks cost nothing.
"""

import unicodedata
from collections.abc import Sequence
from typing import Final

from mailcore.message.lookalikes import LOOKALIKES, SPECIAL

_CACHE_LIMIT: Final = 70_000
_EXPANSION_LIMIT: Final = 18

_IS_INVISIBLE: Final = frozenset(
    {
        *(
            0xAD,
            0x34F,
            0x61C,
            0x115F,
            0x1160,
            0x17B4,
            0x17B5,
            0x180E,
            0x2800,
            0x3164,
            0xFEFF,
            0xFFA0,
        ),
        *range(0x180B, 0x180E),
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xFFF9, 0xFFFC),
        *range(0xE0000, 0xE0080),
        *range(0xE0100, 0xE01F0),
    }
)

_CONTROLS: Final = bytes(range(9)) + bytes(range(14, 32)) + b"\x7f"
_SPACES: Final = bytes.maketrans(b"\r\x0b\x0c", b"\n  ")


def is_invisible(code: int) -> bool:
    """Whether the code point shows nothing and may stand anywhere inside a word."""
    return code in _IS_INVISIBLE


class _Folding(dict[int, str]):
    """Code point → what it folds to, filled as code points are met, bounded."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        if len(self) < _CACHE_LIMIT:
            self[code] = folded
        return folded


def plain(text: str) -> str:
    """The text without disguise: line ends are LF, control characters are gone."""
    if not text.isascii():
        text = text.translate(_FOLDING)
    octets = text.encode("utf-8", "replace").replace(b"\r\n", b"\n")
    return octets.translate(_SPACES, _CONTROLS).decode("utf-8", "replace")


def plain_with_origins(text: str) -> tuple[bytes, Sequence[int]]:
    """`plain` as UTF-8, and for each of its octets the index of the character it came from."""
    octets = text.encode("utf-8", "replace")
    if text.isascii() and octets.translate(_SPACES, _CONTROLS) == octets:
        return octets, range(len(octets))
    out = bytearray()
    origins: list[int] = []
    for index, char in enumerate(text):
        if char == "\r" and text[index + 1 : index + 2] == "\n":
            continue
        folded = plain(char).encode()
        out += folded
        origins.extend([index] * len(folded))
    return bytes(out), origins


def latin(text: str) -> str:
    """`plain` text with letters of other scripts that look Latin turned into Latin ones."""
    return text if text.isascii() else text.translate(LOOKALIKES)


def _fold(char: str) -> str:
    special = SPECIAL.get(char)
    if special is not None:
        return special
    code = ord(char)
    if code < 0x80:
        return char
    if code in _IS_INVISIBLE or 0x300 <= code <= 0x36F or 0xD800 <= code <= 0xDFFF:
        return ""
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category == "Pd":
        return "-"
    if category == "Cc":
        return ""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return "".join(_base(part) for part in unicodedata.normalize("NFKC", char)[:_EXPANSION_LIMIT])


def _base(char: str) -> str:
    """A Latin or Greek letter without its accents; anything else as it is."""
    if char in SPECIAL:
        return SPECIAL[char]
    if not (0xC0 <= ord(char) <= 0x3FF or 0x1E00 <= ord(char) <= 0x1FFF):
        return char
    first = unicodedata.normalize("NFKD", char)[0]
    return SPECIAL.get(first, first)


_FOLDING: Final = _Folding()
