"""Approvals that are remembered: written with the decision, asked for by the next submission."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import GrantId, HoldId, InboxId, PodId
from mailcore.model import Grant
from mailcore.store.ports import Audit, OutboundStore
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, load_texts, marks

_INSERT: Final = """
INSERT INTO approval_grants (
  id, pod_id, inbox_id, recipient, rules, hold_id, created_by, created_at, expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_OF_POD: Final = """
SELECT * FROM approval_grants WHERE pod_id = ? AND expires_at > ? ORDER BY created_at DESC, id DESC
"""
_REVOKE: Final = "DELETE FROM approval_grants WHERE pod_id = ? AND id = ?"


def insert_grant(connection: sqlite3.Connection, grant: Grant) -> None:
    """Remember an approval in the running transaction."""
    connection.execute(
        _INSERT,
        (
            *(grant.id, grant.pod_id, grant.inbox_id, clean(grant.recipient)),
            *(dump(list(grant.rules)), grant.hold_id, grant.created_by),
            *(to_micros(grant.created_at), to_micros(grant.expires_at)),
        ),
    )


class Grants(Part, OutboundStore):
    """The verbs of `OutboundStore` about approvals that are remembered."""

    @override
    async def grants(self, pod_id: PodId, now: datetime) -> tuple[Grant, ...]:
        def read(connection: sqlite3.Connection) -> tuple[Grant, ...]:
            return tuple(map(_grant, connection.execute(_OF_POD, (pod_id, to_micros(now)))))

        return await self._database.read_slow(read)

    @override
    async def grants_for(
        self, inbox_id: InboxId, recipients: Sequence[Address], now: datetime
    ) -> tuple[Grant, ...]:
        keys = sorted({clean(key) for one in recipients for key in (one.folded, f"@{one.domain}")})

        def read(connection: sqlite3.Connection) -> tuple[Grant, ...]:
            sql = f"""
            SELECT * FROM approval_grants
            WHERE inbox_id = ? AND recipient IN ({marks(keys)}) AND expires_at > ?
            """
            rows = connection.execute(sql, (inbox_id, *keys, to_micros(now)))
            return tuple(map(_grant, rows))

        return self._database.read(read)

    @override
    async def revoke_grant(self, pod_id: PodId, grant_id: GrantId, audit: Audit) -> None:
        at = from_micros(self._now())

        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(_REVOKE, (pod_id, grant_id)).rowcount:
                raise not_found("grant")
            append_audit(connection, audit, at)

        await self._database.run(write)


def _grant(row: sqlite3.Row) -> Grant:
    return Grant(
        id=GrantId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        recipient=row["recipient"],
        rules=load_texts(row["rules"]),
        hold_id=HoldId(row["hold_id"]),
        created_by=row["created_by"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
    )
