"""Who has written to an inbox before: asked by inboxes that only reply.

The address book counts senders a moment after their mail arrived, so the conversation that is being
answered is looked at as well.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final, override

from mailcore.address import Address, try_address
from mailcore.ids import InboxId
from mailcore.store.ports import OutboundStore
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import clean, facts_from, marks
from mailcore.store.sqlite.threads import ref_hash

_KNOWN: Final = "SELECT 1 FROM contacts WHERE inbox_id = ? AND folded = ? AND message_count > 0"
_MOST: Final = 200
"""How many messages of a conversation are looked at, the newest."""


class Strangers(Part, OutboundStore):
    """The verb of `OutboundStore` about recipients that never wrote."""

    @override
    async def strangers(
        self, inbox_id: InboxId, recipients: Sequence[Address], answered: Sequence[str]
    ) -> tuple[Address, ...]:
        def find(connection: sqlite3.Connection) -> tuple[Address, ...]:
            unknown = [
                one
                for one in recipients
                if not connection.execute(_KNOWN, (inbox_id, clean(one.folded))).fetchone()
            ]
            wrote = _writers(connection, inbox_id, answered) if unknown else frozenset()
            return tuple(one for one in unknown if one.folded not in wrote)

        return self._database.read(find)


def _writers(
    connection: sqlite3.Connection, inbox_id: InboxId, answered: Sequence[str]
) -> frozenset[str]:
    """The senders of what arrived in the conversations with these Message-IDs."""
    hashes = [ref_hash(one) for one in answered]
    sql = f"""
    SELECT c.* FROM messages m JOIN contents c ON c.id = m.content_id
    WHERE m.direction = 'inbound' AND m.thread_id IN (
      SELECT coalesce(t.merged_into, t.id) FROM thread_refs r JOIN threads t ON t.id = r.thread_id
      WHERE r.inbox_id = ? AND r.ref_hash IN ({marks(hashes)}))
    ORDER BY m.internal_date DESC LIMIT {_MOST}
    """
    senders = (facts_from(row).sender for row in connection.execute(sql, (inbox_id, *hashes)))
    found = (try_address(one.address) for one in senders if one is not None)
    return frozenset(one.folded for one in found if one is not None)
