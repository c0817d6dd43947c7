"""Everything mail authentication says about one message, as one `AuthReport`.

SPF and DKIM run side by side, DMARC follows from them; each has a time limit, and trouble is a
result (`temperror`), never an exception. `is_aligned` is the proof an approval by mail rests on, so
it is false whenever the header leaves room for a second reading.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mailcore.address import Address, parse_domain
from mailcore.clock import Clock, SystemClock
from mailcore.errors import MailError
from mailcore.mailauth.arc import CHAIN_FIELDS, ArcResult, verify_chain, vouching
from mailcore.mailauth.dkim_verify import DkimResult, verify
from mailcore.mailauth.dmarc import DmarcResult, evaluate
from mailcore.mailauth.results import header_value
from mailcore.mailauth.signature import DkimVerdict
from mailcore.mailauth.spf import SpfResult, check_host
from mailcore.message.headers import Headers
from mailcore.message.limits import parser_limits
from mailcore.model import AuthReport
from mailcore.net.dns import Resolver

TIMEOUT_SECONDS: Final = 20.0
SINGLE_FIELDS: Final = (
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
)
"""Fields a message has at most once (RFC 5322 §3.6, RFC 2045): a second one is somebody's addition."""
_WORST_FIRST: Final = (
    DkimVerdict.TEMPERROR,
    DkimVerdict.FAIL,
    DkimVerdict.PERMERROR,
    DkimVerdict.POLICY,
    DkimVerdict.NEUTRAL,
)


