"""Content-Type and Content-Disposition values: the main word and its parameters (RFC 2045 §5.1).

Parameters are kept as written; `parameter` joins and decodes one of them (RFC 2231, RFC 2047).
Linear and bounded for any input.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from mailcore.message.charsets import decode_charset
from mailcore.message.words import decode_words

type Params = tuple[tuple[str, str], ...]

MAX_PARAMS: Final = 200
_MAX_VALUE: Final = 64 * 1024
_CACHED: Final = 200

_TYPE = re.compile(
    r"[ \t]*+([!#-'*+\-.0-9A-Z^_`a-z{|}~]++)[ \t]*+/[ \t]*+([!#-'*+\-.0-9A-Z^_`a-z{|}~]++)"
)
_WORD = re.compile(r"[ \t]*+([!#-'*+\-.0-9A-Z^_`a-z{|}~]++)")
_PARAM = re.compile(
    r'[ \t]*+([^\s=;"]++)[ \t]*+=[ \t]*+(?:"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)|([^;]*+))'
)
_ESCAPED = re.compile(r"\\(.)")
_SEGMENT = re.compile(r"([^*]+)\*([0-9]{1,4})(\*?)")

UNTYPED: Final[Params] = (("charset", "us-ascii"),)
"""What a part without a Content-Type has (RFC 2045 §5.2)."""


def parse_content_type(value: str | None) -> tuple[str, Params]:
    """(`type/subtype` in lower case, parameters); what cannot be read is plain text."""
    if value is None:
        return "text/plain", UNTYPED
    return _short_content_type(value) if len(value) <= _CACHED else _content_type(value)


def parse_disposition(value: str | None) -> tuple[str, Params]:
    """(disposition in lower case, parameters); empty when there is none (RFC 2183 §2)."""
    if not value:
        return "", ()
    return _short_disposition(value) if len(value) <= _CACHED else _disposition(value)


def _content_type(value: str) -> tuple[str, Params]:
    match = _TYPE.match(value)
    if match is None:
        return "text/plain", _params(value[:_MAX_VALUE], value.find(";")) or UNTYPED
    params = _params(value[:_MAX_VALUE], value.find(";", match.end()))
    return f"{match[1]}/{match[2]}".lower(), params


def _disposition(value: str) -> tuple[str, Params]:
    match = _WORD.match(value)
    word = match[1].lower() if match else "attachment"
    return word, _params(value[:_MAX_VALUE], value.find(";"))


_short_content_type = lru_cache(maxsize=1024)(_content_type)
_short_disposition = lru_cache(maxsize=1024)(_disposition)


def _params(value: str, position: int) -> Params:
    found: list[tuple[str, str]] = []
    while position >= 0 and len(found) < MAX_PARAMS:
        match = _PARAM.match(value, position + 1)
        if match is None:
            position = value.find(";", position + 1)
            continue
        quoted, plain = match[2], match[3]
        if quoted is None:
            text = plain.strip()
        else:
            text = _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
        found.append((match[1].lower(), text))
        position = value.find(";", match.end())
    return tuple(found)


def parameter(params: Params, name: str) -> str:
    """The decoded value of `name`, its RFC 2231 pieces joined; empty when absent."""
    plain = ""
    segments: dict[int, tuple[str, bool]] = {}
    for key, value in params:
        if key == f"{name}*":
            return _extended(value)
        if key == name:
            plain = plain or value
        elif key.startswith(name) and (match := _SEGMENT.fullmatch(key)) and match[1] == name:
            segments.setdefault(int(match[2]), (value, bool(match[3])))
    if segments:
        return _joined(segments)
    return decode_words(plain) if plain else ""


def _extended(value: str) -> str:
    charset, first, rest = value.partition("'")
    _, second, encoded = rest.partition("'")
    if not first or not second:
        return decode_words(decode_charset(unquote_to_bytes(value), ""))
    return decode_words(decode_charset(unquote_to_bytes(encoded), charset))


def _joined(segments: dict[int, tuple[str, bool]]) -> str:
    """Pieces in the order of their numbers up to the first gap (RFC 2231 §3 and §4.1)."""
    charset = ""
    octets: list[bytes] = []
    for number in range(len(segments)):
        if number not in segments:
            break
        value, is_encoded = segments[number]
        if number == 0 and is_encoded and value.count("'") >= 2:
            charset, _, rest = value.partition("'")
            value = rest.partition("'")[2]
        octets.append(unquote_to_bytes(value) if is_encoded else value.encode("utf-8", "replace"))
    return decode_words(decode_charset(b"".join(octets), charset))
