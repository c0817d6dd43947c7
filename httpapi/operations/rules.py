"""Rules: what happens to mail by itself, tried before it is trusted."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from httpapi.fields import (
    WHOLE,
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
from httpapi.operation import ASSIGNERS, Call, operation
from httpapi.operations.folders import the_inbox
from mailcore.errors import invalid
from mailcore.ids import InboxId, MessageId, RuleId
from mailcore.inbound.trials import Trial, Tried
from mailcore.model import JsonObject, Slice
from mailcore.rulebook.service import (
    DEFAULT_PRIORITY,
    MAX_NAME_CHARS,
    MAX_PRIORITY,
    RuleChange,
)
from mailcore.rules.applied import Application
from mailcore.rules.reading import MAX_ACTIONS, action_json
from mailcore.rules.rule import Rule, Trigger
from mailcore.store.ports import ApplicationQuery, MessageQuery

MAX_TRIED: Final = 200
_EXAMPLE: Final[JsonObject] = {
    "name": "Close newsletters",
    "trigger": "email.received",
    "when": {"field": "sender", "op": "ends_with", "value": "@substack.com"},
    "actions": [{"type": "set_thread_status", "status": "closed"}, {"type": "skip"}],
    "priority": 10,
}

type Name = Annotated[Line, Field(min_length=1, max_length=MAX_NAME_CHARS)]
type Priority = Annotated[int, Field(ge=0, le=MAX_PRIORITY), WHOLE]
type Actions = Annotated[list[JsonObject], Field(min_length=1, max_length=MAX_ACTIONS)]


class ListRules(Page):
    """Which rules to list."""

    identity_id: str | None = None
    """Only those that concern this inbox."""


class OneRule(Input):
    """Which rule."""

    rule_id: str
    """The id of a rule."""


class CreateRule(Input):
    """A new rule."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    """What it is called."""
    trigger: Trigger = Trigger.EMAIL_RECEIVED
    """The event that it is asked at."""
    when: JsonObject | None = None
    """`{field, op, value}`, or `{and: […]}`, `{or: […]}`, `{not: …}` of such; null matches everything."""
    actions: Actions
    """What to do, in order: objects with a `type` and what that needs."""
    priority: Priority = DEFAULT_PRIORITY
    """Lower is asked first. The owner's rules are asked before an agent's."""
    stop_after_match: Flag = False
    """Whether no later rule is asked when this one matches."""
    enabled: Flag = True
    """Whether it is asked at all."""
    identity_id: str | None = None
    """Only for this inbox; for all of yours when left out."""


class ChangeRule(OneRule):
    """What to change; fields left out stay as they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    name: Name | None = None
    """What it is called."""
    trigger: Trigger | None = None
    """The event that it is asked at."""
    when: JsonObject | None = None
    """Other conditions; null matches everything."""
    actions: Actions | None = None
    """Other actions, all of them."""
    priority: Priority | None = None
    """Its place; lower is asked first."""
    stop_after_match: Flag | None = None
    """Whether no later rule is asked when this one matches."""
    enabled: Flag | None = None
    """Whether it is asked at all."""
    identity_id: str | None = None
    """Only for this inbox; null for all of yours."""


class TryRules(Input):
    """What to try on what: a message, or a folder."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"limit": 10}, {"rule": _EXAMPLE, "limit": 10}]}
    )

    rule: CreateRule | None = None
    """A rule that need not exist; nothing is stored."""
    rule_id: str | None = None
    """A rule that exists, enabled or not. With neither, all rules that concern the message."""
    message_id: str | None = None
    """On this message."""
    folder: Annotated[Line, Field(min_length=1, max_length=1000)] = "INBOX"
    """Or on the newest messages of this folder."""
    identity_id: str | None = None
    """Whose folder; needed when you have several."""
    limit: Annotated[int, Field(ge=1, le=MAX_TRIED), WHOLE] = 50
    """On how many messages of the folder."""


class ListApplications(Page):
    """Which applications to list."""

    rule_id: str | None = None
    """Only of this rule."""
    message_id: str | None = None
    """Only about this message or draft."""
    identity_id: str | None = None
    """Only in this inbox."""


class RuleInfo(Output):
    """A rule."""

    id: str
    name: str
    trigger: Trigger
    when: JsonObject | None
    actions: list[JsonObject]
    priority: int
    stop_after_match: bool
    enabled: bool
    identity_id: str | None
    """The one inbox it is for; null for all of its maker's."""
    agent_id: str | None
    """The agent that made it; null for the owner's."""
    created_at: Timestamp
    updated_at: Timestamp


