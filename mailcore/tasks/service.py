"""The task service: assign, claim, complete, fail, cancel, expire.

What agents hand each other here is data on its way to somebody, so payloads, results and reasons
pass the same guard and the same policy of the inbox as mail does; where mail would be held, a task is
refused. Only the two sides see a task, and whoever has claimed it with its token.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import try_address
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, FieldError, MailError, conflict, denied, not_found
from mailcore.ids import AgentId, TaskId, new_id
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    AgentStatus,
    ApprovalMode,
    Inbox,
    JsonObject,
    JsonValue,
    Listed,
    Permission,
    Slice,
    Task,
    TaskParty,
    TaskStatus,
)
from mailcore.outbound.submit import Submission
from mailcore.outbound.tokens import ClaimTokens
from mailcore.store.ports import (
    AccountStore,
    Audit,
    IdempotencyEntry,
    PolicyStore,
    TaskChange,
    TaskQuery,
    TaskStore,
)
from mailcore.tasks.values import check_value, spoken

DEFAULT_EXPIRY: Final = timedelta(days=1)
MAX_EXPIRY: Final = timedelta(days=30)
KEEP_FINISHED: Final = timedelta(days=30)
EXPIRE_EVERY: Final = timedelta(seconds=15)
MAX_OPEN: Final = 1000
"""Open tasks of one assigner."""
MAX_TYPE_CHARS: Final = 100
MAX_ERROR_CHARS: Final = 2000
OWNER: Final = "owner"

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What is asked of whom. `assignee` is an agent's name, id or address."""

    assignee: str
    type: str
    payload: JsonValue = None
    result_schema: JsonObject | None = None
    expires_in: timedelta = DEFAULT_EXPIRY
    is_mailed: bool = True
    allow_sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which of the tasks that an actor may see."""

    side: str = ""
    """`assigner` or `assignee`; both when empty."""
    status: TaskStatus | None = None
    type: str = ""
    part: Slice = FIRST_PAGE


class Tasks:
    """The task service."""

    def __init__(
        self,
        *,
        store: TaskStore,
        accounts: Accounts,
        inboxes: AccountStore,
        audits: PolicyStore,
        submission: Submission,
        tokens: ClaimTokens,
        clock: Clock,
        most_open: int = MAX_OPEN,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._inboxes = inboxes
        self._audits = audits
        self._submission = submission
        self._tokens = tokens
        self._clock = clock
        self.most_open = most_open

    # Giving ------------------------------------------------------------------------------------

    async def assign(
        self, actor: Actor, new: NewTask, *, idempotency: IdempotencyEntry | None = None
    ) -> Task:
        """Give an agent a task; the same key gives the same task again.

        INVALID for bounds and schema, NOT_FOUND for the assignee, DENIED `refused_by_guard` and
        `refused_by_policy`, OVER_LIMIT `too_many_tasks`.
        """
        actor.require(Permission.SEND)
        check_value("payload", new.payload)
        schema = new.result_schema
        if schema is not None:
            check_value("result_schema", schema)
            schema = await asyncio.to_thread(_checked_schema, schema)
        assignee, target = await self._assignee(actor, new.assignee)
        assigner, sender = await self._assigner(actor)
        if not (new.allow_sensitive and actor.is_master):
            said = f"{new.type}\n{spoken(new.payload)}\n{spoken(schema) if schema else ''}"
            await self._vet(actor, sender, target, said)
        now = self._clock.now()
        task = Task(
            id=TaskId(new_id()),
            pod_id=actor.pod_id,
            type=new.type,
            payload=new.payload,
            result_schema=schema,
            status=TaskStatus.PENDING,
            is_mailed=new.is_mailed,
            assigner=assigner,
            assignee=assignee,
            created_at=now,
            expires_at=now + new.expires_in,
        )
        record = _audit(actor, "task.assign", task.id, {"to": assignee.name, "type": new.type})
        return await self._store.create_task(task, idempotency, record, most_open=self.most_open)

    async def cancel(self, actor: Actor, task_id: TaskId) -> Task:
        """Take a task back that is not done; its assigner may, and the master."""
        actor.require(Permission.SEND)
        task = await self.task(actor, task_id)
        if not (actor.is_master or task.assigner.is_actor(actor)):
            raise denied("only who gave a task takes it back", fix="Fail it with a reason instead")
        if task.status is TaskStatus.CANCELED:
            return task
        change = TaskChange(before=_require_open(task), after=TaskStatus.CANCELED)
        return await self._change(actor, task, change, "task.cancel")

    # Doing -------------------------------------------------------------------------------------

    async def claim(self, actor: Actor, task_id: TaskId, token: str = "") -> Task:
        """Take a task to work on it: its assignee, or another agent that has been given its token.

        CONFLICT `task_claimed` when another has it; by the same agent again it changes nothing.
        """
        actor.require(Permission.SEND)
        task = await self._fresh(actor, task_id)
        has_token = bool(token) and task is not None and self._tokens.is_for(token, task.id)
        if task is None or not (has_token or self._sees(actor, task)):
            raise not_found("task")
        if not has_token and not _works_on(task, actor):
            raise denied("the task is given to somebody else", fix="Claim it with its claim token")
        if task.status is TaskStatus.CLAIMED:
            if task.claimant is not None and task.claimant.is_actor(actor):
                return task
            raise conflict("another agent has claimed the task", code="task_claimed")
        change = TaskChange(
            before=_require_open(task),
            after=TaskStatus.CLAIMED,
            claimant=await self._worker(actor, task),
        )
        return await self._change(actor, task, change, "task.claim")

    async def complete(self, actor: Actor, task_id: TaskId, result: JsonValue) -> Task:
        """Give the result; INVALID `result_invalid` when the task's schema finds fault with it.

        The assignee need not claim the task first. The same result again changes nothing.
        """
        check_value("result", result)
        task = await self._at_work(actor, task_id)
        if task.status is TaskStatus.COMPLETED and task.result == result:
            return task
        before = _require_open(task)
        await self._require_fit(task, result)
        await self._vet_answer(actor, task, spoken(result))
        change = TaskChange(
            before=before,
            after=TaskStatus.COMPLETED,
            claimant=await self._worker(actor, task),
            result=result,
        )
        return await self._change(actor, task, change, "task.complete")

    async def fail(self, actor: Actor, task_id: TaskId, reason: str) -> Task:
        """Give up, and say why. The same reason again changes nothing."""
        task = await self._at_work(actor, task_id)
        if task.status is TaskStatus.FAILED and task.error == reason:
            return task
        before = _require_open(task)
        await self._vet_answer(actor, task, reason)
        change = TaskChange(
            before=before,
            after=TaskStatus.FAILED,
            claimant=await self._worker(actor, task),
            error=reason,
        )
        return await self._change(actor, task, change, "task.fail")

    # Looking -----------------------------------------------------------------------------------

    async def task(self, actor: Actor, task_id: TaskId) -> Task:
        """One task; foreign ones are NOT_FOUND."""
        task = await self._fresh(actor, task_id)
        if task is None or not self._sees(actor, task):
            raise not_found("task")
        return task

    async def tasks(self, actor: Actor, where: TaskFilter) -> Listed[Task]:
        """A part of the tasks that the actor sees, newest first, without payload, schema and result."""
        if not actor.reads_pod and actor.agent_id is None:
            return Listed()
        await self.expire()
        return await self._store.tasks(
            TaskQuery(
                pod_id=actor.pod_id,
                agent_id=None if actor.reads_pod else actor.agent_id,
                inbox_id=actor.inbox_id,
                side=where.side,
                status=where.status,
                type=where.type,
                part=where.part,
            )
        )

    def claim_token(self, actor: Actor, task: Task) -> str | None:
        """What the assignee may give to another agent that shall do the task."""
        is_theirs = task.status is TaskStatus.PENDING and task.assignee.is_actor(actor)
        return self._tokens.issue(task.id) if is_theirs else None

    # What happens by itself --------------------------------------------------------------------

    async def expire(self) -> int:
        """End the tasks whose time is over; a periodic job."""
        total = 0
        while (done := await self._store.expire_tasks(self._clock.now())) > 0:
            total += done
        return total

    async def forget(self) -> int:
        """Delete tasks that were finished long ago; a periodic job."""
        before, total = self._clock.now() - KEEP_FINISHED, 0
        while (done := await self._store.forget_tasks(before)) > 0:
            total += done
        return total

    # Pieces ------------------------------------------------------------------------------------

    async def _fresh(self, actor: Actor, task_id: TaskId) -> Task | None:
        """The task of the actor's pod; one whose time is over is ended first."""
        task = await self._store.task(task_id)
        if task is not None and task.status.is_open and task.expires_at <= self._clock.now():
            await self.expire()
            task = await self._store.task(task_id)
        return task if task is not None and task.pod_id == actor.pod_id else None

    @staticmethod
    def _sees(actor: Actor, task: Task) -> bool:
        return actor.reads_pod or task.assigner.is_actor(actor) or _works_on(task, actor)

    async def _at_work(self, actor: Actor, task_id: TaskId) -> Task:
        """A task that the actor may end: as the one who claimed it, or its assignee."""
        actor.require(Permission.SEND)
        task = await self.task(actor, task_id)
        if not _works_on(task, actor):
            raise denied("the task is given to somebody else")
        return task

    async def _assignee(self, actor: Actor, name: str) -> tuple[TaskParty, Inbox]:
        address = try_address(name) if "@" in name else None
        if address is not None:
            inbox = await self._inboxes.inbox_by_address(address.base.folded)
            if inbox is None or inbox.pod_id != actor.pod_id or inbox.agent_id is None:
                raise not_found("agent", fix="Look agents up with GET /v1/agents")
            agent = await self._accounts.agent(actor, inbox.agent_id)
        else:
            agent = await self._accounts.agent(actor, name)
            inbox = next(iter(await self._open_inboxes(actor, agent.id)), None)
        if inbox is None or not inbox.is_active:
            raise conflict(f"{agent.name} has no open inbox", code="assignee_unavailable")
        if agent.status is AgentStatus.STOPPED:
            raise conflict(f"{agent.name} is stopped", code="assignee_unavailable")
        return TaskParty(name=agent.name, agent_id=agent.id, inbox_id=inbox.id), inbox

    async def _assigner(self, actor: Actor) -> tuple[TaskParty, Inbox | None]:
        """Who gives the task, and the inbox whose policy counts for it."""
        if actor.agent_id is None:
            return TaskParty(name=OWNER, agent_id=None, inbox_id=None), None
        inbox = await self._own_inbox(actor)
        agent = await self._accounts.agent(actor, actor.agent_id)
        return TaskParty(name=agent.name, agent_id=agent.id, inbox_id=inbox.id), inbox

    async def _worker(self, actor: Actor, task: Task) -> TaskParty | None:
        """The actor as the one who works on the task, when nobody does yet."""
        if task.claimant is not None:
            return None
        return (await self._assigner(actor))[0]

    async def _own_inbox(self, actor: Actor) -> Inbox:
        """The inbox that the actor acts from: one that may send without asking, if there is one."""
        agent_id = actor.agent_id
        found = await self._open_inboxes(actor, agent_id) if agent_id is not None else []
        usable = [one for one in found if actor.may_use(one)]
        if not usable:
            raise denied("there is no open inbox to act from", code="inbox_disabled")
        return min(usable, key=lambda one: one.approval is ApprovalMode.ALWAYS)

    async def _open_inboxes(self, actor: Actor, agent_id: AgentId) -> list[Inbox]:
        found = await self._inboxes.inboxes(actor.pod_id, agent_id)
        return sorted((one for one in found if one.is_active), key=lambda one: one.id)

    async def _require_fit(self, task: Task, result: JsonValue) -> None:
        if task.result_schema is None:
            return
        wrong = await asyncio.to_thread(_violations, task.result_schema, result)
        if wrong:
            raise MailError(
                ErrorKind.INVALID,
                f"the result does not fit the task's schema: {wrong[0].path}: {wrong[0].message}",
                code="result_invalid",
                fix="Correct what `errors` names; the schema is `result_schema` of the task",
                fields=wrong,
            )

    async def _vet(
        self, actor: Actor, sender: Inbox | None, target: Inbox | None, said: str
    ) -> None:
        recipients = (target.address,) if target else ()
        try:
            await self._submission.vet(actor, sender, recipients, said)
        except MailError as error:
            await self._record_refusal(actor, error)
            raise

    async def _vet_answer(self, actor: Actor, task: Task, said: str) -> None:
        """What goes back: the owner may read anything, another agent only what mail could carry."""
        if task.assigner.agent_id is None:
            return
        inbox = (
            await self._inboxes.inbox(task.assigner.inbox_id) if task.assigner.inbox_id else None
        )
        recipients = (inbox.address,) if inbox else ()
        sender = await self._own_inbox(actor)
        try:
            await self._submission.vet(actor, sender, recipients, said, is_answer=True)
        except MailError as error:
            await self._record_refusal(actor, error)
            raise

    async def _record_refusal(self, actor: Actor, error: MailError) -> None:
        if error.kind is ErrorKind.DENIED:
            _log.info("task.refused", actor=actor.label, code=error.code)
            record = _audit(actor, "task.refuse", error.code, {"reason": error.message})
            await self._audits.append_audit(record)

    async def _change(self, actor: Actor, task: Task, change: TaskChange, action: str) -> Task:
        changed = await self._store.change_task(task.id, change, _audit(actor, action, task.id, {}))
        if changed is None:
            raise conflict(
                "the task has changed in the meantime", code="version_mismatch", fix="Read it again"
            )
        return changed


def _works_on(task: Task, actor: Actor) -> bool:
    is_claimant = task.claimant is not None and task.claimant.is_actor(actor)
    return is_claimant or task.assignee.is_actor(actor)


def _require_open(task: Task) -> TaskStatus:
    if not task.status.is_open:
        raise conflict(f"the task is {task.status.value}", code="task_closed")
    return task.status


def _checked_schema(schema: JsonObject) -> JsonObject:
    from mailcore.tasks.schema import checked_schema  # noqa: PLC0415 - slow, and not for every server

    return checked_schema(schema)


def _violations(schema: JsonObject, result: JsonValue) -> tuple[FieldError, ...]:
    from mailcore.tasks.schema import violations  # noqa: PLC0415 - slow, and not for every server

    return violations(schema, result)


def _audit(actor: Actor, action: str, subject: str, detail: JsonObject) -> Audit:
    return Audit(
        pod_id=actor.pod_id, actor=actor.label, action=action, subject=subject, detail=detail
    )
