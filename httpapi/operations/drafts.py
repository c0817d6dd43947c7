"""Drafts: replies that an agent proposes and a person lets through."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import (
    MAX_NUMBER,
    WHOLE,
    Input,
    Line,
    Listing,
    Metadata,
    Output,
    Page,
    Recipients,
    Text,
    Timestamp,
    sliced,
    view,
)
from httpapi.operation import DECIDERS, Call, operation
from mailcore.ids import DraftId, InboxId, MessageId, ThreadId
from mailcore.model import Draft, DraftSource, DraftStatus, JsonObject, JsonValue, Permission
from mailcore.outbound.changes import Shown, changes, of_draft
from mailcore.outbound.drafts import DraftChange, NewDraft
from mailcore.outbound.send_time import MAX_CHARS
from mailcore.store.ports import DraftVersion

_MAX_RATIONALE = 4000


class SubmitDraft(Input):
    """A proposed reply."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "thread_id": "01a1fa90-91c4-743c-b040-ebca48354356",
                    "identity_id": "01a1fa90-91c4-743c-b040-ebca48354356",
                    "based_on_message_id": "01a1fa90-91c4-743c-b040-ebca48354356",
                    "body_text": "They come on Friday.",
                    "rationale": "The customer asked for the date.",
                }
            ]
        }
    )

    thread_id: str
    """The conversation it answers."""
    identity_id: str
    """The inbox that sends."""
    based_on_message_id: str
    """The last message you read in the thread: if a newer one comes, the draft does not leave."""
    body_text: Text | None = None
    """The text; this or `body_html` is required."""
    body_html: Text | None = None
    """The HTML form."""
    subject_override: Line = ""
    """Instead of `Re: …`."""
    cc: Recipients = ()
    """Recipients that everybody sees."""
    bcc: Recipients = ()
    """Recipients that nobody sees."""
    rationale: Annotated[Text, Field(max_length=_MAX_RATIONALE)] = ""
    """Why you write this; shown to those who decide."""
    metadata: Metadata = Field(default_factory=dict)
    """Anything you want to find again."""


class OneDraft(Input):
    """Which draft."""

    draft_id: str
    """The id of a draft."""


class EditDraft(OneDraft):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"body_text": "They come on Monday."}]}
    )

    body_text: Text | None = None
    """The new text."""
    body_html: Text | None = None
    """The new HTML form."""
    subject_override: Line | None = None
    """Another subject."""
    cc: Recipients | None = None
    """Other recipients that everybody sees."""
    bcc: Recipients | None = None
    """Other recipients that nobody sees."""
    rationale: Annotated[Text, Field(max_length=_MAX_RATIONALE)] | None = None
    """Another reason."""


class DecideDraft(OneDraft):
    """Which draft, as it was seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1}]})

    version: Annotated[int, Field(ge=1, le=MAX_NUMBER), WHOLE] | None = None
    """The version that was read: if the draft has been edited since, the answer is 409 `changed`."""


class SendDraft(DecideDraft):
    """A draft to let go, and when."""

    send_at: Annotated[Line, Field(max_length=MAX_CHARS)] = ""
    """When, in any of the forms of `send_message`; now when left out."""


class RejectDraft(OneDraft):
    """Which draft, and why not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Too early."}]})

    reason: Annotated[Text, Field(max_length=1000)] = ""
    """What the agent should know."""


class ListDrafts(Page):
    """Which drafts to list."""

    thread_id: str | None = None
    """Only this conversation."""
    identity_id: str | None = None
    """Only this inbox."""
    status: DraftStatus | None = None
    """Only those that stand so."""


class ListDraftVersions(OneDraft, Page):
    """Of which draft."""


class DraftVersionInfo(Output):
    """What a draft said at one version."""

    version: int
    author: str
    """Who wrote it, such as `agent:mia` or `master`."""
    at: Timestamp
    rationale: str
    """Why, in the author's words."""
    body_text: str | None
    body_html: str | None
    subject_override: str
    cc: list[str]
    bcc: list[str]
    changes: str
    """What is new against the version before: lines with `+`, `-` or neither; empty for the first."""


