"""What commands print: one JSON document, or plain text in columns for people.

Text that came from mail never reaches a terminal with its control characters.
"""

import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence

import orjson

from mailcore.model import JsonObject, JsonValue

_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def show(document: JsonValue, *, as_json: bool, text: Callable[[], Iterable[str]]) -> None:
    """Print the document as JSON, or the lines that `text` makes of it."""
    if as_json:
        print_json(document)
        return
    for line in text():
        print(line)


def print_json(document: JsonValue) -> None:
    """Print one JSON document and a line feed."""
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.stdout.flush()


def clean(text: object) -> str:
    """Text fit for a terminal: one line, nothing invisible, nothing that moves the cursor."""
    if text is None:
        return "-"
    if isinstance(text, bool):
        return "yes" if text else "no"
    return "".join(
        " " if char in "\t\r\n" else char
        for char in str(text)
        if char in "\t\r\n" or unicodedata.category(char) not in _DROPPED
    )


def table(rows: Sequence[JsonObject], columns: Sequence[tuple[str, str]]) -> list[str]:
    """Rows in columns, each `(title, key)`; a line saying so when there are none."""
    if not rows:
        return ["none"]
    lines = cells(rows, columns)
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def cells(rows: Sequence[JsonObject], columns: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The titles, then the clean cells of each row."""
    return [
        [title for title, _ in columns],
        *([clean(_at(row, key)) for _, key in columns] for row in rows),
    ]


def fields(document: JsonObject, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """A document as `title  value` lines, leaving out what is absent."""
    width = max(len(title) for title, _ in pairs)
    return [
        f"{title.ljust(width)}  {clean(value)}"
        for title, key in pairs
        if (value := _at(document, key)) not in (None, "", [])
    ]


def _at(document: JsonObject, path: str) -> JsonValue:
    value: JsonValue = document
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return value
