"""Who a client is to a limit: its address in one spelling, its network, the connections it has open.

One set of rules for all edges and for the lock-out: an IPv4 address stands for one client, an IPv6
address for its /64, since that is what one customer is given. Nothing here waits or writes.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


@lru_cache(maxsize=4096)
def read_ip(text: str) -> IPv4Address | IPv6Address | None:
    """The address, IPv4-mapped IPv6 as IPv4 and without scope; None when it is none."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return _plain(address)


def plain_address(address: IPv4Address | IPv6Address) -> str:
    """The one spelling of an address: IPv4-mapped IPv6 as IPv4, no scope."""
    return str(_plain(address)).partition("%")[0]


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def network_of(ip: str) -> str:
    """What a client is counted by: an IPv4 address, an IPv6 /64, or the text when it is neither."""
    address = read_ip(ip)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return ip if address is None else str(address)


class Networks:
    """Networks that an address may be in."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ip_network(one) for one in networks)

    def __contains__(self, ip: str) -> bool:
        """Whether the address is in one of them; what is no address is in none."""
        if not self._networks:
            return False
        address = read_ip(ip)
        return address is not None and any(address in network for network in self._networks)


class ConnectionLimits:
    """Counts open connections in total and by client.

    Trusted networks are free of both limits; proxies, behind which are many, of that by client.
    """

    def __init__(
        self,
        *,
        max_total: int,
        max_per_ip: int,
        trusted_networks: Sequence[str] = (),
        proxies: Sequence[str] = (),
    ) -> None:
        self._max_total = max_total
        self._max_per_ip = max_per_ip
        self._trusted = Networks(trusted_networks)
        self._proxies = Networks(proxies)
        self._open: Counter[str] = Counter()
        self._total = 0

    def is_trusted(self, ip: str) -> bool:
        """Whether the address is in a trusted network."""
        return ip in self._trusted

    def acquire(self, ip: str) -> bool:
        """Count a connection; False, and nothing counted, when there is no room for it."""
        key = network_of(ip)
        is_crowded = self._open[key] >= self._max_per_ip and ip not in self._proxies
        if (is_crowded or self._total >= self._max_total) and not self.is_trusted(ip):
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
