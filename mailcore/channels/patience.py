"""When approvers are left in peace: quiet hours, and low-risk holds that are told together.

What is critical is always told at once. Pure but for the clock that callers read.
"""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from mailcore.config import Config
from mailcore.model import Hold
from mailcore.outbound.risk import Risk, risk_of

_HOURS: Final = 3600


class Patience:
    """Says what can wait."""

    def __init__(self, config: Config) -> None:
        begin, _, end = config.outbound.quiet_hours.partition("-")
        self._quiet = (time.fromisoformat(begin), time.fromisoformat(end)) if end else None
        zone = config.outbound.quiet_timezone
        self._zone = UTC if zone == "UTC" else ZoneInfo(zone)
        self._digest_seconds = config.outbound.low_risk_digest_hours * _HOURS

    def is_quiet(self, now: datetime) -> bool:
        """Whether it is a time in which people are not asked."""
        if self._quiet is None:
            return False
        begin, end = self._quiet
        at = now.astimezone(self._zone).time()
        return begin <= at < end if begin <= end else at >= begin or at < end

    def can_wait(self, hold: Hold, now: datetime) -> bool:
        """Whether approvers are told of it later, with others."""
        risk = risk_of(hold)
        if risk is Risk.CRITICAL:
            return False
        if self.is_quiet(now):
            return True
        waited = (now - hold.created_at).total_seconds()
        return risk is Risk.LOW and waited < self._digest_seconds
