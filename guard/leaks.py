"""The leak engine: readings in, matches out.

One pass tells which patterns occur; RE2 then finds their spans and validators decide. Readings are scanned together in batches, separated by a
character that no pattern can cross, and matches are traced back to their place by offset.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from guard.decode import Reading
from guard.matching import Hit, PatternSet
from guard.publication import Pages
from guard.rule import Beside, Candidate, Rule, Scope
from guard.validators import PREREQUISITES, VALIDATORS
from mailcore.policy import NO_RULE_CACHE, RuleCache, Severity

SEPARATOR: Final = b"\n\x1e\n"
_BATCH_OCTETS: Final = 256 * 1024
_MATCHES_PER_RULE: Final = 20
MAX_CANDIDATES: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A confirmed match in one reading."""

    rule: Rule
    severity: Severity
    place: str
    how: str
    value: str
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A confirmed match by its octets: the whole match and the value inside it."""

    rule: Rule
    severity: Severity
    match: tuple[int, int]
    value: tuple[int, int]
    text: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The matches of one rule or text. `is_complete` is False when not all could be judged."""

    spans: list[Span]
    is_complete: bool
    judged: int
    """How many candidates it took."""


class LeakScanner:
    """Applies a rule table. Holds compiled patterns only; safe to share between threads."""

    def __init__(self, rules: Sequence[Rule], cache: RuleCache = NO_RULE_CACHE) -> None:
        pairs = [(rule, pattern) for rule in rules for pattern in rule.patterns]
        self._rules: Final = tuple(rule for rule, _ in pairs)
        self._set: Final = PatternSet(
            [pattern for _, pattern in pairs], cache, [rule.scope for rule, _ in pairs]
        )

    def scan(self, readings: Sequence[Reading]) -> Iterator[Match]:
        """All matches, at most twenty different ones a pattern and batch."""
        left = MAX_CANDIDATES
        for scope in Scope:
            alike: dict[bytes, list[Reading]] = {}
            for reading in readings:
                if reading.scope is scope:
                    alike.setdefault(reading.octets, []).append(reading)
            for batch in _batches(alike):
                wholes = [alike[octets][0].source for octets in batch]
                pages = Pages(SEPARATOR.join(batch), _starts(batch), wholes)
                confirmed = self.spans(pages, scope, left)
                left -= confirmed.judged
                yield from _matches([alike[octets] for octets in batch], confirmed)

    def spans(
        self, pages: Pages, scope: Scope = Scope.PROSE, limit: int = MAX_CANDIDATES
    ) -> Confirmed:
        """The matches in these texts by offset, of the rules that reach `scope`.

        At most `limit` candidates are judged.
        """
        spans: list[Span] = []
        is_complete, judged = True, 0
        for index in self._set.occurring(pages.octets, scope):
            confirmed = self._confirm(index, pages, max(limit - judged, 0))
            spans.extend(confirmed.spans)
            is_complete = is_complete and confirmed.is_complete
            judged += confirmed.judged
        kept = list(_without_shadowed(spans))
        return Confirmed(spans=kept, is_complete=is_complete, judged=judged)

    def _confirm(self, index: int, pages: Pages, limit: int) -> Confirmed:
        """The spans of one pattern that its validator accepts.

        After a match that is refused the search goes on inside it, at the next word: a real number
        may stand behind one that only looked like its beginning.
        """
        rule, pattern, octets = self._rules[index], self._set.patterns[index], pages.octets
        validate = VALIDATORS[rule.validator]
        spans: list[Span] = []
        different: set[str] = set()
        may_occur = PREREQUISITES.get(rule.validator)
        if may_occur is not None and not may_occur(octets):
            return _confirmed(rule, spans, different, 0, is_complete=True)
        position = 0
        for judged in range(limit):
            hit = pattern.search(octets, position)
            if hit is None:
                return _confirmed(rule, spans, different, judged, is_complete=True)
            start, end = hit.span()
            candidate = _candidate(hit, pages, pattern.value_group, rule.reach)
            is_one_text = b"\x1e" not in octets[start:end]
            judgement = is_one_text and validate(candidate)
            if judgement is False:
                position = _next_word(octets, start, end)
                continue
            position = max(end, start + 1)
            severity = judgement if isinstance(judgement, Severity) else rule.severity
            value, text = _value_span(hit, pattern.value_group), candidate.value
            if isinstance(judgement, Beside):
                value = _beside(judgement.value, octets, value, rule.reach)
                text = judgement.value
            spans.append(
                Span(
                    rule=rule,
                    severity=severity,
                    match=(min(start, value[0]), max(end, value[1])),
                    value=value,
                    text=text,
                    pattern=pattern.text,
                )
            )
            if severity.rank >= rule.severity.rank:
                different.add(text)
            if len(different) >= max(_MATCHES_PER_RULE, rule.least):
                return _confirmed(rule, spans, different, judged, is_complete=True)
        is_mild = rule.severity.rank < Severity.HIGH.rank
        return _confirmed(rule, spans, different, limit, is_complete=is_mild)


