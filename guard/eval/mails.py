"""Small MIME messages written by hand: what the corpus is made of. Deterministic, not a composer."""

import base64
import gzip
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Final

_BOUNDARY: Final = b"=_corpus_boundary_7f3a"
_ZIP_DATE: Final = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """An attachment to be."""

    name: str
    content_type: str
    payload: bytes


def mail(
    *,
    text: str = "Hello,\n\nplease see below.\n\nRegards",
    html: str = "",
    subject: str = "Update",
    sender_name: str = "Mia Meadow",
    headers: tuple[tuple[str, str], ...] = (),
    files: tuple[File, ...] = (),
) -> bytes:
    """A message with CRLF line ends; base64 for everything that is not plain ASCII text."""
    lines = [
        f"From: {_phrase(sender_name)} <mia@agents.example>",
        "To: Bob Field <bob@partner.example>",
        f"Subject: {_word(subject)}",
        "Date: Fri, 20 Nov 2026 10:00:00 +0000",
        "Message-ID: <corpus.20261120.1@agents.example>",
        "MIME-Version: 1.0",
        *(f"{name}: {_word(value)}" for name, value in headers),
    ]
    head = "\r\n".join(lines).encode()
    parts = [_text_part("text/plain", text)]
    if html:
        parts.append(_text_part("text/html", html))
    parts.extend(_file_part(file) for file in files)
    if len(parts) == 1:
        return head + b"\r\n" + parts[0]
    kind = b"alternative" if html and not files else b"mixed"
    content_type = b'\r\nContent-Type: multipart/%s; boundary="%s"\r\n' % (kind, _BOUNDARY)
    body = b"".join(b"\r\n--" + _BOUNDARY + b"\r\n" + part for part in parts)
    return head + content_type + body + b"\r\n--" + _BOUNDARY + b"--\r\n"


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip archive; the same octets for the same members."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, payload in members:
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), payload)
    return out.getvalue()


def gzipped(payload: bytes) -> bytes:
    """A gzip file; the same octets for the same payload."""
    return gzip.compress(payload, mtime=0)


def document(text: str) -> bytes:
    """A word-processor document whose runs split the text in the middle of words."""
    half = len(text) // 2
    runs = "".join(f"<w:r><w:t>{_xml(piece)}</w:t></w:r>" for piece in (text[:half], text[half:]))
    body = f'<?xml version="1.0"?><w:document><w:body><w:p>{runs}</w:p></w:body></w:document>'
    return zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", body.encode()))


def workbook(text: str) -> bytes:
    """A spreadsheet with the text in its shared strings."""
    body = f'<?xml version="1.0"?><sst><si><t>Note</t></si><si><t>{_xml(text)}</t></si></sst>'
    return zipped(("[Content_Types].xml", b"<Types/>"), ("xl/sharedStrings.xml", body.encode()))


def slides(text: str) -> bytes:
    """A presentation with the text on its first slide."""
    body = f'<?xml version="1.0"?><p:sld><a:p><a:r><a:t>{_xml(text)}</a:t></a:r></a:p></p:sld>'
    return zipped(("[Content_Types].xml", b"<Types/>"), ("ppt/slides/slide1.xml", body.encode()))


def open_document(text: str) -> bytes:
    """An OpenDocument text with spans that split it."""
    half = len(text) // 2
    body = f'<?xml version="1.0"?><office:text><text:p><text:span>{_xml(text[:half])}</text:span><text:span>{_xml(text[half:])}</text:span></text:p></office:text>'
    return zipped(
        ("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", body.encode())
    )


def rich_text(text: str) -> bytes:
    """An RTF document: letters outside ASCII as numbers."""
    body = "".join(_rtf(char) for char in text)
    return f"{{\\rtf1\\ansi {{\\b Note}}\\par {body}\\par}}".encode()


def _rtf(char: str) -> str:
    if char in "\\{}":
        return "\\" + char
    if char == "\n":
        return "\\par "
    return char if char.isascii() else f"\\u{ord(char)}?"


def tarred(name: str, payload: bytes) -> bytes:
    """A gzipped tar archive of one file."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(payload)
        archive.addfile(entry, BytesIO(payload))
    return gzipped(out.getvalue())


def pdf(text: str) -> bytes:
    """A PDF of one page with a compressed text; what its font lacks stands in a note."""
    shown = zlib.compress(
        b"BT /F 12 Tf 14 TL 40 700 Td "
        + b" T* ".join(_pdf_string(line) + b" Tj" for line in text.split("\n"))
        + b" ET"
    )
    note = b"<FEFF%s>" % text.encode("utf-16-be").hex().encode()
    notes = (
        b"" if text.isascii() else b"/Annots [<</Subtype/Text/Rect[0 0 9 9]/Contents %s>>]" % note
    )
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>%s>>" % notes,
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(shown), shown),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out = b"%PDF-1.7\n"
    rows = b"0000000000 65535 f \n"
    for number, body in enumerate(objects, start=1):
        rows += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"xref\n0 %d\n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return out + table % (len(objects) + 1, rows, len(objects) + 1, len(out))


def _pdf_string(line: str) -> bytes:
    octets = line.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        octets = octets.replace(special, b"\\" + special)
    return b"(%s)" % octets


def _xml(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _text_part(content_type: str, text: str) -> bytes:
    body = text.replace("\n", "\r\n").encode()
    is_plain = text.isascii() and all(len(line) < 900 for line in text.split("\n"))
    head = f"Content-Type: {content_type}; charset=utf-8\r\n"
    if is_plain:
        return head.encode() + b"Content-Transfer-Encoding: 7bit\r\n\r\n" + body + b"\r\n"
    return head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + _lines(body)


def _file_part(file: File) -> bytes:
    name = file.name.replace("\\", "_").replace('"', "'")
    head = (
        f"Content-Type: {file.content_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{_word(name)}"\r\n\r\n'
    )
    return head.encode() + _lines(file.payload)


def _lines(payload: bytes) -> bytes:
    return base64.encodebytes(payload).replace(b"\n", b"\r\n")


def _word(text: str) -> str:
    flat = " ".join(text.split())
    if flat.isascii():
        return flat
    return f"=?utf-8?b?{base64.b64encode(flat.encode()).decode()}?="


def _phrase(name: str) -> str:
    flat = _word(name)
    return flat if flat.startswith("=?") else '"' + flat.replace("\\", "").replace('"', "'") + '"'
