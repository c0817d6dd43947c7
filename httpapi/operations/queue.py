"""The queue: what waits to be delivered, and what the owner does about it."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import (
    MAX_NUMBER,
    Flag,
    Input,
    Line,
    Listing,
    Output,
    Page,
    Timestamp,
    sliced,
    view,
)
from httpapi.operation import MASTER, READERS, Call, operation
from mailcore.errors import invalid
from mailcore.ids import PauseId, QueueId
from mailcore.model import (
    Lane,
    Outcome,
    Position,
    QueueItem,
    QueuePause,
    QueueScope,
    RecipientState,
    ScopeKind,
    TlsLevel,
)
from mailcore.outbound.queue import MAX_REASON

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
    message: Annotated[Line, Field(max_length=100)] | None = None
    """Only this message, by its id."""
    domain: Annotated[Line, Field(max_length=253)] | None = None
    """Only recipients outside at this domain."""
    agent: Annotated[Line, Field(max_length=100)] | None = None
    """Only what this agent sent, by its id or name."""


class QueuePart(Input):
    """Which part of the queue: exactly one of these."""

    message: Annotated[Line, Field(max_length=100)] | None = None
    """A message, by its id."""
    domain: Annotated[Line, Field(max_length=253)] | None = None
    """Recipients outside at this domain."""
    agent: Annotated[Line, Field(max_length=100)] | None = None
    """What this agent sends, by its id or name."""
    everything: Flag = False
    """Everything but notices of the server itself."""


class NewPause(QueuePart):
    """What to hold back, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"domain": "customer.example", "reason": "they move"}]}
    )

    reason: Annotated[Line, Field(max_length=MAX_REASON)] = ""
    """For those who wonder why nothing moves."""


class OnePause(Input):
    """Which pause."""

    pause_id: str
    """The id of a pause."""


class ListPauses(Page):
    """Which pauses to list: all."""


class PauseInfo(Output):
    """A part of the queue that waits until it is resumed."""

    id: str
    scope: ScopeKind
    """`message`, `domain`, `agent` or `all`."""
    value: str
    """The message's id, the domain, or the agent's id."""
    reason: str
    actor: str
    created_at: Timestamp


class PauseList(Listing[PauseInfo]):
    """A page of pauses, oldest first."""


class Changed(Output):
    """How many recipients it was about."""

    changed: int


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
    lane: Lane
    """What it waits beside: `priority`, `system`, `local` or `remote` mail."""
    attempts: int
    next_at: Timestamp
    created_at: Timestamp
    code: int
    """The last SMTP reply code; 0 before the first attempt."""
    reply: str
    """What the recipient's server said last."""
    tls: str
    """Protocol and cipher of the last connection; empty for plain text."""
    tls_level: TlsLevel
    """How well it was protected, from worst to best: empty (no connection), `plain`, `opportunistic`, `verified`, `mta_sts`, `dane`."""


class AttemptInfo(Output):
    """One attempt to deliver to a recipient."""

    at: Timestamp
    outcome: Outcome
    code: int
    enhanced_code: str
    reply: str
    remote: str
    """The host as `name[address]:port`, `local`, or empty when none was reached."""
    tls: str
    """Protocol and cipher; empty for plain text."""
    tls_level: TlsLevel
    """How well it was protected, as in `QueueInfo`."""


class QueueDetail(QueueInfo):
    """One recipient with its past attempts, and the pauses that keep it."""

    history: list[AttemptInfo]
    """Oldest first."""
    pauses: list[PauseInfo]


class QueueList(Listing[QueueInfo]):
    """A page of the queue, oldest first."""


async def list_queue(call: Call, given: ListQueue) -> QueueList:
    """Recipients that wait, oldest first; an agent sees those of its own mail."""
    found = await call.services.queue.items(
        call.actor,
        states=given.state,
        scope=_one_of(given.message, given.domain, given.agent),
        part=given.part,
    )
    return QueueList.of(given, found, _info)


async def retry_now(call: Call, given: OneQueueItem) -> QueueInfo:
    """Try a waiting recipient now."""
    return _info(await call.services.queue.retry(call.actor, QueueId(given.queue_id)))


async def drop(call: Call, given: OneQueueItem) -> None:
    """Give a waiting recipient up, without a bounce."""
    await call.services.queue.drop(call.actor, QueueId(given.queue_id))


