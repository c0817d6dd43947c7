"""The address book of each inbox in SQLite.

Senders are counted in the transaction that moves their consumer's cursor, so each message counts
once. A search takes contacts that have the text itself; only when there are none does it look for
similar ones, among the latest of a bounded number.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import ContactId, InboxId, PodId, Seq, new_id
from mailcore.message.names import name_key
from mailcore.model import Contact, ContactStatus, JsonValue, Listed, Position
from mailcore.store.ports import (
    Arrived,
    Audit,
    ContactChange,
    ContactQuery,
    ContactStore,
    Sighting,
)
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.account_rows import optional
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.paging import Group, Order, Selection, foreign_cursor, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, instant, load_texts, marks, micros

MAX_COMPARED: Final = 20_000
"""How many contacts a search for similar ones looks at."""
MIN_SIMILARITY: Final = 0.5
"""The share of the text's trigrams that a similar contact has."""

_INSERT = """
INSERT INTO contacts (
  id, pod_id, inbox_id, local, domain, folded, name, notes, tags, status, searchable,
  message_count, created_at, updated_at, last_message_at, is_discarded, vouched_tags, name_key
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_UPDATE = """
UPDATE contacts SET name = ?, notes = ?, tags = ?, status = ?, searchable = ?, updated_at = ?,
  is_discarded = ?, vouched_tags = ?, name_key = ?
WHERE id = ?
"""
_SIGHTED = (
    _INSERT
    + """
ON CONFLICT (inbox_id, folded) DO UPDATE SET
  message_count = message_count + excluded.message_count,
  last_message_at = max(coalesce(last_message_at, 0), excluded.last_message_at),
  searchable = CASE WHEN name = '' THEN excluded.searchable ELSE searchable END,
  name_key = CASE WHEN name = '' THEN excluded.name_key ELSE name_key END,
  name = CASE WHEN name = '' THEN excluded.name ELSE name END
"""
)
_BY_ID = "SELECT * FROM contacts WHERE id = ?"
_BY_ADDRESS = "SELECT * FROM contacts WHERE inbox_id = ? AND folded = ?"
_NAMESAKES = """
SELECT local, domain, ?2 AS name FROM (
  SELECT c.local, c.domain FROM contacts c WHERE c.pod_id = ?1 AND c.name_key = ?2 AND c.name_key <> '' AND (
    c.status = 'trusted'
    OR EXISTS (SELECT 1 FROM trusted_domains d WHERE d.pod_id = ?1 AND d.name = c.domain)
    OR EXISTS (SELECT 1 FROM recipients r JOIN submissions s ON s.id = r.submission_id
      WHERE r.domain = c.domain AND lower(r.local) = lower(c.local) AND s.inbox_id = c.inbox_id
        AND r.state NOT IN ('held', 'canceled')))
  LIMIT ?3)
UNION ALL SELECT email_local, email_domain, name FROM people WHERE pod_id = ?1
"""
_MAX_NAMESAKES: Final = 50
_PAGE_END = """
SELECT max(seq) FROM (SELECT seq FROM journal WHERE seq > ? ORDER BY seq LIMIT ?)
"""
_ARRIVED = """
SELECT j.pod_id, j.inbox_id, coalesce(j.body ->> '$.sender', '') AS sender,
  coalesce(c.addresses ->> '$.from[0][0]', '') AS author, min(j.at), max(j.at), count(*)
FROM journal j LEFT JOIN messages m ON m.id = j.body ->> '$.message_id'
  LEFT JOIN contents c ON c.id = m.content_id
