"""`BODY[…]` of one message: which octets of its file a section means, and reading no more than those.

Small sections of a message are read together in one piece; a large one is passed on in chunks, so
that memory does not follow the size of messages.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from imapd.fetch import BodySection, Text
from mailcore.mailboxes import Mailboxes
from mailcore.message.headers import split
from mailcore.message.parts import Part, Piece, load, span
from mailcore.store.ports import FetchRow

CHUNK: Final = 512 * 1024
SMALL: Final = 256 * 1024
NIL: Final = b"NIL"

type Octets = tuple[int, int]

_PIECES: Final = {
    Text.ALL: Piece.ALL,
    Text.HEADER: Piece.HEADER,
    Text.FIELDS: Piece.HEADER,
    Text.FIELDS_NOT: Piece.HEADER,
    Text.TEXT: Piece.TEXT,
    Text.MIME: Piece.MIME,
}


def needs_parts(section: BodySection) -> bool:
    """Whether the part tree must be known to find the section."""
    return bool(section.numbers)


def is_filtered(section: BodySection) -> bool:
    """Whether the answer is made of some header fields only."""
    return section.text in (Text.FIELDS, Text.FIELDS_NOT)


@dataclass(frozen=True, slots=True)
class Located:
    """A section and its octets in the file; None when the message has no such section."""

    section: BodySection
    octets: Octets | None


def locate(row: FetchRow, sections: Sequence[BodySection]) -> list[Located]:
    """Where the sections of a message are, partials applied."""
    root = load(row.parts) if any(needs_parts(one) for one in sections) else None
    return [Located(one, _partial(one, _octets(row, root, one))) for one in sections]


def _octets(row: FetchRow, root: Part | None, section: BodySection) -> Octets | None:
    if section.numbers:
        return span(root, section.numbers, _PIECES[section.text]) if root else None
    match section.text:
        case Text.ALL:
            return 0, row.size_bytes
        case Text.TEXT:
            return row.header_size_bytes, row.size_bytes
        case _:
            return 0, row.header_size_bytes


def _partial(section: BodySection, octets: Octets | None) -> Octets | None:
    if octets is None or section.length is None or is_filtered(section):
        return octets
    start = min(octets[0] + section.start, octets[1])
    return start, min(start + section.length, octets[1])


@dataclass(frozen=True, slots=True)
class Block:
    """Octets of a file that were read in one piece."""

    start: int
    raw: bytes

    def cut(self, octets: Octets) -> bytes:
        """A part of the block."""
        return self.raw[octets[0] - self.start : octets[1] - self.start]


def block_of(located: Sequence[Located]) -> Octets | None:
    """The octets that hold every section, when that is little; else None."""
    found = [one.octets for one in located if one.octets is not None]
    if not found:
        return 0, 0
    start, end = min(one[0] for one in found), max(one[1] for one in found)
    return (start, end) if end - start <= SMALL else None


async def read_block(mailboxes: Mailboxes, row: FetchRow, octets: Octets) -> Block:
    """Read octets in one piece. NOT_FOUND when the message is gone."""
    start, end = octets
    if start == end:
        return Block(start, b"")
    return Block(start, await mailboxes.read(row.blob, start, end - start))


async def read_blocks(
    mailboxes: Mailboxes, wanted: Sequence[tuple[FetchRow, Octets]]
) -> list[Block | None]:
    """Read octets of many messages; None of those that are gone."""
    raws = await mailboxes.read_many(
        [(row.blob, start, end - start) for row, (start, end) in wanted if start < end]
    )
    found = iter(raws)
    blocks: list[Block | None] = []
    for _, (start, end) in wanted:
        raw = next(found) if start < end else b""
        blocks.append(Block(start, raw) if raw is not None else None)
    return blocks


def answer(one: Located, block: Block) -> bytes:
    """`BODY[…]` with its value, from octets that were read already."""
    label = one.section.label
    if one.octets is None:
        return b"%b NIL" % label
    raw = value(one, block)
    return b"%b {%d}\r\n%b" % (label, len(raw), raw)


def value(one: Located, block: Block) -> bytes:
    """The octets of a section that is there, from octets that were read already."""
    raw = block.cut(one.octets) if one.octets is not None else b""
    return filtered(raw, one.section) if is_filtered(one.section) else raw


def filtered(header: bytes, section: BodySection) -> bytes:
    """The fields of a header that are asked for, and the empty line after them."""
    wanted = frozenset(section.fields)
    is_kept = section.text is Text.FIELDS
    fields, _ = split(header)
    kept = [b"%b:%b\r\n" % pair for pair in fields if (pair[0].lower() in wanted) is is_kept]
    raw = b"".join([*kept, b"\r\n"])
    if section.length is None:
        return raw
    return raw[section.start : section.start + section.length]


async def stream(mailboxes: Mailboxes, row: FetchRow, one: Located) -> AsyncIterator[bytes]:
    """`BODY[…]` with its value in chunks. NOT_FOUND comes before the first chunk, or breaks off."""
    if one.octets is None or is_filtered(one.section):
        block = await read_block(mailboxes, row, one.octets or (0, 0))
        yield answer(one, block)
        return
    start, end = one.octets
    prefix = b"%b {%d}\r\n" % (one.section.label, end - start)
    while start < end:
        chunk = await mailboxes.read(row.blob, start, min(CHUNK, end - start))
        if not chunk:
            raise EOFError("the file is shorter than its row says")
        yield prefix + chunk if prefix else chunk
        prefix = b""
        start += len(chunk)
    if prefix:
        yield prefix
