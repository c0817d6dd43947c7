"""APPEND (RFC 9051 §6.3.12) with APPENDUID (RFC 4315)."""

from imapd import responses
from imapd.commands import Append
from imapd.ops.outcome import Outcome, done, refused, try_create
from imapd.session import Session
from mailcore import log
from mailcore.errors import MailError

_log = log.get(__name__)


async def append(session: Session, command: Append) -> Outcome:
    """Store a message as it is."""
    user = session.user
    if not command.raw:
        return refused("the message is empty", b"CANNOT")
    try:
        placed = await session.services.mailboxes.append(
            user.actor,
            user.inbox.id,
            command.mailbox,
            command.raw,
            flags=command.flags,
            keywords=command.keywords,
            internal_date=command.internal_date,
        )
    except MailError as error:
        return try_create(error)
    _log.info("mail.appended", message_id=placed.id, inbox_id=placed.inbox_id)
    code = responses.append_uid(placed.uid_validity, placed.uid)
    return done("message stored", code)
