"""Everything about a message that is computed once, at delivery.

One header split, one MIME scan; the preview decodes a bounded piece of the first text only. Any
octets give facts; nothing raises. Text that goes into rows is cut to sane lengths.
"""

import hashlib
import re
from typing import Final

from mailcore.message import kept_fields
from mailcore.message.attachments import attachment_facts, is_attachment, outer_leaves
from mailcore.message.bodystructure import body
from mailcore.message.envelope import render_envelope
from mailcore.message.headers import Headers, parse_date, parse_message_ids
from mailcore.message.parse import part_text
from mailcore.message.parts import Part, dump
from mailcore.message.structure import CLEAR, scan_with
from mailcore.message.text import CUT, html_to_text, preview
from mailcore.model import MessageFacts

STORED_PREVIEW_CHARS: Final = 500
"""The longest preview a listing may ask for; shorter ones are cut from it."""
_MAX_SUBJECT: Final = 2000
_FIRST_OCTETS: Final = 2 * 1024
"""What is enough of a text for nearly every preview."""
_PREVIEW_OCTETS: Final = 8 * 1024
_HTML_OCTETS: Final = 256 * 1024
_HTML_PREVIEW_CHARS: Final = (4 * 1024, 48 * 1024)
_ENOUGH_CHARS: Final = 120
_BODY_TAG = re.compile(r"<body[\s>]", re.IGNORECASE)
_MAX_PREVIEW_PARTS: Final = 20


def analyze(raw: bytes) -> MessageFacts:
    """The facts of a stored message."""
    return analyze_with(raw, Headers.read(raw))


def analyze_with(raw: bytes, headers: Headers) -> MessageFacts:
    """`analyze` for a caller that has read the header of `raw` already."""
    root = scan_with(raw, headers)
    message_ids = parse_message_ids(headers.raw_first("Message-ID"))
    parents = parse_message_ids(headers.raw_first("In-Reply-To"))
    senders = headers.mailboxes("From")
    return MessageFacts(
        size_bytes=len(raw),
        header_size_bytes=headers.body_start,
        sha256=hashlib.sha256(raw).digest(),
        subject=(headers.get("Subject") or "")[:_MAX_SUBJECT],
        sender=senders[0] if senders else None,
        to=headers.mailboxes("To"),
        cc=headers.mailboxes("Cc"),
        bcc=headers.mailboxes("Bcc"),
        reply_to=headers.mailboxes("Reply-To"),
        date=parse_date(headers.raw_first("Date")),
        message_id=message_ids[0] if message_ids else "",
        in_reply_to=parents[0] if parents else "",
        references=parse_message_ids(headers.raw_first("References")),
        envelope=render_envelope(headers),
        body=body(root, extended=False),
        body_structure=body(root, extended=True),
        parts=dump(root),
        preview=_preview(raw, root),
        attachments=attachment_facts(raw, root),
        kept_fields=kept_fields.pack(raw, headers),
    )


def _preview(raw: bytes, root: Part) -> str:
    """From the first plain text that has something to say, else from the first HTML."""
    html: Part | None = None
    for number, part in enumerate(outer_leaves(root)):
        if number >= _MAX_PREVIEW_PARTS:
            break
        if is_attachment(part, root):
            continue
        if part.content_type == "text/html":
            html = html or part
        elif shown := _text_preview(raw, part):
            return shown
    return _html_preview(part_text(raw, html, _HTML_OCTETS)) if html else ""


def _text_preview(raw: bytes, part: Part) -> str:
    """Of the first whole lines, when they give as much as is kept."""
    start = part.body_start
    if part.encoding in CLEAR and part.size_bytes > _FIRST_OCTETS:
        most = raw.rfind(b"\n", start, start + _FIRST_OCTETS) - start
        shown = preview(part_text(raw, part, most), STORED_PREVIEW_CHARS) if most > 0 else ""
        if shown.endswith(CUT):
            return shown
    return preview(part_text(raw, part, _PREVIEW_OCTETS), STORED_PREVIEW_CHARS)


def _html_preview(html: str) -> str:
    """The text at the beginning of HTML; the head, often long, is skipped unparsed."""
    body_tag = _BODY_TAG.search(html)
    start = body_tag.start() if body_tag else 0
    shown = ""
    for size in _HTML_PREVIEW_CHARS:
        shown = preview(html_to_text(html[start : start + size]), STORED_PREVIEW_CHARS)
        if len(shown) > _ENOUGH_CHARS or start + size >= len(html):
            break
    return shown
