"""What rules would do with mail that is there, and why: nothing is changed.

A message that arrived is judged as it would be on arrival, one that was sent as at the door. The
address book and the thread are as they are now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailcore.address import try_address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.inbound.sorting import Desk
from mailcore.mailboxes import Mailboxes
from mailcore.message.headers import Headers
from mailcore.model import INBOX, JUNK, Actor, Direction, Inbox, Message
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook, concerns
from mailcore.rules.applied import Step, StepState
from mailcore.rules.evaluate import Answer, answers
from mailcore.rules.facts import Facts, Judged
from mailcore.rules.loops import why_not_answer, why_not_forward
from mailcore.rules.rule import Action, ActionKind, Rule, Trigger
from mailcore.store.ports import MessageQuery

_SPAM: Final = "spam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What one rule would do with one message."""

    answer: Answer
    steps: tuple[Step, ...]
    """Empty when it does not match. What is pending would be done after the message is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What the rules would do with one message, in the order of the chain."""

    message: Message
    tried: tuple[Tried, ...]


class Trials:
    """Tries rules."""

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        known: Known,
        mailboxes: Mailboxes,
        config: Config,
        clock: Clock,
    ) -> None:
        self._rulebook = rulebook
        self._known = known
        self._mailboxes = mailboxes
        self._config = config
        self._clock = clock

    async def on_message(self, actor: Actor, message: Message, only: Rule | None = None) -> Trial:
        """One message against one rule, or all that the actor sees and that concern it."""
        inbox = await self._mailboxes.inbox(actor, message.inbox_id)
        rules = [only] if only is not None else await self._concerned(actor, inbox, message)
        arriving = [one for one in rules if one.trigger is Trigger.EMAIL_RECEIVED]
        leaving = [one for one in rules if one.trigger is not Trigger.EMAIL_RECEIVED]
        raw = await self._mailboxes.raw(message) if rules else b""
        tried: list[Tried] = []
        if arriving:
            facts = await self._known.of_past(arriving, message, raw)
            tried += await self._arriving(actor, inbox, message, raw, arriving, facts)
        if leaving:
            tried += await self._leaving(inbox, message, raw, leaving)
        return Trial(message=message, tried=tuple(tried))

    async def on_folder(
        self, actor: Actor, query: MessageQuery, only: Rule | None = None
    ) -> tuple[list[Trial], int]:
        """A part of a folder, newest first, and how many messages it has."""
        found = await self._mailboxes.messages(actor, query)
        trials = [await self.on_message(actor, one, only) for one in found.rows]
        return trials, found.total

    async def _concerned(self, actor: Actor, inbox: Inbox, message: Message) -> list[Rule]:
        is_sent = message.direction is Direction.OUTBOUND
        trigger = Trigger.EMAIL_SENT if is_sent else Trigger.EMAIL_RECEIVED
        rules = await self._rulebook.rules(actor)
        return [one for one in rules if one.trigger is trigger and concerns(one, inbox)]

    async def _arriving(
        self,
        actor: Actor,
        inbox: Inbox,
        message: Message,
        raw: bytes,
        rules: Sequence[Rule],
        facts: Facts,
    ) -> list[Tried]:
        desk = Desk(
            mailbox=JUNK if message.security.level == _SPAM else INBOX,
            keywords=(),
            folders=await self._mailboxes.list(actor, inbox.id),
        )
        headers = Headers.read(raw)
        tried: list[Tried] = []
        for answer in answers([_enabled(one) for one in rules], (facts,)):
            steps = tuple(
                self._foreseen(step, headers, inbox, message)
                for step in (desk.steps(answer.rule) if answer.matches else ())
            )
            tried.append(Tried(answer=answer, steps=steps))
        return tried

    def _foreseen(self, step: Step, headers: Headers, inbox: Inbox, message: Message) -> Step:
        """A step that would follow, with why it would not."""
        if step.state is not StepState.PENDING:
            return step
        reason = ""
        if step.action.kind is ActionKind.FORWARD:
            reason = why_not_forward(headers, inbox.address)
        elif step.action.kind is ActionKind.AUTO_REPLY:
            reason = why_not_answer(
                headers,
                inbox,
                message.auth,
                message.security,
                is_checked=self._config.inbound.verify,
            )
        if not reason:
            return step
        return Step(action=step.action, state=StepState.SKIPPED, reason=reason)

    async def _leaving(
        self, inbox: Inbox, message: Message, raw: bytes, rules: Sequence[Rule]
    ) -> list[Tried]:
        facts = message.facts
        named = (one.address for one in (*facts.to, *facts.cc, *facts.bcc))
        recipients = [one for one in map(try_address, named) if one is not None]
        views = await self._known.of_outgoing(rules, inbox.id, raw, facts, recipients, Judged())
        return [
            Tried(answer=one, steps=tuple(map(_would, one.rule.actions)) if one.matches else ())
            for one in answers([_enabled(rule) for rule in rules], views)
        ]


def _would(action: Action) -> Step:
    return Step(action=action, state=StepState.PENDING)


def _enabled(rule: Rule) -> Rule:
    """A rule that is tried may be one that is switched off."""
    return replace(rule, is_enabled=True)