WHERE j.seq > ? AND j.seq <= ? AND j.name = 'email.received' AND j.body ->> '$.security' IS NOT 'spam'
GROUP BY j.inbox_id, sender, author ORDER BY min(j.seq)
"""
_MOVE_CURSOR = "UPDATE cursors SET seq = ? WHERE consumer = ? AND seq = ?"


class SqliteContacts(Part, ContactStore):
    """`ContactStore` in SQLite."""

    @override
    async def contacts(self, query: ContactQuery) -> Listed[Contact]:
        return await self._database.read_slow(partial(_list, query=query))

    @override
    async def contact(self, contact_id: ContactId) -> Contact | None:
        return self._database.read(
            lambda connection: optional(_contact, connection.execute(_BY_ID, (contact_id,)))
        )

    @override
    async def contact_by_address(self, inbox_id: InboxId, folded: str) -> Contact | None:
        values = (inbox_id, clean(folded))
        return self._database.read(
            lambda connection: optional(_contact, connection.execute(_BY_ADDRESS, values))
        )

    @override
    async def namesakes(self, pod_id: PodId, name: str) -> tuple[Address, ...]:
        key = name_key(name)
        if not key:
            return ()
        rows = self._database.read(
            lambda connection: connection.execute(
                _NAMESAKES, (pod_id, key, _MAX_NAMESAKES)
            ).fetchall()
        )
        return tuple(
            Address(row["local"], row["domain"])
            for row in rows
            if row["name"] == key or name_key(row["name"]) == key
        )

    @override
    async def put_contact(
        self, new: Contact, change: ContactChange, audit: Audit
    ) -> tuple[Contact, bool]:
        def write(connection: sqlite3.Connection) -> tuple[Contact, bool]:
            saved, is_new = save_contact(connection, new, change)
            append_audit(connection, audit, self._clock.now())
            return saved, is_new

        return await self._database.run(write)

    @override
    async def update_contact(
        self, contact_id: ContactId, change: ContactChange, at: datetime, audit: Audit
    ) -> Contact:
        def write(connection: sqlite3.Connection) -> Contact:
            old = optional(_contact, connection.execute(_BY_ID, (contact_id,)))
            if old is None:
                raise not_found("contact")
            saved = _change(connection, old, change, at)
            append_audit(connection, audit, self._clock.now())
            return saved

        return await self._database.run(write)

    @override
    async def delete_contact(self, contact_id: ContactId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM contacts WHERE id = ?", (contact_id,)).rowcount:
                raise not_found("contact")
            append_audit(connection, audit, self._clock.now())

        await self._database.run(write)

    @override
    async def arrived(self, after: Seq, limit: int) -> tuple[tuple[Arrived, ...], Seq]:
        return await self._database.read_slow(partial(_arrived, after=after, limit=limit))

    @override
    async def note_senders(
        self, consumer: str, after: Seq, until: Seq, seen: Sequence[Sighting]
    ) -> bool:
        rows = [_row(_sighted(one)) for one in seen]

        def write(connection: sqlite3.Connection) -> bool:
            if not connection.execute(_MOVE_CURSOR, (until, consumer, after)).rowcount:
                return False
            connection.executemany(_SIGHTED, rows)
            return True

        return await self._database.run(write)


# Listing -----------------------------------------------------------------------------------------


_ORDER = Order(columns=("searchable", "id"))
_SIMILAR_CURSOR: Final = 3
"""How many values the position of a similar contact has."""


def _list(connection: sqlite3.Connection, query: ContactQuery) -> Listed[Contact]:
    clauses, values = list[str](), list[object]()
    if query.status is not None:
        clauses.append("status = ?")
        values.append(query.status)
    if query.tag:
        clauses.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
        values.append(clean(query.tag))
    what = Selection(
        source="FROM contacts",
        groups=[Group(where="inbox_id = ?", values=(one,)) for one in query.inbox_ids],
        order=_ORDER,
        key="id",
        by_key=_BY_ID,
        clauses=clauses,
        values=values,
        is_filtered=bool(clauses),
    )
    text = fold(query.text).strip()
    if not text:
        return listed(connection, what, query.part, _contact)
    exact = replace(
        what,
        clauses=(*clauses, "instr(searchable, ?) > 0"),
        values=(*values, text),
        is_filtered=True,
    )
    if len(query.part.after or ()) != _SIMILAR_CURSOR:
        found = listed(connection, exact, query.part, _contact)
        if found.total:
            return found
    return _similar(connection, what, text, query)


def _similar(
    connection: sqlite3.Connection, what: Selection, text: str, query: ContactQuery
) -> Listed[Contact]:
    """Contacts that share enough trigrams with the text, the most similar first."""
    wanted = trigrams(text)
    clauses = [f"inbox_id IN ({marks(query.inbox_ids)})", *what.clauses]
    sql = f"""
    SELECT id, searchable FROM contacts WHERE {" AND ".join(clauses)}
    ORDER BY coalesce(last_message_at, updated_at) DESC LIMIT {MAX_COMPARED}
    """
    scored: list[tuple[int, str, str]] = []
    for row in connection.execute(sql, (*query.inbox_ids, *what.values)):
        share = len(wanted & trigrams(row["searchable"])) / len(wanted)
        if share >= MIN_SIMILARITY:
            scored.append((-round(share * 1_000_000), row["searchable"], row["id"]))
    scored.sort()
    part = query.part
    start = part.offset if part.after is None else bisect_right(scored, _similarity(part.after))
    page = scored[start : start + part.limit]
    found = (connection.execute(_BY_ID, (contact_id,)).fetchone() for *_, contact_id in page)
    return Listed(
        rows=tuple(map(_contact, found)),
        total=len(scored),
        following=page[-1] if page and start + part.limit < len(scored) else None,
    )


def _similarity(after: Position) -> tuple[int, str, str]:
    """The position of a similar contact; INVALID for another list's."""
    match after:
        case (int() as share, str() as searchable, str() as contact_id):
            return share, searchable, contact_id
        case _:
            raise foreign_cursor()


