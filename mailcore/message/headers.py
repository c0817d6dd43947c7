"""The header of a message: reading fields, and changing it without touching another octet.

Not MIME structure (`structure`) and not composing (`compose`). Reading is tolerant and linear: lone
LF, garbage lines and a first line that begins with white space are taken as they come. `prepend`
and `remove` copy every octet they are not asked about.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, Self

from mailcore.errors import invalid
from mailcore.message.charsets import guess
from mailcore.message.limits import parser_limits
from mailcore.message.mailboxes import parse_mailboxes
from mailcore.message.words import (
    decode_words,
    encode_phrase,
    encode_text,
    refuse_controls,
    unfold,
)
from mailcore.model import MailboxAddress

__all__ = [
    "Headers",
    "body_offset",
    "decode_words",
    "encode_phrase",
    "encode_text",
    "fold",
    "parse_date",
    "parse_mailboxes",
    "parse_message_ids",
    "prepend",
    "remove",
    "replace",
    "split",
]

MAX_MESSAGE_IDS: Final = 200
_MAX_VALUE: Final = 64 * 1024
_FOLD_AT: Final = 78

_END = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_NAME = re.compile(r"[!-9;-~]{1,200}")
_ID = re.compile(r"<([^<>]{1,900}+)>")
_ONE_ID = re.compile(rb"[ \t]*+<([!-;=?-~]{1,900}+)>[ \t]*+")
"""What nearly every Message-ID and In-Reply-To is."""
_ODD = re.compile(r"[\x00-\x20\x7f]+")
_USUAL_DATE = re.compile(
    rb"[ \t]*+(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?"
    rb"([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (2[0-9]{3}) "
    rb"([0-9]{2}):([0-9]{2}):([0-9]{2}) (\+[0-9]{4}|-(?!0000)[0-9]{4})(?: \([A-Z]{1,5}\))?[ \t]*+"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1
    )
}


def split(raw: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """The fields as (name, raw value) in order, and the offset where the body begins.

    A raw value is everything between the colon and the last line end of the field. The header ends
    at the first empty line (RFC 5322 §2.1); without one everything is header. Lines that are no
    field are skipped. When not one line is a field there is no header and the body begins at 0.
    """
    return split_between(raw, 0, len(raw))


def split_between(raw: bytes, start: int, end: int) -> tuple[list[tuple[bytes, bytes]], int]:
    """`split` for the entity in `raw[start:end]`; the offset counts from the start of `raw`."""
    body_start = body_offset(raw, start, end)
    limits = parser_limits()
    head = raw[start : min(body_start, start + limits.header_octets)]
    found = _FIELD.findall(head)[: limits.header_fields]
    fields = [(name, value.removesuffix(b"\r")) for name, value in found]
    if not fields and head not in (b"\r\n", b"\n"):
        return fields, start
    return fields, body_start


def body_offset(raw: bytes, start: int, end: int) -> int:
    """Where the octets after the first empty line of `raw[start:end]` begin, else `end`."""
    first = raw[start : min(start + 2, end)]
    if first == b"\r\n":
        return start + 2
    if first[:1] == b"\n":
        return start + 1
    match = _END.search(raw, start, end)
    return match.end() if match else end


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The fields of one header, names compared without case. Values stay raw until asked for."""

    fields: tuple[tuple[bytes, bytes], ...]
    body_start: int
    _index: dict[bytes, list[bytes]]

    @classmethod
    def read(cls, raw: bytes, start: int = 0, end: int | None = None) -> Self:
        """The header of `raw`, or of the entity at `raw[start:end]`. Never raises."""
        fields, body_start = split_between(raw, start, len(raw) if end is None else end)
        index: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            key = name.lower()
            if key in index:
                index[key].append(value)
            else:
                index[key] = [value]
        return cls(fields=tuple(fields), body_start=body_start, _index=index)

    def raw_all(self, name: str | bytes) -> list[bytes]:
        """Every raw value of `name` in order, with its folding; octets must be lower case."""
        key = name if isinstance(name, bytes) else _key(name)
        return list(self._index.get(key, ()))

    def raw_first(self, name: str) -> bytes | None:
        """The first raw value of `name`."""
        return self.first(_key(name))

    def first(self, key: bytes) -> bytes | None:
        """`raw_first` for a name that is lower-case octets already."""
        values = self._index.get(key)
        return values[0] if values else None

    def get(self, name: str) -> str | None:
        """The first value of `name`, unfolded and with its encoded words decoded."""
        value = self.raw_first(name)
        return None if value is None else decode_words(value[:_MAX_VALUE])

    def all(self, name: str) -> list[str]:
        """Every value of `name`, unfolded and decoded."""
        return [decode_words(value[:_MAX_VALUE]) for value in self.raw_all(name)]

    def undecoded(self, name: str) -> str | None:
        """The first value of `name`, unfolded, its encoded words kept: what syntax is read from."""
        value = self.raw_first(name)
        return None if value is None else guess(unfold(value))

    def mailboxes(self, name: str) -> tuple[MailboxAddress, ...]:
        """The mailboxes of every `name` field, names decoded after the syntax is read."""
        values = self._index.get(_key(name), ())
        if not values:
            return ()
        if len(values) == 1:
            return parse_mailboxes(guess(unfold(values[0])))
        return parse_mailboxes(", ".join(guess(unfold(value)) for value in values))


