"""Slowing down who makes mistakes: bounded in how long, and in how many wait at once.

A pause before a refusal costs us a timer and a guesser its time. When too many wait already the next
one is answered at once: the tarpit must not become a way to fill the server.
"""

import asyncio
from typing import Final

FREE_MISTAKES: Final = 3
"""Mistakes of a session that cost nothing."""
MAX_AT_ONCE: Final = 200
"""Sessions that are paused at the same time."""


class Tarpit:
    """Pauses of a fixed length."""

    def __init__(self, seconds: float, *, max_at_once: int = MAX_AT_ONCE) -> None:
        self._seconds = seconds
        self._max_at_once = max_at_once
        self.waiting = 0
        """Sessions paused now."""

    async def hold(self, mistakes: int) -> bool:
        """Wait once, when so many mistakes deserve it and there is room; whether it did.

        Safe to cancel.
        """
        if not self._seconds or mistakes <= FREE_MISTAKES or self.waiting >= self._max_at_once:
            return False
        self.waiting += 1
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self.waiting -= 1
        return True
