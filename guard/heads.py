"""What every match of a pattern begins with, where finding that first is cheaper than the pattern.

A pattern whose wide gaps may begin anywhere keeps an automaton busy with all the places where one has
begun. Tried only where its head stands, it has one to follow. The matches are the same: the first
one begins at the first head from which the whole pattern matches. Heads are for patterns in which
all that follows the head is bounded, so that a try is, too.
"""

import functools
import re
from dataclasses import dataclass
from typing import Final

_FLAGS: Final = re.compile(r"\(\?[a-z]+\)")
_ATOM: Final = re.compile(
    r"\\x[0-9a-fA-F]{2}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?:\?(?:P<\w+>|[a-z\-]*:))?|[^()|]",
    re.DOTALL,
)
_REPEAT: Final = re.compile(r"(?:[*+?]|\{([0-9]+)(,[0-9]*)?\})\??")
_ASSERTIONS: Final = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\z"})
_CLASSES: Final = ("[", "\\", ".")
_ENDLESS: Final = 1_000_000
_WIDE: Final = 16
_VERY_WIDE: Final = 100
"""The gaps a head ends at: of nearly all characters, of those of a class."""
_COSTLY: Final = 40
"""The gap behind a head that is worth one."""
_FEWEST: Final = 2
"""Octets of a head that tells anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Element:
    """One atom of a sequence with its repeat."""

    atom: str
    low: int
    high: int
    inside: tuple[tuple["_Element", ...], ...]
    """The alternatives of a group."""
    opening: str
    text: str

    @property
    def least(self) -> int:
        """The fewest octets it matches."""
        if self.atom in _ASSERTIONS:
            return 0
        own = 1 if self.atom[0] in _CLASSES else len(self.atom.encode())
        return self.low * (min(map(_least, self.inside)) if self.inside else own)

    @property
    def gap(self) -> int:
        """The widest gap in it, in characters that may or may not be there."""
        own = self.high - self.low if not self.inside or self.high > 1 else 0
        return max(own, *(one.gap for way in self.inside for one in way), 0)

    @property
    def is_open(self) -> bool:
        """Whether it is one of nearly all characters."""
        return self.atom == "." or self.atom.startswith("[^")


@functools.cache
def head(pattern: str) -> str:
    """What every match begins with, empty where nothing is worth looking for first."""
    flags = _FLAGS.match(pattern)
    start = flags.end() if flags else 0
    ways, _ = _ways(pattern, start)
    if len(ways) != 1:
        return ""
    elements = ways[0]
    told, rest = _begun(elements)
    widest = max((one.gap for one in rest), default=0)
    if not _COSTLY <= widest < _ENDLESS - _VERY_WIDE:
        return ""
    found, _ = _ways(told, 0)
    return pattern[:start] + told if _least(found[0]) >= _FEWEST else ""


def _begun(elements: tuple[_Element, ...]) -> tuple[str, tuple[_Element, ...]]:
    """The sequence up to its first wide gap, and what begins with that."""
    told: list[str] = []
    for index, one in enumerate(elements):
        limit = _WIDE if one.is_open else _VERY_WIDE
        if one.gap < limit and not (one.inside and _has_open_gap(one)):
            told.append(one.text)
            continue
        if len(one.inside) == 1 and (one.low, one.high) == (1, 1):
            inner, _ = _begun(one.inside[0])
            told.append(f"{one.opening}{inner})" if inner else "")
        elif not one.inside and not one.is_open and one.low:
            told.append(f"{one.atom}{{{one.low}}}")
        return "".join(told), elements[index:]
    return "".join(told), ()


def _has_open_gap(one: _Element) -> bool:
    return any(
        (inner.is_open and inner.gap >= _WIDE) or _has_open_gap(inner)
        for way in one.inside
        for inner in way
    )


def _least(elements: tuple[_Element, ...]) -> int:
    return sum(one.least for one in elements)


def _ways(pattern: str, start: int) -> tuple[tuple[tuple[_Element, ...], ...], int]:
    """The alternatives from `start` to the end of the group, and where that is."""
    ways: list[tuple[_Element, ...]] = []
    elements: list[_Element] = []
    at = start
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            ways.append(tuple(elements))
            elements = []
            at += 1
            continue
        one, at = _element(pattern, at)
        elements.append(one)
    return (*ways, tuple(elements)), at


def _element(pattern: str, at: int) -> tuple[_Element, int]:
    atom = _ATOM.match(pattern, at)
    if atom is None:
        raise ValueError(pattern[at:])
    end = atom.end()
    inside: tuple[tuple[_Element, ...], ...] = ()
    if atom[0].startswith("("):
        inside, end = _ways(pattern, end)
        end += 1
    repeat = _REPEAT.match(pattern, end)
    low, high = _bounds(repeat)
    stop = repeat.end() if repeat else end
    return _Element(
        atom=pattern[at:end],
        low=low,
        high=high,
        inside=inside,
        opening=atom[0],
        text=pattern[at:stop],
    ), stop


def _bounds(repeat: re.Match[str] | None) -> tuple[int, int]:
    if repeat is None:
        return 1, 1
    if repeat[1] is None:
        return {"?": (0, 1), "*": (0, _ENDLESS), "+": (1, _ENDLESS)}[repeat[0][0]]
    low = int(repeat[1])
    if repeat[2] is None:
        return low, low
    return low, int(repeat[2][1:]) if repeat[2] != "," else _ENDLESS
