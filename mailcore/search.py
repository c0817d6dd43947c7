"""One search tree for the API and for IMAP (RFC 9051 §6.4.4): facts, no evaluation of files.

The store decides every node that its columns or its full-text index can; `Header`, and `Body`,
`Text` and `Words` of messages that are not indexed yet, need the bytes, which the mailbox service
then reads for the candidates only.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from mailcore.model import Flag


@dataclass(frozen=True, slots=True)
class All:
    """Every message."""


@dataclass(frozen=True, slots=True)
class And:
    """All of the children hold."""

    children: tuple["SearchNode", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of the two holds."""

    left: "SearchNode"
    right: "SearchNode"


@dataclass(frozen=True, slots=True)
class Not:
    """The child does not hold."""

    child: "SearchNode"


@dataclass(frozen=True, slots=True)
class HasFlag:
    """The system flag is set."""

    flag: Flag


@dataclass(frozen=True, slots=True)
class HasKeyword:
    """The keyword is set, without regard to case."""

    keyword: str


@dataclass(frozen=True, slots=True)
class UidIn:
    """The UID lies in one of the inclusive ranges."""

    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Received:
    """INTERNALDATE lies in `[since, before)`, by date without time zone; either end may be open."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """The Date header lies in `[since, before)`, by its own date."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """Octets strictly larger or strictly smaller."""

    larger_than: int | None = None
    smaller_than: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A decoded column contains the text, case-insensitively. `name`: from, to, cc, bcc, subject, message-id."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Header:
    """Any header field contains the text (empty text: the field exists)."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """The decoded body contains the text."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Header or body contains the text."""

    text: str


@dataclass(frozen=True, slots=True)
class ModSeq:
    """MODSEQ is at least this (RFC 7162)."""

    at_least: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """INTERNALDATE lies in `[since, before)`, to the second (RFC 5032); either end may be open."""

    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The message came into its mailbox in `[since, before)`, by date (RFC 8514)."""

    since: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class HasDigest:
    """The bytes of the message have this SHA-256."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class InThread:
    """The message is of this conversation."""

    thread_id: str


@dataclass(frozen=True, slots=True)
class Words:
    """Subject, an address, an attachment's name or the decoded body contains the text."""

    text: str


@dataclass(frozen=True, slots=True)
class HasAttachment:
    """It has an attachment."""


@dataclass(frozen=True, slots=True)
class InMailbox:
    """It is in the mailbox of this name, in any case."""

    name: str


type SearchNode = (
    All
    | And
    | Or
    | Not
    | HasFlag
    | HasKeyword
    | UidIn
    | Received
    | Sent
    | Size
    | Field
    | Header
    | Body
    | Text
    | ModSeq
    | Arrived
    | Saved
    | HasDigest
    | InThread
    | Words
    | HasAttachment
    | InMailbox
)

MAX_DEPTH: Final = 50


def needs_bytes(node: SearchNode) -> bool:
    """Whether the tree holds a node that only the message's bytes can decide."""
    match node:
        case Header() | Body() | Text() | Words():
            return True
        case Not(child):
            return needs_bytes(child)
        case And(children):
            return any(needs_bytes(child) for child in children)
        case Or(left, right):
            return needs_bytes(left) or needs_bytes(right)
        case _:
            return False


def sought(node: SearchNode) -> tuple[tuple[str, str], ...]:
    """What a match shows: (field, text) of every node that must hold text; field is empty for any."""
    match node:
        case Words(text):
            return (("", text),)
        case Body(text):
            return (("text", text),)
        case Field(name, text):
            return ((name, text),)
        case And(children):
            return tuple(one for child in children for one in sought(child))
        case Or(left, right):
            return sought(left) + sought(right)
        case _:
            return ()
