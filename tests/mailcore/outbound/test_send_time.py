"""The six ways to say when, in five time zones, with the days on which clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mailcore.errors import MailError
from mailcore.outbound.send_time import read_send_time, zone

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")
NOW = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
"""A Tuesday; in the five zones 12:00, 07:00, 13:00, 17:30 and 23:00."""


def read(text: str, where: str = "UTC", now: datetime = NOW) -> str:
    return read_send_time(text, ZoneInfo(where), now).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-14T15:30", ["15:30", "20:30", "14:30", "10:00", "04:30"]),
        ("tomorrow 8am", ["08:00", "13:00", "07:00", "02:30", "21:00"]),
        ("next monday 9am", ["09:00", "14:00", "08:00", "03:30", "22:00"]),
        ("02-14-2026 3:30 PM", ["15:30", "20:30", "14:30", "10:00", "04:30"]),
        ("02-14-2026 3:30 PM EST", ["20:30"] * 5),
        ("2026-02-14T15:30:00+02:00", ["13:30"] * 5),
        ("in 2 hours", ["14:00"] * 5),
        ("in 30 minutes", ["12:30"] * 5),
    ],
)
def test_a_form_means_the_wall_clock_of_the_zone(text: str, expected: list[str]) -> None:
    assert [read(text, where)[-5:] for where in ZONES] == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("UTC", "2026-02-10 20:00"),
        ("America/New_York", "2026-02-11 01:00"),
        ("Europe/Berlin", "2026-02-10 19:00"),
        ("Asia/Kolkata", "2026-02-10 14:30"),
    ],
)
@pytest.mark.parametrize("text", ["tonight", "this evening", "  This   EVENING "])
def test_the_evening_is_eight_o_clock(text: str, where: str, expected: str) -> None:
    assert read(text, where) == expected


@pytest.mark.parametrize(
    ("text", "where", "now", "expected"),
    [
        # A gap: 02:30 does not exist; it is an hour later (half an hour on Lord Howe).
        ("2026-03-08T02:30", "America/New_York", "2026-03-01", "2026-03-08 07:30"),
        ("tomorrow 2:30am", "Europe/Berlin", "2026-03-28", "2026-03-29 01:30"),
        ("next sunday 2:15 am", "Australia/Lord_Howe", "2026-09-29", "2026-10-03 15:45"),
        # An overlap: 01:30 happens twice; the first is meant.
        ("11-01-2026 1:30 AM", "America/New_York", "2026-10-20", "2026-11-01 05:30"),
        ("11-01-2026 1:30 AM EST", "America/New_York", "2026-10-20", "2026-11-01 06:30"),
        ("2026-10-25 02:30", "Europe/Berlin", "2026-10-20", "2026-10-25 00:30"),
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-01", "2026-04-04 14:45"),
        # Wall clock keeps its hour over the change, time that passes does not.
        ("tomorrow 8am", "Europe/Berlin", "2026-03-28", "2026-03-29 06:00"),
        ("in 24 hours", "Europe/Berlin", "2026-03-28", "2026-03-29 12:00"),
        ("in 1 day", "Asia/Kolkata", "2026-03-28", "2026-03-29 12:00"),
        ("next saturday 9am", "UTC", "2026-03-28", "2026-04-04 09:00"),
        ("2026-12-01 12:00 Europe/Berlin", "UTC", "2026-03-28", "2026-12-01 11:00"),
        ("next friday at 12 pm", "UTC", "2026-03-28", "2026-04-03 12:00"),
        ("next friday 12am", "UTC", "2026-03-28", "2026-04-03 00:00"),
        ("tomorrow at 15:05", "UTC", "2026-03-28", "2026-03-29 15:05"),
        ("in an hour", "UTC", "2026-03-28", "2026-03-28 13:00"),
    ],
)
def test_days_on_which_clocks_change(text: str, where: str, now: str, expected: str) -> None:
    assert read(text, where, datetime.fromisoformat(f"{now}T12:00Z")) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "tomorrow", "tomorrow 25:00", "tomorrow 13pm", "tomorrow 0am", "next moonday 9am"),
        *("02-30-2026 9am", "14-02-2026 9am", "02-14-2026 3:30 PM XYZ", "2026-02-14", "2026-02-30T10:00"),
        *("in -5 minutes", "in 999999 weeks", "2027-03-01T00:00", "9999-12-31T23:59", "1e9", "x" * 5000),
        *("2026-02-10T12:00:00Z", "2026-02-10T11:59:59Z", "01-01-2026 9am", "in 0 minutes", "0001-01-01T00:00"),
    ],
)  # fmt: skip
def test_what_is_no_time_to_come_is_an_error_of_the_field(text: str) -> None:
    with pytest.raises(MailError) as raised:
        read(text)
    assert raised.value.fields[0].path == "send_at"
    assert raised.value.fix


def test_tonight_after_eight_is_past() -> None:
    with pytest.raises(MailError, match="in the past"):
        read("tonight", "UTC", NOW.replace(hour=20))


def test_a_zone_has_an_iana_name() -> None:
    assert zone("Europe/Berlin").key == "Europe/Berlin"
    for name in ("Mars/Olympus", "../etc/passwd", "", "europe/berlin"):
        with pytest.raises(MailError):
            zone(name)
