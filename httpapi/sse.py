"""Server-sent events: one reader of the journal, any number of streams.

The feed reads each new row once, encodes it once and puts the frame into the queue of every stream
that may see it. A stream first catches up from its `Last-Event-ID` by itself, so nothing between
the two is lost or repeated. A client that does not read is dropped and can resume where it was.
"""

import asyncio
from collections import deque
from typing import Final

from aiohttp import web

from httpapi.auth import Authenticator, bearer_token
from httpapi.eventlog import frame, is_within, scope_of
from httpapi.services import SafeText
from httpapi.visit import VISIT, Visit
from mailcore import log
from mailcore.errors import ErrorKind, MailError, invalid
from mailcore.ids import AgentId, Seq
from mailcore.journal import Journal
from mailcore.model import Actor, Event
from mailcore.store.ports import EventFilter

PING_SECONDS: Final = 30.0
_WRITE_SECONDS: Final = 30.0
_START_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0
_MAX_WAITING: Final = 2000
_BATCH: Final = 500
_HELLO: Final = b"retry: 3000\n: connected\n\n"
_PING: Final = b": ping\n\n"
_ENDS_AGENT: Final = frozenset({"agent.stopped", "agent.deleted"})

_log = log.get(__name__)


class Stream:
    """One connected client: frames that wait for it, and the number it has seen."""

    def __init__(self, request: web.Request, actor: Actor, where: EventFilter) -> None:
        self.actor = actor
        self.where = where
        self.is_closed = False
        self.token = bearer_token(request)
        self._request = request
        self._frames: deque[tuple[Seq, bytes]] = deque()
        self._woken = asyncio.Event()

    @property
    def is_gone(self) -> bool:
        """Whether the client hung up."""
        transport = self._request.transport
        return transport is None or transport.is_closing()

    def put(self, seq: Seq, data: bytes) -> None:
        """Queue a frame; a client too far behind is dropped."""
        if len(self._frames) >= _MAX_WAITING:
            _log.info("sse.dropped", actor=self.actor.label, waiting=len(self._frames))
            self.close()
            return
        self._frames.append((seq, data))
        self._woken.set()

    def take(self, seen: Seq) -> tuple[Seq, bytes]:
        """Everything queued after `seen`, joined, and the number it ends with."""
        chunks: list[bytes] = []
        while self._frames:
            seq, data = self._frames.popleft()
            if seq > seen:
                chunks.append(data)
                seen = seq
        self._woken.clear()
        return seen, b"".join(chunks)

    async def wait(self) -> None:
        """Until there is a frame or the stream is closed. Safe to cancel."""
        await self._woken.wait()

    def close(self) -> None:
        """End the stream after what it is writing now."""
        self.is_closed = True
        self._woken.set()


