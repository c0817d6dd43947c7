"""Quarantine: mail of senders nobody has decided about. Only people see it; no agent does."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import DECIDERS, PEOPLE, Call, Download, operation
from httpapi.rendering import (
    AttachmentInfo,
    AuthResults,
    HeaderField,
    attachment_info,
    auth_results,
    read_content,
)
from mailcore.errors import not_found
from mailcore.ids import InboxId, QuarantineId
from mailcore.model import Quarantined, QuarantineReason, QuarantineStatus, TrustedDomain
from mailcore.store.ports import QuarantineQuery


class ListQuarantine(Page):
    """Which mail to list."""

    status: QuarantineStatus | None = None
    """Only what stands so."""
    identity_id: str | None = None
    """Only what came for this inbox."""


class OneQuarantined(Input):
    """Which mail."""

    quarantine_id: str
    """The id of mail in quarantine."""


class QuarantinedInfo(Output):
    """Mail that waits, or waited, for a person to decide about its sender."""

    id: str
    identity_id: str
    status: QuarantineStatus
    reason: QuarantineReason
    """Why it waits: `unknown_sender`, `unauthenticated`, `unscanned`."""
    sender: str = Field(serialization_alias="from")
    """The address in From; empty when there is not exactly one."""
    sender_name: str
    subject: str
    mail_from: str
    """The envelope sender."""
    is_proven: bool
    """Whether DMARC passed for the sender."""
    auth: AuthResults | None
    level: str
    """What the guard says: `clean`, `warning`, `spam`, `unscanned`."""
    categories: list[str]
    size: int
    received_at: Timestamp
    expires_at: Timestamp
    """Undecided by then it is discarded."""
    decided_at: Timestamp | None
    decided_by: str
    decided_via: str


class QuarantinedMessage(Output):
    """What the sender wrote."""

    text: str
    html: str | None
    headers: list[HeaderField]
    attachments: list[AttachmentInfo]


class QuarantinedDetail(QuarantinedInfo):
    """Mail in quarantine with what it says."""

    message: QuarantinedMessage | None
    """Null once it was delivered or discarded."""


class DecidedSender(QuarantinedInfo):
    """Mail after a decision about its sender."""

    changed: bool
    """False when it had been decided the same way before: nothing happened."""


class QuarantineList(Listing[QuarantinedInfo]):
    """A page of mail in quarantine, newest first."""


class TrustedDomainInfo(Output):
    """A domain whose proven mail passes every trust gate."""

    domain: str
    created_at: Timestamp


class TrustedDomainList(Listing[TrustedDomainInfo]):
    """A page of trusted domains, by name."""


class NewTrustedDomain(Input):
    """Which domain to trust."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"domain": "customer.example"}]})

    domain: Annotated[Line, Field(min_length=1, max_length=253)]
    """The domain of addresses, exactly: none below it. Public mail providers are refused."""


class OneTrustedDomain(Input):
    """Which domain."""

    domain: Annotated[Line, Field(min_length=1, max_length=253)]
    """A trusted domain."""


class ListTrustedDomains(Page):
    """Which trusted domains to list: all."""


async def list_quarantine(call: Call, given: ListQuarantine) -> QuarantineList:
    """Mail that waits for a person to decide about its sender, newest first. An agent's key is refused."""
    found = await call.services.quarantine.items(
        call.actor,
        QuarantineQuery(
            pod_id=call.actor.pod_id,
            status=given.status,
            inbox_id=InboxId(given.identity_id) if given.identity_id else None,
            part=given.part,
        ),
    )
    return QuarantineList.of(given, found, lambda one: quarantined_info(call, one))


async def get_quarantined(call: Call, given: OneQuarantined) -> QuarantinedDetail:
    """One mail in quarantine with what it says."""
    found = await call.services.quarantine.item(call.actor, QuarantineId(given.quarantine_id))
    message: QuarantinedMessage | None = None
    if found.raw is not None:
        content = await read_content(found.raw, call.services.safe_text)
        message = QuarantinedMessage(
            text=content.text,
            html=content.html,
            headers=content.headers,
            attachments=[attachment_info(one) for one in content.attachments],
        )
    return view(QuarantinedDetail, quarantined_info(call, found.item), message=message)


async def get_raw_quarantined(call: Call, given: OneQuarantined) -> Download:
    """The exact octets."""
    found = await call.services.quarantine.item(call.actor, QuarantineId(given.quarantine_id))
    if found.raw is None:
        raise not_found("the octets of this mail")
    return Download(
        raw=found.raw, content_type="message/rfc822", filename=f"{given.quarantine_id}.eml"
    )


async def approve_sender(call: Call, given: OneQuarantined) -> DecidedSender:
    """Trust the sender: what waits of it arrives, and later mail too. An agent's key is always refused."""
    return await _decide(call, given, approve=True)


