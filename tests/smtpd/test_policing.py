"""How strangers are treated at the door. The PROXY protocol lets the tests come from anywhere."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from mailcore.config import Config
from smtpd.tarpit import FREE_MISTAKES, Tarpit
from tests.support.smtp_client import Client
from tests.support.smtp_fakes import Setup, config, serving

CONTENT = b"Subject: hi\r\n\r\nhello\r\n.\r\n"


def behind_proxy(*, trusted: Sequence[str] = (), **smtp: object) -> Config:
    """A server behind a proxy on loopback; `smtp` overrides keys of `[smtp]`."""
    base = config()
    given = {"proxy_protocol_networks": ("127.0.0.0/8",), **smtp}
    limits = base.limits.model_copy(update={"trusted_networks": tuple(trusted)})
    return base.model_copy(update={"smtp": base.smtp.model_copy(update=given), "limits": limits})


CLIENTS: list[Client] = []


@pytest.fixture(autouse=True)
async def hang_up() -> AsyncIterator[None]:
    """Close what a test left open."""
    yield
    while CLIENTS:
        CLIENTS.pop().writer.close()
    await asyncio.sleep(0)


async def connect(served: Setup) -> Client:
    """A connection that ends with the test."""
    CLIENTS.append(await Client.connect(served, hello=False))
    return CLIENTS[-1]


async def come_from(served: Setup, ip: str) -> tuple[Client, str]:
    """A connection of this address, and how it is greeted."""
    client = await connect(served)
    family = "TCP6" if ":" in ip else "TCP4"
    to = "::1" if ":" in ip else "127.0.0.1"
    await client.send(f"PROXY {family} {ip} {to} 4000 25\r\n".encode())
    said = await client.reply()
    if said.startswith("220"):
        await client.ask("EHLO client.example")
    return client, said


async def greeted(served: Setup, *ips: str) -> list[str]:
    """The first words to each of these, one after the other."""
    found = []
    for ip in ips:
        client, said = await come_from(served, ip)
        found.append(said[:9].removesuffix(" mail"))
        client.writer.close()
    return found


def turned_away(served: Setup, reason: str) -> float:
    return served.metrics.turned_away.labels(reason)._value.get()


async def test_connections_in_a_minute_are_limited_by_client_and_by_network() -> None:
    """421 4.7.0 to the third of one address, and to the ninth of its /26; trusted ones are free."""
    free = ("203.0.113.0/24",)
    async with serving(behind_proxy(trusted=free, connections_per_minute=2)) as served:
        assert await greeted(served, *["192.0.2.1"] * 3) == ["220 mail.", "220 mail.", "421 4.7.0"]
        neighbors = [f"192.0.2.{number}" for number in range(2, 9)]
        assert await greeted(served, *neighbors) == ["220 mail."] * 6 + ["421 4.7.0"]
        assert await greeted(served, "192.0.2.200", "2001:db8::1") == ["220 mail."] * 2
        assert await greeted(served, *["203.0.113.9"] * 4) == ["220 mail."] * 4
        assert turned_away(served, "connections") == 2


async def test_connections_at_once_are_limited_by_network_too() -> None:
    """Of one address, and four times as many of its /48."""
    async with serving(behind_proxy(max_connections_per_ip=1)) as served:
        open_now = [await come_from(served, f"2001:db8:0:{number}::1") for number in range(5)]
        assert [said[:9] for _, said in open_now] == ["220 mail."] * 4 + ["421 4.7.0"]
        assert await greeted(served, "2001:db8:0:1::2") == ["421 4.7.0"]
        for client, _ in open_now:
            client.writer.close()


async def test_messages_and_octets_in_a_minute_are_limited() -> None:
    """450 and 452 at MAIL, so that nothing has to be sent first; others are served."""
    async with serving(behind_proxy(messages_per_minute=2)) as served:
        client, _ = await come_from(served, "192.0.2.1")
        for _ in range(2):
            assert (await client.deliver(CONTENT)).startswith("250 ")
        assert (await client.ask("MAIL FROM:<a@r.example>")).startswith("450 4.7.1 ")
        other, _ = await come_from(served, "192.0.2.2")
        assert (await other.deliver(CONTENT)).startswith("250 ")
    async with serving(behind_proxy(bytes_per_minute=20)) as served:
        client, _ = await come_from(served, "192.0.2.1")
        assert (await client.deliver(CONTENT)).startswith("250 ")
        assert (await client.ask("MAIL FROM:<a@r.example>")).startswith("452 4.7.1 ")
        assert turned_away(served, "octets") == 1


async def test_mistakes_count_over_sessions() -> None:
    """Guessing names in many short sessions ends as guessing them in one."""
    async with serving(behind_proxy(mistakes_per_quarter_hour=4)) as served:
        for _ in range(2):
            client, _ = await come_from(served, "192.0.2.1")
            await client.ask("MAIL FROM:<a@r.example>")
            assert (await client.ask("RCPT TO:<nobody@example.org>")).startswith("550 ")
            assert (await client.ask("NONSENSE")).startswith("500 ")
            client.writer.close()
        assert await greeted(served, "192.0.2.1") == ["421 4.7.0"]
        assert await greeted(served, "192.0.2.2") == ["220 mail."]


async def test_a_session_ends_with_the_mistake_too_many() -> None:
    async with serving(behind_proxy(mistakes_per_quarter_hour=2)) as served:
        client, _ = await come_from(served, "192.0.2.1")
        assert (await client.ask("NONSENSE")).startswith("500 ")
        assert (await client.ask("NONSENSE")).startswith("500 ")
        assert (await client.reply()).startswith("421 4.7.0 ")
        assert await client.closed()


async def test_who_talks_before_the_greeting_is_turned_away() -> None:
    """RFC 5321 §3.1: a client waits. Whoever's mail was taken need not wait again."""
    async with serving(behind_proxy(greeting_delay_seconds=30)) as served:
        hasty = await connect(served)
        await hasty.send(b"PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\nEHLO spam.example\r\n")
        assert (await hasty.reply()).startswith("554 5.5.1 ")
        assert await hasty.closed()
        assert turned_away(served, "early") == 1
    async with serving(behind_proxy(greeting_delay_seconds=0.01)) as served:
        client, said = await come_from(served, "192.0.2.1")
        assert said.startswith("220 ")
        assert (await client.deliver(CONTENT)).startswith("250 ")
        again = await connect(served)
        await again.send(b"PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\nEHLO known.example\r\n")
        assert (await again.reply()).startswith("220 ")
        assert (await again.reply()).startswith("250-")


