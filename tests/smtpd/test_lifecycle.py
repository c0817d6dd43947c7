"""Connections that end badly, limits on them, and the start and stop of the server."""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress

import pytest
import uvloop

from mailcore.clock import SystemClock
from mailcore.errors import ErrorKind, MailError
from smtpd import limits
from smtpd.server import SmtpServer
from tests.support.process import free_port
from tests.support.smtp_client import PATIENCE, Client
from tests.support.smtp_fakes import config, serving, setup


async def _until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0)


@pytest.mark.parametrize("is_secure", [False, True])
async def test_a_reset_after_the_end_of_data_commits_once(is_secure: bool) -> None:
    """Committed is delivered, whether or not the client hears of it."""
    async with serving() as served:
        served.inbound.waits = True
        client = await Client.connect(served)
        if is_secure:
            await client.start_tls()
            await client.ask("EHLO client.example")
        await client.start_data()
        await client.send(b"once\r\n.\r\n")
        await served.inbound.started.wait()
        client.reset()
        await _until(lambda: served.server._limits.total == 0)
        served.inbound.go_on.set()
        await _until(lambda: bool(served.inbound.taken))
        assert [one.raw for one in served.inbound.taken] == [b"once\r\n"]


async def test_a_reset_during_data_delivers_nothing() -> None:
    """RFC 5321 §4.1.1.4: without the end of data there is no message."""
    async with serving() as served:
        client = await Client.connect(served)
        await client.start_data()
        await client.send(b"half a mess")
        client.reset()
        async with await Client.connect(served) as other:
            assert (await other.deliver(b"x\r\n.\r\n")).startswith("250 ")
        assert [one.raw for one in served.inbound.taken] == [b"x\r\n"]


async def test_a_half_closed_client_gets_its_answer() -> None:
    """RFC 9293 §3.6: no more octets from the client is not an abort."""
    async with serving() as served, await Client.connect(served) as client:
        served.inbound.waits = True
        await client.start_data()
        await client.send(b"x\r\n.\r\nNOOP\r\n")
        client.writer.write_eof()
        await served.inbound.started.wait()
        served.inbound.go_on.set()
        assert (await client.reply()).startswith("250 2.0.0 accepted ")
        assert await client.reply() == "250 2.0.0 ok"
        assert await client.closed()
        assert len(served.inbound.taken) == 1


async def test_a_half_close_during_data_delivers_nothing() -> None:
    """Without the end of data there is no message, even a complete looking one."""
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data()
        await client.send(b"looks complete\r\n.")
        client.writer.write_eof()
        assert await client.closed()
        assert served.inbound.taken == []


async def test_silence_is_ended_with_421() -> None:
    """RFC 5321 §4.5.3.2: a server may close an idle connection."""
    async with serving(config(timeout_seconds=1)) as served:
        async with await Client.connect(served) as client:
            assert await client.reply() == "421 4.4.2 nothing came in time, closing"
            assert await client.closed()
        async with await Client.connect(served) as client:
            await client.start_data()
            await client.send(b"trickle")
            assert (await client.reply()).startswith("421 4.4.2 ")
        assert served.inbound.taken == []


async def test_slow_commits_are_not_cut_by_the_timeout() -> None:
    """The timeout is about the client's silence, not about our work."""
    settings = config(timeout_seconds=0.5)
    async with serving(settings) as served, await Client.connect(served) as client:
        served.inbound.waits = True
        await client.start_data()
        await client.send(b"x\r\n.\r\n")
        await asyncio.sleep(0.8)  # the passing of time is what is tested
        served.inbound.go_on.set()
        assert (await client.reply()).startswith("250 ")


