"""Lists of words taken apart for the automata: long words by themselves, the others as they were.

Words with their boundaries cost an automaton many times what plain words do, to make and to keep. A
long word is hardly ever part of another, so that it is looked for without its boundaries and without
what may or may not follow it. Whoever finds one confirms with the pattern itself.
"""

import re
from typing import Final

from guard.expressions import Element, parts

_FEWEST: Final = 4
"""Long words for which a list is worth taking apart."""
_PLAIN: Final = re.compile(
    r"[A-Za-z0-9 _'@#/:;,<>=!%&~\"\-]|[^\x00-\x7f]|\\[.\-/'\"=:+$]", re.DOTALL
)
_LETTERS: Final = re.compile(r"[A-Za-z]{6}|[^\x00-\x7f]{3}")
"""Letters in a row that make a word long; of other alphabets half as many do."""


def taken_apart(pattern: str) -> tuple[str, ...]:
    """Patterns of which one occurs wherever `pattern` does; `pattern` where it is no list of words."""
    flags, ways = parts(pattern)
    folds = "i" in flags
    if len(ways) == 1:
        groups = [one for one in ways[0] if not one.is_assertion]
        if len(groups) != 1 or not groups[0].is_once:
            return (pattern,)
    words, rest = _sorted(ways, folds=folds)
    if len(words) < _FEWEST:
        return (pattern,)
    plain = tuple(dict.fromkeys(words))
    return (*plain, flags + rest) if rest else plain


def _sorted(ways: tuple[tuple[Element, ...], ...], *, folds: bool) -> tuple[list[str], str]:
    """The long words of a list, and the list of what is none."""
    words: list[str] = []
    left: list[str] = []
    for way in ways:
        found, rest = _looked_for(way, folds=folds)
        words.extend(found)
        if rest is not None:
            left.append(rest)
    return words, "|".join(left)


def _looked_for(way: tuple[Element, ...], *, folds: bool) -> tuple[list[str], str | None]:
    """The long words that one way is found by, and what is left of it to look for, if anything."""
    whole = "".join(one.text for one in way)
    needed = [at for at, one in enumerate(way) if one.least]
    if len(needed) == 1 and way[needed[0]].inside and way[needed[0]].is_once:
        group = way[needed[0]]
        words, rest = _sorted(group.inside, folds=_folds(group.opening, folds=folds))
        if not rest:
            return words, None
        inner = f"{group.opening}{rest})"
        return words, "".join(inner if one is group else one.text for one in way)
    word = max(_spelled(way), key=len, default="")
    if not _LETTERS.search(word) or (folds and not word.isascii()):
        return [], whole
    return [f"(?i){word}" if folds else word], None


def _spelled(way: tuple[Element, ...]) -> list[str]:
    """What the way is spelled with, in one piece or between single characters that may be missing.

    Nothing where more than its ending is open.
    """
    needed = [at for at, one in enumerate(way) if one.least]
    core = list(way[needed[0] : needed[-1] + 1]) if needed else []
    while core and not _is_plain(core[-1]) and not core[-1].inside:
        core.pop()
    if not all(_is_plain(one) or _may_be_missing(one) for one in core):
        return []
    spelled = "".join(one.text if _is_plain(one) else "\0" for one in core)
    return spelled.split("\0")


def _may_be_missing(one: Element) -> bool:
    return (one.low, one.high) == (0, 1) and not one.inside


def _is_plain(one: Element) -> bool:
    return one.is_once and not one.inside and _PLAIN.fullmatch(one.atom) is not None


def _folds(opening: str, *, folds: bool) -> bool:
    """Whether capitals do not matter inside a group that begins so."""
    if opening == "(?i:":
        return True
    return folds and opening != "(?-i:"
