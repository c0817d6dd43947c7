"""Mail that waits for its time: found when due, let go or held, moved, taken back.

Rows SCHEDULED are never claimed by the worker: when their time has come the message passes the guard
again, and only then they are DUE. Mail of agents that are stopped waits on.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import override

import orjson

from mailcore.clock import from_micros, to_iso, to_micros
from mailcore.errors import conflict
from mailcore.events import EmailCanceled, EmailHeld, HoldCreated
from mailcore.ids import HoldId, InboxId, PodId, SubmissionId
from mailcore.model import FIRST_PAGE, JsonObject, JsonValue, Listed, Slice, Submitted
from mailcore.store.ports import Audit, DueMail, NewHold, OutboundStore, ReleaseRequest
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.holds import insert_hold, let_go
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import (
    SUBMISSION_COLUMNS,
    SUBMISSION_JOINS,
    clean,
    dump,
    load,
    marks,
    submitted_from,
)
from mailcore.store.sqlite.submissions import (
    announce_time,
    refresh_status,
    require_submission,
    subject_of,
)

_ACTIVE = """
FROM recipients r JOIN submissions s ON s.id = r.submission_id
LEFT JOIN inboxes i ON i.id = s.inbox_id LEFT JOIN agents a ON a.id = i.agent_id
WHERE r.state = 'scheduled' AND coalesce(a.status, 'active') = 'active'
"""
_DUE = f"SELECT DISTINCT r.submission_id {_ACTIVE} AND r.next_at <= ? ORDER BY r.next_at LIMIT ?"
_VERDICT = """
SELECT s.verdict, h.id AS hold_id FROM submissions s
LEFT JOIN holds h ON h.submission_id = s.id WHERE s.id = ?
"""
_WAITS = """
SELECT count(*) FROM recipients WHERE submission_id = ? AND state = 'scheduled' AND next_at <= ?
"""
_DROP = """
UPDATE recipients SET state = 'canceled', last_reply = 'gets no mail any more'
WHERE state = 'scheduled' AND submission_id = ?1 AND id IN (SELECT value FROM json_each(?2))
"""
_LET_GO = """
UPDATE recipients SET state = ?, next_at = ? WHERE submission_id = ? AND state = 'scheduled'
"""
_JUDGED = "UPDATE submissions SET verdict = ?, hold_id = coalesce(?, hold_id) WHERE id = ?"
_REOPEN = """
UPDATE holds SET status = 'pending', version = version + 1, reason = ?, categories = ?, findings = ?,
  subject = ?, expires_at = ?, decided_at = NULL, decided_by = '', decided_via = '',
  decision_reason = '', reminders = 0, told_at = NULL, is_told = 0,
  asked_at = NULL
