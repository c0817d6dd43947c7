"""Holds: mail that waits for a person. Agents see their own; only people decide."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from httpapi.approving import ApproverViewInfo, approver_view_info
from httpapi.fields import (
    MAX_NUMBER,
    WHOLE,
    Input,
    Line,
    Listing,
    Output,
    Page,
    Recipients,
    Text,
    Timestamp,
    by_age,
    sliced,
    view,
)
from httpapi.operation import DECIDERS, PEOPLE, Call, Download, operation
from httpapi.rendering import (
    AttachmentInfo,
    HeaderField,
    attachment_info,
    read_content,
)
from mailcore.errors import not_found
from mailcore.ids import GrantId, HoldId
from mailcore.message.text import html_to_text
from mailcore.model import ChannelKind, Decision, Grant, Hold, HoldStatus, JsonObject
from mailcore.outbound.approvals import HoldView, Remember
from mailcore.outbound.changes import Shown, changes, of_message
from mailcore.outbound.revisions import HoldChange
from mailcore.outbound.risk import Risk, risk_of
from mailcore.store.ports import HoldVersion


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


class RememberApproval(Input):
    """An approval that counts for later mail of the inbox too."""

    days: Annotated[int, Field(ge=1, le=365), WHOLE] = 30
    """For how long."""
    scope: Literal["recipient", "domain"] = "recipient"
    """The same addresses, or everybody in their domains; public mail providers are refused."""


class ApproveHold(DecideHold):
    """Which hold, and how far the approval goes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "It is fine.", "remember": {"days": 30}}]}
    )

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """The `digest` it had when it was read: if it has changed since, the answer is 409 `changed`."""
    without: Recipients = ()
    """Recipients it is not to go to: a new version, which this call approves."""
    remember: RememberApproval | None = None
    """Let later mail to the same pass too: without findings, or with those approved now; never what is critical."""


class EditHold(OneHold):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "They come on Monday.", "version": 1}]}
    )

    version: Annotated[int, Field(ge=1, le=MAX_NUMBER), WHOLE] | None = None
    """The version that was read: if it has changed since, the answer is 409 `changed`."""
    subject: Line | None = None
    """Another subject."""
    text: Text | None = None
    """Another text; without `html` the message has no HTML any more."""
    html: Text | None = None
    """Another HTML form; without `text` the text follows from it."""
    to: Recipients | None = None
    """Whom it is for, instead."""
    cc: Recipients | None = None
    """Other recipients that everybody sees."""
    bcc: Recipients | None = None
    """Other recipients that nobody sees."""
    reason: Annotated[Text, Field(max_length=1000)] = ""
    """Kept with the version before."""


class ListHoldVersions(OneHold, Page):
    """Of which hold."""


class OneGrant(Input):
    """Which remembered approval."""

    grant_id: str
    """The id of a remembered approval."""


class GrantInfo(Output):
    """An approval that counts for later mail."""

    id: str
    identity_id: str
    recipient: str
    """An address, or a domain as `@example.org`."""
    rules: list[str]
    """Findings of these rules pass with it."""
    hold_id: str
    """The decision it comes from."""
    created_by: str
    created_at: Timestamp
    expires_at: Timestamp


class GrantList(Listing[GrantInfo]):
    """Remembered approvals, oldest first."""


class HoldInfo(Output):
    """A message that waits, or waited, for a person."""

    id: str
    status: HoldStatus
    reason: str
    """Why it is held: `guard`, `manual`, `policy`, `rule`, or `restored` after a rebuild: it may have left."""
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
    approved_once_by: list[str]
    """Who approved it while it needs one more person."""
    reminders: int
    """How often it was told of again by itself."""
    version: int
    digest: str
    """SHA-256 of the exact bytes and the envelope the decision is about."""
    findings: list[JsonObject] | None
    """What the guard found, masked; null for those who do not decide."""
    risk: Risk | None
    """How much attention it asks for; null for those who do not decide."""
    like_hold_id: str | None
    """The first hold that it is nearly the same as; null for those who do not decide."""
    attempt: int | None
    """Which attempt it is at what that holds; null for those who do not decide."""


