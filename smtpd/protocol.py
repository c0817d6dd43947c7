"""One SMTP connection: aiosmtpd's protocol, subclassed. Everything that touches its internals is here.

What stays aiosmtpd's: the protocol class that the loop talks to, its transport, back-pressure towards a client
that does not read, and the names of its hooks and state. What is ours, and why: the octets (it
reads line by line through a stream, which costs most of a message), the conversation (lines end
with CRLF only, pipelined replies leave together, an error never spins), every command (enhanced
codes, linear parsing, parameters as sent), DATA (large pieces instead of lines), AUTH (works on
implicit TLS, mechanism names without case), STARTTLS (the loop's own TLS instead of asyncio's
pure-Python one), the timer (one for a connection), the constructor (the inherited one inspects itself
anew for every connection and shares a dictionary between all of them).

A task of the connection's own reads commands and executes them one after the other; it runs at once when the
connection is made, and waits only for octets that are not there. Replies are queued and leave together
before the next wait. The content of a message goes from the transport into its receiver without
waking anybody until the end of data is there.

Invariants: each command is answered exactly once; nothing is executed that did not end with CRLF;
nothing is read while much waits to be executed, nothing is executed while much waits to be sent; a message
that was received whole is handed over in a task that outlives the connection.
"""

import asyncio
import itertools
import ssl
from collections.abc import Callable, Mapping
from typing import Final, cast, override

from aiosmtpd.smtp import SMTP

from mailcore import log
from mailcore.net.acknowledging import acknowledge
from smtpd import limits, origin, replies
from smtpd.commands import Commands
from smtpd.content import ChunkReceiver, ContentReceiver, Fault
from smtpd.listener import Listener
from smtpd.replies import Over, Refused, Reply
from smtpd.room import Room
from smtpd.session import Session

_log = log.get(__name__)
_FAULTS: Final[Mapping[Fault, Reply]] = {
    Fault.TOO_BIG: replies.MESSAGE_TOO_BIG,
    Fault.BARE_LINE_END: replies.BARE_LINE_END,
    Fault.NO_ROOM: replies.NO_ROOM,
}
_NO_LIMITS: Final[dict[str, int]] = {}
_NO_HOOKS: Final[dict[str, Callable[..., object]]] = {}


