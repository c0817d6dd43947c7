"""Sending, replying, forwarding, idempotency, holds and drafts over the API."""

import asyncio
import base64
from email import message_from_bytes, policy
from pathlib import Path

import aiohttp

from mailcore.accounts import CreatedAgent
from tests.support.http_live import SECRET, Live, running
from tests.support.mail_samples import plain

MAIL = {"to": "bob@example.com", "subject": "Hello", "text": "Hi Bob."}
LEAK = {**MAIL, "text": f"the database password is {SECRET}"}


async def _post(
    client: aiohttp.ClientSession, path: str, json: object = None, **headers: str
) -> tuple[int, dict[str, object]]:
    async with client.post(path, json=json, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_clean_message_is_queued_and_in_sent(tmp_path: Path) -> None:
    """202 with ids; the copy in Sent has the same id; delivery tells each recipient."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            mail = {
                **MAIL,
                "to": ["bob@example.com", "Ann <ann@example.com>"],
                "bcc": "x@y.example",
            }
            status, sent = await _post(client, "/v1/messages", mail)
            assert (status, sent["status"], sent["hold_id"]) == (202, "queued", None)
            async with client.get("/v1/messages?folder=Sent") as answer:
                (copy,) = (await answer.json())["data"]
            assert (copy["id"], copy["thread_id"]) == (sent["id"], sent["thread_id"])
            assert copy["flags"] == ["seen"]
            async with client.get(f"/v1/messages/{sent['id']}/delivery") as answer:
                delivery = await answer.json()
            assert {one["recipient"] for one in delivery["recipients"]} == {
                "bob@example.com",
                "ann@example.com",
                "x@y.example",
            }
            assert {one["state"] for one in delivery["recipients"]} == {"due"}
            async with client.get("/v1/queue") as answer:
                assert (await answer.json())["total"] == 3


async def test_all_that_was_given_is_in_the_message(tmp_path: Path) -> None:
    """Text, HTML, attachments, own headers, Reply-To; no Bcc."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        mail = {
            "identity_id": mia.inbox.id,
            "to": "Bob Müller <bob@example.com>",
            "cc": ["carl@example.com"],
            "bcc": ["secret@example.com"],
            "subject": "Grüße",
            "text": "Text",
            "html": "<p>Text</p>",
            "reply_to": "desk@example.com",
            "headers": {"X-Ticket": "42"},
            "attachments": [
                {
                    "filename": "a b.bin",
                    "content_type": "application/octet-stream",
                    "content": base64.b64encode(b"\x00\x01").decode(),
                }
            ],
        }
        async with live.client(mia.api_key) as client:
            _, sent = await _post(client, "/v1/messages", mail)
            async with client.get(f"/v1/messages/{sent['id']}/raw") as answer:
                raw = await answer.read()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed["To"] == "Bob Müller <bob@example.com>"
    assert parsed["Subject"] == "Grüße"
    assert parsed["Reply-To"] == "desk@example.com"
    assert parsed["X-Ticket"] == "42"
    assert b"secret@example.com" not in raw
    (attached,) = parsed.iter_attachments()
    assert attached.get_content() == b"\x00\x01"
    assert attached.get_filename() == "a b.bin"


async def test_wrong_fields_are_named_all_at_once(tmp_path: Path) -> None:
    """A path per field, and nothing was sent."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            status, answer = await _post(
                client,
                "/v1/messages",
                {
                    "subject": 5,
                    "text": "x\0",
                    "attachments": [{"filename": "a", "content": "!"}],
                    "reciever": "x",
                },
            )
            assert status == 400
            assert [one["path"] for one in answer["errors"]] == [
                "text",
                "attachments[0].content",
                "to",
                "subject",
                "reciever",
            ]
            async with client.get("/v1/messages") as listed:
                assert (await listed.json())["total"] == 0


async def test_what_only_the_core_can_tell_is_400_too(tmp_path: Path) -> None:
    """Recipients, custom headers, a body; each names its field."""
    cases: list[tuple[dict[str, object], str]] = [
        ({"to": "nobody"}, "to[0]"),
        ({"to": ["a@example.com", "b@"]}, "to[1]"),
        ({"headers": {"Bcc": "x@example.com"}}, "headers"),
        ({"text": None}, "text"),
        ({"to": []}, "to"),
    ]
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        async with live.client(mia.api_key) as client:
            for change, path in cases:
                status, answer = await _post(client, "/v1/messages", {**MAIL, **change})
                assert status == 400, change
                assert answer["errors"][0]["path"].startswith(path), answer
            unknown = {**MAIL, "to": "nobody@agents.example"}
            status, answer = await _post(client, "/v1/messages", unknown)
            assert (status, answer["code"]) == (400, "no_such_user")
            many = {**MAIL, "to": [f"a{n}@example.com" for n in range(51)]}
            status, answer = await _post(client, "/v1/messages", many)
            assert (status, answer["code"]) == (400, "too_many_recipients")


async def test_an_agent_cannot_switch_the_guard_off(tmp_path: Path) -> None:
    """`allow_sensitive` is the master's; with an agent's key it is as if it were not there."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        mail = {**LEAK, "allow_sensitive": True, "identity_id": mia.inbox.id}
        async with live.client(mia.api_key) as client:
            _, sent = await _post(client, "/v1/messages", mail)
            assert sent["status"] == "held"
        async with live.client(live.master) as client:
            _, sent = await _post(client, "/v1/messages", mail)
            assert sent["status"] == "queued"


