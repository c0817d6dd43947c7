"""SORT and THREAD, by number and by UID (RFC 5256), with ESORT (RFC 5267)."""

import asyncio
from typing import Final

from imapd import conversations, responses, sorting
from imapd.commands import ReturnOption, Sort, Thread, ThreadAlgorithm
from imapd.ops.outcome import Outcome, done
from imapd.ops.search import TAG_REUSED, found, highest, keep_up_to_date, sorted_values
from imapd.search import mentions_modseq
from imapd.seqset import of_numbers
from imapd.session import Session
from mailcore.store.ports import SortRow

_INLINE: Final = 500
"""More messages are sorted off the loop."""


async def sort(session: Session, command: Sort) -> Outcome:
    """The messages that match, in the order asked for."""
    view = session.current.view
    if command.updates is not None and session.tag in session.contexts:
        return TAG_REUSED
    has_modseq = mentions_modseq(command.key)
    if has_modseq:
        session.want_modseq()
    uids, rows = await _rows(session, command)
    if len(rows) <= _INLINE:
        ordered = sorting.order(rows, command.criteria)
    else:
        ordered = await asyncio.to_thread(sorting.order, rows, command.criteria)
    modseq = await highest(session, uids) if has_modseq else None
    known = _numbers(session, ordered, by_uid=command.by_uid)
    numbers = [known[uid] for uid in ordered if uid in known]
    if command.returned is None:
        await session.write_all([responses.search(numbers, modseq, word="SORT")])
        return done("sort completed")
    if ReturnOption.SAVE in command.returned:
        view.saved = of_numbers(uids)
    if command.returned != {ReturnOption.SAVE} or command.partial:
        values = sorted_values(numbers, command, modseq)
        session.write(responses.esearch(session.tag, values, by_uid=command.by_uid))
    keep_up_to_date(session, command, ordered)
    return done("sort completed")


async def thread(session: Session, command: Thread) -> Outcome:
    """The messages that match, as conversations."""
    if mentions_modseq(command.key):
        session.want_modseq()
    uids, rows = await _rows(session, command)
    numbers = _numbers(session, uids, by_uid=command.by_uid)
    is_references = command.algorithm is ThreadAlgorithm.REFERENCES
    build = conversations.by_references if is_references else conversations.by_subject

    def answer() -> bytes:
        trees = conversations.render(build(rows), numbers)
        return b"* THREAD %b\r\n" % trees if trees else b"* THREAD\r\n"

    line = answer() if len(rows) <= _INLINE else await asyncio.to_thread(answer)
    await session.write_all([line])
    return done("thread completed")


async def _rows(session: Session, command: Sort | Thread) -> tuple[list[int], list[SortRow]]:
    """The UIDs that match, and what is compared of them."""
    uids = await found(session, command.key)
    mailbox = session.current.mailbox
    rows = await session.services.mailboxes.sort_rows(mailbox, of_numbers(uids))
    wanted = frozenset(uids)
    return uids, [row for row in rows if row.uid in wanted]


def _numbers(session: Session, uids: list[int], *, by_uid: bool) -> dict[int, int]:
    """What each UID is called in the answer."""
    if by_uid:
        return {uid: uid for uid in uids}
    view = session.current.view
    places = ((uid, view.position(uid)) for uid in uids)
    return {uid: place + 1 for uid, place in places if place is not None}
