"""Who sends when. Each webhook has two lanes: first attempts in journal order, and retries.

A lane is drained by one task of its own, one request at a time, so a webhook that is slow or dead
delays nobody else, and its retries do not delay its new events. The number of webhooks bounds the
number of requests at once. Everything is in the store: a delivery is leased and its attempt counted
before anything is dialed, and what a crash leaves leased is due again at the next start.
"""

import asyncio
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.clock import Clock
from mailcore.errors import MailError
from mailcore.journal import Journal
from mailcore.model import WebhookId
from mailcore.store.ports import HookClaim, HookLane, HookStore
from mailcore.webhooks.sender import Sender

_log = log.get(__name__)
LEASE: Final = timedelta(minutes=2)
"""Longer than an attempt can take."""
_BATCH: Final = 500
_IDLE_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 2.0
_GATHER_SECONDS: Final = 0.05
"""After news, so that a burst of events is looked at once."""

type _LaneKey = tuple[WebhookId, bool]


class Dispatcher:
    """Fans events out and drains the lanes. One per process."""

    def __init__(
        self,
        *,
        store: HookStore,
        journal: Journal,
        sender: Sender,
        clock: Clock,
        pause_seconds: float = _PAUSE_SECONDS,
    ) -> None:
        self._store = store
        self._journal = journal
        self._sender = sender
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._bell = asyncio.Event()
        self._busy: set[_LaneKey] = set()

    def ring(self) -> None:
        """Look now: something may have become due."""
        self._bell.set()

    async def run(self) -> None:
        """Deliver for as long as the process lives; returns only on cancellation."""
        await self._store.release_hook_leases()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fan_out(), name="webhooks-fan-out")
            while True:
                self._bell.clear()
                wait = await self._start_due(group)
                await self._rest(wait)

    async def _fan_out(self) -> None:
        """Turn every event into the deliveries it is owed."""
        grown = asyncio.Event()
        with self._journal.watch(grown.set, within_seconds=_GATHER_SECONDS):
            while True:
                grown.clear()
                await self._fan_out_all()
                await grown.wait()

    async def _fan_out_all(self) -> None:
        is_more = True
        while is_more:
            try:
                made, is_more = await self._store.fan_out(_BATCH)
            except MailError as error:
                _log.error("webhooks.fan_out_failed", reason=error.message, detail=error.detail)
                await asyncio.sleep(self._pause_seconds)
                continue
            if made:
                self._bell.set()

    async def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Start a task for every lane that is due; returns the seconds to the next one."""
        try:
            lanes = await self._store.hook_lanes()
        except MailError as error:
            _log.error("webhooks.look_failed", reason=error.message, detail=error.detail)
            return self._pause_seconds
        now = self._clock.now()
        wait = _IDLE_SECONDS
        for lane in lanes:
            key = (lane.webhook_id, lane.is_retry)
            if key in self._busy:
                continue
            if lane.due_at <= now:
                self._busy.add(key)
                name = f"webhook-{lane.webhook_id}"
                group.create_task(self._drain(lane), name=name)
            else:
                wait = min(wait, (lane.due_at - now).total_seconds())
        return max(wait, 0.001)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _drain(self, lane: HookLane) -> None:
        """Send what is due in a lane, one after the other, until nothing is."""
        try:
            while (claim := await self._claim(lane)) is not None:
                await self._work(claim)
        except MailError as error:
            _log.error("webhooks.lane_failed", reason=error.message, detail=error.detail)
            await asyncio.sleep(self._pause_seconds)
        except Exception:  # noqa: BLE001 - a supervisor: the lease runs out and the row is due again
            _log.exception("webhooks.lane_failed", webhook_id=lane.webhook_id)
            await asyncio.sleep(self._pause_seconds)
        finally:
            self._busy.discard((lane.webhook_id, lane.is_retry))
            self._bell.set()

    async def _claim(self, lane: HookLane) -> HookClaim | None:
        now = self._clock.now()
        return await self._store.claim_hook(
            lane.webhook_id, is_retry=lane.is_retry, now=now, lease_until=now + LEASE
        )

    async def _work(self, claim: HookClaim) -> None:
        result = await self._sender.attempt(claim)
        await self._store.record_hook(result)
        if result.retry_at is not None:
            self._bell.set()
        _log.info(
            "webhook.attempt",
            webhook_id=claim.webhook.id,
            event_id=claim.delivery.event_id,
            event_name=claim.delivery.event_name,
            attempt=claim.delivery.attempts,
            state=result.state.value,
            status=result.status,
            duration_ms=result.duration_ms,
        )
        if result.disable:
            _log.warning("webhook.disabled", webhook_id=claim.webhook.id, reason=result.disable)
