"""A process that delivers and indexes until it is killed at a named step of the index.

Run as `python crashing_indexer.py DATA STEP COUNT`.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from mailcore.clock import SystemClock
from mailcore.delivery import Delivery, Target
from mailcore.fulltext import Indexer
from mailcore.journal import Journal
from mailcore.model import Direction
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from tests.support.build import RAW, create_inbox


async def main(data_dir: Path, step: str, count: int) -> None:
    """Deliver ten messages and index them, again and again."""
    left = count

    def killer(passed: str) -> None:
        nonlocal left
        left -= passed == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    async with SqliteStore.open(
        data_dir, Maildir(data_dir), SystemClock(), failpoint=killer
    ) as stores:
        mia = await create_inbox(stores)
        delivery = Delivery(mail=stores.mail)
        journal = Journal(store=stores.journal, wakeups=stores.wakeups)
        indexer = Indexer(index=stores.fulltext, blobs=stores.blobs, journal=journal)
        for turn in range(20):
            for number in range(10):
                await delivery.deliver(
                    RAW + f"number {turn * 10 + number} of many\r\n".encode(),
                    [Target(inbox_id=mia.id, mailbox="INBOX")],
                    internal_date=SystemClock().now(),
                    direction=Direction.INBOUND,
                )
            await indexer.catch_up()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
