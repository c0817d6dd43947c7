"""Changing flags and keywords of many messages in few statements.

Messages of one mailbox share few combinations of flags and keywords: the change is worked out
once for each combination and written with one UPDATE, so a STORE over 100,000 messages is quick. A range
with many combinations falls back to a row at a time, which keeps hostile keyword sets linear.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailcore.errors import invalid
from mailcore.events import EmailUpdated
from mailcore.ids import MailboxId, Seq
from mailcore.model import Flag
from mailcore.store.ports import FlagMode, FlagsChanged, UidRanges
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.mailbox_rows import MAX_EVENT_IDS, disjoint, owner, require_mailbox
from mailcore.store.sqlite.mailboxes import entries_of
from mailcore.store.sqlite.placing import keyword_text

MAX_COMBINATIONS: Final = 64
MAX_KEYWORDS: Final = 200
"""Keywords on one message."""

_FIRST_GROUP = """
SELECT flags, keywords FROM messages
WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ? LIMIT 1
"""
_HAS_OTHER_GROUP = """
SELECT EXISTS (
  SELECT 1 FROM messages WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ?
  AND (flags <> ? OR keywords <> ?))
"""
_GROUPS = """
SELECT flags, keywords FROM messages
WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ? GROUP BY flags, keywords
"""
_UPDATE_GROUP = """
UPDATE messages SET flags = ?, keywords = ?, modseq = ?
WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ? AND flags = ? AND keywords = ?
"""
_SINGLE = """
SELECT rid, flags, keywords FROM messages
WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq <= ?
"""
_UPDATE_SINGLE = "UPDATE messages SET flags = ?, keywords = ?, modseq = ? WHERE rid = ?"
_COUNT = """
UPDATE mailboxes SET unseen = unseen + ?, deleted = deleted + ?, highest_modseq = ? WHERE id = ?
"""
_CHANGED_ENDS = """
SELECT (SELECT min(uid) FROM messages WHERE mailbox_id = ?1 AND modseq = ?2),
  (SELECT max(uid) FROM messages WHERE mailbox_id = ?1 AND modseq = ?2)