async def test_replies_and_forwards_find_their_recipients(tmp_path: Path) -> None:
    """RFC 5322 §3.6.3: the sender, everybody, or whom the caller names; all in the thread."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(
            mia.inbox.id,
            plain(to="mia@agents.example, zoe@example.net", extra="Cc: carl@example.net\n"),
        )
        path = f"/v1/messages/{placed.id}"
        async with live.client(mia.api_key) as client:
            _, sent = await _post(client, f"{path}/reply", {"text": "Yes."})
            reply = await _read(client, sent["id"])
            assert [one["email"] for one in reply["to"]] == ["ann@example.org"]
            assert reply["subject"] == "Re: Lunch on Friday"
            assert reply["in_reply_to"] == "one@example.org"
            assert reply["thread_id"] == placed.thread_id
            _, sent = await _post(client, f"{path}/reply-all", {"text": "Yes."})
            reply = await _read(client, sent["id"])
            everybody = {one["email"] for one in [*reply["to"], *reply["cc"]]}
            assert everybody == {"ann@example.org", "zoe@example.net", "carl@example.net"}
            _, sent = await _post(
                client, f"{path}/forward", {"to": "boss@example.net", "text": "See below."}
            )
            forward = await _read(client, sent["id"])
            assert [one["email"] for one in forward["to"]] == ["boss@example.net"]
            assert forward["attachments"][0]["content_type"] == "message/rfc822"
            assert "Shall we meet at noon?" in forward["text"]
            status, answer = await _post(client, f"{path}/forward", {"text": "x"})
            assert (status, answer["errors"][0]["path"]) == (400, "to")


async def _read(client: aiohttp.ClientSession, message_id: object) -> dict[str, object]:
    async with client.get(f"/v1/messages/{message_id}") as answer:
        assert answer.status == 200
        read: dict[str, object] = await answer.json()
        return read


# Holds -------------------------------------------------------------------------------------------


async def _hold(live: Live, mia: CreatedAgent) -> dict[str, object]:
    async with live.client(mia.api_key) as client:
        status, sent = await _post(client, "/v1/messages", LEAK)
    assert status == 202
    return sent


async def test_a_held_message_tells_categories_and_nothing_more(tmp_path: Path) -> None:
    """Its agent sees that and why in a word; never the match, the rule or the place."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        sent = await _hold(live, mia)
        assert (sent["status"], sent["categories"]) == ("held", ["credentials"])
        async with live.client(mia.api_key) as client:
            async with client.get(f"/v1/holds/{sent['hold_id']}") as answer:
                hold = await answer.json()
            assert (hold["findings"], hold["message"]) == (None, None)
            read = await _read(client, sent["id"])
            assert (read["status"], read["hold_id"], read["folder"]) == (
                "held",
                sent["hold_id"],
                None,
            )
            async with client.get("/v1/messages?folder=Sent") as answer:
                assert (await answer.json())["total"] == 0
            for decision in ("approve", "reject"):
                status, _ = await _post(client, f"/v1/holds/{sent['hold_id']}/{decision}", {})
                assert status == 403


async def test_the_owner_sees_what_would_go_out_and_approves_once(tmp_path: Path) -> None:
    """Masked findings, the message, its exact octets; a second approval changes nothing."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        sent = await _hold(live, mia)
        path = f"/v1/holds/{sent['hold_id']}"
        async with live.client(live.master) as client:
            async with client.get("/v1/holds?status=pending") as answer:
                (listed,) = (await answer.json())["data"]
            assert listed["from"] == "mia@agents.example"
            assert listed["recipients"] == ["bob@example.com"]
            async with client.get(path) as answer:
                hold = await answer.json()
            assert hold["findings"][0]["masked"] == "hu***r2"
            assert SECRET in hold["message"]["text"]
            async with client.get(f"{path}/raw") as answer:
                assert SECRET.encode() in await answer.read()
            _, first = await _post(client, f"{path}/approve", {"reason": "fine"})
            _, second = await _post(client, f"{path}/approve")
            assert (first["status"], first["changed"]) == ("released", True)
            assert (second["status"], second["changed"]) == ("released", False)
            assert first["decision_reason"] == "fine"
            status, answer = await _post(client, f"{path}/reject")
            assert (status, answer["code"]) == (409, "already_decided")
        async with live.client(mia.api_key) as client:
            assert (await _read(client, sent["id"]))["folder"] == "Sent"


async def test_fifty_approvals_release_once(tmp_path: Path) -> None:
    """Over TCP and the unix socket at once: one of them decided, the queue has one row."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        sent = await _hold(live, mia)
        path = f"/v1/holds/{sent['hold_id']}/approve"
        async with live.client(live.master) as tcp, live.operator() as unix:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(_post((tcp, unix)[number % 2], path)) for number in range(50)
                ]
            answers = [task.result() for task in tasks]
            assert {status for status, _ in answers} == {200}
            assert sum(bool(one["changed"]) for _, one in answers) == 1
            async with tcp.get("/v1/queue") as answer:
                assert (await answer.json())["total"] == 1


