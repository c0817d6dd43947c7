"""Parts of lists: rows after a position by an index, totals that are never counted without end.

A position is the values a list is sorted by, so what is inserted or goes meanwhile neither repeats
nor hides a row. A list over several inboxes takes the first rows of each and merges them: the first
page costs the same however long the list is.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.errors import MailError, invalid
from mailcore.model import Listed, Position, Slice

MAX_COUNTED: Final = 10_000
"""Where counting what fits a filter ends."""


def foreign_cursor() -> MailError:
    """The error for a position that is none of this list."""
    return invalid("cursor", "this is no cursor of this list", fix="Start without a cursor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The columns a list is sorted by, all in one direction; together they are unique."""

    columns: tuple[str, ...]
    is_descending: bool = False

    def clause(self, after: Position | None) -> tuple[str, Position]:
        """The condition for what follows a position, with its values; INVALID for a foreign one."""
        if after is None:
            return "1", ()
        if len(after) != len(self.columns):
            raise foreign_cursor()
        sign = "<" if self.is_descending else ">"
        marks = ", ".join("?" * len(after))
        return f"({', '.join(self.columns)}) {sign} ({marks})", after

    @property
    def sql(self) -> str:
        """The ORDER BY clause."""
        direction = " DESC" if self.is_descending else ""
        return "ORDER BY " + ", ".join(f"{column}{direction}" for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One source of a list that is read by itself: an inbox, a mailbox."""

    where: str
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a list is made of: `source` is `FROM … [JOIN …]`, `key` finds one row again by `by_key`."""

    source: str
    groups: Sequence[Group]
    order: Order
    key: str
    by_key: str
    clauses: Sequence[str] = ()
    values: Sequence[object] = ()
    is_filtered: bool = True
    """Whether the caller asked for less than all: then the total is bounded."""


def listed[T](
    connection: sqlite3.Connection,
    what: Selection,
    part: Slice,
    convert: Callable[[sqlite3.Row], T],
    *,
    total: int | None = None,
) -> Listed[T]:
    """A part of a list; `total` when it is known without counting."""
    skip = 0 if part.after is not None else max(part.offset, 0)
    wanted = skip + max(part.limit, 0)
    found: list[tuple[Position, object]] = []
    for group in what.groups:
        found += _first(connection, what, group, part.after, wanted + 1)
    found.sort(key=lambda one: one[0], reverse=what.order.is_descending)
    page = found[skip:wanted]
    rows = (connection.execute(what.by_key, (key,)).fetchone() for _, key in page)
    is_exact = True
    if total is None and part.after is None and len(found) <= wanted:
        total = len(found)
    elif total is None:
        total, is_exact = count(connection, what)
    return Listed(
        rows=tuple(convert(row) for row in rows),
        total=total,
        is_total_exact=is_exact,
        following=page[-1][0] if page and len(found) > wanted else None,
    )


def _first(
    connection: sqlite3.Connection,
    what: Selection,
    group: Group,
    after: Position | None,
    limit: int,
) -> list[tuple[Position, object]]:
    condition, bounds = what.order.clause(after)
    columns = ", ".join(what.order.columns)
    where = " AND ".join((group.where, condition, *what.clauses))
    sql = f"SELECT {what.key}, {columns} {what.source} WHERE {where} {what.order.sql} LIMIT ?"
    values = (*group.values, *bounds, *what.values, limit)
    return [(tuple(row)[1:], row[0]) for row in connection.execute(sql, values)]


def count(connection: sqlite3.Connection, what: Selection) -> tuple[int, bool]:
    """How many rows there are, and whether that is all: a filtered list is counted to a bound."""
    total = 0
    for group in what.groups:
        where = " AND ".join((group.where, *what.clauses))
        values = (*group.values, *what.values)
        if not what.is_filtered:
            sql = f"SELECT count(*) {what.source} WHERE {where}"
            total += connection.execute(sql, values).fetchone()[0]
            continue
        sql = f"SELECT count(*) FROM (SELECT 1 {what.source} WHERE {where} LIMIT ?)"
        total += connection.execute(sql, (*values, MAX_COUNTED + 1 - total)).fetchone()[0]
        if total > MAX_COUNTED:
            return MAX_COUNTED, False
    return total, True
