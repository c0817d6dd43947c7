"""A mail host that answers as told, connection by connection, and keeps what it took."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HANG_UP = "!"
"""Close the connection instead of an answer."""
SILENCE = "?"
"""Never answer."""


@dataclass(frozen=True, kw_only=True)
class Says:
    """What one connection hears. A reply is a line, several lines, HANG_UP or SILENCE."""

    greeting: str = "220 mx ready"
    ehlo: str = "250-mx\n250-8BITMIME\n250 PIPELINING"
    helo: str = "250 mx"
    starttls: str = "220 go ahead"
    auth: str = "235 2.7.0 welcome"
    mail: str = "250 2.1.0 ok"
    mail_again: str = ""
    """The reply to MAIL once a message was taken on this connection, when it is another."""
    rcpt: str = "250 2.1.5 ok"
    rcpt_of: Mapping[str, str] = field(default_factory=dict)
    """The reply for recipients whose address begins so."""
    data: str = "354 go ahead"
    dot: str = "250 2.0.0 kept"
    dot_again: str = ""
    """The reply to the second message and those after it, when it is another."""
    rset: str = "250 2.0.0 ok"
    is_kept: bool | None = None
    """Whether the message is taken; None follows the reply to the dot."""
    context: ssl.SSLContext | None = None


class ScriptedHost:
    """Plays what it was given, a connection each; those after it are told `otherwise`."""

    def __init__(self) -> None:
        self._open: set[asyncio.StreamWriter] = set()
        self.play()

    def play(self, script: Sequence[Says] = (), otherwise: Says | None = None) -> None:
        """Begin anew with another script."""
        self._script = iter(script)
        self._otherwise = otherwise or Says()
        self.kept: list[tuple[str, ...]] = []
        """The recipients of every message taken, in order."""
        self.heard: list[list[str]] = []
        """The commands of every connection."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        says = next(self._script, self._otherwise)
        commands: list[str] = []
        self.heard.append(commands)
        self._open.add(writer)
        try:
            await self._converse(says, commands, reader, writer)
        except (OSError, EOFError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self._open.discard(writer)
            await _end(writer)

    async def close(self) -> None:
        """End what is still open."""
        for writer in tuple(self._open):
            await _end(writer)

    async def _converse(
        self,
        says: Says,
        commands: list[str],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        recipients: list[str] = []
        taken = 0
        await _say(says.greeting, reader, writer)
        while line := (await reader.readline()).decode("latin-1").rstrip("\r\n"):
            commands.append(line)
            verb = line.partition(" ")[0].upper()
            if verb == "STARTTLS":
                await _say(says.starttls, reader, writer)
                if says.context is not None:
                    await writer.start_tls(says.context)
            elif verb == "RCPT":
                address = line.partition("<")[2].rstrip(">")
                reply = _reply_for(says, address)
                if reply.startswith("2"):
                    recipients.append(address)
                await _say(reply, reader, writer)
            elif verb == "DATA":
                taken += await self._content(says, recipients, taken, reader, writer)
            elif verb == "AUTH":
                if line.upper() == "AUTH LOGIN":
                    await _ask(commands, reader, writer)
                await _say(says.auth, reader, writer)
            elif verb == "QUIT":
                await _say("221 2.0.0 bye", reader, writer)
                return
            else:
                if verb in ("MAIL", "RSET"):
                    recipients = []
                again = says.mail_again if taken and verb == "MAIL" else ""
                await _say(again or _other(says, verb), reader, writer)

    async def _content(
        self,
        says: Says,
        recipients: list[str],
        taken: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """DATA and what follows; whether the message was taken."""
        await _say(says.data, reader, writer)
        if not says.data.startswith("3"):
            return False
        await reader.readuntil(b"\r\n.\r\n")
        dot = (taken and says.dot_again) or says.dot
        is_kept = says.is_kept or (says.is_kept is None and dot.startswith("2"))
        if is_kept:
            self.kept.append(tuple(recipients))
        await _say(dot, reader, writer)
        return is_kept


async def _ask(
    commands: list[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """The name and the password, in two steps."""
    for prompt in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
        await _say(prompt, reader, writer)
        commands.append((await reader.readline()).decode().strip())


def _reply_for(says: Says, address: str) -> str:
    return next((one for key, one in says.rcpt_of.items() if address.startswith(key)), says.rcpt)


def _other(says: Says, verb: str) -> str:
    known = {"EHLO": says.ehlo, "HELO": says.helo, "MAIL": says.mail, "RSET": says.rset}
    return known.get(verb, "500 5.5.2 what?")


async def _say(reply: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    if reply == HANG_UP:
        raise EOFError
    if reply == SILENCE:
        await reader.read()
        raise EOFError
    writer.write(reply.replace("\n", "\r\n").encode() + b"\r\n")
    await writer.drain()


@asynccontextmanager
async def scripted_host() -> AsyncIterator[tuple[ScriptedHost, int]]:
    """The host and its port on 127.0.0.1."""
    host = ScriptedHost()
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    try:
        yield host, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await host.close()
        await server.wait_closed()


async def _end(writer: asyncio.StreamWriter) -> None:
    """Close; a client that does not answer the end of TLS is cut off."""
    writer.close()
    try:
        async with asyncio.timeout(2):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
