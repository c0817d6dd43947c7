"""The MIME tree of a message with octet offsets, found in one linear pass (RFC 2045, RFC 2046).

The source of ENVELOPE, BODYSTRUCTURE and BODY[n]; nothing is decoded here. Any octets give a tree.
Beyond `ParserLimits.depth` and `parts` an entity is an opaque leaf; a multipart whose boundary never
appears is the plain text that readers show.
"""

from dataclasses import dataclass, field
from typing import Final

from mailcore.message.bodystructure import body
from mailcore.message.charsets import guess
from mailcore.message.envelope import render_envelope
from mailcore.message.headers import Headers
from mailcore.message.limits import ParserLimits, parser_limits
from mailcore.message.params import UNTYPED, Params, parameter, parse_content_type
from mailcore.message.params import parse_disposition as _disposition
from mailcore.message.parts import Part, Piece, dump, load, numbers_of, section, span
from mailcore.message.words import unfold

__all__ = [
    "CLEAR",
    "Part",
    "Piece",
    "body",
    "dump",
    "envelope",
    "load",
    "numbers_of",
    "scan",
    "scan_with",
    "section",
    "span",
]

_MAX_BOUNDARY: Final = 250
_MAX_FIELD: Final = 2000
CLEAR: Final = frozenset({"7bit", "8bit", "binary"})
"""Transfer encodings that change no octet."""


def scan(raw: bytes) -> Part:
    """The tree of `raw`. Never raises; linear in the size of `raw`."""
    return scan_with(raw, Headers.read(raw))


def scan_with(raw: bytes, headers: Headers) -> Part:
    """`scan` for a caller that has read the header of `raw` already."""
    return _Scanner(raw=raw).entity(headers, _Place(start=0, end=len(raw)))


