"""The worker: takes due recipients from the queue and delivers them, here or elsewhere.

Rows are leased and the attempt is counted before anything is dialed, so a crash cannot loop. No more
is leased than can begin at once. A heartbeat renews the leases of deliveries under way: a worker that
dies loses them soon, and a delivery whose lease could not be renewed is cut off before others may
begin it. Every lane has places of its own, so that slow hosts hold up neither colleagues nor notices; no
destination, host or sender gets more than its share of them. Local recipients go through the
`LocalArrivals` port; everything else is signed and handed to a mail host.
Results are values; one transaction per batch records them.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from mailcore import log
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.delivery import Delivery, Target
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import new_message_id
from mailcore.message.dsn import Action, RecipientReport, build_report
from mailcore.metrics import Metrics
from mailcore.model import (
    INBOX,
    Attempt,
    Claim,
    Direction,
    Envelope,
    Lane,
    Outcome,
    QueueItem,
    Security,
    Submitted,
    Suppression,
)
from mailcore.outbound.notices import action_of
from mailcore.outbound.remote import Remote
from mailcore.outbound.retry import next_attempt_at
from mailcore.store.ports import (
    BlobStore,
    ClaimRequest,
    OutboundStore,
    Placed,
    SuppressionStore,
)

_log = log.get(__name__)
_LEASE: Final = timedelta(minutes=2)
_HEARTBEAT_SECONDS: Final = 30.0
_CUT_OFF_SECONDS: Final = 110.0
"""A delivery ends this long after its lease was last renewed: before the lease does."""
_BATCH: Final = 50
_IDLE_SECONDS: Final = 30.0
_PLACES: Final = {Lane.PRIORITY: 4, Lane.SYSTEM: 4, Lane.LOCAL: 8}
"""Deliveries at once in the lanes beside REMOTE, whose number is configured."""
_PERMANENT: Final = (ErrorKind.NOT_FOUND, ErrorKind.DENIED, ErrorKind.INVALID, ErrorKind.TOO_LARGE)


class LocalArrivals(Protocol):
    """Delivery between our own inboxes; implemented by the inbound pipeline."""

    async def arrive(
        self, submission_id: str, envelope: Envelope, raw: bytes, *, is_exempt: bool = False
    ) -> tuple[Placed, ...]:
        """Deliver, once per submission however often it is called; what is exempt, to full inboxes too."""
        ...


class Worker:
    """Drains the queue. One per process; several processes share the queue by leases."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        blobs: BlobStore,
        delivery: Delivery,
        arrivals: LocalArrivals,
        suppressions: SuppressionStore,
        remote: Remote,
        doorbell: asyncio.Event,
        owner: str,
        config: Config,
        metrics: Metrics,
        clock: Clock,
        failpoint: Callable[[str], None] | None = None,
    ) -> None:
        self._outbound = outbound
        self._blobs = blobs
        self._delivery = delivery
        self._arrivals = arrivals
        self._suppressions = suppressions
        self._remote = remote
        self._doorbell = doorbell
        self.owner = owner
        self._config = config
        self._metrics = metrics
        self._clock = clock
        self._failpoint = failpoint or (lambda _step: None)
        self._running: Counter[Lane] = Counter()
        self._under_way: dict[asyncio.Timeout, Claim] = {}
        self._is_stopping = False
        self._something_ended = asyncio.Event()

    async def run(self) -> None:
        """Deliver what is due for as long as the process lives; returns only on cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_leases())
            while True:
                self._doorbell.clear()
                await self._until(lambda: any(self._free().values()))
                claimed_at = self._clock.now()
                claims = await self._claim(claimed_at)
                for claim in self._not_under_way(claims):
                    self._running[claim.lane] += 1
                    task = group.create_task(self._work(claim))
                    task.add_done_callback(partial(self._ended, claim.lane))
                if not claims:
                    await self._rest(claimed_at)

    async def stop(self, grace_seconds: float) -> None:
        """Claim nothing more and let deliveries under way end; those that do not are cut off later."""
        self._is_stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._until(lambda: not self._running.total())
        await self._remote.close()

    def _free(self) -> dict[Lane, int]:
        """Deliveries that can begin at once: a lease must not run while its row only waits."""
        if self._is_stopping:
            return {}
        places = {**_PLACES, Lane.REMOTE: self._config.outbound.concurrency}
        return {lane: count - self._running[lane] for lane, count in places.items()}

    async def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait for deliveries to end until it is so."""
        while not is_so():
            self._something_ended.clear()
            await self._something_ended.wait()

    def _ended(self, lane: Lane, _task: asyncio.Task[None]) -> None:
        self._running[lane] -= 1
        self._something_ended.set()
        self._doorbell.set()  # its destination has room again

    async def _claim(self, now: datetime) -> tuple[Claim, ...]:
        section = self._config.outbound
        try:
            return await self._outbound.claim_due(
                ClaimRequest(
                    now=now,
                    owner=self.owner,
                    lease_until=now + _LEASE,
                    limit=_BATCH,
                    places=self._free(),
                    per_destination=section.concurrency_per_destination,
                    per_sender=max(section.concurrency - section.concurrency // 4, 1),
                    busy=self._remote.busy(),
                )
            )
        except MailError as error:
            _log.error("queue.claim_failed", reason=error.message, detail=error.detail)
            await asyncio.sleep(1)
            return ()

    def _not_under_way(self, claims: Sequence[Claim]) -> list[Claim]:
        """A clock that jumped ends leases, but not deliveries: what is begun here is not begun again."""
        begun = {item.id for claim in self._under_way.values() for item in claim.items}
        return [one for one in claims if begun.isdisjoint(item.id for item in one.items)]

    async def _keep_leases(self) -> None:
        """Renew the leases of deliveries under way for as long as the process lives."""
        while True:
            await asyncio.sleep(_HEARTBEAT_SECONDS)
            under_way = dict(self._under_way)
            ids = [item.id for claim in under_way.values() for item in claim.items]
            renewed_at = asyncio.get_running_loop().time()
            try:
                kept = await self._outbound.renew_leases(
                    self.owner, ids, self._clock.now() + _LEASE
                )
            except MailError as error:
                _log.error("queue.renew_failed", reason=error.message, detail=error.detail)
                continue
            for limit, claim in under_way.items():
                is_held = any(item.id in kept for item in claim.items)
                if is_held and limit in self._under_way and not limit.expired():
                    limit.reschedule(renewed_at + _CUT_OFF_SECONDS)

    async def _rest(self, claimed_at: datetime) -> None:
        """Wait for what becomes due after the claim that found nothing, or for the doorbell."""
        wait = _IDLE_SECONDS
        try:
            due = await self._outbound.next_due_at(claimed_at)
        except MailError as error:
            _log.error("queue.read_failed", reason=error.message, detail=error.detail)
            await asyncio.sleep(1)
            return
        if due is not None:
            wait = min(wait, max((due - self._clock.now()).total_seconds(), 0.05))
        try:
            async with asyncio.timeout(wait):
                await self._doorbell.wait()
        except TimeoutError:
            return

    async def _work(self, claim: Claim) -> None:
        limit = asyncio.timeout(_CUT_OFF_SECONDS)
        self._under_way[limit] = claim
        try:
            async with limit:
                await self.deliver(claim)
        except MailError as error:
            _log.error(
                "queue.work_failed",
                message_id=claim.submission.id,
                reason=error.message,
                detail=error.detail,
            )
        except Exception:  # noqa: BLE001 - a supervisor: the lease runs out and the row is due again
            _log.exception("queue.work_failed", message_id=claim.submission.id)
        finally:
            del self._under_way[limit]

    async def deliver(self, claim: Claim) -> Submitted:
        """Carry out one claim and record it; failures for good are reported to the sender."""
        self._failpoint("claimed")
        raw = await self._blobs.read(claim.submission.blob)
        wanted, unwanted = await self._parted(claim)
        whole = replace(claim, items=(*wanted.items, *(item for item, _ in unwanted)))
        refused = tuple(attempt for _, attempt in unwanted)
        if not wanted.items:
            return await self._record(whole, refused, raw)
        if claim.items[0].is_local:
            attempts = await self._deliver_local(wanted, raw)
            return await self._record(whole, (*attempts, *refused), raw)
        async with self._remote.delivering(wanted, raw) as attempts:
            return await self._record(whole, (*attempts, *refused), raw)

    async def _parted(self, claim: Claim) -> tuple[Claim, list[tuple[QueueItem, Attempt]]]:
        """The claim for those who still get mail, and the others with what their sender is told."""
        submission = claim.submission
        if submission.inbox_id is None:
            return claim, []
        unwanted: list[tuple[QueueItem, Attempt]] = []
        for item in claim.items:
            found = await self._suppressions.suppressed(
                submission.pod_id, submission.inbox_id, item.recipient
            )
            if found is not None:
                unwanted.append((item, _unwanted(item, found)))
        gone = {item.id for item, _ in unwanted}
        return replace(
            claim, items=tuple(one for one in claim.items if one.id not in gone)
        ), unwanted

    async def _record(self, claim: Claim, attempts: Sequence[Attempt], raw: bytes) -> Submitted:
        """Reports go first: a crash between may repeat one, and does not lose it."""
        self._failpoint("answered")
        attempts = self._with_retries(claim, attempts)
        await self._report(claim, attempts, raw)
        self._failpoint("reported")
        submitted = await self._outbound.record_attempts(
            claim.submission.id, attempts, self._clock.now()
        )
        self._failpoint("recorded")
        for item, attempt in zip(claim.items, attempts, strict=True):
            self._metrics.attempts.labels(attempt.outcome.value, claim.lane.value).inc()
            _log.info(
                "mail.attempt",
                message_id=claim.submission.id,
                recipient=str(item.recipient),
                outcome=attempt.outcome.value,
                code=attempt.code,
                remote=attempt.remote,
                tls=attempt.tls,
            )
        return submitted

    async def _deliver_local(self, claim: Claim, raw: bytes) -> tuple[Attempt, ...]:
        attempts: list[Attempt] = []
        for item in claim.items:
            envelope = Envelope(
                mail_from=claim.submission.envelope.mail_from, recipients=(item.recipient,)
            )
            try:
                is_system = claim.submission.inbox_id is None
                await self._arrivals.arrive(claim.submission.id, envelope, raw, is_exempt=is_system)
            except MailError as error:
                is_final = error.kind in _PERMANENT
                outcome = Outcome.FAILED if is_final else Outcome.DEFERRED
                code = 452 if error.code == "over_quota" else 550 if is_final else 451
                attempts.append(_local(item, outcome, code, error.message))
            else:
                attempts.append(_local(item, Outcome.DELIVERED, 250, "delivered"))
        return tuple(attempts)

    def _with_retries(self, claim: Claim, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
        now = self._clock.now()
        release_at = claim.submission.envelope.terms.release_at
        return tuple(
            next_attempt_at(item, attempt, now, release_at=release_at)
            for item, attempt in zip(claim.items, attempts, strict=True)
        )

    async def _report(self, claim: Claim, attempts: Sequence[Attempt], raw: bytes) -> None:
        """Tell the sender, inside, what it wants to hear (RFC 3461 §5.2, §6)."""
        now = self._clock.now()
        terms = claim.submission.envelope.terms
        hours = self._config.outbound.delay_notice_hours
        late_after = timedelta(hours=hours) if hours else None
        told: dict[Action, list[tuple[QueueItem, Attempt]]] = {}
        for item, attempt in zip(claim.items, attempts, strict=True):
            action = action_of(item, attempt, terms, now, late_after=late_after)
            if action is not None:
                told.setdefault(action, []).append((item, attempt))
        for action, group in told.items():
            # A group that waits gets smaller with time, and everyone in it is reported late once.
            parts = [[one] for one in group] if action is Action.DELAYED else [group]
            for part in parts:
                await self._tell(claim, action, part, raw)

    async def _tell(
        self,
        claim: Claim,
        action: Action,
        group: Sequence[tuple[QueueItem, Attempt]],
        raw: bytes,
    ) -> None:
        sender = claim.submission.envelope.mail_from
        inbox_id = claim.submission.inbox_id
        if sender is None or inbox_id is None:
            return
        terms = claim.submission.envelope.terms
        report = build_report(
            hostname=self._config.server.hostname,
            to=sender,
            recipients=tuple(
                RecipientReport(
                    address=item.recipient,
                    action=action,
                    original_recipient=terms.of(item.recipient).original_recipient,
                    enhanced_code=attempt.enhanced_code,
                    reply=attempt.reply,
                    remote=attempt.remote,
                )
                for item, attempt in group
            ),
            original=raw,
            message_id=new_message_id(self._config.server.domain),
            date=self._clock.now(),
            arrived_at=claim.submission.created_at,
            envelope_id=terms.envelope_id,
            returns_full=action is Action.FAILED and terms.returned == "FULL",
        )
        kind = "dsn" if action is Action.FAILED else action.value
        await self._delivery.deliver(
            report,
            [
                Target(
                    inbox_id=inbox_id,
                    mailbox=INBOX,
                    security=Security(level="internal"),
                    dedupe_key=f"{kind}:{','.join(str(item.id) for item, _ in group)}".encode(),
                    event="email.received",
                    is_exempt=True,
                )
            ],
            internal_date=self._clock.now(),
            direction=Direction.INBOUND,
        )


def _unwanted(item: QueueItem, found: Suppression) -> Attempt:
    return Attempt(
        queue_id=item.id,
        outcome=Outcome.FAILED,
        code=550,
        enhanced_code="5.7.1",
        reply=f"not sent: the address is on the suppression list ({found.reason.value})",
        remote="",
        tls="",
    )


def _local(item: QueueItem, outcome: Outcome, code: int, reply: str) -> Attempt:
    enhanced = {250: "2.0.0", 550: "5.1.1", 451: "4.3.0", 452: "4.2.2"}[code]
    return Attempt(
        queue_id=item.id,
        outcome=outcome,
        code=code,
        enhanced_code=enhanced,
        reply=reply,
        remote="local",
        tls="",
    )
