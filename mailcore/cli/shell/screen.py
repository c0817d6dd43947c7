"""What the shell prints: numbered tables and mail, for a terminal or for a pipe.

Whatever came from mail is cleaned first, and its text stands behind a bar, so that no message can
move the cursor, hide its letters, or pass for a line of the shell.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailcore.cli.output import cells, clean, print_json, table
from mailcore.model import JsonObject, JsonValue

_WIDE: Final = 120
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_BAR: Final = "| "
_SET_IN: Final = " " * len(_BAR)
_LONG: Final = frozenset({"FROM", "TO", "SUBJECT", "WITH", "WHY"})
"""Columns that are cut where there is no room."""
_STYLES: Final = {
    "CRITICAL": "bold red",
    "critical": "bold red",
    "high": "red",
    "spam": "red",
    "warning": "yellow",
    "pending": "yellow",
    "held": "yellow",
    "stopped": "red",
    "active": "green",
}


class Screen:
    """Where the shell prints."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    @property
    def is_terminal(self) -> bool:
        """Whether a person types and reads."""
        return sys.stdin.isatty() and self._console.is_terminal

    def document(self, document: JsonValue) -> bool:
        """Print the document when JSON is asked for; whether it did."""
        if self.as_json:
            print_json(document)
        return self.as_json

    def rows(self, rows: Sequence[JsonObject], columns: Sequence[tuple[str, str]]) -> None:
        """A numbered table; the ids stand in it where there is room for them."""
        numbered: list[JsonObject] = [{"#": at, **row} for at, row in enumerate(rows, 1)]
        shown = [("#", "#"), *columns]
        if not self._console.is_terminal:
            self.lines(table(numbered, [*shown, ("ID", "id")]))
            return
        if self._console.width >= _WIDE:
            shown.append(("ID", "id"))
        head, *body = cells(numbered, shown) if numbered else [["none"]]
        found = Table(box=None, pad_edge=False, header_style="bold", expand=False)
        for title in head:
            found.add_column(_cell(title), no_wrap=title not in _LONG)
        for line in body:
            found.add_row(*map(_cell, line))
        self._console.print(found, soft_wrap=False)

    def lines(self, lines: Iterable[str], style: str = "") -> None:
        """Lines of the shell's own; they are clean already. What goes on below is set in."""
        for line in lines:
            for at, part in enumerate(self._folded(line)):
                self._console.print(Text(f"{_SET_IN}{part}" if at else part, style=style))

    def quoted(self, text: object) -> None:
        """Text that others wrote."""
        for line in str(text or "").splitlines():
            for part in self._folded(clean(line)):
                self._console.print(Text(_BAR, style="dim") + Text(part))

    def _folded(self, line: str) -> list[str]:
        """The line in pieces that fit: a terminal would let the rest begin where our lines begin."""
        if not self._console.is_terminal:
            return [line]
        return chop_cells(line, max(1, self._console.width - len(_BAR))) or [""]

    def prompt(self, where: str) -> str:
        """The prompt; its colors are marked as taking no room."""
        if self._console.color_system is None:
            return f"{where}> "
        return f"\x01\x1b[1;36m\x02{where}>\x01\x1b[0m\x02 "


def _cell(text: str) -> Text:
    """A cell of one line; times to the minute, which is enough to look at."""
    shown = f"{text[:10]} {text[11:16]}" if _TIME.fullmatch(text) else text
    return Text(shown, style=_STYLES.get(text, ""), no_wrap=True, overflow="ellipsis")
