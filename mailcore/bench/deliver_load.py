"""The way of a message from its bytes to the mailbox, without sockets: what the store alone can do.

Runs in a process of its own on a data directory that no server has open.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mailcore.address import Address
from mailcore.app.core import Core, open_core
from mailcore.bench.figures import Run
from mailcore.bench.usage import usage_of
from mailcore.config import load
from mailcore.model import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class _Caller:
    ip: str = "127.0.0.1"
    helo: str = "load.remote.example"
    protocol: str = "ESMTP"
    tls: str = ""


async def deliver(
    config: Path,
    recipient: tuple[str, str],
    *,
    at_once: int,
    messages: int,
    runs: int,
    make: Callable[[int, int], bytes],
) -> tuple[Run, ...]:
    """Several runs on one store; `make` gives a message by run and number."""
    envelope = Envelope(
        mail_from=Address("load", "remote.example"), recipients=(Address(*recipient),)
    )
    async with open_core(load(config, {})) as core:
        await asyncio.to_thread(core.guard.warm_up)
        return tuple(
            [
                await _run(core, envelope, at_once, [make(number, one) for one in range(messages)])
                for number in range(runs)
            ]
        )


async def _run(core: Core, envelope: Envelope, at_once: int, contents: list[bytes]) -> Run:
    run = Run()
    work = iter(contents)
    before, start = usage_of(os.getpid()), time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(_one_after_the_other(core, envelope, work, run))
    run.seconds = time.perf_counter() - start
    after = usage_of(os.getpid())
    run.server_cpu_seconds = after.cpu_seconds - before.cpu_seconds
    run.server_rss_bytes = after.rss_bytes
    return run


async def _one_after_the_other(
    core: Core, envelope: Envelope, work: Iterator[bytes], run: Run
) -> None:
    for raw in work:
        start = time.perf_counter()
        await core.inbound.accept(envelope, raw, _Caller())
        run.latencies.append(time.perf_counter() - start)
        run.operations += 1
