"""The journal: one ordered log whose number is also the MODSEQ.

A function that changes messages asks `next_seq` first, stamps its rows with it and ends with
`append`. With one writer, commit order is number order. Rows about messages carry `uids`, the UID
set in IMAP form, beside the public fields; internal rows (`is_public` 0) are:

- `message.placed`: messages appeared without a public event (APPEND, COPY)
- `message.removed`: messages left the mailbox by MOVE
- `mailbox.created`, `mailbox.deleted`, `mailbox.renamed`, `mailbox.subscribed`, `mailbox.annotated`
- `inbox.created`, `inbox.updated`, `inbox.deleted`, `inbox.annotated`
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, override

from mailcore.clock import Clock, from_micros, to_micros
from mailcore.errors import conflict
from mailcore.events import PublicEvent, body
from mailcore.ids import DEFAULT_POD, AgentId, InboxId, MailboxId, PodId, Seq
from mailcore.model import Event, JsonObject
from mailcore.store.ports import (
    IDEMPOTENCY_FOR,
    EventFilter,
    JournalStore,
    LeaseStore,
    Touched,
    Unsubscribe,
    WakeCallback,
    Wakeups,
)
from mailcore.store.sqlite.db import Database, JournalRow, Writer
from mailcore.store.sqlite.rows import dump, load, marks

DEDUPE_FOR: Final = timedelta(days=30)
INLINE_ROWS: Final = 1000
"""Up to this many rows after a cursor are read on the loop, more in a thread."""

_HEAD = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'"
_INSERT = """
INSERT INTO journal (seq, at, pod_id, name, is_public, agent_id, inbox_id, mailbox_id, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TRIMMED = "SELECT value FROM counters WHERE name = 'journal_trimmed'"
_SET_COUNTER = """
INSERT INTO counters (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


class Subject(NamedTuple):
    """Whose row it is: pod, agent, inbox."""

    pod_id: PodId
    agent_id: AgentId | None
    inbox_id: InboxId | None


def head(connection: sqlite3.Connection) -> int:
    """The last number given out."""
    if isinstance(connection, Writer):
        return connection.head
    row = connection.execute(_HEAD).fetchone()
    return int(row[0]) if row else 0


def next_seq(connection: sqlite3.Connection) -> Seq:
    """The number that the next `append` of this transaction must use."""
    return Seq(head(connection) + 1)


def append(
    connection: sqlite3.Connection,
    at: int,
    subject: Subject,
    event: PublicEvent,
    *,
    mailbox_id: int | None = None,
    seq: Seq | None = None,
    uids: str = "",
) -> Seq:
    """Write a public event; `uids` is the set of the messages it is about."""
    fields = body(event)
    if uids:
        fields["uids"] = uids
    return _write(connection, at, subject, event.name, fields, mailbox_id, seq, is_public=True)


def append_internal(
    connection: sqlite3.Connection,
    at: int,
    subject: Subject,
    name: str,
    fields: JsonObject,
    *,
    mailbox_id: int | None = None,
    seq: Seq | None = None,
) -> Seq:
    """Write a row that API consumers do not see."""
    return _write(connection, at, subject, name, fields, mailbox_id, seq, is_public=False)


def _write(
    connection: sqlite3.Connection,
    at: int,
    subject: Subject,
    name: str,
    fields: JsonObject,
    mailbox_id: int | None,
    seq: Seq | None,
    *,
    is_public: bool,
) -> Seq:
    number = seq or next_seq(connection)
    pod_id, agent_id, inbox_id = subject
    row = (number, at, pod_id, name, is_public, agent_id, inbox_id, mailbox_id, dump(fields))
    connection.execute(_INSERT, row)
    if isinstance(connection, Writer):
        about = Touched(name, inbox_id, None if mailbox_id is None else MailboxId(mailbox_id))
        connection.added.append(JournalRow(number, about))
    return number


def uid_set(uids: Iterable[int]) -> str:
    """Ascending UIDs as an IMAP sequence set (RFC 9051 §9)."""
    ranges: list[list[int]] = []
    for uid in uids:
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(f"{low}" if low == high else f"{low}:{high}" for low, high in ranges)


class SqliteJournal(JournalStore):
    """The journal and its consumers' cursors in SQLite."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @override
    async def head(self) -> Seq:
        return self._database.head

    @override
    async def since(
        self, cursor: Seq, where: EventFilter, limit: int
    ) -> tuple[tuple[Event, ...], Seq]:
        recent = self._database.after(cursor)
        if recent is not None and not any(_may_fit(row.about, where) for row in recent):
            return (), Seq(max(cursor, self._database.head))

        def page(connection: sqlite3.Connection) -> tuple[tuple[Event, ...], Seq]:
            return _since(connection, cursor, where, limit)

        if self._database.head - cursor <= INLINE_ROWS:
            return self._database.read(page)
        return await self._database.read_slow(page)

    @override
    async def cursor(self, consumer: str) -> Seq:
        found = self._database.read(lambda connection: _cursor(connection, consumer))
        if found is not None:
            return found

        def start(connection: sqlite3.Connection) -> Seq:
            known = _cursor(connection, consumer)
            if known is not None:
                return known
            seq = Seq(head(connection))
            connection.execute(_SET_CURSOR, (consumer, DEFAULT_POD, seq))
            return seq

        return await self._database.run(start)

    @override
    async def set_cursor(self, consumer: str, seq: Seq) -> None:
        await self._database.run(
            lambda connection: (
                connection.execute(
                    _SET_CURSOR, (consumer, DEFAULT_POD, min(seq, head(connection)))
                ).rowcount
            ),
            is_kept=False,
        )

    @override
    async def trim(self, before: datetime) -> int:
        """Also forgets tombstones that old, and dedupe and idempotency keys past their time."""
        now = self._clock.now()
        return await self._database.run(
            lambda connection: _trim(connection, before, now), after=self._database.forget_recent
        )


_SET_CURSOR = """
INSERT INTO cursors (consumer, pod_id, seq) VALUES (?, ?, ?)
ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq
"""


def _cursor(connection: sqlite3.Connection, consumer: str) -> Seq | None:
    row = connection.execute("SELECT seq FROM cursors WHERE consumer = ?", (consumer,)).fetchone()
    return Seq(row[0]) if row else None


def _since(
    connection: sqlite3.Connection, cursor: Seq, where: EventFilter, limit: int
) -> tuple[tuple[Event, ...], Seq]:
    trimmed = connection.execute(_TRIMMED).fetchone()
    if trimmed and cursor < trimmed[0]:
        raise conflict(
            "events after this cursor are no longer kept",
            code="cursor_too_old",
            fix="Read the current state, then go on from the newest event.",
        )
    clauses, values = _conditions(where)
    sql = f"SELECT * FROM journal WHERE {' AND '.join(clauses)} ORDER BY seq LIMIT ?"
    found = connection.execute(sql, (cursor, *values, limit)).fetchall()
    events = tuple(map(_event, found))
    if len(events) == limit and events:
        return events, events[-1].seq
    return events, Seq(max(cursor, head(connection)))


def _may_fit(about: Touched, where: EventFilter) -> bool:
    """Whether a row could be one that is asked for, by what memory knows of it."""
    return (
        (where.names is None or about.name in where.names)
        and (where.inbox_ids is None or about.inbox_id in where.inbox_ids)
        and where.mailbox_id in (None, about.mailbox_id)
    )


def _conditions(where: EventFilter) -> tuple[list[str], list[object]]:
    clauses, values = ["seq > ?"], list[object]()
    for column, value in (
        ("pod_id", where.pod_id),
        ("agent_id", where.agent_id),
        ("mailbox_id", where.mailbox_id),
    ):
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    for column, several in (("inbox_id", where.inbox_ids), ("name", where.names)):
        if several is not None:
            clauses.append(f"{column} IN ({marks(several)})")
            values.extend(several)
    if where.public_only:
        clauses.append("is_public = 1")
    return clauses, values


def _event(row: sqlite3.Row) -> Event:
    return Event(
        seq=Seq(row["seq"]),
        at=from_micros(row["at"]),
        pod_id=PodId(row["pod_id"]),
        name=row["name"],
        is_public=bool(row["is_public"]),
        agent_id=AgentId(row["agent_id"]) if row["agent_id"] else None,
        inbox_id=InboxId(row["inbox_id"]) if row["inbox_id"] else None,
        mailbox_id=MailboxId(row["mailbox_id"]) if row["mailbox_id"] else None,
        body=load(row["body"]),
    )


# They are in the order of their time.
_FORGET_KEYS = """
DELETE FROM dedupe WHERE id < coalesce(
  (SELECT id FROM dedupe WHERE at >= ? ORDER BY id LIMIT 1), 9223372036854775807)
"""
_LAST_BEFORE = "SELECT max(seq) FROM journal WHERE at < ?"
_MARK_TRIMMED_TOMBSTONES = """
UPDATE mailboxes SET tombstones_after = (
  SELECT max(modseq) FROM tombstones t WHERE t.mailbox_id = mailboxes.id AND t.modseq <= ?1
) WHERE EXISTS (SELECT 1 FROM tombstones t WHERE t.mailbox_id = mailboxes.id AND t.modseq <= ?1)
"""


def _trim(connection: sqlite3.Connection, before: datetime, now: datetime) -> int:
    connection.execute(_FORGET_KEYS, (to_micros(now - DEDUPE_FOR),))
    connection.execute("DELETE FROM idempotency WHERE at < ?", (to_micros(now - IDEMPOTENCY_FOR),))
    last = connection.execute(_LAST_BEFORE, (to_micros(before),)).fetchone()[0]
    if last is None:
        return 0
    connection.execute(_MARK_TRIMMED_TOMBSTONES, (last,))
    connection.execute("DELETE FROM tombstones WHERE modseq <= ?", (last,))
    connection.execute(_SET_COUNTER, ("journal_trimmed", last))
    return connection.execute("DELETE FROM journal WHERE seq <= ?", (last,)).rowcount


class SqliteWakeups(Wakeups):
    """Hints after commits that wrote journal rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    def subscribe(self, callback: WakeCallback) -> Unsubscribe:
        return self._database.subscribe(callback)


_ACQUIRE = """
INSERT INTO leases (name, pod_id, owner, until) VALUES (?1, ?2, ?3, ?5)
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE leases.owner = excluded.owner OR leases.until <= ?4
"""


class SqliteLeases(LeaseStore):
    """Leases of periodic jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def acquire(self, name: str, owner: str, now: datetime, until: datetime) -> bool:
        values = (name, DEFAULT_POD, owner, to_micros(now), to_micros(until))
        return await self._database.run(
            lambda connection: connection.execute(_ACQUIRE, values).rowcount == 1, is_kept=False
        )

    @override
    async def release(self, name: str, owner: str) -> None:
        await self._database.run(
            lambda connection: (
                connection.execute(
                    "DELETE FROM leases WHERE name = ? AND owner = ?", (name, owner)
                ).rowcount
            ),
            is_kept=False,
        )
