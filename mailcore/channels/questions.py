"""One question to a person, whatever it is about: a held message, or a sender nobody decided about.

Links and chat channels show it and carry the answer here, in the name of a person they know. It is
decided by the same services as everywhere; what decided nothing leaves an audit row.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.channels.masking import Masking
from mailcore.channels.notice import (
    brief_text,
    for_people,
    stranger_lines,
    strangers_lines,
    view_lines,
)
from mailcore.channels.showing import Showing
from mailcore.channels.view import KindOf, contents, one_line
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import HoldId, QuarantineId
from mailcore.inbound.decisions import as_approver
from mailcore.model import (
    Decision,
    Hold,
    HoldStatus,
    Person,
    PersonRole,
    Quarantined,
    QuarantineStatus,
)
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.tokens import QUARANTINE_VERSION
from mailcore.quarantine import Quarantine
from mailcore.store.ports import Audit, ChannelStore, PolicyStore

_MAX_SUBJECT: Final = 200
_MAX_BRIEF: Final = 1200
_PASSING: Final = (ErrorKind.UNAVAILABLE, ErrorKind.OVER_LIMIT, ErrorKind.INTERNAL)
_log = log.get(__name__)


class About(StrEnum):
    """What is asked about."""

    HOLD = "hold"
    SENDER = "sender"
    SENDERS = "senders"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is shown, secrets masked. `outcome` is empty while it is open."""

    about: About
    id: str
    version: int
    title: str
    subject: str
    brief: str
    """Who, to whom, why, and how it begins; empty once it is decided."""
    text: str
    """Everything the recipients would get, or what the stranger wrote; empty once it is decided."""
    expires_at: datetime
    outcome: str
    digest: bytes | None = None
    """Of the exact bytes and the envelope, for a hold."""
    votes: int = 0
    """How many approved it while it needs one more person."""
    is_silent: bool = False
    """It comes with others: no sound of its own."""

    @property
    def is_open(self) -> bool:
        """Whether an answer decides anything."""
        return not self.outcome

    @property
    def can_be_answered(self) -> bool:
        """Whether there is one thing to decide, and it is open."""
        return self.is_open and self.about is not About.SENDERS

    @property
    def until(self) -> str:
        """When it ends, for people."""
        return for_people(self.expires_at)

    @property
    def answers(self) -> tuple[str, str]:
        """The words on the two buttons: let it through, and the other."""
        return ("Approve", "Reject") if self.about is About.HOLD else ("Approve", "Block")


class Refused(StrEnum):
    """Why an answer decided nothing."""

    UNKNOWN = "unknown"
    NOT_THE_APPROVER = "not_the_approver"
    ALREADY_DECIDED = "already_decided"
    CHANGED = "changed"
    LATE = "late"
    NOT_ALLOWED = "not_allowed"


