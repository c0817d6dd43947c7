"""Agents, people, inboxes and their passwords.

Deleting an agent only marks rows: its names and addresses become free, nothing of it can be used
any more, and its mail stays until a janitor takes it.
"""

import sqlite3
from dataclasses import replace
from datetime import datetime
from typing import override

from mailcore.errors import conflict, not_found
from mailcore.events import (
    AgentCreated,
    AgentDeleted,
    AgentResumed,
    AgentStopped,
    AgentUpdated,
)
from mailcore.ids import AgentId, InboxId, PodId, Seq
from mailcore.model import (
    DEFAULT_MAILBOXES,
    Agent,
    AgentStatus,
    Inbox,
    Person,
    Quota,
)
from mailcore.store.ports import AccountStore, Audit, PolicyChange, StoredKey, StoredPassword
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import (
    agent_from,
    agent_row,
    inbox_from,
    inbox_row,
    key_row,
    optional,
    password_row,
    person_from,
    person_row,
    unique,
)
from mailcore.store.sqlite.aliases import require_no_alias
from mailcore.store.sqlite.holds import cancel_for_inbox
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.keys import INSERT_KEY, touch
from mailcore.store.sqlite.mailbox_rows import insert_mailbox, owner
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.quotas import find_quota
from mailcore.store.sqlite.rows import dump


