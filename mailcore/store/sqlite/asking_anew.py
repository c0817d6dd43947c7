"""The safe side of a restored state: whatever may have happened since the copy is a person's to decide.

The copy may be older than what was sent, approved or rejected after it. So mail that waited for
another server, for its time or for a decision waits for a person now, under a new version, for which
no earlier approval, token or link counts. What rules still had to do is not done.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailcore.ids import SubmissionId, new_id
from mailcore.model import RESTORED
from mailcore.store.sqlite.rows import dump, load_objects
from mailcore.store.sqlite.submissions import refresh_status

_BY: Final = "system:rebuild"
_WAITING: Final = "('held', 'scheduled', 'due', 'leased')"

_FILES: Final = "SELECT ref, content_id, path FROM files WHERE path IS NOT NULL"
_NO_FILE: Final = "UPDATE files SET path = NULL WHERE ref = ?"
_FIND_WAITING: Final = f"""
CREATE TEMP TABLE waiting AS SELECT s.id, s.is_system,
  NOT EXISTS (SELECT 1 FROM files f WHERE f.ref = s.blob) AS is_lost,
  (SELECT json_group_array(r.local || '@' || r.domain) FROM recipients r
   WHERE r.submission_id = s.id AND r.state IN {_WAITING}) AS recipients
FROM submissions s WHERE EXISTS (
  SELECT 1 FROM recipients r WHERE r.submission_id = s.id AND r.state IN {_WAITING})
"""
_FORGET_NAMES: Final = (
    """DELETE FROM files WHERE path IS NULL
         AND content_id NOT IN (SELECT content_id FROM pending_bytes)
         AND content_id NOT IN (SELECT content_id FROM files WHERE path IS NOT NULL)""",
    """UPDATE submissions SET blob = '' WHERE blob NOT IN (SELECT ref FROM files)""",
)
_GIVE_UP: Final = (
    f"""UPDATE recipients SET state = 'canceled', lease_owner = NULL,
          last_reply = 'lost with the database, or a notice that is made anew'
        WHERE state IN {_WAITING}
          AND submission_id IN (SELECT id FROM waiting WHERE is_lost OR is_system)""",
    f"""UPDATE holds SET status = 'rejected', decided_at = :at, decided_by = '{_BY}',
          decided_via = 'rebuild', decision_reason = 'lost with the database'
        WHERE status IN ('pending', 'approved')
          AND submission_id IN (SELECT id FROM waiting WHERE is_lost OR is_system)""",
)
_HOLD: Final = (
    "DELETE FROM waiting WHERE is_lost OR is_system",
    f"""UPDATE recipients SET state = 'held', lease_owner = NULL,
          next_at = CASE WHEN state IN ('due', 'leased') THEN min(next_at, :at) ELSE next_at END
        WHERE state IN {_WAITING} AND submission_id IN (SELECT id FROM waiting)""",
    f"""UPDATE holds SET status = 'pending', version = version + 1, reason = '{RESTORED}',
          recipients = (SELECT w.recipients FROM waiting w WHERE w.id = submission_id),
          expires_at = :expires, decided_at = NULL, decided_by = '', decided_via = '',
          decision_reason = '', reminders = 0, told_at = NULL, is_told = 0,
          asked_at = NULL
        WHERE submission_id IN (SELECT id FROM waiting)""",
)
_OPEN: Final = f"""
INSERT INTO holds (id, pod_id, submission_id, inbox_id, thread_id, agent_id, draft_id, digest, version,
  status, reason, categories, findings, subject, sender, recipients, created_at, expires_at, is_told)
SELECT ?1, s.pod_id, s.id, s.inbox_id, s.thread_id, i.agent_id, NULL, s.digest, 1,
  'pending', '{RESTORED}', '[]', '[]', c.subject, coalesce(i.address_local || '@' || i.address_domain, ''),
  w.recipients, ?3, ?4, 0
