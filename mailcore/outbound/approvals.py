"""Holds and the decisions of people: compare-and-set, bound to bytes, never by an agent's key.

A release checks the digest of the stored bytes and the envelope against the hold's first; the store
then decides, releases and spends the token in one transaction, so that any number of racing
approvals yields one message.
"""

from dataclasses import dataclass, replace

from mailcore import log
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError, denied, not_found
from mailcore.ids import HoldId
from mailcore.metrics import Metrics
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    Decision,
    Hold,
    HoldStatus,
    Listed,
    Role,
    Slice,
    Submitted,
)
from mailcore.outbound.submit import Doorbell, digest, sent_copy
from mailcore.store.ports import (
    Audit,
    BlobStore,
    Decided,
    DecideRequest,
    NewMessage,
    OutboundStore,
)

_log = log.get(__name__)
MAX_REASON_CHARS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold with the exact bytes it is about; `raw` is None for callers who may not decide."""

    hold: Hold
    raw: bytes | None


class Approvals:
    """The approval service."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        blobs: BlobStore,
        doorbell: Doorbell,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._blobs = blobs
        self._doorbell = doorbell
        self._metrics = metrics
        self._clock = clock

    async def holds(
        self, actor: Actor, *, status: HoldStatus | None = None, part: Slice = FIRST_PAGE
    ) -> Listed[Hold]:
        """Newest first; an agent sees its own, a viewer's login those of its inbox."""
        return await self._outbound.holds(
            actor.pod_id,
            status=status,
            agent_id=actor.agent_id if actor.role is Role.AGENT else None,
            inbox_id=actor.inbox_id,
            part=part,
        )

    async def hold(self, actor: Actor, hold_id: HoldId) -> HoldView:
        """One hold; the bytes are for those who decide."""
        hold = await self._visible(actor, hold_id)
        if not (actor.may_decide or actor.role is Role.SYSTEM):
            return HoldView(hold=hold, raw=None)
        submitted = await self._submitted(hold)
        raw = await self._blobs.read(submitted.blob) if submitted.blob else None
        return HoldView(hold=hold, raw=raw)

    async def decide(
        self,
        actor: Actor,
        hold_id: HoldId,
        decision: Decision,
        *,
        via: str,
        reason: str = "",
        release: bool = True,
        token_id: str | None = None,
    ) -> Decided:
        """Approve or reject. DENIED for agents, whatever key or login they use.

        Deciding again the same way changes nothing and says so; the other way is CONFLICT
        `already_decided`. `release` False only records the approval (drafts).
        """
        if not actor.may_decide:
            raise denied(
                "an agent cannot decide its own mail",
                code="approver_required",
                fix="Ask the owner to approve it",
            )
        hold = await self._visible(actor, hold_id)
        return await self._decide(actor, hold, decision, via, reason, release, token_id)

    async def release(self, actor: Actor, hold_id: HoldId, *, via: str) -> Decided:
        """Let out what a person has approved already; CONFLICT `not_approved` otherwise."""
        hold = await self._visible(actor, hold_id)
        if hold.status not in (HoldStatus.APPROVED, HoldStatus.RELEASED):
            raise MailError(
                ErrorKind.CONFLICT,
                f"the message is {hold.status.value}, not approved",
                code="not_approved",
                fix="Wait for a person to approve it",
            )
        return await self._decide(actor, hold, Decision.APPROVE, via, "", True, None)

    async def withdraw(self, actor: Actor, hold_id: HoldId, *, via: str, reason: str) -> Decided:
        """Close a hold without sending, by its author or the server: an edit, or a stale draft."""
        hold = await self._visible(actor, hold_id)
        return await self._decide(
            actor, hold, Decision.REJECT, via, reason, True, None, is_withdrawal=True
        )

    async def _decide(
        self,
        actor: Actor,
        hold: Hold,
        decision: Decision,
        via: str,
        reason: str,
        release: bool,
        token_id: str | None,
        *,
        is_withdrawal: bool = False,
    ) -> Decided:
        copy = None
        if decision is Decision.APPROVE:
            copy = await self._verified_copy(hold, make=release)
        elif hold.status is HoldStatus.PENDING:
            await self._submitted(hold)
        request = self._request(actor, hold, decision, via, reason, release, copy, token_id)
        decided = await self._outbound.decide(replace(request, is_withdrawal=is_withdrawal))
        if not decided.changed:
            return decided
        self._metrics.hold_decisions.labels(decision.value, via).inc()
        _log.info(
            "mail.decided",
            message_id=hold.submission_id,
            hold_id=hold.id,
            decision=decision.value,
            via=via,
            actor=actor.label,
        )
        self._doorbell.set()
        return decided

    def _request(
        self,
        actor: Actor,
        hold: Hold,
        decision: Decision,
        via: str,
        reason: str,
        release: bool,
        copy: NewMessage | None,
        token_id: str | None,
    ) -> DecideRequest:
        is_let_go = decision is Decision.APPROVE and hold.status is HoldStatus.APPROVED
        return DecideRequest(
            hold_id=hold.id,
            decision=decision,
            digest=hold.digest,
            version=hold.version,
            decided_by=actor.label,
            decided_via=via,
            reason=reason[:MAX_REASON_CHARS],
            release=release,
            sent_copy=copy,
            token_id=token_id,
            at=self._clock.now(),
            audit=Audit(
                pod_id=hold.pod_id,
                actor=actor.label,
                action="hold.release" if is_let_go else f"hold.{decision.value}",
                subject=hold.id,
                detail={
                    "digest": hold.digest.hex(),
                    "version": hold.version,
                    "via": via,
                    "reason": reason[:MAX_REASON_CHARS],
                    "released": release and decision is Decision.APPROVE,
                },
            ),
        )

    async def expire(self) -> int:
        """Close holds that nobody decided in time; returns how many."""
        return len(await self._outbound.expire_holds(self._clock.now()))

    async def _verified_copy(self, hold: Hold, *, make: bool) -> NewMessage | None:
        if hold.status in (HoldStatus.RELEASED, HoldStatus.REJECTED, HoldStatus.EXPIRED):
            return None
        submitted = await self._submitted(hold)
        raw = await self._blobs.read(submitted.blob)
        if digest(raw, submitted.envelope) != hold.digest:
            _log.error("hold.digest_mismatch", hold_id=hold.id)
            raise MailError(
                ErrorKind.CONFLICT,
                "the stored message is not the one that was held",
                code="changed",
                fix="Reject it and have it written again",
            )
        facts = await self._outbound.submission_facts(submitted.id)
        if not make or submitted.inbox_id is None or facts is None:
            return None
        copy = sent_copy(submitted.id, submitted.inbox_id, raw, facts, self._clock)
        return replace(copy, is_exempt=True)

    async def _submitted(self, hold: Hold) -> Submitted:
        submitted = await self._outbound.submission(hold.submission_id)
        if submitted is None:
            raise not_found("message")
        return submitted

    async def _visible(self, actor: Actor, hold_id: HoldId) -> Hold:
        hold = await self._outbound.hold(hold_id)
        if hold is None or hold.pod_id != actor.pod_id:
            raise not_found("hold")
        if actor.inbox_id is not None and hold.inbox_id != actor.inbox_id:
            raise not_found("hold")
        if actor.role is Role.AGENT and hold.agent_id != actor.agent_id:
            raise not_found("hold")
        return hold
