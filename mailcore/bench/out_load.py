"""Queued messages out to a mail host: claimed, signed, handed over and recorded.

Runs in a process of its own on a data directory that no server has open. The messages are queued
before the clock starts; it stops when the last one is recorded.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

from mailcore.accounts import NewAgent
from mailcore.app.core import Core, open_core
from mailcore.bench.figures import Run
from mailcore.bench.usage import usage_of
from mailcore.config import load
from mailcore.credentials import OPERATOR
from mailcore.ids import InboxId
from mailcore.outbound.outgoing import OutgoingMail

DESTINATION: Final = "far.example"
_AT_ONCE: Final = 50


async def deliver_out(
    config: Path,
    nameserver: str,
    sink_port: int,
    *,
    connections: int,
    messages: int,
    size: int,
    runs: int,
) -> tuple[Run, ...]:
    """Several runs on one store, over so many connections to the mail host of `DESTINATION`.

    The nameserver at ADDRESS:PORT knows that domain.
    """
    given = {
        "COUNTERSIGN_DNS__RESOLVER": nameserver,
        "COUNTERSIGN_OUTBOUND__PORT": str(sink_port),
        "COUNTERSIGN_OUTBOUND__REQUIRE_VERIFIED_DOMAIN": "false",
        "COUNTERSIGN_OUTBOUND__CONCURRENCY": str(connections + connections // 2),
        "COUNTERSIGN_OUTBOUND__CONCURRENCY_PER_DESTINATION": str(connections),
        "COUNTERSIGN_OUTBOUND__CONCURRENCY_PER_HOST": str(connections),
    }
    async with open_core(load(config, given)) as core:
        await asyncio.to_thread(core.guard.warm_up)
        name = f"bench{connections}"
        inbox = (await core.accounts.create_agent(OPERATOR, NewAgent(name=name))).inbox
        found: list[Run] = []
        for number in range(runs):
            await _queue(core, inbox.id, number, messages, size)
            found.append(await _run(core, messages))
        return tuple(found)


async def _queue(core: Core, inbox_id: InboxId, run: int, messages: int, size: int) -> None:
    numbers = iter(range(messages))
    text = "The lamps are here, and so are the cables for them.\n" * (size // 52 + 1)

    async def work() -> None:
        for number in numbers:
            mail = OutgoingMail(
                inbox_id=inbox_id,
                to=(f"one{number}@{DESTINATION}",),
                subject=f"No. {number} of {run}",
                text=text,
            )
            await core.mailer.send(OPERATOR, mail)

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(work())


async def _run(core: Core, messages: int) -> Run:
    run = Run(operations=messages)
    before, start = usage_of(os.getpid()), time.perf_counter()
    something = asyncio.Event()
    unsubscribe = core.stores.wakeups.subscribe(lambda _rows: something.set())
    async with asyncio.TaskGroup() as group:
        worker = group.create_task(core.worker.run())
        while await core.stores.outbound.next_due_at() is not None:
            something.clear()
            await something.wait()
        run.seconds = time.perf_counter() - start
        worker.cancel()
    unsubscribe()
    after = usage_of(os.getpid())
    run.server_cpu_seconds = after.cpu_seconds - before.cpu_seconds
    run.server_rss_bytes = after.rss_bytes
    return run
