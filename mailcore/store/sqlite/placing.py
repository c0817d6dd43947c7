"""Placing messages: new ones, copies and moves. Functions of one transaction; no reading verbs.

UID and MODSEQ are given out here and nowhere else: the mailbox row is read, the message row takes
its `uid_next` and the journal number, and the mailbox row moves on, all in one transaction.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, NamedTuple

from mailcore.clock import to_micros
from mailcore.events import EmailReceived, EmailSent, EmailUpdated
from mailcore.ids import (
    AgentId,
    BlobRef,
    MailboxId,
    MessageId,
    PodId,
    Seq,
    ThreadId,
    new_id,
)
from mailcore.model import Mailbox, Security, ThreadStatus
from mailcore.rules.applied import Sorted
from mailcore.store.ports import Copied, Files, NewMessage, Placed, UidRanges
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.journal import DEDUPE_FOR, Subject
from mailcore.store.sqlite.mailbox_rows import (
    DELETED,
    MAX_EVENT_IDS,
    REMOVED_COLUMNS,
    SEEN,
    Removed,
    canonical_name,
    disjoint,
    no_such_mailbox,
    owner,
    removable,
    require_mailbox,
    uncount,
)
from mailcore.store.sqlite.quotas import require_room
from mailcore.store.sqlite.rows import clean, dump, fields_json
from mailcore.store.sqlite.rules import record_applications
from mailcore.store.sqlite.spam_log import log_score
from mailcore.store.sqlite.threads import (
    Joining,
    refresh_threads,
    set_status,
    take_back,
    take_into_thread,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message of the tree, and what the copy of the state says of it."""

    message: NewMessage
    path: str
    uid: int | None
    """None for the next one."""
    thread_id: ThreadId | None = None
    content_id: int | None = None
    """Of a submission with the same bytes."""
    saved_at: int | None = None


_BOX = """
SELECT b.id, b.name, b.uid_next, b.uid_validity, b.pod_id, i.agent_id, i.quota_bytes + i.quota_messages
FROM mailboxes b JOIN inboxes i ON i.id = b.inbox_id
WHERE b.inbox_id = ? AND b.name = ? AND b.is_selectable = 1 AND i.deleted_at IS NULL
"""
# Not one statement with RETURNING: it costs more than both.
_TAKE_IN = """
UPDATE mailboxes SET uid_next = uid_next + 1, highest_modseq = ?, messages = messages + 1,
  unseen = unseen + ?, deleted = deleted + ?, size_bytes = size_bytes + ? WHERE id = ?
"""
_INSERT = """
INSERT INTO messages (
  id, mailbox_id, uid, modseq, flags, keywords, internal_date, size_bytes, header_size_bytes,
  saved_at, direction, content_id, thread_id, inbox_id, pod_id, blob
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_NOTHING_FOUND: Final = Security()
_INSERT_JUDGMENT = "INSERT INTO judgments (rid, pod_id, auth, security) VALUES (?, ?, ?, ?)"
_COUNT = """
UPDATE mailboxes SET uid_next = max(uid_next, ?), highest_modseq = ?, messages = messages + ?,
  unseen = unseen + ?, deleted = deleted + ?, size_bytes = size_bytes + ? WHERE id = ?
