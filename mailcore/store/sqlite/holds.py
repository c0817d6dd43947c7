"""Holds: opening one with a submission, deciding by compare-and-set, expiry.

One writer makes compare-and-set a plain read and write in one transaction: of any number of decisions
at once exactly one changes the hold. Invariant: HELD recipients have exactly one hold that is
pending or approved.
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, override

from mailcore.clock import from_micros, to_iso, to_micros
from mailcore.errors import MailError, conflict, not_found
from mailcore.events import (
    DraftApproved,
    DraftRejected,
    DraftSent,
    EmailHeld,
    EmailRejected,
    EmailSent,
    HoldCreated,
    HoldDecided,
    HoldExpired,
    HoldReminded,
)
from mailcore.ids import AgentId, DraftId, HoldId, InboxId, PodId, SubmissionId, ThreadId
from mailcore.model import (
    FIRST_PAGE,
    Decision,
    Hold,
    HoldStatus,
    Listed,
    Slice,
    SubmissionStatus,
    Submitted,
    ThreadStatus,
)
from mailcore.store.ports import (
    Audit,
    Decided,
    DecideRequest,
    NewHold,
    NewMessage,
    NewSubmission,
    OutboundStore,
)
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.draft_copies import hide_draft
from mailcore.store.sqlite.grants import insert_grant
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.placing import place
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, instant, load_objects, load_texts
from mailcore.store.sqlite.submissions import (
    announce_time,
    refresh_status,
    require_submission,
    subject_of,
    texts,
)
from mailcore.store.sqlite.threads import set_status

_INSERT = """
INSERT INTO holds (
  id, pod_id, submission_id, inbox_id, thread_id, agent_id, draft_id, digest, version, status, reason,
  categories, findings, subject, sender, recipients, created_at, expires_at, is_told,
  like_hold_id, attempt
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
"""
HOLD_COLUMNS: Final = """
h.*, (SELECT json_group_array(v.voter) FROM hold_votes v
      WHERE v.hold_id = h.id AND v.version = h.version) AS voters
"""
_BY_ID = f"SELECT {HOLD_COLUMNS} FROM holds h WHERE h.id = ?"
_ORDER = Order(columns=("created_at", "id"), is_descending=True)
_LINK_DRAFT = "UPDATE drafts SET hold_id = ?, submission_id = ? WHERE id = ?"


def open_hold(
    connection: sqlite3.Connection,
    new: NewSubmission,
    hold: NewHold,
    thread_id: ThreadId | None,
    at: int,
) -> None:
    """The hold of a new submission: its row, the thread, the draft, and both events."""
    facts = new.facts
    sender = facts.sender.address if facts.sender else str(new.envelope.mail_from or "")
    values = (
        *(hold.id, new.pod_id, new.id, new.inbox_id, thread_id, hold.agent_id, hold.draft_id),
        *(new.digest, hold.draft_version, hold.reason, dump(list(hold.categories))),
        *(dump(list(hold.findings)), clean(hold.subject), clean(sender)),
        *(dump(texts(new.envelope.recipients)), at, to_micros(hold.expires_at)),
        *(hold.like_hold_id, hold.attempt),
    )
    connection.execute(_INSERT, values)
    if thread_id is not None:
        set_status(connection, thread_id, ThreadStatus.DRAFT_PENDING)
    if hold.draft_id is not None:
        connection.execute(_LINK_DRAFT, (hold.id, new.id, hold.draft_id))
    subject = subject_of(connection, new.pod_id, new.inbox_id)
    held = EmailHeld(
        message_id=new.id,
        thread_id=thread_id or "",
        inbox_id=new.inbox_id or "",
        hold_id=hold.id,
        categories=list(hold.categories),
    )
    created = HoldCreated(
        hold_id=hold.id,
        message_id=new.id,
        inbox_id=new.inbox_id or "",
        subject=clean(hold.subject),
        categories=list(hold.categories),
        expires_at=to_iso(hold.expires_at),
    )
    journal.append(connection, at, subject, held)
    journal.append(connection, at, subject, created)


def insert_hold(
    connection: sqlite3.Connection, submitted: Submitted, hold: NewHold, at: int
) -> None:
    """The row of a hold on mail that was let through before; events are the caller's."""
    envelope = submitted.envelope
    values = (
        *(hold.id, submitted.pod_id, submitted.id, submitted.inbox_id, submitted.thread_id),
        *(hold.agent_id, None, submitted.digest, 1, hold.reason, dump(list(hold.categories))),
        *(dump(list(hold.findings)), clean(hold.subject), clean(str(envelope.mail_from or ""))),
        *(dump(texts(envelope.recipients)), at, to_micros(hold.expires_at)),
        *(hold.like_hold_id, hold.attempt),
    )
    connection.execute(_INSERT, values)
    if submitted.thread_id is not None:
        set_status(connection, submitted.thread_id, ThreadStatus.DRAFT_PENDING)


def hold_from(row: sqlite3.Row) -> Hold:
    """A row of `holds`."""
    return Hold(
        id=HoldId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        submission_id=SubmissionId(row["submission_id"]),
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        thread_id=ThreadId(row["thread_id"]) if row["thread_id"] else None,
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        draft_id=DraftId(row["draft_id"]) if row["draft_id"] else None,
        digest=row["digest"],
        version=row["version"],
        status=HoldStatus(row["status"]),
        reason=row["reason"],
        categories=load_texts(row["categories"]),
        findings=load_objects(row["findings"]),
        subject=row["subject"],
        sender=row["sender"],
        recipients=load_texts(row["recipients"]),
        created_at=from_micros(row["created_at"]),
        expires_at=from_micros(row["expires_at"]),
        decided_at=instant(row["decided_at"]),
        decided_by=row["decided_by"],
        decided_via=row["decided_via"],
        decision_reason=row["decision_reason"],
        reminders=row["reminders"],
        told_at=instant(row["told_at"]),
        approved_once_by=load_texts(row["voters"]),
        like_hold_id=HoldId(row["like_hold_id"]) if row["like_hold_id"] else None,
        attempt=row["attempt"],
        asked_at=instant(row["asked_at"]),
    )


def find_hold(connection: sqlite3.Connection, hold_id: HoldId) -> Hold | None:
    """A hold by id."""
    row = connection.execute(_BY_ID, (hold_id,)).fetchone()
    return hold_from(row) if row else None


# Deciding ----------------------------------------------------------------------------------------

_SET = """
UPDATE holds SET status = ?, decided_at = ?, decided_by = ?, decided_via = ?, decision_reason = ?
WHERE id = ?
"""
_LET_GO = "UPDATE holds SET status = ? WHERE id = ?"
_RELEASE = """
UPDATE recipients SET state = CASE WHEN next_at > ?1 THEN 'scheduled' ELSE 'due' END
WHERE submission_id = ?2 AND state = 'held'
"""
_CANCEL = """
UPDATE recipients SET state = 'canceled'
WHERE submission_id = ? AND state IN ('held', 'scheduled', 'due', 'leased')
"""
_OTHERS_OPEN = """
SELECT count(*) FROM holds
WHERE thread_id = ? AND id <> ? AND status IN ('pending', 'approved')
"""
_CONTENT = """
SELECT c.sha256, c.id FROM submissions s JOIN contents c ON c.id = s.content_id WHERE s.id = ?
"""
# Only after a rebuild, which holds what was on its way.
_HAS_COPY = "SELECT 1 FROM messages WHERE id = ?"
_VOTE = """
INSERT INTO hold_votes (hold_id, version, voter, pod_id, via, at) VALUES (?, ?, ?, ?, ?, ?)
"""
_SPENT = "SELECT count(*) FROM spent_tokens WHERE token_id = ?"
_SPEND = "INSERT INTO spent_tokens (token_id, pod_id, hold_id, at) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closing:
    """How a hold ends or moves on."""

    status: HoldStatus
    at: int
    by: str
    via: str
    reason: str


def decide(
    connection: sqlite3.Connection, request: DecideRequest, now: int, contents: ContentCache
) -> Decided:
    """Carry out a decision, or say that it stood already."""
    hold = find_hold(connection, request.hold_id)
    if hold is None:
        raise not_found("hold")
    if request.token_id and connection.execute(_SPENT, (request.token_id,)).fetchone()[0]:
        raise conflict("this approval was used already", code="token_spent")
    if (request.digest, request.version) != (hold.digest, hold.version):
        raise conflict(
            "the message changed since it was shown",
            code="changed",
            fix="Look at the hold again and decide on what it shows now.",
        )
    status = _wanted(hold, request)
    if status is None:
        return Decided(hold=hold, changed=False)
    if request.needs_two and hold.status is HoldStatus.PENDING and not hold.approved_once_by:
        return _approve_once(connection, hold, request, now)
    if request.needs_two and hold.status is HoldStatus.PENDING:
        _require_another(hold, request)
    if request.token_id:
        values = (request.token_id, hold.pod_id, hold.id, now)
        connection.execute(_SPEND, values)
    closing = _Closing(
        status=status,
        at=to_micros(request.at),
        by=request.decided_by,
        via=request.decided_via,
        reason=request.reason,
    )
    _close(connection, hold, closing, now)
    if status is HoldStatus.RELEASED:
        _release(connection, hold, request, now, contents)
    for grant in request.grants:
        insert_grant(connection, grant)
    append_audit(connection, request.audit, from_micros(now))
    decided = find_hold(connection, hold.id)
    return Decided(hold=decided or hold, changed=True)


def _approve_once(
    connection: sqlite3.Connection, hold: Hold, request: DecideRequest, now: int
) -> Decided:
    """The first of two approvals: kept and told, and nothing released."""
    if request.token_id:
        connection.execute(_SPEND, (request.token_id, hold.pod_id, hold.id, now))
    at = to_micros(request.at)
    values = (hold.id, hold.version, request.decided_by, hold.pod_id, request.decided_via, at)
    connection.execute(_VOTE, values)
    remind(connection, hold, "second_approval", now)
    audit = replace(request.audit, action="hold.approve_once")
    append_audit(connection, audit, from_micros(now))
    return Decided(hold=find_hold(connection, hold.id) or hold, changed=True)


def _require_another(hold: Hold, request: DecideRequest) -> None:
    same = {request.decided_by, *request.same_person}
    if not set(hold.approved_once_by) - same:
        raise conflict(
            "you approved it already; it needs another person",
            code="second_person_required",
            fix="Ask another owner or approver to approve it too",
        )


def remind(connection: sqlite3.Connection, hold: Hold, reason: str, now: int) -> None:
    """Have every channel tell of a hold again."""
    reminded = HoldReminded(
        hold_id=hold.id,
        message_id=hold.submission_id,
        inbox_id=hold.inbox_id or "",
        reason=reason,
    )
    journal.append(connection, now, subject_of(connection, hold.pod_id, hold.inbox_id), reminded)


def _wanted(hold: Hold, request: DecideRequest) -> HoldStatus | None:
    """The status to move to; None when the decision stands already; CONFLICT when it cannot be."""
    stands: tuple[HoldStatus, ...]
    if request.decision is Decision.REJECT:
        target, stands = HoldStatus.REJECTED, (HoldStatus.REJECTED, HoldStatus.EXPIRED)
        is_open = hold.status is HoldStatus.PENDING or (
            request.is_withdrawal and hold.status is HoldStatus.APPROVED
        )
    elif request.release:
        target, stands = HoldStatus.RELEASED, (HoldStatus.RELEASED,)
        is_open = hold.status in (HoldStatus.PENDING, HoldStatus.APPROVED)
    else:
        target, stands = HoldStatus.APPROVED, (HoldStatus.APPROVED, HoldStatus.RELEASED)
        is_open = hold.status is HoldStatus.PENDING
    if is_open:
        return target
    if hold.status in stands:
        return None
    raise _already(hold)


def _already(hold: Hold) -> MailError:
    return conflict(f"the hold is {hold.status.value} already", code="already_decided")


def _close(connection: sqlite3.Connection, hold: Hold, closing: _Closing, now: int) -> None:
    """Set the hold's status with all that follows but placing the Sent copy."""
    if hold.status is HoldStatus.APPROVED and closing.status is HoldStatus.RELEASED:
        connection.execute(_LET_GO, (closing.status, hold.id))
    else:
        values = (closing.status, closing.at, closing.by, closing.via, closing.reason, hold.id)
        connection.execute(_SET, values)
    if closing.status is HoldStatus.RELEASED:
        connection.execute(_RELEASE, (now, hold.submission_id))
    elif closing.status is not HoldStatus.APPROVED:
        connection.execute(_CANCEL, (hold.submission_id,))
        if (
            hold.thread_id
            and not connection.execute(_OTHERS_OPEN, (hold.thread_id, hold.id)).fetchone()[0]
        ):
            set_status(connection, hold.thread_id, ThreadStatus.OPEN)
    if hold.draft_id is not None and closing.status is not HoldStatus.APPROVED:
        hide_draft(connection, hold.draft_id, now)
    refresh_status(connection, hold.submission_id)
    _announce(connection, hold, closing, now)


def _announce(connection: sqlite3.Connection, hold: Hold, closing: _Closing, now: int) -> None:
    subject = subject_of(connection, hold.pod_id, hold.inbox_id)
    ids = {"hold_id": hold.id, "message_id": hold.submission_id, "inbox_id": hold.inbox_id or ""}
    if closing.status is HoldStatus.EXPIRED:
        journal.append(connection, now, subject, HoldExpired(**ids))
    else:
        status, via, reason = closing.status.value, closing.via, clean(closing.reason)
        event = HoldDecided(**ids, status=status, via=via, reason=reason)
        journal.append(connection, now, subject, event)
    if closing.status in (HoldStatus.EXPIRED, HoldStatus.REJECTED):
        rejected = EmailRejected(**ids, reason=clean(closing.reason))
        journal.append(connection, now, subject, rejected)
    if hold.draft_id is not None:
        draft = _draft_event(hold, hold.draft_id, closing)
        journal.append(connection, now, subject, draft)


def _draft_event(
    hold: Hold, draft_id: DraftId, closing: _Closing
) -> DraftApproved | DraftSent | DraftRejected:
    inbox_id = hold.inbox_id or ""
    match closing.status:
        case HoldStatus.APPROVED:
            return DraftApproved(draft_id=draft_id, inbox_id=inbox_id)
        case HoldStatus.RELEASED:
            return DraftSent(draft_id=draft_id, inbox_id=inbox_id, message_id=hold.submission_id)
        case _:
            reason = clean(closing.reason)
            return DraftRejected(draft_id=draft_id, inbox_id=inbox_id, reason=reason)


def _release(
    connection: sqlite3.Connection,
    hold: Hold,
    request: DecideRequest,
    now: int,
    contents: ContentCache,
) -> None:
    """What a release does beside the queue; mail before its time only waits for that."""
    submitted = require_submission(connection, hold.submission_id)
    if submitted.status is SubmissionStatus.SCHEDULED:
        announce_time(connection, submitted, now)
        return
    let_go(connection, submitted, request.sent_copy, now, contents)


def let_go(
    connection: sqlite3.Connection,
    submitted: Submitted,
    copy: NewMessage | None,
    now: int,
    contents: ContentCache,
) -> None:
    """What a message that leaves leaves behind: the Sent copy unless it is there, event and thread."""
    recipients = texts(submitted.envelope.recipients)
    if copy is not None and not connection.execute(_HAS_COPY, (copy.id,)).fetchone():
        sha256, content_id = connection.execute(_CONTENT, (submitted.id,)).fetchone()
        contents.share(sha256, content_id)
        place(connection, copy, now, contents, recipients=recipients)
    elif submitted.inbox_id is not None:
        event = EmailSent(
            message_id=submitted.id,
            thread_id=submitted.thread_id or "",
            inbox_id=submitted.inbox_id,
            subject=submitted.subject,
            recipients=recipients,
        )
        subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
        journal.append(connection, now, subject, event)
        if submitted.thread_id is not None:
            set_status(connection, submitted.thread_id, ThreadStatus.WAITING)


# Ending without a decision -----------------------------------------------------------------------

_OVERDUE = f"""
SELECT {HOLD_COLUMNS} FROM holds h WHERE h.status = 'pending' AND h.expires_at <= ?
ORDER BY h.expires_at
"""
_OPEN_OF_INBOX = f"""
SELECT {HOLD_COLUMNS} FROM holds h WHERE h.inbox_id = ? AND h.status IN ('pending', 'approved')
"""
_WAITING_OF_INBOX = """
SELECT DISTINCT s.id FROM submissions s JOIN recipients r ON r.submission_id = s.id
WHERE s.inbox_id = ? AND r.state IN ('held', 'scheduled', 'due', 'leased')
"""


def expire(connection: sqlite3.Connection, at: int, now: int) -> tuple[Hold, ...]:
    """End every pending hold whose time is over."""
    overdue = [hold_from(row) for row in connection.execute(_OVERDUE, (at,)).fetchall()]
    for hold in overdue:
        closing = _Closing(
            status=HoldStatus.EXPIRED,
            at=at,
            by="system:holds",
            via="expiry",
            reason="nobody decided in time",
        )
        _close(connection, hold, closing, now)
        audit = Audit(pod_id=hold.pod_id, actor=closing.by, action="hold.expire", subject=hold.id)
        append_audit(connection, audit, from_micros(now))
    found = (find_hold(connection, hold.id) for hold in overdue)
    return tuple(hold for hold in found if hold is not None)


def withdraw(
    connection: sqlite3.Connection, hold: Hold, *, by: str, via: str, reason: str, at: int
) -> None:
    """Close a hold because what it holds was deleted."""
    status = HoldStatus.REJECTED
    _close(connection, hold, _Closing(status=status, at=at, by=by, via=via, reason=reason), at)


def cancel_for_inbox(
    connection: sqlite3.Connection, inbox_id: InboxId, actor: str, now: int
) -> None:
    """Cancel everything an inbox has queued or held, as when its agent is deleted."""
    for row in connection.execute(_OPEN_OF_INBOX, (inbox_id,)).fetchall():
        closing = _Closing(
            status=HoldStatus.REJECTED,
            at=now,
            by=actor,
            via="deletion",
            reason="the inbox was deleted",
        )
        _close(connection, hold_from(row), closing, now)
    for row in connection.execute(_WAITING_OF_INBOX, (inbox_id,)).fetchall():
        connection.execute(_CANCEL, (row["id"],))
        refresh_status(connection, SubmissionId(row["id"]))


class Holds(FilePart, OutboundStore):
    """The verbs of `OutboundStore` about holds."""

    @override
    async def holds(
        self,
        pod_id: PodId,
        *,
        status: HoldStatus | None = None,
        agent_id: AgentId | None = None,
        inbox_id: InboxId | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Hold]:
        clauses, values = list[str](), list[str]()
        for column, value in (("status", status), ("agent_id", agent_id), ("inbox_id", inbox_id)):
            if value is not None:
                clauses.append(f"{column} = ?")
                values.append(value)
        selection = Selection(
            source="FROM holds",
            groups=[Group(where="pod_id = ?", values=(pod_id,))],
            order=_ORDER,
            key="id",
            by_key=_BY_ID,
            clauses=clauses,
            values=values,
            is_filtered=bool(clauses),
        )
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, part, hold_from)
        )

    @override
    async def hold(self, hold_id: HoldId) -> Hold | None:
        return self._database.read(lambda connection: find_hold(connection, hold_id))

    @override
    async def decide(self, request: DecideRequest) -> Decided:
        now = self._now()
        contents = ContentCache(self._files)
        return await self._database.run(
            lambda connection: decide(connection, request, now, contents)
        )

    @override
    async def expire_holds(self, now: datetime) -> tuple[Hold, ...]:
        at, recorded_at = to_micros(now), self._now()
        overdue = self._database.read(
            lambda connection: connection.execute(f"{_OVERDUE} LIMIT 1", (at,)).fetchone()
        )
        if overdue is None:
            return ()
        return await self._database.run(lambda connection: expire(connection, at, recorded_at))
