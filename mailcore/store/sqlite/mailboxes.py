"""Mailboxes: creating, deleting, renaming, and what a session loads of one.

A name's missing parents are made with it, so every mailbox has all its parents; a deleted parent
stays as a name that cannot be selected.
"""

import sqlite3
from array import array
from collections.abc import Callable
from functools import partial
from itertools import starmap
from typing import Final, cast, override

import orjson

from mailcore.errors import MailError, conflict, denied, invalid
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import (
    INBOX,
    Entry,
    JsonObject,
    Mailbox,
    MailboxChanges,
    MailboxContents,
    SpecialUse,
)
from mailcore.store.ports import MailStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.draft_endings import end_with_messages
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.mailbox_rows import (
    BY_NAME,
    canonical_name,
    find_named,
    insert_mailbox,
    next_uid_validity,
    owner,
    remove_messages,
    require_mailbox,
    require_named,
)
from mailcore.store.sqlite.metadata import copy_metadata, forget_metadata
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.placing import in_ranges, move_messages
from mailcore.store.sqlite.quotas import deleted_bytes
from mailcore.store.sqlite.rows import mailbox_from

PORTION: Final = 50_000
"""Messages of a mailbox that are read as one value."""
INLINE_ENTRIES: Final = 500
"""Mailboxes up to this size are loaded on the loop, larger ones in a thread."""

_BY_ID = "SELECT * FROM mailboxes WHERE id = ?"
_ALL = "SELECT * FROM mailboxes WHERE inbox_id = ? ORDER BY name <> 'INBOX', name"


class Mailboxes(FilePart, MailStore):
    """The verbs of `MailStore` about mailboxes."""

    @override
    async def mailboxes(self, inbox_id: InboxId) -> tuple[Mailbox, ...]:
        return self._database.read(
            lambda connection: tuple(map(mailbox_from, connection.execute(_ALL, (inbox_id,))))
        )

    @override
    async def mailbox(self, inbox_id: InboxId, name: str) -> Mailbox | None:
        row = self._database.read_row(BY_NAME, (inbox_id, canonical_name(name)))
        return mailbox_from(row) if row else None

    @override
    async def mailbox_by_id(self, mailbox_id: MailboxId) -> Mailbox | None:
        row = self._database.read_row(_BY_ID, (mailbox_id,))
        return mailbox_from(row) if row else None

    @override
    async def create_mailbox(
        self, inbox_id: InboxId, name: str, special_use: SpecialUse | None = None
    ) -> Mailbox:
        wanted = canonical_name(name)
        self._files.check_name(wanted)
        at = self._now()
        return await self._database.run(
            lambda connection: _create(connection, inbox_id, wanted, special_use, at)
        )

    @override
    async def delete_mailbox(self, inbox_id: InboxId, name: str) -> None:
        at = self._now()
        await self._database.run(lambda connection: delete_named(connection, inbox_id, name, at))

    @override
    async def rename_mailbox(self, inbox_id: InboxId, name: str, new_name: str) -> None:
        wanted = canonical_name(new_name)
        old = canonical_name(name)
        self._files.check_name(wanted)
        at = self._now()
        await self._database.run(
            lambda connection: _rename(
                connection, inbox_id, old, wanted, at, self._files.check_name
            )
        )

    @override
    async def set_subscribed(self, inbox_id: InboxId, name: str, is_subscribed: bool) -> None:
        at = self._now()

        def change(connection: sqlite3.Connection) -> None:
            box = require_named(connection, inbox_id, name)
            if box.is_subscribed == is_subscribed:
                return
            sql = "UPDATE mailboxes SET is_subscribed = ? WHERE id = ?"
            connection.execute(sql, (is_subscribed, box.id))
            fields: JsonObject = {"name": box.name, "is_subscribed": is_subscribed}
            who = owner(connection, inbox_id)
            journal.append_internal(
                connection, at, who, "mailbox.subscribed", fields, mailbox_id=box.id
            )

        await self._database.run(change)

    @override
    async def contents(self, mailbox_id: MailboxId) -> MailboxContents:
        def whole(connection: sqlite3.Connection) -> MailboxContents:
            return _contents(connection, require_mailbox(connection, mailbox_id))

        row = self._database.read_row(_BY_ID, (mailbox_id,))
        if row is not None and row["messages"] > INLINE_ENTRIES:
            return await self._database.read_slow(whole)
        return self._database.read(whole)

    @override
    async def changes(self, mailbox_id: MailboxId, since: Seq) -> MailboxChanges:
        found = self._database.read(
            partial(_changes, mailbox_id=mailbox_id, since=since, most=INLINE_ENTRIES)
        )
        if found is not None:
            return found
        read = partial(_changes, mailbox_id=mailbox_id, since=since, most=None)
        return cast("MailboxChanges", await self._database.read_slow(read))

    @override
    async def deleted_bytes(self, mailbox_id: MailboxId) -> int:
        return await self._database.read_slow(partial(deleted_bytes, mailbox_id=mailbox_id))

    @override
    async def claim_recent(self, mailbox_id: MailboxId) -> int:
        box = self._database.read(lambda connection: require_mailbox(connection, mailbox_id))
        if box.recent_from_uid == box.uid_next:
            return box.recent_from_uid

        def claim(connection: sqlite3.Connection) -> int:
            first = require_mailbox(connection, mailbox_id).recent_from_uid
            sql = "UPDATE mailboxes SET recent_from_uid = uid_next WHERE id = ?"
            connection.execute(sql, (mailbox_id,))
            return first

        try:
            return await self._database.run(claim)
        except MailError as error:
            if not error.is_outage:
                raise
            return box.recent_from_uid  # mail can be read on a full disk


