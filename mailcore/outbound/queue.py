"""The queue as operators see it: what waits, why, and the buttons retry and drop."""

from collections.abc import Sequence

from mailcore.accounts import audit, require_master
from mailcore.clock import Clock
from mailcore.errors import not_found
from mailcore.ids import QueueId
from mailcore.mailboxes import Mailboxes
from mailcore.model import FIRST_PAGE, Actor, Listed, QueueItem, RecipientState, Slice
from mailcore.outbound.submit import Doorbell
from mailcore.store.ports import OutboundStore, QueueQuery

_WAITING = (
    RecipientState.HELD,
    RecipientState.SCHEDULED,
    RecipientState.DUE,
    RecipientState.LEASED,
)


class Queue:
    """The queue service."""

    def __init__(
        self, *, outbound: OutboundStore, mailboxes: Mailboxes, doorbell: Doorbell, clock: Clock
    ) -> None:
        self._outbound = outbound
        self._mailboxes = mailboxes
        self._doorbell = doorbell
        self._clock = clock

    async def items(
        self,
        actor: Actor,
        *,
        states: Sequence[RecipientState] = _WAITING,
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
                part=part,
            )
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

    @staticmethod
    async def _require(actor: Actor, queue_id: QueueId) -> None:
        require_master(actor)
        if queue_id <= 0:
            raise not_found("queue item")
