"""CSS as far as it decides whether text can be seen: declarations, lengths, style sheets, selectors.

Values that a browser would refuse are refused here too, so that a wrong one behind a right one does
not undo it. Everything is linear in the input and never raises. Which rule counts for which element
is `cascade`; what the properties do is `visibility`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailcore.message.colors import parse_color

SCREEN_WIDTH: Final = 1024
"""The screen that conditions of a style sheet are asked of, in px."""
MAX_STYLE_CHARS: Final = 512 * 1024
_MAX_SELECTOR: Final = 300
_MAX_COMPOUNDS: Final = 8
_MAX_VALUE: Final = 200

type Declarations = Mapping[str, tuple[str, bool]]
"""Property → value and whether it is `!important`."""

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_LENGTH: Final = re.compile(
    r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,2})?)(px|pt|pc|em|rem|ex|ch|%|vw|vh|vmin|vmax|in|cm|mm)?"
)
_UNITS: Final = {
    "px": 1.0, "": 1.0, "pt": 4 / 3, "pc": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 10.24,
    "vh": 7.68, "vmin": 7.68, "vmax": 10.24, "in": 96.0, "cm": 37.8, "mm": 3.78,
}  # fmt: skip
_FONT_WORDS: Final = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0,
    "xx-large": 32.0, "smaller": 13.0, "larger": 19.0,
}  # fmt: skip
_WIDE: Final = frozenset({"inherit", "initial", "unset", "revert"})
_DISPLAYS: Final = frozenset(
    {
        "none", "block", "inline", "inline-block", "flex", "inline-flex", "grid", "inline-grid",
        "contents", "flow-root", "list-item", "table", "inline-table", "table-row", "table-cell",
        "table-row-group", "table-header-group", "table-footer-group", "table-column",
        "table-column-group", "table-caption", "run-in", "ruby", *_WIDE,
    }
)  # fmt: skip
_VISIBILITIES: Final = frozenset({"visible", "hidden", "collapse", *_WIDE})
_LENGTHS: Final = frozenset(
    {
        "width", "height", "max-width", "max-height", "min-width", "min-height", "left", "right", "top", "bottom",
        "text-indent", "margin-left", "margin-top",
    }
)  # fmt: skip
_FREE: Final = frozenset(
    {
        "position", "overflow", "clip", "clip-path", "transform", "filter", "content-visibility",
        "background-image", "-webkit-background-clip", "background-clip",
    }
)  # fmt: skip
_LENGTH_WORDS: Final = frozenset({"auto", "none", "max-content", "min-content", "fit-content"})
_IMAGE: Final = ("url(", "gradient(", "image(", "image-set(", "element(")


# Values ------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def length_px(text: str, font_px: float = 16.0, whole_px: float = SCREEN_WIDTH) -> float | None:
    """A length in px; of `em` the font counts and of `%` the whole; None when it is no length."""
    if text.startswith(("calc(", "min(", "max(", "clamp(")):
        parts = [match[0] for match in _LENGTH.finditer(text) if match[2]]
        values = [length_px(part, font_px, whole_px) for part in parts[:20]]
        return min((one for one in values if one is not None), default=None)
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    number, unit = float(match[1]), match[2] or ""
    if unit == "em":
        return number * font_px
    if unit == "%":
        return number * whole_px / 100
    return number * _UNITS[unit]


def font_px(text: str, parent_px: float) -> float | None:
    """The size of a font in px; None when the value is none."""
    if text in _FONT_WORDS:
        return _FONT_WORDS[text]
    if text in _WIDE:
        return 16.0 if text == "initial" else parent_px
    return length_px(text, parent_px, parent_px)


def _is_valid(name: str, value: str) -> bool:
    if name == "display":
        return value.split(" ", 1)[0] in _DISPLAYS
    if name == "visibility":
        return value in _VISIBILITIES
    if name in ("color", "background-color", "-webkit-text-fill-color"):
        return value in _WIDE or value == "currentcolor" or parse_color(value) is not None
    if name == "font-size":
        return font_px(value, 16.0) is not None
    if name == "opacity":
        return _LENGTH.fullmatch(value) is not None
    if name in _LENGTHS:
        return value in _LENGTH_WORDS or value in _WIDE or length_px(value) is not None
    return name in _FREE


def declarations(style: str) -> Declarations:
    """What a `style` attribute or the body of a rule declares, as far as it bears on being seen."""
    found: dict[str, tuple[str, bool]] = {}
    for declaration in _decoded(style[:MAX_STYLE_CHARS]).lower().split(";"):
        name, colon, value = declaration.partition(":")
        if not colon:
            continue
        value, mark, _ = value.partition("!")
        for longhand, one in _longhands(name.strip(), " ".join(value[:_MAX_VALUE].split())):
            if _is_valid(longhand, one) and not (
                longhand in found and found[longhand][1] > bool(mark)
            ):
                found[longhand] = (one, bool(mark))
    return found


def _longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The property, or those that a shorthand stands for."""
    match name:
        case "background":
            yield "background-image", value if any(one in value for one in _IMAGE) else "none"
            colors = [one for one in _words(value) if parse_color(one) is not None]
            yield "background-color", colors[-1] if colors else "transparent"
        case "font":
            sizes = [one.partition("/")[0] for one in value.split() if one[:1] in "0123456789."]
            yield from (("font-size", one) for one in sizes[-1:])
        case "margin":
            parts = value.split()
            if parts:
                yield "margin-top", parts[0]
                yield "margin-left", parts[3 if len(parts) > 3 else 1 if len(parts) > 1 else 0]
        case "overflow-x" | "overflow-y":
            yield "overflow", value
        case _:
            yield name, value


