"""Addresses that get no mail any more: of one inbox, or of a pod (an empty inbox)."""

import sqlite3
from collections.abc import Sequence
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import InboxId, PodId, SuppressionId, new_id
from mailcore.model import (
    BOUNCE_SUPPRESSES_FOR,
    FIRST_PAGE,
    Listed,
    QueueItem,
    Slice,
    Submitted,
    Suppression,
    SuppressionReason,
)
from mailcore.store.ports import Audit, SuppressionStore
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, instant, marks, micros

_BY_ID = "SELECT * FROM suppressions WHERE id = ?"
_BY_KEY = "SELECT * FROM suppressions WHERE pod_id = ? AND folded = ? AND inbox_id = ?"
_ORDER = Order(columns=("created_at", "id"), is_descending=True)
_FOUND = """
SELECT * FROM suppressions WHERE pod_id = ? AND folded = ? AND inbox_id IN (?, '')
  AND coalesce(expires_at, ?4 + 1) > ?4 ORDER BY inbox_id LIMIT 1
"""
_FORGET = "DELETE FROM suppressions WHERE expires_at <= ?"
_ADD = """
INSERT INTO suppressions
  (id, pod_id, inbox_id, folded, local, domain, reason, source, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (pod_id, folded, inbox_id) DO UPDATE SET reason = excluded.reason,
  source = excluded.source, expires_at = excluded.expires_at
WHERE suppressions.expires_at IS NOT NULL
"""
_MAX_SOURCE: Final = 500


def suppress(connection: sqlite3.Connection, new: Suppression, audit: Audit, at: int) -> None:
    """Add it unless one without an end is there, with its audit row."""
    connection.execute(_FORGET, (at,))
    values = (
        *(new.id, new.pod_id, new.inbox_id or "", clean(new.address.folded)),
        *(clean(new.address.local), new.address.domain, new.reason),
        *(clean(new.source)[:_MAX_SOURCE], to_micros(new.created_at), micros(new.expires_at)),
    )
    connection.execute(_ADD, values)
    append_audit(connection, audit, from_micros(at))


def suppress_recipient(
    connection: sqlite3.Connection,
    item: QueueItem,
    submitted: Submitted,
    reason: SuppressionReason,
    words: str,
    at: int,
) -> None:
    """Suppress a recipient in the whole pod: for a while after a bounce, for good after a complaint."""
    now = from_micros(at)
    is_bounce = reason is SuppressionReason.BOUNCE
    new = Suppression(
        id=SuppressionId(new_id()),
        pod_id=submitted.pod_id,
        inbox_id=None,
        address=item.recipient,
        reason=reason,
        source=words,
        created_at=now,
        expires_at=now + BOUNCE_SUPPRESSES_FOR if is_bounce else None,
    )
    audit = Audit(
        pod_id=submitted.pod_id,
        actor="system:bounces",
        action="suppression.add",
        subject=new.id,
        detail={
            "address": str(item.recipient),
            "reason": reason.value,
            "message_id": submitted.id,
        },
    )
    suppress(connection, new, audit, at)


class SqliteSuppressions(Part, SuppressionStore):
    """`SuppressionStore` in SQLite."""

    @override
    async def suppressed(
        self, pod_id: PodId, inbox_id: InboxId, address: Address
    ) -> Suppression | None:
        values = (pod_id, clean(address.folded), inbox_id, self._now())
        row = self._database.read_row(_FOUND, values)
        return _suppression(row) if row else None

    @override
    async def suppressions(
        self,
        pod_id: PodId,
        *,
        inbox_ids: Sequence[InboxId] | None = None,
        address: Address | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Suppression]:
        clauses, values = ["coalesce(expires_at, ? + 1) > ?"], list[object]()
        values += [self._now()] * 2
        if inbox_ids is not None:
            clauses.append(f"inbox_id IN ({marks(inbox_ids)})")
            values += inbox_ids
        if address is not None:
            clauses.append("folded = ?")
            values.append(clean(address.folded))
        selection = Selection(
            source="FROM suppressions",
            groups=[Group(where="pod_id = ?", values=(pod_id,))],
            order=_ORDER,
            key="id",
            by_key=_BY_ID,
            clauses=clauses,
            values=values,
        )
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, part, _suppression)
        )

    @override
    async def suppression(self, suppression_id: SuppressionId) -> Suppression | None:
        row = self._database.read(
            lambda connection: connection.execute(_BY_ID, (suppression_id,)).fetchone()
        )
        return _suppression(row) if row else None

    @override
    async def suppress(self, new: Suppression, audit: Audit) -> Suppression:
        key = (new.pod_id, clean(new.address.folded), new.inbox_id or "")

        def write(connection: sqlite3.Connection) -> Suppression:
            suppress(connection, new, audit, self._now())
            return _suppression(connection.execute(_BY_KEY, key).fetchone())

        return await self._write(write)

    @override
    async def lift(self, suppression_id: SuppressionId, audit: Audit) -> None:
        sql = "DELETE FROM suppressions WHERE id = ?"

        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(sql, (suppression_id,)).rowcount:
                raise not_found("suppression")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


def _suppression(row: sqlite3.Row) -> Suppression:
    return Suppression(
        id=SuppressionId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        address=Address(row["local"], row["domain"]),
        reason=SuppressionReason(row["reason"]),
        source=row["source"],
        created_at=from_micros(row["created_at"]),
        expires_at=instant(row["expires_at"]),
    )
