"""The fake name server, asked on the wire."""

import asyncio

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest

from mailcore.demo.zone import Zone
from mailcore.net.dns import DnsTemporaryError
from tests.support.dns import resolver_of, serving


async def ask(zone: Zone, name: str, kind: str, *, over_tcp: bool = False) -> dns.message.Message:
    host, _, port = zone.nameserver.rpartition(":")
    query = dns.message.make_query(name, kind)
    send = dns.asyncquery.tcp if over_tcp else dns.asyncquery.udp
    return await send(query, host, port=int(port), timeout=30)


async def test_udp_and_tcp_answer_on_the_same_port():
    async with serving(("example.org", "A", "192.0.2.1")) as zone:
        for over_tcp in (False, True):
            answer = await ask(zone, "EXAMPLE.org", "A", over_tcp=over_tcp)
            assert answer.flags & dns.flags.AA
            assert [one.to_text() for one in answer.answer[0]] == ["192.0.2.1"]


async def test_a_large_answer_is_cut_on_udp():
    """RFC 1035 §4.2.1."""
    async with serving(*(("big.test", "TXT", "x" * 250 + str(n)) for n in range(9))) as zone:
        cut = await ask(zone, "big.test", "TXT")
        whole = await ask(zone, "big.test", "TXT", over_tcp=True)
    assert cut.flags & dns.flags.TC
    assert len(whole.answer[0]) == 9


async def test_a_missing_name_and_a_missing_type_differ():
    """RFC 2308 §2."""
    async with serving(("a.example.org", "A", "192.0.2.1")) as zone:
        assert (await ask(zone, "b.example.org", "A")).rcode() == dns.rcode.NXDOMAIN
        assert (await ask(zone, "a.example.org", "MX")).rcode() == dns.rcode.NOERROR
        assert (await ask(zone, "example.org", "A")).rcode() == dns.rcode.NOERROR


async def test_records_can_change_while_it_runs():
    async with serving() as zone:
        resolver = resolver_of(zone)
        zone.add("x.test", "TXT", "one")
        assert await resolver.txt("x.test") == (b"one",)
        zone.remove("x.test", "TXT")
        assert await resolver.txt("x.test") == ()


async def test_it_heals():
    async with serving(("x.test", "A", "192.0.2.1")) as zone:
        zone.fail("x.test")
        with pytest.raises(DnsTemporaryError):
            await resolver_of(zone).ipv4("x.test")
        zone.heal()
        assert await resolver_of(zone).ipv4("x.test") == ("192.0.2.1",)


async def test_any_text_survives_as_txt():
    text = 'quote " back\\slash ; semicolon ü ' + "long " * 100
    async with serving(("x.test", "TXT", text)) as zone:
        assert await resolver_of(zone).txt("x.test") == (text.encode(),)


async def test_garbage_does_not_stop_it():
    async with serving(("x.test", "A", "192.0.2.1")) as zone:
        host, _, port = zone.nameserver.rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"\x00\x05hello")
        writer.close()
        assert zone.answer(b"hello", limit=512) is None
        assert await resolver_of(zone).ipv4("x.test") == ("192.0.2.1",)


def test_a_wrong_record_is_refused_when_added():
    with pytest.raises(ValueError, match=r"x\.test A nonsense"):
        Zone().add("x.test", "A", "nonsense")
