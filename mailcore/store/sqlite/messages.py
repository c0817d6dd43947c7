"""The verbs of `MailStore` about messages: deliver, fetch, find, change, copy, move, expunge."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, Final, override

from mailcore.errors import not_found
from mailcore.ids import DEFAULT_POD, BlobRef, InboxId, MailboxId, MessageId, Seq, ThreadId
from mailcore.model import Flag, Listed, Message
from mailcore.search import SearchNode
from mailcore.store.ports import (
    Candidate,
    Copied,
    Expunged,
    FetchColumns,
    FetchRow,
    FlagMode,
    FlagsChanged,
    Found,
    LogPlace,
    MailStore,
    MessageQuery,
    MessageState,
    NewMessage,
    Placed,
    Replaced,
    SortColumns,
    SortRow,
    UidRanges,
)
from mailcore.store.sqlite.blobs import INLINE_BYTES, land_messages, unless_refused
from mailcore.store.sqlite.contents import ContentCache, add_fields
from mailcore.store.sqlite.draft_endings import end_with_messages
from mailcore.store.sqlite.flags import change_flags, flag_change
from mailcore.store.sqlite.fulltext import kept_bodies
from mailcore.store.sqlite.listing import list_messages, unsure_messages
from mailcore.store.sqlite.mailbox_rows import (
    Removed,
    canonical_name,
    disjoint,
    owner,
    remove_messages,
    require_mailbox,
)
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.placing import copy_messages, in_ranges, move_messages, place
from mailcore.store.sqlite.quotas import require_room
from mailcore.store.sqlite.rows import MESSAGE_COLUMNS, MESSAGE_JOINS, message_from
from mailcore.store.sqlite.search import search_mailbox
from mailcore.store.sqlite.sorting import sort_rows
from mailcore.store.sqlite.threads import ref_hash

INLINE_FETCH: Final = 20
"""Fetches of at most this many UIDs are read on the loop, larger ones in a thread."""

MAX_SHORT: Final = 10
"""Messages up to which a delivery counts as a short write."""
MAX_SHORT_BYTES: Final = 65536
"""And octets."""
MAX_SHORT_LOGGED_BYTES: Final = 2 * MAX_SHORT_BYTES
"""Of those from the log, where many are of a few kilobytes."""

_BY_ID = f"SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS} WHERE m.id = ?"
_STATE = """
SELECT m.inbox_id, b.name, m.thread_id, m.modseq FROM messages m
JOIN mailboxes b ON b.id = m.mailbox_id WHERE m.id = ?
"""
_BY_UID = f"""
SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS} WHERE m.mailbox_id = ? AND m.uid = ?
"""
_FIND_MESSAGE_ID = """
SELECT m.id, m.mailbox_id, m.uid, m.modseq, m.thread_id, b.uid_validity
FROM thread_refs r JOIN threads t ON t.id = r.thread_id
JOIN messages m ON m.thread_id = coalesce(t.merged_into, t.id)
JOIN mailboxes b ON b.id = m.mailbox_id
JOIN contents c ON c.id = m.content_id
WHERE r.inbox_id = ? AND r.ref_hash = ? AND b.inbox_id = r.inbox_id AND b.name = ?
  AND c.message_id = ? ORDER BY m.uid LIMIT 1
