"""Parts of the queue: held back by the owner, tried now, or given up; and one row with its past."""

import sqlite3
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import PauseId, PodId, QueueId, SubmissionId
from mailcore.model import Outcome, QueueItem, QueuePause, QueueScope, ScopeKind, TlsLevel
from mailcore.store.ports import Audit, OutboundStore, PastAttempt
from mailcore.store.sqlite.account_rows import unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import queue_item_from
from mailcore.store.sqlite.submissions import refresh_status

_MOST_ATTEMPTS: Final = 200
_COLUMN: Final = {
    ScopeKind.AGENT: "r.sender_id",
    ScopeKind.DOMAIN: "r.destination",
    ScopeKind.MESSAGE: "r.submission_id",
}
_ITEM = "SELECT * FROM recipients WHERE id = ? AND pod_id = ?"
_ATTEMPTS = f"""
SELECT * FROM (SELECT * FROM attempts WHERE queue_id = ? ORDER BY id DESC LIMIT {_MOST_ATTEMPTS})
ORDER BY id
"""
_RETRY = """
UPDATE recipients AS r SET state = 'due', next_at = ?,
  lane = CASE r.lane WHEN 'remote' THEN 'priority' ELSE r.lane END
WHERE r.pod_id = ? AND r.state = 'due' AND {} RETURNING submission_id
"""
_DROP = """
UPDATE recipients AS r SET state = 'canceled'
WHERE r.pod_id = ? AND r.state IN ('due', 'scheduled') AND {} RETURNING submission_id
"""
_PAUSE = """
INSERT INTO queue_pauses (id, pod_id, kind, value, reason, actor, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_PAUSES = "SELECT * FROM queue_pauses WHERE pod_id = ? ORDER BY created_at, id"
_RESUME = "DELETE FROM queue_pauses WHERE pod_id = ? AND id = ?"


def in_scope(scope: QueueScope) -> tuple[str, tuple[str, ...]]:
    """A condition on `recipients r`, and its values."""
    if scope.kind is ScopeKind.ALL:
        return "r.lane <> 'system'", ()
    return f"{_COLUMN[scope.kind]} = ?", (scope.value,)


def insert_pause(connection: sqlite3.Connection, pause: QueuePause) -> bool:
    """Make a pause in the running transaction; False when that part is paused already."""
    sql = f"{_PAUSE} ON CONFLICT DO NOTHING"
    return connection.execute(sql, _values(pause)).rowcount > 0


def _values(pause: QueuePause) -> tuple[str | int, ...]:
    return (
        *(pause.id, pause.pod_id, pause.scope.kind, pause.scope.value),
        *(pause.reason, pause.actor, to_micros(pause.created_at)),
    )


class Pauses(Part, OutboundStore):
    """The verbs of `OutboundStore` about parts of the queue."""

    @override
    async def queue_item(self, pod_id: PodId, queue_id: QueueId) -> QueueItem | None:
        def read(connection: sqlite3.Connection) -> QueueItem | None:
            row = connection.execute(_ITEM, (queue_id, pod_id)).fetchone()
            return queue_item_from(row) if row else None

        return self._database.read(read)

    @override
    async def past_attempts(self, queue_id: QueueId) -> tuple[PastAttempt, ...]:
        return self._database.read(
            lambda connection: tuple(map(_attempt, connection.execute(_ATTEMPTS, (queue_id,))))
        )

    @override
    async def retry_scope(
        self, pod_id: PodId, scope: QueueScope, now: datetime, audit: Audit
    ) -> int:
        clause, values = in_scope(scope)
        sql = _RETRY.format(clause)
        return await self._change(sql, (to_micros(now), pod_id, *values), audit)

    @override
    async def drop_scope(self, pod_id: PodId, scope: QueueScope, audit: Audit) -> int:
        clause, values = in_scope(scope)
        return await self._change(_DROP.format(clause), (pod_id, *values), audit)

    @override
    async def pause(self, pause: QueuePause, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("pause", "already_paused"):
                connection.execute(_PAUSE, _values(pause))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def pauses(self, pod_id: PodId) -> tuple[QueuePause, ...]:
        return self._database.read(
            lambda connection: tuple(map(_pause, connection.execute(_PAUSES, (pod_id,))))
        )

    @override
    async def resume(self, pod_id: PodId, pause_id: PauseId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(_RESUME, (pod_id, pause_id)).rowcount:
                raise not_found("pause")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    async def _change(self, sql: str, values: tuple[int | str, ...], audit: Audit) -> int:
        return await self._write(
            partial(_changed, sql=sql, values=values, audit=audit, at=self._clock.now())
        )


def _changed(
    connection: sqlite3.Connection,
    *,
    sql: str,
    values: tuple[int | str, ...],
    audit: Audit,
    at: datetime,
) -> int:
    """Change every waiting row of a scope, and what follows for their submissions."""
    changed = [row[0] for row in connection.execute(sql, values).fetchall()]
    for submission_id in dict.fromkeys(changed):
        refresh_status(connection, SubmissionId(submission_id))
    append_audit(connection, audit, at)
    return len(changed)


def _pause(row: sqlite3.Row) -> QueuePause:
    return QueuePause(
        id=PauseId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        scope=QueueScope(kind=ScopeKind(row["kind"]), value=row["value"]),
        reason=row["reason"],
        actor=row["actor"],
        created_at=from_micros(row["created_at"]),
    )


def _attempt(row: sqlite3.Row) -> PastAttempt:
    return PastAttempt(
        at=from_micros(row["at"]),
        outcome=Outcome(row["outcome"]),
        code=row["code"],
        enhanced_code=row["enhanced_code"],
        reply=row["reply"],
        remote=row["remote"],
        tls=row["tls"],
        tls_level=TlsLevel(row["tls_level"]),
    )
