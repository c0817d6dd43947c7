r"""SEARCH keys (RFC 9051 §6.4.4, RFC 3501 §6.4.4): what the client wrote, and what it means.

A key is `mailcore.search` nodes plus the few things only a session knows: message numbers, UIDs with
`*`, and `\Recent`. `resolve` replaces those by UID ranges, after which the store can decide.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from imapd import objectids
from imapd.lexer import Lexer, ParseError
from imapd.seqset import Range, SequenceSet
from mailcore.model import Flag
from mailcore.search import (
    All,
    And,
    Arrived,
    Body,
    Field,
    HasDigest,
    HasFlag,
    HasKeyword,
    Header,
    InThread,
    ModSeq,
    Not,
    Or,
    Received,
    Saved,
    SearchNode,
    Sent,
    Size,
    Text,
    UidIn,
)

MAX_KEYS: Final = 2000
MAX_SECONDS: Final = 2**32 - 1
MAX_DEPTH: Final = 20
"""Levels of parentheses and NOT; chains of OR, as clients write them, are one level."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A key that needs nothing of the session."""

    node: SearchNode


@dataclass(frozen=True, slots=True)
class BySequence:
    """Messages by number in the session's view."""

    numbers: SequenceSet


@dataclass(frozen=True, slots=True)
class ByUid:
    """Messages by UID; `*` is the view's last."""

    uids: SequenceSet


@dataclass(frozen=True, slots=True)
class IsRecent:
    r"""Messages that are `\Recent` in this session."""