class DraftVersionList(Listing[DraftVersionInfo]):
    """A page of versions, oldest first; the last one stands."""


class DraftInfo(Output):
    """A draft."""

    id: str
    thread_id: str | None
    identity_id: str
    based_on_message_id: str | None
    status: DraftStatus
    body_text: str | None
    body_html: str | None
    subject_override: str
    cc: list[str]
    bcc: list[str]
    rationale: str
    metadata: JsonObject
    version: int
    """Goes up with every edit; an approval is for one version."""
    hold_id: str | None
    message_id: str | None
    """The outgoing message it became."""
    source: DraftSource
    """`imap` for what a mail client saved to Drafts."""
    to: list[str]
    """Of a draft from a mail client; a reply's recipients follow from what it answers."""
    draft_message_id: str | None
    """The message in the Drafts folder that shows it."""
    created_at: Timestamp
    updated_at: Timestamp


class SubmittedDraft(DraftInfo):
    """A draft just submitted."""

    stale_warning: bool
    """A newer message is in the thread already: read it and submit another draft."""


class SentDraft(DraftInfo):
    """A draft that was let go."""

    delivery_status: str
    """What became of the message: `queued`, `sent`, …"""


class DraftList(Listing[DraftInfo]):
    """A page of drafts, newest first."""


async def submit_draft(call: Call, given: SubmitDraft) -> SubmittedDraft:
    """Propose a reply. It is frozen as it will be sent, and waits for a person."""
    draft, is_stale = await call.services.drafts.submit(
        call.actor,
        NewDraft(
            thread_id=ThreadId(given.thread_id),
            inbox_id=InboxId(given.identity_id),
            based_on_message_id=MessageId(given.based_on_message_id),
            text=given.body_text,
            html=given.body_html,
            subject_override=given.subject_override,
            cc=given.cc,
            bcc=given.bcc,
            rationale=given.rationale,
            metadata=given.metadata,
        ),
    )
    return view(SubmittedDraft, draft_info(draft), stale_warning=is_stale)


async def list_drafts(call: Call, given: ListDrafts) -> DraftList:
    """Drafts of the inboxes you may use, newest first. An approver sees those that wait, of all."""
    found = await call.services.drafts.drafts(
        call.actor,
        thread_id=ThreadId(given.thread_id) if given.thread_id else None,
        inbox_id=InboxId(given.identity_id) if given.identity_id else None,
        status=given.status,
        part=given.part,
    )
    return DraftList.of(given, found, draft_info)


async def get_draft(call: Call, given: OneDraft) -> DraftInfo:
    """One draft."""
    return draft_info(await call.services.drafts.draft(call.actor, DraftId(given.draft_id)))


async def edit_draft(call: Call, given: EditDraft) -> DraftInfo:
    """Change a pending draft: a new version, looked at and decided anew. Old versions are kept."""
    change = DraftChange(
        text=given.body_text,
        html=given.body_html,
        subject_override=given.subject_override,
        cc=given.cc,
        bcc=given.bcc,
        rationale=given.rationale,
    )
    return draft_info(await call.services.drafts.edit(call.actor, DraftId(given.draft_id), change))


async def list_draft_versions(call: Call, given: ListDraftVersions) -> DraftVersionList:
    """Every version of a draft: who wrote it, when and why, and what is new in it."""
    found = await call.services.drafts.versions(call.actor, DraftId(given.draft_id))
    rows = await asyncio.to_thread(_versions, found)
    return DraftVersionList.of(
        given, sliced(rows, given, lambda one: (one.version,)), lambda one: one
    )


