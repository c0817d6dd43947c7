"""Listing messages for people and agents: newest first, filtered, with a total.

Each mailbox gives its newest rows by an index; totals come from its counters where they suffice.
"""

import sqlite3
from collections.abc import Sequence

from mailcore.clock import to_micros
from mailcore.model import Flag, Listed, Mailbox, Message
from mailcore.store.ports import MessageQuery
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.mailbox_rows import canonical_name
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.rows import (
    MESSAGE_COLUMNS,
    MESSAGE_JOINS,
    mailbox_from,
    marks,
    message_from,
)

_BY_RID = f"SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS} WHERE m.rid = ?"
_ORDER = Order(columns=("m.internal_date", "m.rid"), is_descending=True)


def list_messages(connection: sqlite3.Connection, query: MessageQuery) -> Listed[Message]:
    """A part of the messages, newest first."""
    boxes = _mailboxes(connection, query)
    clauses, values = _conditions(query)
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
        (query.text, ("subject", "sender", "recipients", "cc", "bcc", "preview")),
        (query.sender, ("sender",)),
        (query.recipient, ("recipients", "cc", "bcc")),
        (query.subject, ("subject",)),
    ):
        if text:
            parts = [f"instr(s.{column}, ?) > 0" for column in columns]
            where(f"({' OR '.join(parts)})", *[fold(text)] * len(columns))
    return clauses, values


def _known_total(
    query: MessageQuery, boxes: Sequence[Mailbox], clauses: Sequence[str]
) -> int | None:
    """From the counters when they suffice."""
    if not clauses:
        return sum(box.messages for box in boxes)
    if query.is_unread is not None and len(clauses) == 1:
        return sum(box.unseen if query.is_unread else box.messages - box.unseen for box in boxes)
    return None
