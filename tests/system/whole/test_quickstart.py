"""The quickstart that users of another product know, line by line, typed into a shell."""

import asyncio
import json
import os
import shutil
from typing import Any

import pytest

from mailcore.message.headers import Headers
from tests.support.running import ANA, OWNER, Agent, Running, decoded

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

AUTH = '-H "Authorization: Bearer $ACTIONLAYER_API_KEY"'
JSON = '-H "Content-Type: application/json"'


async def _type(server: Running, key: str, line: str) -> tuple[int, Any]:
    """Run a line with the address of this server in place of the other product's."""
    typed = line.replace("https://api.actionlayer.dev", server.app.http_url)
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        typed.replace("curl ", "curl --silent --show-error --write-out '\n%{http_code}' ", 1),
        env={"PATH": os.environ["PATH"], "ACTIONLAYER_API_KEY": key},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await shell.communicate()
    assert shell.returncode == 0
    body, _, status = output.decode().rpartition("\n")
    return int(status), json.loads(body)


async def _draft(server: Running, mia: Agent, identity_id: str) -> tuple[str, bool]:
    """Read what needs review and answer its first message: the draft's id, and whether it was late."""
    status, threads = await _type(
        server, mia.api_key, f"curl https://api.actionlayer.dev/v1/threads?needs_review=true {AUTH}"
    )
    assert status == 200
    thread_id = threads["data"][0]["id"]
    _, thread = await _type(
        server, mia.api_key, f"curl https://api.actionlayer.dev/v1/threads/{thread_id} {AUTH}"
    )
    read = next(one for one in thread["messages"] if one["direction"] == "inbound")
    status, draft = await _type(
        server,
        mia.api_key,
        f"""curl -X POST https://api.actionlayer.dev/v1/drafts \\
  {AUTH} \\
  {JSON} \\
  -d '{{
    "thread_id": "{thread_id}",
    "identity_id": "{identity_id}",
    "based_on_message_id": "{read["id"]}",
    "body_text": "Thanks for reaching out — I will get back to you shortly.",
    "rationale": "Acknowledging receipt while I check the calendar."
  }}'""",
    )
    assert (status, draft["status"]) == (201, "pending"), draft
    return draft["id"], draft["stale_warning"]


async def _letter(server: Running, subject: str, *, in_reply_to: str = "") -> str:
    """Ana writes, in a thread of her own or going on with one; the Message-ID."""
    raw = server.world.letter(
        sender=f"Ana <{ANA}>",
        to=["assistant@example.org"],
        subject=subject,
        text="How much are they?",
        in_reply_to=in_reply_to,
    )
    sent = await server.world.send(
        raw, mail_from=ANA, recipients=["assistant@example.org"], port=server.ports["smtp"]
    )
    assert sent.is_delivered, sent
    return Headers.read(raw).get("Message-ID") or ""


async def test_the_quickstart_works_by_its_letter(server: Running, mia: Agent) -> None:
    """Identity, empty list, letter, draft, approval by reply, 202; after a newer letter 409."""
    status, own = await _type(
        server, mia.api_key, f"curl https://api.actionlayer.dev/v1/identities {AUTH}"
    )
    status, identity = await _type(
        server,
        mia.api_key,
        f"""curl -X POST https://api.actionlayer.dev/v1/identities \\
  {AUTH} \\
  {JSON} \\
  -d '{{
    "domain_id": "{own["data"][0]["domain_id"]}",
    "local_part": "assistant",
    "display_name": "Mia (AI Assistant)"
  }}'""",
    )
    assert (status, identity["email"]) == (201, "assistant@example.org")
    status, nothing = await _type(
        server, mia.api_key, f"curl https://api.actionlayer.dev/v1/threads {AUTH}"
    )
    promised = {"data": [], "total": 0, "limit": 20, "offset": 0}
    assert (status, {name: nothing[name] for name in promised}) == (200, promised)

    await server.letter_from_ana("assistant@example.org")
    draft_id, is_late = await _draft(server, mia, identity["id"])
    assert not is_late
    send = f"curl -X POST https://api.actionlayer.dev/v1/drafts/{draft_id}/send {AUTH}"
    status, problem = await _type(server, mia.api_key, send)
    assert (status, problem["code"]) == (409, "not_approved")
    hold_id = (await server.ok("GET", f"/v1/drafts/{draft_id}"))["hold_id"]
    notice = await server.notice(hold_id)
    assert b"Acknowledging receipt while I check the calendar." in decoded(notice.raw)
    await server.answer(notice, "approve")
    for _ in range(2):
        status, sent = await _type(server, mia.api_key, send)
        assert (status, sent["status"]) == (202, "sent")
    await server.queue_is_empty()
    (arrived,) = [one for one in server.world.sink.received if ANA in one.recipients]
    assert b"Mia (AI Assistant)" in arrived.raw
    hold = await server.ok("GET", f"/v1/holds/{sent['hold_id']}")
    assert (hold["status"], hold["decided_by"]) == ("released", f"person:{OWNER}")
    audit = await server.ok("GET", f"/v1/audit?subject={sent['hold_id']}")
    assert [one["action"] for one in audit["data"]] == ["hold.approve"]

    letter = await _letter(server, "Chairs")
    draft_id, is_late = await _draft(server, mia, identity["id"])
    assert not is_late
    await _letter(server, "Re: Chairs", in_reply_to=letter)
    await server.ok("POST", f"/v1/drafts/{draft_id}/approve")
    send = f"curl -X POST https://api.actionlayer.dev/v1/drafts/{draft_id}/send {AUTH}"
    status, problem = await _type(server, mia.api_key, send)
    assert (status, problem["code"]) == (409, "stale_draft")
    status, draft = await _type(
        server, mia.api_key, f"curl https://api.actionlayer.dev/v1/drafts/{draft_id} {AUTH}"
    )
    assert draft["status"] == "stale"
    released, _ = await server.api("POST", f"/v1/holds/{draft['hold_id']}/approve")
    assert released == 409
    _, is_late = await _draft(server, mia, identity["id"])
    assert is_late


async def test_a_draft_is_approved_first_and_sent_later(server: Running, mia: Agent) -> None:
    """`approve` releases nothing, `send` does; each step has its own line in the audit log."""
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    body = {
        "thread_id": row["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": row["id"],
        "body_text": "On Monday.",
    }
    draft = await server.ok("POST", "/v1/drafts", body, key=mia.api_key)
    path = f"/v1/drafts/{draft['id']}"
    assert (await server.ok("POST", f"{path}/approve"))["status"] == "approved"
    await server.queue_is_empty()
    assert [one for one in server.world.sink.received if ANA in one.recipients] == []
    sent = await server.ok("POST", f"{path}/send", key=mia.api_key)
    assert sent["status"] == "sent"
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    audit = await server.ok("GET", f"/v1/audit?subject={sent['hold_id']}")
    assert [(one["action"], one["actor"]) for one in audit["data"]] == [
        ("hold.approve", "master"),
        ("hold.release", "agent:mia"),
    ]
