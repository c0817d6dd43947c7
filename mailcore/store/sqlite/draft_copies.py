r"""The messages in Drafts that show drafts, inside a transaction: placing, replacing, removing.

A draft names its message (`drafts.message_id`) for as long as that is in the mailbox it was placed
in. The link is the only tie between the two, so nothing that arrives in Drafts can start a loop.
"""

import sqlite3

from mailcore.ids import DraftId, MailboxId, MessageId
from mailcore.store.ports import NewMessage
from mailcore.store.sqlite.contents import ContentCache
from mailcore.store.sqlite.mailbox_rows import (
    REMOVED_COLUMNS,
    owner,
    removable,
    remove_messages,
    require_mailbox,
)
from mailcore.store.sqlite.placing import place

_SHOWN = f"""
SELECT {REMOVED_COLUMNS} FROM messages
WHERE id = (SELECT message_id FROM drafts WHERE id = ?)
"""
_MAILBOX = "SELECT mailbox_id FROM messages WHERE rid = ?"
_LINK = "UPDATE drafts SET message_id = ? WHERE id = ?"


def show_draft(
    connection: sqlite3.Connection,
    draft_id: DraftId,
    shown: NewMessage,
    at: int,
    contents: ContentCache,
) -> None:
    """Put a draft's message into Drafts in place of the one before."""
    hide_draft(connection, draft_id, at)
    placed = place(connection, shown, at, contents)
    connection.execute(_LINK, (placed.id, draft_id))


def hide_draft(connection: sqlite3.Connection, draft_id: DraftId, at: int) -> None:
    """Take a draft's message out of Drafts, if there is one."""
    for removed in list(removable(connection.execute(_SHOWN, (draft_id,)))):
        mailbox_id = connection.execute(_MAILBOX, (removed.rid,)).fetchone()[0]
        mailbox = require_mailbox(connection, MailboxId(mailbox_id))
        connection.execute(_LINK, (None, draft_id))
        remove_messages(connection, owner(connection, mailbox.inbox_id), mailbox, [removed], at)


def unlink(connection: sqlite3.Connection, message_id: MessageId) -> DraftId | None:
    """Cut the tie of a message that left its mailbox; the draft it showed."""
    sql = "UPDATE drafts SET message_id = NULL WHERE message_id = ? RETURNING id"
    row = connection.execute(sql, (message_id,)).fetchone()
    return DraftId(row[0]) if row else None
