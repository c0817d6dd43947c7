r"""Plays IMAP transcripts against a live server.

A transcript is read line by line:

    # …            a comment; empty lines separate
    port imap      the next connection is made in clear (`imap`) or under TLS (`imaps`, the default)
    C: text        the client sends the text and CRLF; so do `A:` and `B:` for two clients
    C! text        the client sends the text alone, where \r \n \t \0 \\ \xNN stand for octets
    S: text        the next response to the client last named is exactly the text; `A<` and `B<`
                   read for that client
    S: /regex/     … or matches the expression whole; named groups can be used later as ${name}
    S~ text        responses are skipped up to one that begins with the text
    TLS            the client last named shakes hands
    END            the server closes and says nothing more
    deliver NAME   a message arrives in the mailbox
    policy {…}     the owner changes the inbox: an object of JSON with fields of `PolicyChange`

A literal in a response is shown as it is, with CRLF as `\r\n`. A client first named connects; its
greeting is read silently. `${LOGIN}` stands for the user name and password of the inbox, `${BIG}` for 69,900 octets.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from mailcore.store.ports import PolicyChange
from tests.support.build import audit
from tests.support.imap_live import Client, Live


@dataclass
class Player:
    """One transcript being played."""

    live: Live
    clients: dict[str, Client] = field(default_factory=dict)
    captured: dict[str, str] = field(default_factory=dict)
    port: str = "imaps"
    last: str = "C"

    async def play(self, path: Path) -> None:
        """Play a transcript; an assertion names the line that failed."""
        self.captured["LOGIN"] = f'LOGIN "{self.live.username}" "{self.live.password}"'
        self.captured["BIG"] = "x" * 69_900
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if not line or line.startswith("#"):
                continue
            try:
                await self._step(line)
            except (AssertionError, TimeoutError, asyncio.IncompleteReadError) as error:
                raise AssertionError(f"{path.name}:{number}: {line}\n  {error!r}") from error

    async def _step(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        match word:
            case "port":
                self.port = rest
            case "C:" | "A:" | "B:":
                client = await self._client(word[0])
                await client.send(self._filled(rest).encode() + b"\r\n")
            case "C!" | "A!" | "B!":
                await (await self._client(word[0])).send(octets(self._filled(rest)))
            case "S:" | "A<" | "B<":
                client = await self._client(self.last if word == "S:" else word[0])
                self._check(shown(await client.line()), rest)
            case "S~":
                wanted = self._filled(rest)
                while not shown(await self.clients[self.last].line()).startswith(wanted):
                    pass
            case "TLS":
                await self.clients[self.last].start_tls(self.live.ca_file)
            case "END":
                assert await self.clients[self.last].is_closed(), "the server said more"
            case "policy":
                fields = {
                    k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(rest).items()
                }
                store, inbox = self.live.stores.accounts, self.live.inbox
                await store.change_policy(inbox.id, PolicyChange(**fields), audit())
            case "deliver":
                await self.live.deliver(mailbox=rest)
            case _:
                raise AssertionError("no such instruction")

    async def _client(self, name: str) -> Client:
        self.last = name
        if name not in self.clients:
            self.clients[name] = await self.live.connect(is_tls=self.port == "imaps")
        return self.clients[name]

    def _filled(self, text: str) -> str:
        return Template(text).safe_substitute(self.captured)

    def _check(self, said: str, wanted: str) -> None:
        if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
            found = re.fullmatch(wanted[1:-1], said)
            assert found, f"the server said {said!r}"
            self.captured.update(found.groupdict())
        else:
            assert said == self._filled(wanted), f"the server said {said!r}"


def octets(text: str) -> bytes:
    """The octets that a text with escapes stands for."""
    return text.encode("utf-8").decode("unicode_escape").encode("latin-1")


def shown(line: bytes) -> str:
    r"""A response as a transcript writes it."""
    return line.decode("utf-8", "backslashreplace").replace("\r\n", "\\r\\n")
