"""Approval by reply: reads answers to notices before anything reaches a mailbox (product §5.5).

An answer counts only when all of this holds: an aligned DKIM signature of the approver's domain was
found by our own receiver, and it covers the address with the token; the token is the hold's, of its
current version, for that approver, and unspent; the mail is no auto-reply, list mail or bounce; and its first written
line is exactly one of the words, or one unquoted line is such a word with the one-time code that goes
with the token. A rejection may go on with its reason, on the line ("reject because …") or below it. Anything else decides nothing: the approver is asked again and told the code.
"""

import asyncio
import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mailcore import log
from mailcore.accounts import Accounts
from mailcore.address import APPROVAL_LOCAL_PART, Address, try_address
from mailcore.credentials import system
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import QuarantineId
from mailcore.message.dsn import is_auto_generated
from mailcore.message.headers import Headers
from mailcore.message.parse import readable
from mailcore.message.text import first_written_line, reply_text
from mailcore.model import (
    Actor,
    AuthReport,
    Decision,
    Hold,
    HoldStatus,
    Person,
    Quarantined,
    Role,
)
from mailcore.outbound.approvals import MAX_REASON_CHARS, Approvals
from mailcore.outbound.tokens import QUARANTINE_VERSION, ApprovalToken, ApprovalTokens
from mailcore.quarantine import Quarantine
from mailcore.store.ports import Audit, PolicyStore

_log = log.get(__name__)

_APPROVE: Final = frozenset(
    {"yes", "approve", "approved", "lgtm", "go ahead", "send", "send it", "ok", "okay"}
)
_REJECT: Final = frozenset(
    {
        "no",
        "reject",
        "rejected",
        "deny",
        "denied",
        "cancel",
        "block",
        "dont send",
        "do not send",
    }
)


_REASONED: Final = re.compile(
    r"(?:reject(?:ed)?|den(?:y|ied))[ \t]*(?::|[-\u2013\u2014][ \t]|\bbecause\b)", re.IGNORECASE
)
"""How a rejection begins that says why."""
_MAX_LINE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A decision as it stands in an answer; `reason` is of a rejection."""

    decision: Decision
    reason: str = ""


class Refusal(StrEnum):
    """Why an answer decided nothing."""

    BAD_TOKEN = "bad_token"  # noqa: S105 - a reason, not a secret
    NOT_THE_APPROVER = "not_the_approver"
    NOT_AUTHENTICATED = "not_authenticated"
    AUTO_GENERATED = "auto_generated"
    UNCLEAR = "unclear"
    ALREADY_DECIDED = "already_decided"
    TOKEN_SPENT = "token_spent"  # noqa: S105 - a reason, not a secret
    CHANGED = "changed"
    SECOND_PERSON = "second_person_required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What an answer did: a decision, or the reason it did not count."""

    hold: Hold | None
    person: Person | None
    decision: Decision | None
    refusal: Refusal | None
    stranger: Quarantined | None = None
    """The mail in quarantine that the answer is about, instead of a hold."""
    is_noted: bool = False
    """It is in the audit log already."""


