"""What every match of a pattern begins with, where finding that first is cheaper than the pattern.

A pattern whose wide gaps may begin anywhere keeps an automaton busy with all the places where one has
begun. Tried only where its head stands, it has one to follow. The matches are the same: the first
one begins at the first head from which the whole pattern matches. Heads are for patterns in which
all that follows the head is bounded, so that a try is, too.
"""

import functools
from typing import Final

from guard.expressions import ENDLESS, Element, least, parts

_WIDE: Final = 16
_VERY_WIDE: Final = 100
"""The gaps a head ends at: of nearly all characters, of those of a class."""
_COSTLY: Final = 40
"""The gap behind a head that is worth one."""
_FEWEST: Final = 2
"""Octets of a head that tells anything."""


@functools.cache
def head(pattern: str) -> str:
    """What every match begins with, empty where nothing is worth looking for first."""
    flags, ways = parts(pattern)
    if len(ways) != 1:
        return ""
    told, rest = _begun(ways[0])
    widest = max((one.gap for one in rest), default=0)
    if not _COSTLY <= widest < ENDLESS - _VERY_WIDE:
        return ""
    _, found = parts(told)
    return flags + told if least(found[0]) >= _FEWEST else ""


def _begun(elements: tuple[Element, ...]) -> tuple[str, tuple[Element, ...]]:
    """The sequence up to its first wide gap, and what begins with that."""
    told: list[str] = []
    for index, one in enumerate(elements):
        limit = _WIDE if one.is_open else _VERY_WIDE
        if one.gap < limit and not (one.inside and _has_open_gap(one)):
            told.append(one.text)
            continue
        if len(one.inside) == 1 and one.is_once:
            inner, _ = _begun(one.inside[0])
            told.append(f"{one.opening}{inner})" if inner else "")
        elif not one.inside and not one.is_open and one.low:
            told.append(f"{one.atom}{{{one.low}}}")
        return "".join(told), elements[index:]
    return "".join(told), ()


def _has_open_gap(one: Element) -> bool:
    return any(
        (inner.is_open and inner.gap >= _WIDE) or _has_open_gap(inner)
        for way in one.inside
        for inner in way
    )
