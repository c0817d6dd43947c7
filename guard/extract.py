"""The text of PDF files and workbooks, taken by a child process that may be killed at any moment.

Runs as a program: `extract.py KIND MEMORY_BYTES CPU_SECONDS OUTPUT_BYTES`, a document on stdin, one JSON
object on stdout (`texts`, `files`, `trouble`). It imports nothing of the product, so that it starts
fast and has nothing to give away; before it reads a byte it takes away its own memory, processor
time, files, processes and, where the system lets it, the network. Whatever it dies of means: could
not be looked into.
"""

import base64
import ctypes
import json
import os
import resource
import signal
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Final

import pypdfium2
import python_calamine
from pypdfium2 import raw as pdfium

MAX_PAGES: Final = 500
MAX_TEXT: Final = 8 * 1024 * 1024
MAX_FILES: Final = 50
_MAX_ANNOTATIONS: Final = 1000
_MAX_INFLATED: Final = 16 * 1024 * 1024
_ANNOTATION_KEYS: Final = (b"Contents", b"RC", b"Subj", b"T", b"TU", b"V", b"DV")
_OBJECT_STREAM: Final = b"/ObjStm"


class TroubleError(Exception):
    """Why a document could not be looked into completely, in words for a person."""


class Gathered:
    """What was found so far. Texts past the limit are dropped and say so."""

    def __init__(self) -> None:
        self.texts: Final[list[str]] = []
        self.files: Final[list[tuple[str, bytes]]] = []
        self.trouble = ""
        self._left = MAX_TEXT

    def add(self, text: str) -> None:
        """Keep a text, or what still fits of it."""
        if text.strip():
            self.texts.append(text[: max(self._left, 0)])
            self._left -= len(text)
            if self._left < 0:
                raise TroubleError("a document with more text than can be looked into")

    def note(self, trouble: str) -> None:
        """Keep the first trouble."""
        self.trouble = self.trouble or trouble


def pdf(octets: bytes, found: Gathered) -> None:
    """The text of pages, annotations, fields and metadata, and the attached files."""
    try:
        document = pypdfium2.PdfDocument(octets)
    except pypdfium2.PdfiumError as error:
        is_locked = "password" in str(error).lower()
        raise TroubleError(
            "an encrypted PDF document" if is_locked else "a damaged PDF document"
        ) from error
    found.add("\n".join(document.get_metadata_dict().values()))
    for number in range(document.count_attachments()):
        if number >= MAX_FILES:
            raise TroubleError("a PDF document with too many attached files")
        attached = document.get_attachment(number)
        found.files.append((attached.get_name(), bytes(attached.get_data())))
    for text in object_streams(octets):
        found.add(text)
    for number in range(len(document)):
        if number >= MAX_PAGES:
            raise TroubleError("a PDF document with more pages than can be looked into")
        _page(document, number, found)


def _page(document: pypdfium2.PdfDocument, number: int, found: Gathered) -> None:
    try:
        page = document[number]
        text = page.get_textpage().get_text_range()
    except pypdfium2.PdfiumError:
        found.note("a PDF document with a damaged page")
        return
    if not text.strip() and next(iter(page.get_objects(max_depth=2)), None) is not None:
        found.note("a PDF page without readable text, such as a scan")
    if _is_garbled(text):
        found.note("a PDF page whose text is in an unknown form")
    found.add(text)
    for value in _annotations(page):
        found.add(value)


def _is_garbled(text: str) -> bool:
    odd = sum(
        char in "\ufffd\ufffe\uffff" or "\ue000" <= char <= "\uf8ff" or char < "\t" for char in text
    )
    return odd * 5 > len(text)


def _annotations(page: pypdfium2.PdfPage) -> Iterator[str]:
    """What notes, form fields and links of a page say."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MAX_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        for key in _ANNOTATION_KEYS:
            size = pdfium.FPDFAnnot_GetStringValue(annotation, key, None, 0)
            if size > 2:
                buffer = (ctypes.c_ushort * ((size + 1) // 2))()
                pdfium.FPDFAnnot_GetStringValue(annotation, key, buffer, size)
                yield bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
        action = pdfium.FPDFLink_GetAction(pdfium.FPDFAnnot_GetLink(annotation))
        size = pdfium.FPDFAction_GetURIPath(page.pdf, action, None, 0) if action else 0
        if size > 1:
            address = ctypes.create_string_buffer(size)
            pdfium.FPDFAction_GetURIPath(page.pdf, action, address, size)
            yield address.value.decode("utf-8", "replace")
        pdfium.FPDFPage_CloseAnnot(annotation)


def object_streams(octets: bytes) -> Iterator[str]:
    """Compressed objects (PDF 32000 §7.5.7) and scripts, in which strings stand that no page shows."""
    position, left = 0, _MAX_INFLATED
    while (start := octets.find(b"stream", position)) >= 0:
        position = start + 6
        begin = position + 2 if octets[position : position + 2] == b"\r\n" else position + 1
        head = octets[max(0, start - 300) : start]
        if octets[max(0, start - 3) : start] == b"end" or octets[begin : begin + 1] != b"\x78":
            continue
        try:
            inflated = zlib.decompressobj().decompress(octets[begin:], left)
        except zlib.error:
            continue
        left -= len(inflated)
        if left <= 0:
            raise TroubleError("a PDF document that grows out of measure")
        is_object = _OBJECT_STREAM in head.rpartition(b"obj")[2]
        if is_object or not inflated.translate(None, _PRINTABLE):
            yield inflated.decode("latin-1").replace("\0", "")


_PRINTABLE: Final = bytes(range(32, 127)) + b"\t\n\r"


def workbook(octets: bytes, found: Gathered) -> None:
    """The names and cells of all sheets of a binary workbook."""
    try:
        book = python_calamine.load_workbook(BytesIO(octets))
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
            found.add(
                name + "\n" + "\n".join("\t".join(_cell(cell) for cell in row) for row in rows)
            )
    except python_calamine.PasswordError as error:
        raise TroubleError("an encrypted office document") from error
    except python_calamine.CalamineError as error:
        raise TroubleError("a binary office document") from error
    if "_VBA_PROJECT".encode("utf-16-le") in octets:
        found.note("a workbook with macros")


def _cell(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


READERS: Final = {"pdf": pdf, "workbook": workbook}


def confine(memory: int, seconds: int, output: int) -> None:
    """Give up what the work does not need; what the system refuses stays."""
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, output),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (limit, limit))
    signal.alarm(seconds)
    if hasattr(os, "unshare"):
        with suppress(OSError):
            os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)


def main(arguments: list[str]) -> int:
    """Read stdin, write the answer."""
    kind, memory, seconds, output = arguments
    confine(int(memory), int(seconds), int(output))
    found = Gathered()
    try:
        READERS[kind](sys.stdin.buffer.read(), found)
    except TroubleError as trouble:
        found.note(str(trouble))
    except MemoryError:
        found.note("a document that grows out of measure")
    answer = {
        "texts": found.texts,
        "files": [[name, base64.b64encode(octets).decode()] for name, octets in found.files],
        "trouble": found.trouble,
    }
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
