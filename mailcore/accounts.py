"""Agents, people, inboxes and keys: who exists, and the secrets that are shown once.

Authorization is decided here from the actor: the pod is the master's, an agent sees itself. Names
of agents fold to lower-case dot-atoms for their address; what exists already is a CONFLICT.
"""

import asyncio
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from mailcore.address import (
    RESERVED_LOCAL_PARTS,
    Address,
    parse_address,
    parse_domain,
    shows_address,
)
from mailcore.capabilities import check_capabilities
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets, new_token, stored_password
from mailcore.errors import ErrorKind, MailError, conflict, denied, invalid, not_found
from mailcore.ids import AgentId, DomainId, InboxId, KeyId, PersonId, is_id, new_id
from mailcore.mailboxes import may_use
from mailcore.model import (
    EVERYTHING,
    FIRST_PAGE,
    Actor,
    Agent,
    AgentStatus,
    ApprovalMode,
    AuditRow,
    DmarcEnforcement,
    Domain,
    Inbox,
    JsonObject,
    JsonValue,
    Key,
    KeyRole,
    Listed,
    Permission,
    Person,
    PersonRole,
    Quota,
    Slice,
    TrustGate,
)
from mailcore.store.ports import (
    AccountStore,
    Audit,
    AuditQuery,
    PolicyChange,
    PolicyStore,
    StoredKey,
    StoredPassword,
)

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
RESERVED_NAMES: Final = frozenset({"cleanup", "deletions", "directory", "inactive"})
"""What stands in the place of an agent's name in paths of the API; no agent can be called so."""
MAX_DISPLAY_CHARS: Final = 100
KEEP_FINISHED: Final = timedelta(days=30)
"""How long the file of a message that has left, or never will, is kept beside its copy in Sent."""
_KEYS_OF_PEOPLE: Final = {
    PersonRole.OWNER: (KeyRole.APPROVER, KeyRole.VIEWER),
    PersonRole.APPROVER: (KeyRole.APPROVER, KeyRole.VIEWER),
    PersonRole.VIEWER: (KeyRole.VIEWER,),
}
_TRUSTED_NAMES: Final = frozenset(
    {"admin", "administrator", "hostmaster", "webmaster", "root", "security", "owner"}
)
"""Who has one of these speaks for the domain: certificate authorities, for one, ask there (RFC 2142)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAgent:
    """What the owner says of a new agent; `domain` None means the server's first one."""

    name: str
    role: str = "assistant"
    owner_name: str = ""
    domain: str | None = None
    metadata: JsonObject = field(default_factory=dict)
    is_persistent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedAgent:
    """A new agent with the two secrets that are shown this once."""

    agent: Agent
    api_key: str
    inbox: Inbox
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedInbox:
    """A new inbox with the password that is shown this once."""

    inbox: Inbox
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxChange:
    """What to change of an inbox; None leaves it."""

    display_name: str | None = None
    is_active: bool | None = None
    trust_gate: TrustGate | None = None
    can_send_cold: bool | None = None
    approval: ApprovalMode | None = None
    auto_approve_replies: bool | None = None
    approval_channel: str | None = None
    two_people: bool | None = None
    dmarc_enforce: DmarcEnforcement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedKey:
    """A new key with the token that is shown this once."""

    key: Key
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """What a caller may know of the pod."""

    domain: str
    hostname: str
    agents: int
    inboxes: int


