"""COPY and MOVE, by number and by UID (RFC 9051 §6.4.7, §6.4.8), with COPYUID (RFC 4315)."""

from imapd import responses
from imapd.commands import Copy, Move
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
from mailcore.errors import MailError
from mailcore.model import Mailbox
from mailcore.store.ports import Copied


async def copy(session: Session, command: Copy) -> Outcome:
    """COPY: the code is in the tagged answer."""
    return await _transfer(session, command)


async def move(session: Session, command: Move) -> Outcome:
    """MOVE: the code comes untagged, before the EXPUNGEs (RFC 6851 §4.3)."""
    if session.current.is_read_only:
        return READ_ONLY
    outcome = await _transfer(session, command)
    if outcome.code.startswith(b"COPYUID"):
        session.write(responses.untagged_ok("moved", outcome.code))
        return Outcome(Word.OK, "messages moved", tells_modseq=True)
    return outcome


async def _transfer(session: Session, command: Copy | Move) -> Outcome:
    selected = session.current
    view = selected.view
    if not command.by_uid and command.numbers.exceeds(view.count):
        return BEYOND_END
    try:
        target = await _target(session, command.mailbox)
    except MailError as error:
        return try_create(error)
    if not target.is_selectable:
        return refused("the target holds no messages", b"TRYCREATE")
    spans = view.spans(command.numbers, by_uid=command.by_uid)
    if not spans:
        return done("no messages named")
    ranges = view.uid_ranges(spans)
    mailboxes = session.services.mailboxes
    act = mailboxes.copy if isinstance(command, Copy) else mailboxes.move
    copied = await act(selected.mailbox, ranges, target)
    if isinstance(command, Move) and target.id != selected.mailbox.id:
        view.removed(source for source, _ in copied.pairs)
        session.advance(copied.previous_modseq, copied.source_seq)
    session.has_stored(target.id, [uid for _, uid in copied.pairs])
    if not copied.pairs:
        return done("no messages named") if command.by_uid else EXPUNGED
    return done("messages copied", _code(copied))


async def _target(session: Session, name: str) -> Mailbox:
    user = session.user
    return await session.services.mailboxes.mailbox(user.actor, user.inbox.id, name)


def _code(copied: Copied) -> bytes:
    sources = of_numbers(source for source, _ in copied.pairs)
    targets = of_numbers(target for _, target in copied.pairs)
    return responses.copy_uid(copied.uid_validity, sources, targets)
