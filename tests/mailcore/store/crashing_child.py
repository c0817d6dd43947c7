"""A process that delivers until it is killed at a named step; every acknowledged id is a line.

Run as `python crashing_child.py DATA STEP COUNT`: the COUNT-th time STEP is passed it dies with
SIGKILL, as a power cut would have it, in the middle of concurrent deliveries.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from mailcore.clock import SystemClock
from mailcore.model import INBOX, Flag
from mailcore.store.maildir import Maildir
from mailcore.store.ports import FlagMode
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.blobs import INLINE_BYTES
from tests.support.build import RAW, create_inbox, deliver
from tests.support.mirroring import mirror

WORKERS = 8


class Killer:
    """Dies at the n-th passage of a step."""

    def __init__(self, step: str, count: int) -> None:
        self.step = step
        self.left = count

    def __call__(self, step: str) -> None:
        if step == self.step:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


async def main(data_dir: Path, killer: Killer) -> None:
    maildir = Maildir(data_dir, failpoint=killer)
    async with SqliteStore.open(data_dir, maildir, SystemClock(), failpoint=killer) as stores:
        mia = await create_inbox(stores)
        archive = await stores.mail.mailbox(mia.id, "Archive")
        assert archive is not None
        follower = mirror(stores, failpoint=killer)

        async def work(number: int) -> None:
            for turn in range(1000):
                raw = RAW + f"{number} {turn}".encode()
                if turn % 50 == 9:
                    raw += b"x" * INLINE_BYTES
                placed = await deliver(stores, mia, raw=raw)
                os.write(1, f"{placed.id} {number} {turn}\n".encode())

        async def change() -> None:
            """Flags, moves and expunges of copies, with the mirror at their heels."""
            while True:
                (inbox,) = [one for one in await stores.mail.mailboxes(mia.id) if one.name == INBOX]
                every = [(1, 2**32 - 1)]
                await stores.mail.copy(inbox.id, [(1, 5)], archive.id)
                await stores.mail.set_flags(inbox.id, every, FlagMode.ADD, Flag.SEEN, ["work"])
                await stores.mail.expunge(archive.id, [(1, 3)], only_deleted=False)
                await follower.drain()
                await stores.mail.set_flags(inbox.id, every, FlagMode.REPLACE, Flag.FLAGGED)
                await follower.drain()

        async with asyncio.TaskGroup() as group:
            group.create_task(change())
            for number in range(WORKERS):
                group.create_task(work(number))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Killer(sys.argv[2], int(sys.argv[3]))))
