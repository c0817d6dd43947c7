"""The spam log: what arriving mail was scored, and why."""

from typing import Annotated, Literal

from pydantic import Field

from httpapi.fields import Instant, Line, Listing, Output, Page, Timestamp, view
from httpapi.operation import Call, operation
from mailcore.ids import InboxId
from mailcore.model import JsonObject, SpamEntry
from mailcore.store.ports import SpamQuery


class ListScores(Page):
    """Which scores to list."""

    identity_id: str | None = None
    """Only this inbox."""
    level: Literal["clean", "warning", "spam", "unscanned"] | None = None
    """Only this level."""
    min_score: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Only this score or more."""
    category: Annotated[Line, Field(max_length=100)] = ""
    """Only with a finding of this category."""
    sender: Annotated[Line, Field(validation_alias="from", max_length=320)] = ""
    """Text in the sender's address."""
    since: Instant | None = None
    """Scored at this time or later."""
    before: Instant | None = None
    """Scored before this time."""


class ScoreInfo(Output):
    """What one arriving message was scored."""

    id: int
    identity_id: str
    message_id: str
    """The message; it may be gone by now."""
    at: Timestamp
    sender: str
    subject: str
    score: int
    level: str
    """`clean`, `warning`, `spam`, or `unscanned` when the guard could not look."""
    categories: list[str]
    findings: list[JsonObject]
    """What was found and where, without the text itself."""


class ScoreList(Listing[ScoreInfo]):
    """A page of scores, newest first."""


async def list_scores(call: Call, given: ListScores) -> ScoreList:
    """What arriving mail was scored in the last 30 days, newest first, whatever became of it."""
    found = await call.services.mailboxes.spam_log(
        call.actor,
        SpamQuery(
            inbox_ids=(InboxId(given.identity_id),) if given.identity_id else (),
            level=given.level or "",
            min_score=given.min_score,
            category=given.category,
            sender=given.sender,
            since=given.since,
            before=given.before,
            part=given.part,
        ),
    )

    def show(one: SpamEntry) -> ScoreInfo:
        subject = call.services.safe_text(one.subject)[0]
        return view(ScoreInfo, one, identity_id=one.inbox_id, subject=subject)

    return ScoreList.of(given, found, show)


OPERATIONS = (
    operation(
        name="list_scores",
        method="GET",
        path="/v1/spam-log",
        summary="Read the spam log",
        tag="Spam log",
        input=ListScores,
        output=ScoreList,
        function=list_scores,
    ),
)
