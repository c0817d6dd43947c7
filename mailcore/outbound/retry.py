"""What a reply means for one recipient, and when to try again. Pure: no clock, no sockets.

Delays grow from a minute to eight hours, each stretched by a part that depends on the queue entry
alone, so that entries of one outage do not come back together. After `GIVE_UP_AFTER` a deferral is a
failure (RFC 5321 §4.5.4.1).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

from mailcore.model import Attempt, Outcome, QueueItem

DELAYS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
)
"""After the first, second … attempt; the last one repeats."""
GIVE_UP_AFTER: Final = timedelta(days=4)
JITTER: Final = 0.2
"""The largest part of a delay that is added to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """The outcome, and for a deferral when to try again.

    `has_expired` is a deferral that became a failure: its status is 4.4.7 (RFC 3463 §3.5).
    """

    outcome: Outcome
    retry_at: datetime | None = None
    has_expired: bool = False


def classify(
    code: int, *, attempts: int, first_at: datetime, now: datetime, seed: int | str
) -> Classified:
    """Judge the reply to attempt number `attempts` (the first is 1) of an entry queued at `first_at`.

    2xx is delivered, 5xx has failed, everything else waits (RFC 5321 §4.2.1). `seed` is the queue
    id. A retry is never later than the moment of giving up, which gets a last attempt of its own.
    """
    if 200 <= code < 300:
        return Classified(outcome=Outcome.DELIVERED)
    if 500 <= code < 600:
        return Classified(outcome=Outcome.FAILED)
    give_up_at = first_at + GIVE_UP_AFTER
    if now >= give_up_at:
        return Classified(outcome=Outcome.FAILED, has_expired=True)
    retry_at = now + delay(attempts, seed=seed)
    return Classified(outcome=Outcome.DEFERRED, retry_at=min(retry_at, give_up_at))


def next_attempt_at(
    item: QueueItem, attempt: Attempt, now: datetime, *, release_at: datetime | None = None
) -> Attempt:
    """`attempt` with its outcome judged by age and its `retry_at` set where it has to wait.

    `item.attempts` counts this one already. What the code says wins over the outcome given. The age
    of a message that was kept for later begins at `release_at`.
    """
    first_at = max(item.created_at, release_at or item.created_at)
    judged = classify(
        attempt.code, attempts=item.attempts, first_at=first_at, now=now, seed=item.id
    )
    return replace(
        attempt,
        outcome=judged.outcome,
        retry_at=judged.retry_at,
        enhanced_code="4.4.7" if judged.has_expired else attempt.enhanced_code,
    )


def delay(attempts: int, *, seed: int | str) -> timedelta:
    """The wait after attempt number `attempts`; the same for the same entry and attempt."""
    base = DELAYS[min(max(attempts, 1), len(DELAYS)) - 1]
    digest = blake2b(f"{seed}/{attempts}".encode(), digest_size=4).digest()
    return base + base * (JITTER * int.from_bytes(digest) / 0xFFFFFFFF)
