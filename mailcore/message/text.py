"""Text for people: HTML as text, replies without their quotes, previews.

The public face of `htmltext` and `quoting`, with what is made from both.
"""

import re
from typing import Final

from mailcore.message.htmltext import html_to_text
from mailcore.message.quoting import first_written_line, is_unmarked, reply_text

__all__ = [
    "CUT",
    "PREVIEW_CHARS",
    "first_written_line",
    "html_to_text",
    "preview",
    "reply_text",
    "unflow",
]

PREVIEW_CHARS: Final = 200
CUT: Final = "…"
"""The end of a preview that was cut."""
_PREVIEW_INPUT: Final = 16 * 1024
"""Read when the beginning is mostly quoted text; nearly always less is enough."""
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\ufeff]+"
)


def preview(text: str, limit: int = PREVIEW_CHARS) -> str:
    """The beginning of what was written, on one line, at most `limit` characters.

    Quoted text is skipped unless there is nothing else; cut at a word where one ends nearby.
    """
    written = ""
    for size in (limit + 200, 2 * limit + 200, _PREVIEW_INPUT):
        start = text[:size]
        written = "" if is_unmarked(start) else _one_line(reply_text(start))
        written = written or _one_line(start)
        if len(written) > limit or len(text) <= size:
            break
    if len(written) <= limit:
        return written
    cut = written[:limit]
    space = cut.rfind(" ", limit * 3 // 4)
    return f"{cut[: space if space > 0 else limit - 1]}{CUT}"


def _one_line(text: str) -> str:
    shown = text if text.isascii() else _INVISIBLE.sub("", text)
    return " ".join(shown.split())


def unflow(text: str, *, is_delsp: bool = False) -> str:
    """format=flowed text with its soft breaks joined (RFC 3676 §4.1), quotes kept apart."""
    out: list[str] = []
    open_line: list[str] = []
    open_depth = 0
    for line in text.replace("\r\n", "\n").split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_line and depth != open_depth:
            out.append(_flowed(open_line, open_depth))
            open_line = []
        is_soft = content.endswith(" ") and content != "-- "
        open_line.append(content[:-1] if is_soft and is_delsp else content)
        open_depth = depth
        if not is_soft:
            out.append(_flowed(open_line, depth))
            open_line = []
    if open_line:
        out.append(_flowed(open_line, open_depth))
    return "\n".join(out)


def _flowed(pieces: list[str], depth: int) -> str:
    line = "".join(pieces)
    return f"{'>' * depth} {line}" if depth else line
