"""Smart hosts of single agents and domains. Secrets are sealed before they come here."""

import sqlite3
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import PodId, SmarthostId
from mailcore.model import QueueScope, ScopeKind, Smarthost
from mailcore.store.ports import Audit, OutboundStore
from mailcore.store.sqlite.account_rows import unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit

_ADD: Final = """
INSERT INTO smarthosts (id, pod_id, kind, value, host, port, user, sealed_secret, is_token, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_LIST: Final = "SELECT * FROM smarthosts WHERE pod_id = ? ORDER BY created_at, id"
_FOR: Final = """
SELECT * FROM smarthosts WHERE pod_id = ?1 AND ((kind = 'agent' AND value = ?2)
  OR (kind = 'domain' AND value = ?3)) ORDER BY kind LIMIT 1
"""
_REMOVE: Final = "DELETE FROM smarthosts WHERE pod_id = ? AND id = ?"


class Smarthosts(Part, OutboundStore):
    """The verbs of `OutboundStore` about smart hosts."""

    @override
    async def add_smarthost(self, smarthost: Smarthost, audit: Audit) -> None:
        one = smarthost
        values = (
            *(one.id, one.pod_id, one.scope.kind, one.scope.value, one.host, one.port),
            *(one.user, one.sealed_secret, one.is_token, to_micros(one.created_at)),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("smart host", "smarthost_exists"):
                connection.execute(_ADD, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def smarthosts(self, pod_id: PodId) -> tuple[Smarthost, ...]:
        return self._database.read(
            lambda connection: tuple(map(_smarthost, connection.execute(_LIST, (pod_id,))))
        )

    @override
    async def smarthost_for(self, pod_id: PodId, sender_id: str, domain: str) -> Smarthost | None:
        row = self._database.read_row(_FOR, (pod_id, sender_id, domain))
        return _smarthost(row) if row else None

    @override
    async def remove_smarthost(
        self, pod_id: PodId, smarthost_id: SmarthostId, audit: Audit
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(_REMOVE, (pod_id, smarthost_id)).rowcount:
                raise not_found("smart host")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


def _smarthost(row: sqlite3.Row) -> Smarthost:
    return Smarthost(
        id=SmarthostId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        scope=QueueScope(kind=ScopeKind(row["kind"]), value=row["value"]),
        host=row["host"],
        port=row["port"],
        user=row["user"],
        sealed_secret=row["sealed_secret"],
        is_token=bool(row["is_token"]),
        created_at=from_micros(row["created_at"]),
    )
