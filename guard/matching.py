"""Linear-time matching over bytes: hyperscan finds which patterns occur, RE2 says where.

The only module that imports the two libraries. Both release the GIL while they search and refuse
patterns that could backtrack. Where hyperscan refuses a pattern, RE2 alone decides: slower, never blind. Safe to use from several threads: each scan borrows a scratch of its own.
"""

import functools
import hashlib
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import batched, repeat
from typing import Any, Final, Protocol

import hyperscan
import re2

from guard.heads import head
from guard.wordlists import taken_apart
from mailcore.policy import NO_RULE_CACHE, RuleCache

_BOUNDS: Final = re.compile(r"\{([0-9]+),([0-9]*)\}")
_TAIL: Final = re.compile(r"\{([1-9][0-9]*),?\}(?:=\{0,2\})?(\)?)$")
_LEAD: Final = re.compile(
    r"^(\(\?[a-z]+\))?(?:\^|\\b)?(\(\?P<v>)?(?:(?:\[\^?[^\]]+\]|\\s)(?:\*|\{0,[0-9]+\}))+"
)
_SMALL_BOUND: Final = 8
_LARGE_MINIMUM: Final = 24
_LONG_ENOUGH: Final = 16
_TOGETHER: Final = 128
"""Patterns in one automaton: more would leave less to compile side by side."""
_LONGEST: Final = 350
_GAP: Final = "[^"
_FLAGS: Final = re.compile(r"\(\?[a-z]+\)")
_TOKENS: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]|[^\\\[()|]+")
_OPTIONAL: Final = ("?", "*", "{0")
_ATOMS: Final = re.compile(
    r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\.|[^\x00-\x7f])(\?|\*|\+|\{[0-9]+(?:,[0-9]*)?\})?", re.DOTALL
)
"""What stands for a character outside ASCII or may match one, and how often it does."""
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]-[^\x00-\x7f]|[^\x00-\x7f]")
_ONE_FOREIGN: Final = r"[\xc2-\xf4][\x80-\xbf]{1,3}"
_UP_TO_FOUR: Final = "{1,4}"
"""Octets of one character (RFC 3629 §3)."""
_BOUNDARY: Final = r"\b"
_WORD: Final = re.compile(r"[a-z]{3}|[^\x00-\x7f]{2}")
_FEWEST_WORDS: Final = 3
"""Words of a list that is worth looking for."""


class Hit(Protocol):
    """The part of a match object used here; offsets count octets."""

    def span(self, group: int = 0) -> tuple[int, int]:
        """Start and end of a group, (-1, -1) when it took no part."""
        ...

    def group(self, group: int = 0) -> bytes:
        """The octets of a group."""
        ...


class Pattern:
    """One RE2 pattern over UTF-8 octets."""

    def __init__(self, pattern: str) -> None:
        self.text: Final = pattern

    @functools.cached_property
    def _compiled(self) -> Any:
        return _compiled(self.text)

    @functools.cached_property
    def value_group(self) -> int:
        """The number of group `v`, 0 where there is none: the whole match is the value."""
        found: int = self._compiled.groupindex.get("v", 0)
        return found

    def finditer(self, text: bytes) -> Iterator[Hit]:
        """All matches from left to right, none overlapping."""
        found: Iterator[Hit] = self._compiled.finditer(text)
        return found

    @functools.cached_property
    def _head(self) -> Any:
        begun = head(self.text)
        return _compiled(begun) if begun else None

    def search(self, text: bytes, position: int = 0) -> Hit | None:
        """The first match at or after `position`."""
        found: Hit | None
        if self._head is not None:
            for _ in range(_MOST_TRIES):
                begun = self._head.search(text, position)
                if begun is None:
                    return None
                found = self._compiled.match(text, begun.start())
                if found is not None:
                    return found
                position = begun.start() + 1
        found = self._compiled.search(text, position)
        return found


_MOST_TRIES: Final = 64
"""Heads with nothing behind them after which a pattern is looked for as a whole, so that its cost stays linear."""


