"""The database: one writer with group commit, readers beside it. The only file importing aiosqlite.

Not a query layer: it runs functions that take a plain connection. Every write function that waits
while the previous commit syncs goes into the next transaction, each under its own savepoint, and
its future resolves after COMMIT. There is no timer and no task of its own: the callbacks of one
batch start the next. A caller that is cancelled leaves its function in the queue: it commits.

Invariants: the writing connection is in the hands of the loop or of its thread, never of both; a
transaction is never open between batches; a future that resolved with a value stands for bytes that
are on the disk.
"""

import asyncio
import logging
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple, cast, override

import aiosqlite

from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import Seq
from mailcore.store.durable import sync_directory
from mailcore.store.ports import Touched, Unsubscribe, WakeCallback
from mailcore.store.sqlite.checkpoints import MOST_PAGES, Checkpoints
from mailcore.store.sqlite.migrate import migrate, require_current

MAX_BATCH: Final = 256
"""Functions per transaction: bounds how long one batch keeps the next waiting."""
SLOW_READERS: Final = 2
RECENT: Final = 1000
"""The newest rows of the journal of which memory knows what they are about."""

_HEAD = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"

_WRITER_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_size_limit = 67108864",
    f"PRAGMA wal_autocheckpoint = {MOST_PAGES}",
    "PRAGMA secure_delete = FAST",
)
_READER_PRAGMAS = (
    "PRAGMA query_only = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA cache_size = -8192",
    "PRAGMA temp_store = MEMORY",
)
# Mapped for reads of many pages alone: after every commit the file is mapped anew, in all threads.
# What is mapped needs no cache.
_SLOW_READER_PRAGMAS = (
    *_READER_PRAGMAS,
    "PRAGMA cache_size = -2048",
    "PRAGMA mmap_size = 134217728",
)

_TRANSIENT: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)

type Failpoint = Callable[[str], None]
"""Called with the name of a step just passed; tests raise or die in it."""


