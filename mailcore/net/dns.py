"""DNS questions of a mail server, and the only file that imports dnspython for asking them.

An answer is a tuple, empty when the name or the type does not exist; trouble that may pass (time-out,
SERVFAIL, no server) raises `DnsTemporaryError`. Nothing else is ever raised, whatever the name looks
like: a name that cannot exist has no records. Answers are cached for their TTL, missing ones as long as
the SOA record that comes with them says (RFC 2308 §5).

Nothing is validated here. What the name server says it validated (the AD bit, RFC 6840 §5.8) counts
where the way to it is trusted: on loopback, or where the configuration says so.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, override

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.PTR import PTR
from dns.rdtypes.ANY.TLSA import TLSA
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

CACHED_ANSWERS: Final = 10_000
_EDNS_OCTETS: Final = 1232
_FORWARDER: Final = "127.0.0.11"
"""Docker's name server: it is on loopback and hands on what servers elsewhere say."""


class DnsTemporaryError(Exception):
    """The question could not be answered now; ask again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MxRecord:
    """One mail exchanger (RFC 5321 §5.1). `host` is `.` in a null MX (RFC 7505)."""

    preference: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SrvRecord:
    """Where a service is (RFC 2782). `host` is `.` when there is none."""

    priority: int
    weight: int
    port: int
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsaRecord:
    """What the certificate of a service must be (RFC 6698 §2.1)."""

    usage: int
    selector: int
    matching: int
    value: bytes


class _Cache(dns.resolver.LRUCache):
    """Without an SOA record the library would remember for 68 years that there is nothing."""

    @override
    def put(self, key: dns.resolver.CacheKey, value: dns.resolver.Answer) -> None:
        authority = value.response.authority
        if value.rrset is not None or any(one.rdtype == dns.rdatatype.SOA for one in authority):
            super().put(key, value)


class Resolver:
    """Asks one name server, `ADDRESS:PORT`, or those of the system.

    `trusts_ad` says whether its word about DNSSEC counts; unset when it is on loopback. Every method
    is safe to cancel.
    """

    def __init__(
        self,
        nameserver: str | None = None,
        *,
        timeout_seconds: float = 5.0,
        cache_size: int = CACHED_ANSWERS,
        trusts_ad: bool | None = None,
    ) -> None:
        self._resolver = _build(nameserver)
        self._trusts_ad = self._is_local() if trusts_ad is None else trusts_ad
        self._resolver.flags = dns.flags.RD | dns.flags.AD
        self._resolver.lifetime = timeout_seconds
        self._resolver.timeout = min(2.0, timeout_seconds)
        self._resolver.use_edns(0, 0, _EDNS_OCTETS)
        if cache_size > 0:
            self._resolver.cache = _Cache(cache_size)

    async def txt(self, name: str) -> tuple[bytes, ...]:
        """The TXT records, the strings of each joined (RFC 7208 §3.3, RFC 6376 §3.6.2.2)."""
        records = await self._ask(name, dns.rdatatype.TXT)
        return tuple(b"".join(one.strings) for one in records if isinstance(one, TXT))

    async def mx(self, name: str) -> tuple[MxRecord, ...]:
        """The MX records in the order of the answer, host names in lower case without final dot."""
        records = await self._ask(name, dns.rdatatype.MX)
        return tuple(
            MxRecord(preference=one.preference, host=_text(one.exchange))
            for one in records
            if isinstance(one, MX)
        )

    async def srv(self, name: str) -> tuple[SrvRecord, ...]:
        """The SRV records in the order of the answer (RFC 2782)."""
        records = await self._ask(name, dns.rdatatype.SRV)
        return tuple(
            SrvRecord(
                priority=one.priority, weight=one.weight, port=one.port, host=_text(one.target)
            )
            for one in records
            if isinstance(one, SRV)
        )

    async def cname(self, name: str) -> str:
        """The name that stands for this one, in lower case without final dot; empty without one."""
        records = await self._ask(name, dns.rdatatype.CNAME)
        return next((_text(one.target) for one in records if isinstance(one, CNAME)), "")

    async def ipv4(self, host: str) -> tuple[str, ...]:
        """The A records."""
        records = await self._ask(host, dns.rdatatype.A)
        return tuple(one.address for one in records if isinstance(one, A))

    async def ipv6(self, host: str) -> tuple[str, ...]:
        """The AAAA records."""
        records = await self._ask(host, dns.rdatatype.AAAA)
        return tuple(one.address for one in records if isinstance(one, AAAA))

    async def addresses(self, host: str) -> tuple[str, ...]:
        """The A and then the AAAA records; an error in one is overlooked when the other answers."""
        found: list[str] = []
        trouble: DnsTemporaryError | None = None
        for ask in (self.ipv4, self.ipv6):
            try:
                found.extend(await ask(host))
            except DnsTemporaryError as error:
                trouble = error
        if not found and trouble is not None:
            raise trouble
        return tuple(found)

    async def ptr(self, address: str) -> tuple[str, ...]:
        """The names of an address (RFC 1035 §3.5)."""
        try:
            name = dns.reversename.from_address(address)
        except (dns.exception.SyntaxError, ValueError):
            return ()
        records = await self._ask(name, dns.rdatatype.PTR)
        return tuple(_text(one.target) for one in records if isinstance(one, PTR))

    async def exists(self, name: str) -> bool:
        """Whether the name has an A, AAAA or MX record (RFC 9989, non-existent domain)."""
        return bool(await self.mx(name) or await self.ipv4(name) or await self.ipv6(name))

    async def is_mx_secure(self, name: str) -> bool:
        """Whether DNSSEC vouches for the MX records, or that there are none."""
        return self._is_secure(await self._answer(name, dns.rdatatype.MX))

    async def tlsa(self, host: str, port: int) -> tuple[TlsaRecord, ...]:
        """The TLSA records of a host, when DNSSEC vouches for them and its addresses; else none.

        An alias is followed first (RFC 7672 §2.2.2).
        """
        if not self._trusts_ad:
            return ()
        found = [await self._answer(host, one) for one in (dns.rdatatype.A, dns.rdatatype.AAAA)]
        secure = [one for one in found if one is not None and self._is_secure(one)]
        if not secure:
            return ()
        alias = _text(secure[0].canonical_name)
        for base in dict.fromkeys((alias, host)):
            answer = await self._answer(f"_{port}._tcp.{base}", dns.rdatatype.TLSA)
            if answer is None or answer.rrset is None or not self._is_secure(answer):
                continue
            return tuple(
                TlsaRecord(
                    usage=one.usage, selector=one.selector, matching=one.mtype, value=one.cert
                )
                for one in answer.rrset
                if isinstance(one, TLSA)
            )
        return ()

    async def _ask(
        self, name: str | dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> Sequence[dns.rdata.Rdata]:
        answer = await self._answer(name, kind)
        return tuple(answer.rrset) if answer is not None and answer.rrset is not None else ()

    async def _answer(
        self, name: str | dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dns.resolver.Answer | None:
        try:
            where = _name(name) if isinstance(name, str) else name
        except (dns.exception.DNSException, UnicodeError, ValueError):
            return None
        known = self._known(where, kind)
        if known is not None:
            return known if known.response.rcode() is not dns.rcode.NXDOMAIN else None
        try:
            return await self._resolver.resolve(where, kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return None
        except (dns.exception.DNSException, OSError, EOFError) as error:
            raise DnsTemporaryError(f"{where} {kind.name}: {type(error).__name__}") from error

    def _known(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> dns.resolver.Answer | None:
        """What the cache has: the library's own way to it costs more than all the rest of a question."""
        cache = self._resolver.cache
        if cache is None or not name.is_absolute():
            return None
        found: dns.resolver.Answer | None = cache.get((name, kind, dns.rdataclass.IN))
        if found is not None:
            return found
        nothing: dns.resolver.Answer | None = cache.get(
            (name, dns.rdatatype.ANY, dns.rdataclass.IN)
        )
        is_certain = nothing is not None and nothing.response.rcode() is dns.rcode.NXDOMAIN
        return nothing if is_certain else None

    def _is_secure(self, answer: dns.resolver.Answer | None) -> bool:
        return self._trusts_ad and answer is not None and bool(answer.response.flags & dns.flags.AD)

    def _is_local(self) -> bool:
        servers = self._resolver.nameservers
        return bool(servers) and all(_is_loopback(str(one)) for one in servers)


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback and text != _FORWARDER
    except ValueError:
        return False


@lru_cache(maxsize=8192)
def _name(text: str) -> dns.name.Name:
    """A name as dnspython wants it; reading it costs more than finding its answer in the cache."""
    return dns.name.from_text(text)


def _build(nameserver: str | None) -> dns.asyncresolver.Resolver:
    if nameserver is None:
        try:
            return dns.asyncresolver.Resolver(configure=True)
        except dns.resolver.NoResolverConfiguration:
            nameserver = "127.0.0.1:53"
    resolver = dns.asyncresolver.Resolver(configure=False)
    host, _, port = nameserver.rpartition(":")
    resolver.nameservers = [host.strip("[]")]
    resolver.port = int(port)
    return resolver


def _text(name: dns.name.Name) -> str:
    return name.to_text().lower().rstrip(".") or "."
