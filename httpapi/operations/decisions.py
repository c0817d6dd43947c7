"""Many decisions in one call, each on what was seen; and what deciding costs people."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Output, Text, view
from httpapi.operation import DECIDERS, PEOPLE, Call, operation
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId
from mailcore.model import Decision

_MOST = 100


class SeenHold(Input):
    """A hold as it was seen."""

    hold_id: str
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """The `digest` the hold had when it was read: what has another is not decided."""


class DecideMany(Input):
    """What to decide, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": "approve",
                    "items": [
                        {"hold_id": "01a1fa90-91c4-743c-b040-ebca48354356", "digest": "0" * 64}
                    ],
                }
            ]
        }
    )

    decision: Literal["approve", "reject"]
    """The same for all of them."""
    items: Annotated[list[SeenHold], Field(min_length=1, max_length=_MOST)]
    """At most 100."""
    reason: Annotated[Text, Field(max_length=1000)] = ""
    """Kept with each decision."""


class DecidedOne(Output):
    """What became of one of them."""

    hold_id: str
    status: str | None
    """How it stands now; null when it was not decided."""
    changed: bool
    """Whether this call decided it."""
    error: str | None
    """Why it was not decided: `changed`, `already_decided`, `not_found`, …"""


class DecidedMany(Output):
    """What became of each, in the order given."""

    data: list[DecidedOne]


class AskFigures(Input):
    """How far back."""

    days: Annotated[int, Field(ge=1, le=365)] = 30
    """The last so many days."""


class DayInfo(Output):
    """The holds that ended on one UTC day."""

    day: date
    approved: int
    rejected: int
    expired: int
    median_seconds: float
    """From the making of a hold to its end; half took longer."""
    by_way: dict[str, int]
    """How many were decided in which way: `api`, `mail`, `imap`, …"""


class DecisionFigures(Output):
    """Days with decisions, oldest first."""

    data: list[DayInfo]


async def decide_holds(call: Call, given: DecideMany) -> DecidedMany:
    """Decide many holds, each only if it still is what was seen. One that fails stops no other."""
    return DecidedMany(data=[await _decide(call, given, one) for one in given.items])


async def _decide(call: Call, given: DecideMany, one: SeenHold) -> DecidedOne:
    try:
        decided = await call.services.approvals.decide(
            call.actor,
            HoldId(one.hold_id),
            Decision(given.decision),
            via=call.via,
            reason=given.reason,
            seen=bytes.fromhex(one.digest),
        )
    except MailError as error:
        if error.kind not in (ErrorKind.CONFLICT, ErrorKind.NOT_FOUND):
            raise
        reason = error.code or error.kind.value
        return DecidedOne(hold_id=one.hold_id, status=None, changed=False, error=reason)
    status = decided.hold.status.value
    return DecidedOne(hold_id=one.hold_id, status=status, changed=decided.changed, error=None)


async def decision_figures(call: Call, given: AskFigures) -> DecisionFigures:
    """How many decisions each day had, and how long they took."""
    found = await call.services.approvals.figures(call.actor, given.days)
    return DecisionFigures(data=[view(DayInfo, one) for one in found])


OPERATIONS = (
    operation(
        name="decide_holds",
        method="POST",
        path="/v1/decisions",
        summary="Decide many holds",
        tag="Holds",
        input=DecideMany,
        output=DecidedMany,
        roles=DECIDERS,
        function=decide_holds,
    ),
    operation(
        name="decision_figures",
        method="GET",
        path="/v1/decisions",
        summary="See how many decisions there were",
        tag="Holds",
        input=AskFigures,
        output=DecisionFigures,
        roles=PEOPLE,
        function=decision_figures,
    ),
)
