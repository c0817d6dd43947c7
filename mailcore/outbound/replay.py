"""What the guard would say now of mail that went through the door before: nothing is changed.

With the rules, secrets and policies as they are, or with others that are tried. What only the moment
knew is left out on both sides: where words came from, brakes, what was tried again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailcore import log
from mailcore.accounts import require_master
from mailcore.config import Config
from mailcore.errors import MailError, not_found
from mailcore.ids import AgentId, HoldId, InboxId, SubmissionId
from mailcore.model import Actor, Envelope, JsonObject
from mailcore.policy import Guard, GuardPolicy, OutboundFacts, Ruling, Severity, Verdict
from mailcore.protections import Protections
from mailcore.settings import Settings
from mailcore.store.ports import AccountStore, BlobStore, OutboundStore, PastMail

_log = log.get(__name__)
MAX_AT_ONCE: Final = 100
_OF_THE_MOMENT: Final = ("provenance.", "policy.", "brake.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which mail to judge again, and by what; None is what counts now."""

    agent_id: AgentId | None = None
    since: datetime | None = None
    before: SubmissionId | None = None
    """Only older mail: where the part before ended."""
    limit: int = MAX_AT_ONCE
    hold_at: Severity | None = None
    policies: tuple[GuardPolicy, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One message that the guard would treat in another way."""

    mail: PastMail
    subject: str
    """With what would hold it masked."""
    found: tuple[str, ...]
    """The rules that found something then."""
    verdict: Verdict
    """Of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of one part."""

    looked_at: int
    newly_held: tuple[Replayed, ...]
    newly_let_through: tuple[Replayed, ...]
    held_as_before: int
    not_judged: int
    """Their bytes are gone, no guard judged them then, or it fails on them now."""
    next: SubmissionId | None
    """Where to go on; None at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A verdict with the threshold it was made by."""

    verdict: Verdict
    hold_at: Severity


class Replays:
    """Judges past mail. Master only."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        accounts: AccountStore,
        blobs: BlobStore,
        protections: Protections,
        settings: Settings,
        guard: Guard,
        config: Config,
    ) -> None:
        self._outbound = outbound
        self._accounts = accounts
        self._blobs = blobs
        self._protections = protections
        self._settings = settings
        self._guard = guard
        self._seconds = config.guard.timeout_seconds

    async def replay(self, actor: Actor, wish: Wish) -> Replay:
        """Judge a part of what was sent or held, newest first, one message at a time."""
        require_master(actor)
        found = await self._outbound.past_mail(
            actor.pod_id,
            agent_id=wish.agent_id,
            before=wish.before,
            limit=min(wish.limit, MAX_AT_ONCE),
        )
        part = [one for one in found if not wish.since or one.submitted.created_at >= wish.since]
        hold_at = wish.hold_at or (await self._settings.of(actor.pod_id)).hold_at
        held, let_through, same, not_judged = list[Replayed](), list[Replayed](), 0, 0
        for one in part:
            verdict = await self._again(actor, one, hold_at, wish.policies)
            if verdict is None:
                not_judged += 1
                continue
            was_held, is_held = _was_held(one, hold_at), verdict.ruling is not Ruling.ALLOW
            if was_held == is_held:
                same += is_held
                continue
            (held if is_held else let_through).append(await self._told(actor, one, verdict))
        is_last = len(part) < min(wish.limit, MAX_AT_ONCE)
        return Replay(
            looked_at=len(part),
            newly_held=tuple(held),
            newly_let_through=tuple(let_through),
            held_as_before=same,
            not_judged=not_judged,
            next=None if is_last else part[-1].submitted.id,
        )

    async def explain(self, actor: Actor, hold_id: HoldId) -> Explanation:
        """Why the guard holds a message, judged now; NOT_FOUND."""
        require_master(actor)
        hold = await self._outbound.hold(hold_id)
        if hold is None or hold.pod_id != actor.pod_id:
            raise not_found("hold")
        submitted = await self._outbound.submission(hold.submission_id)
        if submitted is None or not submitted.blob:
            raise not_found("message", fix="Its bytes are not kept any more")
        hold_at = (await self._settings.of(actor.pod_id)).hold_at
        raw = await self._blobs.read(submitted.blob)
        verdict = await self._judge(
            actor, submitted.inbox_id, submitted.envelope, raw, hold_at, None
        )
        return Explanation(verdict=verdict, hold_at=hold_at)

    async def _again(
        self,
        actor: Actor,
        one: PastMail,
        hold_at: Severity,
        policies: Sequence[GuardPolicy] | None,
    ) -> Verdict | None:
        """The verdict of now; None when there is nothing to judge."""
        if one.blob is None or one.verdict.get("kind") != "guard":
            return None
        try:
            raw = await self._blobs.read(one.blob)
            submitted = one.submitted
            return await self._judge(
                actor, submitted.inbox_id, submitted.envelope, raw, hold_at, policies
            )
        except MailError:
            return None
        except Exception:  # noqa: BLE001 - the door would hold it; a replay goes on with the next
            _log.exception("guard.replay_failed", message_id=one.submitted.id)
            return None

    async def _judge(
        self,
        actor: Actor,
        inbox_id: InboxId | None,
        envelope: Envelope,
        raw: bytes,
        hold_at: Severity,
        policies: Sequence[GuardPolicy] | None,
    ) -> Verdict:
        recipients = envelope.recipients
        known, easings = await self._protections.facts(actor.pod_id, inbox_id, recipients, policies)
        domains = {one.domain for one in recipients}
        local = [await self._accounts.domain_by_name(one) is not None for one in domains]
        facts = OutboundFacts(
            raw=raw,
            mail_from=envelope.mail_from,
            recipients=recipients,
            is_internal=all(local),
            fingerprints=known,
            easings=easings,
            hold_at=hold_at,
        )
        async with asyncio.timeout(self._seconds):
            return await asyncio.to_thread(self._guard.judge_outbound, facts)

    async def _told(self, actor: Actor, one: PastMail, verdict: Verdict) -> Replayed:
        known = await self._protections.known(actor.pod_id)
        subject = self._guard.redact(one.submitted.subject, Severity.MEDIUM, known)
        return Replayed(mail=one, subject=subject, found=_rules(one.verdict), verdict=verdict)


def _was_held(one: PastMail, hold_at: Severity) -> bool:
    """Whether the guard held it then for what is in it, whoever let it pass all the same."""
    is_stopped = one.verdict.get("ruling") == Ruling.HOLD or "let_by" in one.verdict
    least = min(hold_at.rank, Severity.HIGH.rank)
    return is_stopped and any(
        Severity(str(found.get("severity"))).rank >= least for found in _findings(one.verdict)
    )


def _rules(verdict: JsonObject) -> tuple[str, ...]:
    return tuple(sorted({str(found.get("rule")) for found in _findings(verdict)}))


def _findings(verdict: JsonObject) -> list[JsonObject]:
    findings = verdict.get("findings")
    found = [one for one in findings if isinstance(one, dict)] if isinstance(findings, list) else []
    return [one for one in found if not str(one.get("rule")).startswith(_OF_THE_MOMENT)]