FROM waiting w JOIN submissions s ON s.id = w.id JOIN contents c ON c.id = s.content_id
LEFT JOIN inboxes i ON i.id = s.inbox_id WHERE s.id = ?2
"""
_UNHELD: Final = """
SELECT w.id FROM waiting w WHERE NOT EXISTS (SELECT 1 FROM holds h WHERE h.submission_id = w.id)
"""
_HELD: Final = (
    """UPDATE submissions SET hold_id = (
         SELECT h.id FROM holds h WHERE h.submission_id = submissions.id)
       WHERE id IN (SELECT id FROM waiting)""",
    """UPDATE threads SET status = 'draft_pending' WHERE merged_into IS NULL AND id IN (
         SELECT s.thread_id FROM submissions s JOIN waiting w ON w.id = s.id)""",
    """UPDATE channel_messages SET shown = '', ref = '' WHERE shown <> 'asked' AND about_id IN (
         SELECT h.id FROM holds h JOIN waiting w ON w.id = h.submission_id)""",
)
_QUARANTINED: Final = (
    """UPDATE channel_messages SET shown = '', ref = '' WHERE shown <> 'asked' AND about_id IN (
         SELECT id FROM quarantine WHERE status = 'approved')""",
    """UPDATE quarantine SET status = 'pending', told_at = NULL, decided_at = NULL, decided_by = '',
         decided_via = '', expires_at = max(expires_at, :expires) WHERE status = 'approved'
         AND id IN (SELECT id FROM quarantine_bytes)""",
)
_UNDONE: Final = "SELECT id, steps FROM rule_applications WHERE next_at IS NOT NULL"
_LEAVE: Final = "UPDATE rule_applications SET steps = ?, next_at = NULL WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What waits for a person now, and what was given up."""

    held: int
    """Messages on their way out, that may have left already."""
    arrivals: int
    """Arrived mail that was approved and not delivered yet."""
    lost: tuple[str, ...]
    """Ids of messages whose bytes are nowhere."""


def ask_anew(connection: sqlite3.Connection, data_dir: Path, at: int, expires: int) -> Asked:
    """Put everything on the safe side, in the running transaction; what is lost is given up."""
    for row in connection.execute(_FILES).fetchall():
        if not (data_dir / row["path"]).is_file():
            connection.execute(_NO_FILE, (row["ref"],))
    connection.execute(_FORGET_NAMES[0])
    connection.execute(_FIND_WAITING)
    found = connection.execute(
        "SELECT id, is_lost AND NOT is_system AS is_told FROM waiting"
    ).fetchall()
    values = {"at": at, "expires": expires}
    _run(connection, (*_FORGET_NAMES[1:], *_GIVE_UP, *_HOLD), values)
    for row in connection.execute(_UNHELD).fetchall():
        connection.execute(_OPEN, (new_id(), row["id"], at, expires))
    _run(connection, _HELD, values)
    for row in found:
        refresh_status(connection, SubmissionId(row["id"]))
    held = connection.execute("SELECT count(*) FROM waiting").fetchone()[0]
    connection.execute("DROP TABLE waiting")
    _run(connection, _QUARANTINED[:1], values)
    arrivals = connection.execute(_QUARANTINED[1], values).rowcount
    _leave_undone(connection)
    return Asked(
        held=held, arrivals=arrivals, lost=tuple(row["id"] for row in found if row["is_told"])
    )


def _run(
    connection: sqlite3.Connection, statements: tuple[str, ...], values: dict[str, int]
) -> None:
    for sql in statements:
        connection.execute(sql, values)


def _leave_undone(connection: sqlite3.Connection) -> None:
    """Steps of rules that were to be done: they may have been, and a second time would show."""
    for row in connection.execute(_UNDONE).fetchall():
        steps = [
            {**one, "state": "skipped", "reason": "the database was made anew"}
            if one.get("state") == "pending"
            else one
            for one in load_objects(row["steps"])
        ]
        connection.execute(_LEAVE, (dump([*steps]), row["id"]))
