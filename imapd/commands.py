"""Every command as a frozen value: what the parser makes and the operations act on.

Mailbox names are decoded; message numbers stay sequence sets. No behavior, no I/O.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import override

from imapd.fetch import FetchItem
from imapd.search import SearchKey
from imapd.seqset import SequenceSet
from mailcore.model import Flag


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """STARTTLS."""


@dataclass(frozen=True, slots=True)
class Login:
    """LOGIN."""

    username: str
    password: str

    @override
    def __repr__(self) -> str:
        """Without the password."""
        return f"Login({self.username!r}, ***)"


@dataclass(frozen=True, slots=True)
class Authenticate:
    """AUTHENTICATE; `initial` is the undecoded initial response (RFC 4959), None without one."""

    mechanism: str
    initial: bytes | None

    @override
    def __repr__(self) -> str:
        """Without the response."""
        return f"Authenticate({self.mechanism!r}, ***)"


@dataclass(frozen=True, slots=True)
class Id:
    """ID (RFC 2971): what the client says of itself; None for NIL."""

    fields: tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE (RFC 2342)."""


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT, or EXAMINE when read-only."""

    mailbox: str
    is_read_only: bool


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    mailbox: str
    new_name: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE, or UNSUBSCRIBE."""

    mailbox: str
    is_subscribed: bool


class ListOption(StrEnum):
    """Selection and return options of LIST that we know (RFC 5258, RFC 6154)."""

    SUBSCRIBED = "SUBSCRIBED"
    REMOTE = "REMOTE"
    CHILDREN = "CHILDREN"
    SPECIAL_USE = "SPECIAL-USE"


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """LIST."""

    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[ListOption] = frozenset()
    returned: frozenset[ListOption] = frozenset()


@dataclass(frozen=True, slots=True)
class Lsub:
    """LSUB (RFC 3501 §6.3.9)."""

    reference: str
    pattern: str


class StatusItem(StrEnum):
    """What STATUS can tell."""

    MESSAGES = "MESSAGES"
    RECENT = "RECENT"
    UIDNEXT = "UIDNEXT"
    UIDVALIDITY = "UIDVALIDITY"
    UNSEEN = "UNSEEN"
    DELETED = "DELETED"
    SIZE = "SIZE"
    APPENDLIMIT = "APPENDLIMIT"


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS."""

    mailbox: str
    items: tuple[StatusItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """APPEND. `internal_date` None means now."""

    mailbox: str
    flags: Flag
    keywords: tuple[str, ...]
    internal_date: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK."""


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE."""


@dataclass(frozen=True, slots=True)
class Unselect:
    """UNSELECT (RFC 3691)."""


@dataclass(frozen=True, slots=True)
class Expunge:
    """EXPUNGE, or UID EXPUNGE of a set (RFC 4315)."""

    uids: SequenceSet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """SEARCH and UID SEARCH."""

    key: SearchKey
    by_uid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """FETCH and UID FETCH."""

    numbers: SequenceSet
    items: tuple[FetchItem, ...]
    by_uid: bool


class StoreMode(StrEnum):
    """How STORE changes flags."""

    ADD = "+"
    REMOVE = "-"
    REPLACE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """STORE and UID STORE."""

    numbers: SequenceSet
    mode: StoreMode
    flags: Flag
    keywords: tuple[str, ...]
    is_silent: bool
    by_uid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """COPY and UID COPY."""

    numbers: SequenceSet
    mailbox: str
    by_uid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """MOVE and UID MOVE (RFC 6851)."""

    numbers: SequenceSet
    mailbox: str
    by_uid: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """IDLE (RFC 2177)."""


type AnyState = Capability | Noop | Logout | Id
type NotAuthenticated = StartTls | Login | Authenticate
type Authenticated = (
    Namespace | Select | Create | Delete | Rename | Subscribe | List | Lsub | Status | Append | Idle
)
type Selected = Check | Close | Unselect | Expunge | Search | Fetch | Store | Copy | Move
type Command = AnyState | NotAuthenticated | Authenticated | Selected
