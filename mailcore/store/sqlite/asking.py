"""Who is asked about what waits, and where first.

The policy of an inbox names the channel that is asked alone. It is, while it is of use: a chat must
reach somebody who decides, and must not have failed for a while. What it did not show in time, or what
has to be told of again, is asked everywhere.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.ids import HoldId, PersonId, PodId, QuarantineId, new_id
from mailcore.model import ChannelKind
from mailcore.store.ports import AskedPlace, ChannelStore, First
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import dump, load_texts

SHOWN_WITHIN: Final = timedelta(minutes=2)
"""What the channel that is asked first has not shown by then is asked everywhere."""
MAY_FAIL_FOR: Final = timedelta(minutes=1)
"""A channel that fails for longer is not asked first."""

_HOLDS: Final = """
  SELECT h.id, h.pod_id, h.asked_at, h.is_told, h.reminders > 0 OR h.told_at IS NOT NULL AS is_again,
    coalesce(i.approval_channel, '') AS chosen
  FROM holds h LEFT JOIN inboxes i ON i.id = h.inbox_id
  WHERE h.status = 'pending' AND h.asked_at IS NOT NULL
"""
_SENDERS: Final = """
  SELECT q.id, q.pod_id, q.asked_at, q.told_at IS NOT NULL AS is_told, 0 AS is_again,
    i.approval_channel AS chosen
  FROM quarantine q JOIN inboxes i ON i.id = q.inbox_id
  WHERE q.status = 'pending' AND q.asked_at IS NOT NULL
"""
_PLACES: Final = """
WITH places AS (
  SELECT id, pod_id, kind, target FROM channels WHERE target <> ''
  UNION
  SELECT c.id, c.pod_id, c.kind, l.target FROM channels c
  JOIN channel_links l ON l.channel_id = c.id AND l.target <> ''
  JOIN people p ON p.id = l.person_id AND p.role <> 'viewer'
)"""
_ROUTED: Final = """
, reached AS (
  SELECT c.pod_id, c.kind, l.person_id FROM channels c
  JOIN channel_links l ON l.channel_id = c.id AND (c.target <> '' OR l.target <> '')
  JOIN people p ON p.id = l.person_id AND p.role <> 'viewer'
  WHERE coalesce(c.failing_since > :failing, 1)
), waiting AS ({waiting}), routed AS (
  SELECT w.id, w.pod_id, CASE
    WHEN w.is_again OR NOT (w.is_told OR w.asked_at > :unseen) THEN ''
    WHEN w.chosen IN ('', 'mail', 'dashboard') THEN w.chosen
    WHEN EXISTS (SELECT 1 FROM reached r WHERE r.pod_id = w.pod_id AND r.kind = w.chosen)
      THEN w.chosen
    ELSE '' END AS alone
  FROM waiting w
)
"""
_ASK: Final = f"""
INSERT OR IGNORE INTO channel_messages (channel_id, about_id, target, pod_id, at)
{_PLACES} {_ROUTED}
SELECT p.id, o.id, p.target, p.pod_id, :at FROM routed o JOIN places p ON p.pod_id = o.pod_id
WHERE o.alone IN ('', p.kind)
"""
_ASK_HOLDS: Final = _ASK.format(waiting=_HOLDS)
_ASK_SENDER: Final = _ASK.format(waiting=_SENDERS) + " AND o.id = :id"
_FIRST: Final = f"""
{_PLACES} {_ROUTED.format(waiting=f"{_HOLDS} UNION ALL {_SENDERS}")}
SELECT o.alone, r.person_id FROM routed o
LEFT JOIN reached r ON r.pod_id = o.pod_id AND r.kind = o.alone
WHERE o.id = :id
"""
_ASK_DIGEST: Final = f"""
INSERT OR IGNORE INTO channel_messages (channel_id, about_id, target, pod_id, at)
{_PLACES}
SELECT p.id, :id, p.target, p.pod_id, :at FROM places p
WHERE p.pod_id = :pod_id AND :kind IN ('', p.kind)
"""
_KEEP_DIGEST: Final = "INSERT INTO stranger_digests (id, pod_id, senders, at) VALUES (?, ?, ?, ?)"
_BEGIN_HOLD: Final = "UPDATE holds SET asked_at = ? WHERE id = ? AND asked_at IS NULL"
_BEGIN_SENDER: Final = "UPDATE quarantine SET asked_at = ? WHERE id = ? AND asked_at IS NULL"
_SHOWN: Final = """
SELECT c.kind, c.name, m.shown, m.error, m.at FROM channel_messages m
JOIN channels c ON c.id = m.channel_id WHERE m.about_id = ? ORDER BY c.name, m.target
"""
_CHOSE: Final = """
SELECT 1 FROM inboxes i JOIN channels c ON c.kind = i.approval_channel
WHERE i.id = {table}.inbox_id AND c.id = :channel_id
"""
_TOLD: Final = (
    "UPDATE holds SET is_told = 1 WHERE id = :about_id AND is_told = 0"
    f" AND EXISTS ({_CHOSE.format(table='holds')})",
    "UPDATE quarantine SET told_at = :at WHERE id = :about_id AND told_at IS NULL"
    f" AND EXISTS ({_CHOSE.format(table='quarantine')})",
)
_UNTELL: Final = """
UPDATE holds SET is_told = 0
WHERE status = 'pending' AND is_told = 1 AND reminders = 0 AND told_at IS NULL AND inbox_id IN (
  SELECT i.id FROM inboxes i JOIN channels c ON c.kind = i.approval_channel WHERE c.id = ?)
