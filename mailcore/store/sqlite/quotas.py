"""Quotas of inboxes inside a transaction: what is in use, and whether more may come in.

Usage is the sum of the mailboxes' counters, which move in the transaction of every message, so a
limit cannot be passed, however many deliver at once. A limit of 0 is none.
"""

import sqlite3

from mailcore.errors import not_found, over_quota
from mailcore.ids import InboxId, MailboxId
from mailcore.model import Quota

_QUOTA = """
SELECT i.quota_bytes, i.quota_messages,
  (SELECT sum(size_bytes) FROM mailboxes WHERE inbox_id = i.id) AS used_bytes,
  (SELECT sum(messages) FROM mailboxes WHERE inbox_id = i.id) AS used_messages
FROM inboxes i WHERE i.id = ? AND i.deleted_at IS NULL
"""
_DELETED = "SELECT sum(size_bytes) FROM messages WHERE mailbox_id = ? AND flags & 8 <> 0"


def find_quota(connection: sqlite3.Connection, inbox_id: InboxId) -> Quota:
    """Limits and usage of an inbox. NOT_FOUND."""
    row = connection.execute(_QUOTA, (inbox_id,)).fetchone()
    if row is None:
        raise not_found("inbox")
    return Quota(
        limit_bytes=row["quota_bytes"],
        limit_messages=row["quota_messages"],
        used_bytes=row["used_bytes"] or 0,
        used_messages=row["used_messages"] or 0,
    )


def require_room(
    connection: sqlite3.Connection, inbox_id: InboxId, *, messages: int, size_bytes: int
) -> None:
    """OVER_LIMIT `over_quota` unless the inbox can take so many messages of so many octets together."""
    if not find_quota(connection, inbox_id).has_room(messages=messages, size_bytes=size_bytes):
        raise over_quota()


def deleted_bytes(connection: sqlite3.Connection, mailbox_id: MailboxId) -> int:
    r"""The octets of the messages with `\Deleted`: what an expunge frees."""
    return connection.execute(_DELETED, (mailbox_id,)).fetchone()[0] or 0
