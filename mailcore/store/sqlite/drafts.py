"""Drafts and their versions.

What is stored is what the author did (`editing`, `stale`); once a draft was submitted its status
derives from its hold and its submission, so that the two machines cannot disagree.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import conflict
from mailcore.events import DraftCreated, DraftStale
from mailcore.ids import DraftId, HoldId, InboxId, MessageId, PodId, SubmissionId, ThreadId
from mailcore.model import FIRST_PAGE, Draft, DraftStatus, Listed, Slice
from mailcore.store.ports import Audit, OutboundStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import dump, load
from mailcore.store.sqlite.submissions import subject_of

_DERIVED = """
CASE
  WHEN d.status = 'stale' OR d.submission_id IS NULL THEN d.status
  WHEN h.status IN ('pending', 'approved') THEN h.status
  WHEN h.status IN ('rejected', 'expired') THEN 'rejected'
  WHEN s.status = 'failed' THEN 'failed'
  ELSE 'sent'
END
"""
_FROM = """
FROM drafts d LEFT JOIN holds h ON h.id = d.hold_id
LEFT JOIN submissions s ON s.id = d.submission_id
"""
_ONE = f"SELECT d.*, {_DERIVED} AS derived {_FROM} WHERE d.id = ?"
_ORDER = Order(columns=("d.updated_at", "d.id"), is_descending=True)
_STORED = "SELECT version, status FROM drafts WHERE id = ?"
_SAVE = """
INSERT INTO drafts (
  id, pod_id, inbox_id, thread_id, based_on_message_id, status, content, rationale, metadata,
  version, hold_id, submission_id, created_at, updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET thread_id = excluded.thread_id,
  based_on_message_id = excluded.based_on_message_id, status = excluded.status,
  content = excluded.content, rationale = excluded.rationale, metadata = excluded.metadata,
  version = excluded.version, hold_id = excluded.hold_id,
  submission_id = excluded.submission_id, updated_at = excluded.updated_at
"""
_KEEP_VERSION = """
INSERT INTO draft_versions (draft_id, version, pod_id, content, rationale, metadata, at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class Drafts(Part, OutboundStore):
    """The verbs of `OutboundStore` about drafts."""

    @override
    async def save_draft(self, draft: Draft, audit: Audit) -> None:
        await self._database.run(partial(_save, draft=draft, audit=audit, at=self._now()))

    @override
    async def draft(self, draft_id: DraftId) -> Draft | None:
        def read(connection: sqlite3.Connection) -> Draft | None:
            row = connection.execute(_ONE, (draft_id,)).fetchone()
            return _draft(row) if row else None

        return self._database.read(read)

    @override
    async def drafts(
        self,
        inbox_ids: Sequence[InboxId],
        *,
        thread_id: ThreadId | None = None,
        status: DraftStatus | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[Draft]:
        """Last changed first."""
        clauses, values = list[str](), list[object]()
        if thread_id is not None:
            clauses.append(
                "d.thread_id = (SELECT coalesce(merged_into, id) FROM threads WHERE id = ?)"
            )
            values.append(thread_id)
        if status is not None:
            clauses.append(f"{_DERIVED} = ?")
            values.append(status)
        selection = Selection(
            source=_FROM,
            groups=[Group(where="d.inbox_id = ?", values=(one,)) for one in inbox_ids],
            order=_ORDER,
            key="d.id",
            by_key=_ONE,
            clauses=clauses,
            values=values,
            is_filtered=bool(clauses),
        )
        return await self._database.read_slow(
            lambda connection: listed(connection, selection, part, _draft)
        )


def _save(connection: sqlite3.Connection, draft: Draft, audit: Audit, at: int) -> None:
    stored = connection.execute(_STORED, (draft.id,)).fetchone()
    expected = stored["version"] + 1 if stored else 1
    if draft.version != expected:
        raise conflict(
            f"the draft is at version {expected - 1}",
            code="version_mismatch",
            fix="Read the draft again and change what it is now.",
        )
    texts = (dump(draft.content), draft.rationale, dump(draft.metadata))
    connection.execute(
        _SAVE,
        (
            *(draft.id, draft.pod_id, draft.inbox_id, draft.thread_id, draft.based_on_message_id),
            *(draft.status, *texts, draft.version, draft.hold_id, draft.submission_id),
            *(to_micros(draft.created_at), to_micros(draft.updated_at)),
        ),
    )
    connection.execute(_KEEP_VERSION, (draft.id, draft.version, draft.pod_id, *texts, at))
    subject = subject_of(connection, draft.pod_id, draft.inbox_id)
    if stored is None:
        created = DraftCreated(
            draft_id=draft.id, thread_id=draft.thread_id or "", inbox_id=draft.inbox_id
        )
        journal.append(connection, at, subject, created)
    if draft.status is DraftStatus.STALE and (stored is None or stored["status"] != "stale"):
        stale = DraftStale(draft_id=draft.id, inbox_id=draft.inbox_id)
        journal.append(connection, at, subject, stale)
    append_audit(connection, audit, from_micros(at))


def _draft(row: sqlite3.Row) -> Draft:
    return Draft(
        id=DraftId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        thread_id=ThreadId(row["thread_id"]) if row["thread_id"] else None,
        based_on_message_id=(
            MessageId(row["based_on_message_id"]) if row["based_on_message_id"] else None
        ),
        status=DraftStatus(row["derived"]),
        content=load(row["content"]),
        rationale=row["rationale"],
        metadata=load(row["metadata"]),
        version=row["version"],
        hold_id=HoldId(row["hold_id"]) if row["hold_id"] else None,
        submission_id=SubmissionId(row["submission_id"]) if row["submission_id"] else None,
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
    )
