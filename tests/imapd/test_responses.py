"""Octets the server says."""

import pytest

from imapd import responses
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Flag


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_every_kind_of_error_has_a_code(kind: ErrorKind) -> None:
    """RFC 5530: an answer that programs can act on."""
    line = responses.error(b"a", MailError(kind, "it went wrong"))
    assert line == b"a NO [" + responses.ERROR_CODES[kind] + b"] it went wrong\r\n"


def test_the_fix_is_part_of_the_text() -> None:
    """Whoever reads it knows what to do."""
    failure = MailError(ErrorKind.OVER_LIMIT, "too fast", fix="Wait", retry_after_seconds=9)
    assert responses.error(b"a", failure) == b"a NO [LIMIT] too fast. Wait (try again in 9 s)\r\n"


def test_a_text_cannot_break_out_of_its_line() -> None:
    """Nothing of a stranger becomes a response of its own."""
    line = responses.no(b"a", "x\r\n* BYE\x00 ü")
    assert line == b"a NO x?* BYE? ?\r\n"


def test_there_is_always_a_text() -> None:
    """Clients stumble over a code with nothing behind it."""
    assert responses.ok(b"a", "", b"READ-ONLY") == b"a OK [READ-ONLY] OK\r\n"


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (b"", b'""'),
        (b"a b", b'"a b"'),
        (b'a"\\', b'"a\\"\\\\"'),
        (b"\xff", b"{1}\r\n\xff"),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
    ],
)
def test_strings_are_quoted_or_literal(value: bytes, octets: bytes) -> None:
    """RFC 9051 §4.3."""
    assert responses.string(value) == octets


def test_flags_are_listed_by_name() -> None:
    """RFC 9051 §2.3.2."""
    flags = Flag.SEEN | Flag.DELETED
    assert responses.flag_list(flags, "$A b", is_recent=True) == b"(\\Deleted \\Seen \\Recent $A b)"
    assert responses.flag_list(0, "") == b"()"


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, b'" 1-Jan-1970 00:00:00 +0000"'),
        (1_772_450_581_999_999, b'" 2-Mar-2026 11:23:01 +0000"'),
        (951_827_696_000_000, b'"29-Feb-2000 12:34:56 +0000"'),
        (-1_000_000, b'"31-Dec-1969 23:59:59 +0000"'),
    ],
)
def test_dates_have_two_places_for_the_day(micros: int, text: bytes) -> None:
    """RFC 9051 §9 date-time."""
    assert responses.internal_date(micros) == text


def test_status_has_no_space_before_its_parenthesis() -> None:
    """A slip that clients punish."""
    assert responses.status("a", [("MESSAGES", 1)]) == b'* STATUS "a" (MESSAGES 1)\r\n'
    assert responses.search([]) == b"* SEARCH\r\n"


def test_names_are_encoded() -> None:
    """RFC 3501 §5.1.3."""
    assert responses.list_line(b"LIST", [], 'ü"') == b'* LIST () "/" "&APw-\\""\r\n'
