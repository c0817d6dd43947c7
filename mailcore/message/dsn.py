"""Delivery status notifications, written and read (RFC 3464, RFC 6522, RFC 6533).

Also the question whether a message was sent by a machine (RFC 3834). Reading believes nothing: a report is what a stranger claims. Sending one is not decided here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from mailcore.address import Address
from mailcore.message.entities import Entity, multipart, text_entity
from mailcore.message.headers import Headers, body_offset, fold, parse_message_ids
from mailcore.message.parts import Part
from mailcore.message.structure import scan
from mailcore.message.transfer import decode_body
from mailcore.message.words import decode_words

MAX_HEADER_OCTETS: Final = 64 * 1024
MAX_RECIPIENTS: Final = 1000
_MAX_STATUS_OCTETS: Final = 512 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
_ESCAPE = re.compile(r"\+([0-9A-F]{2})")
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_HEADER_TYPES: Final = frozenset(
    {"text/rfc822-headers", "message/rfc822", "message/global-headers", "message/global"}
)


class Action(StrEnum):
    """What a report tells about a recipient (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    """Handed to a host that does not report on success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReport:
    """What became of one recipient.

    `original_recipient` is the ORCPT value as sent, in xtext (`rfc822;a@b`), or empty; `reply` what
    `remote` said.
    """

    address: Address
    action: Action = Action.FAILED
    original_recipient: str = ""
    enhanced_code: str = "5.0.0"
    reply: str = ""
    remote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """One recipient in an incoming report. `status` is empty when it is no status code."""

    address: str
    original_recipient: str
    action: str
    status: str
    diagnostic: str
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What an incoming delivery status notification says."""

    reporting_mta: str
    envelope_id: str
    original_message_id: str
    """Message-ID of the returned message or header, without angle brackets; may be empty."""
    recipients: tuple[ReportedRecipient, ...]

    @property
    def is_failure(self) -> bool:
        """Whether at least one recipient failed for good."""
        return any(recipient.action == "failed" for recipient in self.recipients)


_SUBJECTS: Final = {
    Action.FAILED: "Undelivered mail returned to sender",
    Action.DELAYED: "Your mail is late",
    Action.DELIVERED: "Your mail was delivered",
    Action.RELAYED: "Your mail was delivered",
}
_INTRODUCTIONS: Final = {
    Action.FAILED: "Your message could not be delivered to the recipients below. "
    "It will not be tried again.",
    Action.DELAYED: "Your message could not be delivered to the recipients below yet. "
    "It will be tried again; there is nothing that you have to do.",
    Action.DELIVERED: "Your message was delivered to the recipients below.",
    Action.RELAYED: "Your message was handed to the mail hosts of the recipients below. "
    "They do not tell whether it reached a mailbox.",
}


def build_report(
    *,
    hostname: str,
    to: Address,
    recipients: Sequence[RecipientReport],
    original: bytes,
    message_id: str,
    date: datetime,
    arrived_at: datetime | None = None,
    envelope_id: str = "",
    returns_full: bool = False,
    postmaster: str = "",
) -> bytes:
    """A report to the envelope sender `to` on recipients that share an action.

    Human text, status, and the original's header, or all of it with `returns_full`. `envelope_id` is
    ENVID as sent, in xtext. `hostname` names this server; the report is from `postmaster`, or
    MAILER-DAEMON there. Send it with the null reverse-path (RFC 3464 §2).
    """
    action = recipients[0].action
    sender = postmaster or f"MAILER-DAEMON@{hostname}"
    parts = [
        text_entity("plain", _human_text(hostname, recipients, original)),
        _status_entity(hostname, recipients, arrived_at, envelope_id),
        _whole_entity(original) if returns_full else _header_entity(original),
    ]
    content = multipart("report", parts, message_id, ("report-type", "delivery-status"))
    fields = [
        ("From", f"Mail Delivery System <{sender}>"),
        ("To", str(to)),
        ("Subject", _SUBJECTS[action]),
        ("Date", format_datetime(date)),
        ("Message-ID", message_id),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
    ]
    parent = parse_message_ids(Headers.read(original).raw_first("Message-ID"))
    if parent and parent[0].isascii():
        fields += [("In-Reply-To", f"<{parent[0]}>"), ("References", f"<{parent[0]}>")]
    return b"".join([*(fold(name, value) for name, value in fields), content.octets()])


def _human_text(hostname: str, recipients: Sequence[RecipientReport], original: bytes) -> str:
    lines = [
        f"This is the mail server at {hostname}.",
        "",
        _INTRODUCTIONS[recipients[0].action],
        "",
    ]
    subject = Headers.read(original).get("Subject")
    if subject:
        lines += [f"Subject: {subject[:200]}", ""]
    for recipient in recipients[:MAX_RECIPIENTS]:
        lines.append(f"<{recipient.address}>")
        where = f"{recipient.remote} said: " if recipient.remote else ""
        reply = _line(recipient.reply) or "no reason was given"
        if recipient.action is Action.DELIVERED:
            lines.append("")
            continue
        lines += [f"    {where}{reply} ({_status(recipient.enhanced_code)})", ""]
    return "\n".join(lines)


def _status_entity(
    hostname: str,
    recipients: Sequence[RecipientReport],
    arrived_at: datetime | None,
    envelope_id: str,
) -> Entity:
    groups = [_message_fields(hostname, arrived_at, envelope_id)]
    groups += [_recipient_fields(recipient) for recipient in recipients[:MAX_RECIPIENTS]]
    return Entity(b"Content-Type: message/delivery-status\r\n", b"\r\n".join(groups))


def _message_fields(hostname: str, arrived_at: datetime | None, envelope_id: str) -> bytes:
    fields = [("Reporting-MTA", f"dns; {hostname}")]
    if envelope_id:
        fields.append(("Original-Envelope-Id", _ascii(decode_xtext(envelope_id))))
    if arrived_at is not None:
        fields.append(("Arrival-Date", format_datetime(arrived_at)))
    return b"".join(fold(name, value) for name, value in fields)


def _recipient_fields(recipient: RecipientReport) -> bytes:
    fields: list[tuple[str, str]] = []
    if recipient.original_recipient:
        fields.append(("Original-Recipient", _ascii(decode_xtext(recipient.original_recipient))))
    fields += [
        ("Final-Recipient", _typed_address(recipient.address)),
        ("Action", recipient.action.value),
        ("Status", _status(recipient.enhanced_code)),
    ]
    if recipient.remote:
        fields.append(("Remote-MTA", f"dns; {_ascii(recipient.remote)}"))
    if recipient.reply:
        fields.append(("Diagnostic-Code", f"smtp; {_ascii(recipient.reply)}"))
    return b"".join(fold(name, value) for name, value in fields)


def _typed_address(address: Address) -> str:
    """`rfc822; …`, or the ASCII form of an internationalized one (RFC 6533 §3)."""
    text = str(address)
    if text.isascii():
        return f"rfc822; {text}"
    escaped = "".join(char if char.isascii() else f"\\x{{{ord(char):X}}}" for char in text)
    return f"utf-8; {escaped}"


def _header_entity(original: bytes) -> Entity:
    """The header of the original as it is, cut to a sane length at a line end."""
    end = body_offset(original, 0, len(original))
    header = original[:end].rstrip(b"\r\n")
    if len(header) > MAX_HEADER_OCTETS:
        header = header[: header.rfind(b"\n", 0, MAX_HEADER_OCTETS) + 1].rstrip(b"\r\n")
    encoding = b"7bit" if header.isascii() else b"8bit"
    fields = b"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: %b\r\n" % encoding
    return Entity(fields, header + b"\r\n")


def _whole_entity(original: bytes) -> Entity:
    encoding = b"7bit" if original.isascii() else b"8bit"
    fields = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: %b\r\n" % encoding
    return Entity(fields, original if original.endswith(b"\r\n") else original + b"\r\n")


def decode_xtext(text: str) -> str:
    """What xtext stands for (RFC 3461 §4); a `+` without its two digits stays."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _status(code: str) -> str:
    return code if _STATUS.fullmatch(code) else "5.0.0"


def _line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:2000]


def _ascii(text: str) -> str:
    return _line(text).encode("ascii", "replace").decode("ascii")


def parse(raw: bytes) -> DeliveryReport | None:
    """The report in `raw`, or None when it holds none with a recipient. Never raises."""
    root = scan(raw)
    status = next((part for part in root.walk() if part.content_type in _STATUS_TYPES), None)
    if status is None or not root.is_multipart:
        return None
    start, end = status.body_start, min(status.body_end, status.body_start + _MAX_STATUS_OCTETS)
    groups = _groups(decode_body(raw[start:end], status.encoding))
    recipients = tuple(
        _reported(group) for group in groups[:MAX_RECIPIENTS] if group.get("Final-Recipient")
    )
    if not recipients:
        return None
    first = groups[0]
    return DeliveryReport(
        reporting_mta=_after_type(first.get("Reporting-MTA")),
        envelope_id=first.get("Original-Envelope-Id") or "",
        original_message_id=_returned_id(raw, root, status),
        recipients=recipients,
    )


def _groups(octets: bytes) -> list[Headers]:
    """The per-message fields and then those of each recipient (RFC 3464 §2.1)."""
    normal = octets.replace(b"\r\n", b"\n").strip(b"\n")
    groups = (group.strip(b"\n") for group in normal.split(b"\n\n"))
    return [Headers.read(group + b"\n\n") for group in groups if group]


def _reported(group: Headers) -> ReportedRecipient:
    status = _STATUS.search(group.get("Status") or "")
    return ReportedRecipient(
        address=_after_type(group.get("Final-Recipient")),
        original_recipient=_after_type(group.get("Original-Recipient")),
        action=(group.get("Action") or "").strip().lower(),
        status=status[0] if status else "",
        diagnostic=_after_type(group.get("Diagnostic-Code")),
        remote=_after_type(group.get("Remote-MTA")),
    )


def _after_type(value: str | None) -> str:
    """`host` of `dns; host`, without angle brackets."""
    kind, semicolon, rest = (value or "").partition(";")
    return (rest if semicolon else kind).strip().removeprefix("<").removesuffix(">")


def _returned_id(raw: bytes, root: Part, status: Part) -> str:
    for part in root.walk():
        if part.content_type in _HEADER_TYPES and part.body_start > status.body_start:
            octets = decode_body(raw[part.body_start : part.body_end], part.encoding)
            found = parse_message_ids(Headers.read(octets + b"\r\n").raw_first("Message-ID"))
            return found[0] if found else ""
    return ""


_MACHINE_FIELDS: Final = (
    b"list-id",
    b"list-unsubscribe",
    b"list-post",
    b"x-autoreply",
    b"x-autorespond",
    b"x-autoresponder",
    b"x-auto-reply-from",
    b"x-autogenerated",
    b"x-auto-response-suppress",
    b"x-mailer-daemon",
    b"x-failed-recipients",
    b"feedback-type",
)


def is_auto_generated(headers: Headers) -> bool:
    """Whether a program, a list or a mail system sent this; then it must not be answered.

    RFC 3834 §5 and the signs that came before it. The null reverse-path is known from the envelope;
    a Return-Path field that shows it counts too.
    """
    auto_submitted = headers.raw_all("Auto-Submitted")
    if any(_word(value) not in ("no", "") for value in auto_submitted):
        return True
    if any(_word(value) in ("bulk", "list", "junk") for value in headers.raw_all("Precedence")):
        return True
    if any(headers.first(key) is not None for key in _MACHINE_FIELDS):
        return True
    content_type = (headers.undecoded("Content-Type") or "").strip().lower()
    if content_type.startswith(("multipart/report", "message/delivery-status")):
        return True
    return_path = headers.undecoded("Return-Path")
    return return_path is not None and return_path.strip() in ("<>", "")


def _word(value: bytes) -> str:
    """The first word of a value, without parameters and comments."""
    text = decode_words(value).partition(";")[0].partition("(")[0]
    return text.strip().lower()
