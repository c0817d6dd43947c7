"""How many requests a minute: a sliding minute per key, and a wider one per address before that.

A window keeps two counters, so memory is constant per caller, and at most `MAX_CALLERS` callers are
remembered. The answer carries the figures of the IETF draft "RateLimit header fields for HTTP".
"""

from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from typing import Final

from mailcore.clock import Clock
from mailcore.errors import ErrorKind, MailError

WINDOW_SECONDS: Final = 60.0
MAX_CALLERS: Final = 50_000
ADDRESS_FACTOR: Final = 10
"""An address may carry this many keys' worth of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a quota after a request."""

    limit: int
    remaining: int
    reset_seconds: int
    retry_after_seconds: int
    """0 when the request was let through."""

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.retry_after_seconds > 0

    def headers(self) -> dict[str, str]:
        """`RateLimit` and `RateLimit-Policy`."""
        return {
            "RateLimit-Policy": f'"key";q={self.limit};w={int(WINDOW_SECONDS)}',
            "RateLimit": f'"key";r={self.remaining};t={self.reset_seconds}',
        }


@dataclass(slots=True)
class _Window:
    started_at: float
    previous: int = 0
    count: int = 0


class Limiter:
    """Counts requests per caller over a sliding minute."""

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._limit = per_minute
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def take(self, caller: str) -> Allowance:
        """Count one request; a refused one is not counted."""
        now = self._clock.monotonic()
        window = self._window(caller, now)
        share = max(0.0, 1 - (now - window.started_at) / WINDOW_SECONDS)
        used = window.previous * share + window.count
        reset = ceil(share * WINDOW_SECONDS)
        if used + 1 > self._limit:
            return Allowance(
                limit=self._limit,
                remaining=0,
                reset_seconds=reset,
                retry_after_seconds=max(1, ceil(self._wait(window, now))),
            )
        window.count += 1
        return Allowance(
            limit=self._limit,
            remaining=int(self._limit - used - 1),
            reset_seconds=reset,
            retry_after_seconds=0,
        )

    def _window(self, caller: str, now: float) -> _Window:
        window = self._windows.get(caller)
        if window is None or now - window.started_at >= 2 * WINDOW_SECONDS:
            window = self._windows[caller] = _Window(started_at=now)
        elif now - window.started_at >= WINDOW_SECONDS:
            window.started_at += WINDOW_SECONDS
            window.previous, window.count = window.count, 0
        self._windows.move_to_end(caller)
        while len(self._windows) > MAX_CALLERS:
            self._windows.popitem(last=False)
        return window

    def _wait(self, window: _Window, now: float) -> float:
        """Seconds until one more fits: within this window when the previous one weighs, else in the next."""
        room = self._limit - 1 - window.count
        until_next = window.started_at + WINDOW_SECONDS - now
        if room >= 0 and window.previous:
            fits_at = window.started_at + WINDOW_SECONDS * (1 - room / window.previous)
            return max(0.0, fits_at - now)
        return until_next + WINDOW_SECONDS * max(0.0, 1 - (self._limit - 1) / window.count)


def exceeded(allowance: Allowance) -> MailError:
    """The error for one request too many."""
    wait = allowance.retry_after_seconds
    return MailError(
        ErrorKind.OVER_LIMIT,
        f"more than {allowance.limit} requests a minute",
        code="rate_limited",
        fix=f"Wait {wait} seconds",
        retry_after_seconds=wait,
    )
