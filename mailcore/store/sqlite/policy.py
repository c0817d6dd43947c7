"""The audit log: who did what, chained so that a changed row shows. And what the owner has set.

Each row's hash is SHA-256, in hex, over the previous row's hash (the empty string for the first)
and the canonical JSON array `[seq, at, pod_id, actor, action, subject, detail]`: ASCII, sorted keys,
no spaces, `at` in microseconds. A row is written inside the transaction it witnesses. The chain
shows changed, inserted and removed rows; that the newest were cut off shows against the head that
`mailcore.auditing` keeps.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import override

from mailcore.clock import Clock, from_micros, to_micros
from mailcore.ids import PodId
from mailcore.model import AuditRow, JsonObject, JsonValue, Listed
from mailcore.store.ports import Audit, AuditHead, AuditQuery, PolicyStore
from mailcore.store.sqlite.db import Database
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.rows import clean, dump, load

_LAST = "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1"
_ROW = "SELECT seq, hash FROM audit WHERE seq = ?"
_INSERT = """
INSERT INTO audit (seq, at, pod_id, actor, action, subject, detail, hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_PAGE = "SELECT * FROM audit WHERE pod_id = ? AND seq > ? ORDER BY seq LIMIT ?"
_ALL = "SELECT * FROM audit ORDER BY seq"
_SETTINGS = "SELECT chosen FROM settings WHERE pod_id = ?"
_SET = "INSERT OR REPLACE INTO settings (pod_id, chosen, updated_at) VALUES (?, ?, ?)"


def append_audit(connection: sqlite3.Connection, audit: Audit, at: datetime) -> None:
    """Add a row to the chain in the running transaction."""
    last = connection.execute(_LAST).fetchone()
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, "")
    fields = (
        seq,
        to_micros(at),
        audit.pod_id,
        audit.actor,
        audit.action,
        audit.subject,
        dump(audit.detail),
    )
    connection.execute(_INSERT, (*fields, chain_hash(previous, fields)))


def chain_hash(previous: str, fields: tuple[int, int, str, str, str, str, str]) -> str:
    """The hash of a row, `fields` being its columns in order with `detail` as stored."""
    head, detail = dump(list[JsonValue](fields[:-1])), fields[-1]
    text = f"{head[:-1]},{detail}]"
    return hashlib.sha256(previous.encode() + text.encode()).hexdigest()


def first_broken(connection: sqlite3.Connection) -> int | None:
    """The number of the first row that does not fit the chain."""
    previous, expected = "", 1
    for row in connection.execute(_ALL):
        fields = (
            row["seq"],
            row["at"],
            row["pod_id"],
            row["actor"],
            row["action"],
            row["subject"],
            row["detail"],
        )
        if row["seq"] != expected or row["hash"] != chain_hash(previous, fields):
            return min(int(row["seq"]), expected)
        previous, expected = row["hash"], expected + 1
    return None


def list_audit(connection: sqlite3.Connection, query: AuditQuery) -> Listed[AuditRow]:
    """A part of the log, filtered."""
    clauses, values = list[str](), list[object]()
    for column, value in (("actor", query.actor), ("subject", query.subject)):
        if value:
            clauses.append(f"{column} = ?")
            values.append(clean(value))
    if query.action.endswith("."):
        clauses.append("action >= ? AND action < ?")
        values += [query.action, f"{query.action[:-1]}/"]
    elif query.action:
        clauses.append("action = ?")
        values.append(clean(query.action))
    selection = Selection(
        source="FROM audit",
        groups=[Group(where="pod_id = ?", values=(query.pod_id,))],
        order=Order(columns=("seq",), is_descending=query.is_newest_first),
        key="seq",
        by_key="SELECT * FROM audit WHERE seq = ?",
        clauses=clauses,
        values=values,
        is_filtered=bool(clauses),
    )
    return listed(connection, selection, query.part, _audit_row)


class SqlitePolicy(PolicyStore):
    """The audit log and the settings in SQLite. Settings are remembered, for every message asks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._chosen: dict[PodId, JsonObject] = {}

    @override
    async def append_audit(self, audit: Audit) -> None:
        at = self._clock.now()
        await self._database.run(partial(append_audit, audit=audit, at=at))

    @override
    async def audit(
        self, pod_id: PodId, *, after: int = 0, limit: int = 100
    ) -> tuple[AuditRow, ...]:
        def page(connection: sqlite3.Connection) -> tuple[AuditRow, ...]:
            return tuple(map(_audit_row, connection.execute(_PAGE, (pod_id, after, limit))))

        return await self._database.read_slow(page)

    @override
    async def list_audit(self, query: AuditQuery) -> Listed[AuditRow]:
        return await self._database.read_slow(partial(list_audit, query=query))

    @override
    async def verify_audit(self) -> int | None:
        return await self._database.read_slow(first_broken)

    @override
    async def audit_head(self, seq: int | None = None) -> AuditHead | None:
        def read(connection: sqlite3.Connection) -> AuditHead | None:
            found = connection.execute(*((_LAST,) if seq is None else (_ROW, (seq,)))).fetchone()
            return AuditHead(seq=found["seq"], hash=found["hash"]) if found else None

        return self._database.read(read)

    @override
    async def settings(self, pod_id: PodId) -> JsonObject:
        found = self._chosen.get(pod_id)
        if found is None:
            found = self._database.read(partial(_settings, pod_id=pod_id))
            self._chosen[pod_id] = found
        return found

    @override
    async def change_settings(
        self, pod_id: PodId, changes: Mapping[str, JsonValue], audit: Audit
    ) -> None:
        at = self._clock.now()

        def write(connection: sqlite3.Connection) -> None:
            merged = {**_settings(connection, pod_id), **changes}
            chosen: JsonObject = {k: one for k, one in merged.items() if one is not None}
            connection.execute(_SET, (pod_id, dump(chosen), to_micros(at)))
            append_audit(connection, audit, at)

        await self._database.run(write, after=self._chosen.clear)


def _settings(connection: sqlite3.Connection, pod_id: PodId) -> JsonObject:
    row = connection.execute(_SETTINGS, (pod_id,)).fetchone()
    return load(row["chosen"]) if row else {}


def _audit_row(row: sqlite3.Row) -> AuditRow:
    return AuditRow(
        seq=row["seq"],
        at=from_micros(row["at"]),
        pod_id=PodId(row["pod_id"]),
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=load(row["detail"]),
        hash=row["hash"],
    )
