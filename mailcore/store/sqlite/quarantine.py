"""Mail in quarantine, and what the gate knows of senders, in SQLite.

The octets lie beside the row until they are delivered or discarded. A decision, the contact, the journal and the
audit row are one transaction; what was approved is delivered afterwards, from the row.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.address import Address, try_address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import ErrorKind, MailError, conflict, not_found
from mailcore.events import SenderApproved, SenderBlocked, SenderPending
from mailcore.ids import ContactId, InboxId, PodId, QuarantineId, new_id
from mailcore.model import (
    AuthReport,
    Contact,
    ContactStatus,
    Inbox,
    Listed,
    Quarantined,
    QuarantineReason,
    QuarantineStatus,
    TrustedDomain,
)
from mailcore.store.ports import (
    Audit,
    ContactChange,
    QuarantineQuery,
    QuarantineStore,
    SenderDecided,
    SenderDecision,
    Standing,
)
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contacts import save_contact
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import (
    auth_from,
    clean,
    dump,
    fields_json,
    instant,
    load_texts,
    marks,
    security_from,
)
from mailcore.store.sqlite.threads import ref_hash

MAX_OF_SENDER: Final = 100
MAX_OF_INBOX: Final = 5000
MAX_OCTETS: Final = 256 << 20
"""What may wait for one inbox."""
_NOT_TOLD: Final = 0
"""`told_at` of items that nobody is told of by themselves."""

_INSERT = """
INSERT INTO quarantine (
  id, pod_id, inbox_id, dedupe_key, status, reason, sender_local, sender_domain, sender_folded,
  sender_name, subject, mail_from, recipients, is_proven, auth, security, size_bytes,
  received_at, expires_at, told_at
) VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_BYTES = "INSERT INTO quarantine_bytes (id, pod_id, raw) VALUES (?, ?, ?)"
_FORGET_BYTES = "DELETE FROM quarantine_bytes WHERE id = ?"
_BY_ID = "SELECT * FROM quarantine WHERE id = ?"
_IS_THERE = "SELECT 1 FROM quarantine WHERE inbox_id = ? AND dedupe_key = ?"
_WAITING = """
SELECT count(*) AS n, coalesce(sum(size_bytes), 0) AS octets,
  coalesce(sum(sender_folded = ?1), 0) AS of_sender,
  coalesce(sum(sender_folded = ?1 AND coalesce(told_at, 1) <> 0), 0) AS asked
FROM quarantine WHERE inbox_id = ?2 AND status = 'pending'
"""
_ORDER = Order(columns=("received_at", "id"), is_descending=True)
_STANDING = """
SELECT c.status, c.is_discarded,
  EXISTS (SELECT 1 FROM people p
    WHERE p.pod_id = ?1 AND p.email_folded = ?3 AND p.role <> 'viewer') AS is_person,
  EXISTS (SELECT 1 FROM trusted_domains d WHERE d.pod_id = ?1 AND d.name = ?4) AS is_domain_trusted
FROM (SELECT 1) LEFT JOIN contacts c ON c.inbox_id = ?2 AND c.folded = ?3
"""
_CLOSE = "UPDATE quarantine SET status = ?, decided_at = ?, decided_by = ?, decided_via = ?"
_UNTOLD = """
SELECT * FROM quarantine WHERE status = 'pending' AND told_at IS NULL ORDER BY received_at LIMIT ?
"""


