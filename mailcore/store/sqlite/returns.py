"""What comes back after a message was accepted elsewhere: later bounces, complaints."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.events import EmailBounced, EmailComplained
from mailcore.ids import QueueId, SubmissionId
from mailcore.model import QueueItem, RecipientState, Submitted, SuppressionReason
from mailcore.store.ports import Audit, OutboundStore, RecipientFate
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.outbound import MAX_REPLY_LENGTH
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, queue_item_from
from mailcore.store.sqlite.submissions import refresh_status, require_submission, subject_of
from mailcore.store.sqlite.suppressions import suppress_recipient

_TOGETHER = """
SELECT r.* FROM recipients r JOIN recipients n ON n.id = ?
WHERE r.submission_id = n.submission_id AND r.destination = n.destination AND r.is_local = 0
ORDER BY r.id
"""
_BY_ID = "SELECT * FROM recipients WHERE id = ? AND submission_id = ?"
_SET = """
UPDATE recipients SET state = ?, next_at = ?, lease_owner = NULL, last_code = ?, last_reply = ?
WHERE id = ?
"""
_SENT: Final = (RecipientState.DELIVERED, RecipientState.LEASED, RecipientState.DUE)


def record(
    connection: sqlite3.Connection,
    submission_id: SubmissionId,
    fates: Sequence[RecipientFate],
    at: int,
    now: int,
) -> tuple[QueueItem, ...]:
    """Write what came back; what was never sent, or is final otherwise, stays as it is."""
    submitted = require_submission(connection, submission_id)
    changed: list[QueueItem] = []
    for fate in fates:
        row = connection.execute(_BY_ID, (fate.queue_id, submission_id)).fetchone()
        if row is None:
            raise not_found("queue item")
        item = queue_item_from(row)
        if item.state not in _SENT or not item.attempts:
            continue
        reply = clean(fate.reply)[:MAX_REPLY_LENGTH]
        code = item.last_code if fate.state is RecipientState.COMPLAINED else 550
        connection.execute(_SET, (fate.state, at, code, reply, item.id))
        if fate.suppression is not None:
            suppress_recipient(connection, item, submitted, fate.suppression, reply, now)
        _witness(connection, submitted, item, fate, now)
        changed.append(item)
    refresh_status(connection, submission_id)
    return tuple(changed)


def _witness(
    connection: sqlite3.Connection,
    submitted: Submitted,
    item: QueueItem,
    fate: RecipientFate,
    now: int,
) -> None:
    """The event and the audit row; system mail has no inbox to tell."""
    reply = clean(fate.reply)[:MAX_REPLY_LENGTH]
    append_audit(
        connection,
        Audit(
            pod_id=submitted.pod_id,
            actor="system:bounces",
            action=f"mail.{fate.state.value}",
            subject=submitted.id,
            detail={"recipient": str(item.recipient), "status": fate.enhanced_code},
        ),
        from_micros(now),
    )
    if submitted.inbox_id is None:
        return
    ids = {
        "message_id": submitted.id,
        "inbox_id": submitted.inbox_id,
        "recipient": str(item.recipient),
        "reply": reply,
    }
    event: EmailBounced | EmailComplained
    if fate.state is RecipientState.COMPLAINED:
        event = EmailComplained(**ids)
    else:
        is_hard = fate.suppression is SuppressionReason.BOUNCE
        event = EmailBounced(**ids, code=550, bounce_type="hard" if is_hard else "soft")
    subject = subject_of(connection, submitted.pod_id, submitted.inbox_id)
    journal.append(connection, now, subject, event)


class Returns(Part, OutboundStore):
    """The verbs of `OutboundStore` about what comes back."""

    @override
    async def sent_together(
        self, queue_id: QueueId
    ) -> tuple[Submitted, tuple[QueueItem, ...]] | None:
        def read(
            connection: sqlite3.Connection,
        ) -> tuple[Submitted, tuple[QueueItem, ...]] | None:
            rows = connection.execute(_TOGETHER, (queue_id,)).fetchall()
            items = tuple(map(queue_item_from, rows))
            if not items:
                return None
            return require_submission(connection, items[0].submission_id), items

        return self._database.read(read)

    @override
    async def record_fates(
        self, submission_id: SubmissionId, fates: Sequence[RecipientFate], at: datetime
    ) -> tuple[QueueItem, ...]:
        return await self._database.run(
            partial(
                record,
                submission_id=submission_id,
                fates=tuple(fates),
                at=to_micros(at),
                now=self._now(),
            )
        )
