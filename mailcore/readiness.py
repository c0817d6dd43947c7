"""Readiness: whether mail could be taken and kept right now.

The answer is remembered for a few seconds, so that asking often costs nothing.
"""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import MailError
from mailcore.ids import new_id
from mailcore.store.ports import LeaseStore

_REMEMBERED_SECONDS: Final = 3.0
_WRITE_SECONDS: Final = 2.0
_LEASE: Final = "readiness"


def free_bytes(folder: Path) -> int:
    """Room on the file system for unprivileged processes, in bytes; raises OSError."""
    return shutil.disk_usage(folder).free


class Readiness:
    """The readiness service."""

    def __init__(
        self,
        *,
        leases: LeaseStore,
        data_dir: Path,
        min_free_bytes: int,
        clock: Clock,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._leases = leases
        self._data_dir = data_dir
        self._min_free_bytes = min_free_bytes
        self._clock = clock
        self._free = free
        self._owner = new_id()
        self._asking = asyncio.Lock()
        self._known: tuple[float, str] | None = None

    async def reason(self) -> str:
        """Why no mail could be kept now, for strangers to read; empty when it could."""
        async with self._asking:
            now = self._clock.monotonic()
            if self._known is None or now - self._known[0] >= _REMEMBERED_SECONDS:
                self._known = (now, await self._look())
            return self._known[1]

    async def _look(self) -> str:
        try:
            if self._free(self._data_dir) < self._min_free_bytes:
                return "the disk is nearly full"
        except OSError:
            return "the data directory cannot be read"
        at = self._clock.now()
        try:
            async with asyncio.timeout(_WRITE_SECONDS):
                await self._leases.acquire(_LEASE, self._owner, at, at + timedelta(seconds=1))
        except (MailError, TimeoutError):
            return "the store cannot write"
        return ""
