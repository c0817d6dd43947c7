"""The trust gate: a stranger waits, the owner decides, the agent reads; nothing else gets through."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mailcore.app.upkeep import check
from mailcore.demo.sink import Received
from mailcore.message.headers import Headers
from tests.support.running import ANA, OWNER, WAIT_SECONDS, Agent, Running, running, unfolded

pytestmark = pytest.mark.asyncio(loop_scope="module")
GATED = {"inbox": {"trust_gate": "hold"}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def live(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("gate")
    async with running(folder, sections=GATED) as server:
        yield server
        assert await check(server.app.config) == ()


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def an_hour_later(live: Running) -> None:
    """What was told in other tests counts no more against the limit of this one."""
    page = await live.ok("GET", "/v1/quarantine?limit=200")
    ids = [one["id"] for one in page["data"]]
    before = live.core.clock.now() - timedelta(hours=2)
    await live.core.stores.quarantine.mark_told(ids, before)


async def waiting(
    live: Running, agent: Agent, count: int = 1, status: str = "pending"
) -> list[Any]:
    """What is in quarantine for an agent, once there is so much of it."""
    path = f"/v1/quarantine?status={status}&identity_id={agent.inbox_id}"
    page = await live.until(path, lambda found: found["total"] >= count)
    assert page["total"] == count, page
    return list(page["data"])


async def question(live: Running, item: Any) -> Received:
    """The mail that asks the owner about a sender."""
    return await live.world.sink.wait_for(
        lambda one: OWNER in one.recipients and item["id"].encode() in unfolded(one.raw),
        timeout_seconds=WAIT_SECONDS,
    )


async def letter(live: Running, to: str, sender: str = ANA, **options: Any) -> Any:
    """Somebody writes by SMTP."""
    is_signed = options.pop("is_signed", True)
    raw = live.world.letter(
        sender=f"Somebody <{sender}>", to=[to], **{"subject": "Lamps", "text": "When?", **options}
    )
    return await live.world.send(
        raw, mail_from=sender, recipients=[to], port=live.ports["smtp"], is_signed=is_signed
    )


async def seen_by(live: Running, key: str) -> str:
    """Everything an agent can ask for, as one text."""
    paths = (
        *("/v1/messages", "/v1/messages?q=Lamps", "/v1/threads", "/v1/contacts", "/v1/spam"),
        *("/v1/events", "/v1/folders", "/v1/holds"),
    )
    return "\n".join([json.dumps((await live.api("GET", one, key=key))[1]) for one in paths])


async def test_approved_by_mail_a_stranger_arrives_and_the_next_mail_passes(live: Running) -> None:
    """The agent sees nothing until the owner answers; then the mail is there, and later mail at once."""
    mia = await live.agent("mia")
    await live.letter_from_ana(mia.email)
    (item,) = await waiting(live, mia)
    assert (item["from"], item["reason"], item["is_proven"]) == (ANA, "unknown_sender", True)
    notice = await question(live, item)
    assert ANA not in await seen_by(live, mia.api_key)
    assert "Lamps" not in await seen_by(live, mia.api_key)
    await live.answer(notice, "approve")
    (message,) = await live.messages(mia, 1)
    assert message["subject"] == "Lamps"
    events = (await live.ok("GET", "/v1/events", key=mia.api_key))["data"]
    names = [one["type"] for one in events]
    assert names.index("sender.approved") < names.index("email.received")
    assert "sender.pending" not in names
    contacts = await live.until(
        "/v1/contacts?status=trusted", lambda page: page["total"] == 1, key=mia.api_key
    )
    assert contacts["data"][0]["email"] == ANA
    await live.letter_from_ana(mia.email, subject="Again")
    assert len(await live.messages(mia, 2)) == 2
    await live.answer(notice, "block")
    assert (await waiting(live, mia, status="approved"))[0]["decided_via"] == "mail"


async def test_blocked_is_silence_and_an_audit_entry(live: Running) -> None:
    mia = await live.agent("bo")
    await live.letter_from_ana(mia.email)
    (item,) = await waiting(live, mia)
    await live.answer(await question(live, item), "Block.")
    await waiting(live, mia, status="blocked")
    result = await letter(live, mia.email, subject="Still me")
    assert result.is_delivered
    assert (await live.ok("GET", f"/v1/quarantine?status=pending&identity_id={mia.inbox_id}"))[
        "total"
    ] == 0
    assert (await live.ok("GET", "/v1/messages", key=mia.api_key))["total"] == 0
    audit = (await live.ok("GET", "/v1/audit?limit=200"))["data"]
    actions = [one["action"] for one in audit]
    assert "sender.block" in actions
    assert "mail.discard_blocked" in actions
    assert ANA not in await seen_by(live, mia.api_key) or "blocked" in await seen_by(
        live, mia.api_key
    )


async def test_only_a_person_discards_mail(live: Running) -> None:
    """What an agent blocks goes to Junk, or waits at the gate; a person's block is final."""
    mia = await live.agent("dee")
    path = f"/v1/identities/{mia.inbox_id}"
    body = {"email": ANA, "status": "blocked", "identity_id": mia.inbox_id}
    made = await live.ok("POST", "/v1/contacts", body, key=mia.api_key)
    assert (made["status"], made["is_discarded"]) == ("blocked", False)
    await live.letter_from_ana(mia.email)
    (item,) = await waiting(live, mia)
    assert item["reason"] == "unknown_sender"
    await live.ok("PATCH", path, {"trust_gate": "off"})
    await live.letter_from_ana(mia.email, subject="In Junk")
    (row,) = await live.messages(mia, 1, "Junk")
    assert row["subject"] == "In Junk"
    saved = await live.ok("PATCH", f"/v1/contacts/{made['id']}", {"status": "blocked"})
    assert saved["is_discarded"]
    again = await live.ok("POST", "/v1/contacts", body, key=mia.api_key)
    assert again["is_discarded"]
    await live.letter_from_ana(mia.email, subject="Gone")
    assert (await live.ok("GET", "/v1/messages?folder=Junk", key=mia.api_key))["total"] == 1
    lifted = await live.ok("PATCH", f"/v1/contacts/{made['id']}", {"status": "pending"})
    assert not lifted["is_discarded"]
    await live.letter_from_ana(mia.email, subject="Back")
    (row,) = await live.messages(mia, 1)
    assert row["subject"] == "Back"


