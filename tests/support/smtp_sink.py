"""Postfix's smtp-sink in a process of its own: it takes what comes, and survives the server's end."""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAM = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class SmtpSink:
    """What was taken, a file for each message."""

    folder: Path
    port: int

    def count(self) -> int:
        """How many messages were begun."""
        return len(os.listdir(self.folder))  # noqa: PTH208 - a path for each name costs too much

    def message_ids(self) -> Counter[str]:
        """The Message-IDs of whole messages, with how often each came."""
        found: Counter[str] = Counter()
        for path in self.folder.iterdir():
            if match := _MESSAGE_ID.search(path.read_bytes()):
                found[match[1].decode()] += 1
        return found


@asynccontextmanager
async def smtp_sink(port: int) -> AsyncIterator[SmtpSink]:
    """Listens on loopback. As root it changes to another user, so everybody may write in its folder."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="smtp-sink-"))
    folder.chmod(0o777)
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    process = await asyncio.create_subprocess_exec(
        *(PROGRAM, *user, "-d", f"{folder}/%s.", "-h", "mx.outside.test"),
        *(f"127.0.0.1:{port}", "100"),
        stdin=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)  # the program tells nobody that it is ready
        yield SmtpSink(folder, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        shutil.rmtree(folder)
