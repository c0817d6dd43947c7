"""NOTIFY (RFC 5465), and what is told while no command runs."""

from collections.abc import Mapping, Sequence

from imapd import responses
from imapd.commands import Fetch, FilterKind, Notify, NotifyEvent, StatusItem
from imapd.notify import MESSAGE_EVENTS, SHOWN
from imapd.ops import fetch
from imapd.ops.listing import plain_line
from imapd.ops.mailbox import status_line
from imapd.ops.outcome import Outcome, done, refused
from imapd.seqset import SequenceSet
from imapd.session import Session
from imapd.watch import Annotations, Watch
from mailcore.errors import MailError
from mailcore.ids import MailboxId
from mailcore.model import Mailbox

MAX_MAILBOXES = 2000
"""More are not compared at every event."""
_ANNOTATED = ("mailbox.annotated", "inbox.annotated")
_SELECTED = (FilterKind.SELECTED, FilterKind.SELECTED_DELAYED)


async def notify(session: Session, command: Notify) -> Outcome:
    """NOTIFY SET and NOTIFY NONE; the new groups stand for the old ones."""
    if any(one.is_unknown for one in command.groups):
        return refused("an event is not known", b"BADEVENT (%b)" % SHOWN)
    known = await _mailboxes(session)
    if len(known) > MAX_MAILBOXES:
        return refused("there are too many mailboxes", b"NOTIFICATIONOVERFLOW")
    watch = Watch(
        selected=next((one for one in command.groups if one.mailboxes.kind in _SELECTED), None),
        others=tuple(one for one in command.groups if one.mailboxes.kind not in _SELECTED),
        known=known,
    )
    watch.annotations = await _annotations(session, watch, known)
    await session.sync(may_expunge=True)
    session.unwatch()
    session.watch = watch
    if watch.others:
        _listen(session, watch)
    if command.has_status:
        await _tell_status(session, watch)
    return done("notifications are set")


def _listen(session: Session, watch: Watch) -> None:
    def hint() -> None:
        watch.is_stale = True
        session.connection.wake()

    def annotated() -> None:
        watch.is_annotated = True

    journal, inbox_id = session.services.journal, session.user.inbox.id
    watch.watching.enter_context(journal.watch(annotated, inbox_id=inbox_id, names=_ANNOTATED))
    watch.watching.enter_context(journal.watch(hint, inbox_id=inbox_id))


async def _mailboxes(session: Session) -> dict[MailboxId, Mailbox]:
    user = session.user
    found = await session.services.mailboxes.list(user.actor, user.inbox.id)
    return {one.id: one for one in found}


async def _annotations(
    session: Session, watch: Watch, known: Mapping[MailboxId, Mailbox]
) -> Annotations:
    """The annotations of what is watched, as far as they are asked for."""
    user, mailboxes = session.user, session.services.mailboxes
    wanted: list[Mailbox | None] = [
        one for one in known.values() if NotifyEvent.MAILBOX_METADATA in watch.events_of(one, None)
    ]
    if watch.wants(NotifyEvent.SERVER_METADATA):
        wanted.append(None)
    found: Annotations = {}
    for one in wanted:
        values = await mailboxes.metadata(user.actor, user.inbox.id, one)
        found[one.id if one else None] = {entry: hash(value) for entry, value in values.items()}
    return found


async def _tell_status(session: Session, watch: Watch) -> None:
    """Where watching begins (§3.1)."""
    selected = session.selected.mailbox if session.selected else None
    for one in watch.known.values():
        events = watch.events_of(one, selected)
        if not events & MESSAGE_EVENTS or not one.is_selectable:
            continue
        items = [StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY]
        if NotifyEvent.FLAG_CHANGE in events:
            items += [StatusItem.UNSEEN, StatusItem.HIGHESTMODSEQ]
        session.write(await status_line(session, one, items))
    await session.connection.drain()


# What happens ------------------------------------------------------------------------------------


async def tell(session: Session, *, is_idle: bool = False) -> bool:
    """Tell what happened while no command runs, or in IDLE; whether anything was looked at."""
    selected, watch = session.selected, session.watch
    has_news = False
    try:
        if selected is not None and selected.is_stale and (is_idle or watch is not None):
            has_news = True
            may_expunge = is_idle or (watch is not None and watch.tells_expunge)
            await session.sync(may_expunge=may_expunge)
            await show_arrived(session)
        if watch is not None and watch.is_stale:
            has_news = True
            await session.confirm()
            await _tell_others(session, watch)
    except MailError as error:
        session.write(responses.no(b"*", error.message))
    return has_news


async def show_arrived(session: Session) -> None:
    """FETCH of the messages that have arrived, as NOTIFY and contexts have asked for."""
    arrived, session.arrived = session.arrived, []
    own, session.stored = session.stored, set()
    items = session.watch.items if session.watch is not None else ()
    for uid in arrived:
        wanted = tuple(dict.fromkeys((*items, *session.contexts.items_for(uid))))
        if wanted and uid not in own and session.selected is not None:
            await fetch.fetch(
                session, Fetch(numbers=SequenceSet(((uid, uid),)), items=wanted, by_uid=True)
            )


