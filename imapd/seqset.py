"""Sequence sets as ranges (RFC 9051 §9 `sequence-set`): parsed, resolved and rendered, never expanded.

Not a set of messages: what a range means is decided by the view that resolves it. A set costs
memory for what the client wrote, not for what it spans.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MAX_NUMBER: Final = 2**32 - 1
STAR: Final = 0
"""Stands for `*`, which no message number and no UID can be."""

_SET: Final = re.compile(rb"(?:[0-9]{1,10}|\*)(?::(?:[0-9]{1,10}|\*))?+")

type Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """Ranges as written; either end may be `STAR`. `is_saved` is `$` (RFC 5182), without ranges."""

    ranges: tuple[Range, ...]
    is_saved: bool = False

    def resolve(self, largest: int) -> list[Range]:
        """Ascending, disjoint, non-adjacent ranges with `*` replaced by `largest`.

        A range is the same in both directions, so `n:*` beyond the end holds the last message
        (RFC 9051 §9). With `largest` 0 there are no messages: whatever uses `*` is left out.
        """
        found: list[Range] = []
        for start, end in self.ranges:
            if largest == 0 and STAR in (start, end):
                continue
            low, high = start or largest, end or largest
            found.append((low, high) if low <= high else (high, low))
        return merge(found)

    def exceeds(self, largest: int) -> bool:
        """Whether a number was written, in a range without `*`, that is above `largest`."""
        return any(
            max(start, end) > largest for start, end in self.ranges if STAR not in (start, end)
        )


def parse(text: bytes) -> SequenceSet:
    """The set that `text` is. Raises ValueError for anything else, zero and overflow included."""
    if text == b"$":
        return SequenceSet((), is_saved=True)
    ranges: list[Range] = []
    for piece in text.split(b","):
        if not _SET.fullmatch(piece):
            raise ValueError("not a sequence set")
        first, colon, second = piece.partition(b":")
        start = _number(first)
        ranges.append((start, _number(second) if colon else start))
    return SequenceSet(tuple(ranges))


def _number(text: bytes) -> int:
    if text == b"*":
        return STAR
    number = int(text)
    if not 0 < number <= MAX_NUMBER:
        raise ValueError("not a message number")
    return number


def merge(ranges: Iterable[Range]) -> list[Range]:
    """The same numbers as ascending ranges that neither overlap nor touch."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def intersect(first: Sequence[Range], second: Sequence[Range]) -> list[Range]:
    """The numbers in both; each argument ascends and does not overlap itself."""
    found: list[Range] = []
    left = right = 0
    while left < len(first) and right < len(second):
        low = max(first[left][0], second[right][0])
        high = min(first[left][1], second[right][1])
        if low <= high:
            found.append((low, high))
        if first[left][1] <= second[right][1]:
            left += 1
        else:
            right += 1
    return found


def of_numbers(numbers: Iterable[int]) -> list[Range]:
    """Ascending numbers as ranges."""
    if isinstance(numbers, list) and _has_no_gap(numbers):
        return [(numbers[0], numbers[-1])]
    ranges: list[Range] = []
    start = previous = 0
    for number in numbers:
        if start and number == previous + 1:
            previous = number
            continue
        if start:
            ranges.append((start, previous))
        start = previous = number
    if start:
        ranges.append((start, previous))
    return ranges


def _has_no_gap(numbers: list[int]) -> bool:
    """Whether these are all numbers between the first and the last."""
    if not numbers or numbers[-1] - numbers[0] + 1 != len(numbers):
        return False
    return numbers == [*range(numbers[0], numbers[-1] + 1)]


def render(ranges: Sequence[Range]) -> bytes:
    """Ranges in wire form, such as `1:3,5`."""
    return b",".join(
        [b"%d" % low if low == high else b"%d:%d" % (low, high) for low, high in ranges]
    )