class RuleList(Listing[RuleInfo]):
    """A page of rules in the order in which they are asked."""


class CheckedCondition(Output):
    """A condition, and whether it holds."""

    path: str
    """Where it stands: `when.and[0]`."""
    field: str
    op: str
    holds: bool


class TriedRule(Output):
    """What a rule would do with a message."""

    rule_id: str
    name: str
    trigger: Trigger
    matches: bool
    reached: bool
    """False behind a rule that ended the chain."""
    because: list[CheckedCondition]
    """Every condition, as it came out."""
    actions: list[JsonObject]
    """What it would do: `state` is done, pending (follows later) or skipped, with a `reason`."""


class TriedMessage(Output):
    """What the rules would do with a message."""

    message_id: str
    thread_id: str
    subject: str
    rules: list[TriedRule]


class Trials(Output):
    """What rules would do with messages that are there."""

    data: list[TriedMessage]
    """One message, or those of the folder that some rule matches."""
    looked_at: int
    """How many messages were tried."""
    matched: int
    """How many of them some rule matches."""
    total: int
    """How many messages there are in the folder."""


class ApplicationInfo(Output):
    """What a rule did."""

    id: str
    rule_id: str
    rule_name: str
    trigger: Trigger
    identity_id: str
    about: str
    """The id of the message or draft."""
    actions: list[JsonObject]
    """Each with its `state` (done, pending, skipped, failed), a `reason`, and the id of what it `made`."""
    at: Timestamp


class ApplicationList(Listing[ApplicationInfo]):
    """A page of applications, newest first."""


async def list_rules(call: Call, given: ListRules) -> RuleList:
    """The rules in the order in which they are asked; an agent sees its own."""
    rules = await call.services.rulebook.rules(call.actor)
    if given.identity_id is not None:
        inbox = await call.services.mailboxes.inbox(call.actor, InboxId(given.identity_id))
        rules = tuple(
            one
            for one in rules
            if one.inbox_id in (None, inbox.id) and one.agent_id in (None, inbox.agent_id)
        )
    return RuleList.of(
        given,
        sliced(rules, given, lambda one: (int(not one.is_owners), one.priority, one.id)),
        _info,
    )


async def create_rule(call: Call, given: CreateRule) -> RuleInfo:
    """Make a rule. An agent's is for its own inboxes and cannot approve mail."""
    return _info(await call.services.rulebook.create(call.actor, _new(given)))


async def get_rule(call: Call, given: OneRule) -> RuleInfo:
    """One rule."""
    return _info(await call.services.rulebook.rule(call.actor, RuleId(given.rule_id)))


async def change_rule(call: Call, given: ChangeRule) -> RuleInfo:
    """Change a rule; it counts from the next message on."""
    named = given.model_fields_set
    change = RuleChange(
        name=given.name,
        trigger=given.trigger,
        when=given.when,
        actions=None if given.actions is None else [*given.actions],
        priority=given.priority,
        stops=given.stop_after_match,
        is_enabled=given.enabled,
        inbox_id=InboxId(given.identity_id) if given.identity_id else None,
        is_for_all="identity_id" in named and given.identity_id is None,
        is_unconditional="when" in named and given.when is None,
    )
    rulebook = call.services.rulebook
    return _info(await rulebook.change(call.actor, RuleId(given.rule_id), change))


async def delete_rule(call: Call, given: OneRule) -> None:
    """Delete a rule. What it did stays in the log."""
    await call.services.rulebook.delete(call.actor, RuleId(given.rule_id))


async def try_rules(call: Call, given: TryRules) -> Trials:
    """See what a rule, or all of them, would do with mail that is there, and why. Nothing is changed."""
    rule = await _tried_rule(call, given)
    services = call.services
    if given.message_id is not None:
        message = await services.mailboxes.message(call.actor, MessageId(given.message_id))
        shown = trials = [await services.trials.on_message(call.actor, message, rule)]
        total = 1
    else:
        inbox_id = await the_inbox(call, given.identity_id)
        await services.mailboxes.mailbox(call.actor, inbox_id, given.folder)
        query = MessageQuery(
            inbox_ids=(inbox_id,), mailbox=given.folder, part=Slice(limit=given.limit)
        )
        trials, total = await services.trials.on_folder(call.actor, query, rule)
        shown = [one for one in trials if _matches(one)]
    return Trials(
        data=[_trial(call, one) for one in shown],
        looked_at=len(trials),
        matched=sum(map(_matches, trials)),
        total=total,
    )


