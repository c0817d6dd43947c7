"""A person changes held mail: a new version, judged and decided anew."""

import asyncio
import base64
import hashlib
from typing import Any

from mailcore.message.headers import Headers
from mailcore.message.parse import leaves
from tests.support.process import run
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, decoded

BOB = "bob@customer.example"
EVE = "eve@customer.example"
CLEAN = "Please ask me on the phone."


async def held(server: Running, mia: Agent, **more: object) -> dict[str, Any]:
    body = {"to": [ANA, BOB], "bcc": [EVE], "subject": "Access", "text": LEAK, **more}
    made = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    return dict(await server.ok("GET", f"/v1/holds/{made['hold_id']}"))


async def sent_to(server: Running, address: str) -> list[bytes]:
    await server.queue_is_empty()
    return [one.raw for one in server.world.sink.received if address in one.recipients]


async def test_what_was_edited_leaves_and_nothing_else_does(server: Running, mia: Agent) -> None:
    hold = await held(
        server,
        mia,
        attachments=[{"filename": "a.txt", "content": "aGVsbG8=", "content_type": "text/plain"}],
    )
    notice = await server.notice(hold["id"])
    path = f"/v1/holds/{hold['id']}"
    edit = {"text": CLEAN, "subject": "On the phone", "reason": "no passwords", "version": 1}
    edited = await server.ok("PATCH", path, edit)
    assert (edited["version"], edited["status"], edited["reason"]) == (2, "pending", "manual")
    assert (edited["findings"], edited["subject"]) == ([], "On the phone")
    assert edited["digest"] != hold["digest"]
    assert edited["view"]["texts"][0]["text"] == CLEAN
    await server.answer(notice, "approve")
    assert (await server.ok("GET", path))["status"] == "pending"
    body = {"decision": "approve", "items": [{"hold_id": hold["id"], "digest": hold["digest"]}]}
    (done,) = (await server.ok("POST", "/v1/decisions", body))["data"]
    assert done["error"] == "changed"
    again = await server.world.sink.wait_for(
        lambda one: (
            OWNER in one.recipients
            and b"Changed, approve or reject" in one.raw
            and hold["id"].encode() in decoded(one.raw)
        )
    )
    await server.answer(again, "approve")
    assert (await server.ok("GET", path))["status"] == "released"
    for address in (ANA, BOB, EVE):
        (raw,) = await sent_to(server, address)
        assert CLEAN.encode() in raw
        assert b"aGVsbG8=" in raw
        assert b"On the phone" in raw
    assert server.leaked() == []
    page = await server.ok("GET", "/v1/messages?folder=Sent", key=mia.api_key)
    assert page["data"][0]["subject"] == "On the phone"
    rows = (await server.ok("GET", f"/v1/audit?subject={hold['id']}"))["data"]
    (row,) = [one for one in rows if one["action"] == "hold.edit"]
    assert row["detail"]["changed"] == ["subject", "text"]
    assert row["detail"]["digest_before"] == hold["digest"]


async def test_versions_are_kept_and_compared(server: Running, mia: Agent) -> None:
    hold = await held(server, mia)
    path = f"/v1/holds/{hold['id']}"
    await server.ok("PATCH", path, {"text": CLEAN, "reason": "softer"})
    first, second = (await server.ok("GET", f"{path}/versions"))["data"]
    assert (first["version"], first["ended_by"], first["reason"]) == (1, "master", "softer")
    assert (first["digest"], LEAK in first["text"]) == (hold["digest"], True)
    assert second["changes"].splitlines()[-2:] == [f"- {LEAK}", f"+ {CLEAN}"]
    assert (second["version"], second["ended_at"]) == (2, None)
    config = ("--config", server.config)
    shown = await asyncio.to_thread(run, "hold", "versions", hold["id"], *config)
    assert f"+ {CLEAN}" in shown.stdout, shown.stderr
    options = ("--subject", "Third", "--to", BOB, *config)
    done = await asyncio.to_thread(run, "hold", "edit", hold["id"], *options)
    assert "Subject: Third" in done.stdout, done.stderr
    third = await server.ok("GET", path)
    assert (third["version"], third["recipients"]) == (3, [BOB, EVE])


async def test_recipients_come_and_go_with_their_names(server: Running, mia: Agent) -> None:
    hold = await held(server, mia)
    path = f"/v1/holds/{hold['id']}"
    edit = {"to": ["Bob <bob@customer.example>"], "cc": ["carl@customer.example"], "bcc": []}
    edited = await server.ok("PATCH", path, edit)
    assert edited["recipients"] == [BOB, "carl@customer.example"]
    edited = await server.ok("PATCH", path, {"cc": [ANA]})
    await server.ok("POST", f"{path}/approve", {})
    assert await sent_to(server, EVE) == await sent_to(server, "carl@customer.example") == []
    (raw,) = await sent_to(server, ANA)
    fields = Headers.read(raw)
    assert (fields.get("To"), fields.get("Cc")) == ("Bob <bob@customer.example>", ANA)


async def test_who_is_dropped_is_not_named_to_the_others(server: Running, mia: Agent) -> None:
    hold = await held(server, mia)
    path = f"/v1/holds/{hold['id']}"
    decided = await server.ok("POST", f"{path}/approve", {"without": [BOB, EVE]})
    assert (decided["status"], decided["recipients"]) == ("released", [ANA])
    (raw,) = await sent_to(server, ANA)
    assert Headers.read(raw).get("To") == ANA
    assert b"bob@" not in raw
    assert await sent_to(server, BOB) == []
    (sent,) = (await server.ok("GET", "/v1/messages?folder=Sent", key=mia.api_key))["data"]
    assert [one["email"] for one in sent["to"]] == [ANA]
    first, second = (await server.ok("GET", f"{path}/versions"))["data"]
    assert (first["recipients"], second["recipients"]) == ([ANA, BOB, EVE], [ANA])


