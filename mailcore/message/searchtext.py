"""The text of a message as searching sees it, and how text is compared.

`head` is the header's fields, decoded, one on a line. `body` is the text of every text part, HTML
as its reader sees it, then the header fields and file names of the parts, those of messages inside
included. Runs of white space are one space and no piece holds a line end, so nothing is found
across two pieces, and a phrase is found where a line was broken. An index and a reader of octets
both go by `search_text` and `fold`: that is what makes their answers the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize, unidata_version

from mailcore.message.headers import Headers
from mailcore.message.parse import leaves
from mailcore.message.structure import scan
from mailcore.message.text import html_to_text
from mailcore.message.words import decode_words

FORM: Final = f"3/{unidata_version}"
"""Changes with every change of what is extracted or how it is folded: kept text is then stale."""
MAX_KEPT_CHARS: Final = 1024 * 1024
"""Of a head and of a body each; what is longer is read from the octets again."""

_WHITE: Final = "\n\r\t\v\f\x1c\x1d\x1e\x1f"
"""What `str.split` takes for white space in ASCII, beside the space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """What searching sees. `is_whole` is False when some of it was cut away."""

    head: str
    body: str
    is_whole: bool = True


def search_text(raw: bytes, max_chars: int | None = None) -> SearchText:
    """The searchable text of a message, each half cut after `max_chars`. Never raises."""
    headers = Headers.read(raw)
    head, has_all_of_head = _joined(_lines(headers), max_chars)
    body, has_all_of_body = _joined(_pieces(raw), max_chars)
    return SearchText(head=head, body=body, is_whole=has_all_of_head and has_all_of_body)


def one_line(text: str) -> str:
    """The text with its runs of white space as single spaces, without NUL and lone surrogates."""
    if text.isascii():
        line = _spaced(text)
    else:
        line = " ".join(text.split())
        if text[:1].isspace():
            line = f" {line}"
        if line != " " and text[-1:].isspace():
            line = f"{line} "
    if line.isascii() and "\0" not in line:
        return line
    return line.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _spaced(text: str) -> str:
    """ASCII text with its runs of white space as single spaces; no word of it becomes an object."""
    line = text.replace("\r\n", " ")
    for white in _WHITE:
        if white in line:
            line = line.replace(white, " ")
    while "  " in line:  # each turn halves every run
        line = line.replace("  ", " ")
    return line


def fold(text: str) -> str:
    """The form in which text is compared: case and compatible forms are one (RFC 5051 in spirit)."""
    if text.isascii():
        return text.lower()
    return normalize("NFKD", normalize("NFKD", text).casefold())


def needle(text: str) -> str:
    """What a client looks for, in the form that `fold` gives to what is searched."""
    return fold(one_line(text))


def _lines(headers: Headers) -> Iterator[str]:
    for name, value in headers.fields:
        yield one_line(f"{name.decode('latin-1')}: {decode_words(value)}")


def _pieces(raw: bytes) -> Iterator[str]:
    root = scan(raw)
    for leaf in leaves(raw, root, is_text_only=True):
        if leaf.text is not None:
            shown = html_to_text(leaf.text) if leaf.content_type == "text/html" else leaf.text
            yield one_line(shown)
    for part in root.walk():
        if part is not root:
            yield from _lines(Headers.read(raw, part.header_start, part.body_start))
        if part.filename:
            yield one_line(part.filename)


def _joined(pieces: Iterable[str], max_chars: int | None) -> tuple[str, bool]:
    """The pieces as lines, and whether all of them fit."""
    found = [piece for piece in pieces if piece]
    text = "\n".join(found)
    if max_chars is None or len(text) <= max_chars:
        return text, True
    return text[:max_chars], False


# Where it stands ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of text around what was found; `matches` are [start, end) in characters of it."""

    text: str
    matches: tuple[tuple[int, int], ...]


_MAX_SOUGHT: Final = 100_000
_AROUND: Final = 80
_MAX_MATCHES: Final = 20


def snippet(text: str, needles: Iterable[str], *, around: int | None = _AROUND) -> Snippet | None:
    """The surroundings of the first match of a folded needle, all matches in them marked.

    `around` None shows the whole text. Looks at the first 100,000 characters only.
    """
    sought = text[:_MAX_SOUGHT]
    wanted = [one for one in needles if one.strip()]
    folded, starts = _folded(sought)
    firsts = [at for one in wanted if (at := folded.find(one)) >= 0]
    if not firsts:
        return None
    first = starts[min(firsts)] if starts else min(firsts)
    low, high = (0, len(sought)) if around is None else _window(sought, first, around)
    shown = sought[low:high].rstrip()
    return Snippet(text=shown, matches=tuple(_matches(shown, wanted)))


def _window(text: str, first: int, around: int) -> tuple[int, int]:
    """From a word's beginning before `first` to a word's end behind it, on one line."""
    line_start = text.rfind("\n", 0, first) + 1
    line_end = text.find("\n", first)
    line_end = len(text) if line_end < 0 else line_end
    low = max(line_start, first - around)
    if low > line_start:
        space = text.find(" ", low, first)
        low = space + 1 if space >= 0 else low
    high = min(line_end, first + 2 * around)
    if high < line_end:
        space = text.rfind(" ", first + around, high)
        high = space if space >= 0 else high
    return low, high


def _matches(text: str, wanted: Iterable[str]) -> list[tuple[int, int]]:
    folded, starts = _folded(text)
    found: list[tuple[int, int]] = []
    for one in wanted:
        at = folded.find(one)
        while at >= 0 and len(found) < _MAX_MATCHES:
            end = at + len(one)
            found.append((starts[at], starts[end - 1] + 1) if starts else (at, end))
            at = folded.find(one, end)
    return _merged(sorted(found))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in spans:
        if merged and low < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the index of the one it comes from.

    The list is empty when every character folds to itself in place.
    """
    folded = fold(text)
    if text.isascii():
        return folded, []
    pieces = [fold(char) for char in text]
    starts = [index for index, piece in enumerate(pieces) for _ in piece]
    return "".join(pieces), starts
