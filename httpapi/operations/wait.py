"""Mail as an agent reads it: a digest of what is there, and waiting for what has yet to come."""

from typing import Annotated, Final

from pydantic import Field

from httpapi.extracting import ReadMessage, read_message
from httpapi.fields import MAX_NUMBER, Input, Instant, Listing, Output, Page
from httpapi.operation import Call, operation
from httpapi.rendering import MessageSummary, read_content, summary
from mailcore.credentials import key_ended
from mailcore.errors import ErrorKind, MailError, not_found
from mailcore.ids import InboxId, MessageId, Seq, ThreadId
from mailcore.message.text import preview
from mailcore.model import Event, Listed, Message, Slice
from mailcore.store.ports import EventFilter, MessageQuery

MAX_DIGEST: Final = 50
MAX_WAIT_SECONDS: Final = 300.0
_STORED_PREVIEW: Final = 200
_SLICE_SECONDS: Final = 1.0
_LEAST: Final = 0.05
_BATCH: Final = 100
_LOOK_BACK: Final = 200
_ELLIPSIS: Final = "…"


class ReadDigest(Page):
    """Which messages to sum up."""

    limit: Annotated[int, Field(ge=1, le=MAX_DIGEST)] = 20
    """How many at most."""
    preview_length: Annotated[int, Field(ge=50, le=500)] = 200
    """How many characters of each."""
    folder: str | None = "INBOX"
    """Only this folder; all of them when empty."""
    identity_id: str | None = None
    """Only this inbox."""
    unread: bool | None = None
    """Only unread (`true`) or read (`false`) messages."""
    since: Instant | None = None
    """Received at this time or later."""


class Digest(Listing[MessageSummary]):
    """A page of messages, newest first, each with the beginning of its text in `preview`."""


class WaitForMessage(Input):
    """What to wait for: a message that fits every filter given."""

    timeout: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 60
    """Seconds to wait at most."""
    sender: Annotated[str, Field(validation_alias="from", max_length=320)] = ""
    """Text in the sender's name or address."""
    subject: Annotated[str, Field(max_length=500)] = ""
    """Text in the subject."""
    in_reply_to: Annotated[str, Field(max_length=1000)] = ""
    """The message that it answers: the id of one of yours, or a Message-ID."""
    thread_id: str | None = None
    """Only in this conversation."""
    identity_id: str | None = None
    """Only in this inbox."""
    contains_code: bool | None = None
    """Only with (`true`) or without (`false`) a one-time code."""
    since: Instant | None = None
    """Also look at messages received at this time or later; the newest that fits is the answer."""
    cursor: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None
    """Go on from an earlier answer's `cursor`, so that nothing is missed in between."""


class WaitResult(Output):
    """The message, or nothing when the time was over."""

    message: ReadMessage | None
    is_timeout: bool
    cursor: int
    """Where to go on waiting."""


async def read_digest(call: Call, given: ReadDigest) -> Digest:
    """Messages with the beginning of what was written in each, quoted text left out."""
    services = call.services
    found = await services.mailboxes.messages(
        call.actor,
        MessageQuery(
            inbox_ids=(InboxId(given.identity_id),) if given.identity_id else (),
            mailbox=given.folder or None,
            is_unread=given.unread,
            since=given.since,
            part=given.part,
        ),
    )
    rows = [await _digested(call, one, given.preview_length) for one in found.rows]
    listed = Listed(
        rows=tuple(rows),
        total=found.total,
        is_total_exact=found.is_total_exact,
        following=found.following,
    )
    return Digest.of(given, listed, lambda one: one)


async def _digested(call: Call, message: Message, length: int) -> MessageSummary:
    """A message with a preview of this length: from what is stored, or from the text when longer."""
    row = summary(message, call.services.safe_text)
    stored = message.facts.preview
    if length <= _STORED_PREVIEW or not stored.endswith(_ELLIPSIS):
        return row.model_copy(update={"preview": preview(row.preview, length)})
    try:
        raw = await call.services.mailboxes.raw(message)
    except MailError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return row
    content = await read_content(raw, call.services.safe_text)
    return row.model_copy(update={"preview": preview(content.text, length)})


async def wait_for_message(call: Call, given: WaitForMessage) -> WaitResult:
    """The first message that fits, held open until it arrives or the time is over.

    Only messages that arrive after the call count, unless `since` or `cursor` reach back. Codes and
    links in it are in `extracted`.
    """
    services = call.services
    cursor = await services.journal.head() if given.cursor is None else Seq(given.cursor)
    inboxes = await _inboxes(call, given)
    reply_id = await _reply_id(call, given.in_reply_to)
    if given.since is not None:
        answer = await _already(call, given, inboxes, reply_id)
        if answer is not None:
            return WaitResult(message=answer, is_timeout=False, cursor=cursor)
    where = EventFilter(pod_id=call.actor.pod_id, inbox_ids=inboxes, names=("email.received",))
    deadline = services.clock.monotonic() + given.timeout
    with call.waits.one_more(call.actor):
        return await _waited(call, given, cursor, where, deadline, reply_id)