class Accounts:
    """The account service."""

    def __init__(
        self,
        *,
        store: AccountStore,
        policy: PolicyStore,
        secrets: ServerSecrets,
        config: Config,
        clock: Clock,
    ) -> None:
        self._store = store
        self._policy = policy
        self._secrets = secrets
        self._config = config
        self._clock = clock

    # Agents ------------------------------------------------------------------------------------

    async def create_agent(self, actor: Actor, new: NewAgent) -> CreatedAgent:
        """Make an agent with its inbox, API key and mail password. Master only; taken names are 409."""
        require_master(actor)
        if not _NAME.fullmatch(new.name):
            raise invalid("name", "use 1 to 64 letters, digits, dots, hyphens or underscores")
        if new.name.lower() in RESERVED_NAMES or is_id(new.name):
            raise conflict(
                f"name: {new.name} has a meaning of its own where agents are named",
                code="reserved_name",
                fix="Choose another name",
            )
        domain = await self._domain(actor, new.domain)
        address = Address(fold_name(new.name), domain.name)
        await self._require_free(actor, new.name, address)
        now = self._clock.now()
        agent = Agent(
            id=AgentId(new_id()),
            pod_id=actor.pod_id,
            name=new.name,
            role=new.role,
            owner_name=check_display_name(new.owner_name, path="owner_name"),
            status=AgentStatus.ACTIVE,
            is_persistent=new.is_persistent,
            metadata=new.metadata,
            created_at=now,
            last_activity_at=None,
        )
        inbox = self._new_inbox(actor, domain, address, self._default_display(agent), agent.id)
        password, stored_password = await self._new_password(inbox.id)
        created = self._new_key(actor, KeyRole.AGENT, f"{new.name} (first key)", agent.id, None)
        agent = await self._store.create_agent(
            agent,
            inbox,
            StoredKey(key=created.key, hash=self._secrets.token_hash(created.token)),
            stored_password,
            audit(actor, "agent.create", agent.id, {"name": agent.name, "email": str(address)}),
        )
        return CreatedAgent(agent=agent, api_key=created.token, inbox=inbox, password=password)

    async def agents(self, actor: Actor) -> tuple[Agent, ...]:
        """The directory: every agent of the pod, for every authenticated caller."""
        return await self._store.agents(actor.pod_id)

    async def agent(self, actor: Actor, name_or_id: str) -> Agent:
        """One agent by id or name; agents may look each other up."""
        agent = (
            await self._store.agent(AgentId(name_or_id))
            if is_id(name_or_id)
            else await self._store.agent_by_name(actor.pod_id, name_or_id)
        )
        if agent is None or agent.pod_id != actor.pod_id:
            raise not_found("agent")
        return agent

    async def stop(self, actor: Actor, name_or_id: str, reason: str = "") -> Agent:
        """Refuse the agent's keys and logins and stop its mail, at once."""
        return await self._set_status(actor, name_or_id, AgentStatus.STOPPED, reason)

    async def resume(self, actor: Actor, name_or_id: str) -> Agent:
        """Let a stopped agent work again."""
        return await self._set_status(actor, name_or_id, AgentStatus.ACTIVE, "")

    async def _set_status(
        self, actor: Actor, name_or_id: str, status: AgentStatus, reason: str
    ) -> Agent:
        require_master(actor)
        agent = replace(await self.agent(actor, name_or_id), status=status)
        verb = "stop" if status is AgentStatus.STOPPED else "resume"
        await self._store.update_agent(
            agent, audit(actor, f"agent.{verb}", agent.id, {"reason": reason})
        )
        return agent

    async def delete_agent(
        self, actor: Actor, name_or_id: str, reason: str = "", *, keep_mail: bool = False
    ) -> Agent:
        """Delete an agent with its keys and inboxes; the last one cannot be deleted.

        With `keep_mail` its inboxes stay readable for the owner: no login, no mail in or out.
        """
        require_master(actor)
        agent = await self.agent(actor, name_or_id)
        detail: JsonObject = {"name": agent.name, "reason": reason, "keep_mail": keep_mail}
        await self._store.delete_agent(
            agent.id, audit(actor, "agent.delete", agent.id, detail), keep_mail=keep_mail
        )
        return agent

    async def remove_leftovers(self) -> int:
        """Take away mail of deleted inboxes and files of mail that left long ago; a periodic job."""
        total = 0
        before = self._clock.now() - KEEP_FINISHED
        while (done := await self._store.remove_deleted_mail()) > 0:
            total += done
        while (done := await self._store.drop_finished(before)) > 0:
            total += done
        return total

    async def inactive(self, actor: Actor, hours: int) -> tuple[Agent, ...]:
        """Agents that have done nothing for so long, the longest first; for who sees the pod."""
        require_reader(actor)
        before = self._clock.now() - timedelta(hours=hours)
        found = [one for one in await self._store.agents(actor.pod_id) if last_sign(one) < before]
        return tuple(sorted(found, key=last_sign))

    async def cleanup(self, actor: Actor, hours: int, *, dry_run: bool) -> tuple[Agent, ...]:
        """Delete agents that have done nothing for so long; returns those deleted (or to be).

        Persistent ones stay, stopped ones too (somebody may want to look at them), and the last one.
        """
        idle = [
            one
            for one in await self.inactive(actor, hours)
            if not one.is_persistent and one.status is AgentStatus.ACTIVE
        ]
        if len(idle) == len(await self._store.agents(actor.pod_id)):
            idle = idle[:-1]
        if dry_run:
            return tuple(idle)
        gone: list[Agent] = []
        for agent in idle:
            try:
                await self.delete_agent(actor, agent.id, f"inactive for {hours} hours")
            except MailError as error:
                if error.kind is ErrorKind.NOT_FOUND or error.code == "last_agent":
                    continue
                raise
            gone.append(agent)
        return tuple(gone)

    async def deletions(self, actor: Actor, part: Slice = FIRST_PAGE) -> Listed[AuditRow]:
        """The record of deleted agents, newest first; for who sees the pod."""
        require_reader(actor)
        return await self._store.deletions(actor.pod_id, part)

    # People and the owner's inbox --------------------------------------------------------------

    async def people(self, actor: Actor) -> tuple[Person, ...]:
        """Everybody who may be told or asked."""
        return await self._store.people(actor.pod_id)

    async def approvers(self, actor: Actor) -> tuple[Person, ...]:
        """Those who decide: owners and approvers."""
        return tuple(one for one in await self.people(actor) if one.role is not PersonRole.VIEWER)

    async def list_people(self, actor: Actor) -> tuple[Person, ...]:
        """Everybody, for those who decide: addresses of people are no agent's business."""
        _require_decider(actor)
        return await self._store.people(actor.pod_id)

    async def person(self, actor: Actor, person_id: PersonId) -> Person:
        """One person, for those who decide."""
        _require_decider(actor)
        person = await self._store.person(person_id)
        if person is None or person.pod_id != actor.pod_id:
            raise not_found("person")
        return person

    async def change_person(
        self,
        actor: Actor,
        person_id: PersonId,
        *,
        name: str | None = None,
        email: str | None = None,
        role: PersonRole | None = None,
    ) -> Person:
        """Change what is given; the last owner stays one, and a viewer's keys end."""
        require_master(actor)
        old = await self.person(actor, person_id)
        person = replace(
            old,
            name=old.name if name is None else check_display_name(name, path="name"),
            email=old.email if email is None else await self._outside(email),
            role=role or old.role,
        )
        detail: JsonObject = {"email": str(person.email), "role": person.role.value}
        await self._store.update_person(person, audit(actor, "person.update", person.id, detail))
        return person

    async def delete_person(self, actor: Actor, person_id: PersonId) -> None:
        """Remove a person and end their keys; the last owner stays."""
        require_master(actor)
        person = await self.person(actor, person_id)
        detail: JsonObject = {"email": str(person.email), "role": person.role.value}
        await self._store.delete_person(
            person.id, self._clock.now(), audit(actor, "person.delete", person.id, detail)
        )

    async def create_person(
        self, actor: Actor, *, name: str, email: str, role: PersonRole
    ) -> Person:
        """Add a person by their outside address; INVALID for one on this server."""
        require_master(actor)
        address = await self._outside(email)
        person = Person(
            id=PersonId(new_id()),
            pod_id=actor.pod_id,
            name=check_display_name(name, path="name"),
            email=address,
            role=role,
            created_at=self._clock.now(),
        )
        await self._store.create_person(
            person, audit(actor, "person.create", person.id, {"email": email, "role": role.value})
        )
        return person

    async def _outside(self, email: str) -> Address:
        """Notices with the means to decide go there: never to an address that an agent may have."""
        address = parse_address(email, path="email")
        if await self._store.domain_by_name(address.domain) is not None:
            raise invalid(
                "email",
                f"{address} is on this server",
                fix="Give an address outside of it: approvals come from there",
            )
        return address

    # Inboxes -----------------------------------------------------------------------------------

    async def inboxes(self, actor: Actor) -> tuple[Inbox, ...]:
        """Every inbox the actor may use."""
        found = await self._store.inboxes(actor.pod_id)
        return tuple(one for one in found if may_use(actor, one))

    async def inbox(self, actor: Actor, inbox_id: InboxId) -> Inbox:
        """One inbox; foreign ones are NOT_FOUND."""
        inbox = await self._store.inbox(inbox_id)
        if inbox is None or not may_use(actor, inbox):
            raise not_found("inbox")
        return inbox

    async def create_inbox(
        self,
        actor: Actor,
        *,
        local_part: str,
        domain_id: DomainId | None = None,
        domain: str | None = None,
        display_name: str = "",
        agent_id: AgentId | None = None,
        person_id: PersonId | None = None,
    ) -> CreatedInbox:
        """Give an agent (by default the calling one) or a person another address."""
        actor.require(Permission.MANAGE)
        if actor.inbox_id is not None:
            raise denied("a key for one inbox creates no others")
        owner = actor.agent_id if agent_id is None and person_id is None else agent_id
        if not actor.is_master and (owner is None or owner != actor.agent_id):
            raise denied("only the master key creates inboxes for others")
        if owner is not None:
            await self.agent(actor, owner)
        elif person_id is None:
            raise invalid("agent_id", "say which agent owns the inbox")
        found = await self._domain_by(actor, domain_id, domain)
        address = parse_address(f"{local_part}@{found.name}", path="local_part")
        if "+" in address.local:
            raise invalid("local_part", "a plus sign marks a sub-address and cannot be in a name")
        await self._require_free(actor, None, address)
        if not actor.is_master and address.local.lower() in _TRUSTED_NAMES:
            raise denied(
                f"{address} speaks for the domain",
                code="master_key_required",
                fix="Choose another name, or have the owner create it",
            )
        inbox = self._new_inbox(
            actor,
            found,
            Address(address.local.lower(), found.name),
            check_display_name(display_name, path="display_name"),
            owner,
            person_id,
        )
        password, stored = await self._new_password(inbox.id)
        await self._store.create_inbox(
            inbox, stored, audit(actor, "inbox.create", inbox.id, {"address": str(inbox.address)})
        )
        return CreatedInbox(inbox=inbox, password=password)

    async def change_inbox(self, actor: Actor, inbox_id: InboxId, change: InboxChange) -> Inbox:
        """Change what is given. The display name is its user's to choose, policies are the master's."""
        actor.require(Permission.MANAGE)
        old = await self.inbox(actor, inbox_id)
        given = {name: value for name, value in asdict(change).items() if value is not None}
        if set(given) - {"display_name"}:
            require_master(actor)
        if change.display_name is not None:
            given["display_name"] = check_display_name(change.display_name, path="display_name")
        if change.is_active and old.agent_id is not None:
            await self._require_agent(old.agent_id)
        detail: JsonObject = {name: _plain(value) for name, value in given.items()}
        inbox = replace(old, **given)
        await self._store.update_inbox(inbox, audit(actor, "inbox.update", inbox.id, detail))
        return inbox

    async def delete_inbox(self, actor: Actor, inbox_id: InboxId) -> None:
        """Remove an inbox with its mail. Master only."""
        require_master(actor)
        inbox = await self.inbox(actor, inbox_id)
        detail: JsonObject = {"address": str(inbox.address)}
        await self._store.delete_inbox(inbox.id, audit(actor, "inbox.delete", inbox.id, detail))

    async def quota(self, actor: Actor, inbox_id: InboxId) -> Quota:
        """What an inbox may hold and what it holds."""
        inbox = await self.inbox(actor, inbox_id)
        return await self._store.quota(inbox.id)

    async def change_policy(self, actor: Actor, inbox_id: InboxId, change: PolicyChange) -> Inbox:
        """Set quotas and switched-off capabilities of an inbox; None leaves one. Master only.

        A quota below what is there deletes nothing; sessions see capabilities at their next login.
        """
        require_master(actor)
        actor.require(Permission.MANAGE)
        inbox = await self.inbox(actor, inbox_id)
        if change.disabled_capabilities is not None:
            checked = check_capabilities(change.disabled_capabilities)
            change = replace(change, disabled_capabilities=checked)
        detail: JsonObject = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(change).items()
            if value is not None
        }
        return await self._store.change_policy(
            inbox.id, change, audit(actor, "inbox.policy", inbox.id, detail)
        )

    async def restore_inbox(
        self, actor: Actor, inbox: Inbox, agent: Agent | None, person: Person | None
    ) -> tuple[str, str]:
        """An inbox as it was, with its agent or person where they are missing; for a rebuild.

        Returns its new password and the agent's new key, empty when the agent was there.
        """
        require_master(actor)
        password, stored = await self._new_password(inbox.id)
        record = audit(actor, "inbox.restore", inbox.id, {"address": str(inbox.address)})
        if person is not None and await self._store.person(person.id) is None:
            await self._store.create_person(person, record)
        if agent is None or await self._store.agent(agent.id) is not None:
            await self._store.create_inbox(inbox, stored, record)
            return password, ""
        created = self._new_key(actor, KeyRole.AGENT, f"{agent.name} (rebuilt)", agent.id, None)
        key = StoredKey(key=created.key, hash=self._secrets.token_hash(created.token))
        await self._store.create_agent(agent, inbox, key, stored, record)
        return password, created.token

    async def reset_password(self, actor: Actor, inbox_id: InboxId) -> str:
        """A new mail password for an inbox; the old one stops working."""
        actor.require(Permission.MANAGE)
        inbox = await self.inbox(actor, inbox_id)
        password, stored = await self._new_password(inbox.id)
        await self._store.set_password(stored, audit(actor, "inbox.password", inbox.id, {}))
        return password

    # Keys --------------------------------------------------------------------------------------

    async def keys(self, actor: Actor) -> tuple[Key, ...]:
        """The pod's keys without their secrets; an agent and an approver see their own."""
        found = await self._store.keys(actor.pod_id)
        return tuple(one for one in found if actor.reads_pod or _is_own(actor, one))

    async def create_key(
        self,
        actor: Actor,
        *,
        role: KeyRole,
        name: str,
        agent: str | None = None,
        inbox_id: InboxId | None = None,
        permissions: Collection[Permission] = EVERYTHING,
        person_id: PersonId | None = None,
        expires_at: datetime | None = None,
    ) -> CreatedKey:
        """A new key; `agent` (name or id) is required for, and only for, an agent's key.

        An agent's key may be for one of its inboxes only, and may have fewer permissions. With
        `person_id` it is that person's: somebody who decides has an approver's or a viewer's, a
        viewer a viewer's.
        """
        require_master(actor)
        if (role is KeyRole.AGENT) != (agent is not None):
            raise invalid("agent", "an agent's key names its agent, other keys name none")
        if expires_at is not None and expires_at <= self._clock.now():
            raise invalid("expires_at", "the time is in the past")
        agent_id = (await self.agent(actor, agent)).id if agent is not None else None
        if person_id is not None:
            person = await self.person(actor, person_id)
            if role not in _KEYS_OF_PEOPLE[person.role]:
                raise invalid("role", f"a key of this kind is not for {person.role.value}s")
        if inbox_id is not None and (await self.inbox(actor, inbox_id)).agent_id != agent_id:
            raise invalid("inbox_id", "the inbox does not belong to this agent")
        created = self._new_key(actor, role, name, agent_id, expires_at, person_id)
        scope = _permissions(role, permissions)
        created = replace(created, key=replace(created.key, inbox_id=inbox_id, permissions=scope))
        await self._store.create_key(
            StoredKey(key=created.key, hash=self._secrets.token_hash(created.token)),
            audit(
                actor,
                "key.create",
                created.key.id,
                {
                    "name": name,
                    "role": role.value,
                    "permissions": [one.value for one in sorted(scope)],
                },
            ),
        )
        return created

    async def key(self, actor: Actor, key_id: KeyId) -> Key:
        """One key without its secret; those of others are NOT_FOUND."""
        for one in await self.keys(actor):
            if one.id == key_id:
                return one
        raise not_found("key")

    async def rotate_key(
        self, actor: Actor, key_id: KeyId, *, overlap: timedelta = timedelta()
    ) -> CreatedKey:
        """A new key with the rights and the end of an old one, which works for `overlap` more."""
        require_master(actor)
        old = await self.key(actor, key_id)
        now = self._clock.now()
        made = self._new_key(actor, old.role, old.name, old.agent_id, old.expires_at, old.person_id)
        key = replace(made.key, inbox_id=old.inbox_id, permissions=old.permissions)
        stored = StoredKey(key=key, hash=self._secrets.token_hash(made.token))
        detail: JsonObject = {"key_id": key.id, "overlap_seconds": overlap.total_seconds()}
        await self._store.rotate_key(
            old.id, stored, now + overlap, audit(actor, "key.rotate", old.id, detail)
        )
        return CreatedKey(key=key, token=made.token)

    async def revoke_key(self, actor: Actor, key_id: KeyId) -> None:
        """End a key at once."""
        require_master(actor)
        if not any(one.id == key_id for one in await self._store.keys(actor.pod_id)):
            raise not_found("key")
        await self._store.revoke_key(
            key_id, self._clock.now(), audit(actor, "key.revoke", key_id, {})
        )

    async def is_current(self, actor: Actor) -> bool:
        """Whether the actor's key and agent still work, for calls that last."""
        if actor.agent_id is not None:
            agent = await self._store.agent(actor.agent_id)
            if agent is None or agent.status is AgentStatus.STOPPED:
                return False
        if actor.key_id is None:
            return True
        now = self._clock.now()
        return any(
            key.id == actor.key_id
            and key.revoked_at is None
            and (key.expires_at is None or key.expires_at > now)
            for key in await self._store.keys(actor.pod_id)
        )

    # Pod ---------------------------------------------------------------------------------------

    async def workspace(self, actor: Actor) -> Workspace:
        """Names and counts of the pod."""
        return Workspace(
            domain=self._config.server.domain,
            hostname=self._config.server.hostname,
            agents=len(await self._store.agents(actor.pod_id)),
            inboxes=len(await self.inboxes(actor)),
        )

    async def audit(
        self, actor: Actor, *, after: int = 0, limit: int = 100
    ) -> tuple[AuditRow, ...]:
        """The audit log, oldest first. Master only."""
        require_master(actor)
        return await self._policy.audit(actor.pod_id, after=after, limit=limit)

    async def list_audit(self, actor: Actor, query: AuditQuery) -> Listed[AuditRow]:
        """A part of the audit log; for who sees the pod."""
        require_reader(actor)
        return await self._policy.list_audit(replace(query, pod_id=actor.pod_id))

    # Pieces ------------------------------------------------------------------------------------

    async def _require_agent(self, agent_id: AgentId) -> None:
        if await self._store.agent(agent_id) is None:
            raise conflict(
                "the agent of this address was deleted",
                code="agent_deleted",
                fix="Read it as it is, or delete it",
            )

    async def _domain(self, actor: Actor, name: str | None) -> Domain:
        wanted = parse_domain(name or self._config.server.domain)
        domain = await self._store.domain_by_name(wanted)
        if domain is None or domain.pod_id != actor.pod_id:
            raise invalid(
                "domain", f"{wanted} is not a domain of this server", fix="Add the domain first"
            )
        return domain

    async def _domain_by(
        self, actor: Actor, domain_id: DomainId | None, name: str | None
    ) -> Domain:
        if domain_id is None:
            return await self._domain(actor, name)
        for domain in await self._store.domains(actor.pod_id):
            if domain_id in (domain.id, domain.name):
                return domain
        raise invalid("domain_id", "no such domain", fix="Take an id from GET /v1/domains")

    async def _require_free(self, actor: Actor, name: str | None, address: Address) -> None:
        if address.local.lower() in RESERVED_LOCAL_PARTS:
            raise conflict(f"{address} is reserved", code="reserved_address", fix="Choose another")
        if name is not None and await self._store.agent_by_name(actor.pod_id, name) is not None:
            raise conflict(
                f"an agent named {name} exists", code="name_taken", fix="Choose another name"
            )
        known = await self._store.inboxes(actor.pod_id)
        aliases = await self._store.aliases(actor.pod_id)
        taken = {one.address.folded for one in known} | {one.address.folded for one in aliases}
        if address.folded in taken:
            raise conflict(f"{address} is taken", code="address_taken", fix="Choose another name")
        await self._require_forgotten(actor, address)

    async def _require_forgotten(self, actor: Actor, address: Address) -> None:
        """An agent gets no mail that is still on its way to another: CONFLICT `address_retired`."""
        former = await self._store.former_inbox(address.folded)
        if actor.is_master or former is None or former.deleted_at is None:
            return
        free_at = former.deleted_at + timedelta(days=self._config.inbox.reuse_after_days)
        if former.agent_id != actor.agent_id and self._clock.now() < free_at:
            raise conflict(
                f"{address} was somebody else's until lately",
                code="address_retired",
                fix="Choose another name, or have the owner create it",
            )

    def _new_inbox(
        self,
        actor: Actor,
        domain: Domain,
        address: Address,
        display_name: str,
        agent_id: AgentId | None,
        person_id: PersonId | None = None,
    ) -> Inbox:
        gate = TrustGate(self._config.inbox.trust_gate) if agent_id else TrustGate.OFF
        return Inbox(
            id=InboxId(new_id()),
            pod_id=actor.pod_id,
            agent_id=agent_id,
            person_id=person_id,
            domain_id=domain.id,
            address=address,
            display_name=display_name,
            is_active=True,
            trust_gate=gate,
            created_at=self._clock.now(),
            quota_bytes=self._config.inbox.quota_bytes if agent_id else 0,
            quota_messages=self._config.inbox.quota_messages if agent_id else 0,
        )

    async def _new_password(self, inbox_id: InboxId) -> tuple[str, StoredPassword]:
        password = new_token("inbox")
        stored = await asyncio.to_thread(stored_password, self._secrets, inbox_id, password)
        return password, stored

    def _new_key(
        self,
        actor: Actor,
        role: KeyRole,
        name: str,
        agent_id: AgentId | None,
        expires_at: datetime | None,
        person_id: PersonId | None = None,
    ) -> CreatedKey:
        token = new_token(role.value)
        key = Key(
            id=KeyId(new_id()),
            pod_id=actor.pod_id,
            role=role,
            name=check_display_name(name, path="name"),
            prefix=token[: len(f"cs_{role.value}_") + 4],
            agent_id=agent_id,
            person_id=person_id,
            created_at=self._clock.now(),
            expires_at=expires_at,
            revoked_at=None,
            last_used_at=None,
        )
        return CreatedKey(key=key, token=token)

    @staticmethod
    def _default_display(agent: Agent) -> str:
        return f"{agent.name} from {agent.owner_name}" if agent.owner_name else agent.name


