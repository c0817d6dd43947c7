"""Who is told of the journal, of what, and how often."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from mailcore.ids import InboxId, MailboxId
from mailcore.journal import Journal
from mailcore.store.ports import JournalStore, Touched, Unsubscribe, WakeCallback, Wakeups

MIA, BEN = InboxId("mia"), InboxId("ben")
RECEIVED = Touched("email.received", MIA, MailboxId(1))
UPDATED = Touched("email.updated", MIA, MailboxId(1))
OTHER = Touched("email.received", BEN, MailboxId(2))


class Commits(Wakeups):
    """A database of which only the hints are left."""

    def __init__(self) -> None:
        self._callbacks: list[WakeCallback] = []

    def subscribe(self, callback: WakeCallback) -> Unsubscribe:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def commit(self, *rows: Touched) -> None:
        for callback in self._callbacks:
            callback(rows)


class Heard:
    """Counts what a watcher is told."""

    def __init__(self) -> None:
        self.count = 0
        self.told = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self.told.set()


@asynccontextmanager
async def following() -> AsyncIterator[tuple[Journal, Callable[..., None]]]:
    commits = Commits()
    journal = Journal(store=cast("JournalStore", None), wakeups=commits)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(journal.run())
        await asyncio.sleep(0)
        yield journal, commits.commit
        task.cancel()


async def test_a_watcher_is_told_at_once_and_only_of_what_it_watches() -> None:
    """Everything, an inbox, a mailbox or some names; once for each commit."""
    everything, mia, box, updates = Heard(), Heard(), Heard(), Heard()
    async with following() as (journal, commit):
        with (
            journal.watch(everything),
            journal.watch(mia, inbox_id=MIA),
            journal.watch(box, mailbox_id=MailboxId(2)),
            journal.watch(updates, names=("email.updated",)),
        ):
            commit(RECEIVED, RECEIVED)
            commit(OTHER)
            assert [one.count for one in (everything, mia, box, updates)] == [2, 1, 1, 0]
            commit(UPDATED, OTHER)
            assert [one.count for one in (everything, mia, box, updates)] == [3, 2, 2, 1]
        commit(UPDATED, OTHER)
        assert [one.count for one in (everything, mia, box, updates)] == [3, 2, 2, 1]


async def test_who_has_time_is_told_once_of_a_burst() -> None:
    """And again of what comes after that; what it does not watch wakes nobody."""
    heard = Heard()
    async with following() as (journal, commit):
        with journal.watch(heard, names=("email.received",), within_seconds=0.01):
            commit(UPDATED)
            for expected in (1, 2):
                heard.told.clear()
                for _ in range(20):
                    commit(RECEIVED)
                assert heard.count == expected - 1
                await heard.told.wait()
                assert heard.count == expected


async def test_who_stopped_watching_is_not_told_late() -> None:
    """A hint that was to come is dropped."""
    gone, here = Heard(), Heard()
    async with following() as (journal, commit):
        with journal.watch(here, within_seconds=0.02):
            with journal.watch(gone, within_seconds=0.01):
                commit(RECEIVED)
            await here.told.wait()
    assert gone.count == 0


async def test_a_watcher_that_fails_silences_nobody() -> None:
    """Its error is logged."""
    heard = Heard()

    def fail() -> None:
        raise ValueError

    async with following() as (journal, commit):
        with journal.watch(fail), journal.watch(heard):
            commit(RECEIVED)
    assert heard.count == 1


async def test_who_has_much_time_waits_for_a_lull() -> None:
    """It goes on once little comes; the rows that came before it waited do not count."""
    async with following() as (journal, commit):
        streaming = asyncio.Event()

        async def stream(turns: int) -> None:
            for _ in range(turns):
                commit(*[RECEIVED] * 20)
                await asyncio.sleep(0)
            streaming.set()

        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(
                journal.lull(gather_seconds=0.01, longest_seconds=60, most_rows=10**9)
            )
            group.create_task(stream(5))
            await streaming.wait()
            assert not waiting.done()
        assert waiting.done()


async def test_a_stream_without_an_end_is_not_waited_for() -> None:
    """The time, the rows, and what the consumer itself says each end the wait; so does its stop."""
    async with following() as (journal, commit):

        async def enough() -> bool:
            return True

        async def stream() -> None:
            while True:
                commit(RECEIVED)
                await asyncio.sleep(0)

        cut = asyncio.Event()
        cut.set()
        async with asyncio.TaskGroup() as group:
            endless = group.create_task(stream())
            await journal.lull(gather_seconds=0.01, longest_seconds=0.02, most_rows=10**9)
            await journal.lull(gather_seconds=0.01, longest_seconds=10**6, most_rows=5)
            await journal.lull(
                gather_seconds=0.01, longest_seconds=10**6, most_rows=10**9, is_enough=enough
            )
            await journal.lull(gather_seconds=10**6, longest_seconds=10**6, most_rows=1, cut=cut)
            endless.cancel()
