"""The SQLite backend: one database file and all the ports on it.

`SqliteStore.open` is the only way in. Nothing here is imported but by the composition root.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, override

from mailcore.clock import Clock
from mailcore.ids import AgentId, InboxId, KeyId, PodId
from mailcore.model import Agent, Alias, Domain, Inbox
from mailcore.store.ports import Files, StoredKey, Stores, Unsubscribe
from mailcore.store.sqlite.accounts import Accounts
from mailcore.store.sqlite.aliases import Aliases
from mailcore.store.sqlite.attention import Attention
from mailcore.store.sqlite.blobs import SqliteBlobs
from mailcore.store.sqlite.channels import SqliteChannels
from mailcore.store.sqlite.check import SqliteCheck
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
from mailcore.store.sqlite.grants import Grants
from mailcore.store.sqlite.greylist import SqliteGreylist
from mailcore.store.sqlite.guarding import SqliteGuarding
from mailcore.store.sqlite.hold_copies import HoldCopies
from mailcore.store.sqlite.holds import Holds
from mailcore.store.sqlite.hooks import SqliteHooks
from mailcore.store.sqlite.journal import SqliteJournal, SqliteLeases, SqliteWakeups
from mailcore.store.sqlite.keys import Keys
from mailcore.store.sqlite.likenesses import Likenesses
from mailcore.store.sqlite.lookup import Lookup
from mailcore.store.sqlite.mailboxes import Mailboxes
from mailcore.store.sqlite.messages import Messages
from mailcore.store.sqlite.metadata import Metadata
from mailcore.store.sqlite.mirror import SqliteMirror
from mailcore.store.sqlite.outbound import Queue
from mailcore.store.sqlite.past_mail import PastMails
from mailcore.store.sqlite.pauses import Pauses
from mailcore.store.sqlite.policy import SqlitePolicy
from mailcore.store.sqlite.quarantine import SqliteQuarantine
from mailcore.store.sqlite.rebuild import SqliteRebuild
from mailcore.store.sqlite.removal import Removal
from mailcore.store.sqlite.reports import SqliteReports
from mailcore.store.sqlite.returns import Returns
from mailcore.store.sqlite.revisions import Revisions
from mailcore.store.sqlite.rules import SqliteRules
from mailcore.store.sqlite.scheduled import Scheduled
from mailcore.store.sqlite.sending_facts import SendingCounts
from mailcore.store.sqlite.smarthosts import Smarthosts
from mailcore.store.sqlite.spam_log import SpamLog
from mailcore.store.sqlite.state_copy import STATE_FILE, StateCopy
from mailcore.store.sqlite.strangers import Strangers
from mailcore.store.sqlite.suppressions import SqliteSuppressions
from mailcore.store.sqlite.tags import SqliteTags
from mailcore.store.sqlite.tasks import SqliteTasks
from mailcore.store.sqlite.templates import SqliteTemplates
from mailcore.store.sqlite.threads import Threads
from mailcore.store.sqlite.tls import SqliteTls

MAX_REMEMBERED: Final = 10_000
"""Rows of each kind kept in memory."""
DATABASE_FILE: Final = Path("db") / "countersign.sqlite3"
"""The database below the data directory."""


class SqliteAccounts(Domains, Accounts, Aliases, Keys, Directory, Removal):
    """`AccountStore` in SQLite, put together from its groups of verbs.

    Domains and inboxes by name are remembered, for every recipient of every message asks; keys,
    agents and inboxes by id as well, for every request asks. All of it is forgotten after each write
    of accounts, before its caller is answered, so a revoked key stops at once; no other process
    writes while this one holds the data directory's lock. Missing rows are not remembered.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._domains: dict[str, Domain] = {}
        self._inboxes: dict[str, Inbox] = {}
        self._aliases: dict[str, Alias] = {}
        self._by_hash: dict[bytes, StoredKey] = {}
        self._hashes: dict[KeyId, bytes] = {}
        self._agents: dict[AgentId, Agent] = {}
        self._by_id: dict[InboxId, Inbox] = {}
        self._of_pod: dict[tuple[PodId, AgentId | None], tuple[Inbox, ...]] = {}
        self._watchers: list[Callable[[], None]] = []

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
    async def alias_by_address(self, folded: str) -> Alias | None:
        found = self._aliases.get(folded)
        if found is None:
            found = await super().alias_by_address(folded)
            if found is not None and len(self._aliases) < MAX_REMEMBERED:
                self._aliases[folded] = found
        return found

    @override
    async def key_by_hash(self, hash_: bytes) -> StoredKey | None:
        found = self._by_hash.get(hash_)
        if found is None:
            found = await super().key_by_hash(hash_)
            if found is not None and len(self._by_hash) < MAX_REMEMBERED:
                self._by_hash[hash_] = found
                self._hashes[found.key.id] = hash_
        return found

    @override
    async def agent(self, agent_id: AgentId) -> Agent | None:
        found = self._agents.get(agent_id)
        if found is None:
            found = await super().agent(agent_id)
            if found is not None and len(self._agents) < MAX_REMEMBERED:
                self._agents[agent_id] = found
        return found

    @override
    async def inbox(self, inbox_id: InboxId) -> Inbox | None:
        found = self._by_id.get(inbox_id)
        if found is None:
            found = await super().inbox(inbox_id)
            if found is not None and len(self._by_id) < MAX_REMEMBERED:
                self._by_id[inbox_id] = found
        return found

    @override
    async def inboxes(self, pod_id: PodId, agent_id: AgentId | None = None) -> tuple[Inbox, ...]:
        found = self._of_pod.get((pod_id, agent_id))
        if found is None:
            found = await super().inboxes(pod_id, agent_id)
            if len(found) < MAX_REMEMBERED and len(self._of_pod) < MAX_REMEMBERED:
                self._of_pod[pod_id, agent_id] = found
        return found

    @override
    async def touch_key(self, key_id: KeyId, at: datetime) -> None:
        await super().touch_key(key_id, at)
        self._by_hash.pop(self._hashes.pop(key_id, b""), None)

    @override
    async def touch_agent(self, agent_id: AgentId, at: datetime) -> None:
        await super().touch_agent(agent_id, at)
        self._agents.pop(agent_id, None)

    @override
    def watch(self, callback: Callable[[], None]) -> Unsubscribe:
        self._watchers.append(callback)

        def unsubscribe() -> None:
            self._watchers.remove(callback)

        return unsubscribe

    @override
    async def _write[T](self, fn: Callable[[sqlite3.Connection], T]) -> T:
        return await self._database.run(fn, after=self._forget)

    def _forget(self) -> None:
        self._domains.clear()
        self._inboxes.clear()
        self._aliases.clear()
        self._by_hash.clear()
        self._hashes.clear()
        self._agents.clear()
        self._by_id.clear()
        self._of_pod.clear()
        for callback in tuple(self._watchers):
            callback()


