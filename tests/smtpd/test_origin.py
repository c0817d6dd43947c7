"""Whom a trusted neighbor speaks for: PROXY protocol and XCLIENT."""

import ipaddress

import pytest

from mailcore.config import Config
from smtpd import origin
from smtpd.replies import Over, Refused
from tests.support.smtp_client import Client
from tests.support.smtp_fakes import Setup, config, serving


def trusting(**smtp: object) -> Config:
    """A configuration that trusts loopback for one of the two."""
    base = config()
    return base.model_copy(update={"smtp": base.smtp.model_copy(update=smtp)})


def binary(command: int, family: int, addresses: bytes, *, version: int = 2) -> bytes:
    """A version 2 header."""
    fixed = bytes([version << 4 | command, family]) + len(addresses).to_bytes(2)
    return origin.SIGNATURE + fixed + addresses


def tcp(source: str) -> bytes:
    """The addresses of a version 2 header."""
    packed = ipaddress.ip_address(source).packed
    return packed + packed + bytes([0, 25, 0, 25])


V4, V6 = 0x11, 0x21
HEADERS = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 5000 25\r\n", "192.0.2.7"),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 5000 25\r\n", "2001:db8::7"),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::1 5000 25\r\n", "192.0.2.7"),
    (b"PROXY UNKNOWN\r\n", "127.0.0.1"),
    (binary(1, V4, tcp("192.0.2.7")), "192.0.2.7"),
    (binary(1, V6, tcp("2001:db8::7")), "2001:db8::7"),
    (binary(1, V4, tcp("192.0.2.7") + b"\x04\x00\x02xx"), "192.0.2.7"),
    (binary(0, 0, b""), "127.0.0.1"),
]


async def greeted(served: Setup, header: bytes) -> Client:
    """A connection that begins with the header, EHLO said."""
    client = await Client.connect(served, hello=False)
    await client.send(header + b"EHLO c.example\r\n")
    assert (await client.reply()).startswith("220 ")
    assert (await client.reply()).startswith("250-")
    return client


@pytest.mark.parametrize(("header", "ip"), HEADERS)
async def test_the_proxied_client_is_the_peer(header: bytes, ip: str) -> None:
    """Both versions, both families, and the proxy's own health checks."""
    async with serving(trusting(proxy_protocol_networks=("127.0.0.0/8",))) as served:
        async with await greeted(served, header) as client:
            assert (await client.deliver(b"x\r\n.\r\n")).startswith("250 ")
        assert served.inbound.taken[0].peer.ip == ip


@pytest.mark.parametrize(
    "header",
    [
        b"EHLO c.example\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY TCP4 192.0.2.700 198.51.100.1 5000 25\r\n",
        b"PROXY TCP4 2001:db8::7 198.51.100.1 5000 25\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 99999 25\r\n",
        b"PROXY UDP4 192.0.2.7 198.51.100.1 5000 25\r\n",
        b"PROXY " + b"x" * 200 + b"\r\n",
        binary(1, V4, b"\0" * 4),
        binary(2, V4, tcp("192.0.2.7")),
        binary(1, 0x31, b"\0" * 216),
        binary(1, V4, tcp("192.0.2.7"), version=1),
        binary(1, V4, b"\0" * (origin.MAX_BINARY + 1)),
    ],
)
async def test_a_proxy_without_a_good_header_is_turned_away(header: bytes) -> None:
    """Never served as itself: its address would count for its clients."""
    settings = trusting(proxy_protocol_networks=("127.0.0.0/8",))
    async with (
        serving(settings) as served,
        await Client.connect(served, hello=False) as client,
    ):
        await client.send(header)
        assert (await client.reply()).startswith("421 4.3.5 ")
        assert await client.closed()


async def test_strangers_cannot_use_either() -> None:
    """Both are off unless the configuration names networks."""
    async with serving(trusting(xclient_networks=("10.0.0.0/8",))) as served:
        async with await Client.connect(served) as client:
            assert "XCLIENT" not in await client.ask("EHLO c.example")
            assert (await client.ask("XCLIENT ADDR=192.0.2.7")).startswith("550 5.7.1 ")
            line = "PROXY TCP4 192.0.2.7 198.51.100.1 5000 25"
            assert (await client.ask(line)).startswith("500 5.5.1 ")
            await client.deliver(b"x\r\n.\r\n")
        assert served.inbound.taken[0].peer.ip == "127.0.0.1"


async def test_connections_count_for_the_proxied_address() -> None:
    """`smtp.max_connections_per_ip` is about clients, not about the balancer."""
    settings = trusting(proxy_protocol_networks=("127.0.0.0/8",), max_connections_per_ip=1)
    async with serving(settings) as served:
        first = await greeted(served, b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n")
        other = await greeted(served, b"PROXY TCP4 192.0.2.8 192.0.2.1 1 25\r\n")
        async with await Client.connect(served, hello=False) as third:
            await third.send(b"PROXY TCP4 192.0.2.7 192.0.2.1 1 25\r\n")
            assert (await third.reply()).startswith("421 4.7.0 ")
        first.writer.close()
        other.writer.close()


async def test_xclient_begins_the_session_anew_for_another_client() -> None:
    """Postfix's XCLIENT_README: the greeting comes again and nothing said before counts."""
    async with serving(trusting(xclient_networks=("127.0.0.0/8",))) as served:
        async with await Client.connect(served) as client:
            assert "XCLIENT NAME ADDR PORT PROTO HELO" in await client.ask("EHLO proxy.example")
            command = "xclient addr=IPV6:2001:db8::7 NAME=[UNAVAILABLE] helo=real.example"
            assert (await client.ask(command)).startswith("220 mail.example.org ESMTP")
            assert (await client.ask("MAIL FROM:<a@r.example>")).startswith("503 5.5.1 ")
            await client.ask("EHLO proxy.example")
            assert (await client.deliver(b"x\r\n.\r\n")).startswith("250 ")
            await client.ask("MAIL FROM:<a@r.example>")
            assert (await client.ask("XCLIENT ADDR=192.0.2.1")).startswith("503 5.5.1 ")
        peer = served.inbound.taken[0].peer
        assert (peer.ip, peer.helo) == ("2001:db8::7", "real.example")


@pytest.mark.parametrize("argument", [None, "ADDR", "LOGIN=mia", "ADDR=nowhere", "HELO=a\tb<"])
def test_wrong_attributes_are_refused(argument: str | None) -> None:
    """LOGIN is one of them: nobody logs in for others."""
    with pytest.raises(Refused):
        origin.read_xclient(argument)


def test_a_header_that_lies_about_its_length_is_no_header() -> None:
    """The length is checked before anything is read for it."""
    with pytest.raises(Over):
        origin.rest_length(origin.SIGNATURE + b"\x21\x11\xff\xff")