async def block_sender(call: Call, given: OneQuarantined) -> DecidedSender:
    """Discard what waits of the sender, and whatever comes later. An agent's key is always refused."""
    return await _decide(call, given, approve=False)


async def _decide(call: Call, given: OneQuarantined, *, approve: bool) -> DecidedSender:
    decided = await call.services.quarantine.decide(
        call.actor, QuarantineId(given.quarantine_id), approve=approve, via=call.via
    )
    return view(DecidedSender, quarantined_info(call, decided.item), changed=decided.changed)


async def list_trusted_domains(call: Call, given: ListTrustedDomains) -> TrustedDomainList:
    """The domains whose proven mail passes every trust gate."""
    found = await call.services.quarantine.trusted_domains(call.actor)
    return TrustedDomainList.of(given, sliced(found, given, lambda one: (one.name,)), _domain_info)


async def add_trusted_domain(call: Call, given: NewTrustedDomain) -> TrustedDomainInfo:
    """Let in what proves to come from a domain. Public mail providers are refused."""
    domain, _ = await call.services.quarantine.trust_domain(call.actor, given.domain)
    return _domain_info(domain)


async def remove_trusted_domain(call: Call, given: OneTrustedDomain) -> None:
    """Take a domain off the list; contacts keep their own trust."""
    await call.services.quarantine.distrust_domain(call.actor, given.domain)


def quarantined_info(call: Call, item: Quarantined) -> QuarantinedInfo:
    """An item as people see it, without invisible characters."""

    def clean(text: str) -> str:
        return text if text.isascii() else call.services.safe_text(text)[0]

    return view(
        QuarantinedInfo,
        item,
        identity_id=item.inbox_id,
        sender=str(item.sender or ""),
        sender_name=clean(item.sender_name),
        subject=clean(item.subject),
        mail_from=str(item.mail_from or ""),
        auth=auth_results(item.auth),
        level=item.security.level,
        categories=list(item.security.categories),
        size=item.size_bytes,
    )


def _domain_info(domain: TrustedDomain) -> TrustedDomainInfo:
    return TrustedDomainInfo(domain=domain.name, created_at=domain.created_at)


OPERATIONS = (
    operation(
        name="list_quarantine",
        method="GET",
        path="/v1/quarantine",
        summary="List mail in quarantine",
        tag="Quarantine",
        input=ListQuarantine,
        output=QuarantineList,
        roles=PEOPLE,
        function=list_quarantine,
    ),
    operation(
        name="get_quarantined",
        method="GET",
        path="/v1/quarantine/{quarantine_id}",
        summary="See mail in quarantine",
        tag="Quarantine",
        input=OneQuarantined,
        output=QuarantinedDetail,
        roles=PEOPLE,
        function=get_quarantined,
    ),
    operation(
        name="get_raw_quarantined",
        method="GET",
        path="/v1/quarantine/{quarantine_id}/raw",
        summary="Read the octets in quarantine",
        tag="Quarantine",
        input=OneQuarantined,
        output=Download,
        media_type="message/rfc822",
        roles=PEOPLE,
        function=get_raw_quarantined,
    ),
    operation(
        name="approve_sender",
        method="POST",
        path="/v1/quarantine/{quarantine_id}/approve",
        summary="Trust a sender",
        tag="Quarantine",
        input=OneQuarantined,
        output=DecidedSender,
        roles=DECIDERS,
        conflicts=("already_decided",),
        function=approve_sender,
    ),
    operation(
        name="block_sender",
        method="POST",
        path="/v1/quarantine/{quarantine_id}/block",
        summary="Block a sender",
        tag="Quarantine",
        input=OneQuarantined,
        output=DecidedSender,
        roles=DECIDERS,
        conflicts=("already_decided",),
        function=block_sender,
    ),
    operation(
        name="list_trusted_domains",
        method="GET",
        path="/v1/trusted-domains",
        summary="List trusted domains",
        tag="Quarantine",
        input=ListTrustedDomains,
        output=TrustedDomainList,
        roles=PEOPLE,
        function=list_trusted_domains,
    ),
    operation(
        name="add_trusted_domain",
        method="POST",
        path="/v1/trusted-domains",
        summary="Trust a domain",
        tag="Quarantine",
        input=NewTrustedDomain,
        output=TrustedDomainInfo,
        success=201,
        roles=DECIDERS,
        function=add_trusted_domain,
    ),
    operation(
        name="remove_trusted_domain",
        method="DELETE",
        path="/v1/trusted-domains/{domain}",
        summary="Distrust a domain",
        tag="Quarantine",
        input=OneTrustedDomain,
        output=None,
        success=204,
        roles=DECIDERS,
        function=remove_trusted_domain,
    ),
)
