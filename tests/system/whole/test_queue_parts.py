"""What the owner does about the queue, over the API and by command."""

import asyncio
import json
import sys

import pytest

from tests.support.running import ANA, Agent, Running

LATE = {"to": ["bob@late.example"], "text": "hi"}


@pytest.fixture
def late(server: Running) -> Running:
    server.world.add_domain("late.example")
    return server


async def test_a_paused_domain_waits_and_others_do_not(late: Running, mia: Agent) -> None:
    body = {"domain": "late.example", "reason": "they move"}
    pause = await late.ok("POST", "/v1/queue-pauses", body)
    assert (pause["scope"], pause["value"]) == ("domain", "late.example")
    sent = await late.ok("POST", "/v1/messages", LATE, key=mia.api_key)
    await late.ok("POST", "/v1/messages", {"to": [ANA], "text": "hi"}, key=mia.api_key)
    await late.world.sink.wait_count(1)
    listed = await late.ok("GET", "/v1/queue?domain=late.example", key=mia.api_key)
    (row,) = listed["data"]
    assert (row["state"], row["message_id"], row["lane"]) == ("due", sent["id"], "remote")
    detail = await late.ok("GET", f"/v1/queue/{row['id']}", key=mia.api_key)
    assert [one["id"] for one in detail["pauses"]] == [pause["id"]]
    path = f"/v1/queue-pauses/{pause['id']}"
    assert (await late.api("DELETE", path, key=mia.api_key))[0] == 403
    await late.ok("DELETE", path)
    await late.world.sink.wait_count(2)
    await late.queue_is_empty()
    detail = await late.ok("GET", f"/v1/queue/{row['id']}", key=mia.api_key)
    assert [(one["outcome"], one["code"]) for one in detail["history"]] == [("delivered", 250)]
    actions = {one["action"] for one in (await late.ok("GET", "/v1/audit"))["data"]}
    assert {"queue.pause", "queue.resume"} <= actions


async def test_a_suppression_counts_for_mail_that_waits_already(late: Running, mia: Agent) -> None:
    """The others of the same message get theirs; the sender is told of the one who does not."""
    pause = await late.ok("POST", "/v1/queue-pauses", {"domain": "late.example"})
    body = {"to": ["bob@late.example", "eve@late.example"], "subject": "Lamps", "text": "hi"}
    sent = await late.ok("POST", "/v1/messages", body, key=mia.api_key)
    await late.ok("POST", "/v1/suppressions", {"address": "bob@late.example"})
    await late.ok("DELETE", f"/v1/queue-pauses/{pause['id']}")
    path = f"/v1/messages/{sent['id']}/delivery"
    told = await late.until(path, lambda one: one["is_final"], key=mia.api_key)
    assert {one["recipient"]: (one["state"], one["code"]) for one in told["recipients"]} == {
        "bob@late.example": ("failed", 550),
        "eve@late.example": ("delivered", 250),
    }
    (letter,) = late.world.sink.received
    assert letter.recipients == ("eve@late.example",)
    notices = await late.ok("GET", "/v1/messages?subject=Undelivered&folder=INBOX", key=mia.api_key)
    notice = await late.ok("GET", f"/v1/messages/{notices['data'][0]['id']}", key=mia.api_key)
    assert "bob@late.example" in notice["text"]
    assert "suppression list (manual)" in notice["text"]


async def test_only_the_owner_changes_the_queue_and_agents_see_their_own(
    late: Running, mia: Agent
) -> None:
    ben = await late.agent("ben")
    await late.ok("POST", "/v1/queue-pauses", {"everything": True})
    sent = await late.ok("POST", "/v1/messages", LATE, key=mia.api_key)
    (row,) = (await late.ok("GET", f"/v1/queue?message={sent['id']}", key=mia.api_key))["data"]
    for method, path, body in (
        ("GET", "/v1/queue-pauses", None),
        ("POST", "/v1/queue-pauses", {"everything": True}),
        ("POST", "/v1/queue/retry", {"domain": "late.example"}),
        ("POST", "/v1/queue/drop", {"agent": "mia"}),
    ):
        status, _ = await late.api(method, path, body, key=mia.api_key)
        assert status == 403, path
    assert (await late.api("GET", f"/v1/queue/{row['id']}", key=ben.api_key))[0] == 404
    assert (await late.ok("GET", f"/v1/queue?message={sent['id']}", key=ben.api_key))["total"] == 0


async def test_a_part_that_is_none_changes_nothing(late: Running) -> None:
    """With a word about which field is wrong."""
    for body, expected in (
        ({}, 400),
        ({"domain": "late.example", "everything": True}, 400),
        ({"domain": "not a domain"}, 400),
        ({"agent": "nobody"}, 404),
        ({"message": "nothing"}, 404),
    ):
        status, document = await late.api("POST", "/v1/queue/drop", body)
        assert (status, bool(document["detail"])) == (expected, True), body


async def command(server: Running, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mailcore", "queue", *words, "--config", server.config, "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode or 0, (out or error).decode()


async def test_the_command_pauses_shows_resumes_and_drops(late: Running, mia: Agent) -> None:
    code, text = await command(late, "pause", "--agent", "mia", "--reason", "a look first")
    assert code == 0, text
    sent = await late.ok("POST", "/v1/messages", LATE, key=mia.api_key)
    code, text = await command(late, "list", "--message", sent["id"])
    (row,) = json.loads(text)["data"]
    code, text = await command(late, "show", str(row["id"]))
    assert json.loads(text)["pauses"][0]["reason"] == "a look first"
    code, text = await command(late, "drop", "--message", sent["id"])
    assert json.loads(text) == {"changed": 1}
    code, text = await command(late, "resume", "--agent", "mia")
    assert code == 0, text
    code, text = await command(late, "resume", "--agent", "mia")
    assert code != 0
    code, text = await command(late, "retry")
    assert "name one part of the queue" in text
    assert late.world.sink.received == []
