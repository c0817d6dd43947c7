"""Whose turn it is: leasing due recipients by lanes, and within a lane by turns of the senders.

A recipient is claimed by setting it LEASED with an end; whoever finds the lease over may claim it
again. Every lane has places of its own. Within a lane the sender whose last turn is longest ago comes
first, however much others have queued. Rows of agents that are stopped or deleted are not claimed,
nor what is paused; a notice of the server itself waits only for its domain or message.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import orjson

from mailcore.clock import from_micros, to_micros
from mailcore.ids import SubmissionId
from mailcore.model import Claim, Lane
from mailcore.store.ports import ClaimRequest
from mailcore.store.sqlite.rows import queue_item_from
from mailcore.store.sqlite.submissions import refresh_status, require_submission

WAITING: Final = "r.state IN ('due', 'scheduled', 'leased') AND r.state <> 'scheduled'"
"""In the words of the index; what waits for a time of its own is not the queue's yet."""

# A skip scan: one look into the index for each sender, however many rows each has.
_SENDERS = f"""
WITH RECURSIVE senders (id) AS (
  SELECT (SELECT min(r.sender_id) FROM recipients r WHERE {WAITING} AND r.lane = ?1)
  UNION ALL
  SELECT (SELECT min(r.sender_id) FROM recipients r
    WHERE {WAITING} AND r.lane = ?1 AND r.sender_id > senders.id)
  FROM senders WHERE senders.id IS NOT NULL
)
SELECT senders.id FROM senders LEFT JOIN agents a ON a.id = senders.id
LEFT JOIN queue_turns t ON t.lane = ?1 AND t.sender_id = senders.id
WHERE senders.id IS NOT NULL AND coalesce(a.status, 'active') = 'active'
  AND NOT EXISTS (SELECT 1 FROM queue_pauses p WHERE p.kind = 'agent' AND p.value = senders.id)
ORDER BY coalesce(t.turn, 0), senders.id
"""
_DUE = f"""
SELECT r.submission_id, r.destination FROM recipients r
WHERE {WAITING} AND r.lane = ?1 AND r.sender_id = ?2 AND r.next_at <= ?3
  AND r.destination NOT IN (SELECT value FROM json_each(?4))
  AND (?5 OR r.pod_id NOT IN (SELECT pod_id FROM queue_pauses WHERE kind = 'all'))
  AND (r.pod_id, r.destination) NOT IN
    (SELECT pod_id, value FROM queue_pauses WHERE kind = 'domain')
  AND (r.pod_id, r.submission_id) NOT IN
    (SELECT pod_id, value FROM queue_pauses WHERE kind = 'message')
ORDER BY r.next_at
"""
_NEXT_DUE = f"""
SELECT min(r.next_at) FROM recipients r
WHERE {WAITING} AND r.lane = ?1 AND r.sender_id = ?2 AND r.next_at > ?3
"""
_UNDER_WAY = """
SELECT sender_id, destination, count(DISTINCT submission_id) FROM recipients r
WHERE r.state = 'leased' AND r.lane = ? AND r.next_at > ? GROUP BY sender_id, destination
"""
_LEASE = """
UPDATE recipients SET state = 'leased', attempts = attempts + 1, next_at = ?, lease_owner = ?
WHERE submission_id = ? AND destination = ? AND next_at <= ?
  AND state IN ('due', 'leased') RETURNING *
"""
_TAKE_TURN = """
INSERT INTO queue_turns (lane, sender_id, pod_id, turn)
VALUES (?, ?, ?, (SELECT coalesce(max(turn), 0) + 1 FROM queue_turns))
ON CONFLICT DO UPDATE SET turn = excluded.turn
"""


@dataclass(frozen=True, slots=True)
class _Group:
    """What one claim leases: a submission's recipients at one destination."""

    lane: Lane
    sender_id: str
    submission_id: str
    destination: str


@dataclass(slots=True)
class _Room:
    """What is under way in a lane, and what may be added."""

    lane: Lane
    per_destination: int | None
    per_sender: int | None
    full: set[str]
    destinations: dict[str, int] = field(default_factory=dict)
    senders: dict[str, int] = field(default_factory=dict)

    def add(self, sender_id: str, destination: str, count: int = 1) -> None:
        """Count deliveries."""
        self.senders[sender_id] = self.senders.get(sender_id, 0) + count
        if self.lane is Lane.LOCAL or self.per_destination is None:
            return
        self.destinations[destination] = self.destinations.get(destination, 0) + count
        if self.destinations[destination] >= self.per_destination:
            self.full.add(destination)

    def has_room(self, sender_id: str) -> bool:
        """Whether a sender may have one more."""
        return self.per_sender is None or self.senders.get(sender_id, 0) < self.per_sender


