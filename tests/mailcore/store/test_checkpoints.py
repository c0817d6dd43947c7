"""Checkpoints behind the replies: the log stays short, and nothing that fails there fails a commit."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailcore.store.sqlite.checkpoints import Checkpoint, Checkpoints, checkpoint
from mailcore.store.sqlite.db import connect_writer

PRAGMAS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF")
"""Nothing here asks whether it is durable."""
ROW_PAGES = 8
"""Pages of the log that one row takes, about."""


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect_writer(tmp_path / "mail.sqlite3", PRAGMAS)) as connection:
        connection.execute("CREATE TABLE letters (body BLOB NOT NULL)")
        yield connection


@pytest.fixture
def other(tmp_path: Path, writer: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    assert writer is not None
    with closing(connect_writer(tmp_path / "mail.sqlite3", PRAGMAS)) as connection:
        yield connection


def write(connection: sqlite3.Connection, checkpoints: Checkpoints) -> None:
    """One batch, as the database commits it."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO letters VALUES (randomblob(24000))")
    connection.execute("COMMIT")
    checkpoints.finish(connection)
    checkpoints.note_batch()


class Behind:
    """The other thread: what is posted runs when the test says so."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._posted: list[
            tuple[Callable[[sqlite3.Connection], Checkpoint], asyncio.Future[Checkpoint]]
        ] = []

    def post(self, fn: Callable[[sqlite3.Connection], Checkpoint]) -> asyncio.Future[Checkpoint]:
        future: asyncio.Future[Checkpoint] = asyncio.get_running_loop().create_future()
        self._posted.append((fn, future))
        return future

    async def run(self) -> int:
        """Run what waits; how much that was."""
        waiting, self._posted = self._posted, []
        for fn, future in waiting:
            try:
                future.set_result(fn(self._connection))
            except sqlite3.Error as error:
                future.set_exception(error)
        await asyncio.sleep(0)
        return len(waiting)


async def test_the_log_begins_anew_though_the_writer_never_rests(
    writer: sqlite3.Connection, other: sqlite3.Connection
) -> None:
    behind = Behind(other)
    checkpoints = Checkpoints(behind.post, after_pages=20 * ROW_PAGES)
    made = 0
    for _ in range(200):
        write(writer, checkpoints)
        ran = await behind.run()
        made += ran
        if ran:
            write(writer, checkpoints)  # comes while the next batch waits: it finishes the log
    assert made > 5
    assert checkpoint(writer).pages < 60 * ROW_PAGES
    assert writer.execute("SELECT count(*) FROM letters").fetchone()[0] == 200 + made


async def test_a_reader_that_stays_costs_no_checkpoint_for_every_batch(
    writer: sqlite3.Connection, other: sqlite3.Connection, tmp_path: Path
) -> None:
    behind = Behind(other)
    checkpoints = Checkpoints(behind.post, after_pages=20 * ROW_PAGES)
    write(writer, checkpoints)
    made = 0
    with closing(sqlite3.connect(tmp_path / "mail.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM letters").fetchone()[0] == 1
        for _ in range(200):
            write(writer, checkpoints)
            made += await behind.run()
        assert 5 < made < 50
        assert reader.execute("SELECT count(*) FROM letters").fetchone()[0] == 1


async def test_a_checkpoint_that_fails_is_tried_again_ever_later_and_fails_no_commit(
    writer: sqlite3.Connection, other: sqlite3.Connection
) -> None:
    behind = Behind(other)
    checkpoints = Checkpoints(behind.post, after_pages=20 * ROW_PAGES)
    other.close()
    made = 0
    for _ in range(100):
        write(writer, checkpoints)
        made += await behind.run()
    assert made == 3  # after 10, 30 and 70
    assert writer.execute("SELECT count(*) FROM letters").fetchone()[0] == 100
