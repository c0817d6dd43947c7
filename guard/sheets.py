"""A workbook as the rows it shows: cells with their texts, parted by tabs, a line each row.

Office workbooks keep texts apart from the cells that show them (ECMA-376 part 1 §18.4.9, §18.3.1.4).
Cut at the tags, like `guard.markup`: no parser, linear.
"""

import re
from itertools import islice, pairwise
from typing import Final

from guard.markup import Stripper
from guard.unpack import Entry

_MARK: Final = re.compile(r"<c(?=[\s>/])|</row>")
_VALUE: Final = re.compile(r"<(?:v|t)(?:\s[^<>]*)?>([^<]*)<")
_MOST_OCTETS: Final = 4 * 1024 * 1024
_MOST_CELLS: Final = 100_000
_MOST_DIGITS: Final = 9
"""Of the number of a shared text."""


class Sheets:
    """Collects the parts of one workbook while its archive is read."""

    def __init__(self) -> None:
        self._texts = ""
        self._sheets: list[str] = []
        self._left = _MOST_OCTETS

    def note(self, entry: Entry) -> None:
        """Keep an entry where it is one of a workbook."""
        name = entry.name.lower()
        if not name.startswith("xl/") or self._left < len(entry.payload):
            return
        if name == "xl/sharedstrings.xml":
            self._texts = entry.payload.decode("utf-8", "replace")
        elif name.startswith("xl/worksheets/") and name.endswith(".xml"):
            self._sheets.append(entry.payload.decode("utf-8", "replace"))
        self._left -= len(entry.payload)

    def text(self, stripper: Stripper) -> str:
        """The rows of all sheets; empty where the archive is no workbook."""
        if not self._sheets or not self._texts:
            return ""
        shared = [
            " ".join(stripper.text_of(piece.partition("</si>")[0]).split())
            for piece in self._texts.split("<si>")[1:]
        ]
        return "\n\n".join(_rows(sheet, shared) for sheet in self._sheets)


def _rows(sheet: str, shared: list[str]) -> str:
    pieces: list[str] = []
    for mark, after in pairwise((*islice(_MARK.finditer(sheet), _MOST_CELLS), None)):
        if mark is None or mark[0] == "</row>":
            pieces.append("\n")
            continue
        cell = sheet[mark.end() : after.start() if after else None]
        attributes, _, inside = cell.partition(">")
        value = _VALUE.search(inside.partition("</c>")[0])
        text = value[1] if value else ""
        is_shared = 't="s"' in attributes and text.isdecimal() and len(text) <= _MOST_DIGITS
        if is_shared and int(text) < len(shared):
            text = shared[int(text)]
        pieces.append(text + "\t")
    return "".join(pieces).replace("\t\n", "\n")
