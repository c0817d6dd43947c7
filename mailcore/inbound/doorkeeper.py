"""Whether a stranger's client may hand mail to a recipient now: block lists and greylisting.

Both are off until the operator asks for them. Block lists fail open: what cannot be asked in time
lists nobody. Mail for postmaster@ and abuse@ passes, so that a mistake can be told. Greylisting
remembers pairs of network and envelope, hashed, in the store.
"""

import asyncio
import hashlib
from datetime import timedelta
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

from mailcore import log
from mailcore.address import Address
from mailcore.clients import read_ip
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError, denied
from mailcore.metrics import Metrics
from mailcore.net.dns import DnsTemporaryError, Resolver
from mailcore.store.ports import GreylistStore

ASK_SECONDS: Final = 3.0
"""How long all block lists together may take to answer."""
FORGET_AFTER: Final = timedelta(days=2)
"""How long a pair is remembered that did not come back."""
KEEP_FOR: Final = timedelta(days=35)
"""How long one that came back need not wait again, counted from its last mail."""
_NEVER_REFUSED: Final = frozenset({"postmaster", "abuse"})
_ANSWERS: Final = ip_network("127.0.0.0/8")
_ERRORS: Final = ip_network("127.255.255.0/24")
"""Answers that say that the question was not welcome, not that the address is listed."""

_log = log.get(__name__)


class Doorkeeper:
    """Asked at RCPT, after it is known that the recipient is ours."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        store: GreylistStore,
        config: Config,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._resolver = resolver
        self._store = store
        self._zones = config.inbound.dnsbl
        self._wait = timedelta(seconds=config.inbound.greylist_seconds)
        self._is_greylisting = config.inbound.greylist
        self._metrics = metrics
        self._clock = clock

    async def admit(
        self, ip: str, mail_from: Address | None, recipient: Address, *, is_known: bool
    ) -> None:
        """Raises DENIED `listed` or OVER_LIMIT `greylisted`. `is_known`: its mail was taken before."""
        if recipient.base.local.lower() in _NEVER_REFUSED:
            return
        zone = await self.listed(ip)
        if zone:
            self._metrics.turned_away.labels("listed").inc()
            raise denied(
                f"mail from {ip} is not taken because it is listed by {zone}",
                code="listed",
                fix=f"See the site of {zone}",
            )
        if self._is_greylisting and not is_known:
            await self._greylist(ip, mail_from, recipient)

    async def listed(self, ip: str) -> str:
        """The first block list that has the address; empty when none has, or none answers in time."""
        question = _reversed(ip) if self._zones else ""
        if not question:
            return ""
        found: set[str] = set()
        try:
            async with asyncio.timeout(ASK_SECONDS), asyncio.TaskGroup() as group:
                for zone in self._zones:
                    group.create_task(self._ask(question, zone, found))
        except TimeoutError:
            _log.warning("dnsbl.timeout", peer=ip)
        return next((zone for zone in self._zones if zone in found), "")

    async def _ask(self, question: str, zone: str, found: set[str]) -> None:
        try:
            answers = await self._resolver.ipv4(f"{question}.{zone}")
        except DnsTemporaryError as error:
            _log.info("dnsbl.failed", zone=zone, reason=str(error))
            return
        if any(_says_listed(one) for one in answers):
            found.add(zone)

    async def _greylist(self, ip: str, mail_from: Address | None, recipient: Address) -> None:
        now = self._clock.now()
        pair = _pair(ip, mail_from, recipient)
        first_at = await self._store.greylist(pair, now, now - self._wait)
        if first_at is None:
            return
        wait = max(1, int((first_at + self._wait - now).total_seconds()))
        self._metrics.turned_away.labels("greylisted").inc()
        raise MailError(
            ErrorKind.OVER_LIMIT,
            "mail of new senders is taken at the second try",
            code="greylisted",
            fix=f"Try again in {wait} seconds",
            retry_after_seconds=wait,
        )

    async def forget(self) -> int:
        """Drop the pairs that nobody asked about for long; a periodic job."""
        now = self._clock.now()
        return await self._store.forget_greylist(now - FORGET_AFTER, now - KEEP_FOR)


def _reversed(ip: str) -> str:
    """The address as a block list is asked for it (RFC 5782 §2.1, §2.4)."""
    address = read_ip(ip)
    if address is None:
        return ""
    name = address.reverse_pointer
    return name.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def _says_listed(answer: str) -> bool:
    address = ip_address(answer)
    return isinstance(address, IPv4Address) and address in _ANSWERS and address not in _ERRORS


def _pair(ip: str, mail_from: Address | None, recipient: Address) -> bytes:
    """What a sender that tries again is known by: senders use neighbors for the second try."""
    address = read_ip(ip)
    size = 24 if isinstance(address, IPv4Address) else 64
    network = ip_network((address, size), strict=False) if address else ip
    text = f"{network}\0{mail_from.folded if mail_from else ''}\0{recipient.base.folded}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=20).digest()
