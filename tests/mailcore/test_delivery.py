"""What is analyzed on the loop, and what in a thread."""

import pytest

from mailcore.delivery import is_quick
from tests.support import mail_samples

_PARTS = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "is_inline"),
    [
        (mail_samples.plain(), True),
        (_PARTS + b"--x\r\n\r\n" * 20, True),
        (_PARTS + b"--x\r\n\r\n" * 4000, False),
        (b"From: " + b"a@b.example, " * 2000 + b"\r\n\r\n", False),
        (b"\r\n" + b"x" * 100_000, True),
        (b"\r\n" + b"x" * 140_000, False),
        (_PARTS + b"--x\r\n\r\n" + b"x" * 40_000, False),
        (b"Content-Type: Text/HTML\r\n\r\n" + b"<div>" * 8000, False),
        (b"Content-Type: MESSAGE/rfc822\r\n\r\nTo: " + b"a@b.example, " * 4000, False),
    ],
    ids=[
        *("plain", "parts", "very many parts", "very many addresses", "large text", "larger"),
        *("large parts", "large HTML", "a large message inside"),
    ],
)
def test_the_loop_analyzes_only_what_is_short_work(raw: bytes, is_inline: bool) -> None:
    """Many parts or addresses in few octets are a tenth of a second of work."""
    assert is_quick(raw) is is_inline
