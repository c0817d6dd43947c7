"""HTML to readable text: a tree parser for ordinary mail, a linear tag scanner for the rest.

The tree parser reads HTML as browsers do but is slow on extreme nesting and giant tags, so input is
measured first. The scanner behind it knows no tree, only tags. Nothing here fetches.
"""

import html as html_entities
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailcore.message.cascade import Attributes, Cascade
from mailcore.message.charsets import without_surrogates
from mailcore.message.css import media_applies
from mailcore.message.htmlreading import HtmlReader, HtmlReading

MAX_TREE_CHARS: Final = 512 * 1024
MAX_TAG_CHARS: Final = 16 * 1024
MAX_TREE_DEPTH: Final = 500
MAX_SCAN_CHARS: Final = 8 * 1024 * 1024

_SILENT: Final = frozenset({"head", "script", "style", "template", "title"})
_RAW: Final = frozenset({"script", "style", "title", "textarea", "xmp", "iframe", "noembed"})
_VOID: Final = frozenset(
    [
        "area",
        "base",
        "basefont",
        "bgsound",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "keygen",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_IMPLIED_END: Final = frozenset(
    ["p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "tfoot", "colgroup"]
)
_FORMATTING: Final = frozenset(
    [
        "a",
        "b",
        "big",
        "code",
        "em",
        "font",
        "i",
        "nobr",
        "s",
        "small",
        "strike",
        "strong",
        "tt",
        "u",
    ]
)
_MAX_FORMATTING: Final = 10
"""Open formatting elements are copied into every following block by the tree parser."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_MARKUP = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?/][^>]*+>?"
    r"|<([a-zA-Z][^\s/>]*+)(?:[\s/]*+[^\s/>][^\s/>=]*+"
    r"(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'>])[^\s>]*+))?+)*+[\s/]*+>?",
    re.DOTALL,
)
"""Comments, other declarations and end tags, and start tags with the name as group 1."""
_ATTRIBUTE = re.compile(
    r"([^\s/>=\"'<][^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]++)))?"
)
_STYLE_OR_COMMENT = re.compile(r"<style\b|<!--", re.IGNORECASE)
_MAX_ATTRIBUTES: Final = 200
_HIDING: Final = frozenset({"style", "class", "id", "hidden"})
_ACTIVE: Final = frozenset({"script", "iframe", "object", "embed", "applet", "base"})
_SCOPES: Final = frozenset({"td", "th", "caption", "table", "button", "object", "marquee"})
_TABLE: Final = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption"})
_CLOSE_P: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "center", "details", "div", "dl", "fieldset",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav",
        "ol", "p", "pre", "section", "table", "ul",
    }
)  # fmt: skip


def html_to_text(html: str, *, include_hidden: bool = False) -> str:
    """What a reader sees of `html`, as text with paragraphs, list items, quotes and link targets.

    What styles, colors or attributes hide is left out unless `include_hidden`. Never raises;
    linear; beyond `MAX_SCAN_CHARS` the input is cut.
    """
    return read_html(html, include_hidden=include_hidden).text


def read_html(html: str, *, include_hidden: bool = False) -> HtmlReading:
    """`html` apart into what its reader sees and what is hidden; see `html_to_text`."""
    if is_ordinary(html):
        return _Tree(html, include_hidden=include_hidden).reading
    reading = _Scanner(html[:MAX_SCAN_CHARS], include_hidden=include_hidden).reading
    return replace(
        reading,
        text=without_surrogates(reading.text),
        hidden=without_surrogates(reading.hidden),
    )


def clean_html(html: str) -> tuple[str, HtmlReading]:
    """`html` without what is hidden in it or would run, and the reading.

    HTML that hides nothing and runs nothing is returned as it is; HTML that no tree should be made of
    as its text.
    """
    if not is_ordinary(html):
        reading = read_html(html)
        return f"<pre>{html_entities.escape(reading.text, quote=False)}</pre>", reading
    tree = _Tree(html)
    return tree.cleaned(html), tree.reading


def is_ordinary(html: str) -> bool:
    """Whether the tree parser is safe for `html`: size, longest tag and nesting within bounds."""
    if len(html) > MAX_TREE_CHARS:
        return False
    count = html.count("<")
    if len(html) > MAX_TAG_CHARS and _longest_tag(html) > MAX_TAG_CHARS:
        return False
    return count <= MAX_TREE_DEPTH or _depth(html) <= MAX_TREE_DEPTH


def _longest_tag(html: str) -> int:
    """The longest tag or uninterrupted text, tags delimited as browsers do (attributes quoted).

    Long text counts too: what this reads as text may be a tag to a parser that was led astray.
    """
    longest = position = 0
    end = len(html)
    while position < end and longest <= MAX_TAG_CHARS:
        match = _MARKUP.search(html, position)
        if match is None:
            return max(longest, end - position)
        longest = max(longest, match.start() - position)
        position = match.end()
        name = (match[1] or "").lower()
        if name:
            longest = max(longest, position - match.start())
        if name in _RAW:
            position = _after_raw(html, name, position)
    return longest


def _depth(html: str) -> int:
    """The deepest nesting there can be: an end tag counts only when its element is open."""
    depth = deepest = formatting = 0
    opened: dict[str, int] = {}
    for slash, written in _TAG.findall(html):
        name = written.lower()
        if name in _VOID or name in _IMPLIED_END:
            continue
        count = opened.get(name, 0)
        if not slash:
            opened[name] = count + 1
            depth += 1
            deepest = max(deepest, depth)
            formatting += name in _FORMATTING
            if formatting > _MAX_FORMATTING:
                return MAX_TREE_DEPTH + 1
        elif count:
            opened[name] = count - 1
            depth -= 1
            formatting -= name in _FORMATTING
    return deepest


class _Tree:
    """The tree parser's view of ordinary HTML."""

    def __init__(self, html: str, *, include_hidden: bool = False) -> None:
        self._parser = LexborHTMLParser(html)
        self._include_hidden = include_hidden
        self._doomed: list[LexborNode] = []
        """What `cleaned` takes out."""
        self._armed: list[tuple[LexborNode, str]] = []
        """Attributes that would run."""
        sheets = (_sheet(node) for node in self._parser.css("style"))
        self._reader = HtmlReader(Cascade(sheets), shows_all=include_hidden)
        self._walk()
        self.reading = self._reader.result()

    def _walk(self) -> None:
        root = self._parser.root
        node: LexborNode | None = root
        open_nodes: list[LexborNode] = []
        while node is not None:
            following = self._enter(node, open_nodes)
            if following is None:
                following = node.next
                while following is None and open_nodes:
                    parent = open_nodes.pop()
                    self._reader.end()
                    following = parent.next
                if not open_nodes and root is not None and node.mem_id == root.mem_id:
                    following = None
            node = following

    def _enter(self, node: LexborNode, open_nodes: list[LexborNode]) -> LexborNode | None:
        """Feed one node; its first child when the walk goes into it."""
        tag = node.tag or ""
        if node.is_text_node:
            if not self._reader.text(node.text(deep=False)):
                self._doomed.append(node)
            return None
        if self._is_silent(node, tag):
            return None
        attributes = node.attributes
        was_gone = self._reader.is_gone
        self._reader.start(tag, attributes)
        if self._reader.is_gone and not was_gone:
            self._doomed.append(node)
        elif attributes:
            self._armed += [(node, name) for name in attributes if _is_armed(name, attributes)]
        child = node.first_child
        if child is None:
            self._reader.end()
            return None
        open_nodes.append(node)
        return child

    def _is_silent(self, node: LexborNode, tag: str) -> bool:
        """Whether nothing in the node is text of the message."""
        if tag.startswith("-"):
            if node.is_comment_node:
                self._reader.comment(node.comment_content or "")
                self._doomed.append(node)
            return True
        if tag in _ACTIVE:
            self._reader.active()
            self._doomed.append(node)
        if tag not in _SILENT:
            return False
        return not (self._include_hidden and tag in ("head", "title", "template"))

    def cleaned(self, html: str) -> str:
        """The HTML without what was hidden."""
        body = self._parser.body
        if not (self._doomed or self._armed) or body is None:
            return html
        for node, name in self._armed:
            del node.attrs[name]
        for node in reversed(self._doomed):
            node.decompose()
        whole = "<html" in html[:4096].lower() or "<body" in html[:4096].lower()
        return (self._parser.html if whole else body.inner_html) or ""


def _sheet(node: LexborNode) -> str:
    media = node.attributes.get("media")
    return node.text(deep=True) if not media or media_applies(media) else ""


def _is_armed(name: str, attributes: Attributes) -> bool:
    """Whether an attribute would run something."""
    if name.startswith("on"):
        return True
    if name not in ("href", "src", "action", "formaction", "xlink:href", "srcdoc"):
        return False
    target = "".join((attributes[name] or "").split()).lower()
    return name == "srcdoc" or target.startswith(("javascript:", "vbscript:", "data:text"))


class _Scanner:
    """Tags without a tree: every character is looked at a bounded number of times.

    End tags close what is open in their table cell, as in a browser, so that nothing hidden is let
    out by an end tag that a browser would pass over.
    """

    def __init__(self, html: str, *, include_hidden: bool = False) -> None:
        self._html = html
        cascade = Cascade(_scanned_sheets(html))
        self._reader = HtmlReader(cascade, shows_all=include_hidden)
        self._open: list[str] = []
        self._scopes: list[dict[str, int]] = [{}]
        self._tables = 0
        self._scan()
        while self._open:
            self._close_last()
        self.reading = self._reader.result()

    def _scan(self) -> None:
        html, position, end = self._html, 0, len(self._html)
        while position < end:
            opening = html.find("<", position)
            if opening < 0:
                self._reader.text(html_entities.unescape(html[position:]))
                break
            if opening > position:
                self._reader.text(html_entities.unescape(html[position:opening]))
            position = self._skip_markup(opening)

    def _skip_markup(self, opening: int) -> int:
        """Feed the tag at `opening` and return the position after it."""
        html = self._html
        if html.startswith("<!--", opening):
            after = _after(html, "-->", opening + 4)
            self._reader.comment(html[opening + 4 : after].removesuffix("-->"))
            return after
        match = _TAG.match(html, opening)
        if match is None:
            if html.startswith(("<!", "<?", "</"), opening):
                return _after(html, ">", opening)
            self._reader.text("<")
            return opening + 1
        name = match[2].lower()
        after = match.end() + 1
        if html[match.end() : after] != ">":
            whole = _MARKUP.match(html, opening)
            after = whole.end() if whole is not None else match.end()
        if match[1]:
            self._end(name)
            return after
        inside = html[match.end() : after]
        self._start(name, _attributes(inside) if len(inside) > 1 else {})
        if name not in _RAW or name == "textarea":
            return after
        if name in _ACTIVE:
            self._reader.active()
        self._close_last()
        return _after_raw(html, name, after)

    def _start(self, name: str, attributes: Attributes) -> None:
        top = self._open[-1] if self._open else ""
        if top and ((top == name and name in _IMPLIED_END) or (top == "p" and name in _CLOSE_P)):
            self._close_last()
        self._reader.start(name, attributes)
        self._open.append(name)
        counts = self._scopes[-1]
        counts[name] = counts.get(name, 0) + 1
        if name in _SCOPES:
            self._scopes.append({})
        self._tables += name in _TABLE
        if name in _VOID:
            self._close_last()

    def _end(self, name: str) -> None:
        if name in _TABLE:
            if not self._tables:
                return
            while len(self._scopes) > 1 and name not in self._scopes[-1]:
                self._close_scope()
        if self._scopes[-1].get(name):
            while self._open[-1] != name:
                self._close_last()
            self._close_last()

    def _close_scope(self) -> None:
        depth = len(self._scopes)
        while len(self._scopes) >= depth:
            self._close_last()

    def _close_last(self) -> None:
        name = self._open.pop()
        if name in _SCOPES:
            self._scopes.pop()
        counts = self._scopes[-1]
        counts[name] -= 1
        if not counts[name]:
            del counts[name]
        self._tables -= name in _TABLE
        self._reader.end()


def _scanned_sheets(html: str) -> Iterator[str]:
    """The contents of `style` elements, those in comments apart."""
    position = 0
    while (found := _STYLE_OR_COMMENT.search(html, position)) is not None:
        if found[0] == "<!--":
            position = _after(html, "-->", found.end())
            continue
        start = _after(html, ">", found.end())
        position = _after_raw(html, "style", start)
        yield html[start:position]


def _attributes(inside: str) -> Attributes:
    """The attributes of a start tag, the first of each name."""
    found: dict[str, str | None] = {}
    for match in _ATTRIBUTE.finditer(inside):
        name = match[1].lower()
        if name not in found and (len(found) < _MAX_ATTRIBUTES or name in _HIDING):
            value = match[2] or match[3] or match[4] or ""
            found[name] = html_entities.unescape(value) if "&" in value else value
    return found


def _after(html: str, mark: str, position: int) -> int:
    """After the next `mark`; without one the rest is swallowed, so nothing is searched twice."""
    found = html.find(mark, position)
    return len(html) if found < 0 else found + len(mark)


def _after_raw(html: str, name: str, position: int) -> int:
    """At the end tag of an element whose content is no markup."""
    search = position
    while True:
        found = html.find("</", search)
        if found < 0:
            return len(html)
        if html[found + 2 : found + 2 + len(name)].lower() == name:
            return found
        search = found + 2