"""


def keyword_text(keywords: Iterable[str]) -> str:
    """Keywords as stored: sorted, each once whatever its case, space-separated."""
    found: dict[str, str] = {}
    for keyword in keywords:
        found.setdefault(keyword.lower(), keyword)
    return " ".join(sorted(found.values()))


def place(
    connection: sqlite3.Connection,
    new: NewMessage,
    at: int,
    contents: ContentCache,
    *,
    recipients: Sequence[str] | None = None,
) -> Placed:
    """Place one new message, with thread, counters and journal row; or find its duplicate.

    `recipients` are the envelope's, for `email.sent`.
    """
    duplicate = _find_duplicate(connection, new, at)
    if duplicate is not None:
        return duplicate
    seq = journal.next_seq(connection)
    box = _take_in(connection, new, seq)
    subject = Subject(box.pod_id, box.agent_id, new.inbox_id)
    content_id = contents.keep(connection, subject.pod_id, new.facts, new.raw)
    blob = contents.name(connection, subject.pod_id, content_id, new.facts)
    joining = Joining(
        message_id=new.id,
        direction=new.direction,
        internal_date=to_micros(new.internal_date),
        facts=new.facts,
    )
    placed = Placed(
        id=new.id,
        inbox_id=new.inbox_id,
        mailbox_id=box.id,
        uid=box.uid,
        uid_validity=box.uid_validity,
        thread_id=take_into_thread(connection, subject.pod_id, new.inbox_id, joining, at),
        seq=seq,
    )
    _insert(connection, new, placed, subject, (content_id, blob), at)
    _remember(connection, new, placed, subject.pod_id, at)
    log_score(connection, new, subject.pod_id, at)
    if new.ruled is not None:
        _rule(connection, new.ruled, placed)
    _announce(connection, new, placed, subject, box.name, at, recipients)
    return placed


class _Box(NamedTuple):
    """The mailbox that takes a message, and the UID it gives."""

    id: MailboxId
    name: str
    uid: int
    uid_validity: int
    pod_id: PodId
    agent_id: AgentId | None
    has_quota: int


def _take_in(connection: sqlite3.Connection, new: NewMessage, seq: Seq) -> _Box:
    """Count a message into its mailbox; where rules want it elsewhere and cannot, where it would be."""
    names = [new.mailbox] if new.ruled is None else [new.mailbox, new.ruled.otherwise]
    flags, size = int(new.flags), new.facts.size_bytes
    counts = (seq, not flags & SEEN, flags & DELETED > 0, size)
    for name in names:
        row = connection.execute(_BOX, (new.inbox_id, canonical_name(name))).fetchone()
        if row is not None:
            box = _Box._make(row)
            connection.execute(_TAKE_IN, (*counts, box.id))
            if box.has_quota and not new.is_exempt:
                require_room(connection, new.inbox_id, messages=0, size_bytes=0)
            return box
    raise no_such_mailbox()


def _rule(connection: sqlite3.Connection, ruled: Sorted, placed: Placed) -> None:
    """What rules make of the thread, and the record of it."""
    set_status(connection, placed.thread_id, ruled.status)
    if ruled.status is ThreadStatus.CLOSED and not ruled.is_urgent:
        sql = "UPDATE threads SET needs_review = 0 WHERE id = ?"
        connection.execute(sql, (placed.thread_id,))
    record_applications(connection, (replace(one, about=placed.id) for one in ruled.applications))


def place_again(
    connection: sqlite3.Connection,
    mailbox: Mailbox,
    found: Sequence[Found],
    at: int,
    files: Files,
) -> None:
    """Place messages that are in the tree, with the UIDs and threads that they had: one journal row.

    No quota counts, no score is logged and nothing is announced: they are not new.
    """
    subject = owner(connection, mailbox.inbox_id)
    seq = journal.next_seq(connection)
    uids = [_place_one(connection, mailbox, subject, one, seq, at, files) for one in found]
    if uids:
        _placed_internally(connection, at, subject, mailbox.id, seq, sorted(uids))


def _place_one(
    connection: sqlite3.Connection,
    mailbox: Mailbox,
    subject: Subject,
    one: Found,
    seq: Seq,
    at: int,
    files: Files,
) -> int:
    """One message of the tree; its UID."""
    new = one.message
    uid = one.uid if one.uid is not None else _uid_next(connection, mailbox.id)
    contents = ContentCache(files, {new.facts.sha256: one.path})
    if one.content_id is not None:
        contents.share(new.facts.sha256, one.content_id)
    content_id = contents.keep(connection, subject.pod_id, new.facts, new.raw)
    blob = contents.name(connection, subject.pod_id, content_id, new.facts)
    joining = Joining(
        message_id=new.id,
        direction=new.direction,
        internal_date=to_micros(new.internal_date),
        facts=new.facts,
        is_restored=one.thread_id is not None,
    )
    placed = Placed(
        id=new.id,
        inbox_id=mailbox.inbox_id,
        mailbox_id=mailbox.id,
        uid=uid,
        uid_validity=mailbox.uid_validity,
        thread_id=take_back(
            connection, subject.pod_id, mailbox.inbox_id, one.thread_id, joining, at
        ),
        seq=seq,
    )
    _insert(connection, new, placed, subject, (content_id, blob), one.saved_at or at)
    count_in(connection, mailbox.id, uid + 1, seq, [(int(new.flags), new.facts.size_bytes)])
    return uid


def _uid_next(connection: sqlite3.Connection, mailbox_id: MailboxId) -> int:
    sql = "SELECT uid_next FROM mailboxes WHERE id = ?"
    return int(connection.execute(sql, (mailbox_id,)).fetchone()[0])


def _insert(
    connection: sqlite3.Connection,
    new: NewMessage,
    placed: Placed,
    subject: Subject,
    stored: tuple[int, BlobRef],
    at: int,
) -> None:
    facts = new.facts
    content_id, blob = stored
    row = (
        *(new.id, placed.mailbox_id, placed.uid, placed.seq, int(new.flags)),
        *(keyword_text(new.keywords), to_micros(new.internal_date)),
        *(facts.size_bytes, facts.header_size_bytes, at, new.direction, content_id),
        *(placed.thread_id, new.inbox_id, subject.pod_id, blob),
    )
    rid = connection.execute(_INSERT, row).lastrowid
    is_judged = new.security != _NOTHING_FOUND
    if new.auth is not None or is_judged:
        auth = dump(fields_json(new.auth)) if new.auth else None
        security = dump(fields_json(new.security)) if is_judged else None
        connection.execute(_INSERT_JUDGMENT, (rid, subject.pod_id, auth, security))


def count_in(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    uid_next: int,
    seq: Seq,
    placed: Sequence[tuple[int, int]],
) -> None:
    """Raise a mailbox's counters by messages given as (flags, size)."""
    unseen = sum(not flags & SEEN for flags, _ in placed)
    deleted = sum(flags & DELETED > 0 for flags, _ in placed)
    size = sum(size for _, size in placed)
    connection.execute(_COUNT, (uid_next, seq, len(placed), unseen, deleted, size, mailbox_id))


