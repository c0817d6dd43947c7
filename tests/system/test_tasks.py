"""A call between agents across kill -9: nothing assigned is lost, nothing is done or told twice."""

import asyncio
import signal
from typing import Any

import aiohttp
import pytest

from tests.support.process import Server
from tests.system.conftest import Site

TASK = {"assignee": "bob", "type": "lookup", "payload": {"zip": "10115"}, "timeout": 60}


class Client:
    """An agent that comes back when the server does."""

    def __init__(self, server: Server, key: str) -> None:
        self._url = f"http://127.0.0.1:{server.ports['http']}"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        async with (
            aiohttp.ClientSession(self._url, headers={**self._headers, **headers}) as session,
            session.request(method, path, json=body) as answer,
        ):
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def first_task(self) -> Any:
        """The first task that is to be done, waiting for it."""
        since = 0
        async with asyncio.timeout(30):
            while True:
                found = await self.ask("GET", "/v1/tasks?side=assignee&status=pending")
                if found["data"]:
                    return found["data"][0]
                events = await self.ask("GET", f"/v1/events?since={since}&wait=10")
                since = events["next"]


@pytest.mark.timeout(400)
async def test_a_call_goes_on_after_a_crash(site: Site) -> None:
    """The caller's connection breaks; the same request with the same key has the result."""
    bob_key = (await asyncio.to_thread(site.server.json, "agent", "create", "bob"))["api_key"]
    mia, bob = Client(site.server, site.mia["api_key"]), Client(site.server, bob_key)
    key = {"Idempotency-Key": "the-call"}

    async def call() -> Any:
        try:
            return await mia.ask("POST", "/v1/tasks/rpc", TASK, **key)
        except (aiohttp.ClientError, OSError):
            return None

    async with asyncio.TaskGroup() as group:
        broken = group.create_task(call())
        task = await bob.first_task()
        await asyncio.to_thread(site.server.stop, signal.SIGKILL)
    assert broken.result() is None
    await asyncio.to_thread(site.server.start)
    again = await bob.first_task()
    assert again["id"] == task["id"]
    found = await bob.ask("GET", f"/v1/tasks/{task['id']}")
    assert found["payload"] == {"zip": "10115"}
    async with asyncio.TaskGroup() as group:
        resumed = group.create_task(call())
        await bob.ask("POST", f"/v1/tasks/{task['id']}/complete", {"result": "Berlin"})
        await asyncio.to_thread(site.server.stop, signal.SIGKILL)
    await asyncio.to_thread(site.server.start)
    answer = resumed.result() or await call()
    assert (answer["task_id"], answer["result"]) == (task["id"], "Berlin")
    assert (await mia.ask("GET", "/v1/tasks"))["total"] == 1
    events = await mia.ask("GET", "/v1/events?since=0&limit=200")
    ended = [one for one in events["data"] if one["type"] == "task.completed"]
    assert len(ended) == 1
    mail = await bob.ask("GET", "/v1/messages")
    assert mail["total"] <= 1
    checked = await asyncio.to_thread(site.server.json, "check")
    assert checked == {"ok": True, "violations": []}
    verified = await asyncio.to_thread(site.server.json, "audit", "verify")
    assert verified["ok"] is True
