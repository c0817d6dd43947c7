"""Sockets, limits, start and stop."""

import asyncio
import imaplib
import ssl
from pathlib import Path

import pytest
import uvloop

from imapd.server import ImapServer
from mailcore.errors import MailError
from tests.support.imap_live import RAW, Live, config, live


async def test_the_stock_client_works_end_to_end(server: Live) -> None:
    """imaplib logs in, stores, finds, reads and removes a message."""

    def session() -> bytes:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        with imaplib.IMAP4_SSL(
            "localhost", server.server.ports["imaps"], ssl_context=context
        ) as one:
            one.login(server.username, server.password)
            assert one.append("Drafts", "(\\Draft)", None, RAW)[0] == "OK"
            assert one.select("Drafts") == ("OK", [b"1"])
            assert one.search(None, "DRAFT")[1] == [b"1"]
            raw = one.fetch("1", "(RFC822)")[1][0]
            one.store("1", "+FLAGS", "\\Deleted")
            assert one.expunge() == ("OK", [b"1"])
            one.close()
            return raw[1] if isinstance(raw, tuple) else b""

    assert await asyncio.to_thread(session) == RAW


async def test_starttls_works_with_the_stock_client(server: Live) -> None:
    """RFC 9051 §6.2.1."""

    def session() -> tuple[str, ...]:
        context = ssl.create_default_context(cafile=str(server.ca_file))
        with imaplib.IMAP4("localhost", server.server.ports["imap"]) as one:
            one.starttls(context)
            one.login(server.username, server.password)
            return one.capabilities

    assert "UIDPLUS" in await asyncio.to_thread(session)


def test_everything_works_under_uvloop_too(tmp_path: Path) -> None:
    """The loop of production: TLS, STARTTLS, a large body, IDLE."""

    async def session() -> bytes:
        async with live(tmp_path) as one:
            client = await one.connect(is_tls=False)
            await client.ok("STARTTLS")
            await client.start_tls(one.ca_file)
            await client.ok(f'LOGIN "{one.username}" "{one.password}"')
            await client.append(RAW + b"x" * 2_000_000)
            await client.ok("SELECT INBOX")
            assert len((await client.ok("FETCH 1 BODY[]"))[0]) > 2_000_000
            idler = await one.login("INBOX")
            await idler.send(b"i IDLE\r\n")
            assert await idler.line() == b"+ idling"
            await one.deliver()
            return await idler.line()

    assert uvloop.run(session()) == b"* 2 EXISTS"


async def test_an_api_key_is_a_password_too(server: Live) -> None:
    """Both open the inbox; a wrong one does not."""
    client = await server.connect()
    assert (await client.command(f"LOGIN {server.username} nope"))[-1].startswith(
        b"NO [AUTHENTICATIONFAILED]"
    )
    await client.ok(f"LOGIN {server.username.upper()} {server.password}")


async def test_guessing_ends_the_connection(server: Live) -> None:
    """Four wrong passwords in one session."""
    client = await server.connect()
    for _ in range(4):
        await client.command("LOGIN mia@here.test wrong")
    assert (await client.line()).startswith(b"* BYE")
    assert await client.is_closed()


async def test_one_address_gets_so_many_connections(tmp_path: Path) -> None:
    """imap.max_connections_per_ip."""
    async with live(tmp_path, max_connections_per_ip=2) as server:
        first, second = await server.connect(), await server.connect()
        third = await server.connect()
        assert third.greeting == b"* BYE [UNAVAILABLE] too many connections"
        await first.command("LOGOUT")
        assert await first.is_closed()
        await second.ok("NOOP")
        await server.connect()


async def test_stopping_says_goodbye(tmp_path: Path) -> None:
    """Idle sessions, sessions in IDLE and silent ones hear of it."""
    async with live(tmp_path) as server:
        one, two, three = await server.login(), await server.login("INBOX"), await server.connect()
        await two.send(b"i IDLE\r\n")
        await two.line()
        await server.server.stop(5)
        for client in (one, two, three):
            assert await client.line() == b"* BYE [UNAVAILABLE] the server is shutting down"
            assert await client.is_closed()


async def test_a_port_in_use_is_one_clear_error(server: Live, tmp_path: Path) -> None:
    """Nothing is left bound."""
    taken = server.server.ports["imap"]
    other = ImapServer(
        config=config(tmp_path),
        credentials=server.server._services.credentials,
        mailboxes=server.mailboxes,
        journal=server.server._services.journal,
        metrics=server.server._metrics,
        tls_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
        bind={"imap": taken, "imaps": 0},
    )
    with pytest.raises(MailError, match=f"cannot listen on 127.0.0.1:{taken}"):
        await other.start()


async def test_a_client_that_vanishes_loses_nothing(server: Live) -> None:
    """A reset in the middle of an APPEND leaves no message, and the server goes on."""
    client = await server.login()
    await client.send(b"a APPEND INBOX {1000+}\r\nhalf")
    client.writer.transport.abort()
    other = await server.login()
    assert (await other.ok("STATUS INBOX (MESSAGES)"))[0] == b'* STATUS "INBOX" (MESSAGES 0)'


async def test_pipelined_commands_are_answered_in_order(server: Live) -> None:
    """RFC 9051 §5.5."""
    await server.deliver()
    client = await server.login()
    await client.send(
        b"a SELECT INBOX\r\nb FETCH 1 UID\r\nc STORE 1 +FLAGS (\\Seen)\r\nd CLOSE\r\n"
    )
    for tag in (b"a", b"b", b"c", b"d"):
        assert (await client.until(tag))[-1].startswith(b"OK")


async def test_an_unexpected_error_costs_one_command(server: Live) -> None:
    """NO [SERVERBUG] without internals; the session goes on."""

    async def broken(*_arguments: object) -> object:
        raise ZeroDivisionError("secret detail")

    client = await server.login()
    server.mailboxes.list = broken  # type: ignore[method-assign, assignment]
    said = (await client.command('LIST "" *'))[-1]
    assert said.startswith(b"NO [SERVERBUG]")
    assert b"secret" not in said
    await client.ok("NOOP")


async def test_selecting_a_large_mailbox_again_shows_what_changed(server: Live) -> None:
    """The snapshot is brought up to date before it is used."""
    reader = await server.login()
    for number in range(510):
        await server.deliver(RAW + b"%d" % number)
    await reader.ok("SELECT INBOX")
    other = await server.login("INBOX")
    await other.ok("STORE 2 +FLAGS.SILENT (\\Deleted $X)")
    await other.ok("EXPUNGE")
    await other.ok("STORE 1 +FLAGS.SILENT (\\Seen)")
    await server.deliver()
    said = await reader.ok("SELECT INBOX")
    assert b"* 510 EXISTS" in said
    assert b"* OK [UNSEEN 2] first unseen" in said
    assert b"* 1 RECENT" in said
    fetched = await reader.ok("FETCH 1:2,* (UID FLAGS)")
    assert fetched[:-1] == [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen))",
        b"* 2 FETCH (UID 3 FLAGS ())",
        b"* 510 FETCH (UID 511 FLAGS (\\Recent))",
    ]


async def test_a_mailbox_made_again_under_its_name_is_another(server: Live) -> None:
    """RFC 9051 §2.3.1.1: a new UIDVALIDITY; a session in the old one ends."""
    client = await server.login()
    await client.ok("CREATE a/b")
    other = await server.login("a")
    await client.ok("DELETE a")
    await client.ok("CREATE a")
    await other.send(b"x NOOP\r\n")
    assert await other.line() == b"* BYE the selected mailbox was deleted"
