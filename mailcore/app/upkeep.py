"""Checking, repairing and rebuilding a store, beside a running server or in its place."""

import sqlite3
from pathlib import Path

from mailcore.app.core import Core, open_core
from mailcore.app.datadir import database_file, locked, require_database
from mailcore.app.working import ORPHAN_AGE
from mailcore.clock import SystemClock
from mailcore.config import Config
from mailcore.errors import MailError
from mailcore.model import JsonObject
from mailcore.rebuild import Rebuild, Rebuilt
from mailcore.store.layout import SPOOL
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Violation
from mailcore.store.sqlite import SqliteStore


async def check(config: Config, *, deep: bool = True) -> tuple[Violation, ...]:
    """Prove the store's invariants; works beside a running server."""
    require_database(config)
    data_dir = config.server.data_dir
    async with SqliteStore.open_read_only(
        data_dir, Maildir(data_dir), SystemClock(), database=config.database
    ) as stores:
        return await stores.check.check(deep=deep)


async def rebuild_index(config: Config) -> None:
    """Make the full-text index again from the messages; UNAVAILABLE while a server runs."""
    data_dir = config.server.data_dir
    with locked(data_dir):
        SqliteStore.remove_fulltext(data_dir, database=config.database)
        async with open_core(config, lock=False) as core:
            await core.indexer.catch_up()


async def rebuild(config: Config) -> tuple[Rebuilt, Path | None, str]:
    """Make the database anew from the Maildir tree; the server is stopped.

    The old database, if there is one, first gives its last bytes to the tree when it still can, and is
    kept aside with the spool: returns where, and why its last bytes were not to be had.
    """
    reason = await _empty_into_tree(config)
    with locked(config.server.data_dir):
        kept = _put_aside(config)
        SqliteStore.remove_fulltext(config.server.data_dir, database=config.database)
    async with open_core(config, may_be_lost=True) as core:
        done = await _rebuilder(core).rebuild()
        await core.mirror.drain(everything=True)
        await core.indexer.catch_up()
    return done, kept, reason


async def adopt(config: Config) -> Rebuilt:
    """Make messages of the files that others delivered into the tree; the server is stopped."""
    async with open_core(config) as core:
        done = await _rebuilder(core).adopt()
        await core.mirror.drain()
    return done


async def fix(config: Config) -> JsonObject:
    """Put right what is safe: counters, the tree, files nothing names. The server is stopped."""
    async with open_core(config) as core:
        counters = await core.stores.check.recount()
        await core.mirror.drain(everything=True)
        unused = await core.stores.check.orphans(core.clock.now() - ORPHAN_AGE)
        await core.stores.files.remove(unused)
    return {"mailboxes_recounted": counters, "files_removed": len(unused)}


def _rebuilder(core: Core) -> Rebuild:
    return Rebuild(
        stores=core.stores,
        accounts=core.accounts,
        domains=core.domains,
        delivery=core.delivery,
        domain=core.config.server.domain,
        clock=core.clock,
    )


async def _empty_into_tree(config: Config) -> str:
    """Let the mirror finish on the old database; why it could not, or an empty string."""
    if not database_file(config).exists():
        return ""
    try:
        async with open_core(config) as core:
            await core.mirror.drain(everything=True)
    except MailError as error:
        if error.code == "locked":
            raise
        return error.detail or error.message
    except sqlite3.Error as error:
        return str(error)
    return ""


def _put_aside(config: Config) -> Path | None:
    """Move the database and the spool out of the way; nothing is deleted."""
    path = database_file(config)
    stamp = SystemClock().now().strftime("%Y%m%dT%H%M%SZ")
    aside = config.server.data_dir / f"before-rebuild-{stamp}"
    spool = config.server.data_dir / SPOOL
    found = [one for one in (*path.parent.glob(f"{path.name}*"), spool) if one.exists()]
    if not found:
        return None
    aside.mkdir(mode=0o700)
    for one in found:
        one.rename(aside / one.name)
    return aside
