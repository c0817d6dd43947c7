"""HTML and XML as the text they show: tags out, blocks apart, comments gone. Linear, no parser.

A parser may be fed until it is slow, may be told to define entities, and disagrees with the
recipient's parser. Cutting at angle brackets does none of this. It errs on the side of too much
text; the source itself is scanned besides, for attributes, comments and styles.
"""

from typing import Final

from guard.decode import unescape
from guard.lexicon import words
from guard.matching import Pattern
from guard.tags import comments, without_comments

_BLOCKS: Final = words(
    """
    p div br tr li ul ol dl dt dd table thead tbody tfoot h1 h2 h3 h4 h5 h6 hr blockquote pre section
    article header footer main nav aside form fieldset option title body html head script style center
    figure figcaption address details summary w:p w:br w:tr a:p a:br si row text:p text:h text:line-break
    table:table-row draw:page
    """
)
_CELLS: Final = words("td th w:tc w:tab a:tc table:table-cell text:tab a:tab")
_ROW_PARTS: Final = words("tr td th")
"""Their end is the beginning of the next: lines and columns stay as they are shown."""
_GAPS: Final = words("c v text:s img input")
_ENTITY: Final = r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,24});?"
_HIDDEN: Final = (
    r"\s(?i:title|alt|content|value|placeholder|summary|label|aria-[a-z]{3,16}|data-[a-z0-9\-]{1,24})\s?="
    r"\s?(?:\"[^\"<>]{12,}\"|'[^'<>]{12,}')"
)
_LINKS: Final = (b"http", b"cid:", b"data:", b"#", b"//")
_RTF_CONTROL: Final = r"(?i)\\u-?[0-9]{1,6} ?(?:\\'[0-9a-f]{2}|[^\\{}\r\n])?|\\'[0-9a-f]{2}|\\[a-z]{1,32}-?[0-9]{0,10} ?|\\\*|[{}\r\n]"


class Stripper:
    """Takes the tags out. Holds one compiled pattern; safe to share between threads."""

    def __init__(self) -> None:
        self._entity = Pattern(_ENTITY)
        self._control = Pattern(_RTF_CONTROL)
        self._hidden = Pattern(_HIDDEN)

    def text_of(self, markup: str) -> str:
        """The text between the tags; inline tags leave no trace, so that split words join."""
        first, *rest = without_comments(markup).split("<")
        pieces = [first]
        for piece in rest:
            tag, bracket, text = piece.partition(">")
            if not bracket:
                pieces.append("<" + piece)
                continue
            name = _name(tag)
            pieces.append("" if tag[:1] == "/" and name in _ROW_PARTS else _gap(name))
            pieces.append(text)
        joined = "".join(pieces)
        if "&" not in joined:
            return joined
        return unescape(joined.encode("utf-8", "replace"), self._entity)

    def hidden_in(self, markup: str) -> str:
        """What HTML keeps beside its text, a line each: comments, and attributes that hold more than a name."""
        octets = markup.encode("utf-8", "replace")
        values = [
            hit.group().partition(b"=")[2].strip(b"\"' \t\r\n")
            for hit in self._hidden.finditer(octets)
        ]
        texts = [one for one in values if not one.startswith(_LINKS)]
        texts += [one.encode("utf-8", "replace") for one in comments(markup) if "<" not in one]
        return unescape(b"\n\x1e\n".join(texts), self._entity)

    def rtf_text(self, source: str) -> str:
        """The text of an RTF file: control words and groups out, hexadecimal characters in."""
        octets = source.encode("utf-8", "replace")
        pieces: list[str] = []
        done = 0
        for hit in self._control.finditer(octets):
            start, end = hit.span()
            pieces.append(octets[done:start].decode("utf-8", "replace"))
            pieces.append(_rtf_character(hit.group()))
            done = end
        pieces.append(octets[done:].decode("utf-8", "replace"))
        return "".join(pieces)


def _rtf_character(control: bytes) -> str:
    """What a control word shows: a character by its number or code page, a line end, or nothing."""
    if control.startswith(b"\\'"):
        return bytes.fromhex(control[2:].decode("ascii")).decode("cp1252", "replace")
    if control.startswith((b"\\par", b"\\line", b"\\cell", b"\\row")):
        return "\n"
    digits = control[2:].lstrip(b"-")[:6]
    if control[:2].lower() != b"\\u" or not digits[:1].isdigit():
        return ""
    number = int(digits[: len(digits) - len(digits.lstrip(b"0123456789"))] or b"0")
    code = (0x10000 - number if control[2:3] == b"-" else number) & 0xFFFF
    return " " if 0xD800 <= code < 0xE000 else chr(code)


def _gap(name: str) -> str:
    """What a tag leaves between the texts around it."""
    if name in _BLOCKS:
        return "\n"
    return "\t" if name in _CELLS else " " if name in _GAPS else ""


def _name(tag: str) -> str:
    name = tag[:32].lstrip("/").lower().split(None, 1)
    return name[0].rstrip("/") if name else ""


def is_markup(text: str) -> bool:
    """Whether a text file is HTML, XML or SVG."""
    head = text[:1024].lstrip("\ufeff \t\r\n").lower()
    return head.startswith(
        ("<!doctype", "<html", "<?xml", "<svg", "<body", "<div", "<table", "<p", "<w:")
    )
