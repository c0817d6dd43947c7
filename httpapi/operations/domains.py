"""Domains: what their DNS must say, and whether it does."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Flag, Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import MASTER, Call, Download, operation
from mailcore.model import Domain, DomainStatus


class ListDomains(Page):
    """Which part of the list."""


class OneDomain(Input):
    """Which domain."""

    domain: str
    """Its id or name."""


class AddDomain(Input):
    """A new domain."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"domain": "example.org"}]})

    domain: Annotated[Line, Field(min_length=1, max_length=255)]
    """Its name."""


class RotateDkim(OneDomain):
    """When the next keys sign."""

    force: Flag = False
    """Let them sign at once, without waiting until their records are seen."""


class ChangeDomain(OneDomain):
    """What to change of a domain."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"catch_all": "mia@example.org"}]})

    catch_all: Line | None
    """The inbox (id or address) for mail to names that nobody has; null for none: it is refused."""


class DomainInfo(Output):
    """A domain of this server."""

    id: str
    name: str
    status: DomainStatus
    created_at: Timestamp
    verified_at: Timestamp | None
    catch_all: str | None
    """The id of the inbox that gets mail for names that nobody has; null when it is refused."""


class RecordInfo(Output):
    """A DNS record to create."""

    kind: str
    """`ownership`, `mx`, `spf`, `dkim`, `dmarc`, `mta_sts`, `tls_rpt`, `host` or `srv`."""
    type: str
    name: str
    """The full name."""
    relative_name: str
    """The name as registrars want it that append the domain themselves."""
    value: str
    """What to create; what stands there when that does the same work."""
    strings: list[str]
    """The value of a TXT record cut into strings of at most 255 octets."""
    why: str
    is_required: bool
    """Whether the domain counts as verified only with it."""
    status: str
    """As last seen: `missing`, `invalid`, `valid`; `unknown` before it was looked up."""
    found: list[str]
    """What stands there when it is `invalid`."""
    note: str
    """What to do about it."""


class WarningInfo(Output):
    """Something to know before the records are created."""

    kind: str
    """`mx_conflict` or `spf_conflict`."""
    message: str
    fix: str
    suggested_domain: str
    """A domain that would not be in conflict."""
    suggested_value: str
    """The value to use in the place of the one that stands there."""


class DomainDetail(DomainInfo):
    """A domain with its records, and what was last seen in DNS."""

    records: list[RecordInfo]
    warnings: list[WarningInfo]
    checked_at: Timestamp | None
    """When DNS was last asked."""
    next_check_at: Timestamp | None
    """When it will be asked again."""


class RecordList(Output):
    """The records of a domain."""

    data: list[RecordInfo]
    total: int


class DomainList(Listing[DomainInfo]):
    """A page of domains."""


async def list_domains(call: Call, given: ListDomains) -> DomainList:
    """The domains of this server."""
    found = await call.services.domains.domains(call.actor)
    return DomainList.of(
        given, sliced(found, given, lambda one: (one.name,)), lambda one: view(DomainInfo, one)
    )


async def add_domain(call: Call, given: AddDomain) -> DomainDetail:
    """Add a domain with fresh signing keys; the answer says which DNS records to create.

    `warnings` tells when the domain has mail elsewhere already, and what to do then.
    """
    domain = await call.services.domains.add(call.actor, given.domain)
    await call.services.domains.survey(call.actor, domain.id)
    return await _detail(call, domain)


async def get_domain(call: Call, given: OneDomain) -> DomainDetail:
    """One domain, by id or name, with its records as last seen in DNS."""
    return await _detail(call, await call.services.domains.domain(call.actor, given.domain))


async def change_domain(call: Call, given: ChangeDomain) -> DomainDetail:
    """Choose an inbox for mail to names that nobody has or had, or none."""
    domain = await call.services.domains.domain(call.actor, given.domain)
    aliases = call.services.aliases
    return await _detail(call, await aliases.set_catch_all(call.actor, domain.id, given.catch_all))


async def remove_domain(call: Call, given: OneDomain) -> None:
    """Remove a domain that has no inboxes any more, and its signing keys."""
    await call.services.domains.remove(call.actor, given.domain)


async def list_records(call: Call, given: OneDomain) -> RecordList:
    """The DNS records to create, in the state they were last seen in."""
    found = await call.services.domains.records(call.actor, given.domain)
    return RecordList(data=[view(RecordInfo, one) for one in found], total=len(found))


async def get_zone(call: Call, given: OneDomain) -> Download:
    """The DNS records to create as a zone file (RFC 1035)."""
    domain = await call.services.domains.domain(call.actor, given.domain)
    text = await call.services.domains.zone_file(call.actor, domain.id)
    return Download(raw=text.encode(), content_type="text/dns", filename=f"{domain.name}.zone")


async def verify_domain(call: Call, given: OneDomain) -> DomainDetail:
    """Look every record up now; the domain is verified when the required ones are there.

    This happens by itself too, after 1, 2, 4, … minutes, and then every four hours.
    """
    return await _detail(call, await call.services.domains.verify(call.actor, given.domain))


async def rotate_dkim(call: Call, given: RotateDkim) -> DomainDetail:
    """Make the next signing keys of a domain; they sign as soon as their records are seen in DNS.

    The keys before them stay in the list of records until receivers do not need them any more.
    """
    domains = call.services.domains
    await domains.rotate_dkim(call.actor, given.domain, force=given.force)
    return await _detail(call, await domains.domain(call.actor, given.domain))


async def _detail(call: Call, domain: Domain) -> DomainDetail:
    domains = call.services.domains
    check = await domains.last_check(call.actor, domain.id)
    return view(
        DomainDetail,
        domain,
        records=[view(RecordInfo, one) for one in await domains.records(call.actor, domain.id)],
        warnings=[view(WarningInfo, one) for one in await domains.warnings(call.actor, domain.id)],
        checked_at=check.checked_at if check else None,
        next_check_at=check.next_at if check else None,
    )


OPERATIONS = (
    operation(
        name="list_domains",
        method="GET",
        path="/v1/domains",
        summary="List domains",
        tag="Domains",
        input=ListDomains,
        output=DomainList,
        function=list_domains,
    ),
    operation(
        name="add_domain",
        method="POST",
        path="/v1/domains",
        summary="Add a domain",
        tag="Domains",
        input=AddDomain,
        output=DomainDetail,
        roles=MASTER,
        success=201,
        conflicts=("domain_has_person", "domain_taken"),
        function=add_domain,
    ),
    operation(
        name="get_domain",
        method="GET",
        path="/v1/domains/{domain}",
        summary="See a domain",
        tag="Domains",
        input=OneDomain,
        output=DomainDetail,
        function=get_domain,
    ),
    operation(
        name="change_domain",
        method="PATCH",
        path="/v1/domains/{domain}",
        summary="Change a domain",
        tag="Domains",
        input=ChangeDomain,
        output=DomainDetail,
        roles=MASTER,
        function=change_domain,
    ),
    operation(
        name="remove_domain",
        method="DELETE",
        path="/v1/domains/{domain}",
        summary="Remove a domain",
        tag="Domains",
        input=OneDomain,
        output=None,
        roles=MASTER,
        success=204,
        conflicts=("domain_in_use",),
        function=remove_domain,
    ),
    operation(
        name="get_domain_zone",
        method="GET",
        path="/v1/domains/{domain}/zone",
        summary="Get a domain's zone file",
        tag="Domains",
        input=OneDomain,
        output=Download,
        media_type="text/dns",
        function=get_zone,
    ),
    operation(
        name="rotate_domain_dkim",
        method="POST",
        path="/v1/domains/{domain}/rotate-dkim",
        summary="Rotate a domain's signing keys",
        tag="Domains",
        input=RotateDkim,
        output=DomainDetail,
        roles=MASTER,
        function=rotate_dkim,
    ),
    operation(
        name="list_domain_records",
        method="GET",
        path="/v1/domains/{domain}/records",
        summary="List a domain's DNS records",
        tag="Domains",
        input=OneDomain,
        output=RecordList,
        function=list_records,
    ),
    operation(
        name="verify_domain",
        method="POST",
        path="/v1/domains/{domain}/verify",
        summary="Verify a domain",
        tag="Domains",
        input=OneDomain,
        output=DomainDetail,
        roles=MASTER,
        function=verify_domain,
    ),
)
