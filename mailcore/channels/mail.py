"""The mail channel: tells approvers of holds, and asks again when an answer was unclear.

A durable consumer of the journal, so no hold goes untold across a restart. What a notice quotes is
masked; the full message is seen only behind a login. The Reply-To carries the approver's token.
"""

import asyncio
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.channels.links import Links
from mailcore.channels.notice import digest_text, notice_text, paused_text
from mailcore.channels.patience import Patience
from mailcore.channels.showing import Showing
from mailcore.channels.view import ApproverView
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, new_message_id
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.message.compose import Outline, render
from mailcore.model import Event, HoldStatus, MailboxAddress, Person, PersonRole
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.submit import Submission
from mailcore.outbound.tokens import ApprovalTokens
from mailcore.store.ports import EventFilter, OutboundStore

_log = log.get(__name__)
_FIRST: Final = "Approve or reject"
_AGAIN_TOLD: Final = "Still waiting"
_AGAIN: Final = "Please answer again"
_PAUSED: Final = "agent.paused"
_SETTLED: Final = timedelta(minutes=2)
"""Younger holds are being told of."""
_MAX_ASKED_AGAIN: Final = 3
_PAUSE_SECONDS: Final = 2.0
"""Between tries while the store does not work."""
_PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)
"""Failures that a later try may not meet: the hold is told then."""


class MailChannel:
    """Notices by e-mail."""

    def __init__(
        self,
        *,
        journal: Journal,
        accounts: Accounts,
        approvals: Approvals,
        submission: Submission,
        tokens: ApprovalTokens,
        links: Links,
        showing: Showing,
        outbound: OutboundStore,
        patience: Patience,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._approvals = approvals
        self._submission = submission
        self._tokens = tokens
        self._links = links
        self._showing = showing
        self._outbound = outbound
        self._patience = patience
        self._config = config
        self._clock = clock
        self._actor = system("notices")
        self._asked: dict[HoldId, int] = {}

    async def run(self) -> None:
        """Send notices for new holds; returns only on cancellation.

        While the store does not work it waits and begins again where it was.
        """
        names = ("hold.created", "hold.reminded", _PAUSED)
        where = EventFilter(names=names, public_only=True)
        while True:
            try:
                await self._journal.consume("channels.mail", where, self._take)
            except MailError as error:
                _log.error("notices.paused", reason=error.message, detail=error.detail)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _take(self, event: Event) -> None:
        try:
            await self._tell(event)
        except MailError:
            raise
        except Exception:  # noqa: BLE001 - a supervisor: one hold that cannot be told stops no other
            _log.exception("notice.failed", seq=event.seq)

    async def _tell(self, event: Event) -> None:
        if event.name == _PAUSED:
            await self._tell_paused(event)
            return
        hold_id = HoldId(str(event.body["hold_id"]))
        try:
            view = await self._approvals.hold(self._actor, hold_id)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return
            raise
        if event.name == "hold.created" and self._patience.can_wait(view.hold, self._clock.now()):
            return
        if view.hold.status is HoldStatus.PENDING and view.raw is not None:
            seen = await self._showing.view(view.hold, view.raw)
            await self._notify_all(seen, _FIRST if event.name == "hold.created" else _AGAIN_TOLD)

    async def _tell_paused(self, event: Event) -> None:
        """Owners alone end a pause; where there is none, whoever decides hears of it."""
        people = await self._accounts.approvers(self._actor)
        owners = [one for one in people if one.role is PersonRole.OWNER]
        text = paused_text(event.body)
        for person in owners or people:
            await self._send(person, "Mail of an agent is paused", text, APPROVAL_LOCAL_PART)

    async def ask_again(self, answered: Answered) -> None:
        """Tell the approver that their reply decided nothing, at most a few times per hold."""
        hold, person = answered.hold, answered.person
        if hold is None or person is None or hold.status is not HoldStatus.PENDING:
            return
        asked = self._asked.get(hold.id, 0)
        if asked >= _MAX_ASKED_AGAIN:
            return
        self._asked[hold.id] = asked + 1
        raw = (await self._approvals.hold(self._actor, hold.id)).raw
        if raw is not None:
            await self._notify(await self._showing.view(hold, raw), person, lead=_AGAIN)

    async def _notify_all(self, view: ApproverView, lead: str) -> None:
        hold = view.hold
        for person in await self._accounts.approvers(self._actor):
            if f"person:{person.email}" in hold.approved_once_by:
                continue
            try:
                await self._notify(view, person, lead=lead)
            except MailError as error:
                if error.kind in _PASSING:
                    raise
                _log.error(
                    "notice.failed", hold_id=hold.id, person_id=person.id, reason=error.message
                )
        await self._outbound.mark_told([hold.id])

    async def digest(self) -> int:
        """Tell together of what could wait and waits no longer; returns of how many."""
        now = self._clock.now()
        untold = await self._outbound.untold_holds(now - _SETTLED)
        due = [one for one in untold if not self._patience.can_wait(one, now)]
        if not due:
            return 0
        told = untold if not self._patience.is_quiet(now) else due
        views = [
            await self._showing.view(found.hold, found.raw)
            for found in [await self._approvals.hold(self._actor, one.id) for one in told]
            if found.raw is not None
        ]
        if len(views) == 1:
            await self._notify_all(views[0], _FIRST)
            return 1
        text = digest_text(views)
        for person in await self._accounts.approvers(self._actor):
            await self._send(
                person, f"{len(views)} messages wait for you", text, APPROVAL_LOCAL_PART
            )
        await self._outbound.mark_told([one.id for one in told])
        return len(views)

    async def _notify(self, view: ApproverView, person: Person, *, lead: str) -> None:
        hold = view.hold
        token = self._tokens.issue(hold.id, hold.version, person.email.folded)
        code = self._tokens.code(hold.id, hold.version, person.email.folded)
        link = self._links.url(hold.id, hold.version, person)
        text = notice_text(view, code=code if lead == _AGAIN else "", link=link)
        subject = f"{lead}: {view.subject[:150] or '(no subject)'}"
        await self._send(person, subject, text, f"{APPROVAL_LOCAL_PART}+{token}")

    async def _send(self, person: Person, subject: str, text: str, answer_to: str) -> None:
        domain = self._config.server.domain
        own = Address(APPROVAL_LOCAL_PART, domain)
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=person.name, address=str(person.email)),),
            cc=(),
            bcc=(),
            reply_to=(MailboxAddress(name="", address=f"{answer_to}@{domain}"),),
            subject=subject,
            text=text,
            html=None,
            attachments=(),
            in_reply_to="",
            references=(),
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id=new_message_id(domain),
            date=self._clock.now(),
        )
        await self._submission.notify(self._actor, own, [person.email], render(outline))
