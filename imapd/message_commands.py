"""The commands about messages: SEARCH, SORT, THREAD, FETCH, STORE, COPY, MOVE, UID and its forms.

Part of the parser: each function reads what stands behind the name of its command.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from imapd.commands import (
    CancelUpdate,
    Command,
    Copy,
    Esearch,
    Expunge,
    Fetch,
    FilterKind,
    MailboxFilter,
    Move,
    ReturnOption,
    Search,
    Sort,
    SortKey,
    Store,
    StoreMode,
    Thread,
    ThreadAlgorithm,
    Updates,
)
from imapd.fetch import FetchItem, parse_items
from imapd.lexer import Lexer, ParseError
from imapd.mailbox_filters import read_filter
from imapd.search import parse_keys, parse_search
from imapd.seqset import Range
from mailcore.model import Flag

MAX_SORT_KEYS: Final = 50
_ALL: Final = ReturnOption.ALL
_SOURCES: Final = frozenset(FilterKind) - {FilterKind.SELECTED_DELAYED}

_FLAGS: Final = {
    "SEEN": Flag.SEEN,
    "ANSWERED": Flag.ANSWERED,
    "FLAGGED": Flag.FLAGGED,
    "DELETED": Flag.DELETED,
    "DRAFT": Flag.DRAFT,
    "RECENT": Flag(0),
}
"""`\\Recent` cannot be set and is left out: clients that copy mailboxes send it along."""

type _Flags = tuple[Flag, tuple[str, ...]]


def flag_list(lexer: Lexer) -> _Flags:
    """A list of flags in parentheses: the system's, and keywords."""
    return _gathered(lexer.listed(lambda: _flag(lexer), may_be_empty=True))


def _flag(lexer: Lexer) -> Flag | str:
    if not lexer.take(b"\\"):
        return lexer.atom("a flag").decode("ascii")
    word = lexer.word("a flag")
    if word not in _FLAGS:
        raise ParseError(f"unknown flag \\{word[:40]}")
    return _FLAGS[word]


def _gathered(found: list[Flag | str]) -> _Flags:
    flags = Flag(0)
    keywords: dict[str, None] = {}
    for one in found:
        if isinstance(one, Flag):
            flags |= one
        else:
            keywords[one] = None
    return flags, tuple(keywords)


def _store_flags(lexer: Lexer) -> _Flags:
    """A list, or flags without parentheses."""
    if lexer.peek() == b"(":
        return flag_list(lexer)
    found = [_flag(lexer)]
    while lexer.take_argument_space():
        found.append(_flag(lexer))
    return _gathered(found)


_STORE_ITEMS: Final = {
    f"{mode.value}FLAGS{suffix}": (mode, bool(suffix))
    for mode in StoreMode
    for suffix in ("", ".SILENT")
}


