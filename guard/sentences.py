"""Where sentences end, and how near words must stand to belong together."""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from typing import Final

_END: Final = re.compile(
    rb"[.!?]?\n[\s>]*(?:[-*#]|[0-9]{1,2}[.)])|[.!?](?=[\s\"')\]*_]|$)|[!?.](?=[\xe3-\xef])|\n[ \t>]*\n"
)
_ACROSS: Final = re.compile(rb"\n[ \t>]*(?:[-=*_#~+]{5,}|-- ?(?=\n))")
"""A line across the page, or above a signature: what stands on either side has little to do with the other."""
_MANY: Final = 20
"""Ends of sentences that such a line counts for."""
_SHORT: Final = 1000
"""Characters of a text in which everything is about one thing."""
_NEAREST: Final = 0.4
_MARGIN: Final = 8
"""Octets of marks at the beginning of a line."""
_FULL_LINE: Final = 45
"""Characters of a line that may be broken because it is full."""


class Sentences:
    """The sentences of a text of octets; looked for when somebody asks."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets

    @cached_property
    def _ends(self) -> list[int]:
        ends = [hit.end() for hit in _END.finditer(self._octets)]
        lines = [hit.end() for hit in _ACROSS.finditer(self._octets)]
        return sorted(ends + lines * _MANY)

    @property
    def bounds(self) -> list[int]:
        """The beginning, all ends, the end."""
        return [0, *self._ends, len(self._octets)]

    def between(self, start: int, end: int) -> int:
        """How many sentences end there."""
        return bisect_left(self._ends, end) - bisect_left(self._ends, start)

    def number(self, position: int) -> int:
        """In which sentence a position is."""
        return bisect_left(self._ends, position)

    def others(self, ends: Iterable[int], positions: Iterable[int]) -> list[int]:
        """Those of `ends` that are in no sentence with one of `positions`."""
        numbers = {self.number(position) for position in positions}
        return [end for end in ends if self.number(end) not in numbers]


def nearness(characters: float) -> float:
    """How much nearer than in a short text words must stand: in a long one all words occur somewhere."""
    return max(_NEAREST, min(1.0, math.sqrt(_SHORT / characters))) if characters else 1.0


def is_wrapped(octets: bytes, position: int) -> bool:
    """Whether a line begins there only because the one before was full of words."""
    start = octets.rfind(b"\n", max(position - _MARGIN, 0), position)
    if start < 0 or octets[start:position].strip(b" \t\n>"):
        return False
    line = octets[octets.rfind(b"\n", max(start - _FULL_LINE, 0), start) + 1 : start].rstrip()
    return len(line) >= _FULL_LINE and line.rpartition(b" ")[2].isalpha()
