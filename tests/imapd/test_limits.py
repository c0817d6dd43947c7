"""What one client may take: time before login, silence, slow reading, connections, guesses."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

import imapd.connection
import imapd.limits
from tests.support.imap_live import Live, live

LINE = b"x" * 998 + b"\r\n"


async def until_empty(server: Live) -> None:
    """Wait until the server holds no session."""
    async with asyncio.timeout(60):
        while server.server._sessions:
            server.server._session_ended.clear()
            await server.server._session_ended.wait()


def silent_for(server: Live, seconds: float) -> None:
    """Sessions opened from now on end after so much silence."""
    server.server._services = replace(server.server._services, idle_timeout_seconds=seconds)


async def test_who_does_not_log_in_is_sent_away(
    server: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time runs from the greeting on, whatever is said."""
    monkeypatch.setattr(imapd.limits, "LOGIN_SECONDS", 0.3)
    client = await server.connect()
    await client.ok("NOOP")
    assert (await client.line()).startswith(b"* BYE ")
    assert await client.is_closed()


async def test_silence_ends_a_session(server: Live) -> None:
    """RFC 9051 §5.4: thirty minutes by default, no less than the RFC asks for."""
    assert server.server._services.idle_timeout_seconds == 1800
    silent_for(server, 0.2)
    client = await server.login("INBOX")
    assert (await client.line()).startswith(b"* BYE ")
    assert await client.is_closed()


async def test_idle_ends_too(server: Live) -> None:
    """RFC 2177: clients begin it again every 29 minutes."""
    silent_for(server, 0.2)
    client = await server.login("INBOX")
    await client.send(b"i IDLE\r\n")
    assert await client.line() == b"+ idling"
    assert (await client.line()).startswith(b"* BYE ")
    assert await client.is_closed()


async def test_who_does_not_read_is_cut_off(server: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a slow reader is bounded in octets and in time."""
    monkeypatch.setattr(imapd.connection, "WRITE_SECONDS", 0.3)
    await server.deliver(b"Subject: big\r\n\r\n" + LINE * 12_000)
    client = await server.login("INBOX")
    client.writer.transport.pause_reading()
    await client.send(b"f FETCH 1 BODY.PEEK[]\r\n")
    await until_empty(server)


async def test_the_server_has_a_last_place(tmp_path: Path) -> None:
    """`imap.max_connections`; who comes too late hears why."""
    async with live(tmp_path, max_connections=2) as server:
        first = await server.connect()
        await server.connect()
        refused = await server.connect()
        assert refused.greeting == b"* BYE [UNAVAILABLE] too many connections"
        await first.ok("LOGOUT")
        assert await first.is_closed()
        while (await server.connect()).greeting.startswith(b"* BYE"):
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "sent",
    [
        b"a LOGIN {100000}\r\n",
        b"a LOGIN {100000+}\r\n",
        b"a " + b"x" * 10_000 + b"\r\n",
    ],
)
async def test_little_is_taken_before_login(server: Live, sent: bytes) -> None:
    """No `+` for anything big, and no long lines."""
    client = await server.connect()
    await client.send(sent)
    line = await client.line()
    assert not line.startswith(b"+"), line
    assert line.startswith((b"a NO [TOOBIG]", b"a BAD", b"* BYE [TOOBIG]")), line


async def test_after_login_there_is_more_room_and_an_end(server: Live) -> None:
    """64 KiB a line; deep nesting is BAD."""
    client = await server.login("INBOX")
    assert (await client.command(b"SEARCH " + b"SEEN " * 400 + b"ALL"))[-1].startswith(b"OK")
    assert (await client.command(b"SEARCH " + b"(" * 60 + b"ALL" + b")" * 60))[-1].startswith(
        b"BAD"
    )
    assert (await client.command(b"SEARCH " + b"NOT " * 60 + b"ALL"))[-1].startswith(b"BAD")
    assert (await client.command(b"UID SEARCH UID 1:4294967295"))[-1].startswith(b"OK")
    assert (await client.command(b"SEARCH TEXT " + b"x" * 70_000))[-1].startswith((b"BAD", b"NO"))
    await client.ok("NOOP")
