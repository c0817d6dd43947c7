"""Conversations: which thread a message joins, and what a thread shows.

Per inbox, by own Message-ID, In-Reply-To and References. When a message proves two threads to be
one the older id stays and the other redirects; redirects always point at a thread that is not
itself merged.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, override

import orjson

from mailcore.errors import not_found
from mailcore.ids import InboxId, PodId, ThreadId, new_id
from mailcore.message.threads import thread_keys
from mailcore.model import (
    Direction,
    Listed,
    MailboxAddress,
    Message,
    MessageFacts,
    Thread,
    ThreadStatus,
)
from mailcore.store.ports import MailStore, ThreadQuery
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import (
    MESSAGE_COLUMNS,
    MESSAGE_JOINS,
    clean,
    dump,
    marks,
    message_from,
    people_from,
    people_json,
    thread_from,
)

MAX_PARTICIPANTS: Final = 50

_INSERT_REF = """
INSERT INTO thread_refs (inbox_id, ref_hash, thread_id, pod_id) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""
_INSERT = """
INSERT INTO threads (
  id, pod_id, inbox_id, subject, status, needs_review, message_count, participants, preview,
  searchable, created_at, last_message_at, last_inbound_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_BY_ID = "SELECT * FROM threads WHERE id = ?"


def ref_hash(message_id: str) -> int:
    """64 bits of a Message-ID, as SQLite's signed integer."""
    digest = hashlib.blake2b(message_id.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def join_thread(
    connection: sqlite3.Connection, pod_id: PodId, inbox_id: InboxId, facts: MessageFacts, at: int
) -> ThreadId:
    """The thread that a message with these facts belongs to, made or merged as needed."""
    hashes = [ref_hash(key) for key in thread_keys(facts)]
    thread_id = _known_thread(connection, inbox_id, hashes)
    if thread_id is None:
        thread_id = ThreadId(new_id())
        subject = clean(facts.subject)
        state = (ThreadStatus.OPEN, False, 0, "[]", "", fold(subject), at, at, None)
        connection.execute(_INSERT, (thread_id, pod_id, inbox_id, subject, *state))
    _tie(connection, inbox_id, hashes, thread_id, pod_id)
    return thread_id


def take_into_thread(
    connection: sqlite3.Connection, pod_id: PodId, inbox_id: InboxId, joining: "Joining", at: int
) -> ThreadId:
    """`join_thread` for a message that is placed now: it is counted, and the state moves on."""
    hashes = [ref_hash(key) for key in thread_keys(joining.facts)]
    thread_id = _known_thread(connection, inbox_id, hashes)
    if thread_id is None:
        thread_id = _begin(connection, pod_id, inbox_id, joining, at)
    else:
        _add_to_thread(connection, thread_id, joining)
    _tie(connection, inbox_id, hashes, thread_id, pod_id)
    return thread_id


def take_back(
    connection: sqlite3.Connection,
    pod_id: PodId,
    inbox_id: InboxId,
    known: ThreadId | None,
    joining: "Joining",
    at: int,
) -> ThreadId:
    """The thread that a message of the tree was in, or the one that its header fields say; counted."""
    sql = "SELECT coalesce(merged_into, id) FROM threads WHERE id = ? AND inbox_id = ?"
    row = connection.execute(sql, (known, inbox_id)).fetchone()
    if row is None:
        return take_into_thread(connection, pod_id, inbox_id, joining, at)
    thread_id = ThreadId(row[0])
    keep_refs(connection, pod_id, inbox_id, thread_id, thread_keys(joining.facts))
    _add_to_thread(connection, thread_id, joining)
    return thread_id


def keep_refs(
    connection: sqlite3.Connection,
    pod_id: PodId,
    inbox_id: InboxId,
    thread_id: ThreadId,
    message_ids: Iterable[str],
) -> None:
    """Tie ids to a thread that is known; those that are tied already stay as they are."""
    hashes = [ref_hash(one) for one in message_ids if one]
    _tie(connection, inbox_id, hashes, thread_id, pod_id)


def _known_thread(
    connection: sqlite3.Connection, inbox_id: InboxId, hashes: Sequence[int]
) -> ThreadId | None:
    """The thread that these ids lead to; several become one."""
    if not hashes:
        return None
    sql = f"""
    SELECT coalesce(t.merged_into, t.id) FROM thread_refs r
    JOIN threads t ON t.id = r.thread_id WHERE r.inbox_id = ? AND r.ref_hash IN ({marks(hashes)})
    """
    found = sorted({row[0] for row in connection.execute(sql, (inbox_id, *hashes)).fetchall()})
    for other in found[1:]:
        _merge(connection, ThreadId(found[0]), ThreadId(other))
    return ThreadId(found[0]) if found else None


def _tie(
    connection: sqlite3.Connection,
    inbox_id: InboxId,
    hashes: Iterable[int],
    thread_id: ThreadId,
    pod_id: PodId,
) -> None:
    """Let these ids lead to the thread."""
    connection.executemany(_INSERT_REF, ((inbox_id, key, thread_id, pod_id) for key in hashes))


def _begin(
    connection: sqlite3.Connection, pod_id: PodId, inbox_id: InboxId, joining: "Joining", at: int
) -> ThreadId:
    """A thread with its first message."""
    thread_id = ThreadId(new_id())
    facts = joining.facts
    subject, preview = clean(facts.subject), clean(facts.preview)
    people = _participants(_people_of(facts))
    status, needs_review = _next_state(joining.direction, ThreadStatus.OPEN, needs_review=False)
    connection.execute(
        _INSERT,
        (
            *(thread_id, pod_id, inbox_id, subject, status, needs_review, 1),
            *(dump(people_json(people)), preview, _searchable(subject, people, preview)),
            *(at, joining.internal_date, joining.message_id if joining.is_inbound else None),
        ),
    )
    return thread_id


def _merge(connection: sqlite3.Connection, kept: ThreadId, merged: ThreadId) -> None:
    """Make `merged` a redirect to `kept`."""
    rows = connection.execute("SELECT * FROM threads WHERE id IN (?, ?)", (kept, merged)).fetchall()
    is_pending = any(row["status"] == ThreadStatus.DRAFT_PENDING for row in rows)
    people = _participants(
        person for row in sorted(rows, key=_age) for person in people_from(row["participants"])
    )
    for table in ("messages", "submissions", "holds", "drafts"):
        sql = f"UPDATE {table} SET thread_id = ? WHERE thread_id = ?"
        connection.execute(sql, (kept, merged))
    sql = "UPDATE threads SET merged_into = ?1, message_count = 0 WHERE id = ?2 OR merged_into = ?2"
    connection.execute(sql, (kept, merged))
    text = "\n".join(row["searchable"] for row in rows)
    connection.execute(
        "UPDATE threads SET participants = ?, searchable = ?, needs_review = ? WHERE id = ?",
        (dump(people_json(people)), text, any(row["needs_review"] for row in rows), kept),
    )
    if is_pending:
        set_status(connection, kept, ThreadStatus.DRAFT_PENDING)
    refresh_threads(connection, [kept])


def _age(row: sqlite3.Row) -> tuple[int, str]:
    return (row["created_at"], row["id"])


def _participants(people: Iterable[MailboxAddress]) -> tuple[MailboxAddress, ...]:
    """Each address once, the first of its names kept."""
    seen: dict[str, MailboxAddress] = {}
    for person in people:
        key = person.address.lower()
        if key and key not in seen and len(seen) < MAX_PARTICIPANTS:
            seen[key] = person
    return tuple(seen.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """What a placed message tells its thread."""

    message_id: str
    direction: Direction
    internal_date: int
    facts: MessageFacts
    is_restored: bool = False
    """The thread stands as it stood."""

    @property
    def is_inbound(self) -> bool:
        """Whether it came from outside."""
        return self.direction is Direction.INBOUND


_UPDATE_JOINED = """
UPDATE threads SET message_count = message_count + 1, participants = ?, searchable = ?,
  preview = ?, last_message_at = ?, last_inbound_id = ?, status = ?, needs_review = ?
WHERE id = ?
"""


def _add_to_thread(connection: sqlite3.Connection, thread_id: ThreadId, joining: Joining) -> None:
    """Count a message into a thread that exists and move its state on."""
    row = connection.execute(_BY_ID, (thread_id,)).fetchone()
    facts = joining.facts
    is_newest = not row["message_count"] or joining.internal_date >= row["last_message_at"]
    people = _participants((*people_from(row["participants"]), *_people_of(facts)))
    preview = clean(facts.preview) if is_newest else row["preview"]
    moves = Direction.APPENDED if joining.is_restored else joining.direction
    status, needs_review = _next_state(moves, row["status"], needs_review=bool(row["needs_review"]))
    connection.execute(
        _UPDATE_JOINED,
        (
            dump(people_json(people)),
            _searchable(row["subject"], people, preview),
            preview,
            joining.internal_date if is_newest else row["last_message_at"],
            joining.message_id if joining.is_inbound else row["last_inbound_id"],
            status,
            needs_review,
            thread_id,
        ),
    )


def _people_of(facts: MessageFacts) -> tuple[MailboxAddress, ...]:
    senders = (facts.sender,) if facts.sender else ()
    return (*senders, *facts.to, *facts.cc)


def _searchable(subject: str, people: Iterable[MailboxAddress], preview: str) -> str:
    names = (f"{person.name} <{person.address}>" for person in people)
    return fold("\n".join((subject, *names, preview)))


def _next_state(direction: Direction, status: str, *, needs_review: bool) -> tuple[str, bool]:
    match direction:
        case Direction.INBOUND:
            return ThreadStatus.OPEN, True
        case Direction.OUTBOUND:
            return ThreadStatus.WAITING, False
        case Direction.APPENDED:
            return status, needs_review


_REFRESH = """
UPDATE threads SET
  message_count = (SELECT count(*) FROM messages m WHERE m.thread_id = threads.id),
  last_message_at = coalesce(
    (SELECT max(m.internal_date) FROM messages m WHERE m.thread_id = threads.id), last_message_at),
  preview = coalesce(
    (SELECT c.preview FROM messages m JOIN contents c ON c.id = m.content_id
     WHERE m.thread_id = threads.id ORDER BY m.internal_date DESC, m.rid DESC LIMIT 1), ''),
  last_inbound_id =
    (SELECT m.id FROM messages m WHERE m.thread_id = threads.id AND m.direction = 'inbound'
     ORDER BY m.internal_date DESC, m.rid DESC LIMIT 1)
WHERE id IN (SELECT value FROM json_each(?))
"""


def refresh_threads(connection: sqlite3.Connection, thread_ids: Iterable[str]) -> None:
    """Count again after messages went away or changed threads.

    One statement for all: each statement in a savepoint costs SQLite a walk over what is undone.
    """
    connection.execute(_REFRESH, (orjson.dumps(sorted({*thread_ids})).decode(),))


def set_status(connection: sqlite3.Connection, thread_id: str, status: ThreadStatus | None) -> None:
    """Set a thread's status, if one is given."""
    if status is not None:
        sql = "UPDATE threads SET status = ? WHERE id = ?"
        connection.execute(sql, (status, thread_id))


# Reading -----------------------------------------------------------------------------------------

_ONE = """
SELECT * FROM threads WHERE id = (SELECT coalesce(merged_into, id) FROM threads WHERE id = ?)
"""
_MESSAGES = f"""
SELECT {MESSAGE_COLUMNS} FROM messages m {MESSAGE_JOINS}
WHERE m.thread_id = (SELECT coalesce(merged_into, id) FROM threads WHERE id = ?)
ORDER BY m.internal_date, m.rid
"""


class Threads(Part, MailStore):
    """The verbs of `MailStore` about threads."""

    @override
    async def threads(self, query: ThreadQuery) -> Listed[Thread]:
        """Threads that no message is left in are not listed, except while a draft is pending."""
        return await self._database.read_slow(lambda connection: _list(connection, query))

    @override
    async def thread(self, thread_id: ThreadId) -> Thread | None:
        def find(connection: sqlite3.Connection) -> Thread | None:
            row = connection.execute(_ONE, (thread_id,)).fetchone()
            return thread_from(row) if row else None

        return self._database.read(find)

    @override
    async def thread_messages(self, thread_id: ThreadId) -> tuple[Message, ...]:
        def find(connection: sqlite3.Connection) -> tuple[Message, ...]:
            return tuple(map(message_from, connection.execute(_MESSAGES, (thread_id,))))

        return await self._database.read_slow(find)

    @override
    async def set_thread(
        self,
        thread_id: ThreadId,
        *,
        status: ThreadStatus | None = None,
        needs_review: bool | None = None,
    ) -> None:
        def change(connection: sqlite3.Connection) -> None:
            row = connection.execute(_ONE, (thread_id,)).fetchone()
            if row is None:
                raise not_found("thread")
            set_status(connection, row["id"], status)
            if needs_review is not None:
                sql = "UPDATE threads SET needs_review = ? WHERE id = ?"
                connection.execute(sql, (needs_review, row["id"]))

        await self._database.run(change)


_ORDER = Order(columns=("last_message_at", "id"), is_descending=True)
_TOTALS = "SELECT coalesce(sum(total), 0) FROM thread_totals WHERE inbox_id IN"


def _list(connection: sqlite3.Connection, query: ThreadQuery) -> Listed[Thread]:
    clauses = ["merged_into IS NULL", "(message_count > 0 OR status = 'draft_pending')"]
    values: list[object] = []
    if query.status is not None:
        clauses.append("status = ?")
        values.append(query.status)
    if query.needs_review is not None:
        clauses.append("needs_review = ?")
        values.append(query.needs_review)
    if query.text:
        clauses.append("instr(searchable, ?) > 0")
        values.append(fold(query.text))
    total: int | None = None
    if not values:
        sql = f"{_TOTALS} ({marks(query.inbox_ids)})"
        total = connection.execute(sql, query.inbox_ids).fetchone()[0]
    selection = Selection(
        source="FROM threads",
        groups=[Group(where="inbox_id = ?", values=(one,)) for one in query.inbox_ids],
        order=_ORDER,
        key="id",
        by_key=_BY_ID,
        clauses=clauses,
        values=values,
    )
    return listed(connection, selection, query.part, thread_from, total=total)
