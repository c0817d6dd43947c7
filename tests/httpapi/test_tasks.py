"""Tasks: given, claimed, done; calls that wait; what the two sides see and nobody else."""

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from mailcore.tasks.service import KEEP_FINISHED
from tests.support.clock import FakeClock
from tests.support.http_live import SECRET, Live, running

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TASK = {"assignee": "bob", "type": "lookup", "payload": {"zip": "10115"}, "result_schema": SCHEMA}


@dataclass(frozen=True)
class Pair:
    """A server, and the two agents as clients."""

    live: Live
    mia: aiohttp.ClientSession
    bob: aiohttp.ClientSession


@asynccontextmanager
async def pair(data_dir: Path, **options: Any) -> AsyncIterator[Pair]:
    async with running(data_dir, **options) as live:
        mia, bob = await live.agent("mia"), await live.agent("bob")
        async with live.client(mia.api_key) as one, live.client(bob.api_key) as two:
            yield Pair(live, one, two)


async def get(client: aiohttp.ClientSession, path: str) -> Any:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def post(client: aiohttp.ClientSession, path: str, **fields: Any) -> Any:
    async with client.post(path, json=fields) as answer:
        assert answer.status < 300, await answer.text()
        return await answer.json()


async def refused(client: aiohttp.ClientSession, path: str, **fields: Any) -> tuple[int, str]:
    async with client.post(path, json=fields) as answer:
        return answer.status, (await answer.json())["code"]


async def assigned(client: aiohttp.ClientSession) -> str:
    """The id of the first task that the agent hears of."""
    since = 0
    async with asyncio.timeout(60):
        while True:
            found = await get(client, f"/v1/events?since={since}&wait=20")
            for one in found["data"]:
                if one["type"] == "task.assigned":
                    return str(one["data"]["task_id"])
            since = found["next"]


async def events(client: aiohttp.ClientSession) -> list[str]:
    found = await get(client, "/v1/events?since=0&limit=200")
    return [one["type"] for one in found["data"] if one["type"].startswith("task.")]


async def test_a_task_goes_from_hand_to_hand(tmp_path: Path) -> None:
    """Given, claimed, completed; each side hears what the other did."""
    async with pair(tmp_path) as world:
        task = await post(world.mia, "/v1/tasks", **TASK)
        assert (task["status"], task["assigner"], task["assignee"]) == ("pending", "mia", "bob")
        assert task["claim_token"] is None
        (seen,) = (await get(world.bob, "/v1/tasks?side=assignee&status=pending"))["data"]
        path = f"/v1/tasks/{task['id']}"
        assert (seen["id"], "payload" in seen) == (task["id"], False)
        assert (await get(world.bob, path))["payload"] == {"zip": "10115"}
        claimed = await post(world.bob, f"{path}/claim")
        assert (claimed["status"], claimed["claimed_by"]) == ("claimed", "bob")
        assert (await post(world.bob, f"{path}/claim"))["claimed_at"] == claimed["claimed_at"]
        await post(world.bob, f"{path}/complete", result={"city": "Berlin"})
        done = await get(world.mia, path)
        assert (done["status"], done["result"]) == ("completed", {"city": "Berlin"})
        assert await events(world.mia) == ["task.claimed", "task.completed"]
        assert await events(world.bob) == ["task.assigned"]
        assert (await get(world.mia, "/v1/tasks?side=assignee"))["total"] == 0
        assert (await get(world.mia, "/v1/tasks?side=assigner&type=lookup"))["total"] == 1
        async with world.live.client(world.live.master) as owner:
            audit = await get(owner, "/v1/audit?action=task.&limit=10")
            assert [one["action"] for one in audit["data"]] == [
                *("task.assign", "task.claim", "task.complete"),
            ]
            assert "10115" not in str(audit)
            assert (await get(owner, "/v1/tasks"))["total"] == 1


async def test_a_result_that_does_not_fit_is_told_why(tmp_path: Path) -> None:
    """400 with the validator's words; the task stays open, and a good result ends it."""
    async with pair(tmp_path) as world:
        path = f"/v1/tasks/{(await post(world.mia, '/v1/tasks', **TASK))['id']}/complete"
        async with world.bob.post(path, json={"result": {"city": 3}}) as answer:
            problem = await answer.json()
        assert (answer.status, problem["code"]) == (400, "result_invalid")
        assert problem["errors"] == [
            {"path": "result.city", "message": "3 is not of type 'string'"}
        ]
        done = await post(world.bob, path, result={"city": "Berlin"})
        again = await post(world.bob, path, result={"city": "Berlin"})
        assert again == done
        assert await refused(world.bob, path, result={"city": "Bonn"}) == (409, "task_closed")


