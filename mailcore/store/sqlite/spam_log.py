"""The spam log: each score of arriving mail, written with the message and outliving it.

It says what was found and where, never what the mail said there.
"""

import sqlite3
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.ids import InboxId, MessageId, PodId
from mailcore.model import Direction, JsonObject, Listed, SpamEntry
from mailcore.store.ports import MailStore, NewMessage, SpamQuery
from mailcore.store.sqlite.contents import fold
from mailcore.store.sqlite.paging import Group, Order, Selection, listed
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import clean, dump, load_objects, load_texts

_TOLD: Final = ("rule", "category", "severity", "place", "message")
_UNSCORED: Final = "internal"
_INSERT: Final = """
INSERT INTO spam_log (
  pod_id, inbox_id, message_id, at, sender, subject, score, level, categories, findings
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ORDER: Final = Order(columns=("id",), is_descending=True)


def log_score(connection: sqlite3.Connection, new: NewMessage, pod_id: PodId, at: int) -> None:
    """Note the score of a message from outside, in the transaction that places it."""
    security = new.security
    is_scored = new.is_scored and security.level != _UNSCORED
    if new.direction is not Direction.INBOUND or not is_scored:
        return
    told: list[JsonObject] = [
        {name: one[name] for name in _TOLD if name in one} for one in security.findings
    ]
    sender = new.facts.sender.address if new.facts.sender else ""
    connection.execute(
        _INSERT,
        (
            *(pod_id, new.inbox_id, new.id, at, clean(sender), clean(new.facts.subject)),
            *(security.score, security.level, dump(list(security.categories)), dump(told)),
        ),
    )


class SpamLog(Part, MailStore):
    """The verbs of `MailStore` about the spam log."""

    @override
    async def spam_log(self, query: SpamQuery) -> Listed[SpamEntry]:
        return await self._database.read_slow(partial(_list, query=query))

    @override
    async def trim_spam_log(self, before: datetime) -> int:
        values = (to_micros(before),)
        return await self._database.run(
            lambda connection: (
                connection.execute("DELETE FROM spam_log WHERE at < ?", values).rowcount
            )
        )


def _list(connection: sqlite3.Connection, query: SpamQuery) -> Listed[SpamEntry]:
    clauses, values = list[str](), list[object]()
    for condition, value in (
        ("level = ?", query.level),
        ("score >= ?", query.min_score),
        ("instr(lower(sender), ?) > 0", fold(query.sender)),
        ("EXISTS (SELECT 1 FROM json_each(categories) WHERE value = ?)", query.category),
        ("at >= ?", to_micros(query.since) if query.since else None),
        ("at < ?", to_micros(query.before) if query.before else None),
    ):
        if value:
            clauses.append(condition)
            values.append(clean(value) if isinstance(value, str) else value)
    selection = Selection(
        source="FROM spam_log",
        groups=[Group(where="inbox_id = ?", values=(one,)) for one in query.inbox_ids],
        order=_ORDER,
        key="id",
        by_key="SELECT * FROM spam_log WHERE id = ?",
        clauses=clauses,
        values=values,
        is_filtered=bool(clauses),
    )
    return listed(connection, selection, query.part, _entry)


def _entry(row: sqlite3.Row) -> SpamEntry:
    return SpamEntry(
        id=row["id"],
        inbox_id=InboxId(row["inbox_id"]),
        message_id=MessageId(row["message_id"]),
        at=from_micros(row["at"]),
        sender=row["sender"],
        subject=row["subject"],
        score=row["score"],
        level=row["level"],
        categories=load_texts(row["categories"]),
        findings=load_objects(row["findings"]),
    )
