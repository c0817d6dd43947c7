"""A client is told that its command still runs (RFC 9585)."""

import asyncio
from dataclasses import replace
from typing import override

from imapd.server import ImapServer
from mailcore.mailboxes import Mailboxes
from mailcore.model import Mailbox
from mailcore.search import SearchNode
from tests.support.imap_live import Live


class Slow(Mailboxes):
    """Searches take until they are let go."""

    released: asyncio.Event

    @override
    async def search(self, mailbox: Mailbox, where: SearchNode) -> tuple[int, ...]:
        await self.released.wait()
        return await super().search(mailbox, where)


def slowed(server: ImapServer, released: asyncio.Event) -> None:
    """New sessions wait in searches, and are told so at once."""
    slow = Slow.__new__(Slow)
    slow.__dict__.update(vars(server._services.mailboxes))
    slow.released = released
    server._services = replace(server._services, mailboxes=slow, progress_seconds=0.01)


async def test_a_search_that_takes_long_says_so_and_then_no_more(server: Live) -> None:
    """The code names the tag; what the client asks next is answered as ever."""
    released = asyncio.Event()
    slowed(server.server, released)
    await server.deliver()
    client = await server.login("INBOX")
    await client.send(b"x1 SEARCH ALL\r\n")
    assert await client.line() == b'* OK [INPROGRESS ("x1" NIL NIL)] still at it'
    assert await client.line() == b'* OK [INPROGRESS ("x1" NIL NIL)] still at it'
    released.set()
    said = [one for one in await client.until(b"x1") if b"INPROGRESS" not in one]
    assert said == [b"* SEARCH 1", b"OK search completed"]
    assert await client.ok("FETCH 1 UID") == [b"* 1 FETCH (UID 1)", b"OK fetched"]
