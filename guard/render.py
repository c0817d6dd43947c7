"""Text made safe to read for agents: what nobody can see is taken out and reported.

The stored octets stay as they came. What a script or an emoji needs stays: joiners, marks of
direction in right-to-left writing, word separators where words are not spaced, variation selectors
behind what they vary, the tag sequences of the three flags that exist. Everything else that shows
nothing goes, and of several in a row all but the first. Linear; never raises.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from guard.folding import is_invisible
from mailcore.message.removals import Removal, excerpt

_SOFT_HYPHEN: Final = 0xAD
_JOINERS: Final = frozenset({0x200C, 0x200D})
_TAGS: Final = range(0xE0000, 0xE0080)
_MARKS: Final = frozenset({0x61C, 0x200E, 0x200F})
_OPENING: Final = frozenset({0x202A, 0x202B, 0x2066, 0x2067, 0x2068})
_CLOSING: Final = frozenset({0x202C, 0x2069})
_OVERRIDES: Final = frozenset({0x202D, 0x202E})
_DIRECTIONS: Final = _MARKS | _OPENING | _CLOSING | _OVERRIDES
_EMOJI_SELECTORS: Final = frozenset({0xFE0E, 0xFE0F})
_SELECTORS: Final = frozenset({*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
_MONGOLIAN: Final = frozenset({0x180B, 0x180C, 0x180D, 0x180E, 0x180F})
_GRAPHEME_JOINER: Final = 0x34F
_WORD_SEPARATOR: Final = 0x200B
_KEYCAPS: Final = frozenset("0123456789#*©®™")
_BLACK_FLAG: Final = "\U0001f3f4"
_FLAGS: Final = tuple(
    _BLACK_FLAG + "".join(chr(0xE0000 + ord(char)) for char in region) + "\U000e007f"
    for region in ("gbeng", "gbsct", "gbwls")
)
_KEPT_SPACES: Final = frozenset({0x2800, 0x3164, 0x115F, 0x1160, 0xFFA0})
"""A Braille blank and Hangul fillers stand for themselves between their own kind."""
_JOINING_SCRIPTS: Final = (
    "ARABIC", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
    "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "TIBETAN", "MONGOLIAN", "SYRIAC", "NKO", "THAANA",
    "MANDAIC", "PHAGS-PA", "BALINESE", "JAVANESE", "ADLAM", "HANIFI", "NEWA", "GRANTHA", "TIRHUTA",
)  # fmt: skip
_UNSPACED_SCRIPTS: Final = (
    "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN", "JAVANESE", "BALINESE", "TAI", "CJK", "HIRAGANA",
    "KATAKANA",
)  # fmt: skip
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_SHOWN_AROUND: Final = 20


def safe_text(text: str, place: str = "text") -> tuple[str, tuple[Removal, ...]]:
    """The text without characters that show nothing, and what was taken out."""
    if text.isascii() and _CONTROL.search(text) is None:
        return text, ()
    return _Cleaner(text, place).cleaned()


class _Cleaner:
    """One pass over one text."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self._kept: list[str] = []
        self._taken: dict[str, tuple[int, str]] = {}
        self._line_end = -1
        self._is_mixed = False
        self._open = 0

    def cleaned(self) -> tuple[str, tuple[Removal, ...]]:
        """The text, and what was taken out of it."""
        text, kept, position = self._text, self._kept, 0
        while position < len(text):
            char = text[position]
            flag = _flag_at(text, position) if char == _BLACK_FLAG else ""
            if flag:
                kept.append(flag)
                position += len(flag)
                continue
            kind = self._kind(char, position)
            if not kind:
                kept.append(char)
            else:
                self._take(kind, position)
            position += 1
        return "".join(kept), tuple(
            Removal(kind=kind, count=count, excerpt=first, place=self._place)
            for kind, (count, first) in self._taken.items()
        )

    def _take(self, kind: str, position: int) -> None:
        count, first = self._taken.get(kind, (0, ""))
        if not count:
            around = self._text[max(position - _SHOWN_AROUND, 0) : position + 2 * _SHOWN_AROUND]
            first = excerpt(_decoded_tags(self._text, position) or around)
        self._taken[kind] = (count + 1, first)

    def _kind(self, char: str, position: int) -> str:
        """Why the character goes; empty when it stays."""
        code = ord(char)
        if code < 0xA0:
            return "control" if _CONTROL.match(char) else ""
        if not _is_unseen(code):
            return ""
        before = self._kept[-1][-1] if self._kept else ""
        after = self._text[position + 1 : position + 2]
        if code == _SOFT_HYPHEN:
            return "soft_hyphen"
        if code in _DIRECTIONS:
            return "" if self._turns_rightly(code, position, before, after) else "direction"
        if code in _SELECTORS:
            return "" if _varies(code, before) else "selectors"
        if code in _TAGS:
            return "tags"
        return "" if _is_needed(code, before, after) else "invisible"

    def _turns_rightly(self, code: int, position: int, before: str, after: str) -> bool:
        """Whether a control of direction does what typists of right-to-left scripts use it for."""
        if position >= self._line_end:
            self._begin_line(position)
        if code in _OVERRIDES or not self._is_mixed:
            return False
        if code in _OPENING:
            self._open += 1
            return self._open <= 2
        if code in _CLOSING:
            self._open -= 1
            return 0 <= self._open < 2
        if (before and ord(before) in _DIRECTIONS) or (after and ord(after) in _MARKS):
            return False
        return not (_is_right_to_left(before) and _is_right_to_left(after))

    def _begin_line(self, position: int) -> None:
        text = self._text
        end = text.find("\n", position)
        self._line_end = len(text) if end < 0 else end
        start = text.rfind("\n", 0, position) + 1
        self._is_mixed = any(map(_is_right_to_left, text[start : self._line_end]))
        self._open = 0


