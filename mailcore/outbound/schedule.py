"""Mail that waits for its time: listing, moving and taking it back, and letting it go when due.

What is due goes through the one door once more (`Submission.release`), so the guard judges it again.
Nothing is kept in memory: after a restart what became due meanwhile leaves at once.
"""

import asyncio
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from mailcore import log
from mailcore.accounts import audit
from mailcore.clock import Clock, to_iso
from mailcore.errors import MailError, not_found
from mailcore.ids import InboxId, SubmissionId
from mailcore.mailboxes import Mailboxes
from mailcore.model import FIRST_PAGE, Actor, Listed, Permission, Slice, Submitted
from mailcore.outbound.send_time import read_send_time
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.submit import Submission
from mailcore.store.ports import OutboundStore

_log = log.get(__name__)
_LOOK_EVERY_SECONDS: Final = 1.0
_BATCH: Final = 50


class Schedule:
    """The schedule service and its runner."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        mailboxes: Mailboxes,
        submission: Submission,
        policies: SendingPolicies,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._mailboxes = mailboxes
        self._submission = submission
        self._policies = policies
        self._clock = clock

    async def run(self) -> None:
        """Let go what is due, within a second; returns only on cancellation."""
        while True:
            try:
                await self.release_due()
            except MailError as error:
                _log.error("schedule.failed", reason=error.message, detail=error.detail)
            except Exception:  # noqa: BLE001 - a supervisor: what is due stays due
                _log.exception("schedule.failed")
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def release_due(self) -> int:
        """Take everything whose time has come through the door; returns how many messages."""
        now = self._clock.now()
        count = 0
        while due := await self._outbound.due_scheduled(now, _BATCH):
            for one in due:
                await self._submission.release(one, now)
            count += len(due)
        return count

    async def time(self, inbox_id: InboxId, text: str) -> datetime:
        """When an author means, in the inbox's time zone; INVALID names `send_at`."""
        policy = await self._policies.of(inbox_id)
        return read_send_time(text, ZoneInfo(policy.timezone), self._clock.now())

    async def items(self, actor: Actor, part: Slice = FIRST_PAGE) -> Listed[Submitted]:
        """What waits for its time, the earliest first; an agent sees its own."""
        own = None
        if not actor.reads_pod:
            own = tuple(one.id for one in await self._mailboxes.inboxes(actor))
        return await self._outbound.scheduled(actor.pod_id, inbox_ids=own, part=part)

    async def move(self, actor: Actor, submission_id: SubmissionId, text: str) -> Submitted:
        """Another time for what is scheduled or held; CONFLICT `not_scheduled`."""
        submitted = await self._own(actor, submission_id)
        if submitted.inbox_id is None:
            raise not_found("message")
        at = await self.time(submitted.inbox_id, text)
        witness = audit(actor, "mail.reschedule", submission_id, {"send_at": to_iso(at)})
        return await self._outbound.reschedule(submission_id, at, witness)

    async def cancel(self, actor: Actor, submission_id: SubmissionId) -> Submitted:
        """Take a message back before its time; CONFLICT `not_scheduled`."""
        await self._own(actor, submission_id)
        witness = audit(actor, "mail.cancel", submission_id, {})
        return await self._outbound.cancel_scheduled(submission_id, witness)

    async def _own(self, actor: Actor, submission_id: SubmissionId) -> Submitted:
        actor.require(Permission.SEND)
        found = await self._outbound.submission(submission_id)
        if found is None or found.inbox_id is None:
            raise not_found("message")
        try:
            await self._mailboxes.inbox(actor, found.inbox_id)
        except MailError as error:
            raise not_found("message") from error
        return found
