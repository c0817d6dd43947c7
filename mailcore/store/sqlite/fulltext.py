"""The full-text index: a second SQLite file with the text of every message and its trigrams.

It follows the journal and is never the truth: the file may be deleted at any time and is filled
again. Readers of the main database have it attached as `fulltext`. Its promise, at every moment: a
message whose MODSEQ is at most `cursor` and whose content is at most `filled_to` has a document, made
from its own octets. Whoever searches reads the octets of every other message, so an index that lags
costs time, never an answer. `cursor` and documents move in one transaction.

The trigram tables hold no text and no positions: they narrow, and `documents` decides.
"""

import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Final, override

from mailcore.ids import BlobRef, PodId, Seq
from mailcore.message.searchtext import FORM, fold
from mailcore.store.ports import Document, Lacking, TextIndex, TextWork
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.db import (
    Database,
    Failpoint,
    Worker,
    closed_error,
    connect_writer,
    pass_failpoint,
    storage_error,
)
from mailcore.store.sqlite.migrate import statements
from mailcore.store.sqlite.rows import marks

FULLTEXT_FILE: Final = "fulltext.index"
"""Beside the main database."""
SCHEMA: Final = "fulltext"
"""The name it is attached by."""
JOURNAL_ROWS: Final = 1000
"""Rows of the journal that one step looks at."""
MERGE_AFTER: Final = 1000
"""Removed documents after which the trigram tables are merged, so that no trace of them stays."""
_MERGE_PAGES: Final = 400
_GRAM: Final = 3
_MAX_GRAMS: Final = 24
_TABLES: Final = ("fields", "heads", "bodies")
FIELDS: Final = ("subject", "sender", "recipients", "cc", "bcc")
"""The columns of `fields`, and of `searchables`."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    # A lost end is indexed again: the cursor is in the same file.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -4096",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA secure_delete = ON",
)

# The state, and what it says ---------------------------------------------------------------------

_ORIGIN = "SELECT applied_at FROM main.schema_version ORDER BY version LIMIT 1"
_STATE = f"SELECT origin, cursor, filled_to, is_sweeping, removed FROM {SCHEMA}.state"
_TRIMMED = "SELECT coalesce((SELECT value FROM counters WHERE name = 'journal_trimmed'), 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the index is: the journal up to `cursor`, contents up to `filled_to` (None: all)."""

    origin: int
    cursor: int
    filled_to: int | None
    is_sweeping: bool
    removed: int

    def is_idle(self, head: int) -> bool:
        """Whether there is nothing left to do."""
        return self.cursor >= head and self.filled_to is None and not self.is_sweeping


def progress(connection: sqlite3.Connection) -> Progress | None:
    """The index's state, or None when it is missing or was made from another database."""
    try:
        row = connection.execute(_STATE).fetchone()
    except sqlite3.OperationalError:
        return None
    origin: int = connection.execute(_ORIGIN).fetchone()[0]
    if row is None or row["origin"] != origin:
        return None
    found = Progress(
        origin=origin,
        cursor=row["cursor"],
        filled_to=row["filled_to"],
        is_sweeping=bool(row["is_sweeping"]),
        removed=row["removed"],
    )
    trimmed: int = connection.execute(_TRIMMED).fetchone()[0]
    return found if trimmed <= found.cursor <= journal.head(connection) else None


