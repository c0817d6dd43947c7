"""What programs do to the API: read messages and lists, send, and listen.

Everything goes through the public interface, so that another server with the same API can stand
beside this one. Answers other than 2xx are errors and are counted.
"""

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from mailcore.bench.figures import Run
from mailcore.bench.http_client import Connection, Reply, Site, connected
from mailcore.bench.imap_load import ImapClient, ImapServer, imap_session
from mailcore.bench.usage import usage_of
from mailcore.errors import ErrorKind, MailError

_PAGE: Final = 200
_HEARD_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """A load of requests that need nothing from one another."""

    site: Site
    paths: tuple[str, ...]
    """Asked for in turn."""
    connections: int
    operations: int
    pid: int = 0
    """The server's process, for CPU and memory; 0 when it is not watched."""


async def get(load: Requests) -> Run:
    """Ask for the paths in turn over several connections, each one request at a time."""
    run = Run()
    asked = [load.site.request("GET", path) for path in load.paths]
    work = iter(asked[number % len(asked)] for number in range(load.operations))
    async with AsyncExitStack() as stack:
        several = [
            await stack.enter_async_context(connected(load.site)) for _ in range(load.connections)
        ]
        with _watching(run, load.pid):
            async with asyncio.TaskGroup() as group:
                for connection in several:
                    group.create_task(_asking(connection, work, run))
    return run


async def _asking(connection: Connection, work: Iterable[bytes], run: Run) -> None:
    for request in work:
        before = time.perf_counter()
        reply = await connection.ask(request)
        run.latencies.append(time.perf_counter() - before)
        _count(run, reply)


def _count(run: Run, reply: Reply) -> None:
    run.operations += 1
    if not 200 <= reply.status < 300:
        run.errors += 1
        run.first_error = run.first_error or f"{reply.status} {reply.body[:200]!r}"


class _watching:  # noqa: N801 - reads as the verb it is
    """Times a run, with the CPU of both sides."""

    def __init__(self, run: Run, pid: int) -> None:
        self._run = run
        self._pid = pid

    def __enter__(self) -> None:
        self._before = usage_of(self._pid)
        self._cpu = time.process_time()
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._run.seconds = time.perf_counter() - self._start
        self._run.client_cpu_seconds = time.process_time() - self._cpu
        if self._pid:
            after = usage_of(self._pid)
            self._run.server_cpu_seconds = after.cpu_seconds - self._before.cpu_seconds
            self._run.server_rss_bytes = after.rss_bytes


async def message_ids(site: Site, count: int) -> tuple[str, ...]:
    """The ids of the newest messages that the key may read."""
    found: list[str] = []
    async with connected(site) as connection:
        while len(found) < count:
            path = f"/v1/messages?limit={_PAGE}&offset={len(found)}"
            document = _document(await connection.ask(site.request("GET", path)))
            page = [str(one["id"]) for one in document["data"]]
            if not page:
                break
            found += page
    return tuple(found[:count])


def _document(reply: Reply) -> dict[str, list[dict[str, object]]]:
    if not 200 <= reply.status < 300:
        text = reply.body[:500].decode("utf-8", "replace")
        raise MailError(ErrorKind.UNAVAILABLE, f"the API answered {reply.status}: {text}")
    document: dict[str, list[dict[str, object]]] = json.loads(reply.body)
    return document


async def send_until_visible(site: Site, watcher: ImapServer, to: str, count: int, pid: int) -> Run:
    """`POST /v1/messages` to a local inbox, each timed until a waiting IMAP client is told of it."""
    run = Run()
    async with imap_session(watcher) as client, connected(site) as connection:
        await client.ask(b"SELECT INBOX")
        await client.idle()
        with _watching(run, pid):
            for number in range(count):
                # The same content again within seconds would be taken for a retry.
                text = f"Number {number} at {time.monotonic_ns()}."
                body = json.dumps({"to": [to], "subject": f"Bench {number}", "text": text})
                before = time.perf_counter()
                async with asyncio.TaskGroup() as group:
                    told = group.create_task(_told(client))
                    request = site.request("POST", "/v1/messages", body.encode())
                    _count(run, await connection.ask(request))
                run.latencies.append(told.result() - before)
        await client.done()
    return run


async def _told(client: ImapClient) -> float:
    await client.told_of_arrival()
    return time.perf_counter()


async def listen(site: Site, message_id: str, clients: int, events: int, pid: int) -> Run:
    """Event streams: how long after the answer to a change every one of them has the event.

    The change is a flag of one message, so the answer comes when it is committed.
    """
    run = Run()
    heard: list[float] = []
    everyone = asyncio.Event()

    def on_chunk(data: bytes) -> None:
        if b"event: email.updated" in data:
            heard.append(time.perf_counter())
            if len(heard) >= clients:
                everyone.set()

    async with AsyncExitStack() as stack:
        rest = usage_of(pid).rss_bytes
        for _ in range(clients):
            stream = await stack.enter_async_context(connected(site))
            await stream.stream(
                site.request("GET", "/v1/events", Accept="text/event-stream"), on_chunk
            )
        held = usage_of(pid).rss_bytes
        connection = await stack.enter_async_context(connected(site))
        with _watching(run, pid):
            for number in range(events):
                heard.clear()
                everyone.clear()
                body = json.dumps({"is_starred": number % 2 == 0}).encode()
                request = site.request("PATCH", f"/v1/messages/{message_id}", body)
                _count(run, await connection.ask(request))
                answered = time.perf_counter()
                async with asyncio.timeout(_HEARD_SECONDS):
                    await everyone.wait()
                run.latencies += [max(0.0, at - answered) for at in heard]
    run.kib_per_client = (held - rest) / clients / 1024 if pid and clients else None
    return run
