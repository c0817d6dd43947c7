"""An agent that tries again and again: what it hears, what its owner hears, and how it goes on."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import ANA, LEAK, OWNER, Agent, Running, running, unfolded

TEXT = f"Dear Ana, this is how you get to the plans that you asked for: {LEAK} Tell me if it works."
CLEAN = TEXT.replace(LEAK, "")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path, sections={"guard": {"resubmission_pause_at": 3}}) as one:
        yield one


async def send(server: Running, agent: Agent, text: str) -> dict[str, Any]:
    body = {"to": [ANA], "subject": "Plans", "text": text}
    return dict(await server.ok("POST", "/v1/messages", body, key=agent.api_key))


async def test_the_owner_hears_of_it_and_the_agent_does_not(server: Running, mia: Agent) -> None:
    """Also not by what it can ask for. What is approved leaves when the owner resumes its mail."""
    first = await send(server, mia, TEXT)
    second = await send(server, mia, CLEAN)
    third = await send(server, mia, f"{CLEAN} Yours, Mia")
    unsaid = {"id", "hold_id", "message_id", "created_at", "thread_id"}
    shapes = [{name: one[name] for name in one if name not in unsaid} for one in (first, second)]
    assert shapes[0] == shapes[1]
    notice = await server.notice(third["hold_id"])
    assert f"Attempt 3 within 24 hours like hold {first['hold_id']}".encode() in unfolded(
        notice.raw
    )
    told = await server.world.sink.wait_for(
        lambda one: b"Mail of an agent is paused" in one.raw and OWNER in one.recipients
    )
    assert mia.id.encode() in unfolded(told.raw)

    shown = await server.ok("GET", f"/v1/holds/{third['hold_id']}")
    assert (shown["like_hold_id"], shown["attempt"]) == (first["hold_id"], 3)
    assert shown["view"]["findings"][0]["rule"] == "policy.resubmission"
    path = f"/v1/holds/{third['hold_id']}"
    seen = await server.ok("GET", path, key=mia.api_key)
    assert [seen[one] for one in ("like_hold_id", "attempt", "findings")] == [None, None, None]
    events = await server.ok("GET", "/v1/events?since=0&limit=500", key=mia.api_key)
    assert "agent.paused" not in {one["type"] for one in events["data"]}

    await server.ok("POST", f"{path}/approve")
    waiting = await server.ok("GET", f"/v1/queue?message={third['id']}", key=mia.api_key)
    (row,) = waiting["data"]
    detail = await server.ok("GET", f"/v1/queue/{row['id']}", key=mia.api_key)
    assert (detail["state"], detail["pauses"]) == ("due", [])
    (pause,) = (await server.ok("GET", "/v1/queue-pauses"))["data"]
    assert pause["id"].encode() in unfolded(told.raw)
    await server.ok("DELETE", f"/v1/queue-pauses/{pause['id']}")
    await server.world.sink.wait_for(lambda one: ANA in one.recipients and b"Yours, Mia" in one.raw)


async def test_a_draft_that_was_rejected_is_written_anew(server: Running, mia: Agent) -> None:
    """It waits for a person as drafts do, says what it is like, and counts for nothing."""
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    body = {
        "thread_id": row["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": row["id"],
    }
    draft: dict[str, Any] = {}
    for number in range(4):
        text = f"{CLEAN} They come on day {number}."
        draft = await server.ok("POST", "/v1/drafts", {**body, "body_text": text}, key=mia.api_key)
        if number < 3:
            path = f"/v1/drafts/{draft['id']}/reject"
            await server.ok("POST", path, {"reason": "say which day"})
    hold = await server.ok("GET", f"/v1/holds/{draft['hold_id']}")
    assert (hold["reason"], hold["risk"]) == ("manual", "medium")
    assert "rejected (say which day)" in hold["findings"][0]["message"]
    assert (await server.ok("GET", "/v1/queue-pauses"))["total"] == 0
    edited = await server.ok(
        "PATCH", f"/v1/drafts/{draft['id']}", {"body_text": f"{CLEAN} On the 5th."}, key=mia.api_key
    )
    await server.ok("POST", f"/v1/drafts/{edited['id']}/approve")
    await server.ok("POST", f"/v1/drafts/{edited['id']}/send", key=mia.api_key)
    await server.world.sink.wait_for(lambda one: ANA in one.recipients and b"5th" in one.raw)
