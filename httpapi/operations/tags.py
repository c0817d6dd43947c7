"""Tags: labels with a name and a color. IMAP clients see them as keywords."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Color, Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import Call, operation
from httpapi.operations.folders import the_inbox
from httpapi.operations.messages import FoundMessage, MessageList, OneMessage
from httpapi.rendering import MessageSummary, summary
from mailcore.errors import not_found
from mailcore.ids import InboxId, MessageId, TagId
from mailcore.model import Flag, Slice, Tag
from mailcore.search import HasKeyword
from mailcore.store.ports import FlagMode, MessageQuery
from mailcore.tags import DEFAULT_COLOR, MAX_NAME_CHARS

type Name = Annotated[Line, Field(min_length=1, max_length=MAX_NAME_CHARS)]


class ListTags(Page):
    """Whose tags to list."""

    identity_id: str | None = None
    """Only this inbox; all that you may read otherwise."""


class OneTag(Input):
    """Which tag."""

    tag_id: str
    """The id of a tag."""


class CreateTag(Input):
    """A new tag."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "To do", "color": "#ff8800"}]}
    )

    name: Name
    """What it is called; its keyword is made from it."""
    color: Color = DEFAULT_COLOR
    """Its color as `#rrggbb`."""
    identity_id: str | None = None
    """In which inbox; needed when you have several."""


class ChangeTag(OneTag):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"color": "#336699"}]})

    name: Name | None = None
    """What it is called; its keyword stays."""
    color: Color | None = None
    """Its color as `#rrggbb`."""


class ListTagged(OneTag, Page):
    """Which tag's messages to list."""


class MessageTag(OneMessage):
    """Which message and which tag."""

    tag: Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
    """The tag's id, keyword or name."""


class TagInfo(Output):
    """A tag."""

    id: str
    identity_id: str
    name: str
    keyword: str
    """What stands among a message's labels, and what IMAP clients see."""
    color: str
    created_at: Timestamp


class TagDetail(TagInfo):
    """A tag, and how many messages have it."""

    message_count: int


class TagList(Listing[TagInfo]):
    """A page of tags by name."""


async def list_tags(call: Call, given: ListTags) -> TagList:
    """The tags of an inbox, or of all that you may read."""
    inbox_id = InboxId(given.identity_id) if given.identity_id else None
    found = await call.services.tags.tags(call.actor, inbox_id)
    return TagList.of(
        given,
        sliced(found, given, lambda one: (one.name, one.keyword, one.id)),
        _info,
    )


async def create_tag(call: Call, given: CreateTag) -> TagInfo:
    """Make a tag. Messages that have its keyword already have the tag."""
    inbox_id = await the_inbox(call, given.identity_id)
    return _info(await call.services.tags.create(call.actor, inbox_id, given.name, given.color))


async def get_tag(call: Call, given: OneTag) -> TagDetail:
    """One tag, and how many messages have it."""
    tag = await call.services.tags.tag(call.actor, TagId(given.tag_id))
    found = await call.services.mailboxes.messages(
        call.actor,
        MessageQuery(inbox_ids=(tag.inbox_id,), keyword=tag.keyword, part=Slice(limit=0)),
    )
    return view(TagDetail, _info(tag), message_count=found.total)


async def change_tag(call: Call, given: ChangeTag) -> TagInfo:
    """Give a tag another name or color."""
    return _info(
        await call.services.tags.change(
            call.actor, TagId(given.tag_id), name=given.name, color=given.color
        )
    )


async def delete_tag(call: Call, given: OneTag) -> None:
    """Delete a tag and take it off every message."""
    services = call.services
    tag = await services.tags.tag(call.actor, TagId(given.tag_id))
    for mailbox in await services.mailboxes.list(call.actor, tag.inbox_id):
        uids = await services.mailboxes.search(mailbox, HasKeyword(tag.keyword))
        if uids:
            await services.mailboxes.set_flags(
                mailbox, [(uid, uid) for uid in uids], FlagMode.REMOVE, Flag(0), (tag.keyword,)
            )
    await services.tags.delete(call.actor, tag.id)


