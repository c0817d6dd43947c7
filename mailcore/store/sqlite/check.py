"""Proof that the store is whole: every invariant, read from one snapshot.

Works while the server runs: what looks like a missing file is looked up once more on a new
snapshot, for its row may have gone first. The numbers are those of the architecture's list; 0 is the
database file's own integrity.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, override

from mailcore.message import parts
from mailcore.store.ports import CheckStore, Violation
from mailcore.store.sqlite import fulltext, journal
from mailcore.store.sqlite.mirror import is_idle, misnamed
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.policy import first_broken

ORPHAN_AFTER: Final = timedelta(hours=1)
"""A file without a row is left alone for this long: its transaction may be under way."""
MAX_REPORTED: Final = 100
"""Violations reported per rule; more of the same say nothing new."""


# (invariant, message, SQL that finds offenders; its first column names them)
_RULES: Final = (
    (2, "two messages share a UID in mailbox", """
     SELECT mailbox_id || ' uid ' || uid FROM messages GROUP BY mailbox_id, uid HAVING count(*) > 1"""),
    (2, "a UID is not below UIDNEXT in mailbox", """
     SELECT b.id FROM mailboxes b
     WHERE b.uid_next <= (SELECT max(uid) FROM messages m WHERE m.mailbox_id = b.id)
        OR b.uid_next <= (SELECT max(uid) FROM tombstones t WHERE t.mailbox_id = b.id)"""),
    (2, "a UID both exists and is gone in mailbox", """
     SELECT t.mailbox_id || ' uid ' || t.uid FROM tombstones t
     JOIN messages m ON m.mailbox_id = t.mailbox_id AND m.uid = t.uid"""),
    (2, "UIDVALIDITY is above its counter in mailbox", """
     SELECT id FROM mailboxes WHERE uid_validity >
       coalesce((SELECT value FROM counters WHERE name = 'uid_validity'), 0)"""),
    (3, "a MODSEQ is above the journal's head or the mailbox's in mailbox", """
     SELECT b.id FROM mailboxes b WHERE b.highest_modseq > :head OR b.highest_modseq < 1
        OR b.highest_modseq < (SELECT max(modseq) FROM messages m WHERE m.mailbox_id = b.id)
        OR b.highest_modseq < (SELECT max(modseq) FROM tombstones t WHERE t.mailbox_id = b.id)"""),
    (3, "the journal has a row above its head", "SELECT seq FROM journal WHERE seq > :head"),
    (4, "counters differ from a recount in mailbox", """
     SELECT b.id FROM mailboxes b LEFT JOIN (
       SELECT mailbox_id, count(*) AS messages, sum(flags & 1 = 0) AS unseen,
         sum(flags & 8 <> 0) AS deleted, sum(size_bytes) AS size_bytes
       FROM messages GROUP BY mailbox_id) c ON c.mailbox_id = b.id
     WHERE b.messages <> coalesce(c.messages, 0) OR b.unseen <> coalesce(c.unseen, 0)
        OR b.deleted <> coalesce(c.deleted, 0) OR b.size_bytes <> coalesce(c.size_bytes, 0)"""),
    (4, "a mailbox that cannot be selected holds messages", """
     SELECT id FROM mailboxes WHERE is_selectable = 0 AND messages > 0"""),
    (4, "a message and its mailbox belong to different inboxes", """
     SELECT m.id FROM messages m JOIN mailboxes b ON b.id = m.mailbox_id
     WHERE b.inbox_id <> m.inbox_id OR b.pod_id <> m.pod_id"""),
    (4, "a message is in no mailbox", """
     SELECT id FROM messages WHERE mailbox_id NOT IN (SELECT id FROM mailboxes)"""),
    (1, "two rows share the file", """
     SELECT blob FROM messages GROUP BY blob HAVING count(*) > 1"""),
    (4, "a message and its content differ in size", """
     SELECT m.id FROM messages m JOIN contents c ON c.id = m.content_id
     WHERE c.size_bytes <> m.size_bytes OR c.header_size_bytes <> m.header_size_bytes"""),
    (4, "a content has no searchable text", """
     SELECT c.id FROM contents c LEFT JOIN searchables s ON s.content_id = c.id
     WHERE s.content_id IS NULL"""),
    (4, "nothing uses the content", """
     SELECT c.id FROM contents c
     WHERE NOT EXISTS (SELECT 1 FROM messages WHERE content_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM submissions WHERE content_id = c.id)
       AND NOT EXISTS (SELECT 1 FROM files WHERE content_id = c.id)"""),
    (1, "a row names bytes that are not known", """
     SELECT blob FROM (SELECT blob FROM messages UNION ALL SELECT blob FROM submissions
       UNION ALL SELECT blob FROM doomed) WHERE blob <> '' AND blob NOT IN (SELECT ref FROM files)"""),
    (1, "bytes are in no file and not in the database", """
     SELECT f.ref FROM files f WHERE f.path IS NULL
       AND NOT EXISTS (SELECT 1 FROM pending_bytes p WHERE p.content_id = f.content_id)
       AND NOT EXISTS (SELECT 1 FROM files g WHERE g.content_id = f.content_id AND g.path IS NOT NULL)"""),
    (1, "bytes in the database have another size than their content", """
     SELECT p.content_id FROM pending_bytes p JOIN contents c ON c.id = p.content_id
     WHERE length(p.bytes) <> c.size_bytes"""),
    (1, "a name belongs to nothing", """
     SELECT ref FROM files WHERE ref NOT IN (SELECT blob FROM messages UNION ALL
       SELECT blob FROM submissions UNION ALL SELECT blob FROM doomed)"""),
    (5, "a message is in a merged or foreign thread", """
     SELECT m.id FROM messages m JOIN threads t ON t.id = m.thread_id
     WHERE t.merged_into IS NOT NULL OR t.inbox_id <> m.inbox_id"""),
    (5, "a thread's count, date or last inbound message is wrong", """
     SELECT t.id FROM threads t LEFT JOIN (
       SELECT thread_id, count(*) AS n, max(internal_date) AS last FROM messages GROUP BY thread_id
     ) m ON m.thread_id = t.id
     WHERE t.merged_into IS NULL AND (t.message_count <> coalesce(m.n, 0)
       OR (m.n > 0 AND t.last_message_at <> m.last)
       OR (t.last_inbound_id IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM messages x WHERE x.id = t.last_inbound_id AND x.thread_id = t.id)))"""),
    (5, "a redirect leads to a redirect", """
     SELECT a.id FROM threads a JOIN threads b ON b.id = a.merged_into
     WHERE b.merged_into IS NOT NULL OR b.id > a.id"""),
    (5, "the total of an inbox's threads differs from a recount in inbox", """
     SELECT coalesce(c.inbox_id, k.inbox_id) FROM thread_totals k FULL JOIN (
       SELECT inbox_id, count(*) AS n FROM threads
       WHERE merged_into IS NULL AND (message_count > 0 OR status = 'draft_pending')
       GROUP BY inbox_id) c ON c.inbox_id = k.inbox_id
     WHERE coalesce(k.total, 0) <> coalesce(c.n, 0)"""),
    (7, "a recipient's state is unknown", """
     SELECT id FROM recipients WHERE state NOT IN
       ('held', 'scheduled', 'due', 'leased', 'delivered', 'failed', 'canceled',
        'bounced', 'complained')"""),
    (7, "a held recipient has no open hold with its submission's digest", """
     SELECT r.id FROM recipients r JOIN submissions s ON s.id = r.submission_id
     WHERE r.state = 'held' AND 1 <> (SELECT count(*) FROM holds h
       WHERE h.submission_id = s.id AND h.status IN ('pending', 'approved') AND h.digest = s.digest)"""),
    (7, "an open hold has recipients that wait for something else", """
     SELECT h.id FROM holds h WHERE h.status IN ('pending', 'approved') AND EXISTS (
       SELECT 1 FROM recipients r WHERE r.submission_id = h.submission_id
         AND r.state IN ('scheduled', 'due', 'leased'))"""),
    (7, "a leased recipient has no owner", """
     SELECT id FROM recipients WHERE state = 'leased' AND lease_owner IS NULL"""),
    (7, "a submission's status does not fit its recipients", """
     SELECT s.id FROM submissions s WHERE
       (s.status = 'held') <> EXISTS (
         SELECT 1 FROM recipients r WHERE r.submission_id = s.id AND r.state = 'held')
       OR (s.status IN ('sent', 'failed', 'rejected', 'expired', 'canceled') AND EXISTS (
         SELECT 1 FROM recipients r WHERE r.submission_id = s.id
         AND r.state IN ('held', 'scheduled', 'due', 'leased')))"""),
    (7, "a draft shows a message that is not there", """
     SELECT d.id FROM drafts d WHERE d.message_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM messages m WHERE m.id = d.message_id AND m.inbox_id = d.inbox_id)"""),
    (1, "mail waits in quarantine without its octets", """
     SELECT q.id FROM quarantine q LEFT JOIN quarantine_bytes b ON b.id = q.id
     WHERE (q.status = 'pending' AND b.id IS NULL) OR length(b.raw) <> q.size_bytes"""),
    (8, "a submission has no stored verdict", """
     SELECT id FROM submissions WHERE verdict IN ('', '{}', 'null')"""),
    (9, "a cursor is beyond the journal", "SELECT consumer FROM cursors WHERE seq > :head"),
)  # fmt: skip

_FILES = """
SELECT f.path, c.size_bytes, f.ref FROM files f JOIN contents c ON c.id = f.content_id
WHERE f.path IS NOT NULL
"""
_RECOUNT = """
UPDATE mailboxes SET (messages, unseen, deleted, size_bytes) = (
  SELECT count(*), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 8 <> 0), 0),
    coalesce(sum(size_bytes), 0) FROM messages WHERE mailbox_id = mailboxes.id)