async def test_a_commit_that_takes_too_long_is_answered_and_still_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RFC 5321 §4.5.3.2.6: clients give up in the end; the session goes on, and so does the commit."""
    monkeypatch.setattr(limits, "ACCEPT_SECONDS", 0.1)
    async with (
        serving(config(timeout_seconds=0.2)) as served,
        await Client.connect(served) as client,
    ):
        served.inbound.waits = True
        await client.start_data()
        await client.send(b"late\r\n.\r\n")
        assert (await client.reply()).startswith("451 4.3.0 ")
        served.inbound.go_on.set()
        await _until(lambda: bool(served.inbound.taken))
        assert (await client.deliver(b"next\r\n.\r\n")).startswith("250 ")
        assert [one.raw for one in served.inbound.taken] == [b"late\r\n", b"next\r\n"]


async def test_a_client_that_does_not_read_is_not_buffered_for() -> None:
    """Replies are bounded: we stop reading when nobody takes them."""
    async with serving() as served, await Client.connect(served) as client:
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                for _ in range(400):
                    await client.send(b"HELP\r\n" * 10_000)
        session = next(iter(served.server._sessions))
        assert session.transport.get_write_buffer_size() < 1 << 20  # type: ignore[attr-defined]
        client.writer.transport.abort()


async def test_connections_per_address_are_limited() -> None:
    """421 at once; room again when one ends."""
    async with serving(config(max_connections_per_ip=2)) as served:
        first, second = await Client.connect(served), await Client.connect(served)
        async with await Client.connect(served, hello=False) as third:
            assert (await third.reply()).startswith("421 4.7.0 too many connections")
            assert await third.closed()
        await first.ask("QUIT")
        assert await first.closed()
        async with await Client.connect(served) as fourth:
            assert await fourth.ask("NOOP") == "250 2.0.0 ok"
        for one in (first, second):
            one.writer.close()


async def test_trusted_networks_are_not_limited() -> None:
    """`limits.trusted_networks`."""
    base = config(max_connections_per_ip=1)
    trusting = base.limits.model_copy(update={"trusted_networks": ("127.0.0.0/8",)})
    async with (
        serving(base.model_copy(update={"limits": trusting})) as served,
        await Client.connect(served),
        await Client.connect(served) as second,
    ):
        assert await second.ask("NOOP") == "250 2.0.0 ok"
        await second.ask("MAIL FROM:<a@r.example>")
        for number in range(30):
            assert (await second.ask(f"RCPT TO:<u{number}@example.org>")).startswith("550 ")


async def _stopping_scenario() -> None:
    async with serving() as served:
        idle, busy = await Client.connect(served), await Client.connect(served)
        served.inbound.waits = True
        await busy.start_data()
        await busy.send(b"last\r\n.\r\n")
        await served.inbound.started.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(served.server.stop(5))
            assert await idle.reply() == "421 4.3.2 the server is stopping, try again in a moment"
            assert await idle.closed()
            with pytest.raises(OSError, match=r"Connect call failed|refused"):
                await asyncio.open_connection("127.0.0.1", served.server.ports["smtp"])
            served.inbound.go_on.set()
            assert (await busy.reply()).startswith("250 2.0.0 accepted ")
            assert (await busy.reply()).startswith("421 4.3.2 ")
            assert await busy.closed()
        for one in (idle, busy):
            one.writer.close()


async def test_stopping_lets_running_commits_end() -> None:
    """Idle sessions hear 421, busy ones get their answer first, new ones are refused."""
    await _stopping_scenario()


def test_stopping_works_on_uvloop_too() -> None:
    """The same on the loop that `serve` uses."""
    uvloop.run(_stopping_scenario())


async def test_stopping_is_bounded() -> None:
    """A client that stays in DATA is cut off after the grace."""
    async with serving() as served, await Client.connect(served) as client:
        await client.start_data()
        await served.server.stop(0.05)
        assert await client.closed()
        assert served.server._limits.total == 0


async def test_canceling_run_waits_for_commits() -> None:
    """A message in the hands of the services is not dropped when the server is canceled."""
    made = setup()
    made.inbound.waits = True
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(made.server.run())
        await made.server.start()
        client = await Client.connect(made)
        await client.start_data()
        await client.send(b"x\r\n.\r\n")
        await made.inbound.started.wait()
        running.cancel()
        await asyncio.sleep(0)
        made.inbound.go_on.set()
        assert (await client.reply()).startswith("250 ")
        client.writer.close()
        await made.server.stop(1)
    assert len(made.inbound.taken) == 1


async def test_without_run_nothing_is_acknowledged() -> None:
    """No owner for the commit, no commit."""
    made = setup()
    await made.server.start()
    async with await Client.connect(made) as client:
        assert (await client.deliver(b"x\r\n.\r\n")).startswith("451 4.3.2 ")
    await made.server.stop(1)
    assert made.inbound.taken == []


async def test_a_taken_port_is_one_clear_error_and_leaves_nothing_open() -> None:
    """All or nothing."""
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        made = setup(bind={"smtp": free, "submission": taken.getsockname()[1]})
        with pytest.raises(MailError) as caught:
            await made.server.start()
        assert caught.value.kind is ErrorKind.UNAVAILABLE
        assert f"127.0.0.1:{taken.getsockname()[1]}" in caught.value.message
        assert caught.value.fix
        with pytest.raises(OSError) as refused:  # noqa: PT011 - the errno is checked below
            socket.create_connection(("127.0.0.1", free), timeout=PATIENCE)
        assert refused.value.errno == errno.ECONNREFUSED


async def test_only_named_ports_are_bound() -> None:
    """0 in `[ports]` turns a listener off; the offset counts."""
    base = config()
    free = free_port()
    ports = base.ports.model_copy(update={"offset": free - 25, "submission": 0, "submissions": 0})
    made = setup()
    server = SmtpServer(
        config=base.model_copy(update={"ports": ports}),
        inbound=made.inbound,
        submission=made.submission,
        credentials=made.logins,
        metrics=made.metrics,
        clock=SystemClock(),
        mx_context=made.server._contexts["smtp"],  # type: ignore[index]
        submission_context=made.server._contexts["smtp"],  # type: ignore[index]
    )
    async with server.listening():
        assert server.ports == {"smtp": free}


async def test_every_listen_address_gets_the_same_port() -> None:
    """IPv4 and IPv6 side by side."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    base = config()
    both = base.server.model_copy(update={"listen": ("127.0.0.1", "::1")})
    async with serving(base.model_copy(update={"server": both})) as served:
        port = served.server.ports["smtp"]
        reader, writer = await asyncio.open_connection("::1", port)
        assert (await reader.readline()).startswith(b"220 ")
        writer.close()


async def test_a_failed_handshake_harms_nobody() -> None:
    """Plain text where TLS is expected, on both ways to TLS."""
    async with serving() as served:
        async with await Client.connect(served) as client:
            assert (await client.ask("STARTTLS")).startswith("220 ")
            await client.send(b"this is no handshake at all\r\n")
            await client.closed()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", served.server.ports["submissions"]
        )
        writer.write(b"EHLO plain.example\r\n")
        with suppress(ConnectionError):
            await reader.read()
        writer.close()
        async with await Client.connect(served) as other:
            assert await other.ask("NOOP") == "250 2.0.0 ok"
