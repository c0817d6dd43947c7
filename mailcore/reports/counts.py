"""Counting what reports to other domains tell, in memory until it is stored.

At most `MAX_ROWS` different rows between two stores; what comes beyond is not reported. A crash loses
what was not stored: reports are statistics.
"""

from datetime import date
from typing import Final

import orjson

from mailcore.clock import Clock
from mailcore.model import ReportKind
from mailcore.store.ports import ReportCount, ReportStore

MAX_ROWS: Final = 10_000


class Counts:
    """What was seen of one kind; `store` is a job."""

    def __init__(self, kind: ReportKind, *, store: ReportStore, clock: Clock) -> None:
        self._kind = kind
        self._store = store
        self._clock = clock
        self._counts: dict[tuple[date, str, str, str], int] = {}

    def add(self, domain: str, published: object, seen: object) -> None:
        """Count one more of what was seen under a policy of the domain; both are dataclasses."""
        key = (self._clock.now().date(), domain, _json(published), _json(seen))
        if key in self._counts or len(self._counts) < MAX_ROWS:
            self._counts[key] = self._counts.get(key, 0) + 1

    async def store(self) -> int:
        """Store what was counted; how many rows that were. On an error it is counted still."""
        taken, self._counts = self._counts, {}
        if not taken:
            return 0
        rows = [
            ReportCount(day=day, domain=domain, published=published, seen=seen, count=count)
            for (day, domain, published, seen), count in taken.items()
        ]
        try:
            await self._store.add_counts(self._kind, rows)
        except BaseException:
            for key, count in taken.items():
                self._counts[key] = self._counts.get(key, 0) + count
            raise
        return len(taken)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
