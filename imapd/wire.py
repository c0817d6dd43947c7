"""Framing: octets in, whole commands out, with literals, limits and continuations. No I/O.

A command is a line, or lines joined by literals `{n}` (RFC 9051 §4.3) and `{n+}` (RFC 7888). What is
inside is the parser's affair. Cost is linear in the octets fed, and what is kept is bounded by the
limits, which are tight until somebody has logged in.
"""

import re
from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
_MARKER: Final = re.compile(rb"\{([0-9]{1,40})(\+?)\}\Z")
_MARKER_OCTETS: Final = 43
_APPEND: Final = re.compile(rb"[^ ]++ (?:append|(?:uid )?replace [^ ]++) ", re.IGNORECASE)
TAG: Final = re.compile(rb"[!#$&',-\[\]-z|}~]{1,255}")
_SKIP_FACTOR: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """What one command may cost; sizes in octets."""

    line_bytes: int
    literal_bytes: int
    literals_bytes: int
    """All literals of a command together, APPEND's message aside."""
    literals: int
    append_bytes: int
    """One message of an APPEND, and half of all of them; 0 treats APPEND like everything else."""


BEFORE_LOGIN: Final = WireLimits(
    line_bytes=8 * KIB, literal_bytes=4 * KIB, literals_bytes=16 * KIB, literals=8, append_bytes=0
)


def after_login(max_append_bytes: int) -> WireLimits:
    """The limits of a session that has logged in."""
    return WireLimits(
        line_bytes=64 * KIB,
        literal_bytes=100 * KIB,
        literals_bytes=KIB * KIB,
        literals=1000,
        append_bytes=max_append_bytes,
    )


class WireError(Exception):
    """The stream cannot be followed any further; `message` goes into the BYE that ends it."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Frame:
    """One command: texts with a literal between each two. There is one more text than literals."""

    texts: tuple[bytes, ...]
    literals: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Continue:
    """The client waits for `+` before it sends a literal."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A command over a limit, skipped whole: answer it with `tag` and go on."""

    tag: bytes
    is_too_big: bool
    message: str


