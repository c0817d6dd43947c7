"""Reading the tokens of one command (RFC 9051 §9): atoms, strings, numbers, flags, dates, names.

A cursor over a frame; literals stand where the wire put them. Nothing is looked at twice, so cost is
linear. Every failure is a ParseError whose message may be shown to the client.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from imapd import modutf7, seqset
from imapd.seqset import SequenceSet
from imapd.wire import TAG, Frame

_ATOM: Final = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|}~-]++")
_ASTRING: Final = re.compile(rb"[!#$&'+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]++")
_LIST_MAILBOX: Final = re.compile(rb"[!#$%&'*+,./0-9:;<=>?@A-Z\[\]^_`a-z|}~-]++")
_ITEM: Final = re.compile(rb"[A-Za-z0-9.]++")
_SPEC: Final = re.compile(rb"[A-Za-z0-9.]*+")
_SEQUENCE: Final = re.compile(rb"\$|[0-9:,*]++")
_OBJECT: Final = re.compile(rb"[A-Za-z0-9_-]{1,255}+")
_NUMBER: Final = re.compile(rb"[0-9]{1,20}")
_QUOTED: Final = re.compile(rb'"((?:[^"\\\r\n\x00]|\\["\\])*+)"')
_UNESCAPE: Final = re.compile(rb"\\(.)")
_DATE: Final = re.compile(rb'"?+([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})"?+')
_DATE_TIME: Final = re.compile(
    rb'"( [0-9]|[0-9]{2})-([A-Za-z]{3})-([0-9]{4}) '
    rb'([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)
_MONTHS: Final = (
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
)  # fmt: skip
MAX_NUMBER64: Final = 2**63 - 1
END: Final = b""
_MAX_KNOWN: Final = 64
_MAX_KNOWN_OCTETS: Final = 512


class ParseError(Exception):
    """The command is not what the grammar allows; `message` says what was expected."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Lexer:
    """A cursor over one command. With `is_utf8` mailbox names are UTF-8 (RFC 6855 §3)."""

    def __init__(self, frame: Frame, *, is_utf8: bool = False) -> None:
        self.is_utf8 = is_utf8
        self._frame = frame
        self._index = 0
        self._text = frame.texts[0]
        self._position = 0

    # Single octets ---------------------------------------------------------------------------

    def peek(self) -> bytes:
        """The next octet, or `END` where the text ends or a literal stands."""
        return self._text[self._position : self._position + 1]

    def take(self, octet: bytes) -> bool:
        """Step over `octet` when it is next; whether it was."""
        if self.peek() != octet:
            return False
        self._position += 1
        return True

    def is_next(self, text: bytes) -> bool:
        """Whether `text`, which is in upper case, is next in any case."""
        return self._text[self._position : self._position + len(text)].upper() == text

    def take_text(self, text: bytes) -> bool:
        """Step over `text` when it is next, in any case; whether it was."""
        if not self.is_next(text):
            return False
        self._position += len(text)
        return True

    def expect(self, octet: bytes) -> None:
        """Step over `octet`, which must be next."""
        if not self.take(octet):
            raise ParseError(f"expected {_shown(octet)}{self._here()}")

    def space(self) -> None:
        """Step over the one space between arguments."""
        self.expect(b" ")

    def space_after(self, name: str) -> None:
        """The space between `name` and its argument."""
        if not self.take(b" "):
            raise ParseError(f"unknown, or without its argument: {name[:40]}")

    def take_argument_space(self) -> bool:
        """Step over a space that something follows; spaces at the very end are not one."""
        rest = self._text[self._position : self._position + 2]
        if rest[:1] != b" " or (rest == b" " and not self._has_more()):
            return False
        self._position += 1
        return True

    def _has_more(self) -> bool:
        return self._index < len(self._frame.literals)

    def is_word_next(self) -> bool:
        """Whether a word that begins with a letter is next."""
        return self.peek().isalpha()

    def is_end(self) -> bool:
        """Whether nothing is left of the command."""
        return self._position == len(self._text) and self._index == len(self._frame.literals)

    def end(self) -> None:
        """The command must end here; trailing spaces are forgiven, clients do send them."""
        while self.take(b" "):
            pass
        if not self.is_end():
            raise ParseError(f"unexpected text{self._here()}")

    def rest[T](self, known: dict[bytes, T], read: Callable[[], T]) -> T:
        """What `read` makes of the rest of the command; `known` has what it made of the same before."""
        text = self._text[self._position :]
        has_more = self._has_more()
        if not has_more and (found := known.get(text)) is not None:
            self._position = len(self._text)
            return found
        value = read()
        if not has_more and self.is_end() and len(text) <= _MAX_KNOWN_OCTETS:
            if len(known) >= _MAX_KNOWN:
                known.clear()
            known[text] = value
        return value

    def _here(self) -> str:
        rest = self._text[self._position : self._position + 20]
        if not rest:
            return " before the end of the command" if self.is_end() else " before a literal"
        return f" at {_shown(rest)}"

    # Tokens ----------------------------------------------------------------------------------

    def _match(self, pattern: re.Pattern[bytes], what: str) -> bytes:
        match = pattern.match(self._text, self._position)
        if match is None:
            raise ParseError(f"expected {what}{self._here()}")
        self._position = match.end()
        return match[0]

    def tag(self) -> bytes:
        """The tag of the command."""
        return self._match(TAG, "a tag")

    def atom(self, what: str = "an atom") -> bytes:
        """An atom, as written."""
        return self._match(_ATOM, what)

    def word(self, what: str = "a word") -> str:
        """An atom in upper case: the name of a command, an item, an option."""
        return self.atom(what).decode("ascii").upper()

    def item_name(self) -> str:
        """The name of a FETCH item in upper case: letters, digits and dots, up to a `[`."""
        return self._match(_ITEM, "a FETCH item").decode("ascii").upper()

    def section_spec(self) -> str:
        """What stands between `BODY[` and a space or `]`, in upper case; it may be empty."""
        return self._match(_SPEC, "a section").decode("ascii").upper()

    def sequence_set(self) -> SequenceSet:
        """A sequence set."""
        text = self._match(_SEQUENCE, "a sequence set")
        try:
            return seqset.parse(text)
        except ValueError as error:
            raise ParseError(f"{_shown(text[:20])} is not a sequence set") from error

    def object_id(self) -> str:
        """An object id (RFC 8474 §7)."""
        return self._match(_OBJECT, "an object id").decode("ascii")

    def number(self, limit: int = MAX_NUMBER64) -> int:
        """A number of at most `limit`."""
        value = int(self._match(_NUMBER, "a number"))
        if value > limit:
            raise ParseError("the number is too large")
        return value

    def is_string(self) -> bool:
        """Whether a quoted string or a literal is next."""
        return self.peek() == b'"' or self._is_literal()

    def _is_literal(self) -> bool:
        return self._position == len(self._text) and self._index < len(self._frame.literals)

    def literal(self) -> bytes:
        """A literal, which must be next."""
        if not self._is_literal():
            raise ParseError(f"expected a literal{self._here()}")
        value = self._frame.literals[self._index]
        self._index += 1
        self._text = self._frame.texts[self._index]
        self._position = 0
        return value

    def string(self) -> bytes:
        """A quoted string or a literal without NUL (RFC 9051 §4.3)."""
        if self._is_literal():
            value = self.literal()
            if b"\x00" in value:
                raise ParseError("a literal holds a NUL")
            return value
        match = _QUOTED.match(self._text, self._position)
        if match is None:
            raise ParseError(f"expected a string{self._here()}")
        self._position = match.end()
        return _UNESCAPE.sub(rb"\1", match[1]) if b"\\" in match[1] else match[1]

    def astring(self) -> bytes:
        """An atom that may hold `]`, or a string."""
        return self.string() if self.is_string() else self._match(_ASTRING, "an argument")

    def nstring(self) -> bytes | None:
        """A string, or None for NIL."""
        if self.is_string():
            return self.string()
        if self.word("a string or NIL") != "NIL":
            raise ParseError("expected a string or NIL")
        return None

    def mailbox(self) -> str:
        """A mailbox name, decoded. One separator at its end is forgiven (Thunderbird sends it)."""
        name = self._decoded(self.astring())
        return name.removesuffix("/") or name

    def new_mailbox(self) -> str:
        """A mailbox name as an argument of CREATE, where a trailing separator means something."""
        return self._decoded(self.astring())

    def list_mailbox(self) -> str:
        """A mailbox pattern, decoded, with its wildcards."""
        if self.is_string():
            return self._decoded(self.string())
        return self._decoded(self._match(_LIST_MAILBOX, "a mailbox pattern"))

    def _decoded(self, octets: bytes) -> str:
        return _utf8_name(octets) if self.is_utf8 else _decode_name(octets)

    # Dates -----------------------------------------------------------------------------------

    def date(self) -> date:
        """A date such as `1-Feb-2026`, quoted or not."""
        match = _DATE.match(self._text, self._position)
        if match is None or match[0].startswith(b'"') != match[0].endswith(b'"'):
            raise ParseError(f"expected a date such as 1-Feb-2026{self._here()}")
        self._position = match.end()
        try:
            return date(int(match[3]), _month(match[2]), int(match[1]))
        except ValueError as error:
            raise ParseError("there is no such date") from error

    def date_time(self) -> datetime:
        """A quoted date-time with its zone (RFC 9051 §9 `date-time`)."""
        match = _DATE_TIME.match(self._text, self._position)
        if match is None:
            raise ParseError(f'expected a date such as " 1-Feb-2026 12:00:00 +0000"{self._here()}')
        self._position = match.end()
        offset = timedelta(hours=int(match[8]), minutes=int(match[9]))
        try:
            zone = timezone(-offset if match[7] == b"-" else offset)
            day, year = int(match[1]), int(match[3])
            clock = int(match[4]), int(match[5]), min(int(match[6]), 59)
            at = datetime(year, _month(match[2]), day, *clock, tzinfo=zone)
            return at.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise ParseError("there is no such date") from error

    # Lists -----------------------------------------------------------------------------------

    def listed[T](self, read: Callable[[], T], *, may_be_empty: bool = False) -> list[T]:
        """A parenthesized list of what `read` reads."""
        self.expect(b"(")
        found: list[T] = []
        if may_be_empty and self.take(b")"):
            return found
        found.append(read())
        while not self.take(b")"):
            self.space()
            found.append(read())
        return found


def _utf8_name(octets: bytes) -> str:
    try:
        return unicodedata.normalize("NFC", octets.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParseError("a mailbox name is not UTF-8") from error


def _decode_name(octets: bytes) -> str:
    try:
        return modutf7.decode(octets)
    except ValueError as error:
        raise ParseError(str(error)) from error


def _month(name: bytes) -> int:
    return _MONTHS.index(name.lower()) + 1


def _shown(octets: bytes) -> str:
    return ascii(octets.decode("latin-1"))
