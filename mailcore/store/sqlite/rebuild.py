"""Indexing a tree again: mailboxes with their UIDVALIDITY, messages with their UIDs, files where they are."""

import sqlite3
from collections.abc import Sequence
from typing import override

from mailcore.ids import InboxId, MailboxId
from mailcore.model import JsonObject, Mailbox, SpecialUse
from mailcore.store.ports import RebuildStore, RestoredMessage
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.mailbox_rows import (
    canonical_name,
    find_named,
    insert_mailbox,
    next_uid_validity,
    owner,
    require_named,
)
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.placing import place

_OTHER = "SELECT id FROM mailboxes WHERE uid_validity = ? AND id <> ?"
_SET_VALIDITY = "UPDATE mailboxes SET uid_validity = ? WHERE id = ?"
_SET_FACTS = "UPDATE mailboxes SET special_use = ?, is_subscribed = ? WHERE id = ?"
_RAISE_COUNTER = """
UPDATE counters SET value = max(value, ?) WHERE name = 'uid_validity'
"""
_NOT_RECENT = "UPDATE mailboxes SET recent_from_uid = uid_next WHERE id = ?"
_RAISE_NEXT = "UPDATE mailboxes SET uid_next = max(uid_next, ?) WHERE id = ?"


class SqliteRebuild(FilePart, RebuildStore):
    """`RebuildStore` in SQLite."""

    @override
    async def restore_mailbox(
        self,
        inbox_id: InboxId,
        name: str,
        *,
        special_use: SpecialUse | None,
        uid_validity: int | None,
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
            connection.execute(_SET_FACTS, (special_use, is_subscribed, found.id))
            return require_named(connection, inbox_id, name)

        return await self._database.run(write)

    @override
    async def restore_messages(
        self, mailbox_id: MailboxId, messages: Sequence[RestoredMessage], uid_next: int
    ) -> None:
        at = self._now()

        def write(connection: sqlite3.Connection) -> None:
            for one in messages:
                connection.execute(_RAISE_NEXT, (one.uid or 1, mailbox_id))
                landed = {one.message.facts.sha256: one.path}
                place(connection, one.message, at, ContentCache(self._files, landed))
            connection.execute(_RAISE_NEXT, (uid_next, mailbox_id))
            connection.execute(_NOT_RECENT, (mailbox_id,))

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
