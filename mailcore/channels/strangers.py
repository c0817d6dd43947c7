"""The mail channel for strangers: asks approvers "approve or block?" about mail in quarantine.

One question per sender and inbox that waits, and no more than a few an hour; what is beyond that is
told together, once an hour. So a flood of strangers is a handful of notices. Which items were told of
is kept with them, so a crash may tell twice, never not at all.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.channels.links import Links
from mailcore.channels.masking import Masking
from mailcore.channels.notice import stranger_text, strangers_text
from mailcore.channels.view import KindOf, contents, one_line
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, QuarantineId, new_message_id
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.message.compose import Outline, render
from mailcore.model import MailboxAddress, Person, Quarantined, QuarantineStatus
from mailcore.outbound.submit import Submission
from mailcore.outbound.tokens import QUARANTINE_VERSION, ApprovalTokens
from mailcore.quarantine import Quarantine
from mailcore.store.ports import QuarantineStore

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
        submission: Submission,
        tokens: ApprovalTokens,
        masking: Masking,
        links: Links,
        ask_chats: Callable[[QuarantineId], Awaitable[None]],
        kind_of: KindOf,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._quarantine = quarantine
        self._store = store
        self._submission = submission
        self._tokens = tokens
        self._masking = masking
        self._links = links
        self._kind_of = kind_of
        self._ask_chats = ask_chats
        self._config = config
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
        async with self._telling:
            untold = await self._store.untold_senders(_MOST)
            now = self._clock.now()
            left = NOTICES_PER_HOUR - await self._store.told_since(now - _HOUR)
            if not untold or left <= 0:
                return 0
            if len(untold) <= left:
                for one in untold:
                    await self._ask_chats(one.id)
                    await self._ask(one)
                    await self._store.mark_told([one.id], now)
            else:
                await self._digest(untold)
                await self._store.mark_told([one.id for one in untold], now)
            return len(untold)

    async def ask_again(self, answered: Answered) -> None:
        """Tell the approver that their reply decided nothing, at most a few times per item."""
        item, person = answered.stranger, answered.person
        if item is None or person is None or item.status is not QuarantineStatus.PENDING:
            return
        asked = self._asked.get(item.id, 0)
        if asked < _MAX_ASKED_AGAIN:
            self._asked[item.id] = asked + 1
            await self._ask(item, again=person)

    async def _ask(self, item: Quarantined, *, again: Person | None = None) -> None:
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
        for person in (again,) if again else await self._accounts.approvers(self._actor):
            token = self._tokens.issue(*about, person.email.folded)
            code = self._tokens.code(*about, person.email.folded) if again else ""
            link = self._links.url(item.id, QUARANTINE_VERSION, person)
            text = stranger_text(item, address, inner, redact, code=code, link=link)
            await self._send(person, subject, text, f"{APPROVAL_LOCAL_PART}+{token}")

    async def _digest(self, items: tuple[Quarantined, ...]) -> None:
        text = strangers_text(items)
        subject = f"{len(items)} new senders wait for you"
        for person in await self._accounts.approvers(self._actor):
            await self._send(person, subject, text, APPROVAL_LOCAL_PART)

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
        try:
            await self._submission.notify(self._actor, own, [person.email], render(outline))
        except MailError as error:
            if error.kind in _PASSING:
                raise
            _log.error("notice.failed", person_id=person.id, reason=error.message)
