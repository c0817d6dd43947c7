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
_CACHED_LIST: Final = 200
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
    sender = _addresses(headers, b"from")
    return b"(%b)" % b" ".join(
        (
            _nstring(headers, b"date"),
            _nstring(headers, b"subject"),
            sender,
            _default(_addresses(headers, b"sender"), sender),
            _default(_addresses(headers, b"reply-to"), sender),
            _addresses(headers, b"to"),
            _addresses(headers, b"cc"),
            _addresses(headers, b"bcc"),
            _nstring(headers, b"in-reply-to"),
            _nstring(headers, b"message-id"),
        )
    )


def _default(value: bytes, otherwise: bytes) -> bytes:
    return otherwise if value == NIL else value


def _nstring(headers: Headers, key: bytes) -> bytes:
    value = headers.first(key)
    return NIL if value is None else imap_string(unfold(value[:_MAX_VALUE]))


def _addresses(headers: Headers, key: bytes) -> bytes:
    value = headers.first(key)
    if value is None:
        return NIL
    values = headers.raw_all(key)
    if len(values) == 1:
        joined = unfold(value[:_MAX_LIST])
    else:
        joined = b", ".join([unfold(one[:_MAX_LIST]) for one in values])[:_MAX_LIST]
    return _short_list(joined) if len(joined) <= _CACHED_LIST else _list(joined)


def _list(value: bytes) -> bytes:
    items = scan_mailboxes(value.decode("utf-8", "surrogateescape"))
    return b"(%b)" % b"".join([_address(item) for item in items]) if items else NIL


_short_list = lru_cache(maxsize=1024)(_list)


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
