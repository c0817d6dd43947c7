"""Every command as a frozen value: what the parser makes and the operations act on.

Mailbox names are decoded; message numbers stay sequence sets. No behavior, no I/O.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import override

from imapd.fetch import FetchItem
from imapd.search import SearchKey
from imapd.seqset import Range, SequenceSet
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
class Enable:
    """ENABLE (RFC 5161): names in upper case, known or not."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compress:
    """COMPRESS (RFC 4978)."""

    mechanism: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resync:
    """The QRESYNC parameter of SELECT (RFC 7162 §3.2.5): what the client knows.

    `known` None means every UID. What it knows of sequence numbers is read and not needed, only whether
    it was told.
    """

    uid_validity: int
    modseq: int
    known: SequenceSet | None
    has_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT, or EXAMINE when read-only."""

    mailbox: str
    is_read_only: bool
    has_condstore: bool = False
    resync: Resync | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE, with special uses in upper case without backslash (RFC 6154 §3)."""

    mailbox: str
    uses: tuple[str, ...] = ()


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
    RECURSIVE = "RECURSIVEMATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataQuery:
    """Entries asked for (RFC 5464 §4.2): how far below them, None without end, and how large."""

    entries: tuple[str, ...]
    depth: int | None = 0
    max_size: int | None = None


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """GETMETADATA; the empty mailbox name means the inbox itself."""

    mailbox: str
    query: MetadataQuery


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """SETMETADATA; None removes an entry."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """LIST."""

    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[ListOption] = frozenset()
    returned: frozenset[ListOption] = frozenset()
    status: tuple["StatusItem", ...] = ()
    """What RETURN (STATUS …) asks of every mailbox (RFC 5819)."""
    metadata: MetadataQuery | None = None
    """What RETURN (METADATA …) asks of every mailbox (RFC 9590)."""


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
    HIGHESTMODSEQ = "HIGHESTMODSEQ"
    MAILBOXID = "MAILBOXID"
    DELETED_STORAGE = "DELETED-STORAGE"


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS."""

    mailbox: str
    items: tuple[StatusItem, ...]


