"""Whether our ports answer, our name leads to us, and mail hosts can be reached. Every question has a limit in time."""

import asyncio
import ssl
from typing import Final

from mailcore.app.finding import Finding, ok, problem
from mailcore.config import Config, socket_path
from mailcore.net import tls
from mailcore.net.dns import DnsTemporaryError, Resolver

_SECONDS: Final = 10.0
_GREETINGS: Final = {
    **dict.fromkeys(("smtp", "submission", "submissions"), b"220 "),
    **dict.fromkeys(("imap", "imaps"), b"* OK"),
}
_UNDER_TLS: Final = frozenset({"submissions", "imaps"})
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to look, not to listen

# Listeners ---------------------------------------------------------------------------------------


async def is_running(config: Config) -> bool:
    """Whether a server answers its own commands."""
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_unix_connection(socket_path(config))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def listener(config: Config, name: str) -> Finding:
    """Whether our server answers on a port."""
    port = config.ports.actual(name)
    for address in config.server.listen:
        subject = f"{name} {address}:{port}"
        try:
            said = await _greeting(_ANYWHERE.get(address, address), port, name)
        except (OSError, TimeoutError):
            return problem(subject, "nobody answers", "Start the server with `countersign serve`")
        if not said.startswith(_GREETINGS.get(name, b"")):
            return problem(subject, "another program answers", f"Stop it, or set ports.{name}")
    return ok(f"{name} port {port}", "answers")


async def _greeting(host: str, port: int, name: str) -> bytes:
    """The first line of a mail server; empty for the others, which wait for us."""
    context: ssl.SSLContext | None = None
    if name in _UNDER_TLS:
        context = tls.client_context(is_verified=False)
    async with asyncio.timeout(_SECONDS):
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
        try:
            return await reader.readline() if name in _GREETINGS else b""
        except ValueError:  # a line without end
            return b""
        finally:
            writer.close()


# The world ---------------------------------------------------------------------------------------


async def host_name(config: Config, resolver: Resolver) -> Finding:
    """The host name leads to addresses that lead back to it, which most mail hosts ask for."""
    hostname = config.server.hostname
    subject = f"host name {hostname}"
    try:
        addresses = await resolver.addresses(hostname)
        if not addresses:
            return problem(subject, "has no address in DNS", "Create an A record for it")
        for address in addresses:
            names = await resolver.ptr(address)
            if hostname not in names:
                message = f"{address} leads back to {', '.join(names) or 'no name'}"
                fix = f"Have your provider set the reverse record of {address} to {hostname}"
                return problem(subject, message, fix)
    except DnsTemporaryError:
        return problem(subject, "DNS does not answer", "Check dns.resolver and the network")
    return ok(subject, f"{', '.join(addresses)}, there and back")


async def way_out(config: Config, resolver: Resolver) -> Finding:
    """Whether mail hosts can be reached: many providers close port 25."""
    domain = config.server.owner.rpartition("@")[2]
    try:
        hosts, port = await _hosts(config, resolver, domain)
    except DnsTemporaryError:
        return problem("way out", "DNS does not answer", "Check dns.resolver and the network")
    if not hosts:
        message = f"{domain}, where notices go, takes no mail"
        return problem("way out", message, "Set server.owner to an address that gets mail")
    subject = f"way out to {hosts[0]}:{port}"
    for host in hosts[:2]:
        try:
            for address in await resolver.addresses(host) or (host,):
                if await _takes_mail(address, port):
                    return ok(subject, "answers")
        except DnsTemporaryError:
            continue
    fix = f"Ask your provider to open port {port}, or send through outbound.smarthost"
    return problem(subject, "nobody answers", fix)


async def _hosts(config: Config, resolver: Resolver, domain: str) -> tuple[list[str], int]:
    """Where the first step of a notice goes: the smart host, or the hosts of the owner's domain."""
    if config.outbound.smarthost is not None:
        host, _, port = config.outbound.smarthost.rpartition(":")
        return [host.strip("[]")], int(port)
    found = sorted(await resolver.mx(domain), key=lambda one: one.preference)
    hosts = [one.host for one in found if one.host != "."] if found else [domain]
    return hosts, config.outbound.port


async def _takes_mail(address: str, port: int) -> bool:
    try:
        return bool(await _greeting(address, port, "smtp"))
    except (OSError, TimeoutError):
        return False
