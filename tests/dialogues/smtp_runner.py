r"""Plays SMTP transcripts against a live server.

A transcript is read line by line:

    # …            a comment; empty lines separate
    port smtp      connect to that port (`smtp`, `submission`, `submissions`); must come first
    C: text        the client sends the text and CRLF
    C! text        the client sends the text alone, where \r \n \t \0 \\ \xNN stand for octets
    S: text        the next line of the server begins with the text
    S: /regex/     … or matches the expression whole; named groups can be used later as ${name}
    S* text        the same for the last line of the next reply, however many lines it has
    TLS            the client shakes hands
    END            the server closes and says nothing more
    taken N        so many messages were taken since the start
    raw text       the last message taken is exactly this, with the escapes of `C!`
    envelope F > R, R     the last envelope: sender (`<>` for none) and recipients
"""

import asyncio
import re
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from tests.support.smtp_client import PATIENCE, Client
from tests.support.smtp_fakes import Setup, Taken


@dataclass
class Player:
    """One transcript being played."""

    setup: Setup
    client: Client | None = None
    captured: dict[str, str] = field(default_factory=dict)

    async def play(self, path: Path) -> None:
        """Play a transcript; an assertion names the line that failed."""
        try:
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                await self._play_line(line, f"{path.name}:{number}")
            assert self.client is not None, "the transcript never connects"
        finally:
            if self.client is not None:
                self.client.writer.close()

    async def _play_line(self, line: str, place: str) -> None:
        if not line or line.startswith("#"):
            return
        try:
            await self._step(line)
        except (AssertionError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise AssertionError(f"{place}: {line}\n  {error!r}") from error

    async def _step(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "port":
                self.client = await Client.connect(self.setup, rest, hello=False)
            case "C:":
                await self._connected.send(self._filled(rest).encode() + b"\r\n")
            case "C!":
                await self._connected.send(octets(self._filled(rest)))
            case "S:":
                async with asyncio.timeout(PATIENCE):
                    said = await self._connected.reader.readuntil(b"\r\n")
                self._check(said.decode("ascii").removesuffix("\r\n"), rest)
            case "S*":
                self._check((await self._connected.reply()).rpartition("\n")[2], rest)
            case "TLS":
                await self._connected.start_tls_now()
            case "END":
                assert await self._connected.closed(), "the server said more"
            case "taken":
                assert len(self._taken) == int(rest), f"{len(self._taken)} were taken"
            case "raw":
                assert self._taken[-1].raw == octets(rest), self._taken[-1].raw
            case "envelope":
                assert _shown(self._taken[-1]) == rest, _shown(self._taken[-1])
            case _:
                raise AssertionError("no such instruction")

    @property
    def _connected(self) -> Client:
        assert self.client is not None, "connect first"
        return self.client

    @property
    def _taken(self) -> list[Taken]:
        return self.setup.inbound.taken + self.setup.submission.taken

    def _filled(self, text: str) -> str:
        return Template(text).safe_substitute(self.captured)

    def _check(self, said: str, wanted: str) -> None:
        if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
            found = re.fullmatch(wanted[1:-1], said)
            assert found, f"the server said {said!r}"
            self.captured.update(found.groupdict())
        else:
            assert said.startswith(self._filled(wanted)), f"the server said {said!r}"


def octets(text: str) -> bytes:
    """The octets that a text with escapes stands for."""
    return text.encode("utf-8").decode("unicode_escape").encode("latin-1")


def _shown(taken: Taken) -> str:
    sender = taken.envelope.mail_from or "<>"
    return f"{sender} > {', '.join(str(one) for one in taken.envelope.recipients)}"
