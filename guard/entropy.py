"""Whether a string looks drawn at random, and whether it is only a stand-in for a secret.

Thresholds follow from lengths, not from any corpus: a random string of n characters has at least
this many different ones and mixes classes; words and counters do not.
"""

import math
from collections import Counter
from itertools import pairwise
from typing import Final

_DOCUMENTED: Final = frozenset(
    {
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAI44QH8DHBEXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwi"
        "aWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
    }
)
"""Sample secrets printed in vendors' manuals."""

_STAND_INS: Final = (
    "example", "placeholder", "changeme", "change_me", "change-me", "redacted", "your_", "your-",
    "yourapi", "yourkey", "yourtoken", "yoursecret", "xxxx", "....", "****", "dummy", "insert",
    "replace", "goes_here", "goeshere", "goes-here", "abcdefgh", "12345678",
)  # fmt: skip

_FILLERS: Final = ("token", "secret", "apikey", "key", "here", "value", "password")
"""What stands beside stand-ins; says nothing alone."""

_FEWEST_PARTS: Final = 2
_WRAPPERS: Final = (("<", ">"), ("{{", "}}"), ("${", "}"), ("[", "]"), ("%", "%"), ("$(", ")"))


def shannon(text: str) -> float:
    """Bits per character."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def classes(text: str) -> int:
    """How many of lower case, upper case, digits and symbols occur."""
    return (
        any(char.islower() for char in text)
        + any(char.isupper() for char in text)
        + any(char.isdigit() for char in text)
        + any(not char.isalnum() and not char.isspace() for char in text)
    )


def is_placeholder(value: str) -> bool:
    """Whether `value` stands for a secret instead of being one.

    A stand-in word only counts when what is left without it could not be a secret itself, so that
    appending `EXAMPLE` to a key hides nothing.
    """
    if value in _DOCUMENTED:
        return True
    if any(value.startswith(left) and value.endswith(right) for left, right in _WRAPPERS):
        return True
    folded = value.lower()
    rest = folded
    for word in _STAND_INS:
        rest = rest.replace(word, "")
    if rest == folded:
        return False
    for word in _FILLERS:
        rest = rest.replace(word, "")
    parts = rest.replace("_", "-").split("-")
    is_told = len(parts) > _FEWEST_PARTS and all(one.isalpha() or len(one) <= 3 for one in parts)
    is_wordlike = is_told or (len(rest) < 24 and not any(char.isdigit() for char in rest))
    return len(rest) < 14 or shannon(rest) < 3.0 or is_wordlike


def is_random(value: str) -> bool:
    """Whether a token of 16 characters or more looks drawn at random."""
    if len(value) < 16 or is_placeholder(value):
        return False
    if _is_hex(value):
        return shannon(value) >= 2.9 and any(char.isdigit() for char in value)
    if not any(char.isdigit() for char in value):
        return len(value) >= 24 and shannon(value) >= 4.0 and _case_flips(value) >= len(value) // 4
    return shannon(value) >= min(3.6, math.log2(len(value)) - 0.8) and not _is_wordy(value)


def _is_hex(value: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in value)


def _case_flips(value: str) -> int:
    """How often case changes from one letter to the next: words flip rarely, random text often."""
    return sum(
        one.isupper() != two.isupper()
        for one, two in pairwise(value)
        if one.isalpha() and two.isalpha()
    )


def _is_wordy(value: str) -> bool:
    """Mostly separated words with a number: `release-2024-final-version`."""
    parts = value.replace("-", " ").replace("_", " ").replace(".", " ").replace("/", " ").split()
    words = sum(
        len(part) for part in parts if part.isalpha() and (part.islower() or part.istitle())
    )
    return len(parts) > 1 and words >= len(value) * 0.5
