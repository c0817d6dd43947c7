"""Whether the text of an element can be seen: styles as they add up from the outside in.

A `Look` is what an element hands to what is inside it. What is gone stays gone (`display`, zero
size, off the screen, no opacity); what is only invisible, tiny or in the color of its ground may be
seen again further in. What cannot be known, such as a picture in the background, hides nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailcore.message.cascade import Attributes, Cascade, Element
from mailcore.message.colors import BLACK, WHITE, Color, contrast, over, parse_color
from mailcore.message.css import font_px, length_px

MIN_CONTRAST: Final = 1.2
"""Less cannot be told from the ground; pale gray on white has 1.6."""
MIN_FONT_PX: Final = 2.0
MIN_OPACITY: Final = 0.1
FAR_PX: Final = 500.0
_NO_SIZE_PX: Final = 1.5
_NUMBERS: Final = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_UNSHOWN: Final = frozenset({"dialog", "datalist", "noembed", "noframes", "rp"})
_GROUNDED: Final = frozenset({"body", "table", "tr", "td", "th", "tbody", "thead", "tfoot"})
_STYLING: Final = frozenset(
    {"style", "hidden", "bgcolor", "color", "text", "background", "class", "id", "aria-hidden"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How text directly inside an element looks. `why` is how it is hidden; empty when it is seen."""

    gone: str = ""
    is_invisible: bool = False
    opacity: float = 1.0
    font_px: float = 16.0
    color: Color | None = BLACK
    """None where it is not known."""
    ground: Color | None = WHITE
    """None where it is not known."""
    is_aria_hidden: bool = False
    """Whether programs that read the screen aloud are told to skip it."""
    why: str = ""


PAGE: Final = Look()


def look_of(
    element: Element,
    outer: Look,
    cascade: Cascade,
    ancestors: Sequence[Element] = (),
    before: Element | None = None,
) -> Look:
    """How the text in an element looks, given how it looks around it."""
    if outer.gone:
        return outer
    attributes = element.attributes
    if "hidden" in attributes or (element.tag in _UNSHOWN and "open" not in attributes):
        return replace(outer, gone="display", why="display")
    if cascade.is_empty and element.tag != "a" and not _STYLING & attributes.keys():
        return outer
    declared = cascade.of(element, ancestors, before)
    return _look(element, outer, declared)


def is_hidden(attributes: Attributes) -> bool:
    """Whether an element's own attributes keep readers from seeing it."""
    element = Element.of("div", attributes)
    return bool(look_of(element, PAGE, _NO_STYLES).why)


_NO_STYLES: Final = Cascade(())


def _look(element: Element, outer: Look, declared: Mapping[str, str]) -> Look:
    size = font_px(declared.get("font-size", "inherit"), outer.font_px) or 0.0
    opacity = outer.opacity * _part(declared.get("opacity", ""), 1.0)
    gone = _gone(declared, size, opacity)
    if gone:
        return replace(outer, gone=gone, why=gone)
    visibility = declared.get("visibility", "")
    is_invisible = outer.is_invisible
    if visibility and visibility not in ("inherit", "unset"):
        is_invisible = visibility in ("hidden", "collapse")
    ground = _ground(element, outer.ground, declared)
    color = _color(element, outer.color, declared)
    return Look(
        is_aria_hidden=outer.is_aria_hidden or _is_aria_hidden(element),
        is_invisible=is_invisible,
        opacity=opacity,
        font_px=size,
        color=color,
        ground=ground,
        why=_why(is_invisible=is_invisible, size=size, color=color, ground=ground),
    )


def _why(*, is_invisible: bool, size: float, color: Color | None, ground: Color | None) -> str:
    if is_invisible:
        return "visibility"
    if size < MIN_FONT_PX:
        return "tiny"
    if color is None:
        return ""
    if color.alpha < MIN_OPACITY:
        return "color"
    if ground is not None and contrast(over(color, ground), ground) < MIN_CONTRAST:
        return "color"
    return ""


# What takes an element away --------------------------------------------------------------------------


def _gone(declared: Mapping[str, str], size: float, opacity: float) -> str:
    if not declared:
        return ""
    if (
        declared.get("display", "").startswith("none")
        or declared.get("content-visibility") == "hidden"
    ):
        return "display"
    if opacity < MIN_OPACITY or _filtered(declared.get("filter", "")):
        return "opacity"
    if _is_clipped(declared, size):
        return "clipped"
    return "offscreen" if _is_far(declared, size) else ""


def _is_aria_hidden(element: Element) -> bool:
    return (element.attributes.get("aria-hidden") or "").strip().lower() == "true"


