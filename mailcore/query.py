"""What people type into a search box, as a search tree (`mailcore.search`).

Words must all be found, each in subject, addresses, attachment names or body; "quoted words" stand
together. `-` in front says not, `OR` between two says either. `from:`, `to:`, `cc:`, `bcc:`,
`subject:` and `body:` look in one place; `has:attachment`, `is:unread|read|starred|answered|draft`,
`in:FOLDER`, `label:LABEL`, `before:DATE`, `after:DATE`, `on:DATE`, `larger:SIZE` and `smaller:SIZE`
say what they say. Days are UTC, `after:` includes its day, sizes may end in k or m. Anything else
with a colon is text.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from mailcore.errors import invalid
from mailcore.model import Flag
from mailcore.search import (
    And,
    Body,
    Field,
    HasAttachment,
    HasFlag,
    HasKeyword,
    InMailbox,
    Not,
    Or,
    Received,
    SearchNode,
    Size,
    Words,
)

MAX_QUERY_CHARS: Final = 1000
MAX_TERMS: Final = 50
_TERM = re.compile(
    r'(?P<minus>-)?(?:(?P<name>[A-Za-z]+):(?=\S))?(?:"(?P<quoted>[^"]*)"?|(?P<word>[^\s"]\S*))'
)
_SIZE = re.compile(r"([0-9]{1,9})([km]?)b?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1024, "m": 1024 * 1024}
_IS: Final[dict[str, SearchNode]] = {
    "unread": Not(HasFlag(Flag.SEEN)),
    "read": HasFlag(Flag.SEEN),
    "starred": HasFlag(Flag.FLAGGED),
    "flagged": HasFlag(Flag.FLAGGED),
    "answered": HasFlag(Flag.ANSWERED),
    "draft": HasFlag(Flag.DRAFT),
}


def parse_query(text: str, path: str = "q") -> SearchNode | None:
    """The tree of a query, None when it says nothing; INVALID when a term has no meaning."""
    if len(text) > MAX_QUERY_CHARS:
        raise invalid(path, f"a query has at most {MAX_QUERY_CHARS} characters")
    terms: list[SearchNode] = []
    joins_next = False
    for match in _TERM.finditer(text):
        if match["word"] == "OR" and not match["name"] and not match["minus"]:
            joins_next = bool(terms)
            continue
        term = _term(match, path)
        terms[-1:] = [Or(terms[-1], term)] if joins_next else [*terms[-1:], term]
        joins_next = False
        if len(terms) > MAX_TERMS:
            raise invalid(path, f"a query has at most {MAX_TERMS} terms")
    if not terms:
        return None
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def _term(match: re.Match[str], path: str) -> SearchNode:
    value = match["quoted"] if match["quoted"] is not None else match["word"]
    name = (match["name"] or "").lower()
    read = _NAMED.get(name)
    if read is None:
        node: SearchNode = Words(f"{match['name']}:{value}" if name else value)
    else:
        node = read(value, path)
    return Not(node) if match["minus"] else node


def _field(name: str) -> Callable[[str, str], SearchNode]:
    return lambda value, _path: Field(name, value)


def _recipient(value: str, _path: str) -> SearchNode:
    return Or(Field("to", value), Or(Field("cc", value), Field("bcc", value)))


def _has(value: str, path: str) -> SearchNode:
    if value.lower() not in ("attachment", "attachments"):
        raise invalid(path, f"has:{value[:40]} is not known", fix="Write has:attachment")
    return HasAttachment()


def _is(value: str, path: str) -> SearchNode:
    found = _IS.get(value.lower())
    if found is None:
        raise invalid(path, f"is:{value[:40]} is not known", fix=f"Use one of {', '.join(_IS)}")
    return found


def _day(value: str, path: str) -> date:
    try:
        return date.fromisoformat(value.replace("/", "-"))
    except ValueError as error:
        message = f"{value[:40]!r} is not a day"
        raise invalid(path, message, fix="Write it as 2026-11-21") from error


def _before(value: str, path: str) -> SearchNode:
    return Received(before=_day(value, path))


def _after(value: str, path: str) -> SearchNode:
    return Received(since=_day(value, path))


def _on(value: str, path: str) -> SearchNode:
    day = _day(value, path)
    return Received(since=day, before=None if day == date.max else day + timedelta(days=1))


def _size(value: str, path: str) -> int:
    match = _SIZE.fullmatch(value)
    if match is None:
        raise invalid(path, f"{value[:40]!r} is not a size", fix="Write 500k or 5m")
    return int(match[1]) * _UNITS[match[2].lower()]


def _larger(value: str, path: str) -> SearchNode:
    return Size(larger_than=_size(value, path))


def _smaller(value: str, path: str) -> SearchNode:
    return Size(smaller_than=_size(value, path))


_NAMED: Final[dict[str, Callable[[str, str], SearchNode]]] = {
    "from": _field("from"),
    "to": _recipient,
    "cc": _field("cc"),
    "bcc": _field("bcc"),
    "subject": _field("subject"),
    "body": lambda value, _path: Body(value),
    "has": _has,
    "is": _is,
    "in": lambda value, _path: InMailbox(value),
    "label": lambda value, _path: HasKeyword(value),
    "before": _before,
    "after": _after,
    "since": _after,
    "on": _on,
    "larger": _larger,
    "smaller": _smaller,
}
