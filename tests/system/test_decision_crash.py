"""A server killed between a decision, or a due time, and the delivery sends once (product §5.7, §7)."""

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mailcore.clock import SystemClock
from mailcore.demo.sink import OutsideWorld
from tests.support.process import Server, init

ANA = "ana@customer.example"
LEAK = "the database password is hunter2-Xk9!"


class Crashing:
    """A server process with an outside world in the test, and what the owner does."""

    def __init__(self, server: Server, world: OutsideWorld) -> None:
        self.server, self.world = server, world
        self.key = str(server.made["master_key"])

    async def ask(self, method: str, path: str, body: Any = None, *, key: str = "") -> Any:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        base = f"http://127.0.0.1:{self.server.ports['http']}"
        async with (
            aiohttp.ClientSession(base) as http,
            http.request(method, path, json=body, headers=headers) as answer,
        ):
            document = await answer.json(content_type=None)
            assert answer.status < 400, document
            return document

    async def final(self, message_id: str) -> Any:
        """The delivery once every recipient has its outcome."""
        while True:
            document = await self.ask("GET", f"/v1/messages/{message_id}/delivery?wait=20")
            if document["is_final"]:
                return document

    async def kill(self) -> None:
        await asyncio.to_thread(self.server.stop, signal.SIGKILL)
        await asyncio.to_thread(self.server.start)


@pytest.fixture
async def crashing(tmp_path: Path) -> AsyncIterator[Crashing]:
    world = OutsideWorld()
    await world.start()
    world.add_domain("owner.example")
    sections: dict[str, dict[str, object]] = {
        "dns": {"resolver": world.zone.nameserver},
        "outbound": {"port": world.sink.port, "require_verified_domain": False},
        "limits": {"trusted_networks": ["127.0.0.0/8"]},
    }
    server = init(tmp_path, sections=sections)
    await asyncio.to_thread(server.start)
    try:
        yield Crashing(server, world)
    finally:
        await asyncio.to_thread(server.stop)
        await world.stop()


@pytest.mark.timeout(200)
async def test_kill_nine_between_decision_and_delivery_sends_once(crashing: Crashing) -> None:
    """The mail host of the recipient answers only after the last kill."""
    zone = crashing.world.zone
    zone.fail("customer.example")
    mia = await crashing.ask("POST", "/v1/agents", {"name": "mia"})
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    held = await crashing.ask("POST", "/v1/messages", body, key=mia["api_key"])
    path = f"/v1/holds/{held['hold_id']}"
    assert (await crashing.ask("POST", f"{path}/approve", {}))["changed"]
    await crashing.kill()
    shown = await crashing.ask("GET", path)
    assert (shown["status"], shown["decided_via"]) == ("released", "api")
    assert not (await crashing.ask("POST", f"{path}/approve", {}))["changed"]
    await crashing.kill()
    zone.heal()
    crashing.world.add_domain("customer.example")
    for row in (await crashing.ask("GET", "/v1/queue"))["data"]:
        if row["recipient"] == ANA and row["state"] in ("due", "scheduled"):
            await crashing.ask("POST", f"/v1/queue/{row['id']}/retry", {})
    sink = crashing.world.sink
    await sink.wait_for(lambda one: ANA in one.recipients, timeout_seconds=30)
    document = await crashing.ask("GET", f"/v1/messages/{held['id']}/delivery?wait=20")
    assert document["is_final"]
    assert (await crashing.ask("GET", "/v1/queue?state=due&state=leased"))["total"] == 0
    assert sum(ANA in one.recipients for one in sink.received) == 1
    audit = (await crashing.ask("GET", f"/v1/audit?subject={held['hold_id']}"))["data"]
    decided = [one["action"] for one in audit if one["action"] != "hold.decision_ignored"]
    assert decided == ["hold.approve"]
    checked = await asyncio.to_thread(crashing.server.json, "check")
    assert checked == {"ok": True, "violations": []}
    verified = await asyncio.to_thread(crashing.server.json, "audit", "verify")
    assert verified["ok"]


@pytest.mark.timeout(200)
async def test_kill_nine_around_due_times_sends_scheduled_mail_once(crashing: Crashing) -> None:
    """Some is due before a kill, some while nothing runs, some after the last start."""
    mia = await crashing.ask("POST", "/v1/agents", {"name": "mia"})
    begin = SystemClock().now()  # what the server, another process, goes by
    ids = []
    for number in range(8):
        at = begin + timedelta(seconds=number + 3)
        body = {"to": ["owner@example.org"], "subject": f"Due {number}", "text": f"hi {number}"}
        sent = await crashing.ask(
            "POST", "/v1/messages", {**body, "send_at": at.isoformat()}, key=mia["api_key"]
        )
        assert sent["status"] == "scheduled"
        ids.append(sent["id"])
    for number in (0, 4):
        await crashing.final(ids[number])
        await crashing.kill()
    for one in ids:
        (recipient,) = (await crashing.final(one))["recipients"]
        assert recipient["state"] == "delivered"
    listed = await crashing.ask("GET", "/v1/messages?folder=INBOX&subject=Due&limit=100")
    assert sorted(one["subject"] for one in listed["data"]) == [f"Due {n}" for n in range(8)]
    checked = await asyncio.to_thread(crashing.server.json, "check")
    assert checked == {"ok": True, "violations": []}
