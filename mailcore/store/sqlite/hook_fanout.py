"""The fan-out: a delivery row for every webhook and every event that it wants.

The rows and the cursor are written in one transaction, and `(webhook, event)` is unique, so a crash
neither loses nor doubles a row.
"""

import sqlite3
from typing import Final, NamedTuple

from mailcore.ids import DEFAULT_POD
from mailcore.store.sqlite.hook_rows import IS_ALIVE
from mailcore.store.sqlite.journal import head
from mailcore.store.sqlite.rows import load_texts

CONSUMER: Final = "webhooks"
_LAG: Final = 1000
"""So many rows of no interest may pass before the cursor is written for them alone."""

_CURSOR = "SELECT seq FROM cursors WHERE consumer = ?"
_SET_CURSOR = """
INSERT INTO cursors (consumer, pod_id, seq) VALUES (?, ?, ?)
ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq
"""
_JOURNAL = """
SELECT seq, at, pod_id, name, agent_id, inbox_id FROM journal
WHERE seq > ? AND is_public = 1 ORDER BY seq LIMIT ?
"""
_HAS_PUBLIC = "SELECT EXISTS (SELECT 1 FROM journal WHERE seq > ? AND is_public = 1)"
_HAS_ENABLED = "SELECT EXISTS (SELECT 1 FROM webhooks WHERE is_enabled = 1)"
_RECEIVERS = f"""
SELECT id, pod_id, agent_id, event_names, inbox_ids FROM webhooks w
WHERE is_enabled = 1 AND {IS_ALIVE} ORDER BY id
"""
_OWE = """
INSERT OR IGNORE INTO webhook_deliveries
  (pod_id, webhook_id, event_id, event_seq, event_name, event_at, state, is_retry, next_at, created_at)
VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, ?)
"""


def is_behind(connection: sqlite3.Connection) -> bool:
    """Whether a fan-out would do anything worth a commit."""
    row = connection.execute(_CURSOR, (CONSUMER,)).fetchone()
    if row is None or head(connection) - row[0] > _LAG:
        return True
    if not connection.execute(_HAS_ENABLED).fetchone()[0]:
        return False
    return bool(connection.execute(_HAS_PUBLIC, (row[0],)).fetchone()[0])


def fan_out(connection: sqlite3.Connection, at: int, limit: int) -> tuple[int, bool]:
    """Rows for the next events; how many, and whether there are more. A new cursor starts at the head."""
    row = connection.execute(_CURSOR, (CONSUMER,)).fetchone()
    end = head(connection)
    if row is None:
        connection.execute(_SET_CURSOR, (CONSUMER, DEFAULT_POD, end))
        return 0, False
    hooks = tuple(map(_receiver, connection.execute(_RECEIVERS)))
    events = connection.execute(_JOURNAL, (row[0], limit)).fetchall() if hooks else []
    made = sum(_owe(connection, hooks, event, at) for event in events)
    is_more = len(events) == limit
    connection.execute(_SET_CURSOR, (CONSUMER, DEFAULT_POD, events[-1]["seq"] if is_more else end))
    return made, is_more


class _Receiver(NamedTuple):
    """What decides whether a webhook wants an event."""

    id: str
    pod_id: str
    agent_id: str | None
    names: frozenset[str]
    inbox_ids: frozenset[str]

    def wants(self, event: sqlite3.Row) -> bool:
        """Whether the event is owed to this webhook."""
        return (
            self.pod_id == event["pod_id"]
            and self.agent_id in (None, event["agent_id"])
            and (not self.names or event["name"] in self.names)
            and (not self.inbox_ids or event["inbox_id"] in self.inbox_ids)
        )


def _receiver(row: sqlite3.Row) -> _Receiver:
    return _Receiver(
        id=row["id"],
        pod_id=row["pod_id"],
        agent_id=row["agent_id"],
        names=frozenset(load_texts(row["event_names"])),
        inbox_ids=frozenset(load_texts(row["inbox_ids"])),
    )


def _owe(
    connection: sqlite3.Connection, hooks: tuple[_Receiver, ...], event: sqlite3.Row, at: int
) -> int:
    """Rows for one event, one for every webhook that wants it."""
    made = 0
    for hook in hooks:
        if hook.wants(event):
            seq, name = event["seq"], event["name"]
            values = (event["pod_id"], hook.id, f"evt_{seq}", seq, name, event["at"], at, at)
            made += connection.execute(_OWE, values).rowcount
    return made


def catch_up(connection: sqlite3.Connection, at: int) -> None:
    """Fan out up to the head, so that a change concerns later events only."""
    is_more = True
    while is_more:
        _, is_more = fan_out(connection, at, _LAG)
