"""Checking, repairing and rebuilding a store, beside a running server or in its place."""

import shutil
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mailcore.app.core import Core, open_core
from mailcore.app.datadir import database_file, locked, require_database
from mailcore.app.working import ORPHAN_AGE
from mailcore.clock import SystemClock, to_iso
from mailcore.config import Config
from mailcore.errors import MailError
from mailcore.model import JsonObject
from mailcore.rebuild import Rebuild, Rebuilt
from mailcore.store.durable import sync_directory
from mailcore.store.layout import SPOOL
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Violation
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.restore import Restored, restore
from mailcore.store.sqlite.state_copy import STATE_FILE


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilding:
    """What a rebuild came to."""

    done: Rebuilt
    kept: Path | None
    """Where the old database is, and submitted mail that nothing names."""
    unread: str
    """Why the old database did not give its last bytes to the tree."""
    restored: Restored | None
    """What the copy of the state gave back."""
    unusable: str
    """Why it gave nothing."""


async def rebuild(config: Config) -> Rebuilding:
    """Make the database anew from the Maildir tree and the copy of the state; the server is stopped.

    The old database, if there is one, first gives its last bytes to the tree and its last changes to
    the copy when it still can. It is replaced when the new one is whole, and kept aside.
    """
    data_dir = config.server.data_dir
    copy = data_dir / STATE_FILE
    with locked(data_dir):
        unread, is_exact = await _finish_old(config)
        fresh = _workshop(config)
        restored, unusable = _restore(config, copy, fresh, is_exact=is_exact)
        detail = _told(restored)
        async with open_core(_on(config, fresh), lock=False, may_be_lost=True) as core:
            done = await _rebuilder(core).rebuild(copy if restored else None, detail)
            await core.mirror.drain(everything=True)
            await core.indexer.catch_up()
            spooled = [f"{SPOOL}/cur/{one}" for one in await core.stores.files.list_folder(SPOOL)]
            unnamed = await core.stores.check.strangers(spooled)
            await core.auditing.follow()
        kept = _put_aside(config, unnamed)
        _take_over(config, fresh)
    return Rebuilding(done=done, kept=kept, unread=unread, restored=restored, unusable=unusable)


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


async def _finish_old(config: Config) -> tuple[str, bool]:
    """Let mirror and copy finish on the old database: why the tree could not, whether the copy did."""
    if not database_file(config).exists():
        return "", False
    try:
        async with open_core(config, lock=False) as core:
            await core.mirror.drain(everything=True)
            broken = [one for one in await core.stores.check.check(deep=False) if not one.invariant]
            if broken:
                return "", False
            await core.stores.state.follow()
    except MailError as error:
        return error.detail or error.message, False
    except sqlite3.Error as error:
        return str(error), False
    return "", True


def _workshop(config: Config) -> Path:
    """A place for the new database beside the old one; what a rebuild that was killed left is gone."""
    folder = database_file(config).parent / "rebuild"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    return folder / database_file(config).name


def _restore(
    config: Config, copy: Path, fresh: Path, *, is_exact: bool
) -> tuple[Restored | None, str]:
    try:
        return restore(
            copy,
            fresh,
            config.server.data_dir,
            now=SystemClock().now(),
            decide_within=timedelta(days=config.outbound.hold_expiry_days),
            is_exact=is_exact,
        ), ""
    except MailError as error:
        for leftover in fresh.parent.iterdir():
            leftover.unlink()
        return None, error.message


def _told(restored: Restored | None) -> JsonObject:
    """What the audit log keeps of it."""
    if restored is None:
        return {"copied_at": None}
    asked = restored.asked
    return {
        "copied_at": to_iso(restored.copied_at),
        "held": asked.held,
        "arrivals": asked.arrivals,
        "lost": [*asked.lost],
    }


def _on(config: Config, database: Path) -> Config:
    """The configuration with another database."""
    storage = config.storage.model_copy(update={"url": f"sqlite:///{database.absolute()}"})
    return config.model_copy(update={"storage": storage})


def _put_aside(config: Config, unnamed: Sequence[str]) -> Path | None:
    """Move the database, and what was submitted and is in no row, out of the way; nothing is deleted."""
    path = database_file(config)
    stamp = SystemClock().now().strftime("%Y%m%dT%H%M%SZ")
    aside = config.server.data_dir / f"before-rebuild-{stamp}"
    found = [*path.parent.glob(f"{path.name}*")]
    if not found and not unnamed:
        return None
    aside.mkdir(mode=0o700)
    for one in found:
        shutil.move(one, aside / one.name)
    for name in unnamed:
        target = aside / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(config.server.data_dir / name, target)
    return aside


def _take_over(config: Config, fresh: Path) -> None:
    """The new database in the place of the old one; its own file comes last."""
    path = database_file(config)
    SqliteStore.remove_fulltext(config.server.data_dir, database=config.database)
    for one in sorted(fresh.parent.iterdir(), key=lambda one: one == fresh):
        one.rename(path.parent / one.name)
    fresh.parent.rmdir()
    for folder in (path.parent, path.parent.parent):
        sync_directory(str(folder))
