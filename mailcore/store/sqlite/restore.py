"""A new database from the copy of the state, before the tree is read into it.

What the copy says is some seconds old, so everything that could do harm twice is put on the safe
side: mail that may have left waits for a person, approvals are asked anew, numbers that clients
remember go on far above all old ones. An older copy gets its own schema first and then the
migrations that came after it.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mailcore.clock import from_micros, to_micros
from mailcore.errors import ErrorKind, MailError
from mailcore.store.sqlite.asking_anew import Asked, ask_anew
from mailcore.store.sqlite.db import connect_writer
from mailcore.store.sqlite.migrate import migrate, migrations
from mailcore.store.sqlite.rows import load_texts
from mailcore.store.sqlite.state_copy import FORMAT
from mailcore.store.sqlite.state_tables import FOLLOWED
from mailcore.store.sqlite.threads import keep_refs

SEQ_STEP: Final = 1 << 20
"""How far the journal's numbers, which are MODSEQs, go on above the copy's: more than any lag gave out."""
UID_STEP: Final = 1000
"""The same for the UIDs of each mailbox."""

_TABLES: Final = (
    "SELECT name FROM copy.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
)
_OWN: Final = ("state_copy", "state_sequences", "schema_version", *FOLLOWED)
_NUMBER: Final = (
    "DELETE FROM sqlite_sequence WHERE name IN (SELECT name FROM copy.state_sequences)",
    "INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM copy.state_sequences",
    "DELETE FROM sqlite_sequence WHERE name = 'journal'",
    "INSERT INTO sqlite_sequence (name, seq) VALUES ('journal', :head)",
    """INSERT INTO counters (name, value) VALUES ('journal_trimmed', :head)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
    """UPDATE mailboxes SET messages = 0, unseen = 0, deleted = 0, size_bytes = 0,
       highest_modseq = :head, tombstones_after = :head, uid_next = uid_next + :uids""",
    "UPDATE threads SET message_count = 0, last_inbound_id = NULL",
)
_TEXTS: Final = """
SELECT DISTINCT s.pod_id, s.inbox_id, s.thread_id, c.message_id, c.in_reply_to, c.reference_ids
FROM submissions s JOIN contents c ON c.id = s.content_id WHERE s.thread_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back, and from when it is."""

    copied_at: datetime
    asked: Asked


def restore(
    copy: Path,
    database: Path,
    data_dir: Path,
    *,
    now: datetime,
    decide_within: timedelta,
    is_exact: bool,
) -> Restored:
    """Make `database` of the copy; nothing else may have either open.

    `is_exact` says that the copy followed to the end. UNAVAILABLE `state_copy_unusable` when the copy
    is missing, broken or newer than this program.
    """
    try:
        schema, head, copied_at = _examine(copy)
        connection = connect_writer(database)
        try:
            migrate(connection, now, until=schema)
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("ATTACH ? AS copy", (str(copy),))
            connection.execute("BEGIN IMMEDIATE")
            _fill(connection)
            values = {"head": head + SEQ_STEP, "uids": 0 if is_exact else UID_STEP}
            for sql in _NUMBER:
                connection.execute(sql, values if ":" in sql else {})
            connection.execute("COMMIT")
            connection.execute("DETACH copy")
            migrate(connection, now)
            connection.execute("BEGIN IMMEDIATE")
            at = to_micros(now)
            asked = ask_anew(connection, data_dir, at, at + to_micros_of(decide_within))
            _refer(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise _unusable(str(error)) from error
    return Restored(copied_at=copied_at, asked=asked)


def to_micros_of(span: timedelta) -> int:
    """A span as times are kept."""
    return span // timedelta(microseconds=1)


def _examine(copy: Path) -> tuple[int, int, datetime]:
    """Schema, journal head and time of a copy that is whole; what a crash left half done is undone."""
    if not copy.is_file():
        raise _unusable("there is none")
    connection = sqlite3.connect(copy, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        row = connection.execute(
            "SELECT format, schema, head, followed_at FROM state_copy"
        ).fetchone()
        connection.execute("ROLLBACK")
    finally:
        connection.close()
    if found != ["ok"] or row is None:
        raise _unusable("; ".join(found))
    if row[0] > FORMAT or row[1] > migrations()[-1][0]:
        raise _unusable("a newer version of the server wrote it")
    return row[1], row[2], from_micros(row[3])


def _unusable(reason: str) -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        f"the copy of the state cannot be used: {reason}",
        code="state_copy_unusable",
    )


def _fill(connection: sqlite3.Connection) -> None:
    """Every table of the copy, as it is."""
    for (table,) in connection.execute(_TABLES).fetchall():
        if table in _OWN:
            continue
        columns = [row[1] for row in connection.execute(f"PRAGMA copy.table_info({table})")]
        names = ", ".join(columns)
        connection.execute(
            f"INSERT OR REPLACE INTO main.{table} ({names}) SELECT {names} FROM copy.{table}"
        )


def _refer(connection: sqlite3.Connection) -> None:
    """Tie what was submitted to its threads, so that answers and Sent copies find them."""
    for row in connection.execute(_TEXTS).fetchall():
        keys = (row["message_id"], row["in_reply_to"], *load_texts(row["reference_ids"]))
        keep_refs(connection, row["pod_id"], row["inbox_id"], row["thread_id"], keys)
