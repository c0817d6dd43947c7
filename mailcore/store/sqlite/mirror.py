"""What the mirror asks of the database: bytes without files, names that changed, what is doomed.

The mirror's state is here too: `files.path` says where a file is, `folders` which Maildir and which
keyword letters a mailbox has in the tree. All of it is written after the disk was.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, override

from mailcore.ids import DEFAULT_POD, BlobRef, InboxId, MailboxId, Seq
from mailcore.model import JsonObject
from mailcore.store.layout import (
    file_path,
    flag_letters,
    folder_directory,
    folder_path,
    keyword_letters,
)
from mailcore.store.ports import (
    MirrorChanges,
    MirroredFolder,
    MirroredName,
    MirrorStore,
    PendingBytes,
    StaleFolder,
)
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contents import delete_unused
from mailcore.store.sqlite.manifests import manifests
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import marks

CONSUMER: Final = "mirror"

_SOME: Final = 500
_CURSOR = "SELECT seq FROM cursors WHERE consumer = ?"
_SET_CURSOR = """
INSERT INTO cursors (consumer, pod_id, seq) VALUES (?, ?, ?)
ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq
"""
_TRIMMED = "SELECT value FROM counters WHERE name = 'journal_trimmed'"
_TOUCHED = """
SELECT DISTINCT mailbox_id, name IN ('mailbox.created', 'mailbox.renamed', 'mailbox.deleted')
FROM journal WHERE seq > ? AND seq <= ? AND mailbox_id IS NOT NULL
"""
_TOUCHED_INBOXES = """
SELECT DISTINCT inbox_id FROM journal WHERE seq > ?1 AND seq <= ?2 AND inbox_id IS NOT NULL
  AND (name LIKE 'mailbox.%' OR name LIKE 'inbox.%')
UNION
SELECT i.id FROM inboxes i WHERE i.agent_id IN (
  SELECT agent_id FROM journal WHERE seq > ?1 AND seq <= ?2 AND name LIKE 'agent.%')
"""
_PENDING = """
SELECT content_id, length(bytes) FROM pending_bytes WHERE content_id > ? ORDER BY content_id LIMIT ?
"""
_LAST_PENDING = "SELECT coalesce(max(content_id), 0) FROM pending_bytes"
_BYTES = """
SELECT content_id, bytes FROM pending_bytes WHERE content_id >= ? AND content_id <= ?
"""
_OF_CONTENTS = """
SELECT f.ref, f.path, NULL, m.mailbox_id, m.flags, m.keywords, m.internal_date, p.content_id
FROM pending_bytes p CROSS JOIN messages m ON m.content_id = p.content_id
  JOIN files f ON f.ref = m.blob
WHERE p.content_id >= ?1 AND p.content_id <= ?2
UNION ALL
SELECT f.ref, f.path, NULL, NULL, 0, '', s.created_at, p.content_id
FROM pending_bytes p CROSS JOIN submissions s ON s.content_id = p.content_id
  JOIN files f ON f.ref = s.blob
WHERE p.content_id >= ?1 AND p.content_id <= ?2
"""
# One statement for a batch: between two statements other threads must be waited for.
_SET_PATHS = """
UPDATE files SET path = j.value FROM json_each(?) j WHERE files.ref = j.key
"""
_DROP_BYTES = "DELETE FROM pending_bytes WHERE content_id IN (SELECT value FROM json_each(?))"
_NAMES = """
SELECT f.ref, f.path, CASE WHEN f.path IS NULL THEN (
    SELECT g.path FROM files g WHERE g.content_id = f.content_id AND g.path IS NOT NULL LIMIT 1
  ) END, m.mailbox_id, m.flags, m.keywords, m.internal_date, m.modseq, m.uid
FROM messages m INDEXED BY messages_by_modseq JOIN files f ON f.ref = m.blob
WHERE m.mailbox_id = ? AND (m.modseq, m.uid) > (?, ?) ORDER BY m.modseq, m.uid LIMIT ?
"""
_FOLDER = """
SELECT b.id, b.inbox_id, b.name, b.uid_validity, b.uid_next, b.is_selectable,
  coalesce(f.path, ''), coalesce(f.keywords, '')