async def test_a_rejected_message_never_leaves(tmp_path: Path) -> None:
    """The queue is empty and the agent is told."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        sent = await _hold(live, mia)
        async with live.operator() as client:
            _, hold = await _post(
                client, f"/v1/holds/{sent['hold_id']}/reject", {"reason": "no passwords"}
            )
            assert (hold["status"], hold["decided_via"]) == ("rejected", "cli")
            async with client.get("/v1/queue") as answer:
                assert (await answer.json())["total"] == 0
        async with live.client(mia.api_key) as client:
            assert (await _read(client, sent["id"]))["status"] == "rejected"
            async with client.get("/v1/events?since=0") as answer:
                events = {one["type"]: one["data"] for one in (await answer.json())["data"]}
            assert events["email.rejected"]["message_id"] == sent["id"]
            assert events["email.rejected"]["reason"] == "no passwords"
            async with client.get(f"/v1/holds/{sent['hold_id']}") as answer:
                assert (await answer.json())["decision_reason"] == "no passwords"


# Drafts ------------------------------------------------------------------------------------------


async def _submit(client: aiohttp.ClientSession, **fields: object) -> dict[str, object]:
    status, draft = await _post(client, "/v1/drafts", fields)
    assert status == 201, draft
    return draft


async def test_a_draft_is_submitted_edited_approved_and_sent(tmp_path: Path) -> None:
    """Seeds 001 and 002: the agent proposes, a person approves, the agent sends; once."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client, live.client(live.master) as owner:
            draft = await _submit(
                client,
                thread_id=placed.thread_id,
                identity_id=mia.inbox.id,
                based_on_message_id=placed.id,
                body_text="Thanks, I will be there.",
                rationale="Ann asked.",
                metadata={"ticket": 7},
            )
            assert (draft["status"], draft["stale_warning"]) == ("pending", False)
            assert draft["metadata"] == {"ticket": 7}
            path = f"/v1/drafts/{draft['id']}"
            assert (await _post(client, f"{path}/approve"))[0] == 403
            status, answer = await _post(client, f"{path}/send")
            assert (status, answer["code"]) == (409, "not_approved")
            async with client.patch(path, json={"body_text": "Thanks, noon."}) as answer:
                assert (await answer.json())["version"] == 2
            status, approved = await _post(owner, f"{path}/approve")
            assert (status, approved["status"]) == (200, "approved")
            status, sent = await _post(client, f"{path}/send")
            assert (status, sent["status"], sent["delivery_status"]) == (202, "sent", "queued")
            status, again = await _post(client, f"{path}/send")
            assert (status, again["message_id"]) == (202, sent["message_id"])
            read = await _read(client, sent["message_id"])
            assert read["text"].startswith("Thanks, noon.")
            async with owner.get("/v1/queue") as answer:
                assert (await answer.json())["total"] == 1
            async with client.get(f"/v1/threads/{placed.thread_id}") as answer:
                assert [one["id"] for one in (await answer.json())["drafts"]] == [draft["id"]]


async def test_a_draft_that_a_newer_message_overtook_stays(tmp_path: Path) -> None:
    """409 `stale_draft` at send; the status says so after."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client, live.client(live.master) as owner:
            draft = await _submit(
                client,
                thread_id=placed.thread_id,
                identity_id=mia.inbox.id,
                based_on_message_id=placed.id,
                body_text="Yes.",
            )
            await live.receive(
                mia.inbox.id,
                plain(
                    text="Make it one o'clock.\n",
                    message_id="<two@example.org>",
                    extra="In-Reply-To: <one@example.org>\n",
                ),
            )
            status, answer = await _post(owner, f"/v1/drafts/{draft['id']}/send")
            assert (status, answer["code"]) == (409, "stale_draft")
            async with client.get(f"/v1/drafts/{draft['id']}") as answer:
                assert (await answer.json())["status"] == "stale"


async def test_a_rejected_draft_is_listed_so(tmp_path: Path) -> None:
    """And its thread is open again."""
    async with running(tmp_path) as live:
        mia = await live.agent("mia")
        placed = await live.receive(mia.inbox.id, plain())
        async with live.client(mia.api_key) as client, live.client(live.master) as owner:
            draft = await _submit(
                client,
                thread_id=placed.thread_id,
                identity_id=mia.inbox.id,
                based_on_message_id=placed.id,
                body_html="<p>Yes.</p>",
            )
            status, rejected = await _post(
                owner, f"/v1/drafts/{draft['id']}/reject", {"reason": "too short"}
            )
            assert (status, rejected["status"]) == (200, "rejected")
            async with client.get("/v1/drafts?status=rejected") as answer:
                assert (await answer.json())["total"] == 1
            async with client.get(f"/v1/threads/{placed.thread_id}") as answer:
                assert (await answer.json())["status"] == "open"
