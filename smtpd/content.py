"""Receiving the content of a message: after 354 to the true end of data, or in chunks of known size.

After DATA only CRLF.CRLF ends it (RFC 5321 §4.1.1.4), and leading dots are removed (§4.5.2). Chunks of
BDAT (RFC 3030) are taken as they are: no octets in them end anything. Bare CR and LF, excess size and
missing room are remembered, not acted on: the decision falls after the end, so that client and
server never disagree about where the next command starts. Works in large pieces, never line by line;
every octet is looked at a fixed number of times; nothing is kept past the limits. Knows no sockets.
"""

from enum import Enum, auto
from typing import Final

from smtpd.room import Room

_END: Final = b"\r\n.\r\n"
_STUFFED: Final = b"\r\n."
_HEADER_END: Final = b"\r\n\r\n"
_CHUNK_CONTEXT: Final = 3
"""Octets of what came before in which the end of the header can have begun."""
_SEEN: Final = 2
"""Octets at the start of the window that are counted already: context for what follows."""


class Fault(Enum):
    """Why content is not taken; the first one found stands."""

    TOO_BIG = auto()
    BARE_LINE_END = auto()
    NO_ROOM = auto()


class _Kept:
    """The octets kept so far, as long as nothing is wrong with them."""

    def __init__(self, max_bytes: int, room: Room) -> None:
        self._max_bytes = max_bytes
        self._room = room
        self._stored = bytearray()
        self.fault: Fault | None = None

    def add(self, octets: bytes | memoryview) -> None:
        """Keep more octets, if they fit."""
        if self.fault is not None:
            return
        if len(self._stored) + len(octets) > self._max_bytes:
            self.refuse(Fault.TOO_BIG)
        elif not self._room.take(len(octets)):
            self.refuse(Fault.NO_ROOM)
        else:
            self._stored += octets

    def refuse(self, fault: Fault) -> None:
        """Keep nothing from now on."""
        self.fault = self.fault or fault
        self._stored = bytearray()
        self._room.release()

    def raw(self) -> bytes:
        """The message; may be called once."""
        raw = bytes(self._stored)
        self._stored = bytearray()
        return raw


class ContentReceiver:
    """Takes what follows DATA piece by piece."""

    def __init__(self, max_bytes: int, room: Room) -> None:
        self._window = b"\r\n"
        """What could still be part of the end, after `_SEEN` octets of context. The first context
        is the CRLF of the DATA line, which makes an immediate lone dot the end of an empty message."""
        self._kept = _Kept(max_bytes, room)

    @property
    def fault(self) -> Fault | None:
        """What is wrong so far."""
        return self._kept.fault

    def feed(self, octets: bytes) -> bytes | None:
        """Take what arrived; the octets after the end of data once it is there, else None."""
        window = self._window + octets
        dot = window.find(_STUFFED)
        found = window.find(_END, dot) if dot >= 0 else -1
        if found >= 0:
            self._take(window, found + 2, dot)
            self._window = b""
            return window[found + len(_END) :]
        end = max(_SEEN, len(window) - len(_END) + 1)
        self._take(window, end, dot)
        self._window = window[end - _SEEN :]
        return None

    def raw(self) -> bytes:
        """The message, once the end has come and nothing is wrong with it; may be called once."""
        return self._kept.raw()

    def _take(self, window: bytes, end: int, dot: int) -> None:
        """Keep the window up to `end`; `dot` is where the first line begins with one, or below 0."""
        kept = self._kept
        if kept.fault is not None:
            return
        if _has_bare_line_end(window, end):
            kept.refuse(Fault.BARE_LINE_END)
        elif 0 <= dot <= end - len(_STUFFED):
            kept.add(window[:end].replace(_STUFFED, b"\r\n")[_SEEN:])
        else:
            kept.add(memoryview(window)[_SEEN:end])


class ChunkReceiver:
    """Takes the chunks of BDAT; with `is_binary` the body may hold any octets (RFC 3030 §3).

    The header section is lines in any case.
    """

    def __init__(self, max_bytes: int, room: Room, *, is_binary: bool) -> None:
        self._is_binary = is_binary
        self._is_in_body = False
        self._context = b"\r\n"
        self._kept = _Kept(max_bytes, room)

    @property
    def fault(self) -> Fault | None:
        """What is wrong so far."""
        return self._kept.fault

    def feed(self, octets: bytes) -> None:
        """Take the next octets, wherever chunks or packets were cut."""
        window = self._context + octets
        if not (self._is_binary and self._is_in_body):
            self._check(window)
        self._context = window[-_CHUNK_CONTEXT:]
        self._kept.add(octets)

    def finish(self) -> None:
        """The last chunk has come whole."""
        is_line_based = not (self._is_binary and self._is_in_body)
        if is_line_based and self._context.endswith(b"\r"):
            self._kept.refuse(Fault.BARE_LINE_END)

    def raw(self) -> bytes:
        """The message, after `finish` and without a fault; may be called once."""
        return self._kept.raw()

    def _check(self, window: bytes) -> None:
        start = len(self._context)
        end = len(window)
        if self._is_binary and (found := window.find(_HEADER_END)) >= 0:
            self._is_in_body = True
            end = found + len(_HEADER_END)
        if _has_bare_line_end(window, end, start):
            self._kept.refuse(Fault.BARE_LINE_END)


def _has_bare_line_end(window: bytes, end: int, start: int = _SEEN) -> bool:
    """Whether a CR or LF from `start` to `end` stands alone.

    A CR just before `end` is judged next time. Nothing stands alone when the octets are what their lines
    become with CRLF between them: two passes at the speed of memory, where counting takes three slow ones.
    """
    if window[end - 1 : end] == b"\r":
        end -= 1
    octets = window[start - (window[start - 1 : start] == b"\r") : end]
    return octets.replace(b"\r", b"").replace(b"\n", b"\r\n") != octets
