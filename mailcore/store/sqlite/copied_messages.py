"""What the copy of the state says of messages, found by the names of their files."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from mailcore.ids import MessageId, ThreadId
from mailcore.model import Direction
from mailcore.store.layout import base_name
from mailcore.store.ports import RestoredMessage
from mailcore.store.sqlite.db import read_only
from mailcore.store.sqlite.placing import Found
from mailcore.store.sqlite.rows import auth_from, security_from

_INDEX: Final = (
    "CREATE TEMP TABLE named (base TEXT PRIMARY KEY, rid INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT OR REPLACE INTO temp.named SELECT base_name(blob), rid FROM main.messages",
)
_FIND: Final = """
SELECT m.id, m.thread_id, m.direction, m.keywords, m.saved_at, m.content_id, j.auth, j.security
FROM temp.named n JOIN main.messages m ON m.rid = n.rid LEFT JOIN main.judgments j ON j.rid = m.rid
WHERE n.base = ?
"""
_SHARED: Final = "SELECT id FROM contents WHERE id = ? AND sha256 = ?"


class CopiedMessages:
    """A copy, open for reading; without one nothing is known of any message."""

    def __init__(self) -> None:
        self._copy: sqlite3.Connection | None = None

    def open(self, path: Path) -> None:
        """Look things up in this copy from now on, on the thread of the caller."""
        copy = sqlite3.connect(read_only(path), uri=True, isolation_level=None)
        copy.row_factory = sqlite3.Row
        copy.create_function("base_name", 1, base_name, deterministic=True)
        for sql in _INDEX:
            copy.execute(sql)
        self._copy = copy

    def close(self) -> None:
        """Look nothing up any more."""
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    def found(self, live: sqlite3.Connection, one: RestoredMessage) -> Found:
        """A message of the tree as it was: id, thread, verdict, and keywords that had no letter."""
        fresh = Found(message=one.message, path=one.path, uid=one.uid)
        if self._copy is None:
            return fresh
        row = self._copy.execute(_FIND, (base_name(one.path),)).fetchone()
        if row is None:
            return fresh
        digest = one.message.facts.sha256
        shared = live.execute(_SHARED, (row["content_id"], digest)).fetchone()
        return replace(
            fresh,
            message=replace(
                one.message,
                id=MessageId(row["id"]),
                direction=Direction(row["direction"]),
                keywords=(*one.message.keywords, *_without_letter(row["keywords"], one.letters)),
                auth=auth_from(row["auth"]),
                security=security_from(row["security"]),
            ),
            thread_id=ThreadId(row["thread_id"]),
            content_id=shared[0] if shared else None,
            saved_at=row["saved_at"],
        )


def _without_letter(keywords: str, letters: Iterable[str]) -> tuple[str, ...]:
    """Those that a file's name cannot show in its folder."""
    known = {one.lower() for one in letters}
    return tuple(one for one in keywords.split() if one.lower() not in known)
