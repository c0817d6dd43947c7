"""Agents that read mail which tries to give them instructions: their mail is held for a while.

A message counts that the guard flagged as prompt injection when it arrived, the first time it is
shown to the agent: in a list with its preview, read, or fetched over IMAP. What the owner has looked
at is cleared, and reading the same message again counts no more. The agent is told nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import require_master
from mailcore.clock import Clock
from mailcore.errors import not_found
from mailcore.ids import AgentId, InboxId, MessageId
from mailcore.model import Actor, Direction, Mailbox, Message, Role, Security
from mailcore.policy import Taint
from mailcore.store.ports import Audit, GuardStore, UidRanges

_MAX_REMEMBERED: Final = 10_000
_log = log.get(__name__)


class Taints:
    """The taint service. `shown` and `fetched` are called by whoever hands mail to an agent."""

    def __init__(self, *, store: GuardStore, hours: float, clock: Clock) -> None:
        self._store = store
        self._lasts: Final = timedelta(hours=hours)
        self._clock = clock
        self._noted: dict[tuple[AgentId, MessageId], None] = {}

    async def shown(self, actor: Actor, messages: Sequence[Message]) -> None:
        """Note which of these messages taint the agent that is about to see them."""
        if not self._counts(actor):
            return
        suspect = [one for one in messages if _is_injection(one.direction, one.security)]
        if suspect:
            await self._note(actor, [(one.id, one.inbox_id) for one in suspect])

    async def fetched(self, actor: Actor, mailbox: Mailbox, uids: UidRanges) -> None:
        """The same for messages that a mail client fetches."""
        if not self._counts(actor):
            return
        found = await self._store.suspects(mailbox.id, uids)
        await self._note(actor, [(one, mailbox.inbox_id) for one in found])

    async def is_tainted(self, actor: Actor) -> bool:
        """Whether what this actor sends is to be held."""
        if actor.agent_id is None or not self._lasts:
            return False
        return await self._store.is_tainted(actor.agent_id, self._clock.now() - self._lasts)

    async def taints(self, actor: Actor) -> tuple[Taint, ...]:
        """What holds agents' mail now, newest first. Master only."""
        require_master(actor)
        return await self._store.taints(actor.pod_id, self._clock.now() - self._lasts)

    async def clear(self, actor: Actor, agent_id: AgentId) -> None:
        """Let an agent's mail go its usual way again; NOT_FOUND when nothing holds it."""
        require_master(actor)
        audit = Audit(
            pod_id=actor.pod_id, actor=actor.label, action="guard.taint_clear", subject=agent_id
        )
        if not await self._store.clear_taints(actor.pod_id, agent_id, self._clock.now(), audit):
            raise not_found("taint", fix="`countersign guard taint list` shows whose mail is held")

    def _counts(self, actor: Actor) -> bool:
        return actor.role is Role.AGENT and actor.agent_id is not None and bool(self._lasts)

    async def _note(self, actor: Actor, found: Sequence[tuple[MessageId, InboxId]]) -> None:
        agent_id = actor.agent_id
        if agent_id is None:
            return
        for message_id, inbox_id in found:
            if (agent_id, message_id) in self._noted:
                continue
            if len(self._noted) >= _MAX_REMEMBERED:
                self._noted.clear()
            taint = Taint(
                pod_id=actor.pod_id,
                agent_id=agent_id,
                message_id=message_id,
                inbox_id=inbox_id,
                read_at=self._clock.now(),
            )
            audit = Audit(
                pod_id=actor.pod_id,
                actor=actor.label,
                action="guard.taint",
                subject=agent_id,
                detail={"message_id": message_id},
            )
            if await self._store.add_taint(taint, audit):
                _log.info("agent.tainted", agent_id=agent_id, message_id=message_id)
            self._noted[agent_id, message_id] = None


def _is_injection(direction: Direction, security: Security) -> bool:
    """Whether the guard flagged an arrived message as an attempt to give instructions."""
    return security.is_injection and direction is Direction.INBOUND
