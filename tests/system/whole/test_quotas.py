"""Full inboxes as the outside, colleagues and the owner meet them."""

import asyncio
import itertools
import smtplib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.running import ANA, LEAK, Agent, Running, running

LETTER = b"From: Ana <%b>\r\nTo: <%b>\r\nSubject: %b\r\n\r\n%b\r\n"


pytestmark = pytest.mark.asyncio(loop_scope="module")
_names = (f"agent{number}" for number in itertools.count())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One server for all tests here; each has agents of its own."""
    async with running(tmp_path_factory.mktemp("quotas")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def mia(server: Running) -> Agent:
    return await server.agent(next(_names))


async def limit(server: Running, agent: Agent, **fields: int) -> None:
    await server.ok("PATCH", f"/v1/identities/{agent.inbox_id}/policy", dict(fields))


def letter(to: Agent, *, subject: str = "Hi", text: str = "hi") -> bytes:
    return LETTER % (ANA.encode(), to.email.encode(), subject.encode(), text.encode())


def say(port: int, *commands: str | bytes) -> list[tuple[int, bytes]]:
    """Speak SMTP on one connection; a `bytes` is the message of DATA."""
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        client.ehlo("customer.example")
        said: list[tuple[int, bytes]] = []
        for command in commands:
            if isinstance(command, bytes):
                client.putcmd("DATA")
                client.getreply()
                client.send(command + b".\r\n")
                said.append(client.getreply())
            else:
                said.append(client.docmd(command))
        return said


async def test_smtp_is_told_that_the_inbox_is_full(server: Running, mia: Agent) -> None:
    """RFC 3463 §3.3: 4.2.2, at RCPT when it is known then, behind DATA when it is not."""
    bob = await server.agent(next(_names))
    await limit(server, mia, quota_bytes=2000)
    port = server.ports["smtp"]
    big = letter(mia, text="x" * 900 + "\r\n" + "y" * 900)
    said = await asyncio.to_thread(
        say,
        port,
        f"MAIL FROM:<{ANA}> SIZE=3000",
        f"RCPT TO:<{mia.email}>",
        f"RCPT TO:<{bob.email}>",
        "RSET",
        f"MAIL FROM:<{ANA}>",
        f"RCPT TO:<{mia.email}>",
        big,
        f"MAIL FROM:<{ANA}> SIZE=99999999999",
    )
    assert [code for code, _ in said] == [250, 452, 250, 250, 250, 250, 452, 552]
    assert said[1][1].startswith(b"4.2.2 the inbox is full")
    assert said[6][1].startswith(b"4.2.2 the inbox is full")
    assert said[7][1].startswith(b"5.3.4")
    await limit(server, mia, quota_messages=1, quota_bytes=0)
    await server.letter_from_ana(mia.email)
    said = await asyncio.to_thread(say, port, f"MAIL FROM:<{ANA}>", f"RCPT TO:<{mia.email}>")
    assert said[1][0] == 452
    assert len(await server.messages(mia, 1)) == 1


async def test_a_full_sender_hears_it_at_submission(server: Running, mia: Agent) -> None:
    """There is no room for the copy in Sent, so nothing leaves."""
    await limit(server, mia, quota_messages=1)
    await server.letter_from_ana(mia.email)

    def submit() -> tuple[int, bytes]:
        with smtplib.SMTP("localhost", server.ports["submission"], timeout=60) as client:
            client.starttls(context=server.tls())
            client.login(mia.email, mia.password)
            client.mail(mia.email)
            client.rcpt(ANA)
            raw = f"From: <{mia.email}>\r\nTo: <{ANA}>\r\nSubject: x\r\n\r\nhi\r\n"
            return client.data(raw)

    code, text = await asyncio.to_thread(submit)
    assert (code, text[:5]) == (452, b"4.2.2")
    assert (await server.ok("GET", "/v1/queue", key=mia.api_key))["total"] == 0


async def test_mail_for_an_inbox_that_filled_up_waits_in_the_queue(
    server: Running, mia: Agent
) -> None:
    """It was taken while there was room; it arrives when there is room again."""
    bob = await server.agent(next(_names))
    body = {"to": [bob.email], "subject": "Hold on", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await server.letter_from_ana(bob.email)
    await limit(server, bob, quota_messages=1)
    await server.ok("POST", f"/v1/holds/{held['hold_id']}/approve")
    queue = await server.until(
        "/v1/queue", lambda page: any(one["code"] == 452 for one in page["data"])
    )
    (item,) = [one for one in queue["data"] if one["code"] == 452]
    assert (item["state"], item["attempts"]) == ("due", 1)
    await limit(server, bob, quota_messages=0)
    await server.ok("POST", f"/v1/queue/{item['id']}/retry")
    assert len(await server.messages(bob, 2)) == 2


async def test_a_release_does_not_fail_for_the_copy_in_sent(server: Running, mia: Agent) -> None:
    """The message was accepted when there was room; a person has let it through."""
    body = {"to": [ANA], "subject": "Hold on", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await server.letter_from_ana(mia.email)
    await limit(server, mia, quota_messages=1)
    await server.ok("POST", f"/v1/holds/{held['hold_id']}/approve")
    assert len(await server.messages(mia, 1, folder="Sent")) == 1


async def test_a_full_sender_still_gets_the_report_of_failure(server: Running, mia: Agent) -> None:
    """What the server itself must tell is placed in full inboxes too."""
    server.world.add_domain("strict.example")
    server.world.sink.refuse("nobody@strict.example")
    body = {"to": ["nobody@strict.example"], "subject": "Hi", "text": "hi"}
    await limit(server, mia, quota_messages=1)
    await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    (report,) = await server.messages(mia, 1)
    assert "mailer-daemon" in str(report["from"]).lower()
