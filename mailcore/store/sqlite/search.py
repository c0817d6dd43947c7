"""Search trees as SQL over columns and the full-text index, without touching wide rows.

Text of messages that are indexed is decided here: trigrams narrow, the kept text has the last word.
Nodes that need a message's bytes (`Header`; `Body`, `Text` and `Words` of messages that are not
indexed) are compiled so that the answer is never too small: they count as true, and as false below a
`Not`. What is cheap is asked first.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final, assert_never

import orjson

from mailcore.clock import to_micros
from mailcore.errors import invalid
from mailcore.ids import BlobRef, MailboxId
from mailcore.message.searchtext import needle
from mailcore.search import (
    MAX_DEPTH,
    All,
    And,
    Arrived,
    Body,
    Field,
    HasAttachment,
    HasDigest,
    HasFlag,
    HasKeyword,
    Header,
    InMailbox,
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
    Words,
    needs_bytes,
)
from mailcore.store.ports import Candidate, Found
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.fulltext import FIELDS, SCHEMA, Progress, grams, progress
from mailcore.store.sqlite.mailbox_rows import canonical_name, disjoint, require_mailbox
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
_ATTACHMENT: Final = "((SELECT attachments FROM contents WHERE id = m.content_id) <> '[]')"
_KEYWORD: Final = "(m.keywords <> '' AND instr(' ' || lower(m.keywords) || ' ', ?) > 0)"
_IN_MAILBOX: Final = "((SELECT name FROM mailboxes b WHERE b.id = m.mailbox_id) = ? COLLATE NOCASE)"
_JOIN: Final = "JOIN searchables s ON s.content_id = m.content_id"
_KEPT: Final = {
    "fields": "d.fields",
    "heads": "coalesce(d.head_folded, lower(d.head))",
    "bodies": "coalesce(d.body_folded, lower(d.body))",
}

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
    | HasAttachment
    | InMailbox
)


class Compiler:
    """Collects the parameters and sets of one query while its SQL is put together.

    `is_indexed` says that every message asked about is in the full-text index. The SQL speaks of
    `m`, a row of `messages`, and of `s`, its row of `searchables`.
    """

    def __init__(self, *, is_indexed: bool) -> None:
        self.values: list[object] = []
        self.sets: list[Callable[[int], bool]] = []
        self._is_indexed = is_indexed

    def compile(self, node: SearchNode, *, unknown: bool = True, depth: int = 0) -> str:
        """SQL for a node; `unknown` is what a node counts as that columns cannot decide."""
        if depth > MAX_DEPTH:
            raise invalid("search", "too deeply nested")
        match node:
            case All():
                return "1"
            case And(children):
                parts = [
                    self.compile(one, unknown=unknown, depth=depth + 1)
                    for one in sorted(children, key=_cost)
                ]
                return _joined("AND", parts, "1")
            case Or(left, right):
                parts = [
                    self.compile(one, unknown=unknown, depth=depth + 1) for one in (left, right)
                ]
                return _joined("OR", parts, "0")
            case Not(child):
                return f"NOT {self.compile(child, unknown=not unknown, depth=depth + 1)}"
            case Body(text):
                return self._text(text, ("bodies",), unknown=unknown)
            case Text(text):
                return self._text(text, ("heads", "bodies"), unknown=unknown)
            case Words(text):
                return self._words(text, unknown=unknown)
            case Header(_, text):
                return self._header(text, unknown=unknown)
            case _:
                return self._leaf(node)

    def _text(self, text: str, tables: Sequence[str], *, unknown: bool) -> str:
        wanted = needle(text)
        if not wanted:
            return "1"
        if not self._is_indexed:
            return "1" if unknown else "0"
        return self._kept([(table, wanted) for table in tables])

    def _words(self, text: str, *, unknown: bool) -> str:
        """Fields are folded as `searchables` are, text as the index is."""
        if not needle(text):
            return "1"
        if self._is_indexed:
            return self._kept([("fields", fold(text).replace("\n", " ")), ("bodies", needle(text))])
        if unknown:
            return "1"
        parts = [
            self._with(f"instr(s.{column}, ?) > 0", fold(text)) for column in (*FIELDS, "preview")
        ]
        return _joined("OR", parts, "0")

    def _header(self, text: str, *, unknown: bool) -> str:
        """A field's text is in the head, so the index narrows what must be read."""
        query = grams(needle(text)) if self._is_indexed and unknown else None
        if query is None:
            return "1" if unknown else "0"
        return self._narrow([("heads", query)])

    def _kept(self, wanted: Sequence[tuple[str, str]]) -> str:
        """Whether one of the kept texts contains its text."""
        queries = [(table, grams(text)) for table, text in wanted]
        narrowing = [(table, query) for table, query in queries if query is not None]
        narrow = self._narrow(narrowing) if len(narrowing) == len(wanted) else ""
        if narrow and len(wanted) == 1 and len(wanted[0][1]) == 3:
            return narrow
        parts = [self._with(f"instr({_KEPT[table]}, ?) > 0", text) for table, text in wanted]
        proof = f"""EXISTS (SELECT 1 FROM {SCHEMA}.documents d
          WHERE d.content_id = m.content_id AND ({" OR ".join(parts)}))"""
        return f"({narrow} AND {proof})" if narrow else proof

    def _narrow(self, queries: Sequence[tuple[str, str]]) -> str:
        """Messages that have all the trigrams, by table."""
        parts = [
            self._with(f"SELECT rowid FROM {SCHEMA}.{table} WHERE {table} MATCH ?", query)
            for table, query in queries
        ]
        return f"m.content_id IN ({' UNION '.join(parts)})"

    def _leaf(self, node: _Leaf) -> str:  # noqa: C901, PLR0912 - a table
        match node:
            case HasFlag(flag):
                return self._with("(m.flags & ?) <> 0", int(flag))
            case HasKeyword(keyword):
                pattern = f" {keyword.lower()} "
                return self._with(_KEYWORD, pattern)
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
            case HasAttachment():
                return _ATTACHMENT
            case InMailbox(name):
                return self._with(_IN_MAILBOX, canonical_name(name))
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
        query = _column_grams(name, text) if self._is_indexed else None
        if query is None:
            return self._with(f"(instr({column}, ?) > 0)", fold(text))
        narrow = self._narrow([("fields", query)])
        return f"({narrow} AND {self._with(f'instr({column}, ?) > 0', fold(text))})"

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


