"""A message with another body or other names in its header; everything else stays as it is.

What was written is kept octet by octet: the header but for what changes, and every file. Not composing
(`compose`) and not the envelope. What others have signed or sealed cannot be written anew.
"""

from collections.abc import Container, Iterator
from typing import Final

from mailcore.address import try_address
from mailcore.errors import MailError, conflict
from mailcore.message.attachments import is_attachment
from mailcore.message.compose import render_mailboxes
from mailcore.message.entities import Entity, multipart, text_entity
from mailcore.message.headers import Headers, body_offset, remove, replace
from mailcore.message.parts import Part
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text
from mailcore.model import MailboxAddress

_SEALED: Final = ("multipart/signed", "multipart/encrypted", "multipart/report")
NOBODY: Final = "undisclosed-recipients:;"


def with_body(raw: bytes, text: str | None, html: str | None) -> bytes:
    """`raw` saying something else, with the files it had.

    Without `html` it says only the text, without `text` that of the HTML. CONFLICT `not_editable` for
    what is signed, encrypted or a report.
    """
    tree = scan(raw)
    if any(part.content_type in _SEALED for part in tree.walk()):
        raise _not_editable()
    seed = Headers.read(raw).get("Message-ID") or ""
    parts = list(_files(tree, tree))
    inline = [one for one in parts if html is not None and _is_inline(one)]
    apart = [_verbatim(raw, one) for one in parts if one not in inline]
    content = _body(text, html, [_verbatim(raw, one) for one in inline], seed)
    if apart:
        content = multipart("mixed", [content, *apart], seed)
    return b"".join([_head(raw), b"MIME-Version: 1.0\r\n", content.octets()])


def without_names(raw: bytes, dropped: Container[str]) -> bytes:
    """`raw` that does not name these addresses (folded) in To and Cc; the same octets if it did not."""
    found = Headers.read(raw)
    fields: dict[str, str | None] = {}
    for name in ("To", "Cc"):
        named = found.mailboxes(name)
        kept = tuple(one for one in named if _folded(one) not in dropped)
        if len(kept) < len(named):
            fields[name] = render_mailboxes(kept, name.lower()) or None
    if not fields:
        return raw
    left = [fields[name] if name in fields else found.get(name) for name in ("To", "Cc")]
    return replace(raw, fields if any(left) else {**fields, "To": NOBODY})


def _folded(mailbox: MailboxAddress) -> str:
    address = try_address(mailbox.address)
    return address.folded if address else mailbox.address.casefold()


def _body(text: str | None, html: str | None, inline: list[Entity], seed: str) -> Entity:
    if html is None:
        return text_entity("plain", text or "")
    shown = text_entity("html", html)
    if inline:
        shown = multipart("related", [shown, *inline], seed, ("type", "text/html"))
    plain = text_entity("plain", html_to_text(html) if text is None else text)
    return multipart("alternative", [plain, shown], seed)


def _files(part: Part, root: Part) -> Iterator[Part]:
    if part.is_multipart:
        for child in part.children:
            yield from _files(child, root)
    elif part.is_message or is_attachment(part, root):
        yield part


def _is_inline(part: Part) -> bool:
    return bool(part.content_id) and part.disposition != "attachment"


def _verbatim(raw: bytes, part: Part) -> Entity:
    """A part as it stands; of the header of a whole message only what describes the content."""
    head = remove(raw[part.header_start : part.body_start], lambda name, _: not _describes(name))
    return Entity(_without_empty_line(head), raw[part.body_start : part.body_end])


def _head(raw: bytes) -> bytes:
    head = raw[: body_offset(raw, 0, len(raw))]
    return _without_empty_line(
        remove(head, lambda name, _: _describes(name) or name.lower() == b"mime-version")
    )


def _describes(name: bytes) -> bool:
    return name.lower().startswith(b"content-")


def _without_empty_line(head: bytes) -> bytes:
    fields = head.rstrip(b"\r\n")
    return fields + b"\r\n" if fields else b""


def _not_editable() -> MailError:
    return conflict(
        "the message is signed, encrypted or a report, so its text cannot be changed",
        code="not_editable",
        fix="Reject it and have it written again",
    )
