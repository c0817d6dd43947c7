"""The worker under slow mail hosts, and how it stops."""

import asyncio
from pathlib import Path

import pytest

from mailcore.model import Attempt, Claim
from tests.support.running import running


async def test_no_more_is_leased_than_can_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that ran while its row waited for a slot ended during the delivery: sent twice."""
    async with running(tmp_path, sections={"outbound": {"concurrency": 2}}) as server:
        mia = await server.agent()
        deliver, slow, begun = server.core.worker._remote.deliver, asyncio.Event(), asyncio.Queue()

        async def slowly(claim: Claim, raw: bytes) -> tuple[Attempt, ...]:
            begun.put_nowait(claim)
            await slow.wait()
            return await deliver(claim, raw)

        monkeypatch.setattr(server.core.worker._remote, "deliver", slowly)
        for number in range(6):
            to = [f"ana@customer{number}.example"]
            server.world.add_domain(f"customer{number}.example")
            await server.ok("POST", "/v1/messages", {"to": to, "text": "hi"}, key=mia.api_key)
        for _ in range(2):
            await begun.get()
        leased = await server.ok("GET", "/v1/queue?state=leased")
        assert leased["total"] == 2
        slow.set()
        await server.world.sink.wait_count(6)


async def test_a_delivery_under_way_ends_before_the_server_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Product §14: drain, then close; a delivery cut off behind its last dot would be sent twice."""
    async with running(tmp_path) as server:
        mia = await server.agent()
        worker = server.core.worker
        deliver, slow, begun = worker._remote.deliver, asyncio.Event(), asyncio.Event()

        async def slowly(claim: Claim, raw: bytes) -> tuple[Attempt, ...]:
            begun.set()
            await slow.wait()
            return await deliver(claim, raw)

        monkeypatch.setattr(worker._remote, "deliver", slowly)
        body = {"to": ["ana@customer.example"], "text": "hi"}
        await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        await begun.wait()
        stopping = asyncio.get_running_loop().create_task(worker.stop(10))
        await asyncio.sleep(0)
        assert not stopping.done()
        slow.set()
        await stopping
        assert len(server.world.sink.received) == 1
        assert (await server.ok("GET", "/v1/queue?state=delivered"))["total"] == 1
