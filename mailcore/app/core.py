"""All services, without anything running: `Core`.

Commands use it on a store directly; `server` adds the edges. Two can live in one process: there is no
module-level state.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mailcore.app.datadir import locked, require_database, unlocked
from mailcore.app.working import Working
from mailcore.clock import Clock, SystemClock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore


class Core(Working):
    """Every part there is; `mailcore.app.ground` says how they are cut."""


@asynccontextmanager
async def open_core(
    config: Config, *, lock: bool = True, clock: Clock | None = None, may_be_lost: bool = False
) -> AsyncIterator[Core]:
    """Open the store and put the services on it; UNAVAILABLE while another process holds the lock.

    Also UNAVAILABLE when there is mail without its database, unless `may_be_lost`: a new one would
    know nothing of it.
    """
    data_dir = config.server.data_dir
    if not may_be_lost:
        require_database(config)
    secrets = ServerSecrets.load(data_dir / "server.key")
    with locked(data_dir) if lock else unlocked():
        chosen = clock or SystemClock()
        maildir = Maildir(data_dir)
        try:
            async with SqliteStore.open(
                data_dir, maildir, chosen, database=config.database
            ) as stores:
                await maildir.recover()
                core = Core(config, stores, secrets, chosen)
                if not may_be_lost:
                    await core.arrivals.recover()
                try:
                    yield core
                finally:
                    core.arrivals.close()
                if lock:
                    await core.auditing.follow()
                    await core.state.follow()
        finally:
            maildir.close()
