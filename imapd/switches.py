"""Which switchable capabilities a command makes use of. Pure.

A command that needs one which is switched off for the inbox is answered as if it were unknown.
"""

from collections.abc import Iterator

from imapd.commands import (
    Append,
    CancelUpdate,
    Command,
    Compress,
    Create,
    Esearch,
    Fetch,
    GetMetadata,
    GetQuota,
    GetQuotaRoot,
    Idle,
    List,
    Move,
    Namespace,
    Notify,
    Replace,
    ReturnOption,
    Search,
    Select,
    SetMetadata,
    SetQuota,
    Sort,
    SortKey,
    Status,
    StatusItem,
    Store,
    Thread,
    Unselect,
)
from imapd.fetch import Attribute, BinarySection
from imapd.search import mentions_modseq

_DISPLAY = (SortKey.DISPLAYFROM, SortKey.DISPLAYTO)


def needed(command: Command) -> Iterator[str]:  # noqa: C901, PLR0912, PLR0915 - a table
    """The names, in upper case."""
    match command:
        case Idle():
            yield "IDLE"
        case Move():
            yield "MOVE"
        case Unselect():
            yield "UNSELECT"
        case Namespace():
            yield "NAMESPACE"
        case Compress():
            yield "COMPRESS=DEFLATE"
        case GetQuota() | GetQuotaRoot() | SetQuota():
            yield "QUOTA"
        case GetMetadata() | SetMetadata():
            yield "METADATA"
        case Create(uses=uses) if uses:
            yield "CREATE-SPECIAL-USE"
        case Append(messages=messages):
            yield from ("MULTIAPPEND",) if len(messages) > 1 else ()
            yield from ("CATENATE",) if any(one.pieces for one in messages) else ()
        case Replace(message=message):
            yield "REPLACE"
            yield from ("CATENATE",) if message.pieces else ()
        case List():
            yield from _of_list(command)
        case Status():
            yield from _of_status(command.items)
        case Select():
            yield from ("CONDSTORE",) if command.has_condstore else ()
            yield from ("QRESYNC",) if command.resync is not None else ()
        case Fetch():
            yield from _of_fetch(command)
        case Store(unchanged_since=int()):
            yield "CONDSTORE"
        case Search():
            yield from _of_search(command)
        case Notify():
            yield "NOTIFY"
        case Esearch():
            yield "MULTISEARCH"
        case CancelUpdate():
            yield "CONTEXT=SEARCH"
        case Sort():
            yield "SORT"
            yield from ("CONTEXT=SORT",) if command.partial or command.updates else ()
            yield from ("ESORT",) if command.returned is not None else ()
            yield from (
                ("SORT=DISPLAY",) if any(key in _DISPLAY for key, _ in command.criteria) else ()
            )
        case Thread():
            yield f"THREAD={command.algorithm.value}"
        case _:
            return


def _of_list(command: List) -> Iterator[str]:
    is_asking = command.status or command.metadata
    if command.selection or command.returned or is_asking or len(command.patterns) > 1:
        yield "LIST-EXTENDED"
    if command.metadata is not None:
        yield "LIST-METADATA"
    if command.status:
        yield "LIST-STATUS"
        yield from _of_status(command.status)


def _of_status(items: tuple[StatusItem, ...]) -> Iterator[str]:
    if StatusItem.HIGHESTMODSEQ in items:
        yield "CONDSTORE"
    if StatusItem.SIZE in items:
        yield "STATUS=SIZE"
    if StatusItem.DELETED_STORAGE in items:
        yield "QUOTA"


def _of_fetch(command: Fetch) -> Iterator[str]:
    if command.changed_since is not None or Attribute.MODSEQ in command.items:
        yield "CONDSTORE"
    if command.wants_vanished:
        yield "QRESYNC"
    if Attribute.PREVIEW in command.items:
        yield "PREVIEW"
    if any(isinstance(one, BinarySection) for one in command.items):
        yield "BINARY"


def _of_search(command: Search) -> Iterator[str]:
    if command.returned is not None:
        yield "ESEARCH"
        yield from ("SEARCHRES",) if ReturnOption.SAVE in command.returned else ()
    if command.partial or command.updates:
        yield "CONTEXT=SEARCH"
    if mentions_modseq(command.key):
        yield "CONDSTORE"
