"""One aiohttp request as an ASGI call: just enough of ASGI for the protocol's own server.

The body is there before the call. `receive` tells of a client that left by waiting for it, never by
returning early: the protocol watches it to cancel what nobody waits for any more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from aiohttp import web

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Scope = MutableMapping[str, Any]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CALLER: Final = "countersign.caller"
_LOOK_SECONDS: Final = 0.5
_WRITE_SECONDS: Final = 30.0
_CLIENT_LEFT: Final = 499
_OURS: Final = frozenset({"connection", "content-length", "transfer-encoding"})


async def serve(
    request: web.Request, body: bytes, application: Application, caller: object
) -> web.StreamResponse:
    """Let the application answer; 499, for the log, when nobody was there to be answered."""
    exchange = _Exchange(request, body)
    try:
        await application(_scope(request, caller), exchange.receive, exchange.send)
    finally:
        exchange.is_over.set()
    return exchange.response or web.Response(status=_CLIENT_LEFT)


class _Exchange:
    """The two directions of one request."""

    def __init__(self, request: web.Request, body: bytes) -> None:
        self.is_over = asyncio.Event()
        self.response: web.StreamResponse | None = None
        self._request = request
        self._body: bytes | None = body
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._is_streaming = False

    async def receive(self) -> Message:
        """The body, then, when it is so, that the client has left or has its answer."""
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        while not self.is_over.is_set() and not self._is_gone():
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self.is_over.wait()
            except TimeoutError:
                continue
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer; what comes after the client has left is dropped."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = _headers(message.get("headers", ()))
            return
        if message["type"] != "http.response.body" or self.is_over.is_set():
            return
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        if is_last and not self._is_streaming:
            self.response = self._with_headers(web.Response(status=self._status, body=body))
        else:
            await self._stream(body, is_last=is_last)
        if is_last:
            self.is_over.set()

    async def _stream(self, body: bytes, *, is_last: bool) -> None:
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                if self.response is None:
                    self._is_streaming = True
                    self.response = self._with_headers(web.StreamResponse(status=self._status))
                    await self.response.prepare(self._request)
                if body:
                    await self.response.write(body)
                if is_last:
                    await self.response.write_eof()
        except (ConnectionError, TimeoutError):
            self.is_over.set()

    def _with_headers[R: web.StreamResponse](self, response: R) -> R:
        for name, value in self._headers:
            response.headers[name] = value
        return response

    def _is_gone(self) -> bool:
        transport = self._request.transport
        return transport is None or transport.is_closing()


def _scope(request: web.Request, caller: object) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": request.rel_url.raw_path.encode("ascii", "replace"),
        "query_string": request.query_string.encode("utf-8", "replace"),
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.raw_headers],
        "client": None,
        "server": None,
        "state": {},
        CALLER: caller,
    }


def _headers(found: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    decoded = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in found]
    return [(name, value) for name, value in decoded if name.lower() not in _OURS]
