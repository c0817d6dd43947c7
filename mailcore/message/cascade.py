"""Which declarations count for an element: the cascade of CSS, bounded.

Rules are found by the last element of their selector. Selectors that ask about ancestors cost a
bounded number of comparisons in all; once these are used up, what hides is taken to apply and what
shows is not, and `is_exhausted` says so. Only what `css` reads is known.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailcore.message.css import Compound, Declarations, Rule, declarations, stylesheet

MAX_COMPARISONS: Final = 200_000
_MAX_CLASSES: Final = 50
_MAX_IN_BUCKET: Final = 64
_INLINE: Final = 10**9
_HIDING: Final = {
    "display": ("none",),
    "visibility": ("hidden", "collapse"),
    "content-visibility": ("hidden",),
    "opacity": ("0", ".0", "0.0", "0%"),
}

type Attributes = Mapping[str, str | None]
type Weight = tuple[bool, int, int]
type Weighed = dict[str, tuple[Weight, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element as selectors see it."""

    tag: str
    id: str = ""
    classes: frozenset[str] = frozenset()
    attributes: Attributes = field(default_factory=dict)

    @classmethod
    def of(cls, tag: str, attributes: Attributes) -> "Element":
        """From its tag and attributes."""
        if not attributes:
            return cls(tag=tag)
        written = (attributes.get("class") or "").lower().split(None, _MAX_CLASSES)
        return cls(
            tag=tag,
            id=(attributes.get("id") or "").strip().lower(),
            classes=frozenset(written[:_MAX_CLASSES]),
            attributes=attributes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    compounds: tuple[Compound, ...]
    weighed: Weighed
    hides: bool


class Cascade:
    """The style sheets of one message."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._plain: dict[str, Weighed] = {}
        """What one name alone decides: `.name`, `#name`, `tag` or `*`."""
        self._complex: dict[str, list[_Entry]] = {}
        self._left = MAX_COMPARISONS
        order = 0
        for sheet in sheets:
            for rule in stylesheet(sheet):
                order += 1
                self._add(rule, order)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rules."""
        return not self._plain and not self._complex

    @property
    def is_exhausted(self) -> bool:
        """Whether not all selectors could be compared."""
        return self._left <= 0

    def _add(self, rule: Rule, order: int) -> None:
        last = rule.compounds[-1]
        key = _key(last)
        weighed = _weighed(rule.declared, rule.specificity, order)
        is_plain = len(rule.compounds) == 1 and not last.attributes and _size(last) <= 1
        bucket = self._complex.setdefault(key, []) if not is_plain else []
        if is_plain:
            _merge(self._plain.setdefault(key, {}), weighed)
        elif len(bucket) < _MAX_IN_BUCKET:
            bucket.append(
                _Entry(compounds=rule.compounds, weighed=weighed, hides=_hides(rule.declared))
            )
        elif _hides(rule.declared):
            _merge(self._plain.setdefault(key, {}), weighed)

    def of(
        self, element: Element, ancestors: Sequence[Element], before: Element | None
    ) -> Mapping[str, str]:
        """Property → value for an element, its own `style` included.

        `ancestors` are its parents, outermost first; `before` is the element beside it.
        """
        style = element.attributes.get("style")
        if self.is_empty:
            return (
                {name: value for name, (value, _) in declarations(style).items()} if style else {}
            )
        found: Weighed = {}
        keys = ["*", element.tag, *(f".{name}" for name in element.classes)]
        if element.id:
            keys.append(f"#{element.id}")
        for key in keys:
            plain = self._plain.get(key)
            if plain is not None:
                _merge(found, plain)
            for entry in self._complex.get(key, ()):
                if self._fits(entry, element, ancestors, before):
                    _merge(found, entry.weighed)
        if style:
            _merge(found, _weighed(declarations(style), _INLINE, 0))
        return {name: value for name, (_, value) in found.items()}

    def _fits(
        self,
        entry: _Entry,
        element: Element,
        ancestors: Sequence[Element],
        before: Element | None,
    ) -> bool:
        if self._left <= 0:
            return entry.hides
        self._left -= 1
        *outer, last = entry.compounds
        if not _is(element, last):
            return False
        at, link = len(ancestors), last.link
        for compound in reversed(outer):
            if link in ("+", "~"):
                if before is None or not _is(before, compound):
                    return False
            else:
                at = self._ancestor(compound, ancestors, at, is_next=link == ">")
                if at < 0:
                    return self._left <= 0 and entry.hides
            link, before = compound.link, None
        return True

    def _ancestor(
        self, compound: Compound, ancestors: Sequence[Element], at: int, *, is_next: bool
    ) -> int:
        """The place of the nearest ancestor before `at` that fits; -1 for none."""
        while at > 0 and self._left > 0:
            at -= 1
            self._left -= 1
            if _is(ancestors[at], compound):
                return at
            if is_next:
                break
        return -1


def _key(last: Compound) -> str:
    if last.id:
        return f"#{last.id}"
    if last.classes:
        return f".{min(last.classes)}"
    return last.tag or "*"


def _size(one: Compound) -> int:
    return bool(one.id) + len(one.classes) + bool(one.tag)


def _hides(declared: Declarations) -> bool:
    return any(
        value in _HIDING.get(name, ())
        or (name in ("font-size", "max-height", "height") and value.startswith("0"))
        or (name in ("left", "top", "text-indent") and value.startswith("-"))
        or name.startswith("clip")
        for name, (value, _) in declared.items()
    )


def _weighed(declared: Declarations, specificity: int, order: int) -> Weighed:
    return {
        name: ((is_important, specificity, order), value)
        for name, (value, is_important) in declared.items()
    }


def _merge(into: Weighed, more: Weighed) -> None:
    for name, one in more.items():
        known = into.get(name)
        if known is None or one[0] >= known[0]:
            into[name] = one


def _is(element: Element, compound: Compound) -> bool:
    return (
        (not compound.tag or compound.tag == element.tag)
        and (not compound.id or compound.id == element.id)
        and compound.classes <= element.classes
        and all(_has(element.attributes, *one) for one in compound.attributes)
    )


def _has(attributes: Attributes, name: str, operator: str, wanted: str) -> bool:
    if name not in attributes:
        return False
    value = (attributes[name] or "").lower()
    match operator:
        case "":
            return True
        case "=":
            return value == wanted
        case "~=":
            return wanted in value.split()
        case "|=":
            return value == wanted or value.startswith(f"{wanted}-")
        case "^=":
            return bool(wanted) and value.startswith(wanted)
        case "$=":
            return bool(wanted) and value.endswith(wanted)
        case _:
            return bool(wanted) and wanted in value
