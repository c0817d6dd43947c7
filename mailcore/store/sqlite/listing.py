"""Listing messages for people and agents: newest first, filtered, with a total.

Each mailbox gives its newest rows by an index; totals come from its counters where they suffice.
With a search tree all that match are found in one pass, by the full-text index where it can lead.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

import orjson

from mailcore.clock import to_micros
from mailcore.ids import BlobRef, MailboxId
from mailcore.model import Flag, Listed, Mailbox, Message, Position
from mailcore.search import SearchNode, needs_bytes, sought
from mailcore.store.ports import Candidate, MessageQuery
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.fulltext import Progress, progress
from mailcore.store.sqlite.mailbox_rows import canonical_name
from mailcore.store.sqlite.paging import Group, Order, Selection, foreign_cursor, listed
from mailcore.store.sqlite.rows import (
    MESSAGE_COLUMNS,
    MESSAGE_JOINS,
    mailbox_from,
    marks,
    message_from,
)
from mailcore.store.sqlite.search import conditions, is_narrow, source, unsettled

_BY_RID = f"SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS} WHERE m.rid = ?"
_POSITION_OF_FOUND: Final = 3
"""Rank, date, row."""
_ORDER = Order(columns=("m.internal_date", "m.rid"), is_descending=True)


def list_messages(connection: sqlite3.Connection, query: MessageQuery) -> Listed[Message]:
    """A part of the messages, newest first."""
    boxes = _mailboxes(connection, query)
    clauses, values = _conditions(query)
    if query.where is not None:
        return _searched(connection, query, query.where, boxes)
    join = "JOIN searchables s ON s.content_id = m.content_id"
    needs_text = any("s." in clause for clause in clauses)
    selection = Selection(
        source=f"FROM messages m {join if needs_text else ''}",
        groups=[Group(where="m.mailbox_id = ?", values=(box.id,)) for box in boxes],
        order=_ORDER,
        key="m.rid",
        by_key=_BY_RID,
        clauses=clauses,
        values=values,
    )
    total = _known_total(query, boxes, clauses)
    return listed(connection, selection, query.part, message_from, total=total)


def _mailboxes(connection: sqlite3.Connection, query: MessageQuery) -> list[Mailbox]:
    sql = f"SELECT * FROM mailboxes WHERE inbox_id IN ({marks(query.inbox_ids)}) AND messages > 0"
    values: list[object] = [*query.inbox_ids]
    if query.mailbox is not None:
        sql += " AND name = ?"
        values.append(canonical_name(query.mailbox))
    return [mailbox_from(row) for row in connection.execute(sql, values)]


def _conditions(query: MessageQuery) -> tuple[list[str], list[object]]:
    clauses: list[str] = []
    values: list[object] = []

    def where(sql: str, *found: object) -> None:
        clauses.append(sql)
        values.extend(found)

    if query.is_unread is not None:
        where(f"(m.flags & {int(Flag.SEEN)}) = ?", 0 if query.is_unread else int(Flag.SEEN))
    if query.is_flagged is not None:
        flagged = int(Flag.FLAGGED) if query.is_flagged else 0
        where(f"(m.flags & {int(Flag.FLAGGED)}) = ?", flagged)
    if query.keyword:
        where("instr(' ' || lower(m.keywords) || ' ', ?) > 0", f" {query.keyword.lower()} ")
    if query.since is not None:
        where("m.internal_date >= ?", to_micros(query.since))
    if query.before is not None:
        where("m.internal_date < ?", to_micros(query.before))
    if query.thread_id is not None:
        sql = "m.thread_id = (SELECT coalesce(merged_into, id) FROM threads WHERE id = ?)"
        where(sql, query.thread_id)
    for text, columns in (
        (query.sender, ("sender",)),
        (query.recipient, ("recipients", "cc", "bcc")),
        (query.subject, ("subject",)),
    ):
        if text:
            parts = [f"instr(s.{column}, ?) > 0" for column in columns]
            where(f"({' OR '.join(parts)})", *[fold(text)] * len(columns))
    return clauses, values


# With a search tree ------------------------------------------------------------------------------


def unsure_messages(
    connection: sqlite3.Connection, query: MessageQuery, limit: int
) -> tuple[tuple[MailboxId, Candidate], ...]:
    """The newest messages that may match but are not indexed, with their mailboxes."""
    if query.where is None or not needs_bytes(query.where):
        return ()
    boxes = _mailboxes(connection, query)
    at = progress(connection)
    clauses, values = _conditions(query)
    rows = None if at is None else _unsettled(connection, boxes, at)
    condition, found_values = conditions(connection, query.where, is_indexed=False)
    clauses = [*clauses, condition]
    before: list[object] = [_array([box.id for box in boxes])]
    if rows is not None:
        clauses.insert(0, "m.rid IN (SELECT value FROM json_each(?))")
        before.append(_array(rows))
    sql = f"""
    SELECT m.mailbox_id, m.uid, m.blob {source(" ".join(clauses))}
    WHERE m.mailbox_id IN (SELECT value FROM json_each(?)) AND {" AND ".join(clauses)}
    ORDER BY m.internal_date DESC LIMIT ?
    """
    found = connection.execute(sql, (*before, *values, *found_values, limit))
    return tuple((MailboxId(row[0]), Candidate(row[1], BlobRef(row[2]))) for row in found)


def _searched(
    connection: sqlite3.Connection, query: MessageQuery, where: SearchNode, boxes: Sequence[Mailbox]
) -> Listed[Message]:
    """A part of what matches, newest or most relevant first."""
    after = query.part.after
    if after is not None and len(after) != _POSITION_OF_FOUND:
        raise foreign_cursor()
    at = progress(connection)
    rows = None if at is None else _unsettled(connection, boxes, at)
    found: list[tuple[int, int, int]] = []
    if rows is not None:
        condition, values = conditions(connection, where, is_indexed=True, unknown=False)
        among = ("m.rid NOT IN (SELECT value FROM json_each(?))", [_array(rows)])
        found += _matches(
            connection, query, boxes, (condition, values), among, leads=is_narrow(where)
        )
    if rows is None or rows:
        condition, values = _without_index(connection, query, where)
        among = (
            ("1", [])
            if rows is None
            else ("m.rid IN (SELECT value FROM json_each(?))", [_array(rows)])
        )
        found += _matches(connection, query, boxes, (condition, values), among)
    found.sort(reverse=True)
    start = max(query.part.offset, 0) if after is None else _behind(found, after)
    end = start + max(query.part.limit, 0)
    page = found[start:end]
    messages = (connection.execute(_BY_RID, (rid,)).fetchone() for _, _, rid in page)
    return Listed(
        rows=tuple(map(message_from, messages)),
        total=len(found),
        following=page[-1] if page and len(found) > end else None,
    )


def _behind(found: Sequence[tuple[int, int, int]], after: Position) -> int:
    """Where what follows a position starts; INVALID for one of another list."""
    try:
        return next((at for at, one in enumerate(found) if one < after), len(found))
    except TypeError as error:
        raise foreign_cursor() from error


def _without_index(
    connection: sqlite3.Connection, query: MessageQuery, where: SearchNode
) -> tuple[str, list[object]]:
    """What columns prove of messages that are not indexed, or what was confirmed of them."""
    condition, values = conditions(connection, where, is_indexed=False, unknown=False)
    if not query.confirmed:
        return condition, values
    confirmed = _array([f"{mailbox_id} {uid}" for mailbox_id, uid in query.confirmed])
    known = "m.mailbox_id || ' ' || m.uid IN (SELECT value FROM json_each(?))"
    return f"({condition} OR {known})", [*values, confirmed]


def _matches(
    connection: sqlite3.Connection,
    query: MessageQuery,
    boxes: Sequence[Mailbox],
    where: tuple[str, Sequence[object]],
    among: tuple[str, Sequence[object]],
    *,
    leads: bool = False,
) -> list[tuple[int, int, int]]:
    """(rank, date, rid) of all that match; `leads` says that the index gives the rows."""
    clauses, values = _conditions(query)
    text = " AND ".join((among[0], *clauses, where[0]))
    rank, needles = _rank(query)
    sql = f"""
    SELECT {rank}, m.internal_date, m.rid {source(f"{rank} {text}", is_narrow=leads)}
    WHERE m.mailbox_id IN (SELECT value FROM json_each(?)) AND {text}
    """
    ids = _array([box.id for box in boxes])
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, (*needles, ids, *among[1], *values, *where[1])).fetchall()


_RANK: Final = (
    "4 * (instr(s.subject, ?) > 0) + 2 * (instr(s.sender, ?) > 0) + (instr(s.recipients, ?) > 0)"
)
_MAX_RANKED: Final = 20


def _rank(query: MessageQuery) -> tuple[str, list[str]]:
    """How much of what is sought stands in subject and addresses; 0 unless it is asked for."""
    if not query.by_relevance or query.where is None:
        return "0", []
    texts = [fold(text) for _, text in sought(query.where)][:_MAX_RANKED]
    return " + ".join([_RANK] * len(texts)) or "0", [one for one in texts for _ in range(3)]


def _unsettled(
    connection: sqlite3.Connection, boxes: Sequence[Mailbox], at: Progress
) -> tuple[int, ...]:
    return tuple(rid for box in boxes for rid in unsettled(connection, box.id, at))


def _array(values: Sequence[object]) -> str:
    return orjson.dumps(values).decode()


def _known_total(
    query: MessageQuery, boxes: Sequence[Mailbox], clauses: Sequence[str]
) -> int | None:
    """From the counters when they suffice."""
    if not clauses:
        return sum(box.messages for box in boxes)
    if query.is_unread is not None and len(clauses) == 1:
        return sum(box.unseen if query.is_unread else box.messages - box.unseen for box in boxes)
    return None
