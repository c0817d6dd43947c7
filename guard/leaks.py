"""The leak engine: readings in, matches out.

One pass tells which patterns occur; RE2 then finds their spans and validators decide. Readings are scanned together in batches, separated by a
character that no pattern can cross, and matches are traced back to their place by offset.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from guard.decode import Reading
from guard.matching import Hit, PatternSet
from guard.rule import Candidate, Rule, Scope
from guard.validators import VALIDATORS
from mailcore.policy import Severity

SEPARATOR: Final = b"\n\x1e\n"
_BATCH_OCTETS: Final = 256 * 1024
_CONTEXT: Final = 80
_MATCHES_PER_RULE: Final = 20
_CANDIDATES_PER_PATTERN: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A confirmed match in one reading."""

    rule: Rule
    severity: Severity
    place: str
    how: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A confirmed match by its octets: the whole match and the value inside it."""

    rule: Rule
    severity: Severity
    match: tuple[int, int]
    value: tuple[int, int]
    text: str


class TooManyCandidates(Exception):  # noqa: N818 - control flow inside the guard, not an error
    """A text holds more look-alikes than can be judged."""


class LeakScanner:
    """Applies a rule table. Holds compiled patterns only; safe to share between threads."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        pairs = [(rule, pattern) for rule in rules for pattern in rule.patterns]
        self._rules: Final = tuple(rule for rule, _ in pairs)
        self._set: Final = PatternSet([pattern for _, pattern in pairs])

    def scan(self, readings: Sequence[Reading]) -> Iterator[Match]:
        """All matches, at most twenty a rule and batch. Raises `TooManyCandidates`."""
        for scope in Scope:
            chosen = [reading for reading in readings if reading.scope is scope]
            for batch in _batches(chosen):
                yield from self._scan_batch(batch, scope)

    def _scan_batch(self, batch: Sequence[Reading], scope: Scope) -> Iterator[Match]:
        octets = SEPARATOR.join(reading.octets for reading in batch)
        spans = self.spans(octets, scope)
        if not spans:
            return
        starts = _starts(batch)
        for span in spans:
            reading = batch[bisect_right(starts, span.match[0]) - 1]
            yield Match(
                rule=span.rule,
                severity=span.severity,
                place=reading.place,
                how=reading.how,
                value=span.text,
            )

    def spans(self, octets: bytes, scope: Scope = Scope.PROSE) -> list[Span]:
        """The matches in one text by offset, of the rules that reach `scope`."""
        spans: list[Span] = []
        for index in self._set.occurring(octets):
            if self._rules[index].scope >= scope:
                spans.extend(self._confirm(index, octets))
        return list(_without_shadowed(spans))

    def _confirm(self, index: int, octets: bytes) -> list[Span]:
        """The spans of one pattern that its validator accepts."""
        rule, pattern = self._rules[index], self._set.patterns[index]
        validate = VALIDATORS[rule.validator]
        spans: list[Span] = []
        different: set[str] = set()
        for count, hit in enumerate(pattern.finditer(octets)):
            if count >= _CANDIDATES_PER_PATTERN:
                raise TooManyCandidates(rule.id)
            candidate = _candidate(hit, octets, pattern.value_group)
            judgement = validate(candidate)
            if judgement is False:
                continue
            spans.append(
                Span(
                    rule=rule,
                    severity=judgement if isinstance(judgement, Severity) else rule.severity,
                    match=hit.span(),
                    value=_value_span(hit, pattern.value_group),
                    text=candidate.value,
                )
            )
            different.add(candidate.value)
            if len(different) >= max(_MATCHES_PER_RULE, rule.least):
                break
        if rule.least > 1:
            return spans[:1] if len(different) >= rule.least else []
        return spans


def _candidate(hit: Hit, octets: bytes, value_group: int) -> Candidate:
    start = hit.span()[0]
    low, high = _value_span(hit, value_group)
    return Candidate(
        value=octets[low:high].decode("utf-8", "replace"),
        whole=octets[start:high].decode("utf-8", "replace"),
        before=octets[max(0, start - _CONTEXT) : start].decode("utf-8", "ignore"),
        after=octets[high : high + _CONTEXT].decode("utf-8", "ignore"),
    )


def _value_span(hit: Hit, value_group: int) -> tuple[int, int]:
    """The span of the value, that of the match when the group took no part."""
    low, high = hit.span(value_group)
    return (low, high) if low >= 0 else hit.span()


def _without_shadowed(spans: list[Span]) -> Iterator[Span]:
    """All but generic matches that overlap a specific one."""
    specific = sorted(span.match for span in spans if not span.rule.is_generic)
    starts = [start for start, _ in specific]
    reach = 0
    ends: list[int] = []
    for _, end in specific:
        reach = max(reach, end)
        ends.append(reach)
    for span in spans:
        if span.rule.is_generic:
            before = bisect_right(starts, span.match[1] - 1)
            if before and ends[before - 1] > span.match[0]:
                continue
        yield span


def _starts(batch: Sequence[Reading]) -> list[int]:
    starts: list[int] = []
    offset = 0
    for reading in batch:
        starts.append(offset)
        offset += len(reading.octets) + len(SEPARATOR)
    return starts


def _batches(readings: Sequence[Reading]) -> Iterator[list[Reading]]:
    """Readings in groups of about a quarter of a megabyte; a longer reading is a group of its own."""
    group: list[Reading] = []
    size = 0
    for reading in readings:
        if group and size + len(reading.octets) > _BATCH_OCTETS:
            yield group
            group, size = [], 0
        group.append(reading)
        size += len(reading.octets)
    if group:
        yield group
