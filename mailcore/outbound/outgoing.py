"""From what a caller wants to say to the final bytes: new mail, replies and forwards.

Recipients are checked one by one and errors name the field and its index. Nothing here decides
whether the message may leave.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailcore.address import Address, parse_address
from mailcore.errors import MailError, invalid
from mailcore.ids import InboxId, new_message_id
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.message.headers import parse_mailboxes
from mailcore.model import Inbox, MailboxAddress
from mailcore.outbound.attachments import Attachable
from mailcore.signatures import Wish

_INLINE_BYTES: Final = 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A message to send. Recipients are `name@example.org` or `Name <name@example.org>`."""

    inbox_id: InboxId | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    attachments: tuple[Attachable, ...] = ()
    reply_to: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    allow_sensitive: bool = False
    send_at: str = ""
    """When, as people write it; empty for now."""
    list_unsubscribe: bool = False
    """Whether its one recipient can stop mail of this inbox with one click (RFC 8058)."""
    signature: Wish = None


async def compose(
    inbox: Inbox,
    mail: OutgoingMail,
    now: datetime,
    attachments: tuple[OutgoingAttachment, ...] = (),
) -> tuple[bytes, tuple[Address, ...]]:
    """The final bytes, without Bcc, and the envelope recipients."""
    if mail.text is None and mail.html is None:
        raise invalid("text", "give text or html")
    to, to_addresses = read_mailboxes("to", mail.to)
    cc, cc_addresses = read_mailboxes("cc", mail.cc)
    bcc, bcc_addresses = read_mailboxes("bcc", mail.bcc)
    reply_to, _ = read_mailboxes("reply_to", mail.reply_to)
    outline = Outline(
        sender=MailboxAddress(name=inbox.display_name, address=str(inbox.address)),
        to=to,
        cc=cc,
        bcc=bcc,
        reply_to=reply_to,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        attachments=attachments,
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        headers=mail.headers,
        message_id=new_message_id(inbox.address.domain),
        date=now,
    )
    size = len(mail.text or "") + len(mail.html or "")
    size += sum(len(one.content) for one in attachments)
    raw = render(outline) if size <= _INLINE_BYTES else await asyncio.to_thread(render, outline)
    return raw, (*to_addresses, *cc_addresses, *bcc_addresses)


def only_recipient(mail: OutgoingMail) -> Address | None:
    """The recipient when there is exactly one; INVALID when it is no address."""
    named = [(field, one) for field in ("to", "cc", "bcc") for one in getattr(mail, field)]
    if len(named) != 1:
        return None
    field, text = named[0]
    return read_mailboxes(field, (text,))[1][0]


def read_mailboxes(
    field: str, texts: tuple[str, ...]
) -> tuple[tuple[MailboxAddress, ...], tuple[Address, ...]]:
    """What a caller wrote as recipients, with names and without; INVALID naming the field and its index."""
    mailboxes: list[MailboxAddress] = []
    addresses: list[Address] = []
    for index, text in enumerate(texts):
        path = f"{field}[{index}]"
        if any(ord(char) < 32 or ord(char) == 127 for char in text):
            raise invalid(path, "no line breaks or control characters")
        found = parse_mailboxes(text)
        if len(found) != 1:
            raise invalid(
                path, "this is not one address", fix="Write it as name@example.org or Name <…>"
            )
        try:
            plain = found[0].address if "<" in text else text.strip()
            address = parse_address(plain, path=path)
        except MailError as error:
            raise invalid(
                path, f"{text[:100]!r} is not an address", fix="Write it as name@example.org"
            ) from error
        mailboxes.append(MailboxAddress(name=found[0].name, address=str(address)))
        addresses.append(address)
    return tuple(mailboxes), tuple(addresses)
