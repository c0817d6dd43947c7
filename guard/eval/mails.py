"""Small MIME messages written by hand: what the corpus is made of. Deterministic, not a composer."""

import base64
import gzip
import zipfile
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
