"""What can wait, and until when."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailcore.channels.patience import Patience
from mailcore.config import Config
from mailcore.model import JsonObject
from tests.mailcore.channels.test_notice import HOLD

NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


def patience(tmp_path: Path, **outbound: object) -> Patience:
    server = {"hostname": "mail.example.org", "domain": "example.org", "owner": "y@o.example"}
    given = {"server": {**server, "data_dir": tmp_path}, "outbound": outbound}
    return Patience(Config.model_validate(given))


@pytest.mark.parametrize(
    ("hours", "zone", "at", "is_quiet"),
    [
        ("", "UTC", 3, False),
        ("22:00-07:00", "UTC", 3, True),
        ("22:00-07:00", "UTC", 7, False),
        ("22:00-07:00", "UTC", 22, True),
        ("12:00-13:00", "UTC", 12, True),
        ("12:00-13:00", "UTC", 13, False),
        ("22:00-07:00", "Europe/Berlin", 5, False),
        ("22:00-07:00", "Europe/Berlin", 20, True),
    ],
)
def test_quiet_hours_are_in_their_zone(
    tmp_path: Path, hours: str, zone: str, at: int, is_quiet: bool
) -> None:
    mine = patience(tmp_path, quiet_hours=hours, quiet_timezone=zone)
    assert mine.is_quiet(NOON.replace(hour=at)) is is_quiet


def test_low_risk_waits_for_the_digest_and_nothing_critical_waits(tmp_path: Path) -> None:
    mine = patience(tmp_path, low_risk_digest_hours=4, quiet_hours="01:00-02:00")
    low = dataclasses.replace(HOLD, reason="manual", created_at=NOON)
    found: tuple[JsonObject, ...] = ({"severity": "high"},)
    high = dataclasses.replace(low, findings=found)
    critical = dataclasses.replace(low, findings=({"severity": "critical"},))
    night = NOON.replace(hour=1)
    waits = [
        mine.can_wait(hold, at)
        for hold in (low, high, critical)
        for at in (NOON, NOON + timedelta(hours=4), night)
    ]
    assert waits == [True, False, True, False, False, True, False, False, False]
