"""Webhooks in SQLite: their rows, the fan-out from the journal, and the deliveries' leases.

The fan-out inserts delivery rows and moves its cursor in one transaction, and `(webhook, event)` is
unique, so a crash neither loses nor doubles a row. Every function that changes a webhook fans out up
to the journal's head first: what was committed before the change is judged by the old settings.

A lane is what one sender works through: first attempts in journal order, or retries by time.
"""

import sqlite3
from datetime import datetime
from typing import override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict, not_found
from mailcore.ids import AgentId, PodId
from mailcore.model import (
    FIRST_PAGE,
    JsonObject,
    Listed,
    Slice,
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.store.ports import Audit, HookClaim, HookLane, HookResult, HookStore
from mailcore.store.sqlite.hook_fanout import catch_up, fan_out, is_behind
from mailcore.store.sqlite.hook_rows import (
    IS_ALIVE,
    changes_of,
    delivery_from,
    delivery_row,
    find,
    values_of,
    webhook_from,
)
from mailcore.store.sqlite.journal import Subject, append_internal
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, load

_IS_WORKING = """
(w.agent_id IS NULL OR EXISTS (
  SELECT 1 FROM agents a
  WHERE a.id = w.agent_id AND a.deleted_at IS NULL AND a.status = 'active'))
"""
_INSERT = """
INSERT INTO webhooks (id, pod_id, agent_id, url, description, event_names, inbox_ids, header_names,
  sealed_headers, sealed_secrets, is_enabled, disabled_reason, failures, failing_since,
  last_success_at, version, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE webhooks SET url = ?, description = ?, event_names = ?, inbox_ids = ?, header_names = ?,
  sealed_headers = ?, sealed_secrets = ?, is_enabled = ?, disabled_reason = ?, version = ?,
  updated_at = ?
WHERE id = ? AND version = ?
"""
_FORGIVE = "UPDATE webhooks SET failures = 0, failing_since = NULL WHERE id = ?"
_LANES = f"""
SELECT w.id,
  (SELECT min(next_at) FROM (
    SELECT next_at FROM webhook_deliveries d WHERE d.webhook_id = w.id
    AND d.state IN ('pending', 'sending') AND d.is_retry = 0 ORDER BY d.id LIMIT 2)) AS first_at,
  (SELECT min(d.next_at) FROM webhook_deliveries d WHERE d.webhook_id = w.id
    AND d.state IN ('pending', 'sending') AND d.is_retry = 1) AS again_at
FROM webhooks w WHERE w.is_enabled = 1 AND {_IS_WORKING} ORDER BY w.id
"""
_NEXT_FIRST = """
SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND state IN ('pending', 'sending')
AND is_retry = 0 AND next_at <= ? ORDER BY id LIMIT 1
"""
_NEXT_AGAIN = """
SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND state IN ('pending', 'sending')
AND is_retry = 1 AND next_at <= ? ORDER BY next_at, id LIMIT 1
"""
_WORKING = f"SELECT * FROM webhooks w WHERE w.id = ? AND w.is_enabled = 1 AND {_IS_WORKING}"
_LEASE = """
UPDATE webhook_deliveries SET state = 'sending', attempts = attempts + 1, next_at = ? WHERE id = ?
"""
_RECORD = """
UPDATE webhook_deliveries SET state = ?, is_retry = 1, round = round + ?, next_at = ?,
  last_attempt_at = ?, last_status = ?, last_reply = ?, duration_ms = ?
WHERE id = ?
"""
_SUCCEEDED = """
UPDATE webhooks SET failures = 0, failing_since = NULL, last_success_at = ? WHERE id = ?
"""
_FAILED = """
UPDATE webhooks SET failures = failures + 1, failing_since = coalesce(failing_since, ?)
WHERE id = ?
"""
_DISABLE = """
UPDATE webhooks SET is_enabled = 0, disabled_reason = ?, version = version + 1, updated_at = ?
WHERE id = ? AND is_enabled = 1
"""
_RELEASE = "UPDATE webhook_deliveries SET state = 'pending', next_at = ? WHERE state = 'sending'"
_AGAIN = """
UPDATE webhook_deliveries SET state = 'pending', is_retry = 1, round = 0, next_at = ?
WHERE id = ? AND state <> 'sending'
"""
_ALL_AGAIN = """
UPDATE webhook_deliveries SET state = 'pending', is_retry = 1, round = 0, next_at = ?
WHERE webhook_id = ? AND state = 'dead' AND event_at >= ?
"""
_ADD_TEST = """
INSERT INTO webhook_deliveries
  (pod_id, webhook_id, event_id, event_name, event_at, body, state, is_retry, attempts, next_at,
   created_at)
VALUES (?, ?, ?, ?, ?, ?, 'sending', 1, 1, ?, ?) RETURNING *
"""
_PRUNE = """
DELETE FROM webhook_deliveries
WHERE (state IN ('delivered', 'dead') AND created_at < ?) OR created_at < ?
"""
_PRUNE_HOOKS = f"DELETE FROM webhooks AS w WHERE NOT {IS_ALIVE}"

_DELIVERY_ORDER = Order(columns=("id",), is_descending=True)


class SqliteHooks(Part, HookStore):
    """`HookStore` in SQLite."""

    @override
    async def create_webhook(self, webhook: Webhook, audit: Audit) -> None:
        at = self._clock.now()

        def create(connection: sqlite3.Connection) -> None:
            catch_up(connection, to_micros(at))
            connection.execute(_INSERT, values_of(webhook))
            append_audit(connection, audit, at)

        await self._database.run(create)

    @override
    async def webhooks(self, pod_id: PodId, agent_id: AgentId | None = None) -> tuple[Webhook, ...]:
        sql = f"SELECT * FROM webhooks w WHERE pod_id = ? AND {IS_ALIVE}"
        values: list[str] = [pod_id]
        if agent_id is not None:
            sql, values = f"{sql} AND agent_id = ?", [pod_id, agent_id]
        return self._database.read(
            lambda connection: tuple(
                map(webhook_from, connection.execute(f"{sql} ORDER BY created_at, id", values))
            )
        )

    @override
    async def webhook(self, webhook_id: WebhookId) -> Webhook | None:
        return self._database.read(lambda connection: find(connection, webhook_id))

    @override
    async def update_webhook(self, webhook: Webhook, audit: Audit) -> None:
        at = self._clock.now()

        def update(connection: sqlite3.Connection) -> None:
            catch_up(connection, to_micros(at))
            stored = find(connection, webhook.id)
            if stored is None:
                raise not_found("webhook")
            if connection.execute(_UPDATE, changes_of(webhook)).rowcount == 0:
                raise conflict(
                    "the webhook was changed by somebody else at the same moment",
                    code="version_mismatch",
                    fix="Read it again and repeat your change",
                )
            if webhook.is_enabled and not stored.is_enabled:
                connection.execute(_FORGIVE, (webhook.id,))
            append_audit(connection, audit, at)

        await self._database.run(update)

    @override
    async def delete_webhook(self, webhook_id: WebhookId, audit: Audit) -> None:
        at = self._clock.now()

        def delete(connection: sqlite3.Connection) -> None:
            gone = connection.execute("DELETE FROM webhooks WHERE id = ?", (webhook_id,)).rowcount
            if not gone:
                raise not_found("webhook")
            append_audit(connection, audit, at)

        await self._database.run(delete)

    @override
    async def fan_out(self, limit: int) -> tuple[int, bool]:
        if not self._database.read(is_behind):
            return 0, False
        at = self._now()
        return await self._database.run(lambda connection: fan_out(connection, at, limit))

    @override
    async def hook_lanes(self) -> tuple[HookLane, ...]:
        def lanes(connection: sqlite3.Connection) -> tuple[HookLane, ...]:
            found: list[HookLane] = []
            for webhook_id, *times in connection.execute(_LANES):
                found += [
                    HookLane(
                        webhook_id=WebhookId(webhook_id), is_retry=bool(n), due_at=from_micros(at)
                    )
                    for n, at in enumerate(times)
                    if at is not None
                ]
            return tuple(found)

        return self._database.read(lanes)

    @override
    async def claim_hook(
        self, webhook_id: WebhookId, *, is_retry: bool, now: datetime, lease_until: datetime
    ) -> HookClaim | None:
        sql = _NEXT_AGAIN if is_retry else _NEXT_FIRST

        def claim(connection: sqlite3.Connection) -> HookClaim | None:
            hook = connection.execute(_WORKING, (webhook_id,)).fetchone()
            found = connection.execute(sql, (webhook_id, to_micros(now))).fetchone()
            if hook is None or found is None:
                return None
            connection.execute(_LEASE, (to_micros(lease_until), found[0]))
            row = delivery_row(connection, found[0])
            return HookClaim(
                webhook=webhook_from(hook), delivery=delivery_from(row), body=_body(connection, row)
            )

        if not self._database.read(
            lambda c: c.execute(sql, (webhook_id, to_micros(now))).fetchone()
        ):
            return None
        return await self._database.run(claim)

    @override
    async def record_hook(self, result: HookResult) -> WebhookDelivery | None:
        return await self._database.run(lambda connection: _record(connection, result))

    @override
    async def release_hook_leases(self) -> int:
        at = self._now()
        return await self._database.run(
            lambda connection: connection.execute(_RELEASE, (at,)).rowcount
        )

    @override
    async def add_test(
        self,
        webhook: Webhook,
        *,
        event_id: str,
        name: str,
        body: JsonObject,
        at: datetime,
        lease_until: datetime,
        audit: Audit,
    ) -> WebhookDelivery:
        now = to_micros(at)
        values = (webhook.pod_id, webhook.id, event_id, name, now, dump(body))

        def add(connection: sqlite3.Connection) -> WebhookDelivery:
            if find(connection, webhook.id) is None:
                raise not_found("webhook")
            row = connection.execute(_ADD_TEST, (*values, to_micros(lease_until), now)).fetchone()
            append_audit(connection, audit, at)
            return delivery_from(row)

        return await self._database.run(add)

    @override
    async def delivery(self, delivery_id: WebhookDeliveryId) -> WebhookDelivery | None:
        row = self._database.read(lambda connection: delivery_row(connection, delivery_id))
        return delivery_from(row) if row else None

    @override
    async def deliveries(
        self,
        webhook_id: WebhookId,
        *,
        state: WebhookDeliveryState | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[WebhookDelivery]:
        selection = Selection(
            source="FROM webhook_deliveries",
            groups=[Group(where="webhook_id = ?", values=(webhook_id,))],
            order=_DELIVERY_ORDER,
            key="id",
            by_key="SELECT * FROM webhook_deliveries WHERE id = ?",
            clauses=() if state is None else ("state = ?",),
            values=() if state is None else (state.value,),
            is_filtered=state is not None,
        )
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, part, delivery_from)
        )

    @override
    async def redeliver(
        self, delivery_id: WebhookDeliveryId, at: datetime, audit: Audit
    ) -> WebhookDelivery:
        def again(connection: sqlite3.Connection) -> WebhookDelivery:
            if delivery_row(connection, delivery_id) is None:
                raise not_found("delivery")
            if connection.execute(_AGAIN, (to_micros(at), delivery_id)).rowcount == 0:
                raise conflict(
                    "the delivery is being sent at this moment",
                    code="being_sent",
                    fix="Wait until its attempt is over",
                )
            append_audit(connection, audit, at)
            return delivery_from(delivery_row(connection, delivery_id))

        return await self._database.run(again)

    @override
    async def redeliver_dead(
        self, webhook_id: WebhookId, since: datetime | None, at: datetime, audit: Audit
    ) -> int:
        start = 0 if since is None else to_micros(since)

        def again(connection: sqlite3.Connection) -> int:
            values = (to_micros(at), webhook_id, start)
            append_audit(connection, audit, at)
            return connection.execute(_ALL_AGAIN, values).rowcount

        return await self._database.run(again)

    @override
    async def prune_hooks(self, finished_before: datetime, all_before: datetime) -> int:
        values = (to_micros(finished_before), to_micros(all_before))

        def prune(connection: sqlite3.Connection) -> int:
            connection.execute(_PRUNE_HOOKS)
            return connection.execute(_PRUNE, values).rowcount

        return await self._database.run(prune)


