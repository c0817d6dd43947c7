"""Telling of holds again, and holds that go to fewer than they were written for."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict, not_found
from mailcore.ids import HoldId, PodId
from mailcore.model import Hold, HoldStatus
from mailcore.store.ports import Audit, DecisionTime, Narrowed, OutboundStore
from mailcore.store.sqlite.envelopes import envelope_json
from mailcore.store.sqlite.holds import HOLD_COLUMNS, find_hold, hold_from, remind
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import dump
from mailcore.store.sqlite.submissions import refresh_status, texts

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
_NARROW: Final = "UPDATE holds SET recipients = ?, digest = ?, version = version + 1 WHERE id = ?"
_ENVELOPE: Final = """
UPDATE submissions SET mail_from = ?, envelope_recipients = ?, digest = ? WHERE id = ?
"""
_WAITING: Final = (
    "SELECT id, local, domain FROM recipients WHERE submission_id = ? AND state = 'held'"
)
_DROP: Final = "UPDATE recipients SET state = 'canceled' WHERE id = ?"


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
            hold = _pending(connection, hold_id)
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

    @override
    async def narrow_hold(self, narrowed: Narrowed) -> Hold:
        return await self._database.run(partial(_narrow, narrowed=narrowed, at=self._now()))


def _pending(connection: sqlite3.Connection, hold_id: HoldId) -> Hold:
    hold = find_hold(connection, hold_id)
    if hold is None:
        raise not_found("hold")
    if hold.status is not HoldStatus.PENDING:
        raise conflict(f"the hold is {hold.status.value} already", code="already_decided")
    return hold


def _narrow(connection: sqlite3.Connection, narrowed: Narrowed, at: int) -> Hold:
    hold = _pending(connection, narrowed.hold_id)
    if hold.version != narrowed.version:
        raise conflict(
            "the message changed since it was shown",
            code="changed",
            fix="Look at the hold again and decide on what it shows now.",
        )
    kept = texts(narrowed.envelope.recipients)
    connection.execute(_NARROW, (dump(list(kept)), narrowed.digest, hold.id))
    sender, recipients = envelope_json(narrowed.envelope)
    connection.execute(_ENVELOPE, (sender, recipients, narrowed.digest, hold.submission_id))
    staying = {one.folded for one in narrowed.envelope.recipients}
    for row in connection.execute(_WAITING, (hold.submission_id,)).fetchall():
        if _folded(row) not in staying:
            connection.execute(_DROP, (row["id"],))
    refresh_status(connection, hold.submission_id)
    append_audit(connection, narrowed.audit, from_micros(at))
    return find_hold(connection, hold.id) or hold


def _folded(row: sqlite3.Row) -> str:
    return Address(row["local"], row["domain"]).folded
