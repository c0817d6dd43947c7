"""Mail that is nearly what was stopped before: recognized, counted, and at some point too much.

An agent that is held may try again: in other words, another encoding, another carrier, or without what
was found. What it says is compared with what it was stopped for within some hours, and nothing that is
nearly the same leaves without a person. What has left before, footers and forms, counts for nothing.
The agent is told what it would be told of the first; only those who decide see more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mailcore.accounts import audit
from mailcore.address import Address, try_address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets, system
from mailcore.ids import AgentId, DraftId, HoldId, PauseId, PodId, new_id
from mailcore.model import Actor, HoldStatus, JsonObject, QueuePause, QueueScope, Role, ScopeKind
from mailcore.policy import Finding, Likeness, Ruling, Severity, Verdict
from mailcore.providers import PUBLIC_PROVIDERS
from mailcore.store.ports import EarlierMail, NewLikeness, NewPause, OutboundStore

RULE: Final = "policy.resubmission"
_MOST: Final = 100
_LEAST_RUNS: Final = 16
_LEAST_ELSEWHERE: Final = 24
_SAME: Final = 0.8
_MOSTLY: Final = 0.6
_NOT_CONTENT: Final = frozenset({"provenance.tainted", "provenance.recipient"})
"""Findings about who writes to whom, not about what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resubmission:
    """What a message is like of what was stopped before."""

    like_id: str
    """The first that it is like: a hold, or a refusal."""
    like_hold_id: HoldId | None
    attempt: int
    """The first was the first attempt."""
    attempts: int
    """How many the agent makes with this one, at whatever it was stopped for; 0 when it does not count."""
    like: EarlierMail
    """The latest that it is like."""
    is_draft: bool
    """A draft in which nothing was found: how one writes anew what was rejected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was seen of one message: what to keep of it, and what it is like."""

    keep: NewLikeness | None = None
    found: Resubmission | None = None
    finding: Finding | None = None
    """What to tell those who decide."""


UNSEEN: Final = Looked()
"""Of mail that was not looked at."""


class Resubmissions:
    """Looks at what agents send. People's mail is not looked at."""

    def __init__(
        self, *, store: OutboundStore, secrets: ServerSecrets, config: Config, clock: Clock
    ) -> None:
        self._store = store
        self._key = secrets.likeness_key
        self._section = config.guard
        self._clock = clock

    def key_for(self, actor: Actor) -> bytes:
        """What the guard hashes a likeness with; empty where none is wanted."""
        wanted = actor.role is Role.AGENT and actor.agent_id and self._section.resubmission_hours
        return self._key if wanted else b""

    async def look(
        self,
        actor: Actor,
        recipients: Sequence[Address],
        verdict: Verdict,
        draft_id: DraftId | None = None,
    ) -> Looked:
        """What the message is like of what the agent was stopped for, and what to keep of it."""
        likeness, agent_id = verdict.likeness, actor.agent_id
        if likeness is None or agent_id is None:
            return UNSEEN
        since = self._clock.now() - timedelta(hours=self._section.resubmission_hours)
        earlier = await self._store.earlier_mail(agent_id, since, _MOST)
        is_stopped = verdict.ruling is not Ruling.ALLOW and _is_about_content(verdict)
        found = None
        if earlier:
            found = await asyncio.to_thread(
                self._found, earlier, likeness, recipients, draft_id, is_stopped=is_stopped
            )
        keep = NewLikeness(
            agent_id=agent_id,
            likeness=likeness,
            recipients=tuple(recipients),
            categories=verdict.categories,
            is_stopped=is_stopped,
        )
        if found is None:
            return Looked(keep=keep)
        pause = self._pause(actor.pod_id, agent_id, found)
        finding = self._finding(found, pause)
        keep = replace(
            keep,
            categories=tuple(sorted({*verdict.categories, finding.category})),
            is_stopped=not found.is_draft,
            like_id=found.like_id,
            is_counted=found.attempts > 0,
            pause=pause,
        )
        return Looked(keep=keep, found=found, finding=finding)

    def _found(
        self,
        earlier: Sequence[EarlierMail],
        likeness: Likeness,
        recipients: Sequence[Address],
        draft_id: DraftId | None,
        *,
        is_stopped: bool,
    ) -> Resubmission | None:
        sent = frozenset(run for one in earlier if _has_left(one) for run in one.likeness.text)
        alike = [
            (one, kind)
            for one in earlier
            if (draft_id is None or is_stopped or one.draft_id != draft_id)
            and (kind := _kind(likeness, recipients, one, sent))
        ]
        approved_at = max(
            (one.decided_at for one, _ in alike if _was_approved(one) and one.decided_at),
            default=None,
        )
        stopped = [
            (one, kind)
            for one, kind in alike
            if _was_stopped(one) and (approved_at is None or one.at > approved_at)
        ]
        if not stopped:
            return None
        latest = stopped[0][0]
        by_id = {one.id: one for one in earlier}
        root = by_id.get(latest.like_id or "", latest)
        chain = [one for one in earlier if root.id in (one.id, one.like_id) and _was_stopped(one)]
        is_close = any(kind == "close" for _, kind in stopped)
        attempts = sum(one.is_counted and _was_stopped(one) for one in earlier) + 2
        return Resubmission(
            like_id=root.id,
            like_hold_id=HoldId(root.id) if root.status is not None else None,
            attempt=len(chain) + 1,
            attempts=attempts if is_close and (is_stopped or draft_id is None) else 0,
            like=latest,
            is_draft=draft_id is not None and not is_stopped,
        )

    def _finding(self, found: Resubmission, pause: NewPause | None) -> Finding:
        at, like = self._section.resubmission_critical_at, found.like
        severity = Severity.MEDIUM if found.is_draft else Severity.HIGH
        if at and found.attempts >= at:
            severity = Severity.CRITICAL
        what = f"hold {found.like_id}" if found.like_hold_id else "what was refused before"
        words = (
            f"Attempt {found.attempt} within {self._section.resubmission_hours:g} hours like {what}"
        )
        if like.status is HoldStatus.REJECTED:
            words += ", which was rejected"
            words += f" ({like.decision_reason[:100]})" if like.decision_reason else ""
        if pause is not None:
            words += "; mail of this agent is paused"
        return Finding(
            rule=RULE,
            category=next(iter(like.categories), "policy"),
            severity=severity,
            place="message",
            message=f"{words}.",
        )

    def _pause(
        self,
        pod_id: PodId,
        agent_id: AgentId,
        found: Resubmission,
    ) -> NewPause | None:
        at = self._section.resubmission_pause_at
        if not at or found.attempts < at:
            return None
        attempts = found.attempts
        server = replace(system("guard"), pod_id=pod_id)
        pause = QueuePause(
            id=PauseId(new_id()),
            pod_id=pod_id,
            scope=QueueScope(kind=ScopeKind.AGENT, value=agent_id),
            reason=f"{attempts} attempts in {self._section.resubmission_hours:g} hours to send what was stopped",
            actor=server.label,
            created_at=self._clock.now(),
        )
        detail: JsonObject = {"scope": "agent", "attempts": attempts, "like": found.like_id}
        entry = audit(server, "queue.pause", agent_id, detail)
        return NewPause(pause=pause, attempts=attempts, audit=entry)

    async def refuse(self, actor: Actor, looked: Looked) -> None:
        """Keep what was refused, and is stored nowhere."""
        if looked.keep is not None and looked.keep.is_stopped:
            await self._store.note_refused(actor.pod_id, looked.keep)

    async def forget(self) -> int:
        """Forget what is too old to be compared with; returns how many."""
        hours = self._section.resubmission_hours
        return await self._store.forget_likenesses(self._clock.now() - timedelta(hours=hours))


