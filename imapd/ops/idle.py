"""IDLE (RFC 2177): tell changes as they happen, until DONE.

What follows DONE in the same packet is the next command and stays in the framer: iOS 18 sends it
so. A line goes out every two minutes, so that routers keep the connection.
"""

import asyncio
from typing import Final

from imapd.connection import Disconnected, Silence
from imapd.ops import notices
from imapd.ops.outcome import Outcome, done, wrong
from imapd.session import Session

KEEPALIVE_SECONDS: Final = 120.0


async def idle(session: Session) -> Outcome:
    """Until DONE. Raises Silence at the session's idle limit."""
    framer = session.connection.framer
    session.write(b"+ idling\r\n")
    await session.sync(may_expunge=True)
    await notices.show_arrived(session)
    deadline = asyncio.get_running_loop().time() + session.services.idle_timeout_seconds
    while True:
        line = framer.next_line()
        if line is not None:
            return done("idle ended") if line.strip().upper() == b"DONE" else wrong("expected DONE")
        if await notices.tell(session, is_idle=True):
            continue
        await _wait(session, deadline)
        if session.is_over:
            raise Disconnected


async def _wait(session: Session, deadline: float) -> None:
    """Wait for a sign. Raises Silence at the deadline."""
    left = deadline - asyncio.get_running_loop().time()
    try:
        await session.connection.wait(min(KEEPALIVE_SECONDS, max(left, 0)))
    except Silence:
        if left <= KEEPALIVE_SECONDS:
            raise
        session.write(b"* OK still here\r\n")
        await session.connection.drain()
