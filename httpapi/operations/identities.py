"""Identities: the addresses agents send from and receive at; an inbox stands behind each."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from httpapi.fields import Flag, Input, Line, Listing, Output, Page, Timestamp, by_age, sliced, view
from httpapi.operation import MASTER, Call, operation
from mailcore.accounts import InboxChange
from mailcore.ids import AgentId, DomainId, InboxId
from mailcore.model import ApprovalMode, DmarcEnforcement, Inbox, TrustGate
from mailcore.store.ports import PolicyChange


class ListIdentities(Page):
    """Which identities to list."""

    status: Literal["active", "disabled"] | None = None
    """Only those that stand so."""
    domain_id: str | None = None
    """Only this domain."""
    agent_id: str | None = None
    """Only this agent's."""


class OneIdentity(Input):
    """Which identity."""

    identity_id: str
    """The id of an identity."""


class CreateIdentity(Input):
    """A new address."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"local_part": "mia.sales", "display_name": "Mia, Sales"}]}
    )

    local_part: Annotated[Line, Field(min_length=1, max_length=64)]
    """What stands before the @."""
    domain_id: str | None = None
    """The domain's id; the server's first domain when left out."""
    domain: Line | None = None
    """The domain by name instead."""
    display_name: Annotated[Line, Field(max_length=100)] = ""
    """The name beside the address in From."""
    agent_id: str | None = None
    """The agent, by id or name; with an agent's key its own."""


class ChangeIdentity(OneIdentity):
    """What to change; fields left out stay as they are. All but `display_name` is the owner's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"can_send_cold": False}]})

    display_name: Annotated[Line, Field(max_length=100)] | None = None
    """The name beside the address in From."""
    status: Literal["active", "disabled"] | None = None
    """A disabled address takes and sends nothing and nobody logs in to it; the API still reads it."""
    trust_gate: TrustGate | None = None
    """Mail of senders nobody has decided about: `hold` keeps it back, `tag` marks it, `off` neither."""
    can_send_cold: Flag | None = None
    """False holds mail to anybody who has never written to this address."""
    approval: ApprovalMode | None = None
    """`always` holds everything it sends, `flagged` drafts and what the guard or a policy finds fault with, `never` only what is critical."""
    auto_approve_replies: Flag | None = None
    """True sends drafts at once when they only answer people who wrote, nothing is wrong with them and no newer message came."""
    approval_channel: Literal["", "mail", "telegram", "slack", "dashboard"] | None = None
    """Who is asked before the others: `mail`, or a chat while it works; `dashboard` tells nobody before the first reminder. Empty asks everywhere."""
    two_people: Flag | None = None
    """True needs two different people to approve what is critical."""
    dmarc_enforce: DmarcEnforcement | None = None
    """What becomes of mail to it that fails DMARC: `reject`, `quarantine`, `off`, or the server's `default`."""


class IdentityInfo(Output):
    """An address."""

    id: str
    email: str
    local_part: str
    domain_id: str
    display_name: str
    agent_id: str | None
    status: Literal["active", "disabled"]
    trust_gate: TrustGate
    can_send_cold: bool
    """Whether it may write first to somebody who has never written to it."""
    approval: ApprovalMode
    """Whether everything it sends waits for a person, or what is flagged, or only what is critical."""
    auto_approve_replies: bool
    """Whether drafts that nothing is wrong with are sent at once."""
    approval_channel: str
    """Where approvers are asked first: `mail`, `telegram`, `slack`, `dashboard`; everywhere if empty."""
    two_people: bool
    """Whether what is critical needs two people."""
    dmarc_enforce: DmarcEnforcement
    """What becomes of mail to it that fails DMARC."""
    created_at: Timestamp


class IdentityList(Listing[IdentityInfo]):
    """A page of identities."""


class Login(Output):
    """How to log in by IMAP and SMTP; the password is shown this once."""

    id: str
    address: str
    username: str
    password: str


