"""What changed in the selected mailbox since a MODSEQ of the past (RFC 7162 §3.2.5, §3.2.6).

Where the removals of that time are no longer kept, everything that is not there is told as gone:
the client compares, and nothing is wrong but the length of the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from imapd.selected import SelectedView
from imapd.seqset import Range, intersect, of_numbers
from imapd.session import Session
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import Seq
from mailcore.model import Entry, Mailbox
from mailcore.search import And, ModSeq, UidIn
from mailcore.store.ports import FetchColumns


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """UIDs gone and entries changed, both ascending."""

    vanished: list[Range]
    entries: list[Entry]


async def past(session: Session, modseq: int, ranges: Sequence[Range]) -> Past:
    """What happened after `modseq` to the UIDs in the ranges, as far as the view knows of it."""
    selected = session.current
    mailbox, view = selected.mailbox, selected.view
    try:
        changes = await session.services.mailboxes.changes(mailbox, Seq(modseq))
    except MailError as error:
        if error.kind is not ErrorKind.CONFLICT:
            raise
        entries = await _entries(session, mailbox, modseq, ranges)
        known = intersect(ranges, [(1, mailbox.uid_next - 1)])
        return Past(vanished=view.missing(known), entries=entries)
    is_asked = _Membership(ranges)
    gone = [uid for uid in changes.vanished if is_asked(uid) and view.position(uid) is None]
    return Past(
        vanished=of_numbers(gone),
        entries=[entry for entry in changes.entries if is_asked(entry.uid)],
    )


class _Membership:
    """Whether ascending numbers are in ascending ranges, in one pass."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._ranges = ranges
        self._at = 0
        self._last = 0

    def __call__(self, number: int) -> bool:
        if number < self._last:
            self._at = 0
        self._last = number
        while self._at < len(self._ranges) and self._ranges[self._at][1] < number:
            self._at += 1
        return self._at < len(self._ranges) and self._ranges[self._at][0] <= number


async def _entries(
    session: Session, mailbox: Mailbox, modseq: int, ranges: Sequence[Range]
) -> list[Entry]:
    mailboxes = session.services.mailboxes
    where = And((UidIn(tuple(ranges)), ModSeq(modseq + 1)))
    found = of_numbers(await mailboxes.search(mailbox, where))
    rows = await mailboxes.fetch(mailbox, found, FetchColumns(0))
    return [Entry(row.uid, row.modseq, row.flags, row.keywords) for row in rows]


def positions(view: SelectedView, entries: Sequence[Entry]) -> list[int]:
    """Where the entries stand that the view knows of."""
    places = view.positions([entry.uid for entry in entries])
    return [place for place in places if place is not None]
