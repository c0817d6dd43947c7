"""What automata look for instead of a list of words occurs wherever the list does."""

import pytest

from guard.folding import plain
from guard.matching import Pattern, _needed
from guard.patterns import RULES
from guard.threat_table import ALL_THREATS
from guard.wordlists import taken_apart

LISTS = sorted(
    {
        piece
        for rules in (RULES, ALL_THREATS)
        for one in rules
        for pattern in one.patterns
        for piece in _needed(pattern)
        if len(taken_apart(piece)) > 1
    }
)
TEXTS = [plain(text).encode() for rule in RULES for text in (*rule.examples, *rule.near_misses)]


def test_one_of_the_parts_occurs_wherever_the_list_does() -> None:
    """In each text that any rule is shown by."""
    met = 0
    text = b"\n\n".join(TEXTS)
    for piece in LISTS:
        parts = [Pattern(one) for one in taken_apart(piece)]
        for hit in Pattern(piece).finditer(text):
            start, end = hit.span()
            around = text[max(start - 1, 0) : end + 1]
            assert any(one.search(around) for one in parts), (piece, around)
            met += 1
    assert met > 10 * len(LISTS) > 1000


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        (
            r"(?i)\b(?:hiv|diabet[a-z]{0,6}|stroke victims?|leuk(?:a|e)mia|hepatitis|sobriety)\b",
            (
                "(?i)diabet",
                "(?i)stroke victim",
                "(?i)hepatitis",
                "(?i)sobriety",
                r"(?i)\b(?:hiv|leuk(?:a|e)mia)\b",
            ),
        ),
        (
            r"(?:(?i:kennwort|geheimnis|schlussel)|Losung|ключи[^\s]{0,2}|pin)",
            ("(?i)kennwort", "(?i)geheimnis", "(?i)schlussel", "Losung", "ключи", "(?:pin)"),
        ),
        (r"(?i)\b(?:hiv|aids|ms)\b", (r"(?i)\b(?:hiv|aids|ms)\b",)),
        (
            r"(?:password|passphrase|kennwort|parola)s?: [0-9]{4}",
            (r"(?:password|passphrase|kennwort|parola)s?: [0-9]{4}",),
        ),
    ],
)
def test_long_words_stand_alone_and_short_ones_keep_their_boundaries(
    pattern: str, parts: tuple[str, ...]
) -> None:
    assert taken_apart(pattern) == parts
