"""The queue as operators see it: what waits and why, and what the owner does about it.

Parts of the queue are a message, a domain, an agent, or everything. A part that is paused is not begun
until it is resumed; what is under way ends. Notices of the server itself wait for no agent's pause.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailcore.accounts import Accounts, audit, require_master
from mailcore.address import parse_domain
from mailcore.clock import Clock
from mailcore.errors import invalid, not_found
from mailcore.ids import PauseId, QueueId, SubmissionId, new_id
from mailcore.mailboxes import Mailboxes
from mailcore.model import (
    FIRST_PAGE,
    Actor,
    JsonObject,
    Listed,
    QueueItem,
    QueuePause,
    QueueScope,
    RecipientState,
    ScopeKind,
    Slice,
)
from mailcore.outbound.submit import Doorbell
from mailcore.store.ports import OutboundStore, PastAttempt, QueueQuery

MAX_REASON: Final = 500
_WAITING = (
    RecipientState.HELD,
    RecipientState.SCHEDULED,
    RecipientState.DUE,
    RecipientState.LEASED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDetail:
    """One recipient with its past attempts, and the pauses that keep it.

    Only the owner sees pauses that the server made.
    """

    item: QueueItem
    attempts: tuple[PastAttempt, ...]
    pauses: tuple[QueuePause, ...]


class Queue:
    """The queue service."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        accounts: Accounts,
        mailboxes: Mailboxes,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._accounts = accounts
        self._mailboxes = mailboxes
        self._doorbell = doorbell
        self._clock = clock

    async def items(
        self,
        actor: Actor,
        *,
        states: Sequence[RecipientState] = _WAITING,
        scope: QueueScope | None = None,
        part: Slice = FIRST_PAGE,
    ) -> Listed[QueueItem]:
        """Recipients by state, oldest first; an agent sees those of its own inboxes."""
        own = None
        if not actor.is_master:
            own = tuple(one.id for one in await self._mailboxes.inboxes(actor))
        return await self._outbound.queue(
            QueueQuery(
                pod_id=actor.pod_id,
                states=tuple(states),
                inbox_ids=own,
                scope=await self._known(actor, scope) if scope is not None else None,
                part=part,
            )
        )

    async def item(self, actor: Actor, queue_id: QueueId) -> QueueDetail:
        """One recipient; NOT_FOUND for an agent that did not send it."""
        found = await self._outbound.queue_item(actor.pod_id, queue_id)
        if found is None:
            raise not_found("queue item")
        if not actor.is_master:
            submitted = await self._outbound.submission(found.submission_id)
            own = {one.id for one in await self._mailboxes.inboxes(actor)}
            if submitted is None or submitted.inbox_id not in own:
                raise not_found("queue item")
        return QueueDetail(
            item=found,
            attempts=await self._outbound.past_attempts(queue_id),
            pauses=tuple(
                one
                for one in await self._outbound.pauses(actor.pod_id)
                if _covers(one.scope, found)
                and (actor.is_master or not one.actor.startswith("system:"))
            ),
        )

    async def retry(self, actor: Actor, queue_id: QueueId) -> QueueItem:
        """Try a waiting recipient now. Master only."""
        await self._require(actor, queue_id)
        item = await self._outbound.retry_now(
            queue_id, self._clock.now(), audit(actor, "queue.retry", str(queue_id), {})
        )
        self._doorbell.set()
        return item

    async def drop(self, actor: Actor, queue_id: QueueId) -> QueueItem:
        """Give a waiting recipient up without a bounce. Master only."""
        await self._require(actor, queue_id)
        return await self._outbound.drop(queue_id, audit(actor, "queue.drop", str(queue_id), {}))

    async def retry_scope(self, actor: Actor, scope: QueueScope) -> int:
        """Try what waits in a part of the queue now; returns how many recipients. Master only."""
        require_master(actor)
        known = await self._known(actor, scope)
        changed = await self._outbound.retry_scope(
            actor.pod_id,
            known,
            self._clock.now(),
            audit(actor, "queue.retry", known.value, _detail(known)),
        )
        self._doorbell.set()
        return changed

    async def drop_scope(self, actor: Actor, scope: QueueScope) -> int:
        """Give up what waits there, without bounces; returns how many recipients. Master only."""
        require_master(actor)
        known = await self._known(actor, scope)
        entry = audit(actor, "queue.drop", known.value, _detail(known))
        return await self._outbound.drop_scope(actor.pod_id, known, entry)

    async def pause(self, actor: Actor, scope: QueueScope, reason: str = "") -> QueuePause:
        """Begin nothing of a part of the queue until it is resumed. Master only.

        CONFLICT `already_paused` when it is.
        """
        require_master(actor)
        if len(reason) > MAX_REASON:
            raise invalid("reason", f"at most {MAX_REASON} characters")
        pause = QueuePause(
            id=PauseId(new_id()),
            pod_id=actor.pod_id,
            scope=await self._known(actor, scope),
            reason=reason,
            actor=actor.label,
            created_at=self._clock.now(),
        )
        entry = audit(actor, "queue.pause", pause.scope.value, _detail(pause.scope))
        await self._outbound.pause(pause, entry)
        return pause

    async def pauses(self, actor: Actor) -> tuple[QueuePause, ...]:
        """What is paused, oldest first. For who sees the pod."""
        if not actor.reads_pod:
            require_master(actor)
        return await self._outbound.pauses(actor.pod_id)

    async def resume(self, actor: Actor, pause_id: PauseId) -> None:
        """End a pause; what is due is begun at once. Master only."""
        require_master(actor)
        entry = audit(actor, "queue.resume", pause_id, {})
        await self._outbound.resume(actor.pod_id, pause_id, entry)
        self._doorbell.set()

    async def _known(self, actor: Actor, scope: QueueScope) -> QueueScope:
        """The scope by ids and folded names; NOT_FOUND for what is not in the actor's pod."""
        match scope.kind:
            case ScopeKind.ALL:
                return QueueScope(kind=scope.kind)
            case ScopeKind.DOMAIN:
                return QueueScope(kind=scope.kind, value=parse_domain(scope.value))
            case ScopeKind.AGENT:
                agent = await self._accounts.agent(actor, scope.value)
                return QueueScope(kind=scope.kind, value=agent.id)
            case ScopeKind.MESSAGE:
                if not actor.is_master:
                    return scope  # it sees rows of its own inboxes only
                found = await self._outbound.submission(SubmissionId(scope.value))
                if found is None or found.pod_id != actor.pod_id:
                    raise not_found("message")
                return scope

    @staticmethod
    async def _require(actor: Actor, queue_id: QueueId) -> None:
        require_master(actor)
        if queue_id <= 0:
            raise not_found("queue item")


def _covers(scope: QueueScope, item: QueueItem) -> bool:
    match scope.kind:
        case ScopeKind.ALL:
            return item.lane != "system"
        case ScopeKind.DOMAIN:
            return scope.value == item.destination
        case ScopeKind.AGENT:
            return scope.value == item.sender_id
        case ScopeKind.MESSAGE:
            return scope.value == item.submission_id


def _detail(scope: QueueScope) -> JsonObject:
    return {"scope": scope.kind.value}
