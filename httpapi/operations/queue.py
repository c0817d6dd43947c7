"""The queue: what waits to be delivered, and the two buttons."""

from typing import Annotated

from pydantic import Field

from httpapi.fields import MAX_NUMBER, Input, Listing, Output, Page, Timestamp
from httpapi.operation import MASTER, Call, operation
from mailcore.ids import QueueId
from mailcore.model import QueueItem, RecipientState

_WAITING = (
    RecipientState.HELD,
    RecipientState.SCHEDULED,
    RecipientState.DUE,
    RecipientState.LEASED,
)


class ListQueue(Page):
    """Which rows to list."""

    state: Annotated[tuple[RecipientState, ...], Field(max_length=20)] = _WAITING
    """One or several states, comma-separated; by default everything that waits."""


class OneQueueItem(Input):
    """Which row."""

    queue_id: Annotated[int, Field(ge=0, le=MAX_NUMBER)]
    """The number of a row."""


class QueueInfo(Output):
    """One recipient of one message."""

    id: int
    message_id: str
    recipient: str
    state: RecipientState
    is_local: bool
    attempts: int
    next_at: Timestamp
    created_at: Timestamp
    code: int
    """The last SMTP reply code; 0 before the first attempt."""
    reply: str
    """What the recipient's server said last."""


class QueueList(Listing[QueueInfo]):
    """A page of the queue, oldest first."""


async def list_queue(call: Call, given: ListQueue) -> QueueList:
    """Recipients that wait, oldest first; an agent sees those of its own mail."""
    found = await call.services.queue.items(call.actor, states=given.state, part=given.part)
    return QueueList.of(given, found, _info)


async def retry_now(call: Call, given: OneQueueItem) -> QueueInfo:
    """Try a waiting recipient now."""
    return _info(await call.services.queue.retry(call.actor, QueueId(given.queue_id)))


async def drop(call: Call, given: OneQueueItem) -> None:
    """Give a waiting recipient up, without a bounce."""
    await call.services.queue.drop(call.actor, QueueId(given.queue_id))


def _info(item: QueueItem) -> QueueInfo:
    return QueueInfo(
        id=item.id,
        message_id=item.submission_id,
        recipient=str(item.recipient),
        state=item.state,
        is_local=item.is_local,
        attempts=item.attempts,
        next_at=item.next_at,
        created_at=item.created_at,
        code=item.last_code,
        reply=item.last_reply,
    )


OPERATIONS = (
    operation(
        name="list_queue",
        method="GET",
        path="/v1/queue",
        summary="List the queue",
        tag="Queue",
        input=ListQueue,
        output=QueueList,
        function=list_queue,
    ),
    operation(
        name="retry_queue_item",
        method="POST",
        path="/v1/queue/{queue_id}/retry",
        summary="Try now",
        tag="Queue",
        input=OneQueueItem,
        output=QueueInfo,
        roles=MASTER,
        conflicts=("wrong_state",),
        function=retry_now,
    ),
    operation(
        name="drop_queue_item",
        method="DELETE",
        path="/v1/queue/{queue_id}",
        summary="Give up",
        tag="Queue",
        input=OneQueueItem,
        output=None,
        roles=MASTER,
        success=204,
        conflicts=("wrong_state",),
        function=drop,
    ),
)
