"""MTA-STS policies of other domains: found, fetched, kept and renewed (RFC 8461).

A policy in the store holds until it expires, whatever becomes of its record or its web server
meanwhile (§3.3): who can block those must not be able to turn TLS off. Failed fetches are repeated after
`RETRY_SECONDS` at the earliest.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from mailcore import log
from mailcore.clock import Clock
from mailcore.model import StsMode, StsPolicy
from mailcore.net.dns import DnsTemporaryError, Resolver
from mailcore.net.fetch import FetchCertificateError, Fetched, Fetcher, FetchError
from mailcore.outbound.host_tls import Finding
from mailcore.store.ports import TlsStore

_log = log.get(__name__)
MAX_AGE_SECONDS: Final = 31_557_600
"""§3.2: a year."""
MAX_POLICY_BYTES: Final = 64 * 1024
MAX_MX: Final = 100
RETRY_SECONDS: Final = 300.0
RENEW_AFTER: Final = timedelta(days=1)
_RENEWED_AT_ONCE: Final = 500
_REMEMBERED_FAILURES: Final = 1000
_ID = re.compile(r"[A-Za-z0-9]{1,32}", re.ASCII)
_NAME = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9][a-z0-9-]{0,62}", re.ASCII
)


class PolicyError(Exception):
    """There is no policy to be had; `finding` is the word for it in reports."""

    def __init__(self, finding: Finding, reason: str) -> None:
        super().__init__(reason)
        self.finding = finding
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StsAnswer:
    """The policy that holds for a domain now, and what went wrong on the way to a newer one."""

    policy: StsPolicy | None = None
    error: PolicyError | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    policy_id: str
    until: float
    error: PolicyError


def record_id(texts: tuple[bytes, ...]) -> str:
    """The id in the `_mta-sts` TXT records; empty unless exactly one is a record of ours (§3.1)."""
    found = [text for text in texts if re.match(rb"v=STSv1[ \t]*;", text)]
    if len(found) != 1:
        return ""
    for field in found[0].decode("latin-1").split(";")[1:]:
        name, _, value = field.partition("=")
        if name.strip() == "id":
            value = value.strip()
            return value if _ID.fullmatch(value) else ""
    return ""


def parse_policy(domain: str, policy_id: str, body: bytes, now: datetime) -> StsPolicy:
    """A policy file (§3.2). Raises PolicyError for what is none."""
    fields: dict[str, str] = {}
    hosts: list[str] = []
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _invalid("it is no text") from error
    for line in re.split(r"\r?\n", text):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise _invalid("a line has no colon")
        name, value = name.strip(), value.strip()
        if name == "mx":
            hosts.append(value.lower().rstrip("."))
        else:
            fields.setdefault(name, value)
    if fields.get("version") != "STSv1":
        raise _invalid("its version is not STSv1")
    mode = fields.get("mode", "")
    if mode not in tuple(StsMode):
        raise _invalid("its mode is not known")
    age = fields.get("max_age", "")
    if not (age.isascii() and age.isdigit() and len(age) <= 10):
        raise _invalid("its max_age is no number")
    if len(hosts) > MAX_MX or not all(_NAME.fullmatch(one) for one in hosts):
        raise _invalid("a name of a mail host in it is not valid")
    if not hosts and mode != StsMode.NONE:
        raise _invalid("it names no mail host")
    seconds = min(int(age), MAX_AGE_SECONDS)
    return StsPolicy(
        domain=domain,
        policy_id=policy_id,
        mode=StsMode(mode),
        mx=tuple(dict.fromkeys(hosts)),
        fetched_at=now,
        expires_at=now + timedelta(seconds=seconds),
    )


def allows(policy: StsPolicy, host: str) -> bool:
    """Whether a mail host is one of the policy; `*.` stands for exactly one label (§4.1)."""
    name = host.lower().rstrip(".")
    parent = name.partition(".")[2]
    return any(
        one[2:] == parent if one.startswith("*.") else one == name for one in policy.mx if parent
    )


class MtaSts:
    """The policies of other domains. Safe for many questions at once; a domain is asked once."""

    def __init__(
        self,
        *,
        store: TlsStore,
        resolver: Resolver,
        fetchers: Callable[[], Fetcher],
        clock: Clock,
        https_port: int = 443,
    ) -> None:
        self._store = store
        self._resolver = resolver
        self._fetchers = fetchers
        self._clock = clock
        self._https_port = https_port
        self._failures: dict[str, _Failure] = {}
        self._busy: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, domain: str) -> StsAnswer:
        """The policy of a recipient's domain, if there is one. Safe to cancel."""
        lock = self._busy.setdefault(domain, asyncio.Lock())
        async with lock:
            return await self._of(domain)

    async def renew(self) -> int:
        """Fetch policies again that are a day old, so that none runs out; how many came."""
        now = self._clock.now()
        await self._store.forget_sts_policies(now)
        renewed = 0
        for one in await self._store.sts_policies_before(now - RENEW_AFTER, _RENEWED_AT_ONCE):
            if policy_id := await self._id(one.domain):
                renewed += (await self._fetched(one.domain, policy_id)).policy is not None
        return renewed

    async def _of(self, domain: str) -> StsAnswer:
        kept = await self._store.sts_policy(domain)
        if kept is not None and kept.expires_at <= self._clock.now():
            kept = None
        policy_id = await self._id(domain)
        if not policy_id or (kept is not None and kept.policy_id == policy_id):
            return StsAnswer(policy=kept)
        fetched = await self._fetched(domain, policy_id)
        return (
            fetched if fetched.policy is not None else StsAnswer(policy=kept, error=fetched.error)
        )

    async def _id(self, domain: str) -> str:
        """The id of the policy now; empty without one, or when it cannot be said now (§3.1)."""
        try:
            return record_id(await self._resolver.txt(f"_mta-sts.{domain}"))
        except DnsTemporaryError:
            return ""

    async def _fetched(self, domain: str, policy_id: str) -> StsAnswer:
        failure = self._failures.get(domain)
        if failure is not None and failure.policy_id == policy_id:
            if self._clock.monotonic() < failure.until:
                return StsAnswer(error=failure.error)
            del self._failures[domain]
        try:
            policy = await self._fetch(domain, policy_id)
        except PolicyError as error:
            _log.warning("mta_sts.no_policy", domain=domain, reason=error.reason)
            if len(self._failures) >= _REMEMBERED_FAILURES:
                self._failures.clear()
            until = self._clock.monotonic() + RETRY_SECONDS
            self._failures[domain] = _Failure(policy_id, until, error)
            return StsAnswer(error=error)
        await self._store.keep_sts_policy(policy)
        return StsAnswer(policy=policy)

    async def _fetch(self, domain: str, policy_id: str) -> StsPolicy:
        port = "" if self._https_port == 443 else f":{self._https_port}"
        url = f"https://mta-sts.{domain}{port}/.well-known/mta-sts.txt"
        try:
            async with self._fetchers() as fetcher:
                answer = await fetcher.request("GET", url, max_bytes=MAX_POLICY_BYTES)
        except FetchCertificateError as error:
            raise PolicyError(Finding.BAD_POLICY_HOST, str(error)) from error
        except FetchError as error:
            raise PolicyError(Finding.NO_POLICY, str(error)) from error
        return parse_policy(domain, policy_id, _body(answer), self._clock.now())


def _body(answer: Fetched) -> bytes:
    """§3.3: no redirect is followed, and it must be plain text."""
    if answer.status != 200:
        raise PolicyError(Finding.NO_POLICY, f"the policy host answered with {answer.status}")
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/plain":
        raise _invalid("it is not text/plain")
    if answer.is_truncated:
        raise _invalid("it is too long")
    return answer.body


def _invalid(reason: str) -> PolicyError:
    return PolicyError(Finding.BAD_POLICY, f"the policy is not valid: {reason}")