class HeldMessage(Output):
    """What the recipients would get."""

    text: str
    html: str | None
    html_text: str | None
    """What the HTML says as text, to compare with `text`."""
    headers: list[HeaderField]
    attachments: list[AttachmentInfo]


class AskedChat(Output):
    """A chat where people are asked."""

    kind: ChannelKind
    channel: str
    """Its name."""
    state: Literal["waiting", "asked", "closed", "failed"]
    """`waiting` until the chat shows it; `failed` when the chat refuses it for good."""
    error: str
    at: Timestamp


class HoldDetail(HoldInfo):
    """A hold with the message it is about."""

    message: HeldMessage | None
    """Null for those who do not decide."""
    asked_at: Timestamp | None
    """When people began to be asked; null while it waits to be told with others, or for agents."""
    asked_first: Literal["", "mail", "telegram", "slack", "dashboard"]
    """Who is asked before the others, as things are now; empty when everybody is."""
    asked_in: list[AskedChat]
    """Chats that show it, or are about to; empty for those who do not decide."""
    view: ApproverViewInfo | None
    """What notices and chats show of it, secrets masked; null for those who do not decide."""


class HoldVersionInfo(Output):
    """A held message as it was at one version, or is."""

    version: int
    digest: str
    recipients: list[str]
    subject: str
    text: str
    """How it reads: recipients, subject, text and names of files."""
    changes: str
    """What is new against the version before: lines with `+`, `-` or neither; empty for the first."""
    ended_by: str
    """Who changed it; empty for the version that stands."""
    ended_at: Timestamp | None
    reason: str
    """Why, in their words."""


class HoldVersionList(Listing[HoldVersionInfo]):
    """A page of versions, oldest first."""


class DecidedHold(HoldInfo):
    """A hold after a decision. `pending` after an approval: it needs one more person."""

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
    where = await call.services.channels.where_asked(call.actor, found.hold)
    return view(
        HoldDetail,
        hold_info(call, found.hold),
        message=message,
        view=seen,
        asked_at=found.hold.asked_at if found.raw is not None else None,
        asked_first=where.first.channel,
        asked_in=[view(AskedChat, one, channel=one.name) for one in where.places],
    )


async def get_raw_hold(call: Call, given: OneHold) -> Download:
    """The exact octets a decision is about."""
    found = await call.services.approvals.hold(call.actor, HoldId(given.hold_id))
    if found.raw is None:
        raise not_found("hold")
    return Download(raw=found.raw, content_type="message/rfc822", filename=f"{given.hold_id}.eml")


async def approve_hold(call: Call, given: ApproveHold) -> DecidedHold:
    """Let a held message go, exactly as it is. An agent's key is always refused."""
    wish = given.remember
    return await _decide(
        call,
        given,
        Decision.APPROVE,
        without=given.without,
        digest=given.digest,
        remember=Remember(days=wish.days, is_for_domain=wish.scope == "domain") if wish else None,
    )


async def reject_hold(call: Call, given: DecideHold) -> DecidedHold:
    """Discard a held message. An agent's key is always refused."""
    return await _decide(call, given, Decision.REJECT)


async def edit_hold(call: Call, given: EditHold) -> HoldDetail:
    """Change a held message as a person: a new version, judged and decided anew.

    Tokens, links, buttons and approvals of the version before are void; its bytes are kept. What is a
    draft is edited as that.
    """
    change = HoldChange(
        subject=given.subject,
        text=given.text,
        html=given.html,
        to=given.to,
        cc=given.cc,
        bcc=given.bcc,
    )
    await call.services.approvals.edit(
        call.actor, HoldId(given.hold_id), change, version=given.version, reason=given.reason
    )
    return await get_hold(call, given)


async def list_hold_versions(call: Call, given: ListHoldVersions) -> HoldVersionList:
    """What a held message was before people changed it, and what it is, each with what is new."""
    found = await call.services.approvals.hold(call.actor, HoldId(given.hold_id))
    kept = await call.services.approvals.versions(call.actor, found.hold.id)
    rows = await asyncio.to_thread(_versions, kept, found)
    return HoldVersionList.of(
        given, sliced(rows, given, lambda one: (one.version,)), lambda one: one
    )


