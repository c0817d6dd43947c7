"""The event log as its readers see it: read from a cursor, wait for more, be told of a mailbox.

A hint says that the journal grew; the rows are always read from the store, so a lost hint costs
time, never an event. A hint says what the new rows are about and reaches only those who watch that
inbox or mailbox, so thousands of idle sessions cost nothing per event.

Who works behind the replies says within which time it wants to hear: what happens meanwhile is told
once, so that a burst costs such a consumer little more than a single message. Who need not be done
soon waits for a lull: while mail streams in, what is answered goes first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from mailcore import log
from mailcore.ids import InboxId, MailboxId, Seq
from mailcore.model import Event
from mailcore.store.ports import EventFilter, JournalStore, Touched, Wakeups

_BATCH: Final = 1000
_STREAM_ROWS: Final = 20
"""New rows a second from which on they stream."""

type Listener = Callable[[], None]
type Take = Callable[[Event], Awaitable[None]]

_log = log.get(__name__)


@dataclass(slots=True, kw_only=True, eq=False)
class _Watcher:
    """Who wants to know of what, and how soon."""

    listener: Listener
    names: frozenset[str] | None
    within_seconds: float
    pending: asyncio.TimerHandle | None = None


class Journal:
    """The journal service. `run()` must be running for `watch` and `wait` to be prompt."""

    def __init__(self, *, store: JournalStore, wakeups: Wakeups) -> None:
        self._store = store
        self._wakeups = wakeups
        self._watchers: dict[object, dict[_Watcher, None]] = {}
        self._heard = 0

    async def run(self) -> None:
        """Tell watchers about new rows; returns only on cancellation."""
        unsubscribe = self._wakeups.subscribe(self._hear)
        try:
            await asyncio.Event().wait()
        finally:
            unsubscribe()

    def _hear(self, rows: Sequence[Touched]) -> None:
        """Tell everybody who watches what these rows are about, each once."""
        self._heard += len(rows)
        names: dict[object, set[str]] = {"": set()}
        for row in rows:
            names[""].add(row.name)
            for about in (row.mailbox_id, row.inbox_id):
                if about in self._watchers:
                    names.setdefault(about, set()).add(row.name)
        for key, happened in names.items():
            for watcher in tuple(self._watchers.get(key, ())):
                if watcher.names is None or not watcher.names.isdisjoint(happened):
                    self._announce(watcher)

    def _announce(self, watcher: _Watcher) -> None:
        """Tell a watcher at once, or once for all that happens within its time."""
        if not watcher.within_seconds:
            self._tell(watcher)
        elif watcher.pending is None:
            loop = asyncio.get_running_loop()
            watcher.pending = loop.call_later(watcher.within_seconds, self._tell, watcher)

    @staticmethod
    def _tell(watcher: _Watcher) -> None:
        watcher.pending = None
        try:
            watcher.listener()
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
        within_seconds: float = 0.0,
    ) -> Iterator[None]:
        """Call `listener` on the loop after rows about the inbox, the mailbox, or (neither given) anything.

        With `names`, only after rows of those names. With `within_seconds`, for work behind the replies,
        once that long after the first row, whatever else comes meanwhile.

        It must be quick and is a hint only: read `since` or `changes` to know what happened.
        """
        key: object = mailbox_id if mailbox_id is not None else (inbox_id or "")
        wanted = None if names is None else frozenset(names)
        watcher = _Watcher(listener=listener, names=wanted, within_seconds=within_seconds)
        self._watchers.setdefault(key, {})[watcher] = None
        try:
            yield
        finally:
            if watcher.pending is not None:
                watcher.pending.cancel()
            group = self._watchers[key]
            del group[watcher]
            if not group:
                del self._watchers[key]

    async def lull(
        self,
        *,
        gather_seconds: float,
        longest_seconds: float,
        most_rows: int,
        is_enough: Callable[[], Awaitable[bool]] | None = None,
        cut: asyncio.Event | None = None,
    ) -> None:
        """Wait for what comes with a row; while rows stream in, until they come more slowly.

        For work behind the replies that takes what it has at once. It ends after `longest_seconds`, after
        `most_rows`, when `is_enough` says that enough waits, or with `cut`.
        """
        end = asyncio.Event() if cut is None else cut
        until = asyncio.get_running_loop().time() + longest_seconds
        first = self._heard
        while True:
            before = self._heard
            with suppress(TimeoutError):
                async with asyncio.timeout(gather_seconds):
                    await end.wait()
                    return
            if self._heard - before < _STREAM_ROWS * gather_seconds:
                return
            if self._heard - first >= most_rows or asyncio.get_running_loop().time() >= until:
                return
            if is_enough is not None and await is_enough():
                return

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
