"""The decoded view of a message: leaves with payload and text, and what a reader should see.

Built on the offsets of `structure`, so hostile input stays linear and bounded. mail-parser is used
for what it knows best, the analysis of Received fields; nothing else imports it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailparser.exceptions import MailParserReceivedParsingError
from mailparser.utils import parse_received

from mailcore.message import charsets
from mailcore.message.attachments import attachment_facts, bare_content_id, extract, is_attachment
from mailcore.message.headers import Headers, parse_date
from mailcore.message.limits import parser_limits
from mailcore.message.parts import Part
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text, unflow
from mailcore.message.transfer import decode_body
from mailcore.message.words import decode_words
from mailcore.model import AttachmentFact

__all__ = [
    "Hop",
    "Leaf",
    "Readable",
    "decode_body",
    "decode_text",
    "extract",
    "leaves",
    "margins",
    "part_text",
    "readable",
    "received_hops",
]

MAX_HOPS: Final = 100
_MAX_RECEIVED: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One part that is no multipart, decoded. `text` is there for text parts only.

    `is_truncated` says that the limit on decoded octets left some of the payload out.
    """

    part: Part
    content_type: str
    charset: str
    filename: str
    disposition: str
    content_id: str
    is_attachment: bool
    payload: bytes
    text: str | None
    is_truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readable:
    """What a person reads: `text` always (from HTML if need be), `html` if the message has it."""

    text: str
    html: str | None
    attachments: tuple[AttachmentFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One Received field, the newest first; what could not be read is empty."""

    from_host: str
    by_host: str
    protocol: str
    queue_id: str
    recipient: str
    at: datetime | None
    raw: str


def decode_text(payload: bytes, charset: str) -> str:
    """The text of a payload, without a byte order mark. Never raises; see `charsets`."""
    text = charsets.decode_charset(payload, charset)
    return text.removeprefix("\ufeff")


def leaves(
    raw: bytes,
    root: Part | None = None,
    max_bytes: int | None = None,
    *,
    is_text_only: bool = False,
) -> tuple[Leaf, ...]:
    """Every leaf of the message in document order, those of embedded messages included.

    At most `max_bytes` octets (`ParserLimits.decoded_octets` when not given) are decoded in all; a part beyond that is there, cut or empty. With
    `is_text_only` parts of other types are left out and cost nothing.
    """
    tree = scan(raw) if root is None else root
    found: list[Leaf] = []
    budget = parser_limits().decoded_octets if max_bytes is None else max_bytes
    for part, top in _walk_with_top(tree):
        if is_text_only and not _is_text(part):
            continue
        leaf = _leaf(raw, part, top, budget)
        budget -= len(leaf.payload)
        found.append(leaf)
    return tuple(found)


def _walk_with_top(root: Part) -> Iterator[tuple[Part, Part]]:
    """Leaves, each with the message it is in."""
    pending = [(root, root)]
    while pending:
        part, top = pending.pop()
        if not part.children:
            yield part, top
        elif part.is_message:
            pending.append((part.children[0], part.children[0]))
        else:
            pending.extend((child, top) for child in reversed(part.children))


def _leaf(raw: bytes, part: Part, top: Part, budget: int) -> Leaf:
    end = min(part.body_end, part.body_start + max(budget, 0) * 2)
    payload = decode_body(raw[part.body_start : end], part.encoding)[: max(budget, 0)]
    is_cut = end < part.body_end or (len(payload) >= max(budget, 0) and part.size_bytes > 0)
    charset = part.charset
    return Leaf(
        part=part,
        content_type=part.content_type,
        charset=charset,
        filename=part.filename,
        disposition=part.disposition,
        content_id=bare_content_id(part),
        is_attachment=is_attachment(part, top),
        payload=payload,
        text=decode_text(payload, charset) if _is_text(part) else None,
        is_truncated=is_cut,
    )


def _is_text(part: Part) -> bool:
    return part.content_type.startswith("text/")


def margins(raw: bytes, root: Part | None = None) -> bytes:
    """What travels in multiparts outside of every part: preambles and epilogues (RFC 2046 §5.1.1).

    Readers do not show it, but recipients get it. Delimiter lines are included.
    """
    tree = scan(raw) if root is None else root
    pieces: list[bytes] = []
    for part in tree.walk():
        if part.is_multipart:
            pieces.append(raw[part.body_start : part.children[0].header_start])
            pieces.append(raw[part.children[-1].body_end : part.body_end])
    return b"".join(pieces)


def readable(raw: bytes, root: Part | None = None) -> Readable:
    """The text and HTML a reader should see, and the attachments.

    Of alternatives the plain one gives `text` and the last HTML one `html` (RFC 2046 §5.1.4);
    parts of a mixed message follow each other. Parts are cut at `ParserLimits.text_octets`.
    """
    tree = scan(raw) if root is None else root
    blocks = _blocks(tree, tree)
    text = "\n\n".join(filter(None, (_block_text(raw, block) for block in blocks)))
    has_html = any(block.html for block in blocks)
    html = "\n".join(_block_html(raw, block) for block in blocks) if has_html else None
    return Readable(text=text, html=html, attachments=attachment_facts(raw, tree))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A piece of the body in one or both of its forms."""

    plain: Part | None = None
    html: Part | None = None


def _blocks(part: Part, root: Part) -> list[_Block]:
    if not part.is_multipart:
        return [] if is_attachment(part, root) else [_single(part)]
    if part.content_type == "multipart/alternative":
        return _alternative(part, root)
    found = [_blocks(child, root) for child in part.children]
    if part.content_type == "multipart/related":
        return next((blocks for blocks in found if blocks), [])
    return [block for blocks in found for block in blocks]


def _single(part: Part) -> _Block:
    return _Block(html=part) if part.content_type == "text/html" else _Block(plain=part)


def _alternative(part: Part, root: Part) -> list[_Block]:
    """One block of the first plain and the last HTML form; richer nests stay as they are."""
    forms = [blocks for child in part.children if (blocks := _blocks(child, root))]
    if not forms:
        return []
    plain = next((blocks for blocks in forms if all(block.plain for block in blocks)), None)
    html = next((blocks for blocks in reversed(forms) if any(b.html for b in blocks)), None)
    if plain is None or html is None or plain is html:
        return forms[-1]
    if len(plain) == 1 and len(html) == 1:
        return [_Block(plain=plain[0].plain, html=html[0].html)]
    return html


def _block_text(raw: bytes, block: _Block) -> str:
    if block.plain is not None:
        text = part_text(raw, block.plain)
        if text.strip() or block.html is None:
            return text.strip("\n")
    return html_to_text(part_text(raw, block.html)) if block.html is not None else ""


def _block_html(raw: bytes, block: _Block) -> str:
    if block.html is not None:
        return part_text(raw, block.html)
    text = part_text(raw, block.plain) if block.plain is not None else ""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<pre>{escaped}</pre>"


def part_text(raw: bytes, part: Part, max_bytes: int | None = None) -> str:
    """The text of a text part with LF line ends, format=flowed joined; cut after `max_bytes`."""
    most = parser_limits().text_octets if max_bytes is None else max_bytes
    end = min(part.body_end, part.body_start + most)
    text = decode_text(decode_body(raw[part.body_start : end], part.encoding), part.charset)
    text = text.replace("\r\n", "\n")
    if part.content_type == "text/plain" and part.params:
        params = dict(part.params)
        if params.get("format", "").lower() == "flowed":
            return unflow(text, is_delsp=params.get("delsp", "").lower() == "yes")
    return text


def received_hops(raw: bytes) -> tuple[Hop, ...]:
    """The Received fields (RFC 5321 §4.4), newest first, at most `MAX_HOPS`. Never raises."""
    values = Headers.read(raw).raw_all("Received")[:MAX_HOPS]
    return tuple(_hop(decode_words(value[:_MAX_RECEIVED])) for value in values)


def _hop(value: str) -> Hop:
    try:
        clauses: dict[str, str] = parse_received(value)
    except MailParserReceivedParsingError:
        clauses = {}
    return Hop(
        from_host=clauses.get("from", "").strip(),
        by_host=clauses.get("by", "").strip(),
        protocol=clauses.get("with", "").strip(),
        queue_id=clauses.get("id", "").strip(),
        recipient=clauses.get("for", "").strip(),
        at=parse_date(clauses.get("date", "").strip() or value.rpartition(";")[2].strip()),
        raw=value,
    )
