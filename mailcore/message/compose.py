"""An outline of a message to its final octets (RFC 5322, RFC 2045-2047, RFC 2183, RFC 2231).

`render` is a function of its outline alone: the same outline gives the same octets, boundaries
included. The result has CRLF line ends, lines of at most 998 octets and no Bcc. What cannot be
written safely is refused as INVALID, naming the field.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from mailcore.address import parse_address
from mailcore.errors import invalid
from mailcore.message.entities import (
    Entity,
    OutgoingAttachment,
    attachment_entity,
    multipart,
    text_entity,
)
from mailcore.message.headers import encode_phrase, encode_text, fold
from mailcore.message.text import html_to_text
from mailcore.message.words import refuse_controls
from mailcore.model import MailboxAddress

__all__ = [
    "MAX_CUSTOM_HEADERS",
    "OutgoingAttachment",
    "Outline",
    "encode_subject",
    "render",
    "render_mailbox",
    "render_mailboxes",
]

MAX_CUSTOM_HEADERS: Final = 100
_MAX_HEADER_CHARS: Final = 8000
_MAX_ID_CHARS: Final = 900

_OWN: Final = frozenset(
    [
        "from",
        "to",
        "cc",
        "bcc",
        "sender",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "received",
        "return-path",
        "delivered-to",
        "dkim-signature",
        "domainkey-signature",
        "authentication-results",
        "received-spf",
        "apparently-to",
        "x-original-to",
        "envelope-to",
    ]
)
_OWN_PREFIXES: Final = ("content-", "arc-", "resent-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A message to be written. `message_id` is with its angle brackets.

    `in_reply_to` and `references` may be with or without theirs. `bcc` is carried for the envelope
    and never written.
    """

    sender: MailboxAddress
    to: tuple[MailboxAddress, ...] = ()
    cc: tuple[MailboxAddress, ...] = ()
    bcc: tuple[MailboxAddress, ...] = ()
    reply_to: tuple[MailboxAddress, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    report_type: str = ""
    """Makes the parts a multipart/report of this type (RFC 6522)."""
    message_id: str
    date: datetime


def render(outline: Outline) -> bytes:
    """The message as it will be sent.

    Raises INVALID naming the field for control characters, addresses, header names and media types
    that cannot stand in a message, and for a date without a zone.
    """
    content = _content(outline)
    lines = [fold(name, value) for name, value in _fields(outline)]
    return b"".join([*lines, b"MIME-Version: 1.0\r\n", content.octets()])


def _fields(outline: Outline) -> list[tuple[str, str]]:
    fields = [("From", render_mailbox(outline.sender, path="from"))]
    recipients = render_mailboxes(outline.to, "to")
    copies = render_mailboxes(outline.cc, "cc")
    if not recipients and not copies:
        recipients = "undisclosed-recipients:;"
    fields += [
        ("To", recipients),
        ("Cc", copies),
        ("Reply-To", render_mailboxes(outline.reply_to, "reply_to")),
        ("Subject", encode_subject(outline.subject)),
        ("Date", _date(outline.date)),
        ("Message-ID", _message_id(outline.message_id)),
        ("In-Reply-To", _ids((outline.in_reply_to,))),
        ("References", _ids(outline.references)),
    ]
    always = ("Subject", "From")
    written = [(name, value) for name, value in fields if value or name in always]
    return [*written, *_custom(outline.headers)]


def render_mailbox(mailbox: MailboxAddress, *, path: str) -> str:
    """`name <address>` with the name quoted or encoded as needed; INVALID naming `path`."""
    address = parse_address(mailbox.address, path=path)
    name = " ".join(mailbox.name.split(" ")).strip()
    return f"{encode_phrase(name, path=path)} <{address}>" if name else str(address)


def render_mailboxes(mailboxes: tuple[MailboxAddress, ...], path: str) -> str:
    """A list of them; INVALID naming `path` and the place in the list."""
    return ", ".join(
        render_mailbox(mailbox, path=f"{path}[{index}]") for index, mailbox in enumerate(mailboxes)
    )


def encode_subject(subject: str) -> str:
    """A subject as it stands in the header; INVALID for control characters."""
    return encode_text(subject, path="subject")


def _date(at: datetime) -> str:
    if at.tzinfo is None:
        raise invalid("date", "a date needs a time zone")
    return format_datetime(at)


def _message_id(value: str) -> str:
    inside = value.removeprefix("<").removesuffix(">")
    if not _is_id(inside) or len(value) != len(inside) + 2 or "@" not in inside:
        raise invalid("message_id", "this is not a Message-ID", fix="Write it as <unique@domain>.")
    return value


def _ids(values: tuple[str, ...]) -> str:
    """Ids of foreign messages; those that cannot stand in a header are left out."""
    bare = (value.strip().removeprefix("<").removesuffix(">") for value in values)
    return " ".join(f"<{value}>" for value in bare if _is_id(value))


def _is_id(text: str) -> bool:
    return (
        0 < len(text) <= _MAX_ID_CHARS
        and text.isascii()
        and text.isprintable()
        and not any(char in text for char in " <>")
    )


def _custom(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    if len(headers) > MAX_CUSTOM_HEADERS:
        raise invalid("headers", f"at most {MAX_CUSTOM_HEADERS} headers are allowed")
    return [(name, _custom_value(name, value)) for name, value in headers]


def _custom_value(name: str, value: str) -> str:
    path = f"headers[{name[:60]}]"
    refuse_controls(name, path)
    lowered = name.strip().lower()
    if lowered in _OWN or lowered.startswith(_OWN_PREFIXES):
        raise invalid(
            path,
            "this header is written by the server",
            fix="Remove it; use the fields of the request for sender, recipients, subject and "
            "threading.",
        )
    if len(value) > _MAX_HEADER_CHARS:
        raise invalid(path, f"a header value has at most {_MAX_HEADER_CHARS} characters")
    return encode_text(value.strip(), path=path)


def _content(outline: Outline) -> Entity:
    """mixed(alternative(text, related(html, inline…)), attachments…), as far as needed."""
    has_html = outline.html is not None
    inline = [one for one in outline.attachments if one.is_inline and one.content_id and has_html]
    apart = [one for one in outline.attachments if one not in inline]
    seed = outline.message_id
    content = _body(outline, inline, seed)
    if not apart:
        return content
    entities = [attachment_entity(one, f"attachments[{i}]") for i, one in enumerate(apart)]
    if outline.report_type:
        return multipart("report", [content, *entities], seed, ("report-type", outline.report_type))
    return multipart("mixed", [content, *entities], seed)


def _body(outline: Outline, inline: list[OutgoingAttachment], seed: str) -> Entity:
    if outline.html is None:
        return text_entity("plain", outline.text or "")
    html = text_entity("html", outline.html)
    if inline:
        images = [attachment_entity(one, f"attachments[{one.filename}]") for one in inline]
        html = multipart("related", [html, *images], seed, ("type", "text/html"))
    text = html_to_text(outline.html) if outline.text is None else outline.text
    return multipart("alternative", [text_entity("plain", text), html], seed)
