"""What TLS the mail hosts of a domain must have: asked before connecting, told afterwards what happened.

DANE comes before MTA-STS, host by host (RFC 8461 §2); without either TLS is opportunistic. The best level that was
reached on the way to a domain is remembered for `REMEMBER`: doing worse is noted, or not done, as
`outbound.tls_fall` says. Nothing here connects, and no failure of a policy leads to plain text.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.model import ReachedLevel, StsMode, StsPolicy, TlsLevel
from mailcore.net.dns import DnsTemporaryError, Resolver, TlsaRecord
from mailcore.outbound import dane, mtasts
from mailcore.outbound.host_tls import Finding, Handshake, HostTls, TlsMode
from mailcore.outbound.mtasts import MtaSts, StsAnswer
from mailcore.outbound.mx import Host
from mailcore.outbound.transfer import DeliveryResult
from mailcore.store.ports import TlsStore

_log = log.get(__name__)
REMEMBER: Final = timedelta(days=30)
_REFRESH: Final = timedelta(days=1)
_AUTHENTICATED: Final = (TlsLevel.MTA_STS, TlsLevel.DANE)
_SHOWN: Final = {TlsLevel.MTA_STS: "MTA-STS", TlsLevel.DANE: "DANE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPolicy:
    """A policy in the words of a report (RFC 8460 §4.4)."""

    kind: str
    """`tlsa`, `sts` or `no-policy-found`."""
    domain: str
    lines: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsResult:
    """One connection, or one policy that could not be had, and the policy it was under."""

    policy: FoundPolicy
    handshake: Handshake


type OnTlsResult = Callable[[str, TlsResult], None]
"""Called with the recipient's domain; must not wait or fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """The hosts of a domain with what TLS must be, and the policies that say so."""

    domain: str
    hosts: tuple[Host, ...]
    policies: dict[str, FoundPolicy]
    """By host."""
    sts: StsAnswer
    is_relaxed: bool = False


