"""How many calls of one agent are held open at once: waiting for messages, polling for events."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import AgentId
from mailcore.model import Actor

_RETRY_SECONDS = 5


class Waits:
    """Counts them; people have no limit, like for streams."""

    def __init__(self, max_per_agent: int) -> None:
        self._max_per_agent = max_per_agent
        self._open: Counter[AgentId] = Counter()

    @property
    def count(self) -> int:
        """The calls of agents that wait now."""
        return self._open.total()

    @contextmanager
    def one_more(self, actor: Actor) -> Iterator[None]:
        """A call that waits; OVER_LIMIT `too_many_waits` when the agent has its share already."""
        agent_id = actor.agent_id
        if agent_id is None:
            yield
            return
        if self._open[agent_id] >= self._max_per_agent:
            raise MailError(
                ErrorKind.OVER_LIMIT,
                f"an agent waits in at most {self._max_per_agent} calls at once",
                code="too_many_waits",
                fix="Let one end first, or listen to the stream of events",
                retry_after_seconds=_RETRY_SECONDS,
            )
        self._open[agent_id] += 1
        try:
            yield
        finally:
            self._open[agent_id] -= 1
            if not self._open[agent_id]:
                del self._open[agent_id]
