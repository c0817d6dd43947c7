"""Listening sockets: one port on every address, or an error that says which could not be had."""

import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from mailcore.errors import ErrorKind, MailError

_NO_SUCH_FAMILY: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen(addresses: Sequence[str], port: int, opened: ExitStack) -> list[socket.socket]:
    """Bound sockets, closed by `opened`; with port 0 all get the free one of the first.

    `::` is left out where the machine has no IPv6, unless nothing else is wanted. Raises UNAVAILABLE
    `cannot_listen` with the address and what to do.
    """
    sockets: list[socket.socket] = []
    missing: MailError | None = None
    for address in addresses:
        try:
            bound = _bind(address, port)
        except OSError as error:
            failure = _cannot_listen(address, port, error)
            if address == "::" and error.errno in _NO_SUCH_FAMILY:
                missing = failure
                continue
            raise failure from error
        opened.callback(bound.close)
        sockets.append(bound)
        port = bound.getsockname()[1]
    if missing is not None and not sockets:
        raise missing
    return sockets


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # The loop of asyncio sets TCP_NODELAY only where the protocol is named.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((address, port))
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


def _cannot_listen(address: str, port: int, error: OSError) -> MailError:
    fix = "Stop the other server, or choose ports with ports.offset"
    if error.errno == errno.EACCES:
        fix = "Grant CAP_NET_BIND_SERVICE, or choose ports with ports.offset"
    elif error.errno in _NO_SUCH_FAMILY:
        fix = "Set server.listen to an address of this machine"
    shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return MailError(
        ErrorKind.UNAVAILABLE,
        f"cannot listen on {shown}: {error.strerror or error}",
        code="cannot_listen",
        fix=fix,
    )
