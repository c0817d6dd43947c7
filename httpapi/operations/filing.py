"""Moving one message: to a folder, to Archive, Trash or Junk, and back."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from httpapi.fields import Line
from httpapi.operation import Call, operation
from httpapi.operations.messages import OneMessage
from httpapi.rendering import MessageSummary, summary
from mailcore.errors import not_found
from mailcore.ids import MessageId
from mailcore.model import INBOX, Flag, Mailbox, Message, SpecialUse
from mailcore.store.ports import FlagMode

_JUNK: Final = "$Junk"
_NOT_JUNK: Final = "$NotJunk"


class MoveMessage(OneMessage):
    """Which message, and where to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"folder": "Projects"}]})

    folder: Annotated[Line, Field(min_length=1, max_length=200)]
    """The folder it goes to."""


async def move_message(call: Call, given: MoveMessage) -> MessageSummary:
    """Move a message to a folder; its id stays."""
    mailboxes = call.services.mailboxes
    message = await mailboxes.message(call.actor, MessageId(given.message_id))
    target = await mailboxes.mailbox(call.actor, message.inbox_id, given.folder)
    return await _file(call, message, target)


async def archive_message(call: Call, given: OneMessage) -> MessageSummary:
    """Move a message to Archive."""
    return await _file_by_use(call, given, SpecialUse.ARCHIVE)


async def trash_message(call: Call, given: OneMessage) -> MessageSummary:
    """Move a message to Trash."""
    return await _file_by_use(call, given, SpecialUse.TRASH)


async def junk_message(call: Call, given: OneMessage) -> MessageSummary:
    """Mark a message as junk and move it to Junk."""
    await _mark(call, given, add=_JUNK, remove=_NOT_JUNK)
    return await _file_by_use(call, given, SpecialUse.JUNK)


async def not_junk_message(call: Call, given: OneMessage) -> MessageSummary:
    """Say that a message is no junk and move it to INBOX."""
    await _mark(call, given, add=_NOT_JUNK, remove=_JUNK)
    mailboxes = call.services.mailboxes
    message = await mailboxes.message(call.actor, MessageId(given.message_id))
    return await _file(call, message, await mailboxes.mailbox(call.actor, message.inbox_id, INBOX))


# Pieces ------------------------------------------------------------------------------------------


async def _file_by_use(call: Call, given: OneMessage, use: SpecialUse) -> MessageSummary:
    mailboxes = call.services.mailboxes
    message = await mailboxes.message(call.actor, MessageId(given.message_id))
    return await _file(call, message, await mailboxes.special(call.actor, message.inbox_id, use))


async def _file(call: Call, message: Message, target: Mailbox) -> MessageSummary:
    mailboxes = call.services.mailboxes
    source = await mailboxes.by_id(call.actor, message.mailbox_id)
    if source is None:
        raise not_found("message")
    if source.id != target.id:
        await mailboxes.move(source, [(message.uid, message.uid)], target)
    moved = await mailboxes.message(call.actor, message.id)
    return summary(moved, call.services.safe_text)


async def _mark(call: Call, given: OneMessage, *, add: str, remove: str) -> None:
    """The keywords that mail clients learn from."""
    mailboxes = call.services.mailboxes
    message = await mailboxes.message(call.actor, MessageId(given.message_id))
    source = await mailboxes.by_id(call.actor, message.mailbox_id)
    if source is None:
        raise not_found("message")
    uids = [(message.uid, message.uid)]
    await mailboxes.set_flags(source, uids, FlagMode.ADD, Flag(0), (add,))
    if remove in message.keywords:
        await mailboxes.set_flags(source, uids, FlagMode.REMOVE, Flag(0), (remove,))


OPERATIONS = (
    operation(
        name="move_message",
        method="POST",
        path="/v1/messages/{message_id}/move",
        summary="Move a message",
        tag="Messages",
        input=MoveMessage,
        output=MessageSummary,
        function=move_message,
        tool="Move a message to a folder.",
    ),
    operation(
        name="archive_message",
        method="POST",
        path="/v1/messages/{message_id}/archive",
        summary="Archive a message",
        tag="Messages",
        input=OneMessage,
        output=MessageSummary,
        function=archive_message,
        tool="Move a message to Archive.",
    ),
    operation(
        name="trash_message",
        method="POST",
        path="/v1/messages/{message_id}/trash",
        summary="Move a message to Trash",
        tag="Messages",
        input=OneMessage,
        output=MessageSummary,
        function=trash_message,
    ),
    operation(
        name="junk_message",
        method="POST",
        path="/v1/messages/{message_id}/junk",
        summary="Mark a message as junk",
        tag="Messages",
        input=OneMessage,
        output=MessageSummary,
        function=junk_message,
        tool="Mark a message as junk and move it to Junk.",
    ),
    operation(
        name="not_junk_message",
        method="POST",
        path="/v1/messages/{message_id}/not-junk",
        summary="Mark a message as no junk",
        tag="Messages",
        input=OneMessage,
        output=MessageSummary,
        function=not_junk_message,
    ),
)
