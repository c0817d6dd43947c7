"""BODY and BODYSTRUCTURE of a part tree as ready octets (RFC 9051 §7.5.2, RFC 3501 §7.4.2)."""

from typing import Final

from mailcore.message.envelope import NIL, imap_text
from mailcore.message.params import Params
from mailcore.message.parts import Part

_OPAQUE: Final = b'"application" "octet-stream"'


def body(part: Part, *, extended: bool) -> bytes:
    """The structure of `part`: BODYSTRUCTURE with its extension data, or BODY without it."""
    if part.is_multipart:
        return _multipart(part, extended=extended)
    pieces = [_media(part), _fields(part)]
    if part.is_message:
        inner = part.children[0]
        pieces += [inner.envelope or NIL, body(inner, extended=extended), b"%d" % part.lines]
    elif part.content_type.startswith("text/"):
        pieces.append(b"%d" % part.lines)
    if extended:
        pieces += [_nstring(part.md5), _tail(part)]
    return b"(%b)" % b" ".join(pieces)


def _multipart(part: Part, *, extended: bool) -> bytes:
    children = b"".join([body(child, extended=extended) for child in part.children])
    subtype = imap_text(part.content_type.partition("/")[2])
    if not extended:
        return b"(%b %b)" % (children, subtype)
    return b"(%b %b %b %b)" % (children, subtype, _params(part.params), _tail(part))


def _media(part: Part) -> bytes:
    """Type and subtype; a message that was not looked into must not look like one that was."""
    if part.content_type in ("message/rfc822", "message/global") and not part.children:
        return _OPAQUE
    kind, _, subtype = part.content_type.partition("/")
    return imap_text(kind) + b" " + imap_text(subtype)


def _fields(part: Part) -> bytes:
    return b"%b %b %b %b %d" % (
        _params(part.params),
        _nstring(part.content_id),
        _nstring(part.description),
        imap_text(part.encoding),
        part.size_bytes,
    )


def _tail(part: Part) -> bytes:
    """Disposition, language and location."""
    disposition = NIL
    if part.disposition:
        params = _params(part.disposition_params)
        disposition = b"(%b %b)" % (imap_text(part.disposition), params)
    return b"%b %b %b" % (disposition, _language(part.language), _nstring(part.location))


def _language(value: str) -> bytes:
    tags = [tag.strip() for tag in value.split(",") if tag.strip()][:50]
    if not tags:
        return NIL
    if len(tags) == 1:
        return imap_text(tags[0])
    return b"(%b)" % b" ".join([imap_text(tag) for tag in tags])


def _nstring(value: str) -> bytes:
    return imap_text(value) if value else NIL


def _params(params: Params) -> bytes:
    if not params:
        return NIL
    pairs = [imap_text(name) + b" " + imap_text(value) for name, value in params]
    return b"(%b)" % b" ".join(pairs)
