"""APPEND (RFC 9051 §6.3.12) of one message or several (RFC 3502), and REPLACE (RFC 8508).

Messages may be put together of parts of others (CATENATE, RFC 4469). APPENDUID is RFC 4315's.
"""

from imapd import responses
from imapd.commands import Append, Appended, Replace
from imapd.ops.assemble import BadUrl, TooBig, assembled
from imapd.ops.outcome import (
    BEYOND_END,
    EXPUNGED,
    READ_ONLY,
    Outcome,
    Word,
    done,
    refused,
    try_create,
)
from imapd.seqset import of_numbers
from imapd.session import Session
from mailcore import log
from mailcore.errors import ErrorKind, MailError
from mailcore.mailboxes import Appending
from mailcore.store.ports import Placed

_log = log.get(__name__)
_EMPTY = refused("the message is empty", b"CANNOT")


async def append(session: Session, command: Append) -> Outcome:
    """Store the messages as they are, all or none."""
    user = session.user
    messages = await _appending(session, *command.messages)
    if isinstance(messages, Outcome):
        return messages
    mailboxes = session.services.mailboxes
    try:
        placed = await mailboxes.append(user.actor, user.inbox.id, command.mailbox, messages)
    except MailError as error:
        return try_create(error)
    for one in placed:
        _log.info("mail.appended", message_id=one.id, inbox_id=one.inbox_id)
        session.has_stored(one.mailbox_id, [one.uid])
    uids = [one.uid for one in placed]
    if sorted(set(uids)) != uids:
        return done("messages stored, or there already")
    return done("message stored" if len(placed) == 1 else "messages stored", _code(placed))


async def replace(session: Session, command: Replace) -> Outcome:
    """Store a message and remove another, as one; the code comes untagged, before the EXPUNGE."""
    selected, user = session.current, session.user
    if selected.is_read_only:
        return READ_ONLY
    if not command.by_uid and command.number.exceeds(selected.view.count):
        return BEYOND_END
    spans = selected.view.spans(command.number, by_uid=command.by_uid)
    ((uid, _),) = selected.view.uid_ranges(spans) or ((0, 0),)
    messages = await _appending(session, command.message)
    if isinstance(messages, Outcome):
        return messages
    try:
        replaced = await session.services.mailboxes.replace(
            user.actor, selected.mailbox, uid, command.mailbox, messages[0]
        )
    except MailError as error:
        if error.kind is ErrorKind.NOT_FOUND and error.code != "no_such_mailbox":
            return EXPUNGED
        return try_create(error)
    session.has_stored(replaced.placed.mailbox_id, [replaced.placed.uid])
    _log.info("mail.replaced", message_id=replaced.placed.id, inbox_id=replaced.placed.inbox_id)
    session.write(responses.untagged_ok("message stored", _code((replaced.placed,))))
    return Outcome(Word.OK, "message replaced", tells_modseq=True)


async def _appending(session: Session, *messages: Appended) -> list[Appending] | Outcome:
    """The messages as the service takes them, or why there are none."""
    found: list[Appending] = []
    for one in messages:
        try:
            raw = await assembled(session, one)
        except BadUrl as error:
            return refused("the URL leads to nothing", b"BADURL %b" % error.shown)
        except TooBig:
            return refused("the message is too big", b"TOOBIG")
        if not raw:
            return _EMPTY
        found.append(
            Appending(
                raw=raw,
                flags=one.flags,
                keywords=one.keywords,
                internal_date=one.internal_date,
            )
        )
    return found


def _code(placed: tuple[Placed, ...]) -> bytes:
    return responses.append_uid(placed[0].uid_validity, of_numbers(one.uid for one in placed))
