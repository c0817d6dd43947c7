"""How often the copy of the state follows, and what happens while it cannot."""

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.metrics import Metrics
from mailcore.state_copy import EVERY_SECONDS, LATEST_SECONDS, PAUSE_SECONDS, SHARE, StateCopy
from mailcore.store.ports import StateStore


class Scripted(StateStore):
    """A copy that takes so long, or fails."""

    def __init__(self, *outcomes: float | Exception) -> None:
        self._outcomes = [*outcomes]

    async def follow(self) -> float:
        outcome = self._outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.mark.parametrize(
    ("took", "waits"),
    [
        (0.0, EVERY_SECONDS),
        (0.001, EVERY_SECONDS),
        (0.1, 0.1 / SHARE),
        (30.0, LATEST_SECONDS),
    ],
)
async def test_what_it_takes_decides_how_long_it_waits(took: float, waits: float) -> None:
    """At most its share of one core, but never later than that."""
    assert await StateCopy(store=Scripted(took), metrics=Metrics()).follow() == waits


async def test_a_copy_that_cannot_be_written_is_shown_and_tried_again() -> None:
    """Neither a full disk nor a bug ends the server; the next time it works is shown too."""
    full = MailError(ErrorKind.OVER_LIMIT, "the server's disk is full", code="disk_full")
    metrics = Metrics()
    state = StateCopy(store=Scripted(full, ValueError("bug"), 0.01), metrics=metrics)
    paused = []
    for _ in range(3):
        waits = await state.follow()
        paused.append((waits, metrics.registry.get_sample_value("countersign_state_copy_paused")))
    assert paused == [(PAUSE_SECONDS, 1), (PAUSE_SECONDS, 1), (EVERY_SECONDS, 0)]