# Comparing ---------------------------------------------------------------------------------------


def resemblance(new: frozenset[int], old: frozenset[int]) -> tuple[float, float]:
    """How much of the larger they share, and how much of the new one is in the old.

    Only hashes up to the smaller of both ends are counted, below which both are complete. A few of
    them, as of a short text beside a long one, say nothing: nothing is shared then.
    """
    if not new or not old:
        return 0.0, 0.0
    if max(len(new), len(old)) >= _FULL:
        end = min(max(new), max(old))
        new = frozenset(one for one in new if one <= end)
        old = frozenset(one for one in old if one <= end)
        if min(len(new), len(old)) < _LEAST_COMPARED:
            return 0.0, 0.0
    shared = len(new & old)
    return shared / max(len(new), len(old)), shared / len(new)


_FULL: Final = 256
"""So many hashes are the beginning of more."""
_LEAST_COMPARED: Final = 8
"""Of the hashes of a long text, so many of each must be comparable."""


def _kind(
    new: Likeness, recipients: Sequence[Address], old: EarlierMail, sent: frozenset[int]
) -> str:
    """`close`: the same again; `alike`: the same text to others; empty: something else."""
    if new.critical & old.likeness.critical:
        return "close"
    meets = _meet(recipients, old.recipients)
    if meets and new.matches & old.likeness.matches:
        return "close"
    for text in (new.text, new.turned):
        if _is_alike(text, old.likeness.text, sent, meets=meets):
            return "close" if meets else "alike"
    return ""


def _is_alike(
    new: frozenset[int], old: frozenset[int], sent: frozenset[int], *, meets: bool
) -> bool:
    own, theirs = new - sent, old - sent
    if len(own) < _LEAST_RUNS:
        return False
    whole, _ = resemblance(new, old)
    larger, part = resemblance(own, theirs)
    if not meets:
        return len(own) >= _LEAST_ELSEWHERE and part >= _SAME and larger >= _MOSTLY
    contains = resemblance(theirs, own)[1] if len(theirs) >= _LEAST_RUNS else 0.0
    return whole >= _SAME or part >= _MOSTLY or contains >= _SAME


def _meet(recipients: Sequence[Address], earlier: Sequence[str]) -> bool:
    """Whether both go to the same address, or to the same company."""
    before = [one for one in map(try_address, earlier) if one is not None]
    addresses = {one.base.folded for one in before}
    domains = {one.domain.lower() for one in before} - PUBLIC_PROVIDERS
    return any(one.base.folded in addresses or one.domain.lower() in domains for one in recipients)


def _is_about_content(verdict: Verdict) -> bool:
    return any(
        one.rule not in _NOT_CONTENT
        for one in verdict.findings
        if one.severity.rank >= Severity.HIGH.rank
    )


def _has_left(one: EarlierMail) -> bool:
    return _was_approved(one) or (one.status is None and not one.is_stopped)


def _was_approved(one: EarlierMail) -> bool:
    return one.status in (HoldStatus.APPROVED, HoldStatus.RELEASED)


def _was_stopped(one: EarlierMail) -> bool:
    """By the guard and not let go since, or by a person."""
    if _was_approved(one):
        return False
    is_by_person = not one.decided_by.startswith(("agent:", "system:"))
    return one.is_stopped or (one.status is HoldStatus.REJECTED and is_by_person)
