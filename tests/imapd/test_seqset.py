"""Sequence sets: ranges as written, resolved, merged, rendered."""

import pytest

from imapd.seqset import SequenceSet, merge, of_numbers, parse, render


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"*", ((0, 0),)),
        (b"2:4", ((2, 4),)),
        (b"4:2,7", ((4, 2), (7, 7))),
        (b"5:*", ((5, 0),)),
        (b"1:4294967295", ((1, 4294967295),)),
    ],
)
def test_a_set_is_kept_as_written(text: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    """RFC 9051 §9 sequence-set."""
    assert parse(text).ranges == ranges


@pytest.mark.parametrize(
    "text", [b"", b"0", b"1,", b",1", b"1:", b":1", b"1:2:3", b"**", b"4294967296", b"1;2", b"a"]
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    """RFC 9051 §9: numbers are 1 to 4294967295."""
    with pytest.raises(ValueError, match="not a"):
        parse(text)


def test_a_range_that_starts_beyond_the_end_holds_the_last_message() -> None:
    """RFC 9051 §9: `3291:*` includes the last UID even when it is less."""
    assert parse(b"99:*").resolve(7) == [(7, 99)]


def test_ranges_are_merged_in_ascending_order() -> None:
    """Overlap and adjacency make one range, in whatever order they were written."""
    assert parse(b"9:8,1,2:3,3:5").resolve(10) == [(1, 5), (8, 9)]


def test_star_names_nothing_in_an_empty_mailbox() -> None:
    """A star without messages resolves to no range."""
    assert parse(b"*,1:*").resolve(0) == []


def test_a_huge_range_costs_one_pair() -> None:
    """Sets are never expanded."""
    assert len(parse(b"1:4294967295").resolve(10)) == 1


@pytest.mark.parametrize(
    ("text", "exceeds"), [(b"1:5", True), (b"1:3", False), (b"5:*", False), (b"4", True)]
)
def test_only_numbers_without_star_exceed(text: bytes, exceeds: bool) -> None:
    """`n:*` is always valid, a plain number must exist."""
    assert parse(text).exceeds(3) is exceeds


def test_numbers_become_ranges_and_text() -> None:
    """COPYUID and friends list runs as ranges (RFC 4315 §4)."""
    ranges = of_numbers([3, 4, 5, 9, 11, 12])
    assert ranges == [(3, 5), (9, 9), (11, 12)]
    assert render(ranges) == b"3:5,9,11:12"


def test_no_numbers_are_no_ranges() -> None:
    """The empty case."""
    assert of_numbers([]) == []
    assert merge([]) == []
    assert SequenceSet(()).resolve(5) == []
