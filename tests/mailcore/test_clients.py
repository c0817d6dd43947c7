"""Counting connections by client."""

import pytest

from mailcore.clients import (
    MAX_REMEMBERED,
    Acquaintances,
    ConnectionLimits,
    Meter,
    tiers_of,
)
from tests.support.clock import FakeClock


def test_the_total_is_limited_over_all_addresses() -> None:
    """One server, one budget."""
    counted = ConnectionLimits(max_total=2, max_per_ip=2)
    assert counted.acquire("192.0.2.1")
    assert counted.acquire("192.0.2.2")
    assert not counted.acquire("192.0.2.3")
    counted.release("192.0.2.1")
    assert counted.acquire("192.0.2.3")


def test_ipv6_counts_by_its_network() -> None:
    """A /64 is one customer."""
    counted = ConnectionLimits(max_total=9, max_per_ip=1)
    assert counted.acquire("2001:db8::1")
    assert not counted.acquire("2001:db8::2")
    assert counted.acquire("2001:db8:0:1::1")


def test_trusted_networks_pass_a_full_server() -> None:
    """`limits.trusted_networks`."""
    counted = ConnectionLimits(max_total=1, max_per_ip=1, trusted_networks=("10.0.0.0/8",))
    assert counted.acquire("192.0.2.1")
    assert counted.acquire("10.1.2.3")
    assert not counted.acquire("192.0.2.2")


def test_nothing_is_remembered_of_connections_that_ended() -> None:
    """Memory does not grow with the addresses seen."""
    counted = ConnectionLimits(max_total=9, max_per_ip=9)
    for number in range(200):
        counted.acquire(f"192.0.2.{number}")
        counted.release(f"192.0.2.{number}")
    assert counted.total == 0
    assert len(counted._open) == 0


def test_connections_are_counted_by_network() -> None:
    """An IPv6 client is its /64; trusted networks are free."""
    limits = ConnectionLimits(max_total=3, max_per_ip=1, trusted_networks=("10.0.0.0/8",))
    assert limits.acquire("2001:db8::1")
    assert not limits.acquire("2001:db8::2")
    limits.release("2001:db8::1")
    assert limits.acquire("2001:db8::2")
    assert limits.acquire("192.0.2.1")
    assert limits.acquire("192.0.2.2")
    assert not limits.acquire("192.0.2.3")
    assert limits.acquire("10.1.1.1")


def test_who_is_free_of_the_limits() -> None:
    """Trusted networks of both, proxies of the one by address; an IPv6 client counts by its /64."""
    counted = ConnectionLimits(
        max_total=3, max_per_ip=1, trusted_networks=("10.2.0.0/16",), proxies=("10.1.0.0/16",)
    )
    assert counted.acquire("2001:db8::1")
    assert not counted.acquire("2001:db8::2")
    assert counted.acquire("10.1.0.1")
    assert counted.acquire("10.1.0.1")
    assert not counted.acquire("10.1.0.1")
    assert counted.acquire("10.2.0.1")
    counted.release("2001:db8::1")
    counted.release("10.2.0.1")
    assert counted.acquire("2001:db8::2")


@pytest.mark.parametrize(
    ("ip", "tiers"),
    [
        ("192.0.2.77", ("192.0.2.77", "192.0.2.64/26", "192.0.0.0/21")),
        ("::ffff:192.0.2.77", ("192.0.2.77", "192.0.2.64/26", "192.0.0.0/21")),
        ("2001:db8:1:2::3", ("2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32")),
        ("nobody", ("nobody",)),
    ],
)
def test_a_client_is_counted_by_three_networks(ip: str, tiers: tuple[str, ...]) -> None:
    """Many addresses of one hand count together."""
    assert tiers_of(ip) == tiers


def test_neighbors_share_four_times_the_connections() -> None:
    """/26: 4 times, /21: 16 times what one address may have open."""
    counted = ConnectionLimits(max_total=999, max_per_ip=2)
    assert [counted.acquire(f"192.0.2.{number}") for number in range(9)] == [True] * 8 + [False]
    assert counted.acquire("192.0.2.64")
    counted.release("192.0.2.0")
    assert counted.acquire("192.0.2.9")
    wide = [
        counted.acquire(f"192.0.{third}.{number}") for third in (3, 4, 5) for number in range(8)
    ]
    assert wide.count(True) == 32 - 9


def test_a_meter_counts_by_kind_and_tier_in_a_sliding_window() -> None:
    """A refused one is not counted; what passed weighs less and less."""
    clock = FakeClock()
    meter = Meter(clock, {"messages": 2, "octets": 0}, trusted_networks=("10.0.0.0/8",))
    assert [meter.take("messages", "192.0.2.1") for _ in range(3)] == [True, True, False]
    assert meter.take("octets", "192.0.2.1")
    assert all(meter.take("messages", "10.0.0.1") for _ in range(50))
    neighbors = [meter.take("messages", f"192.0.2.{number}") for number in range(2, 10)]
    assert neighbors == [True] * 6 + [False] * 2
    clock.advance(59)
    assert not meter.take("messages", "192.0.2.1")
    clock.advance(32)
    assert [meter.take("messages", "192.0.2.1") for _ in range(2)] == [True, False]
    clock.advance(121)
    assert not meter.is_over("messages", "192.0.2.1", 2)


def test_octets_count_when_they_came() -> None:
    """Over the limit by the last message, and then no more."""
    meter = Meter(FakeClock(), {"octets": 100})
    meter.add("octets", "192.0.2.1", 99)
    assert not meter.is_over("octets", "192.0.2.1", 1)
    meter.add("octets", "192.0.2.1", 99)
    assert meter.is_over("octets", "192.0.2.1", 1)
    assert not meter.is_over("octets", "192.0.2.2", 1)


def test_a_meter_forgets_the_longest_unseen() -> None:
    """Memory is bounded, however many addresses there are."""
    meter = Meter(FakeClock(), {"messages": 1})
    for number in range(MAX_REMEMBERED // 2):
        meter.take("messages", f"2001:{number:x}::1")
    assert len(meter) == MAX_REMEMBERED


def test_acquaintances_are_networks() -> None:
    """IPv6 clients change their address within their /64."""
    known = Acquaintances()
    known.add("2001:db8::1")
    assert "2001:db8::2" in known
    assert "2001:db8:0:1::1" not in known
