"""How much an inbox has sent of late, and whom it knows: what brakes are decided on, in one read."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, override

from mailcore.address import Address
from mailcore.clock import to_micros
from mailcore.ids import InboxId
from mailcore.model import Inbox
from mailcore.store.ports import OutboundStore, SendingFacts
from mailcore.store.sqlite.part import Part
from mailcore.store.sqlite.rows import clean

_COUNTED: Final = "('queued', 'scheduled', 'sent', 'failed')"
_OF_INBOX = f"""
SELECT count(*) FROM submissions s
WHERE s.inbox_id = ? AND s.created_at > ? AND s.status IN {_COUNTED}
  AND EXISTS (SELECT 1 FROM recipients r WHERE r.submission_id = s.id AND r.is_local = 0)
"""
_OF_AGENT = f"""
SELECT count(*) FROM inboxes i JOIN submissions s ON s.inbox_id = i.id
WHERE i.agent_id = ? AND s.created_at > ? AND s.status IN {_COUNTED}
  AND EXISTS (SELECT 1 FROM recipients r WHERE r.submission_id = s.id AND r.is_local = 0)
"""
_HEARD_FROM = """
SELECT 1 FROM contacts WHERE inbox_id = ? AND folded = ?
  AND (message_count > 0 OR status = 'trusted')
"""
_WROTE_TO = """
SELECT 1 FROM recipients r JOIN submissions s ON s.id = r.submission_id
WHERE r.domain = ? AND lower(r.local) = ? AND s.inbox_id = ? AND r.state NOT IN ('held', 'canceled')
LIMIT 1
"""
_MAX_DOMAINS: Final = 2000
_DOMAINS = f"""
SELECT domain FROM contacts WHERE inbox_id = ?1 AND (message_count > 0 OR status = 'trusted')
UNION SELECT r.domain FROM (
  SELECT id FROM submissions WHERE inbox_id = ?1 ORDER BY created_at DESC LIMIT {_MAX_DOMAINS}) s
  JOIN recipients r ON r.submission_id = s.id
  WHERE r.is_local = 0 AND r.state NOT IN ('held', 'canceled')
LIMIT {_MAX_DOMAINS}
"""


def _read(
    connection: sqlite3.Connection,
    inbox: Inbox,
    new: tuple[Address, ...],
    since: tuple[datetime, datetime] | None,
) -> SendingFacts:
    """Domains are looked up only when somebody is new, and counts only when they matter."""
    known: frozenset[str] = frozenset()
    if new:
        known = frozenset(row[0] for row in connection.execute(_DOMAINS, (inbox.id,)))
    facts = SendingFacts(
        new_recipients=new,
        new_domains=tuple(dict.fromkeys(one.domain for one in new if one.domain not in known)),
        known_domains=known,
    )
    if since is None:
        return facts
    hour, day = map(to_micros, since)
    return replace(
        facts,
        inbox_hour=_count(connection, _OF_INBOX, inbox.id, hour),
        inbox_day=_count(connection, _OF_INBOX, inbox.id, day),
        agent_hour=_count(connection, _OF_AGENT, inbox.agent_id or "", hour),
        agent_day=_count(connection, _OF_AGENT, inbox.agent_id or "", day),
    )


def _is_known(connection: sqlite3.Connection, inbox_id: InboxId, address: Address) -> bool:
    if connection.execute(_HEARD_FROM, (inbox_id, clean(address.folded))).fetchone():
        return True
    values = (address.domain, clean(address.local.lower()), inbox_id)
    return connection.execute(_WROTE_TO, values).fetchone() is not None


def _count(connection: sqlite3.Connection, sql: str, who: str, since: int) -> int:
    count: int = connection.execute(sql, (who, since)).fetchone()[0]
    return count


class SendingCounts(Part, OutboundStore):
    """The verb of `OutboundStore` about what an inbox has sent."""

    @override
    async def sending_facts(
        self,
        inbox: Inbox,
        outside: Sequence[Address],
        since: tuple[datetime, datetime] | None,
    ) -> SendingFacts:
        new = self._database.read(
            lambda connection: tuple(
                one for one in outside if not _is_known(connection, inbox.id, one)
            )
        )
        if not new and since is None:
            return SendingFacts()
        return await self._database.read_slow(partial(_read, inbox=inbox, new=new, since=since))
