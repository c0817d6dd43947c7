"""Confirming at once what was received, where more must come before there is an answer."""

import asyncio
import socket
from contextlib import suppress
from typing import Final

_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
"""Linux alone has it."""


def acknowledge(transport: asyncio.BaseTransport) -> None:
    """Tell the peer now that its octets are here; to be called while the end of something is missing.

    A client that writes the end apart keeps it back until the rest is confirmed (RFC 896), and the system
    delays that for up to 40 ms to send it along with an answer (RFC 1122 §4.2.3.2), of which there is none.
    Does nothing where the system knows no such wish or the connection is closed.
    """
    stream = transport.get_extra_info("socket")
    if stream is None or _QUICKACK is None:
        return
    with suppress(OSError):
        stream.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
