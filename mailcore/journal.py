"""The event log as its readers see it: read from a cursor, wait for more, be told of a mailbox.

A hint says that the journal grew; the rows are always read from the store, so a lost hint costs
time, never an event. One task reads new rows once and tells only those who watch that inbox or
mailbox, so thousands of idle sessions cost nothing per event.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from mailcore import log
from mailcore.errors import MailError
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import Event
from mailcore.store.ports import EventFilter, JournalStore, Wakeups

_BATCH: Final = 1000
_PAUSE_SECONDS: Final = 1.0
"""Between tries while the store does not work."""

type Listener = Callable[[], None]
type Take = Callable[[Event], Awaitable[None]]

_log = log.get(__name__)


class Journal:
    """The journal service. `run()` must be running for `watch` and `wait` to be prompt."""

    def __init__(self, *, store: JournalStore, wakeups: Wakeups) -> None:
        self._store = store
        self._grown = asyncio.Event()
        self._wakeups = wakeups
        self._listeners: dict[object, dict[int, tuple[Listener, frozenset[str] | None]]] = {}
        self._next_listener = 0

    async def run(self) -> None:
        """Tell watchers about new rows; returns only on cancellation."""
        unsubscribe = self._wakeups.subscribe(lambda _head: self._grown.set())
        cursor = await self._store.head()
        try:
            while True:
                await self._grown.wait()
                self._grown.clear()
                try:
                    cursor = await self._dispatch(cursor)
                except MailError as error:
                    _log.error("journal.paused", reason=error.message, detail=error.detail)
                    await asyncio.sleep(_PAUSE_SECONDS)
                    self._grown.set()
        finally:
            unsubscribe()

    async def _dispatch(self, cursor: Seq) -> Seq:
        if not self._listeners:
            return await self._store.head()
        while True:
            rows, following = await self._store.touched(cursor, _BATCH)
            names: dict[object, set[str]] = {"": set()}
            for row in rows:
                names[""].add(row.name)
                for about in (row.mailbox_id, row.inbox_id):
                    if about in self._listeners:
                        names.setdefault(about, set()).add(row.name)
            for key, happened in names.items():
                for listener, wanted in tuple(self._listeners.get(key, {}).values()):
                    if happened and (wanted is None or not wanted.isdisjoint(happened)):
                        self._tell(listener)
            if following == cursor or len(rows) < _BATCH:
                return following
            cursor = following

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
    ) -> Iterator[None]:
        """Call `listener` on the loop after rows about the inbox, the mailbox, or (neither given) anything.

        With `names`, only after rows of those names.

        It must be quick and is a hint only: read `since` or `changes` to know what happened.
        """
        key: object = mailbox_id if mailbox_id is not None else (inbox_id or "")
        self._next_listener += 1
        number = self._next_listener
        wanted = None if names is None else frozenset(names)
        self._listeners.setdefault(key, {})[number] = (listener, wanted)
        try:
            yield
        finally:
            group = self._listeners[key]
            del group[number]
            if not group:
                del self._listeners[key]

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
        with self.watch(grown.set, names=where.names):
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
