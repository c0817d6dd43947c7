"""The domain service: domains come, are verified by DNS, change their keys, and go.

A domain starts PENDING and becomes VERIFIED when its ownership TXT record is seen; mail to the
outside leaves only from verified domains unless the configuration says otherwise. DNS is looked at
when somebody asks for it, and by `poll` at growing intervals.
"""

import asyncio
import functools
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from publicsuffixlist import PublicSuffixList

from mailcore import log
from mailcore.accounts import audit, require_master
from mailcore.address import MAX_DOMAIN_OCTETS, parse_domain
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets, system
from mailcore.domains import signing_keys
from mailcore.domains.clients import DISCOVERY_PREFIXES
from mailcore.domains.lookup import Lookup
from mailcore.domains.records import (
    DnsRecord,
    DomainWarning,
    txt_strings,
    wanted_records,
    warnings_of,
)
from mailcore.domains.zonefile import zone_file
from mailcore.errors import MailError, conflict, invalid, not_found
from mailcore.ids import DomainId, new_id
from mailcore.model import Actor, DkimState, Domain, DomainCheck, DomainStatus, JsonObject
from mailcore.net.dns import Resolver
from mailcore.store.ports import AccountStore

POLL_EVERY: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=4)
_DOMAINS_A_POLL: Final = 10
_SURVEYED: Final = ("mx", "spf")

