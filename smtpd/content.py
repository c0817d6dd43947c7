"""Receiving the content of a message: from the octets after 354 to the true end of data.

Only CRLF.CRLF ends it (RFC 5321 §4.1.1.4). Leading dots are removed (§4.5.2), nothing else changes.
Bare CR and LF and excess size are remembered, not acted on: the decision falls after the end, so
that client and server never disagree about where the next command starts. Works in large pieces,
never line by line; every octet is looked at a fixed number of times; nothing is kept past the limit.
Knows no sockets.
"""

from typing import Final

_END: Final = b"\r\n.\r\n"
_STUFFED: Final = b"\r\n."
_SEEN: Final = 2
"""Octets at the start of the window that are counted already: context for what follows."""


class ContentReceiver:
    """Takes content piece by piece."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._window = b"\r\n"
        """What could still be part of the end, after `_SEEN` octets of context. The first context
        is the CRLF of the DATA line, which makes an immediate lone dot the end of an empty message."""
        self._stored = bytearray()
        self.has_bare_line_end = False
        self.is_too_big = False

    def feed(self, octets: bytes) -> bytes | None:
        """Take what arrived; the octets after the end of data once it is there, else None."""
        window = self._window + octets
        found = window.find(_END)
        if found >= 0:
            self._take(window, found + 2)
            self._window = b""
            return window[found + len(_END) :]
        end = max(_SEEN, len(window) - len(_END) + 1)
        self._take(window, end)
        self._window = window[end - _SEEN :]
        return None

    def raw(self) -> bytes:
        """The message, once the end has come and nothing is wrong with it; may be called once."""
        raw = bytes(self._stored)
        self._stored = bytearray()
        return raw

    def _take(self, window: bytes, end: int) -> None:
        if self.is_too_big or self.has_bare_line_end:
            return
        if _has_bare_line_end(window, end):
            self.has_bare_line_end = True
        elif window.find(_STUFFED, 0, end) >= 0:
            self._stored += window[:end].replace(_STUFFED, b"\r\n")[_SEEN:]
        else:
            self._stored += memoryview(window)[_SEEN:end]
        self.is_too_big = len(self._stored) > self._max_bytes
        if self.is_too_big or self.has_bare_line_end:
            self._stored = bytearray()


def _has_bare_line_end(window: bytes, end: int) -> bool:
    """Whether a CR or LF before `end` stands alone. A CR just before `end` is judged next time."""
    pairs = window.count(b"\r\n", _SEEN - 1, end)
    return (
        window.count(b"\n", _SEEN, end) != pairs or window.count(b"\r", _SEEN - 1, end - 1) != pairs
    )
