"""How much one client may take: connections at once, mistakes, guesses.

Networks in `limits.trusted_networks` are free of the limit on connections. Nothing here waits.
"""

from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Final

LOGIN_SECONDS: Final = 60.0
"""From the greeting to the login."""
MAX_FAILED_LOGINS: Final = 4
"""In one session; `Credentials` counts over sessions."""
MAX_BAD_BEFORE_LOGIN: Final = 5
MAX_BAD_IN_A_ROW: Final = 50
COMMANDS_PER_TURN: Final = 50
"""Pipelined commands of one session after which the others get a turn."""


class ConnectionLimits:
    """Counts open connections in total and by address, an IPv6 client by its /64."""

    def __init__(
        self, *, max_total: int, max_per_ip: int, trusted_networks: Sequence[str] = ()
    ) -> None:
        self._max_total = max_total
        self._max_per_ip = max_per_ip
        self._trusted = tuple(ip_network(one) for one in trusted_networks)
        self._open: Counter[str] = Counter()
        self._total = 0

    def acquire(self, ip: str) -> bool:
        """Count a connection; False, and nothing counted, when there is no room for it."""
        key = _key(ip)
        is_full = self._total >= self._max_total or self._open[key] >= self._max_per_ip
        if is_full and not self._is_trusted(ip):
            return False
        self._open[key] += 1
        self._total += 1
        return True

    def release(self, ip: str) -> None:
        """Uncount a connection."""
        key = _key(ip)
        self._total -= 1
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    def _is_trusted(self, ip: str) -> bool:
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


def _key(ip: str) -> str:
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return ip
    if address.version == 6:
        return str(ip_network((address, 64), strict=False))
    return str(address)
