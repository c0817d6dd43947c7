"""Content-Transfer-Encoding: octets as transferred to octets as meant (RFC 2045 §6).

Tolerant: what is damaged is decoded as far as it goes, and nothing raises. Base64 goes on after
padding, as some readers do, so that no reader sees more than we do.
"""

import binascii
import re
from typing import Final

_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_MAX_SEGMENTS: Final = 1000
_EXACT_UP_TO: Final = 64 * 1024
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} [^\n]*\n", re.MULTILINE)


def decode_body(raw_part: bytes, encoding: str) -> bytes:
    """`raw_part` without its transfer encoding; unknown encodings change nothing."""
    word = encoding.strip().lower()
    if word == "base64":
        return _base64(raw_part)
    if word == "quoted-printable":
        return binascii.a2b_qp(raw_part)
    if word in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _uudecode(raw_part)
    return raw_part


def decoded_size(raw_part: bytes, encoding: str) -> int:
    """The length of `decode_body`, for large base64 without decoding it."""
    if encoding != "base64" or len(raw_part) <= _EXACT_UP_TO:
        return len(decode_body(raw_part, encoding))
    end = raw_part.find(b"=", 0, len(raw_part) - 8)
    if end >= 0:
        return len(_base64(raw_part))
    tail = raw_part[-8:].translate(None, _NOT_BASE64)
    lines = raw_part.count(b"\n") + raw_part.count(b"\r")
    if raw_part.count(b" ") or raw_part.count(b"\t"):
        return len(_base64(raw_part))
    return (len(raw_part) - lines - tail.count(b"=")) * 3 // 4


def _base64(raw_part: bytes) -> bytes:
    padding = raw_part.find(b"=")
    if padding < 0 or not raw_part[padding:].strip(b"=\r\n \t"):
        return _segment(raw_part)
    segments = re.split(rb"=[=\s]*", raw_part, maxsplit=_MAX_SEGMENTS)
    return b"".join([_segment(segment) for segment in segments])


def _segment(segment: bytes) -> bytes:
    """One run of base64; a lone last character carries less than an octet and is dropped."""
    try:
        return binascii.a2b_base64(segment + b"==")
    except binascii.Error:
        letters = segment.translate(None, _NOT_BASE64).replace(b"=", b"")
        return binascii.a2b_base64(letters[: len(letters) // 4 * 4])


def _uudecode(raw_part: bytes) -> bytes:
    begin = _UU_BEGIN.search(raw_part)
    if begin is None:
        return raw_part
    out: list[bytes] = []
    for line in raw_part[begin.end() :].split(b"\n"):
        stripped = line.rstrip(b"\r")
        if stripped == b"end" or stripped in (b"", b"`", b" "):
            break
        out.append(_uu_line(stripped))
    return b"".join(out)


def _uu_line(line: bytes) -> bytes:
    """One line; a count far beyond what the line holds would make octets out of nothing."""
    needed = (((line[0] - 32) & 63) * 4 + 2) // 3
    if len(line) - 1 < needed // 2:
        return b""
    try:
        return binascii.a2b_uu(line[: needed + 1])
    except binascii.Error:
        return b""
