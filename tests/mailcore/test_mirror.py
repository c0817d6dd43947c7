"""The tree follows the index: folders, letters, what Dovecot keeps beside, and every way to fail."""

import asyncio
import errno
import json
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailcore.errors import MailError
from mailcore.model import INBOX, Flag, Inbox, Mailbox
from mailcore.store.dovecot import read_keywords, read_uid_list
from mailcore.store.layout import base_name
from mailcore.store.maildir import Maildir
from mailcore.store.ports import FlagMode, Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.blobs import INLINE_BYTES
from tests.support.blueprint import lay_out
from tests.support.build import RAW, create_inbox, deliver, hold, message_facts, new_submission
from tests.support.clock import FakeClock
from tests.support.invariants import check_invariants
from tests.support.mirroring import mirror, tree

EVERY = [(1, 2**32 - 1)]


@dataclass
class Disk:
    """Fails at a step when told to."""

    step: str = ""
    number: int = errno.ENOSPC

    def __call__(self, step: str) -> None:
        if step == self.step:
            raise OSError(self.number, os.strerror(self.number))


@dataclass
class Site:
    """A store with one inbox, and its tree."""

    data_dir: Path
    stores: Stores
    mia: Inbox
    disk: Disk

    def tree(self) -> dict[str, list[str]]:
        return {name: found for name, found in tree(self.data_dir, self.mia.id).items() if found}

    def folder(self, directory: str = "") -> Path:
        return self.data_dir / "mail" / self.mia.id / directory

    async def box(self, name: str = INBOX) -> Mailbox:
        found = await self.stores.mail.mailbox(self.mia.id, name)
        assert found is not None
        return found


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    disk = Disk()
    lay_out(tmp_path)
    maildir = Maildir(tmp_path, failpoint=disk)
    async with SqliteStore.open(tmp_path, maildir, FakeClock()) as stores:
        yield Site(tmp_path, stores, await create_inbox(stores), disk)
        disk.step = ""
        await mirror(stores).drain()
        await check_invariants(stores)
        assert await stores.mirror.lag() == (0, 0)
    maildir.close()


async def test_bytes_move_from_the_database_into_a_file(site: Site) -> None:
    """Read the same before and after; the file has the message's date."""
    at = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    placed = await deliver(site.stores, site.mia, internal_date=at, flags=Flag.SEEN)
    message = await site.stores.mail.message(placed.id)
    assert message is not None
    assert await site.stores.mirror.lag() == (len(RAW), await site.stores.journal.head())
    assert list(site.data_dir.rglob("cur/*")) == []
    assert await site.stores.blobs.read(message.blob, 3, 4) == RAW[3:7]
    await mirror(site.stores).drain()
    (path,) = site.folder().glob("cur/*")
    assert path.read_bytes() == RAW
    assert path.name == f"{message.blob}:2,S"
    assert path.stat().st_mtime == at.timestamp()
    assert await site.stores.blobs.read(message.blob) == RAW
    assert await site.stores.blobs.read(message.blob, 3, 4) == RAW[3:7]


async def test_large_bytes_are_in_a_file_at_once(site: Site) -> None:
    """More than a transaction carries: the file is durable first, and moves like the others."""
    raw = RAW + b"x" * INLINE_BYTES
    placed = await deliver(site.stores, site.mia, raw=raw, mailbox="Archive")
    message = await site.stores.mail.message(placed.id)
    assert message is not None
    assert (await site.stores.mirror.lag())[0] == 0
    assert await site.stores.blobs.read(message.blob) == raw
    await mirror(site.stores).drain()
    assert site.tree() == {".Archive": [""]}


async def test_large_bytes_that_are_refused_leave_no_file(site: Site) -> None:
    """The transaction says no: the file goes."""
    with pytest.raises(MailError):
        await deliver(site.stores, site.mia, raw=b"x" * (INLINE_BYTES + 1), mailbox="Nowhere")
    assert list(site.data_dir.rglob("cur/*")) == []