def _versions(found: Sequence[DraftVersion]) -> list[DraftVersionInfo]:
    rows: list[DraftVersionInfo] = []
    before: Shown | None = None
    for one in found:
        shown, content = of_draft(one.content, one.rationale), one.content
        rows.append(
            view(
                DraftVersionInfo,
                one,
                body_text=_text(content.get("text")),
                body_html=_text(content.get("html")),
                subject_override=_text(content.get("subject_override")) or "",
                cc=_list(content.get("cc")),
                bcc=_list(content.get("bcc")),
                changes=changes(before, shown),
            )
        )
        before = shown
    return rows


async def submit_saved_draft(call: Call, given: OneDraft) -> DraftInfo:
    """Submit what a mail client saved to Drafts: its bytes as they are, and a person decides."""
    drafts = call.services.drafts
    return draft_info(await drafts.submit_saved(call.actor, DraftId(given.draft_id)))


async def delete_draft(call: Call, given: OneDraft) -> None:
    """Delete a draft with its message in Drafts; what waits for a decision is withdrawn."""
    await call.services.drafts.delete(call.actor, DraftId(given.draft_id))


async def approve_draft(call: Call, given: DecideDraft) -> DraftInfo:
    """Approve a draft without sending it: `send` does that."""
    return draft_info(
        await call.services.drafts.approve(
            call.actor, DraftId(given.draft_id), via=call.via, version=given.version
        )
    )


async def reject_draft(call: Call, given: RejectDraft) -> DraftInfo:
    """Reject a draft; its thread is open again."""
    return draft_info(
        await call.services.drafts.reject(
            call.actor, DraftId(given.draft_id), via=call.via, reason=given.reason
        )
    )


async def notify_draft(call: Call, given: OneDraft) -> DraftInfo:
    """Have the approvers told again of a draft that waits; an agent every quarter of an hour."""
    return draft_info(await call.services.drafts.tell_again(call.actor, DraftId(given.draft_id)))


async def send_draft(call: Call, given: SendDraft) -> SentDraft:
    """Let an approved draft go; repeated, it answers the same and sends nothing again.

    With `send_at` it leaves then, and the guard looks at it once more.
    With a person's key a pending draft is approved and sent in one. When a newer message has come
    since the draft was written, the answer is 409 `stale_draft`.
    """
    if given.send_at:
        waiting = await call.services.drafts.draft(call.actor, DraftId(given.draft_id))
        is_open = waiting.status in (DraftStatus.PENDING, DraftStatus.APPROVED)
        if is_open and waiting.submission_id is not None:
            schedule = call.services.schedule
            await schedule.move(call.actor, waiting.submission_id, given.send_at)
    draft, submitted = await call.services.drafts.send(
        call.actor, DraftId(given.draft_id), via=call.via, version=given.version
    )
    return view(SentDraft, draft_info(draft), delivery_status=submitted.status.value)


def draft_info(draft: Draft) -> DraftInfo:
    """A draft as the API shows it."""
    content = draft.content
    return DraftInfo(
        id=draft.id,
        thread_id=draft.thread_id,
        identity_id=draft.inbox_id,
        based_on_message_id=draft.based_on_message_id,
        status=draft.status,
        body_text=_text(content.get("text")),
        body_html=_text(content.get("html")),
        subject_override=_text(content.get("subject_override")) or "",
        cc=_list(content.get("cc")),
        bcc=_list(content.get("bcc")),
        rationale=draft.rationale,
        metadata=draft.metadata,
        version=draft.version,
        hold_id=draft.hold_id,
        message_id=draft.submission_id,
        source=draft.source,
        to=_list(content.get("to")),
        draft_message_id=draft.message_id,
        created_at=draft.created_at,
        updated_at=draft.updated_at,
    )


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _list(value: JsonValue) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


