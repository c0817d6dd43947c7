"""A client that sends exactly the octets it is told, for tests of the SMTP edge."""

import asyncio
import socket
import struct
from base64 import b64encode
from types import TracebackType
from typing import Self

from tests.support.smtp_fakes import Setup, client_context

PATIENCE = 60
"""Seconds for what a server that lives says; a busy machine may take a while."""


class Client:
    """One connection. Everything it waits for must come in time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, setup: Setup, door: str = "smtp", *, hello: bool = True) -> Self:
        """Connect; with `hello`, read the greeting and say EHLO."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            setup.server.ports[door],
            ssl=client_context() if door == "submissions" else None,
            limit=1 << 20,
        )
        client = cls(reader, writer)
        if hello:
            await client.reply()
            await client.ask("EHLO client.example")
        return client

    @classmethod
    async def logged_in(cls, setup: Setup) -> Self:
        """A connection to 465 with mia's login."""
        client = await cls.connect(setup, "submissions")
        token = b64encode(b"\0mia@example.org\0s3cret").decode()
        assert (await client.ask(f"AUTH PLAIN {token}")).startswith("235")
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.writer.close()

    async def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)
        await self.writer.drain()

    async def reply(self) -> str:
        """One reply, its lines joined by newlines; empty when the connection has ended."""
        lines: list[str] = []
        while True:
            async with asyncio.timeout(PATIENCE):
                line = (await self.reader.readline()).decode("ascii").removesuffix("\r\n")
            lines.append(line)
            if line[3:4] != "-":
                return "\n".join(lines)

    async def ask(self, command: str) -> str:
        """Send a command, return its reply."""
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    async def transaction(self, *recipients: str, mail_from: str = "ann@remote.example") -> None:
        """MAIL and RCPT, both accepted."""
        assert (await self.ask(f"MAIL FROM:<{mail_from}>")).startswith("250 2.1.0 ")
        for one in recipients or ("mia@example.org",):
            assert (await self.ask(f"RCPT TO:<{one}>")).startswith("250 2.1.5 ")

    async def start_data(self, *recipients: str, mail_from: str = "ann@remote.example") -> None:
        """Everything up to the 354."""
        await self.transaction(*recipients, mail_from=mail_from)
        assert (await self.ask("DATA")).startswith("354 ")

    async def deliver(self, content: bytes) -> str:
        """A whole transaction with content as it goes over the wire, its end included."""
        await self.start_data()
        await self.send(content)
        return await self.reply()

    async def start_tls(self) -> None:
        """STARTTLS and the handshake."""
        assert (await self.ask("STARTTLS")).startswith("220 2.0.0 ")
        await self.start_tls_now()

    async def start_tls_now(self) -> None:
        """The handshake alone."""
        await self.writer.start_tls(client_context())

    async def closed(self) -> bool:
        """Whether the server closes the connection without saying more."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read() == b""
        except ConnectionError:
            return True

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        plain: socket.socket = self.writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
