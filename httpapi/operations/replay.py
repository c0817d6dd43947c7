"""What the guard would say of past mail, and why it holds what it holds. For owners; nothing is changed."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import WHOLE, Input, Instant, Output, Timestamp, view
from httpapi.operation import MASTER, Call, operation
from httpapi.operations.guard import AddPolicy, new_policy
from mailcore.ids import AgentId, HoldId, SubmissionId
from mailcore.model import HoldStatus
from mailcore.outbound.replay import MAX_AT_ONCE, Replayed, Wish
from mailcore.policy import Finding, Severity


class ReplayGuard(Input):
    """Which mail to judge again, and by what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"limit": 50},
                {"hold_at": "medium", "policies": [{"rule": "pii.phone", "severity": "low"}]},
            ]
        }
    )

    since: Instant | None = None
    """Only mail that was handed in since then."""
    agent_id: str | None = None
    """Only mail of this agent."""
    before: str | None = None
    """Only older mail than the message with this id: `next` of the part before."""
    limit: Annotated[int, Field(ge=1, le=MAX_AT_ONCE), WHOLE] = 50
    """How many messages to look at."""
    hold_at: Severity | None = None
    """The lowest severity that holds; the one that counts now when left out."""
    policies: Annotated[list[AddPolicy], Field(max_length=1000)] | None = None
    """Policies in place of those that count now, the newest last."""


class ReplayFinding(Output):
    """What the guard finds now."""

    rule: str
    category: str
    severity: Severity
    place: str
    message: str
    masked: str


class ReplayedInfo(Output):
    """A message that would be treated in another way."""

    message_id: str
    hold_id: str | None
    hold_status: HoldStatus | None
    identity_id: str | None
    recipients: list[str]
    subject: str
    """Secrets masked."""
    created_at: Timestamp
    found: list[str]
    """The rules that found something then."""
    findings: list[ReplayFinding]
    """What is found now."""


class ReplayInfo(Output):
    """What came of a part of the mail."""

    looked_at: int
    newly_held: list[ReplayedInfo]
    """They passed the guard then."""
    newly_let_through: list[ReplayedInfo]
    """The guard held them then, whoever let them go."""
    held_as_before: int
    not_judged: int
    """Their bytes are gone, no guard judged them then, or it fails on them now."""
    next: str | None
    """Where to go on, as `before`; null at the end."""


class ExplainHold(Input):
    """Which hold."""

    hold_id: str
    """The id of a hold."""


class ExplainedFinding(ReplayFinding):
    """A finding with what led to it."""

    pattern: str
    """What of the rule matched; empty where a rule has no patterns."""
    was: Severity | None
    """How severe it would be without the policy."""
    policy_id: str | None
    """The policy by which it counts as it does."""
    holds: bool
    """Whether it alone would hold the message."""


class ExplanationInfo(Output):
    """Why the guard holds a message, judged now."""

    hold_id: str
    ruling: str
    """`hold` or `allow`."""
    hold_at: Severity
    """The lowest severity that holds."""
    findings: list[ExplainedFinding]


async def replay_guard(call: Call, given: ReplayGuard) -> ReplayInfo:
    """Judge past mail, sent or held, again: what would be held or let through that was not. Nothing is changed."""
    services = call.services
    policies = None
    if given.policies is not None:
        wanted = [new_policy(one) for one in given.policies]
        policies = await services.protections.imagined(call.actor, wanted)
    wish = Wish(
        agent_id=AgentId(given.agent_id) if given.agent_id else None,
        since=given.since,
        before=SubmissionId(given.before) if given.before else None,
        limit=given.limit,
        hold_at=given.hold_at,
        policies=policies,
    )
    done = await services.replays.replay(call.actor, wish)
    return view(
        ReplayInfo,
        done,
        newly_held=[_replayed(one) for one in done.newly_held],
        newly_let_through=[_replayed(one) for one in done.newly_let_through],
    )


async def explain_hold(call: Call, given: ExplainHold) -> ExplanationInfo:
    """Which rule, pattern, policy and threshold lead to a hold. What the moment knew is left out: where words came from."""
    found = await call.services.replays.explain(call.actor, HoldId(given.hold_id))
    least = found.hold_at.rank
    return ExplanationInfo(
        hold_id=given.hold_id,
        ruling=found.verdict.ruling.value,
        hold_at=found.hold_at,
        findings=[
            view(ExplainedFinding, one, holds=one.severity.rank >= least)
            for one in found.verdict.findings
        ],
    )


def _replayed(one: Replayed) -> ReplayedInfo:
    submitted = one.mail.submitted
    return ReplayedInfo(
        message_id=submitted.id,
        hold_id=submitted.hold_id,
        hold_status=one.mail.hold_status,
        identity_id=submitted.inbox_id,
        recipients=[str(each) for each in submitted.envelope.recipients],
        subject=one.subject,
        created_at=submitted.created_at,
        found=list(one.found),
        findings=[_finding(each) for each in one.verdict.findings],
    )


def _finding(one: Finding) -> ReplayFinding:
    return view(ReplayFinding, one)


OPERATIONS = (
    operation(
        name="replay_guard",
        method="POST",
        path="/v1/guard/replay",
        summary="Judge past mail again",
        tag="Guard",
        input=ReplayGuard,
        output=ReplayInfo,
        function=replay_guard,
        roles=MASTER,
    ),
    operation(
        name="explain_hold",
        method="GET",
        path="/v1/guard/explanations/{hold_id}",
        summary="See why the guard holds a message",
        tag="Guard",
        input=ExplainHold,
        output=ExplanationInfo,
        function=explain_hold,
        roles=MASTER,
    ),
)
