"""What SORT and THREAD compare, read a column at a time: each comes as one value, not as 100,000 rows."""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any, Final

import orjson

from mailcore.ids import MailboxId
from mailcore.store.ports import SortColumns, SortRow

_READ: Final = (
    (SortColumns(0), "m.uid"),
    (SortColumns(0), "m.internal_date"),
    (SortColumns.SIZE, "m.size_bytes"),
    (SortColumns.SENT_AT, "c.date_at"),
    (SortColumns.SUBJECT, "c.subject"),
    (SortColumns.PEOPLE, "c.addresses"),
    (SortColumns.REFERENCES, "c.message_id"),
    (SortColumns.REFERENCES, "c.in_reply_to"),
    (SortColumns.REFERENCES, "c.reference_ids"),
)
_NOBODY: Final = ("", "")
type _People = list[list[str]]


def sort_rows(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    ranges: Sequence[tuple[int, int]],
    columns: SortColumns,
) -> tuple[SortRow, ...]:
    """The rows of a mailbox in the ranges, by UID."""
    names, sql = _query(columns)
    found: list[SortRow] = []
    for low, high in ranges:
        row = connection.execute(sql, (mailbox_id, low, high)).fetchone()
        found += _rows(dict(zip(names, map(orjson.loads, row), strict=True)))
    return tuple(sorted(found, key=itemgetter(0)))


@cache
def _query(columns: SortColumns) -> tuple[tuple[str, ...], str]:
    """The names of the columns to read, and the query for their values."""
    names = tuple(name for bit, name in _READ if bit in columns)
    is_narrow = all(name.startswith("m.") for name in names)
    join = "" if is_narrow else "JOIN contents c ON c.id = m.content_id"
    sql = f"""
    SELECT {", ".join(f"json_group_array({name})" for name in names)} FROM messages m {join}
    WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ?
    """
    return names, sql


def _rows(values: dict[str, list[Any]]) -> Iterable[SortRow]:
    """Rows of what was read; what was not is empty."""
    empty = repeat("")
    people = [orjson.loads(one) for one in values.get("c.addresses", ())]
    references = [tuple(orjson.loads(one)) for one in values.get("c.reference_ids", ())]
    columns: tuple[Iterable[Any], ...] = (
        values["m.uid"],
        values["m.internal_date"],
        values.get("c.date_at") or repeat(None),
        values.get("m.size_bytes") or repeat(0),
        values.get("c.subject") or empty,
        *(
            [_first(one[name]) for one in people] or repeat(_NOBODY)
            for name in ("from", "to", "cc")
        ),
        values.get("c.message_id") or empty,
        values.get("c.in_reply_to") or empty,
        references or repeat(()),
    )
    return map(SortRow._make, zip(*columns, strict=False))  # what is empty has no end


def _first(people: _People) -> tuple[str, str]:
    return (people[0][0], people[0][1]) if people else _NOBODY
