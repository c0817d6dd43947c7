"""What a rebuild needs to know of an inbox beside its messages: whose it is and its mailboxes.

Nothing here is secret: no passwords, no keys, no hashes of them.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from mailcore.ids import InboxId
from mailcore.model import JsonObject, JsonValue
from mailcore.store.layout import folder_directory
from mailcore.store.sqlite.rows import load, marks

FORMAT: Final = 1

_INBOXES = """
SELECT i.*, a.name AS agent_name, a.role AS agent_role, a.owner_name, a.status, a.is_persistent,
  a.metadata, a.created_at AS agent_created_at, p.name AS person_name, p.email_local, p.email_domain,
  p.role AS person_role
FROM inboxes i LEFT JOIN agents a ON a.id = i.agent_id LEFT JOIN people p ON p.id = i.person_id
"""
_MAILBOXES = "SELECT * FROM mailboxes WHERE inbox_id = ? ORDER BY name"


def manifests(
    connection: sqlite3.Connection, *, inbox_ids: Sequence[InboxId] | None
) -> dict[InboxId, JsonObject]:
    """By inbox: of those named, or all."""
    sql, values = _INBOXES, tuple[str, ...]()
    if inbox_ids is not None:
        sql, values = f"{_INBOXES} WHERE i.id IN ({marks(inbox_ids)})", tuple(inbox_ids)
    found = connection.execute(sql, values).fetchall()
    return {InboxId(row["id"]): _manifest(connection, row) for row in found}


def _manifest(connection: sqlite3.Connection, row: sqlite3.Row) -> JsonObject:
    boxes = connection.execute(_MAILBOXES, (row["id"],))
    return {
        "format": FORMAT,
        "inbox_id": row["id"],
        "address": f"{row['address_local']}@{row['address_domain']}",
        "display_name": row["display_name"],
        "is_active": bool(row["is_active"]),
        "is_deleted": row["deleted_at"] is not None,
        "trust_gate": row["trust_gate"],
        "created_at": row["created_at"],
        "agent": _agent(row),
        "person": _person(row),
        "mailboxes": [_mailbox(one) for one in boxes],
    }


def _agent(row: sqlite3.Row) -> JsonObject | None:
    if row["agent_id"] is None:
        return None
    return {
        "id": row["agent_id"],
        "name": row["agent_name"],
        "role": row["agent_role"],
        "owner_name": row["owner_name"],
        "status": row["status"],
        "is_persistent": bool(row["is_persistent"]),
        "metadata": load(row["metadata"]),
        "created_at": row["agent_created_at"],
    }


def _person(row: sqlite3.Row) -> JsonObject | None:
    if row["person_id"] is None:
        return None
    return {
        "id": row["person_id"],
        "name": row["person_name"],
        "email": f"{row['email_local']}@{row['email_domain']}",
        "role": row["person_role"],
    }


def _mailbox(row: sqlite3.Row) -> JsonValue:
    return {
        "name": row["name"],
        "directory": folder_directory(row["name"]),
        "uid_validity": row["uid_validity"],
        "special_use": row["special_use"],
        "is_subscribed": bool(row["is_subscribed"]),
        "is_selectable": bool(row["is_selectable"]),
    }