@dataclass(slots=True)
class _Found:
    """What the parallel checks leave behind."""

    spf: SpfResult = field(default_factory=lambda: SpfResult(result="temperror", domain=""))
    dkim: tuple[DkimResult, ...] | None = None
    arc: ArcResult = field(default_factory=lambda: ArcResult(result="temperror"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The report and what it was made of, for those who report to others."""

    report: AuthReport
    spf: SpfResult
    dkim: tuple[DkimResult, ...] = ()
    dmarc: DmarcResult | None = None


class Authenticator:
    """Checks arriving mail. `authserv_id` is our host name in the header (RFC 8601 §2.5)."""

    def __init__(
        self,
        resolver: Resolver,
        authserv_id: str,
        *,
        trusted_sealers: Collection[str] = (),
        clock: Clock | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._resolver = resolver
        self._authserv_id = authserv_id
        self._trusted_sealers = frozenset(trusted_sealers)
        self._clock = clock or SystemClock()
        self._timeout_seconds = timeout_seconds

    @property
    def authserv_id(self) -> str:
        """The name our results are written under."""
        return self._authserv_id

    async def check(
        self, raw: bytes, *, mail_from: Address | None, helo: str, peer_ip: str
    ) -> AuthReport:
        """The report of `examine`."""
        examined = await self.examine(raw, mail_from=mail_from, helo=helo, peer_ip=peer_ip)
        return examined.report

    async def examine(
        self, raw: bytes, *, mail_from: Address | None, helo: str, peer_ip: str
    ) -> Examined:
        """Judge the bytes as received; without `peer_ip` there is no SPF. Never raises for what they hold. Safe to cancel."""
        found = _Found()
        headers = Headers.read(raw)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._spf(found, mail_from, helo, peer_ip))
            group.create_task(self._dkim(found, raw))
            if any(headers.first(name) is not None for name in CHAIN_FIELDS):
                group.create_task(self._arc(found, raw))
            else:
                found.arc = ArcResult()
        from_domain = _author_domain(headers)
        dmarc = await self._dmarc(from_domain, found)
        dkim = found.dkim or ()
        report = AuthReport(
            spf=found.spf.result,
            spf_domain=found.spf.domain,
            dkim="temperror" if found.dkim is None else _summary(dkim),
            dkim_domains=_passed(dkim),
            dmarc="fail" if dmarc is None else dmarc.result,
            dmarc_policy="" if dmarc is None else dmarc.policy,
            dmarc_domain=from_domain,
            arc=found.arc.result,
            arc_sealers=tuple(one.domain for one in found.arc.seals),
            vouched_by=vouching(found.arc, self._trusted_sealers, from_domain),
            is_aligned=dmarc is not None and dmarc.aligned_dkim and _is_unambiguous(headers, raw),
            signed_fields=_signed_fields(dkim, from_domain),
            failures=tuple(_failures(headers, found)),
        )
        return Examined(report=report, spf=found.spf, dkim=dkim, dmarc=dmarc)

    def header(self, report: AuthReport) -> str:
        """The value of our Authentication-Results field."""
        return header_value(report, self._authserv_id)

    async def _spf(self, found: _Found, mail_from: Address | None, helo: str, peer_ip: str) -> None:
        domain = mail_from.domain if mail_from is not None else helo
        if not peer_ip:
            found.spf = SpfResult(result="none", domain=domain)
            return
        found.spf = SpfResult(result="temperror", domain=domain)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found.spf = await check_host(
                    ip=peer_ip, mail_from=mail_from, helo=helo, resolver=self._resolver
                )
        except TimeoutError:
            return

    async def _dkim(self, found: _Found, raw: bytes) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found.dkim = await verify(raw, self._resolver, clock=self._clock)
        except TimeoutError:
            return

    async def _arc(self, found: _Found, raw: bytes) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                found.arc = await verify_chain(raw, self._resolver, clock=self._clock)
        except TimeoutError:
            return

    async def _dmarc(self, from_domain: str, found: _Found) -> DmarcResult | None:
        """None when From names no one domain: nothing can align with that."""
        if not from_domain:
            return None
        passed = _passed(found.dkim or ())
        spf_domain = found.spf.domain if found.spf.result == "pass" else None
        try:
            async with asyncio.timeout(self._timeout_seconds):
                result = await evaluate(
                    from_domain=from_domain,
                    dkim_domains=passed,
                    spf_domain=spf_domain,
                    resolver=self._resolver,
                )
                return _unless_unsure(result, found)
        except TimeoutError:
            return DmarcResult(
                result="temperror",
                policy="",
                domain=from_domain,
                org_domain=from_domain,
                aligned_dkim=from_domain in passed,
                aligned_spf=from_domain == spf_domain,
            )


def _unless_unsure(dmarc: DmarcResult, found: _Found) -> DmarcResult:
    """A failure that may come from trouble in DNS is none, where it would have consequences."""
    is_unsure = (
        found.dkim is None
        or found.spf.result == "temperror"
        or any(one.result is DkimVerdict.TEMPERROR for one in found.dkim)
    )
    if dmarc.result == "fail" and dmarc.policy != "none" and is_unsure:
        return replace(dmarc, result="temperror")
    return dmarc


def _author_domain(headers: Headers) -> str:
    """The domain of the one mailbox of the one From field, else empty (RFC 9989 §4.2)."""
    if len(headers.raw_all("From")) != 1:
        return ""
    mailboxes = headers.mailboxes("From")
    if len(mailboxes) != 1:
        return ""
    try:
        return parse_domain(mailboxes[0].address.rpartition("@")[2])
    except MailError:
        return ""


def _is_unambiguous(headers: Headers, raw: bytes) -> bool:
    """Whether all of the header was read and nothing stands in it twice."""
    limits = parser_limits()
    return (
        headers.body_start <= limits.header_octets
        and len(headers.fields) < limits.header_fields
        and all(len(headers.raw_all(name)) <= 1 for name in SINGLE_FIELDS)
        and raw[:1] not in (b" ", b"\t")
    )


def _passed(results: Sequence[DkimResult]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            one.domain for one in results if one.result is DkimVerdict.PASS and not one.is_partial
        )
    )


def _signed_fields(results: Sequence[DkimResult], from_domain: str) -> tuple[str, ...]:
    """What good signatures of the author's domain, or one above or below it, cover."""
    names = {
        name
        for one in results
        if one.result is DkimVerdict.PASS
        and not one.is_partial
        and (
            f".{one.domain}".endswith(f".{from_domain}")
            or f".{from_domain}".endswith(f".{one.domain}")
        )
        for name in one.fields
    }
    return tuple(sorted(names))


def _summary(results: Sequence[DkimResult]) -> str:
    """One word for all signatures: the best if one passed, else the worst; `none` without any."""
    if _passed(results):
        return DkimVerdict.PASS.value
    if not results:
        return "none"
    verdicts = {one.result for one in results}
    return next((one.value for one in _WORST_FIRST if one in verdicts), DkimVerdict.POLICY.value)


def _failures(headers: Headers, found: _Found) -> list[str]:
    """One line for everything that did not pass, for people and for the guard."""
    lines: list[str] = []
    if found.dkim is None:
        lines.append("dkim temperror: no answer in time")
    for one in found.dkim or ():
        if one.result is not DkimVerdict.PASS:
            lines.append(f"dkim {one.domain or '?'} {one.result.value}: {one.reason}")
        elif one.is_partial:
            lines.append(f"dkim {one.domain} policy: a part of the body is not signed")
    if found.spf.result not in ("pass", "none"):
        lines.append(f"spf {found.spf.domain} {found.spf.result}: {found.spf.reason}".rstrip(": "))
    if found.arc.reason:
        lines.append(f"arc {found.arc.result}: {found.arc.reason}")
    if not _author_domain(headers):
        lines.append("dmarc fail: From does not name exactly one author")
    lines.extend(
        f"header: more than one {name}" for name in SINGLE_FIELDS if len(headers.raw_all(name)) > 1
    )
    return lines
