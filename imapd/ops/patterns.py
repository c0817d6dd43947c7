"""LIST patterns: `*` matches anything, `%` anything within one level (RFC 9051 §6.3.9).

Matching follows all possibilities at once as bits of one number, so that it costs the length of the
name times the length of the pattern at worst, whatever the pattern.
"""

from collections.abc import Callable
from typing import Final

from mailcore.mailboxes import canonical_name
from mailcore.model import INBOX

MAX_PATTERN: Final = 1000
SEPARATOR: Final = "/"


def matcher(reference: str, pattern: str) -> Callable[[str], bool]:
    """A test for names; `reference` stands before the pattern."""
    wanted = _collapsed(canonical_name((reference + pattern)[:MAX_PATTERN]))
    folded = wanted.upper()

    def matches(name: str) -> bool:
        return _matches(wanted, name) or (name == INBOX and _matches(folded, name))

    return matches


def _collapsed(pattern: str) -> str:
    """Neighboring wildcards are one, and `*` is the stronger."""
    kept: list[str] = []
    for char in pattern:
        if char in "*%" and kept and kept[-1] in "*%":
            kept[-1] = "*" if "*" in (char, kept[-1]) else "%"
        else:
            kept.append(char)
    return "".join(kept)


def _matches(pattern: str, name: str) -> bool:
    reached = _skipping(pattern, 1)
    for char in name:
        following = 0
        for place, wanted in enumerate(pattern):
            if not reached >> place & 1:
                continue
            if wanted == "*" or (wanted == "%" and char != SEPARATOR):
                following |= 1 << place
            elif wanted == char:
                following |= 1 << place + 1
        if not following:
            return False
        reached = _skipping(pattern, following)
    return bool(reached >> len(pattern) & 1)


def _skipping(pattern: str, reached: int) -> int:
    """Wildcards match nothing, too."""
    for place, wanted in enumerate(pattern):
        if wanted in "*%" and reached >> place & 1:
            reached |= 1 << place + 1
    return reached
