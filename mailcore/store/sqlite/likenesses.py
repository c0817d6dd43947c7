"""What agents' mail is compared by: kept with each submission, read before the next, forgotten in time."""

import sqlite3
from array import array
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.events import AgentPaused
from mailcore.ids import AgentId, DraftId, PodId, new_id
from mailcore.model import HoldStatus
from mailcore.policy import Likeness
from mailcore.store.ports import EarlierMail, NewLikeness, NewPause, OutboundStore
from mailcore.store.sqlite import journal
from mailcore.store.sqlite.journal import Subject
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.pauses import insert_pause
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, instant, load_texts

_INSERT: Final = """
INSERT INTO likenesses (
  id, pod_id, agent_id, hold_id, is_stopped, recipients, categories, text, matches, critical, like_id,
  is_counted, at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_EARLIER: Final = """
SELECT l.*, h.status, h.decided_by, h.decided_at, h.decision_reason, h.draft_id
FROM likenesses l LEFT JOIN holds h ON h.id = l.hold_id
WHERE l.agent_id = ? AND l.at > ? AND {} ORDER BY l.at DESC, l.id LIMIT ?
"""
_HELD: Final = _EARLIER.format("(l.is_stopped = 1 OR l.hold_id IS NOT NULL)")
_LEFT: Final = _EARLIER.format("l.is_stopped = 0 AND l.hold_id IS NULL")
_FORGET: Final = "DELETE FROM likenesses WHERE at < ?"


def keep_likeness(
    connection: sqlite3.Connection,
    pod_id: PodId,
    new: NewLikeness,
    made: tuple[str, str | None],
    at: int,
) -> None:
    """Keep what a message is compared by; `made` is its id and that of its hold."""
    submission_id, hold_id = made
    likeness = new.likeness
    connection.execute(
        _INSERT,
        (
            *(hold_id or submission_id, pod_id, new.agent_id, hold_id, new.is_stopped),
            dump([clean(one.folded) for one in new.recipients]),
            dump(list(new.categories)),
            *map(_packed, (likeness.text, likeness.matches, likeness.critical)),
            *(new.like_id, new.is_counted, at),
        ),
    )
    if new.pause is not None:
        _pause(connection, new.agent_id, new.pause, hold_id, at)


def _pause(
    connection: sqlite3.Connection, agent_id: AgentId, new: NewPause, hold_id: str | None, at: int
) -> None:
    """Stop an agent's mail, once; its owner hears of it, the agent does not."""
    if not insert_pause(connection, new.pause):
        return
    event = AgentPaused(
        agent_id=agent_id,
        pause_id=new.pause.id,
        attempts=new.attempts,
        hold_id=hold_id or "",
        reason=new.pause.reason,
    )
    journal.append(connection, at, Subject(new.pause.pod_id, None, None), event)
    append_audit(connection, new.audit, from_micros(at))


class Likenesses(Part, OutboundStore):
    """The verbs of `OutboundStore` about what messages are compared by."""

    @override
    async def earlier_mail(
        self, agent_id: AgentId, since: datetime, most: int
    ) -> tuple[EarlierMail, ...]:
        values = (agent_id, to_micros(since), most)

        def read(connection: sqlite3.Connection) -> tuple[EarlierMail, ...]:
            held = connection.execute(_HELD, values).fetchall()
            left = connection.execute(_LEFT, values).fetchall() if held else []
            return tuple(map(_earlier, (*held, *left)))

        return self._database.read(read)

    @override
    async def note_refused(self, pod_id: PodId, new: NewLikeness) -> None:
        made = (new_id(), None)
        await self._write(partial(keep_likeness, pod_id=pod_id, new=new, made=made, at=self._now()))

    @override
    async def forget_likenesses(self, before: datetime) -> int:
        values = (to_micros(before),)
        return await self._write(lambda connection: connection.execute(_FORGET, values).rowcount)


def _packed(hashes: Iterable[int]) -> bytes:
    return array("Q", sorted(hashes)).tobytes()


def _unpacked(octets: bytes) -> frozenset[int]:
    return frozenset(array("Q", octets))


def _earlier(row: sqlite3.Row) -> EarlierMail:
    return EarlierMail(
        id=row["id"],
        likeness=Likeness(
            text=_unpacked(row["text"]),
            matches=_unpacked(row["matches"]),
            critical=_unpacked(row["critical"]),
        ),
        recipients=load_texts(row["recipients"]),
        is_stopped=bool(row["is_stopped"]),
        is_counted=bool(row["is_counted"]),
        like_id=row["like_id"],
        status=HoldStatus(row["status"]) if row["status"] else None,
        decided_by=row["decided_by"] or "",
        decided_at=instant(row["decided_at"]),
        decision_reason=row["decision_reason"] or "",
        draft_id=DraftId(row["draft_id"]) if row["draft_id"] else None,
        categories=load_texts(row["categories"]),
        at=from_micros(row["at"]),
    )
