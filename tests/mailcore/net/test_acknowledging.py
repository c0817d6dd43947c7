"""What was received is confirmed at once where more must come before there is an answer."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from mailcore.net.acknowledging import acknowledge

pytestmark = pytest.mark.skipif(
    not hasattr(socket, "TCP_QUICKACK"), reason="this system does not tell"
)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with (
        closing(socket.create_server(("127.0.0.1", 0))) as listening,
        closing(socket.create_connection(listening.getsockname())) as here,
        closing(listening.accept()[0]) as there,
    ):
        yield here, there


def confirms_at_once(one: socket.socket) -> bool:
    return bool(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK))


async def test_a_conversation_that_waits_with_its_confirmations_confirms_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    here, there = pair
    for _ in range(20):
        here.sendall(b"NOOP\r\n")
        there.recv(100)
        there.sendall(b"OK\r\n")
        here.recv(100)
    there.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    assert not confirms_at_once(there)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, there.dup())
    with closing(transport):
        acknowledge(transport)
        assert confirms_at_once(there)


async def test_a_closed_connection_is_no_error(pair: tuple[socket.socket, socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, pair[1].dup())
    transport.abort()
    await asyncio.sleep(0)
    acknowledge(transport)