_MOST_OCTETS: Final = 2 << 20
"""Of memory for one pattern and the states it meets; more is a slow growth over weeks of differing mail."""


@functools.lru_cache(maxsize=4096)
def _compiled(pattern: str) -> Any:
    """What searches; it has no state, so that guards with the same rules share it."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_OCTETS
    return re2.compile(pattern, options)


class PatternSet:
    """Many patterns looked for in one pass.

    `occurring` answers with the indices of all patterns that occur, or may occur: the caller
    confirms with `patterns[index]`. A pattern may have a tier, and is looked for in texts of its
    tier and those below.
    """

    def __init__(
        self,
        patterns: Sequence[str],
        cache: RuleCache = NO_RULE_CACHE,
        tiers: Sequence[int] | None = None,
    ) -> None:
        self.patterns: Final = tuple(Pattern(pattern) for pattern in patterns)
        needed = [_needed(pattern) for pattern in patterns]
        self._needed: Final = tuple(map(len, needed))
        alike: dict[int, dict[str, list[int]]] = {}
        for index, (pieces, tier) in enumerate(zip(needed, tiers or repeat(0), strict=False)):
            for piece in pieces:
                alike.setdefault(tier, {}).setdefault(piece, []).append(index)
        self._automata: Final = tuple(
            (tier, _Automaton(some, cache))
            for tier, tiered in alike.items()
            for some in batched(tiered.items(), _TOGETHER)
        )

    def occurring(self, text: bytes, tier: int = 0) -> list[int]:
        """Indices of patterns of the tier and those above, in rising order, each once."""
        met: list[int] = []
        for height, automaton in self._automata:
            if height >= tier:
                automaton.add_occurring(text, met)
        needed = self._needed
        return sorted(index for index, pieces in Counter(met).items() if pieces == needed[index])


class _Scanner:
    """A compiled set, scanned by several threads at a time."""

    def __init__(self, compiled: hyperscan.Database) -> None:
        self._compiled = compiled
        self._scratches: list[hyperscan.Scratch] = []

    def scan(self, text: bytes, note: Callable[[int, int], None]) -> None:
        """Call `note` with the index of each pattern found and its end."""

        def tell(index: int, _start: int, end: int, _flags: int, _context: object) -> None:
            note(index, end)

        scratch = self._borrow()
        self._compiled.scan(text, match_event_handler=tell, scratch=scratch)
        self._scratches.append(scratch)

    def _borrow(self) -> hyperscan.Scratch:
        """A scratch no other scan holds. `list.pop` is atomic, so that no lock is needed."""
        try:
            return self._scratches.pop()
        except IndexError:
            return hyperscan.Scratch(self._compiled)


class _Automaton:
    """Patterns that are compiled together, each with the indices that it stands for."""

    def __init__(self, patterns: Sequence[tuple[str, list[int]]], cache: RuleCache) -> None:
        kept = _kept([pattern for pattern, _ in patterns], cache, taken_apart)
        self._indices = tuple(tuple(indices) for _, indices in patterns)
        self._owners = kept.owners
        self._scanner = _Scanner(kept.database) if kept.database is not None else None
        self._always = kept.always

    def add_occurring(self, text: bytes, met: list[int]) -> None:
        """Add the indices of those that occur, or may occur: once for each pattern that does."""
        found = set(self._always)
        if self._scanner is not None:
            owners = self._owners
            self._scanner.scan(text, lambda number, _end: found.add(owners[number]))
        for number in found:
            met.extend(self._indices[number])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is looked for instead of patterns, compiled."""

    database: hyperscan.Database | None
    owners: tuple[int, ...]
    """For each expression of the database the index of its pattern."""
    always: frozenset[int]
    """The indices of patterns hyperscan cannot take."""


