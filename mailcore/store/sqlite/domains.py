"""Domains and their DKIM keys."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import override

from mailcore.errors import not_found
from mailcore.events import DomainVerified
from mailcore.ids import DomainId, PodId
from mailcore.model import DkimKey, Domain, DomainStatus
from mailcore.store.ports import AccountStore, Audit
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import (
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
  domain_id, pod_id, selector, algorithm, sealed_private_key, public_key, is_active, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
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
        sql = "SELECT * FROM domains WHERE pod_id = ? ORDER BY name"
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
            sql = "SELECT * FROM domains WHERE id = ?"
            old = optional(domain_from, connection.execute(sql, (domain_id,)))
            if old is None:
                raise not_found("domain")
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
    async def add_dkim_key(self, key: DkimKey, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("DKIM selector", "selector_exists"):
                connection.execute(_INSERT_DKIM, dkim_row(key, audit.pod_id))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def dkim_keys(self, domain_id: DomainId) -> tuple[DkimKey, ...]:
        sql = "SELECT * FROM dkim_keys WHERE domain_id = ? ORDER BY created_at, selector"
        return self._database.read(
            lambda connection: tuple(map(dkim_from, connection.execute(sql, (domain_id,))))
        )
