"""A pattern looked for by its head matches where it does without one."""

import pytest

from guard import matching
from guard.folding import plain
from guard.heads import head
from guard.matching import Hit, Pattern
from guard.patterns import RULES
from guard.threat_table import ALL_THREATS

OWN = {
    pattern: "\n\n".join(map(plain, (*one.examples, *one.near_misses))).encode()
    for rules in (RULES, ALL_THREATS)
    for one in rules
    for pattern in one.patterns
    if head(pattern)
}
"""Patterns that have heads, with the texts that their rule is shown by."""
TEXTS = [plain(text) for rule in RULES for text in (*rule.examples, *rule.near_misses)]
MIXED = ["\n".join(TEXTS[at::97]).encode() for at in range(0, 97, 16)]


def told(hit: Hit | None) -> tuple[object, ...] | None:
    return None if hit is None else (hit.span(), hit.group())


def every(pattern: Pattern, text: bytes) -> list[tuple[object, ...] | None]:
    """What the scanner sees: it goes on right behind a match, or inside it."""
    found: list[tuple[object, ...] | None] = []
    position = 0
    while (hit := pattern.search(text, position)) is not None:
        found.append(told(hit))
        position = hit.span()[0] + (len(found) % 2 or max(hit.span()[1] - hit.span()[0], 1))
    return found


class Headless(Pattern):
    _head = None


def test_every_match_is_where_it_is_without_a_head() -> None:
    quick = [[every(Pattern(one), text) for text in (own, *MIXED)] for one, own in OWN.items()]
    whole = [[every(Headless(one), text) for text in (own, *MIXED)] for one, own in OWN.items()]
    assert quick == whole
    assert sum(bool(found) for own, *_ in quick for found in own) > len(OWN) / 2


def test_heads_without_anything_behind_them_end_in_a_search_for_the_whole() -> None:
    pattern = r"\bcode [a-z]{1,20}[^\n]{0,90}: (?P<v>[0-9]{6})"
    assert head(pattern) == r"\bcode [a-z]{1,20}"
    text = b"code of conduct, " * (3 * matching._MOST_TRIES) + b"\ncode for all: 123456"
    hit = Pattern(pattern).search(text)
    assert hit is not None
    assert hit.group(1) == b"123456"
    assert told(Headless(pattern).search(text)) == told(hit)
    assert Pattern(pattern).search(text[:-7]) is None


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        (r"@[a-z.]{1,60}\.[a-z]{2,10}[^\x1e]{30,400}", r"@[a-z.]{1,60}\.[a-z]{2,10}"),
        (r"(?i)\b(?:key|token)[^\n]{0,80}?[0-9]{6}", r"(?i)\b(?:key|token)"),
        (r"(?:^|\s)(?P<v>[a-z][a-z0-9]{18,200}=)", r"(?:^|\s)(?P<v>[a-z][a-z0-9]{18})"),
        (r"(?P<v>[^\s]{6,90}) is my key", ""),
        (r"\bab|cd[^\n]{0,90}ef", ""),
        (r"\bkey\b[^\n]*value", ""),
        (r"\bkey\b[^\n]{0,20}value", ""),
    ],
)
def test_a_head_ends_where_a_wide_gap_begins(pattern: str, begins: str) -> None:
    """There is none where anything goes first, behind which there is no end, or no wide gap."""
    assert head(pattern) == begins