async def test_another_agent_takes_a_task_with_its_token(tmp_path: Path) -> None:
    """Without it there is nothing; with it the task is this agent's, and its assignee's still."""
    async with pair(tmp_path) as world:
        zoe = await world.live.agent("zoe")
        task = await post(world.mia, "/v1/tasks", **TASK)
        path = f"/v1/tasks/{task['id']}"
        token = (await get(world.bob, path))["claim_token"]
        async with world.live.client(zoe.api_key) as sub:
            assert await refused(sub, f"{path}/claim") == (404, "not_found")
            assert await refused(sub, f"{path}/claim", claim_token="x") == (404, "not_found")
            assert (await sub.get(path)).status == 404
            other = await post(world.mia, "/v1/tasks", **TASK)
            wrong = f"/v1/tasks/{other['id']}/claim"
            assert await refused(sub, wrong, claim_token=token) == (404, "not_found")
            claimed = await post(sub, f"{path}/claim", claim_token=token.upper())
            assert (claimed["claimed_by"], claimed["claim_token"]) == ("zoe", None)
            assert await refused(world.bob, f"{path}/claim") == (409, "task_claimed")
            assert (await get(sub, "/v1/tasks?side=assignee"))["total"] == 1
            await post(sub, f"{path}/complete", result={"city": "Berlin"})
        assert (await get(world.mia, path))["claimed_by"] == "zoe"


async def test_a_task_fails_or_is_taken_back(tmp_path: Path) -> None:
    """With a reason by who does it; by who gave it otherwise. An end is final."""
    async with pair(tmp_path) as world:
        one, two = [(await post(world.mia, "/v1/tasks", **TASK))["id"] for _ in range(2)]
        await post(world.bob, f"/v1/tasks/{one}/fail", error="No such place.")
        failed = await get(world.mia, f"/v1/tasks/{one}")
        assert (failed["status"], failed["error"]) == ("failed", "No such place.")
        assert (await refused(world.bob, f"/v1/tasks/{two}/cancel"))[0] == 403
        assert (await refused(world.mia, f"/v1/tasks/{two}/complete", result=1))[0] == 403
        await post(world.mia, f"/v1/tasks/{two}/cancel")
        await post(world.mia, f"/v1/tasks/{two}/cancel")
        for verb, fields in (("claim", {}), ("complete", {"result": {"city": "B"}})):
            given = (world.bob, f"/v1/tasks/{two}/{verb}")
            assert await refused(*given, **fields) == (409, "task_closed")
        assert await refused(world.mia, f"/v1/tasks/{one}/cancel") == (409, "task_closed")
        assert await events(world.bob) == ["task.assigned", "task.assigned", "task.canceled"]


async def test_a_call_has_its_result_at_once(tmp_path: Path) -> None:
    """Whoever waits is woken by the result, not by a clock."""
    async with pair(tmp_path) as world, asyncio.TaskGroup() as group:
        call = group.create_task(post(world.mia, "/v1/tasks/rpc", **TASK, timeout=60))
        task_id = await assigned(world.bob)
        await post(world.bob, f"/v1/tasks/{task_id}/complete", result={"city": "Berlin"})
        answer = await call
        assert answer == {
            "task_id": task_id,
            "status": "completed",
            "is_timeout": False,
            "result": {"city": "Berlin"},
            "error": "",
        }


async def test_a_call_whose_time_is_over_gives_the_id(tmp_path: Path) -> None:
    """The task goes on, and the same key waits for the same task."""
    clock = FakeClock()
    async with pair(tmp_path, clock=clock) as world:
        headers = {"Idempotency-Key": "one"}

        async def call() -> Any:
            given = {**TASK, "timeout": 5}
            async with world.mia.post("/v1/tasks/rpc", json=given, headers=headers) as answer:
                return answer.status, await answer.json()

        async with asyncio.TaskGroup() as group:
            calling = group.create_task(call())
            await assigned(world.bob)
            clock.advance(6)
        status, timed_out = calling.result()
        assert (status, timed_out["status"], timed_out["is_timeout"]) == (200, "pending", True)
        path = f"/v1/tasks/{timed_out['task_id']}"
        await post(world.bob, f"{path}/complete", result={"city": "Berlin"})
        assert (await get(world.mia, f"{path}?wait=20"))["status"] == "completed"
        status, again = await call()
        assert (again["task_id"], again["result"]) == (timed_out["task_id"], {"city": "Berlin"})
        assert (await get(world.mia, "/v1/tasks"))["total"] == 1
        for wrong in (4.9, 301):
            assert (await refused(world.mia, "/v1/tasks/rpc", **TASK, timeout=wrong))[0] == 400


