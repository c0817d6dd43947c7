"""Time as a parameter: everything that needs "now" gets a `Clock`."""

import time
from datetime import UTC, datetime
from typing import Final, Protocol, override

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""
        ...


class SystemClock(Clock):
    """The machine's clock."""

    @override
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads the wall clock

    @override
    def monotonic(self) -> float:
        return time.monotonic()


def to_micros(at: datetime) -> int:
    """`at` as microseconds since 1970, the form the store keeps."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def from_micros(micros: int) -> datetime:
    """The inverse of `to_micros`: an aware UTC datetime."""
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def to_iso(at: datetime) -> str:
    """RFC 3339 text with milliseconds and `Z`."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_rfc5322(at: datetime) -> str:
    """The form of Date and Received fields (RFC 5322 §3.3), in UTC."""
    utc = at.astimezone(UTC)
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return (
        f"{day}, {utc.day:02} {month} {utc.year:04} "
        f"{utc.hour:02}:{utc.minute:02}:{utc.second:02} +0000"
    )