class Accounts(Part, AccountStore):
    """The verbs of `AccountStore` about agents, people and inboxes."""

    # Agents --------------------------------------------------------------------------------------

    @override
    async def create_agent(
        self,
        agent: Agent,
        inbox: Inbox,
        key: StoredKey,
        password: StoredPassword,
        audit: Audit,
    ) -> Agent:
        def write(connection: sqlite3.Connection) -> Agent:
            is_first = not connection.execute(_COUNT_AGENTS, (agent.pod_id,)).fetchone()[0]
            created = replace(agent, is_persistent=True) if is_first else agent
            with unique("agent name", "agent_exists"):
                connection.execute(_INSERT_AGENT, agent_row(created))
            subject = Subject(agent.pod_id, agent.id, inbox.id)
            email = str(inbox.address)
            event = AgentCreated(agent_id=agent.id, agent=agent.name, email=email)
            seq = journal.append(connection, self._now(), subject, event)
            _insert_inbox(connection, inbox, password, self._now(), seq)
            with unique("key", "key_exists"):
                connection.execute(INSERT_KEY, key_row(key))
            append_audit(connection, audit, self._clock.now())
            return created

        return await self._write(write)

    @override
    async def agents(self, pod_id: PodId) -> tuple[Agent, ...]:
        sql = "SELECT * FROM agents WHERE pod_id = ? AND deleted_at IS NULL ORDER BY created_at, id"
        return self._database.read(
            lambda connection: tuple(map(agent_from, connection.execute(sql, (pod_id,))))
        )

    @override
    async def agent(self, agent_id: AgentId) -> Agent | None:
        return self._database.read(
            lambda connection: optional(agent_from, connection.execute(_AGENT, (agent_id,)))
        )

    @override
    async def agent_by_name(self, pod_id: PodId, name: str) -> Agent | None:
        sql = "SELECT * FROM agents WHERE pod_id = ? AND name = ? AND deleted_at IS NULL"
        return self._database.read(
            lambda connection: optional(agent_from, connection.execute(sql, (pod_id, name)))
        )

    @override
    async def update_agent(self, agent: Agent, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            old = _require_agent(connection, agent.id)
            with unique("agent name", "agent_exists"):
                connection.execute(
                    _UPDATE_AGENT,
                    (
                        *(agent.name, agent.role, agent.owner_name, agent.status),
                        *(agent.is_persistent, dump(agent.metadata), agent.id),
                    ),
                )
            event = _agent_event(old, agent)
            journal.append(connection, self._now(), Subject(old.pod_id, old.id, None), event)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def delete_agent(
        self, agent_id: AgentId, audit: Audit, *, keep_mail: bool = False
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            agent = _require_agent(connection, agent_id)
            if connection.execute(_COUNT_AGENTS, (agent.pod_id,)).fetchone()[0] <= 1:
                raise conflict(
                    "the last agent cannot be deleted",
                    code="last_agent",
                    fix="Create another agent first.",
                )
            now = self._now()
            for inbox in connection.execute(_INBOXES_OF_AGENT, (agent_id,)).fetchall():
                cancel_for_inbox(connection, InboxId(inbox["id"]), audit.actor, now)
            for sql in (*_DELETE_AGENT, _KEEP_INBOXES if keep_mail else _DELETE_INBOXES):
                connection.execute(sql, {"agent": agent_id, "at": now})
            event = AgentDeleted(agent_id=agent_id, agent=agent.name)
            journal.append(connection, now, Subject(agent.pod_id, agent_id, None), event)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def touch_agent(self, agent_id: AgentId, at: datetime) -> None:
        """Writes at most once a minute."""
        sql = "UPDATE agents SET last_activity_at = ?1 WHERE id = ?2 AND coalesce(last_activity_at, 0) < ?1"
        await touch(
            self._database, "SELECT last_activity_at FROM agents WHERE id = ?", sql, agent_id, at
        )

    # People --------------------------------------------------------------------------------------

    @override
    async def create_person(self, person: Person, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("person", "person_exists"):
                connection.execute(_INSERT_PERSON, person_row(person))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def people(self, pod_id: PodId) -> tuple[Person, ...]:
        sql = "SELECT * FROM people WHERE pod_id = ? ORDER BY created_at, id"
        return self._database.read(
            lambda connection: tuple(map(person_from, connection.execute(sql, (pod_id,))))
        )

    # Inboxes -------------------------------------------------------------------------------------

    @override
    async def create_inbox(self, inbox: Inbox, password: StoredPassword, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            subject = Subject(inbox.pod_id, inbox.agent_id, inbox.id)
            fields = {"address": str(inbox.address)}
            now = self._now()
            seq = journal.append_internal(connection, now, subject, "inbox.created", {**fields})
            _insert_inbox(connection, inbox, password, now, seq)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def inboxes(self, pod_id: PodId, agent_id: AgentId | None = None) -> tuple[Inbox, ...]:
        def read(connection: sqlite3.Connection) -> tuple[Inbox, ...]:
            found = connection.execute(_INBOXES, {"pod": pod_id, "agent": agent_id})
            return tuple(map(inbox_from, found))

        return self._database.read(read)

    @override
    async def inbox(self, inbox_id: InboxId) -> Inbox | None:
        sql = "SELECT * FROM inboxes WHERE id = ? AND deleted_at IS NULL"
        row = self._database.read_row(sql, (inbox_id,))
        return inbox_from(row) if row else None

    @override
    async def inbox_by_address(self, folded: str) -> Inbox | None:
        return self._database.read(
            lambda connection: optional(inbox_from, connection.execute(_BY_ADDRESS, (folded,)))
        )

    @override
    async def update_inbox(self, inbox: Inbox, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            subject = owner(connection, inbox.id)
            with unique("address", "address_exists"):
                connection.execute(
                    _UPDATE_INBOX,
                    (
                        *(inbox.address.local, inbox.address.domain, inbox.address.folded),
                        *(inbox.display_name, inbox.is_active, inbox.trust_gate),
                        *(inbox.can_send_cold, inbox.approval, inbox.dmarc_enforce),
                        *(inbox.auto_approve_replies, inbox.approval_channel, inbox.two_people),
                        inbox.id,
                    ),
                )
            journal.append_internal(connection, self._now(), subject, "inbox.updated", {})
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def change_policy(self, inbox_id: InboxId, change: PolicyChange, audit: Audit) -> Inbox:
        capabilities = change.disabled_capabilities
        values = {
            "id": inbox_id,
            "bytes": change.quota_bytes,
            "messages": change.quota_messages,
            "capabilities": None if capabilities is None else dump(list(capabilities)),
        }

        def write(connection: sqlite3.Connection) -> Inbox:
            subject = owner(connection, inbox_id)
            changed = inbox_from(connection.execute(_CHANGE_POLICY, values).fetchone())
            journal.append_internal(connection, self._now(), subject, "inbox.updated", {})
            append_audit(connection, audit, self._clock.now())
            return changed

        return await self._write(write)

    @override
    async def quota(self, inbox_id: InboxId) -> Quota:
        return self._database.read(lambda connection: find_quota(connection, inbox_id))

    @override
    async def set_password(self, password: StoredPassword, audit: Audit) -> None:
        """Replaces the earlier ones."""

        def write(connection: sqlite3.Connection) -> None:
            subject = owner(connection, password.inbox_id)
            sql = "DELETE FROM passwords WHERE inbox_id = ?"
            connection.execute(sql, (password.inbox_id,))
            connection.execute(_INSERT_PASSWORD, password_row(password, subject.pod_id))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def passwords(self, inbox_id: InboxId) -> tuple[StoredPassword, ...]:
        sql = "SELECT hash, sealed_scram FROM passwords WHERE inbox_id = ?"

        def read(connection: sqlite3.Connection) -> tuple[StoredPassword, ...]:
            found = connection.execute(sql, (inbox_id,))
            return tuple(
                StoredPassword(inbox_id=inbox_id, hash=row[0], sealed_scram=row[1]) for row in found
            )

        return self._database.read(read)

    @override
    async def set_scram(self, password: StoredPassword) -> None:
        sql = "UPDATE passwords SET sealed_scram = ? WHERE inbox_id = ? AND hash = ?"
        values = (password.sealed_scram, password.inbox_id, password.hash)

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(sql, values)

        await self._write(write)


# Writing -----------------------------------------------------------------------------------------

_COUNT_AGENTS = "SELECT count(*) FROM agents WHERE pod_id = ? AND deleted_at IS NULL"
_AGENT = "SELECT * FROM agents WHERE id = ? AND deleted_at IS NULL"
_INSERT_AGENT = """
INSERT INTO agents (
  id, pod_id, name, role, owner_name, status, is_persistent, metadata, created_at, last_activity_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE_AGENT = """
UPDATE agents SET name = ?, role = ?, owner_name = ?, status = ?, is_persistent = ?, metadata = ?
WHERE id = ?
"""
_INBOXES_OF_AGENT = "SELECT id FROM inboxes WHERE agent_id = ? AND deleted_at IS NULL"
_DELETE_AGENT = (
    "UPDATE agents SET deleted_at = :at, status = 'stopped' WHERE id = :agent",
    "UPDATE keys SET revoked_at = coalesce(revoked_at, :at) WHERE agent_id = :agent",
    """
    DELETE FROM passwords
    WHERE inbox_id IN (SELECT id FROM inboxes WHERE agent_id = :agent)
    """,
)
_DELETE_INBOXES = """
UPDATE inboxes SET deleted_at = :at, is_active = 0 WHERE agent_id = :agent AND deleted_at IS NULL
"""
_KEEP_INBOXES = "UPDATE inboxes SET is_active = 0 WHERE agent_id = :agent AND deleted_at IS NULL"
_INSERT_PERSON = """
INSERT INTO people (id, pod_id, name, email_local, email_domain, email_folded, role, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_INBOX = """
INSERT INTO inboxes (
  id, pod_id, agent_id, person_id, domain_id, address_local, address_domain, address_folded,
  display_name, is_active, trust_gate, created_at, quota_bytes, quota_messages,
  disabled_capabilities
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INBOXES = """
SELECT * FROM inboxes WHERE pod_id = :pod AND deleted_at IS NULL
AND (:agent IS NULL OR agent_id = :agent) ORDER BY created_at, id
"""
_BY_ADDRESS = """
SELECT * FROM inboxes WHERE address_folded = ? AND is_active = 1 AND deleted_at IS NULL
"""
_UPDATE_INBOX = """
UPDATE inboxes SET address_local = ?, address_domain = ?, address_folded = ?, display_name = ?,
  is_active = ?, trust_gate = ?, can_send_cold = ?, approval = ?, dmarc_enforce = ?,
  auto_approve_replies = ?, approval_channel = ?, two_people = ?
WHERE id = ?
"""
_CHANGE_POLICY = """
UPDATE inboxes SET quota_bytes = coalesce(:bytes, quota_bytes),
  quota_messages = coalesce(:messages, quota_messages),
  disabled_capabilities = coalesce(:capabilities, disabled_capabilities)
WHERE id = :id RETURNING *
"""
_INSERT_PASSWORD = """
INSERT INTO passwords (inbox_id, hash, pod_id, sealed_scram) VALUES (?, ?, ?, ?)
"""  # noqa: S105 - SQL


def _insert_inbox(
    connection: sqlite3.Connection,
    inbox: Inbox,
    password: StoredPassword,
    at: int,
    seq: Seq,
) -> None:
    """An inbox with its default mailboxes and password."""
    require_no_alias(connection, inbox.address)
    with unique("address", "address_exists"):
        connection.execute(_INSERT_INBOX, inbox_row(inbox))
    subject = Subject(inbox.pod_id, inbox.agent_id, inbox.id)
    for name, special_use in DEFAULT_MAILBOXES:
        insert_mailbox(connection, subject, name, special_use, at=at, seq=seq)
    connection.execute(_INSERT_PASSWORD, password_row(password, inbox.pod_id))


def _require_agent(connection: sqlite3.Connection, agent_id: AgentId) -> Agent:
    agent = optional(agent_from, connection.execute(_AGENT, (agent_id,)))
    if agent is None:
        raise not_found("agent")
    return agent


def _agent_event(old: Agent, new: Agent) -> AgentUpdated | AgentStopped | AgentResumed:
    if old.status is new.status:
        return AgentUpdated(agent_id=new.id, agent=new.name)
    if new.status is AgentStatus.STOPPED:
        return AgentStopped(agent_id=new.id, agent=new.name)
    return AgentResumed(agent_id=new.id, agent=new.name)