class Framer:
    """Octets of one connection. `feed` as they come, then `next_frame` until it returns None."""

    def __init__(self, limits: WireLimits = BEFORE_LOGIN) -> None:
        self.limits = limits
        self._buffer = bytearray()
        self._scanned = 0
        self._texts: list[bytes] = []
        self._text_bytes = 0
        self._literals: list[bytes] = []
        self._literal_bytes = 0
        self._message_bytes = 0
        self._chunks: list[bytes] | None = None
        self._missing = 0
        self._refused: Refused | None = None
        self._skipped = 0

    @property
    def buffered(self) -> int:
        """Octets fed and not yet taken; what back-pressure goes by."""
        return len(self._buffer)

    @property
    def is_partial(self) -> bool:
        """Whether the beginning of something was fed and its end was not."""
        return bool(self._buffer or self._texts) or self._refused is not None

    def feed(self, octets: bytes) -> None:
        """Take octets from the network."""
        self._buffer += octets

    def take_all(self) -> bytes:
        """What was fed and not yet taken: octets that came behind the change to compression."""
        rest = bytes(self._buffer)
        self.clear()
        return rest

    def clear(self) -> None:
        """Forget everything unread: plaintext sent ahead of TLS (RFC 9051 §6.2.1)."""
        self._buffer.clear()
        self._reset()

    def next_frame(self) -> Frame | Continue | Refused | None:
        """The next thing to act on, or None until more is fed. Raises WireError."""
        while True:
            if self._chunks is not None and not self._take_literal():
                return None
            line = self._take_line()
            if line is None:
                return None
            step = self._end_line(line)
            if step is not None:
                return step

    def next_line(self) -> bytes | None:
        """The next line by itself: an answer to a challenge, or DONE. Raises WireError."""
        newline = self._buffer.find(b"\n", self._scanned)
        if max(newline, len(self._buffer) if newline < 0 else 0) > self.limits.line_bytes:
            raise WireError("the line is too long")
        if newline < 0:
            self._scanned = len(self._buffer)
            return None
        return self._cut(newline)

    def _cut(self, newline: int) -> bytes:
        line = bytes(self._buffer[:newline])
        del self._buffer[: newline + 1]
        self._scanned = 0
        return line[:-1] if line.endswith(b"\r") else line

    def _take_line(self) -> bytes | None:
        newline = self._buffer.find(b"\n", self._scanned)
        length = len(self._buffer) if newline < 0 else newline
        if self._text_bytes + length > self.limits.line_bytes + 2:
            self._refuse(bytes(self._buffer[:300]), "the command line is too long")
        if newline >= 0:
            return self._cut(newline)
        if self._refused is not None and length > _MARKER_OCTETS:
            self._skip(length - _MARKER_OCTETS)
            del self._buffer[: length - _MARKER_OCTETS]
        self._scanned = len(self._buffer)
        return None

    def _end_line(self, line: bytes) -> Frame | Continue | Refused | None:
        self._skip(len(line) if self._refused else 0)
        marker = _MARKER.search(line, max(0, len(line) - _MARKER_OCTETS))
        if marker is None:
            return self._end_command(line)
        text = line[: marker.start()]
        self._keep_text(text)
        size, is_waiting = int(marker[1]), not marker[2]
        if self._refused is None and (problem := self._check_literal(size)):
            self._refuse(text, problem, is_too_big=True)
            if not is_waiting:
                raise WireError(problem)
        if self._refused is not None:
            if is_waiting:
                return self._end_refused(self._refused)
            if size > self.limits.literals_bytes:
                raise WireError("the literal is too big")
            self._skip(size)
        self._chunks, self._missing = [], size
        return Continue() if is_waiting else None

    def _check_literal(self, size: int) -> str:
        """Why a literal of this size is refused here, or empty."""
        if len(self._literals) >= self.limits.literals:
            return "the command has too many literals"
        if self.limits.append_bytes and self._is_message():
            if size > self.limits.append_bytes:
                return f"a message has at most {self.limits.append_bytes} octets"
            self._message_bytes += size
            is_too_much = self._message_bytes > 2 * self.limits.append_bytes
            return "the messages are too big together" if is_too_much else ""
        if size > self.limits.literal_bytes:
            return f"a literal has at most {self.limits.literal_bytes} octets here"
        self._literal_bytes += size
        if self._literal_bytes > self.limits.literals_bytes:
            return "the literals of the command are too big together"
        return ""

    def _is_message(self) -> bool:
        """Whether the literal that begins now is the message of an APPEND or REPLACE, not its mailbox."""
        match = _APPEND.match(self._texts[0])
        if match is None:
            return False
        return len(self._texts) > 1 or match.end() < len(self._texts[0])

    def _take_literal(self) -> bool:
        """Move what has arrived of the literal; whether it is complete."""
        chunks = self._chunks
        if chunks is None:
            return True
        if self._missing:
            chunk = bytes(self._buffer[: self._missing])
            del self._buffer[: self._missing]
            self._missing -= len(chunk)
            if self._refused is None:
                chunks.append(chunk)
            if self._missing:
                return False
        self._chunks = None
        if self._refused is None:
            self._literals.append(chunks[0] if len(chunks) == 1 else b"".join(chunks))
        return True

    def _keep_text(self, text: bytes) -> None:
        self._text_bytes += len(text)
        if self._refused is None:
            self._texts.append(text)

    def _end_command(self, text: bytes) -> Frame | Refused:
        if self._refused is not None:
            return self._end_refused(self._refused)
        frame = Frame((*self._texts, text), tuple(self._literals))
        self._reset()
        return frame

    def _end_refused(self, refused: Refused) -> Refused:
        self._reset()
        return refused

    def _refuse(self, text: bytes, message: str, *, is_too_big: bool = False) -> None:
        """From here on the command is only followed to its end; nothing of it is kept."""
        if self._refused is None:
            tag = tag_of(self._texts[0] if self._texts else text)
            self._refused = Refused(tag, is_too_big, message)
            self._texts.clear()
            self._literals.clear()

    def _skip(self, octets: int) -> None:
        self._skipped += octets
        if self._skipped > _SKIP_FACTOR * self.limits.line_bytes + self.limits.literals_bytes:
            raise WireError("the command is too long")

    def _reset(self) -> None:
        self._scanned = 0
        self._texts.clear()
        self._text_bytes = 0
        self._literals.clear()
        self._literal_bytes = 0
        self._message_bytes = 0
        self._chunks = None
        self._missing = 0
        self._refused = None
        self._skipped = 0


def tag_of(text: bytes) -> bytes:
    """The tag a line begins with, or `*` when it has none (then the answer is untagged)."""
    match = TAG.match(text)
    if match is None or text[match.end() : match.end() + 1] not in (b" ", b""):
        return b"*"
    return match[0]
