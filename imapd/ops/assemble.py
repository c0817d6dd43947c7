"""Putting a message together of texts and of parts of messages that are here (RFC 4469)."""

import re

from imapd import responses, urls
from imapd.commands import Appended
from imapd.ops import sections
from imapd.session import Session
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Mailbox
from mailcore.store.ports import FetchColumns, FetchRow

_UNSAFE = re.compile(r"[^!#-\[^-~]+")
"""What a quoted string inside a code cannot hold, and `]`, which clients take for its end."""
_MAX_SHOWN = 300


class BadUrl(Exception):  # noqa: N818 - named after the code BADURL
    """A URL that leads to no part of a message that the session may read."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.shown = responses.string(_UNSAFE.sub("?", url[:_MAX_SHOWN]).encode("ascii"))


class TooBig(Exception):  # noqa: N818 - named after the code TOOBIG
    """The pieces together are more than one message may have."""


async def assembled(session: Session, message: Appended) -> bytes:
    """The octets of the message. Raises BadUrl and TooBig."""
    if not message.pieces:
        return message.raw
    found: list[bytes] = []
    size = 0
    for piece in message.pieces:
        room = session.services.max_append_bytes - size
        found.append(await _part(session, piece, room) if isinstance(piece, str) else piece)
        size += len(found[-1])
        if size > session.services.max_append_bytes:
            raise TooBig
    return b"".join(found)


async def _part(session: Session, text: str, room: int) -> bytes:
    """What a URL stands for, if it is no more than there is room for."""
    try:
        url = urls.parse(text)
        mailbox = await _mailbox(session, url)
        row = await _row(session, mailbox, url.uid)
    except ValueError as error:
        raise BadUrl(text) from error
    (located,) = sections.locate(row, [url.section])
    if located.octets is None:
        raise BadUrl(text)
    if located.octets[1] - located.octets[0] > room:
        raise TooBig
    try:
        block = await sections.read_block(session.services.mailboxes, row, located.octets)
    except MailError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            raise BadUrl(text) from error
        raise
    return sections.value(located, block)


async def _mailbox(session: Session, url: urls.MessageUrl) -> Mailbox:
    """The mailbox of a URL, in the session's own inbox. ValueError."""
    user, services = session.user, session.services
    if url.user not in (None, str(user.inbox.address)) or url.host not in (None, services.hostname):
        raise ValueError("somebody else's")
    if url.mailbox is None:
        if session.selected is None:
            raise ValueError("no mailbox is selected")
        return session.selected.mailbox
    try:
        found = await services.mailboxes.mailbox(user.actor, user.inbox.id, url.mailbox)
    except MailError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            raise ValueError("no such mailbox") from error
        raise
    if url.uid_validity not in (None, found.uid_validity):
        raise ValueError("another mailbox of this name")
    return found


async def _row(session: Session, mailbox: Mailbox, uid: int) -> FetchRow:
    """The message. ValueError when it is not there. Its content counts as shown to the client."""
    mailboxes, ranges = session.services.mailboxes, [(uid, uid)]
    rows = await mailboxes.fetch(mailbox, ranges, FetchColumns.PARTS | FetchColumns.OCTETS)
    if not rows:
        raise ValueError("no such message")
    await mailboxes.expose(session.user.actor, mailbox, ranges)
    return rows[0]
