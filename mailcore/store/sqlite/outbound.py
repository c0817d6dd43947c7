"""The queue: submitting, leases, recording attempts. Whose turn it is, is in `claims`."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, override

import orjson

from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict, not_found
from mailcore.events import EmailBounced, EmailDelivered
from mailcore.ids import QueueId, SubmissionId
from mailcore.message.bounces import Fate, severity
from mailcore.model import (
    Attempt,
    Claim,
    Listed,
    MessageFacts,
    Outcome,
    QueueItem,
    RecipientState,
    Submitted,
    SuppressionReason,
)
from mailcore.store.layout import SPOOL
from mailcore.store.ports import Audit, ClaimRequest, NewSubmission, OutboundStore, QueueQuery
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.blobs import land, unless_refused
from mailcore.store.sqlite.claims import claim, due_groups, next_due
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.draft_endings import send_draft
from mailcore.store.sqlite.holds import open_hold
from mailcore.store.sqlite.likenesses import keep_likeness
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.pauses import in_scope
from mailcore.store.sqlite.placing import place
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, facts_from, marks, queue_item_from
from mailcore.store.sqlite.rules import record_applications
from mailcore.store.sqlite.submissions import (
    announce_time,
    earlier_submission,
    find_submission,
    insert_submission,
    refresh_status,
    require_submission,
    subject_of,
    texts,
    use_key,
)
from mailcore.store.sqlite.suppressions import suppress_recipient
from mailcore.store.sqlite.threads import join_thread

MAX_SHORT: Final = 5
"""Attempts up to which recording them counts as a short write."""
MAX_REPLY_LENGTH: Final = 2000
FINAL: Final = (
    *(RecipientState.DELIVERED, RecipientState.FAILED, RecipientState.CANCELED),
    *(RecipientState.BOUNCED, RecipientState.COMPLAINED),
)


def submit(
    connection: sqlite3.Connection, new: NewSubmission, at: int, contents: ContentCache
) -> Submitted:
    """Everything one passage through the door writes."""
    earlier = earlier_submission(connection, new, at)
    if earlier is not None:
        return earlier
    content_id = contents.keep(connection, new.pod_id, new.facts, new.raw)
    blob = contents.name(connection, new.pod_id, content_id, new.facts)
    thread_id = None
    if new.inbox_id is not None:
        thread_id = join_thread(connection, new.pod_id, new.inbox_id, new.facts, at)
    insert_submission(connection, new, thread_id, (content_id, blob), at)
    if new.hold is not None:
        open_hold(connection, new, new.hold, thread_id, at)
    elif new.send_at is not None:
        announce_time(connection, require_submission(connection, new.id), at)
    elif new.sent_copy is not None:
        recipients = texts(new.envelope.recipients)
        place(connection, new.sent_copy, at, contents, recipients=recipients)
    if new.draft_id is not None:
        send_draft(connection, new.draft_id, new, at)
    if new.likeness is not None:
        made = (new.id, new.hold.id if new.hold else None)
        keep_likeness(connection, new.pod_id, new.likeness, made, at)
    use_key(connection, new.idempotency, new.pod_id, new.id, at)
    append_audit(connection, new.audit, from_micros(at))
    record_applications(connection, new.applications)
    return require_submission(connection, new.id)


# Leases ------------------------------------------------------------------------------------------

_RENEW = """
UPDATE recipients SET next_at = ?1
WHERE state = 'leased' AND lease_owner = ?2 AND id IN (SELECT value FROM json_each(?3))
RETURNING id
"""


# Recording ---------------------------------------------------------------------------------------

_BY_QUEUE_ID = "SELECT * FROM recipients WHERE id = ?"
_INSERT_ATTEMPT = """
INSERT INTO attempts (
  pod_id, queue_id, at, outcome, code, enhanced_code, reply, remote, tls, tls_level
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SET_OUTCOME = """
UPDATE recipients SET state = ?, next_at = ?, lease_owner = NULL, last_code = ?, last_reply = ?,
  lane = CASE lane WHEN 'priority' THEN 'remote' ELSE lane END,
  last_tls = ?, last_tls_level = ?
WHERE id = ?
"""


def record(
    connection: sqlite3.Connection,
    submission_id: SubmissionId,
    attempts: Sequence[Attempt],
    at: int,
    now: int,
) -> Submitted:
    """Write what attempts came to; a recipient that is final already keeps its state."""
    submitted = require_submission(connection, submission_id)
    for attempt in attempts:
        row = connection.execute(_BY_QUEUE_ID, (attempt.queue_id,)).fetchone()
        if row is None or row["submission_id"] != submission_id:
            raise not_found("queue item")
        item = queue_item_from(row)
        reply = clean(attempt.reply)[:MAX_REPLY_LENGTH]
        connection.execute(
            _INSERT_ATTEMPT,
            (
                *(submitted.pod_id, attempt.queue_id, at, attempt.outcome, attempt.code),
                *(attempt.enhanced_code, reply, clean(attempt.remote), attempt.tls),
                attempt.tls_level,
            ),
        )
        state = _state_after(item, attempt)
        if state is None:
            continue
        retry_at = to_micros(attempt.retry_at) if attempt.retry_at else at
        connection.execute(
            _SET_OUTCOME,
            (*(state, retry_at, attempt.code, reply), attempt.tls, attempt.tls_level, item.id),
        )
        _announce(connection, submitted, item, attempt, state, now)
    return replace(submitted, status=refresh_status(connection, submission_id))


def _state_after(item: QueueItem, attempt: Attempt) -> RecipientState | None:
    """The state an attempt leads to; None when the recipient is final and stays so.

    A recipient that was canceled while its mail was on the way and did arrive is delivered.
    """
    if item.state is RecipientState.CANCELED and attempt.outcome is Outcome.DELIVERED:
        return RecipientState.DELIVERED
    if item.state in FINAL:
        return None
    match attempt.outcome:
        case Outcome.DELIVERED:
            return RecipientState.DELIVERED
        case Outcome.FAILED:
            return RecipientState.FAILED
        case Outcome.DEFERRED:
            return RecipientState.DUE


def _announce(
    connection: sqlite3.Connection,
    submitted: Submitted,
    item: QueueItem,
    attempt: Attempt,
    state: RecipientState,
    now: int,
) -> None:
    """The event of a recipient that became final; system mail has no inbox to tell."""
    if submitted.inbox_id is None or state is RecipientState.DUE:
        return
    reply = clean(attempt.reply)[:MAX_REPLY_LENGTH]
    event: EmailDelivered | EmailBounced
    if state is RecipientState.DELIVERED:
        event = EmailDelivered(
            message_id=submitted.id,
            inbox_id=submitted.inbox_id,
            recipient=str(item.recipient),
            remote=clean(attempt.remote),
            reply=reply,
        )
    else:
        fate = severity(attempt.enhanced_code, reply)
        event = EmailBounced(
            message_id=submitted.id,
            inbox_id=submitted.inbox_id,
            recipient=str(item.recipient),
            code=attempt.code,
            reply=reply,
            bounce_type=fate.value,
        )
        if fate is Fate.HARD and attempt.remote and not item.is_local:
            suppress_recipient(connection, item, submitted, SuppressionReason.BOUNCE, reply, now)
    subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
    journal.append(connection, now, subject, event)


_RELEASE_LEASES = """
UPDATE recipients SET state = 'due', next_at = ?1, lease_owner = NULL
WHERE state = 'leased' AND (?2 IS NULL OR lease_owner = ?2)
"""
_SET_STATE = """
UPDATE recipients SET state = ?1, next_at = ?2,
  lane = CASE WHEN ?1 = 'due' AND lane = 'remote' THEN 'priority' ELSE lane END
WHERE id = ?3
"""


def _change_item(
    connection: sqlite3.Connection,
    queue_id: QueueId,
    allowed: tuple[RecipientState, ...],
    state: RecipientState,
    next_at: int | None,
) -> QueueItem:
    """Move a recipient by hand; CONFLICT unless its state allows it."""
    row = connection.execute(_BY_QUEUE_ID, (queue_id,)).fetchone()
    if row is None:
        raise not_found("queue item")
    if row["state"] not in allowed:
        raise conflict(
            f"the recipient is {row['state']}",
            code="wrong_state",
            fix="Decide the hold instead." if row["state"] == "held" else "",
        )
    connection.execute(_SET_STATE, (state, next_at or row["next_at"], queue_id))
    refresh_status(connection, SubmissionId(row["submission_id"]))
    return queue_item_from(connection.execute(_BY_QUEUE_ID, (queue_id,)).fetchone())


class Queue(FilePart, OutboundStore):
    """The verbs of `OutboundStore` about submissions and their recipients."""

    @override
    async def submit(self, new: NewSubmission) -> Submitted:
        landed = await land(self._files, [(SPOOL, new.facts.sha256, new.raw, self._now())])
        contents = ContentCache(self._files, landed)
        async with unless_refused(self._files, landed):
            submitted = await self._database.run(
                partial(submit, new=new, at=self._now(), contents=contents)
            )
        if contents.unused:
            await self._files.remove([*contents.unused.values()])
        return submitted

    @override
    async def submission(self, submission_id: SubmissionId) -> Submitted | None:
        return self._database.read(partial(find_submission, submission_id=submission_id))

    @override
    async def submission_facts(self, submission_id: SubmissionId) -> MessageFacts | None:
        sql = "SELECT c.* FROM submissions s JOIN contents c ON c.id = s.content_id WHERE s.id = ?"

        def read(connection: sqlite3.Connection) -> MessageFacts | None:
            row = connection.execute(sql, (submission_id,)).fetchone()
            return facts_from(row) if row else None

        return self._database.read(read)

    @override
    async def recipients(self, submission_id: SubmissionId) -> tuple[QueueItem, ...]:
        sql = "SELECT * FROM recipients WHERE submission_id = ? ORDER BY id"

        def read(connection: sqlite3.Connection) -> tuple[QueueItem, ...]:
            return tuple(map(queue_item_from, connection.execute(sql, (submission_id,))))

        return self._database.read(read)

    @override
    async def claim_due(self, request: ClaimRequest) -> tuple[Claim, ...]:
        if not self._database.read(
            lambda connection: due_groups(connection, replace(request, limit=min(request.limit, 1)))
        ):
            return ()
        return await self._database.run(partial(claim, request=request))

    @override
    async def renew_leases(
        self, owner: str, queue_ids: Sequence[QueueId], until: datetime
    ) -> frozenset[QueueId]:
        values = (to_micros(until), owner, orjson.dumps(list(queue_ids)).decode())

        def write(connection: sqlite3.Connection) -> frozenset[QueueId]:
            return frozenset(QueueId(row[0]) for row in connection.execute(_RENEW, values))

        return await self._database.run(write)

    @override
    async def next_due_at(self, after: datetime | None = None) -> datetime | None:
        at = to_micros(after) if after is not None else -1
        found = self._database.read(partial(next_due, after=at))
        return from_micros(found) if found is not None else None

    @override
    async def record_attempts(
        self, submission_id: SubmissionId, attempts: Sequence[Attempt], at: datetime
    ) -> Submitted:
        return await self._database.run(
            partial(
                record,
                submission_id=submission_id,
                attempts=tuple(attempts),
                at=to_micros(at),
                now=self._now(),
            ),
            is_short=len(attempts) <= MAX_SHORT,
        )

    @override
    async def release_leases(self, owner: str | None = None) -> int:
        values = (self._now(), owner)
        return await self._database.run(
            lambda connection: connection.execute(_RELEASE_LEASES, values).rowcount
        )

    @override
    async def queue(self, query: QueueQuery) -> Listed[QueueItem]:
        return await self._database.read_slow(partial(_queue, query=query))

    @override
    async def retry_now(self, queue_id: QueueId, now: datetime, audit: Audit) -> QueueItem:
        """For recipients that are due or failed; CONFLICT (`wrong_state`) otherwise."""
        allowed = (RecipientState.DUE, RecipientState.FAILED)
        return await self._by_hand(queue_id, allowed, RecipientState.DUE, to_micros(now), audit)

    @override
    async def drop(self, queue_id: QueueId, audit: Audit) -> QueueItem:
        """For recipients that wait; CONFLICT (`wrong_state`) otherwise."""
        allowed = (RecipientState.DUE, RecipientState.SCHEDULED)
        return await self._by_hand(queue_id, allowed, RecipientState.CANCELED, None, audit)

    async def _by_hand(
        self,
        queue_id: QueueId,
        allowed: tuple[RecipientState, ...],
        state: RecipientState,
        next_at: int | None,
        audit: Audit,
    ) -> QueueItem:
        at = self._clock.now()

        def write(connection: sqlite3.Connection) -> QueueItem:
            item = _change_item(connection, queue_id, allowed, state, next_at)
            append_audit(connection, audit, at)
            return item

        return await self._database.run(write)


_QUEUE_ORDER = Order(columns=("r.id",))


def _queue(connection: sqlite3.Connection, query: QueueQuery) -> Listed[QueueItem]:
    clauses, values = list[str](), list[object]()
    if query.states:
        clauses.append(f"r.state IN ({marks(query.states)})")
        values.extend(query.states)
    if query.submission_id is not None:
        clauses.append("r.submission_id = ?")
        values.append(query.submission_id)
    if query.scope is not None:
        clause, scoped = in_scope(query.scope)
        clauses.append(clause)
        values.extend(scoped)
    join = ""
    if query.inbox_ids is not None:
        join = "JOIN submissions s ON s.id = r.submission_id"
        clauses.append(f"s.inbox_id IN ({marks(query.inbox_ids)})")
        values.extend(query.inbox_ids)
    selection = Selection(
        source=f"FROM recipients r {join}",
        groups=[Group(where="r.pod_id = ?", values=(query.pod_id,))],
        order=_QUEUE_ORDER,
        key="r.id",
        by_key=_BY_QUEUE_ID,
        clauses=clauses,
        values=values,
        is_filtered=bool(clauses),
    )
    return listed(connection, selection, query.part, queue_item_from)
