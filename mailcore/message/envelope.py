"""The IMAP envelope of a header as ready octets (RFC 9051 §7.5.2, RFC 3501 §7.4.2).

Values are as they stand in the message: encoded words stay encoded, 8-bit octets go in literals.
"""

import re
from functools import lru_cache
from typing import Final

from mailcore.message.headers import Headers
from mailcore.message.mailboxes import Item, ItemKind, scan_mailboxes
from mailcore.message.words import unfold

_MAX_VALUE: Final = 16 * 1024
_MAX_LIST: Final = 256 * 1024
_CACHED: Final = 64
_UNQUOTABLE = re.compile(rb"[^\x01-\x09\x0b\x0c\x0e-\x7f]")
NIL: Final = b"NIL"


def imap_string(value: bytes) -> bytes:
    """`value` as a quoted string, or as a literal where quoting cannot carry it."""
    if _UNQUOTABLE.search(value):
        value = value.replace(b"\x00", b"")
        if _UNQUOTABLE.search(value):
            return b"{%d}\r\n%b" % (len(value), value)
    if b"\\" in value or b'"' in value:
        value = value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%b"' % value


def imap_text(text: str) -> bytes:
    """`imap_string` of text that came from octets."""
    return _short_text(text) if len(text) <= _CACHED else _text(text)


def _text(text: str) -> bytes:
    return imap_string(text.encode("utf-8", "surrogateescape"))


_short_text = lru_cache(maxsize=2048)(_text)


def render_envelope(headers: Headers) -> bytes:
    """The parenthesized envelope; Sender and Reply-To default to From."""
    sender = _addresses(headers, "From")
    return b"(%b)" % b" ".join(
        (
            _nstring(headers, "Date"),
            _nstring(headers, "Subject"),
            sender,
            _default(_addresses(headers, "Sender"), sender),
            _default(_addresses(headers, "Reply-To"), sender),
            _addresses(headers, "To"),
            _addresses(headers, "Cc"),
            _addresses(headers, "Bcc"),
            _nstring(headers, "In-Reply-To"),
            _nstring(headers, "Message-ID"),
        )
    )


def _default(value: bytes, otherwise: bytes) -> bytes:
    return otherwise if value == NIL else value


def _nstring(headers: Headers, name: str) -> bytes:
    value = headers.raw_first(name)
    return NIL if value is None else imap_string(unfold(value[:_MAX_VALUE]))


def _addresses(headers: Headers, name: str) -> bytes:
    values = headers.raw_all(name)
    if not values:
        return NIL
    joined = b", ".join([unfold(value[:_MAX_LIST]) for value in values])[:_MAX_LIST]
    items = scan_mailboxes(joined.decode("utf-8", "surrogateescape"))
    return b"(%b)" % b"".join([_address(item) for item in items]) if items else NIL


def _address(item: Item) -> bytes:
    """One address; a NIL host marks the start and the end of a group (RFC 9051 §7.5.2)."""
    if item.kind is ItemKind.GROUP_START:
        return b"(NIL NIL %b NIL)" % imap_text(item.name)
    if item.kind is ItemKind.GROUP_END:
        return b"(NIL NIL NIL NIL)"
    name = imap_text(item.name) if item.name else NIL
    route = imap_text(item.route) if item.route else NIL
    return b"(%b %b %b %b)" % (name, route, imap_text(_plain(item.local)), imap_text(item.domain))


def _plain(local: str) -> str:
    """A local part without its quotes, as IMAP gives it."""
    if len(local) < 2 or not local.startswith('"') or not local.endswith('"'):
        return local
    return re.sub(r"\\(.)", r"\1", local[1:-1])
