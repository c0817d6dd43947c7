"""Event streams of any kind: one reader of the journal, any number of listeners.

The feed reads each new row once, encodes it once for each form (`Form`) and writes the same octets
to every stream that may see it, straight into its connection. A stream first catches up from its
cursor by itself and goes live at a moment when it has seen all that the feed has given out, so
nothing in between is lost or repeated and nothing is queued here. A client that does not read is
dropped and can resume where it was. A stream ends with what it rests on: its key, its agent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from typing import Final

from aiohttp import web

from httpapi.eventlog import event_json, is_within
from httpapi.services import SafeText
from mailcore import log
from mailcore.credentials import Credentials
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import AgentId, Seq
from mailcore.journal import Journal
from mailcore.model import Actor, Event
from mailcore.store.ports import EventFilter

PING_SECONDS: Final = 30.0
_START_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
_MAX_UNSENT_BYTES: Final = 512 * 1024
_RETRY_SECONDS: Final = 5
_BATCH: Final = 500
_SLICE: Final = 250
"""Streams that are written to before others get their turn on the loop."""
_ENDS_AGENT: Final = frozenset({"agent.stopped", "agent.deleted"})

type Form = Callable[[Event, bytes], bytes]
"""An event and its JSON as the octets of one kind of stream."""
type Missed = Sequence[tuple[Event, bytes]]
"""Events that a stream has not had, each with its JSON."""
type Tell = Callable[[Missed], Awaitable[None]]
"""Sends missed events and waits until there is room for more."""

_log = log.get(__name__)


class Ending(Enum):
    """Why a stream ends."""

    STOPPING = auto()
    """The server stops."""
    TOO_SLOW = auto()
    """The client does not read what it is sent."""
    NOT_ALLOWED = auto()
    """The key or the agent it came with is no longer valid."""
    GONE = auto()
    """The client hung up."""


class Stream:
    """One connected client."""

    __slots__ = ("_ended", "_transport", "actor", "ending", "form", "seen", "token", "where")

    def __init__(self, request: web.Request, form: Form) -> None:
        self.form = form
        self.actor: Actor | None = None
        self.token: str | None = None
        """The key it came with; None on the operator's socket."""
        self.where = EventFilter()
        self.seen = Seq(0)
        """The number it has got, once it is live."""
        self.ending: Ending | None = None
        self._transport = request.transport
        self._ended = asyncio.Event()

    @property
    def is_gone(self) -> bool:
        """Whether the client hung up."""
        return self._transport is None or self._transport.is_closing()

    def write(self, octets: bytes) -> None:
        """Send something whole; a client too far behind is dropped."""
        if self._transport is None or self._transport.is_closing():
            self.end(Ending.GONE)
        elif self._transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self.end(Ending.TOO_SLOW)
        elif self.ending is None:
            self._transport.write(octets)

    def end(self, ending: Ending) -> None:
        """End it; the first reason counts."""
        if self.ending is None:
            self.ending = ending
            self._ended.set()

    async def ended(self) -> Ending:
        """Wait for the end and say why. Safe to cancel."""
        await self._ended.wait()
        return self.ending or Ending.GONE

    def cut(self) -> None:
        """Close the connection without waiting for the client."""
        if self._transport is not None:
            self._transport.abort()


