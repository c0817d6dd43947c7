"""Who a client is to a limit: its address in one spelling, its networks, what it did of late.

One set of rules for all edges and for the lock-out: an IPv4 address stands for one client, an IPv6
address for its /64, since that is what one customer is given. Whoever has many of them is counted by
two wider networks as well, which may do `FACTORS` times as much. Nothing here waits or writes; what
is remembered is bounded, and the longest unseen is forgotten first.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from mailcore.clock import Clock

_PREFIXES: Final = {4: (32, 26, 21), 6: (64, 48, 32)}
FACTORS: Final = (1, 4, 16)
"""What a network may do as a multiple of one client, from the narrowest tier to the widest."""
MAX_REMEMBERED: Final = 50_000
"""Networks whose doings are remembered, over all tiers."""
_ASKED: Final = 1024
"""Addresses of which it is remembered whether they are in some networks."""


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


@lru_cache(maxsize=4096)
def network_of(ip: str) -> str:
    """What a client is counted by: an IPv4 address, an IPv6 /64, or the text when it is neither."""
    address = read_ip(ip)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return ip if address is None else str(address)


@lru_cache(maxsize=4096)
def tiers_of(ip: str) -> tuple[str, ...]:
    """The networks a client is counted by, the narrowest first: /32, /26, /21, or /64, /48, /32.

    The text alone when it is no address.
    """
    address = read_ip(ip)
    if address is None:
        return (ip,)
    wider = _PREFIXES[address.version][1:]
    return (network_of(ip), *(str(ip_network((address, size), strict=False)) for size in wider))


class Networks:
    """Networks that an address may be in."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks = tuple(ip_network(one) for one in networks)
        self._has = lru_cache(maxsize=_ASKED)(self._find)

    def __contains__(self, ip: str) -> bool:
        """Whether the address is in one of them; what is no address is in none."""
        return bool(self._networks) and self._has(ip)

    def _find(self, ip: str) -> bool:
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
        keys = tiers_of(ip)
        is_crowded = ip not in self._proxies and any(
            self._open[key] >= self._max_per_ip * factor
            for key, factor in zip(keys, FACTORS, strict=False)
        )
        if (is_crowded or self._total >= self._max_total) and not self.is_trusted(ip):
            return False
        self._total += 1
        for key in keys:
            self._open[key] += 1
        return True

    def release(self, ip: str) -> None:
        """A counted connection ended."""
        self._total -= 1
        for key in tiers_of(ip):
            self._open[key] -= 1
            if self._open[key] <= 0:
                del self._open[key]

    @property
    def total(self) -> int:
        """Connections open now."""
        return self._total


@dataclass(slots=True)
class _Window:
    started_at: float
    previous: int = 0
    count: int = 0


class Meter:
    """What clients did in a sliding window, of several kinds, each with a limit for one client.

    A kind without a limit is not counted. Trusted networks are free.
    """

    def __init__(
        self,
        clock: Clock,
        limits: Mapping[str, int],
        *,
        window_seconds: float = 60.0,
        trusted_networks: Sequence[str] = (),
    ) -> None:
        self._clock = clock
        self._limits = {kind: limit for kind, limit in limits.items() if limit > 0}
        self._seconds = window_seconds
        self._trusted = Networks(trusted_networks)
        self._windows: OrderedDict[tuple[str, str], _Window] = OrderedDict()

    def take(self, kind: str, ip: str) -> bool:
        """Count one; False, and nothing counted, when that would be too many for one of its tiers."""
        if self.is_over(kind, ip, 1):
            return False
        self.add(kind, ip)
        return True

    def add(self, kind: str, ip: str, amount: int = 1) -> None:
        """Count what happened already."""
        if kind not in self._limits or ip in self._trusted:
            return
        for key in tiers_of(ip):
            self._window(kind, key).count += amount

    def is_over(self, kind: str, ip: str, more: int = 0) -> bool:
        """Whether a tier of the client is at its limit, or above it with so many more."""
        limit = self._limits.get(kind)
        if limit is None or ip in self._trusted:
            return False
        return any(
            self._used(kind, key) + more > limit * factor
            for key, factor in zip(tiers_of(ip), FACTORS, strict=False)
        )

    def _used(self, kind: str, key: str) -> float:
        if (kind, key) not in self._windows:
            return 0
        window = self._window(kind, key)
        passed = (self._clock.monotonic() - window.started_at) / self._seconds
        return window.previous * max(0.0, 1 - passed) + window.count

    def _window(self, kind: str, key: str) -> _Window:
        now = self._clock.monotonic()
        window = self._windows.get((kind, key))
        if window is None or now - window.started_at >= 2 * self._seconds:
            window = self._windows[kind, key] = _Window(started_at=now)
        elif now - window.started_at >= self._seconds:
            window.started_at += self._seconds
            window.previous, window.count = window.count, 0
        self._windows.move_to_end((kind, key))
        while len(self._windows) > MAX_REMEMBERED:
            self._windows.popitem(last=False)
        return window

    def __len__(self) -> int:
        """How much is remembered."""
        return len(self._windows)


class Acquaintances:
    """Clients whose mail was taken before: they need not wait at the door."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def add(self, ip: str) -> None:
        """Remember a client."""
        key = network_of(ip)
        self._seen[key] = None
        self._seen.move_to_end(key)
        while len(self._seen) > MAX_REMEMBERED:
            self._seen.popitem(last=False)

    def __contains__(self, ip: str) -> bool:
        """Whether the client is known."""
        return network_of(ip) in self._seen
