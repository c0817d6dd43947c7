"""Data directories copied from one that was made once: to make one anew takes longer than most tests.

A copy is what a first start, or `countersign init`, leaves: the same tables, keys and certificate. What
makes them has tests of its own, which use none of this.
"""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mailcore.app.core import open_core
from mailcore.cli.initialize import ANSWERED_PORTS, Wishes, configuration_tree, create, http_url
from mailcore.cli.template import configuration_file
from mailcore.clock import SystemClock
from mailcore.config import parse
from mailcore.credentials import OPERATOR
from mailcore.domains.records import to_json, wanted_records
from mailcore.model import DkimKey, Domain, JsonObject
from mailcore.net.tls import authority_file
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import DATABASE_FILE, SqliteStore


def lay_out(data_dir: Path) -> None:
    """Give a data directory without a database one with every table and no row."""
    place = (data_dir / DATABASE_FILE).parent
    if not place.exists():
        shutil.copytree(_databases(), place)


@cache
def _databases() -> Path:
    """The databases of a store that was opened and closed once."""
    data_dir = _folder()

    async def open_once() -> None:
        maildir = Maildir(data_dir)
        async with SqliteStore.open(data_dir, maildir, SystemClock()):
            pass
        maildir.close()

    _apart(lambda: asyncio.run(open_once()))
    return (data_dir / DATABASE_FILE).parent


# Servers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _First:
    """A server that `init` made, and what its DNS records are made of."""

    made: JsonObject
    data_dir: Path
    domain: Domain
    dkim_keys: tuple[DkimKey, ...]


def initialized(wishes: Wishes) -> JsonObject:
    """What `create` makes for these wishes and answers with.

    Secrets, ids and the certificate are those of every other server of the same name in this process.
    """
    first = _first(wishes.domain, wishes.hostname, wishes.owner)
    tree = configuration_tree(wishes)
    config = parse(tree, {}, base_dir=wishes.config_path.parent)
    wishes.data_dir.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(first.data_dir, wishes.data_dir)
    wishes.config_path.touch(mode=0o600, exist_ok=False)
    wishes.config_path.write_text(configuration_file(tree), encoding="utf-8")
    records = wanted_records(first.domain, first.dkim_keys, config, root=wishes.domain)
    return {
        **first.made,
        "config": str(wishes.config_path),
        "data_dir": str(wishes.data_dir),
        "http_url": http_url(config),
        "ca_file": str(authority_file(wishes.data_dir)),
        "ports": {name: config.ports.actual(name) for name in ANSWERED_PORTS},
        "dns_records": [to_json(one) for one in records],
    }


@cache
def _first(domain: str, hostname: str, owner: str) -> _First:
    folder = _folder()
    wishes = Wishes(
        domain=domain,
        hostname=hostname,
        owner=owner,
        data_dir=folder / "data",
        config_path=folder / "countersign.toml",
        listen=("127.0.0.1",),
    )

    async def known() -> tuple[Domain, tuple[DkimKey, ...]]:
        async with open_core(parse(configuration_tree(wishes), {}, base_dir=folder)) as core:
            found = await core.domains.domain(OPERATOR, domain)
            return found, await core.stores.accounts.dkim_keys(found.id)

    made = _apart(lambda: create(wishes))
    found, keys = _apart(lambda: asyncio.run(known()))
    return _First(made=made, data_dir=wishes.data_dir, domain=found, dkim_keys=keys)


def _apart[T](act: Callable[[], T]) -> T:
    """What runs a loop of its own, in a thread of its own: a test may be in one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


def _folder() -> Path:
    """An empty folder until the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-blueprint-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
