"""The kill switch: one call ends everything an agent has open (product §5.9)."""

import asyncio
import contextlib
import imaplib
import smtplib
from collections.abc import Callable

import pytest

from tests.support.running import ANA, LEAK, Agent, Running


def imap(server: Running, agent: Agent, password: str) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=server.tls())
    client.login(agent.email, password)
    client.select("INBOX")
    return client


def smtp(server: Running, agent: Agent) -> smtplib.SMTP_SSL:
    port = server.ports["submissions"]
    client = smtplib.SMTP_SSL("127.0.0.1", port, context=server.tls())
    client.login(agent.email, agent.password)
    return client


async def test_an_idle_session_ends_when_its_agent_is_stopped(server: Running, mia: Agent) -> None:
    client = await asyncio.to_thread(imap, server, mia, mia.password)

    def idle() -> bytes:
        client.send(b"a1 IDLE\r\n")
        while line := client.readline():
            if line.startswith(b"* BYE"):
                return line
            if line.startswith(b"+"):
                started.set()
        return b""

    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    original, started.set = started.set, lambda: loop.call_soon_threadsafe(original)  # type: ignore[method-assign]
    said = loop.run_in_executor(None, idle)
    await asyncio.wait_for(started.wait(), 60)
    await server.ok("POST", "/v1/agents/mia/stop", {})
    assert b"not valid any more" in await asyncio.wait_for(said, 60)
    client.shutdown()


@pytest.mark.parametrize("end", ["stop", "password", "revoke"])
async def test_an_open_mailbox_is_closed_to_an_ended_login(
    server: Running, mia: Agent, end: str
) -> None:
    password = mia.api_key if end == "revoke" else mia.password
    client = await asyncio.to_thread(imap, server, mia, password)
    if end == "stop":
        await server.ok("POST", "/v1/agents/mia/stop", {})
    elif end == "password":
        await server.ok("POST", f"/v1/identities/{mia.inbox_id}/password", {})
    else:
        keys = (await server.ok("GET", "/v1/keys"))["data"]
        (mine,) = [one["id"] for one in keys if one["agent_id"] == mia.id]
        await server.ok("DELETE", f"/v1/keys/{mine}")

    def until_refused(act: Callable[[], object]) -> bool:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            for _ in range(100_000):  # the login is looked up again once a second
                act()
            return False
        return True

    assert await asyncio.to_thread(until_refused, lambda: client.status("INBOX", "(MESSAGES)"))
    client.shutdown()


@pytest.mark.parametrize("is_in_transaction", [True, False])
async def test_an_open_submission_takes_nothing_from_a_stopped_agent(
    server: Running, mia: Agent, is_in_transaction: bool
) -> None:
    client = await asyncio.to_thread(smtp, server, mia)

    def begin() -> int:
        client.mail(mia.email)
        return client.rcpt(ANA)[0]

    if is_in_transaction:
        assert await asyncio.to_thread(begin) == 250
    await server.ok("POST", "/v1/agents/mia/stop", {})

    def submit() -> int:
        letter = f"From: {mia.email}\r\nTo: {ANA}\r\n\r\nhello\r\n"
        return client.data(letter)[0] if is_in_transaction else client.mail(mia.email)[0]

    assert await asyncio.to_thread(submit) == 530
    client.close()


async def test_mail_of_a_stopped_agent_stays_even_when_approved(
    server: Running, mia: Agent
) -> None:
    body = {"to": [ANA], "subject": "Access", "text": LEAK}
    held = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    await server.notice(held["hold_id"])
    await server.ok("POST", "/v1/agents/mia/stop", {})
    await server.api("POST", f"/v1/holds/{held['hold_id']}/approve", {})
    await server.core.worker._claim(server.core.clock.now())
    assert server.leaked() == []
