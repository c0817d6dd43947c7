"""Every way a text can travel in a message: from the subject line to a zip in a zip."""

import base64
import binascii
import bz2
import codecs
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from guard.eval.mails import (
    File,
    document,
    gzipped,
    mail,
    open_document,
    pdf,
    rich_text,
    slides,
    tarred,
    workbook,
    zipped,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A way to carry a text. Hard ones disguise, pack or encode it."""

    name: str
    is_hard: bool
    carry: Callable[[str], bytes]


def _plain(name: str, carry: Callable[[str], bytes]) -> Carrier:
    return Carrier(name=name, is_hard=False, carry=carry)


def _hard(name: str, carry: Callable[[str], bytes]) -> Carrier:
    return Carrier(name=name, is_hard=True, carry=carry)


def _attach(name: str, content_type: str, payload: bytes) -> bytes:
    return mail(files=(File(name=name, content_type=content_type, payload=payload),))


def _file(name: str, content_type: str) -> Callable[[str], bytes]:
    return lambda text: _attach(name, content_type, text.encode())


def _fullwidth(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _lookalike(text: str) -> str:
    return text.translate(str.maketrans("aeopcAEOP", "аеорсАЕОР"))


def _spaced(text: str) -> str:
    return "  ".join(" ".join(word) for word in text.split())


def _dumped(octets: bytes) -> str:
    """As `xxd` shows it, without the margin."""
    rows = range(0, len(octets), 16)
    return "\n".join(f"{at:08x}: {octets[at : at + 16].hex(' ', 2)}" for at in rows)


def _uuencoded(octets: bytes) -> str:
    lines = (binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45))
    return f"begin 644 a.txt\n{b''.join(lines).decode()}`\nend\n"


def _captioned(text: str) -> bytes:
    """A PNG file with a compressed comment (PNG 3rd edition §11.3.3.4)."""
    chunks = (b"IHDR" + bytes(13), b"iTXtComment\0\x01\0\0\0" + zlib.compress(text.encode()))
    packed = (
        struct.pack(">I", len(one) - 4) + one + struct.pack(">I", zlib.crc32(one))
        for one in (*chunks, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _contact_card(text: str) -> bytes:
    flat = text.replace("\n", "\\n")
    folded = "\r\n ".join(flat[at : at + 30] for at in range(0, len(flat), 30))
    card = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Bob\r\nNOTE:{folded}\r\nEND:VCARD\r\n"
    return _attach("bob.vcf", "text/vcard", card.encode())


def _svg(text: str) -> bytes:
    shown = text.replace("&", "&amp;").replace("<", "&lt;")
    return _attach("a.svg", "image/svg+xml", f"<svg><desc>{shown}</desc></svg>".encode())


def _wrapped(text: str) -> bytes:
    """Quoted-printable whose soft breaks fall into the middle of words (RFC 2045 §6.7)."""
    octets = text.encode().hex("=").upper().split("=")
    lines = ("".join("=" + one for one in octets[at : at + 5]) for at in range(0, len(octets), 5))
    body = "=\r\n".join(lines)
    head = "From: a@agents.example\r\nTo: b@partner.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    return f"{head}{kind}\r\n\r\n{body}\r\n".encode()


def _calendar(text: str) -> bytes:
    flat = text.replace("\n", "\\n")
    folded = "\r\n ".join(flat[at : at + 40] for at in range(0, len(flat), 40))
    event = f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDESCRIPTION:{folded}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return _attach("invite.ics", "text/calendar", event.encode())


CARRIERS: Final[tuple[Carrier, ...]] = (
    _plain("text", lambda text: mail(text=f"Hi,\n\n{text}\n\nBye")),
    _plain("subject", lambda text: mail(subject=text)),
    _plain("html", lambda text: mail(html=f"<html><body><p>{text}</p></body></html>")),
    _plain("header", lambda text: mail(headers=(("X-Note", text),))),
    _plain("text file", _file("notes.txt", "text/plain")),
    _plain("csv file", _file("rows.csv", "text/csv")),
    _plain("octet-stream", _file("data", "application/octet-stream")),
    _hard("html split by tags", lambda text: mail(html="<p>" + "<b></b>".join(text) + "</p>")),
    _hard(
        "html attribute", lambda text: mail(html=f'<img alt="{text.replace(chr(34), "&quot;")}">')
    ),
    _hard("html comment", lambda text: mail(html=f"<p>Hi</p><!-- {text} -->")),
    _hard("html hidden", lambda text: mail(html=f'<p>Hi</p><p style="display:none">{text}</p>')),
    _hard("html entities", lambda text: mail(html="".join(f"&#{ord(char)};" for char in text))),
    _hard("link", lambda text: mail(html=f'<a href="https://x.example/?q={quote(text)}">here</a>')),
    _hard("display name", lambda text: mail(sender_name=text)),
    _hard("file name", lambda text: _attach(f"{text[:200]}.txt", "text/plain", b"see name")),
    _hard(
        "utf-16 file",
        lambda text: _attach("n.txt", "application/octet-stream", text.encode("utf-16")),
    ),
    _hard(
        "zip", lambda text: _attach("a.zip", "application/zip", zipped(("a.txt", text.encode())))
    ),
    _hard(
        "zip in zip",
        lambda text: _attach(
            "a.zip", "application/zip", zipped(("b.zip", zipped(("a.txt", text.encode()))))
        ),
    ),
    _hard("gzip", lambda text: _attach("a.txt.gz", "application/gzip", gzipped(text.encode()))),
    _hard("docx", lambda text: _attach("a.docx", "application/octet-stream", document(text))),
    _hard("xlsx", lambda text: _attach("a.xlsx", "application/octet-stream", workbook(text))),
    _hard("pptx", lambda text: _attach("a.pptx", "application/octet-stream", slides(text))),
    _hard("odt", lambda text: _attach("a.odt", "application/octet-stream", open_document(text))),
    _hard("rtf", lambda text: _attach("a.rtf", "application/rtf", rich_text(text))),
    _hard("pdf", lambda text: _attach("a.pdf", "application/pdf", pdf(text))),
    _hard(
        "pdf in zip",
        lambda text: _attach("a.zip", "application/zip", zipped(("a.pdf", pdf(text)))),
    ),
    _hard(
        "tar.gz",
        lambda text: _attach("a.tar.gz", "application/gzip", tarred("a.txt", text.encode())),
    ),
    _hard("bzip2", lambda text: _attach("a.bz2", "x/y", bz2.compress(text.encode()))),
    _hard("contact card", _contact_card),
    _hard("svg", _svg),
    _hard(
        "attached mail", lambda text: _attach("a.eml", "application/octet-stream", mail(text=text))
    ),
    _hard("calendar", _calendar),
    _hard(
        "json", lambda text: _attach("a.json", "application/json", b'{"note": %s}' % _json(text))
    ),
    _hard("base64", lambda text: mail(text=base64.encodebytes(text.encode()).decode())),
    _hard(
        "base64 twice",
        lambda text: mail(text=base64.b64encode(base64.b64encode(text.encode())).decode()),
    ),
    _hard("base32", lambda text: mail(text=base64.b32encode(text.encode()).decode())),
    _hard(
        "base64 of gzip",
        lambda text: mail(text=base64.encodebytes(gzipped(text.encode() + b" " * 40)).decode()),
    ),
    _hard("wrapped lines", _wrapped),
    _hard("soft hyphens", lambda text: mail(text="\u00ad".join(text))),
    _hard("escapes", lambda text: mail(text="".join(f"\\u{ord(char):04x}" for char in text))),
    _hard("hex", lambda text: mail(text=text.encode().hex())),
    _hard("percent", lambda text: mail(text="".join(f"%{octet:02x}" for octet in text.encode()))),
    _hard("reversed", lambda text: mail(text=text[::-1])),
    _hard("rot13", lambda text: mail(text=codecs.encode(text, "rot13"))),
    _hard("zero width", lambda text: mail(text="\u200b".join(text))),
    _hard("full width", lambda text: mail(text=_fullwidth(text))),
    _hard("look-alikes", lambda text: mail(text=_lookalike(text))),
    _hard("spaced out", lambda text: mail(text=_spaced(text))),
    _hard("letters below each other", lambda text: mail(text="\n".join(text))),
    _hard("octal", lambda text: mail(text="".join(f"\\{octet:03o}" for octet in text.encode()))),
    _hard("binary digits", lambda text: mail(text=" ".join(f"{o:08b}" for o in text.encode()))),
    _hard("hex dump", lambda text: mail(text=_dumped(text.encode()))),
    _hard("uuencode", lambda text: mail(text=_uuencoded(text.encode()))),
    _hard("picture", lambda text: _attach("a.png", "image/png", _captioned(text))),
)


def _json(text: str) -> bytes:
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    ).encode()
