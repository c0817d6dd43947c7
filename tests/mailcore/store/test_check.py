"""The check finds what is broken, and runs beside a live server."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.model import Inbox
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.build import create_inbox, deliver, hold, message_facts, new_submission
from tests.support.mirroring import mirror


@pytest.fixture
async def damaged(tmp_path: Path) -> Path:
    """A closed store with a little of everything."""
    lay_out(tmp_path)
    maildir = Maildir(tmp_path)
    async with SqliteStore.open(tmp_path, maildir, SystemClock()) as stores:
        mia = await create_inbox(stores)
        await deliver(stores, mia, facts=message_facts(message_id="a@x"))
        await deliver(stores, mia, facts=message_facts(in_reply_to="a@x"))
        await stores.outbound.submit(await new_submission(stores, mia, held=hold()))
        await stores.outbound.submit(await new_submission(stores, mia))
        await stores.journal.cursor("hooks")
        await mirror(stores).drain()
        assert await stores.check.check() == ()
    maildir.close()
    return tmp_path


async def found_after(data_dir: Path, sql: str) -> set[int]:
    (path,) = data_dir.glob("db/*.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        assert intruder.execute(sql).rowcount > 0
    maildir = Maildir(data_dir)
    async with SqliteStore.open_read_only(data_dir, maildir, SystemClock()) as stores:
        violations = await stores.check.check()
    maildir.close()
    return {one.invariant for one in violations}


@pytest.mark.parametrize(
    ("invariant", "sql"),
    [
        (0, "UPDATE messages SET thread_id = 'nowhere' WHERE uid = 1"),
        (1, "UPDATE messages SET blob = blob || 'x' WHERE uid = 1"),
        (1, "UPDATE files SET path = NULL"),
        (11, "UPDATE messages SET flags = flags | 4 WHERE uid = 2"),
        (11, "UPDATE mailboxes SET name = 'Renamed' WHERE name = 'Sent'"),
        (2, "UPDATE messages SET uid = 1 WHERE uid = 2"),
        (2, "UPDATE mailboxes SET uid_next = 1 WHERE name = 'INBOX'"),
        (2, "UPDATE counters SET value = 1 WHERE name = 'uid_validity'"),
        (3, "UPDATE messages SET modseq = 100000 WHERE uid = 1"),
        (3, "UPDATE mailboxes SET highest_modseq = 100000"),
        (4, "UPDATE mailboxes SET unseen = unseen + 1"),
        (4, "UPDATE messages SET flags = 1"),
        (4, "UPDATE contents SET size_bytes = 1"),
        (4, "DELETE FROM searchables"),
        (5, "UPDATE threads SET message_count = message_count + 1"),
        (5, "UPDATE threads SET last_inbound_id = 'gone'"),
        (5, "UPDATE threads SET merged_into = (SELECT min(id) FROM threads)"),
        (6, 'UPDATE contents SET parts = \'[1,["","text/plain",0,9,99999,1,"7bit",[],"",[],[]]]\''),
        (6, "UPDATE contents SET parts = x'00ff'"),
        (7, "UPDATE recipients SET state = 'lost' WHERE state = 'due'"),
        (7, "UPDATE holds SET status = 'released'"),
        (7, "UPDATE holds SET digest = x'00'"),
        (7, "UPDATE submissions SET status = 'sent'"),
        (8, "UPDATE submissions SET verdict = 'null'"),
        (9, "UPDATE cursors SET seq = 100000"),
        (12, "UPDATE audit SET subject = 'other'"),
    ],
)
async def test_damage_is_found(damaged: Path, invariant: int, sql: str) -> None:
    """One broken invariant of the architecture's list, by its number."""
    if "parts" in sql:
        sql = sql.replace("'[", "cast('[").replace("]'", "]' AS BLOB)")
    assert invariant in await found_after(damaged, sql)


async def test_a_lost_file_is_found(damaged: Path) -> None:
    """And named by its message."""
    next(damaged.glob("mail/*/cur/*")).unlink()
    assert await found_after(damaged, "UPDATE cursors SET seq = 0") == {1}


async def test_a_shortened_file_is_found(damaged: Path) -> None:
    """The size must be the recorded one."""
    next(damaged.glob("mail/*/cur/*")).write_bytes(b"short")
    assert await found_after(damaged, "UPDATE cursors SET seq = 0") == {1}


async def test_the_check_runs_beside_a_busy_server(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    """Deliveries and expunges under way are not violations."""
    maildir = Maildir(tmp_path)

    async def work() -> None:
        for _ in range(20):
            placed = await deliver(stores, mia)
            await stores.mail.expunge(placed.mailbox_id, only_deleted=False)
            doomed = [blob for blob, _, _ in await stores.mirror.doomed(100)]
            await stores.files.remove(await stores.mirror.forget_doomed(doomed))

    async with (
        SqliteStore.open_read_only(tmp_path, maildir, SystemClock()) as readers,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(work()) for _ in range(3)]
        while not all(task.done() for task in tasks):
            assert await readers.check.check() == ()
    maildir.close()
