"""Periodic work, each job by lease so that one node does it: janitor, expiry, journal trimming."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from mailcore import log
from mailcore.clock import Clock
from mailcore.errors import MailError
from mailcore.store.ports import LeaseStore

_log = log.get(__name__)
KEEP_JOURNAL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One periodic job; `work` returns how much it did, for the log."""

    name: str
    every: timedelta
    work: Callable[[], Awaitable[int]]


class Jobs:
    """Runs jobs while it holds their lease."""

    def __init__(
        self, *, leases: LeaseStore, jobs: tuple[Job, ...], owner: str, clock: Clock
    ) -> None:
        self._leases = leases
        self._jobs = jobs
        self._owner = owner
        self._clock = clock

    async def run(self) -> None:
        """Run every job at its pace; returns only on cancellation."""
        async with asyncio.TaskGroup() as group:
            for job in self._jobs:
                group.create_task(self._repeat(job), name=f"job-{job.name}")

    async def _repeat(self, job: Job) -> None:
        while True:
            await asyncio.sleep(job.every.total_seconds())
            await self.once(job)

    async def once(self, job: Job) -> None:
        """Run a job now if the lease can be had; its failure is logged and ends nothing."""
        now = self._clock.now()
        try:
            if not await self._leases.acquire(job.name, self._owner, now, now + job.every * 2):
                return
            done = await job.work()
        except MailError as error:
            _log.error("job.failed", job=job.name, reason=error.message, detail=error.detail)
        except Exception:  # noqa: BLE001 - a supervisor: the next run may work
            _log.exception("job.failed", job=job.name)
        else:
            if done:
                _log.info("job.done", job=job.name, done=done)
