"""STORE and EXPUNGE, by number and by UID (RFC 9051 §6.4.3, §6.4.6, RFC 4315)."""

import asyncio
from typing import Final

from imapd.commands import Expunge, Store, StoreMode
from imapd.ops.outcome import BEYOND_END, EXPUNGED, READ_ONLY, Outcome, done
from imapd.session import Session
from mailcore.store.ports import FlagMode

_AT_ONCE: Final = 1000
"""Messages told before other sessions get a turn."""
_MODES: Final = {
    StoreMode.ADD: FlagMode.ADD,
    StoreMode.REMOVE: FlagMode.REMOVE,
    StoreMode.REPLACE: FlagMode.REPLACE,
}


async def store(session: Session, command: Store) -> Outcome:
    """Change flags, and tell the new ones unless that is not wanted."""
    selected = session.current
    view = selected.view
    if selected.is_read_only:
        return READ_ONLY
    if not command.by_uid and command.numbers.exceeds(view.count):
        return BEYOND_END
    spans = view.spans(command.numbers, by_uid=command.by_uid)
    if not spans:
        return done("no messages named")
    changed = await session.services.mailboxes.set_flags(
        selected.mailbox,
        view.uid_ranges(spans),
        _MODES[command.mode],
        command.flags,
        command.keywords,
    )
    for start in range(0, len(changed.entries), _AT_ONCE):
        entries = changed.entries[start : start + _AT_ONCE]
        told = view.stored(
            entries, command.mode, command.flags, command.keywords, is_silent=command.is_silent
        )
        await session.write_all(told)
        await asyncio.sleep(0)
    session.knows(changed.before, changed.seq)
    named = sum(end - start for start, end in spans)
    if not command.by_uid and len(changed.entries) < named:
        return EXPUNGED
    return done("flags stored")


async def expunge(session: Session, command: Expunge) -> Outcome:
    r"""Remove what is marked `\Deleted`; the dispatcher's sync tells the numbers."""
    selected = session.current
    if selected.is_read_only:
        return READ_ONLY
    uids = None
    if command.uids is not None:
        uids = selected.view.uids_in(command.uids)
        if not uids:
            return done("no messages named")
    await session.services.mailboxes.expunge(selected.mailbox, uids)
    return done("expunged")