async def test_no_agent_sees_or_decides(live: Running) -> None:
    """Neither by API nor by answering the question as somebody else."""
    mia = await live.agent("cy")
    await live.letter_from_ana(mia.email)
    (item,) = await waiting(live, mia)
    path = f"/v1/quarantine/{item['id']}"
    for method, where in (
        ("GET", "/v1/quarantine"),
        ("GET", path),
        ("GET", f"{path}/raw"),
        ("POST", f"{path}/approve"),
        ("POST", f"{path}/block"),
        ("GET", "/v1/trusted-domains"),
    ):
        status, problem = await live.api(
            method, where, {} if method == "POST" else None, key=mia.api_key
        )
        assert status == 403, (where, problem)
    notice = await question(live, item)
    await live.answer(notice, "approve", sender=ANA)
    await live.answer(notice, "approve", is_signed=False)
    await live.answer(notice, "I approve of this, maybe")
    assert (await live.ok("GET", path))["status"] == "pending"


async def test_a_trusted_name_without_proof_waits(live: Running) -> None:
    """From alone gives no trust: a contact without a signature waits; contact and owner with one pass."""
    mia = await live.agent("di")
    for email in (ANA, "bob@plain.example"):
        body = {"email": email, "status": "trusted", "identity_id": mia.inbox_id}
        await live.ok("POST", "/v1/contacts", body)
    await letter(live, mia.email, sender="bob@plain.example", subject="Not really Bob")
    (item,) = await waiting(live, mia)
    assert (item["reason"], item["is_proven"]) == ("unauthenticated", False)
    await live.letter_from_ana(mia.email, subject="Really Ana")
    await letter(live, mia.email, sender=OWNER, subject="Really you")
    subjects = {one["subject"] for one in await live.messages(mia, 2)}
    assert subjects == {"Really Ana", "Really you"}


async def test_whom_the_agent_wrote_to_may_answer(live: Running) -> None:
    """An answer in the conversation passes; a new conversation of the same person is a stranger's."""
    mia = await live.agent("eve")
    body = {"to": [ANA], "subject": "Offer", "text": "Lamps, cheap."}
    await live.ok("POST", "/v1/messages", body, key=mia.api_key)
    offer = await live.world.sink.wait_for(
        lambda one: ANA in one.recipients and b"Offer" in one.raw
    )
    offer_id = offer.raw.split(b"Message-ID: ")[1].split(b"\r\n")[0].decode()
    await letter(live, mia.email, subject="Re: Offer", in_reply_to=offer_id)
    (message,) = await live.messages(mia, 1)
    assert message["subject"] == "Re: Offer"
    await letter(live, mia.email, subject="Something else")
    (item,) = await waiting(live, mia)
    assert item["subject"] == "Something else"


async def test_a_trusted_domain_lets_its_people_in(live: Running) -> None:
    mia = await live.agent("fay")
    status, problem = await live.api("POST", "/v1/trusted-domains", {"domain": "Gmail.com"})
    assert (status, problem["code"]) == (400, "public_provider")
    await live.ok("POST", "/v1/trusted-domains", {"domain": "customer.example"})
    await live.letter_from_ana(mia.email)
    assert len(await live.messages(mia, 1)) == 1
    assert (await live.api("DELETE", "/v1/trusted-domains/customer.example"))[0] == 204
    assert (await live.api("DELETE", "/v1/trusted-domains/customer.example"))[0] == 404
    await live.letter_from_ana(mia.email, subject="Later")
    assert (await waiting(live, mia))[0]["subject"] == "Later"