def _flag_at(text: str, position: int) -> str:
    return next((flag for flag in _FLAGS if text.startswith(flag, position)), "")


def _is_unseen(code: int) -> bool:
    return (
        is_invisible(code)
        or code in _MONGOLIAN
        or 0xFFF0 <= code <= 0xFFFB
        or 0x1D173 <= code <= 0x1D17A
        or 0x1BCA0 <= code <= 0x1BCA3
        or 0xE0000 <= code <= 0xE0FFF
    )


def _varies(code: int, before: str) -> bool:
    """Whether a variation selector stands behind something that has variants (UTS 51, UTR 37)."""
    if not before or before.isspace() or is_invisible(ord(before)):
        return False
    if code in _EMOJI_SELECTORS:
        return _is_pictograph(before) or before in _KEYCAPS or _is_ideograph(before)
    if code >= 0xE0100:
        return _is_ideograph(before)
    return _is_ideograph(before) or unicodedata.category(before) in ("Sm", "So", "Lo", "Po")


def _is_needed(code: int, before: str, after: str) -> bool:
    """Whether an invisible character does something for its visible neighbors."""
    if code in _JOINERS:
        if code == 0x200D and _is_pictograph(before) and _is_pictograph(after):
            return True
        return _is_joining(before) and (_is_joining(after) or not after.isalnum())
    if code in _MONGOLIAN:
        return _script(before).startswith("MONGOLIAN")
    if code == _WORD_SEPARATOR:
        return _is_unspaced(before) and _is_unspaced(after)
    if code == _GRAPHEME_JOINER:
        return _is_mark(before) and _is_mark(after)
    return code in _KEPT_SPACES and _is_same_block(code, before) and _is_same_block(code, after)


@lru_cache(maxsize=8192)
def _script(char: str) -> str:
    """The name of a character, which begins with that of its script."""
    return unicodedata.name(char, "") if char else ""


def _is_joining(char: str) -> bool:
    return _script(char).startswith(_JOINING_SCRIPTS)


def _is_unspaced(char: str) -> bool:
    return _script(char).startswith(_UNSPACED_SCRIPTS)


def _is_mark(char: str) -> bool:
    return bool(char) and unicodedata.category(char) == "Mn"


def _is_right_to_left(char: str) -> bool:
    if not char or ord(char) in _DIRECTIONS:
        return False
    return unicodedata.bidirectional(char) in _RIGHT_TO_LEFT


def _is_ideograph(char: str) -> bool:
    code = ord(char)
    return 0x3000 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF


def _is_pictograph(char: str) -> bool:
    if not char:
        return False
    code = ord(char)
    return (
        0x1F000 <= code < 0x20000
        or 0x2190 <= code <= 0x2BFF
        or code in (0x203C, 0x2049, 0x2122, 0x2139, 0x3030, 0x303D, 0x3297, 0x3299)
        or code in _EMOJI_SELECTORS
    )


def _is_same_block(code: int, char: str) -> bool:
    return bool(char) and ord(char) >> 8 == code >> 8


def _decoded_tags(text: str, position: int) -> str:
    """What a run of tag characters spells, which is ASCII moved to where nothing shows it."""
    run = text[position : position + 4 * _SHOWN_AROUND]
    spelled = "".join(chr(ord(char) - 0xE0000) for char in run if 0xE0020 <= ord(char) < 0xE007F)
    return f"tags: {spelled}" if spelled and ord(run[0]) in _TAGS else ""