FROM mailboxes b LEFT JOIN folders f ON f.mailbox_id = b.id WHERE b.id = ?
"""
_ALL_FOLDERS = """
SELECT f.mailbox_id, f.path, b.inbox_id, b.name, b.is_selectable
FROM folders f LEFT JOIN mailboxes b ON b.id = f.mailbox_id
"""
_SET_FOLDER = """
INSERT INTO folders (mailbox_id, pod_id, path, keywords) SELECT id, pod_id, ?, ? FROM mailboxes
WHERE id = ? ON CONFLICT (mailbox_id) DO UPDATE SET path = excluded.path, keywords = excluded.keywords
"""
# A doomed name may go unless its file is where the bytes of a name without a file are.
_FREE = """
SELECT d.blob, f.path, f.content_id FROM doomed d LEFT JOIN files f ON f.ref = d.blob
WHERE d.blob = ?1 AND (f.path IS NULL
  OR EXISTS (SELECT 1 FROM pending_bytes p WHERE p.content_id = f.content_id)
  OR NOT EXISTS (SELECT 1 FROM files g WHERE g.content_id = f.content_id AND g.path IS NULL))
"""
# Every message whose file is not named as its row says, for the check.
_ALL_NAMES = """
SELECT f.ref, f.path, m.mailbox_id, m.flags, m.keywords, m.id FROM messages m
JOIN files f ON f.ref = m.blob ORDER BY m.mailbox_id
"""


class SqliteMirror(Part, MirrorStore):
    """`MirrorStore` in SQLite."""

    @override
    async def mirror_changes(self, *, everything: bool = False) -> MirrorChanges:
        return await self._database.read_slow(partial(_changes, everything=everything))

    @override
    async def mirrored(self, until: Seq) -> None:
        values = (CONSUMER, DEFAULT_POD, until)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(_SET_CURSOR, values)

        await self._database.run(write, is_short=True, is_kept=False, is_repeatable=True)

    @override
    async def lag(self) -> tuple[int, int]:
        def read(connection: sqlite3.Connection) -> tuple[int, int]:
            size = connection.execute("SELECT sum(length(bytes)) FROM pending_bytes").fetchone()[0]
            row = connection.execute(_CURSOR, (CONSUMER,)).fetchone()
            return size or 0, journal.head(connection) - (row[0] if row else 0)

        return await self._database.read_slow(read)

    @override
    async def pending_bytes(
        self, after: int, *, max_count: int, max_bytes: int
    ) -> tuple[PendingBytes, ...]:
        return await self._database.read_slow(
            partial(_pending, after=after, max_count=max_count, max_bytes=max_bytes)
        )

    @override
    async def names(
        self, mailbox_id: MailboxId, since: tuple[Seq, int], limit: int
    ) -> tuple[tuple[MirroredName, ...], tuple[Seq, int]]:
        def read(
            connection: sqlite3.Connection,
        ) -> tuple[tuple[MirroredName, ...], tuple[Seq, int]]:
            rows = _plain(connection, _NAMES, (mailbox_id, *since, limit))
            end = (Seq(rows[-1][-2]), int(rows[-1][-1])) if rows else since
            return tuple(_name(row) for row in rows), end

        return await self._database.read_slow(read)

    @override
    async def folder(self, mailbox_id: MailboxId) -> MirroredFolder | None:
        return self._database.read(lambda connection: _folder(connection, mailbox_id))

    @override
    async def stale_folders(self) -> tuple[StaleFolder, ...]:
        def read(connection: sqlite3.Connection) -> tuple[StaleFolder, ...]:
            found = [(row, _wanted(row)) for row in connection.execute(_ALL_FOLDERS)]
            live = {wanted for _, wanted in found}
            return tuple(
                StaleFolder(MailboxId(row["mailbox_id"]), row["path"], wanted, row["path"] in live)
                for row, wanted in found
                if row["path"] != wanted
            )

        return await self._database.read_slow(read)

    @override
    async def settle_folder(self, mailbox_id: MailboxId, path: str) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if path:
                sql = "UPDATE folders SET path = ? WHERE mailbox_id = ?"
                connection.execute(sql, (path, mailbox_id))
            else:
                connection.execute("DELETE FROM folders WHERE mailbox_id = ?", (mailbox_id,))

        await self._database.run(write)

    @override
    async def uid_lines(
        self, mailbox_id: MailboxId, after: int, limit: int
    ) -> tuple[tuple[int, BlobRef], ...]:
        sql = "SELECT uid, blob FROM messages WHERE mailbox_id = ? AND uid > ? ORDER BY uid LIMIT ?"
        return await self._database.read_slow(
            lambda connection: tuple(
                (uid, BlobRef(blob))
                for uid, blob in _plain(connection, sql, (mailbox_id, after, limit))
            )
        )

    @override
    async def record_files(
        self,
        paths: Mapping[BlobRef, str],
        written: Sequence[int],
        folders: Sequence[MirroredFolder],
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if paths:
                connection.execute(_SET_PATHS, (json.dumps(paths),))
            if written:
                connection.execute(_DROP_BYTES, (json.dumps(written),))
            connection.executemany(
                _SET_FOLDER,
                ((one.mirrored, " ".join(one.keywords), one.mailbox_id) for one in folders),
            )

        await self._database.run(write)

    @override
    async def doomed(self, limit: int) -> tuple[tuple[BlobRef, MailboxId, Seq], ...]:
        sql = "SELECT blob, mailbox_id, seq FROM doomed ORDER BY seq LIMIT ?"

        def read(connection: sqlite3.Connection) -> tuple[tuple[BlobRef, MailboxId, Seq], ...]:
            rows = connection.execute(sql, (limit,))
            return tuple((BlobRef(row[0]), MailboxId(row[1]), Seq(row[2])) for row in rows)

        return await self._database.read_slow(read)

    @override
    async def forget_doomed(self, blobs: Sequence[BlobRef]) -> tuple[str, ...]:
        return await self._database.run(partial(_forget, blobs=tuple(blobs)))

    @override
    async def locate_files(self, refs: Sequence[BlobRef]) -> dict[BlobRef, str | None]:
        def read(connection: sqlite3.Connection) -> dict[BlobRef, str | None]:
            found: dict[BlobRef, str | None] = {}
            for some in _chunks(refs):
                sql = f"SELECT ref, path FROM files WHERE ref IN ({marks(some)})"
                found.update(_plain(connection, sql, tuple(some)))
            return found

        return await self._database.read_slow(read)

    @override
    async def manifests(
        self, inbox_ids: Sequence[InboxId] | None = None
    ) -> dict[InboxId, JsonObject]:
        return await self._database.read_slow(partial(manifests, inbox_ids=inbox_ids))


def wanted_path(folder: MirroredFolder, name: MirroredName) -> str:
    """Where the file of a message belongs, by its row and its folder's letters."""
    letters = flag_letters(name.flags) + keyword_letters(name.keywords, folder.keywords)
    directory = folder_path(folder.inbox_id, folder_directory(folder.name))
    return file_path(directory, name.ref, letters)


