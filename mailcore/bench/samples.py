"""Messages to send: plausible, of an exact size, each different, the same in every run."""

import hashlib
from typing import Final

_WORDS: Final = (
    b"invoice order delivery meeting monday report customer question answer price offer number "
    b"contract office team project release schedule budget travel hotel flight support ticket"
).split()
_LINE_WORDS: Final = 9


def message(number: int, size: int, *, salt: str = "") -> bytes:
    """A plain text message of about `size` octets with CRLF line ends; no line begins with a dot."""
    seed = hashlib.blake2b(f"{salt}/{number}".encode(), digest_size=16).hexdigest()
    head = (
        f"From: Sender {number % 97} <sender{number % 97}@remote.example>\r\n"
        f"To: <bench@bench.example>\r\n"
        f"Subject: {_word(number).decode()} {_word(number // 7).decode()} no. {number}\r\n"
        "Date: Fri, 20 Nov 2026 10:00:00 +0000\r\n"
        f"Message-ID: <{seed}@remote.example>\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "\r\n"
    ).encode()
    return head + _body(number, max(0, size - len(head)))


def _word(number: int) -> bytes:
    return _WORDS[number % len(_WORDS)]


def _body(number: int, size: int) -> bytes:
    lines: list[bytes] = []
    left = size
    at = number
    while left > 0:
        line = b" ".join(_word(at + step * (at % 5 + 1)) for step in range(_LINE_WORDS)) + b"\r\n"
        lines.append(line)
        left -= len(line)
        at += 1
    return b"".join(lines)
