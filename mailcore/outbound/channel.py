"""One SMTP connection as lines out and replies in, in their order; it knows no command's meaning.

Replies may be asked for before they are read, so that commands can be sent ahead (RFC 2920). What
comes unasked makes the connection useless for more. Goodbyes are said without anybody waiting for them.
"""

import asyncio
import ssl
from collections import deque
from typing import Final, cast, override

from mailcore.outbound.reply import Reply, from_response

MAX_REPLY_OCTETS: Final = 64 * 1024


class ChannelError(Exception):
    """The connection is of no more use; the text says why, without a library's words."""


class Channel(asyncio.Protocol):
    """A connection; made by `loop.create_connection`, the greeting is expected already."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._size = 0
        self._replies: deque[tuple[int, tuple[str, ...]]] = deque()
        self.lines: tuple[str, ...] = ()
        """The lines of the reply read last, without its code."""
        self._expected = 1
        self._failure: ChannelError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._is_full = False
        self._is_leaving = False
        self._closer: asyncio.TimerHandle | None = None
        self.closed: asyncio.Future[None] = self._loop.create_future()
        """Done once the connection is gone."""

    @property
    def is_usable(self) -> bool:
        """Open, with no reply outstanding and nothing said unasked."""
        return (
            self._failure is None
            and not self._is_leaving
            and self._expected == 0
            and not self._replies
            and self._transport is not None
            and not self._transport.is_closing()
        )

    @property
    def has_reply(self) -> bool:
        """Whether a reply waits to be read."""
        return bool(self._replies)

    def send(self, octets: bytes, *, replies: int) -> None:
        """Write whole lines to which so many replies will come."""
        self._expected += replies
        self._write(octets)

    async def send_block(self, octets: bytes, *, seconds: float) -> None:
        """Write a part of a message, once what was written before is nearly gone."""
        self._write(octets)
        if not self._is_full:
            return
        self._room = self._loop.create_future()
        await self._wait(self._room, seconds)
        self._check()

    async def reply(self, seconds: float) -> Reply:
        """The next reply in order. Raises ChannelError when it does not come in time or at all."""
        while not self._replies:
            self._check()
            self._waiter = self._loop.create_future()
            await self._wait(self._waiter, seconds)
        code, self.lines = self._replies.popleft()
        return from_response(code, "\n".join(self.lines))

    async def start_tls(self, context: ssl.SSLContext, name: str, *, seconds: float) -> None:
        """The handshake; what was said in the clear behind the reply is thrown away (RFC 3207 §4.2).

        Raises what the handshake raises: OSError, among them ssl.SSLError.
        """
        self._check()
        self._buffer.clear()
        self._replies.clear()
        transport = await self._loop.start_tls(
            cast(asyncio.Transport, self._transport),
            self,
            context,
            server_hostname=name,
            ssl_handshake_timeout=seconds,
        )
        if transport is None:
            raise ConnectionResetError
        self._transport = transport

    @property
    def secured(self) -> ssl.SSLObject | None:
        """The TLS layer, to look at; None for plain text."""
        transport = self._transport
        return transport.get_extra_info("ssl_object") if transport is not None else None

    def tls(self) -> str:
        """Protocol and cipher, or empty for plain text."""
        wrapped = self.secured
        if wrapped is None:
            return ""
        cipher = wrapped.cipher()
        return f"{wrapped.version()} {cipher[0]}" if cipher else str(wrapped.version())

    def quit(self, seconds: float) -> None:
        """Say goodbye and let the host close; after so many seconds we do. Waits for nothing.

        In the middle of a dialog there is no goodbye.
        """
        if self._transport is None or not self.is_usable:
            self.abort()
            return
        self._is_leaving = True
        self._transport.write(b"QUIT\r\n")
        self._closer = self._loop.call_later(seconds, self.abort)

    def abort(self) -> None:
        """Close without sending what is still buffered: half a message must not arrive later."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\n")) >= 0:
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            self._take(line)
        if len(self._buffer) > MAX_REPLY_OCTETS:
            self._fail("the answer makes no sense")

    @override
    def eof_received(self) -> bool:
        self._fail("the connection was lost")
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        reason = exc.strerror if isinstance(exc, OSError) else None
        self._fail(reason or "the connection was lost")
        self._transport = None
        if self._closer is not None:
            self._closer.cancel()
        if not self.closed.done():
            self.closed.set_result(None)

    @override
    def pause_writing(self) -> None:
        self._is_full = True

    @override
    def resume_writing(self) -> None:
        self._is_full = False
        _wake(self._room)

    def _take(self, line: bytes) -> None:
        """One line of a reply; the last one completes it."""
        if self._is_leaving:
            if self._transport is not None:
                self._transport.close()
            return
        self._size += len(line)
        if not line[:3].isdigit() or self._size > MAX_REPLY_OCTETS:
            self._fail("the answer makes no sense")
            return
        self._lines.append(line[4:].decode("utf-8", "replace").strip())
        if line[3:4] == b"-":
            return
        lines = tuple(self._lines)
        self._lines, self._size = [], 0
        if not self._expected:
            self._fail(f"it said {line[:3].decode()} unasked")
            return
        self._expected -= 1
        self._replies.append((int(line[:3]), lines))
        _wake(self._waiter)

    def _write(self, octets: bytes) -> None:
        self._check()
        if self._transport is None or self._transport.is_closing():
            raise ChannelError("the connection was lost")
        self._transport.write(octets)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, reason: str) -> None:
        """Replies that came before are still there to be read."""
        if self._failure is None:
            self._failure = ChannelError(reason)
        _wake(self._waiter)
        _wake(self._room)

    @staticmethod
    async def _wait(future: asyncio.Future[None], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError as error:
            raise ChannelError("no answer in time") from error


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
