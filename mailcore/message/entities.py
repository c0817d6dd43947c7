"""MIME entities for outgoing mail: content fields, transfer encodings and multiparts.

Text goes out as 7bit, quoted-printable or base64, whichever is shortest and safe; attachments as
base64, so their octets arrive unchanged. Deterministic: a boundary is a hash of what it separates.
"""

import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from mailcore.errors import invalid
from mailcore.message.headers import fold
from mailcore.message.params import Params, parse_content_type
from mailcore.message.words import encode_text, refuse_controls

MAX_FILENAME_CHARS: Final = 255
_MAX_LINE: Final = 998
_BASE64_OCTETS: Final = 57
_SEGMENT: Final = 50

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_LINE_END = re.compile(r"\r\n|\r|\n")
_SAFE_TEXT: Final = b"\t\r\n" + bytes(range(0x20, 0x7F))
_TOKEN = re.compile(r"[A-Za-z0-9!#$&+.^_`{|}~-]+")
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingAttachment:
    """A file to send along. `content_id` is without angle brackets."""

    filename: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """Content fields, folded, and the encoded body after them."""

    fields: bytes
    body: bytes

    def octets(self) -> bytes:
        """The entity as it stands in a message."""
        return b"%b\r\n%b" % (self.fields, self.body)


def text_entity(subtype: str, text: str) -> Entity:
    """A UTF-8 text part with CRLF line ends."""
    octets = _LINE_END.sub("\r\n", text).encode("utf-8", "replace")
    if octets and not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    encoding, body = _encode_text(octets)
    charset = "us-ascii" if octets.isascii() else "utf-8"
    fields = f"Content-Type: text/{subtype}; charset={charset}\r\n"
    return Entity(f"{fields}Content-Transfer-Encoding: {encoding}\r\n".encode(), body)


def _encode_text(octets: bytes) -> tuple[str, bytes]:
    foreign = len(octets.translate(None, _SAFE_TEXT))
    if not foreign and _longest_line(octets) <= _MAX_LINE:
        return "7bit", octets
    if foreign * 4 > len(octets):
        return "base64", base64_lines(octets)
    return "quoted-printable", binascii.b2a_qp(octets, istext=True)


def _longest_line(octets: bytes) -> int:
    """The longest line without its CRLF, for octets whose line ends are CRLF."""
    return max(map(len, octets.split(b"\r\n")))


def base64_lines(octets: bytes) -> bytes:
    """Base64 in lines of 76 with CRLF (RFC 2045 §6.8)."""
    view = memoryview(octets)
    lines = [
        binascii.b2a_base64(view[start : start + _BASE64_OCTETS], newline=False)
        for start in range(0, len(octets), _BASE64_OCTETS)
    ]
    return b"\r\n".join([*lines, b""])


def attachment_entity(attachment: OutgoingAttachment, path: str) -> Entity:
    """A file as a part; raises INVALID naming `path` for a name or media type that cannot be."""
    kind, params = _media_type(attachment, path)
    filename = _filename(attachment.filename, path)
    encoding, body = "base64", b""
    if kind in ("message/rfc822", "message/global"):
        carried = _message_encoding(attachment.content)
        if carried:
            encoding, body = carried, attachment.content
        else:
            kind, params = "application/octet-stream", ()
    if encoding == "base64":
        body = base64_lines(attachment.content)
    disposition = "inline" if attachment.is_inline else "attachment"
    legacy_name = f'; name="{encode_text(_quoted(filename))}"' if filename else ""
    fields = [
        fold("Content-Type", kind + _render_params(params) + legacy_name),
        f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
        fold("Content-Disposition", disposition + _filename_params(filename)),
    ]
    if attachment.content_id:
        fields.append(fold("Content-ID", _content_id(attachment.content_id, path)))
    return Entity(b"".join(fields), body)