def _matches(batch: Sequence[Sequence[Reading]], confirmed: Confirmed) -> Iterator[Match]:
    """What was found, in each of the readings that say the same; what is counted, in the first."""
    starts = _starts([alike[0].octets for alike in batch])
    for span in confirmed.spans:
        alike = batch[bisect_right(starts, span.match[0]) - 1]
        for reading in alike if span.rule.least == 1 else alike[:1]:
            yield Match(
                rule=span.rule,
                severity=span.severity,
                place=reading.place,
                how=reading.how,
                value=span.text,
                pattern=span.pattern,
            )
    if not confirmed.is_complete:
        place = batch[0][0].place
        yield Match(rule=TOO_MANY, severity=TOO_MANY.severity, place=place, how="", value="")


TOO_MANY: Final = Rule(
    id="encoding.unscannable",
    category="encoding",
    severity=Severity.HIGH,
    description="This could not be looked into: more look-alikes of secrets than can be judged.",
    patterns=(),
    examples=(),
)
"""Stands in for a rule whose candidates were too many to judge."""


def _confirmed(
    rule: Rule, spans: list[Span], different: set[str], judged: int, *, is_complete: bool
) -> Confirmed:
    """The result for one pattern; a counting rule needs its number of different matches."""
    if rule.least > 1:
        spans = spans[:1] if len(different) >= rule.least else []
    return Confirmed(spans=spans, is_complete=is_complete, judged=judged)


def _next_word(octets: bytes, start: int, end: int) -> int:
    """Behind the next space, line end or comma inside a match, else its end."""
    inside = octets[start + 1 : end]
    found = [at for at in map(inside.find, (b" ", b"\n", b",")) if at >= 0]
    return start + 2 + min(found) if found else max(end, start + 1)


def _candidate(hit: Hit, pages: Pages, value_group: int, reach: int) -> Candidate:
    """The match with its surroundings, which end where its reading does."""
    octets, start = pages.octets, hit.span()[0]
    low, high = _value_span(hit, value_group)
    before = octets[max(0, start - reach) : start].rpartition(b"\x1e")[2]
    after = octets[high : high + reach].partition(b"\x1e")[0]
    if b"\n>" in octets[start - len(before) : high + len(after)]:
        before, after = _BLANK.sub(b"\n", before), _BLANK.sub(b"\n", after)
    return Candidate(
        value=octets[low:high].decode("utf-8", "replace"),
        whole=octets[start:high].decode("utf-8", "replace"),
        before=before.decode("utf-8", "ignore"),
        after=after.decode("utf-8", "ignore"),
        pages=pages,
        position=start,
    )


_BLANK: Final = re.compile(rb"\n[> \t]+(?=\n)")
"""An empty line of what is quoted: it parts paragraphs as any other does."""


def _value_span(hit: Hit, value_group: int) -> tuple[int, int]:
    """The span of the value, that of the match when the group took no part."""
    low, high = hit.span(value_group)
    return (low, high) if low >= 0 else hit.span()


def _beside(value: str, octets: bytes, near: tuple[int, int], reach: int) -> tuple[int, int]:
    """The span of a value that stands within the surroundings of `near`; `near` where it does not."""
    sought = value.encode()
    at = octets.find(sought, max(0, near[0] - 2 * reach), near[1] + 2 * reach)
    return (at, at + len(sought)) if at >= 0 else near


def _without_shadowed(spans: list[Span]) -> Iterator[Span]:
    """All but generic matches that overlap a specific one that is at least as bad."""
    reaches = {
        severity: _Reach(
            [s.match for s in spans if not s.rule.is_generic and s.severity.rank >= severity.rank]
        )
        for severity in {span.severity for span in spans if span.rule.is_generic}
    }
    for span in spans:
        if not (span.rule.is_generic and reaches[span.severity].overlaps(span.match)):
            yield span


class _Reach:
    """Ranges of which can be asked whether one of them overlaps."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        ranges.sort()
        self._starts = [start for start, _ in ranges]
        self._ends = list(accumulate((end for _, end in ranges), max))

    def overlaps(self, match: tuple[int, int]) -> bool:
        before = bisect_right(self._starts, match[1] - 1)
        return bool(before) and self._ends[before - 1] > match[0]


def _starts(batch: Sequence[bytes]) -> list[int]:
    starts: list[int] = []
    offset = 0
    for octets in batch:
        starts.append(offset)
        offset += len(octets) + len(SEPARATOR)
    return starts


def _batches(texts: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Texts in groups of about a quarter of a megabyte; a longer one is a group of its own."""
    group: list[bytes] = []
    size = 0
    for octets in texts:
        if group and size + len(octets) > _BATCH_OCTETS:
            yield group
            group, size = [], 0
        group.append(octets)
        size += len(octets)
    if group:
        yield group
