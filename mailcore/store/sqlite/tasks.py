"""Tasks: rows whose every step is taken once, with its event and its audit row beside it.

An event is for the other side: what the assigner does is told to the assignee, what becomes of the
task to the assigner. A step names the status it starts from, so of two that race one is taken.
"""

import json
import sqlite3
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_iso, to_micros
from mailcore.errors import ErrorKind, MailError
from mailcore.events import (
    PublicEvent,
    TaskAssigned,
    TaskCanceled,
    TaskClaimed,
    TaskCompleted,
    TaskExpired,
    TaskFailed,
)
from mailcore.ids import AgentId, InboxId, PodId, TaskId
from mailcore.model import Listed, Task, TaskParty, TaskStatus
from mailcore.store.ports import Audit, IdempotencyEntry, TaskChange, TaskQuery, TaskStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import optional
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, instant, load
from mailcore.store.sqlite.submissions import earlier_id, use_key

_BATCH: Final = 500
_INSERT = """
INSERT INTO tasks (
  id, pod_id, type, payload, result_schema, status, is_mailed,
  assigner_name, assigner_agent_id, assigner_inbox_id,
  assignee_name, assignee_agent_id, assignee_inbox_id, created_at, expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_BY_ID = "SELECT * FROM tasks WHERE id = ?"
_SUMMARY = """
SELECT id, pod_id, type, 'null' AS payload, NULL AS result_schema, status, is_mailed,
  assigner_name, assigner_agent_id, assigner_inbox_id,
  assignee_name, assignee_agent_id, assignee_inbox_id,
  claimant_name, claimant_agent_id, claimant_inbox_id,
  NULL AS result, error, created_at, expires_at, claimed_at, finished_at
FROM tasks WHERE id = ?
"""
_OPEN = """
SELECT count(*) FROM tasks
WHERE pod_id = ? AND assigner_agent_id IS ? AND status IN ('pending', 'claimed')
"""
_STEP = """
UPDATE tasks SET status = :after, result = :result, error = :error,
  claimant_name = coalesce(:name, claimant_name),
  claimant_agent_id = coalesce(:agent, claimant_agent_id),
  claimant_inbox_id = coalesce(:inbox, claimant_inbox_id),
  claimed_at = CASE WHEN :name IS NULL THEN claimed_at ELSE coalesce(claimed_at, :at) END,
  finished_at = CASE WHEN :after = 'claimed' THEN NULL ELSE :at END
WHERE id = :id AND status = :before AND expires_at > :at
"""
_OVERDUE = """
SELECT * FROM tasks WHERE status IN ('pending', 'claimed') AND expires_at <= ?
ORDER BY expires_at LIMIT ?
"""
_EXPIRE = "UPDATE tasks SET status = 'expired', finished_at = ? WHERE id = ?"
_FORGET = """
DELETE FROM tasks WHERE id IN (
  SELECT id FROM tasks WHERE finished_at IS NOT NULL AND finished_at < ? LIMIT ?)
