import base64
from collections.abc import Callable

import pytest

from guard.eval.mails import File, mail
from mailcore.policy import Ruling
from tests.support.effort import grows_no_faster_than

SMALL, LARGE = 12_500, 100_000
SLACK = 2.5
"""How much more than linear a noisy machine may look; the square would be eight times."""


def filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


def is_linear(act: Callable[[int], object]) -> bool:
    """Whether eight times the text costs about eight times as much."""
    limit = LARGE / SMALL * SLACK
    return grows_no_faster_than(limit, lambda: act(SMALL), lambda: act(LARGE), at_least=0.01)


UNITS = [
    "a", " ", "\n", "1", "1 ", "password: ", "password is x ", " is the", "A=b\n", '"', "<", "<a>", "<!--",
    "&#", "&#104;", "%41", "%25", "4539148803436467 ", "a@b.co,", "10.1.2.3 ", "https://a:b@c.d/ ",
    "e\u0301\u0327\u0323", "a\u200b", "密码", "a b ", "abcd ", "eyJaaaaaaaaaaaa.", "-----BEGIN ", "\\u0041",
    "DE89 3704 0044 0532 0130 01 ", "backup codes 1a2b ", "wire transfer to ", "=41=42", "104 117 ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_repetition_costs_linear_time(judge, unit):
    assert is_linear(lambda size: judge(mail(text=filled(unit, size))))


@pytest.mark.parametrize("unit", ["<", "<a>", "<div><p ", "<!--", "</", '<a href="', "&amp"])
def test_hostile_html_costs_linear_time(judge, score, unit):
    """Nesting, attributes and comments without end."""

    def look(size: int) -> None:
        raw = mail(html=filled(unit, size))
        judge(raw)
        score(raw)

    assert is_linear(look)


def test_a_tag_with_many_attributes_costs_linear_time(judge, score):
    """Twelve thousand of them."""

    def look(size: int) -> None:
        raw = mail(html="<p " + " ".join(f"a{n}=x" for n in range(size // 8)) + ">hi</p>")
        judge(raw)
        score(raw)

    assert is_linear(look)


def test_candidates_without_end_are_held(judge):
    """More look-alikes than can be judged are never clean."""
    assert judge(mail(text="pw=abc " * 145_000)).ruling is Ruling.HOLD


def test_random_octets_never_raise(judge):
    """Neither as a message nor as an attachment."""
    octets = bytes((n * n + n // 7) % 256 for n in range(20_000))
    judge(octets)
    judge(
        mail(
            files=(File(name="x", content_type="application/zip", payload=b"PK\x03\x04" + octets),)
        )
    )
    judge(
        mail(files=(File(name="x", content_type="x/y", payload=octets[:257] + b"ustar" + octets),))
    )


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\r\n\r\n", b":", b"\x00" * 100, b"\xff" * 1000])
def test_broken_messages_never_raise(judge, score, raw):
    """Anything can be submitted."""
    judge(raw)
    score(raw)


def test_hundreds_of_parts_are_held(judge):
    """Parts are bounded, and what is over the bound is not clean."""
    part = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    head = b'From: a@b.example\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    assert judge(head + part * 300 + b"--b--\r\n").ruling is Ruling.HOLD


def test_encoded_noise_passes(judge):
    """Random base64 is neither text nor a finding."""
    octets = bytes((n * 7919 + n * n) % 251 for n in range(300_000))
    assert judge(mail(text=base64.encodebytes(octets).decode())).ruling is Ruling.ALLOW