def claim(connection: sqlite3.Connection, request: ClaimRequest) -> tuple[Claim, ...]:
    """Lease the groups whose turn it is."""
    at, until = to_micros(request.now), to_micros(request.lease_until)
    groups = due_groups(connection, request)
    claims: list[Claim] = []
    for one in groups:
        values = (until, request.owner, one.submission_id, one.destination, at)
        leased = connection.execute(_LEASE, values).fetchall()
        submission = require_submission(connection, SubmissionId(one.submission_id))
        items = sorted(map(queue_item_from, leased), key=lambda item: item.id)
        if one.sender_id:
            connection.execute(_TAKE_TURN, (one.lane, one.sender_id, submission.pod_id))
        claims.append(
            Claim(
                submission=submission,
                items=tuple(items),
                lease_until=from_micros(until),
                lane=one.lane,
            )
        )
    for submission_id in {one.submission_id for one in groups}:
        refresh_status(connection, SubmissionId(submission_id))
    return tuple(claims)


def due_groups(connection: sqlite3.Connection, request: ClaimRequest) -> list[_Group]:
    """The groups whose turn it is, lane by lane; a group is in one lane only."""
    found: dict[tuple[str, str], _Group] = {}
    for lane in Lane:
        limit = min(request.places.get(lane, 0), request.limit - len(found))
        if limit > 0:
            for one in _of_lane(connection, lane, request, limit):
                found.setdefault((one.submission_id, one.destination), one)
    return list(found.values())


def next_due(connection: sqlite3.Connection, after: int) -> int | None:
    """When the next row of anybody who may send is due, later than `after`."""
    times = [
        row[0]
        for lane in Lane
        for (sender_id,) in connection.execute(_SENDERS, (lane,)).fetchall()
        if (row := connection.execute(_NEXT_DUE, (lane, sender_id, after)).fetchone())[0]
        is not None
    ]
    return min(times, default=None)


def _of_lane(
    connection: sqlite3.Connection, lane: Lane, request: ClaimRequest, limit: int
) -> list[_Group]:
    """Round and round: a group of each sender until the places are taken or nothing is left."""
    senders = [row[0] for row in connection.execute(_SENDERS, (lane,))]
    if not senders:
        return []
    room = _room(connection, lane, request)
    lines = {one: _line(connection, lane, one, room, to_micros(request.now)) for one in senders}
    chosen: list[_Group] = []
    while lines:
        for sender_id in tuple(lines):
            group = next(lines[sender_id], None) if room.has_room(sender_id) else None
            if group is None:
                del lines[sender_id]
                continue
            chosen.append(group)
            room.add(sender_id, group.destination)
            if len(chosen) == limit:
                return chosen
    return chosen


def _room(connection: sqlite3.Connection, lane: Lane, request: ClaimRequest) -> _Room:
    per_sender = request.per_sender if lane is Lane.REMOTE else None
    room = _Room(lane, request.per_destination, per_sender, set(request.busy))
    if request.per_destination is not None or per_sender is not None:
        for row in connection.execute(_UNDER_WAY, (lane, to_micros(request.now))):
            room.add(*row)
    return room


def _line(
    connection: sqlite3.Connection, lane: Lane, sender_id: str, room: _Room, at: int
) -> Iterator[_Group]:
    """The groups of one sender, oldest first, without destinations that are full by then."""
    seen: set[tuple[str, str]] = set()
    while True:
        full = frozenset(room.full)
        busy = orjson.dumps(sorted(full)).decode()
        values = (lane, sender_id, at, busy, lane is Lane.SYSTEM)
        for submission_id, destination in connection.execute(_DUE, values):
            if (submission_id, destination) in seen or destination in room.full:
                if len(room.full) > len(full):
                    break  # ask again: many rows may wait for what became full
                continue
            seen.add((submission_id, destination))
            yield _Group(lane, sender_id, submission_id, destination)
        else:
            return