class Decisions:
    """The reader of approval replies."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        approvals: Approvals,
        quarantine: Quarantine,
        tokens: ApprovalTokens,
        policy: PolicyStore,
    ) -> None:
        self._accounts = accounts
        self._approvals = approvals
        self._quarantine = quarantine
        self._tokens = tokens
        self._policy = policy
        self._actor = system("approval-replies")

    async def take(
        self, token_text: str, raw: bytes, mail_from: Address | None, auth: AuthReport
    ) -> Answered:
        """Read one answer and carry it out; every answer leaves an audit row."""
        answered = await self._take(token_text, raw, mail_from, auth)
        if answered.refusal is not None and not answered.is_noted:
            await self._policy.append_audit(
                Audit(
                    pod_id=self._actor.pod_id,
                    actor=self._actor.label,
                    action="sender.reply_ignored" if answered.stranger else "hold.reply_ignored",
                    subject=_subject(answered),
                    detail={
                        "refusal": answered.refusal.value,
                        "mail_from": str(mail_from or "<>"),
                        "dkim_domains": list(auth.dkim_domains),
                    },
                )
            )
            _log.warning(
                "approval.reply_ignored",
                refusal=answered.refusal.value,
                hold_id=answered.hold.id if answered.hold else None,
            )
        return answered

    async def _take(
        self, token_text: str, raw: bytes, mail_from: Address | None, auth: AuthReport
    ) -> Answered:
        token = self._tokens.read(token_text)
        hold = await self._hold(token) if token else None
        stranger = await self._stranger(token) if token and hold is None else None
        about = hold or stranger
        if token is None or about is None:
            return _ignored(Refusal.BAD_TOKEN)
        version = hold.version if hold else QUARANTINE_VERSION
        headers = Headers.read(raw)
        sender = _only_sender(headers)
        person = await self._approver(sender)
        if person is None or not self._tokens.is_for(token, version, person.email.folded):
            is_known = await self._is_issued(token, version)
            refusal = Refusal.NOT_THE_APPROVER if is_known else Refusal.BAD_TOKEN
            return _ignored(refusal, about)
        if not auth.is_aligned or not _is_token_signed(headers, auth, token_text):
            return _ignored(Refusal.NOT_AUTHENTICATED, about, person)
        if mail_from is None or is_auto_generated(headers):
            return _ignored(Refusal.AUTO_GENERATED, about, person)
        code = self._tokens.code(token.hold_id, version, person.email.folded)
        written = await asyncio.to_thread(written_answer, raw, code)
        if written is None:
            return _ignored(Refusal.UNCLEAR, about, person)
        if stranger is not None:
            return await self._decide_sender(stranger, person, written.decision)
        return (
            await self._decide(hold, person, written, token)
            if hold
            else _ignored(Refusal.BAD_TOKEN)
        )

    async def _decide(
        self, hold: Hold, person: Person, written: Written, token: ApprovalToken
    ) -> Answered:
        actor, decision = as_approver(person), written.decision
        try:
            decided = await self._approvals.decide(
                actor,
                hold.id,
                decision,
                via="mail",
                reason=written.reason,
                token_id=token.token_id,
            )
        except MailError as error:
            refusals = {
                "already_decided": Refusal.ALREADY_DECIDED,
                "token_spent": Refusal.TOKEN_SPENT,
                "changed": Refusal.CHANGED,
                "second_person_required": Refusal.SECOND_PERSON,
            }
            if error.kind is ErrorKind.CONFLICT and error.code in refusals:
                return replace(_ignored(refusals[error.code], hold, person), is_noted=True)
            raise
        if not decided.changed:
            return replace(_ignored(Refusal.ALREADY_DECIDED, hold, person), is_noted=True)
        return Answered(hold=decided.hold, person=person, decision=decision, refusal=None)

    async def _decide_sender(
        self, stranger: Quarantined, person: Person, decision: Decision
    ) -> Answered:
        try:
            decided = await self._quarantine.decide(
                as_approver(person),
                stranger.id,
                approve=decision is Decision.APPROVE,
                via="mail",
            )
        except MailError as error:
            if error.code == "already_decided":
                return _ignored(Refusal.ALREADY_DECIDED, stranger, person)
            raise
        if not decided.changed:
            return _ignored(Refusal.ALREADY_DECIDED, stranger, person)
        return Answered(
            hold=None, person=person, decision=decision, refusal=None, stranger=decided.item
        )

    async def _stranger(self, token: ApprovalToken) -> Quarantined | None:
        try:
            found = await self._quarantine.item(self._actor, QuarantineId(token.hold_id))
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        return found.item

    async def _hold(self, token: ApprovalToken) -> Hold | None:
        try:
            return (await self._approvals.hold(self._actor, token.hold_id)).hold
        except MailError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    async def _approver(self, sender: Address | None) -> Person | None:
        if sender is None:
            return None
        for person in await self._accounts.approvers(self._actor):
            if person.email.folded == sender.folded:
                return person
        return None

    async def _is_issued(self, token: ApprovalToken, version: int) -> bool:
        return any(
            self._tokens.is_for(token, version, one.email.folded)
            for one in await self._accounts.approvers(self._actor)
        )


def _ignored(
    refusal: Refusal, about: Hold | Quarantined | None = None, person: Person | None = None
) -> Answered:
    is_open = about is not None and about.status.value == HoldStatus.PENDING.value
    if refusal is Refusal.UNCLEAR and about and not is_open:
        refusal = Refusal.ALREADY_DECIDED
    return Answered(
        hold=about if isinstance(about, Hold) else None,
        person=person,
        decision=None,
        refusal=refusal,
        stranger=about if isinstance(about, Quarantined) else None,
    )


def _subject(answered: Answered) -> str:
    about = answered.hold or answered.stranger
    return about.id if about else ""


def as_approver(person: Person) -> Actor:
    """A person who proved to be there, as who they decide."""
    return Actor(
        role=Role.APPROVER,
        pod_id=person.pod_id,
        label=f"person:{person.email}",
        person_id=person.id,
    )


def _only_sender(headers: Headers) -> Address | None:
    senders = headers.mailboxes("From") if len(headers.raw_all("From")) == 1 else ()
    return try_address(senders[0].address) if len(senders) == 1 else None


def _is_token_signed(headers: Headers, auth: AuthReport, token_text: str) -> bool:
    """Whether the signature covers a To or Cc with this very token: no other mail can be replayed."""
    wanted = f"{APPROVAL_LOCAL_PART}+{token_text}@"
    return any(
        one.address.lower().startswith(wanted)
        for name in ("To", "Cc")
        if name.lower() in auth.signed_fields
        for one in headers.mailboxes(name)
    )


def written_answer(raw: bytes, code: str = "") -> Written | None:
    """The decision that the first written line is, exactly; None for everything else.

    A rejection takes what else was written for its reason. With a code also the decision that stands
    with it on an unquoted line, if there is no other such.
    """
    text = readable(raw).text
    line = first_written_line(text)
    decision = _word(_plain(line))
    reasoned = _REASONED.match(line[:_MAX_LINE])
    if decision is None and reasoned:
        return Written(decision=Decision.REJECT, reason=_reason(text, line[reasoned.end() :]))
    if decision is Decision.REJECT:
        return Written(decision=decision, reason=_reason(text, ""))
    decision = decision or _coded_decision(text, code)
    return Written(decision=decision) if decision else None


def _reason(text: str, begin: str) -> str:
    """What was written behind the word, and below it."""
    rest = reply_text(text).lstrip("\n").split("\n")[1:]
    lines = [begin.strip(), *(line for line in rest if not line or line.strip("-_=* "))]
    return "\n".join(lines).strip()[:MAX_REASON_CHARS]


def _coded_decision(text: str, code: str) -> Decision | None:
    if not code or code not in text:
        return None
    found = {
        decision
        for line in text.splitlines()
        if code in line
        and (words := _plain(line).split())[-1:] == [code]
        and (decision := _word(" ".join(words[:-1])))
    }
    return found.pop() if len(found) == 1 else None


def _plain(line: str) -> str:
    """Without case, punctuation and more than single spaces."""
    return " ".join("".join(char for char in line.casefold() if not _is_punctuation(char)).split())


def _word(words: str) -> Decision | None:
    if words in _APPROVE:
        return Decision.APPROVE
    if words in _REJECT:
        return Decision.REJECT
    return None


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"
