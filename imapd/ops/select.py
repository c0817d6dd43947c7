"""SELECT EXAMINE CLOSE UNSELECT (RFC 9051 §6.3.2, §6.4.1, RFC 3691)."""

import asyncio
from typing import Final

from imapd import objectids, responses
from imapd.commands import Resync, Select
from imapd.ops.listing import selected_line
from imapd.ops.outcome import Outcome, done, wrong
from imapd.ops.resync import past
from imapd.selected import SelectedView
from imapd.session import Session
from imapd.snapshots import NOT_RECENT
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Mailbox

_INLINE: Final = 5000
"""Larger views are built off the loop."""


async def select(session: Session, command: Select) -> Outcome:
    """SELECT and EXAMINE; when it fails nothing is selected (RFC 9051 §6.3.2)."""
    manner, resync = session.manner, command.resync
    if resync is not None and not manner.has_vanished:
        return wrong("ENABLE QRESYNC comes before its use")
    if session.selected is not None:
        session.unselect()
        session.write(responses.untagged_ok("the mailbox selected before is closed", b"CLOSED"))
    if command.has_condstore:
        session.want_modseq()
    mailbox, view = await _open(session, command.mailbox)
    is_read_only = command.is_read_only or not mailbox.may_change
    selected = session.select(mailbox, view, is_read_only=is_read_only)
    session.write(b"".join(_lines(session, is_read_only=is_read_only)))
    view.sets.is_grown = False
    if resync is not None and resync.uid_validity == mailbox.uid_validity:
        await _tell_past(session, resync)
    if not selected.is_read_only:
        await session.claim_recent(mailbox)
        return done("mailbox selected", b"READ-WRITE")
    return done("mailbox selected for reading", b"READ-ONLY")


async def _tell_past(session: Session, resync: Resync) -> None:
    """What happened since the client was here last (RFC 7162 §3.2.5.1)."""
    selected = session.current
    last = selected.mailbox.uid_next - 1
    ranges = resync.known.resolve(last) if resync.known is not None else [(1, last)]
    found = await past(session, resync.modseq, ranges)
    told = [responses.vanished(found.vanished, is_earlier=True)] if found.vanished else []
    await session.write_all(told + selected.view.resynced(found.entries))


async def _open(session: Session, name: str) -> tuple[Mailbox, SelectedView]:
    """The mailbox with its view: from the snapshot and what changed since, else read whole."""
    user, services = session.user, session.services
    mailbox = await services.mailboxes.mailbox(user.actor, user.inbox.id, name)
    kept = services.snapshots.take(mailbox) if mailbox.is_selectable else None
    if kept is not None:
        try:
            changes = await services.mailboxes.changes(mailbox, kept.head)
        except MailError as error:
            if error.kind not in (ErrorKind.CONFLICT, ErrorKind.NOT_FOUND):
                raise
        else:
            if changes.mailbox.uid_validity != mailbox.uid_validity:
                return await _read_whole(session, name)
            kept.sync(changes, may_expunge=True, recent_from_uid=NOT_RECENT)
            return changes.mailbox, _shared(session, changes.mailbox, kept)
    return await _read_whole(session, name)


async def _read_whole(session: Session, name: str) -> tuple[Mailbox, SelectedView]:
    user, services = session.user, session.services
    whole = await services.mailboxes.open(user.actor, user.inbox.id, name)
    if len(whole.uids) <= _INLINE:
        view = SelectedView(whole, recent_from_uid=NOT_RECENT)
    else:
        view = await asyncio.to_thread(SelectedView, whole, recent_from_uid=NOT_RECENT)
    return whole.mailbox, _shared(session, whole.mailbox, view)


def _shared(session: Session, mailbox: Mailbox, view: SelectedView) -> SelectedView:
    is_rev2 = session.manner.is_rev2
    own = view.twin(recent_from_uid=NOT_RECENT if is_rev2 else mailbox.recent_from_uid)
    session.services.snapshots.put(mailbox, view)
    return own


def _lines(session: Session, *, is_read_only: bool) -> list[bytes]:
    mailbox, view = session.current.mailbox, session.current.view
    lines = [
        responses.flags(view.keywords),
        responses.permanent_flags(view.keywords, is_read_only=is_read_only),
        responses.exists(view.count),
    ]
    if session.manner.is_rev2:
        lines.append(selected_line(session, mailbox))
    else:
        lines.append(responses.recent(view.recent_count))
        unseen = view.first_unseen()
        if unseen and not session.manner.is_uid_only:
            lines.append(responses.untagged_ok("first unseen", b"UNSEEN %d" % unseen))
    validity = b"UIDVALIDITY %d" % mailbox.uid_validity
    lines.append(responses.untagged_ok("UIDs valid", validity))
    lines.append(responses.untagged_ok("next UID", b"UIDNEXT %d" % mailbox.uid_next))
    modseq = responses.highest_modseq(mailbox.highest_modseq)
    lines.append(responses.untagged_ok("modifications are counted", modseq))
    identifier = objectids.mailbox_id(mailbox).encode("ascii")
    lines.append(responses.untagged_ok("the mailbox's id", b"MAILBOXID (%b)" % identifier))
    return lines


async def close(session: Session) -> Outcome:
    """CLOSE: what is marked deleted goes, silently."""
    selected = session.current
    session.unselect()
    if not selected.is_read_only:
        await session.services.mailboxes.expunge(selected.mailbox)
    return done("mailbox closed")


async def unselect(session: Session) -> Outcome:
    """UNSELECT: nothing is removed."""
    session.unselect()
    return done("mailbox no longer selected")
