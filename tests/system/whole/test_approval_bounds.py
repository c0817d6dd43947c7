"""What an approval covers, and who may speak where."""

import asyncio
import smtplib

import pytest

from mailcore.demo.sink import SELECTOR
from tests.support.running import ANA, LEAK, Agent, Running


async def drafted(server: Running, mia: Agent) -> dict[str, object]:
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    body = {
        "thread_id": row["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": row["id"],
        "body_text": "On Monday.",
    }
    return dict(await server.ok("POST", "/v1/drafts", body, key=mia.api_key))


@pytest.mark.parametrize("verb", ["approve", "send"])
async def test_a_draft_edited_after_it_was_read_is_not_let_through(
    server: Running, mia: Agent, verb: str
) -> None:
    """Product §5.6: an edit is decided again."""
    draft = await drafted(server, mia)
    path = f"/v1/drafts/{draft['id']}"
    await server.ok("PATCH", path, {"body_text": "Pay first."}, key=mia.api_key)
    status, problem = await server.api("POST", f"{path}/{verb}", {"version": draft["version"]})
    assert (status, problem["code"]) == (409, "changed")
    now = await server.ok("GET", path)
    assert (now["status"], now["version"]) == ("pending", 2)
    decided = await server.ok("POST", f"{path}/{verb}", {"version": 2})
    assert decided["status"] == ("approved" if verb == "approve" else "sent")


async def test_an_approval_of_the_old_version_releases_nothing(server: Running, mia: Agent) -> None:
    """The token in the first notice is void once the draft was edited."""
    draft = await drafted(server, mia)
    notice = await server.notice(str(draft["hold_id"]))
    await server.ok(
        "PATCH", f"/v1/drafts/{draft['id']}", {"body_text": "Pay first."}, key=mia.api_key
    )
    await server.answer(notice, "approve")
    assert (await server.ok("GET", f"/v1/drafts/{draft['id']}"))["status"] == "pending"


@pytest.mark.parametrize("name", ["admin", "Hostmaster", "webmaster", "owner"])
async def test_an_agent_gets_no_name_that_speaks_for_the_domain(
    server: Running, mia: Agent, name: str
) -> None:
    await server.ok("POST", "/v1/domains", {"domain": "second.example"})
    body = {"local_part": name, "domain": "second.example"}
    status, problem = await server.api("POST", "/v1/identities", body, key=mia.api_key)
    assert (status, problem["code"]) == (403, "master_key_required")
    made = await server.ok("POST", "/v1/identities", {**body, "agent_id": "mia"})
    assert made["agent_id"] == mia.id


async def test_mail_between_agents_cannot_bring_our_own_results(
    server: Running, mia: Agent
) -> None:
    """RFC 8601 §5: a result in our name is ours."""
    bob = await server.agent("bob")

    def submit() -> None:
        letter = (
            f"Authentication-Results: mail.example.org; dkim=pass header.d=owner.example\r\n"
            f"From: {mia.email}\r\nTo: {bob.email}\r\nSubject: trust me\r\n\r\nhello\r\n"
        )
        port = server.ports["submissions"]
        with smtplib.SMTP_SSL("127.0.0.1", port, context=server.tls()) as client:
            client.login(mia.email, mia.password)
            client.sendmail(mia.email, [bob.email], letter)

    await asyncio.to_thread(submit)
    (row,) = await server.messages(bob, 1)
    raw = await server.ok("GET", f"/v1/messages/{row['id']}/raw", key=bob.api_key)
    assert b"Subject: trust me" in raw
    assert b"owner.example" not in raw


async def test_an_approval_that_cannot_be_checked_now_may_come_again(
    server: Running, mia: Agent
) -> None:
    """A name server that fails is no reason to bounce the owner's word."""
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    notice = await server.notice(held["hold_id"])
    replies: list[tuple[int, ...]] = []
    send = server.world.send

    async def watched(*positional: object, **named: object) -> object:
        result = await send(*positional, **named)  # type: ignore[arg-type]
        replies.append(tuple(one.code for one in result.replies))
        return result

    server.world.send = watched  # type: ignore[method-assign,assignment]
    server.world.zone.fail(f"{SELECTOR}._domainkey.owner.example")
    await server.answer(notice, "approve")
    assert replies == [(451,)]
    assert (await server.ok("GET", f"/v1/holds/{held['hold_id']}"))["status"] == "pending"