WHERE (messages, unseen, deleted, size_bytes) <> (
  SELECT count(*), coalesce(sum(flags & 1 = 0), 0), coalesce(sum(flags & 8 <> 0), 0),
    coalesce(sum(size_bytes), 0) FROM messages WHERE mailbox_id = mailboxes.id)
"""
_STILL_THERE = "SELECT path FROM files WHERE ref = ?"
_PARTS = "SELECT id, size_bytes, parts FROM contents"


class SqliteCheck(FilePart, CheckStore):
    """`CheckStore` on SQLite and the files beside it."""

    @override
    async def check(self, *, deep: bool = True) -> tuple[Violation, ...]:
        found = [*await self._database.read_slow(_check_rows)]
        if deep:
            found += await self._database.read_slow(_check_parts)
            found += await self._check_files()
        return tuple(found)

    @override
    async def orphans(self, older_than: datetime) -> tuple[str, ...]:
        """What a janitor may remove."""
        aged = await self._database.read_slow(lambda _: tuple(self._files.files(older_than)))
        return await self.strangers(aged)

    @override
    async def strangers(self, paths: Sequence[str]) -> tuple[str, ...]:
        def read(connection: sqlite3.Connection) -> tuple[str, ...]:
            named = _named(connection) if paths else frozenset[str]()
            return tuple(one for one in paths if one not in named)

        return await self._database.read_slow(read)

    @override
    async def recount(self) -> int:
        def write(connection: sqlite3.Connection) -> int:
            return connection.execute(_RECOUNT).rowcount

        return await self._database.run(write)

    async def _check_files(self) -> list[Violation]:
        def wrong(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
            found: list[tuple[str, str, str]] = []
            for path, size, ref in connection.execute(_FILES):
                actual = self._files.size(path)
                if actual != size:
                    state = "is gone" if actual is None else f"has {actual} octets, not {size}"
                    found.append((ref, path, f"the file {path} {state}"))
            return found

        def confirmed(connection: sqlite3.Connection) -> list[Violation]:
            found: list[Violation] = []
            for ref, path, message in suspects:
                row = connection.execute(_STILL_THERE, (ref,)).fetchone()
                if row and row[0] == path and len(found) < MAX_REPORTED:
                    found.append(Violation(invariant=1, message=message))
            return found

        suspects = await self._database.read_slow(wrong)
        violations = await self._database.read_slow(confirmed) if suspects else []
        for path in (await self.orphans(self._clock.now() - ORPHAN_AFTER))[:MAX_REPORTED]:
            violations.append(Violation(invariant=1, message=f"no row names the file {path}"))
        return violations


def _named(connection: sqlite3.Connection) -> frozenset[str]:
    return frozenset(row[0] for row in connection.execute("SELECT path FROM files"))


def _check_rows(connection: sqlite3.Connection) -> list[Violation]:
    found = [
        Violation(invariant=0, message=f"the database says: {row[0]}")
        for row in connection.execute("PRAGMA quick_check(10)")
        if row[0] != "ok"
    ]
    for row in connection.execute("PRAGMA foreign_key_check").fetchmany(MAX_REPORTED):
        message = f"a row of {row[0]} refers to a row of {row[2]} that is not there"
        found.append(Violation(invariant=0, message=message))
    head = journal.head(connection)
    for invariant, message, sql in _RULES:
        values = {"head": head} if ":head" in sql else {}
        found += [
            Violation(invariant=invariant, message=f"{message}: {row[0]}")
            for row in connection.execute(sql, values).fetchmany(MAX_REPORTED)
        ]
    found += [Violation(invariant=10, message=one) for one in fulltext.violations(connection)]
    if is_idle(connection):
        found += [
            Violation(invariant=11, message=message)
            for message in misnamed(connection)[:MAX_REPORTED]
        ]
    broken = first_broken(connection)
    if broken is not None:
        message = f"the audit chain is broken at row {broken}"
        found.append(Violation(invariant=12, message=message))
    return found


def _check_parts(connection: sqlite3.Connection) -> list[Violation]:
    found: list[Violation] = []
    for content_id, size, stored in connection.execute(_PARTS):
        wrong = _wrong_offsets(stored, size)
        if wrong and len(found) < MAX_REPORTED:
            found.append(Violation(invariant=6, message=f"content {content_id}: {wrong}"))
    return found


def _wrong_offsets(stored: bytes, size: int) -> str:
    """What is wrong with the stored MIME tree of a message of that size, or an empty string."""
    if not stored:
        return ""
    try:
        root = parts.load(stored)
    except (ValueError, TypeError, KeyError) as error:
        return f"the MIME tree cannot be read ({type(error).__name__})"
    pending: list[tuple[parts.Part, int, int]] = [(root, 0, size)]
    while pending:
        part, low, high = pending.pop()
        if not low <= part.header_start <= part.body_start <= part.body_end <= high:
            return f"part {part.section or '0'} lies outside the part around it"
        pending.extend((child, part.body_start, part.body_end) for child in part.children)
    return ""
