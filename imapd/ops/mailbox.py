"""CREATE DELETE RENAME SUBSCRIBE STATUS NAMESPACE (RFC 9051 §6.3, RFC 3501 §6.3)."""

from collections.abc import Sequence

from imapd import objectids, responses
from imapd.commands import (
    Create,
    Delete,
    Rename,
    Status,
    StatusItem,
    Subscribe,
)
from imapd.ops.outcome import Outcome, done, refused
from imapd.seqset import MAX_NUMBER
from imapd.session import Session
from mailcore.model import Mailbox, SpecialUse
from mailcore.search import UidIn


async def create(session: Session, command: Create) -> Outcome:
    """CREATE; a separator at the end says that children will come, and is dropped."""
    user, mailboxes = session.user, session.services.mailboxes
    special_use = None
    if command.uses:
        found = _USES.get(command.uses[0])
        present = await mailboxes.list(user.actor, user.inbox.id)
        if (
            found is None
            or len(command.uses) > 1
            or any(one.special_use is found for one in present)
        ):
            return refused("the mailbox cannot be given that use", b"USEATTR")
        special_use = found
    mailbox = await mailboxes.create(user.actor, user.inbox.id, command.mailbox, special_use)
    return done("mailbox created", b"MAILBOXID (%b)" % objectids.mailbox_id(mailbox).encode())


_USES = {use.value.upper(): use for use in SpecialUse}


async def delete(session: Session, command: Delete) -> Outcome:
    """DELETE; the session's own mailbox is let go first."""
    user = session.user
    mailboxes = session.services.mailboxes
    mailbox = await mailboxes.mailbox(user.actor, user.inbox.id, command.mailbox)
    await mailboxes.delete(user.actor, user.inbox.id, command.mailbox)
    if session.selected is not None and session.selected.mailbox.id == mailbox.id:
        session.unselect()
    return done("mailbox deleted")


async def rename(session: Session, command: Rename) -> Outcome:
    """RENAME."""
    user = session.user
    await session.services.mailboxes.rename(
        user.actor, user.inbox.id, command.mailbox, command.new_name
    )
    return done("mailbox renamed")


async def subscribe(session: Session, command: Subscribe) -> Outcome:
    """SUBSCRIBE and UNSUBSCRIBE."""
    user = session.user
    await session.services.mailboxes.subscribe(
        user.actor, user.inbox.id, command.mailbox, is_subscribed=command.is_subscribed
    )
    return done("subscribed" if command.is_subscribed else "no longer subscribed")


async def namespace(session: Session) -> Outcome:
    """NAMESPACE: one, the user's own (RFC 2342)."""
    session.write(responses.untagged(b'NAMESPACE (("" "/")) NIL NIL'))
    return done("there is one namespace")


async def status(session: Session, command: Status) -> Outcome:
    """STATUS, of the selected mailbox too."""
    user = session.user
    mailbox = await session.services.mailboxes.mailbox(user.actor, user.inbox.id, command.mailbox)
    if not mailbox.is_selectable:
        return refused("this level of the hierarchy holds no messages", b"NONEXISTENT")
    session.write(await status_line(session, mailbox, command.items))
    return done("status told")


async def status_line(session: Session, mailbox: Mailbox, items: Sequence[StatusItem]) -> bytes:
    """`* STATUS` of a mailbox; who asks for HIGHESTMODSEQ uses CONDSTORE."""
    if StatusItem.HIGHESTMODSEQ in items:
        session.want_modseq()
    values = [(item.value, await _value(session, mailbox, item)) for item in items]
    return responses.status(mailbox.name, values, is_utf8=session.manner.is_utf8)


async def _value(session: Session, mailbox: Mailbox, item: StatusItem) -> int | str:
    if item is StatusItem.RECENT:
        return await _recent(session, mailbox)
    if item is StatusItem.DELETED_STORAGE:
        return await session.services.mailboxes.deleted_bytes(mailbox)
    values: dict[StatusItem, int | str] = {
        StatusItem.MESSAGES: mailbox.messages,
        StatusItem.UIDNEXT: mailbox.uid_next,
        StatusItem.UIDVALIDITY: mailbox.uid_validity,
        StatusItem.UNSEEN: mailbox.unseen,
        StatusItem.DELETED: mailbox.deleted,
        StatusItem.SIZE: mailbox.size_bytes,
        StatusItem.APPENDLIMIT: session.services.max_append_bytes,
        StatusItem.HIGHESTMODSEQ: mailbox.highest_modseq,
        StatusItem.MAILBOXID: f"({objectids.mailbox_id(mailbox)})",
    }
    return values[item]


async def _recent(session: Session, mailbox: Mailbox) -> int:
    if mailbox.recent_from_uid >= mailbox.uid_next:
        return 0
    recent = UidIn(((mailbox.recent_from_uid, MAX_NUMBER),))
    return len(await session.services.mailboxes.search(mailbox, recent))