def _words(value: str) -> list[str]:
    """The words of a value; a function with its arguments is one."""
    words: list[str] = []
    depth = 0
    for word in value.split(" "):
        if depth and words:
            words[-1] += word
        else:
            words.append(word)
        depth += word.count("(") - word.count(")")
    return words


def _decoded(css: str) -> str:
    """CSS without its comments, letters and digits that were written as numbers put back."""
    if "/*" in css or "--" in css:
        css = _COMMENT.sub(" ", css)
    return _ESCAPE.sub(_unescaped, css) if "\\" in css else css


def _unescaped(match: re.Match[str]) -> str:
    if not match[1]:
        return match[2] if match[2].isalnum() else "_"
    code = int(match[1], 16)
    char = chr(code) if code < 0x110000 else "_"
    return char if char.isalnum() or char in "-#" else "_"


# Style sheets ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """What one element must be. `link` is how it stands to the one before: ` `, `>`, `+`, `~`."""

    tag: str = ""
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str, str], ...] = ()
    """Name, operator and value; the operator is empty where the name is enough."""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One selector of a style sheet, outermost element first, with its declarations."""

    compounds: tuple[Compound, ...]
    specificity: int
    declared: Declarations


_TURN: Final = re.compile(r"[{};]")
_CONDITIONAL: Final = ("@media", "@supports", "@layer", "@container", "@document")
_FEATURE: Final = re.compile(r"\(\s{0,9}([a-z-]{1,40})\s{0,9}(?::\s{0,9}([^()]{0,60}))?\)")
_NEVER_SHOWN: Final = ("print", "speech", "aural", "braille", "handheld", "tty", "projection", "tv")


def stylesheet(css: str) -> Iterator[Rule]:
    """The rules that count on an ordinary screen with light colors, in their order."""
    text = _decoded(css[:MAX_STYLE_CHARS])
    counts: list[bool] = []
    position = 0
    while (turn := _TURN.search(text, position)) is not None:
        prelude = text[position : turn.start()].strip().lower()
        position = turn.end()
        if turn[0] == "}":
            del counts[-1:]
        elif turn[0] == "{" and prelude.startswith(_CONDITIONAL):
            is_met = not prelude.startswith("@media") or media_applies(prelude[6:])
            counts.append(is_met and all(counts[-1:]))
        elif turn[0] == "{" and prelude.startswith("@") and "keyframes" in prelude:
            counts.append(False)
        elif turn[0] == "{":
            end = text.find("}", position)
            end = len(text) if end < 0 else end
            if all(counts[-1:]) and not prelude.startswith("@"):
                yield from _rules(prelude, text[position:end])
            position = end + 1


def _rules(selectors: str, body: str) -> Iterator[Rule]:
    declared = declarations(body)
    for selector in selectors.split(",") if declared else ():
        compounds = _compounds(selector.strip())
        if compounds:
            specificity = sum(_specificity(one) for one in compounds)
            yield Rule(compounds=compounds, specificity=specificity, declared=declared)


def media_applies(query: str) -> bool:
    """Whether a media query list holds for the screen; conditions that are not known do."""
    return any(_one_applies(one.strip().lower()) for one in query.split(","))


def _one_applies(query: str) -> bool:
    word = query.removeprefix("only ").strip()
    is_turned = word.startswith("not ")
    word = word.removeprefix("not ").strip()
    holds = not word.startswith(_NEVER_SHOWN) and all(
        _feature_holds(match[1], (match[2] or "").strip()) for match in _FEATURE.finditer(word)
    )
    return holds is not is_turned


def _feature_holds(name: str, value: str) -> bool:
    if name == "prefers-color-scheme":
        return value != "dark"
    if name.endswith("width") and name.startswith(("min", "max")):
        limit = length_px(value)
        if limit is not None:
            return limit <= SCREEN_WIDTH if name.startswith("min") else limit >= SCREEN_WIDTH
    return not (name.endswith("-device-pixel-ratio") and value not in ("0", "1"))


_SELECTOR_TOKEN: Final = re.compile(
    r"(?P<link>\s*[>+~]\s*|\s+)|(?P<tag>\*|[a-z_][\w-]*)|#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)"
    r"|\[(?P<attribute>[^\]]*)\]|:(?P<pseudo>:?[\w-]+)(?:\([^()]*\))?"
)
_ATTRIBUTE: Final = re.compile(
    r"\s*([\w-]+)\s*(?:([~|^$*]?)=\s*[\"']?([^\"'\]]*)[\"']?(?:\s+[is])?\s*)?"
)
_PASSING: Final = frozenset(
    {"hover", "active", "focus", "focus-within", "focus-visible", "visited", "checked", "target",
     "before", "after", "first-letter", "first-line", "disabled", "selection", "placeholder"}
)  # fmt: skip
"""States that a message is not in when it is read, and things that are no elements of it."""


@lru_cache(maxsize=1024)
def _compounds(selector: str) -> tuple[Compound, ...]:
    """The elements a selector names; empty when it is none, or of something that never holds.

    Of a very long one only the last elements count.
    """
    if len(selector) > _MAX_SELECTOR:
        selector = selector[-_MAX_SELECTOR:].partition(" ")[2]
    found: list[Compound] = []
    tokens: list[re.Match[str]] = []
    link, position = "", 0
    while position < len(selector):
        token = _SELECTOR_TOKEN.match(selector, position)
        if token is None or _never_holds(token["pseudo"] or ""):
            return ()
        position = token.end()
        if token["link"]:
            found.append(_compound(tokens, link))
            tokens, link = [], token["link"].strip() or " "
        else:
            tokens.append(token)
    if not tokens:
        return ()
    found.append(_compound(tokens, link))
    return tuple(found[-_MAX_COMPOUNDS:])


def _never_holds(pseudo: str) -> bool:
    return pseudo.startswith((":", "-")) or pseudo in _PASSING


def _compound(tokens: Sequence[re.Match[str]], link: str) -> Compound:
    written = [read for one in tokens if (read := _ATTRIBUTE.fullmatch(one["attribute"] or ""))]
    return Compound(
        tag="".join(one["tag"] or "" for one in tokens).strip("*"),
        id="".join(one["id"] or "" for one in tokens),
        classes=frozenset(one["class"] for one in tokens if one["class"]),
        attributes=tuple(
            (one[1], "" if one[3] is None else f"{one[2]}=", one[3] or "") for one in written
        ),
        link=link,
    )


def _specificity(one: Compound) -> int:
    """How much a compound weighs (CSS Selectors 4 §17)."""
    return (
        10_000 * bool(one.id)
        + 100 * min(len(one.classes) + len(one.attributes), 20)
        + bool(one.tag)
    )
