"""Outgoing HTTP for addresses that strangers choose: webhooks, URL attachments, policies.

The guard against requests into our own network stands at three places: the URL (scheme, port, no
address in an odd notation), the name (only our `Resolver` is asked; what it answers is filtered),
and the socket (no connection is opened to an address that is not allowed, wherever it came from).
What was checked is what is dialed: a name is not looked up again in between. Redirects are never
followed, proxies and cookies never used, answers never decompressed, and both octets and seconds
are limited.
"""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import Final, Self, override
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import idna
from aiohttp.abc import AbstractResolver, ResolveResult

from mailcore.net.dns import DnsTemporaryError, Resolver

MAX_URL_CHARS: Final = 2048
_PRIVILEGED_PORTS: Final = (80, 443)
FETCH_SECONDS: Final = 15.0
_CONNECT_SECONDS: Final = 5.0
_CHUNK: Final = 16 * 1024
_KEEP_ALIVE_SECONDS: Final = 3.0
"""Shorter than common servers wait, so that a POST hardly ever meets a connection just closed."""
_HOST_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_NAT64: Final = ip_network("64:ff9b::/96")
_PROTOCOL_ASSIGNMENTS: Final = ip_network("192.0.0.0/24")
"""RFC 6890 §2.2.2; older Pythons call parts of it global."""

type Address = IPv4Address | IPv6Address


class FetchError(Exception):
    """There was no answer; the text says why and names nothing but the host that was asked for."""


class FetchCertificateError(FetchError):
    """The server could not prove its name."""


class FetchRefusedError(FetchError):
    """The URL leads where we do not go; trying again is of no use until it or its DNS changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer. `body` has at most as many octets as asked for, as they came over the wire."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name; the first of several."""
    body: bytes
    is_truncated: bool


class Reachable:
    """Which addresses may be dialed: public unicast ones, and networks allowed by name."""

    def __init__(self, allow_networks: tuple[str, ...] = ()) -> None:
        self._allowed = tuple(ip_network(one) for one in allow_networks)

    def __call__(self, text: str) -> bool:
        """Whether an address may be dialed. A zone (`%eth0`) never."""
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return False
        return all(self._is_fine(one) for one in _meant_by(address))

    def _is_fine(self, address: Address) -> bool:
        if any(address in network for network in self._allowed):
            return True
        return address.is_global and not (
            address in _PROTOCOL_ASSIGNMENTS
            or address.is_multicast
            or address.is_reserved
            or address.is_unspecified
            or (isinstance(address, IPv6Address) and address.is_site_local)
        )


