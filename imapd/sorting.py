"""The order that SORT asks for, and the base subject (RFC 5256 §2, §3; RFC 5957). Pure and linear.

Text is compared by its case-folded, decomposed form. Ties keep the order of the mailbox.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final

from imapd.commands import SortKey
from mailcore.store.ports import SortColumns, SortRow

_SPACES: Final = re.compile(r"[ \t\r\n]++")
_BLOB: Final = re.compile(r"\[[^\[\]]*+\][ ]?+")
_REFWD: Final = re.compile(r"(?:re|fwd?+)[ ]?+(?:\[[^\[\]]*+\][ ]?+)?+:[ ]?+", re.IGNORECASE)
_MAX_SUBJECT: Final = 2000


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without marks of replying and forwarding, and whether there were any."""
    text = _SPACES.sub(" ", subject[:_MAX_SUBJECT]).strip()
    is_reply = False
    while True:
        text, was_trailer = _without_trailers(text)
        text, was_leader = _without_leaders(text)
        is_reply = is_reply or was_trailer or was_leader
        if not (text[:5].lower() == "[fwd:" and text.endswith("]")):
            return text, is_reply
        text, is_reply = text[5:-1].strip(), True


def _without_trailers(text: str) -> tuple[str, bool]:
    has_any = False
    while text[-5:].lower() == "(fwd)":
        text, has_any = text[:-5].rstrip(), True
    return text, has_any


def _without_leaders(text: str) -> tuple[str, bool]:
    """Without `Re:`, `[list] Fw:` and, where something is left behind it, `[blob]`."""
    position, has_any = 0, False
    while True:
        last = start = position
        while blob := _BLOB.match(text, start):
            last, start = start, blob.end()
        leader = _REFWD.match(text, start)
        if leader is None:
            return text[start if start < len(text) else last :], has_any
        position, has_any = leader.end(), True


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text.casefold())


def _local(person: tuple[str, str]) -> str:
    return _folded(person[1].rpartition("@")[0] or person[1])


def _display(person: tuple[str, str]) -> str:
    return _folded(person[0] or person[1])


def sent(row: SortRow) -> int:
    """When the message was sent; when it arrived, if it does not say."""
    return row.internal_date if row.sent_at is None else row.sent_at


_NUMBERS: Final[dict[SortKey, Callable[[SortRow], int]]] = {
    SortKey.ARRIVAL: attrgetter("internal_date"),
    SortKey.DATE: sent,
    SortKey.SIZE: attrgetter("size_bytes"),
}
_TEXTS: Final[dict[SortKey, Callable[[SortRow], str]]] = {
    SortKey.CC: lambda row: _local(row.cc),
    SortKey.FROM: lambda row: _local(row.sender),
    SortKey.TO: lambda row: _local(row.to),
    SortKey.SUBJECT: lambda row: _folded(base_subject(row.subject)[0]),
    SortKey.DISPLAYFROM: lambda row: _display(row.sender),
    SortKey.DISPLAYTO: lambda row: _display(row.to),
}

_COLUMNS: Final = {
    SortKey.DATE: SortColumns.SENT_AT,
    SortKey.SIZE: SortColumns.SIZE,
    SortKey.SUBJECT: SortColumns.SUBJECT,
    **dict.fromkeys(
        (SortKey.CC, SortKey.FROM, SortKey.TO, SortKey.DISPLAYFROM, SortKey.DISPLAYTO),
        SortColumns.PEOPLE,
    ),
}


def columns(criteria: Sequence[tuple[SortKey, bool]]) -> SortColumns:
    """What `order` looks at."""
    found = SortColumns(0)
    for key, _ in criteria:
        found |= _COLUMNS.get(key, SortColumns(0))
    return found


def order(rows: Iterable[SortRow], criteria: Sequence[tuple[SortKey, bool]]) -> list[int]:
    """The UIDs in the order asked for; the rows come by UID."""
    found = list(rows)
    for key, is_reversed in reversed(criteria):
        if key in _NUMBERS:
            found.sort(key=_NUMBERS[key], reverse=is_reversed)
        else:
            found.sort(key=_TEXTS[key], reverse=is_reversed)
    return [row.uid for row in found]
