"""Header fields picked from what is kept of a header are those of the message."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcore.message.headers import Headers, split
from mailcore.message.kept_fields import MAX_OCTETS, WHOLE_OCTETS, Picker, pack
from mailcore.message.limits import ParserLimits, use_parser_limits

TRACE = b"".join(b"Received: from host%d by here;\r\n %s\r\n" % (n, b"x" * 200) for n in range(12))
LONG = TRACE + b"From: a@b.test\r\nSubject: long\r\nTo: c@d.test\r\n\r\nbody"


def block(raw: bytes) -> bytes:
    return pack(raw, Headers.read(raw))


def by_reading(raw: bytes, names: list[bytes], *, is_named: bool) -> bytes:
    """The answer as the message itself gives it."""
    fields, _ = split(raw)
    kept = [b"%b:%b\r\n" % one for one in fields if (one[0].lower() in names) is is_named]
    return b"".join([*kept, b"\r\n"])


def test_fields_come_in_the_order_of_the_message_with_every_octet() -> None:
    """RFC 9051 §6.4.5.2: folding, white space and repeated fields stay as they are."""
    raw = b"SUBJECT:  two\r\n\twords \r\nX-A: 1\r\nfrom:a\r\nX-A: 2\r\n\r\nbody"
    picker = Picker([b"from", b"x-a", b"subject"], is_named=True)
    whole = b"SUBJECT:  two\r\n\twords \r\nX-A: 1\r\nfrom:a\r\nX-A: 2\r\n\r\n"
    assert picker.pick(block(raw)) == whole
    assert Picker([b"x-a"], is_named=True).pick(block(raw)) == b"X-A: 1\r\nX-A: 2\r\n\r\n"
    assert Picker([b"x-b"], is_named=True).pick(block(raw)) == b"\r\n"
    assert (
        Picker([b"x-a", b"from"], is_named=False).pick(block(raw))
        == b"SUBJECT:  two\r\n\twords \r\n\r\n"
    )
    assert Picker([], is_named=False).pick(block(raw)) == whole


def test_a_long_header_answers_what_lists_show_and_says_when_it_cannot() -> None:
    """What was left out is named, so that nothing is missing from an answer."""
    kept = block(LONG)
    assert len(LONG) > WHOLE_OCTETS > len(kept)
    assert Picker([b"subject", b"x-none"], is_named=True).pick(kept) == b"Subject: long\r\n\r\n"
    assert Picker([b"subject", b"received"], is_named=True).pick(kept) is None
    assert Picker([], is_named=False).pick(kept) is None
    assert Picker([b"received"], is_named=False).pick(kept) is None


def test_a_field_too_long_to_keep_is_read_from_the_message() -> None:
    """Also where another of the same name is kept."""
    raw = b"To: a@b.test\r\nTo: %b\r\nCc: c@d.test\r\n\r\n" % (b"x" * MAX_OCTETS)
    assert Picker([b"to"], is_named=True).pick(block(raw)) is None
    assert Picker([b"cc"], is_named=True).pick(block(raw)) == b"Cc: c@d.test\r\n\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a\nSubject: b\n\nbody",
        b"no field\r\nFrom: a\r\n\r\nbody",
        b"From: a\r\nSubject: without an empty line",
        b"From : a\r\n\r\n",
        b"\r\nbody",
        b"",
    ],
)
def test_an_odd_header_as_a_whole_is_read_from_the_message(raw: bytes) -> None:
    """Its fields together are not its octets."""
    size = Headers.read(raw).body_start
    assert Picker([], is_named=False).pick(block(raw)) in (None, raw[:size])
    expected = by_reading(raw[:size], [b"from"], is_named=True)
    assert Picker([b"from"], is_named=True).pick(block(raw)) == expected


def test_what_cannot_be_kept_answers_nothing() -> None:
    """NUL octets, hundreds of fields, and headers that are not read to their end."""
    picker = Picker([b"from"], is_named=True)
    assert picker.pick(b"") is None
    assert block(b"From: a\0b\r\n\r\n") == b""
    assert block(b"From: a\r\n" * 400 + b"\r\n") == b""
    try:
        use_parser_limits(ParserLimits(header_octets=100))
        assert block(LONG) == b""
    finally:
        use_parser_limits(ParserLimits())


NAMES = st.sampled_from([b"From", b"TO", b"to", b"Subject", b"Received", b"X-Odd", b"List-Id", b""])
VALUES = st.sampled_from([b" a", b"", b" b\r\n c", b" \xff\x00", b" " + b"x" * 900, b" d\n e"])
LINES = st.tuples(NAMES, VALUES, st.sampled_from([b"\r\n", b"\n"]))


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(LINES, max_size=12),
    asked=st.lists(NAMES, max_size=4),
    is_named=st.booleans(),
    end=st.sampled_from([b"\r\nbody", b"\nbody", b"", b"junk\r\n\r\nbody"]),
)
def test_an_answer_is_that_of_the_message_or_none(
    lines: list[tuple[bytes, bytes, bytes]], asked: list[bytes], is_named: bool, end: bytes
) -> None:
    """For headers of every kind."""
    raw = b"".join(b"%b:%b%b" % line for line in lines) + end
    names = [name.lower() for name in asked]
    header = raw[: Headers.read(raw).body_start]
    expected = by_reading(header, names, is_named=is_named)
    if not names and not is_named:
        expected = header
    assert Picker(names, is_named=is_named).pick(block(raw)) in (None, expected)
