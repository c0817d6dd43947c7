"""Drives a Mozilla program from outside by its remote protocol: scripts with all of its rights."""

import asyncio
import json
from pathlib import Path
from typing import Any

PORT_FILE = "MarionetteActivePort"


class Marionette:
    """One session. Packets are `LENGTH:[type, id, name, parameters]`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    @classmethod
    async def connect(cls, profile: Path) -> "Marionette":
        """Wait until the program listens, and begin a session."""
        while True:
            try:
                port = int((profile / PORT_FILE).read_text())
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
                break
            except (OSError, ValueError):
                await asyncio.sleep(0.2)
        one = cls(reader, writer)
        try:
            await one._packet()
            await one.command("WebDriver:NewSession", {})
            await one.command("Marionette:SetContext", {"value": "chrome"})
            await one.command("WebDriver:SetTimeouts", {"script": 60_000})
        except BaseException:
            one.close()
            raise
        return one

    async def run(self, script: str, *arguments: object) -> Any:
        """The value of the body of an async function."""
        answer = await self.command(
            "WebDriver:ExecuteAsyncScript",
            {
                "script": "const done = arguments[arguments.length - 1];"
                "const given = Array.from(arguments).slice(0, -1);"
                "(async (...args) => {" + script + "})(...given)"
                ".then((value) => done({ value }), (error) => done({ error: `${error} ${error.stack}` }));",
                "args": [*arguments],
                "sandbox": "system",
                "newSandbox": False,
            },
        )
        found = answer["value"]
        assert "error" not in found, found["error"]
        return found.get("value")

    async def command(self, name: str, parameters: dict[str, object]) -> Any:
        self._number += 1
        packet = json.dumps([0, self._number, name, parameters]).encode()
        self._writer.write(b"%d:%b" % (len(packet), packet))
        _, _, error, result = await self._packet()
        assert error is None, error
        return result

    async def _packet(self) -> Any:
        size = int((await self._reader.readuntil(b":")).rstrip(b":"))
        return json.loads(await self._reader.readexactly(size))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