class EventFeed:
    """The feed, and every stream that is open."""

    def __init__(
        self,
        *,
        journal: Journal,
        credentials: Credentials,
        max_per_agent: int,
        safe_text: SafeText,
        check_seconds: float,
    ) -> None:
        self._check_seconds = check_seconds
        self._journal = journal
        self._credentials = credentials
        self._max_per_agent = max_per_agent
        self._safe_text = safe_text
        self._open: set[Stream] = set()
        self._live: set[Stream] = set()
        self._by_agent: dict[AgentId, list[Stream]] = {}
        self._cursor = Seq(0)
        self._grown = asyncio.Event()
        self._is_running = asyncio.Event()
        self._is_doubtful = False

    async def run(self) -> None:
        """Feed every stream; returns only on cancellation."""
        unsubscribe = self._credentials.watch(self._doubt)
        with self._journal.watch(self._news):
            self._cursor = await self._journal.head()
            self._is_running.set()
            try:
                while True:
                    await self._woken()
                    await self._round()
            finally:
                self._is_running.clear()
                unsubscribe()

    def _news(self) -> None:
        if self._live:
            self._grown.set()

    async def _woken(self) -> None:
        """Wait for news, but no longer than keys may go unchecked: they also end by time."""
        try:
            async with asyncio.timeout(self._check_seconds):
                await self._grown.wait()
        except TimeoutError:
            self._is_doubtful = True
        self._grown.clear()

    async def _round(self) -> None:
        try:
            await self._feed()
            if self._is_doubtful:
                self._is_doubtful = False
                await self._check_all()
        except MailError as error:
            _log.error("streams.paused", reason=error.message, detail=error.detail)
            await asyncio.sleep(_PAUSE_SECONDS)
            self._grown.set()

    async def _feed(self) -> None:
        if not self._live:
            self._cursor = await self._journal.head()
            return
        while True:
            events, following = await self._journal.since(self._cursor, EventFilter(), _BATCH)
            for event in events:
                await self._give(event)
            if following == self._cursor:
                return
            self._cursor = following

    async def _give(self, event: Event) -> None:
        # Before anything is written: who goes live from here on has read this event.
        self._cursor = event.seq
        plain = b""
        encoded: dict[Form, bytes] = {}
        for number, stream in enumerate(tuple(self._live), 1):
            if stream not in self._live:  # it left while others were written to
                continue
            if event.seq > stream.seen and is_within(event, stream.where):
                plain = plain or event_json(event, self._safe_text)
                octets = encoded.get(stream.form)
                if octets is None:
                    octets = encoded[stream.form] = stream.form(event, plain)
                stream.write(octets)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        if event.name in _ENDS_AGENT and event.agent_id is not None:
            for stream in tuple(self._by_agent.get(event.agent_id, ())):
                stream.end(Ending.NOT_ALLOWED)

    # Who may listen ----------------------------------------------------------------------------

    def _doubt(self) -> None:
        """Keys or agents changed: look whether every stream may go on, after what led to it was told."""
        self._is_doubtful = True
        self._grown.set()

    async def _check_all(self) -> None:
        for number, stream in enumerate(tuple(self._open), 1):
            if stream.token is not None and not await self._credentials.is_good(stream.token):
                stream.end(Ending.NOT_ALLOWED)
            if number % _SLICE == 0:
                await asyncio.sleep(0)

    # Coming and going --------------------------------------------------------------------------

    async def started(self) -> None:
        """Wait until events flow; UNAVAILABLE when they do not for a while."""
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._is_running.wait()
        except TimeoutError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE, "events are not flowing now", fix="Poll with ?since="
            ) from error

    def enter(self, stream: Stream) -> None:
        """A connection that is not known yet; it ends with the server."""
        self._open.add(stream)

    def admit(self, stream: Stream, actor: Actor, token: str | None) -> None:
        """Whose stream it is; OVER_LIMIT when the agent has its number of them already."""
        agent_id = actor.agent_id
        if agent_id is not None:
            mine = self._by_agent.setdefault(agent_id, [])
            for old in [one for one in mine if one.is_gone]:
                old.end(Ending.GONE)
                mine.remove(old)
            if len(mine) >= self._max_per_agent:
                raise MailError(
                    ErrorKind.OVER_LIMIT,
                    f"an agent has at most {self._max_per_agent} event streams",
                    code="too_many_streams",
                    fix="Close one, or share one stream",
                    retry_after_seconds=_RETRY_SECONDS,
                )
            mine.append(stream)
        stream.actor, stream.token = actor, token
        self._open.add(stream)

    def leave(self, stream: Stream) -> None:
        """Forget the stream."""
        self._open.discard(stream)
        self._live.discard(stream)
        agent_id = stream.actor.agent_id if stream.actor is not None else None
        if agent_id is None:
            return
        mine = self._by_agent.get(agent_id, [])
        if stream in mine:
            mine.remove(stream)
        if not mine:
            self._by_agent.pop(agent_id, None)

    def close_all(self) -> None:
        """End every stream: the server stops."""
        for stream in tuple(self._open):
            stream.end(Ending.STOPPING)

    # Catching up -------------------------------------------------------------------------------

    async def first(self, since: int | None) -> Seq:
        """The cursor to begin with: `since`, or the present when it is left out or beyond."""
        head = await self._journal.head()
        return head if since is None else Seq(min(since, head))

    async def require_kept(self, stream: Stream, seen: Seq) -> None:
        """CONFLICT `cursor_too_old` when events after this are no longer kept."""
        await self._journal.since(seen, stream.where, 1)

    def pause(self, stream: Stream) -> None:
        """Not live any more, until it has followed again."""
        self._live.discard(stream)

    async def follow(self, stream: Stream, seen: Seq, tell: Tell) -> None:
        """Send what was missed, then go live; CONFLICT `cursor_too_old`."""
        while stream.ending is None:
            events, following = await self._journal.since(seen, stream.where, _BATCH)
            if events:
                await tell([(one, event_json(one, self._safe_text)) for one in events])
            seen = following
            if len(events) < _BATCH and self._cursor <= seen:
                stream.seen = seen
                if not self._live:  # the feed slept
                    self._cursor = seen
                    self._grown.set()
                self._live.add(stream)
                return
