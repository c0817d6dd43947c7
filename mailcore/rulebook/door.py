"""Rules asked before mail leaves: whether it must wait for a person, or need not.

What makes it wait comes first. A rule that lets it pass is the owner's, matches for every recipient
alone, and lifts what a policy or a draft waits for, never what the guard holds.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.address import Address
from mailcore.clock import Clock
from mailcore.message.analyze import analyze
from mailcore.model import Inbox
from mailcore.rulebook.known import MAX_VIEWS, Known
from mailcore.rulebook.service import Rulebook
from mailcore.rules.applied import Application, Step, StepState, application
from mailcore.rules.evaluate import matching
from mailcore.rules.facts import Judged
from mailcore.rules.rule import AT_THE_DOOR, ActionKind, Rule, Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the rules say of a message about to leave."""

    requires: bool = False
    approves: str = ""
    """The id of the rule that lets it pass; empty when none does."""
    applications: tuple[Application, ...] = ()


NOTHING: Final = Word()


class Door:
    """Asks the rules."""

    def __init__(self, *, rulebook: Rulebook, known: Known, clock: Clock) -> None:
        self._rulebook = rulebook
        self._known = known
        self._clock = clock

    async def word(
        self,
        inbox: Inbox,
        raw: bytes,
        recipients: Sequence[Address],
        judged: Judged,
        *,
        is_draft: bool,
        stands: str = "",
    ) -> Word:
        """What the rules say; `stands` is why none may let it pass, empty when one may.

        With more recipients than rules are asked about, a rule that could make it wait does.
        """
        trigger = Trigger.DRAFT_CREATED if is_draft else Trigger.EMAIL_SENT
        rules = await self._rulebook.of(inbox, trigger)
        if not any(_decides(one) for one in rules):
            return NOTHING
        facts = await asyncio.to_thread(analyze, raw)
        views = await self._known.of_outgoing(rules, inbox.id, raw, facts, recipients, judged)
        matched = await asyncio.to_thread(matching, rules, views)
        matched = tuple(one for one in matched if _decides(one))
        is_crowd = len(recipients) > MAX_VIEWS
        asked = rules if is_crowd else matched
        requires = any(_asks(one, ActionKind.REQUIRE_APPROVAL) for one in asked)
        if requires or is_crowd:
            stands = "another rule requires approval" if requires else "too many recipients"
        approving = [one.id for one in matched if one.approves and one.is_owners]
        approves = approving[0] if approving and not stands else ""
        now = self._clock.now()
        return Word(
            requires=requires,
            approves=approves,
            applications=tuple(
                application(one, inbox.id, _steps(one, stands), now) for one in matched
            ),
        )


def _decides(rule: Rule) -> bool:
    return any(one.kind in AT_THE_DOOR for one in rule.actions)


def _asks(rule: Rule, kind: ActionKind) -> bool:
    return any(one.kind is kind for one in rule.actions)


def _steps(rule: Rule, stands: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for one in rule.actions:
        if one.kind is ActionKind.APPROVE and stands:
            steps.append(Step(action=one, state=StepState.SKIPPED, reason=stands))
        elif one.kind in AT_THE_DOOR:
            steps.append(Step(action=one, state=StepState.DONE))
    return tuple(steps)
