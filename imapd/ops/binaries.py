"""`BINARY[…]` and `BINARY.SIZE[…]` of one message: a part without its transfer encoding (RFC 3516)."""

import asyncio
from typing import Final

from imapd.fetch import BinarySection
from mailcore.mailboxes import Mailboxes
from mailcore.message.parts import Part, load, section
from mailcore.message.transfer import decode_body
from mailcore.store.ports import FetchRow

_INLINE: Final = 64 * 1024
_KNOWN: Final = frozenset({"", "7bit", "8bit", "binary", "base64", "quoted-printable"})


async def answer(mailboxes: Mailboxes, row: FetchRow, asked: BinarySection) -> bytes | None:
    """The item with its value, or None when the encoding of the part is not known."""
    part = section(load(row.parts), asked.numbers) if asked.numbers else None
    if asked.numbers and part is None:
        return b"%b %b" % (asked.label, b"0" if asked.is_size else b"NIL")
    if part is not None and part.encoding.lower() not in _KNOWN:
        return None
    raw = await _octets(mailboxes, row, part)
    if asked.is_size:
        return b"%b %d" % (asked.label, len(raw))
    if asked.length is not None:
        raw = raw[asked.start : asked.start + asked.length]
    mark = b"~" if b"\x00" in raw else b""
    return b"%b %b{%d}\r\n%b" % (asked.label, mark, len(raw), raw)


async def _octets(mailboxes: Mailboxes, row: FetchRow, part: Part | None) -> bytes:
    """The part decoded; the whole message, and what has parts of its own, as it is."""
    if part is None:
        return await mailboxes.read(row.blob)
    raw = await mailboxes.read(row.blob, part.body_start, part.size_bytes)
    if part.children:
        return raw
    if len(raw) <= _INLINE:
        return decode_body(raw, part.encoding)
    return await asyncio.to_thread(decode_body, raw, part.encoding)