@lru_cache(maxsize=256)
def _key(name: str) -> bytes:
    return name.lower().encode("ascii", "replace")


def parse_date(value: str | bytes | None) -> datetime | None:
    """The instant of a date-time (RFC 5322 §3.3, obsolete zones too) in its own zone, or None."""
    if value is None:
        return None
    if isinstance(value, bytes) and (usual := _USUAL_DATE.fullmatch(value)):
        return _usual_date(*usual.groups())
    text = guess(unfold(value)) if isinstance(value, bytes) else value
    if not 8 <= len(text) <= 200:
        return None
    try:
        at = parsedate_to_datetime(text)
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        aware.astimezone(UTC)  # raises for instants that UTC cannot express
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return aware


def _usual_date(
    day: bytes, month: bytes, year: bytes, hour: bytes, minute: bytes, second: bytes, zone: bytes
) -> datetime | None:
    """What the library makes of a date as nearly all are written."""
    try:
        return datetime(
            *(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second)),
            tzinfo=_zone(int(zone)),
        )
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _zone(offset: int) -> timezone:
    """The zone of an offset written as hours and minutes."""
    hours, minutes = divmod(abs(offset), 100)
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(shift if offset >= 0 else -shift)


def parse_message_ids(value: str | bytes | None) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References value, without angle brackets.

    At most `MAX_MESSAGE_IDS`: the first, and then the last ones. Ids without brackets are accepted
    when they are words with an `@` (RFC 5322 §4.5.4 and what is seen in practice).
    """
    if not value:
        return ()
    if isinstance(value, bytes) and (one := _ONE_ID.fullmatch(value)):
        return (one[1].decode("ascii"),)
    text = guess(unfold(value)) if isinstance(value, bytes) else value
    found = [_ODD.sub("", match) for match in _ID.findall(text)]
    if not found and "<" not in text:
        found = [word for word in _ODD.split(text) if "@" in word and len(word) <= 900]
    ids = list(dict.fromkeys(one for one in found if one))
    if len(ids) > MAX_MESSAGE_IDS:
        ids = [ids[0], *ids[1 - MAX_MESSAGE_IDS :]]
    return tuple(ids)


def prepend(raw: bytes, fields: Sequence[tuple[str, str]]) -> bytes:
    """`raw` behind the given fields, folded; not one octet of `raw` changes.

    Where `raw` does not begin with a header of its own, what separates ours from it is added: an
    empty line before text without any field, a field for a first line that is a continuation.
    Raises INVALID for a name that is none and for line breaks in a value.
    """
    lines = [fold(name, value) for name, value in fields]
    if raw[:1] in (b" ", b"\t"):
        lines.append(b"X-Malformed-Start: the next line came without a field\r\n")
    elif _is_headerless(raw):
        lines.append(b"\r\n")
    return b"".join([*lines, raw])


def _is_headerless(raw: bytes) -> bool:
    if not raw or raw[:1] == b"\n" or raw[:2] == b"\r\n":
        return False
    return _FIELD.search(raw, 0, body_offset(raw, 0, len(raw))) is None


def remove(raw: bytes, predicate: Callable[[bytes, bytes], bool]) -> bytes:
    """`raw` without the header fields for which `predicate(name, raw value)` is true.

    Whole fields go, with their continuation lines; every other octet stays, garbage lines too.
    """
    kept: list[bytes] = []
    position = 0
    for start, end, name, value in _spans(raw):
        if predicate(name, value):
            kept.append(raw[position:start])
            position = end
    if not kept:
        return raw
    kept.append(raw[position:])
    return b"".join(kept)


def replace(raw: bytes, fields: Mapping[str, str | None]) -> bytes:
    """`raw` with these fields, each where the first of its name stood; None takes a field away.

    What was not there comes first. Every other octet stays. Raises INVALID as `fold` does.
    """
    wanted = {name.lower().encode(): (name, value) for name, value in fields.items()}
    kept: list[bytes] = []
    position = 0
    done: set[bytes] = set()
    for start, end, name, _ in _spans(raw):
        key = name.lower()
        if key not in wanted:
            continue
        kept.append(raw[position:start])
        written, value = wanted[key]
        if key not in done and value is not None:
            kept.append(fold(written, value))
        done.add(key)
        position = end
    kept.append(raw[position:])
    new = [(name, value) for key, (name, value) in wanted.items() if key not in done and value]
    return prepend(b"".join(kept), new) if new else b"".join(kept)


def _spans(raw: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    head_end = body_offset(raw, 0, len(raw))
    for match in _FIELD.finditer(raw, 0, head_end):
        end = min(match.end() + 1, head_end)
        value = match[2]
        yield match.start(), end, match[1], value[:-1] if value[-1:] == b"\r" else value


def fold(name: str, value: str) -> bytes:
    """One field as octets with its CRLF, lines of at most 78 where white space allows.

    Raises INVALID naming the field for a name that is none and for control characters.
    """
    if not _NAME.fullmatch(name):
        raise invalid(f"header {name[:60]!r}", "this is not a header field name")
    refuse_controls(value, f"header {name}")
    line = f"{name}: {value}"
    if len(line) <= _FOLD_AT:
        return f"{line}\r\n".encode()
    is_plain = "  " not in line and "=?" not in line and line[-1] != " "
    if is_plain and 0 < value.find(" ") < _FOLD_AT:
        return _fold_words(line, len(name) + 2).encode()
    lines: list[str] = []
    current: list[str] = [f"{name}:"]
    length, has_word = len(name) + 1, False
    for word in value.split(" "):
        most = _FOLD_AT if has_word else _first_line_limit(word)
        if word and length + 1 + len(word) > most:
            lines.append(" ".join(current))
            current, length = [""], 0
        current.append(word)
        length += len(word) + 1
        has_word = has_word or bool(word)
    lines.append(" ".join(current))
    return ("\r\n".join(lines) + "\r\n").encode()


def _fold_words(line: str, first: int) -> str:
    """A field of words with one space between them; the first word is at `first`."""
    lines: list[str] = []
    start, word = 0, first
    while len(line) - start > _FOLD_AT:
        cut = line.rfind(" ", word, start + _FOLD_AT + 1)
        if cut < 0:
            cut = line.find(" ", max(word, start + _FOLD_AT + 1))
        if cut < 0:
            break
        lines.append(line[start:cut])
        start, word = cut, cut + 1
    lines.append(line[start:])
    return "\r\n".join([*lines, ""])


def _first_line_limit(word: str) -> int:
    """Encoded words keep to 76 (RFC 2047 §2); other words stay beside the field name."""
    return _FOLD_AT if word.startswith("=?") else 900
