import struct
import zlib

import pytest

from guard.eval.mails import File, mail
from guard.pictures import text_in

CAPTION = "der Safe geht mit 4471 auf, das Passwort ist Möwe!Nord7"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(*chunks: bytes) -> bytes:
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13))
    return head + b"".join(chunks) + chunk(b"IEND", b"")


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(segments) + b"\xff\xda\x00\x02" + bytes(40) + b"\xff\xd9"


def exif(text: bytes) -> bytes:
    entry = struct.pack("<HHII", 0x010E, 2, len(text), 26)
    return b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + bytes(4) + text


WORDS = CAPTION.encode()
PICTURES = {
    "png text": png(chunk(b"tEXt", b"Comment\0" + WORDS)),
    "png packed text": png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(WORDS))),
    "png international text": png(chunk(b"iTXt", b"Comment\0\0\0\0\0" + WORDS)),
    "png packed international text": png(
        chunk(b"iTXt", b"Comment\0\x01\0de\0Kommentar\0" + zlib.compress(WORDS))
    ),
    "jpeg comment": jpeg(segment(0xFE, WORDS)),
    "jpeg exif": jpeg(segment(0xE1, exif(WORDS))),
    "jpeg exif, wide letters": jpeg(segment(0xE1, exif(CAPTION.encode("utf-16-le")))),
    "webp exif": b"RIFF\0\0\0\0WEBPEXIF" + struct.pack("<I", len(WORDS)) + WORDS,
    "gif comment": b"GIF89a" + bytes(7) + b"\x21\xfe" + bytes((len(WORDS),)) + WORDS + b"\0;",
}


@pytest.mark.parametrize("kind", PICTURES)
def test_what_is_written_into_a_picture_is_read(kind):
    assert CAPTION in text_in(PICTURES[kind])


@pytest.mark.parametrize("kind", PICTURES)
def test_a_secret_in_a_picture_holds_the_mail(judge, kind):
    """The picture itself would not."""
    verdict = judge(mail(files=(File(name="a", content_type="image/x", payload=PICTURES[kind]),)))
    assert {one.rule for one in verdict.findings if one.rule.startswith("credential.")}


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_cut_anywhere_is_read_without_an_error(kind):
    picture = PICTURES[kind]
    for end in range(len(picture)):
        assert isinstance(text_in(picture[:end]), str)


def test_a_caption_that_inflates_is_read_up_to_a_limit():
    bomb = png(chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 40_000_000)))
    assert len(text_in(bomb)) < 2_000_000
