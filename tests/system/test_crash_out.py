"""kill -9 while mail leaves: everything leaves, and nothing again that was recorded as delivered."""

import asyncio
import contextlib
import secrets
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mailcore.store.sqlite import DATABASE_FILE
from tests.support.process import Server, free_port, init
from tests.support.smtp_sink import PROGRAM, SmtpSink, smtp_sink

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="smtp-sink (Debian: postfix) is not installed"
)
_DELIVERED = """
SELECT c.message_id FROM recipients r JOIN submissions s ON s.id = r.submission_id
JOIN contents c ON c.id = s.content_id WHERE r.state = 'delivered'
"""


@contextlib.asynccontextmanager
async def sending(folder: Path) -> AsyncIterator[tuple[Server, SmtpSink]]:
    """A server whose mail all goes to a sink."""
    async with smtp_sink(free_port()) as sink:
        server = init(
            folder,
            sections={
                "outbound": {
                    "smarthost": f"127.0.0.1:{sink.port}",
                    "require_verified_domain": False,
                },
                "http": {"rate_limit_per_minute": 1_000_000},
            },
        )
        await asyncio.to_thread(server.start)
        try:
            yield server, sink
        finally:
            if server.process is not None and server.process.poll() is None:
                await asyncio.to_thread(server.stop)


async def queue(server: Server, count: int) -> set[str]:
    """So many messages of an agent, all behind a pause; their Message-IDs."""
    url = f"http://127.0.0.1:{server.ports['http']}"
    headers = {"Authorization": f"Bearer {server.made['master_key']}"}
    async with aiohttp.ClientSession(url, headers=headers) as http:

        async def post(path: str, body: Any, key: str = "") -> Any:
            own = {"Authorization": f"Bearer {key}"} if key else None
            async with http.post(path, json=body, headers=own) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.json()

        await post("/v1/queue-pauses", {"everything": True})
        agent = await post("/v1/agents", {"name": "mia"})
        found: set[str] = set()
        numbers = iter(range(count))

        async def work() -> None:
            for number in numbers:
                body = {
                    "to": [f"one{number}@far{number % 7}.example"],
                    "subject": f"No. {number}",
                    "text": "They are here.",
                }
                sent = await post("/v1/messages", body, agent["api_key"])
                found.add(sent["message_id"].strip("<>"))

        async with asyncio.TaskGroup() as group:
            for _ in range(10):
                group.create_task(work())
    assert len(found) == count
    return found


def delivered(server: Server) -> set[str]:
    """What the database of a server that is down says is delivered."""
    path = server.folder / "data" / DATABASE_FILE
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {row[0].strip("<>") for row in connection.execute(_DELIVERED)}


async def until(sink: SmtpSink, count: int) -> None:
    async with asyncio.timeout(200):
        while sink.count() < count:
            await asyncio.sleep(0.002)  # files of another program tell nobody


async def outlives_kills(folder: Path, *, messages: int, kills: int) -> None:
    async with sending(folder) as (server, sink):
        queued = await queue(server, messages)
        recorded: list[tuple[set[str], dict[str, int]]] = []
        await asyncio.to_thread(server.json, "queue", "resume", "--all")
        for number in range(kills):
            share = messages // (kills + 1)
            await until(sink, number * share + 1 + secrets.randbelow(share))
            await asyncio.to_thread(server.stop, signal.SIGKILL)
            recorded.append((delivered(server), dict(sink.message_ids())))
            await asyncio.to_thread(server.start)
        async with asyncio.timeout(200):
            while await asyncio.to_thread(server.json, "queue", "list") != {"data": [], "total": 0}:
                await asyncio.sleep(0.1)
        left = sink.message_ids()
        assert set(left) == queued
        for known, counts in recorded:
            assert {one for one in known if left[one] != counts[one]} == set()
        assert max(left.values()) <= 1 + kills
        # Not more than was under way at a kill leaves again.
        assert sum(left.values()) - messages <= kills * 20
        checked = await asyncio.to_thread(server.json, "check")
        assert checked == {"ok": True, "violations": []}


@pytest.mark.timeout(300)
async def test_two_hundred_messages_leave_whatever_is_killed(tmp_path: Path) -> None:
    await outlives_kills(tmp_path, messages=200, kills=2)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_two_thousand_messages_leave_whatever_is_killed(tmp_path: Path) -> None:
    await outlives_kills(tmp_path, messages=2000, kills=12)
