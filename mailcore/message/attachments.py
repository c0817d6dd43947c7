"""Which parts of a message are attachments, and which are the body a person reads.

One order for all: the index of an attachment is the same in the stored facts, in listings and in
`extract`. A message/rfc822 part is one attachment; its own parts are not listed.
"""

from collections.abc import Iterator
from typing import Final

from mailcore.message.parts import Part, numbers_of, section
from mailcore.message.transfer import decode_body, decoded_size
from mailcore.model import AttachmentFact

MAX_ATTACHMENTS: Final = 500
_BODY_TYPES: Final = frozenset({"text/plain", "text/html"})


def attachment_parts(root: Part) -> tuple[Part, ...]:
    """The attachments in document order, inline images included, at most `MAX_ATTACHMENTS`."""
    found: list[Part] = []
    for part in outer_leaves(root):
        if is_attachment(part, root):
            found.append(part)
            if len(found) >= MAX_ATTACHMENTS:
                break
    return tuple(found)


def outer_leaves(root: Part) -> Iterator[Part]:
    """Every part of the message that is no multipart; embedded messages are not entered."""
    pending = [root]
    while pending:
        part = pending.pop()
        if part.is_multipart:
            pending.extend(reversed(part.children))
        else:
            yield part


def is_attachment(part: Part, root: Part | None = None) -> bool:
    """Whether `part` is handed over as a file rather than read as the body.

    `root` is the message that `part` belongs to: its only part is the body whatever name it has.
    """
    if part.disposition == "attachment":
        return True
    if part.content_type not in _BODY_TYPES:
        return True
    return bool(part.filename) and part is not root


def attachment_fact(raw: bytes, part: Part, index: int) -> AttachmentFact:
    """The facts of one attachment of `raw`."""
    return AttachmentFact(
        index=index,
        part=part.section or "1",
        filename=part.filename[:500],
        content_type=part.content_type[:200],
        size_bytes=decoded_size(raw[part.body_start : part.body_end], part.encoding),
        content_id=bare_content_id(part),
        is_inline=part.disposition != "attachment" and bool(part.content_id),
    )


def attachment_facts(raw: bytes, root: Part) -> tuple[AttachmentFact, ...]:
    """The facts of every attachment of `raw`."""
    parts = attachment_parts(root)
    return tuple(attachment_fact(raw, part, index) for index, part in enumerate(parts))


def bare_content_id(part: Part) -> str:
    """The Content-ID without its angle brackets."""
    return part.content_id.strip().removeprefix("<").removesuffix(">").strip()[:500]


def extract(raw: bytes, root: Part, number: str) -> bytes | None:
    """The decoded octets of the part with that section number, or None when there is none."""
    numbers = numbers_of(number)
    part = section(root, numbers) if numbers else None
    if part is None:
        return None
    return decode_body(raw[part.body_start : part.body_end], part.encoding)
