"""The event log for pollers; the same path streams when `text/event-stream` is asked for."""

from typing import Annotated

from pydantic import Field

from httpapi.eventlog import event_data, scope_of
from httpapi.fields import MAX_LIMIT, MAX_NUMBER, Input, Output, Timestamp
from httpapi.operation import Call, operation
from mailcore.credentials import key_ended
from mailcore.ids import Seq
from mailcore.model import Event, JsonObject
from mailcore.store.ports import EventFilter

MAX_WAIT_SECONDS = 60.0
_SLICE_SECONDS = 1.0


class ListEvents(Input):
    """From where, and how long to wait."""

    since: Annotated[int, Field(ge=0, le=MAX_NUMBER)] | None = None
    """The `next` of the answer before. Left out: from the beginning, or from now when waiting."""
    wait: Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS)] = 0
    """Seconds to wait for a first event when there is none."""
    limit: Annotated[int, Field(ge=1, le=5 * MAX_LIMIT)] = 100
    """How many at most."""


class EventInfo(Output):
    """Something that happened."""

    id: int
    """Its number; numbers rise, in the order of commits."""
    type: str
    """Such as `email.received`."""
    created_at: Timestamp
    data: JsonObject


class EventList(Output):
    """Events, oldest first."""

    data: list[EventInfo]
    next: int
    """Give this as `since` next time."""


async def list_events(call: Call, given: ListEvents) -> EventList:
    """Events after `since`, oldest first; with `wait`, held open until there is one.

    With `Accept: text/event-stream` the answer is a stream that goes on from `Last-Event-ID` (or
    `since`), pings every 30 seconds and lasts until either side ends it.
    """
    journal = call.services.journal
    where = scope_of(call.actor)
    if given.since is None and given.wait:
        cursor = await journal.head()
    else:
        cursor = Seq(given.since or 0)
    events, cursor = await journal.since(cursor, where, given.limit)
    if not events and given.wait:
        with call.waits.one_more(call.actor):
            events, cursor = await _waited(call, given, cursor, where)
    return EventList(data=[_info(call, one) for one in events], next=cursor)


async def _waited(
    call: Call, given: ListEvents, cursor: Seq, where: EventFilter
) -> tuple[tuple[Event, ...], Seq]:
    events: tuple[Event, ...] = ()
    waited = 0.0
    while not events and waited < given.wait and not call.is_stopping():
        seconds = min(_SLICE_SECONDS, given.wait - waited)
        events, cursor = await call.services.journal.wait(
            cursor, where, timeout_seconds=seconds, limit=given.limit
        )
        waited += seconds
        if not await call.services.accounts.is_current(call.actor):
            raise key_ended()
    return events, cursor


def _info(call: Call, event: Event) -> EventInfo:
    return EventInfo(
        id=event.seq,
        type=event.name,
        created_at=event.at,
        data=event_data(event, call.services.safe_text),
    )


OPERATIONS = (
    operation(
        name="list_events",
        method="GET",
        path="/v1/events",
        summary="Read or stream events",
        tag="Events",
        input=ListEvents,
        output=EventList,
        conflicts=("cursor_too_old",),
        function=list_events,
        tool="Wait for new events, such as a message that arrives.",
    ),
)
