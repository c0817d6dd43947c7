"""When to send, as people write it. Pure: the time zone and the present are given.

Six forms: ISO 8601; `in 30 minutes`; `tomorrow 8am`; `next monday 9am`; `02-14-2026 3:30 PM EST`;
`tonight`, `this evening` (20:00). What has no zone of its own is a wall-clock time of the inbox's zone;
`in …` is time that passes. Where clocks go forward, a time that does not exist is as much later as the
gap is long; where they go back, of the two the first is meant.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from mailcore.errors import MailError, invalid

MAX_AHEAD: Final = timedelta(days=366)
MAX_CHARS: Final = 100
EVENING: Final = time(20)
_FORMS: Final = (
    "Write 2026-02-14T15:30, in 30 minutes, tomorrow 8am, next monday 9am, "
    "02-14-2026 3:30 PM EST, tonight or this evening"
)
_UNITS: Final = {"minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400, "week": 604800}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_OFFSETS: Final = {
    "utc": 0,
    "gmt": 0,
    "z": 0,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
    "akst": -540,
    "akdt": -480,
    "hst": -600,
    "ast": -240,
    "adt": -180,
    "nst": -210,
    "ndt": -150,
    "bst": 60,
    "wat": 60,
    "cet": 60,
    "cest": 120,
    "eet": 120,
    "eest": 180,
    "eat": 180,
    "sast": 120,
    "ist": 330,
    "hkt": 480,
    "sgt": 480,
    "jst": 540,
    "kst": 540,
    "aest": 600,
    "aedt": 660,
    "nzst": 720,
    "nzdt": 780,
}
"""Minutes east of UTC. An abbreviation means its own offset, whatever the season."""
_CLOCK = r"(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?"
_AHEAD = re.compile(r"in\s+(\d{1,6}|an?|half\s+an)\s*(minute|min|hour|hr|day|week)s?")
_TOMORROW = re.compile(rf"tomorrow\s+{_CLOCK}")
_WEEKDAY = re.compile(rf"next\s+({'|'.join(_DAYS)})\s+{_CLOCK}")
_DATED = re.compile(
    rf"(\d{{1,2}})[-/](\d{{1,2}})[-/](\d{{4}})\s+{_CLOCK}(?:\s+([a-z][a-z0-9_+/-]{{0,40}}))?"
)
_EVENING = re.compile(r"tonight|this\s+evening")
_ISO_ZONE = re.compile(r"(.{10,40}?)\s+([a-z][a-z0-9_+/-]{0,40})")


def zone(name: str, *, path: str = "timezone") -> ZoneInfo:
    """The IANA time zone of this name; INVALID naming `path` when there is none."""
    try:
        if name in _zones().values():
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        pass
    raise invalid(path, f"{name[:60]!r} is no time zone", fix="Write it as Europe/Berlin or UTC")


def read_send_time(text: str, where: tzinfo, now: datetime, *, path: str = "send_at") -> datetime:
    """The instant in UTC; INVALID naming `path` for what is not understood, past, or too far ahead."""
    words = " ".join(text.strip().lower().split())
    if not words or len(words) > MAX_CHARS:
        raise invalid(path, "this is no time", fix=_FORMS)
    try:
        at = _read(words, where, now, path).astimezone(UTC)
    except OverflowError as error:
        raise invalid(path, "this is no time", fix=_FORMS) from error
    if at <= now:
        raise invalid(path, f"{at:%Y-%m-%d %H:%M} UTC is in the past", fix="Name a later time")
    if at > now + MAX_AHEAD:
        raise invalid(path, "it is more than a year ahead", fix="Name an earlier time")
    return at


def _read(words: str, where: tzinfo, now: datetime, path: str) -> datetime:
    today = now.astimezone(where).date()
    if found := _AHEAD.fullmatch(words):
        return now + timedelta(seconds=_amount(found[1]) * _UNITS[found[2]])
    if _EVENING.fullmatch(words):
        return _on(today, EVENING, where)
    if found := _TOMORROW.fullmatch(words):
        return _on(today + timedelta(days=1), _clock(found, 1, path), where)
    if found := _WEEKDAY.fullmatch(words):
        ahead = (_DAYS.index(found[1]) - today.weekday() - 1) % 7 + 1
        return _on(today + timedelta(days=ahead), _clock(found, 2, path), where)
    if found := _DATED.fullmatch(words):
        named = _named_zone(found[7], path) if found[7] else where
        return _on(_date(found, path), _clock(found, 4, path), named)
    return _iso(words, where, path)


def _amount(text: str) -> float:
    if text.startswith("half"):
        return 0.5
    return 1 if text in ("a", "an") else int(text)


def _clock(found: re.Match[str], group: int, path: str) -> time:
    hour, minute = int(found[group]), int(found[group + 1] or 0)
    half = (found[group + 2] or "").replace(".", "")
    is_right = 1 <= hour <= 12 if half else hour <= 23
    if not is_right or minute > 59:
        raise invalid(path, "there is no such time of day", fix="Write 8am, 3:30 pm or 15:30")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute)


def _date(found: re.Match[str], path: str) -> date:
    try:
        return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError as error:
        raise invalid(
            path, "there is no such day", fix="Write month-day-year: 02-14-2026"
        ) from error


def _iso(words: str, where: tzinfo, path: str) -> datetime:
    named: tzinfo | None = None
    if found := _ISO_ZONE.fullmatch(words):
        words, named = found[1], _named_zone(found[2], path)
    if len(words) <= 10:
        raise invalid(path, f"{words!r} names no time of day", fix=_FORMS)
    try:
        at = datetime.fromisoformat(words.upper())
    except ValueError as error:
        raise invalid(path, f"{words[:60]!r} is no time that is understood", fix=_FORMS) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=named or where)


def _on(day: date, at: time, where: tzinfo) -> datetime:
    """A wall-clock time; `fold` 0 is the first of two, and moves one in a gap to behind it (PEP 495)."""
    return datetime.combine(day, at, where)


def _named_zone(name: str, path: str) -> tzinfo:
    if name in _OFFSETS:
        return timezone(timedelta(minutes=_OFFSETS[name]))
    try:
        return zone(_zones().get(name, name), path=path)
    except MailError as error:
        raise invalid(
            path, f"{name!r} is no time zone", fix="Write EST, UTC or Europe/Berlin"
        ) from error


@cache
def _zones() -> dict[str, str]:
    """The names of all zones by their lower-case form."""
    return {name.lower(): name for name in sorted(available_timezones())}
