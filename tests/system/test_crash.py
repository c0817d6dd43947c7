"""What was acknowledged survives kill -9, once."""

import asyncio
import contextlib
import imaplib
import re
import shutil
import signal
import ssl
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from tests.system.conftest import Site

pytestmark = pytest.mark.skipif(
    shutil.which("smtp-source") is None, reason="smtp-source (Debian: postfix) is not installed"
)


class Witness:
    """A relay between client and server that notes the Message-ID of every acknowledged mail."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.acknowledged: list[str] = []
        self.port = 0
        self._some = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            await server.wait_closed()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(200), self._some:
            await self._some.wait_for(lambda: len(self.acknowledged) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent: list[str] = []
        try:
            near, far = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            writer.close()
            return
        with contextlib.suppress(ExceptionGroup, OSError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._up(reader, far, sent))
                group.create_task(self._down(near, writer, sent))
        for one in (writer, far):
            one.close()

    async def _up(
        self, reader: asyncio.StreamReader, far: asyncio.StreamWriter, sent: list[str]
    ) -> None:
        while line := await reader.readline():
            if found := re.match(rb"message-id: <([^>]+)>", line, re.IGNORECASE):
                sent.append(found[1].decode())
            far.write(line)
            await far.drain()
        far.close()

    async def _down(
        self, near: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: list[str]
    ) -> None:
        is_sent = False
        while line := await near.readline():
            if is_sent:  # this answers the message
                one = sent.pop(0)
                if line.startswith(b"250 "):
                    async with self._some:
                        self.acknowledged.append(one)
                        self._some.notify_all()
            is_sent = line.startswith(b"354 ")
            writer.write(line)
            await writer.drain()
        writer.close()
        raise ConnectionResetError


@pytest.mark.timeout(500)
@pytest.mark.parametrize(
    ("rounds", "messages", "connections"),
    [
        (2, 300, 20),
        (2, 200, 1),
        pytest.param(5, 600, 20, marks=pytest.mark.long),
        pytest.param(20, 300, 2, marks=pytest.mark.long),
    ],
)
async def test_kill_nine_under_load_loses_and_doubles_nothing(
    site: Site, rounds: int, messages: int, connections: int
) -> None:
    """Durable before acknowledged, and a kill in every round (product §1.2).

    Of few connections mail goes into the log of arrivals first, of many it does not.
    """
    witness = Witness(site.server.ports["smtp"])
    async with witness.listening():
        for _ in range(rounds):
            before = len(witness.acknowledged)
            client = await asyncio.create_subprocess_exec(
                "smtp-source",
                *("-d", "-s", str(connections), "-m", str(messages), "-l", "4096"),
                *("-f", "load@remote.example", "-t", "mia@example.org"),
                f"127.0.0.1:{witness.port}",
                stderr=asyncio.subprocess.DEVNULL,
            )
            await witness.reach(before + messages // 3)
            await asyncio.to_thread(site.server.stop, signal.SIGKILL)
            await client.wait()
            await asyncio.to_thread(site.server.start)

    acknowledged = Counter(witness.acknowledged)
    assert len(acknowledged) >= rounds * (messages // 3)
    stored = await asyncio.to_thread(message_ids, site)
    assert {one: stored[one] for one in acknowledged if stored[one] != 1} == {}
    assert max(stored.values()) == 1
    checked = await asyncio.to_thread(site.server.json, "check")
    assert checked == {"ok": True, "violations": []}


def message_ids(site: Site) -> Counter[str]:
    """The Message-IDs in mia's mailboxes over IMAP, with how often each is there."""
    context = ssl.create_default_context(cafile=site.server.made["ca_file"])
    context.check_hostname = False
    found: Counter[str] = Counter()
    with imaplib.IMAP4_SSL("127.0.0.1", site.server.ports["imaps"], ssl_context=context) as client:
        client.login(site.mia["inbox"]["username"], site.mia["inbox"]["password"])
        for mailbox in ("INBOX", "Junk"):
            client.select(mailbox, readonly=True)
            _, rows = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
            for row in rows:
                if isinstance(row, tuple):
                    ids = re.findall(rb"<([^>]+)>", row[1])
                    found.update(one.decode() for one in ids)
    return found
