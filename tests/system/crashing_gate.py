"""A server's core that takes mail into quarantine and lets it out until it is killed at a step.

Run as `python crashing_gate.py CONFIG STEP COUNT FIRST`: letters FIRST, FIRST + 1, … come; those that
are no multiple of three are approved. The COUNT-th time the database passes STEP it dies with SIGKILL.
Each letter that was acknowledged is a line. With COUNT 0 it finishes what is left, and ends.
"""

import asyncio
import itertools
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from mailcore import log
from mailcore.address import Address
from mailcore.app.core import Core
from mailcore.clock import SystemClock
from mailcore.config import load
from mailcore.credentials import OPERATOR, ServerSecrets
from mailcore.ids import DEFAULT_POD
from mailcore.model import Envelope, QuarantineStatus, Slice
from mailcore.store.maildir import Maildir
from mailcore.store.ports import QuarantineQuery
from mailcore.store.sqlite import SqliteStore

MIA = Address("mia", "example.org")


@dataclass
class Killer:
    """Dies at the n-th passage of a step, once it is armed."""

    step: str
    left: int
    is_armed: bool = False

    def __call__(self, step: str) -> None:
        if self.is_armed and step == self.step:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Sender:
    """The client of a letter."""

    ip: str = "192.0.2.1"
    helo: str = "outside.example"
    protocol: str = "ESMTP"
    tls: str = ""


def letter(number: int) -> bytes:
    """A letter of a sender of its own."""
    return (
        f"From: <s{number}@outside.example>\r\nTo: <{MIA}>\r\nSubject: {number}\r\n"
        f"Message-ID: <{number}@outside.example>\r\n\r\nLetter {number}\r\n"
    ).encode()


async def decide(core: Core) -> None:
    """Let in what is to be let in, and deliver it."""
    query = QuarantineQuery(
        pod_id=DEFAULT_POD, status=QuarantineStatus.PENDING, part=Slice(limit=1000)
    )
    for item in (await core.stores.quarantine.quarantined(query)).rows:
        if int(item.subject) % 3:
            await core.quarantine.decide(OPERATOR, item.id, approve=True, via="api")
    assert await core.releases.deliver_all()


async def main(config_path: Path, killer: Killer, first: int) -> None:
    config = load(config_path, {})
    data_dir, clock = config.server.data_dir, SystemClock()
    maildir = Maildir(data_dir)
    async with SqliteStore.open(data_dir, maildir, clock, failpoint=killer) as stores:
        core = Core(config, stores, ServerSecrets.load(data_dir / "server.key"), clock)
        killer.is_armed = killer.left > 0
        await decide(core)
        for number in itertools.count(first) if killer.is_armed else ():
            sender = Address(f"s{number}", "outside.example")
            envelope = Envelope(mail_from=sender, recipients=(MIA,))
            await core.inbound.accept(envelope, letter(number), Sender())
            os.write(1, f"{number}\n".encode())
            await decide(core)
    maildir.close()


if __name__ == "__main__":
    log.configure("error", as_json=False)
    path, step, count, first = sys.argv[1:]
    asyncio.run(main(Path(path), Killer(step, int(count)), int(first)))
