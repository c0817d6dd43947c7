"""HTML to readable text: a tree parser for ordinary mail, a linear tag scanner for the rest.

The tree parser reads HTML as browsers do but is slow on extreme nesting and giant tags, so input is
measured first. The scanner behind it knows no tree, only tags. Nothing here fetches or sanitizes.
"""

import html as html_entities
import re
from collections.abc import Mapping
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailcore.message.charsets import without_surrogates
from mailcore.message.layout import Layout

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
    r"(href|alt)\s{0,5}=\s{0,5}(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]++))", re.IGNORECASE
)


def html_to_text(html: str, *, include_hidden: bool = False) -> str:
    """What a reader sees of `html`, as text with paragraphs, list items, quotes and link targets.

    Elements that styles or attributes hide are left out unless `include_hidden`. Never raises;
    linear; beyond `MAX_SCAN_CHARS` the input is cut.
    """
    if is_ordinary(html):
        return _from_tree(html, include_hidden=include_hidden)
    return without_surrogates(_from_tags(html[:MAX_SCAN_CHARS]))


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


def _from_tree(html: str, *, include_hidden: bool) -> str:
    layout = Layout()
    root = LexborHTMLParser(html).root
    if root is None:
        return ""
    open_nodes: list[tuple[LexborNode, str]] = []
    node: LexborNode | None = root
    while node is not None:
        following = _enter(node, layout, open_nodes, include_hidden=include_hidden)
        if following is None:
            following = node.next
            while following is None and open_nodes:
                parent, tag = open_nodes.pop()
                layout.end(tag)
                following = parent.next
            if not open_nodes and following is not None and node.mem_id == root.mem_id:
                following = None
        node = following
    return layout.result()


def _enter(
    node: LexborNode,
    layout: Layout,
    open_nodes: list[tuple[LexborNode, str]],
    *,
    include_hidden: bool,
) -> LexborNode | None:
    """Feed one node; its first child when the walk goes into it."""
    tag = node.tag or ""
    if node.is_text_node:
        layout.text(node.text(deep=False))
        return None
    if tag.startswith("-") or tag in _SILENT:
        keeps = include_hidden and tag in ("head", "title", "template")
        if not keeps:
            return None
    attributes = node.attributes
    if attributes and not include_hidden and is_hidden(attributes):
        return None
    layout.start(tag, attributes.get("href") or "", attributes.get("alt") or "")
    child = node.first_child
    if child is None:
        layout.end(tag)
        return None
    open_nodes.append((node, tag))
    return child


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Whether an element's own attributes keep readers from seeing it."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    declared = _declarations(style)
    if declared.get("display") == "none" or declared.get("visibility") in ("hidden", "collapse"):
        return True
    if declared.get("mso-hide") == "all" or _is_zero(declared.get("opacity")):
        return True
    if _is_zero(declared.get("font-size")):
        return True
    is_clipped = declared.get("overflow") == "hidden"
    return is_clipped and any(
        _is_zero(declared.get(name)) for name in ("max-height", "height", "max-width", "width")
    )


def _declarations(style: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for declaration in style[:4096].lower().split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def _is_zero(value: str | None) -> bool:
    if not value:
        return False
    number = value.rstrip("abcdefghijklmnopqrstuvwxyz%")
    return bool(number) and not number.strip("0.+-")


def _from_tags(html: str) -> str:
    """The scanner: every character is looked at a bounded number of times."""
    layout = Layout()
    position, end = 0, len(html)
    while position < end:
        opening = html.find("<", position)
        if opening < 0:
            layout.text(html_entities.unescape(html[position:]))
            break
        if opening > position:
            layout.text(html_entities.unescape(html[position:opening]))
        position = _skip_markup(html, opening, layout)
    return layout.result()


def _skip_markup(html: str, opening: int, layout: Layout) -> int:
    """Feed the tag at `opening` and return the position after it."""
    if html.startswith("<!--", opening):
        return _after(html, "-->", opening + 4)
    match = _TAG.match(html, opening)
    if match is None:
        if html.startswith(("<!", "<?"), opening):
            return _after(html, ">", opening)
        layout.text("<")
        return opening + 1
    name = match[2].lower()
    after = _after(html, ">", match.end())
    if match[1]:
        layout.end(name)
        return after
    href, alt = _link_and_alt(html[match.end() : min(after, match.end() + 4096)], name)
    layout.start(name, href, alt)
    if name in _RAW and name != "textarea":
        layout.end(name)
        return _after_raw(html, name, after)
    return after


def _link_and_alt(inside: str, name: str) -> tuple[str, str]:
    if name not in ("a", "img"):
        return "", ""
    found = {
        match[1].lower(): html_entities.unescape(match[2] or match[3] or match[4] or "")
        for match in _ATTRIBUTE.finditer(inside)
    }
    return found.get("href", ""), found.get("alt", "")


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