class CreatedIdentity(IdentityInfo):
    """A new address with its mail password, shown this once."""

    address: str
    username: str
    password: str


async def list_identities(call: Call, given: ListIdentities) -> IdentityList:
    """The addresses you may send from."""
    found = [
        info
        for info in (identity_info(one) for one in await call.services.accounts.inboxes(call.actor))
        if given.status in (None, info.status)
        and given.domain_id in (None, info.domain_id)
        and given.agent_id in (None, info.agent_id)
    ]
    return IdentityList.of(given, sliced(found, given, by_age), lambda one: one)


async def get_identity(call: Call, given: OneIdentity) -> IdentityInfo:
    """One address."""
    return identity_info(await call.services.accounts.inbox(call.actor, InboxId(given.identity_id)))


async def create_identity(call: Call, given: CreateIdentity) -> CreatedIdentity:
    """Give an agent another address, with its own mailboxes and mail password."""
    accounts = call.services.accounts
    agent_id: AgentId | None = None
    if given.agent_id is not None:
        agent_id = (await accounts.agent(call.actor, given.agent_id)).id
    created = await accounts.create_inbox(
        call.actor,
        local_part=given.local_part,
        domain_id=DomainId(given.domain_id) if given.domain_id else None,
        domain=given.domain,
        display_name=given.display_name,
        agent_id=agent_id,
    )
    address = str(created.inbox.address)
    return view(
        CreatedIdentity,
        identity_info(created.inbox),
        address=address,
        username=address,
        password=created.password,
    )


async def change_identity(call: Call, given: ChangeIdentity) -> IdentityInfo:
    """Change an address: its display name, whether it works, and what of its mail is held."""
    inbox = await call.services.accounts.change_inbox(
        call.actor,
        InboxId(given.identity_id),
        InboxChange(
            display_name=given.display_name,
            is_active=None if given.status is None else given.status == "active",
            trust_gate=given.trust_gate,
            can_send_cold=given.can_send_cold,
            approval=given.approval,
            auto_approve_replies=given.auto_approve_replies,
            approval_channel=given.approval_channel,
            two_people=given.two_people,
            dmarc_enforce=given.dmarc_enforce,
        ),
    )
    return identity_info(inbox)


async def delete_identity(call: Call, given: OneIdentity) -> None:
    """Delete an address with its mail; what it has queued or held is canceled."""
    await call.services.accounts.delete_inbox(call.actor, InboxId(given.identity_id))


class ChangePolicy(OneIdentity):
    """What to change of an address; fields left out stay as they are."""

    quota_bytes: Annotated[int, Field(strict=True, ge=0, le=2**62)] | None = None
    """Octets its mailboxes may hold together; 0 is unlimited."""
    quota_messages: Annotated[int, Field(strict=True, ge=0, le=2**31)] | None = None
    """Messages they may hold together; 0 is unlimited."""
    disabled_capabilities: Annotated[tuple[Line, ...], Field(max_length=50)] | None = None
    """IMAP capabilities that new sessions do without, for clients that stumble over one."""


class PolicyInfo(Output):
    """What holds for an address, with what is in use."""

    id: str
    email: str
    quota_bytes: int
    used_bytes: int
    quota_messages: int
    used_messages: int
    disabled_capabilities: list[str]


async def get_policy(call: Call, given: OneIdentity) -> PolicyInfo:
    """Quotas with their usage, and the IMAP capabilities switched off."""
    inbox = await call.services.accounts.inbox(call.actor, InboxId(given.identity_id))
    return await _policy_info(call, inbox)


async def change_policy(call: Call, given: ChangePolicy) -> PolicyInfo:
    """Set quotas and IMAP capabilities of an address.

    A quota below what is there deletes nothing: the address takes no more until there is room.
    """
    change = PolicyChange(
        quota_bytes=given.quota_bytes,
        quota_messages=given.quota_messages,
        disabled_capabilities=given.disabled_capabilities,
    )
    accounts = call.services.accounts
    inbox = await accounts.change_policy(call.actor, InboxId(given.identity_id), change)
    return await _policy_info(call, inbox)


