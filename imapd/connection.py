"""One socket: octets in and out, back-pressure both ways, the change to TLS. Knows no IMAP command.

Invariants: nothing is read while much waits to be handled; nothing is written on while much waits
to be sent; after `abort` every wait ends with Disconnected.
"""

import asyncio
import ssl
import zlib
from collections.abc import Callable
from typing import Final, cast, override

from imapd.wire import Framer
from mailcore.net.acknowledging import acknowledge

HANDSHAKE_SECONDS: Final = 30.0
WRITE_SECONDS: Final = 120.0
"""A client that takes nothing for so long is gone."""
LINGER_SECONDS: Final = 5.0
"""Time for the last words to reach a client."""
_INFLATE_STEP: Final = 64 * 1024
_LEVEL: Final = 3
_READ_HIGH: Final = 512 * 1024
_WRITE_HIGH: Final = 256 * 1024
_SEND_AT: Final = 32 * 1024
"""Octets that do not wait for the loop to turn."""


class Disconnected(Exception):  # noqa: N818 - an event, not a fault
    """The peer is gone, or the connection cannot go on."""


class Silence(Exception):  # noqa: N818 - an event, not a fault
    """The peer has said nothing for too long."""


class Connection(asyncio.Protocol):
    """The transport of one session."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: Callable[["Connection"], None],
        closed: Callable[["Connection"], None],
    ) -> None:
        self.framer = Framer()
        self.peer = ""
        self.is_tls = False
        self.is_closed = False
        self._loop = loop
        self._opened = opened
        self._closed = closed
        self._transport: asyncio.Transport | None = None
        self._is_ended = False
        self._is_signaled = False
        self._waiting: asyncio.Future[None] | None = None
        self._is_reading = True
        self._writable: asyncio.Future[None] | None = None
        self._deadline = 0.0
        """When the present `wait` ends in Silence."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._unsent: list[bytes] = []
        self._unsent_octets = 0
        self._deflate: zlib._Compress | None = None
        self._inflate: zlib._Decompress | None = None
        self._compressed = b""
        self._has_more = False
        """Something may still be inside the decompressor."""

    # The loop's side -------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._attach(transport)
        peer = transport.get_extra_info("peername")
        self.peer = str(peer[0]).removeprefix("::ffff:") if peer else ""
        self._opened(self)

    def _attach(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)  # uvloop's are not of that class
        self._transport = stream
        self.is_tls = stream.get_extra_info("ssl_object") is not None
        stream.set_write_buffer_limits(high=_WRITE_HIGH)

    @override
    def data_received(self, data: bytes) -> None:
        if self._inflate is None:
            self.framer.feed(data)
        else:
            self._compressed += data
            self._feed_inflated()
        if self._is_reading and self.framer.buffered > _READ_HIGH and self._transport:
            self._is_reading = False
            self._transport.pause_reading()
        self.wake()

    def _feed_inflated(self) -> None:
        """Feed what was received compressed, as far as there is room: a little may unfold to much."""
        inflate = self._inflate
        while inflate and self._is_unfolding and self.framer.buffered <= _READ_HIGH:
            try:
                octets = inflate.decompress(self._compressed, _INFLATE_STEP)
            except zlib.error:
                self._compressed, self._has_more, self._is_ended = b"", False, True
                self.abort()
                return
            self._compressed = inflate.unconsumed_tail
            self._has_more = len(octets) == _INFLATE_STEP
            self.framer.feed(octets)
            if inflate.eof:
                self._compressed, self._has_more, self._is_ended = b"", False, True

    @property
    def _is_unfolding(self) -> bool:
        return bool(self._compressed) or self._has_more

    @override
    def eof_received(self) -> bool:
        self._is_ended = True
        self.wake()
        return not self.is_tls

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
        self._unsent.clear()
        self.wake()
        self._closed(self)

    @override
    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = self._loop.create_future()

    @override
    def resume_writing(self) -> None:
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    # The session's side ----------------------------------------------------------------------

    def wake(self) -> None:
        """End the present `wait`, or the next one."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
        else:
            self._is_signaled = True

    async def wait(self, timeout_seconds: float) -> None:
        """Until something arrives or somebody calls `wake`. Safe to cancel.

        Raises Silence when the time is over, and Disconnected when nothing more can come.
        """
        if self.is_closed or (self._is_ended and not self._is_signaled):
            raise Disconnected
        if self._is_signaled:
            self._is_signaled = False
            return
        if self._is_unfolding and self.framer.buffered <= _READ_HIGH:
            self._feed_inflated()
            await asyncio.sleep(0)
            return
        self._send()
        self._resume_reading()
        if self.framer.is_partial and self._transport is not None:
            acknowledge(self._transport)
        self._waiting = self._loop.create_future()
        self._deadline = self._loop.time() + timeout_seconds
        if self._timer is not None and self._timer_at > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._set_timer()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _set_timer(self) -> None:
        """One timer serves many waits: it is only looked at when it rings."""
        self._timer_at = self._deadline
        self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._waiting is None or self._waiting.done():
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._waiting.set_exception(Silence())

    def _resume_reading(self) -> None:
        if not self._is_reading and self._transport and not self.is_closed:
            self._is_reading = True
            self._transport.resume_reading()

    def write(self, octets: bytes) -> None:
        """Send, together with what else is written before the loop turns; call `drain` after much."""
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(octets)
        self._unsent_octets += len(octets)
        if self._unsent_octets >= _SEND_AT:
            self._send()

    def _send(self) -> None:
        if not self._unsent:
            return
        octets = b"".join(self._unsent)
        self._unsent.clear()
        self._unsent_octets = 0
        if self._transport is not None and not self.is_closed:
            if self._deflate is not None:
                octets = self._deflate.compress(octets) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            self._transport.write(octets)

    @property
    def is_compressed(self) -> bool:
        """Whether `compress` was called."""
        return self._deflate is not None

    def compress(self) -> None:
        """From here on everything is deflated, both ways (RFC 4978)."""
        self._send()
        self._deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._compressed = self.framer.take_all()
        self._feed_inflated()

    async def drain(self) -> None:
        """Until the peer has taken most of what was written. Raises Disconnected."""
        if self._writable is not None and not self.is_closed:
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    await asyncio.shield(self._writable)
            except TimeoutError as error:
                self.abort()
                raise Disconnected from error
        if self.is_closed:
            raise Disconnected

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Go on under TLS; what was sent ahead in clear is forgotten. Raises Disconnected."""
        transport = self._transport
        if transport is None or self.is_closed:
            raise Disconnected
        self._send()
        self.framer.clear()
        try:
            upgraded = await self._loop.start_tls(
                transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=HANDSHAKE_SECONDS,
            )
        except (OSError, ssl.SSLError) as error:
            raise Disconnected from error
        if upgraded is None:
            raise Disconnected
        self._attach(upgraded)

    def close(self) -> None:
        """Send what is written, then close; a peer that does not take it is cut off."""
        self._send()
        if self._transport is not None and not self.is_closed:
            self._transport.close()
            self._loop.call_later(LINGER_SECONDS, self.abort)

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None and not self.is_closed:
            self._transport.abort()
