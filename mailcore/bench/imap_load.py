"""What mail programs do to a large mailbox, each operation on its own and timed to its tagged OK.

A plain reader of lines and literals; it checks that an operation was answered OK and throws the
answer away. The mailbox is filled by APPEND over several connections, unless it was filled before.
Before each operation the server may come to rest: what it does behind its replies belongs to no row.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from mailcore.bench.figures import Run
from mailcore.bench.filling import Filling
from mailcore.bench.usage import at_rest, usage_of
from mailcore.errors import ErrorKind, MailError

_LIMIT: Final = 1 << 24
_BODIES: Final = 200
_APPENDS: Final = 200
_EXPUNGED: Final = 10_000
_MANY: Final = 1000
_PAGE: Final = 50
_PAGE_ITEMS: Final = b"(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"
_NOTICES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """A server and an account on it."""

    host: str
    port: int
    is_tls: bool
    user: str
    password: str
    pid: int = 0
    """Its main process, for its CPU and to see it rest; 0 when it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapLoad:
    """Which server, and how large the mailbox is to be."""

    server: ImapServer
    mailbox: Filling
    is_filled: bool = False
    """The messages are in it already."""

    def make(self, number: int) -> bytes:
        """The message of a number."""
        return self.mailbox.make(number)

    @property
    def resting(self) -> int:
        """The process to see at rest between operations; 0 where so few messages leave little to do."""
        return self.server.pid if self.messages >= _MANY else 0

    @property
    def messages(self) -> int:
        """How many there are to be."""
        return self.mailbox.messages


