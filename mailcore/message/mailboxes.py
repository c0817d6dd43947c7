"""Address lists of header fields (RFC 5322 §3.4, obsolete forms of §4.4 included).

One pass over tokens, each octet looked at once, whatever is written. Encoded words are decoded only
after the syntax is known, so that a decoded name can never become an address.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from mailcore.message.words import decode_words
from mailcore.model import MailboxAddress

MAX_MAILBOXES: Final = 1000
_MAX_ITEMS: Final = 3 * MAX_MAILBOXES
_MAX_VALUE: Final = 512 * 1024
_CACHED: Final = 200
"""Values up to this length are remembered: most mail comes from few correspondents."""

_TOKEN = re.compile(
    r'(?P<space>[ \t\r\n]++)|(?P<atom>[^ \t\r\n"(),:;<>@\[]++)'
    r'|"(?P<quoted>(?:[^"\\]++|\\.)*+)(?:"|\\?\Z)'
    r"|(?P<literal>\[[^\[\]\s]*+\]?)|(?P<special>.)",
    re.DOTALL,
)
_PAREN = re.compile(r"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class ItemKind(StrEnum):
    """What an item of an address list is."""

    MAILBOX = "mailbox"
    GROUP_START = "group_start"
    GROUP_END = "group_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One element of an address list as written: `name` still has its encoded words.

    `local` and `domain` are as they stand; both empty for text that holds no address.
    """

    kind: ItemKind
    name: str = ""
    route: str = ""
    local: str = ""
    domain: str = ""


@dataclass(slots=True)
class _Word:
    """A token of a phrase: `raw` keeps quotes, `text` is without them."""

    raw: str
    text: str
    after_space: bool


@dataclass(slots=True)
class _Reader:
    """The state between tokens: the words since the last comma and the address in `<>`."""

    items: list[Item] = field(default_factory=list)
    words: list[_Word] = field(default_factory=list)
    angle: list[str] | None = None
    is_in_angle: bool = False
    comment: str = ""
    is_in_group: bool = False
    mailboxes: int = 0

    def add(self, raw: str, text: str, *, after_space: bool) -> None:
        if self.is_in_angle and self.angle is not None:
            self.angle.append(raw)
        else:
            self.words.append(_Word(raw, text, after_space))

    def special(self, char: str, *, after_space: bool) -> None:
        if char == "<":
            if self.angle is not None:
                self.flush()
            self.angle, self.is_in_angle = [], True
        elif self.is_in_angle:
            self._in_angle(char)
        elif char in ",;":
            self.flush()
            if char == ";" and self.is_in_group:
                self.is_in_group = False
                self.items.append(Item(kind=ItemKind.GROUP_END))
        elif char == ":":
            self._start_group()
        elif char != ">":
            self.add(char, char, after_space=after_space)

    def _in_angle(self, char: str) -> None:
        inside = self.angle or []
        is_route = bool(inside) and inside[0] == "@"
        if char == ">":
            self.is_in_angle = False
        elif char in ",;" and not is_route:
            self.flush()
        elif self.angle is not None:
            self.angle.append(char)

    def _start_group(self) -> None:
        name = _phrase(self.words)
        self.words = []
        if self.angle is None and not self.is_in_group:
            self.items.append(Item(kind=ItemKind.GROUP_START, name=name))
            self.is_in_group = True

    def flush(self) -> None:
        """Turn what was read since the last separator into a mailbox, if it is anything."""
        words, angle, comment = self.words, self.angle, self.comment
        self.words, self.angle, self.is_in_angle, self.comment = [], None, False, ""
        if not angle and not words:
            return
        item = _angle_mailbox(words, angle, comment) if angle else _bare_mailbox(words, comment)
        self.items.append(item)
        self.mailboxes += 1


def scan_mailboxes(value: str) -> tuple[Item, ...]:
    """The items of an address list in order, at most `MAX_MAILBOXES` mailboxes. Never raises."""
    return _scan_short(value) if len(value) <= _CACHED else _scan(value)