async def get_queue_item(call: Call, given: OneQueueItem) -> QueueDetail:
    """One recipient of one message: every attempt, with what the other side said."""
    found = await call.services.queue.item(call.actor, QueueId(given.queue_id))
    return view(
        QueueDetail,
        _info(found.item),
        history=[view(AttemptInfo, one) for one in found.attempts],
        pauses=[_pause(one) for one in found.pauses],
    )


async def retry_queue(call: Call, given: QueuePart) -> Changed:
    """Try everything that waits in a part of the queue now."""
    return Changed(changed=await call.services.queue.retry_scope(call.actor, _scope(given)))


async def drop_queue(call: Call, given: QueuePart) -> Changed:
    """Give up everything that waits in a part of the queue, without bounces."""
    return Changed(changed=await call.services.queue.drop_scope(call.actor, _scope(given)))


async def list_pauses(call: Call, given: ListPauses) -> PauseList:
    """What is paused, oldest first."""
    found = await call.services.queue.pauses(call.actor)
    return PauseList.of(given, sliced(found, given, _by_age), _pause)


async def pause_queue(call: Call, given: NewPause) -> PauseInfo:
    """Begin nothing of a part of the queue until it is resumed; what is under way ends."""
    return _pause(await call.services.queue.pause(call.actor, _scope(given), given.reason))


async def resume_queue(call: Call, given: OnePause) -> None:
    """End a pause: what is due is tried at once."""
    await call.services.queue.resume(call.actor, PauseId(given.pause_id))


def _scope(given: QueuePart) -> QueueScope:
    scope = _one_of(given.message, given.domain, given.agent, is_all=given.everything)
    if scope is None:
        raise invalid("domain", "name a part: message, domain, agent or everything")
    return scope


def _one_of(
    message: str | None, domain: str | None, agent: str | None, *, is_all: bool = False
) -> QueueScope | None:
    named = [
        QueueScope(kind=kind, value=value)
        for kind, value in (
            (ScopeKind.MESSAGE, message),
            (ScopeKind.DOMAIN, domain),
            (ScopeKind.AGENT, agent),
            (ScopeKind.ALL, "" if is_all else None),
        )
        if value is not None
    ]
    if len(named) > 1:
        raise invalid(named[1].kind.value, "name one part of the queue only")
    return named[0] if named else None


def _by_age(pause: QueuePause) -> Position:
    return (int(pause.created_at.timestamp() * 1_000_000), pause.id)


def _pause(pause: QueuePause) -> PauseInfo:
    return PauseInfo(
        id=pause.id,
        scope=pause.scope.kind,
        value=pause.scope.value,
        reason=pause.reason,
        actor=pause.actor,
        created_at=pause.created_at,
    )


def _info(item: QueueItem) -> QueueInfo:
    return QueueInfo(
        id=item.id,
        message_id=item.submission_id,
        recipient=str(item.recipient),
        state=item.state,
        is_local=item.is_local,
        lane=item.lane,
        attempts=item.attempts,
        next_at=item.next_at,
        created_at=item.created_at,
        code=item.last_code,
        reply=item.last_reply,
        tls=item.last_tls,
        tls_level=item.last_tls_level,
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
        name="get_queue_item",
        method="GET",
        path="/v1/queue/{queue_id}",
        summary="Get a recipient",
        tag="Queue",
        input=OneQueueItem,
        output=QueueDetail,
        function=get_queue_item,
    ),
    operation(
        name="retry_queue",
        method="POST",
        path="/v1/queue/retry",
        summary="Try a part now",
        tag="Queue",
        input=QueuePart,
        output=Changed,
        roles=MASTER,
        function=retry_queue,
    ),
    operation(
        name="drop_queue",
        method="POST",
        path="/v1/queue/drop",
        summary="Give up a part",
        tag="Queue",
        input=QueuePart,
        output=Changed,
        roles=MASTER,
        function=drop_queue,
    ),
    operation(
        name="list_queue_pauses",
        method="GET",
        path="/v1/queue-pauses",
        summary="List pauses",
        tag="Queue",
        input=ListPauses,
        output=PauseList,
        roles=READERS,
        function=list_pauses,
    ),
    operation(
        name="pause_queue",
        method="POST",
        path="/v1/queue-pauses",
        summary="Pause a part",
        tag="Queue",
        input=NewPause,
        output=PauseInfo,
        roles=MASTER,
        success=201,
        conflicts=("already_paused",),
        function=pause_queue,
    ),
    operation(
        name="resume_queue",
        method="DELETE",
        path="/v1/queue-pauses/{pause_id}",
        summary="Resume a part",
        tag="Queue",
        input=OnePause,
        output=None,
        roles=MASTER,
        success=204,
        function=resume_queue,
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
