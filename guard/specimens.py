"""Made-up secrets for examples: right in shape, drawn from a hash, never anyone's.

Templates keep token-shaped strings out of the source, where other scanners would find them:
`{b36}` becomes 36 base-62 characters, `{h32}` lower-case hex, `{u16}` capitals and digits, `{d10}`
digits, `{s40}` base64 characters, `{l20}` lower-case letters and digits.
"""

import hashlib
import re
from typing import Final

from guard.checksums import BASE62, base62_crc32

_ALPHABETS: Final = {
    "b": BASE62,
    "h": "0123456789abcdef",
    "u": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "d": "0123456789",
    "s": BASE62 + "+/",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
}
_SLOT: Final = re.compile(r"\{([bhudsl])([0-9]{1,3})\}")


def fill(template: str, salt: str = "") -> str:
    """The template with its slots filled; the same for the same template and salt."""
    return _SLOT.sub(
        lambda slot: draw(slot[1], int(slot[2]), f"{salt}|{template}|{slot.start()}"), template
    )


def draw(alphabet: str, length: int, seed: str) -> str:
    """`length` characters of one of the alphabets, derived from `seed` alone."""
    chars = _ALPHABETS[alphabet]
    octets = b""
    counter = 0
    while len(octets) < length:
        octets += hashlib.sha256(f"{seed}|{counter}".encode()).digest()
        counter += 1
    return "".join(chars[octet % len(chars)] for octet in octets[:length])


def own_key(role: str, salt: str = "") -> str:
    """A key in this server's format with a right check sum."""
    body = f"cs_{role}_" + draw("b", 32, f"own|{role}|{salt}")
    return body + base62_crc32(body)


def github_token(salt: str = "") -> str:
    """A classic GitHub token with a right check sum."""
    body = draw("b", 30, f"github|{salt}")
    return f"ghp_{body}{base62_crc32(body)}"
