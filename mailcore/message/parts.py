"""The MIME tree of one message as offsets into its octets, and the octets each IMAP section means.

Plain data with questions about it; `structure.scan` makes it, `bodystructure` renders it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from mailcore.message.params import Params, parameter

_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entity. Offsets count from the start of the scanned octets.

    Header: `header_start` to `body_start`, empty line included; body: `body_start` to `body_end`.
    `section` is empty for the root; the message inside a message/rfc822 part has the section of
    that part when it is a multipart, else that section and `.1`. `lines` counts for text and
    embedded messages only. `envelope` is the ready IMAP envelope of an embedded message.
    `content_id`, `description`, `md5`, `language` and `location` are as written, unfolded.
    """

    section: str
    content_type: str
    params: Params = ()
    encoding: str = "7bit"
    disposition: str = ""
    disposition_params: Params = ()
    content_id: str = ""
    description: str = ""
    md5: str = ""
    language: str = ""
    location: str = ""
    header_start: int = 0
    body_start: int = 0
    body_end: int = 0
    lines: int = 0
    envelope: bytes = b""
    children: tuple["Part", ...] = ()

    @property
    def is_multipart(self) -> bool:
        """Whether the children are the parts of a multipart."""
        return bool(self.children) and self.content_type.startswith("multipart/")

    @property
    def is_message(self) -> bool:
        """Whether the one child is an embedded message whose inside is known."""
        return bool(self.children) and self.content_type.startswith("message/")

    @property
    def size_bytes(self) -> int:
        """Octets of the body as transferred."""
        return self.body_end - self.body_start

    @property
    def charset(self) -> str:
        """The charset parameter, or empty."""
        return parameter(self.params, "charset")

    @property
    def filename(self) -> str:
        """The decoded file name without path separators, or empty (RFC 2183 §2.3)."""
        name = parameter(self.disposition_params, "filename") or parameter(self.params, "name")
        return name.replace("/", "_").replace("\\", "_").strip()

    def walk(self) -> Iterator["Part"]:
        """This part and everything below it, in document order."""
        pending = [self]
        while pending:
            part = pending.pop()
            yield part
            pending.extend(reversed(part.children))


class Piece(StrEnum):
    """The text specifiers of FETCH BODY[…] (RFC 9051 §6.4.5)."""

    ALL = ""
    HEADER = "HEADER"
    TEXT = "TEXT"
    MIME = "MIME"


def section(part: Part, numbers: Sequence[int]) -> Part | None:
    """The part that the section numbers name, counted from the root `part`, or None.

    A message that is no multipart has its body as part 1; the numbers after a message/rfc822 part
    are those of the message inside it (RFC 9051 §6.4.5).
    """
    current, is_top = part, True
    for number in numbers:
        if not is_top and current.is_message:
            current, is_top = current.children[0], True
        if current.is_multipart:
            if not 1 <= number <= len(current.children):
                return None
            current = current.children[number - 1]
        elif number != 1 or not is_top:
            return None
        is_top = False
    return current


def span(root: Part, numbers: Sequence[int], piece: Piece = Piece.ALL) -> tuple[int, int] | None:
    """The octets (start, end) of `BODY[numbers.piece]`, or None when there is no such section."""
    found = section(root, numbers)
    if found is None:
        return None
    if not numbers:
        return _message_span(found, piece)
    if piece is Piece.ALL:
        return found.body_start, found.body_end
    if piece is Piece.MIME:
        return found.header_start, found.body_start
    return _message_span(found.children[0], piece) if found.is_message else None


def _message_span(message: Part, piece: Piece) -> tuple[int, int] | None:
    if piece is Piece.HEADER:
        return message.header_start, message.body_start
    if piece is Piece.TEXT:
        return message.body_start, message.body_end
    return (message.header_start, message.body_end) if piece is Piece.ALL else None


def numbers_of(text: str) -> tuple[int, ...]:
    """`1.2` as (1, 2); empty for anything that is no section number."""
    pieces = text.split(".") if text else []
    if not all(piece.isascii() and piece.isdecimal() and len(piece) < 6 for piece in pieces):
        return ()
    return tuple(int(piece) for piece in pieces)


type _Packed = list[object]


def dump(part: Part) -> bytes:
    """The tree as compact JSON for `MessageFacts.parts`."""
    return orjson.dumps([_VERSION, _pack(part)])


def load(stored: bytes) -> Part:
    """The inverse of `dump`. Raises ValueError for octets that `dump` did not make."""
    match orjson.loads(stored):
        case [1, list(packed)]:
            return _unpack(packed)
        case _:
            raise ValueError("not a stored part tree")


def _pack(part: Part) -> _Packed:
    packed: _Packed = [
        part.section,
        part.content_type,
        part.header_start,
        part.body_start,
        part.body_end,
        part.lines,
        part.encoding,
        part.params,
        part.disposition,
        part.disposition_params,
        [_pack(child) for child in part.children],
        part.content_id,
        part.description,
        part.md5,
        part.language,
        part.location,
        part.envelope.decode("latin-1"),
    ]
    while packed[-1] == "":
        packed.pop()
    return packed


_TAIL: Final = 11


def _unpack(packed: list[object]) -> Part:
    match packed[:_TAIL], [*packed[_TAIL:], *([""] * 6)][:6]:
        case (
            [
                str(number),
                str(content_type),
                int(header_start),
                int(body_start),
                int(body_end),
                int(lines),
                str(encoding),
                list(params),
                str(disposition),
                list(disposition_params),
                list(children),
            ],
            [str(cid), str(description), str(md5), str(language), str(location), str(envelope)],
        ):
            return Part(
                section=number,
                content_type=content_type,
                params=_unpack_params(params),
                encoding=encoding,
                disposition=disposition,
                disposition_params=_unpack_params(disposition_params),
                content_id=cid,
                description=description,
                md5=md5,
                language=language,
                location=location,
                header_start=header_start,
                body_start=body_start,
                body_end=body_end,
                lines=lines,
                envelope=envelope.encode("latin-1"),
                children=tuple(_unpack(child) for child in children),
            )
        case _:
            raise ValueError("not a stored part")


def _unpack_params(pairs: list[list[str]]) -> Params:
    return tuple((name, value) for name, value in pairs)