def _announce(
    connection: sqlite3.Connection,
    new: NewMessage,
    placed: Placed,
    subject: Subject,
    folder: str,
    at: int,
    recipients: Sequence[str] | None,
) -> None:
    """The journal row of one new message."""
    facts = new.facts
    event: EmailReceived | EmailSent
    if new.event == EmailReceived.name:
        event = EmailReceived(
            message_id=new.id,
            thread_id=placed.thread_id,
            inbox_id=new.inbox_id,
            folder=folder,
            uid=placed.uid,
            subject=clean(facts.subject),
            sender=clean(facts.sender.address) if facts.sender else "",
            preview=clean(facts.preview),
            security=new.security.level,
        )
    elif new.event == EmailSent.name:
        if recipients is None:
            recipients = [one.address for one in (*facts.to, *facts.cc, *facts.bcc)]
        event = EmailSent(
            message_id=new.id,
            thread_id=placed.thread_id,
            inbox_id=new.inbox_id,
            subject=clean(facts.subject),
            recipients=list(recipients),
        )
    else:
        _placed_internally(connection, at, subject, placed.mailbox_id, placed.seq, [placed.uid])
        return
    journal.append(
        *(connection, at, subject, event),
        mailbox_id=placed.mailbox_id,
        seq=placed.seq,
        uids=str(placed.uid),
    )


def _placed_internally(
    connection: sqlite3.Connection,
    at: int,
    subject: Subject,
    mailbox_id: MailboxId,
    seq: Seq,
    uids: Iterable[int],
) -> None:
    fields = {"uids": journal.uid_set(uids)}
    journal.append_internal(
        connection, at, subject, "message.placed", {**fields}, mailbox_id=mailbox_id, seq=seq
    )


# Duplicates --------------------------------------------------------------------------------------

