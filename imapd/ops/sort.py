"""SORT and THREAD, by number and by UID (RFC 5256), with ESORT (RFC 5267)."""

import asyncio
from collections.abc import Sequence
from typing import Final

from imapd import conversations, responses, sorting
from imapd.commands import ReturnOption, Sort, Thread, ThreadAlgorithm
from imapd.ops.outcome import Outcome, done
from imapd.ops.search import TAG_REUSED, found, highest, keep_up_to_date, sorted_values
from imapd.search import mentions_modseq
from imapd.seqset import of_numbers
from imapd.session import Session
from mailcore.store.ports import SortColumns, SortRow

_INLINE: Final = 500
"""More messages are sorted off the loop."""
_MAX_RANGES: Final = 100
"""Of more, everything between their ends is read: each is a query of its own."""
_THREADED: Final = SortColumns.SENT_AT | SortColumns.SUBJECT | SortColumns.REFERENCES


async def sort(session: Session, command: Sort) -> Outcome:
    """The messages that match, in the order asked for."""
    view = session.current.view
    if command.updates is not None and session.tag in session.contexts:
        return TAG_REUSED
    has_modseq = mentions_modseq(command.key)
    if has_modseq:
        session.want_modseq()
    uids, rows = await _rows(session, command, sorting.columns(command.criteria))
    if len(rows) <= _INLINE:
        ordered = sorting.order(rows, command.criteria)
    else:
        ordered = await asyncio.to_thread(sorting.order, rows, command.criteria)
    modseq = await highest(session, uids) if has_modseq else None
    numbers = ordered
    if not command.by_uid:
        numbers = [*map(_numbers(session, uids).__getitem__, ordered)]
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
    uids, rows = await _rows(session, command, _THREADED)
    numbers = {uid: uid for uid in uids} if command.by_uid else _numbers(session, uids)
    is_references = command.algorithm is ThreadAlgorithm.REFERENCES
    build = conversations.by_references if is_references else conversations.by_subject

    def answer() -> bytes:
        trees = conversations.render(build(rows), numbers)
        return b"* THREAD %b\r\n" % trees if trees else b"* THREAD\r\n"

    line = answer() if len(rows) <= _INLINE else await asyncio.to_thread(answer)
    await session.write_all([line])
    return done("thread completed")


async def _rows(
    session: Session, command: Sort | Thread, columns: SortColumns
) -> tuple[list[int], Sequence[SortRow]]:
    """The UIDs that match, and what is compared of them."""
    uids = await found(session, command.key)
    ranges, read = of_numbers(uids), session.services.mailboxes.sort_rows
    if len(ranges) <= _MAX_RANGES:
        return uids, await read(session.current.mailbox, ranges, columns)
    rows = await read(session.current.mailbox, [(uids[0], uids[-1])], columns)
    wanted = frozenset(uids)
    return uids, [row for row in rows if row.uid in wanted]


def _numbers(session: Session, uids: list[int]) -> dict[int, int]:
    """The message number of each UID; they are known."""
    return dict(zip(uids, session.current.view.numbers_of(uids), strict=True))
