"""Concepts: one thing a text may speak of, with the many ways to say it in many languages.

A concept proves nothing by itself; `guard.combinations` says which of them mean something together.
Sayings are separated by `, `. Each is RE2 syntax in lower case, looked for in lower case, in which a
space is any white space, accents do not matter, and words are whole unless they end in `*`. Languages whose octets know no word
boundary are looked for anywhere, and so are expressions.
"""

import re
from dataclasses import dataclass
from typing import Final

from guard.folding import plain

_SPACE: Final = r"(?:[\s>]+)"
_ANYWHERE: Final = frozenset({"ar", "el", "hi", "ja", "ko", "ru", "th", "uk", "zh"})
_GAP: Final = re.compile(r"(?<!\\)\.\{0,[0-9]+\}")
IMPERATIVE: Final = "\a"
"""Marks an expression that counts only behind something that asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing spoken of. `expressions` are whole patterns, `sayings` belong to a language (BCP 47)."""

    id: str
    expressions: tuple[str, ...]
    sayings: tuple[tuple[str, str], ...]

    def patterns(self) -> tuple[str, ...]:
        """One pattern for each expression and each language."""
        return (
            *(_body(plain(one.removeprefix(IMPERATIVE))) for one in self.expressions),
            *(_pattern(language, text) for language, text in self.sayings),
        )


def concept(name: str, *expressions: str, **sayings: str) -> Concept:
    """A concept; the keywords are languages."""
    return Concept(id=name, expressions=expressions, sayings=tuple(sayings.items()))


def imperative(expression: str) -> str:
    """Verbs that look like any other in English: they count behind something that asks."""
    return IMPERATIVE + expression


def _pattern(language: str, text: str) -> str:
    ways = [plain(way).strip() for way in text.split(", ")]
    if language in _ANYWHERE:
        return f"(?:{'|'.join(map(_body, ways))})"
    stems = [way[:-1] for way in ways if _is_stem(way)]
    whole = [way for way in ways if not _is_stem(way)]
    ended = [rf"(?:{'|'.join(map(_body, whole))})\b"] if whole else []
    return rf"\b(?:{'|'.join([*ended, *map(_body, stems)])})"


def _is_stem(way: str) -> bool:
    return way.endswith("*") and not way.endswith(r"\w*")


def _body(text: str) -> str:
    """The pattern with wide spaces; what may be anything stays inside a clause."""
    text = _GAP.sub(r"[^.!?,\\n]*", text)
    pieces: list[str] = []
    is_class = is_escaped = False
    for char in text:
        if not is_escaped and char in "[]":
            is_class = char == "["
        is_escaped = char == "\\" and not is_escaped
        pieces.append(char if char != " " else r"\s" if is_class else _SPACE)
    return "".join(pieces)
