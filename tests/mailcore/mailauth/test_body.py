"""Body hashes (RFC 6376 §3.4.3, §3.4.4), compared with the stock implementation."""

import hashlib

import pytest
from dkim.canonicalization import Relaxed, Simple
from hypothesis import given
from hypothesis import strategies as st

from mailcore.mailauth.body import Canonical, hash_body
from tests.support.effort import takes_at_most

STOCK = {Canonical.SIMPLE: Simple, Canonical.RELAXED: Relaxed}
LINES = st.lists(st.text(alphabet=" \tab.", max_size=6), max_size=12)


def sha(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


@pytest.mark.parametrize(
    ("form", "body", "canonical"),
    [
        (Canonical.SIMPLE, b"", b"\r\n"),
        (Canonical.SIMPLE, b"\r\n\r\n", b"\r\n"),
        (Canonical.SIMPLE, b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n"),
        (Canonical.SIMPLE, b"no end", b"no end\r\n"),
        (Canonical.RELAXED, b"", b""),
        (Canonical.RELAXED, b"\r\n \t\r\n", b""),
        (Canonical.RELAXED, b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n"),
        (Canonical.RELAXED, b"a\r\n\r\n \r\nb\r\n", b"a\r\n\r\n\r\nb\r\n"),
    ],
)
def test_a_body_is_hashed_in_its_canonical_form(form, body, canonical):
    """The examples of RFC 6376 §3.4.5 and their edges."""
    assert hash_body(b"H: x\r\n\r\n" + body, 8, form).digest == sha(canonical)


@given(lines=LINES, form=st.sampled_from(Canonical))
def test_every_body_of_whole_lines_hashes_as_the_stock_does(lines, form):
    body = "".join(f"{line}\r\n" for line in lines).encode()
    found = hash_body(body, 0, form)
    stock = STOCK[form].canonicalize_body(body)
    assert (found.digest, found.size_bytes) == (sha(stock), len(stock))


@given(lines=LINES, form=st.sampled_from(Canonical), size=st.integers(1, 9))
def test_cutting_into_pieces_changes_nothing(lines, form, size):
    body = "".join(f"{line}\r\n" for line in lines).encode()
    assert hash_body(body, 0, form, piece_octets=size) == hash_body(body, 0, form)


def test_a_limit_hashes_the_beginning_and_counts_the_whole():
    """RFC 6376 §3.5, `l=`."""
    found = hash_body(b"abcdef\r\n", 0, Canonical.SIMPLE, 3)
    assert (found.digest, found.size_bytes) == (sha(b"abc"), 8)


@pytest.mark.parametrize(
    "body",
    [
        b" " * 2_000_000,
        b"\t " * 1_000_000,
        b"\r\n" * 1_000_000,
        b" \r\n" * 600_000,
        b"\r" * 2_000_000,
        b"a " * 1_000_000,
        b"\n\r" * 1_000_000,
    ],
)
def test_hostile_bodies_take_linear_time(body):
    assert takes_at_most(1.0, lambda: hash_body(body, 0, Canonical.RELAXED))