"""
_ORDER = Order(columns=("id",), is_descending=True)


class SqliteTasks(Part, TaskStore):
    """`TaskStore` in SQLite."""

    @override
    async def create_task(
        self, task: Task, idempotency: IdempotencyEntry | None, audit: Audit, *, most_open: int
    ) -> Task:
        def write(connection: sqlite3.Connection) -> Task:
            at = to_micros(task.created_at)
            earlier = earlier_id(connection, idempotency, at)
            found = _find(connection, TaskId(earlier)) if earlier is not None else None
            if found is not None:
                return found
            _require_few(connection, task, most_open)
            connection.execute(_INSERT, _row(task))
            use_key(connection, idempotency, task.pod_id, task.id, at)
            _tell(connection, at, task)
            append_audit(connection, audit, task.created_at)
            return task

        return await self._write(write)

    @override
    async def task(self, task_id: TaskId) -> Task | None:
        return self._database.read(partial(_find, task_id=task_id))

    @override
    async def tasks(self, query: TaskQuery) -> Listed[Task]:
        selection = _selection(query)
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, query.part, _task)
        )

    @override
    async def change_task(self, task_id: TaskId, change: TaskChange, audit: Audit) -> Task | None:
        def write(connection: sqlite3.Connection) -> Task | None:
            at = self._now()
            if not connection.execute(_STEP, _step(task_id, change, at)).rowcount:
                return None
            found = _find(connection, task_id)
            if found is not None:
                _tell(connection, at, found)
                append_audit(connection, audit, self._clock.now())
            return found

        return await self._write(write)

    @override
    async def expire_tasks(self, now: datetime) -> int:
        def write(connection: sqlite3.Connection) -> int:
            at = to_micros(now)
            rows = connection.execute(_OVERDUE, (at, _BATCH)).fetchall()
            for row in rows:
                connection.execute(_EXPIRE, (at, row["id"]))
                task = _find(connection, TaskId(row["id"]))
                if task is not None:
                    _tell(connection, at, task)
                    append_audit(connection, _expired(task), now)
            return len(rows)

        is_due = self._database.read(
            lambda connection: connection.execute(_OVERDUE, (to_micros(now), 1)).fetchone()
        )
        return await self._write(write) if is_due else 0

    @override
    async def forget_tasks(self, before: datetime) -> int:
        values = (to_micros(before), _BATCH)
        return await self._write(lambda connection: connection.execute(_FORGET, values).rowcount)


# Pieces ------------------------------------------------------------------------------------------


def _find(connection: sqlite3.Connection, task_id: TaskId) -> Task | None:
    return optional(_task, connection.execute(_BY_ID, (clean(task_id),)))


def _require_few(connection: sqlite3.Connection, task: Task, most: int) -> None:
    values = (task.pod_id, task.assigner.agent_id)
    if connection.execute(_OPEN, values).fetchone()[0] >= most:
        raise MailError(
            ErrorKind.OVER_LIMIT,
            f"you have {most} open tasks already",
            code="too_many_tasks",
            fix="Wait until some are done, or cancel them",
        )


def _row(task: Task) -> tuple[object, ...]:
    schema = None if task.result_schema is None else dump(task.result_schema)
    return (
        *(task.id, task.pod_id, clean(task.type), dump(task.payload), schema),
        *(task.status, task.is_mailed),
        *(task.assigner.name, task.assigner.agent_id, task.assigner.inbox_id),
        *(task.assignee.name, task.assignee.agent_id, task.assignee.inbox_id),
        *(to_micros(task.created_at), to_micros(task.expires_at)),
    )


def _step(task_id: TaskId, change: TaskChange, at: int) -> dict[str, object]:
    by = change.claimant
    return {
        "id": task_id,
        "before": change.before,
        "after": change.after,
        "result": dump(change.result) if change.after is TaskStatus.COMPLETED else None,
        "error": clean(change.error),
        "name": by.name if by else None,
        "agent": by.agent_id if by else None,
        "inbox": by.inbox_id if by else None,
        "at": at,
    }


def _tell(connection: sqlite3.Connection, at: int, task: Task) -> None:
    """The event of the status that the task has come to, for the side that did not bring it there."""
    is_for_assignee = task.status in (TaskStatus.PENDING, TaskStatus.CANCELED)
    party = task.assignee if is_for_assignee else task.assigner
    subject = Subject(task.pod_id, party.agent_id, party.inbox_id)
    journal.append(connection, at, subject, _event(task, party.inbox_id or ""))


def _event(task: Task, inbox_id: str) -> PublicEvent:
    worker = (task.claimant or task.assignee).name
    match task.status:
        case TaskStatus.PENDING:
            return TaskAssigned(
                task_id=task.id,
                task_type=task.type,
                assigner=task.assigner.name,
                inbox_id=inbox_id,
                expires_at=to_iso(task.expires_at),
            )
        case TaskStatus.CLAIMED:
            return TaskClaimed(
                task_id=task.id, task_type=task.type, claimed_by=worker, inbox_id=inbox_id
            )
        case TaskStatus.COMPLETED:
            return TaskCompleted(
                task_id=task.id, task_type=task.type, completed_by=worker, inbox_id=inbox_id
            )
        case TaskStatus.FAILED:
            return TaskFailed(
                task_id=task.id,
                task_type=task.type,
                failed_by=worker,
                error=task.error,
                inbox_id=inbox_id,
            )
        case TaskStatus.EXPIRED:
            return TaskExpired(task_id=task.id, task_type=task.type, inbox_id=inbox_id)
        case TaskStatus.CANCELED:
            return TaskCanceled(task_id=task.id, task_type=task.type, inbox_id=inbox_id)


def _expired(task: Task) -> Audit:
    return Audit(
        pod_id=task.pod_id, actor="system:tasks", action="task.expire", subject=task.id, detail={}
    )


def _selection(query: TaskQuery) -> Selection:
    clauses, values = list[str](), list[object]()
    for column, value in (("status", query.status), ("type", clean(query.type))):
        if value:
            clauses.append(f"{column} = ?")
            values.append(value)
    return Selection(
        source="FROM tasks",
        groups=_groups(query),
        order=_ORDER,
        key="id",
        by_key=_SUMMARY,
        clauses=clauses,
        values=values,
    )


def _groups(query: TaskQuery) -> list[Group]:
    """One group for each side; a task of several sides is in the first only."""
    if query.agent_id is None:
        return [Group(where="pod_id = ?", values=(query.pod_id,))]
    sides = {"assigner": ("assigner",), "assignee": ("assignee", "claimant")}
    groups, earlier = list[Group](), list[str]()
    for side in sides.get(query.side, ("assigner", "assignee", "claimant")):
        own, values = f"{side}_agent_id IS ?", tuple[str, ...]((query.agent_id,))
        if query.inbox_id is not None:
            own, values = f"{own} AND {side}_inbox_id IS ?", (query.agent_id, query.inbox_id)
        where = " AND NOT ".join(["pod_id = ?", *earlier]) + f" AND {own}"
        groups.append(Group(where=where, values=(query.pod_id, *values * len(earlier), *values)))
        earlier.append(f"({own})")
    return groups


def _task(row: sqlite3.Row) -> Task:
    return Task(
        id=TaskId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        type=row["type"],
        payload=json.loads(row["payload"]),
        result_schema=load(row["result_schema"]) if row["result_schema"] else None,
        status=TaskStatus(row["status"]),
        is_mailed=bool(row["is_mailed"]),
        assigner=_party(row, "assigner"),
        assignee=_party(row, "assignee"),
        claimant=_party(row, "claimant") if row["claimant_name"] is not None else None,
        result=json.loads(row["result"]) if row["result"] is not None else None,
        error=row["error"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        claimed_at=instant(row["claimed_at"]),
        finished_at=instant(row["finished_at"]),
    )


def _party(row: sqlite3.Row, side: str) -> TaskParty:
    agent_id, inbox_id = row[f"{side}_agent_id"], row[f"{side}_inbox_id"]
    return TaskParty(
        name=row[f"{side}_name"],
        agent_id=AgentId(agent_id) if agent_id else None,
        inbox_id=InboxId(inbox_id) if inbox_id else None,
    )
