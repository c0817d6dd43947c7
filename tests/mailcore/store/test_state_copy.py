"""The copy of the state: every table is decided about, and comes back row by row."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailcore.clock import SystemClock, to_micros
from mailcore.errors import MailError
from mailcore.ids import Seq
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import DATABASE_FILE, SqliteStore
from mailcore.store.sqlite.db import connect_writer
from mailcore.store.sqlite.migrate import migrate, migrations
from mailcore.store.sqlite.restore import SEQ_STEP, UID_STEP, restore
from mailcore.store.sqlite.state_copy import STATE_FILE
from mailcore.store.sqlite.state_tables import COPIED, FOLLOWED, LEFT_OUT
from tests.support.build import audit
from tests.support.process import ROOT, environment

CLOCK = SystemClock()
CHANGED_ON_PURPOSE = {
    "counters": "numbers go on above the old ones",
    "mailboxes": "they are counted again, and numbers go on",
    "threads": "they are counted again",
    "files": "there is none on the disk",
    "holds": "people are asked anew",
    "quarantine": "people are asked anew",
    "channel_messages": "people are asked anew",
    "recipients": "what may have left is held",
    "submissions": "what may have left is held",
    "rule_applications": "what rules still had to do is not done",
}
LOOKED_AT_IN_PART = {
    "attempts": "written once",
    "audit": "written once",
    "contents": "written once; a number may be given out again",
    "dedupe": "its time changes with everything else",
    "draft_versions": "written once",
    "likenesses": "written once",
    "hold_versions": "written once",
    "stranger_digests": "written once",
    "quarantine_bytes": "written once",
    "spam_log": "written once",
    "spent_tokens": "written once",
    "threads": "counts and texts are found again in the messages",
}
WORDS = {
    "status": "approved",
    "state": "due",
    "severity": "low",
    "kind": "secret",
    "reason": "bounce",
    "steps": '[{"state":"pending"}]',
    "reference_ids": "[]",
}


def tables(connection: sqlite3.Connection) -> set[str]:
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return {row[0] for row in connection.execute(sql)}


@pytest.fixture
def live(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database with one row in every table, whatever it means."""
    with closing(connect_writer(tmp_path / DATABASE_FILE)) as connection:
        migrate(connection, CLOCK.now())
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = OFF")
        for table in sorted(tables(connection) - {"schema_version", "thread_totals", "audit"}):
            fill(connection, table)
        yield connection


def fill(connection: sqlite3.Connection, table: str) -> None:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    values = [value(row[1], row[2]) for row in columns]
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)


def value(column: str, kind: str) -> object:
    if column in WORDS:
        return WORDS[column]
    if column == "merged_into":
        return None
    return {"INTEGER": 1, "BLOB": b"\x01", "TEXT": "1"}[kind]


async def follow(folder: Path) -> float:
    async with SqliteStore.open(folder, Maildir(folder), CLOCK) as stores:
        return await stores.state.follow()


def rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)


def restored(folder: Path, *, is_exact: bool = False) -> Path:
    fresh = folder / "fresh" / "db.sqlite3"
    restore(
        folder / STATE_FILE,
        fresh,
        folder,
        now=CLOCK.now(),
        decide_within=timedelta(days=7),
        is_exact=is_exact,
    )
    return fresh


def test_somebody_decided_about_every_table(live: sqlite3.Connection) -> None:
    """A new table is named once, as copied or with the reason why it is left out."""
    named = [*COPIED, *FOLLOWED, *LEFT_OUT]
    assert sorted(named) == sorted(tables(live))
    assert all(LEFT_OUT.values())


def test_every_column_is_compared_but_where_rows_do_not_change() -> None:
    """A column that changes and is not looked at would be restored as it was long ago."""
    partly = {one for one, how in COPIED.items() if how.compare is not None or how.grows}
    assert partly == set(LOOKED_AT_IN_PART)


async def test_every_copied_row_comes_back(tmp_path: Path, live: sqlite3.Connection) -> None:
    """Exactly as it was, but for the tables that a rebuild changes on purpose."""
    assert await follow(tmp_path)
    fresh = restored(tmp_path)
    for table in {*COPIED} - {*CHANGED_ON_PURPOSE, "schema_version"}:
        assert rows(fresh, table) == rows(tmp_path / DATABASE_FILE, table), table
    for table in CHANGED_ON_PURPOSE.keys() - {"files"}:
        assert rows(fresh, table), table
    for table in (*LEFT_OUT.keys() - {"journal", "thread_refs", "thread_totals"}, *FOLLOWED):
        assert rows(fresh, table) == [], table


async def test_numbers_go_on_above_the_old_ones(tmp_path: Path, live: sqlite3.Connection) -> None:
    """MODSEQ, event numbers and UIDs that were given out after the copy are not given out again."""
    live.execute("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'journal'")
    assert await follow(tmp_path)
    with closing(sqlite3.connect(restored(tmp_path))) as fresh:
        sql = "SELECT uid_next, highest_modseq, messages FROM mailboxes"
        assert fresh.execute(sql).fetchone() == (1 + UID_STEP, 500 + SEQ_STEP, 0)
        sql = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"
        assert fresh.execute(sql).fetchone() == (500 + SEQ_STEP,)


