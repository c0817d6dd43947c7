"""A message in the form DATA wants it: dots stuffed, the end marked; and what it asks of a host."""

from dataclasses import dataclass

from mailcore.message.headers import body_offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """`octets` end in CRLF.CRLF. With a `problem` the message must not be sent."""

    octets: bytes
    size_bytes: int
    is_8bit: bool
    has_utf8_header: bool
    """The header holds UTF-8, so SMTPUTF8 is needed (RFC 6532). Other 8-bit text is just that."""
    problem: str = ""


def prepare(raw: bytes) -> Wire:
    """`raw` for the wire (RFC 5321 §4.5.2). Linear, and large ones belong off the loop.

    A CR or LF on its own is a problem, not repaired: what is signed and approved is what leaves, and a
    lone one can end the message early elsewhere.
    """
    line_ends = raw.count(b"\r\n")
    is_broken = raw.count(b"\r") != line_ends or raw.count(b"\n") != line_ends
    is_8bit = not raw.isascii()
    if is_broken:
        problem = "the message has a CR or LF that is not part of a line end"
        return Wire(
            octets=b"",
            size_bytes=len(raw),
            is_8bit=is_8bit,
            has_utf8_header=False,
            problem=problem,
        )
    stuffed = raw.replace(b"\r\n.", b"\r\n..")
    first = b"." if raw.startswith(b".") else b""
    end = b".\r\n" if raw.endswith(b"\r\n") or not raw else b"\r\n.\r\n"
    return Wire(
        octets=b"".join((first, stuffed, end)),
        size_bytes=len(raw) + (0 if raw.endswith(b"\r\n") else 2),
        is_8bit=is_8bit,
        has_utf8_header=is_8bit and _is_utf8(raw[: body_offset(raw, 0, len(raw))]),
    )


def _is_utf8(header: bytes) -> bool:
    if header.isascii():
        return False
    try:
        header.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