async def test_a_task_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """Whoever looks sees it expired, with or without the job; later it is forgotten."""
    clock = FakeClock()
    async with pair(tmp_path, clock=clock) as world:
        tasks = world.live.services.tasks
        one, two = [
            (await post(world.mia, "/v1/tasks", **TASK, expires_in=60))["id"] for _ in range(2)
        ]
        await post(world.bob, f"/v1/tasks/{two}/claim")
        clock.advance(59)
        assert (await get(world.mia, f"/v1/tasks/{one}"))["status"] == "pending"
        assert await tasks.expire() == 0
        clock.advance(1)
        path = f"/v1/tasks/{two}/complete"
        assert await refused(world.bob, path, result={"city": "B"}) == (409, "task_closed")
        assert (await get(world.mia, f"/v1/tasks/{one}"))["status"] == "expired"
        assert await events(world.mia) == ["task.claimed", "task.expired", "task.expired"]
        clock.advance(KEEP_FINISHED.total_seconds() + 1)
        assert await tasks.forget() == 2
        assert (await world.mia.get(f"/v1/tasks/{one}")).status == 404


async def test_the_guard_reads_what_agents_hand_each_other(tmp_path: Path) -> None:
    """Payload, type, schema, result and reason; refused, told without the secret, and recorded."""
    async with pair(tmp_path) as world:
        for more in (
            {"payload": {"a": [{"b": f"it is {SECRET}"}]}},
            {"payload": {SECRET: 1}},
            {"type": SECRET},
            {"result_schema": {"description": SECRET}},
        ):
            async with world.mia.post("/v1/tasks", json={**TASK, **more}) as answer:
                assert answer.status == 403, more
                text = await answer.text()
            assert '"refused_by_guard"' in text
            assert SECRET not in text
        given = {**TASK, "payload": SECRET, "allow_sensitive": True, "result_schema": None}
        assert (await refused(world.mia, "/v1/tasks", **given))[1] == "refused_by_guard"
        path = f"/v1/tasks/{(await post(world.mia, '/v1/tasks', **TASK))['id']}"
        result = {"city": SECRET}
        assert (await refused(world.bob, f"{path}/complete", result=result))[0] == 403
        assert (await refused(world.bob, f"{path}/fail", error=SECRET))[0] == 403
        assert (await get(world.bob, path))["status"] == "pending"
        async with world.live.client(world.live.master) as owner:
            audit = await get(owner, "/v1/audit?action=task.refuse&limit=20")
            assert len(audit["data"]) == 7
            assert SECRET not in str(audit)
            mine = await post(owner, "/v1/tasks", **given)
            assert mine["assigner"] == "owner"
            await post(world.bob, f"/v1/tasks/{mine['id']}/complete", result=SECRET)
            assert (await get(owner, f"/v1/tasks/{mine['id']}"))["result"] == SECRET


async def test_an_inbox_whose_mail_waits_for_a_person_hands_nothing_on(tmp_path: Path) -> None:
    """Tasks are no way round `approval: always` and `can_send_cold: false`."""
    async with pair(tmp_path) as world:
        (inbox,) = (await get(world.mia, "/v1/identities"))["data"]
        async with world.live.client(world.live.master) as owner:
            for policy in ({"approval": "always"}, {"approval": "flagged", "can_send_cold": False}):
                async with owner.patch(f"/v1/identities/{inbox['id']}", json=policy) as answer:
                    assert answer.status == 200, await answer.text()
                assert await refused(world.mia, "/v1/tasks", **TASK) == (403, "refused_by_policy")
            task = await post(world.bob, "/v1/tasks", assignee="mia", type="x")
            await post(world.mia, f"/v1/tasks/{task['id']}/complete", result="fine")
            task = await post(world.bob, "/v1/tasks", assignee="mia", type="x")
            async with owner.patch(
                f"/v1/identities/{inbox['id']}", json={"approval": "always"}
            ) as answer:
                assert answer.status == 200
            path = f"/v1/tasks/{task['id']}/complete"
            assert (await refused(world.mia, path, result="x"))[1] == "refused_by_policy"


