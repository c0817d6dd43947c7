"""Routes over real DNS (RFC 5321 §5.1)."""

import pytest

from mailcore.outbound.mx import Host, NoRoute, Route, direct, resolve, shuffled_by
from tests.support.dns import asking, resolver_of, serving


async def test_hosts_come_by_preference():
    records = [
        ("example.org", "MX", "20 b.test"),
        ("example.org", "MX", "10 a.test"),
        ("a.test", "A", "192.0.2.1"),
        ("a.test", "AAAA", "2001:db8::1"),
        ("b.test", "A", "192.0.2.2"),
    ]
    async with asking(*records) as resolver:
        assert await resolve("example.org", resolver) == Route(
            hosts=(
                Host(name="a.test", addresses=("192.0.2.1", "2001:db8::1")),
                Host(name="b.test", addresses=("192.0.2.2",)),
            )
        )


async def test_equal_preferences_are_spread_over_messages():
    records = [("example.org", "MX", f"10 h{n}.test") for n in range(4)]
    records += [(f"h{n}.test", "A", f"192.0.2.{n}") for n in range(4)]
    async with asking(*records) as resolver:
        first = set()
        for seed in range(30):
            route = await resolve("example.org", resolver, shuffle=shuffled_by(str(seed)))
            assert isinstance(route, Route)
            assert route == await resolve("example.org", resolver, shuffle=shuffled_by(str(seed)))
            first.add(route.hosts[0].name)
    assert len(first) == 4


async def test_without_mx_the_domain_is_its_own_host():
    """RFC 5321 §5.1, implicit MX."""
    async with asking(("example.org", "A", "192.0.2.1")) as resolver:
        assert await resolve("example.org", resolver) == Route(
            hosts=(Host(name="example.org", addresses=("192.0.2.1",)),)
        )


async def test_a_null_mx_refuses_for_good():
    """RFC 7505 §4.1."""
    async with asking(("example.org", "MX", "0 ."), ("example.org", "A", "192.0.2.1")) as resolver:
        found = await resolve("example.org", resolver)
    assert isinstance(found, NoRoute)
    assert (found.code, found.enhanced_code, found.is_permanent) == (556, "5.1.10", True)


@pytest.mark.parametrize(
    ("records", "code", "enhanced"),
    [
        ([], 550, "5.1.2"),
        ([("example.org", "TXT", "x")], 550, "5.1.2"),
        ([("example.org", "MX", "10 gone.test")], 550, "5.4.4"),
        ([("example.org", "MX", "10 us.test"), ("us.test", "A", "192.0.2.1")], 554, "5.4.6"),
    ],
)
async def test_no_way_there_is_permanent(records, code, enhanced):
    async with asking(*records) as resolver:
        found = await resolve("example.org", resolver, own_names=("us.test",))
    assert isinstance(found, NoRoute)
    assert (found.code, found.enhanced_code) == (code, enhanced)


@pytest.mark.parametrize("failing", ["example.org", "mx.test"])
async def test_dns_trouble_is_temporary(failing):
    async with serving(("example.org", "MX", "10 mx.test"), ("mx.test", "A", "192.0.2.1")) as zone:
        zone.fail(failing)
        found = await resolve("example.org", resolver_of(zone))
    assert isinstance(found, NoRoute)
    assert (found.code, found.enhanced_code, found.is_permanent) == (451, "4.4.3", False)


async def test_one_host_that_resolves_is_enough():
    records = [
        ("example.org", "MX", "5 down.test"),
        ("example.org", "MX", "10 up.test"),
        ("up.test", "A", "192.0.2.1"),
    ]
    async with serving(*records) as zone:
        zone.fail("down.test")
        found = await resolve("example.org", resolver_of(zone))
    assert found == Route(hosts=(Host(name="up.test", addresses=("192.0.2.1",)),))


async def test_hosts_behind_ourselves_are_not_tried():
    """RFC 5321 §5.1: a backup does not hand on to its equals."""
    records = [
        ("example.org", "MX", "5 first.test"),
        ("example.org", "MX", "10 us.test"),
        ("example.org", "MX", "20 last.test"),
        *((f"{name}.test", "A", "192.0.2.1") for name in ("first", "us", "last")),
    ]
    async with asking(*records) as resolver:
        found = await resolve("example.org", resolver, own_names=("us.test",))
    assert isinstance(found, Route)
    assert [host.name for host in found.hosts] == ["first.test"]


@pytest.mark.parametrize(
    ("domain", "address"), [("[192.0.2.1]", "192.0.2.1"), ("[IPv6:2001:db8::1]", "2001:db8::1")]
)
async def test_an_address_literal_needs_no_dns(domain, address):
    """RFC 5321 §4.1.3."""
    async with asking() as resolver:
        assert await resolve(domain, resolver) == Route(
            hosts=(Host(name=address, addresses=(address,)),)
        )


async def test_a_smart_host_is_asked_for_by_address_only():
    async with asking(("relay.test", "MX", "1 x.test"), ("relay.test", "A", "192.0.2.1")) as dns:
        assert await direct("relay.test", dns) == Route(
            hosts=(Host(name="relay.test", addresses=("192.0.2.1",)),)
        )
        assert await direct("127.0.0.1", dns) == Route(
            hosts=(Host(name="127.0.0.1", addresses=("127.0.0.1",)),)
        )
