"""Octets written as other signs line by line: uuencode, Ascii85, hex dumps, binary digits.

Each has the pattern that finds a run and the function that decodes it. Linear, never raises but
`binascii.Error` and `ValueError`, which say that it was no such run.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

UUENCODED: Final = r"begin [0-7]{3} [^\n]{1,80}\n(?:[ -`]{1,62}\n){1,}"
ASCII85: Final = r"<~[!-uz\s]{20,}~>"
_GROUP: Final = r"(?:[0-9A-Fa-f]{2}){1,2}"
_OFFSET: Final = rf"[0-9A-Fa-f]{{4,8}}:? {{1,3}}{_GROUP}"
HEX_DUMP: Final = (
    rf"(?m)^{_OFFSET}(?: {{1,2}}{_GROUP}){{3,15}}[^\n]{{0,40}}(?:\n{_OFFSET}[^\n]{{0,100}})*"
)
BITS: Final = r"(?:[01]{8}[ ,\n]{0,2}){8,}"

_DUMPED_LINE: Final = re.compile(
    rb"[0-9A-Fa-f]{4,8}:? {1,3}((?:(?:[0-9A-Fa-f]{2}){1,2} {0,2}){1,16})"
)
_OCTETS_OF_A_LINE: Final = 16


def from_uuencode(run: bytes) -> Iterator[bytes]:
    """The file between `begin` and `end` (POSIX uuencode)."""
    pieces: list[bytes] = []
    for line in filter(None, run.split(b"\n")[1:]):
        with suppress(binascii.Error):
            pieces.append(binascii.a2b_uu(line))
    yield b"".join(pieces)


def from_ascii85(run: bytes) -> Iterator[bytes]:
    """What stands between the signs of Adobe's base 85."""
    with suppress(ValueError):
        yield base64.a85decode(run, adobe=True)


def from_hex_dump(run: bytes) -> Iterator[bytes]:
    """The octets of `xxd`, `hexdump -C` and the like, without their offsets and their margin."""
    digits: list[bytes] = []
    for line in run.split(b"\n"):
        found = _DUMPED_LINE.match(line)
        if found:
            digits.append(found[1].replace(b" ", b"")[: _OCTETS_OF_A_LINE * 2])
    whole = b"".join(digits)
    yield binascii.unhexlify(whole[: len(whole) & ~1])


def from_bits(run: bytes) -> Iterator[bytes]:
    """Octets of eight binary digits each."""
    digits = run.translate(None, b" ,\n")
    yield bytes(int(digits[at : at + 8], 2) for at in range(0, len(digits), 8))
