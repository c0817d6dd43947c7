"""Greylisting: pairs of network and envelope, first seen and let through."""

import sqlite3
from datetime import datetime
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.ids import DEFAULT_POD
from mailcore.store.ports import GreylistStore
from mailcore.store.sqlite.part import Part

_FIND: Final = "SELECT first_at, is_passed FROM greylist WHERE pair = ?"
_INSERT: Final = """
INSERT INTO greylist (pair, pod_id, first_at, seen_at, is_passed) VALUES (?, ?, ?, ?, 0)
"""
_LET_IN: Final = "UPDATE greylist SET is_passed = 1, seen_at = ? WHERE pair = ?"
_FORGET: Final = "DELETE FROM greylist WHERE seen_at < iif(is_passed, :passed, :waiting)"


class SqliteGreylist(Part, GreylistStore):
    """`GreylistStore` in SQLite."""

    @override
    async def greylist(self, pair: bytes, at: datetime, passes_before: datetime) -> datetime | None:
        now, limit = to_micros(at), to_micros(passes_before)

        def write(connection: sqlite3.Connection) -> datetime | None:
            row = connection.execute(_FIND, (pair,)).fetchone()
            if row is None:
                connection.execute(_INSERT, (pair, DEFAULT_POD, now, now))
                return at
            if not row["is_passed"] and row["first_at"] > limit:
                return from_micros(row["first_at"])
            connection.execute(_LET_IN, (now, pair))
            return None

        return await self._write(write)

    @override
    async def forget_greylist(self, waiting_before: datetime, passed_before: datetime) -> int:
        values = {"waiting": to_micros(waiting_before), "passed": to_micros(passed_before)}
        return await self._write(lambda connection: connection.execute(_FORGET, values).rowcount)
