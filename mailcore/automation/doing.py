"""Does what rules still have to do in an inbox, as the inbox's own agent could.

Marking and moving is done again without harm; what sends goes through the one door under a key
made of the application, so that doing it again sends nothing twice.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DraftId, MessageId, ThreadId
from mailcore.inbound.sorting import URGENT, target
from mailcore.mailboxes import Mailboxes
from mailcore.message.headers import Headers
from mailcore.model import (
    Actor,
    AgentStatus,
    Flag,
    Inbox,
    JsonObject,
    Message,
    ThreadStatus,
)
from mailcore.outbound.mailer import Mailer, ReplyMail
from mailcore.rulebook.service import actor_of
from mailcore.rules.applied import Application, Step, StepState
from mailcore.rules.loops import (
    FORWARDED,
    answerable,
    forwarded_by,
    why_not_answer,
    why_not_forward,
)
from mailcore.rules.rule import LATER, Action, ActionKind
from mailcore.store.ports import (
    AccountStore,
    FlagMode,
    IdempotencyEntry,
    MailStore,
    OutboundStore,
    RuleStore,
)
from mailcore.tasks.service import NewTask, Tasks

PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)
"""Troubles that another try may not meet."""


class Doing:
    """Carries out steps."""

    def __init__(
        self,
        *,
        store: RuleStore,
        accounts: AccountStore,
        mail: MailStore,
        outbound: OutboundStore,
        mailboxes: Mailboxes,
        mailer: Mailer,
        tasks: Tasks,
        config: Config,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._mail = mail
        self._outbound = outbound
        self._mailboxes = mailboxes
        self._mailer = mailer
        self._tasks = tasks
        self._config = config
        self._clock = clock

    async def steps(self, one: Application, inbox: Inbox) -> tuple[Step, ...]:
        """The steps after doing what is pending. What may work later stays so."""
        actor = actor_of(one.rule_id, inbox)
        done: list[Step] = []
        for index, step in enumerate(one.steps):
            if step.state is not StepState.PENDING:
                done.append(step)
                continue
            try:
                done.append(await self._do(actor, inbox, one, index, step.action))
            except MailError as error:
                state = StepState.PENDING if error.kind in PASSING else StepState.FAILED
                done.append(replace(step, state=state, reason=error.message))
        return tuple(done)

    async def _do(
        self, actor: Actor, inbox: Inbox, one: Application, index: int, action: Action
    ) -> Step:
        if action.kind in LATER and await self._is_stopped(inbox):
            return _skipped(action, "the agent is stopped")
        match action.kind:
            case ActionKind.SET_THREAD_STATUS | ActionKind.URGENT:
                return await self._thread(one, action)
            case ActionKind.ASSIGN:
                return await self._assign(actor, inbox, one, index, action)
            case ActionKind.APPROVE | ActionKind.REQUIRE_APPROVAL | ActionKind.SKIP:
                return _skipped(action, "decided before")
            case (
                ActionKind.TAG
                | ActionKind.UNTAG
                | ActionKind.STAR
                | ActionKind.MARK_READ
                | ActionKind.MOVE
                | ActionKind.DELETE
                | ActionKind.FORWARD
                | ActionKind.AUTO_REPLY
            ):
                message = await self._mail.message(MessageId(one.about))
                if message is None or message.inbox_id != inbox.id:
                    return _skipped(action, "the message is gone")
                return await self._of_message(actor, inbox, one, index, action, message)
            case _:
                assert_never(action.kind)

    async def _is_stopped(self, inbox: Inbox) -> bool:
        agent = await self._accounts.agent(inbox.agent_id) if inbox.agent_id else None
        return agent is not None and agent.status is AgentStatus.STOPPED

    async def _of_message(
        self,
        actor: Actor,
        inbox: Inbox,
        one: Application,
        index: int,
        action: Action,
        message: Message,
    ) -> Step:
        match action.kind:
            case ActionKind.FORWARD:
                return await self._forward(actor, inbox, one, index, action, message)
            case ActionKind.AUTO_REPLY:
                return await self._answer(actor, inbox, one, index, action, message)
            case ActionKind.MOVE | ActionKind.DELETE:
                return await self._move(actor, message, action)
            case _:
                return await self._mark(actor, message, action)

    # Marks and places --------------------------------------------------------------------------

    async def _mark(self, actor: Actor, message: Message, action: Action) -> Step:
        box = await self._mailboxes.by_id(actor, message.mailbox_id)
        if box is None:
            return _skipped(action, "the message is gone")
        mode = FlagMode.REMOVE if action.kind is ActionKind.UNTAG else FlagMode.ADD
        flags = {ActionKind.STAR: Flag.FLAGGED, ActionKind.MARK_READ: Flag.SEEN}
        keywords = (action.tag,) if action.tag else ()
        uids = [(message.uid, message.uid)]
        await self._mailboxes.set_flags(box, uids, mode, flags.get(action.kind, Flag(0)), keywords)
        return _done(action)

    async def _move(self, actor: Actor, message: Message, action: Action) -> Step:
        folders = await self._mailboxes.list(actor, message.inbox_id)
        found = target(folders, action)
        source = next((one for one in folders if one.id == message.mailbox_id), None)
        if found is None or source is None:
            return _skipped(action, "there is no such folder")
        if found.id != source.id:
            await self._mailboxes.move(source, [(message.uid, message.uid)], found)
        return _done(action)

    async def _thread(self, one: Application, action: Action) -> Step:
        thread_id = await self.thread_of(one.about)
        if thread_id is None:
            return _skipped(action, "there is no thread")
        if action.kind is ActionKind.URGENT:
            await self._mail.set_thread(thread_id, needs_review=True)
            return await self._urgent(one, action)
        is_over = action.status is ThreadStatus.CLOSED
        await self._mail.set_thread(
            thread_id, status=action.status, needs_review=False if is_over else None
        )
        return _done(action)

    async def _urgent(self, one: Application, action: Action) -> Step:
        message = await self._mail.message(MessageId(one.about))
        if message is not None:
            uids = [(message.uid, message.uid)]
            await self._mail.set_flags(message.mailbox_id, uids, FlagMode.ADD, Flag(0), (URGENT,))
        return _done(action)

    async def thread_of(self, about: str) -> ThreadId | None:
        """The thread of a message or draft."""
        message = await self._mail.message(MessageId(about))
        if message is not None:
            return message.thread_id
        draft = await self._outbound.draft(DraftId(about))
        return draft.thread_id if draft is not None else None

    # What sends and gives work -----------------------------------------------------------------

    async def _forward(
        self,
        actor: Actor,
        inbox: Inbox,
        one: Application,
        index: int,
        action: Action,
        message: Message,
    ) -> Step:
        headers = Headers.read(await self._mailboxes.raw(message))
        reason = why_not_forward(headers, inbox.address)
        to = tuple(address for address in action.to if address.lower() != inbox.address.folded)
        if reason or not to:
            return _skipped(action, reason or "it would go to this inbox again")
        passed = (str(inbox.address), *forwarded_by(headers))
        sent = await self._mailer.forward(
            actor,
            message.id,
            ReplyMail(
                to=to,
                text="",
                headers=(
                    ("Auto-Submitted", "auto-generated"),
                    *((FORWARDED, address) for address in passed),
                ),
            ),
            idempotency=_once(one, index),
        )
        return _done(action, sent.id)

    async def _answer(
        self,
        actor: Actor,
        inbox: Inbox,
        one: Application,
        index: int,
        action: Action,
        message: Message,
    ) -> Step:
        headers = Headers.read(await self._mailboxes.raw(message))
        reason = why_not_answer(
            headers,
            inbox,
            message.auth,
            message.security,
            is_checked=self._config.inbound.verify,
        )
        sender = answerable(headers)
        if reason or sender is None:
            return _skipped(action, reason)
        since = self._clock.now() - timedelta(days=action.days)
        if not await self._store.may_reply(one, sender.folded, since):
            return _skipped(action, "its sender was answered lately")
        sent = await self._mailer.reply(
            actor,
            message.id,
            ReplyMail(
                to=(str(sender),),
                subject=action.subject,
                text=action.text,
                headers=(("Auto-Submitted", "auto-replied"), ("Precedence", "bulk")),
            ),
            idempotency=_once(one, index),
        )
        return _done(action, sent.id)

    async def _assign(
        self, actor: Actor, inbox: Inbox, one: Application, index: int, action: Action
    ) -> Step:
        thread_id = await self.thread_of(one.about)
        payload: JsonObject = {
            "rule": one.rule_name,
            "event": one.trigger.value,
            "about": one.about,
            "thread_id": thread_id,
            "inbox": str(inbox.address),
        }
        task = await self._tasks.assign(
            actor,
            NewTask(assignee=action.agent, type="rule", payload=payload, is_mailed=False),
            idempotency=_once(one, index),
        )
        return _done(action, task.id)


def _once(one: Application, index: int) -> IdempotencyEntry:
    return IdempotencyEntry(scope=f"rule:{one.rule_id}", key=f"{one.id}:{index}", request_hash=b"")


def _done(action: Action, made: str = "") -> Step:
    return Step(action=action, state=StepState.DONE, made=made)


def _skipped(action: Action, reason: str) -> Step:
    return Step(action=action, state=StepState.SKIPPED, reason=reason)