class SqliteQuarantine(Part, QuarantineStore):
    """`QuarantineStore` in SQLite."""

    @override
    async def standing(self, inbox: Inbox, sender: Address, answered: Sequence[str]) -> Standing:
        folded = clean(sender.folded)
        row = self._database.read_row(_STANDING, (inbox.pod_id, inbox.id, folded, sender.domain))
        if row is None:
            return Standing()
        return Standing(
            is_person=bool(row["is_person"]),
            status=ContactStatus(row["status"]) if row["status"] else None,
            is_discarded=bool(row["is_discarded"]),
            is_domain_trusted=bool(row["is_domain_trusted"]),
            is_answer=bool(answered)
            and self._database.read(
                partial(_is_answer, inbox_id=inbox.id, folded=folded, answered=answered)
            ),
        )

    @override
    async def quarantine(self, item: Quarantined, raw: bytes, audit: Audit) -> bool:
        def write(connection: sqlite3.Connection) -> bool:
            if connection.execute(_IS_THERE, (item.inbox_id, item.dedupe_key)).fetchone():
                return False
            told_at = _room(connection, item)
            connection.execute(_INSERT, _row(item, told_at))
            connection.execute(_INSERT_BYTES, (item.id, item.pod_id, raw))
            event = SenderPending(
                quarantine_id=item.id,
                inbox_id=item.inbox_id,
                sender=clean(str(item.sender or "")),
                subject=clean(item.subject),
                reason=item.reason.value,
            )
            journal.append(connection, self._now(), _hidden(item), event)
            append_audit(connection, audit, self._clock.now())
            return True

        return await self._write(write)

    @override
    async def quarantined(self, query: QuarantineQuery) -> Listed[Quarantined]:
        return await self._database.read_slow(partial(_list, query=query))

    @override
    async def quarantined_one(self, quarantine_id: QuarantineId) -> Quarantined | None:
        return self._database.read(partial(_find, quarantine_id=quarantine_id))

    @override
    async def octets(self, quarantine_id: QuarantineId) -> bytes | None:
        def read(connection: sqlite3.Connection) -> bytes | None:
            sql = "SELECT raw FROM quarantine_bytes WHERE id = ?"
            row = connection.execute(sql, (quarantine_id,)).fetchone()
            return row["raw"] if row else None

        return await self._database.read_slow(read)

    @override
    async def decide_sender(self, decision: SenderDecision) -> SenderDecided:
        return await self._write(partial(_decide, decision=decision, now=self._now()))

    @override
    async def approved_arrivals(self) -> tuple[Quarantined, ...]:
        sql = """
        SELECT q.* FROM quarantine q JOIN quarantine_bytes b ON b.id = q.id
        WHERE q.status = 'approved' ORDER BY q.id
        """
        return self._database.read(
            lambda connection: tuple(map(_item, connection.execute(sql).fetchall()))
        )

    @override
    async def forget_octets(self, quarantine_id: QuarantineId) -> None:
        await self._write(lambda connection: connection.execute(_FORGET_BYTES, (quarantine_id,)))

    @override
    async def expire_quarantine(self, now: datetime, forget_before: datetime) -> int:
        def write(connection: sqlite3.Connection) -> int:
            sql = "SELECT * FROM quarantine WHERE status = 'pending' AND expires_at <= ? LIMIT 1000"
            items = [_item(row) for row in connection.execute(sql, (to_micros(now),))]
            for one in items:
                _close(connection, one, QuarantineStatus.EXPIRED, to_micros(now), "system", "time")
                audit = Audit(
                    pod_id=one.pod_id,
                    actor="system:quarantine",
                    action="quarantine.expire",
                    subject=one.id,
                    detail={"inbox_id": one.inbox_id, "sender": clean(str(one.sender or ""))},
                )
                append_audit(connection, audit, now)
            sql = """
            DELETE FROM quarantine WHERE decided_at < ?
            AND NOT EXISTS (SELECT 1 FROM quarantine_bytes b WHERE b.id = quarantine.id)
            """
            connection.execute(sql, (to_micros(forget_before),))
            return len(items)

        return await self._write(write)

    @override
    async def untold_senders(self, limit: int) -> tuple[Quarantined, ...]:
        return self._database.read(
            lambda connection: tuple(map(_item, connection.execute(_UNTOLD, (limit,)).fetchall()))
        )

    @override
    async def told_since(self, since: datetime) -> int:
        sql = "SELECT count(*) FROM quarantine WHERE told_at > ?"
        return self._database.read(
            lambda connection: int(connection.execute(sql, (to_micros(since),)).fetchone()[0])
        )

    @override
    async def mark_told(self, ids: Sequence[QuarantineId], at: datetime) -> None:
        sql = f"UPDATE quarantine SET told_at = ? WHERE id IN ({marks(ids)})"
        await self._write(lambda connection: connection.execute(sql, (to_micros(at), *ids)))

    @override
    async def trusted_domains(self, pod_id: PodId) -> tuple[TrustedDomain, ...]:
        sql = "SELECT name, created_at FROM trusted_domains WHERE pod_id = ? ORDER BY name"
        return self._database.read(
            lambda connection: tuple(
                TrustedDomain(name=row["name"], created_at=from_micros(row["created_at"]))
                for row in connection.execute(sql, (pod_id,))
            )
        )

    @override
    async def trust_domain(self, pod_id: PodId, domain: TrustedDomain, audit: Audit) -> bool:
        def write(connection: sqlite3.Connection) -> bool:
            sql = (
                "INSERT OR IGNORE INTO trusted_domains (pod_id, name, created_at) VALUES (?, ?, ?)"
            )
            values = (pod_id, domain.name, to_micros(domain.created_at))
            is_new = bool(connection.execute(sql, values).rowcount)
            if is_new:
                append_audit(connection, audit, self._clock.now())
            return is_new

        return await self._write(write)

    @override
    async def distrust_domain(self, pod_id: PodId, name: str, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            sql = "DELETE FROM trusted_domains WHERE pod_id = ? AND name = ?"
            if not connection.execute(sql, (pod_id, clean(name))).rowcount:
                raise not_found("trusted domain")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


# Reading -----------------------------------------------------------------------------------------


def _is_answer(
    connection: sqlite3.Connection, inbox_id: InboxId, folded: str, answered: Sequence[str]
) -> bool:
    """Whether mail to the address was let out in one of these conversations."""
    hashes = [ref_hash(one) for one in answered]
    sql = f"""
    SELECT 1 FROM submissions s JOIN recipients r ON r.submission_id = s.id
    WHERE s.inbox_id = ? AND r.state IN ('due', 'leased', 'delivered', 'failed')
      AND lower(r.local) || '@' || r.domain = ? AND s.thread_id IN (
        SELECT coalesce(t.merged_into, t.id) FROM thread_refs f JOIN threads t ON t.id = f.thread_id
        WHERE f.inbox_id = ? AND f.ref_hash IN ({marks(hashes)}))
    LIMIT 1
    """
    return connection.execute(sql, (inbox_id, folded, inbox_id, *hashes)).fetchone() is not None


def _list(connection: sqlite3.Connection, query: QuarantineQuery) -> Listed[Quarantined]:
    clauses, values = list[str](), list[object]()
    if query.status is not None:
        clauses.append("status = ?")
        values.append(query.status)
    if query.inbox_id is not None:
        clauses.append("inbox_id = ?")
        values.append(query.inbox_id)
    selection = Selection(
        source="FROM quarantine",
        groups=[Group(where="pod_id = ?", values=(query.pod_id,))],
        order=_ORDER,
        key="id",
        by_key=_BY_ID,
        clauses=clauses,
        values=values,
        is_filtered=bool(clauses),
    )
    return listed(connection, selection, query.part, _item)


def _find(connection: sqlite3.Connection, quarantine_id: QuarantineId) -> Quarantined | None:
    row = connection.execute(_BY_ID, (clean(quarantine_id),)).fetchone()
    return _item(row) if row else None


# Deciding ----------------------------------------------------------------------------------------


def _room(connection: sqlite3.Connection, item: Quarantined) -> int | None:
    """What `told_at` the item starts with; OVER_LIMIT when too much waits already."""
    folded = _folded(item.sender)
    waiting = connection.execute(_WAITING, (folded, item.inbox_id)).fetchone()
    is_full = (
        waiting["n"] >= MAX_OF_INBOX
        or waiting["octets"] + item.size_bytes > MAX_OCTETS
        or (folded and waiting["of_sender"] >= MAX_OF_SENDER)
    )
    if is_full:
        raise MailError(
            ErrorKind.OVER_LIMIT,
            "too much mail waits for a decision",
            code="quarantine_full",
            fix="Try again later",
        )
    is_covered = item.security.level == "spam" or (folded and waiting["asked"])
    return _NOT_TOLD if is_covered else None


def _decide(connection: sqlite3.Connection, decision: SenderDecision, now: int) -> SenderDecided:
    item = _find(connection, decision.quarantine_id)
    if item is None:
        raise not_found("mail in quarantine")
    wanted = QuarantineStatus.APPROVED if decision.is_approved else QuarantineStatus.BLOCKED
    if item.status is not QuarantineStatus.PENDING:
        if item.status is wanted:
            return SenderDecided(item=item, changed=False)
        raise conflict(f"the sender is {item.status.value} already", code="already_decided")
    items = [item, *_others(connection, item, decision)]
    at = to_micros(decision.at)
    for one in items:
        _close(connection, one, wanted, at, decision.by, decision.via)
    _announce(connection, item, decision, now)
    append_audit(connection, decision.audit, from_micros(now))
    return SenderDecided(item=_find(connection, item.id) or item, changed=True)


def _others(
    connection: sqlite3.Connection, item: Quarantined, decision: SenderDecision
) -> list[Quarantined]:
    """What else waits of the sender: all of it for a block, what is proven for an approval."""
    if item.sender is None:
        return []
    sql = """
    SELECT * FROM quarantine
    WHERE inbox_id = ? AND sender_folded = ? AND status = 'pending' AND id <> ?
    """
    rows = connection.execute(sql, (item.inbox_id, clean(item.sender.folded), item.id)).fetchall()
    found = map(_item, rows)
    return [one for one in found if one.is_proven or not decision.is_approved]


def _announce(
    connection: sqlite3.Connection, item: Quarantined, decision: SenderDecision, now: int
) -> None:
    """The contact's trust, and the event."""
    sender = clean(str(item.sender or ""))
    if item.sender is not None:
        status = ContactStatus.TRUSTED if decision.is_approved else ContactStatus.BLOCKED
        change = ContactChange(status=status, by_person=True)
        save_contact(connection, _contact(item, item.sender, decision.at), change)
    if not decision.is_approved:
        event = SenderBlocked(inbox_id=item.inbox_id, sender=sender)
        journal.append(connection, now, _hidden(item), event)
        return
    row = connection.execute(
        "SELECT agent_id FROM inboxes WHERE id = ?", (item.inbox_id,)
    ).fetchone()
    subject = journal.Subject(item.pod_id, row["agent_id"] if row else None, item.inbox_id)
    approved = SenderApproved(inbox_id=item.inbox_id, sender=sender)
    journal.append(connection, now, subject, approved)


def _close(
    connection: sqlite3.Connection,
    item: Quarantined,
    status: QuarantineStatus,
    at: int,
    by: str,
    via: str,
) -> None:
    connection.execute(f"{_CLOSE} WHERE id = ?", (status, at, by, via, item.id))
    if status is not QuarantineStatus.APPROVED:
        connection.execute(_FORGET_BYTES, (item.id,))


def _hidden(item: Quarantined) -> journal.Subject:
    """The subject of rows that no agent may read."""
    return journal.Subject(item.pod_id, None, None)


# Rows --------------------------------------------------------------------------------------------


def _contact(item: Quarantined, sender: Address, at: datetime) -> Contact:
    return Contact(
        id=ContactId(new_id()),
        pod_id=item.pod_id,
        inbox_id=item.inbox_id,
        address=sender,
        name=item.sender_name,
        notes="",
        tags=(),
        status=ContactStatus.PENDING,
        message_count=0,
        created_at=at,
        updated_at=at,
        last_message_at=None,
    )


def _folded(sender: Address | None) -> str:
    return clean(sender.folded) if sender else ""


def _row(item: Quarantined, told_at: int | None) -> tuple[object, ...]:
    sender = item.sender
    return (
        *(item.id, item.pod_id, item.inbox_id, item.dedupe_key, item.reason),
        *((clean(sender.local), sender.domain) if sender else (None, None)),
        *(_folded(sender), clean(item.sender_name), clean(item.subject)),
        *(None if item.mail_from is None else clean(str(item.mail_from)), dump(item.recipients)),
        *(item.is_proven, dump(fields_json(item.auth)), dump(fields_json(item.security))),
        *(item.size_bytes, to_micros(item.received_at), to_micros(item.expires_at)),
        told_at,
    )


def _item(row: sqlite3.Row) -> Quarantined:
    return Quarantined(
        id=QuarantineId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        status=QuarantineStatus(row["status"]),
        reason=QuarantineReason(row["reason"]),
        sender=Address(row["sender_local"], row["sender_domain"]) if row["sender_domain"] else None,
        sender_name=row["sender_name"],
        subject=row["subject"],
        mail_from=try_address(row["mail_from"]) if row["mail_from"] else None,
        recipients=load_texts(row["recipients"]),
        is_proven=bool(row["is_proven"]),
        auth=auth_from(row["auth"]) or AuthReport(),
        security=security_from(row["security"]),
        dedupe_key=row["dedupe_key"],
        size_bytes=row["size_bytes"],
        received_at=from_micros(row["received_at"]),
        expires_at=from_micros(row["expires_at"]),
        decided_at=instant(row["decided_at"]),
        decided_by=row["decided_by"],
        decided_via=row["decided_via"],
        asked_at=instant(row["asked_at"]),
    )
