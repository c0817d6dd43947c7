"""The receiver of message content: end of data, dot-stuffing, bare line ends, size."""

from functools import partial

import pytest

from smtpd.content import ContentReceiver, Fault
from smtpd.room import ReceivingLimit, Room
from tests.support.effort import effort, takes_at_most


def some_room(max_bytes: int = 1 << 30) -> Room:
    """Room for a message of a client."""
    whole = ReceivingLimit(max_bytes=max_bytes, max_message_bytes=max_bytes)
    return whole.room("192.0.2.1", is_trusted=False)


def receive(wire: bytes, *, step: int | None = None, max_bytes: int = 1 << 20) -> ContentReceiver:
    """Feed `wire` in steps; it must end exactly at its last octet."""
    receiver = ContentReceiver(max_bytes, some_room())
    size = step or len(wire)
    for start in range(0, len(wire), size):
        behind = receiver.feed(wire[start : start + size])
        assert (behind is None) == (start + size < len(wire))
    return receiver


@pytest.mark.parametrize("step", [None, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize(
    ("wire", "raw"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"a\r\n..b\r\n...\r\n.\r\n", b"a\r\n.b\r\n..\r\n"),
        (b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n"),
        (b"a\r\n..\r\n..\r\n.\r\n", b"a\r\n.\r\n.\r\n"),
        (b"a.\r\n\r\n.\r\n", b"a.\r\n\r\n"),
        (b"\x00\xff\xc3\r\n.\r\n", b"\x00\xff\xc3\r\n"),
    ],
)
def test_content_is_unstuffed_however_it_is_cut(wire: bytes, raw: bytes, step: int | None) -> None:
    """RFC 5321 §4.5.2."""
    receiver = receive(wire, step=step)
    assert receiver.raw() == raw
    assert receiver.fault is None


@pytest.mark.parametrize("step", [None, 1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize(
    "inside",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\r\n",
        b"\n\r\n",
        b"a\nb",
        b"a\rb",
        b"\r\n\n",
        b"\r\n\r",
        b"\n\r",
    ],
)
def test_bare_line_ends_are_noticed_and_end_nothing(inside: bytes, step: int | None) -> None:
    """RFC 5321 §2.3.8: only CRLF ends a line, so nothing inside ends the data."""
    receiver = receive(b"head" + inside + b"tail\r\n.\r\n", step=step)
    assert receiver.fault is Fault.BARE_LINE_END


def test_octets_behind_the_end_are_returned() -> None:
    """RFC 2920 §3.1: a client may go on behind the end of data."""
    receiver = ContentReceiver(100, some_room())
    assert receiver.feed(b"a\r\n.\r\nRSET\r\n") == b"RSET\r\n"


@pytest.mark.parametrize("step", [1, 6, None])
def test_size_counts_unstuffed_octets_and_the_limit_is_exact(step: int | None) -> None:
    """RFC 1870 §3: the doubled dots do not count."""
    wire = b"..234567\r\n.\r\n"
    assert receive(wire, step=step, max_bytes=9).raw() == b".234567\r\n"
    assert receive(wire, step=step, max_bytes=8).fault is Fault.TOO_BIG


def test_nothing_is_kept_past_the_limit() -> None:
    """Memory is bounded by the limit, not by the client."""
    receiver = ContentReceiver(1000, some_room())
    for _ in range(50):
        assert receiver.feed(b"x" * 1000) is None
        assert len(receiver._kept._stored) <= 1000
    assert receiver.feed(b"\r\n.\r\n") == b""
    assert receiver.fault is Fault.TOO_BIG


def test_content_of_dots_and_line_ends_costs_linear_time() -> None:
    """The worst content for the search costs at most a few times what plain text costs."""

    def read(wire: bytes) -> object:
        return receive(wire + b"\r\n.\r\n", step=65536, max_bytes=1 << 24)

    size = 1 << 20
    plain = min(effort(lambda: read(b"x" * 4 * size)) for _ in range(3))
    for pattern in (b"\r\n..", b"\r\n.x", b".", b"\r\n"):
        hostile = pattern * (4 * size // len(pattern))
        assert takes_at_most(plain * 60 + 0.3, partial(read, hostile)), pattern