def _media_type(attachment: OutgoingAttachment, path: str) -> tuple[str, Params]:
    path = f"{path}.content_type"
    refuse_controls(attachment.content_type, path)
    written = attachment.content_type.strip() or "application/octet-stream"
    kind, params = parse_content_type(written)
    is_read = written.lower().startswith(kind)
    if not is_read or not _MEDIA_TYPE.fullmatch(kind) or kind.startswith("multipart/"):
        raise invalid(path, f"{written[:80]!r} is not the media type of a file")
    kept = tuple((name, value) for name, value in params if name.partition("*")[0] != "name")
    for name, value in kept:
        if not _TOKEN.fullmatch(name.rstrip("*")) or not value.isascii() or len(value) > 500:
            raise invalid(path, f"the parameter {name[:60]!r} cannot be written")
    return kind, kept


def _message_encoding(content: bytes) -> str:
    """7bit or 8bit for a message that can travel as it is (RFC 2046 §5.2.1), else empty."""
    ends = content.count(b"\r\n")
    if ends != content.count(b"\n") or ends != content.count(b"\r") or b"\x00" in content:
        return ""
    if _longest_line(content) > _MAX_LINE:
        return ""
    return "7bit" if content.isascii() else "8bit"


def _filename(name: str, path: str) -> str:
    path = f"{path}.filename"
    refuse_controls(name, path)
    if "\t" in name:
        raise invalid(path, "a file name has no tabs")
    if len(name) > MAX_FILENAME_CHARS:
        raise invalid(path, f"a file name has at most {MAX_FILENAME_CHARS} characters")
    return name.replace("/", "_").replace("\\", "_").strip()


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"') if text.isascii() else text


def _filename_params(name: str) -> str:
    """The filename parameter, in pieces and percent-encoded where needed (RFC 2231 §4.1)."""
    if not name:
        return ""
    if name.isascii() and len(name) <= _SEGMENT and "=?" not in name:
        return f'; filename="{_quoted(name)}"'
    encoded = quote(name, safe="!#$&+-.^_`{}~", errors="replace")
    if len(encoded) <= _SEGMENT:
        return f"; filename*=utf-8''{encoded}"
    pieces = _cut(encoded)
    first = f"; filename*0*=utf-8''{pieces[0]}"
    rest = [f"; filename*{number}*={piece}" for number, piece in enumerate(pieces[1:], 1)]
    return "".join([first, *rest])


def _cut(encoded: str) -> list[str]:
    """Pieces of at most `_SEGMENT` characters, never cut inside a `%XX`."""
    pieces: list[str] = []
    start = 0
    while start < len(encoded):
        end = start + _SEGMENT
        percent = encoded.rfind("%", max(end - 2, start), end)
        if percent >= 0 and end < len(encoded):
            end = percent
        pieces.append(encoded[start:end])
        start = end
    return pieces


def _render_params(params: Params) -> str:
    return "".join(f'; {name}="{_quoted(value)}"' for name, value in params)


def _content_id(value: str, path: str) -> str:
    bare = value.strip().removeprefix("<").removesuffix(">")
    if not _CONTENT_ID.fullmatch(bare):
        raise invalid(f"{path}.content_id", "a content id is printable ASCII without spaces")
    return f"<{bare}>"


def multipart(
    subtype: str,
    entities: Sequence[Entity],
    seed: str,
    param: tuple[str, str] | None = None,
) -> Entity:
    """A multipart of `entities`, its boundary derived from them and `seed`."""
    boundary = _boundary(subtype, entities, seed)
    extra = f'; {param[0]}="{param[1]}"' if param else ""
    fields = fold("Content-Type", f'multipart/{subtype}; boundary="{boundary}"{extra}')
    delimiter = b"--%b" % boundary.encode()
    pieces: list[bytes] = []
    for entity in entities:
        pieces += [delimiter, b"\r\n", entity.fields, b"\r\n", entity.body]
        pieces.append(b"" if entity.body.endswith(b"\r\n") else b"\r\n")
    return Entity(fields, b"".join([*pieces, delimiter, b"--\r\n"]))


def _boundary(subtype: str, entities: Sequence[Entity], seed: str) -> str:
    """A hash that no body contains; `=_` cannot stand in base64 or quoted-printable text."""
    digest = hashlib.sha256(f"{subtype}\n{seed}\n".encode())
    for entity in entities:
        digest.update(entity.fields)
        digest.update(entity.body)
    while True:
        boundary = f"=_{digest.hexdigest()[:32]}"
        if not any(boundary.encode() in entity.body for entity in entities):
            return boundary
        digest.update(b"again")