def is_idle(connection: sqlite3.Connection) -> bool:
    """Whether the tree has nothing left to follow."""
    row = connection.execute(_CURSOR, (CONSUMER,)).fetchone()
    waiting = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM pending_bytes) OR EXISTS (SELECT 1 FROM doomed)"
    ).fetchone()
    return bool(row) and row[0] >= journal.head(connection) and not waiting[0]


def misnamed(connection: sqlite3.Connection) -> list[str]:
    """Messages whose file is not where their row wants it."""
    found: list[str] = []
    folder: MirroredFolder | None = None
    cursor = connection.cursor()
    cursor.row_factory = None
    for ref, path, mailbox_id, flags, keywords, message_id in cursor.execute(_ALL_NAMES):
        if folder is None or folder.mailbox_id != mailbox_id:
            folder = _folder(connection, MailboxId(mailbox_id))
        name = _name((ref, path, None, mailbox_id, flags, keywords, 0))
        if folder is None or path != wanted_path(folder, name):
            found.append(f"the file of message {message_id} is {path}")
    return found


def _changes(connection: sqlite3.Connection, *, everything: bool) -> MirrorChanges:
    until = Seq(journal.head(connection))
    last_pending = int(connection.execute(_LAST_PENDING).fetchone()[0])
    row = connection.execute(_CURSOR, (CONSUMER,)).fetchone()
    trimmed = connection.execute(_TRIMMED).fetchone()
    if everything or row is None or (trimmed and row[0] < trimmed[0]):
        boxes = connection.execute("SELECT id FROM mailboxes")
        inboxes = connection.execute("SELECT id FROM inboxes")
        return MirrorChanges(
            until=until,
            last_pending=last_pending,
            mailboxes={MailboxId(one[0]): Seq(0) for one in boxes},
            inbox_ids=frozenset(InboxId(one[0]) for one in inboxes),
        )
    cursor = Seq(row[0])
    since: dict[MailboxId, Seq] = {}
    for mailbox_id, is_whole in _plain(connection, _TOUCHED, (cursor, until)):
        known = since.get(MailboxId(mailbox_id), cursor)
        since[MailboxId(mailbox_id)] = Seq(0) if is_whole else known
    inbox_ids = [one for (one,) in _plain(connection, _TOUCHED_INBOXES, (cursor, until))]
    for inbox_id in inbox_ids:
        for (one,) in _plain(
            connection, "SELECT id FROM mailboxes WHERE inbox_id = ?", (inbox_id,)
        ):
            since.setdefault(MailboxId(one), cursor)
    return MirrorChanges(
        until=until,
        last_pending=last_pending,
        mailboxes=since,
        inbox_ids=frozenset(InboxId(one) for one in inbox_ids),
    )