class ImapClient:
    """One session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    async def ask(self, command: bytes) -> bytes:
        """Send a command and read to its tagged line; UNAVAILABLE unless it is OK."""
        self._number += 1
        tag = b"t%d" % self._number
        self._writer.write(b"%b %b\r\n" % (tag, command))
        return await self.finish(tag)

    async def finish(self, tag: bytes) -> bytes:
        """Read to a tagged line, literals included."""
        while True:
            line = await self.line()
            if line.startswith(tag + b" "):
                if line[len(tag) + 1 :].upper().startswith(b"OK"):
                    return line
                raise MailError(ErrorKind.UNAVAILABLE, line.decode("utf-8", "replace").strip())

    async def line(self) -> bytes:
        """The next line; the literal it announces is read and dropped."""
        line = await self._reader.readuntil(b"\n")
        if line.endswith(b"}\r\n"):
            size = int(line[line.rindex(b"{") + 1 : -3].rstrip(b"+"))
            await self._reader.readexactly(size)
        return line

    async def append(self, mailbox: bytes, raw: bytes) -> None:
        """One APPEND, its literal sent with it (RFC 7888)."""
        self._number += 1
        tag = b"t%d" % self._number
        self._writer.write(b"%b APPEND %b {%d+}\r\n%b\r\n" % (tag, mailbox, len(raw), raw))
        await self.finish(tag)

    async def idle(self) -> None:
        """Begin IDLE (RFC 2177)."""
        self._writer.write(b"idle IDLE\r\n")
        while not (await self.line()).startswith(b"+"):
            pass

    async def told_of_arrival(self) -> None:
        """Wait for the next EXISTS."""
        while b" EXISTS" not in await self.line():
            pass

    async def done(self) -> None:
        """End IDLE."""
        self._writer.write(b"DONE\r\n")
        await self.finish(b"idle")


async def measure(load: ImapLoad) -> dict[str, Run]:
    """Every operation by name, in order; the mailbox is filled first and left filled."""
    box = b'"%b"' % load.mailbox.mailbox.encode()
    found: dict[str, Run] = {}
    if not load.is_filled:
        async with imap_session(load.server) as client:
            await client.ask(b"CREATE " + box)
        found["APPEND, 8 connections"] = await _fill(load, box)
    select = b"SELECT " + box
    for name in ("LOGIN and SELECT, first", "LOGIN and SELECT, again"):
        found[name] = await _timed_session(load, select)
    async with imap_session(load.server) as client:

        async def timed(name: str, *commands: bytes) -> None:
            await at_rest(load.resting)
            found[name] = await _timed(client, load.server.pid, *commands)

        await timed("SELECT, again", select)
        first = max(1, load.messages - _PAGE + 1)
        await timed("FETCH of the last 50", b"FETCH %d:%d %b" % (first, load.messages, _PAGE_ITEMS))
        for name, command in _COMMANDS:
            await timed(name, command)
        await timed("SEARCH TEXT, rare, first", _RARE)
        await _indexed(client)
        for name, command in _TEXTS:
            await timed(name, command)
        bodies = [b"UID FETCH %d BODY.PEEK[]" % uid for uid in _spread(load.messages, _BODIES)]
        await timed("one body", *bodies)
        await at_rest(load.resting)
        found["APPEND, one after the other"] = await _appends(client, load, box)
        await at_rest(load.resting)
        found["IDLE: EXISTS after OK"] = await _notices(client, load, box)
        gone = min(_EXPUNGED, load.messages)
        await client.ask(b"STORE 1:%d +FLAGS.SILENT (\\Deleted)" % gone)
        await timed(f"EXPUNGE of {gone:,}", b"EXPUNGE")
    return found


_COMMANDS: Final = (
    ("UID FETCH 1:* FLAGS", b"UID FETCH 1:* (FLAGS)"),
    ("FETCH 1:* ENVELOPE, first", b"FETCH 1:* (ENVELOPE)"),
    ("FETCH 1:* ENVELOPE, again", b"FETCH 1:* (ENVELOPE)"),
    ("FETCH 1:* of four fields", b"FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])"),
    ("SEARCH UNSEEN", b"SEARCH UNSEEN"),
    ("SEARCH FROM", b'SEARCH FROM "sender13@"'),
    ("SEARCH SUBJECT", b'SEARCH SUBJECT "no. 77"'),
    ("STORE 1:* +FLAGS.SILENT", b"STORE 1:* +FLAGS.SILENT (\\Flagged)"),
    ("STORE 1:* -FLAGS", b"STORE 1:* -FLAGS (\\Flagged)"),
)


_RARE: Final = b'SEARCH TEXT "no. 777"'
_TEXTS: Final = (
    ("SEARCH TEXT, rare", _RARE),
    ("SEARCH NOT TEXT, rare", b'SEARCH NOT TEXT "no. 777"'),
    ("SEARCH TEXT, in every message", b"SEARCH TEXT remote.example"),
    ("SEARCH BODY, two letters", b"SEARCH BODY zq"),
)
_INDEX_SECONDS: Final = 600.0
_INDEX_PAUSE: Final = 5.0
_QUICK_SECONDS: Final = 0.05


def _spread(largest: int, count: int) -> Iterator[int]:
    return (1 + (one * 7919) % largest for one in range(count))


@asynccontextmanager
async def imap_session(server: ImapServer) -> AsyncIterator[ImapClient]:
    """A session that is logged in."""
    context = None
    if server.is_tls:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # a load on a test server, not a secret
    reader, writer = await asyncio.open_connection(
        server.host, server.port, ssl=context, limit=_LIMIT
    )
    client = ImapClient(reader, writer)
    try:
        await client.line()
        await client.ask(f'LOGIN "{server.user}" "{server.password}"'.encode())
        yield client
    finally:
        writer.transport.abort()


async def _timed(client: ImapClient, pid: int, *commands: bytes) -> Run:
    run = Run()
    used, cpu, start = usage_of(pid), time.process_time(), time.perf_counter()
    for command in commands:
        before = time.perf_counter()
        await client.ask(command)
        run.latencies.append(time.perf_counter() - before)
        run.operations += 1
    run.seconds = time.perf_counter() - start
    run.client_cpu_seconds = time.process_time() - cpu
    if pid:
        after = usage_of(pid)
        run.server_cpu_seconds = after.cpu_seconds - used.cpu_seconds
        run.server_rss_bytes = after.rss_bytes
    return run


async def _timed_session(load: ImapLoad, command: bytes) -> Run:
    """One command on a connection of its own, the login counted in."""
    await at_rest(load.resting)
    start = time.perf_counter()
    async with imap_session(load.server) as client:
        run = await _timed(client, load.server.pid, command)
        run.seconds = run.latencies[0] = time.perf_counter() - start
    return run


async def _indexed(client: ImapClient) -> None:
    """Wait for an index that is filled behind the replies: until a search gets no quicker."""
    deadline = time.monotonic() + _INDEX_SECONDS
    last = float("inf")
    while time.monotonic() < deadline:
        seconds = (await _timed(client, 0, _RARE)).seconds
        if seconds < _QUICK_SECONDS or seconds > last * 0.9:
            return
        last = seconds
        await asyncio.sleep(_INDEX_PAUSE)


async def _fill(load: ImapLoad, box: bytes) -> Run:
    run = Run()
    numbers = iter(range(load.messages))
    cpu, start = time.process_time(), time.perf_counter()

    async def one() -> None:
        async with imap_session(load.server) as client:
            for number in numbers:
                await client.append(box, load.make(number))
                run.operations += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(one())
    run.seconds = time.perf_counter() - start
    run.client_cpu_seconds = time.process_time() - cpu
    return run


async def _appends(client: ImapClient, load: ImapLoad, box: bytes) -> Run:
    run = Run()
    start = time.perf_counter()
    for number in range(_APPENDS):
        before = time.perf_counter()
        await client.append(box, load.make(load.messages + number))
        run.latencies.append(time.perf_counter() - before)
        run.operations += 1
    run.seconds = time.perf_counter() - start
    return run


async def _notices(client: ImapClient, load: ImapLoad, box: bytes) -> Run:
    """How long after the OK of one client's APPEND another one hears of it."""
    run = Run()
    start = time.perf_counter()
    async with imap_session(load.server) as watcher:
        await watcher.ask(b"SELECT " + box)
        await watcher.idle()
        for number in range(_NOTICES):
            async with asyncio.TaskGroup() as group:
                told = group.create_task(_when(watcher))
                await client.append(box, load.make(load.messages + _APPENDS + number))
                answered = time.perf_counter()
            run.latencies.append(max(0.0, told.result() - answered))
            run.operations += 1
        await watcher.done()
    run.seconds = time.perf_counter() - start
    return run


async def _when(watcher: ImapClient) -> float:
    await watcher.told_of_arrival()
    return time.perf_counter()
