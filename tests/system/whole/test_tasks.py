"""Tasks in the whole product: the real guard, the notice by mail, every way to hear of them."""

import asyncio
import json
import threading
import urllib.error
from typing import Any

import pytest

from tests.support.documents import blocks
from tests.support.mcp_client import call, connected
from tests.support.running import LEAK, Agent, Running

TASK = {"assignee": "bob", "type": "lookup", "payload": {"zip": "10115", "note": "It is urgent."}}


@pytest.fixture
async def bob(server: Running) -> Agent:
    return await server.agent("bob")


async def test_a_task_is_told_by_mail_once_and_without_its_payload(
    server: Running, mia: Agent, bob: Agent
) -> None:
    """It comes from the server itself; nothing of the payload is in it."""
    task = await server.ok("POST", "/v1/tasks", TASK, key=mia.api_key)
    quiet = {**TASK, "notify_by_mail": False}
    await server.ok("POST", "/v1/tasks", quiet, key=mia.api_key)
    last = await server.ok("POST", "/v1/tasks", {**TASK, "type": "last"}, key=mia.api_key)
    found = await server.messages(bob, 2)
    assert sorted(one["subject"] for one in found) == [
        *("Task from mia: last", "Task from mia: lookup"),
    ]
    texts = [
        (await server.ok("GET", f"/v1/messages/{one['id']}", key=bob.api_key))["text"]
        for one in found
    ]
    assert all(one["id"] in "".join(texts) for one in (task, last))
    assert "urgent" not in "".join(texts)
    assert server.world.sink.received == []


async def test_the_real_guard_refuses_a_password_and_lets_data_pass(
    server: Running, mia: Agent, bob: Agent
) -> None:
    """Nested, as a name, as a number, in a result; ordinary data passes."""
    for payload in (
        {"deep": [{"note": LEAK}]},
        [LEAK.replace(" ", "\u200b ")],
        {"login": {"password": "hunter2-Xk9!"}},
        {"aws": "AKIA" + "Q3EGRZ5FZ7KXJ2NP", "secret": "w" * 3},
    ):
        status, problem = await server.api(
            "POST", "/v1/tasks", {**TASK, "payload": payload}, key=mia.api_key
        )
        assert (status, problem["code"]) == (403, "refused_by_guard"), payload
    rows = [{"id": at, "name": f"Customer {at}", "city": "Berlin"} for at in range(2000)]
    task = await server.ok("POST", "/v1/tasks", {**TASK, "payload": rows}, key=mia.api_key)
    path = f"/v1/tasks/{task['id']}/complete"
    status, problem = await server.api("POST", path, {"result": LEAK}, key=bob.api_key)
    assert (status, problem["code"]) == (403, "refused_by_guard")
    await server.ok("POST", path, {"result": rows}, key=bob.api_key)


async def test_an_agent_with_tools_answers_a_call(server: Running, mia: Agent, bob: Agent) -> None:
    """One side over HTTP, the other with the official MCP client; both ways."""
    async with (
        connected(server.app.http_url, bob.api_key) as tools,
        connected(server.app.http_url, mia.api_key) as other,
        asyncio.TaskGroup() as group,
    ):
        calling = group.create_task(
            server.ok("POST", "/v1/tasks/rpc", {**TASK, "timeout": 30}, key=mia.api_key)
        )
        (mail,) = await server.messages(bob, 1)
        (task,) = (await call(tools, "list_tasks", side="assignee", status="pending"))["data"]
        assert mail["subject"] == "Task from mia: lookup"
        await call(tools, "claim_task", task_id=task["id"])
        await call(tools, "complete_task", task_id=task["id"], result={"city": "Berlin"})
        assert (await calling)["result"] == {"city": "Berlin"}
        back = group.create_task(
            call(other, "call_agent", assignee="bob", type="ping", payload=1, timeout=25)
        )
        await server.until(
            "/v1/tasks?side=assignee&status=pending",
            lambda page: page["total"] == 1,
            key=bob.api_key,
        )
        (task,) = (await call(tools, "list_tasks", status="pending"))["data"]
        await call(tools, "fail_task", task_id=task["id"], error="I cannot.")
        answer = await back
        assert (answer["status"], answer["error"]) == ("failed", "I cannot.")


async def test_both_sides_hear_of_it_in_their_streams(
    server: Running, mia: Agent, bob: Agent
) -> None:
    """The assignee by SSE, the assigner by WebSocket; nobody hears what is the other's."""
    stream = {"Authorization": f"Bearer {bob.api_key}", "Accept": "text/event-stream"}
    async with (
        server.http.get("/v1/events", headers=stream) as events,
        server.http.ws_connect(
            "/v1/events/ws?events=task.assigned,task.completed",
            headers={"Authorization": f"Bearer {mia.api_key}"},
        ) as socket,
        asyncio.timeout(60),
    ):
        assert (await socket.receive_json())["type"] == "subscribed"
        task = await server.ok("POST", "/v1/tasks", TASK, key=mia.api_key)
        async for line in events.content:
            if line.startswith(b"data: ") and b"task.assigned" in line:
                break
        data = json.loads(line[6:])["data"]
        assert (data["task_id"], data["assigner"]) == (task["id"], "mia")
        assert "payload" not in data
        await server.ok("POST", f"/v1/tasks/{task['id']}/complete", {"result": 1}, key=bob.api_key)
        assert (await socket.receive_json())["type"] == "task.completed"


async def test_the_documented_programs_work(server: Running, mia: Agent, bob: Agent) -> None:
    """One calls, the other does tasks until its key ends."""
    namespace: dict[str, Any] = {}
    for block in blocks("python"):
        if block.page == "docs/tasks.md":
            exec(block.body, namespace)
    url = server.app.http_url
    ended = threading.Event()

    def work() -> None:
        try:
            namespace["work"](url, bob.api_key)
        except urllib.error.HTTPError:
            ended.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(work))
        answers = [
            await asyncio.to_thread(
                namespace["call"], url, mia.api_key, "bob", "lookup", {"zip": one}, 30
            )
            for one in ("10115", "00000")
        ]
        await server.ok("POST", "/v1/agents/bob/stop", {})
    assert [(one["status"], one["result"], one["error"]) for one in answers] == [
        ("completed", {"city": "Berlin"}, ""),
        ("failed", None, "No such place."),
    ]
    assert ended.is_set()
