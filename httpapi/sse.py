"""Server-sent events (HTML Living Standard §9.2): the journal as `text/event-stream`."""

import asyncio
from typing import Final

from aiohttp import HttpVersion11, web

from httpapi.auth import bearer_token
from httpapi.eventlog import scope_of
from httpapi.streams import Ending, EventFeed, Missed, Stream
from mailcore import log
from mailcore.errors import invalid
from mailcore.ids import Seq
from mailcore.model import Actor, Event

_WRITE_SECONDS: Final = 30.0
_HELLO: Final = b"retry: 3000\n: connected\n\n"
_PING: Final = b": ping\n\n"

_log = log.get(__name__)


class EventSources:
    """Serves `text/event-stream`."""

    def __init__(self, feed: EventFeed, ping_seconds: float) -> None:
        self._feed = feed
        self._ping_seconds = ping_seconds

    async def handle(
        self, request: web.Request, actor: Actor, since: int | None
    ) -> web.StreamResponse:
        """Answer with a stream that lasts until either side ends it."""
        stream = Stream(request, _chunk if request.version >= HttpVersion11 else _frame)
        stream.where = scope_of(actor)
        await self._feed.started()
        self._feed.admit(stream, actor, bearer_token(request))
        try:
            seen = await self._feed.first(_last_event_id(request, since))
            await self._feed.require_kept(stream, seen)
            response = web.StreamResponse(
                headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
            )
            await response.prepare(request)
            try:
                await self._serve(stream, response, seen)
            except (ConnectionError, TimeoutError):
                _log.debug("sse.client_left", actor=actor.label)
                stream.cut()
            return response
        finally:
            self._feed.leave(stream)

    async def _serve(self, stream: Stream, response: web.StreamResponse, seen: Seq) -> None:
        async def tell(missed: Missed) -> None:
            await _write(response, b"".join([_frame(*one) for one in missed]))

        await _write(response, _HELLO)
        await self._feed.follow(stream, seen, tell)
        while stream.ending is None:
            try:
                async with asyncio.timeout(self._ping_seconds):
                    await stream.ended()
            except TimeoutError:
                await self._ping(stream, response)
        if stream.ending is Ending.TOO_SLOW:
            _log.info("sse.dropped", actor=stream.actor.label if stream.actor else "")
            stream.cut()

    @staticmethod
    async def _ping(stream: Stream, response: web.StreamResponse) -> None:
        if stream.is_gone:
            stream.end(Ending.GONE)
        if stream.ending is None:
            await _write(response, _PING)


async def _write(response: web.StreamResponse, octets: bytes) -> None:
    async with asyncio.timeout(_WRITE_SECONDS):
        await response.write(octets)


def _last_event_id(request: web.Request, since: int | None) -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    if not text:
        return since
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid("Last-Event-ID", "this is not an id of an event")
    return int(text)


def _frame(event: Event, plain: bytes) -> bytes:
    """Id, event name, one line of data."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, event.name.encode(), plain)


def _chunk(event: Event, plain: bytes) -> bytes:
    """The same as a chunk (RFC 9112 §7.1), which is what the connection carries."""
    frame = _frame(event, plain)
    return b"%x\r\n%b\r\n" % (len(frame), frame)
