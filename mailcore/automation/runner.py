"""Follows the journal for the events that rules are asked at, and does what is due.

A durable consumer: an event is met at least once, and a rule is applied to it once, for the row of
its application is unique. What is pending is claimed with a time for another try, so that what a
crash interrupts is done then.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.address import Address, try_address
from mailcore.automation.doing import PASSING, Doing
from mailcore.clock import Clock
from mailcore.errors import MailError
from mailcore.ids import DraftId, InboxId, MessageId, SubmissionId
from mailcore.journal import Journal
from mailcore.metrics import Metrics
from mailcore.model import Event, Inbox, Submitted
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook
from mailcore.rules.applied import Application, Step, StepState, application
from mailcore.rules.evaluate import matching
from mailcore.rules.facts import Facts, Judged
from mailcore.rules.rule import AT_THE_DOOR, Rule, Trigger
from mailcore.store.ports import (
    AccountStore,
    BlobStore,
    EventFilter,
    JournalStore,
    MailStore,
    OutboundStore,
    RuleStore,
)

CONSUMER: Final = "rules"
KEEP: Final = timedelta(days=30)
MAX_ATTEMPTS: Final = 10
MAX_AGE: Final = timedelta(hours=20)
"""Nothing is tried again after this: the door knows a key for a day."""
FIRST_RETRY: Final = timedelta(seconds=30)
_PAUSE_SECONDS: Final = 2.0
_GATHER_SECONDS: Final = 0.05
"""After news, so that a burst of events is looked at once."""
_IDLE_SECONDS: Final = 30.0
_TRIGGERS: Final = tuple(one.value for one in Trigger if one is not Trigger.EMAIL_RECEIVED)

_log = log.get(__name__)


class Automation:
    """Rules after the fact. `run()` must be running."""

    def __init__(
        self,
        *,
        journal: Journal,
        cursors: JournalStore,
        store: RuleStore,
        rulebook: Rulebook,
        known: Known,
        doing: Doing,
        accounts: AccountStore,
        mail: MailStore,
        outbound: OutboundStore,
        blobs: BlobStore,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._cursors = cursors
        self._store = store
        self._rulebook = rulebook
        self._known = known
        self._doing = doing
        self._accounts = accounts
        self._mail = mail
        self._outbound = outbound
        self._blobs = blobs
        self._metrics = metrics
        self._clock = clock
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Follow and do; returns only on cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow(), name="rules-follow")
            group.create_task(self._work(), name="rules-work")

    async def forget(self) -> int:
        """Drop what was done long ago; a periodic job."""
        return await self._store.forget_applications(self._clock.now() - KEEP)

    # Events ------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        where = EventFilter(names=_TRIGGERS)
        while True:
            try:
                await self._journal.consume(CONSUMER, where, self._take)
            except MailError as error:
                _log.error("rules.paused", reason=error.message, detail=error.detail)
                if error.code == "cursor_too_old":
                    await self._cursors.set_cursor(CONSUMER, await self._journal.head())
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _take(self, event: Event) -> None:
        try:
            await self.apply(event)
        except MailError as error:
            if error.kind in PASSING:
                raise
            _log.error("rules.failed", event_seq=event.seq, reason=error.message)
        except Exception:  # noqa: BLE001 - a supervisor: one event that cannot be judged stops no other
            _log.exception("rules.failed", event_seq=event.seq)

    async def apply(self, event: Event) -> None:
        """Ask the rules about an event and write down what they want."""
        inbox = await self._accounts.inbox(event.inbox_id) if event.inbox_id else None
        if inbox is None:
            return
        trigger = Trigger(event.name)
        rules = await self._rulebook.of(inbox, trigger)
        if not any(_later(one) for one in rules):
            return
        about = str(event.body.get("draft_id") or event.body.get("message_id") or "")
        views = await self._views(rules, inbox, event, about)
        if not views:
            return
        now = self._clock.now()
        matched = await asyncio.to_thread(matching, rules, views)
        await self._store.apply(
            [
                application(one, inbox.id, steps, now, about=about, occurrence=_occurrence(event))
                for one in matched
                if (steps := _later(one))
            ]
        )
        self._bell.set()

    async def _views(
        self, rules: Sequence[Rule], inbox: Inbox, event: Event, about: str
    ) -> tuple[Facts, ...]:
        """The facts of the message that an event is about; none when it is not there any more."""
        draft_id = event.body.get("draft_id")
        message_id = event.body.get("message_id")
        if draft_id is not None:
            draft = await self._outbound.draft(DraftId(str(draft_id)))
            if draft is None:
                return ()
            message_id = draft.submission_id or draft.message_id
        submitted = await self._outbound.submission(SubmissionId(str(message_id or "")))
        if submitted is not None:
            return await self._of_submission(rules, inbox.id, submitted, event)
        message = await self._mail.message(MessageId(str(message_id or about)))
        if message is None or message.inbox_id != inbox.id:
            return ()
        raw = await self._blobs.read(message.blob)
        facts = message.facts
        named = [one.address for one in (*facts.to, *facts.cc, *facts.bcc)]
        return await self._known.of_outgoing(
            rules, inbox.id, raw, facts, _addresses(named), Judged()
        )

    async def _of_submission(
        self, rules: Sequence[Rule], inbox_id: InboxId, submitted: Submitted, event: Event
    ) -> tuple[Facts, ...]:
        facts = await self._outbound.submission_facts(submitted.id)
        if facts is None:
            return ()
        raw = await self._blobs.read(submitted.blob) if submitted.blob else b""
        one = event.body.get("recipient")
        to = _addresses([str(one)]) if one else submitted.envelope.recipients
        return await self._known.of_outgoing(rules, inbox_id, raw, facts, to, Judged())

    # Work --------------------------------------------------------------------------------------

    async def _work(self) -> None:
        with self._journal.watch(self._bell.set, within_seconds=_GATHER_SECONDS):
            while True:
                self._bell.clear()
                try:
                    await self.catch_up()
                    wait = await self._until_next()
                except MailError as error:
                    _log.error("rules.work_failed", reason=error.message, detail=error.detail)
                    await asyncio.sleep(_PAUSE_SECONDS)
                    continue
                try:
                    async with asyncio.timeout(wait):
                        await self._bell.wait()
                except TimeoutError:
                    continue

    async def catch_up(self) -> int:
        """Do everything that is due; how many applications were looked at."""
        count = 0
        while True:
            now = self._clock.now()
            claimed = await self._store.claim_application(now, now + FIRST_RETRY)
            if claimed is None:
                return count
            await self._finish(claimed)
            count += 1

    async def _until_next(self) -> float:
        due = await self._store.next_application_at()
        if due is None:
            return _IDLE_SECONDS
        return min(_IDLE_SECONDS, max((due - self._clock.now()).total_seconds(), 0.01))

    async def _finish(self, one: Application) -> None:
        inbox = await self._accounts.inbox(one.inbox_id)
        if inbox is None or not inbox.is_active:
            steps = _given_up(one, "the inbox is gone")
        elif one.attempts > 1 and one.at < self._clock.now() - MAX_AGE:
            steps = _given_up(one, "it took too long")
        else:
            steps = await self._try(one, inbox)
        done = one.with_steps(steps)
        again_at = None
        if done.is_pending and one.attempts >= MAX_ATTEMPTS:
            done = one.with_steps(_given_up(done, "it failed too often"))
        elif done.is_pending:
            again_at = self._clock.now() + FIRST_RETRY * 2 ** (one.attempts - 1)
        await self._store.settle_application(done, again_at)
        for before, after in zip(one.steps, done.steps, strict=True):
            if before.state is not after.state:
                labels = (after.action.kind.value, after.state.value)
                self._metrics.rule_actions.labels(*labels).inc()
        _log.info(
            "rule.applied",
            rule_id=one.rule_id,
            about=one.about,
            states=[step.state.value for step in done.steps],
        )

    async def _try(self, one: Application, inbox: Inbox) -> tuple[Step, ...]:
        try:
            return await self._doing.steps(one, inbox)
        except Exception:  # noqa: BLE001 - a supervisor: what breaks here must not stop other rules
            _log.exception("rule.broken", rule_id=one.rule_id, about=one.about)
            return one.steps


def _later(rule: Rule) -> tuple[Step, ...]:
    """What the rule wants beside a word at the door."""
    return tuple(
        Step(action=one, state=StepState.PENDING)
        for one in rule.actions
        if one.kind not in AT_THE_DOOR
    )


def _given_up(one: Application, reason: str) -> tuple[Step, ...]:
    return tuple(
        replace(step, state=StepState.FAILED, reason=step.reason or reason)
        if step.state is StepState.PENDING
        else step
        for step in one.steps
    )


def _occurrence(event: Event) -> str:
    """Deliveries and bounces happen once for each recipient, everything else once."""
    is_repeated = event.name in (Trigger.EMAIL_DELIVERED, Trigger.EMAIL_BOUNCED)
    return str(event.seq) if is_repeated else ""


def _addresses(texts: Sequence[str]) -> tuple[Address, ...]:
    return tuple(one for one in map(try_address, texts) if one is not None)
