"""Messages as the API shows them, safe to read for a program that believes what it reads.

Invisible characters are taken out of every text, hidden parts and scripts out of HTML, and what was
taken is told in `security.sanitized`; the stored bytes stay as they are and `/raw` gives them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal

from pydantic import Field

from httpapi.fields import Output, Timestamp, view
from httpapi.marking import FOREIGN, marked
from httpapi.services import SafeText
from mailcore.message.headers import Headers, decode_words
from mailcore.message.htmlreading import HtmlReading
from mailcore.message.htmltext import clean_html
from mailcore.message.link_signs import Images, Link, links_of
from mailcore.message.parse import readable
from mailcore.message.removals import removal_json
from mailcore.message.text import reply_text
from mailcore.model import (
    AttachmentFact,
    AuthReport,
    Flag,
    JsonObject,
    MailboxAddress,
    Message,
    MessageFacts,
    Security,
)

PREVIEW_CHARS: Final = 200
_INLINE_BYTES: Final = 32 * 1024
_MAX_HEADERS: Final = 200
_MAX_HEADER_CHARS: Final = 4000
_FLAGS: Final = (
    (Flag.SEEN, "seen"),
    (Flag.ANSWERED, "answered"),
    (Flag.FLAGGED, "flagged"),
    (Flag.DELETED, "deleted"),
    (Flag.DRAFT, "draft"),
)


class Correspondent(Output):
    """A name and an address."""

    name: str
    email: str


class SecuritySummary(Output):
    """What the guard thought of a message that arrived."""

    score: int
    """0 is clean; 20 and more a warning, 40 and more spam."""
    level: str
    """`clean`, `warning`, `spam`, or `internal` for mail that is not scored."""
    categories: list[str]


class SecurityDetail(SecuritySummary):
    """The guard's findings, and what was taken out of the text before you got it."""

    findings: list[JsonObject]
    sanitized: list[JsonObject]


class MessageHead(Output):
    """What lists and single messages have in common."""

    id: str
    thread_id: str | None
    identity_id: str
    folder: str | None
    """The mailbox it is in; null while it is held."""
    uid: int | None
    """Its IMAP UID there."""
    direction: Literal["inbound", "outbound", "appended"]
    sender: Correspondent | None = Field(serialization_alias="from")
    to: list[Correspondent]
    cc: list[Correspondent]
    subject: str
    date: Timestamp
    """When it was written, by its own account; else when it came."""
    received_at: Timestamp
    preview: Annotated[str, FOREIGN]
    flags: list[str]
    """`seen`, `answered`, `flagged`, `deleted`, `draft`."""
    labels: list[str]
    size: int
    has_attachments: bool


class MessageSummary(MessageHead):
    """A message in a list."""

    security: SecuritySummary


class HeaderField(Output):
    """One header field, decoded."""

    name: str
    value: str


class AttachmentInfo(Output):
    """One attachment; its octets are at `/attachments/{index}`."""

    index: int
    filename: str
    content_type: str
    size: int
    content_id: str
    is_inline: bool


class AuthResults(Output):
    """Mail authentication (RFC 8601 result names)."""

    spf: str
    dkim: str
    dmarc: str
    arc: str
    is_aligned: bool
    """Whether a verified signature belongs to the domain of From."""
    dkim_domains: list[str]
    dmarc_policy: str
    arc_sealers: list[str]
    """Who sealed a valid ARC chain, the newest first."""
    vouched_by: str
    """The trusted sealer that saw DMARC pass before it changed the message; empty for none."""


class LinkSummary(Output):
    """A link of a message."""

    text: str
    """What it shows."""
    target: str
    """Where it leads."""
    host: str
    signs: list[str]
    """What is odd: `mismatch` (the text names another host), `punycode`, `user_part`, `ip`, `shortener`,
    `script`, `data`, `port`, `hidden`."""


class ImageCount(Output):
    """How many pictures a message has; none is ever loaded here."""

    remote: int
    """Loaded from elsewhere by whoever shows them."""
    tracking: int
    """Of these, those too small to be seen."""
    inline: int
    """Part of the message."""