@dataclass(frozen=True, slots=True)
class ByAge:
    """Messages that arrived within the last seconds, or before them (RFC 5032)."""

    seconds: int
    is_older: bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the keys hold."""

    keys: tuple["SearchKey", ...]


@dataclass(frozen=True, slots=True)
class EitherOf:
    """One of the keys holds: OR, or a chain of them."""

    keys: tuple["SearchKey", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """The key does not hold."""

    key: "SearchKey"


type SearchKey = Decided | BySequence | ByUid | IsRecent | ByAge | AllOf | EitherOf | NoneOf


class BadCharset(Exception):  # noqa: N818 - an answer of its own, not a syntax error
    """The CHARSET is none that we know (RFC 9051 §7.1 BADCHARSET)."""


# Meaning -----------------------------------------------------------------------------------------


class View(Protocol):
    """What resolving needs to know of the session."""

    def uids_at(self, numbers: SequenceSet) -> list[Range]:
        """UID ranges of messages by number."""
        ...

    def uids_in(self, uids: SequenceSet) -> list[Range]:
        """UID ranges with `*` replaced."""
        ...

    def recent_uids(self) -> list[Range]:
        r"""UID ranges of what is `\Recent`."""
        ...


def mentions_modseq(key: SearchKey) -> bool:
    """Whether MODSEQ is among the keys: then the answer tells the highest one found."""
    match key:
        case Decided(node):
            return isinstance(node, ModSeq)
        case AllOf(keys) | EitherOf(keys):
            return any(mentions_modseq(one) for one in keys)
        case NoneOf(child):
            return mentions_modseq(child)
        case _:
            return False


def mentions_numbers(key: SearchKey) -> bool:
    """Whether messages are named by number; `$` stands for UIDs."""
    match key:
        case BySequence(numbers):
            return not numbers.is_saved
        case AllOf(keys) | EitherOf(keys):
            return any(mentions_numbers(one) for one in keys)
        case NoneOf(child):
            return mentions_numbers(child)
        case _:
            return False


def resolve(key: SearchKey, view: View, now: datetime) -> SearchNode:
    """The key as a tree that the mailbox service decides."""
    match key:
        case ByAge(seconds, is_older):
            return _by_age(seconds, now, is_older=is_older)
        case Decided(node):
            return node
        case BySequence(numbers):
            return UidIn(tuple(view.uids_at(numbers)))
        case ByUid(uids):
            return UidIn(tuple(view.uids_in(uids)))
        case IsRecent():
            return UidIn(tuple(view.recent_uids()))
        case AllOf(keys):
            return And(tuple(resolve(one, view, now) for one in keys))
        case EitherOf(keys):
            return _any_of([resolve(one, view, now) for one in keys])
        case NoneOf(child):
            return Not(resolve(child, view, now))


def _by_age(seconds: int, now: datetime, *, is_older: bool) -> SearchNode:
    try:
        edge = now - timedelta(seconds=seconds)
    except OverflowError:
        return Not(All()) if is_older else All()
    return Arrived(before=edge) if is_older else Arrived(since=edge)


def _any_of(nodes: Sequence[SearchNode]) -> SearchNode:
    """A balanced tree: clients write OR as a chain, stores dislike depth."""
    if len(nodes) == 1:
        return nodes[0]
    middle = len(nodes) // 2
    return Or(_any_of(nodes[:middle]), _any_of(nodes[middle:]))


# Grammar -----------------------------------------------------------------------------------------


def parse_search(lexer: Lexer) -> SearchKey:
    """The arguments of SEARCH: an optional charset and the keys, all of which must hold."""
    parser = _Keys(lexer)
    first: list[SearchKey] = []
    if lexer.is_word_next():
        word = lexer.word()
        if word == "CHARSET":
            lexer.space()
            parser.set_charset(lexer.astring())
            lexer.space()
        else:
            first.append(parser.named(word, 1))
            if not lexer.take_argument_space():
                return first[0]
    return _all(first + parser.several(1))


def parse_keys(lexer: Lexer) -> SearchKey:
    """The arguments of SORT and THREAD behind their own: a charset, always, and the keys."""
    parser = _Keys(lexer)
    parser.set_charset(lexer.astring())
    lexer.space()
    return _all(parser.several(1))


def _all(keys: Sequence[SearchKey]) -> SearchKey:
    return keys[0] if len(keys) == 1 else AllOf(tuple(keys))


class _Keys:
    """Reads keys; knows the charset and how deep and how many they are."""

    def __init__(self, lexer: Lexer) -> None:
        self._lexer = lexer
        self._count = 0
        self._charset = "utf-8"
        self._is_named = False

    def set_charset(self, name: bytes) -> None:
        if name.upper() not in (b"UTF-8", b"US-ASCII", b"UTF8", b"ASCII"):
            raise BadCharset
        self._is_named = True
        self._charset = "ascii" if b"ASCII" in name.upper() else "utf-8"

    def several(self, depth: int) -> list[SearchKey]:
        found = [self.key(depth)]
        while self._lexer.take_argument_space():
            found.append(self.key(depth))
        return found

    def key(self, depth: int) -> SearchKey:
        lexer = self._lexer
        if depth > MAX_DEPTH:
            raise ParseError(f"search keys nest at most {MAX_DEPTH} deep")
        if lexer.take(b"("):
            self._counted()
            found = self.several(depth + 1)
            lexer.expect(b")")
            return _all(found)
        if lexer.is_word_next():
            return self.named(lexer.word("a search key"), depth)
        self._counted()
        return BySequence(lexer.sequence_set())

    def _counted(self) -> None:
        self._count += 1
        if self._count > MAX_KEYS:
            raise ParseError(f"at most {MAX_KEYS} search keys")

    def named(self, name: str, depth: int) -> SearchKey:
        self._counted()
        plain = _PLAIN.get(name)
        if plain is not None:
            return plain
        self._lexer.space_after(name)
        match name:
            case "NOT":
                return NoneOf(self.key(depth + 1))
            case "OR":
                return EitherOf(tuple(self._alternatives(depth + 1)))
            case "UID":
                return ByUid(self._lexer.sequence_set())
            case "OLDER" | "YOUNGER":
                return ByAge(self._seconds(), is_older=name == "OLDER")
            case _:
                return Decided(self._with_argument(name))

    def _seconds(self) -> int:
        seconds = self._lexer.number(MAX_SECONDS)
        if not seconds:
            raise ParseError("an age is at least one second")
        return seconds

    def _alternatives(self, depth: int) -> list[SearchKey]:
        """The operands of OR; one that is an OR itself adds its own, not a level."""
        lexer = self._lexer
        found = [self.key(depth)]
        while True:
            lexer.space()
            if not lexer.is_word_next():
                return [*found, self.key(depth)]
            word = lexer.word("a search key")
            if word != "OR":
                return [*found, self.named(word, depth)]
            self._counted()
            lexer.space_after(word)
            found.append(self.key(depth))

    def _with_argument(self, name: str) -> SearchNode:  # noqa: C901, PLR0912 - a table
        lexer = self._lexer
        if name in _ON_DATES:
            return _ON_DATES[name](lexer.date())
        match name:
            case "FROM" | "TO" | "CC" | "BCC" | "SUBJECT":
                return _header(name, self._text())
            case "HEADER":
                field = lexer.astring().decode("latin-1")
                lexer.space()
                return _header(field, self._text())
            case "BODY":
                return Body(self._text())
            case "TEXT":
                return Text(self._text())
            case "MODSEQ":
                return ModSeq(self._modseq())
            case "EMAILID":
                sha256 = objectids.digest_of(lexer.object_id())
                return HasDigest(sha256) if sha256 else Not(All())
            case "THREADID":
                return InThread(objectids.thread_of(lexer.object_id()))
            case "LARGER":
                return Size(larger_than=lexer.number())
            case "SMALLER":
                return Size(smaller_than=lexer.number())
            case "KEYWORD":
                return HasKeyword(lexer.atom("a keyword").decode("ascii"))
            case "UNKEYWORD":
                return Not(HasKeyword(lexer.atom("a keyword").decode("ascii")))
            case _:
                raise ParseError(f"unknown search key {name[:40]}")

    def _modseq(self) -> int:
        """The number, after an optional entry name and type that change nothing for us."""
        lexer = self._lexer
        if lexer.is_string():
            if not lexer.string().lower().startswith(b"/flags/"):
                raise ParseError("an entry name begins with /flags/")
            lexer.space()
            if lexer.word("priv, shared or all") not in ("PRIV", "SHARED", "ALL"):
                raise ParseError("an entry type is priv, shared or all")
            lexer.space()
        return lexer.number()

    def _text(self) -> str:
        """The text; where no charset was named, octets that are no UTF-8 are Latin-1, as JavaMail sends them."""
        octets = self._lexer.astring()
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError as error:
            if not self._is_named:
                return octets.decode("latin-1")
            raise ParseError("the search text is not in the charset named") from error


_COLUMNS: Final = frozenset({"from", "to", "cc", "bcc", "subject"})


def _header(name: str, text: str) -> SearchNode:
    """A header search; columns decide the common fields, or narrow them before bytes are read."""
    folded = name.lower()
    if text and folded in _COLUMNS:
        return Field(folded, text)
    if folded == "message-id" and (bare := text.strip("<> ")):
        return And((Field(folded, bare), Header(name, text)))
    return Header(name, text)


_DAY: Final = timedelta(days=1)


def _next_day(day: date) -> date | None:
    return None if day == date.max else day + _DAY


_ON_DATES: Final[dict[str, Callable[[date], SearchNode]]] = {
    "BEFORE": lambda day: Received(before=day),
    "ON": lambda day: Received(since=day, before=_next_day(day)),
    "SINCE": lambda day: Received(since=day),
    "SAVEDBEFORE": lambda day: Saved(before=day),
    "SAVEDON": lambda day: Saved(since=day, before=_next_day(day)),
    "SAVEDSINCE": lambda day: Saved(since=day),
    "SENTBEFORE": lambda day: Sent(before=day),
    "SENTON": lambda day: Sent(since=day, before=_next_day(day)),
    "SENTSINCE": lambda day: Sent(since=day),
}


def _flag(flag: Flag) -> SearchKey:
    return Decided(HasFlag(flag))


def _no_flag(flag: Flag) -> SearchKey:
    return Decided(Not(HasFlag(flag)))


_PLAIN: Final[dict[str, SearchKey]] = {
    "ALL": Decided(All()),
    "SAVEDATESUPPORTED": Decided(All()),
    "ANSWERED": _flag(Flag.ANSWERED),
    "DELETED": _flag(Flag.DELETED),
    "DRAFT": _flag(Flag.DRAFT),
    "FLAGGED": _flag(Flag.FLAGGED),
    "SEEN": _flag(Flag.SEEN),
    "UNANSWERED": _no_flag(Flag.ANSWERED),
    "UNDELETED": _no_flag(Flag.DELETED),
    "UNDRAFT": _no_flag(Flag.DRAFT),
    "UNFLAGGED": _no_flag(Flag.FLAGGED),
    "UNSEEN": _no_flag(Flag.SEEN),
    "RECENT": IsRecent(),
    "OLD": NoneOf(IsRecent()),
    "NEW": AllOf((IsRecent(), _no_flag(Flag.SEEN))),
}
