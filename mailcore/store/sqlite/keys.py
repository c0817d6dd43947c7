"""API keys: looked up by their keyed hash, never deleted, only revoked."""

import sqlite3
from datetime import datetime, timedelta
from typing import Final, override

from mailcore.clock import to_micros
from mailcore.errors import MailError, conflict, not_found
from mailcore.ids import KeyId, PodId
from mailcore.model import Key
from mailcore.store.ports import AccountStore, Audit, StoredKey
from mailcore.store.sqlite.account_rows import key_from, key_row, unique
from mailcore.store.sqlite.db import Database
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit

TOUCH_EVERY: Final = timedelta(minutes=1)
"""How fresh `last_used_at` and `last_activity_at` are kept."""

INSERT_KEY = """
INSERT INTO keys (
  id, pod_id, hash, role, name, prefix, agent_id, person_id, created_at, expires_at, revoked_at,
  last_used_at, inbox_id, permissions
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_END = """
UPDATE keys SET expires_at = min(coalesce(expires_at, ?1), ?1)
WHERE id = ?2 AND pod_id = ?3 AND revoked_at IS NULL AND coalesce(expires_at, ?4 + 1) > ?4
"""


class Keys(Part, AccountStore):
    """The verbs of `AccountStore` about keys."""

    @override
    async def create_key(self, key: StoredKey, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            with unique("key", "key_exists"):
                connection.execute(INSERT_KEY, key_row(key))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def key_by_hash(self, hash_: bytes) -> StoredKey | None:
        """Revoked and expired ones too: the caller decides."""

        def read(connection: sqlite3.Connection) -> StoredKey | None:
            row = connection.execute("SELECT * FROM keys WHERE hash = ?", (hash_,)).fetchone()
            return StoredKey(key=key_from(row), hash=row["hash"]) if row else None

        return self._database.read(read)

    @override
    async def keys(self, pod_id: PodId) -> tuple[Key, ...]:
        sql = "SELECT * FROM keys WHERE pod_id = ? ORDER BY created_at, id"
        return self._database.read(
            lambda connection: tuple(map(key_from, connection.execute(sql, (pod_id,))))
        )

    @override
    async def revoke_key(self, key_id: KeyId, at: datetime, audit: Audit) -> None:
        """Revoking twice keeps the first time."""

        def write(connection: sqlite3.Connection) -> None:
            sql = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND pod_id = ?"
            values = (to_micros(at), key_id, audit.pod_id)
            if not connection.execute(sql, values).rowcount:
                raise not_found("key")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def rotate_key(
        self, key_id: KeyId, new: StoredKey, ends_at: datetime, audit: Audit
    ) -> None:
        def write(connection: sqlite3.Connection) -> None:
            values = (to_micros(ends_at), key_id, audit.pod_id, self._now())
            if not connection.execute(_END, values).rowcount:
                raise conflict(
                    "the key works no more", code="key_ended", fix="Create a new key instead."
                )
            connection.execute(INSERT_KEY, key_row(new))
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def touch_key(self, key_id: KeyId, at: datetime) -> None:
        """Writes at most once a minute."""
        sql = "UPDATE keys SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1"
        await touch(self._database, "SELECT last_used_at FROM keys WHERE id = ?", sql, key_id, at)


async def touch(
    database: Database, read_sql: str, write_sql: str, row_id: str, at: datetime
) -> None:
    """Note that something was used, unless that was noted within the last minute.

    Nobody is turned away because it could not be noted.
    """

    def last(connection: sqlite3.Connection) -> int | None:
        row = connection.execute(read_sql, (row_id,)).fetchone()
        return (row[0] or 0) if row else None

    known = database.read(last)
    if known is None or to_micros(at - TOUCH_EVERY) < known:
        return
    values = (to_micros(at), row_id)
    try:
        await database.run(lambda connection: connection.execute(write_sql, values).rowcount)
    except MailError as error:
        if not error.is_outage:
            raise