async def list_tagged_messages(call: Call, given: ListTagged) -> MessageList:
    """The messages that have a tag, newest first."""
    services = call.services
    tag = await services.tags.tag(call.actor, TagId(given.tag_id))
    found = await services.mailboxes.messages(
        call.actor,
        MessageQuery(
            inbox_ids=(tag.inbox_id,),
            keyword=tag.keyword,
            part=given.part,
        ),
    )
    return MessageList.of(
        given,
        found,
        lambda one: view(FoundMessage, summary(one, services.safe_text), highlights=[]),
    )


async def tag_message(call: Call, given: MessageTag) -> MessageSummary:
    """Put a tag on a message."""
    return await _set(call, given, FlagMode.ADD)


async def untag_message(call: Call, given: MessageTag) -> MessageSummary:
    """Take a tag off a message."""
    return await _set(call, given, FlagMode.REMOVE)


async def _set(call: Call, given: MessageTag, mode: FlagMode) -> MessageSummary:
    services = call.services
    message = await services.mailboxes.message(call.actor, MessageId(given.message_id))
    tag = await services.tags.named(call.actor, message.inbox_id, given.tag)
    mailbox = await services.mailboxes.by_id(call.actor, message.mailbox_id)
    if mailbox is None:
        raise not_found("message")
    await services.mailboxes.set_flags(
        mailbox, [(message.uid, message.uid)], mode, Flag(0), (tag.keyword,)
    )
    changed = await services.mailboxes.message(call.actor, message.id)
    return summary(changed, services.safe_text)


def _info(tag: Tag) -> TagInfo:
    return view(TagInfo, tag, identity_id=tag.inbox_id)


OPERATIONS = (
    operation(
        name="list_tags",
        method="GET",
        path="/v1/tags",
        summary="List tags",
        tag="Tags",
        input=ListTags,
        output=TagList,
        function=list_tags,
        tool="List the tags that messages can have.",
    ),
    operation(
        name="create_tag",
        method="POST",
        path="/v1/tags",
        summary="Create a tag",
        tag="Tags",
        input=CreateTag,
        output=TagInfo,
        success=201,
        conflicts=("tag_exists",),
        function=create_tag,
        tool="Create a tag with a name and a color.",
    ),
    operation(
        name="get_tag",
        method="GET",
        path="/v1/tags/{tag_id}",
        summary="See a tag",
        tag="Tags",
        input=OneTag,
        output=TagDetail,
        function=get_tag,
    ),
    operation(
        name="change_tag",
        method="PATCH",
        path="/v1/tags/{tag_id}",
        summary="Change a tag",
        tag="Tags",
        input=ChangeTag,
        output=TagInfo,
        function=change_tag,
    ),
    operation(
        name="delete_tag",
        method="DELETE",
        path="/v1/tags/{tag_id}",
        summary="Delete a tag",
        tag="Tags",
        input=OneTag,
        output=None,
        success=204,
        function=delete_tag,
    ),
    operation(
        name="list_tagged_messages",
        method="GET",
        path="/v1/tags/{tag_id}/messages",
        summary="List a tag's messages",
        tag="Tags",
        input=ListTagged,
        output=MessageList,
        function=list_tagged_messages,
        tool="List the messages that have a tag.",
    ),
    operation(
        name="tag_message",
        method="POST",
        path="/v1/messages/{message_id}/tags/{tag}",
        summary="Tag a message",
        tag="Tags",
        input=MessageTag,
        output=MessageSummary,
        function=tag_message,
        tool="Put a tag on a message.",
    ),
    operation(
        name="untag_message",
        method="DELETE",
        path="/v1/messages/{message_id}/tags/{tag}",
        summary="Untag a message",
        tag="Tags",
        input=MessageTag,
        output=MessageSummary,
        function=untag_message,
    ),
)
