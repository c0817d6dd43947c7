"""The vocabulary of requests."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from httpapi.fields import Base64, Input, Instant, Line, Output, Recipients, Text, Timestamp, view


class _Given(Input):
    at: Instant | None = None
    to: Recipients = ()
    line: Line = ""
    text: Text = ""
    content: Base64 = b""


def test_a_string_is_a_list_of_one_recipient() -> None:
    """Both forms of the contract."""
    assert _Given.model_validate({"to": "a@example.org"}).to == ("a@example.org",)
    assert _Given.model_validate({"to": ["a@x.example", "b@x.example"]}).to == (
        "a@x.example",
        "b@x.example",
    )


def test_a_date_is_its_first_instant_in_utc() -> None:
    """Dates are times a person can type."""
    given = _Given.model_validate({"at": "2026-01-31"})
    assert given.at == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2026-01-31T12:00:00", "yesterday", "1700000000", 1700000000, ""])
def test_a_time_without_zone_or_as_a_number_is_refused(at: object) -> None:
    """Nobody guesses which time was meant."""
    with pytest.raises(ValidationError):
        _Given.model_validate({"at": at})


def test_base64_may_have_line_breaks() -> None:
    """RFC 2045 §6.8 output of common tools is fine."""
    assert _Given.model_validate({"content": "aGVs\r\nbG8="}).content == b"hello"


@pytest.mark.parametrize("content", ["aGVsbG8", "aGVs bG8=", "aGVs!G8=", "äöü", "a=b=", 5, None])
def test_anything_else_is_no_base64(content: object) -> None:
    """RFC 4648 §3.3: strays are refused, not skipped."""
    with pytest.raises(ValidationError, match=r"base64|content"):
        _Given.model_validate({"content": content})


@pytest.mark.parametrize("line", ["a\r\nBcc: x@example.org", "a\nb", "a\0b", "\x7f"])
def test_a_line_has_no_control_characters(line: str) -> None:
    """Nothing can begin a header field of its own."""
    with pytest.raises(ValidationError):
        _Given.model_validate({"line": line})


def test_a_text_has_line_breaks_but_no_nul() -> None:
    """NUL is in no mail (RFC 5322 §3.5)."""
    assert _Given.model_validate({"text": "a\nb"}).text == "a\nb"
    with pytest.raises(ValidationError):
        _Given.model_validate({"text": "a\0b"})


class _Shown(Output):
    name: str
    at: Timestamp


def test_times_are_shown_with_milliseconds_and_z() -> None:
    """One form everywhere."""
    shown = _Shown(name="x", at=datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC))
    assert shown.model_dump_json() == '{"name":"x","at":"2026-01-31T12:00:00.123Z"}'


def test_view_takes_what_the_source_has_and_what_is_given() -> None:
    """More wins over the source."""
    source = _Shown(name="x", at=datetime(2026, 1, 31, tzinfo=UTC))
    assert view(_Shown, source, name="y").name == "y"