class EventStreams:
    """The feed and its streams."""

    def __init__(
        self,
        *,
        journal: Journal,
        authenticator: Authenticator,
        max_per_agent: int,
        safe_text: SafeText,
        ping_seconds: float = PING_SECONDS,
    ) -> None:
        self._journal = journal
        self._authenticator = authenticator
        self._max_per_agent = max_per_agent
        self._ping_seconds = ping_seconds
        self._safe_text = safe_text
        self._streams: set[Stream] = set()
        self._by_agent: dict[AgentId, list[Stream]] = {}
        self._is_running = asyncio.Event()

    # The feed ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Feed every stream; returns only on cancellation."""
        grown = asyncio.Event()
        with self._journal.watch(grown.set):
            cursor = await self._journal.head()
            self._is_running.set()
            try:
                while True:
                    await grown.wait()
                    grown.clear()
                    try:
                        cursor = await self._feed(cursor)
                    except MailError as error:
                        _log.error("sse.paused", reason=error.message, detail=error.detail)
                        await asyncio.sleep(_PAUSE_SECONDS)
                        grown.set()
            finally:
                self._is_running.clear()

    async def _feed(self, cursor: Seq) -> Seq:
        if not self._streams:
            return await self._journal.head()
        while True:
            events, following = await self._journal.since(cursor, EventFilter(), _BATCH)
            for event in events:
                self._give(event)
            if following == cursor:
                return cursor
            cursor = following

    def _give(self, event: Event) -> None:
        encoded = b""
        for stream in tuple(self._streams):
            if not is_within(event, stream.where):
                continue
            encoded = encoded or frame(event, self._safe_text)
            stream.put(event.seq, encoded)
        if event.name in _ENDS_AGENT and event.agent_id is not None:
            for stream in self._by_agent.get(event.agent_id, ()):
                stream.close()

    def close_all(self) -> None:
        """End every stream."""
        for stream in tuple(self._streams):
            stream.close()

    # One stream --------------------------------------------------------------------------------

    async def handle(
        self, request: web.Request, actor: Actor, since: int | None
    ) -> web.StreamResponse:
        """Answer with a stream that lasts until either side ends it."""
        stream = Stream(request, actor, scope_of(actor))
        await self._started()
        self._admit(stream)
        try:
            seen = await self._first(request, since)
            events, _ = await self._journal.since(seen, stream.where, 1)
            response = web.StreamResponse(
                headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
            )
            await response.prepare(request)
            try:
                await self._write(response, _HELLO)
                if events:
                    seen = await self._catch_up(stream, response, seen)
                await self._follow(stream, response, request[VISIT], seen)
            except (ConnectionError, TimeoutError):
                _log.debug("sse.client_left", actor=actor.label)
            return response
        finally:
            self._forget(stream)

    async def _started(self) -> None:
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._is_running.wait()
        except TimeoutError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE, "events are not flowing now", fix="Poll with ?since="
            ) from error

    async def _first(self, request: web.Request, since: int | None) -> Seq:
        head = await self._journal.head()
        text = request.headers.get("Last-Event-ID", "")
        if text:
            if not (text.isascii() and text.isdigit() and len(text) < 19):
                raise invalid("Last-Event-ID", "this is not an id of an event")
            since = int(text)
        return head if since is None else Seq(min(since, head))

    async def _catch_up(self, stream: Stream, response: web.StreamResponse, seen: Seq) -> Seq:
        while not stream.is_closed:
            events, following = await self._journal.since(seen, stream.where, _BATCH)
            if events:
                await self._write(
                    response, b"".join([frame(one, self._safe_text) for one in events])
                )
            if following == seen:
                break
            seen = following
        return seen

    async def _follow(
        self, stream: Stream, response: web.StreamResponse, visit: Visit, seen: Seq
    ) -> None:
        while True:
            seen, data = stream.take(seen)
            if data:
                await self._write(response, data)
            if stream.is_closed or stream.is_gone:
                return
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await stream.wait()
            except TimeoutError:
                if not await self._is_still_allowed(stream, visit):
                    return
                await self._write(response, _PING)

    async def _is_still_allowed(self, stream: Stream, visit: Visit) -> bool:
        token = stream.token
        if token is None:
            return True
        try:
            await self._authenticator.again(token, visit.peer)
        except MailError:
            return False
        return True

    @staticmethod
    async def _write(response: web.StreamResponse, data: bytes) -> None:
        async with asyncio.timeout(_WRITE_SECONDS):
            await response.write(data)

    def _admit(self, stream: Stream) -> None:
        agent_id = stream.actor.agent_id
        if agent_id is not None:
            mine = self._by_agent.setdefault(agent_id, [])
            for old in [one for one in mine if one.is_gone]:
                old.close()
                mine.remove(old)
            if len(mine) >= self._max_per_agent:
                raise MailError(
                    ErrorKind.OVER_LIMIT,
                    f"an agent has at most {self._max_per_agent} event streams",
                    code="too_many_streams",
                    fix="Close one, or share one stream",
                )
            mine.append(stream)
        self._streams.add(stream)

    def _forget(self, stream: Stream) -> None:
        self._streams.discard(stream)
        agent_id = stream.actor.agent_id
        if agent_id is None:
            return
        mine = self._by_agent.get(agent_id, [])
        if stream in mine:
            mine.remove(stream)
        if not mine:
            self._by_agent.pop(agent_id, None)
