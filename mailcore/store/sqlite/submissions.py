"""Rows of submissions and their recipients inside a transaction.

A submission's status is derived from its recipients' states and its hold, and kept in the same
transaction that changes them. `recipients.next_at` is when a waiting row is due, and while it is leased
when the lease ends: a lease that nobody released is due again then.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from mailcore.address import Address
from mailcore.clock import to_iso, to_micros
from mailcore.errors import conflict, not_found
from mailcore.events import EmailScheduled
from mailcore.ids import AgentId, BlobRef, InboxId, PodId, SubmissionId, ThreadId
from mailcore.model import (
    HoldStatus,
    Lane,
    RecipientState,
    SubmissionStatus,
    Submitted,
)
from mailcore.store.ports import IdempotencyEntry, NewRecipient, NewSubmission
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.envelopes import envelope_json
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.rows import (
    SUBMISSION_COLUMNS,
    SUBMISSION_JOINS,
    dump,
    submitted_from,
)

LOCAL: Final = "local"
"""The destination that all local recipients of a submission share; no domain is named so."""

_BY_ID = f"SELECT {SUBMISSION_COLUMNS} FROM submissions s {SUBMISSION_JOINS} WHERE s.id = ?"
_INSERT = """
INSERT INTO submissions (
  id, pod_id, inbox_id, thread_id, content_id, actor, status, mail_from, envelope_recipients, blob,
  digest, verdict, hold_id, is_system, send_at, created_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_RECIPIENT = """
INSERT INTO recipients (
  pod_id, submission_id, local, domain, destination, is_local, state, next_at, created_at, lane,
  sender_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SENDER = "SELECT coalesce(agent_id, person_id, '') FROM inboxes WHERE id = ?"


def find_submission(
    connection: sqlite3.Connection, submission_id: SubmissionId
) -> Submitted | None:
    """A submission by id."""
    row = connection.execute(_BY_ID, (submission_id,)).fetchone()
    return submitted_from(row) if row else None


def require_submission(connection: sqlite3.Connection, submission_id: SubmissionId) -> Submitted:
    """A submission by id, or NOT_FOUND."""
    found = find_submission(connection, submission_id)
    if found is None:
        raise not_found("submission")
    return found


def subject_of(connection: sqlite3.Connection, pod_id: PodId, inbox_id: InboxId | None) -> Subject:
    """Whose journal rows a submission's are; system mail belongs to the pod alone."""
    if inbox_id is None:
        return Subject(pod_id, None, None)
    sql = "SELECT agent_id FROM inboxes WHERE id = ?"
    row = connection.execute(sql, (inbox_id,)).fetchone()
    agent_id = AgentId(row[0]) if row and row[0] else None
    return Subject(pod_id, agent_id, inbox_id)


def insert_submission(
    connection: sqlite3.Connection,
    new: NewSubmission,
    thread_id: ThreadId | None,
    stored: tuple[int, BlobRef],
    at: int,
) -> None:
    """The submission's row and one for each recipient."""
    state, status = _first_state(new)
    content_id, blob = stored
    sender, recipients = envelope_json(new.envelope)
    send_at = to_micros(new.send_at) if new.send_at else None
    connection.execute(
        _INSERT,
        (
            *(new.id, new.pod_id, new.inbox_id, thread_id, content_id, new.actor, status),
            *(sender, recipients),
            *(blob, new.digest, dump(new.verdict), new.hold.id if new.hold else None),
            *(new.is_system, send_at, at),
        ),
    )
    row = connection.execute(_SENDER, (new.inbox_id,)).fetchone()
    sender_id = row[0] if row else ""
    connection.executemany(
        _INSERT_RECIPIENT,
        (
            (
                *(new.pod_id, new.id, one.address.local, one.address.domain, _destination(one)),
                *(one.is_local, state, send_at or at, at, _lane(new, one), sender_id),
            )
            for one in new.recipients
        ),
    )


_HOLD_AGAIN = """
UPDATE recipients SET state = 'held'
WHERE submission_id = ? AND local = ? AND domain = ? AND state = 'canceled'
"""


def add_held(
    connection: sqlite3.Connection, submitted: Submitted, added: Sequence[NewRecipient], at: int
) -> None:
    """Recipients of a held message that it did not have before, or has again."""
    row = connection.execute(_SENDER, (submitted.inbox_id,)).fetchone()
    send_at = submitted.envelope.terms.release_at
    next_at = to_micros(send_at) if send_at else at
    for one in added:
        named = (one.address.local, one.address.domain)
        if connection.execute(_HOLD_AGAIN, (submitted.id, *named)).rowcount:
            continue
        lane = Lane.LOCAL if one.is_local else Lane.REMOTE
        values = (
            *(submitted.pod_id, submitted.id, *named, _destination(one), one.is_local),
            *(RecipientState.HELD, next_at, at, lane, row[0] if row else ""),
        )
        connection.execute(_INSERT_RECIPIENT, values)


def announce_time(connection: sqlite3.Connection, submitted: Submitted, at: int) -> None:
    """The event of a message that waits for its time; system mail has no inbox to tell."""
    send_at = submitted.envelope.terms.release_at
    if submitted.inbox_id is None or send_at is None:
        return
    event = EmailScheduled(
        message_id=submitted.id,
        thread_id=submitted.thread_id or "",
        inbox_id=submitted.inbox_id,
        send_at=to_iso(send_at),
    )
    subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
    journal.append(connection, at, subject, event)


def _first_state(new: NewSubmission) -> tuple[RecipientState, SubmissionStatus]:
    if new.hold is not None:
        return RecipientState.HELD, SubmissionStatus.HELD
    if new.send_at is not None:
        return RecipientState.SCHEDULED, SubmissionStatus.SCHEDULED
    return RecipientState.DUE, SubmissionStatus.QUEUED


def _lane(new: NewSubmission, recipient: NewRecipient) -> Lane:
    if recipient.is_local:
        return Lane.LOCAL
    return Lane.SYSTEM if new.is_system else Lane.REMOTE


def _destination(recipient: NewRecipient) -> str:
    return LOCAL if recipient.is_local else recipient.address.domain


_STATES = "SELECT DISTINCT state FROM recipients WHERE submission_id = ?"
_HOLD_STATUS = "SELECT status FROM holds WHERE submission_id = ?"


def refresh_status(connection: sqlite3.Connection, submission_id: SubmissionId) -> SubmissionStatus:
    """Derive the status again after recipients or the hold changed."""
    states = {row[0] for row in connection.execute(_STATES, (submission_id,))}
    hold = connection.execute(_HOLD_STATUS, (submission_id,)).fetchone()
    status = derive_status(states, hold[0] if hold else None)
    sql = "UPDATE submissions SET status = ? WHERE id = ?"
    connection.execute(sql, (status, submission_id))
    return status


def derive_status(states: set[str], hold_status: str | None) -> SubmissionStatus:
    """What recipients in these states, and the hold if there was one, make of a submission."""
    for state, status in (
        (RecipientState.HELD, SubmissionStatus.HELD),
        (RecipientState.LEASED, SubmissionStatus.QUEUED),
        (RecipientState.DUE, SubmissionStatus.QUEUED),
        (RecipientState.SCHEDULED, SubmissionStatus.SCHEDULED),
        (RecipientState.DELIVERED, SubmissionStatus.SENT),
        (RecipientState.COMPLAINED, SubmissionStatus.SENT),
    ):
        if state in states:
            return status
    if hold_status == HoldStatus.REJECTED:
        return SubmissionStatus.REJECTED
    if hold_status == HoldStatus.EXPIRED:
        return SubmissionStatus.EXPIRED
    is_canceled = states == {RecipientState.CANCELED}
    return SubmissionStatus.CANCELED if is_canceled else SubmissionStatus.FAILED


_USED_KEY = "SELECT * FROM idempotency WHERE scope = ? AND key = ? AND at > ?"
_USE_KEY = """
INSERT INTO idempotency (scope, key, pod_id, request_hash, submission_id, at)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET request_hash = excluded.request_hash,
  submission_id = excluded.submission_id, at = excluded.at
"""


def earlier_submission(
    connection: sqlite3.Connection, new: NewSubmission, at: int
) -> Submitted | None:
    """What the same key made within its time; CONFLICT when it was another request."""
    found = earlier_id(connection, new.idempotency, at)
    return find_submission(connection, SubmissionId(found)) if found is not None else None


def earlier_id(
    connection: sqlite3.Connection, entry: IdempotencyEntry | None, at: int
) -> str | None:
    """The id of what the same key made within its time; CONFLICT when it was another request."""
    if entry is None:
        return None
    oldest = at - int(entry.within.total_seconds() * 1_000_000)
    row = connection.execute(_USED_KEY, (entry.scope, entry.key, oldest)).fetchone()
    if row is None:
        return None
    if row["request_hash"] != entry.request_hash:
        raise conflict(
            "this idempotency key was used for another request",
            code="idempotency_mismatch",
            fix="Use a new key for a new request.",
        )
    return str(row["submission_id"])


def use_key(
    connection: sqlite3.Connection,
    entry: IdempotencyEntry | None,
    pod_id: PodId,
    made: str,
    at: int,
) -> None:
    """Remember the Idempotency-Key with the id of what it made."""
    if entry is not None:
        values = (entry.scope, entry.key, pod_id, entry.request_hash, made, at)
        connection.execute(_USE_KEY, values)


def texts(addresses: tuple[Address, ...]) -> list[str]:
    """Envelope addresses as text."""
    return [str(address) for address in addresses]
