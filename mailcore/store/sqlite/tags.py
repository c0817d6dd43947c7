"""Tags: what gives a keyword of an inbox a name and a color."""

import sqlite3
from collections.abc import Sequence
from typing import override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import InboxId, PodId, TagId
from mailcore.model import Tag
from mailcore.store.ports import Audit, TagStore
from mailcore.store.sqlite.account_rows import optional, unique
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import marks

_INSERT = """
INSERT INTO tags (id, pod_id, inbox_id, keyword, name, color, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


class SqliteTags(Part, TagStore):
    """`TagStore` in SQLite."""

    @override
    async def tags(self, inbox_ids: Sequence[InboxId]) -> tuple[Tag, ...]:
        sql = f"""
        SELECT * FROM tags WHERE inbox_id IN ({marks(inbox_ids)}) ORDER BY name, keyword, id
        """
        return self._database.read(
            lambda connection: tuple(map(_tag, connection.execute(sql, tuple(inbox_ids))))
        )

    @override
    async def tag(self, tag_id: TagId) -> Tag | None:
        sql = "SELECT * FROM tags WHERE id = ?"
        return self._database.read(
            lambda connection: optional(_tag, connection.execute(sql, (tag_id,)))
        )

    @override
    async def create_tag(self, tag: Tag, audit: Audit) -> None:
        values = (
            *(tag.id, tag.pod_id, tag.inbox_id, tag.keyword, tag.name, tag.color),
            to_micros(tag.created_at),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("tag", "tag_exists"):
                connection.execute(_INSERT, values)
            append_audit(connection, audit, self._clock.now())

        await self._database.run(write)

    @override
    async def update_tag(self, tag: Tag, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            sql = "UPDATE tags SET name = ?, color = ? WHERE id = ?"
            if not connection.execute(sql, (tag.name, tag.color, tag.id)).rowcount:
                raise not_found("tag")
            append_audit(connection, audit, self._clock.now())

        await self._database.run(write)

    @override
    async def delete_tag(self, tag_id: TagId, audit: Audit) -> None:
        def write(connection: sqlite3.Connection) -> None:
            if not connection.execute("DELETE FROM tags WHERE id = ?", (tag_id,)).rowcount:
                raise not_found("tag")
            append_audit(connection, audit, self._clock.now())

        await self._database.run(write)


def _tag(row: sqlite3.Row) -> Tag:
    return Tag(
        id=TagId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        inbox_id=InboxId(row["inbox_id"]),
        keyword=row["keyword"],
        name=row["name"],
        color=row["color"],
        created_at=from_micros(row["created_at"]),
    )
