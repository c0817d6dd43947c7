"""The worker under slow mail hosts, and how it stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.model import Attempt, Claim
from mailcore.store.ports import ClaimRequest
from tests.support.clock import FakeClock
from tests.support.running import running


async def test_no_more_is_leased_than_can_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease that ran while its row waited for a slot ended during the delivery: sent twice."""
    async with running(tmp_path, sections={"outbound": {"concurrency": 2}}) as server:
        mia = await server.agent()
        deliver, slow, begun = (
            server.core.worker._remote.delivering,
            asyncio.Event(),
            asyncio.Queue(),
        )

        @asynccontextmanager
        async def slowly(claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
            begun.put_nowait(claim)
            await slow.wait()
            async with deliver(claim, raw) as attempts:
                yield attempts

        monkeypatch.setattr(server.core.worker._remote, "delivering", slowly)
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
        deliver, slow, begun = worker._remote.delivering, asyncio.Event(), asyncio.Event()

        @asynccontextmanager
        async def slowly(claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
            begun.set()
            await slow.wait()
            async with deliver(claim, raw) as attempts:
                yield attempts

        monkeypatch.setattr(worker._remote, "delivering", slowly)
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


async def test_a_heartbeat_keeps_the_lease_of_a_slow_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that lives keeps its mail however long a host takes, and nobody sends it again."""
    monkeypatch.setattr("mailcore.outbound.worker._HEARTBEAT_SECONDS", 0.01)
    async with running(tmp_path) as server:
        mia = await server.agent()
        worker, outbound = server.core.worker, server.core.stores.outbound
        deliver, slow = worker._remote.delivering, asyncio.Event()
        claims = asyncio.Queue[Claim]()

        @asynccontextmanager
        async def slowly(claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
            claims.put_nowait(claim)
            await slow.wait()
            async with deliver(claim, raw) as attempts:
                yield attempts

        monkeypatch.setattr(worker._remote, "delivering", slowly)
        body = {"to": ["ana@customer.example"], "text": "hi"}
        await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        claim = await claims.get()
        async with asyncio.timeout(60):
            while (until := await outbound.next_due_at()) == claim.lease_until:
                await asyncio.sleep(0)
        assert until is not None
        assert until > claim.lease_until
        another = ClaimRequest(now=claim.lease_until, owner="another", lease_until=until, limit=10)
        assert await outbound.claim_due(another) == ()
        slow.set()
        await server.queue_is_empty()
        assert len(server.world.sink.received) == 1


async def test_a_delivery_whose_lease_is_lost_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before another worker may begin it."""
    monkeypatch.setattr("mailcore.outbound.worker._CUT_OFF_SECONDS", 0.01)
    async with running(tmp_path) as server:
        mia = await server.agent()
        cut_off = asyncio.Event()

        @asynccontextmanager
        async def forever(_claim: Claim, _raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cut_off.set()
                raise
            yield ()

        monkeypatch.setattr(server.core.worker._remote, "delivering", forever)
        body = {"to": ["ana@customer.example"], "text": "hi"}
        await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        async with asyncio.timeout(60):
            await cut_off.wait()
        assert (await server.ok("GET", "/v1/queue?state=leased"))["total"] == 1


async def test_a_clock_that_jumps_ahead_sends_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that slept: the lease is over by the clock, and the delivery goes on."""
    async with running(tmp_path) as server:
        mia = await server.agent()
        worker = server.core.worker
        deliver, slow = worker._remote.delivering, asyncio.Event()
        begun = asyncio.Queue[Claim]()

        @asynccontextmanager
        async def slowly(claim: Claim, raw: bytes) -> AsyncIterator[tuple[Attempt, ...]]:
            begun.put_nowait(claim)
            await slow.wait()
            async with deliver(claim, raw) as attempts:
                yield attempts

        monkeypatch.setattr(worker._remote, "delivering", slowly)
        body = {"to": ["ana@customer.example"], "text": "hi"}
        await server.ok("POST", "/v1/messages", body, key=mia.api_key)
        claim = await begun.get()
        monkeypatch.setattr(worker, "_clock", FakeClock(claim.lease_until + timedelta(minutes=5)))
        server.core.doorbell.set()
        await server.until("/v1/queue?state=leased", lambda one: one["data"][0]["attempts"] == 2)
        slow.set()
        await server.queue_is_empty()
        assert begun.empty()
        assert len(server.world.sink.received) == 1