WHERE submission_id = ? RETURNING id
"""
_MOVE = """
UPDATE recipients SET next_at = ? WHERE submission_id = ? AND state IN ('scheduled', 'held')
"""
_SET_TIME = "UPDATE submissions SET send_at = ? WHERE id = ?"
_CANCEL = """
UPDATE recipients SET state = 'canceled' WHERE submission_id = ? AND state = 'scheduled'
"""
_BY_ID = f"SELECT {SUBMISSION_COLUMNS} FROM submissions s {SUBMISSION_JOINS} WHERE s.id = ?"
_ORDER = Order(columns=("s.send_at", "s.id"))


def release(
    connection: sqlite3.Connection, request: ReleaseRequest, at: int, contents: ContentCache
) -> Submitted:
    """Let go or hold what is due; what was moved or taken back meanwhile stays as it is."""
    submission_id = request.submission_id
    if not connection.execute(_WAITS, (submission_id, to_micros(request.at))).fetchone()[0]:
        return require_submission(connection, submission_id)
    dropped = orjson.dumps(list(request.suppressed)).decode()
    connection.execute(_DROP, (submission_id, dropped))
    hold_id = None
    if request.hold is not None:
        hold_id = _hold(connection, require_submission(connection, submission_id), request.hold, at)
    state = "due" if hold_id is None else "held"
    connection.execute(_LET_GO, (state, at, submission_id))
    connection.execute(_JUDGED, (dump(request.verdict), hold_id, submission_id))
    refresh_status(connection, submission_id)
    submitted = require_submission(connection, submission_id)
    if hold_id is None and len(request.suppressed) < len(submitted.envelope.recipients):
        let_go(connection, submitted, request.sent_copy, at, contents)
    append_audit(connection, request.audit, from_micros(at))
    return submitted


def _hold(connection: sqlite3.Connection, submitted: Submitted, hold: NewHold, at: int) -> HoldId:
    """Open a hold, or the one that was decided already once more, as a new version."""
    values = (
        *(hold.reason, dump(list(hold.categories)), dump(list(hold.findings))),
        *(clean(hold.subject), to_micros(hold.expires_at), submitted.id),
    )
    row = connection.execute(_REOPEN, values).fetchone()
    hold_id = HoldId(row[0]) if row else hold.id
    if row is None:
        insert_hold(connection, submitted, hold, at)
    subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
    held = EmailHeld(
        message_id=submitted.id,
        thread_id=submitted.thread_id or "",
        inbox_id=submitted.inbox_id or "",
        hold_id=hold_id,
        categories=list(hold.categories),
    )
    created = HoldCreated(
        hold_id=hold_id,
        message_id=submitted.id,
        inbox_id=submitted.inbox_id or "",
        subject=clean(hold.subject),
        categories=list(hold.categories),
        expires_at=to_iso(hold.expires_at),
    )
    journal.append(connection, at, subject, held)
    journal.append(connection, at, subject, created)
    return hold_id


def _not_waiting(submitted: Submitted) -> Exception:
    return conflict(
        f"the message is {submitted.status.value}, it waits for no time",
        code="not_scheduled",
        fix="Decide the hold instead" if submitted.status.value == "held" else "",
    )


def move(
    connection: sqlite3.Connection,
    submission_id: SubmissionId,
    send_at: datetime,
    audit: Audit,
    at: int,
) -> Submitted:
    """Another time for what has not left."""
    if not connection.execute(_MOVE, (to_micros(send_at), submission_id)).rowcount:
        raise _not_waiting(require_submission(connection, submission_id))
    connection.execute(_SET_TIME, (to_micros(send_at), submission_id))
    submitted = require_submission(connection, submission_id)
    announce_time(connection, submitted, at)
    append_audit(connection, audit, from_micros(at))
    return submitted


def cancel(
    connection: sqlite3.Connection, submission_id: SubmissionId, audit: Audit, at: int
) -> Submitted:
    """Take back what waits for its time."""
    if not connection.execute(_CANCEL, (submission_id,)).rowcount:
        raise _not_waiting(require_submission(connection, submission_id))
    refresh_status(connection, submission_id)
    submitted = require_submission(connection, submission_id)
    if submitted.inbox_id is not None:
        event = EmailCanceled(message_id=submitted.id, inbox_id=submitted.inbox_id)
        subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
        journal.append(connection, at, subject, event)
    append_audit(connection, audit, from_micros(at))
    return submitted


class Scheduled(FilePart, OutboundStore):
    """The verbs of `OutboundStore` about mail that waits for its time."""

    @override
    async def due_scheduled(self, now: datetime, limit: int) -> tuple[DueMail, ...]:
        def read(connection: sqlite3.Connection) -> tuple[DueMail, ...]:
            rows = connection.execute(_DUE, (to_micros(now), limit)).fetchall()
            return tuple(_due(connection, SubmissionId(row[0])) for row in rows)

        return self._database.read(read)

    @override
    async def release_scheduled(self, request: ReleaseRequest) -> Submitted:
        contents = ContentCache(self._files)
        return await self._database.run(
            partial(release, request=request, at=self._now(), contents=contents)
        )

    @override
    async def reschedule(
        self, submission_id: SubmissionId, send_at: datetime, audit: Audit
    ) -> Submitted:
        return await self._write(
            lambda connection: move(connection, submission_id, send_at, audit, self._now())
        )

    @override
    async def cancel_scheduled(self, submission_id: SubmissionId, audit: Audit) -> Submitted:
        return await self._write(
            lambda connection: cancel(connection, submission_id, audit, self._now())
        )

    @override
    async def scheduled(
        self,
        pod_id: PodId,
        *,
        inbox_ids: Sequence[InboxId] | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Submitted]:
        clauses = ["s.status IN ('scheduled', 'held')", "s.send_at IS NOT NULL"]
        values = list[object]()
        if inbox_ids is not None:
            clauses.append(f"s.inbox_id IN ({marks(inbox_ids)})")
            values += inbox_ids
        selection = Selection(
            source=f"FROM submissions s {SUBMISSION_JOINS}",
            groups=[Group(where="s.pod_id = ?", values=(pod_id,))],
            order=_ORDER,
            key="s.id",
            by_key=_BY_ID,
            clauses=clauses,
            values=values,
        )
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, part, submitted_from)
        )

    @override
    async def sending_policy(self, inbox_id: InboxId) -> JsonObject:
        return self._database.read(lambda connection: _policy(connection, inbox_id))

    @override
    async def change_sending_policy(
        self,
        pod_id: PodId,
        inbox_id: InboxId,
        changes: Mapping[str, JsonValue],
        audit: Audit,
    ) -> JsonObject:
        def write(connection: sqlite3.Connection) -> JsonObject:
            merged = {**_policy(connection, inbox_id), **changes}
            kept: JsonObject = {name: value for name, value in merged.items() if value is not None}
            sql = "INSERT OR REPLACE INTO sending_policies VALUES (?, ?, ?, ?)"
            connection.execute(sql, (inbox_id, pod_id, dump(kept), self._now()))
            append_audit(connection, audit, self._clock.now())
            return kept

        return await self._write(write)


def _policy(connection: sqlite3.Connection, inbox_id: InboxId) -> JsonObject:
    sql = "SELECT chosen FROM sending_policies WHERE inbox_id = ?"
    row = connection.execute(sql, (inbox_id,)).fetchone()
    return load(row[0]) if row else {}


def _due(connection: sqlite3.Connection, submission_id: SubmissionId) -> DueMail:
    row = connection.execute(_VERDICT, (submission_id,)).fetchone()
    verdict = load(row["verdict"])
    return DueMail(
        submitted=require_submission(connection, submission_id),
        verdict=verdict,
        was_decided=row["hold_id"] is not None,
    )