class TlsPolicies:
    """The TLS policies of other domains."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        sts: MtaSts,
        store: TlsStore,
        on_result: OnTlsResult,
        config: Config,
        clock: Clock,
    ) -> None:
        self._resolver = resolver
        self.sts = sts
        self._store = store
        self._on_result = on_result
        self._config = config
        self._clock = clock

    async def protect(
        self, domain: str, hosts: Sequence[Host], *, port: int, is_relaxed: bool = False
    ) -> Protected:
        """The hosts of a recipient's domain, each with what TLS with it must be.

        `is_relaxed` asks for no more than opportunistic TLS, for reports about TLS itself
        (RFC 8460 §3). Safe to cancel.
        """
        if is_relaxed or domain.startswith("["):
            plain = tuple(replace(one, tls=HostTls()) for one in hosts)
            return Protected(
                domain=domain, hosts=plain, policies={}, sts=StsAnswer(), is_relaxed=is_relaxed
            )
        is_secure = await self._is_mx_secure(domain)
        sts = await self.sts.of(domain)
        best = await self._best(domain)
        found: list[Host] = []
        policies: dict[str, FoundPolicy] = {}
        for host in hosts:
            tls, policy = await self._of(domain, host.name, port, sts.policy, is_secure=is_secure)
            found.append(replace(host, tls=self._not_below(tls, best, domain)))
            policies[host.name] = policy
        return Protected(domain=domain, hosts=tuple(found), policies=policies, sts=sts)

    def note(self, protected: Protected, result: DeliveryResult) -> None:
        """Take note of how the connections went, for reports."""
        if protected.is_relaxed:
            return
        domain = protected.domain
        if (error := protected.sts.error) is not None:
            missing = FoundPolicy(kind="sts", domain=domain)
            failed = Handshake(host="", address="", finding=error.finding, reason=error.reason)
            self._on_result(domain, TlsResult(policy=missing, handshake=failed))
        nothing = FoundPolicy(kind="no-policy-found", domain=domain)
        for one in _sessions(result.handshakes, protected.sts.policy):
            policy = protected.policies.get(one.host, nothing)
            self._on_result(domain, TlsResult(policy=policy, handshake=one))

    async def remember(self, protected: Protected, result: DeliveryResult) -> None:
        """Remember how well what was taken was protected."""
        taken = {one.tls_level for one in result.replies if 200 <= one.code < 300}
        levels = taken - {TlsLevel.NONE}
        if levels and not protected.is_relaxed:
            await self._reached(protected.domain, min(levels, key=lambda one: one.rank))

    async def _reached(self, domain: str, level: TlsLevel) -> None:
        now = self._clock.now()
        best = await self._best(domain)
        if best is not None and level.rank < best.level.rank:
            _log.warning("tls.fell", domain=domain, level=level.value, best=best.level.value)
            return
        if best is None or level is not best.level or now - best.seen_at > _REFRESH:
            await self._store.keep_tls_level(domain, ReachedLevel(level=level, seen_at=now))

    async def _best(self, domain: str) -> ReachedLevel | None:
        best = await self._store.tls_level(domain)
        if best is None or self._clock.now() - best.seen_at > REMEMBER:
            return None
        return best

    async def _is_mx_secure(self, domain: str) -> bool:
        try:
            return await self._resolver.is_mx_secure(domain)
        except DnsTemporaryError:
            return False

    async def _of(
        self, domain: str, host: str, port: int, sts: StsPolicy | None, *, is_secure: bool
    ) -> tuple[HostTls, FoundPolicy]:
        if is_secure:
            try:
                records = await self._resolver.tlsa(host, port)
            except DnsTemporaryError:
                refusal = "whether it has TLSA records cannot be looked up now"
                tls = HostTls(refusal=refusal, refused_for=Finding.BAD_DNSSEC, is_proven=True)
                return tls, FoundPolicy(kind="tlsa", domain=host, hosts=(host,))
            if records:
                lines = tuple(
                    f"{one.usage} {one.selector} {one.matching} {one.value.hex()}"
                    for one in records
                )
                policy = FoundPolicy(kind="tlsa", domain=host, lines=lines, hosts=(host,))
                return self._by_dane(domain, host, dane.usable(records)), policy
        if sts is not None and sts.mode is not StsMode.NONE:
            return _by_sts(sts, host, is_secure=is_secure), _found(sts)
        return HostTls(is_proven=is_secure), FoundPolicy(kind="no-policy-found", domain=domain)

    @staticmethod
    def _by_dane(domain: str, host: str, records: tuple[TlsaRecord, ...]) -> HostTls:
        """Without a usable record TLS is still mandatory, with any certificate (RFC 7672 §2.2)."""
        if not records:
            _log.info("dane.unusable", domain=domain, host=host, sees_chains=dane.SEES_CHAINS)
        return HostTls(
            mode=TlsMode.REQUIRED,
            level=TlsLevel.DANE if records else TlsLevel.OPPORTUNISTIC,
            tlsa=records,
            names=(host, domain),
            demanded_by=f"DANE for {host}",
            is_proven=True,
        )

    def _not_below(self, tls: HostTls, best: ReachedLevel | None, domain: str) -> HostTls:
        """No worse than what was reached before, where that is wished."""
        if best is None or self._config.outbound.tls_fall == "note" or tls.refusal:
            return tls
        if best.level in _AUTHENTICATED and tls.level not in _AUTHENTICATED:
            day = f"{best.seen_at:%Y-%m-%d}"
            return replace(
                tls, refusal=f"{domain} had {_SHOWN[best.level]} on {day} and has none now"
            )
        if best.level.rank >= TlsLevel.OPPORTUNISTIC.rank and tls.mode is TlsMode.OPPORTUNISTIC:
            demand = f"outbound.tls_fall, as {domain} had TLS before,"
            return replace(tls, mode=TlsMode.REQUIRED, demanded_by=demand)
        return tls


def _sessions(handshakes: Sequence[Handshake], sts: StsPolicy | None) -> Iterator[Handshake]:
    """One outcome for each address: what worked after a failure is no success for a report."""
    failed: set[tuple[str, str]] = set()
    for one in handshakes:
        is_named = sts is None or sts.mode is StsMode.NONE or mtasts.allows(sts, one.host)
        if one.finding is not Finding.SUCCESS:
            failed.add((one.host, one.address))
        elif (one.host, one.address) in failed:
            continue
        if one.finding is Finding.SUCCESS and one.level is not TlsLevel.DANE and not is_named:
            reason = "the policy does not name the host"
            yield replace(one, finding=Finding.INVALID, reason=reason)
        else:
            yield one


def _by_sts(policy: StsPolicy, host: str, *, is_secure: bool) -> HostTls:
    is_enforced = policy.mode is StsMode.ENFORCE
    if not mtasts.allows(policy, host):
        refusal = f"the MTA-STS policy of {policy.domain} does not name it" if is_enforced else ""
        return HostTls(refusal=refusal, is_proven=is_secure)
    return HostTls(
        mode=TlsMode.VERIFIED if is_enforced else TlsMode.OPPORTUNISTIC,
        level=TlsLevel.MTA_STS if is_enforced else TlsLevel.VERIFIED,
        demanded_by=f"the MTA-STS policy of {policy.domain}" if is_enforced else "",
        is_testing=not is_enforced,
        is_proven=True,
    )


def _found(policy: StsPolicy) -> FoundPolicy:
    seconds = int((policy.expires_at - policy.fetched_at).total_seconds())
    lines = ("version: STSv1", f"mode: {policy.mode.value}", *(f"mx: {one}" for one in policy.mx))
    return FoundPolicy(
        kind="sts",
        domain=policy.domain,
        lines=(*lines, f"max_age: {seconds}"),
        hosts=policy.mx,
    )