async def test_flags_keywords_and_moves_are_followed(site: Site) -> None:
    """Letters by the row, keywords by the folder's list, the folder by the mailbox."""
    for _ in range(3):
        await deliver(site.stores, site.mia)
    inbox, archive = await site.box(), await site.box("Archive")
    await mirror(site.stores).drain()
    mail = site.stores.mail
    await mail.set_flags(inbox.id, [(1, 1)], FlagMode.ADD, Flag.SEEN | Flag.DRAFT, ["$Junk"])
    await mail.set_flags(inbox.id, [(2, 2)], FlagMode.ADD, Flag(0), ["work", "$junk"])
    await mail.move(inbox.id, [(3, 3)], archive.id)
    await mail.set_flags(archive.id, EVERY, FlagMode.ADD, Flag.ANSWERED, ["work"])
    await mirror(site.stores).drain()
    assert site.tree() == {"": ["DSa", "ab"], ".Archive": ["Ra"]}
    assert read_keywords((site.folder() / "dovecot-keywords").read_text()) == ("$Junk", "work")
    assert read_keywords((site.folder(".Archive") / "dovecot-keywords").read_text()) == ("work",)


async def test_a_copy_is_a_hard_link_and_outlives_its_source(site: Site) -> None:
    """Whether it was made before or after the bytes had a file."""
    await deliver(site.stores, site.mia)
    inbox, archive = await site.box(), await site.box("Archive")
    await site.stores.mail.copy(inbox.id, EVERY, archive.id)
    await mirror(site.stores).drain()
    await site.stores.mail.copy(inbox.id, EVERY, archive.id)
    await site.stores.mail.expunge(inbox.id, only_deleted=False)
    second = await site.stores.mail.message_at(archive.id, 2)
    assert second is not None
    assert await site.stores.blobs.read(second.blob) == RAW
    await mirror(site.stores).drain()
    await mirror(site.stores).drain()
    assert site.tree() == {".Archive": ["", ""]}
    first, other = site.folder(".Archive").glob("cur/*")
    assert first.samefile(other)
    assert await site.stores.blobs.read(second.blob) == RAW


async def test_the_last_file_of_bytes_stays_until_another_is_there(site: Site) -> None:
    """A copy has no file yet when its source is removed: the bytes stay readable throughout."""
    await deliver(site.stores, site.mia)
    await mirror(site.stores).drain()
    inbox, archive = await site.box(), await site.box("Archive")
    await site.stores.mail.copy(inbox.id, EVERY, archive.id)
    await site.stores.mail.expunge(inbox.id, only_deleted=False)
    ((gone, _, _),) = await site.stores.mirror.doomed(10)
    assert await site.stores.mirror.forget_doomed([gone]) == ()
    copy = await site.stores.mail.message_at(archive.id, 1)
    assert copy is not None
    assert await site.stores.blobs.read(copy.blob) == RAW


async def test_expunged_files_stay_while_a_session_shows_them(site: Site) -> None:
    """The session may still fetch; then they go."""
    placed = await deliver(site.stores, site.mia)
    pending = await deliver(site.stores, site.mia)
    shown = [True]
    following = mirror(site.stores, is_shown=lambda _mailbox, _seq: shown[0])
    found = [await site.stores.mail.message(one.id) for one in (placed, pending)]
    await site.stores.mail.expunge(placed.mailbox_id, [(1, 1)], only_deleted=False)
    await following.drain()
    await site.stores.mail.expunge(placed.mailbox_id, [(2, 2)], only_deleted=False)
    await following.drain()
    for message in found:
        assert message is not None
        assert await site.stores.blobs.read(message.blob) == RAW
    shown[0] = False
    await following.drain()
    assert site.tree() == {}
    assert await site.stores.mirror.doomed(1) == ()


