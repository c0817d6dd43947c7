"""A real IMAP server over a real store in a temporary folder, and a client that shows every octet."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from imapd.server import ImapServer
from mailcore.accounts import Accounts, NewAgent
from mailcore.clock import Clock, SystemClock
from mailcore.config import Config, parse
from mailcore.credentials import OPERATOR, Credentials, ServerSecrets, Throttle
from mailcore.delivery import Delivery, Target
from mailcore.ids import DomainId, new_id
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.metrics import Metrics
from mailcore.model import Direction, Domain, DomainStatus, Flag, Inbox
from mailcore.net import tls
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Placed, Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.build import audit

RAW = b"From: Ann <ann@outside.test>\r\nTo: mia@here.test\r\nSubject: Hello\r\n\r\nHello.\r\n"
_PATIENCE = 60
"""Seconds for what a server that lives says; a busy machine may take a while."""
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n\Z")


@dataclass(kw_only=True)
class Live:
    """The running server and what tests need of its inside."""

    server: ImapServer
    stores: Stores
    accounts: Accounts
    mailboxes: Mailboxes
    delivery: Delivery
    clock: Clock
    ca_file: Path
    inbox: Inbox
    username: str
    password: str
    api_key: str
    clients: list["Client"] = field(default_factory=list)

    async def connect(self, *, is_tls: bool = True) -> "Client":
        """A connection whose greeting was read."""
        context = tls.client_context(ca_file=self.ca_file, is_verified=True) if is_tls else None
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.server.ports["imaps" if is_tls else "imap"],
            ssl=context,
            server_hostname="localhost" if is_tls else None,
            limit=2**24,
        )
        client = Client(reader, writer)
        self.clients.append(client)
        client.greeting = await client.line()
        return client

    async def login(self, mailbox: str = "") -> "Client":
        """A client that is logged in and has a mailbox selected, if one is named."""
        client = await self.connect()
        await client.ok(f'LOGIN "{self.username}" "{self.password}"')
        if mailbox:
            await client.ok(f"SELECT {mailbox}")
        return client

    async def deliver(
        self, raw: bytes = RAW, *, mailbox: str = "INBOX", flags: Flag | None = None
    ) -> Placed:
        """Put a message into a mailbox as an arrival does."""
        target = Target(inbox_id=self.inbox.id, mailbox=mailbox, flags=flags or Flag(0))
        (placed,) = await self.delivery.deliver(
            raw, [target], internal_date=self.clock.now(), direction=Direction.INBOUND
        )
        return placed


class Client:
    """An IMAP client that sends what it is told and returns what it reads."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.greeting = b""
        self._number = 0

    async def line(self) -> bytes:
        """The next response without its CRLF, literals included."""
        pieces: list[bytes] = []
        async with asyncio.timeout(_PATIENCE):
            while True:
                piece = await self.reader.readuntil(b"\r\n")
                pieces.append(piece)
                match = _LITERAL.search(piece)
                if match is None:
                    return b"".join(pieces).removesuffix(b"\r\n")
                pieces.append(await self.reader.readexactly(int(match[1])))

    async def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)
        await self.writer.drain()

    async def command(self, text: str | bytes) -> list[bytes]:
        """Send a command and return every response; the last is the tagged one without its tag."""
        self._number += 1
        tag = b"t%d" % self._number
        encoded = text if isinstance(text, bytes) else text.encode("utf-8")
        await self.send(tag + b" " + encoded + b"\r\n")
        return await self.until(tag)

    async def until(self, tag: bytes) -> list[bytes]:
        """Responses up to the tagged one."""
        said: list[bytes] = []
        while True:
            line = await self.line()
            if line.startswith(tag + b" "):
                return [*said, line.removeprefix(tag + b" ")]
            said.append(line)

    async def ok(self, text: str | bytes) -> list[bytes]:
        """A command that must succeed; its untagged responses and the final OK."""
        said = await self.command(text)
        assert said[-1].startswith(b"OK"), said[-1]
        return said

    async def append(self, raw: bytes, mailbox: str = "INBOX", arguments: str = "") -> bytes:
        """APPEND with a non-synchronizing literal; the tagged answer."""
        head = f"APPEND {mailbox} {arguments}{{{len(raw)}+}}\r\n"
        return (await self.command(head.encode() + raw))[-1]

    async def is_closed(self) -> bool:
        """Whether the server has nothing more to say."""
        async with asyncio.timeout(_PATIENCE):
            return await self.reader.read() == b""

    async def start_tls(self, ca_file: Path) -> None:
        """Shake hands after the OK to STARTTLS."""
        context = tls.client_context(ca_file=ca_file, is_verified=True)
        await self.writer.start_tls(context, server_hostname="localhost")


def config(data_dir: Path, **imap: int) -> Config:
    """A configuration for tests, with `[imap]` keys of the caller's."""
    return parse(
        {
            "server": {
                "domain": "here.test",
                "hostname": "mail.here.test",
                "owner": "you@outside.test",
                "data_dir": str(data_dir),
                "listen": ["127.0.0.1"],
            },
            "imap": imap,
            "shutdown": {"grace_seconds": 1},
        },
        {},
        base_dir=data_dir,
    )


@asynccontextmanager
async def live(
    data_dir: Path, *, tls_context: ssl.SSLContext | None = None, **imap: int
) -> AsyncIterator[Live]:
    """A running server with one agent, `mia@here.test`."""
    clock = SystemClock()
    settings = config(data_dir, **imap)
    cert, key = tls.self_signed("mail.here.test", ["mail.here.test"], data_dir)
    ServerSecrets.create(data_dir / "server.key")
    secrets = ServerSecrets.load(data_dir / "server.key")
    lay_out(data_dir)
    maildir = Maildir(data_dir)
    async with SqliteStore.open(data_dir, maildir, clock) as stores, asyncio.TaskGroup() as tasks:
        accounts = Accounts(
            store=stores.accounts,
            policy=stores.policy,
            secrets=secrets,
            config=settings,
            clock=clock,
        )
        await stores.accounts.create_domain(_domain(clock), (), audit())
        created = await accounts.create_agent(OPERATOR, NewAgent(name="mia"))
        delivery = Delivery(mail=stores.mail)
        mailboxes = Mailboxes(
            mail=stores.mail,
            accounts=stores.accounts,
            blobs=stores.blobs,
            delivery=delivery,
            clock=clock,
        )
        journal = Journal(store=stores.journal, wakeups=stores.wakeups)
        server = ImapServer(
            config=settings,
            credentials=Credentials(
                accounts=stores.accounts,
                secrets=secrets,
                throttle=Throttle(clock, 10),
                clock=clock,
            ),
            mailboxes=mailboxes,
            journal=journal,
            metrics=Metrics(),
            tls_context=tls_context or tls.server_context(cert, key),
            bind={"imap": 0, "imaps": 0},
        )
        running = tasks.create_task(journal.run())
        async with server.listening():
            one = Live(
                server=server,
                stores=stores,
                accounts=accounts,
                mailboxes=mailboxes,
                delivery=delivery,
                clock=clock,
                ca_file=cert,
                inbox=created.inbox,
                username=str(created.inbox.address),
                password=created.password,
                api_key=created.api_key,
            )
            try:
                yield one
            finally:
                for client in one.clients:
                    client.writer.close()
        running.cancel()


def _domain(clock: Clock) -> Domain:
    return Domain(
        id=DomainId(new_id()),
        pod_id=OPERATOR.pod_id,
        name="here.test",
        status=DomainStatus.VERIFIED,
        ownership_token="token",
        created_at=clock.now(),
        verified_at=clock.now(),
    )
