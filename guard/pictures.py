"""What people and programs write into the files of pictures: comments, captions, descriptions.

PNG text chunks (PNG 3rd edition §11.3.3), comments and Exif or XMP segments of JPEG (ITU-T T.81
§B.2.4.5, Exif 2.32 §4.5.4), chunks of WebP, comments of GIF (GIF89a §24). Cut at the lengths that the
formats give; what does not fit is left to the scan of printable octets. Linear, never raises.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_PIECES: Final = 2000
_MOST_OCTETS: Final = 1024 * 1024
"""Of all texts of one picture."""
_SHORTEST: Final = 6
_START_OF_SCAN: Final = 0xDA
_COMMENT: Final = 0xFE
_APPLICATION: Final = frozenset((0xE1, 0xED))
"""Exif and XMP, and the captions of news agencies."""
_TEXT_CHUNKS: Final = frozenset((b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"EXIF", b"XMP "))
_GIF_COMMENT: Final = b"\x21\xfe"
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]+")


def text_in(picture: bytes) -> str:
    """The texts in the file of a picture, parted so that nothing matches across them."""
    texts: list[str] = []
    left = _MOST_OCTETS
    for piece in islice(_pieces(picture), _MOST_PIECES):
        texts.extend(_runs(piece[:left]))
        left -= len(piece)
        if left <= 0:
            break
    return "\n\x1e\n".join(dict.fromkeys(texts))


def _pieces(picture: bytes) -> Iterator[bytes]:
    if picture.startswith(_PNG):
        return _chunks(picture, len(_PNG), "big")
    if picture.startswith(b"\xff\xd8"):
        return _segments(picture)
    if picture.startswith(b"RIFF"):
        return _chunks(picture, 12, "little")
    return _comments(picture) if picture.startswith(b"GIF8") else iter(())


def _chunks(picture: bytes, position: int, order: str) -> Iterator[bytes]:
    """Chunks of PNG (length, name, data, check) and of RIFF (name, length, data, padding)."""
    is_png = order == "big"
    while position + 8 <= len(picture):
        first, second = picture[position : position + 4], picture[position + 4 : position + 8]
        name, size = (second, first) if is_png else (first, second)
        length = int.from_bytes(size, "big" if is_png else "little")
        if name in _TEXT_CHUNKS:
            yield _inflated(name, picture[position + 8 : position + 8 + length])
        position += length + 12 if is_png else length + 8 + length % 2


def _inflated(name: bytes, data: bytes) -> bytes:
    """The keyword and the text of a chunk, which may be compressed."""
    keyword, _, rest = data.partition(b"\0")
    packed = rest[1:] if name == b"zTXt" else b""
    if name == b"iTXt" and rest[:1] == b"\x01":
        packed = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if not packed:
        return data
    with suppress(zlib.error):
        return keyword + b"\0" + zlib.decompressobj().decompress(packed, _MOST_OCTETS)
    return data


def _segments(picture: bytes) -> Iterator[bytes]:
    """Comments and application segments in front of the picture itself."""
    position = 2
    while position + 4 <= len(picture) and picture[position] == 0xFF:
        marker = picture[position + 1]
        length = int.from_bytes(picture[position + 2 : position + 4], "big")
        if marker == _START_OF_SCAN or length < 2:
            return
        if marker == _COMMENT or marker in _APPLICATION:
            yield picture[position + 4 : position + 2 + length]
        position += 2 + length


def _comments(picture: bytes) -> Iterator[bytes]:
    """Comment extensions: blocks of up to 255 octets, each behind its length."""
    position = picture.find(_GIF_COMMENT)
    while position >= 0:
        position += 2
        blocks: list[bytes] = []
        while position < len(picture) and picture[position]:
            size = picture[position]
            blocks.append(picture[position + 1 : position + 1 + size])
            position += 1 + size
        yield b"".join(blocks)
        position = picture.find(_GIF_COMMENT, position)


def _runs(octets: bytes) -> Iterator[str]:
    """What reads as text, in UTF-8 and, where every other octet is nothing, in UTF-16."""
    texts = [octets.decode("utf-8", "replace")]
    if octets.count(0) * 4 > len(octets):
        texts += [octets[shift:].decode("utf-16-le", "replace") for shift in (0, 1)]
    for text in texts:
        for run in _NO_TEXT.split(text):
            if len(run.strip()) >= _SHORTEST:
                yield run.strip()
