"""Where a request comes from: the unix socket, or an address seen through trusted proxies only.

`X-Forwarded-For` counts when the connection comes from a configured proxy, and then from the right:
the first address that is no trusted proxy is the client.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

from mailcore.config import Config

type Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A caller before it is known who it is."""

    ip: str
    """Empty on the unix socket."""
    is_operator: bool
    """Whether it came over the unix socket, which only our own user and root can open."""
    is_trusted: bool
    """From `limits.trusted_networks` or the unix socket: free of rate limits."""
    is_loopback: bool
    """A program on this machine speaking to us directly."""

    @property
    def network(self) -> str:
        """What is counted as one caller: an IPv4 address or an IPv6 /64."""
        return network_of(self.ip)


class Peers:
    """Tells the peer of a request."""

    def __init__(self, config: Config) -> None:
        self._proxies = _networks(config.http.trusted_proxies)
        self._trusted = _networks(config.limits.trusted_networks)

    def of(self, request: web.Request) -> Peer:
        """The peer of this request."""
        if _is_unix(request):
            return Peer(ip="", is_operator=True, is_trusted=True, is_loopback=True)
        direct = request.remote or ""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        ip = self._client(direct, forwarded) if forwarded else direct
        address = _address(ip)
        return Peer(
            ip=ip,
            is_operator=False,
            is_trusted=_is_in(address, self._trusted),
            is_loopback=address is not None and address.is_loopback and not forwarded,
        )

    def is_proxy(self, ip: str) -> bool:
        """Whether many clients come from this address: a proxy of ours."""
        return _is_in(_address(ip), self._proxies)

    def is_trusted(self, ip: str) -> bool:
        """Whether the address is free of limits."""
        return _is_in(_address(ip), self._trusted)

    def _client(self, direct: str, forwarded: Sequence[str]) -> str:
        if not _is_in(_address(direct), self._proxies):
            return direct
        client = direct
        for text in reversed([one.strip() for value in forwarded for one in value.split(",")]):
            address = _address(text)
            if address is None:
                break
            client = str(address)
            if not _is_in(address, self._proxies):
                break
        return client


def network_of(ip: str) -> str:
    """An IPv4 address as it is, an IPv6 address as its /64."""
    address = _address(ip)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return ip if address is None else str(address)


def _is_unix(request: web.Request) -> bool:
    transport = request.transport
    connected = transport.get_extra_info("socket") if transport is not None else None
    return connected is not None and connected.family == socket.AF_UNIX


def _networks(texts: Sequence[str]) -> Networks:
    return tuple(ip_network(one) for one in texts)


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _is_in(address: IPv4Address | IPv6Address | None, networks: Networks) -> bool:
    return address is not None and any(address in network for network in networks)
