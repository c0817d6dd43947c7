"""Local domains: their signing keys, the DNS records they want, and whether those are there.

A domain starts PENDING and becomes VERIFIED when its ownership TXT record is seen; mail to the
outside leaves only from verified domains unless the configuration says otherwise.
"""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

from publicsuffixlist import PublicSuffixList

from mailcore.accounts import audit, require_master
from mailcore.address import parse_domain
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets
from mailcore.errors import conflict, not_found
from mailcore.ids import DomainId, new_id
from mailcore.mailauth import keys
from mailcore.model import Actor, DkimKey, Domain, DomainStatus
from mailcore.net.dns import DnsTemporaryError, Resolver
from mailcore.store.ports import AccountStore

_SELECTORS: Final = (("cs1", "rsa-sha256"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """One record to create: full name, name relative to the registrable domain, and why.

    `status` is `missing`, `invalid` (another value stands there), `valid`, or `unknown`.
    """

    type: str
    name: str
    relative_name: str
    value: str
    why: str
    is_required: bool
    status: str = "unknown"


class Domains:
    """The domain service."""

    def __init__(
        self,
        *,
        store: AccountStore,
        secrets: ServerSecrets,
        resolver: Resolver,
        config: Config,
        clock: Clock,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._resolver = resolver
        self._config = config
        self._clock = clock
        self._suffixes: PublicSuffixList | None = None

    async def domains(self, actor: Actor) -> tuple[Domain, ...]:
        """The pod's domains."""
        return await self._store.domains(actor.pod_id)

    async def domain(self, actor: Actor, id_or_name: str) -> Domain:
        """One domain by id or name."""
        for domain in await self._store.domains(actor.pod_id):
            if id_or_name in (domain.id, domain.name):
                return domain
        raise not_found("domain")

    async def add(self, actor: Actor, name: str) -> Domain:
        """A new domain with fresh DKIM keys. Master only."""
        require_master(actor)
        folded = parse_domain(name, path="domain")
        if await self._store.domain_by_name(folded) is not None:
            raise conflict(f"{folded} is a domain of this server already", code="domain_taken")
        domain = Domain(
            id=DomainId(new_id()),
            pod_id=actor.pod_id,
            name=folded,
            status=DomainStatus.PENDING,
            ownership_token=secrets.token_hex(16),
            created_at=self._clock.now(),
            verified_at=None,
        )
        created = [await self._new_key(domain, *one) for one in _SELECTORS]
        await self._store.create_domain(
            domain, created, audit(actor, "domain.add", domain.id, {"domain": folded})
        )
        return domain

    async def _new_key(self, domain: Domain, selector: str, algorithm: str) -> DkimKey:
        generate = keys.generate_rsa if algorithm == "rsa-sha256" else keys.generate_ed25519
        private_pem, public_key = await asyncio.to_thread(generate)
        return DkimKey(
            domain_id=domain.id,
            selector=selector,
            algorithm=algorithm,
            sealed_private_key=self._secrets.seal(private_pem),
            public_key=public_key,
            is_active=True,
            created_at=self._clock.now(),
        )

    async def records(self, actor: Actor, id_or_name: str) -> tuple[DnsRecord, ...]:
        """The records to create, without looking at DNS (a lookup now would cache their absence)."""
        domain = await self.domain(actor, id_or_name)
        found = await self._store.dkim_keys(domain.id)
        if self._suffixes is None:
            self._suffixes = await asyncio.to_thread(PublicSuffixList)
        root = self._suffixes.privatesuffix(domain.name) or domain.name
        return wanted_records(domain, found, self._config, root=root)

    async def verify(self, actor: Actor, id_or_name: str) -> tuple[Domain, tuple[DnsRecord, ...]]:
        """Look every record up; the domain becomes VERIFIED when the required ones are valid."""
        require_master(actor)
        domain = await self.domain(actor, id_or_name)
        checked = [await self._check(one) for one in await self.records(actor, domain.id)]
        if domain.status is DomainStatus.PENDING and all(
            one.status == "valid" for one in checked if one.is_required
        ):
            domain = await self._store.set_domain_status(
                domain.id,
                DomainStatus.VERIFIED,
                self._clock.now(),
                audit(actor, "domain.verify", domain.id, {"domain": domain.name}),
            )
        return domain, tuple(checked)

    async def _check(self, record: DnsRecord) -> DnsRecord:
        try:
            found = await self._found(record)
        except DnsTemporaryError:
            return _with_status(record, "unknown")
        if not found:
            return _with_status(record, "missing")
        wanted = _normal(record.value)
        return _with_status(
            record, "valid" if any(_normal(one) == wanted for one in found) else "invalid"
        )

    async def _found(self, record: DnsRecord) -> tuple[str, ...]:
        if record.type == "MX":
            return tuple(
                f"{one.preference} {one.host.rstrip('.')}."
                for one in await self._resolver.mx(record.name)
            )
        texts = [one.decode("utf-8", "replace") for one in await self._resolver.txt(record.name)]
        marker = record.value.partition(" ")[0].partition(";")[0]
        return tuple(one for one in texts if one.startswith(marker))


def _with_status(record: DnsRecord, status: str) -> DnsRecord:
    return DnsRecord(
        type=record.type,
        name=record.name,
        relative_name=record.relative_name,
        value=record.value,
        why=record.why,
        is_required=record.is_required,
        status=status,
    )


def _normal(value: str) -> str:
    return "".join(value.split()).rstrip(".").lower()


def wanted_records(
    domain: Domain, dkim_keys: tuple[DkimKey, ...], config: Config, *, root: str
) -> tuple[DnsRecord, ...]:
    """What a domain's zone must say, ownership first; names are relative to `root`."""
    rows: list[tuple[str, str, str, str, bool]] = [
        (
            "TXT",
            f"_countersign.{domain.name}",
            f"countersign-verification={domain.ownership_token}",
            "proves that the domain is yours",
            True,
        ),
        ("MX", domain.name, f"10 {config.server.hostname}.", "brings mail to this server", False),
        ("TXT", domain.name, "v=spf1 mx -all", "says that this server may send (SPF)", False),
    ]
    rows += [
        (
            "TXT",
            f"{key.selector}._domainkey.{domain.name}",
            keys.dns_record(key.public_key, key.algorithm),
            "lets receivers check our signatures (DKIM)",
            False,
        )
        for key in dkim_keys
        if key.is_active
    ]
    rows.append(
        (
            "TXT",
            f"_dmarc.{domain.name}",
            "v=DMARC1; p=quarantine",
            "tells receivers what to do with forgeries (DMARC)",
            False,
        )
    )
    return tuple(
        DnsRecord(
            type=type_,
            name=name,
            relative_name=name.removesuffix(root).rstrip(".") or "@",
            value=value,
            why=why,
            is_required=is_required,
        )
        for type_, name, value, why, is_required in rows
    )
