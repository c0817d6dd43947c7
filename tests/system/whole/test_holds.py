"""What the guard stops, and who may let it go."""

import asyncio
import base64
import smtplib
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from tests.support.process import run
from tests.support.running import ANA, LEAK, Agent, Running, reply_to, unfolded


async def hold_by_api(server: Running, agent: Agent, text: str = LEAK) -> dict[str, Any]:
    body = {"to": [ANA], "subject": "Access", "text": text}
    status, document = await server.api("POST", "/v1/messages", body, key=agent.api_key)
    assert (status, document["status"]) == (202, "held")
    return dict(document)


async def expect_only_notices(server: Running) -> None:
    await server.queue_is_empty()
    assert server.leaked() == []


async def status_of(server: Running, hold_id: str) -> str:
    return str((await server.ok("GET", f"/v1/holds/{hold_id}"))["status"])


async def test_a_password_by_api_is_held(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    assert held["categories"] == ["credentials"]
    assert "hunter2" not in str(held)
    await server.notice(held["hold_id"])
    await expect_only_notices(server)


async def test_a_password_in_a_reply_is_held(server: Running, mia: Agent) -> None:
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    held = await server.ok(
        "POST", f"/v1/messages/{row['id']}/reply", {"text": LEAK}, key=mia.api_key
    )
    assert held["status"] == "held"
    await server.notice(held["hold_id"])
    await expect_only_notices(server)


@pytest.mark.parametrize("carrier", ["text", "subject", "attachment", "header", "html"])
async def test_a_password_by_smtp_is_held(server: Running, mia: Agent, carrier: str) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"] = mia.email, ANA
    letter["Subject"] = LEAK if carrier == "subject" else "Access"
    if carrier == "header":
        letter["X-Note"] = LEAK
    letter.set_content(LEAK if carrier == "text" else "see above")
    if carrier == "html":
        letter.add_alternative(f"<p style='display:none'>{LEAK}</p>", subtype="html")
    if carrier == "attachment":
        letter.add_attachment(LEAK.encode(), "text", "plain", cte="base64", filename="notes.txt")

    def submit() -> tuple[int, bytes]:
        with smtplib.SMTP_SSL(
            "127.0.0.1", server.ports["submissions"], context=server.tls()
        ) as client:
            client.login(mia.email, mia.api_key)
            client.mail(mia.email)
            client.rcpt(ANA)
            return client.data(letter.as_bytes(policy=SMTP))

    code, text = await asyncio.to_thread(submit)
    assert (code, text.startswith(b"2.0.0 held ")) == (250, True)
    await server.notice(text.decode().split()[-1])
    await expect_only_notices(server)


async def test_a_password_in_an_attachment_by_api_is_held(server: Running, mia: Agent) -> None:
    content = base64.b64encode(LEAK.encode()).decode()
    body = {
        "to": [ANA],
        "text": "see the file",
        "attachments": [
            {"filename": "a.bin", "content_type": "application/octet-stream", "content": content}
        ],
    }
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    assert held["status"] == "held"
    await expect_only_notices(server)


async def test_an_agents_own_key_is_held(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia, f"use {mia.api_key} please")
    assert "credentials" in held["categories"]


async def test_an_agent_never_decides(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    for verb in ("approve", "reject"):
        status, problem = await server.api(
            "POST", f"/v1/holds/{held['hold_id']}/{verb}", {}, key=mia.api_key
        )
        assert (status, problem["code"]) == (403, "approver_required")
    assert await status_of(server, held["hold_id"]) == "pending"


async def test_an_agent_sees_its_hold_without_the_matches(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    shown = await server.ok("GET", f"/v1/holds/{held['hold_id']}", key=mia.api_key)
    assert (shown["findings"], shown["message"]) == (None, None)
    bob = await server.agent("bob")
    status, _ = await server.api("GET", f"/v1/holds/{held['hold_id']}", key=bob.api_key)
    assert status == 404


async def test_the_notice_hides_the_secret_and_shows_the_rest(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    notice = await server.notice(held["hold_id"])
    assert b"hunter2-Xk9!" not in unfolded(notice.raw)
    assert ANA.encode() in unfolded(notice.raw)
    local = reply_to(notice).partition("@")[0]
    assert local.startswith("approve+")
    assert len(local) == len("approve+") + 40


async def test_a_secret_in_the_subject_is_hidden_in_the_hold_and_its_event(
    server: Running, mia: Agent
) -> None:
    """Events go to webhooks, notices to outside mailboxes: neither shows the match."""
    body = {"to": [ANA], "subject": LEAK, "text": "see the subject"}
    status, held = await server.api("POST", "/v1/messages", body, key=mia.api_key)
    assert (status, held["status"]) == (202, "held")
    shown = await server.ok("GET", f"/v1/holds/{held['hold_id']}")
    events = await server.ok("GET", "/v1/events?since=0")
    assert "hunter2-Xk9!" not in shown["subject"]
    assert "hunter2-Xk9!" not in str(events)
    assert b"hunter2-Xk9!" not in unfolded((await server.notice(held["hold_id"])).raw)


async def test_the_owners_signed_approve_sends_exactly_once(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    notice = await server.notice(held["hold_id"])
    await server.answer(notice, "approve")
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert await status_of(server, held["hold_id"]) == "released"
    await server.answer(notice, "approve")
    await server.answer(notice, "reject")
    await server.queue_is_empty()
    assert len(server.leaked()) == 1
    shown = await server.ok("GET", f"/v1/holds/{held['hold_id']}")
    assert (shown["status"], shown["decided_via"]) == ("released", "mail")


async def test_the_owners_reject_sends_nothing(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    await server.answer(await server.notice(held["hold_id"]), "Reject.\n\n> quoted text")
    await server.until(f"/v1/holds/{held['hold_id']}", lambda one: one["status"] == "rejected")
    await expect_only_notices(server)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("unsigned", {"is_signed": False}),
        ("another person", {"sender": ANA}),
        ("an automatic reply", {"headers": [("Auto-Submitted", "auto-replied")]}),
        ("a mailing list", {"headers": [("List-Id", "<all.owner.example>")]}),
        ("a question", {"text": "Ok, who is this?"}),
        ("nothing", {"text": ""}),
        ("only a quotation", {"text": "> approve"}),
    ],
)
async def test_a_forged_or_unclear_answer_decides_nothing(
    server: Running, mia: Agent, name: str, answer: dict[str, Any]
) -> None:
    held = await hold_by_api(server, mia)
    notice = await server.notice(held["hold_id"])
    given = {"text": "approve", **answer}
    await server.answer(notice, given.pop("text"), **given)
    rows = (await server.ok("GET", "/v1/audit?limit=200"))["data"]
    assert [one["action"] for one in rows].count("hold.reply_ignored") == 1
    assert await status_of(server, held["hold_id"]) == "pending"
    assert server.leaked() == []


async def test_a_wrong_token_decides_nothing(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    notice = await server.notice(held["hold_id"])
    token = reply_to(notice)
    wrong = token[:-13] + ("a" if token[-13] != "a" else "b") + token[-12:]
    assert wrong != token
    await server.answer(notice, "approve", to=wrong)
    assert await status_of(server, held["hold_id"]) == "pending"
    assert server.leaked() == []


async def test_an_answer_reaches_no_mailbox(server: Running, mia: Agent) -> None:
    held = await hold_by_api(server, mia)
    await server.answer(await server.notice(held["hold_id"]), "Ok, who is this?")
    messages = (await server.ok("GET", "/v1/messages"))["data"]
    assert [one["subject"] for one in messages if one["folder"] != "Held"] == []


async def test_fifty_approvals_racing_send_once(server: Running, mia: Agent) -> None:
    """Product §5.7: API, command line and reply at the same time."""
    held = await hold_by_api(server, mia)
    hold_id = held["hold_id"]
    notice = await server.notice(hold_id)
    await server.queue_is_empty()

    async def by_api() -> int:
        return (await server.api("POST", f"/v1/holds/{hold_id}/approve", {}))[0]

    def by_command() -> int:
        return run("hold", "approve", hold_id, "--config", server.config).returncode

    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(by_api()) for _ in range(40)]
        replies = [group.create_task(server.answer(notice, "approve")) for _ in range(5)]
        command = group.create_task(asyncio.to_thread(lambda: [by_command() for _ in range(5)]))
    assert {one.result() for one in calls} == {200}
    assert command.result() == [0] * 5
    assert len(replies) == 5
    await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    await server.queue_is_empty()
    assert len(server.leaked()) == 1
    events = await server.ok("GET", "/v1/events?limit=1000")
    kinds = [one["type"] for one in events["data"]]
    assert kinds.count("hold.decided") == 1


async def test_changed_bytes_do_not_leave(server: Running, mia: Agent) -> None:
    """Product §5.6: approval is bound to bytes."""
    held = await hold_by_api(server, mia)
    await server.core.mirror.settle()
    spool = [
        path
        for path in (server.core.config.server.data_dir / "spool").rglob("*")
        if path.is_file()
        and path.suffix not in (".db", ".sock")
        and b"Access" in path.read_bytes()
        and b"hunter2" in path.read_bytes()
        and path.stat().st_size < 5000
    ]
    (file,) = spool
    file.chmod(0o600)
    original = file.read_bytes()
    file.write_bytes(original.replace(b"hunter2", b"hunter3"))
    status, problem = await server.api("POST", f"/v1/holds/{held['hold_id']}/approve", {})
    assert (status, problem["code"]) == (409, "changed")
    file.write_bytes(original)
    await expect_only_notices(server)


async def test_a_guard_that_fails_holds(
    server: Running, mia: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Product §4.6: never an unscanned message."""

    class Broken:
        def judge_outbound(self, facts: object) -> object:
            raise RuntimeError("broken")

    monkeypatch.setattr(server.core.submission, "_guard", Broken())
    body = {"to": [ANA], "text": "harmless"}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    assert held["status"] == "held"
    await expect_only_notices(server)


async def test_a_stopped_agent_is_locked_out(server: Running, mia: Agent) -> None:
    await server.ok("POST", "/v1/agents/mia/stop", {"reason": "test"})
    status, _ = await server.api("GET", "/v1/messages", key=mia.api_key)
    assert status == 401