# Results -----------------------------------------------------------------------------------------


def _record(connection: sqlite3.Connection, result: HookResult) -> WebhookDelivery | None:
    row = delivery_row(connection, result.delivery_id)
    if row is None:
        return None
    at = to_micros(result.at)
    is_success = result.state is WebhookDeliveryState.DELIVERED
    values = (
        result.state.value,
        not is_success,
        to_micros(result.retry_at or result.at),
        at,
        result.status,
        clean(result.reply),
        result.duration_ms,
        result.delivery_id,
    )
    connection.execute(_RECORD, values)
    if result.counts:
        connection.execute(_SUCCEEDED if is_success else _FAILED, (at, row["webhook_id"]))
    if result.disable:
        _disable(connection, row["webhook_id"], result)
    return delivery_from(delivery_row(connection, result.delivery_id))


def _disable(connection: sqlite3.Connection, webhook_id: str, result: HookResult) -> None:
    at = to_micros(result.at)
    catch_up(connection, at)
    if connection.execute(_DISABLE, (result.disable, at, webhook_id)).rowcount == 0:
        return
    hook = find(connection, WebhookId(webhook_id))
    if hook is None:
        return
    detail: JsonObject = {"webhook_id": hook.id, "url": hook.url, "reason": result.disable}
    subject = Subject(hook.pod_id, hook.agent_id, None)
    append_internal(connection, at, subject, "webhook.disabled", detail)
    append_audit(
        connection,
        Audit(
            pod_id=hook.pod_id,
            actor="system:webhooks",
            action="webhook.disable",
            subject=hook.id,
            detail=detail,
        ),
        result.at,
    )


def _body(connection: sqlite3.Connection, row: sqlite3.Row) -> JsonObject | None:
    if row["body"] is not None:
        return load(row["body"])
    found = connection.execute(
        "SELECT body FROM journal WHERE seq = ?", (row["event_seq"],)
    ).fetchone()
    return load(found[0]) if found else None