def trigrams(text: str) -> frozenset[str]:
    """The runs of three characters of each word, its two ends marked by spaces."""
    found: set[str] = set()
    for word in text.replace("@", " ").replace(".", " ").split():
        padded = f" {word} "
        found.update(padded[at : at + 3] for at in range(max(1, len(padded) - 2)))
    return frozenset(found or {text})


# Rows --------------------------------------------------------------------------------------------


def _changed(contact: Contact, change: ContactChange) -> Contact:
    return replace(
        contact,
        name=contact.name if change.name is None else change.name,
        notes=contact.notes if change.notes is None else change.notes,
        tags=contact.tags if change.tags is None else change.tags,
        status=contact.status if change.status is None else change.status,
        is_discarded=_is_discarded(contact, change),
        vouched_tags=_vouched(contact, change),
    )


def _is_discarded(contact: Contact, change: ContactChange) -> bool:
    """What a person blocked stays so until the block is lifted; an agent's word adds nothing."""
    if change.status is None:
        return contact.is_discarded
    return change.status is ContactStatus.BLOCKED and (change.by_person or contact.is_discarded)


def _vouched(contact: Contact, change: ContactChange) -> tuple[str, ...]:
    is_word = change.by_person and change.tags is not None
    return change.tags or () if is_word else contact.vouched_tags


def save_contact(
    connection: sqlite3.Connection, new: Contact, change: ContactChange
) -> tuple[Contact, bool]:
    """Insert, or apply the change to the one with this address; whether it was inserted."""
    values = (new.inbox_id, clean(new.address.folded))
    old = optional(_contact, connection.execute(_BY_ADDRESS, values))
    if old is not None:
        return _change(connection, old, change, new.updated_at), False
    saved = _changed(new, change)
    connection.execute(_INSERT, _row(saved))
    return saved, True


def _change(
    connection: sqlite3.Connection, old: Contact, change: ContactChange, at: datetime
) -> Contact:
    saved = replace(_changed(old, change), updated_at=at)
    connection.execute(
        _UPDATE,
        (
            *(clean(saved.name), clean(saved.notes), _tags(saved.tags), saved.status),
            *(_searchable(saved), to_micros(at), saved.is_discarded),
            *(_tags(saved.vouched_tags), name_key(saved.name), saved.id),
        ),
    )
    return saved


def _arrived(
    connection: sqlite3.Connection, *, after: Seq, limit: int
) -> tuple[tuple[Arrived, ...], Seq]:
    end = connection.execute(_PAGE_END, (after, limit)).fetchone()[0]
    if end is None:
        return (), Seq(max(after, journal.head(connection)))
    return tuple(map(_arrival, connection.execute(_ARRIVED, (after, end)))), Seq(end)


def _arrival(row: sqlite3.Row) -> Arrived:
    pod_id, inbox_id, sender, name, first_at, last_at, count = row
    return Arrived(
        pod_id=PodId(pod_id),
        inbox_id=InboxId(inbox_id),
        sender=sender,
        name=name,
        first_at=from_micros(first_at),
        last_at=from_micros(last_at),
        count=count,
    )


def _sighted(seen: Sighting) -> Contact:
    return Contact(
        id=ContactId(new_id()),
        pod_id=seen.pod_id,
        inbox_id=seen.inbox_id,
        address=seen.address,
        name=seen.name,
        notes="",
        tags=(),
        status=ContactStatus.PENDING,
        message_count=seen.count,
        created_at=seen.at,
        updated_at=seen.at,
        last_message_at=seen.last_at,
    )


def _searchable(contact: Contact) -> str:
    return fold(f"{contact.name} {contact.address}".strip())


def _tags(tags: tuple[str, ...]) -> str:
    return dump(list[JsonValue](map(clean, tags)))


def _row(contact: Contact) -> tuple[object, ...]:
    address = contact.address
    return (
        *(contact.id, contact.pod_id, contact.inbox_id),
        *(clean(address.local), address.domain, clean(address.folded)),
        *(clean(contact.name), clean(contact.notes), _tags(contact.tags), contact.status),
        *(_searchable(contact), contact.message_count),
        *(to_micros(contact.created_at), to_micros(contact.updated_at)),
        *(micros(contact.last_message_at), contact.is_discarded, _tags(contact.vouched_tags)),
        name_key(contact.name),
    )


def _contact(row: sqlite3.Row) -> Contact:
    return Contact(
        id=ContactId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        address=Address(row["local"], row["domain"]),
        name=row["name"],
        notes=row["notes"],
        tags=load_texts(row["tags"]),
        status=ContactStatus(row["status"]),
        message_count=row["message_count"],
        created_at=from_micros(row["created_at"]),
        updated_at=from_micros(row["updated_at"]),
        last_message_at=instant(row["last_message_at"]),
        is_discarded=bool(row["is_discarded"]),
        vouched_tags=load_texts(row["vouched_tags"]),
    )
