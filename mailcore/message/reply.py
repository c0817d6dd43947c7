"""Answers: subject, recipients, references, quotation, and forwarding (RFC 5322 §3.6.3, §3.6.4).

Pure decisions over the facts of the message that is answered.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Final

from mailcore.address import Address, try_address
from mailcore.clock import to_iso
from mailcore.message.compose import OutgoingAttachment, Outline
from mailcore.model import MailboxAddress, MessageFacts

MAX_REFERENCES: Final = 50
_MAX_SUBJECT: Final = 900
_MAX_QUOTED_CHARS: Final = 256 * 1024

_REPLY_MARK = re.compile(
    r"(?:re|aw|sv|vs|antw|odp|res|rif|回复|答复)\s{0,3}(?:\[\d{1,4}\])?[:：]", re.IGNORECASE
)
_FORWARD_MARK = re.compile(r"(?:fwd?|wg|tr|enc|转发)\s{0,3}[:：]", re.IGNORECASE)
_FILE_UNSAFE = re.compile(r"[^\w .,()\-]+")

type Recipients = tuple[tuple[MailboxAddress, ...], tuple[MailboxAddress, ...]]


def reply_subject(subject: str) -> str:
    """`Re: ` before the subject, once; other languages' marks count."""
    stripped = subject.strip()[:_MAX_SUBJECT]
    return stripped if _REPLY_MARK.match(stripped) else f"Re: {stripped}".rstrip()


def forward_subject(subject: str) -> str:
    """`Fwd: ` before the subject, once."""
    stripped = subject.strip()[:_MAX_SUBJECT]
    return stripped if _FORWARD_MARK.match(stripped) else f"Fwd: {stripped}".rstrip()


def reply_recipients(facts: MessageFacts, own: Address, *, reply_all: bool) -> Recipients:
    """(to, cc) of an answer from `own`.

    To is Reply-To, else From; an answer to one's own message goes to its recipients again. Reply to
    all adds the other recipients as cc. `own`, sub-addresses included, is not among them unless there
    is nobody else; what is no address is left out, and each address stands once.
    """
    is_own_message = facts.sender is not None and _key(facts.sender) == own.base.folded
    senders = facts.reply_to or ((facts.sender,) if facts.sender else ())
    direct = facts.to if is_own_message else senders
    seen: set[str] = set()
    to = _fresh(direct, seen, own)
    cc = _fresh((*facts.to, *facts.cc), seen, own) if reply_all else ()
    if not to:
        return (cc[:1] or _valid(senders), cc[1:])
    return to, cc


def _valid(mailboxes: Iterable[MailboxAddress]) -> tuple[MailboxAddress, ...]:
    """For mail to oneself: the answer goes to oneself again."""
    return tuple(mailbox for mailbox in mailboxes if try_address(mailbox.address))[:1]


def _fresh(
    mailboxes: Iterable[MailboxAddress], seen: set[str], own: Address
) -> tuple[MailboxAddress, ...]:
    kept: list[MailboxAddress] = []
    for mailbox in mailboxes:
        address = try_address(mailbox.address)
        if address is None or address.base.folded == own.base.folded or address.folded in seen:
            continue
        seen.add(address.folded)
        kept.append(mailbox)
    return tuple(kept)


def _key(mailbox: MailboxAddress) -> str:
    address = try_address(mailbox.address)
    return address.base.folded if address else ""


def reply_references(facts: MessageFacts) -> tuple[str, tuple[str, ...]]:
    """(In-Reply-To, References) of an answer, without angle brackets (RFC 5322 §3.6.4).

    References are cut to `MAX_REFERENCES`: the first, which names the thread, and the last ones.
    """
    parents = facts.references or ((facts.in_reply_to,) if facts.in_reply_to else ())
    chain = tuple(dict.fromkeys(one for one in (*parents, facts.message_id) if one))
    if len(chain) > MAX_REFERENCES:
        chain = (chain[0], *chain[1 - MAX_REFERENCES :])
    return facts.message_id, chain


def quote(text: str, attribution: str) -> str:
    """`text` as a quotation behind `attribution`, signature and older quotes kept as they are."""
    lines = text[:_MAX_QUOTED_CHARS].replace("\r\n", "\n").rstrip("\n").split("\n")
    quoted = "\n".join(f">{line}" if line[:1] == ">" else f"> {line}".rstrip() for line in lines)
    return f"{attribution}\n{quoted}" if attribution else quoted


def attribution(facts: MessageFacts) -> str:
    """`On DATE, NAME <ADDRESS> wrote:`, as far as they are known."""
    who = _shown(facts.sender) if facts.sender else "someone"
    return f"On {_when(facts.date)}, {who} wrote:" if facts.date else f"{who} wrote:"


def forward_text(facts: MessageFacts, text: str, comment: str = "") -> str:
    """The text of a forward: the comment, a block that names the original, and its text."""
    head = [
        "---------- Forwarded message ----------",
        f"From: {_shown(facts.sender) if facts.sender else ''}",
        f"Date: {_when(facts.date) if facts.date else ''}",
        f"Subject: {facts.subject}",
        f"To: {', '.join(map(_shown, facts.to[:20]))}",
    ]
    if facts.cc:
        head.append(f"Cc: {', '.join(map(_shown, facts.cc[:20]))}")
    block = "\n".join(line.rstrip() for line in head)
    body = text[:_MAX_QUOTED_CHARS].replace("\r\n", "\n")
    return "\n\n".join(piece for piece in (comment.strip("\n"), block, body.strip("\n")) if piece)


def forward_html(facts: MessageFacts, text: str, comment: str) -> str:
    """The HTML of a forward: the comment as it is, then the block and the text of the original."""
    return f"{comment}\n<pre>{escape(forward_text(facts, text))}</pre>\n"


def original_attachment(raw: bytes, facts: MessageFacts) -> OutgoingAttachment:
    """The original message as a message/rfc822 attachment: every octet of it, its files too."""
    name = _FILE_UNSAFE.sub("_", facts.subject)[:60].strip(" ._") or "message"
    return OutgoingAttachment(filename=f"{name}.eml", content_type="message/rfc822", content=raw)


def forward_outline(
    raw: bytes,
    facts: MessageFacts,
    *,
    sender: MailboxAddress,
    to: tuple[MailboxAddress, ...],
    text: str,
    message_id: str,
    date: datetime,
    comment: str = "",
    cc: tuple[MailboxAddress, ...] = (),
    bcc: tuple[MailboxAddress, ...] = (),
    attachments: tuple[OutgoingAttachment, ...] = (),
) -> Outline:
    """A forward: the text inline for reading, the original attached so that nothing is lost.

    `text` is the readable text of the original. `raw` should be without the server's own header.
    """
    return Outline(
        sender=sender,
        to=to,
        cc=cc,
        bcc=bcc,
        subject=forward_subject(facts.subject),
        text=forward_text(facts, text, comment),
        attachments=(*attachments, original_attachment(raw, facts)),
        references=reply_references(facts)[1],
        message_id=message_id,
        date=date,
    )


def _shown(mailbox: MailboxAddress) -> str:
    return f"{mailbox.name} <{mailbox.address}>" if mailbox.name else mailbox.address


def _when(at: datetime) -> str:
    return to_iso(at)[:16].replace("T", " ") + " UTC"