class MessageDetail(MessageHead):
    """A whole message."""

    text: Annotated[str, FOREIGN]
    """Its text; made from the HTML when there is no other."""
    html: Annotated[str | None, FOREIGN]
    """Its HTML as it came; when it hides something or would run something, without that."""
    reply_text: Annotated[str, FOREIGN]
    """What the writer wrote, without quoted text and signature."""
    links: list[LinkSummary]
    images: ImageCount
    headers: list[HeaderField]
    attachments: list[AttachmentInfo]
    auth: AuthResults | None
    security: SecurityDetail
    message_id: str
    """The Message-ID header field, without angle brackets."""
    in_reply_to: str
    references: list[str]
    reply_to: list[Correspondent]
    bcc: list[Correspondent]
    status: str | None = None
    """For mail of your own that is held or on its way: what became of it."""
    hold_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The decoded and cleaned part of a message."""

    text: str
    html: str | None
    reply_text: str
    headers: list[HeaderField]
    attachments: tuple[AttachmentFact, ...]
    sanitized: list[JsonObject]
    links: tuple[Link, ...]
    images: Images


async def read_content(raw: bytes, safe_text: SafeText) -> Content:
    """Decode and clean; off the loop when the message is large."""
    if len(raw) <= _INLINE_BYTES:
        return _content(raw, safe_text)
    return await asyncio.to_thread(_content, raw, safe_text)


def _content(raw: bytes, safe_text: SafeText) -> Content:
    sanitized: list[JsonObject] = []

    def clean(text: str, place: str) -> str:
        kept, notes = safe_text(text)
        sanitized.extend({**note, "place": place} for note in notes)
        return kept

    found = readable(raw)
    text = clean(found.text, "text")
    html, reading = (None, HtmlReading(text="")) if found.html is None else clean_html(found.html)
    sanitized.extend(removal_json(one.at("html")) for one in reading.removals)
    headers = [
        HeaderField(
            name=name.decode("latin-1"),
            value=clean(decode_words(value)[:_MAX_HEADER_CHARS], "headers"),
        )
        for name, value in Headers.read(raw).fields[:_MAX_HEADERS]
    ]
    return Content(
        text=text,
        html=None if html is None else clean(html, "html"),
        reply_text=reply_text(text),
        headers=headers,
        attachments=found.attachments,
        sanitized=sanitized,
        links=tuple(
            replace(one, text=clean(one.text, "links")) for one in links_of(text, reading.anchors)
        ),
        images=reading.images,
    )


class AgentReading(Output):
    """A message as an agent gets to read it, without anything a server adds."""

    subject: str
    sender: str = Field(serialization_alias="from")
    text: Annotated[str, FOREIGN]
    links: list[LinkSummary]
    images: ImageCount
    sanitized: list[JsonObject]


def agent_reading(raw: bytes, safe_text: SafeText) -> JsonObject:
    """The octets of a message as an agent would read them, marked as in the answer of a tool."""
    content = _content(raw, safe_text)
    fields = {one.name.lower(): one.value for one in reversed(content.headers)}
    reading = AgentReading(
        subject=fields.get("subject", ""),
        sender=fields.get("from", ""),
        text=content.text,
        links=[view(LinkSummary, one) for one in content.links],
        images=view(ImageCount, content.images),
        sanitized=content.sanitized,
    )
    return marked(reading.model_dump(mode="json"), AgentReading)


def summary(message: Message, safe_text: SafeText) -> MessageSummary:
    """A message as lists show it."""
    facts = message.facts

    def clean(text: str) -> str:
        return text if text.isascii() else safe_text(text)[0]

    return MessageSummary(
        id=message.id,
        thread_id=message.thread_id,
        identity_id=message.inbox_id,
        folder=message.mailbox_name,
        uid=message.uid,
        direction=message.direction.value,
        sender=_correspondent(facts.sender, safe_text) if facts.sender else None,
        to=correspondents(facts.to, safe_text),
        cc=correspondents(facts.cc, safe_text),
        subject=clean(facts.subject),
        date=facts.date or message.internal_date,
        received_at=message.internal_date,
        preview=clean(facts.preview[:PREVIEW_CHARS]),
        flags=flag_names(message.flags),
        labels=list(message.keywords),
        size=facts.size_bytes,
        has_attachments=bool(facts.attachments),
        security=_security_summary(message.security),
    )


def detail(
    head: MessageHead,
    facts: MessageFacts,
    content: Content,
    *,
    auth: AuthReport | None,
    security: Security,
    safe_text: SafeText,
    status: str | None = None,
    hold_id: str | None = None,
) -> MessageDetail:
    """A whole message from its list form and its content."""
    return view(
        MessageDetail,
        head,
        security=SecurityDetail(
            score=security.score,
            level=security.level,
            categories=list(security.categories),
            findings=list(security.findings),
            sanitized=content.sanitized,
        ),
        text=content.text,
        html=content.html,
        reply_text=content.reply_text,
        links=[view(LinkSummary, one) for one in content.links],
        images=view(ImageCount, content.images),
        headers=content.headers,
        attachments=[attachment_info(one) for one in content.attachments],
        auth=auth_results(auth),
        message_id=facts.message_id,
        in_reply_to=facts.in_reply_to,
        references=list(facts.references),
        reply_to=correspondents(facts.reply_to, safe_text),
        bcc=correspondents(facts.bcc, safe_text),
        status=status,
        hold_id=hold_id,
    )


def attachment_info(fact: AttachmentFact) -> AttachmentInfo:
    """An attachment as the API lists it."""
    return AttachmentInfo(
        index=fact.index,
        filename=fact.filename,
        content_type=fact.content_type,
        size=fact.size_bytes,
        content_id=fact.content_id,
        is_inline=fact.is_inline,
    )


def auth_results(report: AuthReport | None) -> AuthResults | None:
    """The authentication report; None for mail that did not come from outside."""
    if report is None:
        return None
    return AuthResults(
        spf=report.spf,
        dkim=report.dkim,
        dmarc=report.dmarc,
        arc=report.arc,
        is_aligned=report.is_aligned,
        dkim_domains=list(report.dkim_domains),
        dmarc_policy=report.dmarc_policy,
        arc_sealers=list(report.arc_sealers),
        vouched_by=report.vouched_by,
    )


def correspondents(mailboxes: Sequence[MailboxAddress], safe_text: SafeText) -> list[Correspondent]:
    """Header mailboxes as objects."""
    return [_correspondent(one, safe_text) for one in mailboxes]


def _correspondent(mailbox: MailboxAddress, safe_text: SafeText) -> Correspondent:
    name = mailbox.name if mailbox.name.isascii() else safe_text(mailbox.name)[0]
    return Correspondent(name=name, email=mailbox.address)


def flag_names(flags: Flag) -> list[str]:
    """The system flags by name."""
    return [name for flag, name in _FLAGS if flags & flag]


def _security_summary(security: Security) -> SecuritySummary:
    return SecuritySummary(
        score=security.score, level=security.level, categories=list(security.categories)
    )
