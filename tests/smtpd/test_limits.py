"""Naming peers."""

import pytest

from smtpd.limits import plain_ip


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
