"""How much one client may take: connections, mistakes, guesses.

Networks in `limits.trusted_networks` are free of the limits on connections, recipients and logins;
nobody is free of the limit on protocol errors. Nothing here waits or writes.
"""

from collections import Counter
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

MAX_ERRORS: Final = 10
"""Protocol errors in one session before it ends."""
MAX_BAD_RECIPIENTS: Final = 20
"""Refused recipients in one session before it ends: somebody is trying names."""
MAX_FAILED_LOGINS: Final = 3
"""Failed logins in one session before it ends; `Credentials` counts over sessions."""
MAX_LINE: Final = 2048
"""Octets of a command line; RFC 5321 §4.5.3.1.4 asks for at least 512 plus extensions."""
MAX_AUTH_LINE: Final = 12_288
"""Octets of a line of AUTH (RFC 4954 §4)."""
COMMANDS_PER_TURN: Final = 50
"""Pipelined commands of one session after which the others get a turn."""
READ_CHUNK: Final = 256 * 1024
"""Octets of content taken at once."""
HANDSHAKE_SECONDS: Final = 30.0
"""Time for a TLS handshake."""
ACCEPT_SECONDS: Final = 540.0
"""Time to answer the end of DATA; clients wait ten minutes (RFC 5321 §4.5.3.2.6)."""
LINGER_SECONDS: Final = 5.0
"""Time for the last reply to reach a client before the connection is cut."""
MIN_BYTES_PER_SECOND: Final = 128
"""Content must arrive at this rate, measured over one timeout: trickling does not hold memory."""


def plain_ip(peername: object) -> str:
    """The address of a peer: IPv4-mapped IPv6 as IPv4, no scope; empty when there is none."""
    if not isinstance(peername, tuple) or not peername:
        return ""
    try:
        address = ip_address(str(peername[0]).partition("%")[0])
    except ValueError:
        return ""
    return plain_address(address)


def plain_address(address: IPv4Address | IPv6Address) -> str:
    """The one spelling of an address: IPv4-mapped IPv6 as IPv4, no scope."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(address).partition("%")[0]
    return str(address)


class Networks:
    """Networks that an address may be in."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ip_network(one) for one in networks)

    def __contains__(self, ip: str) -> bool:
        """Whether the address, in its one spelling, is in one of them."""
        if not self._networks or not ip:
            return False
        address = ip_address(ip)
        return any(address in network for network in self._networks)


class ConnectionLimits:
    """Counts open connections over all ports of one server, in total and per network.

    An IPv6 client counts by its /64, since that is what one customer is given.
    """

    def __init__(
        self, *, max_total: int, max_per_ip: int, trusted_networks: Sequence[str] = ()
    ) -> None:
        self._max_total = max_total
        self._max_per_ip = max_per_ip
        self._trusted = Networks(trusted_networks)
        self._open: Counter[str] = Counter()
        self._total = 0

    def is_trusted(self, ip: str) -> bool:
        """Whether the address is in a trusted network."""
        return ip in self._trusted

    def acquire(self, ip: str) -> bool:
        """Count a connection; False, and nothing counted, when there is no room for it."""
        key = network_of(ip)
        is_full = self._total >= self._max_total or self._open[key] >= self._max_per_ip
        if is_full and not self.is_trusted(ip):
            return False
        self._open[key] += 1
        self._total += 1
        return True

    def release(self, ip: str) -> None:
        """A counted connection ended."""
        key = network_of(ip)
        self._total -= 1
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    @property
    def total(self) -> int:
        """Connections open now."""
        return self._total


def network_of(ip: str) -> str:
    """What a client is counted by: its address, for IPv6 its /64."""
    if ":" not in ip:
        return ip
    return str(ip_network((ip, 64), strict=False))
