"""The database: group commit, savepoints, cancellation, failures of the disk."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path

import pytest
import uvloop

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, Seq
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.db import Database
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.migrate import migrations, statements
from tests.support.clock import FakeClock

INSERT = "INSERT INTO counters (name, value) VALUES (?, 1)"
NAMES = "SELECT name FROM counters ORDER BY name"
FORGET_SETTINGS = "DELETE FROM schema_version WHERE name = 'settings'"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database.open(tmp_path / "db" / "test.sqlite3", FakeClock()) as opened:
        yield opened


type Write[T] = Callable[[sqlite3.Connection], T]


def insert(name: str) -> Write[str]:
    """A write function that returns its argument."""

    def write(connection: sqlite3.Connection) -> str:
        connection.execute(INSERT, (name,))
        return name

    return write


def run_all(*statements: str) -> Write[int]:
    """A write function that runs statements; how many."""

    def write(connection: sqlite3.Connection) -> int:
        for statement in statements:
            connection.execute(statement)
        return len(statements)

    return write


def names(database: Database) -> list[str]:
    return database.read(lambda connection: [row[0] for row in connection.execute(NAMES)])


async def test_a_write_is_visible_to_readers_when_run_returns(database: Database) -> None:
    """Committed before the future resolves."""
    assert await database.run(insert("a")) == "a"
    assert names(database) == ["a"]
    slow = await database.read_slow(lambda connection: connection.execute(NAMES).fetchall())
    assert [row[0] for row in slow] == ["a"]


async def test_functions_that_wait_share_the_next_transaction(tmp_path: Path) -> None:
    """Group commit: what is asked for in one turn of the loop commits together, in order."""
    commits: list[str] = []
    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock(), failpoint=commits.append) as database:
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(database.run(insert(f"n{number:02}")))
        assert names(database) == [f"n{number:02}" for number in range(40)]
    assert commits.count("committed") == 1


async def test_a_failing_function_rolls_back_alone(database: Database) -> None:
    """Its neighbors in the same transaction commit."""

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("bad",))
        raise LookupError("mine")

    async with asyncio.TaskGroup() as group:
        first = group.create_task(database.run(insert("a")))
        failed = group.create_task(_caught(database, fail))
        last = group.create_task(database.run(insert("b")))
    assert (first.result(), last.result()) == ("a", "b")
    assert isinstance(failed.result(), LookupError)
    assert names(database) == ["a", "b"]


async def test_repeatable_functions_that_fail_roll_back_alone_as_well(database: Database) -> None:
    """They run without savepoints until one fails; then all of them run again with them."""
    calls: list[str] = []

    def called(name: str) -> Write[Seq]:
        def write(connection: sqlite3.Connection) -> Seq:
            calls.append(name)
            connection.execute(INSERT, (name,))
            seq = note(connection)
            if name == "bad":
                raise ValueError("mine")
            return seq

        return write

    async with asyncio.TaskGroup() as group:
        first, failed, last = [
            group.create_task(_outcome(database.run(called(name), is_repeatable=True)))
            for name in ("a", "bad", "b")
        ]
    assert calls == ["a", "bad", "a", "bad", "b"]
    assert (first.result(), failed.result(), last.result()) == (1, None, 2)
    assert names(database) == ["a", "b"]
    assert database.head == 2


async def test_one_that_is_not_repeatable_runs_once_among_others(database: Database) -> None:
    """Whatever its neighbors allow."""
    calls: list[str] = []

    def once(connection: sqlite3.Connection) -> None:
        calls.append("once")
        connection.execute(INSERT, ("once",))

    def fail(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("bad",))
        raise ValueError("mine")

    async with asyncio.TaskGroup() as group:
        group.create_task(database.run(once))
        group.create_task(_outcome(database.run(fail, is_repeatable=True)))
    assert calls == ["once"]
    assert names(database) == ["once"]


async def _caught[T](database: Database, fn: Write[T]) -> BaseException | None:
    try:
        await database.run(fn)
    except (LookupError, MailError) as error:
        return error
    return None


async def test_a_cancelled_caller_still_commits(database: Database) -> None:
    """Cancellation of the caller does not tear its transaction."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(database.run(insert("kept")))
        await asyncio.sleep(0)
        task.cancel()
    await database.run(insert("later"))
    assert names(database) == ["kept", "later"]


