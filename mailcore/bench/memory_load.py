"""Clients that do nothing: connections that are held open while the server's memory is read.

Each is a protocol on a transport, so that thousands cost the generator little. A load counts how many
of its clients still answer at the end: memory of connections that were dropped is no figure.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast, override

from mailcore.errors import ErrorKind, MailError

_AT_ONCE: Final = 20
_ANSWER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Octets to send, none for a greeting, and what ends the answer."""

    send: bytes
    until: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleLoad:
    """What each client does before it falls silent, and how it shows that it is alive."""

    name: str
    host: str
    port: int
    is_tls: bool
    opening: tuple[Step, ...]
    proof: Step


def imap_before_login(host: str, port: int) -> IdleLoad:
    """IMAP connections that have read their greeting."""
    return IdleLoad(
        name="IMAP, before login",
        host=host,
        port=port,
        is_tls=False,
        opening=(Step(send=b"", until=b"\r\n"),),
        proof=Step(send=b"n NOOP\r\n", until=b"n OK"),
    )


def imap_idle(host: str, port: int, user: str, password: str) -> IdleLoad:
    """IMAP sessions under TLS, logged in, in IDLE on the INBOX."""
    return IdleLoad(
        name="IMAP, TLS, IDLE",
        host=host,
        port=port,
        is_tls=True,
        opening=(
            Step(send=b"", until=b"\r\n"),
            Step(send=f'a LOGIN "{user}" "{password}"\r\n'.encode(), until=b"a OK"),
            Step(send=b"b SELECT INBOX\r\n", until=b"b OK"),
            Step(send=b"c IDLE\r\n", until=b"+ "),
        ),
        proof=Step(send=b"DONE\r\n", until=b"c OK"),
    )


def event_stream(host: str, port: int, key: str) -> IdleLoad:
    """Clients of the event stream; the comment at its beginning is the proof of life."""
    request = (
        f"GET /v1/events HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {key}\r\n\r\n"
    )
    return IdleLoad(
        name="event stream",
        host=host,
        port=port,
        is_tls=False,
        opening=(Step(send=request.encode(), until=b"\r\n\r\n"),),
        proof=Step(send=b"", until=b""),
    )


class _Client(asyncio.Protocol):
    """One connection; remembers only the answer it waits for."""

    def __init__(self) -> None:
        self.is_lost = False
        self._heard = b""
        self._until: bytes | None = None
        self._answered: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._heard += data
        self._look()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError("the server closed the connection"))

    def _look(self) -> None:
        if self._until is not None and self._until in self._heard:
            self._heard, self._until = b"", None
            if self._answered is not None and not self._answered.done():
                self._answered.set_result(None)

    async def do(self, step: Step) -> None:
        """Take a step. Raises OSError when the server ends the connection or says nothing."""
        self._answered = asyncio.get_running_loop().create_future()
        self._until = step.until
        if self.is_lost:
            raise ConnectionError("the server closed the connection")
        if step.send and self.transport is not None:
            self.transport.write(step.send)
        self._look()
        async with asyncio.timeout(_ANSWER_SECONDS):
            await self._answered


class Held:
    """The clients of a load."""

    def __init__(self, load: IdleLoad) -> None:
        self._load = load
        self._clients: list[_Client] = []
        self._context = _context() if load.is_tls else None

    async def open(self, count: int) -> None:
        """So many more. Raises UNAVAILABLE when one is refused."""
        left = iter(range(count))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(_AT_ONCE):
                    group.create_task(self._one_after_the_other(left))
        except* OSError as group:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                f"only {len(self._clients)} connections were held: {group.exceptions[0]}",
                fix="Raise the limit on open files, or hold fewer with --connections",
            ) from group

    async def _one_after_the_other(self, left: Iterator[int]) -> None:
        loop = asyncio.get_running_loop()
        for _ in left:
            _, client = await loop.create_connection(
                _Client, self._load.host, self._load.port, ssl=self._context
            )
            for step in self._load.opening:
                await client.do(step)
            self._clients.append(client)

    async def alive(self) -> int:
        """How many answer still."""
        count = 0
        for client in self._clients:
            try:
                await client.do(self._load.proof)
            except OSError:
                continue
            count += 1
        return count

    def close(self) -> None:
        """Let go of all."""
        for client in self._clients:
            if client.transport is not None:
                client.transport.abort()


@asynccontextmanager
async def held(load: IdleLoad) -> AsyncIterator[Held]:
    """The clients of a load, closed at the end."""
    clients = Held(load)
    try:
        yield clients
    finally:
        clients.close()


def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a load on a test server, not a secret
    return context