async def test_only_so_many_tasks_are_open(tmp_path: Path) -> None:
    """A flood ends with 429; what is done makes room."""
    async with pair(tmp_path) as world:
        open_ids = [
            (await post(world.mia, "/v1/tasks", assignee="bob", type="x", notify_by_mail=False))[
                "id"
            ]
            for _ in range(3)
        ]
        service = world.live.services.tasks
        service.most_open = 3
        given = {"assignee": "bob", "type": "x"}
        assert await refused(world.mia, "/v1/tasks", **given) == (429, "too_many_tasks")
        await post(world.mia, f"/v1/tasks/{open_ids[0]}/cancel")
        await post(world.mia, "/v1/tasks", **given)
        await post(world.bob, "/v1/tasks", assignee="mia", type="x")


NO_TASKS: tuple[tuple[dict[str, Any], int], ...] = (
    ({"assignee": "nobody"}, 404),
    ({"assignee": "nobody@agents.example"}, 404),
    ({"assignee": "someone@outside.example"}, 404),
    ({"assignee": ""}, 400),
    ({"type": ""}, 400),
    ({"type": "a\nb"}, 400),
    ({"payload": "x" * 262_200}, 413),
    ({"expires_in": 0}, 400),
    ({"expires_in": 2_592_001}, 400),
    ({"result_schema": {"type": "blah"}}, 400),
    ({"result_schema": {"$ref": "https://example.com"}}, 400),
    ({"result_schema": []}, 400),
    ({"payload": functools.reduce(lambda inner, _: [inner], range(900), [])}, 400),
    ({"sub_task": 1}, 400),
)


async def test_what_cannot_be_a_task_is_refused(tmp_path: Path) -> None:
    """With the reason, and nothing stored."""
    async with pair(tmp_path) as world:
        for fields, status in NO_TASKS:
            found = await refused(world.mia, "/v1/tasks", **{**TASK, **fields})
            assert found[0] == status, fields
        assert (await get(world.mia, "/v1/tasks"))["total"] == 0


async def test_an_assignee_is_found_by_name_id_and_address(tmp_path: Path) -> None:
    """A stopped one takes no tasks."""
    async with pair(tmp_path) as world:
        bob = await get(world.mia, "/v1/agents/bob")
        for name in ("bob", bob["id"], "bob@agents.example", "bob+jobs@agents.example"):
            task = await post(world.mia, "/v1/tasks", assignee=name, type="x")
            assert task["assignee"] == "bob"
        async with world.live.client(world.live.master) as owner:
            await post(owner, "/v1/agents/bob/stop")
        answer = await refused(world.mia, "/v1/tasks", **TASK)
        assert answer == (409, "assignee_unavailable")


async def test_of_many_who_claim_one_has_it(tmp_path: Path) -> None:
    """Eight at once, all with the token."""
    async with pair(tmp_path) as world:
        task = await post(world.mia, "/v1/tasks", **TASK)
        path = f"/v1/tasks/{task['id']}"
        token = (await get(world.bob, path))["claim_token"]
        keys = [(await world.live.agent(f"sub{number}")).api_key for number in range(8)]

        async def claim(key: str) -> int:
            async with (
                world.live.client(key) as client,
                client.post(f"{path}/claim", json={"claim_token": token}) as answer,
            ):
                return answer.status

        async with asyncio.TaskGroup() as group:
            claims = [group.create_task(claim(key)) for key in keys]
        assert sorted(one.result() for one in claims) == [200, *[409] * 7]


async def test_a_key_for_one_inbox_sees_the_tasks_of_that_inbox(tmp_path: Path) -> None:
    """On either side; those of the agent's other inbox are not there."""
    async with pair(tmp_path) as world, world.live.client(world.live.master) as owner:
        desk = await post(owner, "/v1/identities", local_part="desk", agent_id=await _id(owner))
        key = {"name": "k", "role": "agent", "agent": "bob", "inbox_id": desk["id"]}
        made = await post(owner, "/v1/keys", **key)
        first = await post(world.mia, "/v1/tasks", assignee="bob@agents.example", type="x")
        second = await post(world.mia, "/v1/tasks", assignee="desk@agents.example", type="x")
        async with world.live.client(made["api_key"]) as client:
            assert (await client.get(f"/v1/tasks/{first['id']}")).status == 404
            assert await refused(client, f"/v1/tasks/{first['id']}/claim") == (404, "not_found")
            (seen,) = (await get(client, "/v1/tasks"))["data"]
            assert seen["id"] == second["id"]
            assert await events(client) == ["task.assigned"]
            given = await post(client, "/v1/tasks", assignee="mia", type="y")
            assert (await get(client, f"/v1/tasks/{given['id']}"))["assigner"] == "bob"
        assert (await get(world.bob, "/v1/tasks"))["total"] == 3


async def _id(owner: aiohttp.ClientSession) -> str:
    return str((await get(owner, "/v1/agents/bob"))["id"])
