"""Waiting until a message is delivered: one call, every recipient's outcome."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mailcore.model import Attempt, Claim
from tests.support.running import LEAK, WAIT_SECONDS, Agent, Running


async def test_the_answer_comes_when_every_recipient_has_its_outcome(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before, and with what each host said; each recipient has its event."""
    remote = server.core.worker._remote
    deliver, go_on, begun = remote.delivering, asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def when_told(claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
        begun.set()
        await go_on.wait()
        async with deliver(claim, raw) as attempts:
            yield attempts

    monkeypatch.setattr(remote, "delivering", when_told)
    server.world.sink.refuse("nobody@*", "550 5.1.1 nobody here")
    to = ["ana@customer.example", "nobody@customer.example"]
    sent = await server.ok("POST", "/v1/messages", {"to": to, "text": "hi"}, key=mia.api_key)
    path = f"/v1/messages/{sent['id']}/delivery?wait={WAIT_SECONDS}"
    await begun.wait()
    now = await server.ok("GET", f"/v1/messages/{sent['id']}/delivery", key=mia.api_key)
    assert (now["is_final"], {one["state"] for one in now["recipients"]}) == (False, {"leased"})
    waiting = asyncio.get_running_loop().create_task(server.ok("GET", path, key=mia.api_key))
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    answer = await waiting
    assert answer["is_final"]
    assert {one["recipient"]: (one["state"], one["code"]) for one in answer["recipients"]} == {
        "ana@customer.example": ("delivered", 250),
        "nobody@customer.example": ("failed", 550),
    }
    events = (await server.ok("GET", "/v1/events?since=0", key=mia.api_key))["data"]
    told = {one["type"]: one["data"]["recipient"] for one in events if "recipient" in one["data"]}
    assert told["email.delivered"] == "ana@customer.example"
    assert told["email.bounced"] == "nobody@customer.example"


async def test_the_time_ends_the_wait_for_what_a_person_has_to_decide(
    server: Running, mia: Agent
) -> None:
    """A held message is not final; a rejected one is."""
    body = {"to": ["ana@customer.example"], "text": LEAK}
    sent = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    path = f"/v1/messages/{sent['id']}/delivery"
    answer = await server.ok("GET", f"{path}?wait=0.05", key=mia.api_key)
    assert (answer["status"], answer["is_final"]) == ("held", False)
    await server.ok("POST", f"/v1/holds/{sent['hold_id']}/reject", {"reason": "no"})
    answer = await server.ok("GET", f"{path}?wait={WAIT_SECONDS}", key=mia.api_key)
    assert answer["is_final"]
    assert {one["state"] for one in answer["recipients"]} == {"canceled"}
    assert (await server.api("GET", f"{path}?wait=-1", key=mia.api_key))[0] == 400
