"""Mail in quarantine for those who decide: what waits, approve or block its sender, trusted domains.

Approving trusts the sender and lets in what waits of it; blocking discards it and whatever comes
later. No agent sees any of it, or decides. The delivery of what was approved is the pipeline's.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.address import parse_domain
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError, denied, not_found
from mailcore.ids import PodId, QuarantineId
from mailcore.model import Actor, Listed, Quarantined, Role, TrustedDomain
from mailcore.providers import PUBLIC_PROVIDERS
from mailcore.store.ports import (
    AccountStore,
    Audit,
    QuarantineQuery,
    QuarantineStore,
    SenderDecided,
    SenderDecision,
)

KEEP_FOR: Final = timedelta(days=30)
"""How long mail waits for a decision, and how long a decided row is remembered."""

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedMail:
    """An item with its octets; `raw` is None once they were delivered or discarded."""

    item: Quarantined
    raw: bytes | None


class Quarantine:
    """The quarantine service."""

    def __init__(
        self,
        *,
        store: QuarantineStore,
        accounts: AccountStore,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._clock = clock

    async def items(self, actor: Actor, query: QuarantineQuery) -> Listed[Quarantined]:
        """Newest first; for people."""
        _require_person(actor)
        if query.inbox_id is not None:
            inbox = await self._accounts.inbox(query.inbox_id)
            if inbox is None or inbox.pod_id != actor.pod_id:
                raise not_found("inbox")
        return await self._store.quarantined(replace(query, pod_id=actor.pod_id))

    async def item(self, actor: Actor, quarantine_id: QuarantineId) -> QuarantinedMail:
        """One item with its octets."""
        found = await self._visible(actor, quarantine_id)
        return QuarantinedMail(item=found, raw=await self._store.octets(found.id))

    async def decide(
        self, actor: Actor, quarantine_id: QuarantineId, *, approve: bool, via: str
    ) -> SenderDecided:
        """Trust or block the sender. DENIED for agents, whatever key or login they use.

        Deciding again the same way changes nothing and says so; the other way is CONFLICT
        `already_decided`.
        """
        _require_decider(actor)
        item = await self._visible(actor, quarantine_id)
        action = "sender.approve" if approve else "sender.block"
        audit = Audit(
            pod_id=item.pod_id,
            actor=actor.label,
            action=action,
            subject=item.id,
            detail={"inbox_id": item.inbox_id, "sender": str(item.sender or ""), "via": via},
        )
        decided = await self._store.decide_sender(
            SenderDecision(
                quarantine_id=item.id,
                is_approved=approve,
                at=self._clock.now(),
                by=actor.label,
                via=via,
                audit=audit,
            )
        )
        if decided.changed:
            _log.info(action, quarantine_id=item.id, inbox_id=item.inbox_id, via=via)
        return decided

    async def expire(self) -> int:
        """Discard what nobody decided in time; returns how many."""
        now = self._clock.now()
        return await self._store.expire_quarantine(now, now - KEEP_FOR)

    # Trusted domains ---------------------------------------------------------------------------

    async def trusted_domains(self, actor: Actor) -> tuple[TrustedDomain, ...]:
        """By name."""
        _require_person(actor)
        return await self._store.trusted_domains(actor.pod_id)

    async def trust_domain(self, actor: Actor, name: str) -> tuple[TrustedDomain, bool]:
        """Let in what proves to come from the domain; whether it is new.

        INVALID `public_provider` where anybody gets an address.
        """
        _require_decider(actor)
        domain = parse_domain(name, path="domain")
        if domain in PUBLIC_PROVIDERS:
            raise MailError(
                ErrorKind.INVALID,
                f"anybody can have an address at {domain}",
                code="public_provider",
                fix="Approve single senders of it",
            )
        trusted = TrustedDomain(name=domain, created_at=self._clock.now())
        audit = _domain_audit(actor, actor.pod_id, "trusted_domain.add", domain)
        is_new = await self._store.trust_domain(actor.pod_id, trusted, audit)
        return trusted, is_new

    async def distrust_domain(self, actor: Actor, name: str) -> None:
        """Take a domain off the list; NOT_FOUND."""
        _require_decider(actor)
        audit = _domain_audit(actor, actor.pod_id, "trusted_domain.remove", name.lower())
        await self._store.distrust_domain(actor.pod_id, name.lower(), audit)

    async def _visible(self, actor: Actor, quarantine_id: QuarantineId) -> Quarantined:
        _require_person(actor)
        found = await self._store.quarantined_one(quarantine_id)
        if found is None or found.pod_id != actor.pod_id:
            raise not_found("mail in quarantine")
        return found


def _require_person(actor: Actor) -> None:
    if actor.role is not Role.VIEWER:
        _require_decider(actor)


def _require_decider(actor: Actor) -> None:
    if not (actor.may_decide or actor.role is Role.SYSTEM):
        raise denied(
            "only a person who decides sees the quarantine",
            code="approver_required",
            fix="Ask the owner",
        )


def _domain_audit(actor: Actor, pod_id: PodId, action: str, domain: str) -> Audit:
    return Audit(pod_id=pod_id, actor=actor.label, action=action, subject=domain)