def _scan(value: str) -> tuple[Item, ...]:
    reader = _Reader()
    position, end, after_space = 0, min(len(value), _MAX_VALUE), False
    while position < end and reader.mailboxes < MAX_MAILBOXES and len(reader.items) < _MAX_ITEMS:
        match = _TOKEN.match(value, position, end)
        if match is None:
            break
        position = match.end()
        kind = match.lastgroup
        if kind in {"atom", "literal"}:
            reader.add(match[0], match[0], after_space=after_space)
        elif kind == "quoted":
            inner = match["quoted"]
            text = _ESCAPED.sub(r"\1", inner) if "\\" in inner else inner
            reader.add(f'"{inner}"', text, after_space=after_space)
        elif kind == "special":
            if match[0] == "(":
                comment_end = _comment_end(value, position, end)
                reader.comment = reader.comment or value[position : comment_end - 1].strip()
                position = comment_end
                after_space = True
                continue
            reader.special(match[0], after_space=after_space)
        after_space = kind == "space"
    reader.flush()
    if reader.is_in_group:
        reader.items.append(Item(kind=ItemKind.GROUP_END))
    return tuple(reader.items)


_scan_short = lru_cache(maxsize=1024)(_scan)


def parse_mailboxes(value: str) -> tuple[MailboxAddress, ...]:
    """The mailboxes of a header value, those inside groups included, names decoded.

    `value` is the unfolded text with its encoded words (`Headers.undecoded`). A mailbox without an
    address (a bare phrase) has an empty `address`. Never raises; at most `MAX_MAILBOXES`.
    """
    return _parse_short(value) if len(value) <= _CACHED else _parse(value)


def _parse(value: str) -> tuple[MailboxAddress, ...]:
    return tuple(
        MailboxAddress(
            name=readable_name(item.name),
            address=decode_words(f"{item.local}@{item.domain}" if item.domain else item.local),
        )
        for item in scan_mailboxes(value)
        if item.kind is ItemKind.MAILBOX
    )


_parse_short = lru_cache(maxsize=1024)(_parse)


def readable_name(name: str) -> str:
    """A display name decoded, white space collapsed."""
    return " ".join(decode_words(name).split()) if name else ""


def _comment_end(value: str, start: int, end: int) -> int:
    """The position after the comment whose `(` is just before `start` (RFC 5322 §3.2.2)."""
    depth = 1
    for match in _PAREN.finditer(value, start, end):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
            if depth == 0:
                return match.end()
    return end + 1


def _phrase(words: list[_Word]) -> str:
    out: list[str] = []
    for word in words:
        if word.after_space and out:
            out.append(" ")
        out.append(word.text)
    return "".join(out)


def _angle_mailbox(words: list[_Word], angle: list[str], comment: str) -> Item:
    route = ""
    if angle[0] == "@" and ":" in angle:
        colon = angle.index(":")
        route, angle = "".join(angle[:colon]), angle[colon + 1 :]
    local, domain = _split_address(angle)
    name = _phrase(words) or comment
    return Item(kind=ItemKind.MAILBOX, name=name, route=route, local=local, domain=domain)


def _bare_mailbox(words: list[_Word], comment: str) -> Item:
    """An addr-spec without brackets; words that do not touch it are taken as the name."""
    at = next((i for i in range(len(words) - 1, -1, -1) if words[i].raw == "@"), None)
    if at is None:
        if len(words) == 1 and not words[0].raw.startswith('"'):
            return Item(kind=ItemKind.MAILBOX, name=comment, local=words[0].raw)
        return Item(kind=ItemKind.MAILBOX, name=_phrase(words) or comment)
    first = max(at - 1, 0)
    while first > 0 and not words[first].after_space:
        first -= 1
    last = at + 1
    while last + 1 < len(words) and not words[last + 1].after_space:
        last += 1
    raw = [word.raw for word in words[first : last + 1]]
    local, domain = _split_address(raw)
    name = _phrase(words[:first] + words[last + 1 :]) or comment
    return Item(kind=ItemKind.MAILBOX, name=name, local=local, domain=domain)


def _split_address(tokens: list[str]) -> tuple[str, str]:
    """Local part and domain around the last `@` token; a quoted string is one token."""
    at = next((i for i in range(len(tokens) - 1, -1, -1) if tokens[i] == "@"), None)
    if at is None:
        return "".join(tokens), ""
    return "".join(tokens[:at]), "".join(tokens[at + 1 :])