async def test_a_gate_that_tags_delivers_with_a_label(live: Running) -> None:
    mia = await live.agent("gus")
    await live.ok("PATCH", f"/v1/identities/{mia.inbox_id}", {"trust_gate": "tag"})
    await live.letter_from_ana(mia.email)
    (message,) = await live.messages(mia, 1)
    assert message["labels"] == ["UnknownSender"]
    status, _ = await live.api(
        "PATCH", f"/v1/identities/{mia.inbox_id}", {"trust_gate": "off"}, key=mia.api_key
    )
    assert status == 403


async def test_a_repetition_waits_once_and_arrives_once(live: Running) -> None:
    """A client that sends again, before and after the decision, doubles nothing."""
    mia = await live.agent("hal")
    raw = live.world.letter(sender=f"Ana <{ANA}>", to=[mia.email], subject="Once", text="Hello")
    signed = live.world.signed(raw, "customer.example")
    for _ in range(2):
        await live.world.send(
            signed, mail_from=ANA, recipients=[mia.email], port=live.ports["smtp"], is_signed=False
        )
    (item,) = await waiting(live, mia)
    path = f"/v1/quarantine/{item['id']}/approve"
    async with asyncio.TaskGroup() as group:
        tries = [group.create_task(live.ok("POST", path, {})) for _ in range(5)]
    decided = [one.result() for one in tries]
    assert sum(one["changed"] for one in decided) == 1
    await live.messages(mia, 1)
    await live.core.releases.deliver_all()
    await live.world.send(
        signed, mail_from=ANA, recipients=[mia.email], port=live.ports["smtp"], is_signed=False
    )
    assert len(await live.messages(mia, 1)) == 1
    status, problem = await live.api("POST", f"/v1/quarantine/{item['id']}/block", {})
    assert (status, problem["code"]) == (409, "already_decided")


async def test_undecided_mail_is_gone_after_its_time(live: Running) -> None:
    mia = await live.agent("ida")
    await live.letter_from_ana(mia.email)
    (item,) = await waiting(live, mia)
    store = live.core.stores.quarantine
    found = await store.quarantined_one(item["id"])
    assert found is not None
    assert (
        await store.expire_quarantine(found.expires_at, found.received_at - timedelta(days=1)) >= 1
    )
    assert (await live.ok("GET", f"/v1/quarantine/{item['id']}"))["status"] == "expired"
    assert (await live.api("GET", f"/v1/quarantine/{item['id']}/raw"))[0] == 404
    await live.letter_from_ana(mia.email, subject="A new try")
    assert (await waiting(live, mia))[0]["subject"] == "A new try"


async def test_one_question_for_each_sender_and_a_digest_for_a_flood(live: Running) -> None:
    """Twelve strangers and one who insists: at most five questions, and one list."""
    mia = await live.agent("jo")
    before = len(live.world.sink.received)
    live.world.add_domain("crowd.example")
    for number in range(12):
        await letter(live, mia.email, sender=f"n{number}@crowd.example", subject=f"Buy {number}")
    await letter(live, mia.email, sender="n0@crowd.example", subject="Buy, really")
    items = await waiting(live, mia, 13)
    assert len(items) == 13
    await live.core.strangers.tell()
    await live.queue_is_empty()
    received = live.world.sink.received[before:]
    told = [Headers.read(one.raw).get("Subject") or "" for one in received]
    assert 1 <= sum("Approve or block" in one or "new senders" in one for one in told) <= 6
    assert await live.core.strangers.tell() == 0


async def test_what_the_guard_cannot_judge_waits_whatever_the_gate_says(tmp_path: Path) -> None:
    """A guard that is too slow: the mail is kept, the owner is asked, nothing is lost."""
    sections = {"guard": {"timeout_seconds": 1e-6}, "inbox": {"trust_gate": "off"}}
    async with running(tmp_path, sections=sections) as live:
        mia = await live.agent("kim")
        result = await letter(live, mia.email)
        assert result.is_delivered
        (item,) = await waiting(live, mia)
        assert (item["reason"], item["level"]) == ("unscanned", "unscanned")
        notice = await question(live, item)
        assert b"could not judge" in unfolded(notice.raw)
        assert (await live.ok("GET", "/v1/messages", key=mia.api_key))["total"] == 0
        await live.ok("POST", f"/v1/quarantine/{item['id']}/approve", {})
        (message,) = await live.messages(mia, 1)
        assert message["security"]["level"] == "unscanned"
