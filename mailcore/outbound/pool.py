"""Connections that wait for the next message, and how many there are to one address.

Nothing here waits for a goodbye: what is not taken again is told QUIT by a timer.
"""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from mailcore.outbound.connecting import Connection, Target
from mailcore.outbound.transfer import Reuse, Timeouts

MAX_IDLE: Final = 100
"""Connections that wait at once, to all hosts together."""


@dataclass(frozen=True, slots=True)
class _Idle:
    connection: Connection
    timer: asyncio.TimerHandle


class Pool:
    """Idle connections by target, and the places at each address."""

    def __init__(self, reuse: Reuse, timeouts: Timeouts) -> None:
        self._reuse = reuse
        self._timeouts = timeouts
        self._idle: dict[Target, deque[_Idle]] = {}
        self._count = 0
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._leaving: set[Connection] = set()
        self._is_closed = False

    async def enter(self, address: str) -> None:
        """Take a place at an address, when there is one; first come, first served."""
        while self._is_full(address):
            future = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(address, deque()).append(future)
            try:
                await future
            except asyncio.CancelledError:
                if not future.cancelled():
                    self._wake(address)
                raise
        self._busy[address] += 1

    def leave(self, address: str) -> None:
        """Give the place back."""
        self._busy[address] -= 1
        if not self._busy[address]:
            del self._busy[address]
        self._wake(address)

    def full(self) -> tuple[str, ...]:
        """The addresses at which no further message can begin."""
        return tuple(one for one in self._busy if self._is_full(one))

    def _is_full(self, address: str) -> bool:
        return self._busy[address] >= self._reuse.max_per_host

    def take(self, target: Target) -> Connection | None:
        """The connection that was used last, if one is still good."""
        waiting = self._idle.get(target)
        while waiting:
            idle = waiting.pop()
            self._forget(target, idle)
            if idle.connection.channel.is_usable:
                return idle.connection
            idle.connection.channel.abort()
        return None

    def give(self, connection: Connection) -> None:
        """Keep a connection for the next message, or say goodbye."""
        is_good = connection.channel.is_usable and not self._is_closed
        if (
            not is_good
            or connection.carried >= self._reuse.max_messages
            or not self._reuse.idle_seconds
            or self._count >= MAX_IDLE
        ):
            self._quit(connection)
            return
        target = connection.target
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._reuse.idle_seconds, self._expire, connection)
        self._idle.setdefault(target, deque()).append(_Idle(connection, timer))
        self._count += 1

    async def close(self) -> None:
        """Say goodbye to everyone, and wait for them as long as for any."""
        self._is_closed = True
        for waiting in list(self._idle.values()):
            for idle in waiting:
                idle.timer.cancel()
                self._quit(idle.connection)
        self._idle.clear()
        self._count = 0
        for connection in tuple(self._leaving):
            await connection.channel.closed

    def _expire(self, connection: Connection) -> None:
        target = connection.target
        for idle in tuple(self._idle.get(target, ())):
            if idle.connection is connection:
                self._idle[target].remove(idle)
                self._forget(target, idle)
        self._quit(connection)

    def _forget(self, target: Target, idle: _Idle) -> None:
        idle.timer.cancel()
        self._count -= 1
        if not self._idle[target]:
            del self._idle[target]

    def _quit(self, connection: Connection) -> None:
        self._leaving.add(connection)
        connection.channel.closed.add_done_callback(lambda _: self._leaving.discard(connection))
        connection.channel.quit(self._timeouts.quit_seconds)

    def _wake(self, address: str) -> None:
        waiting = self._waiting.get(address)
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
                break
        if not waiting:
            self._waiting.pop(address, None)


class Stay:
    """Where one message is: a place at one address at a time, and the connection used there."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._address = ""
        self.connection: Connection | None = None

    async def enter(self, address: str) -> None:
        """Leave the address before and take a place at this one."""
        self.leave()
        await self._pool.enter(address)
        self._address = address

    def leave(self) -> None:
        """Hand the connection on to the next message and free the place."""
        if self.connection is not None:
            self._pool.give(self.connection)
            self.connection = None
        if self._address:
            self._pool.leave(self._address)
            self._address = ""
