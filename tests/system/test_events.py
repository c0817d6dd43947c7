"""Every kind of listener has every event of the whole server, across a restart and kill -9.

Mail comes in by SMTP all the while. Streams, sockets and pollers resume from the last id they had;
webhooks are taken up by the server itself.
"""

import asyncio
import contextlib
import json
import signal
import smtplib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.support.hook_live import Answer, Post, Receiver, receiving, statuses
from tests.support.process import Server, init, spawn

EVENT = "email.received"
ROUND = 20
SENT = 3 * ROUND
BROKEN = (aiohttp.ClientError, OSError, asyncio.IncompleteReadError)


@dataclass
class Listener:
    """What one listener has heard, in the order it came."""

    ids: list[int] = field(default_factory=list)
    breaks: int = 0
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def last(self) -> int:
        return self.ids[-1] if self.ids else 0

    async def take(self, document: dict[str, Any]) -> None:
        if document["type"] == EVENT:
            async with self.heard:
                self.ids.append(document["id"])
                self.heard.notify_all()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(90), self.heard:
            await self.heard.wait_for(lambda: len(self.ids) >= count)


type Listen = Callable[[aiohttp.ClientSession, Listener], Awaitable[None]]


async def stream(client: aiohttp.ClientSession, listener: Listener) -> None:
    """Server-sent events."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(listener.last)}
    async with client.get("/v1/events", headers=headers) as answer:
        answer.raise_for_status()
        async for line in answer.content:
            if line.startswith(b"data: "):
                await listener.take(json.loads(line[6:]))


async def websocket(client: aiohttp.ClientSession, listener: Listener) -> None:
    """One connection of `/v1/events/ws`."""
    query = {"since": str(listener.last), "events": EVENT}
    async with client.ws_connect("/v1/events/ws", params=query) as opened:
        async for message in opened:
            await listener.take(message.json())


async def poll(client: aiohttp.ClientSession, listener: Listener) -> None:
    """One long poll after the other."""
    cursor = listener.last
    while True:
        query = {"since": str(cursor), "wait": "20"}
        async with client.get("/v1/events", params=query) as answer:
            answer.raise_for_status()
            document = await answer.json()
        for one in document["data"]:
            await listener.take(one)
        cursor = document["next"]


async def stay(
    client: aiohttp.ClientSession, listener: Listener, listen: Listen, is_up: asyncio.Event
) -> None:
    """Listen for good: come back when the server does."""
    while True:
        await is_up.wait()
        with contextlib.suppress(*BROKEN):
            await listen(client, listener)
        listener.breaks += 1
        await asyncio.sleep(0)


@asynccontextmanager
async def listening(
    server: Server, streams: int, is_up: asyncio.Event
) -> AsyncIterator[list[Listener]]:
    """So many streams, a socket and a poller, for the length of the block."""
    kinds: list[Listen] = [stream] * streams + [websocket, poll]
    listeners = [Listener() for _ in kinds]
    headers = {"Authorization": f"Bearer {server.made['master_key']}"}
    url = f"http://127.0.0.1:{server.ports['http']}"
    unlimited = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(
            url, headers=headers, connector=unlimited, timeout=aiohttp.ClientTimeout(None)
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        tasks = [
            group.create_task(stay(client, listener, kind, is_up))
            for listener, kind in zip(listeners, kinds, strict=True)
        ]
        try:
            yield listeners
        finally:
            for task in tasks:
                task.cancel()


def send(server: Server, to: str, numbers: range) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=60) as client:
        for number in numbers:
            client.sendmail(
                "ann@outside.test",
                [to],
                f"From: ann@outside.test\r\nTo: {to}\r\nSubject: {number}\r\n\r\nHello {number}.\r\n",
            )


def held_back(gate: asyncio.Event) -> Answer:
    """A receiver that answers nothing until the gate opens."""

    async def answer(_post: Post) -> web.Response:
        await gate.wait()
        return web.Response(text="at last")

    return answer


async def hooks(server: Server, urls: dict[str, str]) -> dict[str, str]:
    """A webhook for every URL; their secrets by path."""
    url = f"http://127.0.0.1:{server.ports['http']}"
    key = {"Authorization": f"Bearer {server.made['master_key']}"}
    secrets: dict[str, str] = {}
    async with aiohttp.ClientSession(url, headers=key) as client:
        for path, target in urls.items():
            given = {"url": target, "events": [EVENT]}
            async with client.post("/v1/webhooks", json=given) as answer:
                made = await answer.json()
                assert answer.status == 201, made
                secrets[path] = made["secret"]
    return secrets


async def journal(server: Server) -> list[int]:
    """The ids of all that arrived."""
    url = f"http://127.0.0.1:{server.ports['http']}"
    key = {"Authorization": f"Bearer {server.made['master_key']}"}
    async with (
        aiohttp.ClientSession(url, headers=key) as client,
        client.get("/v1/events", params={"since": 0, "limit": 1000}) as answer,
    ):
        return [one["id"] for one in (await answer.json())["data"] if one["type"] == EVENT]


async def require_hooks(receiver: Receiver, wanted: list[str], secrets: dict[str, str]) -> None:
    """Each has each id at least once and signed; those that never failed in order as well."""
    for path in secrets:
        if path != "/dead":
            await receiver.until_ids(wanted, path)
        if path.startswith("/well") or path == "/slow":
            assert list(dict.fromkeys(receiver.ids(path))) == wanted
    assert all(one.is_signed_with(secrets[one.path]) for one in receiver.posts)


@pytest.mark.parametrize(
    "streams",
    [
        20,
        pytest.param(200, marks=pytest.mark.long),
    ],
)
async def test_everybody_has_every_event_across_restart_and_kill(
    tmp_path: Path, streams: int
) -> None:
    """Streams, a WebSocket and a poller once and in order; 20 webhooks at least once, same id.

    Of the webhooks one is dead, one answers nothing for a long time, and one fails twice.
    """
    sections = {
        "limits": {"trusted_networks": ["127.0.0.0/8"]},
        "http": {"fetch_allowed_networks": ["127.0.0.0/8"], "rate_limit_per_minute": 100000},
        "inbound": {"verify": False},
    }
    server = init(tmp_path, sections=sections)
    server.start()
    is_up, gate = asyncio.Event(), asyncio.Event()
    is_up.set()
    try:
        async with receiving() as gone:
            dead = gone.url()
        async with receiving() as receiver:
            receiver.answers |= {"/twice": statuses(500, 500), "/slow": held_back(gate)}
            mia = server.json("agent", "create", "mia")
            paths = ["/twice", "/slow", *(f"/well{number}" for number in range(17))]
            urls = {"/dead": dead, **{path: receiver.url(path) for path in paths}}
            secrets = await hooks(server, urls)
            async with listening(server, streams, is_up) as listeners:
                for start, how in ((0, signal.SIGTERM), (ROUND, signal.SIGKILL)):
                    numbers = range(start, start + ROUND)
                    await asyncio.to_thread(send, server, mia["email"], numbers)
                    await receiver.until(start + 3, "/well0")
                    is_up.clear()
                    await asyncio.to_thread(server.stop, how)
                    await asyncio.to_thread(server.start)
                    is_up.set()
                await asyncio.to_thread(send, server, mia["email"], range(2 * ROUND, SENT))
                gate.set()
                wanted = await journal(server)
                assert len(wanted) == SENT
                for listener in listeners:
                    await listener.until(SENT)
                    assert listener.ids == wanted
                    assert listener.breaks >= 2
            await require_hooks(receiver, [f"evt_{one}" for one in wanted], secrets)
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
    assert spawn("check", "--config", server.config).returncode == 0


def mail(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}


async def test_an_idempotency_key_outlives_the_server(tmp_path: Path) -> None:
    """The same POST before and after a kill -9 is one mail, and has one answer."""
    server = init(tmp_path)
    server.start()
    try:
        mia = server.json("agent", "create", "mia")
        body = {"to": [server.made["owner_inbox"]["username"]], "subject": "Hi", "text": "Hi."}
        answers = []
        for _ in range(2):
            url = f"http://127.0.0.1:{server.ports['http']}/v1/messages"
            async with (
                aiohttp.ClientSession(headers=mail(mia["api_key"])) as client,
                client.post(url, json=body) as answer,
            ):
                assert answer.status == 202
                answers.append(await answer.json())
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            await asyncio.to_thread(server.start)
        assert answers[0]["id"] == answers[1]["id"]
        async with (
            aiohttp.ClientSession(headers=mail(mia["api_key"])) as client,
            client.get(url, params={"folder": "Sent"}) as answer,
        ):
            assert (await answer.json())["total"] == 1
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
    assert spawn("check", "--config", server.config).returncode == 0
