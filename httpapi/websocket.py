"""The journal over a WebSocket (RFC 6455): one JSON document a message, both ways.

A key comes in the `Authorization` field, as a subprotocol (browsers cannot set fields), or in the
first message; nothing is told before. What to hear stands in the query, in that first message, or
in a `subscribe` message later. An error is told as a message and ends the connection with a code.
"""

import asyncio
from typing import Final

import orjson
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import BaseModel, ValidationError

from httpapi.errors import fix_of, from_validation, meaning
from httpapi.eventlog import scope_of
from httpapi.middleware import Edge
from httpapi.routes import Routes, query_values
from httpapi.streams import Ending, EventFeed, Missed, Stream
from httpapi.subscription import Greeting, Subscribe, Subscription
from httpapi.visit import VISIT, Visit
from mailcore import log
from mailcore.errors import ErrorKind, MailError, denied
from mailcore.ids import Seq
from mailcore.model import Event, Permission

PATH: Final = "/v1/events/ws"
PROTOCOL: Final = "countersign.events"
KEY_PROTOCOL: Final = "countersign.key."
_WRITE_SECONDS: Final = 30.0
_AUTH_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 5.0
_MAX_MESSAGE_BYTES: Final = 64 * 1024
_MAX_STRANGERS: Final = 100
"""Connections at once that have not said who they are."""
_ERROR_CODE: Final = 4000
"""An error closes with this plus its HTTP status: 4409 is a conflict."""

_ENDINGS: Final = {
    Ending.STOPPING: (WSCloseCode.GOING_AWAY, "the server is stopping"),
    Ending.TOO_SLOW: (WSCloseCode.TRY_AGAIN_LATER, "events were not read fast enough; resume"),
    Ending.NOT_ALLOWED: (_ERROR_CODE + 401, "the key or the agent is no longer valid"),
    Ending.GONE: (WSCloseCode.OK, ""),
}

_log = log.get(__name__)


