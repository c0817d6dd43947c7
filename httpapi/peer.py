"""Where a request comes from: the unix socket, or an address seen through trusted proxies only.

`X-Forwarded-For` counts when the connection comes from a configured proxy, and then from the right:
the first address that is no trusted proxy is the client.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from mailcore.clients import Networks, network_of, read_ip
from mailcore.config import Config


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
        self._proxies = Networks(config.http.trusted_proxies)
        self._trusted = Networks(config.limits.trusted_networks)

    def of(self, request: web.Request) -> Peer:
        """The peer of this request."""
        if _is_unix(request):
            return Peer(ip="", is_operator=True, is_trusted=True, is_loopback=True)
        direct = request.remote or ""
        forwarded = request.headers.getall("X-Forwarded-For", [])
        ip = self._client(direct, forwarded) if forwarded else direct
        address = read_ip(ip)
        return Peer(
            ip=ip,
            is_operator=False,
            is_trusted=ip in self._trusted,
            is_loopback=address is not None and address.is_loopback and not forwarded,
        )

    def _client(self, direct: str, forwarded: Sequence[str]) -> str:
        if direct not in self._proxies:
            return direct
        client = direct
        for text in reversed([one.strip() for value in forwarded for one in value.split(",")]):
            address = read_ip(text)
            if address is None:
                break
            client = str(address)
            if client not in self._proxies:
                break
        return client


def _is_unix(request: web.Request) -> bool:
    transport = request.transport
    connected = transport.get_extra_info("socket") if transport is not None else None
    return connected is not None and connected.family == socket.AF_UNIX
