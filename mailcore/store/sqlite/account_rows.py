"""Rows of accounts to facts and back."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict, not_found
from mailcore.ids import AgentId, DomainId, InboxId, KeyId, PersonId, PodId
from mailcore.model import (
    Agent,
    AgentStatus,
    ApprovalMode,
    DkimKey,
    DkimState,
    DmarcEnforcement,
    Domain,
    DomainCheck,
    DomainStatus,
    Inbox,
    Key,
    KeyRole,
    Permission,
    Person,
    PersonRole,
    TrustGate,
)
from mailcore.store.ports import StoredKey, StoredPassword
from mailcore.store.sqlite.rows import dump, instant, load, load_texts, micros


@contextmanager
def unique(what: str, code: str) -> Iterator[None]:
    """CONFLICT when something of that name exists, NOT_FOUND when something referred to does not."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise not_found(f"something the {what} refers to") from error
        raise conflict(
            f"this {what} exists already",
            code=code,
            fix="Change what is there, or choose another name",
        ) from error


def optional[T](convert: Callable[[sqlite3.Row], T], cursor: sqlite3.Cursor) -> T | None:
    """The one row a query found, converted."""
    row: sqlite3.Row | None = cursor.fetchone()
    return None if row is None else convert(row)


def domain_row(domain: Domain) -> tuple[object, ...]:
    """Values in the order of the table's columns."""
    return (
        *(domain.id, domain.pod_id, domain.name, domain.status, domain.ownership_token),
        *(to_micros(domain.created_at), micros(domain.verified_at)),
    )


def domain_from(row: sqlite3.Row) -> Domain:
    """A row of `domains`."""
    return Domain(
        id=DomainId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        name=row["name"],
        status=DomainStatus(row["status"]),
        ownership_token=row["ownership_token"],
        created_at=from_micros(row["created_at"]),
        verified_at=instant(row["verified_at"]),
        catch_all=InboxId(row["catch_all"]) if row["catch_all"] else None,
    )


def dkim_row(key: DkimKey, pod_id: PodId) -> tuple[object, ...]:
    """Values in the order of the insert."""
    return (
        *(key.domain_id, pod_id, key.selector, key.algorithm, key.sealed_private_key),
        *(key.public_key, key.state, to_micros(key.created_at), micros(key.published_until)),
    )


def dkim_from(row: sqlite3.Row) -> DkimKey:
    """A row of `dkim_keys`."""
    return DkimKey(
        domain_id=DomainId(row["domain_id"]),
        selector=row["selector"],
        algorithm=row["algorithm"],
        sealed_private_key=row["sealed_private_key"],
        public_key=row["public_key"],
        state=DkimState(row["state"]),
        created_at=from_micros(row["created_at"]),
        published_until=instant(row["published_until"]),
    )


def check_row(check: DomainCheck) -> tuple[object, ...]:
    """Values in the order of the table's columns."""
    return (
        *(check.domain_id, check.pod_id, to_micros(check.checked_at), to_micros(check.next_at)),
        *(check.attempts, dump(check.findings)),
    )


def check_from(row: sqlite3.Row) -> DomainCheck:
    """A row of `domain_checks`."""
    return DomainCheck(
        domain_id=DomainId(row["domain_id"]),
        pod_id=PodId(row["pod_id"]),
        checked_at=from_micros(row["checked_at"]),
        next_at=from_micros(row["next_at"]),
        attempts=row["attempts"],
        findings=load(row["findings"]),
    )


def agent_row(agent: Agent) -> tuple[object, ...]:
    """Values in the order of the insert."""
    return (
        *(agent.id, agent.pod_id, agent.name, agent.role, agent.owner_name, agent.status),
        *(agent.is_persistent, dump(agent.metadata), to_micros(agent.created_at)),
        micros(agent.last_activity_at),
    )


def agent_from(row: sqlite3.Row) -> Agent:
    """A row of `agents`."""
    return Agent(
        id=AgentId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        name=row["name"],
        role=row["role"],
        owner_name=row["owner_name"],
        status=AgentStatus(row["status"]),
        is_persistent=bool(row["is_persistent"]),
        metadata=load(row["metadata"]),
        created_at=from_micros(row["created_at"]),
        last_activity_at=instant(row["last_activity_at"]),
    )


def person_row(person: Person) -> tuple[object, ...]:
    """Values in the order of the insert."""
    return (
        *(person.id, person.pod_id, person.name, person.email.local, person.email.domain),
        *(person.email.folded, person.role, to_micros(person.created_at)),
    )


def person_from(row: sqlite3.Row) -> Person:
    """A row of `people`."""
    return Person(
        id=PersonId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        name=row["name"],
        email=Address(row["email_local"], row["email_domain"]),
        role=PersonRole(row["role"]),
        created_at=from_micros(row["created_at"]),
    )


def inbox_row(inbox: Inbox) -> tuple[object, ...]:
    """Values in the order of the insert."""
    return (
        *(inbox.id, inbox.pod_id, inbox.agent_id, inbox.person_id, inbox.domain_id),
        *(inbox.address.local, inbox.address.domain, inbox.address.folded, inbox.display_name),
        *(inbox.is_active, inbox.trust_gate, to_micros(inbox.created_at), inbox.quota_bytes),
        *(inbox.quota_messages, dump(list(inbox.disabled_capabilities))),
    )


def inbox_from(row: sqlite3.Row) -> Inbox:
    """A row of `inboxes`."""
    return Inbox(
        id=InboxId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        person_id=PersonId(row["person_id"]) if row["person_id"] else None,
        domain_id=DomainId(row["domain_id"]),
        address=Address(row["address_local"], row["address_domain"]),
        display_name=row["display_name"],
        is_active=bool(row["is_active"]),
        trust_gate=TrustGate(row["trust_gate"]),
        created_at=from_micros(row["created_at"]),
        can_send_cold=bool(row["can_send_cold"]),
        approval=ApprovalMode(row["approval"]),
        auto_approve_replies=bool(row["auto_approve_replies"]),
        approval_channel=row["approval_channel"],
        two_people=bool(row["two_people"]),
        quota_bytes=row["quota_bytes"],
        quota_messages=row["quota_messages"],
        disabled_capabilities=load_texts(row["disabled_capabilities"]),
        dmarc_enforce=DmarcEnforcement(row["dmarc_enforce"]),
    )


def password_row(password: StoredPassword, pod_id: PodId) -> tuple[object, ...]:
    """Values in the order of the insert."""
    return (password.inbox_id, password.hash, pod_id, password.sealed_scram)


def key_row(stored: StoredKey) -> tuple[object, ...]:
    """Values in the order of the insert."""
    key = stored.key
    return (
        *(key.id, key.pod_id, stored.hash, key.role, key.name, key.prefix, key.agent_id),
        *(key.person_id, to_micros(key.created_at), micros(key.expires_at)),
        *(micros(key.revoked_at), micros(key.last_used_at), key.inbox_id),
        dump(sorted(key.permissions)),
    )


def key_from(row: sqlite3.Row) -> Key:
    """A row of `keys`."""
    return Key(
        id=KeyId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        role=KeyRole(row["role"]),
        name=row["name"],
        prefix=row["prefix"],
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        person_id=PersonId(row["person_id"]) if row["person_id"] else None,
        created_at=from_micros(row["created_at"]),
        expires_at=instant(row["expires_at"]),
        revoked_at=instant(row["revoked_at"]),
        last_used_at=instant(row["last_used_at"]),
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        permissions=frozenset(map(Permission, load_texts(row["permissions"]))),
    )
