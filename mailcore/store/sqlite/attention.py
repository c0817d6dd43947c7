"""Telling of holds again, and figures of deciding."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict, not_found
from mailcore.ids import HoldId, PodId
from mailcore.model import Hold, HoldStatus
from mailcore.store.ports import Audit, DecisionTime, OutboundStore
from mailcore.store.sqlite.holds import HOLD_COLUMNS, find_hold, hold_from, remind
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit

_DUE: Final = f"""
SELECT {HOLD_COLUMNS} FROM holds h
WHERE h.status = 'pending' AND h.reminders < ? AND h.created_at <= ? ORDER BY h.created_at LIMIT 500
"""
_TIMES: Final = """
SELECT created_at, decided_at, status, decided_via FROM holds
WHERE pod_id = ? AND decided_at >= ? ORDER BY decided_at LIMIT 100000
"""
_UNTOLD: Final = f"""
SELECT {HOLD_COLUMNS} FROM holds h WHERE h.is_told = 0 AND h.status = 'pending'
  AND h.created_at <= ? ORDER BY h.created_at LIMIT 500
"""
_MARK_TOLD: Final = "UPDATE holds SET is_told = 1 WHERE id = ?"
_COUNT: Final = "UPDATE holds SET reminders = ? WHERE id = ?"
_TOLD: Final = "UPDATE holds SET told_at = ? WHERE id = ?"


class Attention(Part, OutboundStore):
    """The verbs of `OutboundStore` that keep holds before the eyes of people."""

    @override
    async def remind_holds(self, now: datetime, steps: Sequence[timedelta]) -> tuple[Hold, ...]:
        if not steps:
            return ()
        at = to_micros(now)
        recorded_at = self._now()
        oldest = to_micros(now - steps[0])

        def write(connection: sqlite3.Connection) -> tuple[Hold, ...]:
            rows = connection.execute(_DUE, (len(steps), oldest)).fetchall()
            told: list[Hold] = []
            for hold in map(hold_from, rows):
                passed = sum(to_micros(hold.created_at + one) <= at for one in steps)
                if passed > hold.reminders:
                    connection.execute(_COUNT, (passed, hold.id))
                    remind(connection, hold, "reminder", recorded_at)
                    told.append(hold)
            return tuple(told)

        def is_any(connection: sqlite3.Connection) -> bool:
            return connection.execute(_DUE, (len(steps), oldest)).fetchone() is not None

        return await self._database.run(write) if self._database.read(is_any) else ()

    @override
    async def tell_again(
        self, hold_id: HoldId, now: datetime, not_since: datetime | None, audit: Audit
    ) -> bool:
        at = self._now()

        def write(connection: sqlite3.Connection) -> bool:
            hold = pending_hold(connection, hold_id)
            last = hold.told_at or hold.created_at
            if not_since is not None and last > not_since:
                return False
            connection.execute(_TOLD, (to_micros(now), hold.id))
            remind(connection, hold, "asked", at)
            append_audit(connection, audit, from_micros(at))
            return True

        return await self._database.run(write)

    @override
    async def untold_holds(self, before: datetime) -> tuple[Hold, ...]:
        def read(connection: sqlite3.Connection) -> tuple[Hold, ...]:
            return tuple(map(hold_from, connection.execute(_UNTOLD, (to_micros(before),))))

        return self._database.read(read)

    @override
    async def mark_told(self, hold_ids: Sequence[HoldId]) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_MARK_TOLD, ((one,) for one in hold_ids))

        await self._database.run(write)

    @override
    async def decision_times(self, pod_id: PodId, since: datetime) -> tuple[DecisionTime, ...]:
        def read(connection: sqlite3.Connection) -> tuple[DecisionTime, ...]:
            rows = connection.execute(_TIMES, (pod_id, to_micros(since)))
            return tuple(
                DecisionTime(
                    created_at=from_micros(row["created_at"]),
                    decided_at=from_micros(row["decided_at"]),
                    status=HoldStatus(row["status"]),
                    via=row["decided_via"],
                )
                for row in rows
            )

        return await self._database.read_slow(read)


def pending_hold(connection: sqlite3.Connection, hold_id: HoldId) -> Hold:
    """A hold that nobody decided yet; NOT_FOUND, CONFLICT `already_decided`."""
    hold = find_hold(connection, hold_id)
    if hold is None:
        raise not_found("hold")
    if hold.status is not HoldStatus.PENDING:
        raise conflict(f"the hold is {hold.status.value} already", code="already_decided")
    return hold
