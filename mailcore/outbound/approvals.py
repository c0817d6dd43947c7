"""Holds and the decisions of people: compare-and-set, bound to bytes, never by an agent's key.

A release checks the digest of the stored bytes and the envelope against the hold's first; the store
then decides, releases and spends the token in one transaction, so that any number of racing
approvals yields one message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import audit
from mailcore.address import try_address
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError, conflict, denied, invalid, not_found
from mailcore.ids import GrantId, HoldId, new_id
from mailcore.metrics import Metrics
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    Decision,
    Grant,
    Hold,
    HoldStatus,
    JsonObject,
    Listed,
    PersonRole,
    Role,
    Slice,
    Submitted,
)
from mailcore.outbound.figures import DayFigures, by_day
from mailcore.outbound.revisions import HoldChange, Revisions, stored_differs
from mailcore.outbound.risk import Risk, risk_of
from mailcore.outbound.submit import Doorbell, digest, sent_copy
from mailcore.providers import PUBLIC_PROVIDERS
from mailcore.settings import Settings
from mailcore.store.ports import (
    AccountStore,
    Audit,
    BlobStore,
    Decided,
    DecideRequest,
    HoldVersion,
    NewMessage,
    OutboundStore,
    PolicyStore,
)

_log = log.get(__name__)
MAX_REASON_CHARS: Final = 1000
MAX_REMEMBERED_DAYS: Final = 365
MAX_VERSIONS: Final = 50
"""How often a hold may change: every version keeps its bytes."""
EDITED: Final = "edited"
"""Why a hold is told of again when a person changed it."""
ASK_AGAIN_AFTER: Final = timedelta(minutes=15)
"""An agent does not have people told of a hold more often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldView:
    """A hold with the exact bytes it is about; `raw` is None for callers who may not decide."""

    hold: Hold
    raw: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """An approval that counts for later mail too: to the same addresses, or to their domains."""

    days: int
    is_for_domain: bool = False