@dataclass(frozen=True, slots=True)
class GetQuota:
    """GETQUOTA (RFC 9208 §4.1.1)."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """GETQUOTAROOT (RFC 9208 §4.1.2)."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """SETQUOTA (RFC 9208 §4.1.3): resources in upper case with their limits."""

    root: str
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """One message of an APPEND. `internal_date` None means now."""

    flags: Flag
    keywords: tuple[str, ...]
    internal_date: datetime | None
    raw: bytes
    pieces: tuple[bytes | str, ...] = ()
    """Octets and URLs to put together instead of `raw` (RFC 4469)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """APPEND of one message or several (RFC 3502)."""

    mailbox: str
    messages: tuple[Appended, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace:
    """REPLACE and UID REPLACE (RFC 8508): a message for the one of this number."""

    number: SequenceSet
    mailbox: str
    message: Appended
    by_uid: bool


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
    """SEARCH and UID SEARCH; `returned` is None without RETURN (RFC 4731)."""

    key: SearchKey
    by_uid: bool
    returned: frozenset["ReturnOption"] | None = None
    partial: Range | None = None
    """Which of the results, counted from 1, PARTIAL asks for (RFC 5267 §4.4)."""
    updates: "Updates | None" = None


@dataclass(frozen=True, slots=True)
class Updates:
    """UPDATE (RFC 5267 §4.3): keep the result up to date, and fetch these of what arrives in it."""

    items: tuple[FetchItem, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """CANCELUPDATE (RFC 5267 §4.3.5): the tags of searches."""

    tags: tuple[bytes, ...]


class FilterKind(StrEnum):
    """Ways to choose mailboxes (RFC 5465 §6, RFC 7377 §2.2)."""

    SELECTED = "SELECTED"
    SELECTED_DELAYED = "SELECTED-DELAYED"
    INBOXES = "INBOXES"
    PERSONAL = "PERSONAL"
    SUBSCRIBED = "SUBSCRIBED"
    SUBTREE = "SUBTREE"
    SUBTREE_ONE = "SUBTREE-ONE"
    MAILBOXES = "MAILBOXES"


@dataclass(frozen=True, slots=True)
class MailboxFilter:
    """Mailboxes chosen, by name where the kind needs names."""

    kind: FilterKind
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Esearch:
    """ESEARCH (RFC 7377): a search of several mailboxes; without sources of the selected one."""

    sources: tuple[MailboxFilter, ...]
    key: SearchKey
    returned: frozenset["ReturnOption"] | None = None
    partial: Range | None = None
    updates: "Updates | None" = None


class NotifyEvent(StrEnum):
    """What NOTIFY can tell (RFC 5465 §5)."""

    MESSAGE_NEW = "MESSAGENEW"
    MESSAGE_EXPUNGE = "MESSAGEEXPUNGE"
    FLAG_CHANGE = "FLAGCHANGE"
    MAILBOX_NAME = "MAILBOXNAME"
    SUBSCRIPTION_CHANGE = "SUBSCRIPTIONCHANGE"
    MAILBOX_METADATA = "MAILBOXMETADATACHANGE"
    SERVER_METADATA = "SERVERMETADATACHANGE"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventGroup:
    """Events of some mailboxes; `items` are fetched of new messages."""

    mailboxes: MailboxFilter
    events: frozenset[NotifyEvent]
    items: tuple[FetchItem, ...] = ()
    is_unknown: bool = False
    """An event was named that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """NOTIFY (RFC 5465): without groups nothing is told."""

    groups: tuple[EventGroup, ...] = ()
    has_status: bool = False


class ReturnOption(StrEnum):
    """What an extended SEARCH tells (RFC 4731, RFC 5182)."""

    MIN = "MIN"
    MAX = "MAX"
    ALL = "ALL"
    COUNT = "COUNT"
    SAVE = "SAVE"


class SortKey(StrEnum):
    """What SORT compares (RFC 5256, RFC 5957)."""

    ARRIVAL = "ARRIVAL"
    CC = "CC"
    DATE = "DATE"
    FROM = "FROM"
    SIZE = "SIZE"
    SUBJECT = "SUBJECT"
    TO = "TO"
    DISPLAYFROM = "DISPLAYFROM"
    DISPLAYTO = "DISPLAYTO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """SORT and UID SORT: keys with whether each is reversed."""

    criteria: tuple[tuple[SortKey, bool], ...]
    key: SearchKey
    by_uid: bool
    returned: frozenset[ReturnOption] | None = None
    partial: Range | None = None
    updates: Updates | None = None


class ThreadAlgorithm(StrEnum):
    """How THREAD groups (RFC 5256)."""

    ORDEREDSUBJECT = "ORDEREDSUBJECT"
    REFERENCES = "REFERENCES"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """THREAD and UID THREAD."""

    algorithm: ThreadAlgorithm
    key: SearchKey
    by_uid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """FETCH and UID FETCH."""

    numbers: SequenceSet
    items: tuple[FetchItem, ...]
    by_uid: bool
    changed_since: int | None = None
    """Only messages with a higher MODSEQ (RFC 7162 §3.1.4)."""
    wants_vanished: bool = False


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
    unchanged_since: int | None = None
    """Only messages without a higher MODSEQ (RFC 7162 §3.1.3)."""


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
    Namespace
    | Enable
    | Compress
    | Select
    | Create
    | Delete
    | Rename
    | Subscribe
    | List
    | Lsub
    | Status
    | Append
    | GetQuota
    | GetQuotaRoot
    | SetQuota
    | GetMetadata
    | SetMetadata
    | Notify
    | Esearch
    | Idle
)
type Selected = (
    Check
    | Close
    | Unselect
    | Expunge
    | Search
    | Sort
    | Thread
    | Fetch
    | Store
    | Copy
    | Move
    | Replace
    | CancelUpdate
)
type Command = AnyState | NotAuthenticated | Authenticated | Selected