_DUPLICATE = """
SELECT d.message_id, d.seq, coalesce(m.mailbox_id, d.mailbox_id) AS mailbox_id,
  coalesce(m.uid, d.uid) AS uid, coalesce(m.thread_id, d.thread_id) AS thread_id,
  coalesce(b.uid_validity, d.uid_validity) AS uid_validity
FROM dedupe d LEFT JOIN messages m ON m.id = d.message_id LEFT JOIN mailboxes b ON b.id = m.mailbox_id
WHERE substr(d.key, -8) = substr(?2, -8) AND d.inbox_id = ?1 AND d.key = ?2 AND d.at > ?3
"""
_REMEMBER = """
INSERT INTO dedupe (
  inbox_id, key, pod_id, at, message_id, mailbox_id, uid, uid_validity, thread_id, seq
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_DEDUPE_MICROS: Final = DEDUPE_FOR // timedelta(microseconds=1)


def _find_duplicate(connection: sqlite3.Connection, new: NewMessage, at: int) -> Placed | None:
    """The placement that carries the same key already, where it is now."""
    if new.dedupe_key is None:
        return None
    values = (new.inbox_id, new.dedupe_key, at - _DEDUPE_MICROS)
    row = connection.execute(_DUPLICATE, values).fetchone()
    if row is None:
        return None
    return Placed(
        id=MessageId(row["message_id"]),
        inbox_id=new.inbox_id,
        mailbox_id=MailboxId(row["mailbox_id"]),
        uid=row["uid"],
        uid_validity=row["uid_validity"],
        thread_id=ThreadId(row["thread_id"]),
        seq=Seq(row["seq"]),
        is_duplicate=True,
    )


def _remember(
    connection: sqlite3.Connection, new: NewMessage, placed: Placed, pod_id: PodId, at: int
) -> None:
    if new.dedupe_key is None:
        return
    connection.execute(
        _REMEMBER,
        (
            *(new.inbox_id, new.dedupe_key, pod_id, at, placed.id, placed.mailbox_id, placed.uid),
            *(placed.uid_validity, placed.thread_id, placed.seq),
        ),
    )


# Copies and moves --------------------------------------------------------------------------------

_SOURCE = "SELECT * FROM messages WHERE mailbox_id = ? AND uid BETWEEN ? AND ? ORDER BY uid"
_NAME = "INSERT INTO files (ref, pod_id, content_id) VALUES (?, ?, ?)"
_COPY_JUDGMENT = """
INSERT INTO judgments (rid, pod_id, auth, security)
SELECT ?, pod_id, auth, security FROM judgments WHERE rid = ?
"""


def copy_messages(
    connection: sqlite3.Connection,
    source_id: MailboxId,
    uids: UidRanges,
    target_id: MailboxId,
    at: int,
    new_ref: Callable[[int], BlobRef],
) -> Copied:
    """Copies with flags, keywords and INTERNALDATE kept (RFC 9051 §6.4.7); ids are new."""
    source, target = _require_target(connection, source_id, target_id)
    subject = owner(connection, target.inbox_id)
    seq = journal.next_seq(connection)
    uid = target.uid_next
    pairs: list[tuple[int, int]] = []
    counted: list[tuple[int, int]] = []
    threads: set[str] = set()
    rows = [
        row
        for low, high in disjoint(uids)
        for row in connection.execute(_SOURCE, (source_id, low, high)).fetchall()
    ]
    for row in rows:
        blob = new_ref(row["size_bytes"])
        connection.execute(_NAME, (blob, subject.pod_id, row["content_id"]))
        copied = (
            *(new_id(), target.id, uid, seq, row["flags"], row["keywords"], row["internal_date"]),
            *(row["size_bytes"], row["header_size_bytes"], at, row["direction"]),
            *(row["content_id"], row["thread_id"], target.inbox_id, subject.pod_id),
            blob,
        )
        rid = connection.execute(_INSERT, copied).lastrowid
        connection.execute(_COPY_JUDGMENT, (rid, row["rid"]))
        pairs.append((row["uid"], uid))
        counted.append((row["flags"], row["size_bytes"]))
        threads.add(row["thread_id"])
        uid += 1
    if not pairs:
        return _nothing(source, target)
    size_bytes = sum(size for _, size in counted)
    require_room(connection, target.inbox_id, messages=len(counted), size_bytes=size_bytes)
    count_in(connection, target.id, uid, seq, counted)
    refresh_threads(connection, threads)
    _placed_internally(connection, at, subject, target.id, seq, (new for _, new in pairs))
    return Copied(
        uid_validity=target.uid_validity,
        pairs=tuple(pairs),
        seq=seq,
        source_seq=source.highest_modseq,
        previous_modseq=source.highest_modseq,
    )


def _nothing(source: Mailbox, target: Mailbox) -> Copied:
    return Copied(
        uid_validity=target.uid_validity,
        pairs=(),
        seq=target.highest_modseq,
        source_seq=source.highest_modseq,
        previous_modseq=source.highest_modseq,
    )


def _require_target(
    connection: sqlite3.Connection, source_id: MailboxId, target_id: MailboxId
) -> tuple[Mailbox, Mailbox]:
    """Source and target of a copy or move: the target is selectable and of the same inbox."""
    source = require_mailbox(connection, source_id)
    target = require_mailbox(connection, target_id)
    if source.inbox_id != target.inbox_id or not target.is_selectable:
        raise no_such_mailbox()
    return source, target


def in_ranges(
    connection: sqlite3.Connection,
    mailbox_id: MailboxId,
    uids: UidRanges | None,
    condition: str = "",
) -> list[Removed]:
    """The messages of a mailbox in the ranges (None: all) that fit a condition, by UID."""
    sql = f"""
    SELECT {REMOVED_COLUMNS} FROM messages
    WHERE mailbox_id = ? AND uid BETWEEN ? AND ? {condition} ORDER BY uid
    """
    found: list[Removed] = []
    for low, high in disjoint(uids):
        found.extend(removable(connection.execute(sql, (mailbox_id, low, high))))
    return found


_MOVE = "UPDATE messages SET mailbox_id = ?, uid = ?, modseq = ?, saved_at = ? WHERE rid = ?"


def move_messages(
    connection: sqlite3.Connection,
    source_id: MailboxId,
    moved: Sequence[Removed],
    target_id: MailboxId,
    at: int,
) -> Copied:
    """Move messages (RFC 6851): ids and files stay, UIDs are new; one row for each mailbox."""
    source, target = _require_target(connection, source_id, target_id)
    if not moved:
        return _nothing(source, target)
    subject = owner(connection, target.inbox_id)
    gone = journal.next_seq(connection)
    connection.executemany(
        "INSERT INTO tombstones (mailbox_id, modseq, uid, pod_id) VALUES (?, ?, ?, ?)",
        ((source_id, gone, one.uid, subject.pod_id) for one in moved),
    )
    uncount(connection, source_id, moved, gone)
    fields = {"uids": journal.uid_set(one.uid for one in moved)}
    journal.append_internal(
        connection, at, subject, "message.removed", {**fields}, mailbox_id=source_id, seq=gone
    )
    seq = journal.next_seq(connection)
    new_uids = range(target.uid_next, target.uid_next + len(moved))
    connection.executemany(
        _MOVE,
        ((target_id, uid, seq, at, one.rid) for uid, one in zip(new_uids, moved, strict=True)),
    )
    counted = [(one.flags, one.size_bytes) for one in moved]
    count_in(connection, target_id, new_uids.stop, seq, counted)
    event = EmailUpdated(
        inbox_id=target.inbox_id,
        folder=target.name,
        count=len(moved),
        message_ids=[one.id for one in moved[:MAX_EVENT_IDS]],
        change="moved",
    )
    uids = journal.uid_set(new_uids)
    journal.append(connection, at, subject, event, mailbox_id=target_id, seq=seq, uids=uids)
    pairs = tuple((one.uid, uid) for uid, one in zip(new_uids, moved, strict=True))
    return Copied(
        uid_validity=target.uid_validity,
        pairs=pairs,
        seq=seq,
        source_seq=gone,
        previous_modseq=source.highest_modseq,
    )
