"""The world that `bench --checks` is measured in: a domain that signs its mail, and its name server.

The name server runs in a thread of its own and answers are good for an hour, as those of busy senders
are in practice: what is measured is the checking, not the asking.
"""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailcore.bench.samples import message
from mailcore.clock import SystemClock
from mailcore.demo.zone import Zone
from mailcore.mailauth.dkim import SigningKey, sign
from mailcore.mailauth.keys import (
    algorithm_of,
    dns_record,
    generate_rsa,
    load_private,
    public_base64,
)

SENDER_DOMAIN: Final = "remote.example"
_SELECTOR: Final = "bench"
_TTL_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A sender that passes every check."""

    nameserver: str
    key: SigningKey

    def letter(self, number: int, size: int, *, salt: str = "") -> bytes:
        """A message of about `size` octets behind its signature (RSA-2048)."""
        raw = message(number, size, salt=salt)
        at = SystemClock().now()
        return sign(raw, domain=SENDER_DOMAIN, keys=[self.key], signed_at=at) + raw


@contextlib.contextmanager
def signing_world() -> Iterator[World]:
    """The world for the length of a block."""
    key = load_private(generate_rsa()[0])
    zone = Zone(ttl_seconds=_TTL_SECONDS)
    record = dns_record(public_base64(key), algorithm_of(key))
    zone.add(f"{_SELECTOR}._domainkey.{SENDER_DOMAIN}", "TXT", record)
    zone.add(f"_dmarc.{SENDER_DOMAIN}", "TXT", "v=DMARC1; p=reject")
    zone.add(SENDER_DOMAIN, "TXT", "v=spf1 ip4:127.0.0.1 -all")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bench-dns", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(zone.start(), loop).result()
        yield World(nameserver=zone.nameserver, key=SigningKey(selector=_SELECTOR, key=key))
    finally:
        asyncio.run_coroutine_threadsafe(zone.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