async def _waited(
    call: Call,
    given: WaitForMessage,
    cursor: Seq,
    where: EventFilter,
    deadline: float,
    reply_id: str,
) -> WaitResult:
    services = call.services
    while True:
        left = deadline - services.clock.monotonic()
        events, cursor = await services.journal.wait(
            cursor, where, timeout_seconds=max(_LEAST, min(_SLICE_SECONDS, left)), limit=_BATCH
        )
        if not await services.accounts.is_current(call.actor):
            raise key_ended()
        for event in events:
            answer = await _fitting(call, given, event, reply_id)
            if answer is not None:
                return WaitResult(message=answer, is_timeout=False, cursor=event.seq)
        if services.clock.monotonic() >= deadline or call.is_stopping():
            return WaitResult(message=None, is_timeout=True, cursor=cursor)


async def _inboxes(call: Call, given: WaitForMessage) -> tuple[InboxId, ...]:
    mailboxes = call.services.mailboxes
    if given.thread_id is not None:
        thread = await mailboxes.thread(call.actor, ThreadId(given.thread_id))
        if given.identity_id in (None, thread.inbox_id):
            return (thread.inbox_id,)
    if given.identity_id is not None:
        return ((await mailboxes.inbox(call.actor, InboxId(given.identity_id))).id,)
    found = tuple(one.id for one in await mailboxes.inboxes(call.actor))
    if not found:
        raise not_found("inbox")
    return found


async def _reply_id(call: Call, wanted: str) -> str:
    """The Message-ID that an answer names; one of our own ids is looked up."""
    if not wanted:
        return ""
    try:
        message = await call.services.mailboxes.message(call.actor, MessageId(wanted))
    except MailError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return wanted.strip().removeprefix("<").removesuffix(">")
    return message.facts.message_id


async def _already(
    call: Call, given: WaitForMessage, inboxes: tuple[InboxId, ...], reply_id: str
) -> ReadMessage | None:
    """The newest message since then that fits."""
    found = await call.services.mailboxes.messages(
        call.actor,
        MessageQuery(
            inbox_ids=inboxes,
            sender=given.sender,
            subject=given.subject,
            since=given.since,
            thread_id=ThreadId(given.thread_id) if given.thread_id else None,
            part=Slice(limit=_LOOK_BACK),
        ),
    )
    for message in found.rows:
        if message.direction.value == "inbound":
            answer = await _read(call, given, message, reply_id)
            if answer is not None:
                return answer
    return None


async def _fitting(
    call: Call, given: WaitForMessage, event: Event, reply_id: str
) -> ReadMessage | None:
    try:
        message = await call.services.mailboxes.message(
            call.actor, MessageId(str(event.body["message_id"]))
        )
    except MailError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
    return await _read(call, given, message, reply_id)


async def _read(
    call: Call, given: WaitForMessage, message: Message, reply_id: str
) -> ReadMessage | None:
    """The whole message when it fits."""
    if not _fits(given, message, reply_id):
        return None
    if given.thread_id is not None:
        thread = await call.services.mailboxes.thread(call.actor, ThreadId(given.thread_id))
        if thread.id != message.thread_id:
            return None
    try:
        answer = await read_message(call.services, message)
    except MailError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
    has_code = bool(answer.extracted.codes)
    return answer if given.contains_code in (None, has_code) else None


def _fits(given: WaitForMessage, message: Message, reply_id: str) -> bool:
    facts = message.facts
    sender = f"{facts.sender.name} <{facts.sender.address}>" if facts.sender else ""
    return (
        given.sender.casefold() in sender.casefold()
        and given.subject.casefold() in facts.subject.casefold()
        and (not reply_id or reply_id in (facts.in_reply_to, *facts.references))
    )


OPERATIONS = (
    operation(
        name="read_digest",
        method="GET",
        path="/v1/messages/digest",
        summary="Read a digest",
        tag="Messages",
        input=ReadDigest,
        output=Digest,
        function=read_digest,
        tool="Get an overview of the inbox: messages with the beginning of each text.",
    ),
    operation(
        name="wait_for_message",
        method="GET",
        path="/v1/messages/wait",
        summary="Wait for a message",
        tag="Messages",
        input=WaitForMessage,
        output=WaitResult,
        conflicts=("cursor_too_old",),
        function=wait_for_message,
        tool="Wait for a message, such as an answer or a sign-up mail; gives its codes and links.",
    ),
)
