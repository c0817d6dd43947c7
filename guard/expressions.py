"""The parts of a pattern: atoms with their repeats, and groups with their alternatives.

Of RE2 syntax what the rule tables use; a pattern is not judged here, only taken apart.
"""

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
ENDLESS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One atom of a sequence with its repeat."""

    atom: str
    low: int
    high: int
    inside: tuple[tuple["Element", ...], ...]
    """The alternatives of a group."""
    opening: str
    text: str

    @property
    def least(self) -> int:
        """The fewest octets it matches."""
        if self.is_assertion:
            return 0
        own = 1 if self.atom[0] in _CLASSES else len(self.atom.encode())
        return self.low * (min(map(least, self.inside)) if self.inside else own)

    @property
    def is_assertion(self) -> bool:
        """Whether it is a place, not a character."""
        return self.atom in _ASSERTIONS

    @property
    def is_once(self) -> bool:
        """Whether it is there once."""
        return (self.low, self.high) == (1, 1)

    @property
    def gap(self) -> int:
        """The widest gap in it, in characters that may or may not be there."""
        own = self.high - self.low if not self.inside or self.high > 1 else 0
        return max(own, *(one.gap for way in self.inside for one in way), 0)

    @property
    def is_open(self) -> bool:
        """Whether it is one of nearly all characters."""
        return self.atom == "." or self.atom.startswith("[^")


def parts(pattern: str) -> tuple[str, tuple[tuple[Element, ...], ...]]:
    """The flags in front of a pattern, and its alternatives."""
    flags = _FLAGS.match(pattern)
    start = flags.end() if flags else 0
    ways, _ = _ways(pattern, start)
    return pattern[:start], ways


def least(elements: tuple[Element, ...]) -> int:
    """The fewest octets that a sequence matches."""
    return sum(one.least for one in elements)


def _ways(pattern: str, start: int) -> tuple[tuple[tuple[Element, ...], ...], int]:
    """The alternatives from `start` to the end of the group, and where that is."""
    ways: list[tuple[Element, ...]] = []
    elements: list[Element] = []
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


def _element(pattern: str, at: int) -> tuple[Element, int]:
    atom = _ATOM.match(pattern, at)
    if atom is None:
        raise ValueError(pattern[at:])
    end = atom.end()
    inside: tuple[tuple[Element, ...], ...] = ()
    if atom[0].startswith("("):
        inside, end = _ways(pattern, end)
        end += 1
    repeat = _REPEAT.match(pattern, end)
    low, high = _bounds(repeat)
    stop = repeat.end() if repeat else end
    return Element(
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
        return {"?": (0, 1), "*": (0, ENDLESS), "+": (1, ENDLESS)}[repeat[0][0]]
    low = int(repeat[1])
    if repeat[2] is None:
        return low, low
    return low, int(repeat[2][1:]) if repeat[2] != "," else ENDLESS
