"""Where mail for a domain goes (RFC 5321 §5.1): a route or the reason there is none, as values."""

import asyncio
import ipaddress
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from mailcore.net.dns import DnsTemporaryError, MxRecord, Resolver
from mailcore.outbound.host_tls import ANY_HOST, HostTls

MAX_HOSTS: Final = 10
MAX_ADDRESSES: Final = 8
"""Addresses kept for one host."""

type Shuffle = Callable[[Sequence[MxRecord]], Sequence[MxRecord]]
"""Orders the records of one preference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A mail host: the name to check certificates against, and addresses to try in order."""

    name: str
    addresses: tuple[str, ...]
    tls: HostTls = ANY_HOST
    """What TLS with it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The hosts to try in order; at least one, each with at least one address."""

    hosts: tuple[Host, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoute:
    """Why there is no host, in the form of a reply."""

    code: int
    enhanced_code: str
    reply: str

    @property
    def is_permanent(self) -> bool:
        """Whether trying again is of no use."""
        return self.code >= 500


def shuffled_by(seed: str) -> Shuffle:
    """An order that depends on `seed` alone and spreads load over hosts of equal preference."""

    def order(records: Sequence[MxRecord]) -> Sequence[MxRecord]:
        return sorted(
            records, key=lambda one: blake2b(f"{seed}/{one.host}".encode(), digest_size=8).digest()
        )

    return order


async def resolve(
    domain: str,
    resolver: Resolver,
    *,
    own_names: Collection[str] = (),
    shuffle: Shuffle | None = None,
) -> Route | NoRoute:
    """The route to a domain, an address literal, or a smart host's name without MX.

    `own_names` are ours: hosts at or behind the preference of one of them are not tried, mail must not
    run in circles. Safe to cancel; the resolver's time-out bounds each question.
    """
    if domain.startswith("["):
        return _literal(domain)
    try:
        records = await resolver.mx(domain)
    except DnsTemporaryError:
        return _temporary(f"the mail hosts of {domain} cannot be looked up now")
    if not records:
        return await _implicit(domain, resolver)
    if all(one.host == "." for one in records):
        return NoRoute(code=556, enhanced_code="5.1.10", reply=f"{domain} accepts no mail")
    usable = _before_us(records, own_names)
    if not usable:
        return NoRoute(
            code=554, enhanced_code="5.4.6", reply=f"mail for {domain} would come back to us"
        )
    return await _hosts(domain, _ordered(usable, shuffle)[:MAX_HOSTS], resolver)


async def direct(name: str, resolver: Resolver) -> Route | NoRoute:
    """The route to one host by its name or address, MX records aside: a smart host."""
    bare = name.strip("[]")
    if _is_address(bare):
        return Route(hosts=(Host(name=bare, addresses=(bare,)),))
    return await _implicit(name, resolver)


def _literal(domain: str) -> Route | NoRoute:
    """RFC 5321 §4.1.3."""
    address = domain.strip("[]").removeprefix("IPv6:")
    if not _is_address(address):
        return NoRoute(code=550, enhanced_code="5.1.2", reply=f"{domain} is no address")
    return Route(hosts=(Host(name=address, addresses=(address,)),))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


async def _implicit(domain: str, resolver: Resolver) -> Route | NoRoute:
    """Without MX records the domain is its own host."""
    try:
        addresses = await resolver.addresses(domain)
    except DnsTemporaryError:
        return _temporary(f"{domain} cannot be looked up now")
    if not addresses:
        return NoRoute(code=550, enhanced_code="5.1.2", reply=f"{domain} has no mail host")
    return Route(hosts=(Host(name=domain, addresses=addresses[:MAX_ADDRESSES]),))


def _before_us(records: Sequence[MxRecord], own_names: Collection[str]) -> list[MxRecord]:
    real = [one for one in records if one.host != "."]
    ours = [one.preference for one in real if one.host in own_names]
    return [one for one in real if not ours or one.preference < min(ours)]


def _ordered(records: Sequence[MxRecord], shuffle: Shuffle | None) -> list[MxRecord]:
    by_preference: dict[int, list[MxRecord]] = {}
    for one in dict.fromkeys(records):
        by_preference.setdefault(one.preference, []).append(one)
    ordered: list[MxRecord] = []
    for _, equal in sorted(by_preference.items()):
        ordered.extend(shuffle(equal) if shuffle is not None else equal)
    return ordered


async def _hosts(domain: str, records: Sequence[MxRecord], resolver: Resolver) -> Route | NoRoute:
    found: dict[str, tuple[str, ...] | None] = {}

    async def look_up(name: str) -> None:
        try:
            found[name] = await resolver.addresses(name)
        except DnsTemporaryError:
            found[name] = None

    names = list(dict.fromkeys(one.host for one in records))
    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(look_up(name))
    hosts = tuple(
        Host(name=name, addresses=addresses[:MAX_ADDRESSES])
        for name in names
        if (addresses := found[name])
    )
    if hosts:
        return Route(hosts=hosts)
    if None in found.values():
        return _temporary(f"the mail hosts of {domain} cannot be looked up now")
    return NoRoute(
        code=550, enhanced_code="5.4.4", reply=f"no mail host of {domain} has an address"
    )


def _temporary(reply: str) -> NoRoute:
    return NoRoute(code=451, enhanced_code="4.4.3", reply=reply)
