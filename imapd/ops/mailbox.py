r"""CREATE DELETE RENAME SUBSCRIBE LIST LSUB STATUS NAMESPACE (RFC 9051 §6.3, RFC 3501 §6.3).

Special-use attributes are in plain LIST too (RFC 6154 §2): Apple Mail looks nowhere else. Levels
that exist only through their children are listed as `\Noselect`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from imapd import responses
from imapd.commands import (
    Create,
    Delete,
    List,
    ListOption,
    Lsub,
    Rename,
    Status,
    StatusItem,
    Subscribe,
)
from imapd.ops.outcome import Outcome, done, refused
from imapd.ops.patterns import SEPARATOR, matcher
from imapd.seqset import MAX_NUMBER
from imapd.session import Session
from mailcore.model import Mailbox
from mailcore.search import UidIn

_NOSELECT: Final = b"\\Noselect"


async def create(session: Session, command: Create) -> Outcome:
    """CREATE; a separator at the end says that children will come, and is dropped."""
    user = session.user
    await session.services.mailboxes.create(user.actor, user.inbox.id, command.mailbox)
    return done("mailbox created")


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


async def list_(session: Session, command: List) -> Outcome:
    """LIST."""
    if command.patterns == ("",) and not command.selection:
        session.write(responses.untagged(b'LIST (\\Noselect) "/" ""'))
        return done("the hierarchy separator")
    mailboxes = await _mailboxes(session)
    matchers = [matcher(command.reference, pattern) for pattern in command.patterns]
    lines = [
        responses.list_line(b"LIST", attributes, name)
        for name, attributes in _listed(mailboxes, matchers, command)
    ]
    await session.write_all(lines)
    return done("mailboxes listed")


async def lsub(session: Session, command: Lsub) -> Outcome:
    r"""LSUB: what is subscribed; a parent that is not stands for its children as `\Noselect`."""
    mailboxes = await _mailboxes(session)
    matches = matcher(command.reference, command.pattern)
    by_name = {one.name: one for one in mailboxes}
    subscribed = {one.name for one in mailboxes if one.is_subscribed}
    named = dict.fromkeys(name for name in subscribed if matches(name))
    if command.pattern.endswith("%"):
        named |= dict.fromkeys(name for name in _parents(subscribed) if matches(name))
    for name in sorted(named):
        mailbox = by_name.get(name)
        is_there = mailbox is not None and mailbox.is_selectable and name in subscribed
        session.write(responses.list_line(b"LSUB", [] if is_there else [_NOSELECT], name))
    return done("subscriptions listed")


async def _mailboxes(session: Session) -> tuple[Mailbox, ...]:
    user = session.user
    return await session.services.mailboxes.list(user.actor, user.inbox.id)


def _parents(names: Iterable[str]) -> set[str]:
    """Every level above the names."""
    found: set[str] = set()
    for name in names:
        parent = name.rpartition(SEPARATOR)[0]
        while parent and parent not in found:
            found.add(parent)
            parent = parent.rpartition(SEPARATOR)[0]
    return found


def _listed(
    mailboxes: Sequence[Mailbox], matchers: Sequence[Callable[[str], bool]], command: List
) -> list[tuple[str, list[bytes]]]:
    by_name: dict[str, Mailbox | None] = {one.name: one for one in mailboxes}
    parents = _parents(by_name)
    missing = sorted(name for name in parents if name not in by_name)
    by_name |= dict.fromkeys(missing)
    found: list[tuple[str, list[bytes]]] = []
    for name, mailbox in by_name.items():
        if not _is_chosen(mailbox, command) or not any(matches(name) for matches in matchers):
            continue
        found.append((name, _attributes(mailbox, command, has_children=name in parents)))
    return found


def _is_chosen(mailbox: Mailbox | None, command: List) -> bool:
    if ListOption.SUBSCRIBED in command.selection and not (mailbox and mailbox.is_subscribed):
        return False
    return ListOption.SPECIAL_USE not in command.selection or bool(mailbox and mailbox.special_use)


def _attributes(mailbox: Mailbox | None, command: List, *, has_children: bool) -> list[bytes]:
    attributes = [b"\\HasChildren" if has_children else b"\\HasNoChildren"]
    if mailbox is None or not mailbox.is_selectable:
        attributes.append(_NOSELECT)
    if mailbox is None:
        return attributes
    options = command.returned | command.selection
    if mailbox.is_subscribed and ListOption.SUBSCRIBED in options:
        attributes.append(b"\\Subscribed")
    if mailbox.special_use is not None:
        attributes.append(b"\\" + mailbox.special_use.value.encode("ascii"))
    return attributes


async def status(session: Session, command: Status) -> Outcome:
    """STATUS, of the selected mailbox too."""
    user = session.user
    mailbox = await session.services.mailboxes.mailbox(user.actor, user.inbox.id, command.mailbox)
    if not mailbox.is_selectable:
        return refused("this level of the hierarchy holds no messages", b"NONEXISTENT")
    values = [(item.value, await _value(session, mailbox, item)) for item in command.items]
    session.write(responses.status(mailbox.name, values))
    return done("status told")


async def _value(session: Session, mailbox: Mailbox, item: StatusItem) -> int:
    match item:
        case StatusItem.MESSAGES:
            return mailbox.messages
        case StatusItem.UIDNEXT:
            return mailbox.uid_next
        case StatusItem.UIDVALIDITY:
            return mailbox.uid_validity
        case StatusItem.UNSEEN:
            return mailbox.unseen
        case StatusItem.DELETED:
            return mailbox.deleted
        case StatusItem.SIZE:
            return mailbox.size_bytes
        case StatusItem.APPENDLIMIT:
            return session.services.max_append_bytes
        case StatusItem.RECENT:
            return await _recent(session, mailbox)


async def _recent(session: Session, mailbox: Mailbox) -> int:
    if mailbox.recent_from_uid >= mailbox.uid_next:
        return 0
    recent = UidIn(((mailbox.recent_from_uid, MAX_NUMBER),))
    return len(await session.services.mailboxes.search(mailbox, recent))
