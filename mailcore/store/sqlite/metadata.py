"""Annotations of mailboxes and of inboxes; mailbox 0 stands for the inbox itself."""

import sqlite3
from collections.abc import Mapping
from typing import Final, override

from mailcore.ids import InboxId, MailboxId
from mailcore.metadata import MAX_BYTES, MAX_ENTRIES, too_many
from mailcore.model import JsonObject
from mailcore.store.ports import MailStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.mailbox_rows import owner, require_mailbox
from mailcore.store.sqlite.part import Part

_OF_ONE: Final = """
SELECT entry, value FROM metadata WHERE inbox_id = ? AND mailbox_id = ? ORDER BY entry
"""
_PUT: Final = """
INSERT INTO metadata (inbox_id, mailbox_id, entry, pod_id, value) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET value = excluded.value
"""
_REMOVE: Final = "DELETE FROM metadata WHERE inbox_id = ? AND mailbox_id = ? AND entry = ?"
_TOTAL: Final = """
SELECT count(*), coalesce(sum(length(entry) + length(value)), 0) FROM metadata WHERE inbox_id = ?
"""
_COPY: Final = """
INSERT INTO metadata (inbox_id, mailbox_id, entry, pod_id, value)
SELECT inbox_id, ?, entry, pod_id, value FROM metadata WHERE mailbox_id = ?
"""


class Metadata(Part, MailStore):
    """The verbs of `MailStore` about annotations."""

    @override
    async def metadata(
        self, inbox_id: InboxId, mailbox_id: MailboxId | None
    ) -> Mapping[str, bytes]:
        values = (inbox_id, mailbox_id or 0)
        return self._database.read(
            lambda connection: {
                row["entry"]: row["value"] for row in connection.execute(_OF_ONE, values)
            }
        )

    @override
    async def set_metadata(
        self,
        inbox_id: InboxId,
        mailbox_id: MailboxId | None,
        values: Mapping[str, bytes | None],
    ) -> None:
        at = self._now()

        def write(connection: sqlite3.Connection) -> None:
            subject = owner(connection, inbox_id)
            fields: JsonObject = {"entries": list(values)}
            if mailbox_id is not None:
                fields["name"] = require_mailbox(connection, mailbox_id).name
            key = (inbox_id, mailbox_id or 0)
            for entry, value in values.items():
                if value is None:
                    connection.execute(_REMOVE, (*key, entry))
                else:
                    connection.execute(_PUT, (*key, entry, subject.pod_id, value))
            _require_room(connection, inbox_id)
            name = "inbox.annotated" if mailbox_id is None else "mailbox.annotated"
            journal.append_internal(connection, at, subject, name, fields, mailbox_id=mailbox_id)

        await self._write(write)


def _require_room(connection: sqlite3.Connection, inbox_id: InboxId) -> None:
    count, size = connection.execute(_TOTAL, (inbox_id,)).fetchone()
    if count > MAX_ENTRIES or size > MAX_BYTES:
        raise too_many()


def copy_metadata(
    connection: sqlite3.Connection, inbox_id: InboxId, source: MailboxId, target: MailboxId
) -> None:
    """Give a new mailbox the annotations of another one of the inbox."""
    connection.execute(_COPY, (target, source))
    _require_room(connection, inbox_id)


def forget_metadata(connection: sqlite3.Connection, mailbox_id: MailboxId) -> None:
    """Remove the annotations of a mailbox that is deleted."""
    connection.execute("DELETE FROM metadata WHERE mailbox_id = ?", (mailbox_id,))
