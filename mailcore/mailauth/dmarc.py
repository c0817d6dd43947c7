"""DMARC: what the domain in From asks for, and whether the message is its own (RFC 9989).

The organizational domain comes from the DNS tree walk, at most `MAX_QUERIES` questions for a name; no
public suffix list. Knows no messages: it is given the domains that authenticated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from mailcore.address import try_address
from mailcore.net.dns import DnsTemporaryError, Resolver

MAX_QUERIES: Final = 8
_MAX_RECORD_OCTETS: Final = 4096
_MAX_URIS: Final = 10


class Policy(StrEnum):
    """What a domain asks for mail that fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def lowered(self) -> "Policy":
        """One step milder, for `t=y` (RFC 9989 §4.7)."""
        return Policy.QUARANTINE if self is Policy.REJECT else Policy.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A policy record (RFC 9989 §4.7). `psd` is `y`, `n` or `u`."""

    policy: Policy = Policy.NONE
    subdomain_policy: Policy | None = None
    missing_policy: Policy | None = None
    """`np`: for names that do not exist."""
    is_strict_dkim: bool = False
    is_strict_spf: bool = False
    psd: str = "u"
    is_testing: bool = False
    is_usable: bool = True
    """Whether it asks for anything: a wrong policy without `rua` is no policy (RFC 9989 §4.7)."""
    reports_to: tuple[str, ...] = ()
    """The addresses of `rua=mailto:…`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcResult:
    """`result` is pass, fail, none or temperror; `policy` is what applies, empty without a record.

    `domain` is where the policy was found. The aligned facts hold without a policy, too.
    """

    result: str
    policy: str
    domain: str
    org_domain: str
    aligned_dkim: bool
    aligned_spf: bool
    record: DmarcRecord | None = None
    """The record at `domain`."""


def parse_record(text: bytes) -> DmarcRecord | None:
    """The record, or None when it is not one. Unknown tags and values are passed over."""
    return _parse(text) if len(text) <= _MAX_RECORD_OCTETS else None


@lru_cache(maxsize=512)
def _parse(text: bytes) -> DmarcRecord | None:
    pairs = [one.partition("=") for one in text.decode("ascii", "replace").split(";")]
    tags: dict[str, str] = {}
    for at, (tag, equals, value) in enumerate(pairs):
        if at == 0 and (tag.strip() != "v" or not equals or value.strip() != "DMARC1"):
            return None
        tags.setdefault(tag.strip().lower(), value.strip().lower())
    reports_to = _addresses(tags.get("rua", ""))
    asked = [_policy(tags[tag]) for tag in ("p", "sp", "np") if tag in tags]
    is_whole = "p" in tags and None not in asked
    return DmarcRecord(
        policy=(_policy(tags.get("p")) or Policy.NONE) if is_whole else Policy.NONE,
        subdomain_policy=_policy(tags.get("sp")) if is_whole else None,
        missing_policy=_policy(tags.get("np")) if is_whole else None,
        is_strict_dkim=tags.get("adkim") == "s",
        is_strict_spf=tags.get("aspf") == "s",
        psd=tags.get("psd", "u") if tags.get("psd") in ("y", "n") else "u",
        is_testing=tags.get("t") == "y",
        is_usable=is_whole or bool(reports_to),
        reports_to=reports_to,
    )


def _addresses(value: str) -> tuple[str, ...]:
    """The mail addresses among the URIs, without the size limits of RFC 7489."""
    found: list[str] = []
    for uri in value.split(",")[:_MAX_URIS]:
        scheme, _, rest = uri.strip().partition(":")
        address = try_address(unquote(rest.partition("!")[0].partition("?")[0]))
        if scheme == "mailto" and address is not None:
            found.append(str(address))
    return tuple(dict.fromkeys(found))


def _policy(text: str | None) -> Policy | None:
    return Policy(text) if text is not None and text in Policy else None


def walk_names(domain: str) -> tuple[str, ...]:
    """The names of a tree walk from `domain` to the top (RFC 9989 §4.10)."""
    labels = domain.split(".")
    names = [domain]
    rest = labels[1:] if len(labels) < MAX_QUERIES else labels[-(MAX_QUERIES - 1) :]
    names.extend(".".join(rest[at:]) for at in range(len(rest)))
    return tuple(names)