async def test_an_edit_is_refused_where_it_must_be(server: Running, mia: Agent) -> None:
    hold = await held(server, mia)
    path = f"/v1/holds/{hold['id']}"
    status, problem = await server.api("PATCH", path, {"text": "x"}, key=mia.api_key)
    assert (status, problem["code"]) == (403, "approver_required")
    assert (await server.api("GET", f"{path}/versions", key=mia.api_key))[0] == 403
    for edit, code in (
        ({}, "invalid"),
        ({"text": "x", "version": 2}, "changed"),
        ({"to": [], "cc": [], "bcc": []}, "invalid"),
        ({"to": ["nobody"]}, "invalid"),
        ({"subject": "a\r\nBcc: eve@customer.example"}, "invalid_fields"),
    ):
        status, problem = await server.api("PATCH", path, edit)
        assert (status in (400, 409, 422), problem["code"]) == (True, code), (edit, problem)
    worse = await server.ok("PATCH", path, {"text": f"{LEAK} -----BEGIN RSA PRIVATE KEY-----"})
    assert worse["reason"] == "guard"
    await server.ok("POST", f"{path}/reject", {})
    status, problem = await server.api("PATCH", path, {"text": "x"})
    assert (status, problem["code"]) == (409, "already_decided")
    assert await sent_to(server, ANA) == []


async def test_versions_of_a_draft_say_who_when_and_why(server: Running, mia: Agent) -> None:
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    body = {
        "thread_id": row["thread_id"],
        "identity_id": mia.inbox_id,
        "based_on_message_id": row["id"],
        "body_text": "On Monday.",
        "rationale": "She asked.",
    }
    draft = await server.ok("POST", "/v1/drafts", body, key=mia.api_key)
    path = f"/v1/drafts/{draft['id']}"
    await server.ok("PATCH", path, {"body_text": "On Friday."})
    first, second = (await server.ok("GET", f"{path}/versions", key=mia.api_key))["data"]
    assert (first["author"], first["rationale"]) == ("agent:mia", "She asked.")
    assert (second["author"], second["version"]) == ("master", 2)
    assert "- On Monday." in second["changes"]
    assert "+ On Friday." in second["changes"]
    shown = await asyncio.to_thread(
        run, "draft", "versions", draft["id"], "--config", server.config
    )
    assert "+ On Friday." in shown.stdout, shown.stderr
    status, problem = await server.api("PATCH", f"/v1/holds/{draft['hold_id']}", {"text": "x"})
    assert status == 409
    now = await server.ok("GET", path)
    status, problem = await server.api("PATCH", f"/v1/holds/{now['hold_id']}", {"text": "x"})
    assert (status, problem["code"]) == (409, "draft_hold")
    other = await server.agent("other")
    assert (await server.api("GET", f"{path}/versions", key=other.api_key))[0] == 404


async def test_large_mail_is_edited_with_its_files_as_they_were(
    server: Running, mia: Agent
) -> None:
    """Bytes beyond what the database takes: the old ones go, the new ones stay."""
    content = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(12_500))
    files = [
        {
            "filename": "a.bin",
            "content": base64.b64encode(content).decode(),
            "content_type": "image/png",
        }
    ]
    hold = await held(server, mia, attachments=files)
    path = f"/v1/holds/{hold['id']}"
    for number in range(2):
        await server.ok("PATCH", path, {"text": f"{CLEAN} {number}", "to": [ANA], "bcc": []})
    await server.ok("POST", f"{path}/approve", {})
    (raw,) = await sent_to(server, ANA)
    (file,) = [leaf for leaf in leaves(raw) if leaf.filename == "a.bin"]
    assert file.payload == content
    assert f"{CLEAN} 1".encode() in raw
    versions = (await server.ok("GET", f"{path}/versions"))["data"]
    assert [one["version"] for one in versions] == [1, 2, 3]


async def test_edits_and_approvals_that_race_let_out_one_message_that_was_seen(
    server: Running, mia: Agent
) -> None:
    """Every approval names what it saw: what leaves is what an approval was for, once."""
    hold = await held(server, mia, to=[ANA], bcc=[])
    path = f"/v1/holds/{hold['id']}"
    edits: list[asyncio.Task[tuple[int, Any]]] = []
    approvals: list[asyncio.Task[tuple[int, Any]]] = []
    async with asyncio.TaskGroup() as group:
        for number in range(8):
            edit = {"text": f"{CLEAN} {number}", "version": 1}
            edits.append(group.create_task(server.api("PATCH", path, edit)))
            body = {"digest": hold["digest"]}
            approvals.append(group.create_task(server.api("POST", f"{path}/approve", body)))
    edited = [document for status, document in (one.result() for one in edits) if status == 200]
    approved = [one.result() for one in approvals if one.result()[0] == 200]
    refused = {one.result()[1]["code"] for one in approvals if one.result()[0] != 200}
    assert refused <= {"changed"}
    now = await server.ok("GET", path)
    assert (len(edited), bool(approved)) in ((1, False), (0, True))
    if edited:
        assert (now["status"], now["version"]) == ("pending", 2)
        await server.ok("POST", f"{path}/approve", {"digest": now["digest"]})
    (raw,) = await sent_to(server, ANA)
    assert (CLEAN.encode() in raw) == bool(edited)
