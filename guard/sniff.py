"""What octets are, by their first octets and by what they consist of; names and labels lie.

Pure and bounded: looks at the beginning, and for text at a sample.
"""

from enum import StrEnum
from typing import Final

from guard.decode import readable


class Kind(StrEnum):
    """What to do with a payload."""

    TEXT = "text"
    ZIP = "zip archive"
    GZIP = "gzip file"
    BZIP2 = "bzip2 file"
    XZ = "xz file"
    TAR = "tar archive"
    IMAGE = "image"
    PDF = "PDF document"
    OFFICE = "binary office document"
    ARCHIVE = "archive of an unsupported format"
    DATABASE = "database file"
    PROGRAM = "program"
    MEDIA = "audio or video file"
    ENCRYPTED = "encrypted file"
    SIGNATURE = "signature"
    EMPTY = "empty file"
    UNKNOWN = "file of an unknown format"


_MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"PK\x03\x04", Kind.ZIP),
    (b"PK\x05\x06", Kind.ZIP),
    (b"PK\x07\x08", Kind.ZIP),
    (b"\x1f\x8b", Kind.GZIP),
    (b"BZh", Kind.BZIP2),
    (b"\xfd7zXZ\x00", Kind.XZ),
    (b"%PDF-", Kind.PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind.OFFICE),
    (b"\x78\x9f\x3e\x22", Kind.OFFICE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"Rar!\x1a\x07", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),
    (b"\x04\x22\x4d\x18", Kind.ARCHIVE),
    (b"MSCF", Kind.ARCHIVE),
    (b"LZIP", Kind.ARCHIVE),
    (b"!<arch>\n", Kind.ARCHIVE),
    (b"\x60\xea", Kind.ARCHIVE),
    (b"\x89PNG\r\n\x1a\n", Kind.IMAGE),
    (b"\xff\xd8\xff", Kind.IMAGE),
    (b"GIF87a", Kind.IMAGE),
    (b"GIF89a", Kind.IMAGE),
    (b"SQLite format 3\x00", Kind.DATABASE),
    (b"\x7fELF", Kind.PROGRAM),
    (b"\xca\xfe\xba\xbe", Kind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Kind.PROGRAM),
    (b"Salted__", Kind.ENCRYPTED),
    (b"age-encryption.org/", Kind.ENCRYPTED),
    (b"LUKS\xba\xbe", Kind.ENCRYPTED),
    (b"\x03\xd9\xa2\x9a", Kind.ENCRYPTED),
    (b"ID3", Kind.MEDIA),
    (b"OggS", Kind.MEDIA),
    (b"fLaC", Kind.MEDIA),
    (b"\x1aE\xdf\xa3", Kind.MEDIA),
)
_SAMPLE: Final = 64 * 1024
_TAR_MARK: Final = slice(257, 262)


def kind_of(payload: bytes) -> Kind:
    """What the payload is. Text is what reads as text in UTF-8, UTF-16 or an 8-bit charset."""
    if not payload.strip(b" \t\r\n\x00"):
        return Kind.EMPTY
    for magic, kind in _MAGIC:
        if payload.startswith(magic) and not _is_really_text(payload, magic):
            return kind
    if payload.startswith(b"BM") and payload[2:10] == len(payload).to_bytes(4, "little") + bytes(4):
        return Kind.IMAGE
    if payload.startswith(b"RIFF"):
        return Kind.IMAGE if payload[8:12] == b"WEBP" else Kind.MEDIA
    if payload[4:8] == b"ftyp":
        return Kind.IMAGE if payload[8:12] in {b"avif", b"heic", b"mif1"} else Kind.MEDIA
    if payload[_TAR_MARK] == b"ustar":
        return Kind.TAR
    if payload.startswith(b"MZ") and not is_text(payload):
        return Kind.PROGRAM
    return Kind.TEXT if is_text(payload) else Kind.UNKNOWN


def _is_really_text(payload: bytes, magic: bytes) -> bool:
    """Short printable marks also begin ordinary words: `BZh`, `ID3`."""
    return len(magic) <= 4 and magic.isalnum() and is_text(payload)


def is_text(payload: bytes) -> bool:
    """Whether a sample from both ends reads as text; 8-bit text has few control characters."""
    head, tail = payload[:_SAMPLE], payload[_SAMPLE:][-_SAMPLE:]
    return _reads(head) and (not tail or _reads(tail))


def _reads(sample: bytes) -> bool:
    if readable(sample) is not None:
        return True
    if len(sample) >= _ENOUGH and not sample.translate(None, _NOT_CONTROLS):
        return True
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    letters = len(sample) - len(sample.translate(None, _ASCII_TEXT))
    return controls * 500 <= len(sample) and letters * 10 >= len(sample) * 7


_ENOUGH: Final = 64
"""Among so many octets of packed or encrypted data some are control characters."""
_NOT_CONTROLS: Final = bytes(octet for octet in range(256) if octet >= 32 and octet != 127) + (
    b"\t\n\r\x0c\x1b"
)
_CONTROLS: Final = bytes(range(9)) + bytes((11,)) + bytes(range(14, 32)) + b"\x7f"
_ASCII_TEXT: Final = bytes(range(32, 127)) + b"\t\r\n"


def strings(payload: bytes) -> str:
    """The printable runs of six or more in binary octets, 8-bit and 16-bit ones, a line each."""
    narrow = payload.translate(_TO_LINES)
    wide = payload.translate(_TO_LINES, b"\x00")
    lines = [line for line in narrow.split(b"\n") if len(line) >= 6]
    seen = set(lines)
    lines += [line for line in wide.split(b"\n") if len(line) >= 6 and line not in seen]
    return b"\n".join(lines).decode("ascii", "replace")


_TO_LINES: Final = bytes(octet if 32 <= octet < 127 else 10 for octet in range(256))
