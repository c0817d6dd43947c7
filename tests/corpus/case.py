"""One message of the corpus, and the few ways its makers write one."""

from dataclasses import dataclass
from typing import Final

TO: Final = "mia@example.org"
CRLF: Final = b"\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A message and its name. Bare CR or LF in it means that SMTP refuses it."""

    name: str
    raw: bytes

    @property
    def has_bare_line_end(self) -> bool:
        """Whether a CR or LF stands alone, as no message on the wire may have it."""
        rest = self.raw.replace(b"\r\n", b"")
        return b"\r" in rest or b"\n" in rest


def octets(text: str | bytes) -> bytes:
    """`text` as UTF-8 with CRLF line ends; octets stay as they are."""
    if isinstance(text, bytes):
        return text
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode("utf-8", "surrogateescape")


def letter(
    name: str, body: str | bytes = "Hello.\n", *fields: str | bytes, sender: str = "a@b.example"
) -> Case:
    """A message with the usual four fields, further ones, and a body."""
    usual = (
        f"From: {sender}",
        f"To: {TO}",
        f"Subject: {name}",
        f"Message-ID: <{name.replace(' ', '.')}@corpus.example>",
    )
    return bare(name, body, *usual, *fields)


def bare(name: str, body: str | bytes, *fields: str | bytes) -> Case:
    """A message of exactly these fields."""
    head = b"".join(octets(one) + CRLF for one in fields)
    return Case(name=name, raw=ended(head + CRLF + octets(body)))


def ended(raw: bytes) -> bytes:
    """`raw` with the line end that the wire gives the last line."""
    return raw if raw.endswith(CRLF) else raw + CRLF


def multipart(name: str, body: str | bytes, kind: str = "mixed", boundary: str = "b") -> Case:
    """A message whose body is written as it is, below a multipart type."""
    return letter(
        name, body, "MIME-Version: 1.0", f'Content-Type: multipart/{kind}; boundary="{boundary}"'
    )


def parts(*several: str, boundary: str = "b") -> str:
    """Entities between delimiters."""
    return "".join(f"--{boundary}\n{one}\n" for one in several) + f"--{boundary}--\n"
