"""STORE and EXPUNGE, by number and by UID (RFC 9051 §6.4.3, §6.4.6, RFC 4315)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from imapd import responses
from imapd.commands import Expunge, Store, StoreMode
from imapd.ops.outcome import BEYOND_END, EXPUNGED, READ_ONLY, Outcome, Word, done, refused
from imapd.selected import Span, portions
from imapd.seqset import of_numbers
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
    """Change flags, and tell the new ones unless that is not wanted.

    Where changes of others had to be told first, the new flags are told even so: a client works out
    a silent change when it asks for it, and has just been told flags without it (RFC 9051 §6.4.6).
    """
    selected = session.current
    view = selected.view
    if selected.is_read_only:
        return READ_ONLY
    if not command.by_uid and command.numbers.exceeds(view.count):
        return BEYOND_END
    if command.unchanged_since is not None:
        session.want_modseq()
    is_silent = command.is_silent
    if selected.is_stale and await session.sync(may_expunge=False):
        is_silent = False
    spans = view.spans(command.numbers, by_uid=command.by_uid)
    if not spans:
        return done("no messages named")
    is_known = view.is_whole and not session.manner.has_modseq
    changed = await session.services.mailboxes.set_flags(
        selected.mailbox,
        view.uid_ranges(spans),
        _MODES[command.mode],
        command.flags,
        command.keywords,
        unchanged_since=command.unchanged_since,
        known=view.head if is_known else None,
    )
    if changed.became is not None:
        await _tell_known(session, spans, changed.became, is_silent=is_silent)
        session.advance(changed.previous_modseq, changed.seq)
        return done("flags stored")
    for start in range(0, len(changed.entries), _AT_ONCE):
        entries = changed.entries[start : start + _AT_ONCE]
        told = view.stored(
            entries,
            command.mode,
            command.flags,
            command.keywords,
            is_silent=is_silent,
            seq=changed.seq,
        )
        await session.write_all(told)
        await asyncio.sleep(0)
    session.advance(changed.previous_modseq, changed.seq)
    named = sum(end - start for start, end in spans)
    is_missing = len(changed.entries) + len(changed.modified) < named
    if changed.modified:
        known = changed.modified if command.by_uid else view.numbers_of(changed.modified)
        code = responses.modified(of_numbers(known))
        answer = refused if is_missing and not command.by_uid else done
        return answer("some messages had changed and were left alone", code)
    return EXPUNGED if is_missing and not command.by_uid else done("flags stored")


async def _tell_known(
    session: Session,
    spans: Sequence[Span],
    became: Mapping[tuple[int, str], tuple[int, str]],
    *,
    is_silent: bool,
) -> None:
    """Take and tell the result where nobody else had changed anything."""
    told: list[bytes] = []
    messages = 0
    for span in portions(spans, _AT_ONCE):
        told += session.current.view.became(span, became, is_silent=is_silent)
        messages += span[1] - span[0]
        if messages >= _AT_ONCE:
            await session.write_all(told)
            await asyncio.sleep(0)
            told, messages = [], 0
    await session.write_all(told)


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
    gone = await session.services.mailboxes.expunge(selected.mailbox, uids)
    selected.view.removed(gone.uids)
    session.advance(gone.previous_modseq, gone.seq)
    return Outcome(Word.OK, "expunged", tells_modseq=bool(gone.uids))