async def _policy_info(call: Call, inbox: Inbox) -> PolicyInfo:
    quota = await call.services.accounts.quota(call.actor, inbox.id)
    return PolicyInfo(
        id=inbox.id,
        email=str(inbox.address),
        quota_bytes=quota.limit_bytes,
        used_bytes=quota.used_bytes,
        quota_messages=quota.limit_messages,
        used_messages=quota.used_messages,
        disabled_capabilities=list(inbox.disabled_capabilities),
    )


async def reset_password(call: Call, given: OneIdentity) -> Login:
    """A new mail password for an address, shown this once; the old one stops working."""
    inbox = await call.services.accounts.inbox(call.actor, InboxId(given.identity_id))
    password = await call.services.accounts.reset_password(call.actor, inbox.id)
    address = str(inbox.address)
    return Login(id=inbox.id, address=address, username=address, password=password)


def identity_info(inbox: Inbox) -> IdentityInfo:
    """An inbox as the API shows it."""
    return IdentityInfo(
        id=inbox.id,
        email=str(inbox.address),
        local_part=inbox.address.local,
        domain_id=inbox.domain_id,
        display_name=inbox.display_name,
        agent_id=inbox.agent_id,
        status="active" if inbox.is_active else "disabled",
        trust_gate=inbox.trust_gate,
        can_send_cold=inbox.can_send_cold,
        approval=inbox.approval,
        auto_approve_replies=inbox.auto_approve_replies,
        approval_channel=inbox.approval_channel,
        two_people=inbox.two_people,
        dmarc_enforce=inbox.dmarc_enforce,
        created_at=inbox.created_at,
    )


OPERATIONS = (
    operation(
        name="list_identities",
        method="GET",
        path="/v1/identities",
        summary="List identities",
        tag="Identities",
        input=ListIdentities,
        output=IdentityList,
        function=list_identities,
        tool="List the addresses you may send from.",
    ),
    operation(
        name="create_identity",
        method="POST",
        path="/v1/identities",
        summary="Create an identity",
        tag="Identities",
        input=CreateIdentity,
        output=CreatedIdentity,
        success=201,
        conflicts=("address_taken", "address_retired", "reserved_address"),
        function=create_identity,
    ),
    operation(
        name="get_identity",
        method="GET",
        path="/v1/identities/{identity_id}",
        summary="See an identity",
        tag="Identities",
        input=OneIdentity,
        output=IdentityInfo,
        function=get_identity,
        tool="See one address.",
    ),
    operation(
        name="change_identity",
        method="PATCH",
        path="/v1/identities/{identity_id}",
        summary="Change an identity",
        tag="Identities",
        input=ChangeIdentity,
        output=IdentityInfo,
        conflicts=("agent_deleted",),
        function=change_identity,
    ),
    operation(
        name="delete_identity",
        method="DELETE",
        path="/v1/identities/{identity_id}",
        summary="Delete an identity",
        tag="Identities",
        input=OneIdentity,
        output=None,
        roles=MASTER,
        success=204,
        function=delete_identity,
    ),
    operation(
        name="get_identity_policy",
        method="GET",
        path="/v1/identities/{identity_id}/policy",
        summary="See quotas and their usage",
        tag="Identities",
        input=OneIdentity,
        output=PolicyInfo,
        function=get_policy,
        tool="See how much an address may hold and holds.",
    ),
    operation(
        name="change_identity_policy",
        method="PATCH",
        path="/v1/identities/{identity_id}/policy",
        summary="Set quotas and IMAP capabilities",
        tag="Identities",
        input=ChangePolicy,
        output=PolicyInfo,
        roles=MASTER,
        function=change_policy,
    ),
    operation(
        name="reset_identity_password",
        method="POST",
        path="/v1/identities/{identity_id}/password",
        summary="Make a new mail password",
        tag="Identities",
        input=OneIdentity,
        output=Login,
        success=201,
        function=reset_password,
    ),
)
