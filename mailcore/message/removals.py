"""What was left out of a text before an agent got it, and how that is told."""

from dataclasses import dataclass, replace
from typing import Final

from mailcore.model import JsonObject

MAX_EXCERPT: Final = 80

_KINDS: Final = {
    "display": ("medium", "text that is not displayed"),
    "visibility": ("medium", "text that is made invisible"),
    "opacity": ("medium", "text without opacity"),
    "tiny": ("medium", "text too small to be seen"),
    "color": ("medium", "text in the color of its background"),
    "clipped": ("medium", "text in a box without size"),
    "offscreen": ("medium", "text beside the page"),
    "aria": ("low", "text kept from screen readers"),
    "preheader": ("low", "a preview line that mail programs show in lists only"),
    "comment": ("low", "words in comments"),
    "active": ("low", "scripts or embedded pages"),
    "complex": ("medium", "style rules that ask too much to be followed"),
    "invisible": ("medium", "invisible characters"),
    "soft_hyphen": ("low", "soft hyphens"),
    "direction": ("medium", "characters that turn the direction of writing"),
    "tags": ("high", "characters of hidden writing"),
    "selectors": ("medium", "variation selectors that vary nothing"),
    "control": ("medium", "control characters"),
}
"""Kind → how bad it is, and what was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Pieces of one kind that were left out of one place."""

    kind: str
    count: int
    excerpt: str = ""
    """The beginning of the first, on one line; what cannot be shown stands as its code points."""
    place: str = ""
    """`text`, `html`, `headers`, `subject`."""

    @property
    def rule(self) -> str:
        """The id of the finding."""
        return f"render.{self.kind}"

    @property
    def severity(self) -> str:
        """`low`, `medium` or `high`."""
        return _KINDS[self.kind][0]

    @property
    def message(self) -> str:
        """One sentence for a person."""
        what = _KINDS[self.kind][1]
        return f"Left out: {what}." if self.count == 1 else f"Left out {self.count} times: {what}."

    def at(self, place: str) -> "Removal":
        """The same in a place."""
        return replace(self, place=place)


def kinds() -> tuple[str, ...]:
    """Every kind there is."""
    return tuple(_KINDS)


def excerpt(text: str) -> str:
    """The beginning of a text on one line; characters that show nothing as `U+XXXX`."""
    line = " ".join(text[: 4 * MAX_EXCERPT].split())
    shown = "".join(char if char.isprintable() else f"U+{ord(char):04X} " for char in line)
    return shown if len(shown) <= MAX_EXCERPT else f"{shown[: MAX_EXCERPT - 1].rstrip()}…"


def removal_json(removal: Removal) -> JsonObject:
    """A removal as its reader is told of it."""
    return {
        "rule": removal.rule,
        "category": "encoding",
        "severity": removal.severity,
        "place": removal.place,
        "count": removal.count,
        "message": removal.message,
        "excerpt": removal.excerpt,
    }
