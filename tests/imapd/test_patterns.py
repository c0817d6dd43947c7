"""LIST patterns."""

import pytest

from imapd.ops.patterns import matcher


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*", "a/b/c", True),
        ("%", "a", True),
        ("%", "a/b", False),
        ("a/%", "a/b", True),
        ("a/%", "a", False),
        ("a*", "a", True),
        ("a%c", "abc", True),
        ("a%c", "a/c", False),
        ("a*c", "a/c", True),
        ("*/x/%", "a/b/x/y", True),
        ("inbox", "INBOX", True),
        ("iNb%", "INBOX", True),
        ("inbox/x", "INBOX/x", True),
        ("Work", "work", False),
        ("", "", True),
        ("%*%", "a/b", True),
    ],
)
def test_wildcards(pattern: str, name: str, matches: bool) -> None:
    """RFC 9051 §6.3.9; INBOX in any case (§5.1)."""
    assert matcher("", pattern)(name) is matches


def test_the_reference_stands_before_the_pattern() -> None:
    """RFC 9051 §6.3.9."""
    assert matcher("Work/", "%")("Work/a")
    assert not matcher("Work/", "%")("Play")


def test_a_hostile_pattern_is_quick() -> None:
    """No backtracking: name times pattern at worst."""
    assert not matcher("", "*a%" * 300 + "b")("a" * 200)
