"""Rows of mailboxes inside a transaction: finding, making, counting, taking messages out.

Names are Unicode with `/` between levels; the first level INBOX is upper case whatever its case
was. UIDVALIDITY comes from a counter that only grows, so no two mailboxes ever share one.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import Final, NamedTuple

import orjson

from mailcore.errors import MailError, invalid, not_found
from mailcore.events import EmailDeleted
from mailcore.ids import AgentId, InboxId, MailboxId, PodId, Seq
from mailcore.model import INBOX, Flag, Mailbox, SpecialUse
from mailcore.store.ports import UidRanges
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.rows import mailbox_from
from mailcore.store.sqlite.threads import refresh_threads

MAX_EVENT_IDS: Final = 1000
"""Message ids listed in one event."""
MAX_NAME_LENGTH: Final = 1000
SEEN: Final = int(Flag.SEEN)
DELETED: Final = int(Flag.DELETED)

_LAST_UID = 0xFFFF_FFFF
BY_NAME = "SELECT * FROM mailboxes WHERE inbox_id = ? AND name = ?"
_BY_ID = "SELECT * FROM mailboxes WHERE id = ?"
_OWNER = "SELECT pod_id, agent_id, id FROM inboxes WHERE id = ? AND deleted_at IS NULL"
_NEXT_VALIDITY = """
INSERT INTO counters (name, value) VALUES ('uid_validity', ?1)
ON CONFLICT (name) DO UPDATE SET value = max(value + 1, ?1) RETURNING value
"""
_INSERT = """
INSERT INTO mailboxes (
  pod_id, inbox_id, name, uid_validity, uid_next, highest_modseq, special_use
) VALUES (?, ?, ?, ?, 1, ?, ?)
"""


def canonical_name(name: str) -> str:
    """The name as stored: INBOX as the first level in upper case. INVALID when it cannot be one."""
    if name == INBOX:
        return name
    levels = name.split("/")
    if not all(levels) or len(name) > MAX_NAME_LENGTH:
        raise invalid("mailbox", "not a mailbox name", fix="Use names like Projects/2026.")
    if any(ord(char) < 32 or ord(char) == 127 or 0xD800 <= ord(char) < 0xE000 for char in name):
        raise invalid("mailbox", "control characters are not allowed in a name")
    if levels[0].upper() == INBOX:
        levels[0] = INBOX
    return "/".join(levels)


def no_such_mailbox() -> MailError:
    """The mailbox named is not there."""
    error = not_found("mailbox", fix="List the mailboxes, or create it.")
    error.code = "no_such_mailbox"
    return error


def owner(connection: sqlite3.Connection, inbox_id: InboxId) -> Subject:
    """Whose journal rows an inbox's changes are."""
    row = connection.execute(_OWNER, (inbox_id,)).fetchone()
    if row is None:
        raise not_found("inbox")
    return Subject(
        PodId(row["pod_id"]),
        AgentId(row["agent_id"]) if row["agent_id"] else None,
        InboxId(row["id"]),
    )


def require_mailbox(connection: sqlite3.Connection, mailbox_id: MailboxId) -> Mailbox:
    """A mailbox by id, or NOT_FOUND."""
    row = connection.execute(_BY_ID, (mailbox_id,)).fetchone()
    if row is None:
        raise no_such_mailbox()
    return mailbox_from(row)


def require_named(connection: sqlite3.Connection, inbox_id: InboxId, name: str) -> Mailbox:
    """A mailbox by name, or NOT_FOUND."""
    found = find_named(connection, inbox_id, name)
    if found is None:
        raise no_such_mailbox()
    return found


def find_named(connection: sqlite3.Connection, inbox_id: InboxId, name: str) -> Mailbox | None:
    """A mailbox by name."""
    row = connection.execute(BY_NAME, (inbox_id, canonical_name(name))).fetchone()
    return mailbox_from(row) if row else None


def insert_mailbox(
    connection: sqlite3.Connection,
    subject: Subject,
    name: str,
    special_use: SpecialUse | None,
    *,
    at: int,
    seq: Seq,
) -> MailboxId:
    """One new row with a fresh UIDVALIDITY."""
    validity = next_uid_validity(connection, at)
    values = (subject.pod_id, subject.inbox_id, name, validity, seq, special_use)
    return MailboxId(connection.execute(_INSERT, values).lastrowid or 0)


def next_uid_validity(connection: sqlite3.Connection, at: int) -> int:
    """A value larger than every earlier one, at least the time in seconds."""
    row = connection.execute(_NEXT_VALIDITY, (at // 1_000_000,)).fetchone()
    return int(row[0])


class Removed(NamedTuple):
    """What is needed of a message to remove it."""

    rid: int
    uid: int
    id: str
    flags: int
    size_bytes: int
    blob: str
    content_id: int
    thread_id: str


REMOVED_COLUMNS = "rid, uid, id, flags, size_bytes, blob, content_id, thread_id"

_UNCOUNT = """
UPDATE mailboxes SET messages = messages - ?, unseen = unseen - ?, deleted = deleted - ?,
  size_bytes = size_bytes - ?, highest_modseq = ? WHERE id = ?
"""


def remove_messages(
    connection: sqlite3.Connection,
    subject: Subject,
    mailbox: Mailbox,
    removed: list[Removed],
    at: int,
) -> Seq:
    """Take messages out for good: tombstones, doomed names, counters, threads, one journal row.

    Their bytes stay until the mirror forgets the names: a session may still show them.
    """
    seq = journal.next_seq(connection)
    pod_id = subject.pod_id
    connection.executemany(
        "INSERT INTO tombstones (mailbox_id, modseq, uid, pod_id) VALUES (?, ?, ?, ?)",
        ((mailbox.id, seq, one.uid, pod_id) for one in removed),
    )
    connection.executemany(
        "INSERT INTO doomed (blob, pod_id, mailbox_id, seq) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        ((one.blob, pod_id, mailbox.id, seq) for one in removed),
    )
    gone = orjson.dumps([one.rid for one in removed]).decode()
    connection.execute(
        "DELETE FROM messages WHERE rid IN (SELECT value FROM json_each(?))", (gone,)
    )
    uncount(connection, mailbox.id, removed, seq)
    refresh_threads(connection, (one.thread_id for one in removed))
    event = EmailDeleted(
        inbox_id=mailbox.inbox_id,
        folder=mailbox.name,
        count=len(removed),
        message_ids=[one.id for one in removed[:MAX_EVENT_IDS]],
    )
    uids = journal.uid_set(one.uid for one in removed)
    return journal.append(connection, at, subject, event, mailbox_id=mailbox.id, seq=seq, uids=uids)


def uncount(
    connection: sqlite3.Connection, mailbox_id: MailboxId, gone: Iterable[Removed], seq: Seq
) -> None:
    """Lower a mailbox's counters by the messages that left it."""
    rows = list(gone)
    unseen = sum(not one.flags & SEEN for one in rows)
    deleted = sum(one.flags & DELETED > 0 for one in rows)
    size = sum(one.size_bytes for one in rows)
    connection.execute(_UNCOUNT, (len(rows), unseen, deleted, size, seq, mailbox_id))


def disjoint(uids: UidRanges | None) -> list[tuple[int, int]]:
    """The ranges ascending and merged where they overlap; None means every UID."""
    if uids is None:
        return [(1, _LAST_UID)]
    merged: list[tuple[int, int]] = []
    for low, high in sorted(uids):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def removable(cursor: Iterable[sqlite3.Row]) -> Iterator[Removed]:
    """Rows of `REMOVED_COLUMNS`."""
    return starmap(Removed, cursor)
