"""The suppression list: addresses that get no mail any more."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Instant, Line, Listing, Output, Page, Timestamp
from httpapi.operation import MASTER, Call, operation
from mailcore.ids import InboxId, SuppressionId
from mailcore.model import Permission, Suppression, SuppressionReason
from mailcore.outbound.suppressions import NewSuppression


class ListSuppressions(Page):
    """Which entries to list."""

    address: Annotated[Line, Field(max_length=320)] | None = None
    """Only this address."""


class AddSuppression(Input):
    """An address that is to get no mail."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"address": "bo@example.net", "note": "asked by phone"}]}
    )

    address: Annotated[Line, Field(min_length=3, max_length=320)]
    """The address."""
    identity_id: str | None = None
    """Only for mail from this inbox; for all with the master key alone."""
    note: Annotated[Line, Field(max_length=300)] = ""
    """Why, for those who read it later."""
    expires_at: Instant | None = None
    """When it ends; never when left out."""


class OneSuppression(Input):
    """Which entry."""

    suppression_id: str
    """The id of an entry."""


class SuppressionInfo(Output):
    """An address that gets no mail."""

    id: str
    address: str
    identity_id: str | None
    """The inbox it counts for; null for all."""
    reason: SuppressionReason
    source: str
    """What the remote server said, or who asked for it."""
    created_at: Timestamp
    expires_at: Timestamp | None


class SuppressionList(Listing[SuppressionInfo]):
    """A page of the list, newest first."""


async def list_suppressions(call: Call, given: ListSuppressions) -> SuppressionList:
    """Addresses that get no mail, newest first; an agent sees those of its own inboxes."""
    found = await call.services.suppressions.items(
        call.actor, address=given.address, part=given.part
    )
    return SuppressionList.of(given, found, _info)


async def add_suppression(call: Call, given: AddSuppression) -> SuppressionInfo:
    """Stop mail to an address. One that is on the list for good already stays as it is."""
    new = NewSuppression(
        address=given.address,
        inbox_id=InboxId(given.identity_id) if given.identity_id else None,
        note=given.note,
        expires_at=given.expires_at,
    )
    return _info(await call.services.suppressions.add(call.actor, new))


async def lift_suppression(call: Call, given: OneSuppression) -> None:
    """Let mail to the address out again."""
    await call.services.suppressions.lift(call.actor, SuppressionId(given.suppression_id))


def _info(found: Suppression) -> SuppressionInfo:
    return SuppressionInfo(
        id=found.id,
        address=str(found.address),
        identity_id=found.inbox_id,
        reason=found.reason,
        source=found.source,
        created_at=found.created_at,
        expires_at=found.expires_at,
    )


OPERATIONS = (
    operation(
        name="list_suppressions",
        method="GET",
        path="/v1/suppressions",
        summary="List addresses that get no mail",
        tag="Queue",
        input=ListSuppressions,
        output=SuppressionList,
        function=list_suppressions,
    ),
    operation(
        name="add_suppression",
        method="POST",
        path="/v1/suppressions",
        summary="Stop mail to an address",
        tag="Queue",
        input=AddSuppression,
        output=SuppressionInfo,
        success=201,
        needs=Permission.MANAGE,
        function=add_suppression,
    ),
    operation(
        name="lift_suppression",
        method="DELETE",
        path="/v1/suppressions/{suppression_id}",
        summary="Let mail to the address out again",
        tag="Queue",
        input=OneSuppression,
        output=None,
        roles=MASTER,
        success=204,
        function=lift_suppression,
    ),
)
