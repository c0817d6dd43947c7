"""Archives and compressed files opened in memory under limits; nothing touches a disk.

Zip (and so OOXML, ODF, EPUB, JAR), tar, gzip, bzip2, xz. What is too deep, too large, too many,
too dense, encrypted or broken raises `CannotLook` or is yielded as such: never silently skipped.
"""

import bz2
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

MAX_ENTRIES: Final = 1000
MAX_DIRECTORY_OCTETS: Final = 1024 * 1024
MAX_ENTRY_OCTETS: Final = 8 * 1024 * 1024
MAX_RATIO: Final = 250
_RATIO_FREE_OCTETS: Final = 1024 * 1024
_LZMA_MEMORY: Final = 64 * 1024 * 1024
_BLOCK: Final = 512


class CannotLook(Exception):  # noqa: N818 - an answer, not an error
    """Why something could not be looked into, in words for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A member of an archive. `trouble` says why `payload` is not all of it."""

    name: str
    payload: bytes
    trouble: str = ""


def unzip(payload: bytes) -> Iterator[Entry]:
    """The members of a zip archive, its comments as an entry of their own."""
    _check_directory(payload)
    try:
        with zipfile.ZipFile(BytesIO(payload)) as archive:
            infos = archive.infolist()
            if len(infos) > MAX_ENTRIES:
                raise CannotLook(f"an archive of more than {MAX_ENTRIES} files")
            comments = b"\n".join([archive.comment, *(info.comment for info in infos)]).strip()
            if comments:
                yield Entry(name="archive comment", payload=comments)
            yield from _unlisted(payload, infos)
            for info in infos:
                if not info.is_dir():
                    yield _zip_entry(archive, info)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise CannotLook("a damaged zip archive") from error


def _check_directory(payload: bytes) -> None:
    """Refuse a central directory that would take long to read, before it is read."""
    end = payload.rfind(b"PK\x05\x06")
    if end < 0:
        raise CannotLook("a damaged zip archive")
    count = int.from_bytes(payload[end + 10 : end + 12], "little")
    size = int.from_bytes(payload[end + 12 : end + 16], "little")
    if count > MAX_ENTRIES or size > MAX_DIRECTORY_OCTETS:
        raise CannotLook(f"an archive of more than {MAX_ENTRIES} files")


def _unlisted(payload: bytes, infos: list[zipfile.ZipInfo]) -> Iterator[Entry]:
    """Octets in front of the first member: a reader of the listing never shows them."""
    first = min((info.header_offset for info in infos), default=0)
    if first > 0:
        yield Entry(name="octets before the archive", payload=payload[:first])


def _zip_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = info.filename
    if info.flag_bits & 0x1:
        return Entry(name=name, payload=b"", trouble="an encrypted file in an archive")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return Entry(
            name=name, payload=b"", trouble="a file in an archive with unusual compression"
        )
    if _is_bomb(info.file_size, info.compress_size):
        return Entry(
            name=name, payload=b"", trouble="a file in an archive that grows out of measure"
        )
    try:
        with archive.open(info) as member:
            payload = member.read(MAX_ENTRY_OCTETS + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
        EOFError,
    ):
        return Entry(name=name, payload=b"", trouble="a damaged file in an archive")
    return _cut(name, payload)


def _cut(name: str, payload: bytes) -> Entry:
    if len(payload) > MAX_ENTRY_OCTETS:
        trouble = "a packed file too large to look into completely"
        return Entry(name=name, payload=payload[:MAX_ENTRY_OCTETS], trouble=trouble)
    return Entry(name=name, payload=payload)


def _is_bomb(size: int, packed: int) -> bool:
    return size > _RATIO_FREE_OCTETS and size > max(packed, 1) * MAX_RATIO


def gunzip(payload: bytes) -> Entry:
    """A gzip file with all its members."""
    out = bytearray()
    rest = payload
    try:
        while rest.startswith(b"\x1f\x8b") and len(out) <= MAX_ENTRY_OCTETS:
            worker = zlib.decompressobj(wbits=31)
            out += worker.decompress(rest, MAX_ENTRY_OCTETS + 1 - len(out))
            if not worker.eof:
                break
            rest = worker.unused_data
    except zlib.error as error:
        if not out:
            raise CannotLook("a damaged gzip file") from error
    return _cut("", bytes(out))


def bunzip2(payload: bytes) -> Entry:
    """A bzip2 file."""
    try:
        return _cut("", bz2.BZ2Decompressor().decompress(payload, MAX_ENTRY_OCTETS + 1))
    except (OSError, ValueError, EOFError) as error:
        raise CannotLook("a damaged bzip2 file") from error


def unxz(payload: bytes) -> Entry:
    """An xz file."""
    try:
        worker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_LZMA_MEMORY)
        return _cut("", worker.decompress(payload, MAX_ENTRY_OCTETS + 1))
    except (lzma.LZMAError, EOFError) as error:
        raise CannotLook("a damaged xz file, or one that needs much memory") from error


def untar(payload: bytes) -> Iterator[Entry]:
    """The files of a tar archive; long names and extended headers come as entries of their own."""
    position, count = 0, 0
    while position + _BLOCK <= len(payload):
        header = payload[position : position + _BLOCK]
        if not header.strip(b"\x00"):
            break
        count += 1
        if count > MAX_ENTRIES:
            raise CannotLook(f"an archive of more than {MAX_ENTRIES} files")
        name = header[:100].partition(b"\x00")[0].decode("utf-8", "replace")
        size = _octal(header[124:136])
        position += _BLOCK
        yield Entry(name=name, payload=payload[position : position + size])
        position += (size + _BLOCK - 1) // _BLOCK * _BLOCK
    rest = payload[position:].strip(b"\x00")
    if rest:
        yield Entry(name="octets behind the archive", payload=rest)


def _octal(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \x00")
    if not text or text.strip(b"01234567"):
        raise CannotLook("a damaged tar archive")
    return int(text, 8)
