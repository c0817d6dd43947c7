"""Mail in, read, answer, out."""

import asyncio
import smtplib
from email.message import EmailMessage

import dkim

from tests.support.running import ANA, Agent, Running


def txt(server: Running, name: bytes) -> bytes | None:
    """The zone's TXT record, for dkimpy's own verifier."""
    found = server.world.zone._records.get((name.decode().rstrip(".").lower(), "TXT"))
    return found[0].encode() if found else None


def is_signed_by_us(server: Running, raw: bytes) -> bool:
    verifier = dkim.DKIM(raw)
    return bool(verifier.verify(dnsfunc=lambda name, timeout=5: txt(server, name))) and (
        verifier.domain == b"example.org"
    )


async def test_a_letter_from_outside_is_read_by_api(server: Running, mia: Agent) -> None:
    await server.letter_from_ana(mia.email, subject="Grüße", text="Wann kommen sie?")
    (row,) = await server.messages(mia, 1)
    message = await server.ok("GET", f"/v1/messages/{row['id']}", key=mia.api_key)
    assert message["subject"] == "Grüße"
    assert message["text"].strip() == "Wann kommen sie?"
    assert message["from"] == {"name": "Ana", "email": ANA}
    assert (message["auth"]["dkim"], message["auth"]["dmarc"]) == ("pass", "pass")


async def test_the_stored_bytes_end_with_the_sent_ones(server: Running, mia: Agent) -> None:
    raw = server.world.letter(sender=f"Ana <{ANA}>", to=[mia.email], subject="x", text="ünï")
    signed = server.world.signed(raw, "customer.example")
    await server.world.send(
        signed, mail_from=ANA, recipients=[mia.email], port=server.ports["smtp"], is_signed=False
    )
    (row,) = await server.messages(mia, 1)
    _, stored = await server.api("GET", f"/v1/messages/{row['id']}/raw", key=mia.api_key)
    assert stored.endswith(signed)
    assert stored.startswith(b"Return-Path: <ana@customer.example>\r\n")


async def test_a_reply_leaves_signed_and_in_its_thread(server: Running, mia: Agent) -> None:
    await server.letter_from_ana(mia.email)
    (row,) = await server.messages(mia, 1)
    sent = await server.ok(
        "POST", f"/v1/messages/{row['id']}/reply", {"text": "On Friday."}, key=mia.api_key
    )
    assert sent["status"] == "queued"
    got = await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert await asyncio.to_thread(is_signed_by_us, server, got.raw)
    thread = await server.ok("GET", f"/v1/threads/{row['thread_id']}", key=mia.api_key)
    assert [one["direction"] for one in thread["messages"]] == ["inbound", "outbound"]


async def test_submission_by_smtp_leaves_signed(server: Running, mia: Agent) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = mia.email, ANA, "By SMTP"
    letter.set_content("They come on Friday.\n")

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", server.ports["submission"]) as client:
            client.starttls(context=server.tls())
            client.login(mia.email, mia.password)
            client.send_message(letter)

    server.tls().check_hostname = True
    await asyncio.to_thread(submit)
    got = await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert await asyncio.to_thread(is_signed_by_us, server, got.raw)
    assert b"Subject: By SMTP" in got.raw


async def test_agents_write_to_each_other_without_dns(server: Running, mia: Agent) -> None:
    bob = await server.agent("bob")
    body = {"to": [bob.email], "subject": "Hi", "text": "Hello Bob"}
    await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    (row,) = await server.messages(bob, 1)
    assert row["security"]["level"] == "internal"


async def test_an_unknown_recipient_outside_comes_back_as_a_notice(
    server: Running, mia: Agent
) -> None:
    server.world.sink.refuse("gone@customer.example")
    body = {"to": ["gone@customer.example"], "subject": "Hi", "text": "Hello"}
    await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    (row,) = await server.messages(mia, 1)
    message = await server.ok("GET", f"/v1/messages/{row['id']}", key=mia.api_key)
    assert "gone@customer.example" in message["text"]
    assert "5.1.1" in message["text"]


async def test_an_agent_sees_nothing_of_another(server: Running, mia: Agent) -> None:
    bob = await server.agent("bob")
    await server.letter_from_ana(bob.email)
    (row,) = await server.messages(bob, 1)
    status, _ = await server.api("GET", f"/v1/messages/{row['id']}", key=mia.api_key)
    assert status == 404
    assert (await server.ok("GET", "/v1/messages", key=mia.api_key))["total"] == 0


async def test_an_event_stream_hears_of_a_new_message(server: Running, mia: Agent) -> None:
    headers = {"Authorization": f"Bearer {mia.api_key}", "Accept": "text/event-stream"}
    async with asyncio.timeout(60), server.http.get("/v1/events", headers=headers) as stream:
        await server.letter_from_ana(mia.email)
        lines = []
        async for line in stream.content:
            lines.append(line)
            if line == b"event: email.received\n":
                break
    assert lines[-1] == b"event: email.received\n"


async def test_the_same_letter_twice_is_stored_once(server: Running, mia: Agent) -> None:
    """Product §1.2: same envelope sender, Message-ID and bytes within 30 days."""
    raw = server.world.letter(sender=ANA, to=[mia.email], subject="once", text="x")
    for _ in range(2):
        result = await server.world.send(
            raw, mail_from=ANA, recipients=[mia.email], port=server.ports["smtp"], is_signed=False
        )
        assert result.is_delivered
    assert len(await server.messages(mia, 1)) == 1


async def test_an_unverified_domain_sends_nothing_outside(server: Running) -> None:
    await server.ok("POST", "/v1/domains", {"domain": "second.example"})
    made = await server.ok("POST", "/v1/agents", {"name": "kim", "domain": "second.example"})
    status, problem = await server.api(
        "POST", "/v1/messages", {"to": [ANA], "text": "x"}, key=made["api_key"]
    )
    assert (status, problem["code"]) == (403, "domain_not_verified")
