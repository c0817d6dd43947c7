"""Mail that waits for its time: list it, move it, take it back. And how an inbox sends."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from httpapi.fields import Line, Listing, Output, Page, Timestamp, view
from httpapi.operation import MASTER, Call, operation
from httpapi.operations.identities import OneIdentity
from httpapi.operations.messages import OneMessage
from httpapi.operations.sending import Sent, sent
from mailcore.ids import InboxId, SubmissionId
from mailcore.model import Permission, SubmissionStatus, Submitted
from mailcore.outbound.send_time import MAX_CHARS


class ScheduledInfo(Output):
    """A message that waits for its time."""

    id: str
    identity_id: str | None
    thread_id: str | None
    status: SubmissionStatus
    """`scheduled`, or `held` when a person has to let it through first; it keeps its time."""
    subject: str
    recipients: list[str]
    send_at: Timestamp
    hold_id: str | None


class ScheduledList(Listing[ScheduledInfo]):
    """A page of what waits for its time, the earliest first."""


class MoveScheduled(OneMessage):
    """Another time."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"send_at": "tomorrow 8am"}]})

    send_at: Annotated[Line, Field(min_length=1, max_length=MAX_CHARS)]
    """When, in any of the forms of `send_message`."""


class SendingPolicyInfo(Output):
    """How an inbox sends. A cap of 0 is none."""

    timezone: str
    """What times of scheduled mail mean that have no zone of their own."""
    send_delay_seconds: int
    """How long mail waits in which it can be taken back."""
    max_per_hour: int
    max_per_day: int
    over_cap: Literal["hold", "refuse"]
    new_recipient: Literal["allow", "hold"]
    """Mail to an address the inbox has never written to nor heard from."""
    new_domain: Literal["allow", "hold"]
    look_alike: Literal["allow", "hold"]
    """Mail to a new domain that looks like one the inbox knows."""


class ChangeSending(OneIdentity):
    """What to change; what is left out stays, null goes back to the configuration."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"timezone": "Europe/Berlin", "max_per_hour": 50}]}
    )

    timezone: Annotated[Line, Field(max_length=64)] | None = None
    """An IANA name such as `Europe/Berlin`."""
    send_delay_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """How long mail waits in which it can be taken back; 0 for not at all."""
    max_per_hour: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Messages in 60 minutes; 0 for any number."""
    max_per_day: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Messages in 24 hours; 0 for any number."""
    over_cap: Literal["hold", "refuse"] | None = None
    """What becomes of a message over a cap."""
    new_recipient: Literal["allow", "hold"] | None = None
    """Mail to an address the inbox has never written to nor heard from."""
    new_domain: Literal["allow", "hold"] | None = None
    """Mail to a domain the inbox has never written to nor heard from."""
    look_alike: Literal["allow", "hold"] | None = None
    """Mail to a new domain that looks like one the inbox knows."""


async def list_scheduled(call: Call, given: Page) -> ScheduledList:
    """Messages that wait for their time, the earliest first."""
    found = await call.services.schedule.items(call.actor, given.part)
    return ScheduledList.of(given, found, _info)


async def reschedule(call: Call, given: MoveScheduled) -> Sent:
    """Give a message that has not left another time; one that is held keeps it for later."""
    schedule = call.services.schedule
    moved = await schedule.move(call.actor, SubmissionId(given.message_id), given.send_at)
    return await sent(call, moved)


async def cancel_scheduled(call: Call, given: OneMessage) -> None:
    """Take a message back before its time; nothing of it leaves."""
    await call.services.schedule.cancel(call.actor, SubmissionId(given.message_id))


async def get_sending(call: Call, given: OneIdentity) -> SendingPolicyInfo:
    """How an inbox sends: its time zone, undo window and brakes."""
    inbox_id = InboxId(given.identity_id)
    return view(SendingPolicyInfo, await call.services.sending.read(call.actor, inbox_id))


async def change_sending(call: Call, given: ChangeSending) -> SendingPolicyInfo:
    """Change how an inbox sends."""
    changes = given.model_dump(exclude_unset=True, exclude={"identity_id"})
    inbox_id = InboxId(given.identity_id)
    return view(
        SendingPolicyInfo, await call.services.sending.change(call.actor, inbox_id, changes)
    )


def _info(found: Submitted) -> ScheduledInfo:
    return ScheduledInfo(
        id=found.id,
        identity_id=found.inbox_id,
        thread_id=found.thread_id,
        status=found.status,
        subject=found.subject,
        recipients=[str(one) for one in found.envelope.recipients],
        send_at=found.envelope.terms.release_at or found.created_at,
        hold_id=found.hold_id,
    )


OPERATIONS = (
    operation(
        name="list_scheduled",
        method="GET",
        path="/v1/scheduled",
        summary="List mail that waits for its time",
        tag="Messages",
        input=Page,
        output=ScheduledList,
        function=list_scheduled,
        tool="List the messages you scheduled for later.",
    ),
    operation(
        name="reschedule_message",
        method="PATCH",
        path="/v1/scheduled/{message_id}",
        summary="Send at another time",
        tag="Messages",
        input=MoveScheduled,
        output=Sent,
        needs=Permission.SEND,
        conflicts=("not_scheduled",),
        function=reschedule,
        tool="Give a scheduled message another time.",
    ),
    operation(
        name="cancel_scheduled",
        method="DELETE",
        path="/v1/scheduled/{message_id}",
        summary="Take a message back before its time",
        tag="Messages",
        input=OneMessage,
        output=None,
        success=204,
        needs=Permission.SEND,
        conflicts=("not_scheduled",),
        function=cancel_scheduled,
        tool="Take back a message that has not left yet: a scheduled one, or one in its undo window.",
    ),
    operation(
        name="get_sending_policy",
        method="GET",
        path="/v1/identities/{identity_id}/sending",
        summary="See how an identity sends",
        tag="Identities",
        input=OneIdentity,
        output=SendingPolicyInfo,
        function=get_sending,
    ),
    operation(
        name="change_sending_policy",
        method="PATCH",
        path="/v1/identities/{identity_id}/sending",
        summary="Change how an identity sends",
        tag="Identities",
        input=ChangeSending,
        output=SendingPolicyInfo,
        roles=MASTER,
        function=change_sending,
    ),
)
