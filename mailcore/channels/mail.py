"""The mail channel: tells approvers of holds, and asks again when an answer was unclear.

A durable consumer of the journal, so no hold goes untold across a restart. What a notice quotes is
masked; the full message is seen only behind a login. The Reply-To carries the approver's token.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.channels.notice import Redact, notice_text, one_line
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, new_message_id
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.message.compose import Outline, render
from mailcore.model import Event, Hold, HoldStatus, MailboxAddress, Person
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.submit import Submission
from mailcore.outbound.tokens import ApprovalTokens
from mailcore.policy import Fingerprints, Severity
from mailcore.protections import Protections
from mailcore.settings import Settings
from mailcore.store.ports import EventFilter

_log = log.get(__name__)
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
        redact: Callable[[str, Severity, Fingerprints], str],
        protections: Protections,
        settings: Settings,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._approvals = approvals
        self._submission = submission
        self._tokens = tokens
        self._redact = redact
        self._protections = protections
        self._settings = settings
        self._config = config
        self._clock = clock
        self._actor = system("notices")
        self._asked: dict[HoldId, int] = {}

    async def run(self) -> None:
        """Send notices for new holds; returns only on cancellation.

        While the store does not work it waits and begins again where it was.
        """
        where = EventFilter(names=("hold.created",), public_only=True)
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
        hold_id = HoldId(str(event.body["hold_id"]))
        try:
            view = await self._approvals.hold(self._actor, hold_id)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return
            raise
        if view.hold.status is HoldStatus.PENDING and view.raw is not None:
            await self._notify_all(view.hold, view.raw, unclear=False)

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
            await self._notify(hold, raw, person, unclear=True)

    async def _notify_all(self, hold: Hold, raw: bytes, *, unclear: bool) -> None:
        for person in await self._accounts.approvers(self._actor):
            try:
                await self._notify(hold, raw, person, unclear=unclear)
            except MailError as error:
                if error.kind in _PASSING:
                    raise
                _log.error(
                    "notice.failed", hold_id=hold.id, person_id=person.id, reason=error.message
                )

    async def _notify(self, hold: Hold, raw: bytes, person: Person, *, unclear: bool) -> None:
        token = self._tokens.issue(hold.id, hold.version, person.email.folded)
        domain = self._config.server.domain
        own = Address(APPROVAL_LOCAL_PART, domain)
        redact = await self._redactor(hold)
        text = await asyncio.to_thread(notice_text, hold, raw, redact, unclear=unclear)
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=person.name, address=str(person.email)),),
            cc=(),
            bcc=(),
            reply_to=(MailboxAddress(name="", address=f"{APPROVAL_LOCAL_PART}+{token}@{domain}"),),
            subject=_subject(hold, redact, unclear=unclear),
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

    async def _redactor(self, hold: Hold) -> Redact:
        hold_at = (await self._settings.of(hold.pod_id)).hold_at
        known = await self._protections.known(hold.pod_id)
        return lambda text: self._redact(text, hold_at, known)


def _subject(hold: Hold, redact: Redact, *, unclear: bool) -> str:
    lead = "Please answer again" if unclear else "Approve or reject"
    return f"{lead}: {one_line(redact(hold.subject))[:150] or '(no subject)'}"