# Names -------------------------------------------------------------------------------------------


def _create(
    connection: sqlite3.Connection,
    inbox_id: InboxId,
    name: str,
    special_use: SpecialUse | None,
    at: int,
) -> Mailbox:
    subject = owner(connection, inbox_id)
    existing = find_named(connection, inbox_id, name)
    if existing is not None and existing.is_selectable:
        raise _exists(name)
    _create_parents(connection, subject, name, at)
    if existing is not None:
        _revive(connection, subject, existing, special_use, at)
    else:
        _create_one(connection, subject, name, special_use, at)
    return require_named(connection, inbox_id, name)


def _create_parents(connection: sqlite3.Connection, subject: Subject, name: str, at: int) -> None:
    levels = name.split("/")
    for depth in range(1, len(levels)):
        parent = "/".join(levels[:depth])
        if subject.inbox_id and find_named(connection, subject.inbox_id, parent) is None:
            _create_one(connection, subject, parent, None, at)


def _create_one(
    connection: sqlite3.Connection,
    subject: Subject,
    name: str,
    special_use: SpecialUse | None,
    at: int,
) -> None:
    seq = journal.next_seq(connection)
    mailbox_id = insert_mailbox(connection, subject, name, special_use, at=at, seq=seq)
    journal.append_internal(
        connection, at, subject, "mailbox.created", {"name": name}, mailbox_id=mailbox_id, seq=seq
    )


_REVIVE = """
UPDATE mailboxes SET is_selectable = 1, uid_validity = ?, uid_next = 1, recent_from_uid = 1,
  highest_modseq = ?, tombstones_after = ?, special_use = ? WHERE id = ?
"""


def _revive(
    connection: sqlite3.Connection,
    subject: Subject,
    box: Mailbox,
    special_use: SpecialUse | None,
    at: int,
) -> None:
    r"""CREATE of a `\Noselect` name: a new mailbox in all but its id."""
    seq = journal.next_seq(connection)
    connection.execute("DELETE FROM tombstones WHERE mailbox_id = ?", (box.id,))
    values = (next_uid_validity(connection, at), seq, seq, special_use, box.id)
    connection.execute(_REVIVE, values)
    journal.append_internal(
        connection, at, subject, "mailbox.created", {"name": box.name}, mailbox_id=box.id, seq=seq
    )


def _exists(name: str) -> MailError:
    return conflict(
        f"a mailbox named {name} exists", code="mailbox_exists", fix="Use another name."
    )


def _children(connection: sqlite3.Connection, inbox_id: InboxId, name: str) -> list[Mailbox]:
    """The mailboxes below a name: those from `name/` up to `name0`, `0` being next to `/`."""
    sql = "SELECT * FROM mailboxes WHERE inbox_id = ? AND name > ? AND name < ? ORDER BY name"
    found = connection.execute(sql, (inbox_id, f"{name}/", f"{name}0"))
    return [mailbox_from(row) for row in found]


def delete_named(connection: sqlite3.Connection, inbox_id: InboxId, name: str, at: int) -> None:
    """Delete a mailbox with what is in it; with mailboxes below it, it stays as a mere name."""
    box = require_named(connection, inbox_id, name)
    if box.name == INBOX:
        raise denied("INBOX cannot be deleted")
    has_children = bool(_children(connection, inbox_id, box.name))
    if has_children and not box.is_selectable:
        raise conflict(
            "the mailbox has mailboxes below it", code="has_children", fix="Delete those first."
        )
    subject = owner(connection, inbox_id)
    removed = in_ranges(connection, box.id, None)
    if removed:
        remove_messages(connection, subject, box, removed, at)
        end_with_messages(connection, removed, at)
    forget_metadata(connection, box.id)
    if has_children:
        sql = "UPDATE mailboxes SET is_selectable = 0, special_use = NULL WHERE id = ?"
        connection.execute(sql, (box.id,))
    else:
        connection.execute("DELETE FROM mailboxes WHERE id = ?", (box.id,))
    journal.append_internal(
        connection, at, subject, "mailbox.deleted", {"name": box.name}, mailbox_id=box.id
    )