_CONFLICTS: Final = {
    "already_decided": Refused.ALREADY_DECIDED,
    "token_spent": Refused.ALREADY_DECIDED,
    "changed": Refused.CHANGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an answer did; `question` is as it stands afterwards."""

    question: Question | None
    refused: Refused | None
    note: str = ""
    """Why, where the reason is not one of the usual ones."""

    @property
    def text(self) -> str:
        """One sentence for who answered."""
        match self.refused:
            case None:
                return (self.question.outcome if self.question else "") or "Your answer counts."
            case Refused.UNKNOWN:
                return "There is no such question any more."
            case Refused.NOT_THE_APPROVER:
                return "You may not decide this. Nothing was changed."
            case Refused.ALREADY_DECIDED:
                done = self.question.outcome if self.question else ""
                return f"It was decided before. {done}".strip()
            case Refused.CHANGED:
                return "The message has changed since. Look at it again."
            case Refused.LATE:
                return "The time to answer is over. Nothing was changed."
            case Refused.NOT_ALLOWED:
                return f"{self.note[:1].upper()}{self.note[1:]}."


class Questions:
    """Finds questions and carries answers out."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        approvals: Approvals,
        quarantine: Quarantine,
        policy: PolicyStore,
        showing: Showing,
        channels: ChannelStore,
        masking: Masking,
        kind_of: KindOf,
    ) -> None:
        self._accounts = accounts
        self._approvals = approvals
        self._quarantine = quarantine
        self._policy = policy
        self._showing = showing
        self._masking = masking
        self._kind_of = kind_of
        self._channels = channels
        self._actor = system("questions")

    async def find(self, about_id: str) -> Question | None:
        """The question with the id of a hold or of mail in quarantine, as it stands now."""
        return (
            await self._about_hold(about_id)
            or await self._about_sender(about_id)
            or await self._about_senders(about_id)
        )

    async def person(self, person_id: str) -> Person | None:
        """Somebody of the pod, whatever they may do."""
        people = await self._accounts.people(self._actor)
        return next((one for one in people if one.id == person_id), None)

    async def approvers(self) -> tuple[Person, ...]:
        """Those who decide."""
        return await self._accounts.approvers(self._actor)

    async def answer(
        self,
        person: Person | None,
        about_id: str,
        *,
        version: int,
        approve: bool,
        via: str,
        named: str = "",
        token_id: str | None = None,
    ) -> Answer:
        """Decide in a person's name, on the version they were shown. Raises only when it cannot be tried.

        `named` is who answered where `person` is not known, for the audit log.
        """
        question = await self.find(about_id)
        if question is None or question.about is About.SENDERS:
            return await self.refuse(Refused.UNKNOWN, None, via, person, named)
        if person is None or person.role is PersonRole.VIEWER:
            return await self.refuse(Refused.NOT_THE_APPROVER, question, via, person, named)
        if question.version != version:
            return await self.refuse(Refused.CHANGED, question, via, person, named)
        refused, note = None, ""
        try:
            if not await self._decide(person, question, approve, via, token_id):
                refused = Refused.ALREADY_DECIDED
        except MailError as error:
            if error.kind in _PASSING:
                raise
            refused, note = _CONFLICTS.get(error.code, Refused.NOT_ALLOWED), error.message
        if refused is not None and question.about is About.SENDER:
            await self.refuse(refused, question, via, person)
        return Answer(question=await self.find(about_id), refused=refused, note=note)

    async def _decide(
        self, person: Person, question: Question, approve: bool, via: str, token_id: str | None
    ) -> bool:
        actor = as_approver(person)
        if question.about is About.SENDER:
            return (
                await self._quarantine.decide(
                    actor, QuarantineId(question.id), approve=approve, via=via
                )
            ).changed
        decision = Decision.APPROVE if approve else Decision.REJECT
        decided = await self._approvals.decide(
            actor,
            HoldId(question.id),
            decision,
            via=via,
            token_id=token_id,
            seen=question.digest,
        )
        return decided.changed

    async def refuse(
        self,
        refused: Refused,
        question: Question | None,
        via: str,
        person: Person | None,
        named: str = "",
    ) -> Answer:
        """Write down an answer that decides nothing."""
        by = f"person:{person.email}" if person else named or "unknown"
        about = question.about if question else About.HOLD
        await self._policy.append_audit(
            Audit(
                pod_id=self._actor.pod_id,
                actor=by,
                action=f"{about.value}.decision_ignored",
                subject=question.id if question else "",
                detail={"refusal": refused.value, "via": via},
            )
        )
        _log.warning("approval.decision_ignored", refusal=refused.value, via=via, actor=by)
        return Answer(question=question, refused=refused)

    # What is asked -----------------------------------------------------------------------------

    async def _about_hold(self, about_id: str) -> Question | None:
        try:
            view = await self._approvals.hold(self._actor, HoldId(about_id))
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        hold = view.hold
        redact = await self._masking.of(hold.pod_id)
        brief = text = ""
        if view.raw is not None and hold.status is HoldStatus.PENDING:
            shown = await self._showing.view(hold, view.raw)
            brief, text = brief_text(shown, _MAX_BRIEF), "\n".join(view_lines(shown))
        return Question(
            about=About.HOLD,
            id=hold.id,
            version=hold.version,
            title="Mail waits for your decision",
            subject=one_line(redact(hold.subject))[:_MAX_SUBJECT] or "(no subject)",
            brief=brief,
            text=text,
            expires_at=hold.expires_at,
            outcome=_hold_outcome(hold),
            digest=hold.digest,
            votes=len(hold.approved_once_by),
        )

    async def _about_sender(self, about_id: str) -> Question | None:
        try:
            found = await self._quarantine.item(self._actor, QuarantineId(about_id))
            item = found.item
            inbox = await self._accounts.inbox(self._actor, item.inbox_id)
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        redact = await self._masking.of(item.pod_id)
        address, text = str(inbox.address), ""
        if found.raw is not None and item.status is QuarantineStatus.PENDING:
            inner = await asyncio.to_thread(contents, found.raw, redact, self._kind_of)
            text = "\n".join(stranger_lines(item, address, inner, redact))
        return Question(
            about=About.SENDER,
            id=item.id,
            version=QUARANTINE_VERSION,
            title="A new sender waits for your decision",
            subject=one_line(redact(item.subject))[:_MAX_SUBJECT] or "(no subject)",
            brief=text,
            text=text,
            expires_at=item.expires_at,
            outcome=_sender_outcome(item),
        )

    async def _about_senders(self, about_id: str) -> Question | None:
        """Many at once: nothing to decide here."""
        ids = await self._channels.senders_of_digest(about_id)
        if not ids:
            return None
        found = [(await self._quarantine.item(self._actor, one)).item for one in ids]
        text = "\n".join(strangers_lines(found))
        return Question(
            about=About.SENDERS,
            id=about_id,
            version=QUARANTINE_VERSION,
            title=f"{len(found)} new senders wait for you",
            subject="",
            brief=text,
            text=text,
            expires_at=min(one.expires_at for one in found),
            outcome="",
        )


def _hold_outcome(hold: Hold) -> str:
    done = {
        HoldStatus.PENDING: "",
        HoldStatus.APPROVED: "Approved; it is sent when its author says so",
        HoldStatus.RELEASED: "Approved and sent",
        HoldStatus.REJECTED: "Rejected",
        HoldStatus.EXPIRED: "Rejected, because nobody answered in time",
    }[hold.status]
    return _signed(done, hold.decided_by, hold.decided_via)


def _sender_outcome(item: Quarantined) -> str:
    done = {
        QuarantineStatus.PENDING: "",
        QuarantineStatus.APPROVED: "Approved; the sender is trusted",
        QuarantineStatus.BLOCKED: "Blocked; the sender's mail is discarded",
        QuarantineStatus.EXPIRED: "Discarded, because nobody answered in time",
    }[item.status]
    return _signed(done, item.decided_by, item.decided_via)


def _signed(done: str, by: str, via: str) -> str:
    if not done or not by or by.startswith("system"):
        return f"{done}." if done else ""
    return one_line(f"{done} ({by.removeprefix('person:')}, by {via}).")
