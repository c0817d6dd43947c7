"""Deciding in a mail client: the folders Held, Approved and Rejected of people who decide (§5.4).

A hold that waits is a message in Held, with the approver's view as its text and the mail itself
attached. Moving it to Approved or Rejected decides; a decision made elsewhere moves it too. The move
itself always succeeds: when the decision is refused, the message goes back with a keyword, and a
note in the INBOX says why. Only inboxes of owners and approvers have these folders. What to do
follows from where the messages lie, not from events, so a restart loses nothing.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address
from mailcore.channels.notice import view_lines
from mailcore.channels.showing import Showing
from mailcore.channels.view import one_line
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.delivery import Delivery, Target
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId, MessageId, new_message_id
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.model import (
    INBOX,
    Actor,
    Decision,
    Direction,
    Flag,
    Hold,
    HoldStatus,
    Inbox,
    MailboxAddress,
    Person,
    Role,
)
from mailcore.outbound.approvals import Approvals
from mailcore.store.ports import FlagMode, HoldCopy, LyingCopy, OutboundStore

_log = log.get(__name__)
HELD: Final = "Held"
APPROVED: Final = "Approved"
REJECTED: Final = "Rejected"
FOLDERS: Final = (HELD, APPROVED, REJECTED)
REFUSED: Final = "$HoldRefused"
"""The keyword of a message whose move decided nothing."""
_PAUSE_SECONDS: Final = 2.0
_GATHER_SECONDS: Final = 0.05
"""After news, so that a burst of them is looked at once."""
_WATCHED: Final = ("hold.created", "hold.decided", "hold.expired", "inbox.created", "inbox.updated")
_WATCHED_INSIDE: Final = ("email.updated", "message.placed")
_DECISIONS: Final = {APPROVED: Decision.APPROVE, REJECTED: Decision.REJECT}
_PLACES: Final = {
    HoldStatus.PENDING: HELD,
    HoldStatus.APPROVED: APPROVED,
    HoldStatus.RELEASED: APPROVED,
    HoldStatus.REJECTED: REJECTED,
    HoldStatus.EXPIRED: REJECTED,
}


class HoldFolders:
    """Keeps the folders and reads decisions from them."""

    def __init__(
        self,
        *,
        journal: Journal,
        accounts: Accounts,
        approvals: Approvals,
        mailboxes: Mailboxes,
        delivery: Delivery,
        outbound: OutboundStore,
        showing: Showing,
        config: Config,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._accounts = accounts
        self._approvals = approvals
        self._mailboxes = mailboxes
        self._delivery = delivery
        self._outbound = outbound
        self._showing = showing
        self._config = config
        self._clock = clock
        self._actor = system("hold-folders")

    async def run(self) -> None:
        """Follow holds and mailboxes; returns only on cancellation."""
        grown = asyncio.Event()
        with self._journal.watch(grown.set, names=_WATCHED, within_seconds=_GATHER_SECONDS):
            while True:
                with ExitStack() as inside:
                    deciders = await self._deciders_when_possible()
                    for inbox, _ in deciders:
                        watching = self._journal.watch(
                            grown.set,
                            inbox_id=inbox.id,
                            names=_WATCHED_INSIDE,
                            within_seconds=_GATHER_SECONDS,
                        )
                        inside.enter_context(watching)
                    grown.clear()
                    if not await self.reconcile(deciders):
                        await asyncio.sleep(_PAUSE_SECONDS)
                        grown.set()
                    await grown.wait()

    async def reconcile(self, deciders: Sequence[tuple[Inbox, Person]]) -> bool:
        """Do what the folders and the holds ask for now; False when something failed."""
        is_done = True
        for inbox, person in deciders:
            try:
                await self._reconcile(inbox, person)
            except MailError as error:
                _log.error("hold_folders.failed", inbox_id=inbox.id, reason=error.message)
                is_done = error.kind is ErrorKind.OVER_LIMIT and is_done
            except Exception:  # noqa: BLE001 - a supervisor: one inbox must not stop the others
                _log.exception("hold_folders.failed", inbox_id=inbox.id)
        return is_done

    async def _deciders_when_possible(self) -> list[tuple[Inbox, Person]]:
        while True:
            try:
                return await self._deciders()
            except MailError as error:
                _log.error("hold_folders.paused", reason=error.message, detail=error.detail)
                await asyncio.sleep(_PAUSE_SECONDS)

    async def _deciders(self) -> list[tuple[Inbox, Person]]:
        """The inboxes of owners and approvers; never an agent's."""
        people = {one.id: one for one in await self._accounts.approvers(self._actor)}
        return [
            (inbox, people[inbox.person_id])
            for inbox in await self._accounts.inboxes(self._actor)
            if inbox.is_active
            and inbox.agent_id is None
            and inbox.person_id is not None
            and inbox.person_id in people
        ]

    async def _reconcile(self, inbox: Inbox, person: Person) -> None:
        for hold in await self._outbound.holds_to_show(inbox.id):
            await self._show(inbox, hold)
        for copy in await self._outbound.lying_copies(inbox.id, FOLDERS):
            if copy.status is HoldStatus.PENDING:
                await self._decide(inbox, person, copy)
            else:
                await self._move(copy, _PLACES[copy.status])
                await self._outbound.settle_hold_copy(copy.hold_id, inbox.id)

    # Showing -----------------------------------------------------------------------------------

    async def _show(self, inbox: Inbox, hold: Hold) -> None:
        raw = (await self._approvals.hold(self._actor, hold.id)).raw
        if raw is None:
            return
        await self._make_folders(inbox.id)
        view = await self._showing.view(hold, raw)
        text = "\n".join(
            [
                "Move this message to Approved or to Rejected: that decides.",
                "The mail as its recipients would get it is attached, nothing hidden.",
                "",
                *view_lines(view),
                "",
                f"The hold is {hold.id}.",
            ]
        )
        attached = OutgoingAttachment(
            filename="held.eml", content_type="message/rfc822", content=raw
        )
        subject = f"Held: {view.subject or '(no subject)'}"
        whole = self._composed(inbox, subject, text, (attached,))
        key = hashlib.sha256(f"hold {hold.id} {hold.version}".encode()).digest()[:20]
        placed = await self._deliver(inbox.id, HELD, whole, key)
        message = await self._mailboxes.message(self._actor, placed)
        await self._outbound.keep_hold_copy(
            HoldCopy(
                hold_id=hold.id,
                inbox_id=inbox.id,
                version=hold.version,
                sha256=message.facts.sha256,
            )
        )

    async def _make_folders(self, inbox_id: InboxId) -> None:
        there = {one.name for one in await self._mailboxes.list(self._actor, inbox_id)}
        for name in FOLDERS:
            if name not in there:
                await self._mailboxes.create(self._actor, inbox_id, name)

    async def _deliver(
        self, inbox_id: InboxId, folder: str, raw: bytes, key: bytes | None = None
    ) -> MessageId:
        placed = await self._delivery.deliver(
            raw,
            [Target(inbox_id=inbox_id, mailbox=folder, dedupe_key=key, is_exempt=True)],
            internal_date=self._clock.now(),
            direction=Direction.INBOUND,
        )
        return placed[0].id

    def _composed(
        self, inbox: Inbox, subject: str, text: str, files: tuple[OutgoingAttachment, ...] = ()
    ) -> bytes:
        domain = self._config.server.domain
        own = Address(APPROVAL_LOCAL_PART, domain)
        outline = Outline(
            sender=MailboxAddress(name="Countersign", address=str(own)),
            to=(MailboxAddress(name=inbox.display_name, address=str(inbox.address)),),
            subject=one_line(subject)[:200],
            text=text,
            attachments=files,
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id=new_message_id(domain),
            date=self._clock.now(),
        )
        return render(outline)

    # Deciding ----------------------------------------------------------------------------------

    async def _decide(self, inbox: Inbox, person: Person, copy: LyingCopy) -> None:
        decision = _DECISIONS.get(copy.folder)
        if decision is None:
            return
        if not copy.is_current:
            await self._refuse(inbox, copy, "the message changed since it was shown")
            return
        actor = Actor(
            role=Role.APPROVER,
            pod_id=person.pod_id,
            label=f"person:{person.email}",
            person_id=person.id,
        )
        try:
            decided = await self._approvals.decide(actor, copy.hold_id, decision, via="imap")
        except MailError as error:
            if error.kind not in (ErrorKind.CONFLICT, ErrorKind.DENIED, ErrorKind.INVALID):
                raise
            await self._refuse(inbox, copy, error.message)
            return
        if decided.hold.status is HoldStatus.PENDING:
            await self._refuse(inbox, copy, "your approval counts; one more person has to approve")
            return
        await self._outbound.settle_hold_copy(copy.hold_id, inbox.id)

    async def _refuse(self, inbox: Inbox, copy: LyingCopy, reason: str) -> None:
        """Put the message back, mark it, and say why."""
        held = await self._move(copy, HELD)
        text = f"You moved a held message to {copy.folder}. It is in Held again: {reason}.\n"
        more = f"\nThe hold is {copy.hold_id}.\n"
        note = self._composed(inbox, f"Not decided: {reason}", text + more)
        await self._deliver(inbox.id, INBOX, note)
        _log.warning("hold_folders.refused", hold_id=copy.hold_id, reason=reason, uid=held)

    async def _move(self, copy: LyingCopy, folder: str) -> int:
        """Where it is to lie, unless it lies there; its UID then."""
        if copy.folder == folder:
            return copy.uid
        await self._make_folders(copy.inbox_id)
        source = await self._mailboxes.mailbox(self._actor, copy.inbox_id, copy.folder)
        target = await self._mailboxes.mailbox(self._actor, copy.inbox_id, folder)
        moved = await self._mailboxes.move(source, [(copy.uid, copy.uid)], target)
        if not moved.pairs:
            return copy.uid
        uid = moved.pairs[0][1]
        if folder == HELD:
            await self._mailboxes.set_flags(target, [(uid, uid)], FlagMode.ADD, Flag(0), (REFUSED,))
        return uid
