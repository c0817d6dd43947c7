"""Agents: who works here. Everybody may look others up; only the master key makes and ends them."""

from dataclasses import replace
from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import (
    WHOLE,
    Flag,
    Input,
    Line,
    Listing,
    Metadata,
    Output,
    Page,
    Text,
    Timestamp,
    by_age,
    sliced,
)
from httpapi.operation import MASTER, READERS, Call, operation
from mailcore.accounts import NewAgent, last_sign
from mailcore.clock import to_micros
from mailcore.credentials import system
from mailcore.model import Agent, AgentStatus, AuditRow, JsonObject, Position


class ListAgents(Page):
    """Which agents to list."""

    status: AgentStatus | None = None
    """Only those that stand so."""


class OneAgent(Input):
    """Which agent."""

    agent: str
    """Its id or name."""


class StopAgent(OneAgent):
    """Which agent, and why."""

    reason: Annotated[Text, Field(max_length=1000)] = ""
    """For the audit log."""


class DeleteAgent(StopAgent):
    """Which agent, why, and what becomes of its mail."""

    archive: bool = False
    """Keep its mailboxes readable for the owner, as disabled identities; else its mail is removed."""


class CreateAgent(Input):
    """A new agent."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "mia", "role": "support", "owner_name": "Acme"}]}
    )

    name: Line
    """1 to 64 letters, digits, dots, hyphens, underscores; its address begins with it."""
    role: Annotated[Line, Field(max_length=100)] = "assistant"
    """What it does."""
    owner_name: Annotated[Line, Field(max_length=100)] = ""
    """Whom it works for; stands in its display name."""
    domain: Line | None = None
    """A domain of this server; the first one when left out."""
    metadata: Metadata = Field(default_factory=dict)
    """Anything you want to find again."""
    is_persistent: Flag = False
    """Never removed by a cleanup."""


class AgentInfo(Output):
    """An agent. What is private to it is null for other agents."""

    id: str
    name: str
    role: str
    email: str | None
    """Its first address."""
    status: AgentStatus
    created_at: Timestamp
    owner_name: str | None
    is_persistent: bool | None
    metadata: JsonObject | None
    last_activity_at: Timestamp | None


class AgentList(Listing[AgentInfo]):
    """A page of agents."""


class AgentInbox(Output):
    """How the agent's mail is reached by IMAP and SMTP."""

    id: str
    address: str
    username: str
    password: str
    """Shown this once."""


class CreatedAgent(Output):
    """A new agent with its secrets, shown this once."""

    id: str
    name: str
    role: str
    email: str
    api_key: str
    """Also works as the mail password."""
    inbox: AgentInbox
    owner_name: str
    status: AgentStatus
    is_persistent: bool
    metadata: JsonObject
    created_at: Timestamp


class ListInactive(Page):
    """How long is too long."""

    hours: Annotated[int, Field(ge=1, le=24 * 366)] = 24
    """Nothing done for so many hours."""


