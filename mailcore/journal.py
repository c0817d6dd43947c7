"""The event log as its readers see it: read from a cursor, wait for more, be told of a mailbox.

A hint says that the journal grew; the rows are always read from the store, so a lost hint costs
time, never an event. A hint says what the new rows are about and reaches only those who watch that
inbox or mailbox, so thousands of idle sessions cost nothing per event.

Who works behind the replies watches at a pace: told at once while it is quiet, then after pauses that
grow while rows keep coming, so that what it costs is paid for many messages at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from mailcore import log
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import Event
from mailcore.store.ports import EventFilter, JournalStore, Touched, Wakeups

_BATCH: Final = 1000
_SHORTEST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 0.4

type Listener = Callable[[], None]
type Take = Callable[[Event], Awaitable[None]]

_log = log.get(__name__)


class _Watcher(NamedTuple):
    """Who wants to know of what."""

    listener: Listener
    names: frozenset[str] | None
    is_paced: bool


class Journal:
    """The journal service. `run()` must be running for `watch` and `wait` to be prompt."""

    def __init__(self, *, store: JournalStore, wakeups: Wakeups) -> None:
        self._store = store
        self._wakeups = wakeups
        self._watchers: dict[object, dict[int, _Watcher]] = {}
        self._next_number = 0
        self._due: dict[int, Listener] = {}
        self._pause_seconds = 0.0
        self._pause: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Tell watchers about new rows; returns only on cancellation."""
        unsubscribe = self._wakeups.subscribe(self._hear)
        try:
            await asyncio.Event().wait()
        finally:
            unsubscribe()
            if self._pause is not None:
                self._pause.cancel()

    def _hear(self, rows: Sequence[Touched]) -> None:
        """Tell everybody who watches what these rows are about, each once."""
        names: dict[object, set[str]] = {"": set()}
        for row in rows:
            names[""].add(row.name)
            for about in (row.mailbox_id, row.inbox_id):
                if about in self._watchers:
                    names.setdefault(about, set()).add(row.name)
        for key, happened in names.items():
            for number, watcher in tuple(self._watchers.get(key, {}).items()):
                if watcher.names is not None and watcher.names.isdisjoint(happened):
                    continue
                if watcher.is_paced:
                    self._due[number] = watcher.listener
                else:
                    self._tell(watcher.listener)
        if self._due and self._pause is None:
            self._tell_due()

    def _tell_due(self) -> None:
        """Tell those who are told at a pace, then leave them alone for longer than the last time."""
        due, self._due = self._due, {}
        if due:
            longer = min(self._pause_seconds * 4, _LONGEST_PAUSE_SECONDS)
            self._pause_seconds = max(longer, _SHORTEST_PAUSE_SECONDS)
            loop = asyncio.get_running_loop()
            self._pause = loop.call_later(self._pause_seconds, self._tell_due)
        else:
            self._pause_seconds, self._pause = 0.0, None
        for listener in due.values():
            self._tell(listener)

    @staticmethod
    def _tell(listener: Listener) -> None:
        try:
            listener()
        except Exception:  # noqa: BLE001 - one watcher's bug must not silence the others
            _log.exception("journal.listener_failed")

    @contextmanager
    def watch(
        self,
        listener: Listener,
        *,
        inbox_id: InboxId | None = None,
        mailbox_id: MailboxId | None = None,
        names: Sequence[str] | None = None,
        is_paced: bool = False,
    ) -> Iterator[None]:
        """Call `listener` on the loop after rows about the inbox, the mailbox, or (neither given) anything.

        With `names`, only after rows of those names. At a pace, for work behind the replies, it is called
        at once while little happens, and every 0.4 seconds while much does.

        It must be quick and is a hint only: read `since` or `changes` to know what happened.
        """
        key: object = mailbox_id if mailbox_id is not None else (inbox_id or "")
        self._next_number += 1
        number = self._next_number
        wanted = None if names is None else frozenset(names)
        self._watchers.setdefault(key, {})[number] = _Watcher(listener, wanted, is_paced)
        try:
            yield
        finally:
            self._due.pop(number, None)
            group = self._watchers[key]
            del group[number]
            if not group:
                del self._watchers[key]

    async def head(self) -> Seq:
        """The number of the newest row."""
        return await self._store.head()

    async def since(
        self, cursor: Seq, where: EventFilter, limit: int = _BATCH
    ) -> tuple[tuple[Event, ...], Seq]:
        """Rows after `cursor` and the cursor to go on from; CONFLICT `cursor_too_old`."""
        return await self._store.since(cursor, where, limit)

    async def wait(
        self, cursor: Seq, where: EventFilter, *, timeout_seconds: float, limit: int = _BATCH
    ) -> tuple[tuple[Event, ...], Seq]:
        """Like `since`, but waits for the first matching row until the time is over. Safe to cancel."""
        grown = asyncio.Event()
        with self.watch(grown.set, names=where.names):
            try:
                async with asyncio.timeout(timeout_seconds):
                    while True:
                        grown.clear()
                        events, cursor = await self._store.since(cursor, where, limit)
                        if events:
                            return events, cursor
                        await grown.wait()
            except TimeoutError:
                return (), cursor

    async def consume(self, consumer: str, where: EventFilter, take: Take) -> None:
        """Feed a durable consumer from its own cursor, at least once each; returns only on cancellation."""
        cursor = await self._store.cursor(consumer)
        grown = asyncio.Event()
        with self.watch(grown.set, names=where.names, is_paced=True):
            while True:
                grown.clear()
                events, following = await self._store.since(cursor, where, _BATCH)
                for event in events:
                    await take(event)
                    await self._store.set_cursor(consumer, event.seq)
                if following != cursor:
                    cursor = following
                    continue
                await grown.wait()