async def test_closing_waits_for_queued_writes(tmp_path: Path) -> None:
    """What was accepted before the close is in the file after it."""
    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock()) as database, asyncio.TaskGroup() as group:
        tasks = [group.create_task(database.run(insert(f"n{n}"))) for n in range(5)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
    async with Database.open(path, FakeClock()) as database:
        assert len(names(database)) == 5


async def test_a_closed_database_refuses_writes(tmp_path: Path) -> None:
    """UNAVAILABLE, not a hang."""
    async with Database.open(tmp_path / "db" / "test.sqlite3", FakeClock()) as database:
        pass
    with pytest.raises(MailError) as caught:
        await database.run(insert("a"))
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_a_full_disk_fails_the_batch_and_the_writer_goes_on(database: Database) -> None:
    """SQLITE_FULL becomes OVER_LIMIT `disk_full`; nothing of the batch is kept."""

    def limit(connection: sqlite3.Connection, pages: int | None = None) -> None:
        used = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages or used}")

    def big(connection: sqlite3.Connection) -> None:
        connection.execute(INSERT, ("x" * 2_000_000,))

    await database.run(limit)
    caught = await _caught(database, big)
    assert isinstance(caught, MailError)
    assert (caught.kind, caught.code) == (ErrorKind.OVER_LIMIT, "disk_full")
    await database.run(lambda connection: limit(connection, 1_000_000))
    await database.run(insert("after"))
    assert names(database) == ["after"]


async def test_a_failing_commit_fails_every_caller(tmp_path: Path) -> None:
    """I/O errors at COMMIT reach all futures of the batch; the next batch works."""
    failing = [True]

    def failpoint(step: str) -> None:
        if step == "executed" and failing and failing.pop():
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error

    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock(), failpoint=failpoint) as database:
        caught = await _caught(database, insert("lost"))
        assert isinstance(caught, MailError)
        assert caught.kind is ErrorKind.UNAVAILABLE
        await database.run(insert("kept"))
        assert names(database) == ["kept"]


def note(connection: sqlite3.Connection) -> Seq:
    """Write a row of the journal."""
    return journal.append_internal(connection, 1, Subject(DEFAULT_POD, None, None), "n", {})


async def test_what_is_undone_leaves_no_number_in_memory(database: Database) -> None:
    """Alone and among others: the next row gets the number, and readers are told of it alone."""

    def fail(connection: sqlite3.Connection) -> None:
        note(connection)
        raise ValueError("nothing came of it")

    with pytest.raises(ValueError, match="nothing came of it"):
        await database.run(fail)
    assert await database.run(note) == 1
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_outcome(database.run(one))) for one in (note, fail, note)]
    assert [one.result() for one in tasks] == [2, None, 3]
    assert [row.seq for row in database.after(Seq(0)) or ()] == [1, 2, 3]
    assert database.after(Seq(3)) == []
    database.forget_recent()
    assert database.after(Seq(2)) is None


async def _outcome[T](work: Coroutine[None, None, T]) -> T | None:
    try:
        return await work
    except ValueError:
        return None


async def test_subscribers_hear_the_new_head_after_commit(database: Database) -> None:
    """Only for commits that wrote journal rows, and not after unsubscribing."""
    heard: list[Seq] = []
    woken = asyncio.Event()

    def wake(_rows: object) -> None:
        heard.append(database.head)
        woken.set()

    unsubscribe = database.subscribe(wake)
    await database.run(insert("quiet"))
    await database.run(note)
    await woken.wait()
    unsubscribe()
    await database.run(note)
    await database.run(insert("more"))
    assert heard == [1]
    assert database.head == 2


