"""What is known of TLS with other domains: their MTA-STS policies, the best level that was reached."""

import sqlite3
from datetime import datetime
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.ids import DEFAULT_POD
from mailcore.model import ReachedLevel, StsMode, StsPolicy, TlsLevel
from mailcore.store.ports import TlsStore
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import dump, load_texts

_KEEP_POLICY: Final = """
INSERT INTO sts_policies (pod_id, domain, policy_id, mode, mx, fetched_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET policy_id = excluded.policy_id, mode = excluded.mode, mx = excluded.mx,
  fetched_at = excluded.fetched_at, expires_at = excluded.expires_at
"""
_KEEP_LEVEL: Final = """
INSERT INTO tls_levels (pod_id, domain, level, seen_at) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET level = excluded.level, seen_at = excluded.seen_at
"""
_STALE: Final = """
SELECT * FROM sts_policies WHERE pod_id = ? AND fetched_at < ? ORDER BY fetched_at LIMIT ?
"""


class SqliteTls(Part, TlsStore):
    """`TlsStore` in SQLite."""

    @override
    async def sts_policy(self, domain: str) -> StsPolicy | None:
        sql = "SELECT * FROM sts_policies WHERE pod_id = ? AND domain = ?"
        row = self._database.read_row(sql, (DEFAULT_POD, domain))
        return _policy(row) if row else None

    @override
    async def keep_sts_policy(self, policy: StsPolicy) -> None:
        values = (
            *(DEFAULT_POD, policy.domain, policy.policy_id, policy.mode, dump(list(policy.mx))),
            *(to_micros(policy.fetched_at), to_micros(policy.expires_at)),
        )
        await self._execute(_KEEP_POLICY, values)

    @override
    async def sts_policies_before(
        self, fetched_before: datetime, limit: int
    ) -> tuple[StsPolicy, ...]:
        values = (DEFAULT_POD, to_micros(fetched_before), limit)
        return self._database.read(
            lambda connection: tuple(map(_policy, connection.execute(_STALE, values)))
        )

    @override
    async def forget_sts_policies(self, expired_at: datetime) -> int:
        sql = "DELETE FROM sts_policies WHERE pod_id = ? AND expires_at <= ?"
        return await self._execute(sql, (DEFAULT_POD, to_micros(expired_at)))

    @override
    async def tls_level(self, domain: str) -> ReachedLevel | None:
        sql = "SELECT * FROM tls_levels WHERE pod_id = ? AND domain = ?"
        row = self._database.read_row(sql, (DEFAULT_POD, domain))
        if row is None:
            return None
        return ReachedLevel(level=TlsLevel(row["level"]), seen_at=from_micros(row["seen_at"]))

    @override
    async def keep_tls_level(self, domain: str, reached: ReachedLevel) -> None:
        values = (DEFAULT_POD, domain, reached.level, to_micros(reached.seen_at))
        await self._execute(_KEEP_LEVEL, values)

    async def _execute(self, sql: str, values: tuple[object, ...]) -> int:
        def write(connection: sqlite3.Connection) -> int:
            return connection.execute(sql, values).rowcount

        return await self._write(write)


def _policy(row: sqlite3.Row) -> StsPolicy:
    return StsPolicy(
        domain=row["domain"],
        policy_id=row["policy_id"],
        mode=StsMode(row["mode"]),
        mx=load_texts(row["mx"]),
        fetched_at=from_micros(row["fetched_at"]),
        expires_at=from_micros(row["expires_at"]),
    )
