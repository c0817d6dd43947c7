"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta
from typing import override

from mailcore.clock import Clock

# Earlier than any file a test writes, so that no test's leftovers look old to the janitor.
START = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)


class FakeClock(Clock):
    """Stands still at `at` until `advance` is called."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at
        self._monotonic = 1000.0

    @override
    def now(self) -> datetime:
        return self._at

    @override
    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, by: timedelta | float) -> None:
        """Move on by a timedelta or by seconds."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        self._at += step
        self._monotonic += step.total_seconds()
