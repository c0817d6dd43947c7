"""Rows of webhooks and deliveries as facts, and the other way round."""

import sqlite3

from mailcore.clock import from_micros, to_micros
from mailcore.ids import AgentId, InboxId, PodId
from mailcore.model import (
    Webhook,
    WebhookDelivery,
    WebhookDeliveryId,
    WebhookDeliveryState,
    WebhookId,
)
from mailcore.store.sqlite.rows import clean, dump, instant, load_texts, micros

IS_ALIVE = """
(w.agent_id IS NULL OR EXISTS (
  SELECT 1 FROM agents a WHERE a.id = w.agent_id AND a.deleted_at IS NULL))
"""
"""Of a webhook `w`: the owner's, or one whose agent still exists."""


def find(connection: sqlite3.Connection, webhook_id: WebhookId) -> Webhook | None:
    """The webhook, unless its agent is gone."""
    row = connection.execute(
        f"SELECT * FROM webhooks w WHERE id = ? AND {IS_ALIVE}", (webhook_id,)
    ).fetchone()
    return webhook_from(row) if row else None


def delivery_row(connection: sqlite3.Connection, delivery_id: int) -> sqlite3.Row:
    """The row, or None as sqlite3 says it."""
    row: sqlite3.Row = connection.execute(
        "SELECT * FROM webhook_deliveries WHERE id = ?", (delivery_id,)
    ).fetchone()
    return row


def values_of(webhook: Webhook) -> tuple[object, ...]:
    """Every column, in the order of the table."""
    return (
        webhook.id,
        webhook.pod_id,
        webhook.agent_id,
        webhook.url,
        clean(webhook.description),
        dump(webhook.event_names),
        dump(webhook.inbox_ids),
        dump(webhook.header_names),
        webhook.sealed_headers,
        webhook.sealed_secrets,
        webhook.is_enabled,
        webhook.disabled_reason,
        webhook.failures,
        micros(webhook.failing_since),
        micros(webhook.last_success_at),
        webhook.version,
        to_micros(webhook.created_at),
        to_micros(webhook.updated_at),
    )


def changes_of(webhook: Webhook) -> tuple[object, ...]:
    """The columns a user sets, then the id and the version that must be stored."""
    return (
        webhook.url,
        clean(webhook.description),
        dump(webhook.event_names),
        dump(webhook.inbox_ids),
        dump(webhook.header_names),
        webhook.sealed_headers,
        webhook.sealed_secrets,
        webhook.is_enabled,
        webhook.disabled_reason,
        webhook.version,
        to_micros(webhook.updated_at),
        webhook.id,
        webhook.version - 1,
    )


def webhook_from(row: sqlite3.Row) -> Webhook:
    """A row of `webhooks`."""
    return Webhook(
        id=WebhookId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        url=row["url"],
        description=row["description"],
        event_names=load_texts(row["event_names"]),
        inbox_ids=tuple(map(InboxId, load_texts(row["inbox_ids"]))),
        header_names=load_texts(row["header_names"]),
        sealed_headers=row["sealed_headers"],
        sealed_secrets=row["sealed_secrets"],
        is_enabled=bool(row["is_enabled"]),
        disabled_reason=row["disabled_reason"],
        failures=row["failures"],
        failing_since=instant(row["failing_since"]),
        last_success_at=instant(row["last_success_at"]),
        version=row["version"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )


def delivery_from(row: sqlite3.Row) -> WebhookDelivery:
    """A row of `webhook_deliveries`."""
    return WebhookDelivery(
        id=WebhookDeliveryId(row["id"]),
        webhook_id=WebhookId(row["webhook_id"]),
        event_id=row["event_id"],
        event_name=row["event_name"],
        event_at=from_micros(row["event_at"]),
        state=WebhookDeliveryState(row["state"]),
        attempts=row["attempts"],
        round=row["round"],
        next_at=from_micros(row["next_at"]),
        created_at=from_micros(row["created_at"]),
        last_attempt_at=instant(row["last_attempt_at"]),
        last_status=row["last_status"],
        last_reply=row["last_reply"],
        duration_ms=row["duration_ms"],
    )