class Approvals:
    """The approval service."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        accounts: AccountStore,
        settings: Settings,
        policy: PolicyStore,
        blobs: BlobStore,
        revisions: Revisions,
        doorbell: Doorbell,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._accounts = accounts
        self._settings = settings
        self._policy = policy
        self._blobs = blobs
        self._revisions = revisions
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
        remember: Remember | None = None,
        without: Sequence[str] = (),
        seen: bytes | None = None,
    ) -> Decided:
        """Approve or reject. DENIED for agents, whatever key or login they use.

        Deciding again the same way changes nothing and says so; the other way is CONFLICT
        `already_decided`. `release` False only records the approval (drafts). `without` takes
        recipients off first, which makes a new version. With `seen` only what has that digest is
        decided, CONFLICT `changed` otherwise. Where two people are needed the first
        approval leaves it pending; the same person again is CONFLICT `second_person_required`.
        A try that changes nothing leaves an audit row too.
        """
        if not actor.may_decide:
            raise _not_for_agents()
        hold = await self._visible(actor, hold_id)
        grants: tuple[Grant, ...] = ()
        try:
            if seen is not None and seen != hold.digest:
                raise _other_version()
            if decision is Decision.APPROVE and without:
                hold = await self._revisions.narrow(
                    actor, hold, await self._submitted(hold), without
                )
            if decision is Decision.APPROVE and remember is not None:
                grants = self._grants(actor, hold, remember)
            decided = await self._decide(
                actor, hold, decision, via, reason, release, token_id, grants=grants
            )
        except MailError as error:
            if error.kind is ErrorKind.CONFLICT:
                await self._note_ignored(actor, hold, decision, via, error.code)
            raise
        if not decided.changed:
            await self._note_ignored(actor, hold, decision, via, "already_decided")
        return decided

    async def _note_ignored(
        self, actor: Actor, hold: Hold, decision: Decision, via: str, refusal: str
    ) -> None:
        detail: JsonObject = {"decision": decision.value, "via": via, "refusal": refusal}
        entry = audit(actor, "hold.decision_ignored", hold.id, detail)
        await self._policy.append_audit(entry)
        _log.warning(
            "approval.decision_ignored",
            hold_id=hold.id,
            refusal=refusal,
            via=via,
            actor=actor.label,
        )

    async def edit(
        self,
        actor: Actor,
        hold_id: HoldId,
        change: HoldChange,
        *,
        version: int | None = None,
        reason: str = "",
    ) -> Hold:
        """A new version of a pending hold, for people to decide anew; by those who decide.

        The guard judges it again, and what was kept back before is so still. CONFLICT `changed` when
        it is not at that version any more, `already_decided`, `draft_hold`, `not_editable`,
        `too_many_versions`.
        """
        if not actor.may_decide:
            raise _not_for_agents()
        hold = await self._visible(actor, hold_id)
        if version is not None and hold.version != version:
            raise _other_version()
        if hold.draft_id is not None:
            raise conflict(
                "the message is a draft",
                code="draft_hold",
                fix=f"Edit the draft {hold.draft_id}",
            )
        if hold.version >= MAX_VERSIONS:
            raise conflict(
                f"it was changed {MAX_VERSIONS} times already",
                code="too_many_versions",
                fix="Reject it and have it written again",
            )
        if not change.names:
            raise invalid("text", "nothing is changed", fix="Give what is to be different")
        submitted = await self._submitted(hold)
        reason = reason[:MAX_REASON_CHARS]
        edited = await self._revisions.edit(actor, hold, submitted, change, reason)
        _log.info("mail.edited", hold_id=hold.id, version=edited.version, actor=actor.label)
        return edited

    async def versions(self, actor: Actor, hold_id: HoldId) -> tuple[HoldVersion, ...]:
        """What a hold was before people changed it, oldest first; for those who decide."""
        if not actor.may_decide:
            raise _not_for_agents()
        return await self._revisions.versions(await self._visible(actor, hold_id))

    async def tell_again(self, actor: Actor, hold_id: HoldId) -> None:
        """Have approvers told of a pending hold again; an agent's may ask every quarter of an hour.

        CONFLICT `already_decided` or `told_lately`.
        """
        hold = await self._visible(actor, hold_id)
        now = self._clock.now()
        not_since = None if actor.may_decide else now - ASK_AGAIN_AFTER
        entry = audit(actor, "hold.tell_again", hold.id, {})
        if not await self._outbound.tell_again(hold.id, now, not_since, entry):
            raise MailError(
                ErrorKind.CONFLICT,
                "the approvers were told a moment ago",
                code="told_lately",
                fix="Wait a quarter of an hour before you ask again",
            )

    async def remind(self) -> int:
        """Have approvers told again of holds that wait, at growing distances; returns how many."""
        steps = [timedelta(hours=one) for one in self._settings.reminder_hours]
        return len(await self._outbound.remind_holds(self._clock.now(), steps))

    async def figures(self, actor: Actor, days: int) -> tuple[DayFigures, ...]:
        """How many decisions each of the last days had, and how long they took. For people."""
        if not (actor.may_decide or actor.reads_pod):
            raise denied("this key may not call this")
        since = self._clock.now() - timedelta(days=days)
        return by_day(await self._outbound.decision_times(actor.pod_id, since))

    async def remembered(self, actor: Actor) -> tuple[Grant, ...]:
        """What was approved for later mail too. For people."""
        if not (actor.may_decide or actor.reads_pod):
            raise denied("this key may not call this")
        return await self._outbound.grants(actor.pod_id, self._clock.now())

    async def forget(self, actor: Actor, grant_id: GrantId) -> None:
        """Ask people again from now on. NOT_FOUND for foreign ones."""
        if not actor.may_decide:
            raise denied("an agent decides nothing", code="approver_required")
        await self._outbound.revoke_grant(
            actor.pod_id, grant_id, audit(actor, "grant.revoke", grant_id, {})
        )

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
        grants: tuple[Grant, ...] = (),
    ) -> Decided:
        copy = None
        if decision is Decision.APPROVE:
            copy = await self._verified_copy(hold, make=release)
        elif hold.status is HoldStatus.PENDING:
            await self._submitted(hold)
        request = self._request(actor, hold, decision, via, reason, release, copy, token_id)
        needs_two = decision is Decision.APPROVE and await self._needs_two(hold)
        decided = await self._outbound.decide(
            replace(
                request,
                is_withdrawal=is_withdrawal,
                grants=grants,
                needs_two=needs_two,
                same_person=await self._same_person(actor) if needs_two else (),
            )
        )
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

    async def _needs_two(self, hold: Hold) -> bool:
        if risk_of(hold) is not Risk.CRITICAL:
            return False
        inbox = await self._accounts.inbox(hold.inbox_id) if hold.inbox_id else None
        return bool(inbox and inbox.two_people) or (await self._settings.of(hold.pod_id)).two_people

    async def _same_person(self, actor: Actor) -> tuple[str, ...]:
        """The labels of everything that may be the same human: a person's replies and keys.

        The master key is an owner's: neither counts beside the other.
        """
        people = await self._accounts.people(actor.pod_id)
        same = [
            one
            for one in people
            if one.id == actor.person_id
            or (actor.role is Role.MASTER and one.role is PersonRole.OWNER)
        ]
        ids = {one.id for one in same}
        keys = await self._accounts.keys(actor.pod_id)
        labels = [f"person:{one.email}" for one in same]
        labels += [f"{one.role.value}:{one.name}" for one in keys if one.person_id in ids]
        if any(one.role is PersonRole.OWNER for one in same):
            labels.append("master")
        return tuple(labels)

    def _grants(self, actor: Actor, hold: Hold, remember: Remember) -> tuple[Grant, ...]:
        if risk_of(hold) is Risk.CRITICAL or hold.inbox_id is None:
            raise MailError(
                ErrorKind.CONFLICT,
                "an approval of something critical is not remembered",
                code="not_rememberable",
                fix="Approve it alone",
            )
        now = self._clock.now()
        addresses = [one for one in map(try_address, hold.recipients) if one is not None]
        names = {one.folded for one in addresses}
        if remember.is_for_domain:
            domains = {one.domain for one in addresses}
            if domains & PUBLIC_PROVIDERS:
                raise invalid("remember", "anybody gets an address at that provider")
            names = {f"@{one}" for one in domains}
        rules = {
            str(one.get("rule"))
            for one in hold.findings
            if one.get("severity") in ("medium", "high")
        }
        return tuple(
            Grant(
                id=GrantId(new_id()),
                pod_id=hold.pod_id,
                inbox_id=hold.inbox_id,
                recipient=name,
                rules=tuple(sorted(rules)),
                hold_id=hold.id,
                created_by=actor.label,
                created_at=now,
                expires_at=now + timedelta(days=min(remember.days, MAX_REMEMBERED_DAYS)),
            )
            for name in sorted(names)
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
            raise stored_differs()
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


def _not_for_agents() -> MailError:
    return denied(
        "an agent cannot decide its own mail",
        code="approver_required",
        fix="Ask the owner to approve it",
    )


def _other_version() -> MailError:
    return MailError(
        ErrorKind.CONFLICT,
        "the message is not the one that was seen",
        code="changed",
        fix="Look at the hold again and decide on what it shows now",
    )
