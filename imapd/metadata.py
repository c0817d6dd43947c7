"""The grammar of annotations: GETMETADATA, SETMETADATA and LIST's METADATA (RFC 5464 §5, RFC 9590 §4)."""

from typing import Final

from imapd import responses
from imapd.commands import Command, GetMetadata, MetadataQuery, SetMetadata
from imapd.lexer import Lexer, ParseError
from imapd.seqset import MAX_NUMBER
from mailcore.metadata import entry_name

MAX_ENTRIES: Final = 100
"""In one command."""
_DEPTHS: Final = {"0": 0, "1": 1, "INFINITY": None}
_MAX_QUOTED: Final = 1000

type _Options = dict[str, int | None]


def get_metadata(lexer: Lexer) -> Command:
    """Options may stand before the mailbox, as the grammar has it, or behind it, as the examples do."""
    lexer.space()
    options = _options(lexer)
    mailbox = lexer.mailbox()
    lexer.space()
    return GetMetadata(mailbox, _query(lexer, options))


def query(lexer: Lexer) -> MetadataQuery:
    """Options, if there are any, and entries."""
    return _query(lexer, {})


def _query(lexer: Lexer, options: _Options) -> MetadataQuery:
    options = options or _options(lexer)
    if lexer.peek() == b"(":
        entries = lexer.listed(lambda: _entry(lexer))
    else:
        entries = [_entry(lexer)]
        while lexer.take_argument_space():
            entries.append(_entry(lexer))
    if len(entries) > MAX_ENTRIES:
        raise ParseError(f"at most {MAX_ENTRIES} entries")
    return MetadataQuery(
        entries=tuple(dict.fromkeys(entries)),
        depth=options.get("DEPTH", 0),
        max_size=options.get("MAXSIZE"),
    )


def _options(lexer: Lexer) -> _Options:
    """MAXSIZE and DEPTH in any order, with the space after them; none when entries come."""
    found: _Options = {}
    if not any(lexer.is_next(b"(" + name) for name in (b"MAXSIZE ", b"DEPTH ")):
        return found

    def one() -> None:
        name = lexer.word("MAXSIZE or DEPTH")
        if name in found or name not in ("MAXSIZE", "DEPTH"):
            raise ParseError(f"unknown option {name[:40]}, or given twice")
        lexer.space()
        if name == "MAXSIZE":
            found[name] = lexer.number(MAX_NUMBER)
            return
        depth = lexer.word("a depth")
        if depth not in _DEPTHS:
            raise ParseError("a depth is 0, 1 or infinity")
        found[name] = _DEPTHS[depth]

    lexer.listed(one)
    lexer.space()
    return found


def _entry(lexer: Lexer) -> str:
    try:
        return entry_name(lexer.astring().decode("ascii"))
    except ValueError as error:
        raise ParseError("an entry is a path such as /private/comment") from error


def set_metadata(lexer: Lexer) -> Command:
    """A mailbox and entries with their values; NIL removes one."""
    lexer.space()
    mailbox = lexer.mailbox()
    lexer.space()
    pairs = lexer.listed(lambda: _pair(lexer))
    if len(pairs) > MAX_ENTRIES:
        raise ParseError(f"at most {MAX_ENTRIES} entries")
    return SetMetadata(mailbox, tuple(dict(pairs).items()))


def _pair(lexer: Lexer) -> tuple[str, bytes | None]:
    entry = _entry(lexer)
    lexer.space()
    if lexer.take(b"~"):
        return entry, lexer.literal()
    return entry, lexer.nstring()


def pair(entry: str, value: bytes | None) -> bytes:
    """An entry with its value; octets that no string can hold are a `literal8`."""
    name = responses.astring(entry.encode("ascii"))
    if value is None:
        return b"%b NIL" % name
    if b"\x00" in value:
        return b"%b ~{%d}\r\n%b" % (name, len(value), value)
    if len(value) > _MAX_QUOTED:
        return b"%b {%d}\r\n%b" % (name, len(value), value)
    return b"%b %b" % (name, responses.string(value))
