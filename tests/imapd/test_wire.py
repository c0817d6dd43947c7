"""Framing: lines, literals, limits."""

import pytest

from imapd.wire import (
    BEFORE_LOGIN,
    Continue,
    Frame,
    Framer,
    Refused,
    WireError,
    after_login,
    tag_of,
)

AFTER = after_login(10 * 1024 * 1024)


def fed(*pieces: bytes, framer: Framer | None = None) -> Framer:
    """A framer with octets in it."""
    one = framer or Framer(AFTER)
    for piece in pieces:
        one.feed(piece)
    return one


def pour(framer: Framer, pieces: list[bytes]) -> None:
    """Feed pieces, taking what comes after each."""
    for piece in pieces:
        framer.feed(piece)
        framer.next_frame()


def test_a_line_is_a_command() -> None:
    """RFC 9051 §2.2."""
    assert fed(b"a1 NOOP\r\n").next_frame() == Frame((b"a1 NOOP",))


def test_nothing_comes_of_half_a_line() -> None:
    """A frame waits for its end."""
    framer = fed(b"a1 NO")
    assert framer.next_frame() is None
    framer.feed(b"OP\r\n")
    assert framer.next_frame() == Frame((b"a1 NOOP",))


def test_a_command_may_come_octet_by_octet() -> None:
    """Packets mean nothing."""
    framer = Framer(AFTER)
    whole = b"a LOGIN {3+}\r\nmia {2+}\r\npw\r\n"
    found = []
    for octet in whole:
        framer.feed(bytes([octet]))
        if (step := framer.next_frame()) is not None:
            found.append(step)
    assert found == [Frame((b"a LOGIN ", b" ", b""), (b"mia", b"pw"))]


def test_pipelined_commands_come_out_one_by_one() -> None:
    """RFC 9051 §5.5."""
    framer = fed(b"a NOOP\r\nb NOOP\r\nc")
    assert [framer.next_frame() for _ in range(3)] == [
        Frame((b"a NOOP",)),
        Frame((b"b NOOP",)),
        None,
    ]


def test_a_synchronizing_literal_waits_for_the_continuation() -> None:
    """RFC 9051 §4.3."""
    framer = fed(b"a LOGIN {3}\r\n")
    assert framer.next_frame() == Continue()
    assert framer.next_frame() is None
    framer.feed(b"mia pw\r\n")
    assert framer.next_frame() == Frame((b"a LOGIN ", b" pw"), (b"mia",))


def test_a_literal_may_hold_line_ends_and_markers() -> None:
    """RFC 9051 §4.3: literals are counted, not read."""
    framer = fed(b"a X {8+}\r\n1\r\n{5}\r\n2\r\n")
    assert framer.next_frame() == Frame((b"a X ", b"2"), (b"1\r\n{5}\r\n",))


def test_an_empty_literal_is_a_literal() -> None:
    """RFC 9051 §4.3: zero octets are allowed."""
    assert fed(b"a X {0+}\r\n\r\n").next_frame() == Frame((b"a X ", b""), (b"",))


def test_a_bare_line_feed_ends_a_line_too() -> None:
    """Tolerance for hand-typed sessions."""
    assert fed(b"a NOOP\n").next_frame() == Frame((b"a NOOP",))


def test_a_line_at_the_limit_passes() -> None:
    """8 KiB before login."""
    line = b"a " + b"x" * (BEFORE_LOGIN.line_bytes - 2)
    assert fed(line + b"\r\n", framer=Framer()).next_frame() == Frame((line,))


def test_a_line_over_the_limit_is_refused_with_its_tag() -> None:
    """The session stays in step and answers that command."""
    framer = fed(b"a " + b"x" * 9000 + b"\r\nb NOOP\r\n", framer=Framer())
    assert framer.next_frame() == Refused(b"a", False, "the command line is too long")
    assert framer.next_frame() == Frame((b"b NOOP",))


def test_a_line_over_the_limit_is_not_kept_while_it_comes() -> None:
    """Memory stays bounded before the line end has been seen."""
    framer = Framer()
    for _ in range(12):
        framer.feed(b"x" * 9000)
        assert framer.next_frame() is None
        assert framer.buffered < 100
    framer.feed(b"\r\n")
    assert isinstance(framer.next_frame(), Refused)


def test_a_line_without_end_is_cut_off() -> None:
    """Somebody who never ends a line is no mail program."""
    framer = Framer()
    with pytest.raises(WireError):
        pour(framer, [b"x" * 9000] * 100)


def test_a_synchronizing_literal_over_the_limit_is_refused_at_once() -> None:
    """RFC 9051 §4.3: the client waits, so the command can end with NO."""
    framer = fed(b"a LOGIN {5000}\r\n", framer=Framer())
    step = framer.next_frame()
    assert isinstance(step, Refused)
    assert (step.tag, step.is_too_big) == (b"a", True)
    framer.feed(b"b NOOP\r\n")
    assert framer.next_frame() == Frame((b"b NOOP",))


def test_a_non_synchronizing_literal_over_the_limit_ends_the_stream() -> None:
    """RFC 7888 §4: there is no other way to stay in step."""
    framer = fed(b"a LOGIN {5000+}\r\n", framer=Framer())
    with pytest.raises(WireError, match="literal"):
        framer.next_frame()


