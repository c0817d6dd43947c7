"""Domains and their DKIM keys."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from mailcore.clock import to_micros
from mailcore.errors import conflict, not_found
from mailcore.events import DomainKeysChanged, DomainRemoved, DomainVerified
from mailcore.ids import DomainId, PodId
from mailcore.model import DkimKey, DkimState, Domain, DomainCheck, DomainStatus
from mailcore.store.ports import AccountStore, Audit
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import (
    check_from,
    check_row,
    dkim_from,
    dkim_row,
    domain_from,
    domain_row,
    optional,
    unique,
)
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import micros

_INSERT_DOMAIN = """
INSERT INTO domains (id, pod_id, name, status, ownership_token, created_at, verified_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_DKIM = """
INSERT INTO dkim_keys (
  domain_id, pod_id, selector, algorithm, sealed_private_key, public_key, state, created_at,
  published_until
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DOMAIN = "SELECT * FROM domains WHERE id = ? AND removed_at IS NULL"
_KEYS = "SELECT * FROM dkim_keys WHERE domain_id = ? ORDER BY created_at, selector"
_REMOVALS = (
    "DELETE FROM dkim_keys WHERE domain_id = :id",
    "DELETE FROM domain_checks WHERE domain_id = :id",
    "DELETE FROM aliases WHERE domain_id = :id",
    "UPDATE domains SET name = '#' || id, status = 'PENDING', removed_at = :at, catch_all = NULL WHERE id = :id",
)
_ACTIVATIONS = (
    """
    UPDATE dkim_keys SET state = 'retired', published_until = :until
    WHERE domain_id = :id AND state = 'active' AND algorithm IN (
      SELECT algorithm FROM dkim_keys
      WHERE domain_id = :id AND state = 'pending' AND selector = :selector)
    """,
    """
    UPDATE dkim_keys SET state = 'active'
    WHERE domain_id = :id AND state = 'pending' AND selector = :selector
    """,
)
_SAVE_CHECK = """
INSERT OR REPLACE INTO domain_checks (
  domain_id, pod_id, checked_at, next_at, attempts, findings
) SELECT ?, ?, ?, ?, ?, ? FROM domains WHERE id = ? AND removed_at IS NULL
"""
_TO_CHECK = """
SELECT d.* FROM domains d LEFT JOIN domain_checks c ON c.domain_id = d.id
WHERE d.removed_at IS NULL AND (c.next_at IS NULL OR c.next_at <= ?)
ORDER BY coalesce(c.next_at, 0), d.id LIMIT ?
"""


class Domains(Part, AccountStore):
    """The verbs of `AccountStore` about domains."""

    @override
    async def create_domain(self, domain: Domain, keys: Sequence[DkimKey], audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("domain", "domain_exists"):
                connection.execute(_INSERT_DOMAIN, domain_row(domain))
            for key in keys:
                connection.execute(_INSERT_DKIM, dkim_row(key, domain.pod_id))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def domains(self, pod_id: PodId) -> tuple[Domain, ...]:
        sql = "SELECT * FROM domains WHERE pod_id = ? AND removed_at IS NULL ORDER BY name"
        return self._database.read(
            lambda connection: tuple(map(domain_from, connection.execute(sql, (pod_id,))))
        )

    @override
    async def domain_by_name(self, name: str) -> Domain | None:
        return self._database.read(
            lambda connection: optional(
                domain_from,
                connection.execute("SELECT * FROM domains WHERE name = ?", (name.lower(),)),
            )
        )

    @override
    async def set_domain_status(
        self, domain_id: DomainId, status: DomainStatus, at: datetime, audit: Audit
    ) -> Domain:
        def write(connection: sqlite3.Connection) -> Domain:
            old = _found(connection, domain_id)
            becomes_verified = status is DomainStatus.VERIFIED and old.status is not status
            verified_at = at if becomes_verified else old.verified_at
            connection.execute(
                "UPDATE domains SET status = ?, verified_at = ? WHERE id = ?",
                (status, micros(verified_at), domain_id),
            )
            if becomes_verified:
                event = DomainVerified(domain_id=domain_id, domain=old.name)
                journal.append(connection, self._now(), Subject(old.pod_id, None, None), event)
            append_audit(connection, audit, self._clock.now())
            return replace(old, status=status, verified_at=verified_at)

        return await self._write(write)

    @override
    async def remove_domain(self, domain_id: DomainId, at: datetime, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            old = _found(connection, domain_id)
            sql = "SELECT count(*) FROM inboxes WHERE domain_id = ? AND deleted_at IS NULL"
            (count,) = connection.execute(sql, (domain_id,)).fetchone()
            if count:
                raise conflict(
                    f"{old.name} has {count} inboxes",
                    code="domain_in_use",
                    fix="Delete the agents and inboxes of the domain first",
                )
            for sql in _REMOVALS:
                connection.execute(sql, {"id": domain_id, "at": to_micros(at)})
            event = DomainRemoved(domain_id=domain_id, domain=old.name)
            journal.append(connection, self._now(), Subject(old.pod_id, None, None), event)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def add_dkim_keys(self, keys: Sequence[DkimKey], audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("DKIM selector", "selector_exists"):
                for key in keys:
                    connection.execute(_INSERT_DKIM, dkim_row(key, audit.pod_id))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def activate_dkim_keys(
        self,
        domain_id: DomainId,
        selectors: Sequence[str],
        published_until: datetime,
        audit: Audit,
    ) -> tuple[DkimKey, ...]:
        def write(connection: sqlite3.Connection) -> tuple[DkimKey, ...]:
            domain = _found(connection, domain_id)
            changed = 0
            for selector in selectors:
                given = {"id": domain_id, "selector": selector, "until": to_micros(published_until)}
                for sql in _ACTIVATIONS:
                    changed += connection.execute(sql, given).rowcount
            keys = tuple(map(dkim_from, connection.execute(_KEYS, (domain_id,))))
            if changed:
                active = [one.selector for one in keys if one.state is DkimState.ACTIVE]
                event = DomainKeysChanged(domain_id=domain_id, domain=domain.name, selectors=active)
                journal.append(connection, self._now(), Subject(domain.pod_id, None, None), event)
                append_audit(connection, audit, self._clock.now())
            return keys

        return await self._write(write)

    @override
    async def drop_dkim_keys(self, domain_id: DomainId, at: datetime, audit: Audit) -> int:
        sql = """
        DELETE FROM dkim_keys WHERE domain_id = ? AND state = 'retired' AND published_until <= ?
        """

        def write(connection: sqlite3.Connection) -> int:
            dropped = connection.execute(sql, (domain_id, to_micros(at))).rowcount
            if dropped:
                append_audit(connection, audit, self._clock.now())
            return dropped

        return await self._write(write)

    @override
    async def dkim_keys(self, domain_id: DomainId) -> tuple[DkimKey, ...]:
        return self._database.read(
            lambda connection: tuple(map(dkim_from, connection.execute(_KEYS, (domain_id,))))
        )

    @override
    async def save_domain_check(self, check: DomainCheck) -> None:
        def write(connection: sqlite3.Connection) -> None:
            connection.execute(_SAVE_CHECK, (*check_row(check), check.domain_id))

        await self._write(write)

    @override
    async def domain_check(self, domain_id: DomainId) -> DomainCheck | None:
        sql = "SELECT * FROM domain_checks WHERE domain_id = ?"
        return self._database.read(
            lambda connection: optional(check_from, connection.execute(sql, (domain_id,)))
        )

    @override
    async def domains_to_check(self, at: datetime, limit: int) -> tuple[Domain, ...]:
        return self._database.read(
            lambda connection: tuple(
                map(domain_from, connection.execute(_TO_CHECK, (to_micros(at), limit)))
            )
        )


def _found(connection: sqlite3.Connection, domain_id: DomainId) -> Domain:
    domain = optional(domain_from, connection.execute(_DOMAIN, (domain_id,)))
    if domain is None:
        raise not_found("domain")
    return domain
