"""The full-text index follows the journal, forgets what is deleted, and can be made again."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.credentials import OPERATOR
from mailcore.delivery import Delivery, Target
from mailcore.fulltext import Indexer
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.message.searchtext import MAX_KEPT_CHARS
from mailcore.model import Direction, Inbox, Mailbox
from mailcore.search import And, Body, Field, Header, Not, Or, SearchNode, Text, Words
from mailcore.store.maildir import Maildir
from mailcore.store.ports import FlagMode, MessageQuery, Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.build import NO_FLAGS, create_inbox
from tests.support.invariants import check_invariants
from tests.support.mirroring import mirror

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("crashing_indexer.py")


def mail(body: str, subject: str = "hello", sender: str = "ann@outside.test") -> bytes:
    """A message in UTF-8."""
    head = f"From: {sender}\r\nTo: mia@here.test\r\nSubject: {subject}\r\n"
    return (head + f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n").encode()


@dataclass(kw_only=True)
class Opened:
    """A store with the services that searching needs."""

    stores: Stores
    inbox: Inbox
    mailboxes: Mailboxes
    delivery: Delivery
    indexer: Indexer
    maildir: Maildir

    async def receive(self, *bodies: str) -> None:
        for body in bodies:
            await self.receive_raw(mail(body))

    async def receive_raw(self, raw: bytes, folder: str = "INBOX") -> None:
        await self.delivery.deliver(
            raw,
            [Target(inbox_id=self.inbox.id, mailbox=folder)],
            internal_date=SystemClock().now(),
            direction=Direction.INBOUND,
        )

    async def box(self, name: str = "INBOX") -> Mailbox:
        return await self.mailboxes.mailbox(OPERATOR, self.inbox.id, name)

    async def find(self, where: SearchNode) -> list[int]:
        return list(await self.mailboxes.search(await self.box(), where))

    async def listed(self, where: SearchNode) -> list[int]:
        query = MessageQuery(inbox_ids=(self.inbox.id,), where=where)
        listed = await self.mailboxes.messages(OPERATOR, query)
        assert listed.total == len(listed.rows)
        return [one.uid for one in listed.rows]


@asynccontextmanager
async def opened(data_dir: Path) -> AsyncIterator[Opened]:
    """The store of a directory; whole, index included, when the test is done."""
    lay_out(data_dir)
    maildir = Maildir(data_dir)
    async with SqliteStore.open(data_dir, maildir, SystemClock()) as stores:
        inbox = await stores.accounts.inbox_by_address("mia@here.test")
        delivery = Delivery(mail=stores.mail)
        yield Opened(
            stores=stores,
            inbox=inbox or await create_inbox(stores),
            mailboxes=Mailboxes(
                mail=stores.mail,
                accounts=stores.accounts,
                blobs=stores.blobs,
                delivery=delivery,
                clock=SystemClock(),
            ),
            delivery=delivery,
            indexer=Indexer(
                index=stores.fulltext,
                blobs=stores.blobs,
                journal=Journal(store=stores.journal, wakeups=stores.wakeups),
            ),
            maildir=maildir,
        )
        await check_invariants(stores)
    maildir.close()


def index(data_dir: Path) -> Path:
    return data_dir / "db" / "fulltext.index"


def octets(data_dir: Path) -> bytes:
    """Everything the index's files hold."""
    return b"".join(one.read_bytes() for one in index(data_dir).parent.glob("fulltext.index*"))


def documents(data_dir: Path) -> int:
    with closing(sqlite3.connect(index(data_dir))) as connection:
        return int(connection.execute("SELECT count(*) FROM documents").fetchone()[0])


TREES: list[tuple[SearchNode, list[int]]] = [
    (Text("NEEDLE"), [2]),
    (Body("needle"), [2]),
    (Text("outside.test"), [1, 2, 3]),
    (Body("outside.test"), []),
    (Not(Body("needle")), [1, 3]),
    (Or(Body("needle"), Body("grüße")), [2, 3]),
    (And((Text("outside"), Not(Text("needle")), Text("hay"))), [1]),
    (Body("äß"), [3]),
    (Body("ü"), [3]),
    (Body("日本"), [3]),
    (Body("日本語"), [3]),
    (Body(""), [1, 2, 3]),
    (Field("from", "ann@"), [1, 2, 3]),
    (Field("subject", "needle"), []),
    (Header("Subject", "hello"), [1, 2, 3]),
    (Header("X-Not", "hello"), []),
    (Header("X-Not", ""), []),
    (Words("ann@outside"), [1, 2, 3]),
    (Words("needle"), [2]),
    (Not(Words("needle")), [1, 3]),
    (Body("hay straw"), [1]),
    (Body("y s"), [1]),
    (Body("a n"), [2]),
    (Body(" st"), [1]),
    (Body(" ha"), []),
]