class SqliteMail(Mailboxes, Metadata, Messages, Threads, Lookup, SpamLog):
    """`MailStore` in SQLite, put together from its groups of verbs."""


class SqliteOutbound(
    Queue,
    Pauses,
    Smarthosts,
    Scheduled,
    Returns,
    Holds,
    Drafts,
    Strangers,
    SendingCounts,
    Grants,
    Attention,
    HoldCopies,
    Likenesses,
    PastMails,
    Revisions,
):
    """`OutboundStore` in SQLite, put together from its groups of verbs."""


class SqliteStore:
    """Opens the backend; what callers get are the ports."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        data_dir: Path,
        files: Files,
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
            StateCopy.open(data_dir / STATE_FILE, path, lambda: opened.changes, clock) as state,
        ):
            yield _stores(opened, file, files, clock, state)

    @classmethod
    @asynccontextmanager
    async def open_read_only(
        cls, data_dir: Path, files: Files, clock: Clock, *, database: Path | None = None
    ) -> AsyncIterator[Stores]:
        """The same without a writer, beside a running server: every change is UNAVAILABLE."""
        path = database or data_dir / DATABASE_FILE
        text = path.with_name(FULLTEXT_FILE)
        async with (
            FulltextFile.open(text, is_read_only=True) as file,
            Database.open(path, clock, is_read_only=True, attached={SCHEMA: text}) as opened,
            StateCopy.open(data_dir / STATE_FILE, path, lambda: opened.changes, clock) as state,
        ):
            yield _stores(opened, file, files, clock, state)

    @staticmethod
    def remove_fulltext(data_dir: Path, *, database: Path | None = None) -> None:
        """Delete the full-text index of a store that nobody has open; it is filled again later."""
        remove((database or data_dir / DATABASE_FILE).with_name(FULLTEXT_FILE))


def _stores(
    database: Database, file: FulltextFile, files: Files, clock: Clock, state: StateCopy
) -> Stores:
    return Stores(
        accounts=SqliteAccounts(database, clock),
        contacts=SqliteContacts(database, clock),
        quarantine=SqliteQuarantine(database, clock),
        channels=SqliteChannels(database, clock),
        tags=SqliteTags(database, clock),
        greylist=SqliteGreylist(database, clock),
        tasks=SqliteTasks(database, clock),
        templates=SqliteTemplates(database, clock),
        rules=SqliteRules(database, clock),
        guarding=SqliteGuarding(database, clock),
        mail=SqliteMail(database, clock, files),
        outbound=SqliteOutbound(database, clock, files),
        policy=SqlitePolicy(database, clock),
        journal=SqliteJournal(database, clock),
        hooks=SqliteHooks(database, clock),
        leases=SqliteLeases(database),
        reports=SqliteReports(database, clock),
        suppressions=SqliteSuppressions(database, clock),
        tls=SqliteTls(database, clock),
        blobs=SqliteBlobs(database, files),
        files=files,
        mirror=SqliteMirror(database, clock),
        state=state,
        rebuild=SqliteRebuild(database, clock, files),
        check=SqliteCheck(database, clock, files),
        wakeups=SqliteWakeups(database),
        fulltext=SqliteTextIndex(database, file),
    )