OPERATIONS = (
    operation(
        name="submit_draft",
        needs=Permission.SEND,
        method="POST",
        path="/v1/drafts",
        summary="Submit a draft",
        tag="Drafts",
        input=SubmitDraft,
        output=SubmittedDraft,
        success=201,
        function=submit_draft,
        tool="Propose a reply in a thread for a person to approve.",
    ),
    operation(
        name="list_drafts",
        method="GET",
        path="/v1/drafts",
        summary="List drafts",
        tag="Drafts",
        input=ListDrafts,
        output=DraftList,
        function=list_drafts,
        tool="List drafts by thread, inbox or status.",
    ),
    operation(
        name="get_draft",
        method="GET",
        path="/v1/drafts/{draft_id}",
        summary="Read a draft",
        tag="Drafts",
        input=OneDraft,
        output=DraftInfo,
        function=get_draft,
        tool="Read one draft.",
    ),
    operation(
        name="list_draft_versions",
        method="GET",
        path="/v1/drafts/{draft_id}/versions",
        summary="List versions of a draft",
        tag="Drafts",
        input=ListDraftVersions,
        output=DraftVersionList,
        function=list_draft_versions,
        tool="See every version of a draft: who wrote it, when, why, and what is new in it.",
    ),
    operation(
        name="edit_draft",
        needs=Permission.SEND,
        method="PATCH",
        path="/v1/drafts/{draft_id}",
        summary="Edit a pending draft",
        tag="Drafts",
        input=EditDraft,
        output=DraftInfo,
        conflicts=("wrong_draft_status", "already_decided", "imap_draft"),
        function=edit_draft,
        tool="Change a draft that is still pending; it is decided anew.",
    ),
    operation(
        name="submit_saved_draft",
        needs=Permission.SEND,
        method="POST",
        path="/v1/drafts/{draft_id}/submit",
        summary="Submit a draft from a mail client",
        tag="Drafts",
        input=OneDraft,
        output=DraftInfo,
        conflicts=("already_submitted", "wrong_draft_status"),
        function=submit_saved_draft,
        tool="Submit a message that a mail client saved to Drafts, for a person to approve.",
    ),
    operation(
        name="delete_draft",
        needs=Permission.SEND,
        method="DELETE",
        path="/v1/drafts/{draft_id}",
        summary="Delete a draft",
        tag="Drafts",
        input=OneDraft,
        output=None,
        success=204,
        conflicts=("wrong_draft_status",),
        function=delete_draft,
        tool="Delete a draft; what waits for approval is withdrawn.",
    ),
    operation(
        name="approve_draft",
        method="POST",
        path="/v1/drafts/{draft_id}/approve",
        summary="Approve a draft",
        tag="Drafts",
        input=DecideDraft,
        output=DraftInfo,
        roles=DECIDERS,
        conflicts=("already_decided", "not_submitted", "changed"),
        function=approve_draft,
        tool="Approve a pending draft (does not send). People only.",
    ),
    operation(
        name="reject_draft",
        method="POST",
        path="/v1/drafts/{draft_id}/reject",
        summary="Reject a draft",
        tag="Drafts",
        input=RejectDraft,
        output=DraftInfo,
        roles=DECIDERS,
        conflicts=("already_decided", "not_submitted"),
        function=reject_draft,
        tool="Reject a draft with an optional reason. People only.",
    ),
    operation(
        name="notify_draft",
        method="POST",
        path="/v1/drafts/{draft_id}/notify",
        summary="Tell the approvers again",
        tag="Drafts",
        input=OneDraft,
        output=DraftInfo,
        success=202,
        conflicts=("already_decided", "not_submitted", "told_lately"),
        function=notify_draft,
        tool="Have the approvers told again of a draft that waits.",
    ),
    operation(
        name="send_draft",
        needs=Permission.SEND,
        method="POST",
        path="/v1/drafts/{draft_id}/send",
        summary="Send an approved draft",
        tag="Drafts",
        input=SendDraft,
        output=SentDraft,
        success=202,
        conflicts=("stale_draft", "not_approved", "wrong_draft_status", "changed"),
        function=send_draft,
        tool="Send a draft that a person approved.",
    ),
)
