"""The promises of the journal, the audit log and the leases."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.errors import MailError
from mailcore.ids import DEFAULT_POD, Seq
from mailcore.model import Inbox
from mailcore.store.ports import EventFilter, Stores, Touched
from tests.support.build import NOW, audit, create_inbox, deliver
from tests.support.clock import FakeClock


async def test_a_reader_that_saw_n_never_later_sees_a_row_at_or_below_n(
    stores: Stores, mia: Inbox
) -> None:
    """Readers beside fifty writers get every row once, in order."""
    seen: list[int] = []
    cursor = Seq(0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(deliver(stores, mia)) for _ in range(50)]
        while not all(task.done() for task in tasks):
            events, cursor = await stores.journal.since(cursor, EventFilter(), 7)
            seen += [one.seq for one in events]
            await asyncio.sleep(0)
    while events := (page := await stores.journal.since(cursor, EventFilter(), 7))[0]:
        seen += [one.seq for one in events]
        cursor = page[1]
    assert seen == sorted(set(seen))
    assert len(seen) == 51


async def test_filters_narrow_and_the_cursor_moves_past_what_they_leave_out(
    stores: Stores, mia: Inbox
) -> None:
    """An idle consumer does not scan the same rows again."""
    ben = await create_inbox(stores, "ben")
    await deliver(stores, mia)
    await deliver(stores, ben)
    where = EventFilter(agent_id=mia.agent_id, names=("email.received",))
    events, cursor = await stores.journal.since(Seq(0), where, 10)
    assert [one.inbox_id for one in events] == [mia.id]
    assert cursor == await stores.journal.head()
    own = EventFilter(inbox_ids=(ben.id,), pod_id=DEFAULT_POD)
    events, _ = await stores.journal.since(Seq(0), own, 10)
    assert [one.name for one in events] == ["agent.created", "email.received"]
    assert (await stores.journal.since(Seq(0), EventFilter(inbox_ids=()), 10))[0] == ()


async def test_what_memory_knows_of_the_newest_rows_is_what_the_file_says(
    stores: Stores, mia: Inbox
) -> None:
    """For every cursor and filter, whether or not memory reaches back to it."""
    ben = await create_inbox(stores, "ben")
    for inbox in (mia, ben, mia):
        await deliver(stores, inbox)
    head = await stores.journal.head()
    filters = [EventFilter(), EventFilter(names=("email.received",)), EventFilter(names=("none",))]
    filters += [EventFilter(inbox_ids=(one.id,)) for one in (mia, ben)]
    every = (await stores.journal.since(Seq(0), EventFilter(public_only=False), 100))[0]
    for where in filters:
        for cursor in range(head + 1):
            found, following = await stores.journal.since(Seq(cursor), where, 100)
            assert [one.seq for one in found] == [
                one.seq
                for one in every
                if one.seq > cursor
                and one.is_public
                and (where.names is None or one.name in where.names)
                and (where.inbox_ids is None or one.inbox_id in where.inbox_ids)
            ]
            assert following == head


async def test_a_trimmed_cursor_is_refused(stores: Stores, mia: Inbox, clock: FakeClock) -> None:
    """CONFLICT `cursor_too_old`; a cursor at the cut goes on."""
    placed = await deliver(stores, mia)
    clock.advance(timedelta(days=31))
    later = await deliver(stores, mia)
    assert await stores.journal.trim(clock.now() - timedelta(days=30)) == placed.seq
    with pytest.raises(MailError) as caught:
        await stores.journal.since(Seq(0), EventFilter(), 10)
    assert caught.value.code == "cursor_too_old"
    events, _ = await stores.journal.since(placed.seq, EventFilter(), 10)
    assert [one.seq for one in events] == [later.seq]


async def test_numbers_go_on_after_everything_was_trimmed(
    stores: Stores, mia: Inbox, clock: FakeClock
) -> None:
    """The head never falls."""
    placed = await deliver(stores, mia)
    await stores.journal.trim(clock.now() + timedelta(days=1))
    assert await stores.journal.head() == placed.seq
    assert (await deliver(stores, mia)).seq == placed.seq + 1


async def test_a_consumer_s_cursor_is_durable(stores: Stores, mia: Inbox) -> None:
    """A new consumer starts at the head; a cursor beyond it is cut."""
    assert await stores.journal.cursor("hooks") == await stores.journal.head()
    placed = await deliver(stores, mia)
    assert await stores.journal.cursor("hooks") == placed.seq - 1
    await stores.journal.set_cursor("hooks", Seq(10_000))
    assert await stores.journal.cursor("hooks") == placed.seq


async def test_commits_wake_subscribers(stores: Stores, mia: Inbox) -> None:
    """With what the rows are about, which can be read by then."""
    woken = asyncio.Event()
    heard: list[Touched] = []

    def wake(rows: Sequence[Touched]) -> None:
        heard.extend(rows)
        woken.set()

    unsubscribe = stores.wakeups.subscribe(wake)
    placed = await deliver(stores, mia)
    await woken.wait()
    unsubscribe()
    await deliver(stores, mia)
    assert heard == [Touched("email.received", mia.id, placed.mailbox_id)]


async def test_the_audit_chain_verifies(stores: Stores, mia: Inbox) -> None:
    """Every change left a row, and each row fits the one before."""
    await stores.policy.append_audit(audit("test.one", "ünïcode"))
    rows = await stores.policy.audit(DEFAULT_POD)
    assert [one.action for one in rows] == ["test.act", "agent.create", "test.one"]
    assert await stores.policy.verify_audit() is None
    assert await stores.policy.audit(DEFAULT_POD, after=2, limit=1) == rows[2:]


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE audit SET actor = 'someone' WHERE seq = 2", 2),
        ("UPDATE audit SET detail = '{\"a\":1}' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET hash = hash || 'x' WHERE seq = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", 1),
    ],
)
async def test_tampering_with_the_audit_log_shows(
    stores: Stores, mia: Inbox, tmp_path: Path, sql: str, broken: int
) -> None:
    """The first row that does not fit is named, by the check too."""
    for number in range(3):
        await stores.policy.append_audit(audit(f"test.{number}"))
    (path,) = tmp_path.glob("db/*.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        saved = intruder.execute("SELECT * FROM audit").fetchall()
        intruder.execute(sql)
    assert await stores.policy.verify_audit() == broken
    assert [one.invariant for one in await stores.check.check(deep=False)] == [12]
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        intruder.execute("DELETE FROM audit")
        intruder.executemany("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?)", saved)


async def test_a_lease_has_one_owner_at_a_time(stores: Stores) -> None:
    """Its owner may renew it; others wait for its end or release."""
    until = NOW + timedelta(minutes=1)
    assert await stores.leases.acquire("trim", "a", NOW, until)
    assert await stores.leases.acquire("trim", "a", NOW, until)
    assert not await stores.leases.acquire("trim", "b", NOW, until)
    assert await stores.leases.acquire("other", "b", NOW, until)
    await stores.leases.release("trim", "b")
    assert not await stores.leases.acquire("trim", "b", NOW, until)
    await stores.leases.release("trim", "a")
    assert await stores.leases.acquire("trim", "b", NOW, until)
    later = until + timedelta(minutes=1)
    assert await stores.leases.acquire("trim", "c", until, later)
