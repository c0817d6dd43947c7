"""Text made safe to read for agents: what nobody can see is taken out and reported.

The stored octets stay as they came. Joiners stay where a script or an emoji needs them, variation
selectors where they follow something they vary, the tag sequences of the three flags that exist;
everything else that shows nothing goes, direction controls included. Letters of right-to-left
scripts are letters and stay. Linear.
"""

import unicodedata
from typing import Final

from guard.folding import is_invisible
from mailcore.policy import Finding, Severity

_JOINERS: Final = frozenset({0x200C, 0x200D})
_SELECTORS: Final = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
_TAGS: Final = range(0xE0000, 0xE0080)
_DIRECTIONS: Final = frozenset(
    {0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
)
_BLACK_FLAG: Final = "\U0001f3f4"
_FLAGS: Final = tuple(
    _BLACK_FLAG + "".join(chr(0xE0000 + ord(char)) for char in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_KEPT_SPACES: Final = frozenset({0x2800, 0x3164, 0x115F, 0x1160})
"""A Braille blank and Hangul fillers stand for themselves between their own kind."""
_JOINING_SCRIPTS: Final = (
    "ARABIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
    "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "TIBETAN", "MONGOLIAN", "SYRIAC", "NKO", "THAANA",
)  # fmt: skip


def safe_text(text: str, place: str = "text") -> tuple[str, tuple[Finding, ...]]:
    """The text without invisible characters, and what was taken out."""
    if text.isascii():
        return text, ()
    kept: list[str] = []
    hidden = directions = tags = 0
    position = 0
    while position < len(text):
        char = text[position]
        code = ord(char)
        flag = _flag_at(text, position) if char == _BLACK_FLAG else ""
        if flag:
            kept.append(flag)
            position += len(flag)
            continue
        position += 1
        if not is_invisible(code) or _is_needed(code, kept, text[position : position + 1]):
            kept.append(char)
        elif code in _DIRECTIONS:
            directions += 1
        elif code in _TAGS:
            tags += 1
        else:
            hidden += 1
    return "".join(kept), _findings(place, hidden, directions, tags)


def _flag_at(text: str, position: int) -> str:
    return next((flag for flag in _FLAGS if text.startswith(flag, position)), "")


def _is_needed(code: int, before: list[str], after: str) -> bool:
    """Whether an invisible character does something for its visible neighbors."""
    previous = before[-1][-1] if before else ""
    if code in _SELECTORS:
        return bool(previous) and not is_invisible(ord(previous)) and not previous.isspace()
    if code in _JOINERS:
        return bool(previous and after) and (
            (_is_joining(previous) and _is_joining(after))
            or (code == 0x200D and _is_pictograph(previous) and _is_pictograph(after))
        )
    return code in _KEPT_SPACES and _is_same_block(code, previous) and _is_same_block(code, after)


def _is_joining(char: str) -> bool:
    return unicodedata.name(char, "").startswith(_JOINING_SCRIPTS)


def _is_pictograph(char: str) -> bool:
    code = ord(char)
    return code >= 0x1F000 or 0x2190 <= code <= 0x2BFF or code in _SELECTORS


def _is_same_block(code: int, char: str) -> bool:
    return bool(char) and ord(char) >> 8 == code >> 8


def _findings(place: str, hidden: int, directions: int, tags: int) -> tuple[Finding, ...]:
    found: list[Finding] = []
    if hidden:
        message = f"{hidden} invisible characters were taken out."
        found.append(_finding("render.invisible", place, message, Severity.MEDIUM))
    if directions:
        message = f"{directions} characters that turn the direction of writing were taken out."
        found.append(_finding("render.direction", place, message, Severity.MEDIUM))
    if tags:
        message = f"{tags} characters of hidden writing were taken out."
        found.append(_finding("render.tags", place, message, Severity.HIGH))
    return tuple(found)


def _finding(rule: str, place: str, message: str, severity: Severity) -> Finding:
    return Finding(rule=rule, category="encoding", severity=severity, place=place, message=message)
