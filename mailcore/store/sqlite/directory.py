"""The verbs of `AccountStore` about people who change or go, and about agents that are gone."""

import sqlite3
from datetime import datetime
from functools import partial
from typing import override

from mailcore.clock import to_micros
from mailcore.errors import conflict, not_found
from mailcore.ids import PersonId, PodId
from mailcore.model import AuditRow, Listed, Person, PersonRole, Slice
from mailcore.store.ports import AccountStore, Audit, AuditQuery
from mailcore.store.sqlite.account_rows import optional, person_from, unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit, list_audit

_PERSON = "SELECT * FROM people WHERE id = ?"
_OTHER_OWNERS = "SELECT count(*) FROM people WHERE pod_id = ? AND role = ? AND id <> ?"
_UPDATE = """
UPDATE people SET name = ?, email_local = ?, email_domain = ?, email_folded = ?, role = ?
WHERE id = ?
"""
_REVOKE = """
UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE person_id = ? AND role <> 'viewer'
"""
_FORGET = """
UPDATE keys SET revoked_at = coalesce(revoked_at, ?), person_id = NULL WHERE person_id = ?
"""


class Directory(Part, AccountStore):
    """Changing and removing people; the record of deleted agents."""

    @override
    async def person(self, person_id: PersonId) -> Person | None:
        return self._database.read(
            lambda connection: optional(person_from, connection.execute(_PERSON, (person_id,)))
        )

    @override
    async def update_person(self, person: Person, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            old = _require(connection, person.id)
            if person.role is not PersonRole.OWNER:
                _keep_an_owner(connection, old)
            email = person.email
            with unique("person", "person_exists"):
                connection.execute(
                    _UPDATE,
                    (
                        *(person.name, email.local, email.domain, email.folded),
                        *(person.role, person.id),
                    ),
                )
            if person.role is PersonRole.VIEWER:
                connection.execute(_REVOKE, (self._now(), person.id))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def delete_person(self, person_id: PersonId, at: datetime, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            _keep_an_owner(connection, _require(connection, person_id))
            sql = "SELECT count(*) FROM inboxes WHERE person_id = ?"
            if connection.execute(sql, (person_id,)).fetchone()[0]:
                raise conflict(
                    "an inbox belongs to this person",
                    code="has_inboxes",
                    fix="Make them a viewer instead: their keys end and they decide nothing.",
                )
            connection.execute(_FORGET, (to_micros(at), person_id))
            connection.execute("DELETE FROM people WHERE id = ?", (person_id,))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def deletions(self, pod_id: PodId, part: Slice) -> Listed[AuditRow]:
        query = AuditQuery(pod_id=pod_id, action="agent.delete", is_newest_first=True, part=part)
        return await self._database.read_slow(partial(list_audit, query=query))


def _require(connection: sqlite3.Connection, person_id: PersonId) -> Person:
    found = optional(person_from, connection.execute(_PERSON, (person_id,)))
    if found is None:
        raise not_found("person")
    return found


def _keep_an_owner(connection: sqlite3.Connection, person: Person) -> None:
    """CONFLICT when nobody else owns the pod."""
    if person.role is not PersonRole.OWNER:
        return
    values = (person.pod_id, PersonRole.OWNER, person.id)
    if not connection.execute(_OTHER_OWNERS, values).fetchone()[0]:
        raise conflict(
            "the last owner stays", code="last_owner", fix="Make somebody else an owner first."
        )
