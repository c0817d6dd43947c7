"""Many messages over SMTP: some connections, some messages on each, one after the other.

A state machine on the transport, so that the generator costs a fraction of what a server does. It
pipelines MAIL, RCPT and DATA when the server offers that (RFC 2920). The clock of a message runs
from the last octet of its content to the reply.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, cast, override

from mailcore.bench.figures import Run

_END: Final = b".\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpLoad:
    """What to send, and how."""

    host: str
    port: int
    connections: int
    messages: int
    per_connection: int
    sender: str
    recipients: tuple[str, ...]
    """Taken in turn, one for each message."""


class _State(Enum):
    GREETING = auto()
    EHLO = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    CONTENT = auto()
    QUIT = auto()


class _Client(asyncio.Protocol):
    """One connection at a time; opens the next one itself."""

    def __init__(
        self,
        load: SmtpLoad,
        work: Iterator[tuple[int, bytes]],
        run: Run,
        ended: asyncio.Future[None],
    ) -> None:
        self._load = load
        self._work = work
        self._run = run
        self._ended = ended
        self._left = load.per_connection
        self._state = _State.GREETING
        self._buffer = b""
        self._content = b""
        self._is_pipelining = False
        self._asked_at = 0.0
        self.wants_more = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n")) >= 0:
            line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
            if line[3:4] == b"-":
                self._is_pipelining |= line[4:].upper() == b"PIPELINING"
                continue
            self._is_pipelining |= line[4:].upper() == b"PIPELINING"
            self._answered(line)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._state is not _State.QUIT:
            self._fail(b"connection lost")
        if not self._ended.done():
            self._ended.set_result(None)

    def _answered(self, line: bytes) -> None:
        match self._state:
            case _State.GREETING:
                self._transport.write(b"EHLO load.remote.example\r\n")
                self._state = _State.EHLO
            case _State.EHLO:
                self._next()
            case _State.MAIL | _State.RCPT:
                self._envelope_answered(line)
            case _State.DATA:
                if not line.startswith(b"354"):
                    self._fail(line)
                    return
                self._asked_at = time.perf_counter()
                self._transport.write(self._content)
                self._state = _State.CONTENT
            case _State.CONTENT:
                self._run.latencies.append(time.perf_counter() - self._asked_at)
                if line.startswith(b"250"):
                    self._run.operations += 1
                else:
                    self._note(line)
                self._next()
            case _State.QUIT:
                self._transport.close()

    def _envelope_answered(self, line: bytes) -> None:
        if not line.startswith(b"250"):
            self._fail(line)
            return
        if self._state is _State.MAIL:
            self._state = _State.RCPT
            if not self._is_pipelining:
                self._transport.write(self._rcpt)
        else:
            self._state = _State.DATA
            if not self._is_pipelining:
                self._transport.write(b"DATA\r\n")

    def _next(self) -> None:
        """Begin the next message, or end the connection."""
        item = next(self._work, None) if self._left else None
        if item is None:
            self.wants_more = not self._left
            self._state = _State.QUIT
            self._transport.write(b"QUIT\r\n")
            return
        self._left -= 1
        number, content = item
        self._content = content + _END
        load = self._load
        mail = b"MAIL FROM:<%b>\r\n" % load.sender.encode()
        to = load.recipients[number % len(load.recipients)]
        self._rcpt = b"RCPT TO:<%b>\r\n" % to.encode()
        self._state = _State.MAIL
        if self._is_pipelining:
            self._transport.write(mail + self._rcpt + b"DATA\r\n")
        else:
            self._transport.write(mail)

    def _note(self, line: bytes) -> None:
        self._run.errors += 1
        self._run.first_error = self._run.first_error or line.decode("utf-8", "replace")

    def _fail(self, line: bytes) -> None:
        self._note(line)
        self._state = _State.QUIT
        self._transport.abort()


async def send(load: SmtpLoad, make: Callable[[int], bytes]) -> Run:
    """Send them all; `make` gives the content of a message by number, made before the clock runs."""
    loop = asyncio.get_running_loop()
    work = iter([(number, make(number)) for number in range(load.messages)])
    run = Run()
    cpu, start = time.process_time(), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(load.connections):
            group.create_task(_one_after_the_other(loop, load, work, run))
    run.seconds = time.perf_counter() - start
    run.client_cpu_seconds = time.process_time() - cpu
    return run


async def _one_after_the_other(
    loop: asyncio.AbstractEventLoop, load: SmtpLoad, work: Iterator[tuple[int, bytes]], run: Run
) -> None:
    while True:
        ended = loop.create_future()
        try:
            _, client = await loop.create_connection(
                lambda ended=ended: _Client(load, work, run, ended),  # type: ignore[misc] # bound now
                load.host,
                load.port,
            )
        except OSError as error:
            run.errors += 1
            run.first_error = run.first_error or str(error)
            return
        await ended
        if not client.wants_more:
            return
