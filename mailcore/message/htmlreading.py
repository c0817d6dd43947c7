"""Reads HTML as a stream of tags and text, apart into what a reader sees and what is hidden.

Knows no parser: `htmltext` feeds it from a tree or from a tag scanner. Every hidden piece is
counted by how it is hidden. Work and memory are linear in what is fed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailcore.message.cascade import Attributes, Cascade, Element
from mailcore.message.layout import Layout
from mailcore.message.link_signs import NO_IMAGES, Anchor, Images
from mailcore.message.links import MAX_LINKS
from mailcore.message.removals import Removal, excerpt
from mailcore.message.visibility import PAGE, Look, look_of

_PADDING: Final = (
    " \t\r\n\f\v\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u200e\u200f\u202f\u205f\u2060\u2061\u2062\u2063"
    "\u2064\u2800\u3000\u3164\ufeff\uffa0"
)
"""What preview lines are filled up with, so that nothing else shows behind them."""
_MAX_PREHEADER: Final = 400
_MIN_WORDS: Final = 3
"""Fewer words are an icon, a price, a mark for programs."""
_MAX_COMMENT: Final = 4000
_TAG: Final = re.compile(r"<[^<>]*>")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_NO_ATTRIBUTES: Final[Mapping[str, str | None]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class HtmlReading:
    """What HTML says. `hidden` is the text that its reader does not see, comments apart."""

    text: str
    hidden: str = ""
    removals: tuple[Removal, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    images: Images = NO_IMAGES


class HtmlReader:
    """Feed with `start`, `end`, `text`, `comment` and `active`; `result` gives the whole."""

    def __init__(self, cascade: Cascade, *, shows_all: bool = False) -> None:
        self._cascade = cascade
        self._shows_all = shows_all
        self._shown = Layout()
        self._hidden = Layout()
        self._elements: list[Element] = []
        self._looks: list[Look] = [PAGE]
        self._before: list[Element | None] = [None]
        self._known: dict[str, Element] = {}
        self._removed: dict[str, tuple[int, str]] = {}
        self._has_shown = False
        self._early = 0
        self._last_hidden = ""
        self._links = _LinkList()

    @property
    def is_gone(self) -> bool:
        """Whether nothing inside the open element can be seen."""
        return bool(self._looks[-1].gone)

    def start(self, tag: str, attributes: Attributes = _NO_ATTRIBUTES) -> None:
        """An element begins."""
        if attributes:
            element = Element.of(tag, attributes)
        else:
            element = self._known.get(tag) or self._known.setdefault(tag, Element(tag=tag))
        look = self._looks[-1]
        if not self._shows_all:
            look = look_of(element, look, self._cascade, self._elements, self._before[-1])
        self._elements.append(element)
        self._looks.append(look)
        self._before.append(None)
        href, alt = attributes.get("href") or "", attributes.get("alt") or ""
        if tag in _LEADING:
            self._links.start(tag, attributes, is_seen=not look.why)
        if look.gone:
            self._hidden.start(tag, "", alt)
            return
        self._shown.start(tag, "" if look.why else href, "" if look.why else alt)
        if look.why:
            self._hidden.start(tag)
        elif tag == "img" and alt.strip():
            self._has_shown = True

    def end(self) -> None:
        """The open element ends."""
        element = self._elements.pop()
        look = self._looks.pop()
        self._before.pop()
        self._before[-1] = element
        if element.tag == "a":
            self._links.end()
        if not look.gone:
            self._shown.end(element.tag)
        if look.gone or look.why:
            self._hidden.end(element.tag)

    def text(self, text: str) -> bool:
        """Character data in the open element; whether it is seen."""
        look = self._looks[-1]
        why = look.why
        self._links.text(text, is_seen=not why)
        if not why and look.is_aria_hidden and len(text.split(None, _MIN_WORDS)) >= _MIN_WORDS:
            why = "aria"
        if not why:
            self._shown.text(text)
            if (not self._has_shown or self._last_hidden) and text.strip(_PADDING):
                self._has_shown, self._last_hidden = True, ""
            return True
        self._hidden.text(text)
        words = text.strip(_PADDING)
        if words:
            self._hide(why, words)
        return False

    def comment(self, text: str) -> None:
        """A comment; one without words, such as a mark of a program, does not count."""
        words = _TAG.sub(" ", text[:_MAX_COMMENT])
        if len(_WORD.findall(words)) >= _MIN_WORDS and not text.lstrip().startswith("[if"):
            self._count("comment", words)

    def active(self) -> None:
        """Something that would run, load or embed."""
        self._count("active", "")

    def result(self) -> HtmlReading:
        """Everything that was fed."""
        if self._cascade.is_exhausted:
            self._count("complex", "")
        return HtmlReading(
            text=self._shown.result(),
            hidden=self._hidden.result(),
            removals=tuple(
                Removal(kind=kind, count=count, excerpt=first)
                for kind, (count, first) in self._removed.items()
            ),
            anchors=tuple(self._links.anchors),
            images=self._links.images(),
        )

    def _hide(self, why: str, words: str) -> None:
        if not self._has_shown:
            self._early += len(words)
            if self._early <= _MAX_PREHEADER:
                why = "preheader"
        if why != self._last_hidden:
            self._count(why, words)
        self._last_hidden = why

    def _count(self, kind: str, words: str) -> None:
        count, first = self._removed.get(kind, (0, ""))
        self._removed[kind] = (count + 1, first or excerpt(words))


_LEADING: Final = frozenset({"a", "area", "form", "img"})
_SMALL: Final = re.compile(r"\s*0*[012](?:\.\d*)?(?:px)?\s*")
_SMALL_STYLE: Final = re.compile(
    r"(?:^|[;\s])(?:width|height)\s{0,9}:\s{0,9}[012](?:px)?\s{0,9}(?:;|!|$)"
)
_MAX_LABEL: Final = 500


class _LinkList:
    """Links and pictures as they are met."""

    def __init__(self) -> None:
        self.anchors: list[Anchor] = []
        self._target = ""
        self._label: list[str] = []
        self._size = 0
        self._is_seen = False
        self._remote = self._tracking = self._inline = 0

    def start(self, tag: str, attributes: Attributes, *, is_seen: bool) -> None:
        """An element that leads somewhere begins."""
        if tag == "img":
            self._image(attributes, is_seen=is_seen)
            return
        target = (attributes.get("action" if tag == "form" else "href") or "").strip()
        if tag == "a":
            self.end()
            self._target, self._label, self._size, self._is_seen = target, [], 0, False
        elif target and not target.startswith("#"):
            self._add(target, attributes.get("alt") or "", is_seen=is_seen)

    def text(self, text: str, *, is_seen: bool) -> None:
        """Character data, perhaps of a link."""
        if self._target:
            self._is_seen = self._is_seen or is_seen
            if self._size < _MAX_LABEL:
                self._label.append(text)
                self._size += len(text)

    def end(self) -> None:
        """The open link ends."""
        target, self._target = self._target, ""
        if target and not target.startswith("#"):
            self._add(target, "".join(self._label), is_seen=self._is_seen)

    def images(self) -> Images:
        """The pictures so far."""
        return Images(remote=self._remote, tracking=self._tracking, inline=self._inline)

    def _image(self, attributes: Attributes, *, is_seen: bool) -> None:
        if self._target:
            self._is_seen = self._is_seen or is_seen
            self._label.append(attributes.get("alt") or "")
        source = (attributes.get("src") or "").strip().lower()
        if source.startswith(("cid:", "data:")):
            self._inline += 1
        elif source.startswith(("http:", "https:", "//")):
            self._remote += 1
            sizes = (attributes.get("width") or "", attributes.get("height") or "")
            is_small = any(_SMALL.fullmatch(one) for one in sizes)
            style = (attributes.get("style") or "")[:1000].lower()
            self._tracking += is_small or not is_seen or bool(_SMALL_STYLE.search(style))

    def _add(self, target: str, text: str, *, is_seen: bool) -> None:
        if len(self.anchors) < 2 * MAX_LINKS:
            self.anchors.append(Anchor(target=target, text=text, is_seen=is_seen))