"""
_CHANGED_UIDS = "SELECT uid FROM messages WHERE mailbox_id = ? AND modseq = ? ORDER BY uid"
_CHANGED_IDS = "SELECT id FROM messages WHERE mailbox_id = ? AND modseq = ? ORDER BY uid LIMIT ?"
_ENTRIES = """
SELECT uid, modseq, flags, keywords FROM messages
WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid
"""
_MODIFIED = """
SELECT uid FROM messages WHERE mailbox_id = ? AND uid BETWEEN ? AND ? AND modseq > ? ORDER BY uid
"""
_ANY_MODSEQ: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChange:
    """What a STORE asks for."""

    mode: FlagMode
    flags: Flag
    keywords: tuple[str, ...]

    def apply(self, flags: int, keywords: str) -> tuple[int, str]:
        """The flags and keywords of a message after it."""
        match self.mode:
            case FlagMode.ADD:
                merged = keyword_text((*keywords.split(), *self.keywords))
                return flags | self.flags, merged
            case FlagMode.REMOVE:
                gone = {keyword.lower() for keyword in self.keywords}
                kept = [one for one in keywords.split() if one.lower() not in gone]
                return flags & ~self.flags, " ".join(kept)
            case FlagMode.REPLACE:
                return int(self.flags), keyword_text(self.keywords)


@dataclass(frozen=True, slots=True)
class _Tally:
    """How the counters of the mailbox move."""

    changed: int = 0
    unseen: int = 0
    deleted: int = 0

    def add(self, old: int, new: int, count: int) -> "_Tally":
        unseen = (new & Flag.SEEN == 0) - (old & Flag.SEEN == 0)
        deleted = (new & Flag.DELETED > 0) - (old & Flag.DELETED > 0)
        return replace(
            self,
            changed=self.changed + count,
            unseen=self.unseen + unseen * count,
            deleted=self.deleted + deleted * count,
        )


def change_flags(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    uids: UidRanges,
    change: FlagChange,
    at: int,
    unchanged_since: int | None = None,
    known: Seq | None = None,
) -> FlagsChanged:
    """Carry out a STORE: one journal row when anything changed, none otherwise."""
    box = require_mailbox(connection, mailbox_id)
    ranges = disjoint(uids)
    limit = _ANY_MODSEQ if unchanged_since is None else unchanged_since
    modified = _modified(connection, mailbox_id, ranges, unchanged_since)
    seq = journal.next_seq(connection)
    tally = _Tally()
    became: dict[tuple[int, str], tuple[int, str]] | None = {}
    for low, high in ranges:
        where = (mailbox_id, low, high, limit)
        tally, of_range = _change_range(connection, where, change, seq, tally)
        if became is None or of_range is None:
            became = None
        else:
            became.update(of_range)
    if tally.changed:
        connection.execute(_COUNT, (tally.unseen, tally.deleted, seq, mailbox_id))
        _announce(connection, mailbox_id, tally.changed, seq, at)
    changed = FlagsChanged(
        seq=seq if tally.changed else box.highest_modseq,
        entries=(),
        previous_modseq=box.highest_modseq,
        modified=tuple(modified),
        became=became,
    )
    if became is not None and known is not None and box.highest_modseq <= known and not modified:
        return changed
    entries = [
        entry
        for low, high in ranges
        for entry in entries_of(connection, _ENTRIES, (mailbox_id, low, high))
        if entry.uid not in modified
    ]
    return replace(changed, entries=tuple(entries), became=None)


def _modified(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    ranges: Sequence[tuple[int, int]],
    unchanged_since: int | None,
) -> dict[int, None]:
    """The UIDs that have changed after `unchanged_since`, in order."""
    if unchanged_since is None:
        return {}
    return {
        row[0]: None
        for low, high in ranges
        for row in connection.execute(_MODIFIED, (mailbox_id, low, high, unchanged_since))
    }


def _change_range(
    connection: sqlite3.Connection,
    where: tuple[int, int, int, int],
    change: FlagChange,
    seq: Seq,
    tally: _Tally,
) -> tuple[_Tally, dict[tuple[int, str], tuple[int, str]] | None]:
    """The tally, and what became of each combination of flags unless they were too many."""
    groups = _groups(connection, where)
    if len(groups) > MAX_COMBINATIONS:
        return _change_singly(connection, where, change, seq, tally), None
    became: dict[tuple[int, str], tuple[int, str]] = {}
    for flags, keywords in groups:
        new_flags, new_keywords = became[flags, keywords] = _applied(change, flags, keywords)
        if (new_flags, new_keywords) != (flags, keywords):
            values = (new_flags, new_keywords, seq, *where, flags, keywords)
            count = connection.execute(_UPDATE_GROUP, values).rowcount
            tally = tally.add(flags, new_flags, count)
    return tally, became


def _groups(
    connection: sqlite3.Connection, where: tuple[int, int, int, int]
) -> list[tuple[int, str]]:
    """The combinations in a range; most often it is one, which is seen without sorting them."""
    for first in connection.execute(_FIRST_GROUP, where).fetchall():
        if not connection.execute(_HAS_OTHER_GROUP, (*where, *first)).fetchone()[0]:
            return [first]
        return connection.execute(_GROUPS, where).fetchall()
    return []


def _change_singly(
    connection: sqlite3.Connection,
    where: tuple[int, int, int, int],
    change: FlagChange,
    seq: Seq,
    tally: _Tally,
) -> _Tally:
    updates: list[tuple[int, str, int, int]] = []
    for rid, flags, keywords in connection.execute(_SINGLE, where).fetchall():
        new_flags, new_keywords = _applied(change, flags, keywords)
        if (new_flags, new_keywords) != (flags, keywords):
            updates.append((new_flags, new_keywords, seq, rid))
            tally = tally.add(flags, new_flags, 1)
    connection.executemany(_UPDATE_SINGLE, updates)
    return tally


def _applied(change: FlagChange, flags: int, keywords: str) -> tuple[int, str]:
    new_flags, new_keywords = change.apply(flags, keywords)
    if new_keywords != keywords and new_keywords.count(" ") >= MAX_KEYWORDS:
        raise invalid("keywords", f"a message can have {MAX_KEYWORDS} keywords at most")
    return new_flags, new_keywords


def _announce(
    connection: sqlite3.Connection, mailbox_id: MailboxId, count: int, seq: Seq, at: int
) -> None:
    box = require_mailbox(connection, mailbox_id)
    ids = connection.execute(_CHANGED_IDS, (mailbox_id, seq, MAX_EVENT_IDS))
    event = EmailUpdated(
        inbox_id=box.inbox_id,
        folder=box.name,
        count=count,
        message_ids=[row[0] for row in ids],
        change="flags",
    )
    subject = owner(connection, box.inbox_id)
    uids = _changed_uids(connection, mailbox_id, count, seq)
    journal.append(connection, at, subject, event, mailbox_id=mailbox_id, seq=seq, uids=uids)


def _changed_uids(
    connection: sqlite3.Connection, mailbox_id: MailboxId, count: int, seq: Seq
) -> str:
    """The UIDs changed, as a set; those without a gap are told from their ends."""
    first, last = connection.execute(_CHANGED_ENDS, (mailbox_id, seq)).fetchone()
    if last - first + 1 == count > 1:
        return f"{first}:{last}"
    changed = connection.execute(_CHANGED_UIDS, (mailbox_id, seq))
    return journal.uid_set(row[0] for row in changed)


def flag_change(mode: FlagMode, flags: Flag, keywords: Sequence[str]) -> FlagChange:
    """A change with its keywords checked; INVALID when one is not an atom."""
    for keyword in keywords:
        if (
            not keyword.isascii()
            or not keyword.isprintable()
            or set(keyword) & _NOT_ATOM
            or not keyword
        ):
            raise invalid("keywords", f"{keyword[:50]!r} is not a keyword")
    return FlagChange(mode=mode, flags=flags, keywords=tuple(keywords))


_NOT_ATOM = frozenset(' (){%*"\\]')
