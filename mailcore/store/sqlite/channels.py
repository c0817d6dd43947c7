"""Chat channels: bots, links to people, codes, and what is shown where.

What is to be shown follows from the holds and the quarantine themselves: a row whose hold has moved on
since is due again, so neither a crash nor an outage leaves an old question standing.
"""

import sqlite3
from datetime import datetime
from typing import Final, override

from mailcore.clock import from_micros, to_micros
from mailcore.errors import not_found
from mailcore.ids import ChannelId, ChannelLinkId, PersonId, PodId
from mailcore.model import Channel, ChannelKind, ChannelLink, ChannelMessage
from mailcore.store.ports import Audit, ChannelStore
from mailcore.store.sqlite.account_rows import optional, unique
from mailcore.store.sqlite.asking import Asking, note_told, note_untold
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.policy import append_audit
from mailcore.store.sqlite.rows import clean, instant

_INSERT: Final = """
INSERT INTO channels (id, pod_id, kind, name, account, target, sealed_secrets, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_LINK: Final = """
INSERT OR REPLACE INTO channel_links (
  id, pod_id, channel_id, person_id, user_id, user_name, target, created_at
) SELECT ?, pod_id, id, ?, ?, ?, ?, ? FROM channels WHERE id = ?
"""
_DUE: Final = """
SELECT m.* FROM channel_messages m
LEFT JOIN holds h ON h.id = m.about_id LEFT JOIN quarantine q ON q.id = m.about_id
WHERE m.channel_id = ? AND m.shown IN ('', 'asked') AND (
  m.shown = '' OR coalesce(h.status, q.status, '') <> 'pending'
  OR coalesce(h.version, 0) <> m.shown_version
  OR m.shown_votes <> (
    SELECT count(*) FROM hold_votes v WHERE v.hold_id = h.id AND v.version = h.version))
ORDER BY m.about_id, m.target LIMIT ?
"""
_SHOWN: Final = """
UPDATE channel_messages SET ref = ?, shown = ?, shown_version = ?, shown_votes = ?, error = ?, at = ?
WHERE channel_id = ? AND about_id = ? AND target = ?
"""
_WORKED: Final = """
UPDATE channels SET failures = 0, failing_since = NULL, last_error = '', last_success_at = :at
WHERE id = :id
"""
_FAILED: Final = """
UPDATE channels SET failures = failures + 1, failing_since = coalesce(failing_since, :at),
  last_error = :error