class EventSockets:
    """Serves `/v1/events/ws`."""

    def __init__(self, *, feed: EventFeed, routes: Routes, edge: Edge, ping_seconds: float) -> None:
        self._feed = feed
        self._routes = routes
        self._edge = edge
        self._ping_seconds = ping_seconds
        self._strangers = 0

    def install(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get(PATH, self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection, from the handshake to its close."""
        socket = web.WebSocketResponse(
            heartbeat=self._ping_seconds,
            protocols=(PROTOCOL,),
            max_msg_size=_MAX_MESSAGE_BYTES,
            compress=False,
            timeout=_CLOSE_SECONDS,
        )
        if not socket.can_prepare(request):
            raise MailError(
                ErrorKind.INVALID,
                "this path speaks WebSocket only",
                code="websocket_expected",
                fix="Connect with a WebSocket client, or read GET /v1/events",
            )
        self._require_origin(request)
        await self._feed.started()
        stream = Stream(request, _frame)
        self._feed.enter(stream)
        try:
            if (key := _key_of(request)) is not None or "Authorization" in request.headers:
                await self._admit(request, stream, key)
            elif request[VISIT].peer.is_operator:
                await self._admit(request, stream, None)
            elif self._strangers >= _MAX_STRANGERS:
                raise _too_many()
            await socket.prepare(request)
            await self._talk(request, socket, stream)
        finally:
            self._feed.leave(stream)
        return socket

    def _require_origin(self, request: web.Request) -> None:
        """A web page may connect when it may call the API: from here, or by `http.cors_origins`."""
        origin = request.headers.get("Origin")
        if origin is None or self._edge.is_allowed_origin(origin):
            return
        if origin.partition("://")[2].lower() != request.host.lower():
            raise denied(
                "pages of this origin may not connect",
                code="origin_not_allowed",
                fix="Have the owner add it to http.cors_origins",
            )

    async def _admit(self, request: web.Request, stream: Stream, key: str | None) -> None:
        actor, token = await self._routes.admit_with(request, key)
        actor.require(Permission.READ)
        self._feed.admit(stream, actor, token)

    async def _talk(
        self, request: web.Request, socket: web.WebSocketResponse, stream: Stream
    ) -> None:
        """Until the end, whoever brings it about."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_close_at_end(socket, stream))
                try:
                    await self._listen(request, socket, stream)
                except MailError as error:
                    await _refuse(socket, error, request[VISIT])
                finally:
                    stream.end(Ending.GONE)
        except* (ConnectionError, TimeoutError):
            stream.cut()

    async def _listen(
        self, request: web.Request, socket: web.WebSocketResponse, stream: Stream
    ) -> None:
        if stream.actor is None:
            subscription: Subscription | None = await self._greeted(request, socket, stream)
        else:
            values = query_values(request, Subscription.list_names())
            subscription = _parse(Subscription, values)
        while subscription is not None:
            subscription = await self._subscribed(request, socket, stream, subscription)

    async def _greeted(
        self, request: web.Request, socket: web.WebSocketResponse, stream: Stream
    ) -> Subscription | None:
        """Wait for the message with the key."""
        self._strangers += 1
        try:
            async with asyncio.timeout(_AUTH_SECONDS):
                values = await _next(socket)
        except TimeoutError as error:
            raise _no_key() from error
        finally:
            self._strangers -= 1
        if values is None:
            return None
        if values.get("type") != "auth":
            raise _no_key()
        greeting = _parse(Greeting, values)
        await self._admit(request, stream, greeting.key)
        return greeting

    async def _subscribed(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        stream: Stream,
        wish: Subscription,
    ) -> Subscription | None:
        """Tell what is wished for until something else is; None at the end."""
        if stream.actor is None:
            raise _no_key()
        stream.where = await wish.within(
            scope_of(stream.actor), stream.actor, self._routes.services.mailboxes
        )
        seen = await self._feed.first(wish.since)
        await self._feed.require_kept(stream, seen)
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell(request, socket, stream, seen))
            try:
                values = await _next(socket)
            finally:
                telling.cancel()
                self._feed.pause(stream)
        return None if values is None else _parse(Subscribe, values)

    async def _tell(
        self, request: web.Request, socket: web.WebSocketResponse, stream: Stream, seen: Seq
    ) -> None:
        async def tell(missed: Missed) -> None:
            for _, plain in missed:
                async with asyncio.timeout(_WRITE_SECONDS):
                    await socket.send_frame(plain, WSMsgType.TEXT)

        await socket.send_frame(orjson.dumps({"type": "subscribed", "since": seen}), WSMsgType.TEXT)
        try:
            await self._feed.follow(stream, seen, tell)
        except MailError as error:
            await _refuse(socket, error, request[VISIT])


async def _close_at_end(socket: web.WebSocketResponse, stream: Stream) -> None:
    ending = await stream.ended()
    code, reason = _ENDINGS[ending]
    if ending is Ending.TOO_SLOW:
        _log.info("websocket.dropped", actor=stream.actor.label if stream.actor else "")
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await socket.close(code=code, message=reason.encode())
    except TimeoutError:
        stream.cut()


async def _refuse(socket: web.WebSocketResponse, error: MailError, visit: Visit) -> None:
    """Tell an error and close."""
    status = meaning(error).status
    document: dict[str, object] = {
        "type": "error",
        "code": error.code,
        "detail": error.message,
        "fix": fix_of(error),
        "trace_id": visit.trace_id,
    }
    if error.fields:
        document["errors"] = [{"path": one.path, "message": one.message} for one in error.fields]
    async with asyncio.timeout(_CLOSE_SECONDS):
        await socket.send_frame(orjson.dumps(document), WSMsgType.TEXT)
        await socket.close(code=_ERROR_CODE + status, message=error.code.encode())


async def _next(socket: web.WebSocketResponse) -> dict[str, object] | None:
    """The next message; None when the connection ends."""
    message = await socket.receive()
    if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
        return None
    try:
        values = orjson.loads(message.data)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise MailError(
            ErrorKind.INVALID, "a message must be one JSON object", code="malformed_json"
        )
    return values


def _parse[T: BaseModel](model: type[T], values: dict[str, object]) -> T:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise from_validation(error, tuple(model.model_fields)) from None


def _key_of(request: web.Request) -> str | None:
    """The key that a browser gives as a subprotocol; it is never the one that is agreed on."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    named = (one.strip() for one in offered)
    return next(
        (one.removeprefix(KEY_PROTOCOL) for one in named if one.startswith(KEY_PROTOCOL)), None
    )


def _no_key() -> MailError:
    return MailError(
        ErrorKind.UNAUTHENTICATED,
        "no API key was sent",
        code="key_required",
        fix='Send {"type": "auth", "key": KEY} first',
    )


def _too_many() -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        "too many connections wait to say who they are",
        fix="Send the key with the handshake",
        retry_after_seconds=5,
    )


def _frame(_event: Event, plain: bytes) -> bytes:
    """One text message in one frame, not masked (RFC 6455 §5.2)."""
    size = len(plain)
    if size < 126:
        head = bytes((0x81, size))
    elif size < 65536:
        head = b"\x81\x7e" + size.to_bytes(2)
    else:
        head = b"\x81\x7f" + size.to_bytes(8)
    return head + plain
