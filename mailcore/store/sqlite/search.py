"""Search trees as SQL over columns that are scanned without touching wide rows.

Nodes that need a message's bytes (`Body`, `Text`, `Header`) are compiled so that the answer is
never too small: they count as true, and as false below a `Not`.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final, assert_never

from mailcore.clock import to_micros
from mailcore.errors import invalid
from mailcore.ids import BlobRef, MailboxId
from mailcore.search import (
    MAX_DEPTH,
    All,
    And,
    Arrived,
    Body,
    Field,
    HasDigest,
    HasFlag,
    HasKeyword,
    Header,
    InThread,
    ModSeq,
    Not,
    Or,
    Received,
    Saved,
    SearchNode,
    Sent,
    Size,
    Text,
    UidIn,
)
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.mailbox_rows import disjoint, require_mailbox
from mailcore.store.sqlite.rows import micros

_COLUMNS: Final = {
    "from": "s.sender",
    "to": "s.recipients",
    "cc": "s.cc",
    "bcc": "s.bcc",
    "subject": "s.subject",
    "message-id": "s.message_id",
}
_SENT_DAY = "coalesce(s.sent_day, m.internal_date / 86400000000 + 719163)"
"""The day of the Date field as an ordinal; of the arrival when there is none."""
_FEW_RANGES = 8
_DIGEST: Final = "((SELECT sha256 FROM contents WHERE id = m.content_id) = ?)"

type _Leaf = (
    HasFlag
    | HasKeyword
    | UidIn
    | Received
    | Sent
    | Size
    | Field
    | ModSeq
    | Arrived
    | Saved
    | HasDigest
    | InThread
)


class _Compiler:
    """Collects the parameters and sets of one query while its SQL is put together."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self.sets: list[Callable[[int], bool]] = []

    def compile(self, node: SearchNode, *, unknown: bool = True, depth: int = 0) -> str:
        """SQL for a node; `unknown` is what a node counts as that columns cannot decide."""
        if depth > MAX_DEPTH:
            raise invalid("search", "too deeply nested")
        match node:
            case All():
                return "1"
            case And(children):
                parts = [self.compile(one, unknown=unknown, depth=depth + 1) for one in children]
                return _joined("AND", parts, "1")
            case Or(left, right):
                parts = [
                    self.compile(one, unknown=unknown, depth=depth + 1) for one in (left, right)
                ]
                return _joined("OR", parts, "0")
            case Not(child):
                return f"NOT {self.compile(child, unknown=not unknown, depth=depth + 1)}"
            case Body() | Text() | Header():
                return "1" if unknown else "0"
            case _:
                return self._leaf(node)

    def _leaf(self, node: _Leaf) -> str:  # noqa: C901, PLR0912 - a table
        match node:
            case HasFlag(flag):
                return self._with("(m.flags & ?) <> 0", int(flag))
            case HasKeyword(keyword):
                pattern = f" {keyword.lower()} "
                return self._with("(instr(' ' || lower(m.keywords) || ' ', ?) > 0)", pattern)
            case UidIn(ranges):
                return self._uids(ranges)
            case ModSeq(at_least):
                return self._with("(m.modseq >= ?)", at_least)
            case Field(name, text):
                return self._field(name, text)
            case Received(since, before):
                return self._between("m.internal_date", _midnight(since), _midnight(before))
            case Saved(since, before):
                return self._between("m.saved_at", _midnight(since), _midnight(before))
            case Arrived(start, end):
                return self._between("m.internal_date", micros(start), micros(end))
            case HasDigest(sha256):
                return self._with(_DIGEST, sha256)
            case InThread(thread_id):
                return self._with("(m.thread_id = ?)", thread_id)
            case Sent(since, before):
                days = [day.toordinal() if day else None for day in (since, before)]
                return self._between(_SENT_DAY, *days)
            case Size(larger_than, smaller_than):
                low = None if larger_than is None else larger_than + 1
                return self._between("m.size_bytes", low, smaller_than)
            case _:
                assert_never(node)

    def _with(self, sql: str, value: object) -> str:
        self.values.append(value)
        return sql

    def _field(self, name: str, text: str) -> str:
        column = _COLUMNS.get(name.lower())
        if column is None:
            raise invalid("search", f"unknown field {name[:50]!r}")
        return self._with(f"(instr({column}, ?) > 0)", fold(text))

    def _between(self, column: str, low: int | None, before: int | None) -> str:
        parts = []
        if low is not None:
            parts.append(self._with(f"{column} >= ?", low))
        if before is not None:
            parts.append(self._with(f"{column} < ?", before))
        return _joined("AND", parts, "1")

    def _uids(self, ranges: Sequence[tuple[int, int]]) -> str:
        """Few ranges as comparisons, many through a function with a binary search."""
        merged = disjoint(ranges)
        if len(merged) > _FEW_RANGES:
            self.sets.append(_membership(merged))
            return f"uid_in({len(self.sets) - 1}, m.uid)"
        for low, high in merged:
            self.values.extend((low, high))
        return _joined("OR", ["m.uid BETWEEN ? AND ?"] * len(merged), "0")


def _joined(operator: str, parts: Sequence[str], empty: str) -> str:
    """The parts as a balanced tree: SQLite limits the depth of expressions."""
    if len(parts) <= 1:
        return f"({parts[0]})" if parts else empty
    middle = len(parts) // 2
    left, right = (_joined(operator, half, empty) for half in (parts[:middle], parts[middle:]))
    return f"({left} {operator} {right})"


def _midnight(day: date | None) -> int | None:
    if day is None:
        return None
    return to_micros(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _membership(ranges: Sequence[tuple[int, int]]) -> Callable[[int], bool]:
    lows = [low for low, _ in ranges]

    def contains(uid: int) -> bool:
        index = bisect_right(lows, uid) - 1
        return index >= 0 and uid <= ranges[index][1]

    return contains


def search_mailbox(
    connection: sqlite3.Connection, mailbox_id: MailboxId, where: SearchNode
) -> tuple[tuple[int, BlobRef], ...]:
    """UIDs and files of the messages that may match, ascending."""
    require_mailbox(connection, mailbox_id)
    compiler = _Compiler()
    condition = compiler.compile(where)
    if compiler.sets:
        connection.create_function(
            "uid_in", 2, lambda index, uid: compiler.sets[index](uid), deterministic=True
        )
    join = "JOIN searchables s ON s.content_id = m.content_id" if "s." in condition else ""
    sql = f"""
    SELECT m.uid, m.blob FROM messages m {join}
    WHERE m.mailbox_id = ? AND {condition} ORDER BY m.uid
    """
    found = connection.execute(sql, (mailbox_id, *compiler.values))
    return tuple((row[0], BlobRef(row[1])) for row in found)