def _kept(
    patterns: Sequence[str],
    cache: RuleCache,
    apart: Callable[[str], tuple[str, ...]] | None = None,
) -> _Kept:
    """The compiled set, made once for these patterns, this library and this processor.

    Taken apart, a pattern is told once, by whatever of it occurs; else at every place where it ends.
    """
    key = _key(patterns, "apart" if apart else "whole")
    kept = cache.get(key)
    if kept is not None:
        with suppress(hyperscan.error, ValueError):
            always, owners, database = kept.split(b"\n", 2)
            return _Kept(
                database=hyperscan.loadb(database, hyperscan.HS_MODE_BLOCK),
                owners=tuple(map(int, owners.split())),
                always=frozenset(map(int, always.split())),
            )
    made = _made(patterns, apart)
    if made.database is not None:
        numbers = (sorted(made.always), made.owners)
        told = (" ".join(map(str, one)).encode() for one in numbers)
        cache.put(key, b"\n".join((*told, hyperscan.dumpb(made.database))))
    return made


def _made(patterns: Sequence[str], apart: Callable[[str], tuple[str, ...]] | None) -> _Kept:
    flags = hyperscan.HS_FLAG_SINGLEMATCH if apart else 0
    expressions = [
        (index, one)
        for index, pattern in enumerate(patterns)
        for one in (apart(pattern) if apart else (pattern,))
    ]
    owners = tuple(index for index, _ in expressions)
    database, rest = _database([one for _, one in expressions], flags)
    refused = frozenset(owners[number] for number in rest)
    if database is None:
        return _Kept(database=None, owners=(), always=frozenset(range(len(patterns))))
    return _Kept(database=database, owners=owners, always=refused)


def _key(patterns: Sequence[str], how: str) -> str:
    whole = hashlib.sha256(f"3 {version('hyperscan')} {platform.machine()} {how}".encode())
    for pattern in patterns:
        whole.update(b"\0" + pattern.encode())
    return whole.hexdigest()[:40]


def _database(
    patterns: Sequence[str], flags: int
) -> tuple[hyperscan.Database | None, frozenset[int]]:
    """The compiled set and the indices of patterns hyperscan cannot take."""
    if not patterns:
        return None, frozenset()
    everything = range(len(patterns))
    database = _compile(patterns, everything, flags)
    if database is not None:
        return database, frozenset()
    taken = [
        index for index in everything if _compile([patterns[index]], [index], flags) is not None
    ]
    database = _compile([patterns[index] for index in taken], taken, flags)
    return (database, frozenset(everything) - set(taken)) if database else (None, frozenset())


