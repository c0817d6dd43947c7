"""What reports to other domains have in common: who reports, about which day, and as which file."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports."""

    hostname: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A report, ready to be sent."""

    report_id: str
    title: str
    """What it is, in a sentence for people."""
    filename: str
    content_type: str
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()
    """Header fields of the mail that carries it."""
    report_type: str = ""


def report_id(reporter: Reporter, domain: str, day: date) -> str:
    """The same for the same report, so that one that comes twice is known."""
    return f"{day:%Y%m%d}.{domain}@{reporter.hostname}"


def file_name(reporter: Reporter, domain: str, day: date, extension: str) -> str:
    """RFC 9990 §3.5, RFC 8460 §5.1: sender!domain!begin!end.extension."""
    begin, end = span_of(day)
    return f"{reporter.hostname}!{domain}!{begin}!{end}.{extension}"


def span_of(day: date) -> tuple[int, int]:
    """The first and the last second of a UTC day."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = begin + timedelta(days=1)
    return int(begin.timestamp()), int(end.timestamp()) - 1