WHERE id = :id
"""


class SqliteChannels(Asking, Part, ChannelStore):
    """`ChannelStore` in SQLite."""

    @override
    async def channels(self, pod_id: PodId) -> tuple[Channel, ...]:
        sql = "SELECT * FROM channels WHERE pod_id = ? ORDER BY name, id"
        return self._database.read(
            lambda connection: tuple(map(_channel, connection.execute(sql, (pod_id,))))
        )

    @override
    async def channel(self, channel_id: ChannelId) -> Channel | None:
        sql = "SELECT * FROM channels WHERE id = ?"
        return self._database.read(
            lambda connection: optional(_channel, connection.execute(sql, (channel_id,)))
        )

    @override
    async def create_channel(self, channel: Channel, audit: Audit) -> None:
        values = (
            *(channel.id, channel.pod_id, channel.kind.value, clean(channel.name)),
            *(clean(channel.account), clean(channel.target), channel.sealed_secrets),
            to_micros(channel.created_at),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("channel", "channel_exists"):
                connection.execute(_INSERT, values)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def remove_channel(self, channel_id: ChannelId, audit: Audit) -> None:
        await self._remove("DELETE FROM channels WHERE id = ?", (channel_id,), "channel", audit)

    @override
    async def record_channel(self, channel_id: ChannelId, at: datetime, error: str) -> None:
        given = {"id": channel_id, "at": to_micros(at), "error": clean(error)}
        sql = _FAILED if error else _WORKED
        await self._write(lambda connection: connection.execute(sql, given))

    @override
    async def links(self, channel_id: ChannelId) -> tuple[ChannelLink, ...]:
        sql = "SELECT * FROM channel_links WHERE channel_id = ? ORDER BY created_at, id"
        return self._database.read(
            lambda connection: tuple(map(_link, connection.execute(sql, (channel_id,))))
        )

    @override
    async def add_link(self, link: ChannelLink, audit: Audit) -> None:
        values = (
            *(link.id, link.person_id, clean(link.user_id), clean(link.user_name)),
            *(clean(link.target), to_micros(link.created_at), link.channel_id),
        )

        def write(connection: sqlite3.Connection) -> None:
            with unique("link", "link_exists"):
                if not connection.execute(_LINK, values).rowcount:
                    raise not_found("channel")
            append_audit(connection, audit, self._clock.now())

        await self._write(write)

    @override
    async def remove_link(
        self, channel_id: ChannelId, link_id: ChannelLinkId, audit: Audit
    ) -> None:
        sql = "DELETE FROM channel_links WHERE channel_id = ? AND id = ?"
        await self._remove(sql, (channel_id, link_id), "link", audit)

    @override
    async def add_code(
        self, channel_id: ChannelId, person_id: PersonId, hash_: bytes, ends_at: datetime
    ) -> None:
        sql = """
        INSERT INTO channel_codes (hash, pod_id, channel_id, person_id, ends_at)
        SELECT ?, pod_id, id, ?, ? FROM channels WHERE id = ?
        """
        values = (hash_, person_id, to_micros(ends_at), channel_id)

        def write(connection: sqlite3.Connection) -> None:
            with unique("code", "code_exists"):
                connection.execute(sql, values)

        await self._write(write)

    @override
    async def take_code(self, channel_id: ChannelId, hash_: bytes, at: datetime) -> PersonId | None:
        sql = "DELETE FROM channel_codes WHERE hash = ? AND channel_id = ? RETURNING person_id"

        def write(connection: sqlite3.Connection) -> PersonId | None:
            late = "DELETE FROM channel_codes WHERE ends_at <= ?"
            connection.execute(late, (to_micros(at),))
            row = connection.execute(sql, (hash_, channel_id)).fetchone()
            return PersonId(row["person_id"]) if row else None

        return await self._write(write)

    @override
    async def due_messages(self, channel_id: ChannelId, limit: int) -> tuple[ChannelMessage, ...]:
        return self._database.read(
            lambda connection: tuple(map(_message, connection.execute(_DUE, (channel_id, limit))))
        )

    @override
    async def note_shown(
        self,
        message: ChannelMessage,
        *,
        ref: str,
        version: int,
        votes: int = 0,
        is_open: bool,
        at: datetime,
        error: str = "",
    ) -> None:
        shown = "failed" if error else "asked" if is_open else "closed"
        values = (
            *(clean(ref), shown, version, votes, clean(error), to_micros(at)),
            *(message.channel_id, message.about_id, message.target),
        )

        def write(connection: sqlite3.Connection) -> None:
            connection.execute(_SHOWN, values)
            if shown == "asked":
                note_told(connection, message.about_id, message.channel_id, at)

        await self._write(write)

    @override
    async def forget_messages(self, before: datetime) -> int:
        def write(connection: sqlite3.Connection) -> int:
            given = (to_micros(before),)
            connection.execute("DELETE FROM stranger_digests WHERE at < ?", given)
            sql = "DELETE FROM channel_messages WHERE shown IN ('closed', 'failed') AND at < ?"
            return connection.execute(sql, given).rowcount

        return await self._write(write)

    async def _remove(self, sql: str, values: tuple[str, ...], what: str, audit: Audit) -> None:
        """The first value is the channel."""

        def write(connection: sqlite3.Connection) -> None:
            note_untold(connection, values[0])
            if not connection.execute(sql, values).rowcount:
                raise not_found(what)
            append_audit(connection, audit, self._clock.now())

        await self._write(write)


def _channel(row: sqlite3.Row) -> Channel:
    return Channel(
        id=ChannelId(row["id"]),
        pod_id=PodId(row["pod_id"]),
        kind=ChannelKind(row["kind"]),
        name=row["name"],
        account=row["account"],
        target=row["target"],
        sealed_secrets=row["sealed_secrets"],
        created_at=from_micros(row["created_at"]),
        failures=row["failures"],
        failing_since=instant(row["failing_since"]),
        last_error=row["last_error"],
        last_success_at=instant(row["last_success_at"]),
    )


def _link(row: sqlite3.Row) -> ChannelLink:
    return ChannelLink(
        id=ChannelLinkId(row["id"]),
        channel_id=ChannelId(row["channel_id"]),
        person_id=PersonId(row["person_id"]),
        user_id=row["user_id"],
        user_name=row["user_name"],
        target=row["target"],
        created_at=from_micros(row["created_at"]),
    )


def _message(row: sqlite3.Row) -> ChannelMessage:
    return ChannelMessage(
        channel_id=ChannelId(row["channel_id"]),
        about_id=row["about_id"],
        target=row["target"],
        ref=row["ref"],
    )
