"""What rules did: one application for each rule that matched, with a step for each action."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mailcore.ids import ApplicationId, InboxId, PodId, RuleId, new_id
from mailcore.model import JsonObject, ThreadStatus
from mailcore.rules.reading import action_json
from mailcore.rules.rule import Action, Rule, Trigger


class StepState(StrEnum):
    """How an action stands."""

    PENDING = "pending"
    DONE = "done"
    SKIPPED = "skipped"
    """Not done on purpose; `reason` says why."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One action of an application."""

    action: Action
    state: StepState
    reason: str = ""
    made: str = ""
    """The id of what it made: a message or a task."""

    def document(self) -> JsonObject:
        """The step as it is shown."""
        return {
            **action_json(self.action),
            "state": self.state.value,
            "reason": self.reason,
            "made": self.made,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A rule that matched. The same rule is applied to the same occurrence once."""

    id: ApplicationId
    pod_id: PodId
    rule_id: RuleId
    rule_name: str
    agent_id: str | None
    """Whose rule it is; None for the owner's."""
    trigger: Trigger
    inbox_id: InboxId
    about: str
    """The id of the message or draft."""
    occurrence: str
    """Tells events about the same thing apart: the number of a journal row, or `door`."""
    steps: tuple[Step, ...]
    at: datetime
    attempts: int = 0

    @property
    def is_pending(self) -> bool:
        """Whether something is still to do."""
        return any(one.state is StepState.PENDING for one in self.steps)

    def with_steps(self, steps: tuple[Step, ...]) -> "Application":
        """The same with other steps."""
        return replace(self, steps=steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What rules make of a message on arrival, for the transaction that places it."""

    otherwise: str
    """The mailbox when the one it should be in is gone."""
    status: ThreadStatus | None
    is_urgent: bool
    applications: tuple[Application, ...]


def application(
    rule: Rule,
    inbox_id: InboxId,
    steps: tuple[Step, ...],
    at: datetime,
    *,
    about: str = "",
    occurrence: str = "",
) -> Application:
    """A new application of a rule; who stores it with the message fills in what it is about."""
    return Application(
        id=ApplicationId(new_id()),
        pod_id=rule.pod_id,
        rule_id=rule.id,
        rule_name=rule.name,
        agent_id=rule.agent_id,
        trigger=rule.trigger,
        inbox_id=inbox_id,
        about=about,
        occurrence=occurrence,
        steps=steps,
        at=at,
    )
