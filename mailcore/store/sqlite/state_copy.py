"""The copy of the state: a second database, beside the first, with what the Maildir tree cannot say.

It is a plain SQLite file with the tables of `state_tables`, made like the live ones and brought up to
date by comparing: rows that changed are written, rows that are gone are removed. One transaction
takes one snapshot of the live database, so the copy is whole at every moment and after every crash.
A new file is written under another name and renamed when it is durable.

It follows one database only: its newest audit row must be in the log of the live one. A copy of
another database is put aside, never written over: it may be all that is left of it.
"""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Final, override

from mailcore import log
from mailcore.clock import Clock, to_micros
from mailcore.errors import ErrorKind, MailError
from mailcore.store.durable import sync_directory
from mailcore.store.ports import StateStore
from mailcore.store.sqlite.db import Worker, read_only, storage_error
from mailcore.store.sqlite.state_tables import COPIED, FOLLOWED, LEFT_OUT, Copied

STATE_FILE: Final = Path("state") / "state.sqlite3"
"""The copy below the data directory."""
FORMAT: Final = 1
"""Of the tables that only the copy has; the others have the number of their schema."""

_log = log.get(__name__)
_PRAGMAS: Final = (
    "PRAGMA main.journal_mode = DELETE",
    "PRAGMA main.synchronous = FULL",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA secure_delete = FAST",
)
_OWN: Final = (
    """CREATE TABLE state_copy (format INTEGER NOT NULL, schema INTEGER NOT NULL,
         followed_at INTEGER NOT NULL, head INTEGER NOT NULL, audit_seq INTEGER NOT NULL,
         audit_hash TEXT NOT NULL) STRICT""",
    "CREATE TABLE state_sequences (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)
_TABLES: Final = (
    "SELECT name FROM live.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
)
_DEFINITION: Final = "SELECT sql FROM live.sqlite_schema WHERE type = 'table' AND name = ?"
_SCHEMA: Final = "SELECT max(version) FROM live.schema_version"
_HEAD: Final = "SELECT seq FROM live.sqlite_sequence WHERE name = 'journal'"
_AUDIT: Final = "SELECT seq, hash FROM live.audit ORDER BY seq DESC LIMIT 1"
_MARK: Final = "INSERT INTO state_copy VALUES (?, ?, ?, ?, ?, ?)"
_SEQUENCES: Final = (
    "INSERT INTO state_sequences SELECT name, max(seq) FROM live.sqlite_sequence GROUP BY name"
)
_IS_SAME: Final = """
SELECT audit_seq = 0 OR EXISTS (
  SELECT 1 FROM live.audit a WHERE a.seq = audit_seq AND a.hash = audit_hash) FROM main.state_copy
"""
_CHANGED: Final = """
live.mailboxes b LEFT JOIN main.mailboxes k ON k.id = b.id CROSS JOIN live.messages m
WHERE b.highest_modseq > coalesce(k.highest_modseq, -1) AND m.mailbox_id = b.id
  AND m.modseq > coalesce(k.highest_modseq, -1)
"""
_FOLLOW: Final = (
    "DELETE FROM main.judgments WHERE rid IN (SELECT rid FROM temp.changed)",
    """INSERT OR REPLACE INTO main.messages SELECT m.* FROM temp.changed c
       JOIN live.messages m ON m.rid = c.rid""",
    """INSERT OR REPLACE INTO main.judgments SELECT j.* FROM temp.changed c
       JOIN live.judgments j ON j.rid = c.rid""",
)
_IS_SURPLUS: Final = """
SELECT (SELECT count(*) FROM main.messages) > (SELECT coalesce(sum(messages), 0) FROM live.mailboxes)
"""
_FORGET: Final = (
    "DELETE FROM main.messages WHERE rid NOT IN (SELECT rid FROM live.messages)",
    "DELETE FROM main.judgments WHERE rid NOT IN (SELECT rid FROM main.messages)",
)


class StateCopy(StateStore):
    """`StateStore` in SQLite, on a thread and a connection of its own."""

    def __init__(
        self, path: Path, database: Path, changes: Callable[[], int], clock: Clock
    ) -> None:
        self._path = path
        self._database = database
        self._changes = changes
        self._clock = clock
        self._worker: Worker | None = None
        self._seen = -1

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path, database: Path, changes: Callable[[], int], clock: Clock
    ) -> AsyncIterator["StateCopy"]:
        """The copy of a database; the file is opened, or made, at the first `follow`.

        `changes` counts what was written to the database and is worth keeping.
        """
        copy = cls(path, database, changes, clock)
        try:
            yield copy
        finally:
            await copy._close()

    @override
    async def follow(self) -> float:
        try:
            worker, seen = self._worker or await self._opened(), self._changes()
            if seen == self._seen:
                return 0.0
            took = await worker.post(partial(_follow, at=to_micros(self._clock.now())))
            self._seen = seen
        except sqlite3.Error as error:
            await self._close()
            raise storage_error(error) or error from error
        except OSError as error:
            await self._close()
            raise _not_written(error) from error
        return took

    async def _opened(self) -> Worker:
        at = to_micros(self._clock.now())
        worker = Worker(partial(_connect, self._path, self._database, at))
        try:
            _ = await worker
        except BaseException:
            await worker.close()
            raise
        self._worker, self._seen = worker, -1
        return worker

    async def _close(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()


def _not_written(error: OSError) -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        "the copy of the state cannot be written",
        fix="Give the server's user write access to the data directory's `state` folder.",
        detail=str(error),
    )


