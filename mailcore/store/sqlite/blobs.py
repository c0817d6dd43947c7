"""Where bytes are: with their rows, or in a file that the mirror or a large delivery wrote.

A file may move between the look-up and the open: the mirror makes the new name, records it and only
then removes the old one, so that looking again finds it.
"""

import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, override

from mailcore.clock import to_micros
from mailcore.errors import ErrorKind, MailError, not_found
from mailcore.ids import BlobRef
from mailcore.store.layout import folder_path
from mailcore.store.ports import BlobStore, Files, NewMessage
from mailcore.store.sqlite.db import Database

INLINE_BYTES: Final = 256 * 1024
"""Bytes up to this size go into the database with their rows, larger ones into a file first."""

_TRIES = 4
_ALL = 2**31 - 1
_REFUSED = frozenset({ErrorKind.NOT_FOUND, ErrorKind.INVALID, ErrorKind.CONFLICT, ErrorKind.DENIED})
_FIND = """
SELECT coalesce(f.path, (
  SELECT g.path FROM files g WHERE g.content_id = f.content_id AND g.path IS NOT NULL LIMIT 1)),
  CASE WHEN f.path IS NULL THEN (
    SELECT substr(p.bytes, ?2, ?3) FROM pending_bytes p WHERE p.content_id = f.content_id) END
FROM files f WHERE f.ref = ?1
"""


class SqliteBlobs(BlobStore):
    """`BlobStore` on the database and the files beside it."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    @override
    async def read(self, blob: BlobRef, start: int = 0, length: int | None = None) -> bytes:
        values = (blob, start + 1, _ALL if length is None else length)
        for _ in range(_TRIES):
            found = self._database.read_row(_FIND, values)
            if found is None:
                break
            path, inline = found
            if inline is not None:
                return bytes(inline)
            if path is None:
                break
            raw = await self._files.read(path, start, length)
            if raw is not None:
                return raw
        raise not_found("the message file")

    @override
    async def read_many(
        self, wanted: Sequence[tuple[BlobRef, int, int]]
    ) -> tuple[bytes | None, ...]:
        if len(wanted) == 1:
            ((blob, start, length),) = wanted
            return (await self._read_moved(blob, start, length),)

        def find(connection: sqlite3.Connection) -> list[tuple[str | None, bytes | None]]:
            return _find_all(connection, wanted)

        is_little = sum(length for _, _, length in wanted) <= INLINE_BYTES
        found = self._database.read(find) if is_little else await self._database.read_slow(find)
        read = [inline for _, inline in found]
        on_disk = [
            (number, (path, *wanted[number][1:]))
            for number, (path, inline) in enumerate(found)
            if inline is None and path is not None
        ]
        raws = await self._files.read_many([place for _, place in on_disk]) if on_disk else ()
        for (number, _), raw in zip(on_disk, raws, strict=True):
            read[number] = raw if raw is not None else await self._read_moved(*wanted[number])
        return tuple(read)

    async def _read_moved(self, blob: BlobRef, start: int, length: int) -> bytes | None:
        """Bytes looked for by themselves; None when they are gone."""
        try:
            return await self.read(blob, start, length)
        except MailError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            return None


def _find_all(
    connection: sqlite3.Connection, wanted: Sequence[tuple[BlobRef, int, int]]
) -> list[tuple[str | None, bytes | None]]:
    """File or bytes of each, nothing of what is gone."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return [
        cursor.execute(_FIND, (blob, start + 1, length)).fetchone() or (None, None)
        for blob, start, length in wanted
    ]


async def land(files: Files, wanted: Iterable[tuple[str, bytes, bytes, int]]) -> dict[bytes, str]:
    """Write the bytes that are too many for a transaction, given as (folder, digest, bytes, time).

    Returns their files by digest; nothing is left when one of them cannot be written.
    """
    landed: dict[bytes, str] = {}
    try:
        for folder, sha256, raw, at in wanted:
            if len(raw) > INLINE_BYTES and sha256 not in landed:
                landed[sha256] = await files.put(folder, raw, at)
    except MailError:
        await files.remove([*landed.values()])
        raise
    return landed


async def land_messages(files: Files, messages: Sequence[NewMessage]) -> dict[bytes, str]:
    """`land` for messages, in their inbox; the mirror moves the file on."""
    if all(len(new.raw) <= INLINE_BYTES for new in messages):
        return {}
    return await land(
        files,
        (
            (
                folder_path(new.inbox_id, ""),
                new.facts.sha256,
                new.raw,
                to_micros(new.internal_date),
            )
            for new in messages
        ),
    )


@asynccontextmanager
async def unless_refused(files: Files, landed: Mapping[bytes, str]) -> AsyncIterator[None]:
    """Remove what landed when the transaction is refused.

    After an I/O error the outcome of a commit is unknown, so the files stay for the janitor.
    """
    try:
        yield
    except MailError as error:
        if landed and (error.kind in _REFUSED or error.code == "over_quota"):
            await files.remove([*landed.values()])
        raise
