"""Gathers the approver's view of a hold: its bytes, the author's reason, the thread before it."""

import asyncio

from mailcore.channels.masking import Masking
from mailcore.channels.view import ApproverView, Background, KindOf, approver_view
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId
from mailcore.mailboxes import Mailboxes
from mailcore.model import Actor, Flag, Hold, Message
from mailcore.outbound.approvals import Approvals
from mailcore.store.ports import HoldVersion, OutboundStore


class Showing:
    """The one maker of approver's views."""

    def __init__(
        self,
        *,
        approvals: Approvals,
        mailboxes: Mailboxes,
        outbound: OutboundStore,
        masking: Masking,
        kind_of: KindOf,
    ) -> None:
        self._approvals = approvals
        self._mailboxes = mailboxes
        self._outbound = outbound
        self._masking = masking
        self._kind_of = kind_of
        self._reader = system("approver-view")

    async def of(self, actor: Actor, hold_id: HoldId) -> ApproverView | None:
        """What this actor decides on; None for those who may not decide. NOT_FOUND for foreign holds."""
        found = await self._approvals.hold(actor, hold_id)
        return await self.view(found.hold, found.raw) if found.raw is not None else None

    async def view(self, hold: Hold, raw: bytes) -> ApproverView:
        """The view of a hold whose bytes were read already; built off the event loop."""
        background = Background(
            rationale=await self._rationale(hold),
            thread=await self._thread(hold),
            before=await self._before(hold),
        )
        redact = await self._masking.of(hold.pod_id)
        return await asyncio.to_thread(approver_view, hold, raw, redact, self._kind_of, background)

    async def _rationale(self, hold: Hold) -> str:
        draft = await self._outbound.draft(hold.draft_id) if hold.draft_id is not None else None
        return draft.rationale if draft else ""

    async def _before(self, hold: Hold) -> HoldVersion | None:
        """The version before, if a person changed it; drafts have holds of their own."""
        if hold.version == 1 or hold.draft_id is not None:
            return None
        versions = await self._outbound.hold_versions(hold.id)
        return versions[-1] if versions else None

    async def _thread(self, hold: Hold) -> tuple[Message, ...] | None:
        if hold.thread_id is None:
            return None
        try:
            thread = await self._mailboxes.thread(self._reader, hold.thread_id)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        messages = await self._mailboxes.thread_messages(self._reader, thread)
        return tuple(
            one
            for one in messages
            if str(one.id) != hold.submission_id and not one.flags & Flag.DRAFT
        )
