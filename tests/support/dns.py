"""A zone that is served for the length of a test, and a resolver that asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailcore.demo.zone import Zone
from mailcore.net.dns import Resolver


def resolver_of(zone: Zone, *, timeout_seconds: float = 3.0, cache_size: int = 0) -> Resolver:
    return Resolver(zone.nameserver, timeout_seconds=timeout_seconds, cache_size=cache_size)


@asynccontextmanager
async def serving(*records: tuple[str, str, str], ttl_seconds: int = 0) -> AsyncIterator[Zone]:
    """A started zone holding `(name, type, value)` records."""
    zone = Zone(ttl_seconds=ttl_seconds)
    for name, kind, value in records:
        zone.add(name, kind, value)
    await zone.start()
    try:
        yield zone
    finally:
        await zone.stop()


@asynccontextmanager
async def asking(*records: tuple[str, str, str]) -> AsyncIterator[Resolver]:
    """A resolver over a zone holding the records."""
    async with serving(*records) as zone:
        yield resolver_of(zone)
