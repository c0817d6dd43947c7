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
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from tests.support.build import RAW, create_inbox, deliver

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

        async def work(number: int) -> None:
            for turn in range(1000):
                placed = await deliver(stores, mia, raw=RAW + f"{number} {turn}".encode())
                os.write(1, f"{placed.id} {number} {turn}\n".encode())

        async with asyncio.TaskGroup() as group:
            for number in range(WORKERS):
                group.create_task(work(number))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Killer(sys.argv[2], int(sys.argv[3]))))