async def test_folders_are_made_renamed_and_removed(site: Site) -> None:
    """With children and messages; the directory of the old name goes."""
    mail = site.stores.mail
    await mail.create_mailbox(site.mia.id, "Work/2026")
    await deliver(site.stores, site.mia, mailbox="Work/2026")
    await mirror(site.stores).drain()
    assert site.folder(".Work").is_dir()
    assert site.tree() == {".Work.2026": [""]}
    await mail.rename_mailbox(site.mia.id, "Work", "Büro")
    await mirror(site.stores).drain()
    assert site.tree() == {".B&APw-ro.2026": [""]}
    assert not site.folder(".Work").exists()
    assert not site.folder(".Work.2026").exists()
    await mail.delete_mailbox(site.mia.id, "Büro/2026")
    await mirror(site.stores).drain()
    assert not site.folder(".B&APw-ro.2026").exists()
    assert site.folder(".B&APw-ro").is_dir()


async def test_a_name_taken_again_keeps_its_directory(site: Site) -> None:
    """Renamed away and made anew before the mirror looked."""
    mail = site.stores.mail
    await mail.create_mailbox(site.mia.id, "A")
    await deliver(site.stores, site.mia, mailbox="A")
    await mirror(site.stores).drain()
    await mail.rename_mailbox(site.mia.id, "A", "B")
    await mail.create_mailbox(site.mia.id, "A")
    await deliver(site.stores, site.mia, mailbox="A", flags=Flag.SEEN)
    await mirror(site.stores).drain()
    assert site.tree() == {".A": ["S"], ".B": [""]}


async def test_the_uid_list_says_what_the_index_says(site: Site) -> None:
    """UIDVALIDITY, UIDNEXT and every UID; lines are added, and expunged ones do no harm."""
    following = mirror(site.stores)
    for _ in range(2):
        await deliver(site.stores, site.mia)
        await following.drain()
    inbox = await site.box()
    await site.stores.mail.expunge(inbox.id, [(2, 2)], only_deleted=False)
    await deliver(site.stores, site.mia)
    await site.stores.mail.expunge(inbox.id, [(3, 3)], only_deleted=False)
    await deliver(site.stores, site.mia)
    await following.drain()
    await site.stores.mail.expunge(inbox.id, [(4, 4)], only_deleted=False)
    await following.drain()
    listed = read_uid_list((site.folder() / "dovecot-uidlist").read_text())
    assert listed is not None
    inbox = await site.box()
    assert (listed.uid_validity, listed.uid_next) == (inbox.uid_validity, 5)
    first = await site.stores.mail.message_at(inbox.id, 1)
    assert first is not None
    assert listed.uids[base_name(first.blob)] == 1


async def test_submissions_and_their_copies_share_one_file(site: Site) -> None:
    """The spool has a name for each; a held message has no other."""
    await site.stores.outbound.submit(await new_submission(site.stores, site.mia))
    await site.stores.outbound.submit(await new_submission(site.stores, site.mia, held=hold()))
    await mirror(site.stores).drain()
    links = sorted(one.stat().st_nlink for one in site.data_dir.glob("spool/cur/*"))
    assert links == [1, 2]
    assert site.tree() == {".Sent": ["S"]}


async def test_the_manifest_names_the_inbox_and_nothing_secret(site: Site) -> None:
    """Written when the inbox is made, and again when its mailboxes change."""
    await mirror(site.stores).drain()
    await site.stores.mail.create_mailbox(site.mia.id, "Work")
    await mirror(site.stores).drain()
    text = (site.folder() / "countersign-inbox.json").read_text()
    manifest = json.loads(text)
    assert (manifest["address"], manifest["agent"]["name"]) == ("mia@here.test", "mia")
    assert "Work" in [one["name"] for one in manifest["mailboxes"]]
    assert "argon2" not in text


@pytest.mark.parametrize("step", ["opened", "written", "staged", "renamed", "linked", "published"])
async def test_a_full_disk_loses_nothing_and_is_made_good(site: Site, step: str) -> None:
    """The bytes stay in the database; the next pass that works brings everything."""
    await mirror(site.stores).drain()
    placed = await deliver(site.stores, site.mia, facts=message_facts(message_id="a@x"))
    inbox, archive = await site.box(), await site.box("Archive")
    await site.stores.mail.copy(inbox.id, EVERY, archive.id)
    site.disk.step = step
    with pytest.raises(MailError) as caught:
        await mirror(site.stores).drain()
    assert caught.value.code == "disk_full"
    message = await site.stores.mail.message(placed.id)
    assert message is not None
    assert await site.stores.blobs.read(message.blob) == RAW
    await site.stores.mail.set_flags(inbox.id, EVERY, FlagMode.ADD, Flag.SEEN)
    site.disk.step = ""
    await mirror(site.stores).drain()
    assert site.tree() == {"": ["S"], ".Archive": [""]}