async def test_the_copy_follows_what_changes_and_what_goes(
    tmp_path: Path, live: sqlite3.Connection
) -> None:
    """Row by row; where nothing differs nothing is written."""
    await follow(tmp_path)
    before = (tmp_path / STATE_FILE).stat().st_mtime_ns
    await follow(tmp_path)
    assert (tmp_path / STATE_FILE).stat().st_mtime_ns == before
    live.execute("UPDATE contacts SET notes = 'new'")
    live.execute("DELETE FROM tags")
    live.execute("UPDATE messages SET keywords = 'later', modseq = 7")
    live.execute("UPDATE mailboxes SET highest_modseq = 7")
    await follow(tmp_path)
    for table in (*COPIED, *FOLLOWED):
        assert rows(tmp_path / STATE_FILE, table) == rows(tmp_path / DATABASE_FILE, table)
    live.execute("DELETE FROM judgments")
    live.execute("DELETE FROM messages")
    live.execute("UPDATE mailboxes SET messages = 0")
    await follow(tmp_path)
    assert rows(tmp_path / STATE_FILE, "messages") == []
    assert rows(tmp_path / STATE_FILE, "judgments") == []


async def test_leases_and_cursors_are_not_worth_a_look(stores: Stores) -> None:
    """An idle server, whose jobs renew their leases, does not compare again and again."""
    assert await stores.state.follow()
    assert not await stores.state.follow()
    now = CLOCK.now()
    await stores.leases.acquire("job", "me", now, now + timedelta(minutes=1))
    await stores.journal.set_cursor("reader", Seq(0))
    assert not await stores.state.follow()
    await stores.policy.append_audit(audit("some.act"))
    assert await stores.state.follow()


async def test_the_copy_of_another_database_is_put_aside(tmp_path: Path) -> None:
    """A new, empty database never overwrites what may be all that is left of the old one."""
    async with SqliteStore.open(tmp_path, Maildir(tmp_path), CLOCK) as stores:
        await stores.policy.append_audit(audit("old.act"))
        await stores.state.follow()
    for path in (tmp_path / DATABASE_FILE).parent.iterdir():
        path.unlink()
    await follow(tmp_path)
    (aside,) = (tmp_path / STATE_FILE).parent.glob("state-*.sqlite3")
    assert [row[4] for row in rows(aside, "audit")] == ["old.act"]
    assert rows(tmp_path / STATE_FILE, "audit") == []


async def test_a_copy_of_an_older_schema_is_migrated(tmp_path: Path) -> None:
    """It gets its own schema first, then what came after; a running server makes the copy anew."""
    older = migrations()[-2][0]
    database = tmp_path / DATABASE_FILE
    with closing(connect_writer(database)) as connection:
        migrate(connection, CLOCK.now(), until=older)
        connection.execute("INSERT INTO settings VALUES ('pod', '{}', 5)")
    state_of_older(tmp_path, older)
    assert rows(restored(tmp_path), "settings") == [("pod", "{}", 5)]
    await follow(tmp_path)
    assert rows(tmp_path / STATE_FILE, "state_copy")[0][1] == migrations()[-1][0]
    assert rows(tmp_path / STATE_FILE, "settings") == [("pod", "{}", 5)]


def state_of_older(folder: Path, schema: int) -> None:
    """The copy that an older version left of this database."""
    path = folder / STATE_FILE
    path.parent.mkdir()
    with (
        closing(sqlite3.connect(path)) as copy,
        closing(sqlite3.connect(folder / DATABASE_FILE)) as live,
    ):
        for (sql,) in live.execute("SELECT sql FROM sqlite_schema WHERE type = 'table'").fetchall():
            if "sqlite_sequence" not in sql:
                copy.execute(sql)
        copy.execute("INSERT INTO settings VALUES ('pod', '{}', 5)")
        copy.execute(
            "CREATE TABLE state_copy (format INTEGER, schema INTEGER, followed_at INTEGER,"
            " head INTEGER, audit_seq INTEGER, audit_hash TEXT)"
        )
        copy.execute("CREATE TABLE state_sequences (name TEXT PRIMARY KEY, seq INTEGER)")
        at = to_micros(CLOCK.now())
        copy.execute("INSERT INTO state_copy VALUES (1, ?, ?, 0, 0, '')", (schema, at))
        copy.commit()


@pytest.mark.parametrize("content", [b"", b"no database at all", None])
async def test_a_broken_copy_is_refused_and_made_anew(
    tmp_path: Path, content: bytes | None, live: sqlite3.Connection
) -> None:
    """A rebuild says why; a running server puts it aside."""
    await follow(tmp_path)
    path = tmp_path / STATE_FILE
    whole = path.read_bytes()
    path.write_bytes(content if content is not None else whole[: len(whole) // 2])
    with pytest.raises(MailError) as refused:
        restored(tmp_path)
    assert refused.value.code == "state_copy_unusable"
    await follow(tmp_path)
    assert rows(path, "settings") == rows(tmp_path / DATABASE_FILE, "settings")


CHILD = """
import asyncio, sys
from pathlib import Path
from mailcore.clock import SystemClock
from mailcore.ids import Seq
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.build import audit

async def main():
    folder = Path(sys.argv[1])
    async with SqliteStore.open(folder, Maildir(folder), SystemClock()) as stores:
        for number in range(100000):
            await stores.policy.append_audit(audit(f"act.{number}"))
            await stores.state.follow()
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("steps", [2, 7])
def test_a_killed_server_leaves_a_whole_copy(tmp_path: Path, steps: int) -> None:
    """SIGKILL at any moment: what was followed before is in it."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(),
    ) as child:
        assert child.stdout is not None
        for _ in range(steps):
            last = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
    fresh = restored(tmp_path)
    assert len(rows(fresh, "audit")) >= last + 1