def _cost(node: SearchNode) -> int:
    """Where a condition stands among others: columns, then narrow texts, then kept texts."""
    match node:
        case Field():
            return 1
        case Body() | Text() | Words() | Header():
            return 2
        case And() | Or() | Not() if uses_index(node):
            return 3
        case _:
            return 0


def uses_index(node: SearchNode) -> bool:
    """Whether the full-text index helps to decide the tree."""
    match node:
        case Field() | Body() | Text() | Words() | Header():
            return True
        case Not(child):
            return uses_index(child)
        case And(children):
            return any(uses_index(child) for child in children)
        case Or(left, right):
            return uses_index(left) or uses_index(right)
        case _:
            return False


def _column_grams(name: str, text: str) -> str | None:
    """The trigrams of a text in one column of `fields`; None when they do not help."""
    column = _COLUMNS.get(name.lower(), "").removeprefix("s.")
    query = grams(fold(text).replace("\n", " ")) if column in FIELDS else None
    return query and f"{{{column}}} : ({query})"


def is_narrow(node: SearchNode) -> bool:
    """Whether the index alone gives few messages to look at: a text that all matches must hold."""
    match node:
        case Body(text) | Text(text) | Header(_, text):
            return grams(needle(text)) is not None
        case Words(text):
            return grams(needle(text)) is not None and grams(fold(text)) is not None
        case Field(name, text):
            return _column_grams(name, text) is not None
        case And(children):
            return any(is_narrow(child) for child in children)
        case _:
            return False


def has_header(node: SearchNode) -> bool:
    """Whether only bytes decide the tree, indexed or not."""
    match node:
        case Header():
            return True
        case Not(child):
            return has_header(child)
        case And(children):
            return any(has_header(child) for child in children)
        case Or(left, right):
            return has_header(left) or has_header(right)
        case _:
            return False


# Messages that are not indexed -------------------------------------------------------------------