_log = log.get(__name__)


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
        self._lookup = Lookup(resolver, config.server.hostname)
        self._config = config
        self._clock = clock

    async def domains(self, actor: Actor) -> tuple[Domain, ...]:
        """The pod's domains."""
        return await self._store.domains(actor.pod_id)

    async def domain(self, actor: Actor, id_or_name: str) -> Domain:
        """One domain by id or name."""
        for domain in await self._store.domains(actor.pod_id):
            if id_or_name in (domain.id, domain.name):
                return domain
        raise not_found("domain")

    async def hosted(self, host: str) -> str:
        """The local domain that `host` is, or is a discovery name of; empty when there is none.

        For strangers: it tells what the domain's own MX record tells. Our host name stands for the
        first domain.
        """
        if len(host) > MAX_DOMAIN_OCTETS:
            return ""
        try:
            name = parse_domain(host)
        except MailError:
            return ""
        prefix, _, rest = name.partition(".")
        candidates = [name, rest] if prefix in DISCOVERY_PREFIXES else [name]
        for candidate in candidates:
            if await self._store.domain_by_name(candidate) is not None:
                return candidate
        return self._config.server.domain if name == self._config.server.hostname else ""

    async def add(self, actor: Actor, name: str) -> Domain:
        """A new domain with fresh DKIM keys. Master only.

        CONFLICT for one that is here already, and for one in which a person has their address.
        """
        require_master(actor)
        folded = parse_domain(name, path="domain")
        if folded.startswith("[") or "." not in folded:
            raise invalid("domain", f"{folded} is not a domain that can have records")
        if await self._store.domain_by_name(folded) is not None:
            raise conflict(f"{folded} is a domain of this server already", code="domain_taken")
        await self._require_nobody_outside(actor, folded)
        domain = Domain(
            id=DomainId(new_id()),
            pod_id=actor.pod_id,
            name=folded,
            status=DomainStatus.PENDING,
            ownership_token=secrets.token_hex(16),
            created_at=self._clock.now(),
            verified_at=None,
        )
        created = await signing_keys.make(
            domain,
            (),
            state=DkimState.ACTIVE,
            at=self._clock.now(),
            secrets=self._secrets,
        )
        await self._store.create_domain(
            domain, created, audit(actor, "domain.add", domain.id, {"domain": folded})
        )
        return domain

    async def require_owner_outside(self) -> None:
        """INVALID when the owner's address in the configuration is in a domain of this server."""
        owner = self._config.server.owner
        if await self._store.domain_by_name(owner.rpartition("@")[2].lower()) is not None:
            raise invalid(
                "server.owner",
                f"the owner's address {owner} is on this server",
                fix="Set one outside of it: approvals come from there",
            )

    async def _require_nobody_outside(self, actor: Actor, name: str) -> None:
        """Who approves has an address outside: here an agent could have it, and read what it decides by."""
        people = await self._store.people(actor.pod_id)
        addresses = [self._config.server.owner, *(str(one.email) for one in people)]
        for address in addresses:
            if address.rpartition("@")[2].lower() == name:
                raise conflict(
                    f"{address} is the address of a person, who approves from outside of this server",
                    code="domain_has_person",
                    fix="Give that person an address elsewhere, or another domain to the server",
                )

    async def remove(self, actor: Actor, id_or_name: str) -> None:
        """The domain goes, and its keys with it. Master only.

        CONFLICT for the first domain and for one with inboxes.
        """
        require_master(actor)
        domain = await self.domain(actor, id_or_name)
        if domain.name == self._config.server.domain:
            raise conflict(
                f"{domain.name} is the server's own domain",
                code="domain_in_use",
                fix="Change server.domain first",
            )
        done = audit(actor, "domain.remove", domain.id, {"domain": domain.name})
        await self._store.remove_domain(domain.id, self._clock.now(), done)

    # Records -----------------------------------------------------------------------------------

    async def records(self, actor: Actor, id_or_name: str) -> tuple[DnsRecord, ...]:
        """The records to create, in the state they were last seen in. Does not ask DNS."""
        domain = await self.domain(actor, id_or_name)
        check = await self._store.domain_check(domain.id)
        wanted = await self._wanted(domain)
        return tuple(_as_seen(one, check) for one in wanted) if check else wanted

    async def warnings(self, actor: Actor, id_or_name: str) -> tuple[DomainWarning, ...]:
        """Which mail that the domain has already the records would touch, as last seen."""
        domain = await self.domain(actor, id_or_name)
        return warnings_of(domain.name, await self.records(actor, domain.id))

    async def zone_file(self, actor: Actor, id_or_name: str) -> str:
        """The records to create as a master file (RFC 1035 §5)."""
        domain = await self.domain(actor, id_or_name)
        return zone_file(domain.name, await self.records(actor, domain.id))

    async def last_check(self, actor: Actor, id_or_name: str) -> DomainCheck | None:
        """When DNS was looked at and will be again; None before the first time."""
        domain = await self.domain(actor, id_or_name)
        return await self._store.domain_check(domain.id)

    async def survey(self, actor: Actor, id_or_name: str) -> None:
        """See whether the domain has mail already. Asks for nothing that will be created below it.

        So no resolver on the way remembers that the names to be verified do not exist.
        """
        require_master(actor)
        domain = await self.domain(actor, id_or_name)
        wanted = [one for one in await self._wanted(domain) if one.kind in _SURVEYED]
        await self._look(domain, wanted, attempts=0)

    # Verification ------------------------------------------------------------------------------

    async def verify(self, actor: Actor, id_or_name: str) -> Domain:
        """Look every record up now; the domain becomes VERIFIED when the required ones are valid.

        DKIM keys that were waiting for their record sign from now on. Master only.
        """
        require_master(actor)
        return await self._check(actor, await self.domain(actor, id_or_name), attempts=0)

    async def poll(self) -> int:
        """Look at the domains whose time has come; returns how many changed. Safe to cancel."""
        changed = 0
        for domain in await self._store.domains_to_check(self._clock.now(), _DOMAINS_A_POLL):
            actor = replace(system("domains"), pod_id=domain.pod_id)
            last = await self._store.domain_check(domain.id)
            attempts = last.attempts + 1 if last else 0
            try:
                seen = await self._check(actor, domain, attempts=attempts)
            except MailError as error:
                _log.warning("domain.check_failed", domain=domain.name, reason=error.message)
            else:
                changed += seen.status is not domain.status
        return changed

    async def _check(self, actor: Actor, domain: Domain, *, attempts: int) -> Domain:
        await self._tend_keys(actor, domain)
        looked = await self._look(domain, await self._wanted(domain), attempts=attempts)
        await self._activate(actor, domain, {one.name for one in looked if one.status == "valid"})
        missing = [one.key for one in looked if one.is_required and one.status != "valid"]
        if missing or domain.status is not DomainStatus.PENDING:
            return domain
        return await self._store.set_domain_status(
            domain.id,
            DomainStatus.VERIFIED,
            self._clock.now(),
            audit(actor, "domain.verify", domain.id, {"domain": domain.name}),
        )

    async def _look(
        self, domain: Domain, wanted: Sequence[DnsRecord], *, attempts: int
    ) -> tuple[DnsRecord, ...]:
        """Ask DNS about these records and remember what it said."""
        looked = await self._lookup.look(wanted)
        now = self._clock.now()
        check = DomainCheck(
            domain_id=domain.id,
            pod_id=domain.pod_id,
            checked_at=now,
            next_at=now + _pause(attempts),
            attempts=attempts,
            findings={
                one.key: _finding(one, wanted=was.value)
                for was, one in zip(wanted, looked, strict=True)
            },
        )
        await self._store.save_domain_check(check)
        return looked

    async def _wanted(self, domain: Domain) -> tuple[DnsRecord, ...]:
        found = await self._store.dkim_keys(domain.id)
        suffixes = await asyncio.to_thread(_public_suffixes)
        root = suffixes.privatesuffix(domain.name) or domain.name
        return wanted_records(domain, found, self._config, root=root)

    # Signing keys ------------------------------------------------------------------------------

    async def rotate_dkim(self, actor: Actor, id_or_name: str, *, force: bool = False) -> None:
        """Make the next signing keys, to be published; they sign once they are seen in DNS.

        Keys that wait already are not made anew. With `force` the waiting ones sign at once. Those
        before them stay published for `domains.dkim_overlap_days`. Master only.
        """
        require_master(actor)
        domain = await self.domain(actor, id_or_name)
        await self._make_keys(actor, domain)
        if force:
            await self._activate(actor, domain, None)

    async def _tend_keys(self, actor: Actor, domain: Domain) -> None:
        """Old keys go when their time is over; new ones come when the configuration wants it."""
        now = self._clock.now()
        dropped = audit(actor, "domain.keys_dropped", domain.id, {"domain": domain.name})
        await self._store.drop_dkim_keys(domain.id, now, dropped)
        existing = await self._store.dkim_keys(domain.id)
        days = self._config.domains.dkim_rotate_days
        if signing_keys.are_due(existing, at=now, rotate_days=days):
            await self._make_keys(actor, domain)

    async def _make_keys(self, actor: Actor, domain: Domain) -> None:
        existing = await self._store.dkim_keys(domain.id)
        if any(one.state is DkimState.PENDING for one in existing):
            return
        made = await signing_keys.make(
            domain,
            existing,
            state=DkimState.PENDING,
            at=self._clock.now(),
            secrets=self._secrets,
        )
        detail: JsonObject = {"domain": domain.name, "selectors": [one.selector for one in made]}
        await self._store.add_dkim_keys(made, audit(actor, "domain.keys_made", domain.id, detail))

    async def _activate(self, actor: Actor, domain: Domain, seen: set[str] | None) -> None:
        """Let the pending keys sign whose record names are in `seen`; all for None."""
        existing = await self._store.dkim_keys(domain.id)
        ready = [
            one.selector
            for one in existing
            if one.state is DkimState.PENDING
            and (seen is None or f"{one.selector}._domainkey.{domain.name}" in seen)
        ]
        if not ready:
            return
        overlap = timedelta(days=self._config.domains.dkim_overlap_days)
        detail: JsonObject = {"domain": domain.name, "selectors": list(ready)}
        await self._store.activate_dkim_keys(
            domain.id,
            ready,
            self._clock.now() + overlap,
            audit(actor, "domain.keys_activated", domain.id, detail),
        )


def _pause(attempts: int) -> timedelta:
    """1, 2, 4, … minutes, four hours at the most."""
    return min(POLL_EVERY * (1 << min(attempts, 10)), _LONGEST_PAUSE)


def _finding(record: DnsRecord, *, wanted: str) -> JsonObject:
    return {
        "wanted": wanted,
        "value": record.value,
        "status": record.status,
        "found": list(record.found),
        "note": record.note,
    }


def _as_seen(record: DnsRecord, check: DomainCheck) -> DnsRecord:
    """The record in the state of the last check; `unknown` when another value was wanted then."""
    finding = check.findings.get(record.key)
    if not isinstance(finding, dict) or finding["wanted"] != record.value:
        return record
    value, found = str(finding["value"]), finding["found"]
    return replace(
        record,
        value=value,
        strings=txt_strings(value) if record.type == "TXT" else (),
        status=str(finding["status"]),
        found=tuple(map(str, found)) if isinstance(found, list) else (),
        note=str(finding["note"]),
    )


@functools.cache
def _public_suffixes() -> PublicSuffixList:
    """Read once: it has ten thousand names."""
    return PublicSuffixList()
