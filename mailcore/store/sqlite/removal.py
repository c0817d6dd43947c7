"""Taking away what nobody can reach any more: mail of deleted inboxes, files of finished submissions.

Rows go first, a bounded number in each transaction; their files follow as every expunged message's
do, or as files that no row names.
"""

import sqlite3
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import to_micros
from mailcore.errors import not_found
from mailcore.ids import AgentId, InboxId, PodId
from mailcore.store.ports import AccountStore, Audit
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.holds import cancel_for_inbox
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.mailbox_rows import REMOVED_COLUMNS, removable, remove_messages
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import mailbox_from

_BATCH: Final = 500
_LEFT: Final = """
SELECT b.*, i.agent_id, i.pod_id AS inbox_pod FROM mailboxes b JOIN inboxes i ON i.id = b.inbox_id
WHERE i.deleted_at IS NOT NULL AND b.messages > 0 LIMIT 1
"""
_OLDEST: Final = f"SELECT {REMOVED_COLUMNS} FROM messages WHERE mailbox_id = ? ORDER BY uid LIMIT ?"
_FORGET: Final = tuple(
    f"DELETE FROM {table} WHERE inbox_id IN (SELECT id FROM inboxes WHERE deleted_at IS NOT NULL)"
    for table in (
        *("contacts", "quarantine", "tags", "templates", "signatures", "metadata"),
        *("rules", "rule_applications"),
    )
)
_DELETE: Final = (
    "DELETE FROM passwords WHERE inbox_id = :inbox",
    "UPDATE keys SET revoked_at = coalesce(revoked_at, :at) WHERE inbox_id = :inbox",
    "UPDATE inboxes SET deleted_at = :at, is_active = 0 WHERE id = :inbox AND deleted_at IS NULL",
)
_FINISHED: Final = """
SELECT id, blob, pod_id FROM submissions WHERE blob <> '' AND created_at < ?
  AND status IN ('sent', 'failed', 'rejected', 'expired', 'canceled') LIMIT ?
"""
_FORGET_VERSIONS: Final = """
DELETE FROM hold_versions
WHERE hold_id = (SELECT id FROM holds WHERE submission_id = ?)
"""
_DOOM: Final = "INSERT INTO doomed (blob, pod_id, mailbox_id, seq) VALUES (?, ?, 0, 0)"


class Removal(Part, AccountStore):
    """The verbs of `AccountStore` about what is left of the deleted."""

    @override
    async def delete_inbox(self, inbox_id: InboxId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            sql = "SELECT * FROM inboxes WHERE id = ? AND deleted_at IS NULL"
            row = connection.execute(sql, (inbox_id,)).fetchone()
            if row is None:
                raise not_found("inbox")
            now = self._now()
            cancel_for_inbox(connection, inbox_id, audit.actor, now)
            for statement in _DELETE:
                connection.execute(statement, {"inbox": inbox_id, "at": now})
            subject = Subject(PodId(row["pod_id"]), _agent(row), inbox_id)
            journal.append_internal(connection, now, subject, "inbox.deleted", {})
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def remove_deleted_mail(self) -> int:
        return await self._write(partial(_remove_mail, at=self._now()))

    @override
    async def drop_finished(self, before: datetime) -> int:
        values = (to_micros(before), _BATCH)
        return await self._write(partial(_drop, values=values))


def _remove_mail(connection: sqlite3.Connection, at: int) -> int:
    """One mailbox's messages, or what else is left when there are none."""
    row = connection.execute(_LEFT).fetchone()
    if row is None:
        return sum(connection.execute(sql).rowcount for sql in _FORGET)
    box = mailbox_from(row)
    removed = list(removable(connection.execute(_OLDEST, (box.id, _BATCH))))
    subject = Subject(PodId(row["inbox_pod"]), _agent(row), box.inbox_id)
    remove_messages(connection, subject, box, removed, at)
    return len(removed)


def _drop(connection: sqlite3.Connection, values: tuple[int, int]) -> int:
    """Give up the names of submissions' bytes; the mirror takes their files."""
    found = connection.execute(_FINISHED, values).fetchall()
    connection.executemany(_DOOM, ((row["blob"], row["pod_id"]) for row in found))
    sql = "UPDATE submissions SET blob = '' WHERE id = ?"
    connection.executemany(sql, ((row["id"],) for row in found))
    connection.executemany(_FORGET_VERSIONS, ((row["id"],) for row in found))
    return len(found)


def _agent(row: sqlite3.Row) -> AgentId | None:
    return AgentId(row["agent_id"]) if row["agent_id"] else None
