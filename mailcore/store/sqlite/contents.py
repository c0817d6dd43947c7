"""Delivered bytes and their facts: written once, shared by every placement of the same bytes."""

import sqlite3
from collections.abc import Iterable, Mapping

from mailcore.clock import to_micros
from mailcore.ids import BlobRef, PodId
from mailcore.model import JsonValue, MailboxAddress, MessageFacts
from mailcore.store.layout import base_name
from mailcore.store.ports import Files
from mailcore.store.sqlite.rows import clean, dump, fields_json, people_json

_INSERT = """
INSERT INTO contents (
  pod_id, sha256, size_bytes, header_size_bytes, message_id, in_reply_to, reference_ids, subject,
  addresses, date_at, date_offset_seconds, preview, attachments, envelope, body, body_structure, parts
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_SEARCHABLE = """
INSERT INTO searchables (
  content_id, pod_id, sent_day, sender, recipients, cc, bcc, subject, message_id, preview
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_FIELDS = "INSERT INTO kept_fields (content_id, pod_id, block) VALUES (?, ?, ?)"
_ADD_FIELDS = """
INSERT INTO kept_fields (content_id, pod_id, block)
SELECT content_id, pod_id, ?2 FROM files WHERE ref = ?1 AND content_id IS NOT NULL
ON CONFLICT DO NOTHING
"""
_DELETE_UNUSED = """
DELETE FROM contents WHERE id = ?1
AND NOT EXISTS (SELECT 1 FROM messages WHERE content_id = ?1)
AND NOT EXISTS (SELECT 1 FROM submissions WHERE content_id = ?1)
AND NOT EXISTS (SELECT 1 FROM files WHERE content_id = ?1)
"""
_INSERT_BYTES = "INSERT INTO pending_bytes (content_id, pod_id, bytes) VALUES (?, ?, ?)"
_INSERT_NAME = "INSERT INTO files (ref, pod_id, content_id, path) VALUES (?, ?, ?, ?)"


class ContentCache:
    """The contents written in one transaction, so that one delivery to many shares a row.

    `landed` are the files of bytes that are durable already, by digest; those left in `unused`
    afterwards were not needed.
    """

    def __init__(self, files: Files, landed: Mapping[bytes, str] | None = None) -> None:
        self._files = files
        self._landed = frozenset(landed or ())
        self._ids: dict[bytes, int] = {}
        self.unused = dict(landed or {})

    def share(self, sha256: bytes, content_id: int) -> None:
        """Bytes that have their row from an earlier transaction."""
        self._ids[sha256] = content_id

    def keep(
        self, connection: sqlite3.Connection, pod_id: PodId, facts: MessageFacts, raw: bytes
    ) -> int:
        """The id of the row with these facts, written at most once, and the bytes with it."""
        found = self._ids.get(facts.sha256)
        if found is None:
            found = self._ids[facts.sha256] = insert_content(connection, pod_id, facts)
            if facts.sha256 not in self._landed:
                connection.execute(_INSERT_BYTES, (found, pod_id, raw))
        return found

    def name(
        self, connection: sqlite3.Connection, pod_id: PodId, content_id: int, facts: MessageFacts
    ) -> BlobRef:
        """A new name for the bytes of a content; the first one is that of the file that landed."""
        path = self.unused.pop(facts.sha256, None)
        ref = BlobRef(base_name(path)) if path else self._files.new_ref(facts.size_bytes)
        connection.execute(_INSERT_NAME, (ref, pod_id, content_id, path))
        return ref


def insert_content(connection: sqlite3.Connection, pod_id: PodId, facts: MessageFacts) -> int:
    """Write facts and their searchable text; returns the content's id."""
    offset = facts.date.utcoffset() if facts.date else None
    cursor = connection.execute(
        _INSERT,
        (
            pod_id,
            facts.sha256,
            facts.size_bytes,
            facts.header_size_bytes,
            clean(facts.message_id),
            clean(facts.in_reply_to),
            dump(facts.references),
            clean(facts.subject),
            dump(_addresses(facts)),
            to_micros(facts.date) if facts.date else None,
            int(offset.total_seconds()) if offset else 0,
            clean(facts.preview),
            dump([fields_json(item) for item in facts.attachments]),
            facts.envelope,
            facts.body,
            facts.body_structure,
            facts.parts,
        ),
    )
    content_id = cursor.lastrowid or 0
    connection.execute(_INSERT_SEARCHABLE, (content_id, pod_id, *_searchable(facts)))
    if facts.kept_fields:
        connection.execute(_INSERT_FIELDS, (content_id, pod_id, facts.kept_fields))
    return content_id


def add_fields(connection: sqlite3.Connection, blocks: Iterable[tuple[BlobRef, bytes]]) -> None:
    """Keep header fields of contents that have none kept, each given by one of its names."""
    connection.executemany(_ADD_FIELDS, blocks)


def delete_unused(connection: sqlite3.Connection, content_ids: Iterable[int]) -> None:
    """Drop the facts that no message and no submission has any more."""
    connection.executemany(_DELETE_UNUSED, ((content_id,) for content_id in set(content_ids)))


def _addresses(facts: MessageFacts) -> dict[str, JsonValue]:
    return {
        "from": people_json([facts.sender] if facts.sender else []),
        "to": people_json(facts.to),
        "cc": people_json(facts.cc),
        "bcc": people_json(facts.bcc),
        "reply_to": people_json(facts.reply_to),
    }


def _searchable(facts: MessageFacts) -> tuple[int | None, str, str, str, str, str, str, str]:
    return (
        facts.date.date().toordinal() if facts.date else None,
        _names([facts.sender] if facts.sender else []),
        _names(facts.to),
        _names(facts.cc),
        _names(facts.bcc),
        fold(facts.subject),
        fold(facts.message_id and f"<{facts.message_id}>"),
        fold(facts.preview),
    )


def _names(people: Iterable[MailboxAddress]) -> str:
    """Mailboxes as one searchable line, close to the header field's text."""
    return fold(
        ", ".join(
            f"{person.name} <{person.address}>" if person.name else person.address
            for person in people
        )
    )


def fold(text: str) -> str:
    """The form in which text is compared without case."""
    return clean(text).casefold()
