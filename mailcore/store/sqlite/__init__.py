"""The SQLite backend: one database file and all the ports on it.

`SqliteStore.open` is the only way in. Nothing here is imported but by the composition root.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, override

from mailcore.clock import Clock
from mailcore.model import Domain, Inbox
from mailcore.store.ports import Stores
from mailcore.store.sqlite.accounts import Accounts
from mailcore.store.sqlite.check import Files, SqliteCheck
from mailcore.store.sqlite.contacts import SqliteContacts
from mailcore.store.sqlite.db import Database, Failpoint
from mailcore.store.sqlite.directory import Directory
from mailcore.store.sqlite.domains import Domains
from mailcore.store.sqlite.drafts import Drafts
from mailcore.store.sqlite.fulltext import (
    FULLTEXT_FILE,
    SCHEMA,
    FulltextFile,
    SqliteTextIndex,
    remove,
)
from mailcore.store.sqlite.holds import Holds
from mailcore.store.sqlite.hooks import SqliteHooks
from mailcore.store.sqlite.journal import SqliteJournal, SqliteLeases, SqliteWakeups
from mailcore.store.sqlite.keys import Keys
from mailcore.store.sqlite.lookup import Lookup
from mailcore.store.sqlite.mailboxes import Mailboxes
from mailcore.store.sqlite.messages import Messages
from mailcore.store.sqlite.outbound import Queue
from mailcore.store.sqlite.policy import SqlitePolicy
from mailcore.store.sqlite.removal import Removal
from mailcore.store.sqlite.spam_log import SpamLog
from mailcore.store.sqlite.strangers import Strangers
from mailcore.store.sqlite.tags import SqliteTags
from mailcore.store.sqlite.threads import Threads

MAX_REMEMBERED: Final = 10_000
"""Inboxes kept in memory by address."""
DATABASE_FILE: Final = Path("db") / "countersign.sqlite3"
"""The database below the data directory."""


class SqliteAccounts(Domains, Accounts, Keys, Directory, Removal):
    """`AccountStore` in SQLite, put together from its groups of verbs.

    Domains and inboxes by name are remembered, for every recipient of every message asks. All of it
    is forgotten after each write of accounts, before its caller is answered; no other process
    writes while this one holds the data directory's lock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._domains: dict[str, Domain] = {}
        self._inboxes: dict[str, Inbox] = {}

    @override
    async def domain_by_name(self, name: str) -> Domain | None:
        found = self._domains.get(name)
        if found is None:
            found = await super().domain_by_name(name)
            if found is not None:
                self._domains[name] = found
        return found

    @override
    async def inbox_by_address(self, folded: str) -> Inbox | None:
        found = self._inboxes.get(folded)
        if found is None:
            found = await super().inbox_by_address(folded)
            if found is not None and len(self._inboxes) < MAX_REMEMBERED:
                self._inboxes[folded] = found
        return found

    @override
    async def _write[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.run(fn, after=self._forget)

    def _forget(self) -> None:
        self._domains.clear()
        self._inboxes.clear()


class SqliteMail(Mailboxes, Messages, Threads, Lookup, SpamLog):
    """`MailStore` in SQLite, put together from its groups of verbs."""


class SqliteOutbound(Queue, Holds, Drafts, Strangers):
    """`OutboundStore` in SQLite, put together from its groups of verbs."""


class SqliteStore:
    """Opens the backend; what callers get are the ports."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path,
        blobs: Files,
        clock: Clock,
        *,
        database: Path | None = None,
        failpoint: Failpoint | None = None,
    ) -> AsyncIterator[Stores]:
        """The store of a data directory, made and migrated as needed.

        On the way out queued writes are committed first. UNAVAILABLE when the database cannot be
        opened or was written by a newer version.
        """
        path = database or data_dir / DATABASE_FILE
        text = path.with_name(FULLTEXT_FILE)
        async with (
            FulltextFile.open(text, failpoint=failpoint) as file,
            Database.open(path, clock, failpoint=failpoint, attached={SCHEMA: text}) as opened,
        ):
            yield _stores(opened, file, blobs, clock)

    @classmethod
    @asynccontextmanager
    async def open_read_only(
        cls, data_dir: Path, blobs: Files, clock: Clock, *, database: Path | None = None
    ) -> AsyncIterator[Stores]:
        """The same without a writer, beside a running server: every change is UNAVAILABLE."""
        path = database or data_dir / DATABASE_FILE
        text = path.with_name(FULLTEXT_FILE)
        async with (
            FulltextFile.open(text, is_read_only=True) as file,
            Database.open(path, clock, is_read_only=True, attached={SCHEMA: text}) as opened,
        ):
            yield _stores(opened, file, blobs, clock)

    @staticmethod
    def remove_fulltext(data_dir: Path, *, database: Path | None = None) -> None:
        """Delete the full-text index of a store that nobody has open; it is filled again later."""
        remove((database or data_dir / DATABASE_FILE).with_name(FULLTEXT_FILE))


def _stores(database: Database, file: FulltextFile, blobs: Files, clock: Clock) -> Stores:
    return Stores(
        accounts=SqliteAccounts(database, clock),
        contacts=SqliteContacts(database, clock),
        tags=SqliteTags(database, clock),
        mail=SqliteMail(database, clock, blobs.check_name),
        outbound=SqliteOutbound(database, clock),
        policy=SqlitePolicy(database, clock),
        journal=SqliteJournal(database, clock),
        hooks=SqliteHooks(database, clock),
        leases=SqliteLeases(database),
        blobs=blobs,
        check=SqliteCheck(database, clock, blobs),
        wakeups=SqliteWakeups(database),
        fulltext=SqliteTextIndex(database, file),
    )