def grams(folded: str) -> str | None:
    """The trigram query whose answer holds every document with this text; None when it is too short."""
    if len(folded) < _GRAM:
        return None
    found = [folded[at : at + _GRAM] for at in range(len(folded) - _GRAM + 1)]
    step = -(-len(found) // _MAX_GRAMS)
    chosen = dict.fromkeys((*found[::step], found[-1]))
    return " ".join('"' + one.replace('"', '""') + '"' for one in chosen)


# What is missing and what is too much ------------------------------------------------------------

_LACKING = """
SELECT c.id, c.pod_id, c.sha256, c.size_bytes, min(m.blob) AS blob,
  s.subject, s.sender, s.recipients, s.cc, s.bcc
"""
_UNCHANGED = f"""
NOT EXISTS (SELECT 1 FROM {SCHEMA}.documents d WHERE d.content_id = c.id AND d.sha256 = c.sha256)
"""
_NEXT_CONTENTS = "SELECT id FROM contents WHERE id > ? ORDER BY id LIMIT ?"
_BETWEEN = f"""{_LACKING}
FROM contents c JOIN messages m ON m.content_id = c.id JOIN searchables s ON s.content_id = c.id
WHERE c.id > ? AND c.id <= ? AND {_UNCHANGED} GROUP BY c.id
"""
_PAGE_END = """
SELECT max(seq) FROM (SELECT seq FROM journal WHERE seq > ? ORDER BY seq LIMIT ?)
"""
_TOUCHED = """
SELECT DISTINCT mailbox_id FROM journal WHERE seq > ? AND seq <= ? AND mailbox_id IS NOT NULL
  AND NOT (name = 'email.updated' AND json_extract(body, '$.change') = 'flags')
"""
_CHANGED = f"""{_LACKING}
FROM messages m JOIN contents c ON c.id = m.content_id JOIN searchables s ON s.content_id = c.id
WHERE m.mailbox_id = ? AND m.modseq > ? AND {_UNCHANGED} GROUP BY c.id LIMIT ?
"""
_REMOVALS = """
SELECT EXISTS (SELECT 1 FROM journal WHERE seq > ? AND seq <= ?
  AND name IN ('email.deleted', 'mailbox.deleted'))
"""
_GONE = f"""
SELECT content_id FROM {SCHEMA}.documents d
WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.content_id = d.content_id) LIMIT ?
"""


def _work(connection: sqlite3.Connection, limit: int) -> TextWork:
    """What is to be done next, in one snapshot."""
    at = progress(connection)
    if at is None:
        return TextWork(restart=True, cursor=Seq(journal.head(connection)), filled_to=0)
    if at.filled_to is not None:
        return _filling(connection, at, at.filled_to, limit)
    end = connection.execute(_PAGE_END, (at.cursor, JOURNAL_ROWS)).fetchone()[0]
    if end is not None:
        return _following(connection, at, end, limit)
    if at.is_sweeping:
        gone = tuple(row[0] for row in connection.execute(_GONE, (limit,)))
        return TextWork(cursor=Seq(at.cursor), gone=gone, is_sweeping=len(gone) >= limit)
    return TextWork(
        cursor=Seq(at.cursor), is_idle=True, is_sweeping=False, merge=at.removed >= MERGE_AFTER
    )


def _filling(connection: sqlite3.Connection, at: Progress, after: int, limit: int) -> TextWork:
    """The next contents of those that were there when the index began."""
    ids = [row[0] for row in connection.execute(_NEXT_CONTENTS, (after, limit))]
    if not ids:
        return TextWork(cursor=Seq(at.cursor), filled_to=None, is_sweeping=True)
    found = connection.execute(_BETWEEN, (after, ids[-1]))
    return TextWork(
        cursor=Seq(at.cursor),
        filled_to=ids[-1],
        is_sweeping=at.is_sweeping,
        lacking=tuple(map(_lacking, found)),
    )


def _following(connection: sqlite3.Connection, at: Progress, end: int, limit: int) -> TextWork:
    """What the next rows of the journal brought; the cursor moves once nothing of it is lacking."""
    found: dict[int, Lacking] = {}
    mailboxes = connection.execute(_TOUCHED, (at.cursor, end)).fetchall()
    for (mailbox_id,) in mailboxes:
        left = limit - len(found)
        rows = connection.execute(_CHANGED, (mailbox_id, at.cursor, left)) if left > 0 else ()
        found.update((row["id"], _lacking(row)) for row in rows)
    has_removals = bool(connection.execute(_REMOVALS, (at.cursor, end)).fetchone()[0])
    return TextWork(
        cursor=Seq(end if len(found) < limit else at.cursor),
        is_sweeping=at.is_sweeping or has_removals,
        lacking=tuple(found.values()),
    )


def _lacking(row: sqlite3.Row) -> Lacking:
    return Lacking(
        content_id=row["id"],
        pod_id=PodId(row["pod_id"]),
        sha256=row["sha256"],
        size_bytes=row["size_bytes"],
        blob=BlobRef(row["blob"]),
        fields="\n".join(row[column].replace("\n", " ") for column in FIELDS),
    )


# Writing -----------------------------------------------------------------------------------------

_PUT = """
INSERT INTO documents (
  content_id, pod_id, sha256, is_whole, fields, head, head_folded, body, body_folded
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KNOWN = """
SELECT d.content_id FROM json_each(?) j CROSS JOIN documents d ON d.content_id = j.value
"""
_FOLDED: Final = """
SELECT fields, coalesce(head_folded, lower(head)), coalesce(body_folded, lower(body))
FROM documents WHERE content_id = ?
"""
# One statement for all: between two statements other threads must be waited for.
_PUT_FOLDED: Final = tuple(
    f"""
INSERT INTO {table} (rowid, folded)
SELECT d.content_id, coalesce(d.{column}_folded, lower(d.{column}))
FROM json_each(?) j CROSS JOIN documents d ON d.content_id = j.value
"""
    for table, column in (("heads", "head"), ("bodies", "body"))
)
_COLUMNS: Final = {"fields": ", ".join(FIELDS), "heads": "folded", "bodies": "folded"}


def _keep(
    connection: sqlite3.Connection, work: TextWork, documents: Sequence[Document], *, is_done: bool
) -> None:
    added = [one.content_id for one in documents]
    removed = _drop(connection, (*work.gone, *added) if is_done else added)
    connection.executemany(_PUT, map(_row, documents))
    names = _COLUMNS["fields"]
    connection.executemany(
        f"INSERT INTO fields (rowid, {names}) VALUES (?, {marks(FIELDS)})",
        ((one.content_id, *one.fields.split("\n")) for one in documents),
    )
    for sql in _PUT_FOLDED:
        connection.execute(sql, (json.dumps(added),))
    connection.execute("UPDATE state SET removed = removed + ?", (removed,))
    if is_done:
        connection.execute(
            "UPDATE state SET cursor = ?, filled_to = ?, is_sweeping = ?",
            (work.cursor, work.filled_to, work.is_sweeping),
        )


def _row(one: Document) -> tuple[object, ...]:
    head, body = one.text.head, one.text.body
    return (
        *(one.content_id, one.pod_id, one.sha256, one.text.is_whole, one.fields),
        *(head, None if head.isascii() else fold(head)),
        *(body, None if body.isascii() else fold(body)),
    )


def _drop(connection: sqlite3.Connection, content_ids: Iterable[int]) -> int:
    """Take documents out; the trigram tables are told their very text again."""
    known = connection.execute(_KNOWN, (json.dumps([*content_ids]),)).fetchall()
    for (content_id,) in known:
        row = connection.execute(_FOLDED, (content_id,)).fetchone()
        for table, folded in _by_table(*row):
            names = f"{table}, rowid, {_COLUMNS[table]}"
            sql = f"INSERT INTO {table} ({names}) VALUES ('delete', ?, {marks(folded)})"
            connection.execute(sql, (content_id, *folded))
        connection.execute("DELETE FROM documents WHERE content_id = ?", (content_id,))
    return len(known)


def _by_table(fields: str, head: str, body: str) -> tuple[tuple[str, Sequence[str]], ...]:
    """What each trigram table is given: the columns of a document, folded."""
    return ("fields", fields.split("\n")), ("heads", (head,)), ("bodies", (body,))


def _restart(connection: sqlite3.Connection, work: TextWork, origin: int) -> None:
    """Begin again: what is there already and is still right stays."""
    connection.execute("DELETE FROM state")
    connection.execute(
        "INSERT INTO state VALUES (1, ?, ?, ?, ?, 1, 0)", (FORM, origin, work.cursor, 0)
    )


def _merge(connection: sqlite3.Connection) -> bool:
    """One bounded step towards trigram tables without remains; whether there is more to do."""
    has_more = False
    for table in _TABLES:
        before = connection.total_changes
        sql = f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)"
        connection.execute(sql, (_MERGE_PAGES,))
        has_more = has_more or connection.total_changes - before > 1
    if not has_more:
        connection.execute("UPDATE state SET removed = 0")
    return has_more


def _begin_merge(connection: sqlite3.Connection) -> bool:
    """The first step: segments that would be left alone are to be merged too."""
    for table in _TABLES:
        sql = f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)"
        connection.execute(sql, (-_MERGE_PAGES,))
    return True


class FulltextFile:
    """The file of the index and its one writer."""

    def __init__(self, writer: Worker | None, failpoint: Failpoint | None) -> None:
        self._writer = writer
        self._failpoint = failpoint or pass_failpoint

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, *, is_read_only: bool = False, failpoint: Failpoint | None = None
    ) -> AsyncIterator["FulltextFile"]:
        """Open it for writing, made anew when it is missing, broken or of another form."""
        if is_read_only:
            yield cls(None, None)
            return
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
        writer = Worker(partial(_connect, path))
        try:
            try:
                _ = await writer
            except sqlite3.Error as error:
                raise storage_error(error) or error from error
            yield cls(writer, failpoint)
        finally:
            await writer.close()

    async def run[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """`fn` in a transaction of its own. Safe to cancel: it commits all the same."""
        if self._writer is None:
            raise closed_error()
        try:
            return await self._writer.post(partial(self._transact, fn))
        except sqlite3.Error as error:
            raise storage_error(error) or error from error

    def _transact[T](
        self, fn: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection
    ) -> T:
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = fn(connection)
            self._failpoint("indexed")
            connection.execute("COMMIT")
            self._failpoint("index-committed")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return value


_USELESS: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return _opened(path)
    except sqlite3.DatabaseError as error:
        code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        if code & 0xFF not in _USELESS:
            raise
    remove(path)
    return _opened(path)


def _opened(path: Path) -> sqlite3.Connection:
    connection = connect_writer(path, _PRAGMAS)
    try:
        has_state = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'state'"
        ).fetchone()[0]
        if not has_state:
            _create(connection)
        row = connection.execute("SELECT form FROM state").fetchone()
        if row is not None and row[0] != FORM:
            raise sqlite3.DatabaseError("the index is of another form")
        connection.execute("SELECT 1 FROM documents INDEXED BY documents_cut WHERE is_whole = 0")
        for table in _TABLES:
            connection.execute(f"SELECT rowid FROM {table} WHERE {table} MATCH 'abc'").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _create(connection: sqlite3.Connection) -> None:
    sql = resources.files(__package__).joinpath("fulltext.sql").read_text(encoding="utf-8")
    connection.execute("BEGIN IMMEDIATE")
    for statement in statements(sql):
        connection.execute(statement)
    connection.execute("COMMIT")


def remove(path: Path) -> None:
    """Delete the index's files, which nothing may have open."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


class SqliteTextIndex(TextIndex):
    """`TextIndex` on the file and on readers of the main database that have it attached."""

    def __init__(self, database: Database, file: FulltextFile) -> None:
        self._database = database
        self._file = file

    @override
    async def work(self, limit: int) -> TextWork:
        return await self._database.read_slow(partial(_work, limit=limit))

    @override
    async def keep(
        self, work: TextWork, documents: Sequence[Document], *, is_done: bool = True
    ) -> None:
        if work.restart:
            origin = self._database.read(lambda one: int(one.execute(_ORIGIN).fetchone()[0]))
            await self._file.run(partial(_restart, work=work, origin=origin))
            return
        await self._file.run(partial(_keep, work=work, documents=documents, is_done=is_done))

    @override
    async def merge(self, *, is_first: bool) -> bool:
        return await self._file.run(_begin_merge if is_first else _merge)


# Checking ----------------------------------------------------------------------------------------

_UNINDEXED = f"""
SELECT m.id FROM messages m LEFT JOIN {SCHEMA}.documents d ON d.content_id = m.content_id
WHERE m.modseq <= :cursor AND m.content_id <= :filled_to AND (
  d.content_id IS NULL OR d.sha256 <> (SELECT sha256 FROM contents c WHERE c.id = m.content_id))
LIMIT 100
"""


def violations(connection: sqlite3.Connection) -> list[str]:
    """Where full-text rows and message rows differ, of those that the index says it has done."""
    at = progress(connection)
    if at is None:
        return []
    top = 2**62 if at.filled_to is None else at.filled_to
    values = {"cursor": at.cursor, "filled_to": top}
    found = [
        f"the full-text index lacks message {row[0]}"
        for row in connection.execute(_UNINDEXED, values)
    ]
    if at.is_idle(journal.head(connection)):
        found += [
            f"the full-text index has content {row[0]}, which no message has"
            for row in connection.execute(_GONE, (100,))
        ]
    return found


_KEPT = f"""
SELECT m.id, d.body FROM messages m JOIN {SCHEMA}.documents d ON d.content_id = m.content_id
JOIN contents c ON c.id = m.content_id AND c.sha256 = d.sha256
WHERE d.is_whole = 1 AND m.id IN
"""


def kept_bodies(connection: sqlite3.Connection, message_ids: Sequence[str]) -> dict[str, str]:
    """The kept text of messages, of those that have it whole."""
    if progress(connection) is None or not message_ids:
        return {}
    rows = connection.execute(f"{_KEPT} ({marks(message_ids)})", tuple(message_ids))
    return {row[0]: row[1] for row in rows}
