"""Rules on arrival: where a message goes, what is marked, and what follows, for one inbox.

They run after the verdict and never lower it: mail that goes to Junk can be deleted, tagged, marked
read or closed, and nothing else. What is decided here is written in the transaction that places
the message; what sends or gives work follows later, once.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailcore.clock import Clock
from mailcore.ids import InboxId
from mailcore.inbound.gate import Arriving
from mailcore.metrics import Metrics
from mailcore.model import (
    INBOX,
    JUNK,
    Flag,
    Inbox,
    Mailbox,
    SpecialUse,
    ThreadStatus,
)
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook
from mailcore.rules.applied import Application, Sorted, Step, StepState, application
from mailcore.rules.evaluate import matching
from mailcore.rules.rule import LATER, Action, ActionKind, Rule, Trigger
from mailcore.store.ports import AccountStore, MailStore

URGENT: Final = "urgent"
"""The keyword of mail that a rule calls urgent."""
_FOR_JUNK: Final = frozenset(
    {
        *(ActionKind.TAG, ActionKind.UNTAG, ActionKind.MARK_READ, ActionKind.DELETE),
        *(ActionKind.SET_THREAD_STATUS, ActionKind.SKIP),
    }
)
_EVENT: Final = "email.received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How a message is placed in an inbox."""

    mailbox: str
    flags: Flag = Flag(0)  # noqa: RUF009 - an immutable value
    keywords: tuple[str, ...] = ()
    event: str | None = _EVENT
    ruled: Sorted | None = None


class Sorting:
    """Asks the rules about arriving mail."""

    def __init__(
        self,
        *,
        rulebook: Rulebook,
        known: Known,
        accounts: AccountStore,
        mail: MailStore,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._metrics = metrics
        self._accounts = accounts
        self._rulebook = rulebook
        self._known = known
        self._mail = mail
        self._clock = clock

    async def place(
        self, arriving: Arriving, inbox_id: InboxId, mailbox: str, keywords: tuple[str, ...]
    ) -> Place:
        """Where it goes by the rules; as given where none matches."""
        plain = Place(mailbox=mailbox, keywords=keywords)
        inbox = await self._accounts.inbox(inbox_id)
        rules = await self._rulebook.of(inbox, Trigger.EMAIL_RECEIVED) if inbox else ()
        if inbox is None or not rules:
            return plain
        facts = await self._known.of_arrival(
            rules,
            inbox.id,
            arriving.stored,
            arriving.facts,
            security=arriving.security,
            auth=arriving.auth,
            recipients=[str(one) for one in arriving.envelope.recipients],
        )
        matched = await asyncio.to_thread(matching, rules, (facts,))
        if not matched:
            return plain
        desk = Desk(
            mailbox=mailbox, keywords=keywords, folders=await self._mail.mailboxes(inbox.id)
        )
        place = desk.sorted(matched, inbox, self._clock)
        for one in place.ruled.applications if place.ruled else ():
            for step in one.steps:
                labels = (step.action.kind.value, step.state.value)
                self._metrics.rule_actions.labels(*labels).inc()
        return place


@dataclass(slots=True, kw_only=True)
class Desk:
    """One message, as rule after rule has its say. Of two that move or close it the first counts."""

    mailbox: str
    keywords: tuple[str, ...]
    folders: Sequence[Mailbox]
    flags: Flag = Flag(0)  # noqa: RUF009 - an immutable value
    event: str | None = _EVENT
    status: ThreadStatus | None = None
    is_urgent: bool = False
    is_junk: bool = field(init=False)
    _is_moved: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Remember where it would have gone."""
        self.is_junk = self.mailbox == JUNK

    def sorted(self, matched: Sequence[Rule], inbox: Inbox, clock: Clock) -> Place:
        """All of the rules applied."""
        otherwise = self.mailbox
        applications = tuple(self.applied(matched, inbox, clock))
        return Place(
            mailbox=self.mailbox,
            flags=self.flags,
            keywords=self.keywords,
            event=self.event,
            ruled=Sorted(
                otherwise=otherwise,
                status=self.status,
                is_urgent=self.is_urgent,
                applications=applications,
            ),
        )

    def applied(self, matched: Sequence[Rule], inbox: Inbox, clock: Clock) -> Iterable[Application]:
        """What each rule did."""
        for rule in matched:
            yield application(rule, inbox.id, self.steps(rule), clock.now())

    def steps(self, rule: Rule) -> tuple[Step, ...]:
        """What a rule that matches does."""
        return tuple(self._step(one) for one in rule.actions)

    def _step(self, action: Action) -> Step:
        if self.is_junk and action.kind not in _FOR_JUNK:
            return _skipped(action, "it is spam")
        if action.kind in LATER:
            return Step(action=action, state=StepState.PENDING)
        reason = self._do(action)
        return _skipped(action, reason) if reason else Step(action=action, state=StepState.DONE)

    def _do(self, action: Action) -> str:
        """Do it; why it was not done, or empty."""
        match action.kind:
            case ActionKind.TAG:
                self._tag(action.tag)
            case ActionKind.UNTAG:
                gone = action.tag.lower()
                self.keywords = tuple(one for one in self.keywords if one.lower() != gone)
            case ActionKind.MARK_READ:
                self.flags |= Flag.SEEN
            case ActionKind.STAR:
                self.flags |= Flag.FLAGGED
            case ActionKind.URGENT:
                self.is_urgent = True
                self._tag(URGENT)
            case ActionKind.SKIP:
                self.event = None
            case ActionKind.SET_THREAD_STATUS if self.status is not None:
                return "an earlier rule has set the status"
            case ActionKind.SET_THREAD_STATUS:
                self.status = action.status
            case ActionKind.MOVE | ActionKind.DELETE:
                return self._move(action)
            case _:
                return "not on arrival"
        return ""

    def _tag(self, keyword: str) -> None:
        if keyword.lower() not in (one.lower() for one in self.keywords):
            self.keywords = (*self.keywords, keyword)

    def _move(self, action: Action) -> str:
        if self._is_moved:
            return "an earlier rule has moved it"
        found = target(self.folders, action)
        if found is None:
            return "there is no such folder"
        self.mailbox, self._is_moved = found.name, True
        return ""


def target(folders: Sequence[Mailbox], action: Action) -> Mailbox | None:
    """The folder that a move names, or the one that a deletion means."""
    is_inbox = action.folder.upper() == INBOX
    for one in folders:
        is_meant = (
            one.special_use is SpecialUse.TRASH
            if action.kind is ActionKind.DELETE
            else one.name in (action.folder, action.folder.upper() if is_inbox else "")
        )
        if is_meant and one.is_selectable:
            return one
    return None


def _skipped(action: Action, reason: str) -> Step:
    return Step(action=action, state=StepState.SKIPPED, reason=reason)