def storage_error(error: sqlite3.Error) -> MailError | None:
    """The MailError for a failure of the disk or the file; None when it is a fault of the caller."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if primary == sqlite3.SQLITE_FULL:
        return MailError(
            ErrorKind.OVER_LIMIT,
            "the server's disk is full",
            code="disk_full",
            fix="Free space on the data directory's file system and try again.",
            detail=str(error),
        )
    if primary in _TRANSIENT:
        return MailError(
            ErrorKind.UNAVAILABLE,
            "the mail store is not available",
            fix="Try again later.",
            detail=f"{getattr(error, 'sqlite_errorname', '')}: {error}",
        )
    return None


def closed_error() -> MailError:
    """What callers get once the store shuts down, or when it was opened for reading only."""
    return MailError(
        ErrorKind.UNAVAILABLE, "the mail store is closed for writing", fix="Try again later."
    )


class JournalRow(NamedTuple):
    """A row of the journal: its number, and what it is about."""

    seq: Seq
    about: Touched


class Writer(sqlite3.Connection):
    """The writing connection. It knows the journal's end, so that nobody has to ask for it."""

    committed: Seq = Seq(0)
    """The last number of the journal before the open transaction."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type] # those of sqlite3.connect
        self.added: list[JournalRow] = []
        """The rows that the open transaction has written."""

    @property
    def head(self) -> Seq:
        """The last number of the journal, as the open transaction sees it."""
        return self.added[-1].seq if self.added else self.committed


class Worker(aiosqlite.Connection):
    """A connection on a thread of its own that runs one whole function per hop."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._ended: asyncio.Future[object] | None = None

    async def start(self) -> "Worker":
        """Start the thread and open the connection there."""
        _ = await self
        return self

    @override
    def stop(self) -> asyncio.Future[object] | None:
        self._ended = super().stop()
        return self._ended

    @override
    async def close(self) -> None:
        """Close it, if it was opened, and wait for what the thread has left to say."""
        await super().close()
        if self._ended is not None:
            await self._ended

    @property
    def plain(self) -> Writer:
        """The connection itself, of one that writes: for use on the loop while nothing is posted."""
        return cast("Writer", self._conn)

    def post[T](self, fn: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Queue `fn`; it runs even when the future is cancelled."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, partial(fn, self._conn)))
        return future

    def hand_over(self, fn: Callable[[sqlite3.Connection], None]) -> None:
        """Queue `fn`, which itself tells the loop what came of it: one turn of the loop less."""
        self._tx.put_nowait((None, partial(fn, self._conn)))


@dataclass(slots=True)
class _Job[T]:
    """One function waiting for its transaction, and what came of it."""

    fn: Callable[[sqlite3.Connection], T]
    future: asyncio.Future[T]
    is_short: bool
    is_kept: bool
    is_repeatable: bool
    after: Callable[[], None] | None
    value: T | None = None
    error: Exception | None = None

    def run(self, connection: Writer) -> None:
        """Run under a savepoint; a failure undoes this function's changes only."""
        known = len(connection.added)
        connection.execute("SAVEPOINT job")
        try:
            self.value = self.fn(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO job")
            del connection.added[known:]
            self.error = error
        connection.execute("RELEASE job")

    def run_alone(self, connection: Writer) -> None:
        """Run as the whole transaction, which a failure ends."""
        try:
            self.value = self.fn(connection)
        except Exception as error:
            if not connection.in_transaction:
                raise
            _roll_back(connection)
            self.error = error

    def settle(self, failure: Exception | None) -> None:
        """Hand the outcome to the caller, if it still waits."""
        if self.after is not None:
            self.after()
        if self.future.done():
            return
        error = failure or self.error
        if isinstance(error, sqlite3.Error):
            error = storage_error(error) or error
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.value)  # type: ignore[arg-type] # run() set it


class Database:
    """One SQLite file: `run` writes, `read` and `read_slow` read committed snapshots."""

    def __init__(
        self,
        writer: Worker | None,
        reader: sqlite3.Connection,
        slow: Sequence[Worker],
        checkpoints: Checkpoints | None,
        failpoint: Failpoint | None,
    ) -> None:
        self._writer = writer
        self._checkpoints = checkpoints
        self._reader = reader
        self._slow = slow
        self._next_slow = 0
        self._failpoint = failpoint or pass_failpoint
        self._waiting: list[_Job[object]] = []
        self._is_busy = False
        self._idle: asyncio.Future[None] | None = None
        self._is_closing = False
        self._head = Seq(0)
        self._recent: deque[JournalRow] = deque(maxlen=RECENT)
        self.changes = 0
        """Batches that changed something to keep, since it was opened."""
        self._subscribers: list[WakeCallback] = []

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path,
        clock: Clock,
        *,
        is_read_only: bool = False,
        failpoint: Failpoint | None = None,
        attached: Mapping[str, Path] | None = None,
    ) -> AsyncIterator["Database"]:
        """Open (creating and migrating when it may write); waits for queued writes on the way out.

        Readers see the files in `attached` under these names, those that exist.
        """
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
        workers: list[Worker] = []
        reader: sqlite3.Connection | None = None

        async def start(connect: Callable[[], sqlite3.Connection]) -> Worker:
            workers.append(Worker(connect))
            return await workers[-1].start()

        writer: Worker | None = None
        checkpoints: Checkpoints | None = None
        try:
            if not is_read_only:
                writer = await start(partial(connect_writer, path))
                await writer.post(partial(migrate, at=clock.now()))
                checkpoints = Checkpoints((await start(partial(connect_writer, path))).post)
            reading = partial(_connect_reader, path, attached or {}, pragmas=_SLOW_READER_PRAGMAS)
            slow = [await start(reading) for _ in range(SLOW_READERS)]
            reader = _connect_reader(path, attached or {})
            require_current(reader)
            database = cls(writer, reader, slow, checkpoints, failpoint)
            database._head = database.read(_head)
            if writer is not None:
                writer.plain.committed = database._head
            try:
                yield database
            finally:
                await database._drain()
        except sqlite3.Error as error:
            raise storage_error(error) or error from error
        finally:
            if reader is not None:
                reader.close()
            for worker in reversed(workers):
                await worker.close()

    async def run[T](
        self,
        fn: Callable[[sqlite3.Connection], T],
        *,
        is_short: bool = False,
        is_kept: bool = True,
        is_repeatable: bool = False,
        after: Callable[[], None] | None = None,
    ) -> T:
        """`fn` in the next transaction; returns once it is committed and synced.

        A short one takes well under a millisecond; a batch of nothing else runs on the loop and
        leaves only the COMMIT to the writer's thread, which saves a change of threads for every
        statement. One that is not kept changes only what ends with the processes that wrote it. One
        that is repeatable may be called a second time when the changes of the first were undone; a
        batch of nothing else needs no savepoints, for which SQLite copies every page it touches. `after`
        is called on the loop when the outcome is known, before any caller is
        answered and whether or not one still waits.

        Safe to cancel: `fn` runs and commits all the same. Raises what `fn` raised (its changes
        undone), OVER_LIMIT (`disk_full`) or UNAVAILABLE when the commit failed.
        """
        if self._writer is None or self._is_closing:
            raise closed_error()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Job(fn, future, is_short, is_kept, is_repeatable, after))  # type: ignore[arg-type] # the list erases T
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._flush, self._writer)
        return await future

    def read[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """`fn` on one snapshot, inline on the loop: for short indexed reads."""
        return _snapshot(fn, self._reader)

    def read_row(self, sql: str, values: Sequence[object]) -> sqlite3.Row | None:
        """The first row of one short query, inline on the loop.

        While nothing is written the writer answers it: its pages stay good over its own commits, those of
        the reader do not.
        """
        free = None if self._is_busy else self._writer
        connection = self._reader if free is None else free.plain
        try:
            row: sqlite3.Row | None = connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            raise storage_error(error) or error from error
        return row

    def read_rows(self, sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """The rows of one short query as plain tuples, inline on the loop."""
        cursor = self._reader.cursor()
        cursor.row_factory = None
        try:
            return cursor.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise storage_error(error) or error from error

    async def read_slow[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        """`fn` on one snapshot in a reader thread: for anything that may take milliseconds."""
        self._next_slow = (self._next_slow + 1) % len(self._slow)
        return await self._slow[self._next_slow].post(partial(_snapshot, fn))

    @property
    def head(self) -> Seq:
        """The journal's last committed number."""
        return self._head

    def after(self, cursor: Seq) -> list[JournalRow] | None:
        """The committed rows behind a number, oldest first; None when memory does not reach back so far."""
        first = self._recent[0].seq if self._recent else self._head + 1
        if self._writer is None or cursor + 1 < first:
            return None
        newest_first = takewhile(lambda row: row.seq > cursor, reversed(self._recent))
        return [*newest_first][::-1]

    def forget_recent(self) -> None:
        """Rows were removed from the journal: ask the file about it."""
        self._recent.clear()

    def subscribe(self, callback: WakeCallback) -> Unsubscribe:
        """Call `callback` on the loop after every commit that wrote journal rows."""
        self._subscribers.append(callback)

        def unsubscribe() -> None:
            if callback in self._subscribers:
                self._subscribers.remove(callback)

        return unsubscribe

    def _flush(self, writer: Worker) -> None:
        """Start the next batch: the whole of it in the thread, or only its COMMIT."""
        jobs, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
        if all(job.is_short for job in jobs):
            try:
                _execute(jobs, writer.plain)
            except Exception as error:  # noqa: BLE001 - it is handed to every caller of the batch
                self._end(writer, jobs, error, ())
                return
            if not writer.plain.in_transaction:
                self._end(writer, jobs, None, ())
                return
            finish = self._commit
        else:
            finish = partial(self._execute_and_commit, jobs)
        writer.hand_over(partial(self._finish, asyncio.get_running_loop(), writer, jobs, finish))

    def _finish(
        self,
        loop: asyncio.AbstractEventLoop,
        writer: Worker,
        jobs: Sequence[_Job[object]],
        finish: Callable[[Writer], Sequence[JournalRow]],
        connection: sqlite3.Connection,
    ) -> None:
        """End a batch, in the writer's thread; the loop hears what came of it."""
        failure: Exception | None = None
        added: Sequence[JournalRow] = ()
        try:
            added = finish(cast("Writer", connection))
        except Exception as error:  # noqa: BLE001 - it is handed to every caller of the batch
            failure = error
        except BaseException:
            loop.call_soon_threadsafe(self._end, writer, jobs, closed_error(), ())
            raise
        loop.call_soon_threadsafe(self._end, writer, jobs, failure, added)

    def _execute_and_commit(
        self, jobs: Sequence[_Job[object]], connection: Writer
    ) -> Sequence[JournalRow]:
        """One transaction, in the writer's thread."""
        _execute(jobs, connection)
        return self._commit(connection) if connection.in_transaction else ()

    def _commit(self, connection: Writer) -> Sequence[JournalRow]:
        """The end of the open transaction, in the writer's thread; its rows of the journal."""
        try:
            self._failpoint("executed")
            connection.execute("COMMIT")
            self._failpoint("committed")
        except BaseException:
            if not connection.in_transaction:  # it is durable, whatever came after it
                connection.committed = connection.head
            _roll_back(connection)
            raise
        added, connection.committed, connection.added = connection.added, connection.head, []
        if self._checkpoints is not None:
            self._checkpoints.finish(connection)
        return added

    def _end(
        self,
        writer: Worker,
        jobs: Sequence[_Job[object]],
        failure: Exception | None,
        added: Sequence[JournalRow],
    ) -> None:
        """On the loop: answer the callers of a batch and see to it that the next one starts."""
        self.changes += any(job.is_kept for job in jobs)
        if self._checkpoints is not None:
            self._checkpoints.note_batch()
        for job in jobs:
            job.settle(failure)
        loop = asyncio.get_running_loop()
        if self._waiting:
            loop.call_soon(self._flush, writer)
        else:
            self._is_busy = False
            if self._idle is not None and not self._idle.done():
                self._idle.set_result(None)
        if added:
            if added[0].seq != self._head + 1:
                self._recent.clear()
            self._recent.extend(added)
            self._head = added[-1].seq
            about = [row.about for row in added]
            for callback in tuple(self._subscribers):
                loop.call_soon(callback, about)

    async def _drain(self) -> None:
        """Refuse new work and wait for what is queued."""
        self._is_closing = True
        if self._is_busy:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle


def _execute(jobs: Sequence[_Job[object]], connection: Writer) -> None:
    """Open a transaction and run every function in it; nothing stays open after an error."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        if len(jobs) == 1:
            jobs[0].run_alone(connection)
        elif not _run_together(jobs, connection):
            for job in jobs:
                job.run(connection)
    except BaseException:
        _roll_back(connection)
        raise


def _run_together(jobs: Sequence[_Job[object]], connection: Writer) -> bool:
    """Run repeatable functions without savepoints; False when there are others, or one of them failed.

    Then none has left a trace in the open transaction.
    """
    if not all(job.is_repeatable for job in jobs):
        return False
    try:
        for job in jobs:
            job.value = job.fn(connection)
    except Exception:  # noqa: BLE001 - it is raised again under a savepoint, to its own caller
        _roll_back(connection)
        connection.execute("BEGIN IMMEDIATE")
        return False
    return True


def _roll_back(connection: Writer) -> None:
    """End the open transaction, if there is one, without a trace."""
    connection.added.clear()
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def pass_failpoint(_step: str) -> None:
    """The failpoint of production."""


def _head(connection: sqlite3.Connection) -> Seq:
    row = connection.execute(_HEAD).fetchone()
    return Seq(row[0] if row else 0)


def _snapshot[T](fn: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
    connection.execute("BEGIN")
    try:
        return fn(connection)
    except sqlite3.Error as error:
        raise storage_error(error) or error from error
    finally:
        connection.execute("COMMIT")


def connect_writer(path: Path, pragmas: Sequence[str] = _WRITER_PRAGMAS) -> sqlite3.Connection:
    """A connection that writes; the file is made, readable by its owner only, when it is missing."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        for folder in (path.parent, path.parent.parent):
            sync_directory(str(folder))
    return _prepare(
        sqlite3.connect(
            path,
            isolation_level=None,
            cached_statements=512,
            check_same_thread=False,
            factory=Writer,
        ),
        pragmas,
    )


def _connect_reader(
    path: Path, attached: Mapping[str, Path], pragmas: Sequence[str] = _READER_PRAGMAS
) -> sqlite3.Connection:
    connection = sqlite3.connect(
        read_only(path), uri=True, isolation_level=None, cached_statements=256
    )
    _prepare(connection, pragmas)
    for name, file in attached.items():
        if file.exists():
            connection.execute(f"ATTACH ? AS {name}", (read_only(file),))
    return connection


def read_only(path: Path) -> str:
    """The name under which SQLite opens a file for reading only."""
    return f"{path.absolute().as_uri()}?mode=ro"


def _prepare(connection: sqlite3.Connection, pragmas: Sequence[str]) -> sqlite3.Connection:
    connection.row_factory = sqlite3.Row
    try:
        for pragma in pragmas:
            connection.execute(pragma).fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection
