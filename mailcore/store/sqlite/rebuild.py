"""Indexing a tree again: mailboxes with their UIDVALIDITY, messages with their UIDs, files where they are."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import override

from mailcore.clock import Clock
from mailcore.ids import InboxId
from mailcore.model import JsonObject, Mailbox, SpecialUse
from mailcore.store.ports import Audit, Files, RebuildStore, RestoredMessage
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.copied_messages import CopiedMessages
from mailcore.store.sqlite.db import Database
from mailcore.store.sqlite.mailbox_rows import (
    canonical_name,
    find_named,
    insert_mailbox,
    next_uid_validity,
    owner,
    require_named,
)
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.placing import place_again
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.threads import refresh_threads

_OTHER = "SELECT id FROM mailboxes WHERE uid_validity = ? AND id <> ?"
_SET_VALIDITY = "UPDATE mailboxes SET uid_validity = ? WHERE id = ?"
_SET_FACTS = """
UPDATE mailboxes SET special_use = ?, is_subscribed = ?, is_selectable = 1, uid_next = max(uid_next, ?)
WHERE id = ?
"""
_RAISE_COUNTER = """
UPDATE counters SET value = max(value, ?) WHERE name = 'uid_validity'
"""
_SETTLE = (
    "UPDATE mailboxes SET recent_from_uid = uid_next",
    """UPDATE drafts SET message_id = NULL
       WHERE message_id IS NOT NULL AND message_id NOT IN (SELECT id FROM messages)""",
)


class SqliteRebuild(FilePart, RebuildStore):
    """`RebuildStore` in SQLite."""

    def __init__(self, database: Database, clock: Clock, files: Files) -> None:
        super().__init__(database, clock, files)
        self._copied = CopiedMessages()

    @override
    async def consult(self, copy: Path) -> None:
        await self._database.run(lambda _: self._copied.open(copy))

    @override
    async def knows_inbox(self, inbox_id: InboxId) -> bool:
        sql = "SELECT count(*) FROM inboxes WHERE id = ?"
        return self._database.read(
            lambda connection: bool(connection.execute(sql, (inbox_id,)).fetchone()[0])
        )

    @override
    async def restore_mailbox(
        self,
        inbox_id: InboxId,
        name: str,
        *,
        special_use: SpecialUse | None,
        uid_validity: int | None,
        uid_next: int,
        is_subscribed: bool,
    ) -> Mailbox:
        at = self._now()

        def write(connection: sqlite3.Connection) -> Mailbox:
            found = find_named(connection, inbox_id, name)
            if found is None:
                _create(connection, inbox_id, canonical_name(name), at)
                found = require_named(connection, inbox_id, name)
            if uid_validity is not None:
                _set_validity(connection, found.id, uid_validity, at)
            values = (special_use, is_subscribed, uid_next, found.id)
            connection.execute(_SET_FACTS, values)
            return require_named(connection, inbox_id, name)

        return await self._database.run(write)

    @override
    async def restore_messages(self, mailbox: Mailbox, messages: Sequence[RestoredMessage]) -> None:
        at = self._now()

        def write(connection: sqlite3.Connection) -> None:
            found = [self._copied.found(connection, one) for one in messages]
            place_again(connection, mailbox, found, at, self._files)

        await self._database.run(write)

    @override
    async def settle(self, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            for sql in _SETTLE:
                connection.execute(sql)
            self._copied.close()
            threads = connection.execute("SELECT id FROM threads WHERE message_count > 0")
            refresh_threads(connection, [row[0] for row in threads.fetchall()])
            append_audit(connection, audit, self._clock.now())

        await self._database.run(write)


def _create(connection: sqlite3.Connection, inbox_id: InboxId, name: str, at: int) -> None:
    """The mailbox and its missing parents."""
    subject = owner(connection, inbox_id)
    levels = name.split("/")
    for depth in range(1, len(levels) + 1):
        part = "/".join(levels[:depth])
        if find_named(connection, inbox_id, part) is None:
            seq = journal.next_seq(connection)
            number = insert_mailbox(connection, subject, part, None, at=at, seq=seq)
            fields: JsonObject = {"name": part}
            journal.append_internal(
                connection, at, subject, "mailbox.created", fields, mailbox_id=number, seq=seq
            )


def _set_validity(connection: sqlite3.Connection, mailbox_id: int, wanted: int, at: int) -> None:
    """No two mailboxes share one: a fresh one that has it by chance gets another."""
    connection.execute(_RAISE_COUNTER, (wanted,))
    for (other,) in connection.execute(_OTHER, (wanted, mailbox_id)).fetchall():
        connection.execute(_SET_VALIDITY, (next_uid_validity(connection, at), other))
    connection.execute(_SET_VALIDITY, (wanted, mailbox_id))