def _compile(patterns: Sequence[str], ids: Sequence[int], flags: int) -> hyperscan.Database | None:
    """Octet patterns. None when hyperscan refuses one of them."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=[relaxed(pattern).encode() for pattern in patterns],
            ids=list(ids),
            elements=len(patterns),
            flags=[flags] * len(patterns),
        )
    except hyperscan.error:
        return None
    return database


def relaxed(pattern: str) -> str:
    """A pattern that matches wherever `pattern` does, and is small: wide bounds become none.

    Bounded repeats are what makes automata large; finding may be generous since RE2 confirms. A
    repeat at the end stops early: hyperscan need not follow it again for every place where it begins.
    One at the beginning that need not be there is left out.
    """
    generous = pattern if pattern.isascii() else _in_octets(pattern)
    small = _TAIL.sub(_least, _BOUNDS.sub(_unbounded, generous))
    return _LEAD.sub(r"\1\2", small)


def _in_octets(pattern: str) -> str:
    """A pattern for octets that matches wherever one for characters does.

    Hyperscan, which is given octets, would take a class of letters outside ASCII for a class of their
    octets, count octets where characters are meant, and know no capitals of them.
    """
    folds = "(?i" in pattern
    return _ATOMS.sub(lambda atom: _in_octets_one(atom[1], atom[2], folds=folds), pattern)


def _in_octets_one(atom: str, repeat: str | None, *, folds: bool) -> str:
    repeat = repeat or ""
    if atom == "." or atom.startswith("[^"):
        inside = atom[1:] if atom != "." else "^\\n]"
        bounds = _BOUNDS.fullmatch(repeat)
        low = bounds[1] if bounds else "0" if repeat in {"?", "*"} else "1"
        is_single = not repeat and atom != "."
        count = "" if is_single else f"{{{low},}}" if repeat else _UP_TO_FOUR
        return "[" + _FOREIGN.sub("", inside) + count
    if atom.startswith("["):
        ascii_only = _FOREIGN.sub("", atom)
        either = f"(?:{ascii_only}|{_ONE_FOREIGN})" if len(ascii_only) > len("[]") else _ONE_FOREIGN
        return f"(?:{either}){repeat}" if not atom.isascii() else atom + repeat
    other = atom.swapcase()
    if folds and other != atom and len(other) == 1:
        return f"(?:{atom}|{other}){repeat}"
    return f"(?:{atom}){repeat}" if repeat and not atom.isascii() else atom + repeat


@functools.cache
def _needed(pattern: str) -> tuple[str, ...]:
    """Of a long pattern the lists of words that it cannot match without; else the pattern.

    Long ones are lists of words before or behind something. Together, with all that may stand
    between, they would take hyperscan many seconds to compile; that each list has a word in the
    text tells enough.
    """
    if len(pattern) <= _LONGEST or (_GAP not in pattern and len(pattern) <= 2 * _LONGEST):
        return (pattern,)
    flags = _FLAGS.match(pattern)
    start = flags.end() if flags else 0
    groups = [pattern[:start] + group for group in _groups(pattern, start)]
    told = [
        group for group in groups if "|" in group and len(_WORD.findall(group)) >= _FEWEST_WORDS
    ]
    return tuple(dict.fromkeys(told)) or (max(groups, key=len, default=pattern),)


def _groups(pattern: str, start: int) -> list[str]:
    """The groups that every match has, with the word boundaries around them."""
    groups: list[str] = []
    depth = begin = 0
    before = ""
    for token in _TOKENS.finditer(pattern, start):
        match token[0]:
            case "(":
                if depth == 0:
                    begin = token.start() - len(_BOUNDARY) * (before == _BOUNDARY)
                depth += 1
            case ")":
                depth -= 1
                end = token.end()
                if depth == 0 and not pattern.startswith(_OPTIONAL, end):
                    end += len(_BOUNDARY) * pattern.startswith(_BOUNDARY, end)
                    groups.append(pattern[begin:end])
            case "|" if depth == 0:
                return []
            case _:
                pass
        before = token[0]
    return groups


def _least(tail: re.Match[str]) -> str:
    return f"{{{min(int(tail[1]), _LONG_ENOUGH)}}}{tail[2]}"


def _unbounded(bounds: re.Match[str]) -> str:
    low, high = int(bounds[1]), int(bounds[2] or 1000)
    if high < _SMALL_BOUND:
        return bounds[0]
    return "*" if low == 0 else f"{{{_LONG_ENOUGH if low > _LARGE_MINIMUM else low},}}"


class Spotter:
    """Where any of many small patterns ends: every place, in one pass.

    Wide bounds count as none, and nothing is confirmed: for patterns that bear it.
    """

    def __init__(self, patterns: Sequence[str], cache: RuleCache = NO_RULE_CACHE) -> None:
        kept = _kept(patterns, cache)
        self._scanner = _Scanner(kept.database) if kept.database is not None else None
        self._rest: Final = tuple(
            (index, Pattern(patterns[index])) for index in sorted(kept.always)
        )

    def ends(self, text: bytes) -> list[tuple[int, int]]:
        """Pairs of an end and the index of a pattern, from left to right."""
        found: set[tuple[int, int]] = {
            (hit.span()[1], index)
            for index, pattern in self._rest
            for hit in pattern.finditer(text)
        }
        if self._scanner is not None:
            self._scanner.scan(text, lambda index, end: found.add((end, index)))
        return sorted(found)