# The file ----------------------------------------------------------------------------------------


def _connect(path: Path, database: Path, at: int) -> sqlite3.Connection:
    """A connection that writes the copy and reads the live database, on a file that fits it."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fault = _fault(path) if path.exists() else ""
    if path.exists() and not fault:
        connection = _attached(path, database)
        misfit = _misfit(connection)
        if misfit is None:
            return connection
        connection.close()
        fault = misfit
    fresh = _make(path, database, at)
    if fault:
        _put_aside(path, fault, at)
    fresh.replace(path)
    sync_directory(str(path.parent))
    return _attached(path, database)


def _fault(path: Path) -> str:
    """Why a copy cannot be read, whatever the live database is like."""
    try:
        with closing(_prepared(path)) as connection:
            found = connection.execute("SELECT count(*) FROM state_copy").fetchone()[0]
            return "" if found == 1 else "it is not whole"
    except sqlite3.DatabaseError as error:
        return f"it cannot be read: {error}"


def _put_aside(path: Path, fault: str, at: int) -> None:
    """Keep a copy under another name, with what a crash left beside it."""
    aside = path.with_name(f"{path.stem}-{at // 1_000_000}{path.suffix}")
    for one in path.parent.glob(f"{path.name}-*"):
        one.rename(one.with_name(one.name.replace(path.name, aside.name)))
    path.rename(aside)
    _log.error("state_copy.put_aside", reason=fault, kept=str(aside))


def _misfit(connection: sqlite3.Connection) -> str | None:
    """What speaks against following on: empty for an older schema, None for nothing."""
    if not connection.execute(_IS_SAME).fetchone()[0]:
        return "it is the copy of another database"
    row = connection.execute("SELECT format, schema FROM main.state_copy").fetchone()
    live = connection.execute(_SCHEMA).fetchone()[0]
    return None if tuple(row) == (FORMAT, live) else ""


def _attached(path: Path, database: Path) -> sqlite3.Connection:
    connection = _prepared(path)
    try:
        connection.execute("ATTACH ? AS live", (read_only(database),))
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepared(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, uri=True)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _make(path: Path, database: Path, at: int) -> Path:
    """A whole new copy, durable, under another name."""
    fresh = path.with_name(f"{path.name}.new")
    for leftover in path.parent.glob(f"{fresh.name}*"):
        leftover.unlink()
    os.close(os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600))
    connection = _attached(fresh, database)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for sql in (*_OWN, *_definitions(connection)):
            connection.execute(sql)
        _write(connection, at, is_new=True)
        connection.execute("COMMIT")
    finally:
        connection.close()
    return fresh


def _definitions(connection: sqlite3.Connection) -> Iterator[str]:
    """The tables as they are in the live database. A table that nobody decided about is an error."""
    undecided = {row[0] for row in connection.execute(_TABLES)} - {*COPIED, *FOLLOWED, *LEFT_OUT}
    if undecided:
        names = ", ".join(sorted(undecided))
        raise sqlite3.NotSupportedError(f"nobody said whether the copy has {names}")
    for table in (*COPIED, *FOLLOWED):
        yield connection.execute(_DEFINITION, (table,)).fetchone()[0]


# Following ---------------------------------------------------------------------------------------


def _follow(connection: sqlite3.Connection, *, at: int) -> float:
    """Make the copy equal to one snapshot of the live database, in one transaction.

    Returns the seconds of processor time it took.
    """
    started = time.thread_time()
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("COMMIT" if _write(connection, at) else "ROLLBACK")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return time.thread_time() - started


def _write(connection: sqlite3.Connection, at: int, *, is_new: bool = False) -> bool:
    """Write what differs; whether anything did."""
    before = connection.total_changes
    known = connection.execute("SELECT max(head) FROM main.state_copy").fetchone()
    schema = connection.execute(_SCHEMA).fetchone()[0]
    audit = connection.execute(_AUDIT).fetchone() or (0, "")
    head = connection.execute(_HEAD).fetchone() or (0,)
    _follow_messages(connection)
    for table, how in COPIED.items():
        for sql in _statements(connection, table, how, is_new=is_new):
            connection.execute(sql)
    if connection.total_changes == before and known == tuple(head):
        return False
    connection.execute("DELETE FROM main.state_copy")
    connection.execute(_MARK, (FORMAT, schema, at, *head, *audit))
    connection.execute("DELETE FROM main.state_sequences")
    connection.execute(_SEQUENCES)
    return True


def _follow_messages(connection: sqlite3.Connection) -> None:
    """What changed since, by the MODSEQ of each mailbox; then what is gone."""
    connection.execute("DROP TABLE IF EXISTS temp.changed")
    connection.execute("CREATE TEMP TABLE changed (rid INTEGER PRIMARY KEY)")
    connection.execute(f"INSERT OR IGNORE INTO temp.changed SELECT m.rid FROM {_CHANGED}")
    for sql in _FOLLOW:
        connection.execute(sql)
    if connection.execute(_IS_SURPLUS).fetchone()[0]:
        for sql in _FORGET:
            connection.execute(sql)


def _statements(
    connection: sqlite3.Connection, table: str, how: Copied, *, is_new: bool
) -> Iterator[str]:
    """What makes one table of the copy equal to the live one."""
    columns = connection.execute(f"PRAGMA live.table_info({table})").fetchall()
    key = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    names = ", ".join(row[1] for row in columns)
    where = f"({how.where})" if how.where else "true"
    wanted = f"SELECT {names} FROM live.{table} l WHERE {where}"
    if is_new:
        yield f"INSERT INTO main.{table} ({names}) {wanted}"
        return
    if how.grows:
        low, last = key[0], f"SELECT coalesce(max({key[0]}), 0) FROM main.{table}"
        yield f"INSERT INTO main.{table} ({names}) {wanted} AND l.{low} > ({last})"
        return
    same = " AND ".join(f"k.{one} = l.{one}" for one in key)
    yield f"""
    DELETE FROM main.{table} AS k WHERE NOT EXISTS (
      SELECT 1 FROM live.{table} l WHERE {same} AND {where})
    """
    compared = [one[1] for one in columns] if how.compare is None else how.compare
    equal = "".join(f" AND k.{one} IS l.{one}" for one in compared if one not in key)
    yield f"""
    INSERT OR REPLACE INTO main.{table} ({names}) {wanted} AND NOT EXISTS (
      SELECT 1 FROM main.{table} k WHERE {same}{equal})
    """