@pytest.mark.parametrize("indexed", [0, 1, 3], ids=["none", "some", "all"])
async def test_an_answer_is_the_same_however_far_the_index_is(tmp_path: Path, indexed: int) -> None:
    """RFC 9051 §6.4.4: what is not indexed yet is read."""
    async with opened(tmp_path) as one:
        for number, body in enumerate(("hay\r\nstraw", "a Needle", "Grüße äß 日本語"), 1):
            await one.receive(body)
            if number <= indexed:
                await one.indexer.catch_up()
        for where, expected in TREES:
            assert await one.find(where) == expected, where
        for where, expected in TREES:
            if not isinstance(where, Header):
                assert await one.listed(where) == expected[::-1], where


async def test_what_is_indexed_is_not_read_again(tmp_path: Path) -> None:
    """The index alone answers: the files are gone and the answer is still there."""
    async with opened(tmp_path) as one:
        await one.receive("a needle", "hay")
        await one.indexer.catch_up()
        files = [path for path in (tmp_path / "mail").rglob("*") if path.is_file()]
        away = [path.rename(tmp_path / path.name) for path in files if "fulltext" not in path.name]
        assert await one.find(Text("needle")) == [1]
        assert await one.find(Not(Body("ne"))) == [2]
        for path, back in zip(away, files, strict=True):
            path.rename(back)


async def test_a_deleted_message_leaves_no_text_behind(tmp_path: Path) -> None:
    """Neither a document nor the octets of it in the index's files."""
    async with opened(tmp_path) as one:
        await one.receive("the zanzibarsecret plan", "hay")
        await one.indexer.catch_up()
        assert b"zanzibarsecret" in octets(tmp_path)
        await one.mailboxes.expunge(await one.box(), [(1, 1)], only_deleted=False)
        assert await one.find(Text("zanzibarsecret")) == []
        await one.indexer.catch_up()
        assert documents(tmp_path) == 1
    assert b"zanzibarsecret" not in octets(tmp_path)


async def test_a_message_that_takes_a_dead_one_s_number_is_found_by_its_own_text(
    tmp_path: Path,
) -> None:
    """Numbers of contents are given out again; text is never mixed up, at any moment."""
    async with opened(tmp_path) as one:
        await one.receive("first")
        await one.indexer.catch_up()
        await one.mailboxes.expunge(await one.box(), only_deleted=False)
        await one.receive("second")
        for _ in range(2):
            assert await one.find(Body("first")) == []
            assert await one.find(Body("second")) == [2]
            await one.indexer.catch_up()


async def test_copies_moves_flags_and_deleted_mailboxes_keep_the_index_right(
    tmp_path: Path,
) -> None:
    """The invariant that ends every test counts rows."""
    async with opened(tmp_path) as one:
        await one.receive("alpha", "beta", "gamma")
        archive = await one.mailboxes.create(OPERATOR, one.inbox.id, "Old")
        await one.indexer.catch_up()
        inbox = await one.box()
        await one.mailboxes.copy(inbox, [(1, 1)], archive)
        await one.mailboxes.move(inbox, [(2, 2)], archive)
        await one.mailboxes.set_flags(inbox, [(3, 3)], FlagMode.ADD, NO_FLAGS, ["work"])
        assert await one.mailboxes.search(archive, Body("a")) == (1, 2)
        await one.indexer.catch_up()
        assert await one.mailboxes.search(archive, Body("beta")) == (2,)
        await one.mailboxes.delete(OPERATOR, one.inbox.id, "Old")
        await one.indexer.catch_up()
        assert documents(tmp_path) == 2
        assert await one.find(Text("alpha")) == [1]


