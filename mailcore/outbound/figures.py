"""What deciding costs people: decisions per day and the time until they came. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from statistics import median

from mailcore.model import HoldStatus
from mailcore.store.ports import DecisionTime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The holds that ended on one UTC day."""

    day: date
    approved: int
    rejected: int
    expired: int
    median_seconds: float
    """From the making of a hold to its end; half took longer."""
    by_way: dict[str, int]
    """How many were decided in which way."""


def by_day(times: Sequence[DecisionTime]) -> tuple[DayFigures, ...]:
    """The figures of each day that has any; `times` are sorted."""
    days = groupby(times, key=lambda one: one.decided_at.date())
    return tuple(_day(day, tuple(group)) for day, group in days)


def _day(day: date, times: Sequence[DecisionTime]) -> DayFigures:
    ways = sorted(one.via for one in times)
    return DayFigures(
        day=day,
        approved=sum(one.status in (HoldStatus.APPROVED, HoldStatus.RELEASED) for one in times),
        rejected=sum(one.status is HoldStatus.REJECTED for one in times),
        expired=sum(one.status is HoldStatus.EXPIRED for one in times),
        median_seconds=median((one.decided_at - one.created_at).total_seconds() for one in times),
        by_way={way: len(tuple(group)) for way, group in groupby(ways)},
    )
