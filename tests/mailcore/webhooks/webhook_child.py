"""A process that receives mail and posts events until it is killed.

Run as `python webhook_child.py DATA URL COUNT`.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from mailcore.credentials import OPERATOR
from tests.support.build import create_inbox, deliver
from tests.support.hook_live import opened


async def main(data_dir: Path, url: str, count: int) -> None:
    async with opened(data_dir) as live:
        mia = await create_inbox(live.stores)
        await live.webhooks.create(OPERATOR, url=url, event_names=("email.received",))
        for _ in range(count):
            await deliver(live.stores, mia)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
