"""The one door out: everything that leaves passes `Submission`, and nothing else writes to the queue.

Order: final bytes → guard → policy → send, hold or refuse. The digest that a hold is bound to is
taken over the stored bytes and the envelope, so an approval can never release anything else. Bytes
are durable before the transaction that names them; a guard that fails or is late means hold.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from mailcore import log
from mailcore.address import ROLE_LOCAL_PARTS, Address
from mailcore.clock import Clock, to_rfc5322
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.delivery import require_room
from mailcore.destinations import destinations
from mailcore.errors import ErrorKind, MailError, denied, invalid, not_found
from mailcore.ids import (
    DraftId,
    HoldId,
    InboxId,
    MessageId,
    PodId,
    QueueId,
    SubmissionId,
    new_id,
    new_message_id,
)
from mailcore.message import headers
from mailcore.message.analyze import analyze
from mailcore.message.compose import OutgoingAttachment
from mailcore.metrics import Metrics
from mailcore.model import (
    Actor,
    ApprovalMode,
    Direction,
    DomainStatus,
    Envelope,
    Flag,
    Inbox,
    JsonObject,
    MessageFacts,
    Permission,
    Role,
    Submitted,
    Terms,
)
from mailcore.outbound.attachments import Attachments
from mailcore.outbound.author import require_own_author
from mailcore.outbound.brakes import Brakes
from mailcore.outbound.outgoing import OutgoingMail, compose, only_recipient
from mailcore.outbound.resubmissions import UNSEEN, Looked, Resubmissions
from mailcore.outbound.send_time import read_send_time
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.suppressions import Suppressions
from mailcore.policy import (
    Finding,
    Guard,
    OutboundFacts,
    Ruling,
    Severity,
    Verdict,
)
from mailcore.protections import Protections
from mailcore.provenance import Origins
from mailcore.rulebook.door import NOTHING, Door, Word
from mailcore.rules.facts import Judged
from mailcore.settings import Settings
from mailcore.store.ports import (
    AccountStore,
    Audit,
    BlobStore,
    DueMail,
    IdempotencyEntry,
    NewHold,
    NewMessage,
    NewRecipient,
    NewSubmission,
    OutboundStore,
    ReleaseRequest,
)
from mailcore.taints import Taints

_log = log.get(__name__)
_INLINE_BYTES: Final = 32 * 1024
_OUR_FIELDS: Final = (b"bcc", b"resent-bcc", b"return-path")


class Doorbell(Protocol):
    """Rung when rows may have become due."""

    def set(self) -> None:
        """Ring."""
        ...


class PeerTrace(Protocol):
    """Where a submission came from, for the log."""

    @property
    def ip(self) -> str:
        """The client's address."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How one message goes through the door, beside its bytes and envelope."""

    is_held: str = ""
    """A reason to hold whatever the guard says: `manual`, `policy`, `rule`."""
    draft_id: DraftId | None = None
    draft_version: int = 1
    is_plain_reply: bool = False
    """A draft that was written with everything in its thread known."""
    let_by: str = ""
    """What lets it pass without a person although it would wait: `never`, `remembered`, `auto_approve_replies`, `rule`."""
    word: Word = NOTHING
    """What the rules say of it."""
    looked: Looked = UNSEEN
    """What it is like of what was stopped before."""
    allow_sensitive: bool = False
    idempotency: IdempotencyEntry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """What the guard says of a held message that was changed."""

    facts: MessageFacts
    verdict: JsonObject
    hold: NewHold
    """Why it waits now; its id is of no meaning."""
    recipients: tuple[NewRecipient, ...]