class CleanUp(Input):
    """How long is too long, and whether to mean it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"hours": 72, "dry_run": True}]})

    hours: Annotated[int, Field(ge=1, le=24 * 366), WHOLE] = 24
    """Nothing done for so many hours."""
    dry_run: Flag = False
    """Only say which agents would go."""


class DirectoryEntry(Output):
    """What everybody may know of an agent."""

    name: str
    email: str | None
    role: str


class AgentDirectory(Listing[DirectoryEntry]):
    """A page of the directory."""


class CleanedUp(Output):
    """Which agents are gone, or would be."""

    data: list[AgentInfo]
    dry_run: bool


class Deletion(Output):
    """The record of a deleted agent."""

    agent_id: str
    name: str
    reason: str
    deleted_by: str
    """Who did it, as the audit log names them."""
    deleted_at: Timestamp
    is_archived: bool
    """Whether its mail was kept."""
    audit_id: int
    """The number of the row in the audit log."""


class DeletionList(Listing[Deletion]):
    """A page of deletions, newest first."""


async def read_directory(call: Call, given: Page) -> AgentDirectory:
    """Every agent that works here, by name, address and role, so that agents find each other."""
    agents = await call.services.accounts.agents(call.actor)
    addresses = await _addresses(call)
    return AgentDirectory.of(
        given,
        sliced(agents, given, by_age),
        lambda one: DirectoryEntry(name=one.name, email=addresses.get(one.id), role=one.role),
    )


async def list_inactive_agents(call: Call, given: ListInactive) -> AgentList:
    """Agents that have done nothing for so long, the longest first."""
    found = await call.services.accounts.inactive(call.actor, given.hours)
    addresses = await _addresses(call)
    return AgentList.of(
        given, sliced(found, given, _by_last_sign), lambda one: _info(call, one, addresses)
    )


async def clean_up_agents(call: Call, given: CleanUp) -> CleanedUp:
    """Delete agents that have done nothing for so long.

    Persistent ones stay, stopped ones too, and the last one. Try it with `dry_run` first.
    """
    addresses = await _addresses(call)
    gone = await call.services.accounts.cleanup(call.actor, given.hours, dry_run=given.dry_run)
    return CleanedUp(data=[_info(call, one, addresses) for one in gone], dry_run=given.dry_run)


async def list_agent_deletions(call: Call, given: Page) -> DeletionList:
    """Which agents were deleted, when, why and by whom; from the audit log, newest first."""
    found = await call.services.accounts.deletions(call.actor, given.part)
    return DeletionList.of(given, found, _deletion)


def _deletion(row: AuditRow) -> Deletion:
    return Deletion(
        agent_id=row.subject,
        name=str(row.detail.get("name", "")),
        reason=str(row.detail.get("reason", "")),
        deleted_by=row.actor,
        deleted_at=row.at,
        is_archived=bool(row.detail.get("keep_mail")),
        audit_id=row.seq,
    )


async def list_agents(call: Call, given: ListAgents) -> AgentList:
    """The directory: every agent with its name, role and address."""
    agents = await call.services.accounts.agents(call.actor)
    found = [one for one in agents if given.status in (None, one.status)]
    addresses = await _addresses(call)
    return AgentList.of(
        given, sliced(found, given, by_age), lambda one: _info(call, one, addresses)
    )


async def get_agent(call: Call, given: OneAgent) -> AgentInfo:
    """One agent, by id or name."""
    agent = await call.services.accounts.agent(call.actor, given.agent)
    return _info(call, agent, await _addresses(call))


async def create_agent(call: Call, given: CreateAgent) -> CreatedAgent:
    """Make an agent with an address, an API key and a mail password."""
    created = await call.services.accounts.create_agent(
        call.actor,
        NewAgent(
            name=given.name,
            role=given.role,
            owner_name=given.owner_name,
            domain=given.domain,
            metadata=given.metadata,
            is_persistent=given.is_persistent,
        ),
    )
    agent, inbox = created.agent, created.inbox
    address = str(inbox.address)
    return CreatedAgent(
        id=agent.id,
        name=agent.name,
        role=agent.role,
        email=address,
        api_key=created.api_key,
        inbox=AgentInbox(id=inbox.id, address=address, username=address, password=created.password),
        owner_name=agent.owner_name,
        status=agent.status,
        is_persistent=agent.is_persistent,
        metadata=agent.metadata,
        created_at=agent.created_at,
    )


async def stop_agent(call: Call, given: StopAgent) -> AgentInfo:
    """Freeze an agent: its keys and logins are refused and its waiting mail stays here."""
    agent = await call.services.accounts.stop(call.actor, given.agent, given.reason)
    return _info(call, agent, await _addresses(call))


async def resume_agent(call: Call, given: OneAgent) -> AgentInfo:
    """Let a stopped agent work again."""
    agent = await call.services.accounts.resume(call.actor, given.agent)
    return _info(call, agent, await _addresses(call))


async def delete_agent(call: Call, given: DeleteAgent) -> None:
    """Delete an agent with its keys, addresses and mail. The last one cannot be deleted.

    With `archive` its addresses stay as disabled identities: nothing arrives or leaves, nobody logs
    in, and the owner reads them like any other until the identity is deleted.
    """
    await call.services.accounts.delete_agent(
        call.actor, given.agent, given.reason, keep_mail=given.archive
    )


def _by_last_sign(agent: Agent) -> Position:
    return to_micros(last_sign(agent)), agent.id


async def _addresses(call: Call) -> dict[str, str]:
    """The first address of every agent: the directory shows them to everybody in the pod."""
    reader = replace(system("directory"), pod_id=call.actor.pod_id)
    inboxes = await call.services.accounts.inboxes(reader)
    first: dict[str, str] = {}
    for inbox in sorted(inboxes, key=lambda one: one.created_at):
        if inbox.agent_id is not None:
            first.setdefault(inbox.agent_id, str(inbox.address))
    return first


def _info(call: Call, agent: Agent, addresses: dict[str, str]) -> AgentInfo:
    shows_all = call.actor.reads_pod or call.actor.agent_id == agent.id
    return AgentInfo(
        id=agent.id,
        name=agent.name,
        role=agent.role,
        email=addresses.get(agent.id),
        status=agent.status,
        created_at=agent.created_at,
        owner_name=agent.owner_name if shows_all else None,
        is_persistent=agent.is_persistent if shows_all else None,
        metadata=agent.metadata if shows_all else None,
        last_activity_at=agent.last_activity_at if shows_all else None,
    )


OPERATIONS = (
    operation(
        name="list_agents",
        method="GET",
        path="/v1/agents",
        summary="List agents",
        tag="Agents",
        input=ListAgents,
        output=AgentList,
        function=list_agents,
        tool="Look up the agents of this server with their addresses.",
    ),
    operation(
        name="read_directory",
        method="GET",
        path="/v1/agents/directory",
        summary="Read the directory",
        tag="Agents",
        input=Page,
        output=AgentDirectory,
        function=read_directory,
        tool="List the agents of this server by name, address and role.",
    ),
    operation(
        name="list_inactive_agents",
        method="GET",
        path="/v1/agents/inactive",
        summary="List inactive agents",
        tag="Agents",
        input=ListInactive,
        output=AgentList,
        roles=READERS,
        function=list_inactive_agents,
    ),
    operation(
        name="clean_up_agents",
        method="POST",
        path="/v1/agents/cleanup",
        summary="Delete inactive agents",
        tag="Agents",
        input=CleanUp,
        output=CleanedUp,
        roles=MASTER,
        function=clean_up_agents,
    ),
    operation(
        name="list_agent_deletions",
        method="GET",
        path="/v1/agents/deletions",
        summary="List deleted agents",
        tag="Agents",
        input=Page,
        output=DeletionList,
        roles=READERS,
        function=list_agent_deletions,
    ),
    operation(
        name="create_agent",
        method="POST",
        path="/v1/agents",
        summary="Create an agent",
        tag="Agents",
        input=CreateAgent,
        output=CreatedAgent,
        roles=MASTER,
        success=201,
        conflicts=("name_taken", "reserved_name", "address_taken", "reserved_address"),
        function=create_agent,
    ),
    operation(
        name="get_agent",
        method="GET",
        path="/v1/agents/{agent}",
        summary="See an agent",
        tag="Agents",
        input=OneAgent,
        output=AgentInfo,
        function=get_agent,
        tool="Look up one agent by name or id.",
    ),
    operation(
        name="stop_agent",
        method="POST",
        path="/v1/agents/{agent}/stop",
        summary="Stop an agent",
        tag="Agents",
        input=StopAgent,
        output=AgentInfo,
        roles=MASTER,
        function=stop_agent,
    ),
    operation(
        name="resume_agent",
        method="POST",
        path="/v1/agents/{agent}/resume",
        summary="Resume an agent",
        tag="Agents",
        input=OneAgent,
        output=AgentInfo,
        roles=MASTER,
        function=resume_agent,
    ),
    operation(
        name="delete_agent",
        method="DELETE",
        path="/v1/agents/{agent}",
        summary="Delete an agent",
        tag="Agents",
        input=DeleteAgent,
        output=None,
        roles=MASTER,
        success=204,
        conflicts=("last_agent",),
        function=delete_agent,
    ),
)
