"""Addresses that get no mail any more, and who may change that.

The server adds what bounces for good or complains; people add and lift by hand. An agent may add for
its own inboxes, and never lifts: it is the recipient's wish.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailcore.accounts import audit, require_master
from mailcore.address import Address, parse_address
from mailcore.clock import Clock
from mailcore.credentials import system
from mailcore.errors import ErrorKind, FieldError, MailError, invalid, not_found
from mailcore.ids import InboxId, PodId, SuppressionId, new_id
from mailcore.mailboxes import Mailboxes
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    Inbox,
    Listed,
    Permission,
    Slice,
    Suppression,
    SuppressionReason,
)
from mailcore.outbound.tokens import UnsubscribeTokens
from mailcore.store.ports import SuppressionStore

_LEAVING: Final = system("unsubscribe")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuppression:
    """An address to suppress: for one inbox, or for all (`inbox_id` None)."""

    address: str
    inbox_id: InboxId | None = None
    note: str = ""
    expires_at: datetime | None = None


class Suppressions:
    """The suppression list."""

    def __init__(
        self,
        *,
        store: SuppressionStore,
        mailboxes: Mailboxes,
        tokens: UnsubscribeTokens,
        base_url: str,
        clock: Clock,
    ) -> None:
        self._tokens = tokens
        self._base_url = base_url
        self._store = store
        self._mailboxes = mailboxes
        self._clock = clock

    async def items(
        self, actor: Actor, *, address: str | None = None, part: Slice = FIRST_PAGE
    ) -> Listed[Suppression]:
        """Newest first. Who sees the pod sees all; an agent those of its own inboxes."""
        own = None
        if not actor.reads_pod:
            own = tuple(one.id for one in await self._mailboxes.inboxes(actor))
        wanted = parse_address(address, path="address") if address else None
        return await self._store.suppressions(
            actor.pod_id, inbox_ids=own, address=wanted, part=part
        )

    async def add(self, actor: Actor, new: NewSuppression) -> Suppression:
        """Suppress an address by hand. For all inboxes: master only. INVALID names the field."""
        if new.inbox_id is None:
            require_master(actor)
        else:
            actor.require(Permission.MANAGE)
            await self._mailboxes.inbox(actor, new.inbox_id)
        if new.expires_at is not None and new.expires_at <= self._clock.now():
            raise invalid("expires_at", "that is in the past")
        return await self._add(
            actor, new, parse_address(new.address, path="address"), SuppressionReason.MANUAL
        )

    async def lift(self, actor: Actor, suppression_id: SuppressionId) -> None:
        """Let mail to the address out again. Master only."""
        require_master(actor)
        found = await self._store.suppression(suppression_id)
        if found is None or found.pod_id != actor.pod_id:
            raise not_found("suppression")
        detail = {"address": str(found.address), "reason": found.reason.value}
        await self._store.lift(
            suppression_id, audit(actor, "suppression.lift", suppression_id, {**detail})
        )

    async def suppressed(
        self, pod_id: PodId, inbox_id: InboxId, address: Address
    ) -> Suppression | None:
        """Why this inbox sends nothing to the address now."""
        return await self._store.suppressed(pod_id, inbox_id, address)

    async def require_wanted(self, pod_id: PodId, inbox_id: InboxId, address: Address) -> None:
        """DENIED `recipient_suppressed` when the address gets no mail from this inbox."""
        found = await self._store.suppressed(pod_id, inbox_id, address)
        if found is not None:
            raise _refusal(found)

    def unsubscribe_url(self, inbox_id: InboxId, address: Address) -> str:
        """Where this recipient stops mail of this inbox with one POST (RFC 8058)."""
        return f"{self._base_url}/unsubscribe/{self._tokens.issue(inbox_id, address)}"

    async def leaver(self, token: str) -> tuple[Address, Inbox]:
        """Who would get no more mail from which inbox; NOT_FOUND for a token we never made."""
        found = self._tokens.read(token)
        if found is None:
            raise not_found("subscription")
        inbox_id, address = found
        return address, await self._mailboxes.inbox(_LEAVING, inbox_id)

    async def leave(self, token: str) -> tuple[Address, Inbox]:
        """What the recipient asks for: this inbox sends no more to the address."""
        address, inbox = await self.leaver(token)
        new = NewSuppression(address=str(address), inbox_id=inbox.id, note="one-click unsubscribe")
        await self._add(_LEAVING, new, address, SuppressionReason.UNSUBSCRIBE)
        return address, inbox

    async def _add(
        self, actor: Actor, new: NewSuppression, address: Address, reason: SuppressionReason
    ) -> Suppression:
        entry = Suppression(
            id=SuppressionId(new_id()),
            pod_id=actor.pod_id,
            inbox_id=new.inbox_id,
            address=address,
            reason=reason,
            source=new.note or actor.label,
            created_at=self._clock.now(),
            expires_at=new.expires_at,
        )
        detail = {"address": str(address), "reason": reason.value, "inbox_id": new.inbox_id or ""}
        witness = audit(actor, "suppression.add", entry.id, {**detail})
        return await self._store.suppress(entry, witness)


_WORDS = {
    SuppressionReason.BOUNCE: "mail to it came back",
    SuppressionReason.COMPLAINT: "its owner called our mail spam",
    SuppressionReason.UNSUBSCRIBE: "its owner wants no more mail",
    SuppressionReason.MANUAL: "it was put on the list by hand",
}


def _refusal(found: Suppression) -> MailError:
    """DENIED `recipient_suppressed`, naming the address and why."""
    return MailError(
        ErrorKind.DENIED,
        f"{found.address} gets no mail from here",
        code="recipient_suppressed",
        fix="Leave it out, or have the owner lift the suppression",
        fields=(FieldError(path="to", message=f"{found.address}: {_WORDS[found.reason]}"),),
    )
