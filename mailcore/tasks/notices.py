"""Tells assignees of their tasks by mail, for those who read nothing else.

A durable consumer of the journal, so a task is told of across a crash, and once. The mail names the
task and carries nothing of its payload.
"""

import asyncio
from typing import Final

from mailcore import log
from mailcore.address import Address
from mailcore.clock import Clock, to_iso
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import TaskId, new_message_id
from mailcore.journal import Journal
from mailcore.message.compose import Outline, render
from mailcore.model import Event, MailboxAddress, Task, TaskStatus
from mailcore.outbound.submit import Submission
from mailcore.store.ports import AccountStore, EventFilter, TaskStore

CONSUMER: Final = "tasks.notices"
_SENDER: Final = "postmaster"
_PAUSE_SECONDS: Final = 2.0
_PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)

_log = log.get(__name__)


class TaskNotices:
    """Notices of tasks by e-mail."""

    def __init__(
        self,
        *,
        journal: Journal,
        store: TaskStore,
        accounts: AccountStore,
        submission: Submission,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._store = store
        self._accounts = accounts
        self._submission = submission
        self._config = config
        self._clock = clock
        self._actor = system("tasks")

    async def run(self) -> None:
        """Tell of new tasks; returns only on cancellation."""
        where = EventFilter(names=("task.assigned",))
        while True:
            try:
                await self._journal.consume(CONSUMER, where, self._take)
            except MailError as error:
                _log.error("task_notices.paused", reason=error.message, detail=error.detail)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _take(self, event: Event) -> None:
        task = await self._store.task(TaskId(str(event.body["task_id"])))
        if task is None or not task.is_mailed or task.status is not TaskStatus.PENDING:
            return
        try:
            await self._tell(task)
        except MailError as error:
            if error.kind in _PASSING:
                raise
            _log.error("task_notice.failed", task_id=task.id, reason=error.message)
        except Exception:  # noqa: BLE001 - a supervisor: one task that cannot be told stops no other
            _log.exception("task_notice.failed", task_id=task.id)

    async def _tell(self, task: Task) -> None:
        inbox_id = task.assignee.inbox_id
        inbox = await self._accounts.inbox(inbox_id) if inbox_id is not None else None
        if inbox is None:
            return
        own = Address(_SENDER, self._config.server.domain)
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=task.assignee.name, address=str(inbox.address)),),
            subject=f"Task from {task.assigner.name}: {task.type}",
            text=notice_text(task),
            headers=(("Auto-Submitted", "auto-generated"), ("X-Task-Id", task.id)),
            message_id=new_message_id(self._config.server.domain),
            date=self._clock.now(),
        )
        await self._submission.notify(
            self._actor, own, [inbox.address], render(outline), once=task.id
        )


def notice_text(task: Task) -> str:
    """What the mail says."""
    lines = (
        f"{task.assigner.name} has given you a task.",
        "",
        f"Task:    {task.id}",
        f"Type:    {task.type}",
        f"Until:   {to_iso(task.expires_at)}",
        "",
        "Over the API: GET /v1/tasks/ID reads it, POST /v1/tasks/ID/claim takes it, and",
        "POST /v1/tasks/ID/complete gives the result. The tools are get_task, claim_task and",
        "complete_task.",
    )
    return "\n".join(lines) + "\n"
