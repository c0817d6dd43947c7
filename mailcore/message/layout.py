"""Turns a stream of HTML start tags, end tags and text into readable plain text.

Knows how elements look as text, not how HTML is parsed: `htmltext` feeds it from a tree or from a
tag scanner. Work and memory are linear in what is fed.
"""

from dataclasses import dataclass, field
from typing import Final

_PARAGRAPHS: Final = frozenset(
    [
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "pre",
        "table",
        "blockquote",
        "figure",
        "fieldset",
        "form",
    ]
)
_LINES: Final = frozenset(
    [
        "div",
        "tr",
        "li",
        "dt",
        "dd",
        "section",
        "article",
        "header",
        "footer",
        "address",
        "center",
        "main",
        "nav",
        "aside",
        "caption",
        "figcaption",
        "legend",
        "option",
        "details",
        "summary",
        "body",
        "html",
    ]
)
_CELLS: Final = frozenset(("td", "th"))
_MAX_QUOTES: Final = 20
_MAX_INDENT: Final = 20


@dataclass(slots=True)
class Layout:
    """The text so far. Feed with `start`, `end` and `text`; `result` gives the whole."""

    _lines: list[str] = field(default_factory=list)
    _line: list[str] = field(default_factory=list)
    _space: bool = False
    _gap: bool = False
    _quotes: int = 0
    _last_quotes: int = 0
    _pre: int = 0
    _lists: list[int] = field(default_factory=list)
    _bullet: str = ""
    _link: str | None = None
    """The target of the open link; links do not nest."""
    _written: list[str] = field(default_factory=list)

    def start(self, tag: str, href: str = "", alt: str = "") -> None:
        """An element begins; `href` is a link's target, `alt` an image's text."""
        if tag == "br":
            self._break()
        elif tag == "a":
            self._link, self._written = href.strip(), []
        elif tag == "img":
            self._image(alt)
        elif tag == "hr":
            self._block(gap=False)
            self._word("-" * 20)
            self._block(gap=False)
        elif tag in _PARAGRAPHS:
            self._block(gap=tag not in ("ul", "ol") or not self._lists)
            self._open(tag)
        elif tag in _LINES:
            self._block(gap=False)
            if tag == "li":
                self._item()
        elif tag in _CELLS and self._line:
            self._space = True

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "a":
            self._end_link()
        elif tag in _PARAGRAPHS:
            self._close(tag)
            self._block(gap=tag not in ("ul", "ol") or not self._lists)
        elif tag in _LINES:
            self._block(gap=False)
            if tag == "li":
                self._bullet = ""

    def text(self, text: str) -> None:
        """Character data."""
        if self._pre:
            self._preformatted(text)
            return
        words = text.split()
        if not words:
            self._space = self._space or bool(text)
            return
        self._space = self._space or text[0].isspace()
        self._word(" ".join(words))
        self._space = text[-1].isspace()

    def result(self) -> str:
        """The text, no blank lines around it, no white space at the ends of lines."""
        self._block(gap=False)
        return "\n".join(self._lines).strip("\n")

    def _word(self, text: str) -> None:
        if self._line and self._space:
            self._line.append(" ")
        self._space = False
        self._line.append(text)
        if self._link is not None:
            self._written.append(text)

    def _preformatted(self, text: str) -> None:
        first, *others = text.replace("\r\n", "\n").split("\n")
        if first:
            self._line.append(first)
        for other in others:
            self._break()
            if other:
                self._line.append(other)

    def _break(self) -> None:
        if self._line:
            self._flush()
        elif self._lines:
            self._put("", self._quotes)
        self._space = False

    def _block(self, *, gap: bool) -> None:
        if self._line:
            self._flush()
        self._gap = self._gap or gap
        self._space = False

    def _flush(self) -> None:
        indent = "  " * min(max(len(self._lists) - 1, 0), _MAX_INDENT)
        bullet = self._bullet
        if self._lists and not bullet:
            indent += "  "
        self._bullet = ""
        line = "".join(self._line).rstrip()
        self._line = []
        if self._gap and self._lines and self._lines[-1].strip("> "):
            self._put("", min(self._quotes, self._last_quotes))
        self._gap = False
        self._put(f"{indent}{bullet}{line}", self._quotes)

    def _put(self, line: str, quotes: int) -> None:
        depth = min(quotes, _MAX_QUOTES)
        self._lines.append(f"{'>' * depth} {line}".rstrip() if depth else line.rstrip())
        self._last_quotes = quotes

    def _open(self, tag: str) -> None:
        if tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol"):
            self._lists.append(0 if tag == "ol" else -1)

    def _close(self, tag: str) -> None:
        self._block(gap=False)
        if tag == "blockquote":
            self._quotes = max(self._quotes - 1, 0)
        elif tag == "pre":
            self._pre = max(self._pre - 1, 0)
        elif tag in ("ul", "ol") and self._lists:
            self._lists.pop()
            self._bullet = ""

    def _item(self) -> None:
        if self._lists and self._lists[-1] >= 0:
            self._lists[-1] += 1
            self._bullet = f"{self._lists[-1]}. "
        else:
            self._bullet = "- "

    def _image(self, alt: str) -> None:
        words = alt.split()
        if words:
            self._word(f"[{' '.join(words)}]")

    def _end_link(self) -> None:
        href, self._link = self._link, None
        if href is None:
            return
        shown = " ".join(self._written)
        bare = href.removeprefix("mailto:").partition("?")[0]
        is_target = href.lower().startswith(("http://", "https://", "mailto:", "tel:"))
        if is_target and shown.strip().rstrip("/") not in (href.rstrip("/"), bare):
            self._space = bool(shown)
            self._word(f"<{href}>")
