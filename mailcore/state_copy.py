"""Keeping the copy of the state: what the Maildir tree cannot say survives the loss of the database.

The copy follows within `EVERY_SECONDS`, or as much later as keeps it to `SHARE` of one core, but never
later than `LATEST_SECONDS`. Nothing is written while nothing changes, and nothing waits for it.
"""

import asyncio
from typing import Final

from mailcore import log
from mailcore.errors import MailError
from mailcore.metrics import Metrics
from mailcore.store.ports import StateStore

EVERY_SECONDS: Final = 1.0
SHARE: Final = 0.02
"""Of one core, at most: a copy that takes 0.1 seconds of it is made every 5."""
LATEST_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 10.0
"""Between tries while the copy cannot be written."""

_log = log.get(__name__)


class StateCopy:
    """Keeps the copy. `run` follows until it is cancelled; `follow` does so once."""

    def __init__(self, *, store: StateStore, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def run(self) -> None:
        """Follow the database; returns only on cancellation."""
        while True:
            seconds = await self.follow()
            await asyncio.sleep(seconds)

    async def follow(self) -> float:
        """Bring the copy up to date; what goes wrong is logged and shown. Returns the seconds to wait."""
        try:
            took = await self._store.follow()
        except MailError as error:
            self._metrics.state_copy_paused.set(1)
            _log.error("state_copy.paused", reason=error.message, detail=error.detail)
            return PAUSE_SECONDS
        except Exception:  # noqa: BLE001 - a supervisor: the next try may work
            self._metrics.state_copy_paused.set(1)
            _log.exception("state_copy.failed")
            return PAUSE_SECONDS
        self._metrics.state_copy_paused.set(0)
        if took:
            self._metrics.state_copy_seconds.set(took)
        return min(max(EVERY_SECONDS, took / SHARE), LATEST_SECONDS)