@pytest.mark.parametrize("size", [b"99999999999999999999", b"9" * 40])
def test_absurd_literal_sizes_are_too_big(size: bytes) -> None:
    """Sizes are compared, not allocated."""
    assert isinstance(fed(b"a X {" + size + b"}\r\n").next_frame(), Refused)


def test_many_small_literals_are_too_many_together() -> None:
    """1 MiB of literals a command after login."""
    framer = fed(b"a X ")
    with pytest.raises(WireError, match="together"):
        pour(framer, [b"{90000+}\r\n" + b"x" * 90000 + b" "] * 20)


def test_the_number_of_literals_is_limited() -> None:
    """1,000 after login."""
    framer = fed(b"a X " + b"{1+}\r\nx " * 1001 + b"\r\n")
    with pytest.raises(WireError, match="many"):
        framer.next_frame()


def test_the_message_of_an_append_may_be_large() -> None:
    """Up to the configured size, in whatever pieces it comes."""
    size = 3 * 1024 * 1024
    framer = fed(b"a APPEND INBOX {%d+}\r\n" % size)
    for _ in range(48):
        assert framer.next_frame() is None
        assert framer.buffered == 0
        framer.feed(b"y" * 65536)
    framer.feed(b"\r\n")
    frame = framer.next_frame()
    assert isinstance(frame, Frame)
    assert frame.literals == (b"y" * size,)


def test_the_mailbox_of_an_append_is_an_ordinary_literal() -> None:
    """Only the message gets the large limit."""
    assert isinstance(fed(b"a APPEND {200000}\r\n").next_frame(), Refused)


def test_the_message_after_a_literal_mailbox_may_be_large() -> None:
    """Names in literals do not lower the limit of the message."""
    framer = fed(b"a append {5+}\r\nINBOX {200000}\r\n")
    assert framer.next_frame() == Continue()


def test_an_append_over_its_limit_is_refused() -> None:
    """RFC 7889: APPENDLIMIT."""
    step = fed(b"a APPEND INBOX {10485761}\r\n").next_frame()
    assert isinstance(step, Refused)
    assert "10485760" in step.message


def test_the_messages_of_one_append_are_limited_together() -> None:
    """RFC 3502 sets no limit; the memory of a session does: twice the largest message."""
    message = b"{1000+}\r\n" + b"x" * 1000
    limits = after_login(1000)
    assert fed(b"a APPEND INBOX " + message * 2 + b"\r\n", framer=Framer(limits)).next_frame()
    three = fed(b"a APPEND INBOX " + message * 2 + b" {1000}\r\n", framer=Framer(limits))
    assert isinstance(three.next_frame(), Refused)


def test_an_append_before_login_has_no_privilege() -> None:
    """Nobody has logged in: 4 KiB."""
    step = fed(b"a APPEND INBOX {5000}\r\n", framer=Framer()).next_frame()
    assert isinstance(step, Refused)


def test_literals_of_a_refused_command_are_skipped() -> None:
    """After an over-long line its non-synchronizing literal is not taken for commands."""
    framer = fed(b"a " + b"x" * 9000 + b" {8+}\r\nb NOOP\r\n\r\nc NOOP\r\n", framer=Framer())
    assert isinstance(framer.next_frame(), Refused)
    assert framer.next_frame() == Frame((b"c NOOP",))


def test_clearing_forgets_what_was_sent_ahead() -> None:
    """RFC 9051 §6.2.1: plaintext before TLS is discarded."""
    framer = fed(b"a LOGIN {100+}\r\nsome")
    framer.next_frame()
    framer.clear()
    framer.feed(b"b NOOP\r\n")
    assert framer.next_frame() == Frame((b"b NOOP",))


def test_a_line_can_be_taken_by_itself() -> None:
    """DONE and answers to challenges are no commands; what follows stays."""
    framer = fed(b"DONE\r\na NOOP\r\n")
    assert framer.next_line() == b"DONE"
    assert framer.next_frame() == Frame((b"a NOOP",))


def test_a_single_line_has_the_limit_too() -> None:
    """No endless answers to a challenge."""
    framer = fed(b"x" * 9000, framer=Framer())
    with pytest.raises(WireError):
        framer.next_line()


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        (b"a1 X", b"a1"),
        (b"+ X", b"*"),
        (b"", b"*"),
        (b"a(b X", b"*"),
        (b"]^ X", b"]^"),
        (b"a", b"a"),
    ],
)
def test_the_tag_is_what_stands_first(text: bytes, tag: bytes) -> None:
    """RFC 9051 §9 tag: no plus sign, none of the specials."""
    assert tag_of(text) == tag


@pytest.mark.parametrize(
    "pieces",
    [
        [b"a NO"],
        [b"a APPEND x {5}\r\n"],
        [b"a APPEND x {5+}\r\nhe"],
        [b"a APPEND x {5+}\r\nhello"],
        [b"a APPEND x {5+}\r\nhello\r"],
    ],
    ids=["line", "literal wanted", "literal begun", "literal whole", "end of line begun"],
)
def test_a_command_without_its_end_is_partial(pieces: list[bytes]) -> None:
    framer = Framer(AFTER)
    assert not framer.is_partial
    pour(framer, pieces)
    assert framer.is_partial


def test_behind_a_whole_command_nothing_is_partial() -> None:
    framer = fed(b"a APPEND x {5+}\r\nhello\r\n")
    assert isinstance(framer.next_frame(), Frame)
    assert framer.next_frame() is None
    assert not framer.is_partial