class SmtpProtocol(SMTP):
    """One connection to one of our ports."""

    def __init__(self, listener: Listener, loop: asyncio.AbstractEventLoop) -> None:
        super(asyncio.StreamReaderProtocol, self).__init__(loop=loop)
        self.loop = loop
        self.hostname = listener.hostname
        self.event_handler = listener.handler
        self.session = None
        self.envelope = None
        self.transport: asyncio.Transport | None = None  # type: ignore[mutable-override] # of a stream
        self.command_size_limits = _NO_LIMITS
        self._handle_hooks = _NO_HOOKS
        self._listener = listener
        self._state = Session(door=listener.door, ip="", is_trusted=False)
        self._commands = Commands(self._state, listener, self)
        self._conversation: asyncio.Task[None] | None = None
        self._buffer = bytearray()
        """What arrived and was not read."""
        self._content: ContentReceiver | None = None
        """What takes the octets that arrive, while a message does."""
        self._awaited: asyncio.Future[None] | None = None
        """Ends the wait for octets."""
        self._is_reading = True
        self._is_ended = False
        """Nothing more will arrive."""
        self._unsent: list[bytes] = []
        self._timeout_duration = float(listener.timeout_seconds)
        self._timeout_handle: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._progress = 0
        self._min_progress = int(limits.MIN_BYTES_PER_SECOND * listener.timeout_seconds)
        self._is_counted = False
        self._refusal: Reply | None = None
        self._is_proxied = False
        self._is_waiting = False
        self._mistakes = 0
        self._work: asyncio.Future[Reply] | None = None

    # The loop's side ---------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        state = self._state
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are not of that class
        state.connected_ip = limits.plain_ip(transport.get_extra_info("peername"))
        state.tls = _tls_of(transport)
        self._is_proxied = state.connected_ip in self._listener.proxies
        if self._is_proxied:
            state.ip = state.connected_ip
        else:
            self.speak_for(state.connected_ip)
        self._listener.opened(self)
        self._reset_timeout()
        self._conversation = asyncio.Task(self._handle_client(), loop=self.loop, eager_start=True)

    @override
    def data_received(self, data: bytes) -> None:
        receiver = self._content
        if receiver is not None:
            self._count_progress(len(data))
            behind = receiver.feed(data)
            if behind is None:
                if self.transport is not None:
                    acknowledge(self.transport)
                return
            self._content, data = None, behind
        self._buffer += data
        if self._is_reading and len(self._buffer) > limits.MAX_UNREAD and self.transport:
            self._is_reading = False
            self.transport.pause_reading()
        self._wake()

    @override
    def eof_received(self) -> bool:
        # A half-closed client still gets its replies: nothing is canceled (RFC 9293 §3.6).
        self._is_ended = True
        self._wake()
        return not self._state.tls

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super(asyncio.StreamReaderProtocol, self).connection_lost(exc)
        self._is_ended = True
        self.transport = None
        self._unsent.clear()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        if self._conversation is not None:
            self._conversation.cancel()
        if self._is_counted:
            self._is_counted = False
            self._listener.limits.release(self._state.ip)
        self._state.drop_transaction()
        self._listener.closed(self)

    @override
    def _set_rset_state(self) -> None:
        self._state.drop_transaction()

    def speak_for(self, ip: str) -> Reply | None:
        """Count the connection as one of this address from now on; why it is not served, or None."""
        state, known = self._state, self._listener.limits
        if self._is_counted:
            known.release(state.ip)
        state.ip = ip
        state.is_trusted = known.is_trusted(ip)
        self._is_counted = known.acquire(ip)
        if self._is_counted:
            self._refusal = self._listener.policing.connection(ip)
        else:
            reply = replies.TOO_MANY_CONNECTIONS
            self._refusal = self._listener.policing.turn_away(ip, "crowded", reply)
        return self._refusal

    # Time --------------------------------------------------------------------------------------

    @override
    def _reset_timeout(self, duration: float | None = None) -> None:
        """Allow silence for so long; one timer is looked at only when it rings."""
        self._deadline = self.loop.time() + (duration or self._timeout_duration)
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(self._timeout_duration, self._timeout_cb)

    def restart_timeout(self) -> None:
        """Allow silence only for the configured time from now."""
        self._reset_timeout()

    async def outcome(self, work: asyncio.Future[Reply], seconds: float) -> Reply | None:
        """What becomes of `work` while the client waits for us; None when that takes too long."""
        self._work = work
        self._reset_timeout(seconds)
        try:
            return await work
        except asyncio.CancelledError:
            if self._work is None:
                return None
            raise
        finally:
            self._work = None
            self.restart_timeout()

    @override
    def _timeout_cb(self) -> None:
        left = self._deadline - self.loop.time()
        if left <= 0 and self._work is None:
            _log.info("smtp.timeout", peer=self._state.ip, trace_id=self._state.trace_id)
            self._end(replies.IDLE)
            return
        if left <= 0 and self._work is not None:
            self._work.cancel()  # the wait for it, not the work
            self._work, left = None, self._timeout_duration
        delay = min(left, self._timeout_duration)
        self._timeout_handle = self.loop.call_later(delay, self._timeout_cb)

    def stop(self) -> None:
        """The server stops: end now if nothing is being done, else after the command."""
        if self._is_waiting:
            self._end(replies.STOPPING)

    def abort(self) -> None:
        """Cut the connection; a message that is being committed is committed all the same."""
        if self.transport is not None:
            self.transport.abort()

    def _end(self, reply: Reply | None = None) -> None:
        """Say the last word and close; a client that does not read it is cut off."""
        transport = self.transport
        if transport is None:
            return
        if reply is not None:
            self.say(reply)
        if self._unsent and not transport.is_closing():
            transport.write(b"".join(self._unsent))
        self._unsent.clear()
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_later(limits.LINGER_SECONDS, transport.abort)
        transport.close()

    # The conversation --------------------------------------------------------------------------

    @override
    async def _handle_client(self) -> None:
        log.TRACE_ID.set(self._state.trace_id)
        try:
            await self._converse()
        except Over as over:
            if over.reply is not None:
                self.say(over.reply)
        except ConnectionError:
            pass
        except Exception:  # noqa: BLE001 - the edge: an error ends this session and no other
            self._listener.handler.report_unexpected("")
            self.say(replies.FAILED)
        finally:
            self._end()

    async def _converse(self) -> None:
        if self._is_proxied:
            self.speak_for(await self._proxied() or self._state.connected_ip)
        if self._refusal is not None:
            raise Over(self._refusal)
        commands, state = self._commands, self._state
        commands.check_budget()
        await self._wait_to_greet()
        commands.greet()
        for turn in itertools.count(1):
            try:
                line = await self.read_line()
            except Refused as refusal:
                self.say(refusal.reply)
            else:
                if not commands.is_in_chunks:  # chunks must come at a rate, like DATA
                    self.restart_timeout()
                await commands.execute(line)
            if state.errors + state.bad_recipients != self._mistakes:
                await self._slow_down()
            commands.check_budget()
            if turn % limits.COMMANDS_PER_TURN == 0:
                await self.flush()
                await asyncio.sleep(0)

    async def _wait_to_greet(self) -> None:
        """Let a stranger wait: programs that send without listening give themselves away."""
        seconds = self._listener.policing.greeting_delay(self._state)
        if not seconds:
            return
        self._is_waiting = True
        try:
            async with asyncio.timeout(seconds):
                while not self._buffer:
                    await self._wait()
        except TimeoutError:
            return
        finally:
            self._is_waiting = False
        policing = self._listener.policing
        policing.mistake(self._state.ip)
        raise Over(policing.turn_away(self._state.ip, "early", replies.EARLY_TALKER))

    async def _slow_down(self) -> None:
        """The more mistakes, the later the answer."""
        state = self._state
        mistakes = state.errors + state.bad_recipients
        if mistakes > self._mistakes and not state.is_trusted:
            await self._listener.policing.tarpit.hold(mistakes)
        self._mistakes = mistakes

    # Octets in ---------------------------------------------------------------------------------

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)

    async def _wait(self) -> None:
        """Send what is queued; until something may have arrived. Look again: it may be little, or nothing.

        Raises `Over` when nothing more can come.
        """
        if self._unsent:
            self._write()
            if self._is_stuck:
                await self.flush()
                return
        if self._is_ended:
            raise Over
        if not self._is_reading and self.transport is not None:
            self._is_reading = True
            self.transport.resume_reading()
        self._awaited = self.loop.create_future()
        try:
            await self._awaited
        finally:
            self._awaited = None

    async def read_line(self) -> bytes:
        """The next line without its CRLF. A bare LF ends the session: no two views of a command."""
        buffer = self._buffer
        end = buffer.find(b"\n")
        if end < 0:
            self._is_waiting = True
            try:
                end = await self._wait_for_line()
            finally:
                self._is_waiting = False
        line = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        if not line.endswith(b"\r\n"):
            raise Over(replies.BAD_LINE_END)
        if len(line) > limits.MAX_AUTH_LINE:
            raise Refused(replies.LINE_TOO_LONG)
        if line.find(b"\r") != len(line) - 2 or b"\0" in line:
            raise Refused(replies.BAD_CHARACTER)
        return line[:-2]

    async def _wait_for_line(self) -> int:
        """Where the next line ends; of one without limit only the start and the end are kept."""
        buffer = self._buffer
        end = -1
        while end < 0:
            del buffer[limits.MAX_AUTH_LINE : -1]
            seen = len(buffer)
            await self._wait()
            end = buffer.find(b"\n", seen)
        return end

    async def read_content(self, room: Room) -> bytes:
        """The message; what is wrong with it is raised only after the end of data was seen."""
        receiver = ContentReceiver(self._listener.max_message_bytes, room)
        self._progress = 0
        here = bytes(self._buffer)
        self._buffer.clear()
        self._content = receiver
        if here:
            self.data_received(here)
        try:
            while self._content is not None:
                await self._wait()
        except Over:
            _log.info("smtp.lost_in_data", peer=self._state.ip)
            raise
        finally:
            self._content = None
        _require_good(receiver.fault)
        return receiver.raw()

    async def read_chunk(
        self, size: int, receiver: ChunkReceiver | None, *, is_last: bool = False
    ) -> None:
        """A chunk of so many octets (RFC 3030); without a receiver it is dropped.

        What is wrong with it is raised after its end.
        """
        while size:
            octets = await self._read_piece(min(size, limits.READ_CHUNK))
            size -= len(octets)
            if receiver is not None:
                receiver.feed(octets)
        if receiver is not None:
            if is_last:
                receiver.finish()
            _require_good(receiver.fault)

    async def _read_piece(self, most: int) -> bytes:
        try:
            while not self._buffer:
                await self._wait()
        except Over:
            _log.info("smtp.lost_in_data", peer=self._state.ip)
            raise
        octets = bytes(self._buffer[:most])
        del self._buffer[:most]
        self._count_progress(len(octets))
        return octets

    def _count_progress(self, octets: int) -> None:
        """Content must arrive at a rate: so much of it is a sign of life."""
        self._progress += octets
        if self._progress >= self._min_progress:
            self._progress = 0
            self.restart_timeout()

    async def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._wait()
        octets = bytes(self._buffer[:count])
        del self._buffer[:count]
        return octets

    async def _proxied(self) -> str | None:
        """The address in the PROXY header; None when the proxy speaks for itself."""
        start = await self._exactly(len(origin.SIGNATURE))
        if start == origin.SIGNATURE:
            fixed = start + await self._exactly(origin.FIXED_OCTETS - len(start))
            rest = await self._exactly(origin.rest_length(fixed))
            return origin.read_binary(fixed, rest)
        if not start.startswith(b"PROXY "):
            raise Over(replies.BAD_PROXY)
        while not start.endswith(b"\r\n") and len(start) < origin.MAX_LINE:
            start += await self._exactly(1)
        if not start.endswith(b"\r\n"):
            raise Over(replies.BAD_PROXY)
        return origin.read_line(start[:-2])

    # Octets out --------------------------------------------------------------------------------

    def say(self, reply: Reply) -> None:
        """Queue a reply; it leaves before the next wait for input."""
        if reply.is_protocol_error:
            self._state.errors += 1
            self._listener.policing.mistake(self._state.ip)
        self.say_octets(reply.code, reply.wire)

    def say_octets(self, code: int, octets: bytes) -> None:
        """Queue a reply that is not one line."""
        self._listener.count_reply(code)
        self._unsent.append(octets)

    async def flush(self) -> None:
        """Send what is queued; waits while the client takes nothing. ConnectionError when it is gone."""
        self._write()
        if self._is_stuck:
            await self._drain_helper()  # type: ignore[attr-defined]
        if self.transport is None or self.transport.is_closing():
            raise ConnectionResetError

    @property
    def _is_stuck(self) -> bool:
        """Whether the client takes nothing: asyncio's flow control, which has no public face."""
        return bool(self._paused)  # type: ignore[attr-defined]

    def _write(self) -> None:
        if self._unsent and self.transport is not None:
            self.transport.write(
                self._unsent[0] if len(self._unsent) == 1 else b"".join(self._unsent)
            )
        self._unsent.clear()

    # TLS ---------------------------------------------------------------------------------------

    async def start_tls(self) -> str:
        """Send what is queued, forget what came behind it, shake hands; the TLS version and cipher.

        What came in the clear behind STARTTLS must not be read as if it came inside (RFC 3207 §6).
        """
        await self.flush()
        self._buffer.clear()
        transport = self.transport
        if transport is None:
            raise Over
        try:
            secured = await self.loop.start_tls(
                transport,
                self,
                self._listener.tls_context,
                server_side=True,
                ssl_handshake_timeout=limits.HANDSHAKE_SECONDS,
            )
        except OSError as error:
            _log.info("smtp.tls_failed", peer=self._state.ip, reason=type(error).__name__)
            self.abort()
            raise Over from error
        if secured is None:
            raise Over
        self.transport = secured
        self._is_reading = True
        return _tls_of(secured)


def _require_good(fault: Fault | None) -> None:
    if fault is not None:
        raise Refused(_FAULTS[fault])


def _tls_of(transport: asyncio.BaseTransport) -> str:
    """TLS version and cipher, or empty."""
    tls: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
    if tls is None:
        return ""
    cipher = tls.cipher()
    return f"{tls.version()} {cipher[0]}" if cipher else str(tls.version())