async def list_rule_applications(call: Call, given: ListApplications) -> ApplicationList:
    """What rules did, newest first, kept for 30 days; an agent sees what its own rules did."""
    inbox_ids = (InboxId(given.identity_id),) if given.identity_id is not None else ()
    found = await call.services.rulebook.applications(
        call.actor,
        ApplicationQuery(
            inbox_ids=inbox_ids,
            rule_id=given.rule_id or "",
            about=given.message_id or "",
            part=given.part,
        ),
    )
    return ApplicationList.of(given, found, _application)


async def _tried_rule(call: Call, given: TryRules) -> Rule | None:
    if given.rule is not None and given.rule_id is not None:
        raise invalid("rule_id", "give a rule or the id of one, not both")
    if given.rule is not None:
        return await call.services.rulebook.drafted(call.actor, _new(given.rule))
    if given.rule_id is not None:
        return await call.services.rulebook.rule(call.actor, RuleId(given.rule_id))
    return None


def _new(given: CreateRule) -> RuleChange:
    return RuleChange(
        name=given.name,
        trigger=given.trigger,
        when=given.when,
        actions=[*given.actions],
        priority=given.priority,
        stops=given.stop_after_match,
        is_enabled=given.enabled,
        inbox_id=InboxId(given.identity_id) if given.identity_id else None,
    )


def _info(rule: Rule) -> RuleInfo:
    return view(
        RuleInfo,
        rule,
        actions=[action_json(one) for one in rule.actions],
        stop_after_match=rule.stops,
        enabled=rule.is_enabled,
        identity_id=rule.inbox_id,
    )


def _matches(trial: Trial) -> bool:
    return any(one.answer.matches for one in trial.tried)


def _trial(call: Call, trial: Trial) -> TriedMessage:
    subject, _ = call.services.safe_text(trial.message.facts.subject)
    return TriedMessage(
        message_id=trial.message.id,
        thread_id=trial.message.thread_id,
        subject=subject,
        rules=[_tried(one) for one in trial.tried],
    )


def _tried(tried: Tried) -> TriedRule:
    answer = tried.answer
    return TriedRule(
        rule_id=answer.rule.id,
        name=answer.rule.name,
        trigger=answer.rule.trigger,
        matches=answer.matches,
        reached=answer.is_reached,
        because=[
            CheckedCondition(
                path=one.compare.path,
                field=one.compare.field,
                op=one.compare.operator.value,
                holds=one.holds,
            )
            for one in answer.because
        ],
        actions=[one.document() for one in tried.steps],
    )


def _application(one: Application) -> ApplicationInfo:
    actions: list[JsonObject] = [step.document() for step in one.steps]
    return view(ApplicationInfo, one, identity_id=one.inbox_id, actions=actions)


OPERATIONS = (
    operation(
        name="list_rules",
        method="GET",
        path="/v1/rules",
        summary="List rules",
        tag="Rules",
        input=ListRules,
        output=RuleList,
        function=list_rules,
        tool="List the rules that act on your mail by themselves.",
    ),
    operation(
        name="create_rule",
        method="POST",
        path="/v1/rules",
        summary="Create a rule",
        tag="Rules",
        input=CreateRule,
        output=RuleInfo,
        roles=ASSIGNERS,
        success=201,
        function=create_rule,
        tool="Make a rule: when mail arrives or leaves and conditions hold, tag, move, close, forward, answer.",
    ),
    operation(
        name="test_rules",
        method="POST",
        path="/v1/rules/test",
        summary="Try rules",
        tag="Rules",
        input=TryRules,
        output=Trials,
        roles=ASSIGNERS,
        function=try_rules,
        tool="See what a rule would do with past mail, and why, without changing anything.",
    ),
    operation(
        name="list_rule_applications",
        method="GET",
        path="/v1/rules/applications",
        summary="List what rules did",
        tag="Rules",
        input=ListApplications,
        output=ApplicationList,
        function=list_rule_applications,
    ),
    operation(
        name="get_rule",
        method="GET",
        path="/v1/rules/{rule_id}",
        summary="See a rule",
        tag="Rules",
        input=OneRule,
        output=RuleInfo,
        function=get_rule,
    ),
    operation(
        name="change_rule",
        method="PATCH",
        path="/v1/rules/{rule_id}",
        summary="Change a rule",
        tag="Rules",
        input=ChangeRule,
        output=RuleInfo,
        roles=ASSIGNERS,
        function=change_rule,
    ),
    operation(
        name="delete_rule",
        method="DELETE",
        path="/v1/rules/{rule_id}",
        summary="Delete a rule",
        tag="Rules",
        input=OneRule,
        output=None,
        roles=ASSIGNERS,
        success=204,
        function=delete_rule,
        tool="Delete one of your rules.",
    ),
)
