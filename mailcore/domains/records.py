"""The records a domain's zone must hold, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailcore.clock import to_iso
from mailcore.config import Config
from mailcore.domains import mta_sts
from mailcore.domains.clients import HTTPS_PORT, client_services
from mailcore.mailauth import keys
from mailcore.model import DkimKey, DkimState, Domain, JsonObject

TXT_STRING_OCTETS: Final = 255
"""The longest string of a TXT record (RFC 1035 §3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """One record to create: full name, name relative to the registrable domain, and why.

    `status` is `missing`, `invalid` (something else stands there: `found`), `valid`, or `unknown`.
    """

    kind: str
    """`ownership`, `mx`, `spf`, `dkim`, `dmarc`, `mta_sts`, `tls_rpt`, `host` or `srv`."""
    type: str
    name: str
    relative_name: str
    value: str
    """What to create; what stands there when that does the same work."""
    strings: tuple[str, ...] = ()
    """The value of a TXT record in strings of at most 255 octets."""
    why: str
    is_required: bool
    status: str = "unknown"
    found: tuple[str, ...] = ()
    """What stands there instead."""
    note: str = ""
    """What to do about it."""

    @property
    def key(self) -> str:
        """What tells it from the other records of its domain."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainWarning:
    """Something to know before the records are created."""

    kind: str
    """`mx_conflict` or `spf_conflict`."""
    message: str
    fix: str
    suggested_domain: str = ""
    """A domain that would not be in conflict."""
    suggested_value: str = ""
    """The value to use in the place of the one that stands there."""


def txt_strings(value: str) -> tuple[str, ...]:
    """An ASCII value as the strings of a TXT record."""
    starts = range(0, max(len(value), 1), TXT_STRING_OCTETS)
    return tuple(value[start : start + TXT_STRING_OCTETS] for start in starts)


def wanted_records(
    domain: Domain, dkim_keys: tuple[DkimKey, ...], config: Config, *, root: str
) -> tuple[DnsRecord, ...]:
    """What a domain's zone must say, ownership first; names are relative to `root`."""
    return tuple(
        DnsRecord(
            kind=kind,
            type=type_,
            name=name,
            relative_name=name.removesuffix(root).rstrip(".") or "@",
            value=value,
            strings=txt_strings(value) if type_ == "TXT" else (),
            why=why,
            is_required=kind == "ownership",
        )
        for kind, type_, name, value, why in (
            *_mail(domain, config),
            *_signing(domain, dkim_keys),
            *_policies(domain, config),
            *_discovery(domain, config),
        )
    )


type _Row = tuple[str, str, str, str, str]


def _mail(domain: Domain, config: Config) -> Iterator[_Row]:
    name, host = domain.name, config.server.hostname
    proof = f"countersign-verification={domain.ownership_token}"
    yield "ownership", "TXT", f"_countersign.{name}", proof, "proves that the domain is yours"
    yield "mx", "MX", name, f"10 {host}.", "brings mail to this server"
    yield "spf", "TXT", name, "v=spf1 mx -all", "says that this server may send (SPF)"


def _signing(domain: Domain, dkim_keys: tuple[DkimKey, ...]) -> Iterator[_Row]:
    why = {
        DkimState.ACTIVE: "lets receivers check our signatures (DKIM)",
        DkimState.PENDING: "the next DKIM key: it signs as soon as it is seen here",
        DkimState.RETIRED: "an old DKIM key, for mail under way",
    }
    for key in dkim_keys:
        until = (
            f"; remove it after {to_iso(key.published_until)[:10]}" if key.published_until else ""
        )
        record = keys.dns_record(key.public_key, key.algorithm)
        name = f"{key.selector}._domainkey.{domain.name}"
        yield "dkim", "TXT", name, record, why[key.state] + until


def _policies(domain: Domain, config: Config) -> Iterator[_Row]:
    name = domain.name
    dmarc = f"v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@{name}"
    why = "tells receivers what to do with forgeries (DMARC)"
    yield "dmarc", "TXT", f"_dmarc.{name}", dmarc, why
    if mta_sts.policy(config):
        value = f"v=STSv1; id={mta_sts.policy_id(config)};"
        why = "says that there is a policy on TLS for mail to this domain (MTA-STS)"
        yield "mta_sts", "TXT", f"_mta-sts.{name}", value, why
        why = "where that policy is, over HTTPS on port 443"
        yield "host", "CNAME", f"mta-sts.{name}", f"{config.server.hostname}.", why
    value = f"v=TLSRPTv1; rua=mailto:tls-reports@{name}"
    yield "tls_rpt", "TXT", f"_smtp._tls.{name}", value, "asks for reports on TLS failures"


def _discovery(domain: Domain, config: Config) -> Iterator[_Row]:
    name, host = domain.name, config.server.hostname
    for prefix, program in (("autoconfig", "Thunderbird"), ("autodiscover", "Outlook")):
        why = f"lets {program} find its settings, over HTTPS on port 443"
        yield "host", "CNAME", f"{prefix}.{name}", f"{host}.", why
    for one in client_services(config):
        priority = 0 if one.is_implicit_tls else 10
        why = f"lets mail programs find {one.protocol.upper()}"
        value = f"{priority} 1 {one.port} {host}."
        yield "srv", "SRV", f"{one.srv}._tcp.{name}", value, why
    port = config.ports.actual("https") or HTTPS_PORT
    why = "lets Outlook find its settings"
    yield "srv", "SRV", f"_autodiscover._tcp.{name}", f"0 1 {port} {host}.", why


def to_json(record: DnsRecord) -> JsonObject:
    """The record as `init` and the commands print it."""
    return {
        "kind": record.kind,
        "type": record.type,
        "name": record.name,
        "relative_name": record.relative_name,
        "value": record.value,
        "strings": list(record.strings),
        "why": record.why,
        "is_required": record.is_required,
        "status": record.status,
        "found": list(record.found),
        "note": record.note,
    }


def warnings_of(domain: str, records: tuple[DnsRecord, ...]) -> tuple[DomainWarning, ...]:
    """What the state of the records means for mail that the domain has already."""
    return tuple(_warnings(domain, records))


def _warnings(domain: str, records: tuple[DnsRecord, ...]) -> Iterator[DomainWarning]:
    for one in records:
        if one.status != "invalid":
            continue
        if one.kind == "mx":
            suggested = f"agents.{domain}"
            yield DomainWarning(
                kind="mx_conflict",
                message=f"{domain} has mail elsewhere: {', '.join(one.found)[:300]}",
                fix=f"Keep that and add {suggested} here instead; with our MX record its mail ends",
                suggested_domain=suggested,
            )
        if one.kind == "spf":
            yield DomainWarning(
                kind="spf_conflict",
                message=f"{domain} has an SPF record that does not name this server",
                fix="Replace it by the suggested value, which keeps what it says",
                suggested_value=one.value,
            )
