"""The directory, inactive agents, the cleanup and its record."""

from datetime import timedelta
from pathlib import Path

from mailcore.ids import DEFAULT_POD
from mailcore.model import AgentStatus
from tests.support.clock import FakeClock
from tests.support.http_live import running


async def test_the_directory_is_everybodys(tmp_path: Path) -> None:
    """Name, address and role, and nothing more."""
    async with running(tmp_path) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with (
            live.client(bob.api_key) as client,
            client.get("/v1/agents/directory") as answer,
        ):
            document = await answer.json()
        assert document["total"] == 2
        assert document["data"][0] == {
            "name": "mia",
            "email": str(mia.inbox.address),
            "role": "assistant",
        }


async def test_a_cleanup_takes_the_idle_and_records_it(tmp_path: Path) -> None:
    """A dry run names them first; persistent and stopped ones stay, and what worked lately."""
    clock = FakeClock()
    async with running(tmp_path, clock=clock) as live, live.client(live.master) as client:
        for name in ("keeper", "idle", "frozen", "busy"):
            await live.agent(name)
        await client.post("/v1/agents/frozen/stop", json={"reason": "odd"})
        clock.advance(timedelta(hours=30))
        busy = await live.stores.accounts.agent_by_name(DEFAULT_POD, "busy")
        assert busy is not None
        await live.stores.accounts.touch_agent(busy.id, clock.now())

        async with client.get("/v1/agents/inactive?hours=24") as answer:
            names = [one["name"] for one in (await answer.json())["data"]]
        assert names == ["keeper", "idle", "frozen"]
        async with client.get("/v1/agents/inactive?hours=48") as answer:
            assert (await answer.json())["total"] == 0
        async with client.post("/v1/agents/cleanup", json={"dry_run": True}) as answer:
            planned = await answer.json()
        assert ([one["name"] for one in planned["data"]], planned["dry_run"]) == (["idle"], True)
        assert (await client.get("/v1/agents/idle")).status == 200
        async with client.post("/v1/agents/cleanup", json={"hours": 24}) as answer:
            assert [one["name"] for one in (await answer.json())["data"]] == ["idle"]
        assert (await client.get("/v1/agents/idle")).status == 404
        async with client.get("/v1/agents/frozen") as answer:
            assert (await answer.json())["status"] == AgentStatus.STOPPED
        await client.delete("/v1/agents/busy", params={"reason": "done"})
        async with client.get("/v1/agents/deletions") as answer:
            document = await answer.json()
        assert document["total"] == 2
        assert [(one["name"], one["reason"]) for one in document["data"]] == [
            ("busy", "done"),
            ("idle", "inactive for 24 hours"),
        ]
        assert document["data"][0]["deleted_by"] == "master"
        async with client.post("/v1/agents/cleanup", json={"hours": 0}) as answer:
            assert answer.status == 400
