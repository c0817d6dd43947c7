"""Holds that a person changed: a new version with bytes of its own, and what it was before."""

import sqlite3
from functools import partial
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import from_micros
from mailcore.errors import conflict
from mailcore.ids import HoldId
from mailcore.model import Hold
from mailcore.store.layout import SPOOL
from mailcore.store.ports import HoldVersion, OutboundStore, Revised
from mailcore.store.sqlite.attention import pending_hold
from mailcore.store.sqlite.blobs import land, unless_refused
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.envelopes import envelope_json
from mailcore.store.sqlite.holds import find_hold, remind
from mailcore.store.sqlite.part import FilePart
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, dump, load_texts
from mailcore.store.sqlite.submissions import (
    add_held,
    refresh_status,
    require_submission,
    texts,
)

_KEEP: Final = """
INSERT INTO hold_versions (
  hold_id, version, pod_id, digest, recipients, subject, raw, ended_by, ended_at, reason
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REVISE: Final = """
UPDATE holds SET recipients = ?, digest = ?, version = version + 1 WHERE id = ?
"""
_JUDGED: Final = """
UPDATE holds SET reason = ?, categories = ?, findings = ?, subject = ? WHERE id = ?
"""
_SUBMISSION: Final = """
UPDATE submissions SET mail_from = ?, envelope_recipients = ?, digest = ?,
  verdict = coalesce(?, verdict) WHERE id = ?
"""
_CONTENT: Final = "UPDATE submissions SET content_id = ?, blob = ? WHERE id = ?"
_DOOM: Final = "INSERT INTO doomed (blob, pod_id, mailbox_id, seq) VALUES (?, ?, 0, 0)"
_WAITING: Final = (
    "SELECT id, local, domain FROM recipients WHERE submission_id = ? AND state = 'held'"
)
_DROP: Final = "UPDATE recipients SET state = 'canceled' WHERE id = ?"
_VERSIONS: Final = "SELECT * FROM hold_versions WHERE hold_id = ? ORDER BY version"


class Revisions(FilePart, OutboundStore):
    """The verbs of `OutboundStore` about versions of holds."""

    @override
    async def revise_hold(self, revised: Revised) -> Hold:
        landed = await land(self._files, [(SPOOL, revised.facts.sha256, revised.raw, self._now())])
        contents = ContentCache(self._files, landed)
        async with unless_refused(self._files, landed):
            hold = await self._database.run(
                partial(_revise, revised=revised, at=self._now(), contents=contents)
            )
        if contents.unused:
            await self._files.remove([*contents.unused.values()])
        return hold

    @override
    async def hold_versions(self, hold_id: HoldId) -> tuple[HoldVersion, ...]:
        def read(connection: sqlite3.Connection) -> tuple[HoldVersion, ...]:
            return tuple(map(_version, connection.execute(_VERSIONS, (hold_id,))))

        return await self._database.read_slow(read)


def _revise(
    connection: sqlite3.Connection, revised: Revised, at: int, contents: ContentCache
) -> Hold:
    hold = pending_hold(connection, revised.hold_id)
    if hold.version != revised.version:
        raise conflict(
            "the message changed since it was shown",
            code="changed",
            fix="Look at the hold again and decide on what it shows now.",
        )
    _keep(connection, hold, revised, at)
    if revised.raw != revised.before:
        _replace_bytes(connection, hold, revised, contents)
    _readdress(connection, hold, revised, at)
    kept = dump(texts(revised.envelope.recipients))
    connection.execute(_REVISE, (kept, revised.digest, hold.id))
    if revised.judged is not None:
        judged = revised.judged
        values = (judged.reason, dump(list(judged.categories)), dump(list(judged.findings)))
        connection.execute(_JUDGED, (*values, clean(judged.subject), hold.id))
        remind(connection, hold, "edited", at)
    refresh_status(connection, hold.submission_id)
    append_audit(connection, revised.audit, from_micros(at))
    return find_hold(connection, hold.id) or hold


def _keep(connection: sqlite3.Connection, hold: Hold, revised: Revised, at: int) -> None:
    values = (
        *(hold.id, hold.version, hold.pod_id, hold.digest, dump(list(hold.recipients))),
        *(clean(hold.subject), revised.before, revised.audit.actor, at, clean(revised.reason)),
    )
    connection.execute(_KEEP, values)


def _replace_bytes(
    connection: sqlite3.Connection, hold: Hold, revised: Revised, contents: ContentCache
) -> None:
    old = require_submission(connection, hold.submission_id)
    content_id = contents.keep(connection, hold.pod_id, revised.facts, revised.raw)
    blob = contents.name(connection, hold.pod_id, content_id, revised.facts)
    connection.execute(_CONTENT, (content_id, blob, old.id))
    if old.blob:
        connection.execute(_DOOM, (old.blob, hold.pod_id))


def _readdress(connection: sqlite3.Connection, hold: Hold, revised: Revised, at: int) -> None:
    """The envelope, and the recipients who come or go with it."""
    sender, recipients = envelope_json(revised.envelope)
    verdict = dump(revised.verdict) if revised.verdict is not None else None
    values = (sender, recipients, revised.digest, verdict, hold.submission_id)
    connection.execute(_SUBMISSION, values)
    staying = {one.folded for one in revised.envelope.recipients}
    for row in connection.execute(_WAITING, (hold.submission_id,)).fetchall():
        if Address(row["local"], row["domain"]).folded not in staying:
            connection.execute(_DROP, (row["id"],))
    submitted = require_submission(connection, hold.submission_id)
    add_held(connection, submitted, revised.added, at)


def _version(row: sqlite3.Row) -> HoldVersion:
    return HoldVersion(
        version=row["version"],
        digest=row["digest"],
        recipients=load_texts(row["recipients"]),
        subject=row["subject"],
        raw=row["raw"],
        ended_by=row["ended_by"],
        ended_at=from_micros(row["ended_at"]),
        reason=row["reason"],
    )
