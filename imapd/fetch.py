"""What FETCH asks for: the items of RFC 9051 §6.4.5, and how they are written (RFC 3501 too).

Facts and their grammar only; answering is `imapd.ops.fetch`.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

from imapd.lexer import Lexer, ParseError

MAX_ITEMS: Final = 200
MAX_FIELDS: Final = 200
MAX_SECTION_DEPTH: Final = 50
MAX_OFFSET: Final = 2**32 - 1


class Attribute(Enum):
    """Items that are answered from prepared columns; the value is the name on the wire."""

    UID = b"UID"
    FLAGS = b"FLAGS"
    INTERNALDATE = b"INTERNALDATE"
    RFC822_SIZE = b"RFC822.SIZE"
    ENVELOPE = b"ENVELOPE"
    BODY = b"BODY"
    BODYSTRUCTURE = b"BODYSTRUCTURE"
    MODSEQ = b"MODSEQ"
    EMAILID = b"EMAILID"
    THREADID = b"THREADID"
    SAVEDATE = b"SAVEDATE"
    PREVIEW = b"PREVIEW"


class Text(StrEnum):
    """What of a section is wanted."""

    ALL = ""
    HEADER = "HEADER"
    FIELDS = "HEADER.FIELDS"
    FIELDS_NOT = "HEADER.FIELDS.NOT"
    TEXT = "TEXT"
    MIME = "MIME"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodySection:
    """`BODY[numbers.text (fields)]<start.length>`; `label` is how the answer names it."""

    label: bytes
    numbers: tuple[int, ...] = ()
    text: Text = Text.ALL
    fields: tuple[bytes, ...] = ()
    """Field names in lower case."""
    start: int = 0
    length: int | None = None
    """None without a partial."""
    is_peek: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BinarySection:
    """`BINARY[numbers]<start.length>` or `BINARY.SIZE[numbers]`: a part decoded (RFC 3516)."""

    label: bytes
    numbers: tuple[int, ...]
    start: int = 0
    length: int | None = None
    is_peek: bool = False
    is_size: bool = False


type FetchItem = Attribute | BodySection | BinarySection

_FAST: Final = (Attribute.FLAGS, Attribute.INTERNALDATE, Attribute.RFC822_SIZE)
_MACROS: Final[dict[str, tuple[FetchItem, ...]]] = {
    "FAST": _FAST,
    "ALL": (*_FAST, Attribute.ENVELOPE),
    "FULL": (*_FAST, Attribute.ENVELOPE, Attribute.BODY),
}
_RFC822: Final[dict[str, BodySection]] = {
    "RFC822": BodySection(label=b"RFC822"),
    "RFC822.HEADER": BodySection(label=b"RFC822.HEADER", text=Text.HEADER, is_peek=True),
    "RFC822.TEXT": BodySection(label=b"RFC822.TEXT", text=Text.TEXT),
}
_PLAIN: Final = {one.value.decode(): one for one in Attribute}


def parse_items(lexer: Lexer) -> tuple[FetchItem, ...]:
    """A macro, one item, or a list of items; each item once, in the order asked."""
    if lexer.peek() == b"(":
        items = lexer.listed(lambda: _item(lexer))
        if len(items) > MAX_ITEMS:
            raise ParseError(f"at most {MAX_ITEMS} items")
        return tuple(dict.fromkeys(items))
    name = lexer.item_name()
    return _MACROS.get(name) or (_named(lexer, name),)


def _item(lexer: Lexer) -> FetchItem:
    return _named(lexer, lexer.item_name())


def _named(lexer: Lexer, name: str) -> FetchItem:
    if name in ("BODY", "BODY.PEEK") and lexer.take(b"["):
        return _section(lexer, is_peek=name == "BODY.PEEK")
    if name in ("BINARY", "BINARY.PEEK", "BINARY.SIZE") and lexer.take(b"["):
        return _binary(lexer, name)
    found = _PLAIN.get(name) or _RFC822.get(name)
    if found is Attribute.PREVIEW:
        lexer.take_text(b" (LAZY)")
    if found is None:
        raise ParseError(f"unknown FETCH item {name[:40]}")
    return found


def _section(lexer: Lexer, *, is_peek: bool) -> BodySection:
    """After `BODY[`: the section, `]` and the partial."""
    numbers, text = _numbers_and_text(lexer.section_spec())
    fields: tuple[bytes, ...] = ()
    shown = _shown_section(numbers, text)
    if text in (Text.FIELDS, Text.FIELDS_NOT):
        lexer.space()
        names = lexer.listed(lexer.astring)
        if len(names) > MAX_FIELDS:
            raise ParseError(f"at most {MAX_FIELDS} header fields")
        shown += b" (%b)" % b" ".join([_shown_field(name) for name in names])
        fields = tuple(name.lower() for name in names)
    lexer.expect(b"]")
    start, length = _partial(lexer)
    label = b"BODY[%b]" % shown
    return BodySection(
        label=label if length is None else b"%b<%d>" % (label, start),
        numbers=numbers,
        text=text,
        fields=fields,
        start=start,
        length=length,
        is_peek=is_peek,
    )


def _binary(lexer: Lexer, name: str) -> BinarySection:
    """After `BINARY[`: the part numbers, `]` and the partial."""
    numbers, text = _numbers_and_text(lexer.section_spec())
    if text is not Text.ALL:
        raise ParseError("BINARY takes part numbers only")
    lexer.expect(b"]")
    is_size = name == "BINARY.SIZE"
    start, length = (0, None) if is_size else _partial(lexer)
    shown = b"%b[%b]" % (b"BINARY.SIZE" if is_size else b"BINARY", _shown_section(numbers, text))
    return BinarySection(
        label=shown if length is None else b"%b<%d>" % (shown, start),
        numbers=numbers,
        start=start,
        length=length,
        is_peek=name != "BINARY",
        is_size=is_size,
    )


def _numbers_and_text(spec: str) -> tuple[tuple[int, ...], Text]:
    numbers: list[int] = []
    rest = spec
    while rest[:1].isdigit():
        digits, _, rest = rest.partition(".")
        if not digits.isdigit() or len(digits) > 5 or int(digits) == 0:
            raise ParseError("a section number is 1 to 99999")
        numbers.append(int(digits))
        if len(numbers) > MAX_SECTION_DEPTH:
            raise ParseError("the section is too deep")
    if spec.endswith("."):
        raise ParseError("a section does not end with a dot")
    try:
        text = Text(rest)
    except ValueError as error:
        raise ParseError(f"unknown section {rest[:40]}") from error
    if text is Text.MIME and not numbers:
        raise ParseError("MIME needs a part number before it")
    return tuple(numbers), text


def _partial(lexer: Lexer) -> tuple[int, int | None]:
    if not lexer.take(b"<"):
        return 0, None
    start = lexer.number(MAX_OFFSET)
    lexer.expect(b".")
    length = lexer.number(MAX_OFFSET)
    lexer.expect(b">")
    if length == 0:
        raise ParseError("a partial has at least one octet")
    return start, length


def _shown_section(numbers: tuple[int, ...], text: Text) -> bytes:
    pieces = [str(number) for number in numbers]
    if text is not Text.ALL:
        pieces.append(text.value)
    return ".".join(pieces).encode("ascii")


def _shown_field(name: bytes) -> bytes:
    upper = name.upper()
    if name and all(33 <= octet <= 126 and octet not in b'()[]{%*"\\' for octet in name):
        return upper
    if any(octet in b"\r\n\x00" or octet > 126 for octet in name):
        raise ParseError("that is not a header field name")
    return b'"%b"' % upper.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
