"""Guessing is counted over IMAP, SMTP and HTTP together (product §14)."""

import asyncio
import imaplib
import smtplib
from pathlib import Path

from tests.support.running import Agent, Running, running


def imap_login(server: Running, mia: Agent, password: str) -> str:
    port = server.ports["imaps"]
    with imaplib.IMAP4_SSL("localhost", port, ssl_context=server.tls()) as client:
        try:
            return str(client.login(mia.email, password)[0])
        except imaplib.IMAP4.error as error:
            return str(error)


def smtp_login(server: Running, mia: Agent, password: str) -> int:
    with smtplib.SMTP("localhost", server.ports["submission"], timeout=60) as client:
        client.starttls(context=server.tls())
        client.ehlo()
        client.user, client.password = mia.email, password
        try:
            return client.auth("PLAIN", client.auth_plain)[0]
        except smtplib.SMTPAuthenticationError as error:
            return error.smtp_code


async def test_three_guesses_over_three_protocols_are_three_guesses(tmp_path: Path) -> None:
    """Then the address waits, whatever protocol it tries; a good key still works."""
    limits = {"trusted_networks": [], "failed_logins_per_address": 3}
    async with running(tmp_path, sections={"limits": limits}) as server:
        mia = await server.agent()
        assert "AUTHENTICATIONFAILED" in await asyncio.to_thread(imap_login, server, mia, "wrong")
        assert (await server.api("GET", "/v1/messages", key="cs_agent_wrong"))[0] == 401
        assert await asyncio.to_thread(smtp_login, server, mia, "wrong") == 535
        said = await asyncio.to_thread(imap_login, server, mia, mia.password)
        assert "too many failed logins" in said
        assert await asyncio.to_thread(smtp_login, server, mia, mia.password) == 454
        status, problem = await server.api("GET", "/v1/messages", key="cs_agent_wrong")
        assert (status, problem["code"]) == (429, "too_many_failures")
        assert (await server.api("GET", "/v1/messages", key=mia.api_key))[0] == 200
