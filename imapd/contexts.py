"""Searches whose results are kept up to date (RFC 5267 CONTEXT): UPDATE, ADDTO, REMOVEFROM.

A context holds the UIDs the client was told. Sort keys never change, so the order of what stays is
kept. Message numbers in a search were resolved when it was asked (§4.3).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from imapd import responses, sorting
from imapd.commands import SortKey
from imapd.fetch import FetchItem
from imapd.selected import SelectedView
from imapd.seqset import of_numbers, render
from mailcore.mailboxes import Mailboxes
from mailcore.model import Mailbox
from mailcore.search import And, SearchNode, UidIn

MAX_CONTEXTS: Final = 10
MAX_SORTED: Final = 5000
"""Results of a SORT that is kept up to date: it is sorted again with every change."""


@dataclass(slots=True, kw_only=True)
class Context:
    """One search with UPDATE."""

    where: SearchNode
    by_uid: bool
    criteria: tuple[tuple[SortKey, bool], ...] = ()
    """Empty for SEARCH, whose order is the mailbox's."""
    items: tuple[FetchItem, ...] = ()
    """What to fetch of messages that arrive and match (RFC 5465 §7)."""
    found: list[int] = field(default_factory=list)
    """UIDs in the order asked for."""


class Contexts:
    """The contexts of the selected mailbox, by the tag of their command."""

    def __init__(self) -> None:
        self._contexts: dict[bytes, Context] = {}

    def __bool__(self) -> bool:
        return bool(self._contexts)

    def __contains__(self, tag: bytes) -> bool:
        return tag in self._contexts

    def add(self, tag: bytes, context: Context) -> bool:
        """Keep a search up to date; whether there is room for it."""
        too_large = bool(context.criteria) and len(context.found) > MAX_SORTED
        if len(self._contexts) >= MAX_CONTEXTS or too_large:
            return False
        self._contexts[tag] = context
        return True

    def cancel(self, tags: Collection[bytes]) -> None:
        """Forget contexts."""
        for tag in tags:
            self._contexts.pop(tag, None)

    def clear(self) -> None:
        """Forget all: the mailbox is no longer selected."""
        self._contexts.clear()

    def leaving(self, view: SelectedView, gone: Collection[int]) -> list[bytes]:
        """REMOVEFROM of messages that are about to be told expunged, while their numbers hold."""
        told: list[bytes] = []
        for tag, context in self._contexts.items():
            told += _removed(tag, context, view, frozenset(gone))
        return told

    async def changed(
        self, mailboxes: Mailboxes, mailbox: Mailbox, view: SelectedView, uids: Sequence[int]
    ) -> list[bytes]:
        """ADDTO and REMOVEFROM for messages that are new or whose flags have changed."""
        told: list[bytes] = []
        among = UidIn(tuple(of_numbers(uids)))
        for tag, context in tuple(self._contexts.items()):
            found = await mailboxes.search(mailbox, And((among, context.where)))
            matching = frozenset(view.uids_known(found))
            told += _removed(tag, context, view, frozenset(uids) - matching)
            told += await _added(tag, context, view, matching, (mailboxes, mailbox))
        return told

    def items_for(self, uid: int) -> list[FetchItem]:
        """What contexts want fetched of a message that has arrived and matches."""
        return [
            item for one in self._contexts.values() if one.items and uid in one.found
            for item in one.items
        ]  # fmt: skip


def _removed(tag: bytes, context: Context, view: SelectedView, gone: frozenset[int]) -> list[bytes]:
    """The update that takes results away; where the order is the mailbox's, all at position 0."""
    going = [place for place, uid in enumerate(context.found) if uid in gone]
    if not going:
        return []
    uids = [context.found[place] for place in going]
    context.found = [uid for uid in context.found if uid not in gone]
    if not context.criteria:
        return [_update(tag, context, b"REMOVEFROM", [(0, _names(context, view, uids))])]
    pairs = [
        (place + 1, _names(context, view, [uid]))
        for place, uid in sorted(zip(going, uids, strict=True), reverse=True)
    ]
    return [_update(tag, context, b"REMOVEFROM", pairs)]


async def _added(
    tag: bytes,
    context: Context,
    view: SelectedView,
    matching: frozenset[int],
    where: tuple[Mailboxes, Mailbox],
) -> list[bytes]:
    new = sorted(matching.difference(context.found))
    if not new:
        return []
    if not context.criteria:
        context.found = sorted([*context.found, *new])
        return [_update(tag, context, b"ADDTO", [(0, _names(context, view, new))])]
    mailboxes, mailbox = where
    wanted = frozenset([*context.found, *new])
    columns = sorting.columns(context.criteria)
    rows = await mailboxes.sort_rows(mailbox, of_numbers(sorted(wanted)), columns)
    ordered = sorting.order([row for row in rows if row.uid in wanted], context.criteria)
    context.found = ordered
    arrived = frozenset(new)
    pairs = [
        (place, _names(context, view, [uid]))
        for place, uid in enumerate(ordered, 1)
        if uid in arrived
    ]
    return [_update(tag, context, b"ADDTO", pairs)]


def _names(context: Context, view: SelectedView, uids: Sequence[int]) -> bytes:
    numbers = list(uids) if context.by_uid else view.numbers_of(uids)
    return render(of_numbers(numbers))


def _update(tag: bytes, context: Context, word: bytes, pairs: Sequence[tuple[int, bytes]]) -> bytes:
    shown = b" ".join([b"%d %b" % pair for pair in pairs])
    return responses.esearch(tag, [b"%b (%b)" % (word, shown)], by_uid=context.by_uid)
