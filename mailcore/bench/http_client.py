"""A plain HTTP/1.1 client for loads: one connection, one request at a time, next to no work of its own.

It reads status, `Content-Length` and body, and for event streams hands every chunk on as it comes.
It is no general client: no redirects, no proxies, no other transfer codings.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast, override

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Which API, and with which key."""

    host: str
    port: int
    key: str
    is_tls: bool = False

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """The octets of a request; `_` in a header's name stands for `-`."""
        fields: Mapping[str, str] = {
            "Host": f"{self.host}:{self.port}",
            "Authorization": f"Bearer {self.key}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body:
            fields = {
                **fields,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }
        lines = (f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes


class Connection(asyncio.Protocol):
    """One connection to the API."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._needed = 0
        self._body_at = 0
        self._answer: asyncio.Future[Reply] | None = None
        self._transport: asyncio.Transport | None = None
        self._on_chunk: Callable[[bytes], None] | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # what a stream's connection has

    @override
    def data_received(self, data: bytes) -> None:
        if self._on_chunk is not None:
            self._on_chunk(data)
            return
        self._received += data
        if not self._needed:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._received, 0, end)
            self._body_at = end + 4
            self._needed = self._body_at + (int(length[1]) if length else 0)
        if len(self._received) >= self._needed:
            self._finish()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server closed the connection"))

    def _finish(self) -> None:
        reply = Reply(
            int(self._received[9:12]), bytes(self._received[self._body_at : self._needed])
        )
        self._received.clear()
        self._needed = 0
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(reply)

    async def ask(self, request: bytes) -> Reply:
        """Send a request and wait for its whole answer."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    async def stream(self, request: bytes, on_chunk: Callable[[bytes], None]) -> None:
        """Send a request and hand on what comes from then on; returns at the first octets."""
        begun = asyncio.get_running_loop().create_future()

        def first(data: bytes) -> None:
            self._on_chunk = on_chunk
            begun.set_result(None)
            on_chunk(data)

        self._on_chunk = first
        if self._transport is None:
            raise ConnectionResetError("the connection is closed")
        self._transport.write(request)
        await begun

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


@asynccontextmanager
async def connected(site: Site) -> AsyncIterator[Connection]:
    """An open connection; a certificate is not checked, for it guards no secret here."""
    context = None
    if site.is_tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, site.host, site.port, ssl=context)
    try:
        yield connection
    finally:
        connection.close()
