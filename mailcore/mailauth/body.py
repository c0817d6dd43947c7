"""Hashing a message body in its two canonical forms (RFC 6376 §3.4.3, §3.4.4).

Linear whatever the body is, in pieces, without a second copy of it. Octets are taken as they are:
a lone CR or LF is no line end here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

_PIECE_OCTETS: Final = 1024 * 1024
_CRLF: Final = b"\r\n"


class Canonical(StrEnum):
    """The canonicalization algorithms of `c=`."""

    SIMPLE = "simple"
    RELAXED = "relaxed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyHash:
    """SHA-256 over the canonical body or its beginning, and the octets of the whole of it."""

    digest: bytes
    size_bytes: int


def hash_body(
    raw: bytes,
    start: int,
    algorithm: Canonical,
    limit_bytes: int | None = None,
    *,
    piece_octets: int = _PIECE_OCTETS,
) -> BodyHash:
    """The hash of the body that begins at `start`; only over `limit_bytes` with `l=`."""
    hasher = sha256()
    size = 0
    for piece in _canonical(_pieces(raw, start, piece_octets), algorithm):
        room = len(piece) if limit_bytes is None else max(limit_bytes - size, 0)
        hasher.update(piece[:room] if room < len(piece) else piece)
        size += len(piece)
    return BodyHash(digest=hasher.digest(), size_bytes=size)


def _canonical(pieces: Iterator[bytes], algorithm: Canonical) -> Iterator[bytes]:
    """Pieces of the canonical body. Line ends are held back until something follows them."""
    is_empty = True
    held = 0
    for piece in pieces:
        text = _relax(piece) if algorithm is Canonical.RELAXED else piece
        lines = _trailing_line_ends(text)
        if core := text[: len(text) - 2 * lines] if lines else text:
            if held:
                yield _CRLF * held
            yield core
            is_empty = False
            held = 0
        held += lines
    if not is_empty or algorithm is Canonical.SIMPLE:
        yield _CRLF


def _pieces(raw: bytes, start: int, octets: int) -> Iterator[bytes]:
    """The body cut behind line ends."""
    while start < len(raw):
        end = len(raw)
        if end - start > octets:
            cut = raw.rfind(_CRLF, start, start + octets)
            if cut < 0:
                cut = raw.find(_CRLF, start)
            end = cut + 2 if cut >= 0 else end
        yield raw[start:end]
        start = end


def _relax(text: bytes) -> bytes:
    """Runs of white space become one space, at line ends they vanish."""
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    if b" \r\n" in text:
        text = text.replace(b" \r\n", _CRLF)
    return text.removesuffix(b" ")


def _trailing_line_ends(text: bytes) -> int:
    """How many CRLF stand at the end."""
    if not text.endswith(_CRLF):
        return 0
    tail_start = len(text.rstrip(_CRLF))
    broken = max(text.rfind(b"\r\r", tail_start), text.rfind(b"\n\n", tail_start))
    first = broken + 1 if broken >= 0 else tail_start
    return (len(text) - first) // 2
