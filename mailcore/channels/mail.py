"""The mail channel: tells approvers of holds, and asks again when an answer was unclear.

A durable consumer of the journal, so no hold goes untold across a restart. What a notice quotes is
masked; the full message is seen only behind a login. The Reply-To carries the approver's token.
"""

import asyncio
from typing import Final, Protocol

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.clock import Clock, to_iso
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, new_message_id
from mailcore.inbound.decisions import Answered
from mailcore.journal import Journal
from mailcore.message.compose import Outline, render
from mailcore.message.headers import Headers
from mailcore.message.parse import leaves, readable
from mailcore.model import Event, Hold, HoldStatus, MailboxAddress, Person
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.submit import Submission
from mailcore.outbound.tokens import ApprovalTokens
from mailcore.store.ports import EventFilter

_log = log.get(__name__)
_MAX_QUOTED_CHARS: Final = 4000
_MAX_ASKED_AGAIN: Final = 3
_PAUSE_SECONDS: Final = 2.0
"""Between tries while the store does not work."""
_PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)
"""Failures that a later try may not meet: the hold is told then."""


class Redact(Protocol):
    """Hides every secret in a text."""

    def __call__(self, text: str) -> str:
        """The text with each match masked."""
        ...


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
        redact: Redact,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._approvals = approvals
        self._submission = submission
        self._tokens = tokens
        self._redact = redact
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
        text = await asyncio.to_thread(self._text, hold, raw, unclear)
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=person.name, address=str(person.email)),),
            cc=(),
            bcc=(),
            reply_to=(MailboxAddress(name="", address=f"{APPROVAL_LOCAL_PART}+{token}@{domain}"),),
            subject=self._subject(hold, unclear=unclear),
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

    def _subject(self, hold: Hold, *, unclear: bool) -> str:
        lead = "Please answer again" if unclear else "Approve or reject"
        return f"{lead}: {self._redact(hold.subject)[:150] or '(no subject)'}"

    def _text(self, hold: Hold, raw: bytes, unclear: bool) -> str:
        lines: list[str] = []
        if unclear:
            lines += ["Your last reply was not one of the words below, so nothing was decided.", ""]
        lines += [
            f"{hold.sender} wants to send the mail below. It is waiting for you.",
            "",
            "Reply with one word on the first line:",
            "  approve   sends it exactly as it is",
            "  reject    discards it",
            "",
            *_envelope_lines(hold, raw, self._redact),
            *_finding_lines(hold),
            *_attachment_lines(raw, self._redact),
            "",
            f"The text (secrets are hidden; see the whole with `countersign hold show {hold.id}`):",
            "",
        ]
        body = self._redact(readable(raw).text)
        quoted = [f"| {line}" for line in body[:_MAX_QUOTED_CHARS].splitlines()]
        if len(body) > _MAX_QUOTED_CHARS:
            quoted.append("| […]")
        lines += quoted
        lines += ["", f"Without an answer it is rejected on {to_iso(hold.expires_at)}."]
        return "\n".join(lines) + "\n"


def _envelope_lines(hold: Hold, raw: bytes, redact: Redact) -> list[str]:
    headers = Headers.read(raw)
    shown = {
        part.strip().lower()
        for name in ("To", "Cc")
        for value in headers.all(name)
        for part in value.replace("<", ",").replace(">", ",").split(",")
    }
    hidden = [one for one in hold.recipients if one.lower() not in shown]
    lines = [f"From:    {hold.sender}", f"To:      {', '.join(hold.recipients)}"]
    if hidden:
        lines.append(f"Hidden:  {', '.join(hidden)} (bcc)")
    lines.append(f"Subject: {redact(hold.subject)}")
    return lines


def _finding_lines(hold: Hold) -> list[str]:
    lines = ["", f"Why it waits: {hold.reason}"]
    lines += [
        f"  - {one.get('message')} ({one.get('severity')}, in {one.get('place')}): "
        f"{one.get('masked')}"
        for one in hold.findings[:20]
    ]
    return lines


def _attachment_lines(raw: bytes, redact: Redact) -> list[str]:
    attached = [one for one in leaves(raw) if one.is_attachment]
    if not attached:
        return []
    return ["", "Attachments:"] + [
        f"  - {redact(one.filename) or '(no name)'}, {one.content_type}, {len(one.payload)} octets"
        for one in attached[:50]
    ]