@pytest.mark.parametrize("step", ["applied", "recorded", "removed", "forgotten", "mirrored"])
async def test_a_pass_that_breaks_off_is_finished_by_the_next(site: Site, step: str) -> None:
    """Between any two steps; second names that are left behind go."""
    for _ in range(3):
        await deliver(site.stores, site.mia)
    inbox, archive = await site.box(), await site.box("Archive")
    await mirror(site.stores).drain()
    await site.stores.mail.set_flags(inbox.id, [(1, 1)], FlagMode.ADD, Flag.SEEN)
    await site.stores.mail.move(inbox.id, [(2, 2)], archive.id)
    await site.stores.mail.expunge(inbox.id, [(3, 3)], only_deleted=False)
    await deliver(site.stores, site.mia)

    def fail(at: str) -> None:
        if at == step:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await mirror(site.stores, failpoint=fail).drain()
    await site.stores.mail.set_flags(inbox.id, [(1, 1)], FlagMode.ADD, Flag.FLAGGED)
    await mirror(site.stores).drain()
    assert site.tree() in (
        {"": ["", "FS"], ".Archive": [""]},
        {"": ["", "", "FS"], ".Archive": [""]} if step == "forgotten" else None,
    )
    for left in await site.stores.check.orphans(datetime(2100, 1, 1, tzinfo=UTC)):
        (site.data_dir / left).unlink()


async def test_readers_find_a_file_that_moves_all_the_time(site: Site) -> None:
    """Between looking up and opening it: they look again."""
    placed = await deliver(site.stores, site.mia)
    message = await site.stores.mail.message(placed.id)
    assert message is not None
    inbox = await site.box()
    following = mirror(site.stores)

    async def read(done: Callable[[], bool]) -> int:
        count = 0
        while not done():
            assert await site.stores.blobs.read(message.blob) == RAW
            count += 1
            await asyncio.sleep(0)
        return count

    async def change() -> None:
        for number in range(40):
            mode = FlagMode.ADD if number % 2 else FlagMode.REMOVE
            await site.stores.mail.set_flags(inbox.id, EVERY, mode, Flag.SEEN)
            await following.drain()

    async with asyncio.TaskGroup() as group:
        changing = group.create_task(change())
        readers = [group.create_task(read(changing.done)) for _ in range(3)]
    assert all(reader.result() for reader in readers)


async def test_a_lost_file_does_not_stop_the_others(site: Site) -> None:
    """Somebody removed one by hand: it is reported by the check, the rest goes on."""
    for _ in range(2):
        await deliver(site.stores, site.mia)
    await mirror(site.stores).drain()
    first = await site.stores.mail.message_at((await site.box()).id, 1)
    assert first is not None
    path = site.folder() / "cur" / f"{first.blob}:2,"
    path.unlink()
    await site.stores.mail.set_flags((await site.box()).id, EVERY, FlagMode.ADD, Flag.SEEN)
    await mirror(site.stores).drain()
    assert site.tree() == {"": ["S"]}
    path.write_bytes(RAW)
    await mirror(site.stores).drain(everything=True)
    assert site.tree() == {"": ["S", "S"]}


async def test_running_it_follows_without_being_asked(site: Site) -> None:
    """A commit wakes it; stopping takes what is left at once."""
    following = mirror(site.stores)
    task = asyncio.get_running_loop().create_task(following.run())
    await deliver(site.stores, site.mia)
    await following.stop(10)
    assert site.tree() == {"": [""]}
    task.cancel()
    await asyncio.wait({task})