def _versions(kept: Sequence[HoldVersion], found: HoldView) -> list[HoldVersionInfo]:
    rows: list[HoldVersionInfo] = []
    before: Shown | None = None
    for one in kept:
        shown = of_message(one.raw, one.recipients)
        more = {"digest": one.digest.hex(), "recipients": list(one.recipients)}
        rows.append(
            view(HoldVersionInfo, one, **more, text=shown.text, changes=changes(before, shown))
        )
        before = shown
    hold, shown = found.hold, of_message(found.raw or b"", found.hold.recipients)
    rows.append(
        HoldVersionInfo(
            version=hold.version,
            digest=hold.digest.hex(),
            recipients=list(hold.recipients),
            subject=hold.subject,
            text=shown.text,
            changes=changes(before, shown),
            ended_by="",
            ended_at=None,
            reason="",
        )
    )
    return rows


async def notify_hold(call: Call, given: OneHold) -> HoldInfo:
    """Have the approvers told again of a message that waits; an agent every quarter of an hour."""
    hold_id = HoldId(given.hold_id)
    await call.services.approvals.tell_again(call.actor, hold_id)
    return hold_info(call, (await call.services.approvals.hold(call.actor, hold_id)).hold)


async def list_grants(call: Call, given: Page) -> GrantList:
    """Approvals that count for later mail: what passes without asking because somebody said so."""
    found = await call.services.approvals.remembered(call.actor)
    return GrantList.of(given, sliced(found, given, by_age), _grant_info)


async def revoke_grant(call: Call, given: OneGrant) -> None:
    """Ask people again from now on."""
    await call.services.approvals.forget(call.actor, GrantId(given.grant_id))


def _grant_info(grant: Grant) -> GrantInfo:
    return view(GrantInfo, grant, identity_id=grant.inbox_id, rules=list(grant.rules))


async def _decide(
    call: Call,
    given: DecideHold,
    decision: Decision,
    *,
    without: tuple[str, ...] = (),
    digest: str | None = None,
    remember: Remember | None = None,
) -> DecidedHold:
    decided = await call.services.approvals.decide(
        call.actor,
        HoldId(given.hold_id),
        decision,
        via=call.via,
        reason=given.reason,
        without=without,
        seen=bytes.fromhex(digest) if digest else None,
        remember=remember,
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
        like_hold_id=hold.like_hold_id if is_shown else None,
        attempt=hold.attempt if is_shown else None,
        categories=list(hold.categories),
        recipients=list(hold.recipients),
        approved_once_by=list(hold.approved_once_by) if is_shown else [],
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
        input=ApproveHold,
        output=DecidedHold,
        roles=DECIDERS,
        conflicts=("already_decided", "changed", "second_person_required", "not_rememberable"),
        function=approve_hold,
    ),
    operation(
        name="edit_hold",
        method="PATCH",
        path="/v1/holds/{hold_id}",
        summary="Edit a held message",
        tag="Holds",
        input=EditHold,
        output=HoldDetail,
        roles=DECIDERS,
        conflicts=(
            *("already_decided", "changed", "draft_hold", "not_editable", "inbox_gone"),
            "too_many_versions",
        ),
        function=edit_hold,
    ),
    operation(
        name="list_hold_versions",
        method="GET",
        path="/v1/holds/{hold_id}/versions",
        summary="List versions of a held message",
        tag="Holds",
        input=ListHoldVersions,
        output=HoldVersionList,
        roles=DECIDERS,
        function=list_hold_versions,
    ),
    operation(
        name="notify_hold",
        method="POST",
        path="/v1/holds/{hold_id}/notify",
        summary="Tell the approvers again",
        tag="Holds",
        input=OneHold,
        output=HoldInfo,
        success=202,
        conflicts=("already_decided", "told_lately"),
        function=notify_hold,
        tool="Have the approvers told again of a message that waits.",
    ),
    operation(
        name="list_grants",
        method="GET",
        path="/v1/grants",
        summary="List remembered approvals",
        tag="Holds",
        input=Page,
        output=GrantList,
        roles=PEOPLE,
        function=list_grants,
    ),
    operation(
        name="revoke_grant",
        method="DELETE",
        path="/v1/grants/{grant_id}",
        summary="Forget a remembered approval",
        tag="Holds",
        input=OneGrant,
        output=None,
        success=204,
        roles=DECIDERS,
        function=revoke_grant,
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
