"""Holds: mail that waits for a person. Agents see their own; only people decide."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.approving import ApproverViewInfo, approver_view_info
from httpapi.fields import Input, Listing, Output, Page, Text, Timestamp, view
from httpapi.operation import DECIDERS, Call, Download, operation
from httpapi.rendering import (
    AttachmentInfo,
    HeaderField,
    attachment_info,
    read_content,
)
from mailcore.errors import not_found
from mailcore.ids import HoldId
from mailcore.message.text import html_to_text
from mailcore.model import Decision, Hold, HoldStatus, JsonObject
from mailcore.outbound.risk import Risk, risk_of


class ListHolds(Page):
    """Which holds to list."""

    status: HoldStatus | None = None
    """Only those that stand so."""


class OneHold(Input):
    """Which hold."""

    hold_id: str
    """The id of a hold."""


class DecideHold(OneHold):
    """Which hold, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It is fine."}]})

    reason: Annotated[Text, Field(max_length=1000)] = ""
    """Kept with the decision; the agent sees it."""


class HoldInfo(Output):
    """A message that waits, or waited, for a person."""

    id: str
    status: HoldStatus
    reason: str
    """Why it is held: `guard`, `manual`, `policy`."""
    categories: list[str]
    message_id: str
    """The id of the outgoing message."""
    draft_id: str | None
    agent_id: str | None
    identity_id: str | None
    thread_id: str | None
    sender: str = Field(serialization_alias="from")
    recipients: list[str]
    """Everybody it would go to, Bcc included."""
    subject: str
    created_at: Timestamp
    expires_at: Timestamp
    """Undecided by then counts as rejected."""
    decided_at: Timestamp | None
    decided_by: str
    decided_via: str
    decision_reason: str
    version: int
    digest: str
    """SHA-256 of the exact bytes and the envelope the decision is about."""
    findings: list[JsonObject] | None
    """What the guard found, masked; null for those who do not decide."""
    risk: Risk | None
    """How much attention it asks for; null for those who do not decide."""


class HeldMessage(Output):
    """What the recipients would get."""

    text: str
    html: str | None
    html_text: str | None
    """What the HTML says as text, to compare with `text`."""
    headers: list[HeaderField]
    attachments: list[AttachmentInfo]


class HoldDetail(HoldInfo):
    """A hold with the message it is about."""

    message: HeldMessage | None
    """Null for those who do not decide."""
    view: ApproverViewInfo | None
    """What notices and chats show of it, secrets masked; null for those who do not decide."""


class DecidedHold(HoldInfo):
    """A hold after a decision."""

    changed: bool
    """False when it had been decided the same way before: nothing happened."""


class HoldList(Listing[HoldInfo]):
    """A page of holds, newest first."""


async def list_holds(call: Call, given: ListHolds) -> HoldList:
    """Holds, newest first: all of them for people who decide, their own for agents."""
    found = await call.services.approvals.holds(call.actor, status=given.status, part=given.part)
    return HoldList.of(given, found, lambda one: hold_info(call, one))


async def get_hold(call: Call, given: OneHold) -> HoldDetail:
    """One hold; those who decide also see the message and the masked findings."""
    found = await call.services.approvals.hold(call.actor, HoldId(given.hold_id))
    message: HeldMessage | None = None
    seen: ApproverViewInfo | None = None
    if found.raw is not None:
        seen = approver_view_info(await call.services.showing.view(found.hold, found.raw))
        content = await read_content(found.raw, call.services.safe_text)
        message = HeldMessage(
            text=content.text,
            html=content.html,
            html_text=html_to_text(content.html) if content.html is not None else None,
            headers=content.headers,
            attachments=[attachment_info(one) for one in content.attachments],
        )
    return view(HoldDetail, hold_info(call, found.hold), message=message, view=seen)


async def get_raw_hold(call: Call, given: OneHold) -> Download:
    """The exact octets a decision is about."""
    found = await call.services.approvals.hold(call.actor, HoldId(given.hold_id))
    if found.raw is None:
        raise not_found("hold")
    return Download(raw=found.raw, content_type="message/rfc822", filename=f"{given.hold_id}.eml")


async def approve_hold(call: Call, given: DecideHold) -> DecidedHold:
    """Let a held message go, exactly as it is. An agent's key is always refused."""
    return await _decide(call, given, Decision.APPROVE)


async def reject_hold(call: Call, given: DecideHold) -> DecidedHold:
    """Discard a held message. An agent's key is always refused."""
    return await _decide(call, given, Decision.REJECT)


async def _decide(call: Call, given: DecideHold, decision: Decision) -> DecidedHold:
    decided = await call.services.approvals.decide(
        call.actor, HoldId(given.hold_id), decision, via=call.via, reason=given.reason
    )
    return view(DecidedHold, hold_info(call, decided.hold), changed=decided.changed)


def hold_info(call: Call, hold: Hold) -> HoldInfo:
    """A hold as this caller may see it."""
    is_shown = call.actor.may_decide or call.actor.reads_pod
    return view(
        HoldInfo,
        hold,
        message_id=hold.submission_id,
        identity_id=hold.inbox_id,
        digest=hold.digest.hex(),
        findings=list(hold.findings) if is_shown else None,
        risk=risk_of(hold) if is_shown else None,
        categories=list(hold.categories),
        recipients=list(hold.recipients),
    )


OPERATIONS = (
    operation(
        name="list_holds",
        method="GET",
        path="/v1/holds",
        summary="List holds",
        tag="Holds",
        input=ListHolds,
        output=HoldList,
        function=list_holds,
        tool="List messages that wait for a person, or were decided.",
    ),
    operation(
        name="get_hold",
        method="GET",
        path="/v1/holds/{hold_id}",
        summary="See a hold",
        tag="Holds",
        input=OneHold,
        output=HoldDetail,
        function=get_hold,
        tool="See how one held message stands.",
    ),
    operation(
        name="get_raw_hold",
        method="GET",
        path="/v1/holds/{hold_id}/raw",
        summary="Read the held octets",
        tag="Holds",
        input=OneHold,
        output=Download,
        media_type="message/rfc822",
        roles=DECIDERS,
        function=get_raw_hold,
    ),
    operation(
        name="approve_hold",
        method="POST",
        path="/v1/holds/{hold_id}/approve",
        summary="Approve a held message",
        tag="Holds",
        input=DecideHold,
        output=DecidedHold,
        roles=DECIDERS,
        conflicts=("already_decided", "changed"),
        function=approve_hold,
    ),
    operation(
        name="reject_hold",
        method="POST",
        path="/v1/holds/{hold_id}/reject",
        summary="Reject a held message",
        tag="Holds",
        input=DecideHold,
        output=DecidedHold,
        roles=DECIDERS,
        conflicts=("already_decided", "changed"),
        function=reject_hold,
    ),
)