"""


class Asking(Part, ChannelStore):
    """The verbs of `ChannelStore` about who is asked."""

    @override
    async def begin_asking(self, hold_ids: Sequence[HoldId], at: datetime) -> None:
        await self._begin(_BEGIN_HOLD, hold_ids, at)

    @override
    async def begin_asking_about_senders(self, ids: Sequence[QuarantineId], at: datetime) -> None:
        await self._begin(_BEGIN_SENDER, ids, at)

    async def _begin(self, sql: str, ids: Sequence[str], at: datetime) -> None:
        rows = [(to_micros(at), one) for one in ids]
        await self._write(lambda connection: connection.executemany(sql, rows))

    @override
    async def asked_first(self, about_id: str, at: datetime) -> First:
        given = {**_times(at), "id": about_id}
        rows = self._database.read(lambda connection: connection.execute(_FIRST, given).fetchall())
        people = {PersonId(row["person_id"]) for row in rows if row["person_id"]}
        return First(channel=rows[0]["alone"] if rows else "", people=frozenset(people))

    @override
    async def ask_about_holds(self, at: datetime) -> int:
        return await self._write(
            lambda connection: connection.execute(_ASK_HOLDS, _times(at)).rowcount
        )

    @override
    async def ask_about_sender(self, quarantine_id: QuarantineId, at: datetime) -> int:
        given = {**_times(at), "id": quarantine_id}
        return await self._write(lambda connection: connection.execute(_ASK_SENDER, given).rowcount)

    @override
    async def ask_about_senders(
        self, pod_id: PodId, ids: Sequence[QuarantineId], kind: ChannelKind | None, at: datetime
    ) -> int:
        digest_id = new_id()
        given = {**_times(at), "id": digest_id, "pod_id": pod_id, "kind": kind or ""}

        def write(connection: sqlite3.Connection) -> int:
            made = connection.execute(_ASK_DIGEST, given).rowcount
            if made:
                kept = (digest_id, pod_id, dump(list(ids)), to_micros(at))
                connection.execute(_KEEP_DIGEST, kept)
            return made

        return await self._write(write)

    @override
    async def senders_of_digest(self, about_id: str) -> tuple[QuarantineId, ...] | None:
        sql = "SELECT senders FROM stranger_digests WHERE id = ?"
        row = self._database.read(
            lambda connection: connection.execute(sql, (about_id,)).fetchone()
        )
        return tuple(map(QuarantineId, load_texts(row["senders"]))) if row else None

    @override
    async def asked_places(self, about_id: str) -> tuple[AskedPlace, ...]:
        rows = self._database.read(
            lambda connection: connection.execute(_SHOWN, (about_id,)).fetchall()
        )
        return tuple(
            AskedPlace(
                kind=ChannelKind(row["kind"]),
                name=row["name"],
                state=row["shown"] or "waiting",
                error=row["error"],
                at=from_micros(row["at"]),
            )
            for row in rows
        )


def note_told(connection: sqlite3.Connection, about_id: str, channel_id: str, at: datetime) -> None:
    """Somebody knows of it, when it is shown in the channel that its inbox prefers."""
    given = {"about_id": about_id, "channel_id": channel_id, "at": to_micros(at)}
    for sql in _TOLD:
        connection.execute(sql, given)


def note_untold(connection: sqlite3.Connection, channel_id: str) -> None:
    """Before a channel, or somebody in it, goes: what only that was asked about is told everywhere."""
    connection.execute(_UNTELL, (channel_id,))


def _times(at: datetime) -> dict[str, object]:
    return {
        "at": to_micros(at),
        "unseen": to_micros(at - SHOWN_WITHIN),
        "failing": to_micros(at - MAY_FAIL_FOR),
    }
