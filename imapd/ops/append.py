"""APPEND (RFC 9051 §6.3.12) of one message or several (RFC 3502), with APPENDUID (RFC 4315)."""

from imapd import responses
from imapd.commands import Append
from imapd.ops.outcome import Outcome, done, refused, try_create
from imapd.seqset import of_numbers
from imapd.session import Session
from mailcore import log
from mailcore.errors import MailError
from mailcore.mailboxes import Appending

_log = log.get(__name__)


async def append(session: Session, command: Append) -> Outcome:
    """Store the messages as they are, all or none."""
    user = session.user
    if not all(one.raw for one in command.messages):
        return refused("the message is empty", b"CANNOT")
    messages = [
        Appending(
            raw=one.raw,
            flags=one.flags,
            keywords=one.keywords,
            internal_date=one.internal_date,
        )
        for one in command.messages
    ]
    mailboxes = session.services.mailboxes
    try:
        placed = await mailboxes.append(user.actor, user.inbox.id, command.mailbox, messages)
    except MailError as error:
        return try_create(error)
    for one in placed:
        _log.info("mail.appended", message_id=one.id, inbox_id=one.inbox_id)
    uids = [one.uid for one in placed]
    if sorted(set(uids)) != uids:
        return done("messages stored, or there already")
    code = responses.append_uid(placed[0].uid_validity, of_numbers(uids))
    return done("message stored" if len(placed) == 1 else "messages stored", code)
