"""SPF: may this address send mail for that domain (RFC 7208).

The whole evaluator with its limits: ten terms that ask DNS, two void look-ups, ten names for `mx` and
`ptr`. A hostile record costs at most that. Explanations (`exp=`) are checked for syntax, not fetched.
"""

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Final

from mailcore.address import Address
from mailcore.mailauth.spf_macros import MacroFacts, expand, needs_name
from mailcore.mailauth.spf_record import Mechanism, Record, RecordError, is_record, parse
from mailcore.net.dns import DnsTemporaryError, Resolver

MAX_TERMS: Final = 10
MAX_VOID_LOOKUPS: Final = 2
MAX_NAMES: Final = 10

_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)

type IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfResult:
    """`result` is one of RFC 7208 §2.6; `domain` is whose policy was asked."""

    result: str
    domain: str
    reason: str = ""


class _PermanentError(Exception):
    """The policy cannot be used; the text says why."""


async def check_host(
    *, ip: str, mail_from: Address | None, helo: str, resolver: Resolver
) -> SpfResult:
    """Evaluate the policy of the reverse-path, or of HELO for the null one (RFC 7208 §2.4).

    DNS trouble is `temperror`, a useless policy `permerror`. The caller sets a time limit. Safe to
    cancel.
    """
    domain = (mail_from.domain if mail_from is not None else helo).lower().rstrip(".")
    try:
        peer = _address(ip)
    except ValueError:
        return SpfResult(result="none", domain=domain, reason="the peer has no address")
    facts = MacroFacts(
        local=mail_from.local if mail_from is not None else "postmaster",
        sender_domain=domain,
        domain=domain,
        ip=peer,
        helo=helo,
    )
    try:
        result = await _Evaluation(resolver, facts).check(domain)
    except DnsTemporaryError:
        return SpfResult(result="temperror", domain=domain, reason="DNS does not answer")
    except _PermanentError as error:
        return SpfResult(result="permerror", domain=domain, reason=str(error))
    return SpfResult(result=result, domain=domain)


def _address(text: str) -> IpAddress:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_domain(name: str) -> bool:
    labels = name.split(".")
    return (
        len(labels) > 1
        and len(name) <= 253
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


class _Evaluation:
    """One `check_host` with what it has used up."""

    def __init__(self, resolver: Resolver, facts: MacroFacts) -> None:
        self._resolver = resolver
        self._facts = facts
        self._terms = 0
        self._voids = 0
        self._names: tuple[str, ...] | None = None

    async def check(self, domain: str) -> str:
        """The result for `domain`, its includes and redirects (RFC 7208 §4)."""
        record = await self._record(domain)
        if record is None:
            return "none"
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                return mechanism.result
        if not record.redirect:
            return "neutral"
        self._count_term()
        result = await self.check(await self._expand(record.redirect, domain))
        if result == "none":
            raise _PermanentError("redirect= leads to no policy")
        return result

    async def _record(self, domain: str) -> Record | None:
        if not _is_domain(domain):
            return None
        texts = [one for one in await self._resolver.txt(domain) if is_record(one)]
        if not texts:
            return None
        if len(texts) > 1:
            raise _PermanentError("there is more than one policy")
        try:
            return parse(texts[0])
        except RecordError as error:
            raise _PermanentError(str(error)) from error

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        match mechanism.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return mechanism.network is not None and self._facts.ip in mechanism.network
            case "include":
                return await self._includes(mechanism, domain)
            case "a":
                self._count_term()
                name = await self._target(mechanism, domain)
                found = await self._addresses(name)
                self._count_void(is_void=not found)
                return self._is_in(found, mechanism)
            case "mx":
                return await self._matches_mx(mechanism, domain)
            case "ptr":
                self._count_term()
                target = (await self._target(mechanism, domain)).lower()
                names = await self._validated_names()
                return any(one == target or one.endswith(f".{target}") for one in names)
            case _:
                self._count_term()
                found = await self._resolver.ipv4(await self._target(mechanism, domain))
                self._count_void(is_void=not found)
                return bool(found)

    async def _includes(self, mechanism: Mechanism, domain: str) -> bool:
        """RFC 7208 §5.2: only a pass in there is a match here."""
        self._count_term()
        result = await self.check(await self._target(mechanism, domain))
        if result == "none":
            raise _PermanentError("include: leads to no policy")
        return result == "pass"

    async def _matches_mx(self, mechanism: Mechanism, domain: str) -> bool:
        self._count_term()
        hosts = await self._resolver.mx(await self._target(mechanism, domain))
        self._count_void(is_void=not hosts)
        if len(hosts) > MAX_NAMES:
            raise _PermanentError(f"mx has more than {MAX_NAMES} hosts")
        for host in hosts:
            if self._is_in(await self._addresses(host.host), mechanism):
                return True
        return False

    async def _addresses(self, name: str) -> tuple[str, ...]:
        if self._facts.ip.version == 4:
            return await self._resolver.ipv4(name)
        return await self._resolver.ipv6(name)

    def _is_in(self, addresses: tuple[str, ...], mechanism: Mechanism) -> bool:
        length = mechanism.cidr4 if self._facts.ip.version == 4 else mechanism.cidr6
        return any(
            self._facts.ip in ipaddress.ip_network(f"{one}/{length}", strict=False)
            for one in addresses
        )

    async def _validated_names(self) -> tuple[str, ...]:
        """Names of the peer that lead back to it; trouble in DNS means none (RFC 7208 §5.5)."""
        if self._names is None:
            names: list[str] = []
            try:
                for name in (await self._resolver.ptr(str(self._facts.ip)))[:MAX_NAMES]:
                    try:
                        found = await self._addresses(name)
                    except DnsTemporaryError:
                        continue
                    if any(ipaddress.ip_address(one) == self._facts.ip for one in found):
                        names.append(name)
            except DnsTemporaryError:
                names.clear()
            self._names = tuple(names)
        return self._names

    async def _target(self, mechanism: Mechanism, domain: str) -> str:
        return await self._expand(mechanism.target, domain) if mechanism.target else domain

    async def _expand(self, text: str, domain: str) -> str:
        facts = replace(self._facts, domain=domain)
        if needs_name(text):
            names = await self._validated_names()
            own = [one for one in names if one == domain or one.endswith(f".{domain}")]
            facts = replace(facts, name=next(iter([*own, *names]), "unknown"))
        return expand(text, facts)

    def _count_term(self) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise _PermanentError(f"more than {MAX_TERMS} terms ask DNS")

    def _count_void(self, *, is_void: bool) -> None:
        self._voids += is_void
        if self._voids > MAX_VOID_LOOKUPS:
            raise _PermanentError(f"more than {MAX_VOID_LOOKUPS} look-ups found nothing")
