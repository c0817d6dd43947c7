"""The messages that show holds to people in their mailboxes: found by their bytes wherever they lie."""

import sqlite3
from collections.abc import Sequence
from typing import Final, override

from mailcore.ids import HoldId, InboxId, MessageId
from mailcore.model import Hold, HoldStatus
from mailcore.store.ports import HoldCopy, LyingCopy, OutboundStore
from mailcore.store.sqlite.holds import HOLD_COLUMNS, hold_from
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import marks

_MOST: Final = 500
_UNSHOWN: Final = f"""
SELECT {HOLD_COLUMNS} FROM holds h WHERE h.status = 'pending' AND h.pod_id = (
  SELECT pod_id FROM inboxes WHERE id = ?1) AND NOT EXISTS (
  SELECT 1 FROM hold_copies c WHERE c.hold_id = h.id AND c.inbox_id = ?1 AND c.version = h.version)
ORDER BY h.created_at LIMIT {_MOST}
"""
_KEEP: Final = """
INSERT INTO hold_copies (hold_id, inbox_id, pod_id, version, sha256)
SELECT ?1, id, pod_id, ?3, ?4 FROM inboxes WHERE id = ?2
ON CONFLICT (hold_id, inbox_id) DO UPDATE SET version = excluded.version,
  sha256 = excluded.sha256, is_settled = 0
"""
_SETTLE: Final = "UPDATE hold_copies SET is_settled = 1 WHERE hold_id = ? AND inbox_id = ?"


class HoldCopies(Part, OutboundStore):
    """The verbs of `OutboundStore` about folders of people who decide."""

    @override
    async def holds_to_show(self, inbox_id: InboxId) -> tuple[Hold, ...]:
        def read(connection: sqlite3.Connection) -> tuple[Hold, ...]:
            return tuple(map(hold_from, connection.execute(_UNSHOWN, (inbox_id,))))

        return self._database.read(read)

    @override
    async def keep_hold_copy(self, copy: HoldCopy) -> None:
        values = (copy.hold_id, copy.inbox_id, copy.version, copy.sha256)
        await self._write(lambda connection: connection.execute(_KEEP, values))

    @override
    async def settle_hold_copy(self, hold_id: HoldId, inbox_id: InboxId) -> None:
        values = (hold_id, inbox_id)
        await self._write(lambda connection: connection.execute(_SETTLE, values))

    @override
    async def lying_copies(
        self, inbox_id: InboxId, folders: Sequence[str]
    ) -> tuple[LyingCopy, ...]:
        sql = f"""
        SELECT k.hold_id, k.version, m.id AS message_id, m.uid, b.name AS folder,
          h.status AS status, h.version AS current
        FROM hold_copies k JOIN holds h ON h.id = k.hold_id
        JOIN contents c ON c.sha256 = k.sha256 AND c.pod_id = k.pod_id
        JOIN messages m ON m.content_id = c.id
        JOIN mailboxes b ON b.id = m.mailbox_id AND b.inbox_id = k.inbox_id
        WHERE k.inbox_id = ? AND k.is_settled = 0 AND b.name IN ({marks(folders)})
        ORDER BY m.saved_at LIMIT {_MOST}
        """

        def read(connection: sqlite3.Connection) -> tuple[LyingCopy, ...]:
            rows = connection.execute(sql, (inbox_id, *folders))
            return tuple(
                LyingCopy(
                    hold_id=HoldId(row["hold_id"]),
                    inbox_id=inbox_id,
                    message_id=MessageId(row["message_id"]),
                    uid=row["uid"],
                    folder=row["folder"],
                    status=HoldStatus(row["status"]),
                    is_current=row["version"] == row["current"],
                )
                for row in rows
            )

        return self._database.read(read)