def _pending(
    connection: sqlite3.Connection, *, after: int, max_count: int, max_bytes: int
) -> tuple[PendingBytes, ...]:
    chosen: list[int] = []
    total = 0
    for content_id, size in _plain(connection, _PENDING, (after, max_count)):
        if chosen and total + size > max_bytes:
            break
        total += size
        chosen.append(content_id)
    if not chosen:
        return ()
    ends = (chosen[0], chosen[-1])
    names: dict[int, list[MirroredName]] = {}
    for row in _plain(connection, _OF_CONTENTS, ends):
        names.setdefault(row[-1], []).append(_name(row))
    return tuple(
        PendingBytes(content_id=one, raw=raw, names=tuple(names.get(one, ())))
        for one, raw in _plain(connection, _BYTES, ends)
    )


def _forget(connection: sqlite3.Connection, *, blobs: Sequence[BlobRef]) -> tuple[str, ...]:
    """Forget doomed names where that loses no bytes; their files."""
    gone: list[str] = []
    for blob in blobs:
        row = connection.execute(_FREE, (blob,)).fetchone()
        if row is None:
            continue
        connection.execute("DELETE FROM doomed WHERE blob = ?", (blob,))
        connection.execute("DELETE FROM files WHERE ref = ?", (blob,))
        if row["path"] is not None:
            gone.append(row["path"])
        if row["content_id"] is not None:
            delete_unused(connection, [row["content_id"]])
    return tuple(gone)


def _folder(connection: sqlite3.Connection, mailbox_id: MailboxId) -> MirroredFolder | None:
    rows = _plain(connection, _FOLDER, (mailbox_id,))
    if not rows:
        return None
    number, inbox_id, name, uid_validity, uid_next, is_selectable, path, keywords = rows[0]
    return MirroredFolder(
        mailbox_id=MailboxId(number),
        inbox_id=InboxId(inbox_id),
        name=name,
        uid_validity=uid_validity,
        uid_next=uid_next,
        is_selectable=bool(is_selectable),
        mirrored=path,
        keywords=tuple(keywords.split()),
    )


def _wanted(row: sqlite3.Row) -> str:
    if row["name"] is None or not row["is_selectable"]:
        return ""
    return folder_path(InboxId(row["inbox_id"]), folder_directory(row["name"]))


def _name(row: Sequence[Any]) -> MirroredName:
    ref, path, source, mailbox_id, flags, keywords, internal_date = row[:7]
    return MirroredName(
        ref=BlobRef(ref),
        path=path,
        source=source,
        mailbox_id=mailbox_id,
        flags=flags,
        keywords=tuple(keywords.split()),
        internal_date=internal_date,
    )


def _plain(
    connection: sqlite3.Connection, sql: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    """Rows as plain tuples."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return cursor.execute(sql, values).fetchall()


def _chunks[T](values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[start : start + _SOME] for start in range(0, len(values), _SOME))