def _meant_by(address: Address) -> tuple[Address, ...]:
    """The address, or the IPv4 address that its IPv6 form leads to (mapped, 6to4, Teredo, NAT64)."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    if address.teredo is not None:
        return (address, *address.teredo)
    if address in _NAT64:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)


def check_url(text: str, reachable: Reachable) -> str:
    """The URL in plain form, when it may be asked as far as can be seen without DNS.

    Raises `FetchRefusedError`. What is accepted as an authority is so narrow that no two parsers
    can understand it differently.
    """
    if len(text) > MAX_URL_CHARS:
        raise FetchRefusedError(f"the URL is longer than {MAX_URL_CHARS} characters")
    if any(ord(char) <= 32 or ord(char) == 127 or char == "\\" for char in text):
        raise FetchRefusedError("the URL contains a space, a control character or a backslash")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise FetchRefusedError("this is not a URL") from error
    if parts.scheme not in ("http", "https"):
        raise FetchRefusedError("the URL must begin with https:// or http://")
    if "@" in parts.netloc:
        raise FetchRefusedError("the URL must not contain a user name or password")
    host, port = _split_authority(parts.netloc)
    _check_port(port)
    _check_host(host, reachable)
    shown = f"[{host}]" if ":" in host else host
    authority = shown if port is None else f"{shown}:{port}"
    return urlunsplit((parts.scheme, authority, parts.path or "/", parts.query, ""))


def _split_authority(authority: str) -> tuple[str, int | None]:
    """Host in lower case (a name in A-label form, an address without brackets) and port."""
    host, colon, digits = authority.rpartition(":")
    if not colon or "]" in digits:
        host, digits = authority, ""
    if colon and host != authority and not (digits.isascii() and digits.isdigit()):
        raise FetchRefusedError("the port is not a number")
    if host.startswith("[") and host.endswith("]"):
        return host[1:-1].lower(), int(digits) if digits else None
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise FetchRefusedError("the host is not a valid name") from error
    if not host or len(host) > 253 or not set(host.lower()) <= _HOST_CHARS:
        raise FetchRefusedError("the URL must name a host")
    return host.lower(), int(digits) if digits else None


def _check_port(port: int | None) -> None:
    if port is not None and (
        not 0 < port < 65536 or (port < 1024 and port not in _PRIVILEGED_PORTS)
    ):
        raise FetchRefusedError("the port must be 80, 443 or above 1023")


def _check_host(host: str, reachable: Reachable) -> None:
    """Names go on to DNS; addresses are judged here; numbers that only look like one are refused."""
    try:
        ip_address(host)
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        if ":" in host or not last or last[0].isdigit():
            raise FetchRefusedError(
                "the host is neither a name nor a plainly written address"
            ) from None
        return
    if not reachable(host):
        raise FetchRefusedError(f"{host} is not a public address")


class Fetcher:
    """A client with the guard. Use as a context manager; safe for many requests at once."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        user_agent: str,
        allow_networks: tuple[str, ...] = (),
        timeout_seconds: float = FETCH_SECONDS,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._reachable = Reachable(allow_networks)
        self._resolver = resolver
        self._user_agent = user_agent
        self._timeout = aiohttp.ClientTimeout(
            total=timeout_seconds, sock_connect=min(_CONNECT_SECONDS, timeout_seconds)
        )
        self._ssl = ssl_context
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection. A later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def check(self, url: str) -> str:
        """The URL in normal form; `FetchRefusedError` when it could never be asked."""
        return check_url(url, self._reachable)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int = 64 * 1024,
    ) -> Fetched:
        """One request and the beginning of its answer; raises `FetchError` when there is none."""
        target = check_url(url, self._reachable)
        try:
            async with self._open().request(
                method,
                target,
                headers={"Accept-Encoding": "identity", **(headers or {})},
                data=body,
                allow_redirects=False,
            ) as answer:
                content, is_truncated = await _read(answer, max_bytes)
                return Fetched(
                    status=answer.status,
                    headers={name.lower(): text for name, text in [*answer.headers.items()][::-1]},
                    body=content,
                    is_truncated=is_truncated,
                )
        except TimeoutError as error:
            raise FetchError(f"no answer within {self._timeout.total:g} seconds") from error
        except _AddressRefusedError as error:
            raise FetchRefusedError(str(error)) from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise FetchCertificateError(_reason(error)) from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _AddressRefusedError):
                raise FetchRefusedError(str(error.os_error)) from error
            raise FetchError(_reason(error)) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(_reason(error)) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_GuardedResolver(self._resolver, self._reachable),
                use_dns_cache=False,
                socket_factory=self._socket,
                keepalive_timeout=_KEEP_ALIVE_SECONDS,
                limit=0,
                limit_per_host=0,
                ssl=self._ssl if self._ssl is not None else True,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                headers={"User-Agent": self._user_agent},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session

    def _socket(
        self,
        found: tuple[
            int | socket.AddressFamily,
            int | socket.SocketKind,
            int,
            str,
            tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
        ],
    ) -> socket.socket:
        """The last gate: every connection passes here with the address it will dial."""
        family, kind, protocol, _, where = found
        if not self._reachable(str(where[0])):
            raise _AddressRefusedError(f"{where[0]!s} is not a public address")
        return socket.socket(family, kind, protocol)


class _AddressRefusedError(OSError):
    """An address that must not be dialed, in the form that the client library hands through."""


class _GuardedResolver(AbstractResolver):
    """Asks our resolver only, and hands on only what may be dialed."""

    def __init__(self, resolver: Resolver, reachable: Reachable) -> None:
        self._resolver = resolver
        self._reachable = reachable

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        try:
            addresses = await self._resolver.addresses(host)
        except DnsTemporaryError as error:
            raise OSError(f"the name {host} cannot be looked up now") from error
        if not addresses:
            raise OSError(f"the name {host} does not exist or has no address")
        fine = [one for one in addresses if self._reachable(one)]
        if not fine:
            raise _AddressRefusedError(f"{host} does not lead to a public address")
        return [_result(host, one, port) for one in fine]

    @override
    async def close(self) -> None:
        return


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


async def _read(answer: aiohttp.ClientResponse, max_bytes: int) -> tuple[bytes, bool]:
    """The beginning of the body; a longer rest is not read, its connection is closed."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(_CHUNK):
        chunks.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            answer.close()
            return b"".join(chunks)[:max_bytes], True
    return b"".join(chunks), False


def _reason(error: Exception) -> str:
    """Why there was no answer, in words that name no path or address of ours."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "the server's certificate is not valid"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no TLS connection could be made"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return str(error.os_error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot connect: {error.os_error.strerror or 'no connection'}"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without an answer"
    if isinstance(error, aiohttp.InvalidURL):
        return "this is not a URL"
    return f"no usable answer ({type(error).__name__})"
