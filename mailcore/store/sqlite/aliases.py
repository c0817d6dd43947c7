"""Aliases, catch-alls, and who had an address before: where mail goes that no inbox is named for."""

import sqlite3
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import MailError, conflict, not_found
from mailcore.ids import AgentId, AliasId, DomainId, InboxId, PersonId, PodId
from mailcore.model import Alias, Domain, FormerInbox, JsonObject
from mailcore.store.ports import AccountStore, Audit
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import domain_from, optional, unique
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import instant

_FORMER: Final = """
SELECT agent_id, person_id, deleted_at FROM inboxes WHERE address_folded = ? AND is_active = 0
ORDER BY deleted_at IS NOT NULL, deleted_at DESC LIMIT 1
"""
_OF_POD: Final = "SELECT * FROM aliases WHERE pod_id = ? ORDER BY address_folded"
_BY_ADDRESS: Final = "SELECT * FROM aliases WHERE address_folded = ?"
_INBOXES: Final = """
SELECT t.inbox_id, i.is_active FROM alias_inboxes t JOIN inboxes i ON i.id = t.inbox_id
WHERE t.alias_id = ? AND i.deleted_at IS NULL ORDER BY i.created_at, i.id
"""
_INSERT: Final = """
INSERT INTO aliases (
  id, pod_id, domain_id, address_local, address_domain, address_folded, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_LEAD: Final = "INSERT INTO alias_inboxes (alias_id, inbox_id, pod_id) VALUES (?, ?, ?)"
_HAS_INBOX: Final = "SELECT 1 FROM inboxes WHERE address_folded = ? AND deleted_at IS NULL"
_CATCH_ALL: Final = """
UPDATE domains SET catch_all = ? WHERE id = ? AND removed_at IS NULL RETURNING *
"""


class Aliases(Part, AccountStore):
    """The verbs of `AccountStore` about addresses that are no inboxes."""

    @override
    async def former_inbox(self, folded: str) -> FormerInbox | None:
        return self._database.read(
            lambda connection: optional(_former, connection.execute(_FORMER, (folded,)))
        )

    @override
    async def alias_by_address(self, folded: str) -> Alias | None:
        def read(connection: sqlite3.Connection) -> Alias | None:
            row = connection.execute(_BY_ADDRESS, (folded,)).fetchone()
            found = None if row is None else _alias(connection, row, only_active=True)
            return found if found is not None and found.inbox_ids else None

        return self._database.read(read)

    @override
    async def aliases(self, pod_id: PodId) -> tuple[Alias, ...]:
        return self._database.read(
            lambda connection: tuple(
                _alias(connection, row) for row in connection.execute(_OF_POD, (pod_id,)).fetchall()
            )
        )

    @override
    async def create_alias(self, alias: Alias, audit: Audit) -> None:
        address = alias.address
        values = (
            *(alias.id, alias.pod_id, alias.domain_id, address.local, address.domain),
            *(address.folded, to_micros(alias.created_at)),
        )

        def write(connection: sqlite3.Connection) -> None:
            if connection.execute(_HAS_INBOX, (address.folded,)).fetchone():
                raise taken(address)
            with unique("address", "address_taken"):
                connection.execute(_INSERT, values)
            _lead(connection, alias)
            self._record(connection, alias.pod_id, "alias.created", {"alias": alias.id}, audit)

        await self._write(write)

    @override
    async def change_alias(self, alias: Alias, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute("SELECT 1 FROM aliases WHERE id = ?", (alias.id,)).fetchone():
                raise not_found("alias")
            connection.execute("DELETE FROM alias_inboxes WHERE alias_id = ?", (alias.id,))
            _lead(connection, alias)
            self._record(connection, alias.pod_id, "alias.updated", {"alias": alias.id}, audit)

        await self._write(write)

    @override
    async def delete_alias(self, alias_id: AliasId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM aliases WHERE id = ?", (alias_id,)).rowcount:
                raise not_found("alias")
            self._record(connection, audit.pod_id, "alias.deleted", {"alias": alias_id}, audit)

        await self._write(write)

    @override
    async def set_catch_all(
        self, domain_id: DomainId, inbox_id: InboxId | None, audit: Audit
    ) -> Domain:
        def write(connection: sqlite3.Connection) -> Domain:
            row = connection.execute(_CATCH_ALL, (inbox_id, domain_id)).fetchone()
            if row is None:
                raise not_found("domain")
            fields: JsonObject = {"domain": row["name"]}
            self._record(connection, audit.pod_id, "domain.updated", fields, audit)
            return domain_from(row)

        return await self._write(write)

    def _record(
        self,
        connection: sqlite3.Connection,
        pod_id: PodId,
        name: str,
        fields: JsonObject,
        audit: Audit,
    ) -> None:
        subject = Subject(pod_id, None, None)
        journal.append_internal(connection, self._now(), subject, name, fields)
        append_audit(connection, audit, self._clock.now())


def taken(address: Address) -> MailError:
    """The error for an address that somebody has."""
    return conflict(f"{address} is taken", code="address_taken", fix="Choose another name")


def require_no_alias(connection: sqlite3.Connection, address: Address) -> None:
    """CONFLICT `address_taken` when an alias has the address."""
    if connection.execute(_BY_ADDRESS, (address.folded,)).fetchone():
        raise taken(address)


def _lead(connection: sqlite3.Connection, alias: Alias) -> None:
    with unique("alias", "alias_exists"):
        connection.executemany(_LEAD, ((alias.id, one, alias.pod_id) for one in alias.inbox_ids))


def _alias(connection: sqlite3.Connection, row: sqlite3.Row, *, only_active: bool = False) -> Alias:
    found = connection.execute(_INBOXES, (row["id"],))
    return Alias(
        id=AliasId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        domain_id=DomainId(row["domain_id"]),
        address=Address(row["address_local"], row["address_domain"]),
        inbox_ids=tuple(
            InboxId(one["inbox_id"]) for one in found if one["is_active"] or not only_active
        ),
        created_at=from_micros(row["created_at"]),
    )


def _former(row: sqlite3.Row) -> FormerInbox:
    return FormerInbox(
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        person_id=PersonId(row["person_id"]) if row["person_id"] else None,
        deleted_at=instant(row["deleted_at"]),
    )
