"""Mail that went through the door, sent or held, with the verdict it got."""

import sqlite3
from typing import Final, override

from mailcore.ids import AgentId, BlobRef, PodId, SubmissionId
from mailcore.model import HoldStatus
from mailcore.store.ports import OutboundStore, PastMail
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import SUBMISSION_COLUMNS, SUBMISSION_JOINS, load, submitted_from

_PAST: Final = f"""
SELECT {SUBMISSION_COLUMNS}, s.verdict, h.status AS hold_status, m.blob AS kept
FROM submissions s {SUBMISSION_JOINS}
LEFT JOIN holds h ON h.id = s.hold_id
LEFT JOIN messages m ON m.id = s.id
WHERE s.pod_id = :pod AND NOT s.is_system AND (:before IS NULL OR s.id < :before)
  AND (:agent IS NULL OR s.inbox_id IN (SELECT id FROM inboxes WHERE agent_id = :agent))
ORDER BY s.id DESC LIMIT :limit
"""


class PastMails(Part, OutboundStore):
    """The verb of `OutboundStore` about what went through the door."""

    @override
    async def past_mail(
        self,
        pod_id: PodId,
        *,
        agent_id: AgentId | None,
        before: SubmissionId | None,
        limit: int,
    ) -> tuple[PastMail, ...]:
        values = {"pod": pod_id, "agent": agent_id, "before": before, "limit": limit}

        def read(connection: sqlite3.Connection) -> tuple[PastMail, ...]:
            return tuple(map(_past, connection.execute(_PAST, values)))

        return await self._database.read_slow(read)


def _past(row: sqlite3.Row) -> PastMail:
    blob = row["blob"] or row["kept"]
    return PastMail(
        submitted=submitted_from(row),
        verdict=load(row["verdict"]),
        hold_status=HoldStatus(row["hold_status"]) if row["hold_status"] else None,
        blob=BlobRef(blob) if blob else None,
    )
