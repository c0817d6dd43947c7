"""Counting connections and naming peers."""

import pytest

from smtpd.limits import ConnectionLimits, plain_ip


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


@pytest.mark.parametrize(
    ("peername", "ip"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        (("fe80::1%eth0", 5, 0, 2), "fe80::1"),
        ("/run/socket", ""),
        (None, ""),
        (("nonsense", 1), ""),
    ],
)
def test_peers_have_one_spelling(peername: object, ip: str) -> None:
    """Limits and trusted networks compare text."""
    assert plain_ip(peername) == ip