def _filtered(value: str) -> bool:
    start = value.find("opacity(")
    return start >= 0 and _part(value[start + 8 :].partition(")")[0].strip(), 1.0) < MIN_OPACITY


def _is_clipped(declared: Mapping[str, str], size: float) -> bool:
    overflow = declared.get("overflow", "")
    if "hidden" in overflow or "clip" in overflow:
        for name in ("height", "max-height", "width", "max-width"):
            value = length_px(declared.get(name, ""), size)
            if (
                value is not None
                and abs(value) <= _NO_SIZE_PX
                and not _is_stretched(declared, name)
            ):
                return True
    is_placed = declared.get("position") in ("absolute", "fixed")
    clip = declared.get("clip", "")
    if is_placed and clip.startswith("rect"):
        sides = [float(one) for one in _NUMBERS.findall(clip)[:4]]
        if len(sides) == 4 and (
            sides[1] - sides[3] <= _NO_SIZE_PX or sides[2] - sides[0] <= _NO_SIZE_PX
        ):
            return True
    path = declared.get("clip-path", "")
    first = _NUMBERS.search(path)
    if path.startswith("inset(") and "%" in path:
        return first is not None and float(first[0]) >= 50
    if path.startswith(("circle(", "ellipse(")):
        return first is not None and float(first[0]) == 0
    return path.startswith("polygon(") and not any(
        float(one) for one in _NUMBERS.findall(path)[:40]
    )


def _is_stretched(declared: Mapping[str, str], name: str) -> bool:
    """`width: 0; min-width: 100%` is as wide as it can be."""
    least = length_px(declared.get(f"min-{name}", ""))
    return least is not None and least > _NO_SIZE_PX


def _is_far(declared: Mapping[str, str], size: float) -> bool:
    """Whether it stands beside the page: the far left or above, where nothing scrolls to."""

    def px(name: str) -> float:
        return length_px(declared.get(name, ""), size) or 0.0

    if px("text-indent") <= -FAR_PX or px("margin-left") <= -FAR_PX or px("margin-top") <= -FAR_PX:
        return True
    if declared.get("position") in ("absolute", "fixed", "relative"):
        is_away = px("left") <= -FAR_PX or px("top") <= -FAR_PX
        if is_away or px("right") >= 4 * FAR_PX or px("bottom") >= 20 * FAR_PX:
            return True
        if px("left") >= 4 * FAR_PX:
            return True
    transform = declared.get("transform", "")
    if not transform or transform == "none":
        return False
    for name, values in re.findall(r"([a-z0-9]{1,20})\(([^()]{0,80})\)", transform)[:10]:
        numbers = [float(one) for one in _NUMBERS.findall(values)[:4]]
        if name.startswith("scale") and any(abs(one) < 0.02 for one in numbers):
            return True
        if name.startswith("translate") and any(abs(one) >= FAR_PX for one in numbers):
            return True
    return False


def _part(value: str, default: float) -> float:
    """A number or a percentage as a part of one."""
    match = _NUMBERS.match(value)
    if match is None:
        return default
    return float(match[0]) / (100 if value.endswith("%") else 1)


# Colors ----------------------------------------------------------------------------------------------


def _ground(element: Element, outer: Color | None, declared: Mapping[str, str]) -> Color | None:
    """The color behind the text; a picture makes it unknown."""
    image = declared.get("background-image", "")
    if "(" in image:
        return None
    attributes = element.attributes
    if element.tag in _GROUNDED and attributes.get("background"):
        return None
    written = declared.get("background-color", "")
    if not written and element.tag in _GROUNDED:
        written = (attributes.get("bgcolor") or "").strip().lower()
    color = parse_color(written)
    if color is None:
        return outer
    if color.alpha >= 1 or outer is None:
        return color if color.alpha >= 1 else outer
    return over(color, outer)


def _color(element: Element, outer: Color | None, declared: Mapping[str, str]) -> Color | None:
    """The color of the text; that of links is the reader's when nothing says it."""
    if "text" in (declared.get("background-clip"), declared.get("-webkit-background-clip")):
        return None
    written = declared.get("-webkit-text-fill-color") or declared.get("color", "")
    attributes = element.attributes
    if not written and element.tag in ("font", "basefont"):
        written = (attributes.get("color") or "").strip().lower()
    if not written and element.tag == "body":
        written = (attributes.get("text") or "").strip().lower()
    if not written and element.tag == "a" and attributes.get("href"):
        return None
    if written in ("initial", "revert"):
        return BLACK
    return parse_color(written) or outer