async def test_a_client_that_waits_for_the_greeting_does_not_delay_the_end() -> None:
    async with serving(behind_proxy(greeting_delay_seconds=30)) as served:
        waiting = await connect(served)
        await waiting.send(b"PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\n")
        while not served.server._sessions:
            await asyncio.sleep(0)
        await served.server.stop(20)
        assert (await waiting.reply())[:3] in ("421", "")


async def test_the_tarpit_is_bounded() -> None:
    """The first mistakes are free; when it is full nobody else waits."""
    pit = Tarpit(30, max_at_once=1)
    assert not await pit.hold(FREE_MISTAKES)
    waiting = asyncio.get_running_loop().create_task(pit.hold(FREE_MISTAKES + 1))
    while not pit.waiting:
        await asyncio.sleep(0)
    assert not await pit.hold(FREE_MISTAKES + 1)
    waiting.cancel()
    await asyncio.wait({waiting})
    assert pit.waiting == 0
    assert await Tarpit(0.001).hold(FREE_MISTAKES + 1)
    assert not await Tarpit(0).hold(99)


async def test_mistakes_are_answered_late() -> None:
    """The fourth of a session waits in the tarpit, and its client hears nothing meanwhile."""
    async with serving(behind_proxy(tarpit_seconds=30)) as served:
        client, _ = await come_from(served, "192.0.2.1")
        for _ in range(FREE_MISTAKES):
            assert (await client.ask("NONSENSE")).startswith("500 ")
        await client.send(b"NONSENSE\r\n")
        pit = served.server._policing.tarpit
        while not pit.waiting:
            await asyncio.sleep(0)
        assert not client.reader._buffer  # type: ignore[attr-defined]
        client.reset()
        while pit.waiting:
            await asyncio.sleep(0)
