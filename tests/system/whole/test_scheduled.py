"""Mail with a time of its own, from the API to the outside world."""

from datetime import timedelta
from typing import Any

import pytest

from mailcore.policy import Finding, Ruling, Severity, Verdict
from tests.support.clock import FakeClock
from tests.support.running import ANA, LEAK, Agent, Running

LATER = {"to": [ANA], "subject": "Lamps", "text": "They come.", "send_at": "in 2 hours"}


def pass_time(server: Running, monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """What the schedule takes for the time is later."""
    clock = FakeClock(server.core.clock.now() + timedelta(hours=hours))
    monkeypatch.setattr(server.core.schedule, "_clock", clock)


async def events(server: Running, mia: Agent, kind: str) -> list[Any]:
    found = (await server.ok("GET", "/v1/events?since=0", key=mia.api_key))["data"]
    return [one["data"] for one in found if one["type"] == kind]


async def test_mail_leaves_at_its_time_and_is_in_sent_only_then(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the inbox's time zone; moved and listed meanwhile."""
    where = f"/v1/identities/{mia.inbox_id}/sending"
    assert (await server.api("PATCH", where, {"timezone": "UTC"}, key=mia.api_key))[0] == 403
    assert (await server.api("PATCH", where, {"timezone": "Mars/Here"}))[0] == 400
    policy = await server.ok("PATCH", where, {"timezone": "Asia/Kolkata"})
    assert policy["timezone"] == "Asia/Kolkata"
    body = {**LATER, "send_at": "tomorrow 8am"}
    sent = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    assert (sent["status"], sent["send_at"][-14:]) == ("scheduled", "T02:30:00.000Z")
    moved = await server.ok(
        "PATCH", f"/v1/scheduled/{sent['id']}", {"send_at": "in 3 hours"}, key=mia.api_key
    )
    [row] = (await server.ok("GET", "/v1/scheduled", key=mia.api_key))["data"]
    assert (row["id"], row["send_at"]) == (sent["id"], moved["send_at"])
    assert not await server.messages(mia, 0, "Sent")
    other = await server.agent("rob")
    for method in ("PATCH", "DELETE"):
        status, _ = await server.api(
            method, f"/v1/scheduled/{sent['id']}", {"send_at": "in 1 hour"}, key=other.api_key
        )
        assert status == 404
    pass_time(server, monkeypatch, 2.9)
    assert not await server.core.schedule.release_due()
    pass_time(server, monkeypatch, 3.1)
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert [one["id"] for one in await server.messages(mia, 1, "Sent")] == [sent["id"]]
    assert len(await events(server, mia, "email.scheduled")) == 2
    status, problem = await server.api("DELETE", f"/v1/scheduled/{sent['id']}", key=mia.api_key)
    assert (status, problem["code"]) == (409, "not_scheduled")


async def test_due_mail_passes_the_guard_again(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found now that was not found then holds it, and a person's word lets it go, once."""
    sent = await server.ok("POST", "/v1/messages", LATER, key=mia.api_key)
    finding = Finding(
        rule="new.rule", category="secret", severity=Severity.HIGH, place="text", message="new"
    )
    verdict = Verdict(ruling=Ruling.HOLD, findings=(finding,))
    with monkeypatch.context() as patched:
        patched.setattr(server.core.submission._guard, "judge_outbound", lambda _facts: verdict)
        pass_time(server, patched, 2.1)
        await server.core.schedule.release_due()
    path = f"/v1/messages/{sent['id']}/delivery"
    held = await server.ok("GET", path, key=mia.api_key)
    assert (held["status"], held["categories"]) == ("held", ["secret"])
    assert not await server.messages(mia, 0, "Sent")
    await server.ok("POST", f"/v1/holds/{held['hold_id']}/approve")
    await server.until(path, lambda one: one["is_final"], key=mia.api_key)
    assert len([one for one in server.world.sink.received if ANA in one.recipients]) == 1
    assert len(await server.messages(mia, 1, "Sent")) == 1


async def test_held_mail_keeps_its_time_and_what_was_approved_stays_so(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard finds at its time what the person saw: no second question."""
    body = {**LATER, "text": LEAK}
    sent = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    assert sent["status"] == "held"
    await server.ok("POST", f"/v1/holds/{sent['hold_id']}/approve")
    path = f"/v1/messages/{sent['id']}/delivery"
    waiting = await server.ok("GET", path, key=mia.api_key)
    assert (waiting["status"], waiting["send_at"]) == ("scheduled", sent["send_at"])
    pass_time(server, monkeypatch, 2.1)
    done = await server.until(path, lambda one: one["is_final"], key=mia.api_key)
    assert done["status"] == "sent"
    assert len(await server.messages(mia, 1, "Sent")) == 1


async def test_the_undo_window_takes_a_message_back(server: Running, mia: Agent) -> None:
    """Nothing of it leaves, and Sent knows nothing of it."""
    where = f"/v1/identities/{mia.inbox_id}/sending"
    await server.ok("PATCH", where, {"send_delay_seconds": 600})
    body = {"to": [ANA], "text": "too early"}
    sent = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    assert sent["status"] == "scheduled"
    assert (await server.api("DELETE", f"/v1/scheduled/{sent['id']}", key=mia.api_key))[0] == 204
    after = await server.ok("GET", f"/v1/messages/{sent['id']}/delivery", key=mia.api_key)
    assert (after["status"], after["is_final"]) == ("canceled", True)
    assert [one["message_id"] for one in await events(server, mia, "email.canceled")] == [
        sent["id"]
    ]
    assert not (await server.ok("GET", "/v1/scheduled", key=mia.api_key))["total"]
    for late in ("yesterday", "2020-01-01T00:00:00Z", "in 0 minutes"):
        status, problem = await server.api(
            "POST", "/v1/messages", {**LATER, "send_at": late}, key=mia.api_key
        )
        assert (status, problem["errors"][0]["path"]) == (400, "send_at")
