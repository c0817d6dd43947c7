"""The form DATA wants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.outbound.reply import from_response
from mailcore.outbound.wire import prepare


@pytest.mark.parametrize(
    ("raw", "wire"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b".\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.b\r\n..\r\n", b"a\r\n..b\r\n...\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_end_is_marked(raw, wire):
    """RFC 5321 §4.5.2."""
    assert prepare(raw).octets == wire


@given(st.text(alphabet=".a", max_size=30).map(lambda t: t.replace("a", "a\r\n")))
def test_unstuffing_gives_back_the_message(text):
    raw = text.encode() + b"\r\n"
    lines = prepare(raw).octets.removesuffix(b".\r\n").split(b"\r\n")
    assert b"\r\n".join(line.removeprefix(b".") for line in lines) == raw


@pytest.mark.parametrize("raw", [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n.\n", b"a\r\r\n", b"\n"])
def test_a_lone_cr_or_lf_is_a_problem(raw):
    """RFC 5321 §2.3.8."""
    assert prepare(raw).problem


@pytest.mark.parametrize(
    ("raw", "is_8bit", "has_utf8_header"),
    [
        (b"Subject: a\r\n\r\nb\r\n", False, False),
        ("Subject: a\r\n\r\nü\r\n".encode(), True, False),
        ("Subject: ü\r\n\r\nb\r\n".encode(), True, True),
        ("Subject: ü\r\n\r\nb\r\n".encode("latin-1"), True, False),
    ],
)
def test_what_a_message_asks_of_a_host(raw, is_8bit, has_utf8_header):
    """RFC 6152, RFC 6532."""
    wire = prepare(raw)
    assert (wire.is_8bit, wire.has_utf8_header) == (is_8bit, has_utf8_header)


@pytest.mark.parametrize(
    ("code", "text", "enhanced", "clean"),
    [
        (250, "2.0.0 Ok: queued", "2.0.0", "Ok: queued"),
        (550, "5.1.1 no\n5.1.1 such user", "5.1.1", "no such user"),
        (550, "no code", "5.0.0", "no code"),
        (450, "5.1.1 confused", "4.0.0", "confused"),
        (250, "", "2.0.0", ""),
        (550, "5.7.1 a\x00b\udcff", "5.7.1", "a?b?"),
    ],
)
def test_a_reply_is_read_into_its_parts(code, text, enhanced, clean):
    """RFC 2034, RFC 3463."""
    reply = from_response(code, text)
    assert (reply.code, reply.enhanced_code, reply.text) == (code, enhanced, clean)


@pytest.mark.parametrize("code", [-1, 0, 100, 999])
def test_a_reply_outside_the_protocol_is_temporary(code):
    assert from_response(code, "hello").is_temporary


def test_a_reply_never_fills_the_log():
    assert len(from_response(550, "x" * 30_000).text) <= 500
