"""Mailbox names between Unicode and modified UTF-7 (RFC 3501 §5.1.3), both ways.

Only the one canonical form of a name is accepted, so two spellings can never name one mailbox.
"""

import base64
import binascii
import re
from typing import Final

_SHIFTED: Final = re.compile(rb"&([^-]*+)-")
_DIRECT: Final = re.compile(rb"[ -~]*+")
_RUNS: Final = re.compile(r"[^ -~]+|&")


def encode(name: str) -> bytes:
    """The modified UTF-7 form of `name`. Raises ValueError when a surrogate stands alone in it."""
    return _RUNS.sub(_shift, name).encode("ascii")


def _shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    try:
        utf16 = match[0].encode("utf-16-be")
    except UnicodeEncodeError as error:
        raise ValueError("a surrogate stands alone") from error
    text = base64.b64encode(utf16, b"+,").rstrip(b"=")
    return f"&{text.decode('ascii')}-"


def decode(octets: bytes) -> str:
    """The name that `octets` encode. Raises ValueError unless they are its canonical form."""
    if not _DIRECT.fullmatch(octets):
        raise ValueError("a mailbox name is modified UTF-7, in ASCII")
    pieces: list[str] = []
    position = 0
    for match in _SHIFTED.finditer(octets):
        pieces.append(octets[position : match.start()].decode("ascii"))
        pieces.append(_unshift(match[1]))
        position = match.end()
    pieces.append(octets[position:].decode("ascii"))
    name = "".join(pieces)
    if encode(name) != octets:
        raise ValueError("this is not the canonical modified UTF-7 of any mailbox name")
    return name


def _unshift(text: bytes) -> str:
    if not text:
        return "&"
    padded = text + b"=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, b"+,", validate=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("a shifted sequence of a mailbox name is broken") from error
