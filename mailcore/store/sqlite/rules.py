"""Rules, what they did, and what they have still to do.

An application is written in the transaction of what it belongs to, with its audit row; the same
rule and occurrence a second time is nothing. Work is claimed by moving the time when it is due, so
what a crash interrupts is due again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import ErrorKind, MailError, not_found
from mailcore.ids import AgentId, ApplicationId, InboxId, PodId, RuleId
from mailcore.message.threads import thread_keys
from mailcore.model import JsonObject, JsonValue, Listed, MessageFacts, Thread
from mailcore.rules.applied import Application, Step, StepState
from mailcore.rules.reading import action_json, read
from mailcore.rules.rule import Action, Condition, Rule, Trigger
from mailcore.store.ports import ApplicationQuery, Audit, RuleStore
from mailcore.store.sqlite.account_rows import optional
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, load, load_objects, marks, thread_from
from mailcore.store.sqlite.threads import ref_hash

_PUT: Final = """
INSERT INTO rules (
  id, pod_id, agent_id, inbox_id, name, trigger, conditions, actions, priority, stops, is_enabled,
  created_by, created_at, updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET inbox_id = excluded.inbox_id, name = excluded.name,
  trigger = excluded.trigger, conditions = excluded.conditions, actions = excluded.actions,
  priority = excluded.priority, stops = excluded.stops, is_enabled = excluded.is_enabled,
  updated_at = excluded.updated_at
"""
_COUNT: Final = "SELECT count(*) FROM rules WHERE pod_id = ? AND agent_id IS ? AND id <> ?"
_APPLY: Final = """
INSERT INTO rule_applications (
  id, pod_id, rule_id, rule_name, agent_id, trigger, inbox_id, about, occurrence, steps, at,
  attempts, next_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING
"""
_CLAIM: Final = """
UPDATE rule_applications SET attempts = attempts + 1, next_at = ? WHERE id = (
  SELECT id FROM rule_applications WHERE next_at IS NOT NULL AND next_at <= ?
  ORDER BY next_at LIMIT 1) RETURNING *
"""
_NEXT: Final = "SELECT min(next_at) FROM rule_applications WHERE next_at IS NOT NULL"
_SETTLE: Final = "UPDATE rule_applications SET steps = ?, next_at = ? WHERE id = ?"
_REPLIED: Final = """
SELECT application_id, at FROM rule_replies WHERE rule_id = ? AND inbox_id = ? AND sender = ?
"""
_REPLY: Final = """
INSERT INTO rule_replies (rule_id, inbox_id, sender, pod_id, application_id, at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET application_id = excluded.application_id, at = excluded.at
"""
_FORGET: Final = (
    "DELETE FROM rule_applications WHERE next_at IS NULL AND at < ?",
    "DELETE FROM rule_replies WHERE at < ?",
)
_OF_DELETED: Final = """
DELETE FROM rules WHERE agent_id IS NOT NULL AND agent_id NOT IN (
  SELECT id FROM agents WHERE deleted_at IS NULL)
"""
_ORDER: Final = Order(columns=("id",), is_descending=True)


class SqliteRules(Part, RuleStore):
    """`RuleStore` in SQLite."""

    @override
    async def rules(self, pod_id: PodId) -> tuple[Rule, ...]:
        sql = "SELECT * FROM rules WHERE pod_id = ? ORDER BY priority, id"
        return self._database.read(
            lambda connection: tuple(map(_rule, connection.execute(sql, (pod_id,))))
        )

    @override
    async def put_rule(self, rule: Rule, audit: Audit, *, most: int) -> None:
        def write(connection: sqlite3.Connection) -> None:
            values = (rule.pod_id, rule.agent_id, rule.id)
            if connection.execute(_COUNT, values).fetchone()[0] >= most:
                raise MailError(
                    ErrorKind.OVER_LIMIT,
                    f"there are at most {most} rules",
                    code="too_many_rules",
                    fix="Delete one first",
                    retry_after_seconds=60,
                )
            connection.execute(_PUT, _row(rule))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def delete_rule(self, rule_id: RuleId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM rules WHERE id = ?", (rule_id,)).rowcount:
                raise not_found("rule")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def thread_joined(self, inbox_id: InboxId, facts: MessageFacts) -> Thread | None:
        return self._database.read(partial(_thread, inbox_id=inbox_id, facts=facts))

    @override
    async def apply(self, applications: Sequence[Application]) -> None:
        await self._write(partial(record_applications, applications=tuple(applications)))

    @override
    async def claim_application(self, now: datetime, again_at: datetime) -> Application | None:
        values = (to_micros(again_at), to_micros(now))
        due = self._next_at()
        if due is None or due > values[1]:
            return None
        return await self._write(
            lambda connection: optional(_application, connection.execute(_CLAIM, values))
        )

    @override
    async def next_application_at(self) -> datetime | None:
        due = self._next_at()
        return from_micros(due) if due is not None else None

    def _next_at(self) -> int | None:
        row = self._database.read_row(_NEXT, ())
        return row[0] if row else None

    @override
    async def settle_application(self, application: Application, again_at: datetime | None) -> None:
        at = to_micros(again_at) if again_at is not None else None
        values = (dump(_steps_json(application)), at, application.id)
        await self._write(lambda connection: connection.execute(_SETTLE, values))

    @override
    async def may_reply(self, application: Application, sender: str, since: datetime) -> bool:
        key = (application.rule_id, application.inbox_id, clean(sender))

        def write(connection: sqlite3.Connection) -> bool:
            row = connection.execute(_REPLIED, key).fetchone()
            if row is not None and row["application_id"] == application.id:
                return True
            if row is not None and row["at"] > to_micros(since):
                return False
            values = (*key, application.pod_id, application.id, self._now())
            connection.execute(_REPLY, values)
            return True

        return await self._write(write)

    @override
    async def applications(self, query: ApplicationQuery) -> Listed[Application]:
        selection = _selection(query)
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, query.part, _application)
        )

    @override
    async def forget_applications(self, before: datetime) -> int:
        at = to_micros(before)

        def write(connection: sqlite3.Connection) -> int:
            gone = sum(connection.execute(sql, (at,)).rowcount for sql in _FORGET)
            return gone + connection.execute(_OF_DELETED).rowcount

        return await self._write(write)


def record_applications(
    connection: sqlite3.Connection, applications: Iterable[Application]
) -> None:
    """Write what rules do in the running transaction, with an audit row each."""
    for one in applications:
        at = to_micros(one.at)
        values = (
            *(one.id, one.pod_id, one.rule_id, clean(one.rule_name), one.agent_id, one.trigger),
            *(one.inbox_id, one.about, one.occurrence, dump(_steps_json(one)), at),
            at if one.is_pending else None,
        )
        if connection.execute(_APPLY, values).rowcount:
            append_audit(connection, _audit(one), one.at)


def _audit(one: Application) -> Audit:
    kinds: list[JsonValue] = [step.action.kind.value for step in one.steps]
    return Audit(
        pod_id=one.pod_id,
        actor=f"rule:{one.rule_id}",
        action="rule.apply",
        subject=one.about,
        detail={"rule": one.rule_name, "trigger": one.trigger.value, "actions": kinds},
    )


def _thread(
    connection: sqlite3.Connection, inbox_id: InboxId, facts: MessageFacts
) -> Thread | None:
    hashes = [ref_hash(key) for key in thread_keys(facts)]
    sql = f"""
    SELECT k.* FROM thread_refs r JOIN threads t ON t.id = r.thread_id
    JOIN threads k ON k.id = coalesce(t.merged_into, t.id)
    WHERE r.inbox_id = ? AND r.ref_hash IN ({marks(hashes)}) ORDER BY k.id LIMIT 1
    """
    return optional(thread_from, connection.execute(sql, (inbox_id, *hashes)))


def _selection(query: ApplicationQuery) -> Selection:
    clauses: list[str] = []
    values: list[object] = []
    for column, value in (("rule_id", query.rule_id), ("about", query.about)):
        if value:
            clauses.append(f"{column} = ?")
            values.append(clean(value))
    if query.agent_id is not None:
        clauses.append("agent_id = ?")
        values.append(query.agent_id)
    return Selection(
        source="FROM rule_applications",
        groups=[Group(where="inbox_id = ?", values=(one,)) for one in query.inbox_ids],
        order=_ORDER,
        key="id",
        by_key="SELECT * FROM rule_applications WHERE id = ?",
        clauses=clauses,
        values=values,
    )


def _row(rule: Rule) -> tuple[object, ...]:
    actions: list[JsonValue] = [action_json(one) for one in rule.actions]
    return (
        *(rule.id, rule.pod_id, rule.agent_id, rule.inbox_id, clean(rule.name), rule.trigger),
        *(dump(rule.when), dump(actions), rule.priority, rule.stops, rule.is_enabled),
        *(rule.created_by, to_micros(rule.created_at), to_micros(rule.updated_at)),
    )


def _rule(row: sqlite3.Row) -> Rule:
    """The rule of a row; one that cannot be read any more is shown and does nothing."""
    trigger = Trigger(row["trigger"])
    when: JsonObject | None = load(row["conditions"])
    condition: Condition | None = None
    actions: tuple[Action, ...] = ()
    try:
        condition, actions = read(trigger, when, load(row["actions"]))
        is_readable = True
    except MailError:
        is_readable = False
    return Rule(
        id=RuleId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        name=row["name"],
        trigger=trigger,
        when=when,
        condition=condition,
        actions=actions,
        priority=row["priority"],
        stops=bool(row["stops"]),
        is_enabled=bool(row["is_enabled"]) and is_readable,
        created_by=row["created_by"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )


def _steps_json(one: Application) -> list[JsonValue]:
    return [step.document() for step in one.steps]


def _step(trigger: Trigger, document: JsonObject) -> Step:
    told = {key: document.pop(key, "") for key in ("state", "reason", "made")}
    _, actions = read(trigger, None, [document])
    return Step(
        action=actions[0],
        state=StepState(str(told["state"])),
        reason=str(told["reason"]),
        made=str(told["made"]),
    )


def _application(row: sqlite3.Row) -> Application:
    trigger = Trigger(row["trigger"])
    return Application(
        id=ApplicationId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        rule_id=RuleId(row["rule_id"]),
        rule_name=row["rule_name"],
        agent_id=row["agent_id"],
        trigger=trigger,
        inbox_id=InboxId(row["inbox_id"]),
        about=row["about"],
        occurrence=row["occurrence"],
        steps=tuple(_step(trigger, one) for one in load_objects(row["steps"])),
        at=from_micros(row["at"]),
        attempts=row["attempts"],
    )
