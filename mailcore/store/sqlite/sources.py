"""The latest arrived mail of an inbox: where an agent's words and recipients may come from."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Final

from mailcore.address import Address, try_address
from mailcore.ids import BlobRef, InboxId, MessageId
from mailcore.store.ports import Source, Sources
from mailcore.store.sqlite.rows import clean, dump, marks, security_from
from mailcore.store.sqlite.threads import ref_hash

_MAX_THREADS: Final = 40
_MAX_MESSAGES: Final = 100
_MAX_OCTETS: Final = 256 * 1024
_THREADS: Final = f"""
SELECT id FROM threads WHERE inbox_id = ? AND merged_into IS NULL
ORDER BY last_message_at DESC LIMIT {_MAX_THREADS}
"""
_CONTACT: Final = "SELECT status, message_count FROM contacts WHERE inbox_id = ? AND folded = ?"
_SENT: Final = """
SELECT 1 FROM (
  SELECT status, envelope_recipients FROM submissions WHERE inbox_id = ?
  ORDER BY created_at DESC LIMIT 500)
WHERE status NOT IN ('held', 'rejected', 'expired') AND instr(lower(envelope_recipients), ?) > 0
"""


def find_sources(
    connection: sqlite3.Connection,
    inbox_id: InboxId,
    recipients: Sequence[Address],
    answered: Sequence[str],
) -> Sources:
    """`GuardStore.sources` in one connection."""
    conversation = _conversation(connection, inbox_id, answered)
    threads = [str(row["id"]) for row in connection.execute(_THREADS, (inbox_id,))]
    chosen = [*conversation, *(one for one in threads if one not in conversation)]
    folded = {one.folded for one in recipients}
    trusted: dict[str, bool] = {}
    sources: list[Source] = []
    for row in connection.execute(_messages(chosen), chosen) if chosen else ():
        sender = _sender(row["addresses"])
        if sender not in trusted:
            trusted[sender] = _contact(connection, inbox_id, sender)[0]
        is_clean = security_from(row["security"]).level in {"clean", "internal"}
        sources.append(
            Source(
                message_id=MessageId(row["id"]),
                blob=BlobRef(row["blob"]),
                sender=sender,
                is_shared=row["thread_id"] in conversation or sender in folded,
                is_trusted=is_clean and trusted[sender],
            )
        )
    writers = {one.sender for one in sources}
    unknown = tuple(
        one
        for one in recipients
        if one.folded not in writers and not _is_known(connection, inbox_id, one)
    )
    return Sources(sources=tuple(sources), new_recipients=unknown)


def _contact(connection: sqlite3.Connection, inbox_id: InboxId, folded: str) -> tuple[bool, bool]:
    """Whether a person trusts this address, and whether it ever wrote."""
    row = connection.execute(_CONTACT, (inbox_id, clean(folded))).fetchone()
    return (row["status"] == "trusted", row["message_count"] > 0) if row else (False, False)


def _is_known(connection: sqlite3.Connection, inbox_id: InboxId, address: Address) -> bool:
    """Trusted, or wrote, or was written to: an entry that the agent made itself says nothing."""
    if any(_contact(connection, inbox_id, address.folded)):
        return True
    pair = dump([address.local.lower(), address.domain.lower()]).removesuffix("]")
    return connection.execute(_SENT, (inbox_id, pair)).fetchone() is not None


def _messages(threads: Sequence[str]) -> str:
    return f"""
    SELECT m.id, m.thread_id, m.blob, j.security, c.addresses FROM messages m
    JOIN contents c ON c.id = m.content_id LEFT JOIN judgments j ON j.rid = m.rid
    WHERE m.thread_id IN ({marks(threads)}) AND m.direction = 'inbound'
      AND m.size_bytes <= {_MAX_OCTETS}
    ORDER BY m.internal_date DESC LIMIT {_MAX_MESSAGES}
    """


def _conversation(
    connection: sqlite3.Connection, inbox_id: InboxId, answered: Sequence[str]
) -> frozenset[str]:
    """The threads with these Message-IDs."""
    hashes = [ref_hash(one) for one in answered[:_MAX_MESSAGES]]
    sql = f"""
    SELECT coalesce(t.merged_into, t.id) AS id FROM thread_refs r JOIN threads t ON t.id = r.thread_id
    WHERE r.inbox_id = ? AND r.ref_hash IN ({marks(hashes)})
    """
    return frozenset(str(row["id"]) for row in connection.execute(sql, (inbox_id, *hashes)))


def _sender(addresses: str) -> str:
    people: dict[str, list[list[str]]] = json.loads(addresses)
    first = people["from"][0][1] if people["from"] else ""
    found = try_address(first) if first else None
    return found.folded if found else ""
