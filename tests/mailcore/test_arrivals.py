"""Mail that was taken is placed once, in order, whatever ends the process in between."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import override

import pytest

from mailcore.arrivals import Arrivals
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import MessageId, new_id
from mailcore.message.analyze import analyze
from mailcore.model import INBOX, AuthReport, Direction, Inbox, Message, Security, Slice
from mailcore.store.arrival_log import ArrivalLog
from mailcore.store.maildir import Maildir
from mailcore.store.ports import LogPlace, MailStore, MessageQuery, NewMessage, Placed, Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.build import NO_FLAGS, NOW, create_inbox
from tests.support.clock import FakeClock
from tests.support.invariants import check_invariants

AUTH = AuthReport(spf="pass", dkim_domains=("outside.test",))
VERDICT = Security(score=40, level="warning", categories=("phishing",))


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    lay_out(tmp_path)
    maildir = Maildir(tmp_path, clock=FakeClock())
    async with SqliteStore.open(tmp_path, maildir, FakeClock()) as opened:
        yield opened
        await check_invariants(opened)
    maildir.close()


@pytest.fixture
async def mia(stores: Stores) -> Inbox:
    return await create_inbox(stores)


def letter(inbox: Inbox, subject: str, *, mailbox: str = INBOX) -> NewMessage:
    """A message from outside with everything that a record must carry."""
    raw = (
        f"From: Ann <ann@outside.test>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{new_id()}@outside.test>\r\n\r\nGr\u00fc\u00dfe\r\n"
    ).encode()
    return NewMessage(
        id=MessageId(new_id()),
        inbox_id=inbox.id,
        mailbox=mailbox,
        raw=raw,
        facts=analyze(raw),
        flags=NO_FLAGS,
        keywords=("Urgent",),
        internal_date=NOW,
        direction=Direction.INBOUND,
        auth=AUTH,
        security=VERDICT,
        dedupe_key=new_id().encode(),
        event="email.received",
    )


@asynccontextmanager
async def running(folder: Path, mail: MailStore) -> AsyncIterator[Arrivals]:
    """Arrivals that place what they take, until the end of the block."""
    arrivals = Arrivals(arrival_log=ArrivalLog(folder, FakeClock()), mail=mail)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(arrivals.run())
        await asyncio.sleep(0)
        yield arrivals
        task.cancel()
    arrivals.close()


async def cut_off(folder: Path, mail: MailStore, letters: Sequence[NewMessage]) -> None:
    """Take letters as a process does that ends before it has placed any."""
    arrivals = Arrivals(arrival_log=ArrivalLog(folder, FakeClock()), mail=mail)
    await arrivals.recover()
    for one in letters:
        await arrivals.take(one, ignored)
    arrivals.close()


async def recovered(folder: Path, mail: MailStore) -> int:
    """What the next start places."""
    arrivals = Arrivals(arrival_log=ArrivalLog(folder, FakeClock()), mail=mail)
    count = await arrivals.recover()
    arrivals.close()
    return count


async def found(stores: Stores, inbox: Inbox) -> list[Message]:
    """Messages of an inbox, in the order of their UIDs."""
    listed = await stores.mail.list_messages(
        MessageQuery(inbox_ids=(inbox.id,), part=Slice(limit=100))
    )
    return sorted(listed.rows, key=lambda one: one.uid)


async def subjects(stores: Stores, inbox: Inbox) -> list[str]:
    return [one.facts.subject for one in await found(stores, inbox)]


def ignored(_placed: Placed) -> None:
    """Nobody wants to know."""


async def test_what_was_taken_is_there_once_it_is_settled(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    placed: list[Placed] = []
    letters = [letter(mia, str(number)) for number in range(60)]
    async with running(tmp_path, stores.mail) as arrivals:
        for one in letters:
            await arrivals.take(one, placed.append)
        await arrivals.settle()

        assert arrivals.is_settled
        assert await subjects(stores, mia) == [str(number) for number in range(60)]
        assert [one.id for one in placed] == [one.id for one in letters]


async def test_a_message_that_an_earlier_process_took_is_placed_whole(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    sent = letter(mia, "Hello")
    await cut_off(tmp_path, stores.mail, [sent])
    assert await found(stores, mia) == []

    assert await recovered(tmp_path, stores.mail) == 1

    (message,) = await found(stores, mia)
    assert await stores.blobs.read(message.blob) == sent.raw
    assert (message.id, message.internal_date) == (sent.id, NOW)
    assert (message.auth, message.security) == (AUTH, VERDICT)
    assert message.keywords == ("Urgent",)


async def test_nothing_is_placed_twice(tmp_path: Path, stores: Stores, mia: Inbox) -> None:
    async with running(tmp_path, stores.mail) as arrivals:
        await arrivals.take(letter(mia, "placed"), ignored)
        await arrivals.settle()
    await cut_off(tmp_path, stores.mail, [letter(mia, "not placed")])

    assert [await recovered(tmp_path, stores.mail) for _ in range(3)] == [1, 0, 0]
    assert await subjects(stores, mia) == ["placed", "not placed"]


async def test_a_placed_message_that_was_deleted_does_not_come_back(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    async with running(tmp_path, stores.mail) as arrivals:
        await arrivals.take(letter(mia, "deleted"), ignored)
        await arrivals.settle()
    (message,) = await found(stores, mia)
    await stores.mail.expunge(message.mailbox_id, only_deleted=False)

    assert await recovered(tmp_path, stores.mail) == 0
    assert await found(stores, mia) == []


async def test_a_database_made_anew_takes_only_what_is_not_there(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    """It was never told how far it is, and has from the tree what the log still has as well."""
    known, lost = letter(mia, "in the tree"), letter(mia, "nowhere else")
    await stores.mail.deliver([replace(known, id=MessageId(new_id()), dedupe_key=None)])
    arrivals = ArrivalLog(tmp_path, FakeClock())
    taken = Arrivals(arrival_log=arrivals, mail=stores.mail)
    for one in (known, lost):
        await taken.take(one, ignored)
    arrivals.close()

    assert await recovered(tmp_path, stores.mail) == 1
    assert await subjects(stores, mia) == ["in the tree", "nowhere else"]


async def test_a_message_whose_mailbox_is_gone_goes_to_inbox(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    await cut_off(tmp_path, stores.mail, [letter(mia, "Hello", mailbox="Gone")])

    await recovered(tmp_path, stores.mail)

    assert await subjects(stores, mia) == ["Hello"]


async def test_what_went_to_an_inbox_that_is_gone_keeps_nobody_waiting(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    stranger = replace(letter(mia, "to nobody"), inbox_id=type(mia.id)(new_id()))
    await cut_off(tmp_path, stores.mail, [stranger, letter(mia, "Hello")])

    await recovered(tmp_path, stores.mail)

    assert await subjects(stores, mia) == ["Hello"]
    assert await recovered(tmp_path, stores.mail) == 0


async def test_one_bad_message_of_a_group_does_not_keep_the_others(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    async with running(tmp_path, stores.mail) as arrivals:
        await arrivals.take(letter(mia, "before"), ignored)
        await arrivals.take(letter(mia, "lost its mailbox", mailbox="Gone"), ignored)
        await arrivals.take(letter(mia, "behind"), ignored)
        await arrivals.settle()

    assert await subjects(stores, mia) == ["before", "lost its mailbox", "behind"]


class Failing(MailStore):
    """A store that is not available as long as it is told so."""

    def __init__(self, store: MailStore) -> None:
        self._store = store
        self.is_failing = True

    def __getattribute__(self, name: str) -> object:
        if name in ("_store", "is_failing", "deliver_logged"):
            return object.__getattribute__(self, name)
        return getattr(self._store, name)

    @override
    async def deliver_logged(
        self, messages: Sequence[NewMessage], up_to: LogPlace
    ) -> tuple[Placed, ...]:
        if self.is_failing:
            raise MailError(ErrorKind.UNAVAILABLE, "the mail store is not available")
        return await self._store.deliver_logged(messages, up_to)


async def test_while_the_store_fails_messages_wait_and_nobody_hangs(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    failing = Failing(stores.mail)
    async with running(tmp_path, failing) as arrivals:
        for subject in ("one", "two"):
            await arrivals.take(letter(mia, subject), ignored)
        await arrivals.settle()
        assert not arrivals.is_settled
        assert await found(stores, mia) == []

        failing.is_failing = False
        while not arrivals.is_settled:
            await arrivals.settle()

    assert await subjects(stores, mia) == ["one", "two"]


async def test_what_the_store_never_took_is_placed_at_the_next_start(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    async with running(tmp_path, Failing(stores.mail)) as arrivals:
        await arrivals.take(letter(mia, "one"), ignored)
        await arrivals.settle()

    assert await recovered(tmp_path, stores.mail) == 1
    assert await subjects(stores, mia) == ["one"]


async def test_nobody_waits_for_what_is_placed_no_more(
    tmp_path: Path, stores: Stores, mia: Inbox
) -> None:
    """Placing ends with any other part of the server that fails: the rest stays in the log."""
    failing = Failing(stores.mail)
    async with running(tmp_path, failing) as arrivals:
        await arrivals.take(letter(mia, "one"), ignored)
        await arrivals.settle()
    await arrivals.settle()
    await arrivals.stop()

    assert await recovered(tmp_path, stores.mail) == 1
    assert await subjects(stores, mia) == ["one"]


async def test_a_record_of_another_make_is_kept_in_a_file(tmp_path: Path, stores: Stores) -> None:
    log = ArrivalLog(tmp_path, FakeClock())
    await log.append(b"\0\0\0\2{}and something")
    log.close()
    await stores.mail.deliver_logged([], LogPlace(0, 0))

    assert await recovered(tmp_path, stores.mail) == 0

    (aside,) = tmp_path.glob("arrival-*.eml")
    assert aside.read_bytes() == b"\0\0\0\2{}and something"
    assert await recovered(tmp_path, stores.mail) == 0
