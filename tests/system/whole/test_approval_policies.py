"""Who is asked: modes of an inbox, remembered approvals, fewer recipients, two people, reminders."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.support.clock import FakeClock
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, decoded, running

BOB = "bob@customer.example"
EVE = "eve@customer.example"
IBAN = "Pay to DE89 3704 0044 0532 0130 00, please."


async def policy(server: Running, mia: Agent, **changes: object) -> None:
    await server.ok("PATCH", f"/v1/identities/{mia.inbox_id}", changes)


async def send(server: Running, mia: Agent, *to: str, text: str = "Hello.") -> dict[str, Any]:
    body = {"to": list(to), "subject": "Lamps", "text": text}
    return dict(await server.ok("POST", "/v1/messages", body, key=mia.api_key))


async def drafted(server: Running, mia: Agent, **more: object) -> dict[str, Any]:
    (row,) = await server.messages(mia, 1)
    body = {
        "thread_id": row["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": row["id"],
        "body_text": "On Monday.",
        **more,
    }
    return dict(await server.ok("POST", "/v1/drafts", body, key=mia.api_key))


async def count_to(server: Running, address: str) -> int:
    await server.queue_is_empty()
    return sum(address in one.recipients for one in server.world.sink.received)


async def test_the_mode_of_an_inbox_says_what_waits(server: Running, mia: Agent) -> None:
    await policy(server, mia, approval="always")
    assert (await send(server, mia, ANA))["status"] == "held"
    await policy(server, mia, approval="never")
    assert (await send(server, mia, ANA, text="Hello again."))["status"] == "queued"
    await server.letter_from_ana(mia.email)
    draft = await drafted(server, mia)
    assert draft["status"] == "sent"
    again = await server.ok("POST", f"/v1/drafts/{draft['id']}/send", key=mia.api_key)
    assert again["status"] == "sent"
    assert await count_to(server, ANA) == 2
    critical = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq8" * 20
    held = await send(server, mia, ANA, text=critical)
    assert held["status"] == "held"
    (sent,) = (await server.ok("GET", f"/v1/audit?subject={draft['message_id']}"))["data"]
    assert sent["detail"]["let_by"] == "never"


async def test_plain_replies_are_approved_by_themselves(server: Running, mia: Agent) -> None:
    """Only to people who wrote, only what is clean and fresh."""
    await server.letter_from_ana(mia.email)
    assert (await drafted(server, mia))["status"] == "pending"
    await policy(server, mia, auto_approve_replies=True)
    for more, status in (
        ({"cc": [EVE]}, "pending"),
        ({"body_text": LEAK}, "pending"),
        ({"body_text": "They come on Monday."}, "sent"),
    ):
        assert (await drafted(server, mia, **more))["status"] == status, more
    assert await count_to(server, ANA) == 1
    assert server.leaked() == []


async def test_an_agent_does_not_change_who_is_asked(server: Running, mia: Agent) -> None:
    path = f"/v1/identities/{mia.inbox_id}"
    for change in ({"approval": "never"}, {"auto_approve_replies": True}, {"two_people": False}):
        status, problem = await server.api("PATCH", path, change, key=mia.api_key)
        assert (status, problem["code"]) == (403, "master_key_required")
    status, problem = await server.api("GET", "/v1/grants", key=mia.api_key)
    assert status == 403


async def test_an_approval_is_remembered_for_what_it_was(server: Running, mia: Agent) -> None:
    """Scoped to inbox, recipient and rules; for a time; never for what is critical."""
    held = await send(server, mia, BOB, text=IBAN)
    assert held["status"] == "held"
    path = f"/v1/holds/{held['hold_id']}/approve"
    await server.ok("POST", path, {"remember": {"days": 2, "scope": "domain"}})
    statuses = {
        "same": (await send(server, mia, BOB, text=f"Again: {IBAN}"))["status"],
        "domain": (await send(server, mia, EVE, text=f"Eve: {IBAN}"))["status"],
        "other": (await send(server, mia, "x@else.example", BOB, text=f"Two: {IBAN}"))["status"],
        "another finding": (await send(server, mia, BOB, text=LEAK))["status"],
    }
    assert statuses == {
        "same": "queued",
        "domain": "queued",
        "other": "held",
        "another finding": "held",
    }
    (grant,) = (await server.ok("GET", "/v1/grants"))["data"]
    assert (grant["recipient"], grant["hold_id"]) == ("@customer.example", held["hold_id"])
    await server.ok("DELETE", f"/v1/grants/{grant['id']}")
    assert (await send(server, mia, BOB, text=f"Then: {IBAN}"))["status"] == "held"
    held = await send(server, mia, "a@gmail.com", text=IBAN)
    path = f"/v1/holds/{held['hold_id']}/approve"
    status, _ = await server.api("POST", path, {"remember": {"scope": "domain"}})
    assert status == 400


async def test_a_recipient_is_dropped_by_the_one_who_approves(server: Running, mia: Agent) -> None:
    held = await send(server, mia, ANA, EVE, text=LEAK)
    notice = await server.notice(held["hold_id"])
    path = f"/v1/holds/{held['hold_id']}"
    before = await server.ok("GET", path)
    for wrong in ([BOB], [ANA, EVE]):
        assert (await server.api("POST", f"{path}/approve", {"without": wrong}))[0] == 400
    decided = await server.ok("POST", f"{path}/approve", {"without": [EVE]})
    assert (decided["status"], decided["recipients"]) == ("released", [ANA])
    assert decided["version"] == before["version"] + 1
    assert decided["digest"] != before["digest"]
    await server.answer(notice, "approve")
    assert (await count_to(server, ANA), await count_to(server, EVE)) == (1, 0)


async def test_what_is_critical_needs_two_people(server: Running, mia: Agent) -> None:
    await policy(server, mia, two_people=True)
    body = {"name": "Second", "email": "two@owner.example", "role": "approver"}
    await server.ok("POST", "/v1/people", body)
    critical = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA7bq8" * 20
    held = await send(server, mia, ANA, text=critical)
    path = f"/v1/holds/{held['hold_id']}"
    first = await server.ok("POST", f"{path}/approve", {})
    assert (first["status"], first["approved_once_by"]) == ("pending", ["master"])
    status, problem = await server.api("POST", f"{path}/approve", {})
    assert (status, problem["code"]) == (409, "second_person_required")
    status, problem = await server.api("POST", f"{path}/approve", {"remember": {"days": 1}})
    assert (status, problem["code"]) == (409, "not_rememberable")
    await server.answer(await server.notice(held["hold_id"]), "approve")
    assert (await server.ok("GET", path))["status"] == "pending"
    second = await server.world.sink.wait_for(
        lambda one: (
            "two@owner.example" in one.recipients and b"one more person has to" in decoded(one.raw)
        )
    )
    await server.answer(second, "approve", sender="two@owner.example")
    shown = await server.ok("GET", path)
    assert (shown["status"], shown["decided_by"]) == ("released", "person:two@owner.example")
    assert await count_to(server, ANA) == 1


async def test_a_hold_that_waits_is_told_of_again(server: Running, mia: Agent) -> None:
    """At growing distances, across a restart; on request of people at once, of agents sometimes."""
    held = await send(server, mia, ANA, text=LEAK)
    path = f"/v1/holds/{held['hold_id']}"
    await server.notice(held["hold_id"])
    status, problem = await server.api("POST", f"{path}/notify", {}, key=mia.api_key)
    assert (status, problem["code"]) == (409, "told_lately")
    await server.ok("POST", f"{path}/notify", {})
    store, now = server.core.stores.outbound, server.core.clock.now()
    steps = [timedelta(hours=hours) for hours in (4, 24, 72)]
    reminded = [
        len(await store.remind_holds(now + timedelta(hours=hours), steps))
        for hours in (3, 5, 6, 25, 200, 201)
    ]
    assert reminded == [0, 1, 0, 1, 1, 0]
    await server.world.sink.wait_for(
        lambda one: OWNER in one.recipients and b"Subject: Still waiting" in one.raw
    )
    assert (await server.ok("GET", path))["reminders"] == 3
    await server.ok("POST", f"{path}/reject", {})
    assert (await server.api("POST", f"{path}/notify", {}))[0] == 409


async def test_a_viewer_looks_and_decides_nothing(server: Running, mia: Agent) -> None:
    made = await server.ok("POST", "/v1/keys", {"name": "eve", "role": "viewer"})
    held = await send(server, mia, ANA, text=LEAK)
    path = f"/v1/holds/{held['hold_id']}"
    assert (await server.ok("GET", path, key=made["api_key"]))["status"] == "pending"
    for call in ("approve", "reject"):
        assert (await server.api("POST", f"{path}/{call}", {}, key=made["api_key"]))[0] == 403
    status, _ = await server.api("PATCH", "/v1/settings", {"two_people": True}, key=made["api_key"])
    assert status == 403


async def test_many_are_decided_each_on_what_was_seen(server: Running, mia: Agent) -> None:
    made = [await send(server, mia, ANA, text=f"{n}: {LEAK}") for n in range(3)]
    seen = [await server.ok("GET", f"/v1/holds/{one['hold_id']}") for one in made]
    items = [{"hold_id": one["id"], "digest": one["digest"]} for one in seen]
    items[1]["digest"] = "0" * 64
    items.append({"hold_id": "01a1fa90-91c4-743c-b040-ebca48354356", "digest": "0" * 64})
    body = {"decision": "approve", "items": items}
    done = (await server.ok("POST", "/v1/decisions", body))["data"]
    assert [(one["status"], one["changed"], one["error"]) for one in done] == [
        ("released", True, None),
        (None, False, "changed"),
        ("released", True, None),
        (None, False, "not_found"),
    ]
    again = (await server.ok("POST", "/v1/decisions", body))["data"]
    assert [one["changed"] for one in again] == [False] * 4
    assert await count_to(server, ANA) == 2
    status, _ = await server.api("POST", "/v1/decisions", body, key=mia.api_key)
    assert status == 403
    (today,) = (await server.ok("GET", "/v1/decisions"))["data"]
    assert (today["approved"], today["rejected"], today["by_way"]) == (2, 0, {"api": 2})


async def test_low_risk_holds_are_told_together(tmp_path: Path) -> None:
    """Drafts without findings wait for the digest; what the guard holds is told at once."""
    async with running(tmp_path, sections={"outbound": {"low_risk_digest_hours": 4}}) as server:
        mia = await server.agent("mia")
        await server.letter_from_ana(mia.email)
        drafts = [await drafted(server, mia, body_text=f"Number {n}.") for n in range(2)]
        held = await send(server, mia, ANA, text=LEAK)
        await server.notice(held["hold_id"])
        channel = server.core.channel
        assert await channel.digest() == 0
        channel._clock = FakeClock(server.core.clock.now() + timedelta(hours=5))
        assert [await channel.digest() for _ in range(2)] == [2, 0]
        notice = await server.world.sink.wait_for(
            lambda one: b"Subject: 2 messages wait for you" in one.raw
        )
        for draft in drafts:
            assert str(draft["hold_id"]).encode() in decoded(notice.raw)
        assert held["hold_id"].encode() not in decoded(notice.raw)
        await server.answer(notice, "approve")
        listed = await server.ok("GET", "/v1/holds?status=pending")
        assert listed["total"] == 3
