"""The verbs of `MailStore` that take public ids of messages, and the one that dissolves a mailbox."""

import sqlite3
from collections.abc import Sequence
from typing import Final, override

from mailcore.errors import invalid
from mailcore.ids import InboxId, MailboxId, MessageId
from mailcore.store.ports import Located, MailStore
from mailcore.store.sqlite.draft_endings import end_with_messages
from mailcore.store.sqlite.mailbox_rows import require_named
from mailcore.store.sqlite.mailboxes import delete_named
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.placing import in_ranges, move_messages
from mailcore.store.sqlite.rows import marks

_AT_ONCE: Final = 500


class Lookup(Part, MailStore):
    """Finding many messages by id; giving a mailbox up without losing its messages."""

    @override
    async def locate(self, message_ids: Sequence[MessageId]) -> tuple[Located, ...]:
        wanted = tuple(dict.fromkeys(message_ids))
        return self._database.read(lambda connection: _locate(connection, wanted))

    @override
    async def dissolve_mailbox(self, inbox_id: InboxId, name: str, target: MailboxId) -> None:
        at = self._now()

        def write(connection: sqlite3.Connection) -> None:
            box = require_named(connection, inbox_id, name)
            if box.id == target:
                raise invalid("name", "a mailbox cannot be dissolved into itself")
            moved = in_ranges(connection, box.id, None)
            move_messages(connection, box.id, moved, target, at)
            end_with_messages(connection, moved, at)
            delete_named(connection, inbox_id, box.name, at)

        await self._database.run(write)


def _locate(connection: sqlite3.Connection, wanted: Sequence[MessageId]) -> tuple[Located, ...]:
    found: list[Located] = []
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        sql = f"SELECT id, inbox_id, mailbox_id, uid FROM messages WHERE id IN ({marks(some)})"
        found.extend(
            Located(
                id=MessageId(row["id"]),
                inbox_id=InboxId(row["inbox_id"]),
                mailbox_id=MailboxId(row["mailbox_id"]),
                uid=row["uid"],
            )
            for row in connection.execute(sql, some)
        )
    return tuple(found)
