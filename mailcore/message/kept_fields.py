r"""The header fields that mail programs list mailboxes by, ready to be picked without the message.

A block is made once for each message. It says which names it has fields of and which fields of the
header it leaves out, so that a reader knows whether it can answer; what is kept of a header can
change without blocks made earlier becoming wrong. An empty block answers nothing.

Form: the names of the fields kept, separated by colons, a line feed, and a colon before each name left
out; then the fields, each whole with its CRLF and a NUL before it. Names are in lower case.
"""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Final

from mailcore.message.headers import Headers
from mailcore.message.limits import parser_limits

WHOLE_OCTETS: Final = 2048
"""A header up to this size is kept as it is."""
MAX_OCTETS: Final = 8192
"""Of a larger one at most this much."""
_MAX_FIELDS: Final = 300
_MAX_LEFT_OUT: Final = 2048
_MAX_LAYOUTS: Final = 1000
"""Remembered at a time; most messages of a mailbox share few."""
_LISTED: Final = frozenset(
    b"from to cc bcc sender reply-to subject date message-id in-reply-to references resent-from resent-to "
    b"resent-date mime-version content-type content-transfer-encoding content-disposition "
    b"content-description content-language content-id priority x-priority importance x-msmail-priority "
    b"disposition-notification-to return-receipt-to delivered-to envelope-to x-original-to return-path "
    b"newsgroups followup-to organization x-mailer user-agent comments keywords lines status x-status "
    b"x-keywords x-label mail-followup-to mail-reply-to precedence auto-submitted x-spam-flag "
    b"x-spam-status x-spam-level x-spam-score x-mozilla-status x-mozilla-status2 x-mozilla-keys "
    b"x-forwarded-message-id x-uniform-type-identifier x-universally-unique-identifier x-tuid "
    b"x-account-key x-identity-key x-k9mail-identity chat-version autocrypt autocrypt-setup-message "
    b"thread-index thread-topic received-date".split()
)
"""What mail programs ask for when they list a mailbox; beside these `List-…`."""
_UNFAITHFUL: Final = b""
"""Stands among the left out names when the fields together are not the header."""

type _Choose = Callable[[list[bytes]], Iterable[bytes]]


def pack(raw: bytes, headers: Headers) -> bytes:
    """The block of a message, or of its header alone; empty when it cannot have one."""
    size, limits = headers.body_start, parser_limits()
    if len(headers.fields) >= min(_MAX_FIELDS, limits.header_fields):
        return b""
    if size > limits.header_octets or raw.find(b"\0", 0, size) >= 0:
        return b""
    if size <= WHOLE_OCTETS:
        kept = [(name.lower(), b"%b:%b\r\n" % (name, value)) for name, value in headers.fields]
        whole = b"".join([*(octets for _, octets in kept), b"\r\n"])
        return _block(kept, () if whole == raw[:size] else (_UNFAITHFUL,))
    return _some(headers)


def _some(headers: Headers) -> bytes:
    kept: list[tuple[bytes, bytes]] = []
    left_out = {_UNFAITHFUL: None}
    room = MAX_OCTETS
    for name, value in headers.fields:
        lower = name.lower()
        size = len(name) + len(value) + 3
        if size <= room and (lower in _LISTED or lower.startswith(b"list-")):
            kept.append((lower, b"%b:%b\r\n" % (name, value)))
            room -= size
        else:
            left_out[lower] = None
    return _block(kept, left_out)


def _block(kept: list[tuple[bytes, bytes]], left_out: Iterable[bytes]) -> bytes:
    missing = b"".join([b":%b" % name for name in left_out])
    if len(missing) > _MAX_LEFT_OUT:
        return b""
    layout = b"%b\n%b" % (b":".join([name for name, _ in kept]), missing)
    return b"\0".join([layout, *(octets for _, octets in kept)])


class Picker:
    """Picks fields from the blocks of many messages: those named, or all but those named."""

    def __init__(self, names: Iterable[bytes], *, is_named: bool) -> None:
        """`names` are in lower case; none, and not named, is the whole header."""
        self._names = frozenset(names)
        self._is_named = is_named
        self._known: dict[bytes, _Choose | None] = {}

    def pick(self, block: bytes) -> bytes | None:
        """The fields in their order and the empty line; None when the block cannot tell."""
        fields = block.split(b"\0")
        layout, fields[0] = fields[0], b"\r\n"
        try:
            choose = self._known[layout]
        except KeyError:
            choose = self._learn(layout)
        return b"".join(choose(fields)) if choose is not None else None

    def _learn(self, layout: bytes) -> _Choose | None:
        """Which fields to take where the names are these, remembered."""
        if len(self._known) >= _MAX_LAYOUTS:
            self._known.clear()
        choose = self._known[layout] = self._chosen(layout)
        return choose

    def _chosen(self, layout: bytes) -> _Choose | None:
        names, newline, missing = layout.partition(b"\n")
        left_out = frozenset(missing.split(b":")[1:])
        knows = left_out.isdisjoint(self._names) if self._is_named else left_out <= self._names
        if not newline or not knows:
            return None
        kept = names.split(b":") if names else []
        places = [
            place for place, name in enumerate(kept, 1) if (name in self._names) is self._is_named
        ]
        return itemgetter(*places, 0) if places else lambda fields: fields[:1]