def require_master(actor: Actor) -> None:
    """DENIED unless the actor holds the master key, is the operator or the server itself."""
    if not actor.is_master:
        raise denied(
            "this needs the master key",
            code="master_key_required",
            fix="Call it with the owner's master key",
        )


def _require_decider(actor: Actor) -> None:
    if not (actor.reads_pod or actor.may_decide):
        raise denied(
            "only people see people",
            code="approver_required",
            fix="Ask the owner or an approver",
        )


def require_reader(actor: Actor) -> None:
    """DENIED unless the actor may see everything of the pod."""
    if not actor.reads_pod:
        require_master(actor)


def _permissions(role: KeyRole, wanted: Collection[Permission]) -> frozenset[Permission]:
    """What a key of this role may do; only an agent's is narrowed."""
    if role is KeyRole.VIEWER:
        return frozenset({Permission.READ})
    if not wanted:
        raise invalid("permissions", "name at least one")
    if role is not KeyRole.AGENT and frozenset(wanted) != EVERYTHING:
        raise invalid("permissions", "only an agent's key has fewer permissions")
    return frozenset(wanted)


def _plain(value: object) -> JsonValue:
    return value if isinstance(value, bool) else str(value)


def _is_own(actor: Actor, key: Key) -> bool:
    if actor.agent_id is not None and actor.inbox_id is None:
        return key.agent_id == actor.agent_id
    return key.id == actor.key_id


def last_sign(agent: Agent) -> datetime:
    """When an agent last did something; its creation counts."""
    return max(agent.created_at, agent.last_activity_at or agent.created_at)


def audit(actor: Actor, action: str, subject: str, detail: JsonObject) -> Audit:
    """The audit entry of something the actor does."""
    return Audit(
        pod_id=actor.pod_id, actor=actor.label, action=action, subject=subject, detail=detail
    )


def fold_name(name: str) -> str:
    """An agent's name as a lower-case dot-atom: runs of dots become one, none at the ends."""
    folded = re.sub(r"\.{2,}", ".", name.lower()).strip(".")
    if not folded:
        raise MailError(
            ErrorKind.INVALID, "name: it needs a letter or a digit", fix="Choose another name"
        )
    return folded


def check_display_name(text: str, *, path: str) -> str:
    """A display name without control characters; INVALID otherwise."""
    if len(text) > MAX_DISPLAY_CHARS:
        raise invalid(path, f"at most {MAX_DISPLAY_CHARS} characters")
    if any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise invalid(path, "no line breaks or control characters")
    if shows_address(text):
        raise invalid(path, "a name holds no mail address")
    return text.strip()
