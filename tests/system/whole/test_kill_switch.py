"""One call ends everything of an agent that is live (product §5.9); the times are in the report."""

import asyncio
import imaplib
import smtplib
import time
from collections.abc import Callable
from typing import Any

import aiohttp

from tests.support.running import ANA, LEAK, Agent, Running

PATIENCE = 60


def idling(server: Running, mia: Agent, on_ready: Callable[[], None]) -> float:
    """An IMAP session in IDLE; when it was ended."""
    port = server.ports["imaps"]
    client = imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=server.tls(), timeout=PATIENCE)
    client.login(mia.email, mia.password)
    client.select("INBOX")
    client.send(b"a1 IDLE\r\n")
    while line := client.readline():
        if line.startswith(b"+"):
            on_ready()
        if line.startswith(b"* BYE"):
            break
    client.shutdown()
    return time.monotonic()


def submitting(server: Running, mia: Agent, on_ready: Callable[[], None]) -> float:
    """An SMTP session that begins messages until it is refused; when that was."""
    port = server.ports["submissions"]
    with smtplib.SMTP_SSL("127.0.0.1", port, context=server.tls(), timeout=PATIENCE) as client:
        client.login(mia.email, mia.password)
        client.ehlo()
        for number in range(100_000):
            code, _ = client.mail(mia.email)
            if code != 250:
                return time.monotonic()
            client.rset()
            if number == 0:
                on_ready()
    raise AssertionError("the session went on")


async def streaming(server: Running, mia: Agent, on_ready: Callable[[], None]) -> float:
    """A stream of events; when it ended."""
    headers = {"Authorization": f"Bearer {mia.api_key}", "Accept": "text/event-stream"}
    async with (
        aiohttp.ClientSession(server.app.http_url) as http,
        http.get("/v1/events", headers=headers) as answer,
    ):
        assert answer.status == 200
        on_ready()
        async for _ in answer.content:
            pass
    return time.monotonic()


async def calling(server: Running, mia: Agent, on_ready: Callable[[], None]) -> float:
    """Calls with the key until one is refused; when that was."""
    for number in range(100_000):
        status, _ = await server.api("GET", "/v1/threads", key=mia.api_key)
        if status == 401:
            return time.monotonic()
        if number == 0:
            on_ready()
    raise AssertionError("the key went on")


async def test_one_call_ends_every_live_session(
    server: Running, mia: Agent, record_property: Callable[[str, Any], None]
) -> None:
    held = await server.ok("POST", "/v1/messages", {"to": [ANA], "text": LEAK}, key=mia.api_key)
    loop = asyncio.get_running_loop()
    ready = {name: asyncio.Event() for name in ("imap", "smtp", "sse", "api")}

    def is_ready(name: str) -> Callable[[], None]:
        return lambda: loop.call_soon_threadsafe(ready[name].set)  # type: ignore[return-value]

    async with asyncio.timeout(PATIENCE * 3), asyncio.TaskGroup() as group:
        ends = {
            "imap": group.create_task(asyncio.to_thread(idling, server, mia, is_ready("imap"))),
            "smtp": group.create_task(asyncio.to_thread(submitting, server, mia, is_ready("smtp"))),
            "sse": group.create_task(streaming(server, mia, is_ready("sse"))),
            "api": group.create_task(calling(server, mia, is_ready("api"))),
        }
        for one in ready.values():
            await one.wait()
        began = time.monotonic()
        await server.ok("POST", "/v1/agents/mia/stop", {"reason": "test"})
    for name, task in ends.items():
        record_property(f"{name}_ended_after_seconds", round(task.result() - began, 3))
        print(f"{name} ended after {task.result() - began:.3f} s")
    approved = await server.ok("POST", f"/v1/holds/{held['hold_id']}/approve", {})
    assert approved["status"] == "released"
    assert await server.core.worker._claim(server.core.clock.now()) == ()
    assert server.leaked() == []
    await server.ok("POST", "/v1/agents/mia/resume", {})
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