class _Tree:
    """The walks of one evaluation; each is made once."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._walks: dict[str, tuple[tuple[str, DmarcRecord], ...]] = {}

    async def walk(self, domain: str) -> tuple[tuple[str, DmarcRecord], ...]:
        """The names with a record on the way up, and their records."""
        if domain not in self._walks:
            found: list[tuple[str, DmarcRecord]] = []
            for name in walk_names(domain):
                record = await self._record(name)
                if record is None:
                    continue
                found.append((name, record))
                if record.psd != "u":
                    break
            self._walks[domain] = tuple(found)
        return self._walks[domain]

    async def organizational(self, domain: str) -> str:
        """RFC 9989 §4.10.2. A top-level name that does not say `psd=y` organizes nothing."""
        chosen = domain
        for name, record in await self.walk(domain):
            if record.psd == "n":
                return name
            if record.psd == "y" and name != domain:
                return ".".join(domain.split(".")[-(name.count(".") + 2) :])
            if "." in name:
                chosen = name
        return chosen

    async def policy(self, domain: str) -> tuple[str, DmarcRecord] | None:
        """The record that applies: of the domain, its organization, or the suffix above it."""
        records = dict(await self.walk(domain))
        for name in (domain, await self.organizational(domain)):
            if name in records:
                return name, records[name]
        return next(((name, one) for name, one in records.items() if one.psd == "y"), None)

    async def _record(self, name: str) -> DmarcRecord | None:
        texts = await self._resolver.txt(f"_dmarc.{name}")
        records = [record for record in map(parse_record, texts) if record is not None]
        return records[0] if len(records) == 1 else None


async def evaluate(
    *,
    from_domain: str,
    dkim_domains: Sequence[str],
    spf_domain: str | None,
    resolver: Resolver,
) -> DmarcResult:
    """Judge a message whose one From is in `from_domain`; DNS trouble is a result, not an exception.

    `dkim_domains` are those whose signatures passed over the whole body, `spf_domain` the one that
    passed SPF. All domains in lower-case A-labels. Safe to cancel.
    """
    tree = _Tree(resolver)
    exact_dkim = from_domain in dkim_domains
    try:
        found = await tree.policy(from_domain)
        org_domain = await tree.organizational(from_domain)
    except DnsTemporaryError:
        return DmarcResult(
            result="temperror",
            policy="",
            domain=from_domain,
            org_domain=from_domain,
            aligned_dkim=exact_dkim,
            aligned_spf=from_domain == spf_domain,
        )
    if found is not None and not found[1].is_usable:
        found = None
    domain, record = found if found is not None else (from_domain, DmarcRecord())
    dkim = await _any_aligned(tree, from_domain, dkim_domains, is_strict=record.is_strict_dkim)
    spf_domains = [spf_domain] if spf_domain else []
    spf = await _any_aligned(tree, from_domain, spf_domains, is_strict=record.is_strict_spf)
    applied = None if found is None else await _applied(from_domain, domain, record, resolver)
    return DmarcResult(
        result=_result(dkim, spf, has_policy=found is not None),
        policy="" if applied is None else applied.value,
        domain=domain,
        org_domain=org_domain,
        aligned_dkim=dkim is True,
        aligned_spf=spf is True,
        record=None if found is None else record,
    )


async def same_organization(one: str, other: str, resolver: Resolver) -> bool:
    """Whether two domains belong together; raises DnsTemporaryError."""
    if one == other:
        return True
    tree = _Tree(resolver)
    return await tree.organizational(one) == await tree.organizational(other)


def parse_consent(text: bytes) -> bool:
    """Whether a TXT value at `domain._report._dmarc.host` agrees to get reports (RFC 9990 §4)."""
    return parse_record(text) is not None


def _result(dkim: bool | None, spf: bool | None, *, has_policy: bool) -> str:
    if not has_policy:
        return "none"
    if dkim or spf:
        return "pass"
    return "temperror" if dkim is None or spf is None else "fail"


async def _any_aligned(
    tree: _Tree, from_domain: str, domains: Sequence[str], *, is_strict: bool
) -> bool | None:
    """Whether one of the domains aligns (RFC 9989 §4.4); None when DNS did not tell."""
    if from_domain in domains:
        return True
    if is_strict:
        return False
    top = from_domain.rpartition(".")[2]
    is_unsure = False
    for domain in dict.fromkeys(domains):
        if domain.rpartition(".")[2] != top:
            continue
        try:
            if await tree.organizational(domain) == await tree.organizational(from_domain):
                return True
        except DnsTemporaryError:
            is_unsure = True
    return None if is_unsure else False


async def _applied(
    from_domain: str, domain: str, record: DmarcRecord, resolver: Resolver
) -> Policy:
    """`p`, `sp` or `np`, one step milder while the domain is testing."""
    policy = record.policy
    if domain != from_domain:
        policy = record.subdomain_policy or policy
        if record.missing_policy not in (None, policy) and not await _exists(from_domain, resolver):
            policy = record.missing_policy or policy
    return policy.lowered if record.is_testing else policy


async def _exists(domain: str, resolver: Resolver) -> bool:
    try:
        return await resolver.exists(domain)
    except DnsTemporaryError:
        return True
