"""Conversations: their list, and one with everything needed to answer it."""

import asyncio
from typing import Annotated

from httpapi.fields import Input, Listing, Output, Page, Timestamp, view
from httpapi.marking import FOREIGN
from httpapi.operation import Call, operation
from httpapi.operations.contacts import ContactInfo, contact_info
from httpapi.operations.drafts import DraftInfo, draft_info
from httpapi.rendering import (
    Correspondent,
    MessageSummary,
    correspondents,
    read_content,
    summary,
)
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId, ThreadId
from mailcore.model import Message, Slice, Thread, ThreadStatus
from mailcore.store.ports import ThreadQuery

_MAX_TEXTS = 100
_MAX_DRAFTS = 200


class ListThreads(Page):
    """Which threads to list."""

    status: ThreadStatus | None = None
    """Only those that stand so."""
    needs_review: bool | None = None
    """Only those that wait for someone to look at them, or that do not."""
    identity_id: str | None = None
    """Only this inbox."""
    q: str = ""
    """Text in the subject or among the participants."""


class OneThread(Input):
    """Which thread."""

    thread_id: str
    """The id of a thread."""


class ThreadInfo(Output):
    """A conversation."""

    id: str
    identity_id: str
    subject: str
    status: ThreadStatus
    needs_review: bool
    message_count: int
    participants: list[Correspondent]
    preview: Annotated[str, FOREIGN]
    created_at: Timestamp
    last_message_at: Timestamp
    last_inbound_message_id: str | None
    """What a draft must be based on."""


class ThreadMessage(MessageSummary):
    """A message in its conversation. `text` is there for the newest hundred."""

    text: Annotated[str | None, FOREIGN]
    reply_text: Annotated[str | None, FOREIGN]
    """What its writer wrote, without quoted text and signature."""


class ThreadDetail(ThreadInfo):
    """A conversation with its messages, oldest first, its drafts and who is on the other end."""

    contact: ContactInfo | None
    """The correspondent in the address book."""

    messages: list[ThreadMessage]
    drafts: list[DraftInfo]


class ThreadList(Listing[ThreadInfo]):
    """A page of threads, the latest message first."""


async def list_threads(call: Call, given: ListThreads) -> ThreadList:
    """Conversations of the inboxes you may read, the one with the latest message first."""
    found = await call.services.mailboxes.threads(
        call.actor,
        ThreadQuery(
            inbox_ids=(InboxId(given.identity_id),) if given.identity_id else (),
            status=given.status,
            needs_review=given.needs_review,
            text=given.q,
            part=given.part,
        ),
    )
    return ThreadList.of(given, found, lambda one: _info(call, one))


async def get_thread(call: Call, given: OneThread) -> ThreadDetail:
    """One conversation: every message oldest first with its text, every draft, the contact."""
    services = call.services
    thread = await services.mailboxes.thread(call.actor, ThreadId(given.thread_id))
    messages = await services.mailboxes.thread_messages(call.actor, thread)
    drafts = await services.drafts.drafts(
        call.actor, thread_id=thread.id, part=Slice(limit=_MAX_DRAFTS)
    )
    contact = await services.contacts.of_thread(thread)
    first_read = max(0, len(messages) - _MAX_TEXTS)
    read = [
        await _message(call, one, with_text=index >= first_read)
        for index, one in enumerate(messages)
    ]
    return view(
        ThreadDetail,
        _info(call, thread),
        contact=contact_info(call, contact) if contact is not None else None,
        messages=read,
        drafts=[draft_info(one) for one in drafts.rows],
    )


async def _message(call: Call, message: Message, *, with_text: bool) -> ThreadMessage:
    services = call.services
    text: str | None = None
    written: str | None = None
    if with_text:
        try:
            raw = await services.mailboxes.raw(message)
        except MailError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
        else:
            content = await read_content(raw, services.safe_text)
            text, written = content.text, content.reply_text
            await asyncio.sleep(0)
    return view(ThreadMessage, summary(message, services.safe_text), text=text, reply_text=written)


def _info(call: Call, thread: Thread) -> ThreadInfo:
    safe_text = call.services.safe_text
    return ThreadInfo(
        id=thread.id,
        identity_id=thread.inbox_id,
        subject=thread.subject if thread.subject.isascii() else safe_text(thread.subject)[0],
        status=thread.status,
        needs_review=thread.needs_review,
        message_count=thread.message_count,
        participants=correspondents(thread.participants, safe_text),
        preview=thread.preview if thread.preview.isascii() else safe_text(thread.preview)[0],
        created_at=thread.created_at,
        last_message_at=thread.last_message_at,
        last_inbound_message_id=thread.last_inbound_id,
    )


OPERATIONS = (
    operation(
        name="list_threads",
        method="GET",
        path="/v1/threads",
        summary="List threads",
        tag="Threads",
        input=ListThreads,
        output=ThreadList,
        function=list_threads,
        tool="List conversations, the latest first, by status or need of review.",
    ),
    operation(
        name="get_thread",
        method="GET",
        path="/v1/threads/{thread_id}",
        summary="Read a thread",
        tag="Threads",
        input=OneThread,
        output=ThreadDetail,
        function=get_thread,
        tool="Read a conversation with all messages and drafts. Do this before drafting a reply.",
    ),
)