_LATER: Final = "SELECT rid FROM messages WHERE mailbox_id = ? AND modseq > ?"
_NOT_FILLED: Final = "SELECT rid FROM messages WHERE mailbox_id = ? AND content_id > ?"
_CUT: Final = f"""
SELECT m.rid FROM {SCHEMA}.documents d INDEXED BY documents_cut
CROSS JOIN messages m ON m.content_id = d.content_id
WHERE d.is_whole = 0 AND m.mailbox_id = ?
"""


def unsettled(
    connection: sqlite3.Connection, mailbox_id: MailboxId, at: Progress
) -> tuple[int, ...]:
    """Messages of a mailbox that the index does not know, or not to their end, by row."""
    found = {row[0] for row in connection.execute(_LATER, (mailbox_id, at.cursor))}
    found.update(row[0] for row in connection.execute(_CUT, (mailbox_id,)))
    if at.filled_to is not None:
        rows = connection.execute(_NOT_FILLED, (mailbox_id, at.filled_to))
        found.update(row[0] for row in rows)
    return tuple(found)


# Searching ---------------------------------------------------------------------------------------


def conditions(
    connection: sqlite3.Connection, where: SearchNode, *, is_indexed: bool, unknown: bool = True
) -> tuple[str, list[object]]:
    """The tree as a condition on `m` and `s`, and its parameters."""
    compiler = Compiler(is_indexed=is_indexed)
    condition = compiler.compile(where, unknown=unknown)
    if compiler.sets:
        connection.create_function(
            "uid_in", 2, lambda index, uid: compiler.sets[index](uid), deterministic=True
        )
    return condition, compiler.values


def source(condition: str, *, is_narrow: bool = False) -> str:
    """FROM for a condition: `searchables` only when needed; by content when the index leads."""
    leads = is_narrow and "m.content_id IN" in condition
    by = "INDEXED BY messages_by_content" if leads else ""
    return f"FROM messages m {by} {_JOIN if 's.' in condition else ''}"


def search_mailbox(
    connection: sqlite3.Connection, mailbox_id: MailboxId, where: SearchNode
) -> Found:
    """The messages that match, and those that may match."""
    require_mailbox(connection, mailbox_id)
    at = progress(connection) if uses_index(where) else None
    if at is None:
        return _search(connection, mailbox_id, where, is_certain=not needs_bytes(where))
    open_rows = unsettled(connection, mailbox_id, at)
    found = _search(
        *(connection, mailbox_id, where),
        is_certain=not has_header(where),
        is_indexed=True,
        rows=(open_rows, False) if open_rows else None,
    )
    if not open_rows:
        return found
    others = _search(
        *(connection, mailbox_id, where),
        is_certain=not needs_bytes(where),
        rows=(open_rows, True),
    )
    return Found(
        sorted([*found.uids, *others.uids]), tuple(sorted([*found.unsure, *others.unsure]))
    )


def _search(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    where: SearchNode,
    *,
    is_certain: bool,
    is_indexed: bool = False,
    rows: tuple[Sequence[int], bool] | None = None,
) -> Found:
    """Matches among all messages of a mailbox, or only in (or outside) some rows.

    What is certain comes as one value: a row for each of 100,000 messages costs several times as much.
    """
    condition, values = conditions(connection, where, is_indexed=is_indexed)
    among = ""
    before: tuple[object, ...] = (mailbox_id,)
    if rows is not None:
        some, is_in = rows
        among = f"AND m.rid {'' if is_in else 'NOT'} IN (SELECT value FROM json_each(?))"
        before = (mailbox_id, orjson.dumps(some).decode())
    leads = is_indexed and is_narrow(where)
    matching = f"""
    {source(condition, is_narrow=leads)} WHERE m.mailbox_id = ? {among} AND {condition}
    """
    if is_certain:
        sql = f"SELECT json_group_array(m.uid) {matching}"
        (uids,) = connection.execute(sql, (*before, *values)).fetchone()
        return Found(sorted(orjson.loads(uids)))
    sql = f"SELECT m.uid, m.blob {matching} ORDER BY m.uid"
    found = connection.execute(sql, (*before, *values))
    return Found((), tuple(Candidate(row[0], BlobRef(row[1])) for row in found))
