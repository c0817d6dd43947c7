"""Ending drafts inside a transaction: by their author, or because their message left Drafts.

Whoever deletes a draft's message in a mail client, or moves it elsewhere, deletes the draft; what
waits for a decision is withdrawn with it.
"""

import sqlite3
from collections.abc import Iterable

from mailcore.clock import from_micros
from mailcore.events import DraftSent
from mailcore.ids import DraftId, HoldId, MessageId
from mailcore.model import HoldStatus
from mailcore.store.ports import Audit, NewSubmission
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.draft_copies import hide_draft, unlink
from mailcore.store.sqlite.holds import find_hold, withdraw
from mailcore.store.sqlite.mailbox_rows import Removed
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.submissions import subject_of

_DELETE = """
UPDATE drafts SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL RETURNING pod_id, hold_id
"""
_SENT = "UPDATE drafts SET submission_id = ?, hold_id = NULL WHERE id = ?"
_SHOWN = "SELECT message_id FROM drafts WHERE message_id IS NOT NULL"
_OPEN = (HoldStatus.PENDING, HoldStatus.APPROVED)


def delete_draft(
    connection: sqlite3.Connection, draft_id: DraftId, *, actor: str, via: str, at: int
) -> None:
    """Mark a draft deleted, take its message out of Drafts and withdraw its hold if it is open."""
    row = connection.execute(_DELETE, (at, draft_id)).fetchone()
    if row is None:
        return
    hide_draft(connection, draft_id, at)
    hold = find_hold(connection, HoldId(row["hold_id"])) if row["hold_id"] else None
    if hold is not None and hold.status in _OPEN:
        withdraw(connection, hold, by=actor, via=via, reason="the draft was deleted", at=at)
    audit = Audit(pod_id=row["pod_id"], actor=actor, action="draft.delete", subject=draft_id)
    append_audit(connection, audit, from_micros(at))


def send_draft(
    connection: sqlite3.Connection, draft_id: DraftId, new: NewSubmission, at: int
) -> None:
    """Tie a draft to the message it became without a hold, and take it out of Drafts."""
    connection.execute(_SENT, (new.id, draft_id))
    hide_draft(connection, draft_id, at)
    inbox_id = new.inbox_id or ""
    sent = DraftSent(draft_id=draft_id, inbox_id=inbox_id, message_id=new.id)
    journal.append(connection, at, subject_of(connection, new.pod_id, new.inbox_id), sent)


def end_with_messages(connection: sqlite3.Connection, gone: Iterable[Removed], at: int) -> None:
    """Delete the drafts whose messages left the mailbox they were in."""
    shown = {row[0] for row in connection.execute(_SHOWN)}
    for one in gone:
        draft_id = unlink(connection, MessageId(one.id)) if one.id in shown else None
        if draft_id is not None:
            delete_draft(connection, draft_id, actor="mailbox:Drafts", via="imap", at=at)