async def test_a_lost_index_is_filled_again(tmp_path: Path) -> None:
    """Deleted while the server is down; new mail comes before it is full."""
    async with opened(tmp_path) as one:
        await one.receive("alpha", "beta")
        await one.indexer.catch_up()
    for path in index(tmp_path).parent.glob("fulltext.index*"):
        path.unlink()
    async with opened(tmp_path) as one:
        assert await one.find(Body("alpha")) == [1]
        await one.indexer.step()
        await one.receive("gamma")
        assert await one.find(Or(Body("alpha"), Body("gamma"))) == [1, 3]
        await one.indexer.catch_up()
        assert documents(tmp_path) == 3
        assert await one.find(Not(Body("beta"))) == [1, 3]


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database at all" * 100),
        lambda path: path.write_bytes(b""),
        lambda path: _execute(path, "UPDATE state SET form = 'older'"),
        lambda path: _execute(path, "DROP TABLE documents"),
        lambda path: _execute(path, "UPDATE state SET origin = 1"),
        lambda path: _execute(path, "UPDATE state SET cursor = 1000000"),
    ],
    ids=["garbage", "empty", "other-form", "no-table", "other-database", "restored"],
)
async def test_an_index_that_cannot_be_trusted_is_made_again(
    tmp_path: Path, damage: object
) -> None:
    """It is never the truth, so nothing is lost and no answer is wrong meanwhile."""
    async with opened(tmp_path) as one:
        await one.receive("alpha", "beta")
        await one.indexer.catch_up()
    assert callable(damage)
    damage(index(tmp_path))
    async with opened(tmp_path) as one:
        assert await one.find(Body("alpha")) == [1]
        await one.indexer.catch_up()
        assert documents(tmp_path) == 2
        assert await one.find(Body("beta")) == [2]


def _execute(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql)


async def test_a_text_too_long_to_keep_is_read_to_its_end(tmp_path: Path) -> None:
    """What was cut away is found, and its absence is not believed."""
    async with opened(tmp_path) as one:
        await one.receive("filler " * (MAX_KEPT_CHARS // 7 + 10) + "tail-end", "hay")
        await one.indexer.catch_up()
        assert await one.find(Body("tail-end")) == [1]
        assert await one.find(Not(Body("tail-end"))) == [2]


async def test_a_lost_file_does_not_stop_the_index(tmp_path: Path) -> None:
    """The one whose octets are gone is not relied upon; the others are indexed."""
    async with opened(tmp_path) as one:
        await one.receive("alpha", "beta")
        await mirror(one.stores).drain()
        box = await one.box()
        first = await one.stores.mail.message_at(box.id, 1)
        assert first is not None
        raw = await one.stores.blobs.read(first.blob)
        (path,) = (
            path
            for path in (tmp_path / "mail").rglob("*")
            if path.is_file() and path.read_bytes() == raw
        )
        path.rename(tmp_path / "away")
        await one.indexer.catch_up()
        assert await one.find(Body("beta")) == [2]
        (tmp_path / "away").rename(path)
        assert await one.find(Body("alpha")) == [1]


@pytest.mark.parametrize(
    ("step", "count"), [("indexed", 1), ("indexed", 3), ("index-committed", 2)]
)
async def test_kill_minus_nine_costs_nothing(tmp_path: Path, step: str, count: int) -> None:
    """Documents and cursor move together: it goes on where it was, and every answer is right."""
    done = subprocess.run(
        [sys.executable, str(CHILD), str(tmp_path), step, str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    async with opened(tmp_path) as one:
        await check_invariants(one.stores)
        assert await one.find(Body("number 7 of")) == [8]
        await one.indexer.catch_up()
        assert await one.find(Body("number 7 of")) == [8]
        assert documents(tmp_path) == len(await one.find(Text("")))


async def test_the_check_finds_a_row_that_is_missing(tmp_path: Path) -> None:
    """Invariant 10, beside whatever else is wrong."""
    async with opened(tmp_path) as one:
        await one.receive("alpha")
        await one.indexer.catch_up()
    _execute(index(tmp_path), "DELETE FROM documents")
    maildir = Maildir(tmp_path)
    async with SqliteStore.open_read_only(tmp_path, maildir, SystemClock()) as stores:
        assert {one.invariant for one in await stores.check.check()} == {10}
    maildir.close()


async def test_traces_of_what_was_deleted_are_merged_away(tmp_path: Path) -> None:
    """The trigram tables are small again after their bounded steps."""
    async with opened(tmp_path) as one:
        await one.receive(*(f"word{number} " * 20 for number in range(60)))
        await one.indexer.catch_up()
        await one.mailboxes.expunge(await one.box(), [(1, 59)], only_deleted=False)
        await one.indexer.catch_up()
        has_more = await one.stores.fulltext.merge(is_first=True)
        while has_more:
            has_more = await one.stores.fulltext.merge(is_first=False)
        assert await one.find(Body("word59")) == [60]
        assert await one.find(Body("word1")) == []