"""
_NOTE_PLACE = """
INSERT INTO arrivals_placed (id, pod_id, epoch, up_to) VALUES (1, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, up_to = excluded.up_to
"""
_PLACE = "SELECT epoch, up_to FROM arrivals_placed"
_DIGESTS = """
SELECT c.sha256 FROM messages m JOIN contents c ON c.id = m.content_id WHERE m.inbox_id = ?
"""
_FETCHED: Final = (
    (FetchColumns.KEPT_FIELDS, "k.block", "NULL"),
    (FetchColumns.ENVELOPE, "c.envelope", "X''"),
    (FetchColumns.OCTETS, "m.header_size_bytes", "0"),
    (FetchColumns.OCTETS, "m.blob", "''"),
    (FetchColumns.SAVED_AT, "m.saved_at", "0"),
    (FetchColumns.THREAD, "m.thread_id", "''"),
    (FetchColumns.BODY, "c.body", "X''"),
    (FetchColumns.BODY_STRUCTURE, "c.body_structure", "X''"),
    (FetchColumns.PARTS, "c.parts", "X''"),
    (FetchColumns.PREVIEW, "c.preview", "''"),
    (FetchColumns.DIGEST, "c.sha256", "X''"),
)
"""What a `FetchRow` has behind its first columns, in its order."""


class Messages(FilePart, MailStore):
    """The verbs of `MailStore` about messages."""

    @override
    async def deliver(self, messages: Sequence[NewMessage]) -> tuple[Placed, ...]:
        at = self._now()
        landed = await land_messages(self._files, messages)

        def write(connection: sqlite3.Connection) -> tuple[tuple[Placed, ...], Mapping[bytes, str]]:
            contents = ContentCache(self._files, landed)
            placed = tuple([place(connection, new, at, contents) for new in messages])
            return placed, contents.unused

        is_short = len(messages) <= MAX_SHORT and sum(map(_carried, messages)) <= MAX_SHORT_BYTES
        run = partial(self._database.run, write, is_short=is_short, is_repeatable=True)
        if not landed:
            return (await run())[0]
        async with unless_refused(self._files, landed):
            placed, unused = await run()
        if unused:
            await self._files.remove([*unused.values()])
        return placed

    @override
    async def deliver_logged(
        self, messages: Sequence[NewMessage], up_to: LogPlace
    ) -> tuple[Placed, ...]:
        at = self._now()

        def write(connection: sqlite3.Connection) -> tuple[Placed, ...]:
            contents = ContentCache(self._files)
            placed = tuple([place(connection, new, at, contents) for new in messages])
            connection.execute(_NOTE_PLACE, (DEFAULT_POD, *up_to))
            return placed

        is_short = sum(map(_carried, messages)) <= MAX_SHORT_LOGGED_BYTES
        return await self._database.run(write, is_short=is_short, is_repeatable=True)

    @override
    async def placed_up_to(self) -> LogPlace | None:
        row = self._database.read_row(_PLACE, ())
        return LogPlace(*row) if row else None

    @override
    async def known_bytes(self, inbox_id: InboxId, digests: Sequence[bytes]) -> frozenset[bytes]:
        wanted = frozenset(digests)

        def read(connection: sqlite3.Connection) -> frozenset[bytes]:
            rows = connection.execute(_DIGESTS, (inbox_id,))
            return frozenset(row[0] for row in rows if row[0] in wanted)

        return await self._database.read_slow(read)

    @override
    async def replace(self, mailbox_id: MailboxId, uid: int, new: NewMessage) -> Replaced:
        at = self._now()
        landed = await land_messages(self._files, [new])
        contents = ContentCache(self._files, landed)

        def write(connection: sqlite3.Connection) -> Replaced:
            removed = in_ranges(connection, mailbox_id, [(uid, uid)])
            if not removed:
                raise not_found("message")
            more = new.facts.size_bytes - removed[0].size_bytes
            if more > 0:
                require_room(connection, new.inbox_id, messages=0, size_bytes=more)
            placed = place(connection, replace(new, is_exempt=True), at, contents)
            return Replaced(placed=placed, gone=_remove(connection, mailbox_id, removed, at))

        async with unless_refused(self._files, landed):
            replaced = await self._database.run(write)
        if contents.unused:
            await self._files.remove([*contents.unused.values()])
        return replaced

    @override
    async def fetch(
        self, mailbox_id: MailboxId, uids: UidRanges, columns: FetchColumns
    ) -> tuple[FetchRow, ...]:
        ranges = disjoint(uids)
        if len(ranges) == 1 and ranges[0][1] - ranges[0][0] < INLINE_FETCH:
            sql, rest = _fetch_sql(columns)
            found = self._database.read_rows(sql, (mailbox_id, *ranges[0]))
            return tuple(_fetch_rows(found, rest))
        read = partial(_fetch, mailbox_id=mailbox_id, ranges=ranges, columns=columns)
        if sum(high - low + 1 for low, high in uids) <= INLINE_FETCH:
            return self._database.read(read)
        return await self._database.read_slow(read)

    @override
    async def keep_fields(self, blocks: Sequence[tuple[BlobRef, bytes]]) -> None:
        await self._database.run(partial(add_fields, blocks=blocks), is_kept=False)

    @override
    async def sort_rows(
        self, mailbox_id: MailboxId, uids: UidRanges, columns: SortColumns
    ) -> tuple[SortRow, ...]:
        ranges = disjoint(uids)
        return await self._database.read_slow(
            partial(sort_rows, mailbox_id=mailbox_id, ranges=ranges, columns=columns)
        )

    @override
    async def message(self, message_id: MessageId) -> Message | None:
        row = self._database.read_row(_BY_ID, (message_id,))
        return message_from(row) if row else None

    @override
    async def message_state(self, message_id: MessageId) -> MessageState | None:
        def read(connection: sqlite3.Connection) -> MessageState | None:
            row = connection.execute(_STATE, (message_id,)).fetchone()
            return MessageState._make(row) if row else None

        return self._database.read(read)

    @override
    async def message_at(self, mailbox_id: MailboxId, uid: int) -> Message | None:
        row = self._database.read_row(_BY_UID, (mailbox_id, uid))
        return message_from(row) if row else None

    @override
    async def find_message_id(
        self, inbox_id: InboxId, mailbox: str, header_id: str
    ) -> Placed | None:
        wanted = header_id.strip().removeprefix("<").removesuffix(">")
        values = (inbox_id, ref_hash(wanted), canonical_name(mailbox), wanted)

        def find(connection: sqlite3.Connection) -> Placed | None:
            row = connection.execute(_FIND_MESSAGE_ID, values).fetchone()
            return _placed(inbox_id, row) if row else None

        return self._database.read(find)

    @override
    async def list_messages(self, query: MessageQuery) -> Listed[Message]:
        return await self._database.read_slow(partial(list_messages, query=query))

    @override
    async def search(self, mailbox_id: MailboxId, where: SearchNode) -> Found:
        return await self._database.read_slow(
            partial(search_mailbox, mailbox_id=mailbox_id, where=where)
        )

    @override
    async def unsure(
        self, query: MessageQuery, limit: int
    ) -> tuple[tuple[MailboxId, Candidate], ...]:
        return await self._database.read_slow(partial(unsure_messages, query=query, limit=limit))

    @override
    async def kept_bodies(self, message_ids: Sequence[MessageId]) -> Mapping[str, str]:
        return await self._database.read_slow(partial(kept_bodies, message_ids=message_ids))

    @override
    async def set_flags(
        self,
        mailbox_id: MailboxId,
        uids: UidRanges,
        mode: FlagMode,
        flags: Flag,
        keywords: Sequence[str] = (),
        unchanged_since: int | None = None,
        known: Seq | None = None,
    ) -> FlagsChanged:
        return await self._database.run(
            partial(
                change_flags,
                mailbox_id=mailbox_id,
                uids=uids,
                change=flag_change(mode, flags, keywords),
                at=self._now(),
                unchanged_since=unchanged_since,
                known=known,
            )
        )

    @override
    async def copy(self, mailbox_id: MailboxId, uids: UidRanges, target: MailboxId) -> Copied:
        return await self._database.run(
            partial(
                copy_messages,
                source_id=mailbox_id,
                uids=tuple(uids),
                target_id=target,
                at=self._now(),
                new_ref=self._files.new_ref,
            )
        )

    @override
    async def move(self, mailbox_id: MailboxId, uids: UidRanges, target: MailboxId) -> Copied:
        at = self._now()

        def write(connection: sqlite3.Connection) -> Copied:
            moved = in_ranges(connection, mailbox_id, uids)
            copied = move_messages(connection, mailbox_id, moved, target, at)
            if target != mailbox_id:
                end_with_messages(connection, moved, at)
            return copied

        return await self._database.run(write)

    @override
    async def expunge(
        self, mailbox_id: MailboxId, uids: UidRanges | None = None, *, only_deleted: bool = True
    ) -> Expunged:
        condition = "AND flags & 8 <> 0" if only_deleted else ""
        at = self._now()

        def write(connection: sqlite3.Connection) -> Expunged:
            removed = in_ranges(connection, mailbox_id, uids, condition)
            return _remove(connection, mailbox_id, removed, at)

        return await self._database.run(write)


def _remove(
    connection: sqlite3.Connection, mailbox_id: MailboxId, removed: list[Removed], at: int
) -> Expunged:
    """Take messages out of a mailbox, and the drafts that they show with them."""
    box = require_mailbox(connection, mailbox_id)
    if not removed:
        return Expunged(box.highest_modseq, (), box.highest_modseq)
    seq = remove_messages(connection, owner(connection, box.inbox_id), box, removed, at)
    end_with_messages(connection, removed, at)
    return Expunged(seq, tuple(one.uid for one in removed), box.highest_modseq)


def _carried(new: NewMessage) -> int:
    """Octets of a message that go into the database."""
    return len(new.raw) if len(new.raw) <= INLINE_BYTES else 0


def _placed(inbox_id: InboxId, row: sqlite3.Row) -> Placed:
    return Placed(
        id=MessageId(row["id"]),
        inbox_id=inbox_id,
        mailbox_id=MailboxId(row["mailbox_id"]),
        uid=row["uid"],
        uid_validity=row["uid_validity"],
        thread_id=ThreadId(row["thread_id"]),
        seq=Seq(row["modseq"]),
    )


@cache
def _fetch_sql(columns: FetchColumns) -> tuple[str, tuple[object, ...]]:
    """The query for these columns up to the last one needed, and the rest of its rows."""
    count = max((place for place, one in enumerate(_FETCHED, 1) if one[0] in columns), default=0)
    asked = [name if bit in columns else empty for bit, name, empty in _FETCHED[:count]]
    join = ""
    if any(name.startswith("c.") for name in asked):
        join += " JOIN contents c ON c.id = m.content_id"
    if FetchColumns.KEPT_FIELDS in columns:
        join += " LEFT JOIN kept_fields k ON k.content_id = m.content_id"
    names = ("m.uid, m.modseq, m.flags, m.keywords, m.internal_date, m.size_bytes", *asked)
    sql = f"""
    SELECT {", ".join(names)} FROM messages m {join}
    WHERE m.mailbox_id = ? AND m.uid BETWEEN ? AND ? ORDER BY m.uid
    """
    return sql, tuple(FetchRow._field_defaults.values())[count:]


def _fetch(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    ranges: Sequence[tuple[int, int]],
    columns: FetchColumns,
) -> tuple[FetchRow, ...]:
    sql, rest = _fetch_sql(columns)
    cursor = connection.cursor()
    cursor.row_factory = None
    rows: list[FetchRow] = []
    for low, high in ranges:
        rows += _fetch_rows(cursor.execute(sql, (mailbox_id, low, high)), rest)
    return tuple(rows)


def _fetch_rows(found: Iterable[tuple[Any, ...]], rest: tuple[object, ...]) -> Iterable[FetchRow]:
    make = FetchRow._make
    return [make(row + rest) for row in found]
