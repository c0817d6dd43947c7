"""The mail channel: tells approvers of holds, and asks again when an answer was unclear.

A durable consumer of the journal, so no hold goes untold across a restart. What a notice quotes is
masked; the full message is seen only behind a login. The Reply-To carries the approver's token.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.channels.letters import Letters
from mailcore.channels.links import Links
from mailcore.channels.notice import digest_text, notice_text, paused_text
from mailcore.channels.showing import Showing
from mailcore.channels.turns import DASHBOARD, Turns, is_urgent
from mailcore.channels.view import ApproverView
from mailcore.clock import Clock
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.model import Event, Hold, HoldStatus, Person, PersonRole
from mailcore.outbound.approvals import EDITED, Approvals
from mailcore.outbound.tokens import ApprovalTokens
from mailcore.store.ports import EventFilter, First, OutboundStore

_log = log.get(__name__)
_FIRST: Final = "Approve or reject"
_LEADS: Final = {
    "reminder": "Still waiting",
    "asked": "Still waiting",
    "second_approval": "Still waiting",
    EDITED: "Changed, approve or reject",
}
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
        letters: Letters,
        tokens: ApprovalTokens,
        links: Links,
        showing: Showing,
        outbound: OutboundStore,
        turns: Turns,
        ask_chats: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._approvals = approvals
        self._letters = letters
        self._tokens = tokens
        self._links = links
        self._showing = showing
        self._outbound = outbound
        self._turns = turns
        self._ask_chats = ask_chats
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
        if view.hold.status is not HoldStatus.PENDING or view.raw is None:
            return
        now = self._clock.now()
        if not await self._turns.begin(view.hold, now, is_urgent=is_urgent(event)):
            return
        first = First() if is_urgent(event) else await self._turns.first(view.hold.id, now)
        seen = await self._showing.view(view.hold, view.raw)
        await self._notify_all(seen, _LEADS.get(str(event.body.get("reason")), _FIRST), first)

    async def _tell_paused(self, event: Event) -> None:
        """Owners alone end a pause; where there is none, whoever decides hears of it."""
        people = await self._accounts.approvers(self._actor)
        owners = [one for one in people if one.role is PersonRole.OWNER]
        text = paused_text(event.body)
        for person in owners or people:
            await self._letters.send(self._actor, person, "Mail of an agent is paused", text)

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

    async def _notify_all(self, view: ApproverView, lead: str, first: First) -> None:
        hold = view.hold
        told = [
            await self._try_to_notify(view, person, lead)
            for person in await self._accounts.approvers(self._actor)
            if _is_asked(view.hold, person, first)
        ]
        if first.channel in ("", DASHBOARD) or (any(told) and not first.is_chat):
            await self._outbound.mark_told([hold.id])

    async def _try_to_notify(self, view: ApproverView, person: Person, lead: str) -> bool:
        """Whether it worked; what a later try may not meet is raised."""
        try:
            await self._notify(view, person, lead=lead)
        except MailError as error:
            if error.kind in _PASSING:
                raise
            _log.error(
                "notice.failed", hold_id=view.hold.id, person_id=person.id, reason=error.message
            )
            return False
        return True

    async def digest(self) -> int:
        """Tell of what could wait and waits no longer, together, and of what its channel did not show.

        Returns of how many.
        """
        now = self._clock.now()
        untold = await self._outbound.untold_holds(now - _SETTLED)
        begun = await self._begin(untold, now)
        again = [one for one in untold if one.asked_at is not None]
        if not begun and not again:
            return 0
        await self._ask_chats()
        firsts = {one.id: await self._turns.first(one.id, now) for one in (*begun, *again)}
        told = [*begun, *(one for one in again if not firsts[one.id].is_chat)]
        views = [
            await self._showing.view(found.hold, found.raw)
            for found in [await self._approvals.hold(self._actor, one.id) for one in told]
            if found.raw is not None
        ]
        for person in await self._accounts.approvers(self._actor):
            await self._tell_together(views, person, firsts)
        await self._outbound.mark_told([one.id for one in told if not firsts[one.id].is_chat])
        return len(told)

    async def _begin(self, untold: Sequence[Hold], now: datetime) -> list[Hold]:
        """Those that nobody was asked about so far, if it is time to ask about any of them."""
        fresh = [one for one in untold if one.asked_at is None]
        due = [one for one in fresh if not self._turns.can_wait(one, now)]
        begun = fresh if due and not self._turns.is_quiet(now) else due
        if begun:
            await self._turns.begin_together(begun, now)
        return begun

    async def _tell_together(
        self, views: Sequence[ApproverView], person: Person, firsts: Mapping[HoldId, First]
    ) -> None:
        """One notice for one person, about what that person is asked by mail."""
        theirs = [one for one in views if _is_asked(one.hold, person, firsts[one.hold.id])]
        if len(theirs) == 1:
            await self._try_to_notify(theirs[0], person, _FIRST)
        elif theirs:
            subject = f"{len(theirs)} messages wait for you"
            links = {one.hold.id: self._link(one.hold, person) for one in theirs}
            text = digest_text(theirs, links)
            await self._letters.send(self._actor, person, subject, text)

    def _link(self, hold: Hold, person: Person) -> str:
        return self._links.url(hold.id, hold.version, person)

    async def _notify(self, view: ApproverView, person: Person, *, lead: str) -> None:
        hold = view.hold
        token = self._tokens.issue(hold.id, hold.version, person.email.folded)
        code = self._tokens.code(hold.id, hold.version, person.email.folded)
        link = self._link(hold, person)
        text = notice_text(view, code=code if lead == _AGAIN else "", link=link)
        subject = f"{lead}: {view.subject[:150] or '(no subject)'}"
        await self._letters.send(self._actor, person, subject, text, token=token)


def _is_asked(hold: Hold, person: Person, first: First) -> bool:
    """Whether a person is told by mail: not who approved already, nor who is asked elsewhere first."""
    has_approved = f"person:{person.email}" in hold.approved_once_by
    return not has_approved and first.channel != DASHBOARD and person.id not in first.people