def envelope(raw: bytes, part: Part) -> bytes:
    """The IMAP envelope of the message whose header is that of `part`."""
    return render_envelope(Headers.read(raw, part.header_start, part.body_end))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an entity is, and what surrounds it."""

    start: int
    end: int
    section: str = ""
    depth: int = 0
    is_top: bool = True
    """The root of a message, not a part of a multipart."""
    in_digest: bool = False


@dataclass(slots=True, kw_only=True)
class _Scanner:
    raw: bytes
    limits: ParserLimits = field(default_factory=parser_limits)
    parts: int = 1
    """Entities found so far, those not looked into yet included."""

    def entity(self, headers: Headers, place: _Place) -> Part:
        kind, params = _content_type(headers, in_digest=place.in_digest)
        encoding = _encoding(headers)
        children: tuple[Part, ...] = ()
        if kind.startswith("multipart/"):
            kind, params, children = self._multipart(kind, params, headers, place)
        number = place.section
        if place.is_top and number and not children:
            number = f"{number}.1"
        if kind in ("message/rfc822", "message/global") and encoding in CLEAR:
            children = self._embedded(headers.body_start, number, place)
        return self._part(kind, params, encoding, headers, number, place, children)

    def _part(
        self,
        kind: str,
        params: Params,
        encoding: str,
        headers: Headers,
        number: str,
        place: _Place,
        children: tuple[Part, ...],
    ) -> Part:
        disposition, disposition_params = _disposition(_value(headers, b"content-disposition"))
        return Part(
            section=number,
            content_type=kind,
            params=params,
            encoding=encoding,
            disposition=disposition,
            disposition_params=disposition_params,
            content_id=_field(headers, b"content-id"),
            description=_field(headers, b"content-description"),
            md5=_field(headers, b"content-md5"),
            language=_field(headers, b"content-language"),
            location=_field(headers, b"content-location"),
            header_start=place.start,
            body_start=headers.body_start,
            body_end=place.end,
            lines=self._lines(kind, headers.body_start, place.end),
            envelope=render_envelope(headers) if place.is_top and place.depth else b"",
            children=children,
        )

    def _lines(self, kind: str, start: int, end: int) -> int:
        if not kind.startswith(("text/", "message/")) or start >= end:
            return 0
        body = self.raw[start:end]
        # Taking them out is done at the speed of memory, counting them is not.
        return len(body) - len(body.replace(b"\n", b"")) + (body[-1] != 0x0A)

    def _multipart(
        self, kind: str, params: Params, headers: Headers, place: _Place
    ) -> tuple[str, Params, tuple[Part, ...]]:
        if place.depth >= self.limits.depth or self.parts >= self.limits.parts:
            return "application/octet-stream", (), ()
        boundary = _boundary(params)
        if not boundary or len(boundary) > _MAX_BOUNDARY:
            return "text/plain", UNTYPED, ()
        regions = self._regions(boundary, headers.body_start, place.end)
        self.parts += len(regions)
        children: list[Part] = []
        for number, (start, end) in enumerate(regions, 1):
            child = _Place(
                start=start,
                end=end,
                section=f"{place.section}.{number}" if place.section else str(number),
                depth=place.depth + 1,
                is_top=False,
                in_digest=kind == "multipart/digest",
            )
            children.append(self.entity(Headers.read(self.raw, start, end), child))
        if not children:
            return "text/plain", UNTYPED, ()
        return kind, params, tuple(children)

    def _embedded(self, start: int, number: str, place: _Place) -> tuple[Part, ...]:
        if place.depth >= self.limits.depth or self.parts >= self.limits.parts:
            return ()
        self.parts += 1
        inside = _Place(start=start, end=place.end, section=number or "1", depth=place.depth + 1)
        return (self.entity(Headers.read(self.raw, start, place.end), inside),)

    def _regions(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """The parts between delimiter lines (RFC 2046 §5.1.1); the last may lack its end."""
        raw, delimiter = self.raw, b"--" + boundary
        regions: list[tuple[int, int]] = []
        part_start = -1
        position = raw.find(delimiter, start, end)
        while position >= 0:
            after = position + len(delimiter)
            line_end = self._delimiter_end(position, after, start, end)
            if line_end:
                if part_start >= 0:
                    regions.append((part_start, self._before(position, part_start)))
                if raw[after : after + 2] == b"--":
                    return regions
                if self.parts + len(regions) >= self.limits.parts:
                    return [*regions, (line_end, end)]
                part_start = line_end
            position = raw.find(delimiter, line_end or after, end)
        if part_start >= 0:
            regions.append((part_start, end))
        return regions

    def _delimiter_end(self, position: int, after: int, start: int, end: int) -> int:
        """Where the line after a delimiter at `position` begins, or 0 when it is none."""
        raw = self.raw
        if position > start and raw[position - 1] != 0x0A:
            return 0
        if raw[after : after + 2] == b"\r\n":
            return min(after + 2, end)
        line_end = raw.find(b"\n", after, end)
        if line_end < 0:
            line_end = end - 1
        rest = raw[after : line_end + 1].strip()
        return line_end + 1 if rest in (b"", b"--") else 0

    def _before(self, position: int, start: int) -> int:
        """The end of a part: the line end before the delimiter is the delimiter's."""
        if position - 2 >= start and self.raw[position - 2 : position] == b"\r\n":
            return position - 2
        return max(position - 1, start)


def _content_type(headers: Headers, *, in_digest: bool) -> tuple[str, Params]:
    value = _value(headers, b"content-type")
    if value is None and in_digest:
        return "message/rfc822", ()
    return parse_content_type(value)


def _boundary(params: Params) -> bytes:
    """The boundary as written, or joined from its RFC 2231 pieces."""
    plain = next((value for name, value in params if name == "boundary"), "")
    return (plain or parameter(params, "boundary")).rstrip().encode()


def _encoding(headers: Headers) -> str:
    value = _value(headers, b"content-transfer-encoding")
    if not value:
        return "7bit"
    word = value[:100].partition(";")[0].partition("(")[0].strip().lower()
    return word if word.isascii() and word.isprintable() and word else "7bit"


def _value(headers: Headers, key: bytes) -> str | None:
    value = headers.first(key)
    return None if value is None else guess(unfold(value))


def _field(headers: Headers, key: bytes) -> str:
    value = headers.first(key)
    return "" if value is None else guess(unfold(value[:_MAX_FIELD]))
