"""What SORT and THREAD compare, read in one pass over the narrow columns of many messages."""

import sqlite3
from collections.abc import Sequence

import orjson

from mailcore.ids import MailboxId
from mailcore.store.ports import SortRow

_ROWS = """
SELECT m.uid, m.internal_date, c.date_at, m.size_bytes, c.subject, c.addresses,
  c.message_id, c.in_reply_to, c.reference_ids
FROM messages m JOIN contents c ON c.id = m.content_id
WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid
"""
type _People = list[list[str]]


def sort_rows(
    connection: sqlite3.Connection, mailbox_id: MailboxId, ranges: Sequence[tuple[int, int]]
) -> tuple[SortRow, ...]:
    """The rows of a mailbox in the ranges, by UID."""
    cursor = connection.cursor()
    cursor.row_factory = None
    found: list[SortRow] = []
    for low, high in ranges:
        for row in cursor.execute(_ROWS, (mailbox_id, low, high)):
            people: dict[str, _People] = orjson.loads(row[5])
            senders, to, cc = (_first(people[name]) for name in ("from", "to", "cc"))
            references: list[str] = orjson.loads(row[8])
            found.append(SortRow._make((*row[:5], senders, to, cc, *row[6:8], tuple(references))))
    return tuple(found)


def _first(people: _People) -> tuple[str, str]:
    return (people[0][0], people[0][1]) if people else ("", "")