def _search(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        asked = returned(lexer)
        return Search(
            key=parse_search(lexer),
            by_uid=by_uid,
            returned=asked.options,
            partial=asked.partial,
            updates=asked.updates,
        )

    return read


def _esearch(lexer: Lexer) -> Command:
    """Where, what to tell, and the keys (RFC 7377 §4)."""
    lexer.space()
    sources: list[MailboxFilter] = []
    if lexer.take_text(b"IN "):
        sources = lexer.listed(lambda: read_filter(lexer, _SOURCES))
        lexer.space()
    asked = returned(lexer)
    return Esearch(
        sources=tuple(sources),
        key=parse_search(lexer),
        returned=asked.options,
        partial=asked.partial,
        updates=asked.updates,
    )


@dataclass(slots=True)
class Returned:
    """What RETURN asks for; `options` is None without it."""

    options: frozenset[ReturnOption] | None = None
    partial: Range | None = None
    updates: Updates | None = None


def returned(lexer: Lexer) -> Returned:
    """RETURN and its options with the space after them; an empty list means ALL (RFC 4731 §3.1)."""
    asked = Returned()
    if not lexer.take_text(b"RETURN "):
        return asked
    found = lexer.listed(lambda: _return_option(lexer, asked), may_be_empty=True)
    lexer.space()
    asked.options = frozenset(one for one in found if one) if found else frozenset({_ALL})
    if asked.partial and _ALL in asked.options:
        raise ParseError("ALL and PARTIAL exclude each other")
    return asked


def _return_option(lexer: Lexer, asked: Returned) -> ReturnOption | None:
    """One option; those that are no results are noted in `asked` (RFC 5267 §4)."""
    if lexer.take_text(b"PARTIAL "):
        numbers = lexer.sequence_set()
        if asked.partial or numbers.is_saved or len(numbers.ranges) != 1 or 0 in numbers.ranges[0]:
            raise ParseError("PARTIAL takes one range of numbers, once")
        first, last = numbers.ranges[0]
        asked.partial = min(first, last), max(first, last)
        return None
    if not (lexer.is_next(b"UPDATE") or lexer.is_next(b"CONTEXT")):
        return _one_of(lexer, ReturnOption)
    word = lexer.word("an option")
    if word == "UPDATE":
        has_items = lexer.is_next(b" (") and lexer.take(b" ")
        asked.updates = Updates(parse_items(lexer) if has_items else ())
    elif word != "CONTEXT":
        raise ParseError(f"unknown option {word[:40]}")
    return None


def _cancel_update(lexer: Lexer) -> Command:
    tags: list[bytes] = []
    while lexer.take_argument_space():
        tags.append(lexer.astring())
    if not tags:
        raise ParseError("CANCELUPDATE takes the tags of searches")
    return CancelUpdate(tuple(tags))


def _one_of[T: StrEnum](lexer: Lexer, options: type[T]) -> T:
    word = lexer.word("an option")
    try:
        return options(word)
    except ValueError as error:
        raise ParseError(f"unknown option {word[:40]}") from error


def _sort(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        asked = returned(lexer)
        criteria = lexer.listed(lambda: _sort_key(lexer))
        if len(criteria) > MAX_SORT_KEYS:
            raise ParseError(f"at most {MAX_SORT_KEYS} sort keys")
        lexer.space()
        return Sort(
            criteria=tuple(criteria),
            key=parse_keys(lexer),
            by_uid=by_uid,
            returned=asked.options,
            partial=asked.partial,
            updates=asked.updates,
        )

    return read


def _sort_key(lexer: Lexer) -> tuple[SortKey, bool]:
    is_reversed = lexer.take_text(b"REVERSE ")
    return _one_of(lexer, SortKey), is_reversed


def _thread(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        algorithm = _one_of(lexer, ThreadAlgorithm)
        lexer.space()
        return Thread(algorithm=algorithm, key=parse_keys(lexer), by_uid=by_uid)

    return read


_known_items: Final[dict[bytes, tuple[FetchItem, ...]]] = {}
"""Items as they were asked for lately: a mail program asks for the same again and again."""


def _fetch(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        numbers = lexer.sequence_set()
        lexer.space()
        items = lexer.rest(_known_items, lambda: parse_items(lexer))
        changed_since, wants_vanished = None, False
        if lexer.take_argument_space():
            changed_since, wants_vanished = _fetch_modifiers(lexer)
        return Fetch(
            numbers=numbers,
            items=items,
            by_uid=by_uid,
            changed_since=changed_since,
            wants_vanished=wants_vanished,
        )

    return read


def _fetch_modifiers(lexer: Lexer) -> tuple[int | None, bool]:
    """CHANGEDSINCE and VANISHED in any order; VANISHED needs the other (RFC 7162 §3.2.6)."""
    found: dict[str, int] = {}

    def one() -> None:
        word = lexer.word("CHANGEDSINCE or VANISHED")
        if word == "CHANGEDSINCE":
            lexer.space()
            found[word] = lexer.number()
        elif word == "VANISHED":
            found[word] = 1
        else:
            raise ParseError(f"unknown FETCH modifier {word[:40]}")

    lexer.listed(one)
    if "VANISHED" in found and "CHANGEDSINCE" not in found:
        raise ParseError("VANISHED needs CHANGEDSINCE")
    return found.get("CHANGEDSINCE"), "VANISHED" in found


def _store(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        numbers = lexer.sequence_set()
        lexer.space()
        unchanged_since = None
        if lexer.take_text(b"(UNCHANGEDSINCE "):
            unchanged_since = lexer.number()
            lexer.expect(b")")
            lexer.space()
        item = lexer.word("FLAGS, +FLAGS or -FLAGS")
        if item not in _STORE_ITEMS:
            raise ParseError(f"unknown STORE item {item[:40]}")
        mode, is_silent = _STORE_ITEMS[item]
        lexer.space()
        flags, keywords = _store_flags(lexer)
        return Store(
            numbers=numbers,
            mode=mode,
            flags=flags,
            keywords=keywords,
            is_silent=is_silent,
            by_uid=by_uid,
            unchanged_since=unchanged_since,
        )

    return read


def _copy(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        numbers = lexer.sequence_set()
        return Copy(numbers=numbers, mailbox=_target(lexer), by_uid=by_uid)

    return read


def _move(*, by_uid: bool) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        numbers = lexer.sequence_set()
        return Move(numbers=numbers, mailbox=_target(lexer), by_uid=by_uid)

    return read


def _target(lexer: Lexer) -> str:
    lexer.space()
    return lexer.mailbox()


def _uid_expunge(lexer: Lexer) -> Command:
    lexer.space()
    return Expunge(lexer.sequence_set())


COMMANDS: Final[dict[str, Callable[[Lexer], Command]]] = {
    "EXPUNGE": lambda _: Expunge(None),
    "CANCELUPDATE": _cancel_update,
    "ESEARCH": _esearch,
    "SEARCH": _search(by_uid=False),
    "SORT": _sort(by_uid=False),
    "THREAD": _thread(by_uid=False),
    "FETCH": _fetch(by_uid=False),
    "STORE": _store(by_uid=False),
    "COPY": _copy(by_uid=False),
    "MOVE": _move(by_uid=False),
}
UID_COMMANDS: Final[dict[str, Callable[[Lexer], Command]]] = {
    "EXPUNGE": _uid_expunge,
    "SEARCH": _search(by_uid=True),
    "SORT": _sort(by_uid=True),
    "THREAD": _thread(by_uid=True),
    "FETCH": _fetch(by_uid=True),
    "STORE": _store(by_uid=True),
    "COPY": _copy(by_uid=True),
    "MOVE": _move(by_uid=True),
}