async def _tell_others(session: Session, watch: Watch) -> None:
    watch.is_stale = False
    before, after = watch.known, await _mailboxes(session)
    watch.known = after
    selected = session.selected.mailbox if session.selected else None
    lines = _names(session, watch, before, after)
    for one in after.values():
        lines += await _status(session, watch, before.get(one.id), one, selected)
    if watch.is_annotated:
        watch.is_annotated = False
        lines += await _annotated(session, watch, after)
    await session.write_all(lines)


def _names(
    session: Session,
    watch: Watch,
    before: Mapping[MailboxId, Mailbox],
    after: Mapping[MailboxId, Mailbox],
) -> list[bytes]:
    """LIST of what was created, deleted, renamed, subscribed (§5.4, §5.5)."""
    lines: list[bytes] = []
    names = {one.name for one in after.values()}
    renamed = {
        old.name: after[id_].name
        for id_, old in before.items()
        if id_ in after and after[id_].name != old.name
    }
    affected: set[str] = set()
    for id_ in {**before, **after}:
        old, new = before.get(id_), after.get(id_)
        events = frozenset[NotifyEvent]()
        for one in (old, new):
            events |= watch.events_of(one, None) if one is not None else frozenset()
        if NotifyEvent.MAILBOX_NAME in events:
            if old is None and new is not None:
                affected.update((new.name, new.name.rpartition("/")[0]))
            elif old is not None and (new is None or new.is_selectable != old.is_selectable):
                affected.update((old.name, old.name.rpartition("/")[0]))
            elif old is not None and new is not None and _is_renamed(old, new, renamed):
                lines.append(plain_line(session, new, names, old_name=old.name))
        is_changed = old is not None and new is not None and old.is_subscribed != new.is_subscribed
        if NotifyEvent.SUBSCRIPTION_CHANGE in events and is_changed and new is not None:
            lines.append(plain_line(session, new, names))
    return lines + _affected(session, affected, after)


def _is_renamed(old: Mailbox, new: Mailbox, renamed: Mapping[str, str]) -> bool:
    """Whether the mailbox itself was renamed, not one above it."""
    if old.name == new.name:
        return False
    parent, rest = old.name.rpartition("/")[0], old.name.rpartition("/")[2]
    return parent not in renamed or f"{renamed[parent]}/{rest}" != new.name


def _affected(session: Session, names: set[str], after: Mapping[MailboxId, Mailbox]) -> list[bytes]:
    by_name = {one.name: one for one in after.values()}
    lines: list[bytes] = []
    for name in sorted(names - {""}):
        if name in by_name:
            lines.append(plain_line(session, by_name[name], by_name.keys()))
        else:
            is_utf8 = session.manner.is_utf8
            lines.append(responses.list_line(b"LIST", [b"\\NonExistent"], name, is_utf8=is_utf8))
    return lines


async def _status(
    session: Session, watch: Watch, old: Mailbox | None, new: Mailbox, selected: Mailbox | None
) -> list[bytes]:
    """STATUS of another mailbox in which something happened to messages (§5.1, §5.2, §5.3)."""
    events = watch.events_of(new, selected) & MESSAGE_EVENTS
    if not events or not new.is_selectable:
        return []
    was = (
        (0, 1, new.uid_validity) if old is None else (old.messages, old.uid_next, old.uid_validity)
    )
    items: list[StatusItem] = []
    if was != (new.messages, new.uid_next, new.uid_validity):
        items = [StatusItem.MESSAGES, StatusItem.UIDNEXT, StatusItem.UIDVALIDITY]
    if NotifyEvent.FLAG_CHANGE in events and old and old.highest_modseq != new.highest_modseq:
        items = items or [StatusItem.UIDVALIDITY]
        items.append(StatusItem.UNSEEN)
    if items and session.manner.has_modseq:
        items.append(StatusItem.HIGHESTMODSEQ)
    return [await status_line(session, new, items)] if items else []


async def _annotated(
    session: Session, watch: Watch, after: Mapping[MailboxId, Mailbox]
) -> list[bytes]:
    """METADATA with the names of entries that changed (§5.6, §5.7)."""
    before, watch.annotations = watch.annotations, await _annotations(session, watch, after)
    lines: list[bytes] = []
    for id_, values in watch.annotations.items():
        old = before.get(id_, {})
        changed = [one for one in {**old, **values} if old.get(one) != values.get(one)]
        if changed:
            name = after[id_].name if id_ is not None else ""
            lines.append(_metadata_line(session, name, changed))
    return lines


def _metadata_line(session: Session, name: str, entries: Sequence[str]) -> bytes:
    shown = b" ".join([responses.astring(one.encode("ascii")) for one in entries])
    mailbox = responses.mailbox(name, is_utf8=session.manner.is_utf8)
    return b"* METADATA %b %b\r\n" % (mailbox, shown)
