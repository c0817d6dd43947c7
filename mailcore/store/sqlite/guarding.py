"""What the owner tells the guard: secrets by keyed hash, and rules that count differently."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import AgentId, GuardPolicyId, InboxId, MailboxId, MessageId, PodId, SecretId
from mailcore.policy import GuardPolicy, SecretKind, Severity, StoredSecret, Taint
from mailcore.store.ports import Audit, GuardStore, Sources, UidRanges
from mailcore.store.sqlite.account_rows import unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import security_from
from mailcore.store.sqlite.sources import find_sources

_HASH_OCTETS: Final = 16
_ADD_ROW = """
INSERT INTO guard_secrets (id, pod_id, name, kind, whole, word_count, piece_octets, pieces, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_POLICY = """
INSERT INTO guard_policies (id, pod_id, rule, severity, inbox_id, recipient, reason, created_at, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_SUSPECTS: Final = """
SELECT m.id, m.uid, j.security FROM judgments j JOIN messages m ON m.rid = j.rid
WHERE instr(j.security, '"prompt_injection"') > 0 AND m.mailbox_id = ? AND m.direction = 'inbound'
"""
_ADD_TAINT: Final = """
INSERT INTO taints (agent_id, message_id, pod_id, inbox_id, read_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_TAINTS: Final = """
SELECT * FROM taints WHERE pod_id = ? AND read_at >= ? AND cleared_at IS NULL
ORDER BY read_at DESC, message_id
"""
_CLEAR_TAINTS: Final = """
UPDATE taints SET cleared_at = ? WHERE pod_id = ? AND agent_id = ? AND cleared_at IS NULL
"""


class SqliteGuarding(Part, GuardStore):
    """`GuardStore` in SQLite."""

    @override
    async def secrets(self, pod_id: PodId) -> tuple[StoredSecret, ...]:
        sql = "SELECT * FROM guard_secrets WHERE pod_id = ? ORDER BY name, id"
        return self._database.read(
            lambda connection: tuple(map(_secret, connection.execute(sql, (pod_id,))))
        )

    @override
    async def add_secret(self, secret: StoredSecret, audit: Audit) -> None:
        values = (
            *(secret.id, secret.pod_id, secret.name, secret.kind.value),
            *(secret.whole, secret.word_count, secret.piece_octets, b"".join(secret.pieces)),
            to_micros(secret.created_at),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("secret", "secret_exists"):
                connection.execute(_ADD_ROW, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def remove_secret(self, pod_id: PodId, secret_id: SecretId, audit: Audit) -> None:
        sql = "DELETE FROM guard_secrets WHERE pod_id = ? AND id = ?"
        await self._remove(sql, (pod_id, secret_id), "secret", audit)

    @override
    async def policies(self, pod_id: PodId) -> tuple[GuardPolicy, ...]:
        sql = "SELECT * FROM guard_policies WHERE pod_id = ? ORDER BY created_at, id"
        return self._database.read(
            lambda connection: tuple(map(_policy, connection.execute(sql, (pod_id,))))
        )

    @override
    async def add_policy(self, policy: GuardPolicy, audit: Audit) -> None:
        values = (
            *(policy.id, policy.pod_id, policy.rule, policy.severity.value, policy.inbox_id),
            *(policy.recipient, policy.reason, to_micros(policy.created_at)),
            to_micros(policy.expires_at) if policy.expires_at else None,
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("policy", "policy_exists"):
                connection.execute(_ADD_POLICY, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def remove_policy(self, pod_id: PodId, policy_id: GuardPolicyId, audit: Audit) -> None:
        sql = "DELETE FROM guard_policies WHERE pod_id = ? AND id = ?"
        await self._remove(sql, (pod_id, policy_id), "policy", audit)

    @override
    async def sources(
        self, inbox_id: InboxId, recipients: Sequence[Address], answered: Sequence[str]
    ) -> Sources:
        return self._database.read(
            lambda connection: find_sources(connection, inbox_id, recipients, answered)
        )

    @override
    async def suspects(self, mailbox_id: MailboxId, uids: UidRanges) -> tuple[MessageId, ...]:
        def find(connection: sqlite3.Connection) -> tuple[MessageId, ...]:
            rows = connection.execute(_SUSPECTS, (mailbox_id,)).fetchall()
            return tuple(
                MessageId(row["id"])
                for row in rows
                if security_from(row["security"]).is_injection
                and any(low <= row["uid"] <= high for low, high in uids)
            )

        return self._database.read(find)

    @override
    async def add_taint(self, taint: Taint, audit: Audit) -> bool:
        values = (taint.agent_id, taint.message_id, taint.pod_id, taint.inbox_id)

        def write(connection: sqlite3.Connection) -> bool:
            added = connection.execute(_ADD_TAINT, (*values, to_micros(taint.read_at))).rowcount > 0
            if added:
                append_audit(connection, audit, self._clock.now())
            return added

        return await self._write(write)

    @override
    async def is_tainted(self, agent_id: AgentId, since: datetime) -> bool:
        sql = "SELECT 1 FROM taints WHERE agent_id = ? AND read_at >= ? AND cleared_at IS NULL"
        values = (agent_id, to_micros(since))
        return self._database.read(
            lambda connection: connection.execute(sql, values).fetchone() is not None
        )

    @override
    async def taints(self, pod_id: PodId, since: datetime) -> tuple[Taint, ...]:
        values = (pod_id, to_micros(since))
        return self._database.read(
            lambda connection: tuple(map(_taint, connection.execute(_TAINTS, values)))
        )

    @override
    async def clear_taints(
        self, pod_id: PodId, agent_id: AgentId, at: datetime, audit: Audit
    ) -> bool:
        def write(connection: sqlite3.Connection) -> bool:
            values = (to_micros(at), pod_id, agent_id)
            cleared = connection.execute(_CLEAR_TAINTS, values).rowcount > 0
            if cleared:
                append_audit(connection, audit, self._clock.now())
            return cleared

        return await self._write(write)

    async def _remove(self, sql: str, values: tuple[str, str], what: str, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute(sql, values).rowcount:
                raise not_found(what)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


def _secret(row: sqlite3.Row) -> StoredSecret:
    octets: bytes = row["pieces"]
    return StoredSecret(
        id=SecretId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        name=row["name"],
        kind=SecretKind(row["kind"]),
        whole=row["whole"],
        word_count=row["word_count"],
        piece_octets=row["piece_octets"],
        pieces=tuple(octets[at : at + _HASH_OCTETS] for at in range(0, len(octets), _HASH_OCTETS)),
        created_at=from_micros(row["created_at"]),
    )


def _taint(row: sqlite3.Row) -> Taint:
    return Taint(
        pod_id=PodId(row["pod_id"]),
        agent_id=AgentId(row["agent_id"]),
        message_id=MessageId(row["message_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        read_at=from_micros(row["read_at"]),
    )


def _policy(row: sqlite3.Row) -> GuardPolicy:
    return GuardPolicy(
        id=GuardPolicyId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        rule=row["rule"],
        severity=Severity(row["severity"]),
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        recipient=row["recipient"],
        reason=row["reason"],
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]) if row["expires_at"] else None,
    )