class Submission:
    """The door. Every method either returns what became of the message or raises with nothing queued."""

    def __init__(
        self,
        *,
        settings: Settings,
        accounts: AccountStore,
        outbound: OutboundStore,
        suppressions: Suppressions,
        policies: SendingPolicies,
        brakes: Brakes,
        resubmissions: Resubmissions,
        attachments: Attachments,
        blobs: BlobStore,
        guard: Guard,
        protections: Protections,
        taints: Taints,
        origins: Origins,
        rules: Door,
        doorbell: Doorbell,
        config: Config,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._outbound = outbound
        self._suppressions = suppressions
        self._policies = policies
        self._brakes = brakes
        self._resubmissions = resubmissions
        self._attachments = attachments
        self._blobs = blobs
        self._guard = guard
        self._protections = protections
        self._taints = taints
        self._origins = origins
        self._rules = rules
        self._doorbell = doorbell
        self._config = config
        self._metrics = metrics
        self._clock = clock

    # Ways in -----------------------------------------------------------------------------------

    async def send(
        self,
        actor: Actor,
        inbox: Inbox,
        mail: OutgoingMail,
        passage: Passage | None = None,
    ) -> Submitted:
        """Compose the message and take it through the door."""
        passage = passage or Passage()
        send_at = await self._send_at(inbox, mail.send_at)
        if mail.list_unsubscribe:
            mail = replace(mail, headers=(*mail.headers, *self._leaving(inbox, mail)))
        files = await self._files(inbox, mail)
        raw, recipients = await compose(inbox, mail, self._clock.now(), files)
        terms = Terms(release_at=send_at)
        envelope = Envelope(mail_from=inbox.address, recipients=recipients, terms=terms)
        if passage.idempotency is None and passage.draft_id is None:
            repeat = await self._repeat(inbox, recipients, await self._written(mail, files))
            passage = replace(passage, idempotency=repeat)
        return await self._pass(actor, inbox, envelope, raw, passage)

    async def submit_raw(
        self,
        actor: Actor,
        inbox: Inbox,
        envelope: Envelope,
        raw: bytes,
        peer: PeerTrace | None = None,
        passage: Passage | None = None,
    ) -> Submitted:
        """Take a message that a mail client composed through the door (RFC 6409)."""
        await self.check_sender(actor, inbox, envelope.mail_from)
        prepared = self._prepare(inbox, raw)
        if peer is not None:
            _log.info("mail.submitted", inbox_id=inbox.id, peer=peer.ip, size_bytes=len(raw))
        if passage is None:
            repeat = await self._repeat(inbox, envelope.recipients, await _hashed(raw))
            passage = Passage(idempotency=repeat)
        return await self._pass(
            actor,
            inbox,
            replace(envelope, mail_from=inbox.address),
            prepared,
            passage,
        )

    def _leaving(self, inbox: Inbox, mail: OutgoingMail) -> tuple[tuple[str, str], ...]:
        """The fields by which its one recipient stops mail of this inbox (RFC 8058 §3.1)."""
        address = only_recipient(mail)
        if address is None:
            raise invalid(
                "list_unsubscribe", "it needs exactly one recipient", fix="Send one message to each"
            )
        url = self._suppressions.unsubscribe_url(inbox.id, address)
        return (
            ("List-Unsubscribe", f"<{url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )

    async def _files(self, inbox: Inbox, mail: OutgoingMail) -> tuple[OutgoingAttachment, ...]:
        """What goes along, with what is named by URL fetched now: the guard judges these octets."""
        if not mail.attachments:
            return ()
        hold_at = (await self._settings.of(inbox.pod_id)).hold_at

        async def may_ask(url: str) -> bool:
            return await self._masked(inbox.pod_id, url, hold_at) == url

        return await self._attachments.gather(mail.attachments, may_ask)

    async def _send_at(self, inbox: Inbox, text: str) -> datetime | None:
        if not text:
            return None
        policy = await self._policies.of(inbox.id)
        return read_send_time(text, ZoneInfo(policy.timezone), self._clock.now())

    async def release(self, due: DueMail, at: datetime) -> Submitted:
        """Take a message whose time has come through the door again: judged anew, then sent or held.

        A person's decision stands unless the guard now finds what it did not find then.
        """
        submitted = due.submitted
        actor = author = system("schedule")
        raw = await self._blobs.read(submitted.blob)
        verdict, verdict_json = Verdict(ruling=Ruling.ALLOW), due.verdict
        inbox = await self._accounts.inbox(submitted.inbox_id) if submitted.inbox_id else None
        if inbox is not None and inbox.agent_id is not None:
            author = replace(actor, role=Role.AGENT, agent_id=inbox.agent_id)
        settings = await self._settings.of(submitted.pod_id)
        if due.verdict.get("kind") == "guard":
            verdict = await self._judge(author, inbox, submitted.envelope, raw, settings.hold_at)
            if await self._is_let_by(inbox, due, verdict):
                verdict = replace(verdict, ruling=Ruling.ALLOW)
            verdict_json = _verdict_json(verdict, "guard")
        is_held = verdict.ruling is not Ruling.ALLOW
        facts = await self._facts(raw)
        hold = copy = None
        if is_held:
            verdict = replace(verdict, ruling=Ruling.HOLD)
            hold = await self._new_hold(actor, inbox, facts, verdict, Passage())
        elif inbox is not None:
            copy = sent_copy(submitted.id, inbox.id, raw, facts, self._clock)
            copy = replace(copy, is_exempt=True)
        released = await self._outbound.release_scheduled(
            ReleaseRequest(
                submission_id=submitted.id,
                at=at,
                verdict=verdict_json,
                hold=hold,
                sent_copy=copy,
                suppressed=await self._suppressed(submitted),
                audit=Audit(
                    pod_id=submitted.pod_id,
                    actor=actor.label,
                    action="mail.hold" if is_held else "mail.send",
                    subject=submitted.id,
                    detail={
                        "digest": submitted.digest.hex(),
                        "categories": list(verdict.categories),
                    },
                ),
            )
        )
        self._doorbell.set()
        _log.info(
            "mail.held" if is_held else "mail.due",
            message_id=submitted.id,
            inbox_id=submitted.inbox_id,
            hold_id=released.hold_id,
        )
        return released

    async def _is_let_by(self, inbox: Inbox | None, due: DueMail, verdict: Verdict) -> bool:
        """Whether a person let through what the guard finds, or the inbox's policy does so now."""
        if due.was_decided and not _is_new(verdict, due.verdict):
            return True
        if inbox is None or any(one.severity is Severity.CRITICAL for one in verdict.findings):
            return False
        return bool(await self._let_by(inbox, due.submitted.envelope, verdict))

    async def _suppressed(self, submitted: Submitted) -> tuple[QueueId, ...]:
        if submitted.inbox_id is None:
            return ()
        return tuple(
            [
                item.id
                for item in await self._outbound.recipients(submitted.id)
                if await self._suppressions.suppressed(
                    submitted.pod_id, submitted.inbox_id, item.recipient
                )
            ]
        )

    async def vet(
        self,
        actor: Actor,
        inbox: Inbox | None,
        recipients: tuple[Address, ...],
        text: str,
        *,
        is_answer: bool = False,
    ) -> None:
        """Data on its way to an inbox here without mail, under the rules of mail; nothing is stored.

        DENIED `refused_by_guard` or `refused_by_policy` where a message would be held: data cannot
        wait for a person. Without an `inbox` only the guard has a say.
        """
        envelope = Envelope(mail_from=inbox.address if inbox else None, recipients=recipients)
        raw = await asyncio.to_thread(_as_mail, text)
        settings = await self._settings.of(actor.pod_id)
        verdict = await self._judge(actor, inbox, envelope, raw, settings.hold_at)
        verdict, passage = await self._compared(actor, envelope, verdict, Passage())
        if verdict.ruling is not Ruling.ALLOW:
            await self._resubmissions.refuse(actor, passage.looked)
            raise denied(
                f"the guard finds fault with this: {', '.join(verdict.categories)}",
                code="refused_by_guard",
                fix="Leave it out, or send it as mail, which a person can let through",
            )
        if inbox is None or (is_answer and inbox.approval is not ApprovalMode.ALWAYS):
            return
        if await self._policy(inbox, envelope, raw):
            raise denied(
                f"what {inbox.address} passes on has to wait for a person, and this cannot",
                code="refused_by_policy",
                fix="Send it as mail, which a person can let through",
            )

    async def notify(
        self,
        purpose: Actor,
        mail_from: Address,
        recipients: Sequence[Address],
        raw: bytes,
        *,
        once: str = "",
    ) -> Submitted:
        """System mail: to approvers, postmasters, an envelope sender, or whoever asks for reports.

        No guard runs (its verdict is `system`): whoever composes a notice masks what it quotes. With
        `once`, the same again within a day is not sent again.
        """
        if purpose.role is not Role.SYSTEM:
            raise denied("only the server sends system mail")
        envelope = Envelope(mail_from=mail_from, recipients=tuple(recipients))
        return await self._store(
            purpose,
            None,
            envelope,
            raw,
            Verdict(ruling=Ruling.ALLOW),
            Passage(idempotency=_once(purpose, once)),
            "system",
        )

    async def check_sender(self, actor: Actor, inbox: Inbox, mail_from: Address | None) -> None:
        """DENIED unless the envelope sender is the inbox's own address (a sub-address is fine)."""
        actor.require(Permission.SEND)
        if mail_from is None or mail_from.base.folded != inbox.address.folded:
            raise denied(
                f"{mail_from or '<>'} is not an address of this login",
                code="sender_not_owned",
                fix=f"Send as {inbox.address}",
            )
        if actor.role is Role.SYSTEM:
            raise denied("the server does not log in")

    async def check_recipient(
        self, actor: Actor, inbox: Inbox, address: Address, size_bytes: int = 0
    ) -> None:
        """Refuse at once a recipient that could never be reached: DENIED or NOT_FOUND.

        DENIED `recipient_suppressed` when it gets no mail any more.

        OVER_LIMIT `recipient_over_quota` when an inbox here has no room for so much.
        """
        if actor.pod_id != inbox.pod_id:
            raise denied("the inbox belongs to somebody else")
        await self._suppressions.require_wanted(inbox.pod_id, inbox.id, address)
        domain = await self._accounts.domain_by_name(address.domain)
        if domain is not None:
            await self._require_local(address, size_bytes)
            return
        await self._require_verified(inbox)

    async def submission(self, submission_id: SubmissionId) -> Submitted:
        """What became of something submitted; NOT_FOUND. Callers check whose inbox it is."""
        found = await self._outbound.submission(submission_id)
        if found is None:
            raise not_found("message")
        return found

    # The passage -------------------------------------------------------------------------------

    async def _pass(
        self, actor: Actor, inbox: Inbox, envelope: Envelope, raw: bytes, passage: Passage
    ) -> Submitted:
        actor.require(Permission.SEND)
        if not inbox.is_active:
            raise denied(f"{inbox.address} is disabled", code="inbox_disabled")
        settings = await self._settings.of(inbox.pod_id)
        recipients = _unique(envelope.recipients)
        await self._check_recipients(actor, inbox, recipients, len(raw))
        envelope = replace(envelope, recipients=recipients)
        is_bypass = passage.allow_sensitive and actor.is_master
        verdict = Verdict(ruling=Ruling.ALLOW)
        if not is_bypass:
            verdict = await self._judge(actor, inbox, envelope, raw, settings.hold_at)
        if verdict.ruling is Ruling.REFUSE:
            raise denied("the guard refuses this message", code="refused_by_guard")
        if not is_bypass:
            outside = [one for one in recipients if not await self._is_local(one)]
            may_refuse = not passage.is_held
            braked = await self._brakes.look(inbox, outside, may_refuse=may_refuse)
            passage = await self._ruled(
                inbox, envelope, raw, verdict, passage, is_braked=bool(braked)
            )
            verdict, passage = await self._weigh(inbox, envelope, raw, verdict, passage)
            if braked:
                verdict = replace(verdict, findings=(*verdict.findings, *braked))
                passage = replace(passage, is_held=passage.is_held or "policy", let_by="")
            verdict, passage = await self._compared(actor, envelope, verdict, passage)
        kind = "bypassed" if is_bypass else "guard"
        return await self._store(actor, inbox, envelope, raw, verdict, passage, kind)

    async def _compared(
        self, actor: Actor, envelope: Envelope, verdict: Verdict, passage: Passage
    ) -> tuple[Verdict, Passage]:
        """Held whatever lets it pass, when it is nearly what was stopped before."""
        looked = await self._resubmissions.look(
            actor, envelope.recipients, verdict, passage.draft_id
        )
        passage = replace(passage, looked=looked)
        if looked.found is None or looked.finding is None:
            return verdict, passage
        if not looked.found.is_draft:
            verdict = replace(verdict, ruling=Ruling.HOLD)
        passage = replace(passage, is_held=passage.is_held or "policy", let_by="")
        return replace(verdict, findings=(looked.finding, *verdict.findings)), passage

    async def _check_recipients(
        self, actor: Actor, inbox: Inbox, recipients: Sequence[Address], size_bytes: int
    ) -> None:
        if not recipients:
            raise invalid("to", "name at least one recipient")
        most = (await self._settings.of(inbox.pod_id)).max_recipients
        if len(recipients) > most:
            raise MailError(
                ErrorKind.OVER_LIMIT,
                f"at most {most} recipients over to, cc and bcc",
                code="too_many_recipients",
            )
        for address in recipients:
            await self.check_recipient(actor, inbox, address, size_bytes)

    async def judge_again(
        self, actor: Actor, inbox: Inbox, envelope: Envelope, raw: bytes, waits_for: str
    ) -> Rejudged:
        """What the guard says of a held message that a person changed; nothing is stored.

        It is judged as its author's, and waits on whatever the guard says: for `waits_for` when the
        guard finds nothing to hold. INVALID, DENIED, NOT_FOUND and OVER_LIMIT as for a new message.
        """
        require_own_author(inbox.address, raw)
        await self._check_recipients(actor, inbox, envelope.recipients, len(raw))
        settings = await self._settings.of(inbox.pod_id)
        author = system("edited")
        if inbox.agent_id is not None:
            author = replace(author, role=Role.AGENT, agent_id=inbox.agent_id)
        verdict = await self._judge(author, inbox, envelope, raw, settings.hold_at)
        if verdict.ruling is Ruling.REFUSE:
            raise denied("the guard refuses this message", code="refused_by_guard")
        facts = await self._facts(raw)
        passage = Passage(is_held=waits_for)
        return Rejudged(
            facts=facts,
            verdict=_verdict_json(verdict, "guard"),
            hold=await self._new_hold(author, inbox, facts, verdict, passage),
            recipients=tuple(
                [
                    NewRecipient(address=one, is_local=await self._is_local(one))
                    for one in envelope.recipients
                ]
            ),
        )

    async def _weigh(
        self, inbox: Inbox, envelope: Envelope, raw: bytes, verdict: Verdict, passage: Passage
    ) -> tuple[Verdict, Passage]:
        """What rules, policies and remembered approvals make of a verdict; critical ones stand."""
        is_critical = any(one.severity is Severity.CRITICAL for one in verdict.findings)
        if verdict.ruling is Ruling.HOLD and is_critical:
            return verdict, passage
        if passage.word.requires:
            return verdict, replace(passage, is_held=passage.is_held or "rule")
        if passage.word.approves:
            return verdict, replace(passage, is_held="", let_by="rule")
        if passage.draft_id is None or passage.is_plain_reply:
            let_by = await self._let_by(inbox, envelope, verdict)
            if let_by:
                passage = replace(passage, is_held="", let_by=let_by)
                return replace(verdict, ruling=Ruling.ALLOW), passage
        if passage.is_held and await self._is_auto_approved(inbox, envelope, raw, passage):
            passage = replace(passage, is_held="", let_by="auto_approve_replies")
        if not passage.is_held:
            passage = replace(passage, is_held=await self._policy(inbox, envelope, raw))
        return verdict, passage

    async def _ruled(
        self,
        inbox: Inbox,
        envelope: Envelope,
        raw: bytes,
        verdict: Verdict,
        passage: Passage,
        *,
        is_braked: bool,
    ) -> Passage:
        """With the word of the rules; none lets pass what the guard holds, or a draft that is behind."""
        is_held = verdict.ruling is Ruling.HOLD
        stands = ""
        if is_held or is_braked:
            stands = "the guard holds it" if is_held else "too much is sent at once"
        elif passage.draft_id is not None and not passage.is_plain_reply:
            stands = "it does not answer the last message of its thread"
        word = await self._rules.word(
            inbox,
            raw,
            envelope.recipients,
            Judged(level="held" if is_held else "clean", categories=verdict.categories),
            is_draft=passage.draft_id is not None,
            stands=stands,
        )
        return replace(passage, word=word)

    async def _let_by(self, inbox: Inbox, envelope: Envelope, verdict: Verdict) -> str:
        if inbox.approval is ApprovalMode.NEVER:
            return "never"
        return "remembered" if await self._is_remembered(inbox, envelope, verdict) else ""

    async def _is_remembered(self, inbox: Inbox, envelope: Envelope, verdict: Verdict) -> bool:
        """Whether approvals of before cover every recipient, and all that the guard holds it for."""
        now = self._clock.now()
        grants = await self._outbound.grants_for(inbox.id, envelope.recipients, now)
        if not grants:
            return False
        rules = {one.rule for one in verdict.findings if one.severity.rank >= Severity.MEDIUM.rank}
        covered = {one.recipient for one in grants if rules <= set(one.rules)}
        return all(
            one.folded in covered or f"@{one.domain}" in covered for one in envelope.recipients
        )

    async def _is_auto_approved(
        self, inbox: Inbox, envelope: Envelope, raw: bytes, passage: Passage
    ) -> bool:
        if not (inbox.auto_approve_replies and passage.is_plain_reply):
            return False
        return not await self._unknown(inbox, envelope, raw)

    async def _policy(self, inbox: Inbox, envelope: Envelope, raw: bytes) -> str:
        """Why the inbox's own policy holds the message; empty when it does not."""
        if inbox.approval is ApprovalMode.ALWAYS:
            return "manual"
        if inbox.can_send_cold:
            return ""
        return "policy" if await self._unknown(inbox, envelope, raw) else ""

    async def _unknown(self, inbox: Inbox, envelope: Envelope, raw: bytes) -> bool:
        """Whether it goes to anybody who has never written to the inbox."""
        view = headers.Headers.read(raw)
        fields = (view.get("In-Reply-To") or "", view.get("References") or "")
        answered = [one for text in fields for one in headers.parse_message_ids(text)]
        return bool(await self._outbound.strangers(inbox.id, envelope.recipients, answered))

    async def _judge(
        self, actor: Actor, inbox: Inbox | None, envelope: Envelope, raw: bytes, hold_at: Severity
    ) -> Verdict:
        known, easings = await self._protections.facts(
            actor.pod_id, inbox.id if inbox else None, envelope.recipients
        )
        provenance = await self._origins.of(actor, inbox, envelope.recipients, raw)
        facts = OutboundFacts(
            raw=raw,
            mail_from=envelope.mail_from,
            recipients=envelope.recipients,
            is_internal=await self._are_local(envelope.recipients),
            fingerprints=known,
            easings=easings,
            hold_at=hold_at,
            is_tainted=await self._taints.is_tainted(actor),
            likeness_key=self._resubmissions.key_for(actor),
            origins=provenance.origins,
            new_recipients=provenance.new_recipients,
        )
        try:
            async with asyncio.timeout(self._config.guard.timeout_seconds):
                return await asyncio.to_thread(self._guard.judge_outbound, facts)
        except TimeoutError:
            _log.error("guard.timeout", size_bytes=len(raw))
            return _failed_verdict("the guard took too long")
        except Exception:  # noqa: BLE001 - whatever breaks in the guard, the message is held
            _log.exception("guard.failed", size_bytes=len(raw))
            return _failed_verdict("the guard failed on this message")

    async def _store(
        self,
        actor: Actor,
        inbox: Inbox | None,
        envelope: Envelope,
        raw: bytes,
        verdict: Verdict,
        passage: Passage,
        kind: str,
    ) -> Submitted:
        submission_id = SubmissionId(new_id())
        facts = await self._facts(raw)
        is_held = verdict.ruling is Ruling.HOLD or bool(passage.is_held)
        send_at = await self._leaves_at(inbox, envelope, is_held=is_held)
        copy = None
        if inbox is not None and not is_held and send_at is None:
            copy = sent_copy(submission_id, inbox.id, raw, facts, self._clock)
        new = NewSubmission(
            id=submission_id,
            pod_id=actor.pod_id,
            inbox_id=inbox.id if inbox else None,
            actor=actor.label,
            envelope=envelope,
            recipients=tuple(
                [
                    NewRecipient(address=one, is_local=await self._is_local(one))
                    for one in envelope.recipients
                ]
            ),
            raw=raw,
            digest=digest(raw, envelope),
            facts=facts,
            verdict=_verdict_json(verdict, kind, passage.let_by),
            hold=await self._new_hold(actor, inbox, facts, verdict, passage) if is_held else None,
            send_at=send_at,
            sent_copy=copy,
            is_system=kind == "system",
            idempotency=passage.idempotency,
            audit=Audit(
                pod_id=actor.pod_id,
                actor=actor.label,
                action="mail.hold" if is_held else "mail.send",
                subject=submission_id,
                detail={
                    "digest": digest(raw, envelope).hex(),
                    "recipients": [str(one) for one in envelope.recipients],
                    "verdict": kind,
                    "categories": list(verdict.categories),
                    **({"let_by": passage.let_by} if passage.let_by else {}),
                },
            ),
            draft_id=None if is_held else passage.draft_id,
            likeness=passage.looked.keep,
            applications=tuple(
                replace(
                    one, about=passage.draft_id or submission_id, occurrence=f"door:{submission_id}"
                )
                for one in passage.word.applications
            ),
        )
        submitted = await self._outbound.submit(new)
        if submitted.id != submission_id:
            _log.info("mail.repeated", message_id=submitted.id, inbox_id=submitted.inbox_id)
            return submitted
        self._doorbell.set()
        self._metrics.submissions.labels(submitted.status.value).inc()
        _log.info(
            "mail.held" if is_held else "mail.queued",
            message_id=submitted.id,
            inbox_id=submitted.inbox_id,
            hold_id=submitted.hold_id,
            recipients=len(envelope.recipients),
            size_bytes=len(raw),
        )
        return submitted

    async def _leaves_at(
        self, inbox: Inbox | None, envelope: Envelope, *, is_held: bool
    ) -> datetime | None:
        """Not before then: the author's time, or the end of the time to take it back."""
        if envelope.terms.release_at is not None or inbox is None or is_held:
            return envelope.terms.release_at
        seconds = (await self._policies.of(inbox.id)).send_delay_seconds
        return self._clock.now() + timedelta(seconds=seconds) if seconds else None

    async def _new_hold(
        self,
        actor: Actor,
        inbox: Inbox | None,
        facts: MessageFacts,
        verdict: Verdict,
        passage: Passage,
    ) -> NewHold:
        settings = await self._settings.of(actor.pod_id)
        like = passage.looked.found
        return NewHold(
            id=HoldId(new_id()),
            reason="guard" if verdict.ruling is Ruling.HOLD else passage.is_held,
            subject=await self._masked(actor.pod_id, facts.subject, settings.hold_at),
            categories=verdict.categories,
            findings=tuple(finding_json(one) for one in verdict.findings),
            expires_at=self._clock.now() + timedelta(days=settings.hold_expiry_days),
            agent_id=(inbox.agent_id if inbox else None) or actor.agent_id,
            draft_id=passage.draft_id,
            draft_version=passage.draft_version,
            like_hold_id=like.like_hold_id if like else None,
            attempt=like.attempt if like else 1,
        )

    async def _masked(self, pod_id: PodId, text: str, hold_at: Severity) -> str:
        known = await self._protections.known(pod_id)
        try:
            return self._guard.redact(text, hold_at, known)
        except Exception:  # noqa: BLE001 - a guard that fails shows nothing rather than everything
            _log.exception("guard.redact_failed")
            return ""

    # Retries -----------------------------------------------------------------------------------

    async def _repeat(
        self, inbox: Inbox, recipients: Sequence[Address], written: bytes
    ) -> IdempotencyEntry | None:
        """What the same content to the same recipients, a moment later, is known by."""
        seconds = (await self._settings.of(inbox.pod_id)).repeat_seconds
        if not seconds:
            return None
        whole = hashlib.sha256(written)
        for one in sorted({address.folded for address in recipients}):
            whole.update(f"\n{one}".encode("utf-8", "surrogatepass"))
        return IdempotencyEntry(
            scope=f"content:{inbox.id}",
            key=whole.hexdigest(),
            request_hash=whole.digest(),
            within=timedelta(seconds=seconds),
        )

    @staticmethod
    async def _written(mail: OutgoingMail, files: Sequence[OutgoingAttachment]) -> bytes:
        """A digest of what the author gave; composing adds an id and a date of its own."""
        short = replace(mail, inbox_id=None, text=None, html=None, attachments=())
        texts = [repr(short), repr((mail.text is None, mail.html is None))]
        texts += [mail.text or "", mail.html or ""]
        texts += [repr(replace(one, content=b"")) for one in files]
        pieces = [one.encode("utf-8", "surrogatepass") for one in texts]
        pieces += [one.content for one in files]
        return await _hashed(b"".join(b"%d:%b" % (len(one), one) for one in pieces))

    # Pieces ------------------------------------------------------------------------------------

    def _prepare(self, inbox: Inbox, raw: bytes) -> bytes:
        """A client's message made ready: Bcc gone, From checked, Date and Message-ID present."""
        cleaned = headers.remove(raw, lambda name, _value: name.lower() in _OUR_FIELDS)
        require_own_author(inbox.address, cleaned)
        view = headers.Headers.read(cleaned)
        missing: list[tuple[str, str]] = []
        if view.get("Date") is None:
            missing.append(("Date", to_rfc5322(self._clock.now())))
        if not view.get("Message-ID"):
            missing.append(("Message-ID", new_message_id(inbox.address.domain)))
        return headers.prepend(cleaned, missing) if missing else cleaned

    async def _facts(self, raw: bytes) -> MessageFacts:
        if len(raw) <= _INLINE_BYTES:
            return analyze(raw)
        return await asyncio.to_thread(analyze, raw)

    async def _is_local(self, address: Address) -> bool:
        return await self._accounts.domain_by_name(address.domain) is not None

    async def _are_local(self, recipients: Sequence[Address]) -> bool:
        for one in recipients:
            if not await self._is_local(one):
                return False
        return True

    async def _require_local(self, address: Address, size_bytes: int) -> None:
        if address.base.local.lower() in ROLE_LOCAL_PARTS:
            return
        found = await destinations(self._accounts, address)
        try:
            for inbox in found:
                await require_room(self._accounts, inbox, size_bytes)
        except MailError as error:
            raise MailError(
                error.kind,
                f"the inbox {address} is full",
                code="recipient_over_quota",
                fix="Try again when its owner has made room",
            ) from error

    async def _require_verified(self, inbox: Inbox) -> None:
        if not self._config.outbound.require_verified_domain:
            return
        domain = await self._accounts.domain_by_name(inbox.address.domain)
        if domain is None or domain.status is not DomainStatus.VERIFIED:
            raise denied(
                f"{inbox.address.domain} is not verified, so it cannot send to the outside",
                code="domain_not_verified",
                fix=f"Create the records of `countersign domain records {inbox.address.domain}`, "
                "then run `countersign domain verify`",
            )


def _once(purpose: Actor, name: str) -> IdempotencyEntry | None:
    if not name:
        return None
    return IdempotencyEntry(scope=purpose.label, key=name, request_hash=b"")


def _as_mail(text: str) -> bytes:
    """The text as the body of a message, for the guard."""
    head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    body = "\r\n".join(text.splitlines())
    return f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n{body}\r\n".encode("utf-8", "replace")


async def _hashed(content: bytes) -> bytes:
    """SHA-256; off the loop when it takes a while."""
    if len(content) <= _INLINE_BYTES:
        return hashlib.sha256(content).digest()
    return await asyncio.to_thread(lambda: hashlib.sha256(content).digest())


def digest(raw: bytes, envelope: Envelope) -> bytes:
    """SHA-256 over a fixed first line, sender, sorted recipients, an empty line, then the bytes."""
    lines = ["countersign-1", str(envelope.mail_from or "<>")]
    lines += sorted(str(one) for one in envelope.recipients)
    whole = hashlib.sha256("\n".join([*lines, "", ""]).encode())
    whole.update(raw)
    return whole.digest()


def sent_copy(
    submission_id: SubmissionId,
    inbox_id: InboxId,
    raw: bytes,
    facts: MessageFacts,
    clock: Clock,
) -> NewMessage:
    """The copy in Sent; it has the submission's id."""
    return NewMessage(
        id=MessageId(submission_id),
        inbox_id=inbox_id,
        mailbox="Sent",
        raw=raw,
        facts=facts,
        flags=Flag.SEEN,
        keywords=(),
        internal_date=clock.now(),
        direction=Direction.OUTBOUND,
        event="email.sent",
    )


def finding_json(finding: Finding) -> JsonObject:
    """A finding as the store keeps it and an approver may see it: the match is masked."""
    return {
        "rule": finding.rule,
        "category": finding.category,
        "severity": finding.severity.value,
        "place": finding.place,
        "message": finding.message,
        "masked": finding.masked,
    }


def _verdict_json(verdict: Verdict, kind: str, let_by: str = "") -> JsonObject:
    return {
        "kind": kind,
        "ruling": verdict.ruling.value,
        "findings": [finding_json(one) for one in verdict.findings],
        **({"let_by": let_by} if let_by else {}),
    }


def _is_new(verdict: Verdict, earlier: JsonObject) -> bool:
    """Whether it found something that was not found before."""
    findings = earlier.get("findings")
    known = (
        {one.get("rule") for one in findings if isinstance(one, dict)}
        if isinstance(findings, list)
        else set()
    )
    return any(one.rule not in known for one in verdict.findings)


def _failed_verdict(message: str) -> Verdict:
    finding = Finding(
        rule="guard.failed",
        category="unscannable",
        severity=Severity.CRITICAL,
        place="message",
        message=message,
    )
    return Verdict(ruling=Ruling.HOLD, findings=(finding,))


def _unique(addresses: Sequence[Address]) -> tuple[Address, ...]:
    return tuple({one.folded: one for one in addresses}.values())
