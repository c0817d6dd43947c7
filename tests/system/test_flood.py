"""A server under flood: 2,000 connections, slow ones among them, and 1 GB of content; the others are served.

Prints what a normal delivery took meanwhile, and the memory of the server.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from mailcore.bench.usage import usage_of
from mailcore.cli.limits import raise_file_limit
from tests.support.process import Server, serving

CONNECTIONS = 2000
SLOW = 200
HUGE_BYTES = 1 << 30
PIECE = b"0123456789abcdef" * 4096 + b"\r\n"
DELIVERIES = 100
MEMORY_BYTES = 160 << 20
"""What the flood may add to the server's memory: `performance.md` allows some kilobytes a connection."""


class Attacker:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, octets: bytes) -> bytes:
        """Send octets, return the last line of the reply."""
        self.writer.write(octets)
        while (line := await self.reader.readline())[3:4] == b"-":
            pass
        return line

    async def envelope(self, to: str) -> None:
        """Everything up to the 354."""
        for command in (b"EHLO x", b"MAIL FROM:<a@r.example>", b"RCPT TO:<%b>" % to.encode()):
            assert (await self.ask(command + b"\r\n")).startswith(b"250")
        assert (await self.ask(b"DATA\r\n")).startswith(b"354")


async def connect(server: Server, stack: AsyncExitStack) -> Attacker:
    """A greeted connection that closes with the stack."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.ports["smtp"])
    stack.callback(writer.close)
    attacker = Attacker(reader, writer)
    assert (await attacker.ask(b"")).startswith(b"220")
    return attacker


async def deliver(server: Server, to: str, number: int) -> float:
    """One normal message on a connection of its own; the seconds from connecting to the reply."""
    start = time.perf_counter()
    async with AsyncExitStack() as stack:
        client = await connect(server, stack)
        await client.envelope(to)
        letter = b"Message-ID: <%d@r.example>\r\nSubject: hi\r\n\r\nhello\r\n.\r\n" % number
        assert (await client.ask(letter)).startswith(b"250")
    return time.perf_counter() - start


async def pour(attacker: Attacker) -> bytes:
    """1 GB of content, then its end; the reply."""
    for _ in range(HUGE_BYTES // len(PIECE)):
        attacker.writer.write(PIECE)
        await attacker.writer.drain()
    return await attacker.ask(b".\r\n")


async def trickle(slow: list[Attacker]) -> None:
    """An octet now and then on each."""
    while True:
        for one in slow:
            one.writer.write(b"x")
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_a_flood_delays_nobody_and_fills_no_memory(tmp_path: Path) -> None:
    """Idle, slow and huge at once; every normal delivery is taken meanwhile."""
    raise_file_limit()
    sections = {
        "limits": {"trusted_networks": ["127.0.0.0/8"]},
        "smtp": {"max_connections": 3000},
        "inbound": {"verify": False},
    }
    with serving(tmp_path, sections=sections) as server:
        mia = server.json("agent", "create", "mia")["email"]
        for number in range(20):
            await deliver(server, mia, number)
        assert server.process is not None
        before = usage_of(server.process.pid).rss_bytes
        async with AsyncExitStack() as stack:
            attackers = [await connect(server, stack) for _ in range(CONNECTIONS)]
            for one in attackers[:SLOW]:
                await one.envelope(mia)
            background = stack.push_async_callback
            trickling = asyncio.get_running_loop().create_task(trickle(attackers[:SLOW]))
            background(_canceled, trickling)
            huge = await connect(server, stack)
            await huge.envelope(mia)
            pouring = asyncio.get_running_loop().create_task(pour(huge))
            took: list[float] = []
            while len(took) < DELIVERIES or not pouring.done():
                took.append(await deliver(server, mia, 100 + len(took)))
            assert (await pouring).startswith(b"552 5.3.4 ")
            peak = usage_of(server.process.pid).rss_bytes
        took.sort()
        print(
            f"\n{CONNECTIONS} connections, {SLOW} slow, 1 GB of content: "
            f"{len(took)} deliveries, p50 {took[len(took) // 2] * 1000:.0f} ms, "
            f"p99 {took[len(took) * 99 // 100] * 1000:.0f} ms; "
            f"RSS {before >> 20} MiB before, {peak >> 20} MiB under it"
        )
        assert peak - before < MEMORY_BYTES
        assert server.stop() == 0
        done = await asyncio.to_thread(server.cli, "check")
        assert done.returncode == 0, done.stdout + done.stderr


async def _canceled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})
