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
from mailcore.model import (
    FIRST_PAGE,
    Draft,
    DraftSource,
    DraftStatus,
    Listed,
    Message,
    Slice,
)
from mailcore.store.ports import Audit, DraftVersion, NewMessage, OutboundStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.blobs import land_messages, unless_refused
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.draft_copies import show_draft
from mailcore.store.sqlite.draft_endings import delete_draft
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import (
    MESSAGE_COLUMNS,
    MESSAGE_JOINS,
    dump,
    load,
    message_from,
)
from mailcore.store.sqlite.submissions import subject_of

_DERIVED = """
CASE
  WHEN d.status = 'stale' OR d.submission_id IS NULL THEN d.status
  WHEN h.status IN ('pending', 'approved') THEN h.status
  WHEN h.status IN ('rejected', 'expired') THEN 'rejected'
  WHEN s.status IN ('failed', 'canceled') THEN 'failed'
  ELSE 'sent'
END
"""
_FROM = """
FROM drafts d LEFT JOIN holds h ON h.id = d.hold_id
LEFT JOIN submissions s ON s.id = d.submission_id
"""
_ONE = f"SELECT d.*, {_DERIVED} AS derived {_FROM} WHERE d.id = ? AND d.deleted_at IS NULL"
_SAVED = f"""
SELECT {MESSAGE_COLUMNS}, m.pod_id AS owner_pod_id FROM messages m {MESSAGE_JOINS} WHERE m.id = ?
  AND b.special_use = 'Drafts' AND m.flags & 8 = 0
  AND NOT EXISTS (SELECT 1 FROM drafts WHERE message_id = m.id)
"""
_ONLY_MESSAGES = """
FROM mailboxes b JOIN messages m ON m.mailbox_id = b.id
WHERE b.special_use = 'Drafts' AND m.flags & 8 = 0
  AND NOT EXISTS (SELECT 1 FROM drafts x WHERE x.message_id = m.id)
"""
_ALL = f"""
FROM (
  SELECT d.id, d.inbox_id, d.thread_id, d.updated_at, {_DERIVED} AS status {_FROM}
  WHERE d.deleted_at IS NULL
  UNION ALL
  SELECT m.id, b.inbox_id, m.thread_id, m.saved_at, 'editing' {_ONLY_MESSAGES}
) d
"""
_ORDER = Order(columns=("d.updated_at", "d.id"), is_descending=True)
_STORED = "SELECT version, status FROM drafts WHERE id = ?"
_SAVE = """
INSERT INTO drafts (
  id, pod_id, inbox_id, thread_id, based_on_message_id, status, content, rationale, metadata,
  version, hold_id, submission_id, created_at, updated_at, source, message_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET thread_id = excluded.thread_id,
  based_on_message_id = excluded.based_on_message_id, status = excluded.status,
  content = excluded.content, rationale = excluded.rationale, metadata = excluded.metadata,
  version = excluded.version, hold_id = excluded.hold_id,
  submission_id = excluded.submission_id, updated_at = excluded.updated_at
"""
_KEEP_VERSION = """
INSERT INTO draft_versions (draft_id, version, pod_id, content, rationale, metadata, at, author)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_VERSIONS = "SELECT * FROM draft_versions WHERE draft_id = ? ORDER BY version LIMIT 1000"


class Drafts(FilePart, OutboundStore):
    """The verbs of `OutboundStore` about drafts."""

    @override
    async def save_draft(self, draft: Draft, audit: Audit, shown: NewMessage | None = None) -> None:
        at = self._now()
        landed = await land_messages(self._files, [shown] if shown else [])
        contents = ContentCache(self._files, landed)

        def write(connection: sqlite3.Connection) -> None:
            _save(connection, draft, audit, at)
            if shown is not None:
                show_draft(connection, draft.id, shown, at, contents)

        async with unless_refused(self._files, landed):
            await self._database.run(write)

    @override
    async def delete_draft(self, draft_id: DraftId, actor: str) -> None:
        at = self._now()
        await self._database.run(
            partial(delete_draft, draft_id=draft_id, actor=actor, via="api", at=at)
        )

    @override
    async def draft(self, draft_id: DraftId) -> Draft | None:
        return self._database.read(partial(_find, draft_id=draft_id))

    @override
    async def draft_versions(self, draft_id: DraftId) -> tuple[DraftVersion, ...]:
        def read(connection: sqlite3.Connection) -> tuple[DraftVersion, ...]:
            return tuple(map(_version, connection.execute(_VERSIONS, (draft_id,))))

        return await self._database.read_slow(read)

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
            clauses.append("d.status = ?")
            values.append(status)
        selection = Selection(
            source=_ALL,
            groups=[Group(where="d.inbox_id = ?", values=(one,)) for one in inbox_ids],
            order=_ORDER,
            key="d.id",
            by_key="SELECT ? AS id",
            clauses=clauses,
            values=values,
            is_filtered=bool(clauses),
        )

        def read(connection: sqlite3.Connection) -> Listed[Draft]:
            ids = listed(connection, selection, part, lambda row: DraftId(row["id"]))
            found = (_find(connection, one) for one in ids.rows)
            return Listed(
                rows=tuple(one for one in found if one is not None),
                total=ids.total,
                is_total_exact=ids.is_total_exact,
                following=ids.following,
            )

        return await self._database.read_slow(read)


def _find(connection: sqlite3.Connection, draft_id: DraftId) -> Draft | None:
    """A draft, or the message in Drafts that is one by itself."""
    row = connection.execute(_ONE, (draft_id,)).fetchone()
    if row is not None:
        return _draft(row)
    row = connection.execute(_SAVED, (draft_id,)).fetchone()
    return _from_message(message_from(row), PodId(row["owner_pod_id"])) if row else None


def _from_message(message: Message, pod_id: PodId) -> Draft:
    """What a mail client saved, without its text."""
    facts = message.facts
    return Draft(
        id=DraftId(message.id),
        pod_id=pod_id,
        inbox_id=message.inbox_id,
        thread_id=message.thread_id,
        based_on_message_id=None,
        status=DraftStatus.EDITING,
        content={
            "to": [one.address for one in facts.to],
            "cc": [one.address for one in facts.cc],
            "bcc": [one.address for one in facts.bcc],
            "subject_override": facts.subject,
        },
        rationale="",
        metadata={},
        version=0,
        hold_id=None,
        submission_id=None,
        created_at=message.internal_date,
        updated_at=message.saved_at,
        source=DraftSource.IMAP,
        message_id=message.id,
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
            *(to_micros(draft.created_at), to_micros(draft.updated_at), draft.source),
            draft.message_id,
        ),
    )
    kept = (draft.id, draft.version, draft.pod_id, *texts, at, audit.actor)
    connection.execute(_KEEP_VERSION, kept)
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


def _version(row: sqlite3.Row) -> DraftVersion:
    return DraftVersion(
        version=row["version"],
        content=load(row["content"]),
        rationale=row["rationale"],
        author=row["author"],
        at=from_micros(row["at"]),
    )


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
        source=DraftSource(row["source"]),
        message_id=MessageId(row["message_id"]) if row["message_id"] else None,
    )
