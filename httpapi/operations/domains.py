"""Domains: what their DNS must say, and whether it does."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import MASTER, Call, operation
from mailcore.domains import DnsRecord
from mailcore.model import DomainStatus


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


class DomainInfo(Output):
    """A domain of this server."""

    id: str
    name: str
    status: DomainStatus
    created_at: Timestamp
    verified_at: Timestamp | None


class RecordInfo(Output):
    """A DNS record to create."""

    type: str
    name: str
    """The full name."""
    relative_name: str
    """The name as registrars want it that append the domain themselves."""
    value: str
    why: str
    is_required: bool
    """Whether the domain counts as verified only with it."""
    status: str
    """`missing`, `invalid`, `valid`; `unknown` before it was looked up."""


class DomainDetail(DomainInfo):
    """A domain with its records."""

    records: list[RecordInfo]


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
    """Add a domain with fresh signing keys; the answer says which DNS records to create."""
    domains = call.services.domains
    domain = await domains.add(call.actor, given.domain)
    records = await domains.records(call.actor, domain.id)
    return view(DomainDetail, domain, records=_records(records))


async def get_domain(call: Call, given: OneDomain) -> DomainInfo:
    """One domain, by id or name."""
    return view(DomainInfo, await call.services.domains.domain(call.actor, given.domain))


async def list_records(call: Call, given: OneDomain) -> RecordList:
    """The DNS records to create, without looking at DNS."""
    records = _records(await call.services.domains.records(call.actor, given.domain))
    return RecordList(data=records, total=len(records))


async def verify_domain(call: Call, given: OneDomain) -> DomainDetail:
    """Look every record up; the domain is verified when the required ones are there."""
    domain, records = await call.services.domains.verify(call.actor, given.domain)
    return view(DomainDetail, domain, records=_records(records))


def _records(records: tuple[DnsRecord, ...]) -> list[RecordInfo]:
    return [view(RecordInfo, one) for one in records]


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
        conflicts=("domain_taken",),
        function=add_domain,
    ),
    operation(
        name="get_domain",
        method="GET",
        path="/v1/domains/{domain}",
        summary="See a domain",
        tag="Domains",
        input=OneDomain,
        output=DomainInfo,
        function=get_domain,
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
