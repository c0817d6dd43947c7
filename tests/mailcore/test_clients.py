"""Counting connections by client."""

from mailcore.clients import ConnectionLimits


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
