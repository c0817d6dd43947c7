"""AUTHENTICATE SCRAM-SHA-256 with the stock client, and what it must not tell (RFC 5802, RFC 7677)."""

import asyncio
import base64
import imaplib
import ssl
from dataclasses import replace

import pytest

from mailcore.credentials import OPERATOR
from mailcore.store.ports import StoredPassword
from tests.support.imap_live import Live
from tests.support.scram import ClientScram


def _log_in(server: Live, scram: ClientScram) -> bytes:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with imaplib.IMAP4_SSL("localhost", server.server.ports["imaps"], ssl_context=context) as one:
        try:
            return bytes(one.authenticate("SCRAM-SHA-256", scram.respond)[1][0])
        except imaplib.IMAP4.error as error:
            return str(error).encode()


async def log_in(server: Live, username: str, password: str) -> tuple[bytes, bytes]:
    """What the server answers, and the salt it told."""
    scram = ClientScram(username, password)
    answer = await asyncio.to_thread(_log_in, server, scram)
    return answer, scram.salt


async def test_the_stock_client_logs_in(server: Live) -> None:
    """And checks that the server knows the password."""
    answer, _ = await log_in(server, server.username, server.password)
    assert b"logged in" in answer
    greeting = (await server.connect()).greeting
    assert b"AUTH=SCRAM-SHA-256 " in greeting
    assert b"SHA-256-PLUS" not in greeting


async def test_the_mechanism_works_with_an_initial_response_and_without(server: Live) -> None:
    """RFC 4959; the stock client sends none."""
    client, scram = await server.connect(), ClientScram(server.username, server.password)
    await client.send(b"a AUTHENTICATE SCRAM-SHA-256 " + _encoded(scram.first()) + b"\r\n")
    challenge = _decoded(await client.line())
    await client.send(_encoded(scram.final(challenge)) + b"\r\n")
    assert scram.is_server(_decoded(await client.line()))
    await client.send(b"\r\n")
    assert (await client.line()).startswith(b"a OK [CAPABILITY ")


async def test_nothing_tells_a_stranger_s_name_from_a_user_s(server: Live) -> None:
    """Unknown users have a salt that stays, and are refused in the same words."""
    known, salt = await log_in(server, server.username, "wrong")
    again, same_salt = await log_in(server, server.username.upper(), "wrong")
    unknown, other_salt = await log_in(server, "nobody@here.test", "wrong")
    later, same_other_salt = await log_in(server, "Nobody@here.test", "wrong")
    assert known == again == unknown == later
    assert b"AUTHENTICATIONFAILED" in known
    assert (salt, other_salt) == (same_salt, same_other_salt)
    assert len(salt) == len(other_salt)
    assert salt != other_salt


async def test_failures_count_with_those_in_clear(server: Live) -> None:
    """One lock-out over every way in."""
    for _ in range(9):
        await log_in(server, server.username, "wrong")
    client = await server.connect()
    await client.command("LOGIN mia@here.test wrong")
    answer, _ = await log_in(server, server.username, server.password)
    assert b"LIMIT" in answer
    assert b"too many failed logins" in answer


async def test_an_api_key_is_not_for_scram(server: Live) -> None:
    """Keys work by PLAIN, LOGIN and as bearer tokens."""
    store = server.stores.accounts
    (agent,) = await store.agents(OPERATOR.pod_id)
    assert agent.id == server.inbox.agent_id
    client = await server.connect()
    await client.ok(f'LOGIN "{server.username}" "{server.api_key}"')
    answer, _ = await log_in(server, server.username, server.api_key)
    assert b"AUTHENTICATIONFAILED" in answer


async def test_an_older_password_gets_its_keys_at_the_next_login_in_clear(server: Live) -> None:
    """What an earlier version stored has none."""
    store = server.stores.accounts
    (stored,) = await store.passwords(server.inbox.id)
    await store.set_scram(replace(stored, sealed_scram=None))
    answer, _ = await log_in(server, server.username, server.password)
    assert b"AUTHENTICATIONFAILED" in answer
    await server.login()
    answer, _ = await log_in(server, server.username, server.password)
    assert b"logged in" in answer


async def test_a_password_s_keys_are_kept_sealed(server: Live) -> None:
    """The database alone lets nobody pose as the server."""
    (stored,) = await server.stores.accounts.passwords(server.inbox.id)
    assert isinstance(stored, StoredPassword)
    assert stored.sealed_scram is not None
    assert stored.sealed_scram.startswith(b"gAAAA")


@pytest.mark.parametrize("line", [b"", b"eA==", b"!!!"])
async def test_a_broken_answer_is_bad(server: Live, line: bytes) -> None:
    client, scram = await server.connect(), ClientScram(server.username, server.password)
    await client.send(b"a AUTHENTICATE SCRAM-SHA-256 " + _encoded(scram.first()) + b"\r\n")
    await client.line()
    await client.send(line + b"\r\n")
    assert (await client.line()).startswith(b"a BAD ")


def _encoded(message: bytes) -> bytes:
    return base64.b64encode(message)


def _decoded(line: bytes) -> bytes:
    return base64.b64decode(line.removeprefix(b"+ "))
