"""Keys of deliveries: kept in the order they came, found by their ends, taken over from before."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.clock import to_micros
from mailcore.errors import MailError
from mailcore.ids import DEFAULT_POD, InboxId, new_id
from mailcore.model import Inbox
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import DATABASE_FILE, SqliteStore
from mailcore.store.sqlite.db import connect_writer
from mailcore.store.sqlite.migrate import migrate
from tests.support.build import create_inbox, deliver
from tests.support.clock import FakeClock
from tests.support.invariants import check_invariants

BEFORE = 32
"""The last schema with the keys in a table of their own order."""
MIA, BEN = InboxId(new_id()), InboxId(new_id())
OLD = "INSERT INTO dedupe VALUES (?, ?, ?, ?, 'm1', 7, 3, 1000, 't1', 41)"


async def test_keys_of_an_older_database_are_known(tmp_path: Path) -> None:
    """A sender that tries again while the server is updated sends nothing twice."""
    clock = FakeClock()
    with closing(connect_writer(tmp_path / DATABASE_FILE)) as connection:
        migrate(connection, clock.now(), until=BEFORE)
        for inbox_id, key in ((MIA, b"12345678-a"), (BEN, b"12345678-b")):
            connection.execute(OLD, (inbox_id, key, DEFAULT_POD, to_micros(clock.now())))
    maildir = Maildir(tmp_path, clock=clock)
    async with SqliteStore.open(tmp_path, maildir, clock) as stores:
        mia = replace(await create_inbox(stores), id=MIA)
        again = await deliver(stores, mia, dedupe_key=b"12345678-a")
        assert again.is_duplicate
        assert (again.id, again.uid, again.seq) == ("m1", 3, 41)
        for unknown in (b"12345678-b", b"92345678-a", b"-a"):
            with pytest.raises(MailError):  # it is looked up as new, and there is no such inbox
                await deliver(stores, mia, dedupe_key=unknown)
        await check_invariants(stores)
    maildir.close()


async def test_only_keys_past_their_time_are_forgotten(
    stores: Stores, mia: Inbox, clock: FakeClock, tmp_path: Path
) -> None:
    await deliver(stores, mia, dedupe_key=b"first")
    clock.advance(timedelta(days=20))
    second = await deliver(stores, mia, dedupe_key=b"second")
    clock.advance(timedelta(days=20))
    await stores.journal.trim(clock.now())
    assert kept(tmp_path) == [b"second"]
    assert (await deliver(stores, mia, dedupe_key=b"second")).id == second.id
    clock.advance(timedelta(days=40))
    await stores.journal.trim(clock.now())
    assert kept(tmp_path) == []


def kept(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as connection:
        return [row[0] for row in connection.execute("SELECT key FROM dedupe ORDER BY id")]
