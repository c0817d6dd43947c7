"""The mail channel for strangers: asks approvers "approve or block?" about mail in quarantine.

One question per sender and inbox that waits, and no more than a few an hour; what is beyond that is
told together, once an hour. So a flood of strangers is a handful of notices. Which items were told of
is kept with them, so a crash may tell twice, never not at all. The channel that an inbox prefers is asked
before the others; what it does not show in time is told by mail as well. In quiet hours nobody is asked.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.channels.chat import ChatChannels
from mailcore.channels.letters import Letters
from mailcore.channels.links import Links
from mailcore.channels.masking import Masking
from mailcore.channels.notice import stranger_text, strangers_text
from mailcore.channels.turns import DASHBOARD, Turns
from mailcore.channels.view import KindOf, contents, one_line
from mailcore.clock import Clock
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, QuarantineId
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.model import ChannelKind, Person, Quarantined, QuarantineStatus
from mailcore.outbound.tokens import QUARANTINE_VERSION, ApprovalTokens
from mailcore.quarantine import Quarantine
from mailcore.store.ports import First, QuarantineStore

NOTICES_PER_HOUR: Final = 5
"""Questions about single senders in an hour; more strangers are told together."""
TELL_EVERY: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_MOST: Final = 500
_MAX_ASKED_AGAIN: Final = 3
_PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)

_log = log.get(__name__)


class StrangerNotices:
    """Notices about senders nobody has decided about."""

    def __init__(
        self,
        *,
        journal: Journal,
        accounts: Accounts,
        quarantine: Quarantine,
        store: QuarantineStore,
        letters: Letters,
        tokens: ApprovalTokens,
        masking: Masking,
        links: Links,
        turns: Turns,
        chats: ChatChannels,
        kind_of: KindOf,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._quarantine = quarantine
        self._store = store
        self._letters = letters
        self._tokens = tokens
        self._masking = masking
        self._links = links
        self._kind_of = kind_of
        self._turns = turns
        self._chats = chats
        self._clock = clock
        self._actor = system("notices")
        self._asked: dict[QuarantineId, int] = {}
        self._telling = asyncio.Lock()

    async def run(self) -> None:
        """Ask as strangers write; returns only on cancellation. What fails is tried again by the job."""
        grown = asyncio.Event()
        grown.set()
        with self._journal.watch(grown.set, names=("sender.pending",)):
            while True:
                await grown.wait()
                grown.clear()
                try:
                    await self.tell()
                except MailError as error:
                    _log.error("notices.paused", reason=error.message, detail=error.detail)
                except Exception:  # noqa: BLE001 - a supervisor: the next try may work
                    _log.exception("notice.failed")

    async def tell(self) -> int:
        """Ask about who is new, as far as the limit allows; returns about how many."""
        now = self._clock.now()
        if self._turns.is_quiet(now):
            return 0
        async with self._telling:
            untold = await self._store.untold_senders(_MOST)
            late = await self._tell_late([one for one in untold if one.asked_at is not None], now)
            fresh = [one for one in untold if one.asked_at is None]
            left = NOTICES_PER_HOUR - await self._store.told_since(now - _HOUR)
            if not fresh or left <= 0:
                return late
            await self._turns.begin_about_senders(fresh, now)
            if len(fresh) <= left:
                for one in fresh:
                    await self._tell_one(one, now)
            else:
                await self._digest(fresh, now)
                await self._store.mark_told([one.id for one in fresh], now)
            return late + len(fresh)

    async def _tell_late(self, items: Sequence[Quarantined], now: datetime) -> int:
        """Ask everywhere about what the preferred channel did not show in time; about how many."""
        late = [one for one in items if not (await self._turns.first(one.id, now)).is_chat]
        for one in late:
            await self._tell_one(one, now)
        return len(late)

    async def _tell_one(self, item: Quarantined, now: datetime) -> None:
        await self._chats.ask_about_sender(item.id)
        first = await self._turns.first(item.id, now)
        await self._ask(item, first=first)
        if not first.is_chat:
            await self._store.mark_told([item.id], now)

    async def ask_again(self, answered: Answered) -> None:
        """Tell the approver that their reply decided nothing, at most a few times per item."""
        item, person = answered.stranger, answered.person
        if item is None or person is None or item.status is not QuarantineStatus.PENDING:
            return
        asked = self._asked.get(item.id, 0)
        if asked < _MAX_ASKED_AGAIN:
            self._asked[item.id] = asked + 1
            await self._ask(item, again=person)

    async def _ask(
        self, item: Quarantined, *, again: Person | None = None, first: First | None = None
    ) -> None:
        raw = (await self._quarantine.item(self._actor, item.id)).raw
        inbox = await self._accounts.inbox(self._actor, item.inbox_id)
        if raw is None:
            return
        redact = await self._masking.of(item.pod_id)
        inner = await asyncio.to_thread(contents, raw, redact, self._kind_of)
        address = str(inbox.address)
        lead = "Please answer again" if again else "Approve or block"
        subject = f"{lead}: {one_line(str(item.sender or 'unknown sender'))[:150]}"
        about = HoldId(item.id), QUARANTINE_VERSION
        for person in (again,) if again else await self._asked_by_mail(first or First()):
            token = self._tokens.issue(*about, person.email.folded)
            code = self._tokens.code(*about, person.email.folded) if again else ""
            link = self._links.url(item.id, QUARANTINE_VERSION, person)
            text = stranger_text(item, address, inner, redact, code=code, link=link)
            await self._send(person, subject, text, token)

    async def _asked_by_mail(self, first: First) -> tuple[Person, ...]:
        if first.channel == DASHBOARD:
            return ()
        approvers = await self._accounts.approvers(self._actor)
        return tuple(one for one in approvers if one.id not in first.people)

    async def _digest(self, items: Sequence[Quarantined], now: datetime) -> None:
        """One notice for each person and one message for each chat, about what each is asked."""
        firsts = {one.id: await self._turns.first(one.id, now) for one in items}
        for kind in (None, *ChannelKind):
            asked = [one for one in items if firsts[one.id].channel == (kind or "")]
            if asked:
                ids = [one.id for one in asked]
                await self._chats.ask_about_senders(asked[0].pod_id, ids, kind)
        for person in await self._accounts.approvers(self._actor):
            theirs = [
                one
                for one in items
                if firsts[one.id].channel != DASHBOARD and person.id not in firsts[one.id].people
            ]
            if theirs:
                subject = f"{len(theirs)} new senders wait for you"
                await self._send(person, subject, strangers_text(theirs))

    async def _send(self, person: Person, subject: str, text: str, token: str = "") -> None:
        try:
            await self._letters.send(self._actor, person, subject, text, token=token)
        except MailError as error:
            if error.kind in _PASSING:
                raise
            _log.error("notice.failed", person_id=person.id, reason=error.message)