async def test_a_read_only_database_reads_and_refuses_writes(tmp_path: Path) -> None:
    """What `check` uses beside a running server."""
    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock()) as writer:
        await writer.run(insert("a"))
        async with Database.open(path, FakeClock(), is_read_only=True) as reader:
            assert names(reader) == ["a"]
            with pytest.raises(MailError):
                await reader.run(insert("b"))


async def test_reading_cannot_write(database: Database) -> None:
    """Readers are query-only connections."""
    with pytest.raises(MailError) as caught:
        database.read(insert("a"))
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_migrations_apply_once_and_reopen(tmp_path: Path) -> None:
    """From nothing to the newest schema, and nothing more the second time."""
    path = tmp_path / "db" / "test.sqlite3"
    count = "SELECT count(*), max(version) FROM schema_version"
    for _ in range(2):
        async with Database.open(path, FakeClock()) as database:
            found = database.read(lambda connection: tuple(connection.execute(count).fetchone()))
            assert found == (len(migrations()), migrations()[-1][0])


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """Forward only: an older program does not touch a newer database."""
    path = tmp_path / "db" / "test.sqlite3"
    sql = "INSERT INTO schema_version (version, name, applied_at) VALUES (9999, 'future', 0)"
    async with Database.open(path, FakeClock()) as database:
        await database.run(lambda connection: connection.execute(sql).rowcount)
    with pytest.raises(MailError) as caught:
        async with Database.open(path, FakeClock()):
            pass
    assert caught.value.code == "schema_too_new"


async def test_a_migration_with_a_lower_number_is_applied_later(tmp_path: Path) -> None:
    """Numbers have gaps that a later program fills; what is in them is not passed over."""
    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock()) as database:
        await database.run(run_all("DROP TABLE settings", FORGET_SETTINGS))
    with pytest.raises(MailError) as caught:
        async with Database.open(path, FakeClock(), is_read_only=True):
            pass
    assert caught.value.code == "schema_too_old"
    async with Database.open(path, FakeClock()) as database:
        assert database.read(lambda one: one.execute("SELECT * FROM settings").fetchall()) == []


async def test_a_schema_that_only_says_it_is_ours_is_refused(tmp_path: Path) -> None:
    """A database of a development version: one error that names what is missing, no traceback."""
    path = tmp_path / "db" / "test.sqlite3"
    async with Database.open(path, FakeClock()) as database:
        await database.run(run_all("ALTER TABLE contacts DROP COLUMN vouched_tags"))
    with pytest.raises(MailError) as caught:
        async with Database.open(path, FakeClock()):
            pass
    assert caught.value.code == "schema_differs"
    assert "contacts.vouched_tags" in caught.value.message


async def test_something_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """A damaged file is one clear error, not a traceback of SQLite."""
    path = tmp_path / "test.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to look at" * 100)
    with pytest.raises(MailError) as caught:
        async with Database.open(path, FakeClock()):
            pass
    assert caught.value.kind is ErrorKind.UNAVAILABLE


def test_scripts_split_into_statements() -> None:
    """Semicolons inside literals and comments do not end one."""
    sql = "-- a; b\nCREATE TABLE a (x TEXT DEFAULT ';');\n\nSELECT 1;\n-- end\n"
    assert [one.strip().splitlines()[-1] for one in statements(sql)] == [
        "CREATE TABLE a (x TEXT DEFAULT ';');",
        "SELECT 1;",
    ]


def test_group_commit_works_under_uvloop(tmp_path: Path) -> None:
    """The server's loop; the other tests run on asyncio's own."""

    async def main() -> list[str]:
        async with Database.open(tmp_path / "db" / "test.sqlite3", FakeClock()) as database:
            async with asyncio.TaskGroup() as group:
                for number in range(20):
                    group.create_task(database.run(insert(f"n{number:02}")))
            return names(database)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert len(runner.run(main())) == 20