def _rename(
    connection: sqlite3.Connection,
    inbox_id: InboxId,
    old: str,
    new: str,
    at: int,
    check_name: Callable[[str], None],
) -> None:
    box = require_named(connection, inbox_id, old)
    if find_named(connection, inbox_id, new) is not None:
        raise _exists(new)
    if new.startswith(f"{old}/") and old != INBOX:
        raise invalid("new_name", "a mailbox cannot move below itself")
    subject = owner(connection, inbox_id)
    _create_parents(connection, subject, new, at)
    if old == INBOX:
        _create_one(connection, subject, new, None, at)
        target = require_named(connection, inbox_id, new)
        copy_metadata(connection, inbox_id, box.id, target.id)
        move_messages(connection, box.id, in_ranges(connection, box.id, None), target.id, at)
        return
    for one in (box, *_children(connection, inbox_id, old)):
        renamed = f"{new}{one.name[len(old) :]}"
        check_name(renamed)
        connection.execute("UPDATE mailboxes SET name = ? WHERE id = ?", (renamed, one.id))
        fields = {"name": renamed, "old_name": one.name}
        journal.append_internal(
            connection, at, subject, "mailbox.renamed", {**fields}, mailbox_id=one.id
        )


# What a session loads ----------------------------------------------------------------------------

_CONTENTS = """
SELECT json_group_array(uid), json_group_array(flags), json_group_array(keywords)
FROM (SELECT uid, flags, keywords FROM messages WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?)
"""
_CHANGED = """
SELECT uid, modseq, flags, keywords FROM messages INDEXED BY messages_by_modseq
WHERE mailbox_id = ? AND modseq > ? ORDER BY +uid
"""
_VANISHED = "SELECT uid FROM tombstones WHERE mailbox_id = ? AND modseq > ? ORDER BY +uid"
_LOW_WATER = "SELECT tombstones_after FROM mailboxes WHERE id = ?"


def _contents(connection: sqlite3.Connection, box: Mailbox) -> MailboxContents:
    uids, flags, keywords = array("I"), array("Q"), list[str]()
    last = 0
    while True:
        row = connection.execute(_CONTENTS, (box.id, last, PORTION)).fetchone()
        more = orjson.loads(row[0])
        uids.extend(more)
        flags.extend(orjson.loads(row[1]))
        keywords.extend(orjson.loads(row[2]))
        if len(more) < PORTION:
            break
        last = more[-1]
    return MailboxContents(
        mailbox=box,
        uids=uids,
        flags=flags,
        keywords=keywords,
        head=Seq(journal.head(connection)),
    )


def entries_of(
    connection: sqlite3.Connection, sql: str, values: tuple[int, ...]
) -> tuple[Entry, ...]:
    """Rows of uid, modseq, flags and keywords as entries; the fastest way there is."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return tuple(starmap(Entry, cursor.execute(sql, values)))


_AS_MANY = """
SELECT count(*) FROM (
  SELECT 1 FROM messages INDEXED BY messages_by_modseq WHERE mailbox_id = ?1 AND modseq > ?2
  UNION ALL SELECT 1 FROM tombstones WHERE mailbox_id = ?1 AND modseq > ?2 LIMIT ?3)
"""


def _changes(
    connection: sqlite3.Connection, mailbox_id: MailboxId, since: Seq, most: int | None
) -> MailboxChanges | None:
    """What happened after `since`; None, and nothing read, when it is more than `most`."""
    box = require_mailbox(connection, mailbox_id)
    if most is not None:
        values = (mailbox_id, since, most + 1)
        if connection.execute(_AS_MANY, values).fetchone()[0] > most:
            return None
    if since < connection.execute(_LOW_WATER, (box.id,)).fetchone()[0]:
        raise conflict(
            "changes this old are no longer kept",
            code="cursor_too_old",
            fix="Load the mailbox again.",
        )
    gone = connection.execute(_VANISHED, (box.id, since))
    return MailboxChanges(
        mailbox=box,
        entries=entries_of(connection, _CHANGED, (box.id, since)),
        vanished=tuple(row[0] for row in gone),
        head=Seq(journal.head(connection)),
    )
