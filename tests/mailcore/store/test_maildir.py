"""Files: durable order, names, failures of the disk, leftovers."""

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId, new_id
from mailcore.store.layout import file_path, folder_path
from mailcore.store.maildir import SYNC_TOGETHER_FROM, Maildir
from mailcore.store.ports import NewFile, NewLink
from tests.support.clock import FakeClock

INBOX_ID = InboxId(new_id())
HERE = folder_path(INBOX_ID, "")
SENT = folder_path(INBOX_ID, ".Sent")
SPOOL = "spool"
AT = 1_700_000_000_000_000


@pytest.fixture
def maildir(tmp_path: Path) -> Iterator[Maildir]:
    opened = Maildir(tmp_path)
    yield opened
    opened.close()


def files(root: Path) -> list[str]:
    """Every file but the folder markers."""
    found = (path for path in root.rglob("*") if path.is_file() and path.name != "maildirfolder")
    return sorted(str(path.relative_to(root)) for path in found)


def new_file(maildir: Maildir, folder: str = HERE, raw: bytes = b"hello") -> NewFile:
    path = file_path(folder, maildir.new_ref(len(raw)), "S")
    return NewFile(path=path, raw=raw, modified_at=AT)


async def test_bytes_come_back_exactly(maildir: Maildir, tmp_path: Path) -> None:
    """Stored as given, CRLF, NUL and 8-bit included."""
    raw = bytes(range(256)) * 50 + b"\r\n.\r\n"
    path = await maildir.put(HERE, raw, AT)
    assert await maildir.read(path) == raw
    assert (tmp_path / path).read_bytes() == raw


async def test_a_range_is_read_alone(maildir: Maildir) -> None:
    """Bodies are served by octet range; a range past the end is cut."""
    path = await maildir.put(HERE, b"0123456789", AT)
    assert await maildir.read(path, 3, 4) == b"3456"
    assert await maildir.read(path, 8, 100) == b"89"
    assert await maildir.read(path, 50, 5) == b""


async def test_the_name_is_a_maildir_name_with_its_size(maildir: Maildir, tmp_path: Path) -> None:
    """`cur/<unique>,S=<octets>:2,` so that any mail reader can list it."""
    path = await maildir.put(HERE, b"12345", AT)
    folder, _, name = path.rpartition("/")
    assert folder == f"mail/{INBOX_ID}/cur"
    assert name.endswith(",S=5:2,")
    assert (tmp_path / f"mail/{INBOX_ID}/new").is_dir()


async def test_a_batch_is_written_linked_and_dated(maildir: Maildir, tmp_path: Path) -> None:
    """Links share the octets; the file's time is the message's date, as Maildir readers expect."""
    new = [new_file(maildir, raw=b"%d" % number) for number in range(9)]
    links = [NewLink(source=new[0].path, path=f"{SENT}/cur/1.M1P1R00000000Q1.x:2,")]
    assert await maildir.apply(new, links) == frozenset()
    assert [(tmp_path / one.path).read_bytes() for one in new] == [one.raw for one in new]
    assert (tmp_path / new[0].path).stat().st_mtime_ns == AT * 1000
    assert (tmp_path / links[0].path).samefile(tmp_path / new[0].path)
    assert (tmp_path / SENT / "maildirfolder").is_file()
    assert not (tmp_path / HERE / "maildirfolder").exists()


async def test_applying_again_is_fine(maildir: Maildir, tmp_path: Path) -> None:
    """A batch interrupted by a crash is done again from its beginning."""
    new = [new_file(maildir)]
    links = [NewLink(source=new[0].path, path=f"{HERE}/cur/1.M1P1R00000000Q1.x:2,T")]
    await maildir.apply(new, links)
    (tmp_path / HERE / "tmp" / new[0].path.rpartition("/")[2].partition(":")[0]).write_bytes(b"h")
    (tmp_path / links[0].path).unlink()
    (tmp_path / links[0].path).write_bytes(b"half")
    await maildir.apply(new, links)
    assert (tmp_path / links[0].path).read_bytes() == b"hello"
    assert len(files(tmp_path)) == 2


async def test_a_link_to_a_file_that_is_gone_is_reported(maildir: Maildir) -> None:
    """The others of the batch are made."""
    there = await maildir.put(HERE, b"x", AT)
    links = [
        NewLink(source=f"{HERE}/cur/gone:2,", path=f"{HERE}/cur/a:2,"),
        NewLink(source=there, path=f"{HERE}/cur/b:2,"),
    ]
    assert await maildir.apply([], links) == {f"{HERE}/cur/gone:2,"}
    assert await maildir.read(f"{HERE}/cur/b:2,") == b"x"


async def test_a_missing_file_is_none(maildir: Maildir) -> None:
    """The reader looks the row up again."""
    assert await maildir.read("spool/cur/none") is None


async def test_removing_twice_is_fine(maildir: Maildir, tmp_path: Path) -> None:
    """A janitor may be interrupted."""
    path = await maildir.put(SPOOL, b"x", AT)
    await maildir.remove([path])
    await maildir.remove([path])
    assert files(tmp_path) == []


@pytest.mark.parametrize("path", ["../outside", "/etc/passwd", "mail/../../x"])
async def test_a_path_cannot_leave_the_data_directory(maildir: Maildir, path: str) -> None:
    """Paths come from the database, and still are not trusted."""
    with pytest.raises(MailError):
        await maildir.read(path)


FAILURES = [
    (errno.ENOSPC, ErrorKind.OVER_LIMIT, "disk_full"),
    (errno.EDQUOT, ErrorKind.OVER_LIMIT, "disk_full"),
    (errno.EIO, ErrorKind.UNAVAILABLE, "unavailable"),
]


@pytest.mark.parametrize("count", [1, SYNC_TOGETHER_FROM])
@pytest.mark.parametrize("step", ["opened", "written", "staged", "renamed", "published"])
@pytest.mark.parametrize(("number", "kind", "code"), FAILURES)
async def test_a_failing_disk_leaves_nothing_behind(
    tmp_path: Path, step: str, number: int, kind: ErrorKind, code: str, count: int
) -> None:
    """At every step of the write: an error of the right kind, and no file."""

    def fail(at: str) -> None:
        if at == step:
            raise OSError(number, os.strerror(number))

    maildir = Maildir(tmp_path, failpoint=fail)
    with pytest.raises(MailError) as caught:
        await maildir.put(HERE, b"x" * 100, AT)
    with pytest.raises(MailError) as again:
        await maildir.apply([new_file(maildir) for _ in range(count)], [])
    maildir.close()
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert (again.value.kind, again.value.code) == (kind, code)
    assert [one for one in files(tmp_path) if "S=100" in one] == []


async def test_a_broken_directory_is_unavailable(tmp_path: Path) -> None:
    """Not INTERNAL: the sender is told to come back."""
    maildir = Maildir(tmp_path)
    await maildir.put(SPOOL, b"make the directory", AT)
    target = tmp_path / "spool" / "tmp"
    target.rmdir()
    target.symlink_to(tmp_path / "missing")
    with pytest.raises(MailError) as caught:
        await maildir.put(SPOOL, b"x", AT)
    maildir.close()
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_a_directory_removed_by_hand_is_made_again(maildir: Maildir, tmp_path: Path) -> None:
    """The first write after it fails once at most."""
    path = await maildir.put(SPOOL, b"x", AT)
    (tmp_path / path).unlink()
    for name in ("cur", "new", "tmp"):
        (tmp_path / "spool" / name).rmdir()
    with pytest.raises(MailError):
        await maildir.put(SPOOL, b"y", AT)
    assert await maildir.read(await maildir.put(SPOOL, b"z", AT)) == b"z"


async def test_recovery_removes_only_old_leftovers(tmp_path: Path) -> None:
    """Files in tmp older than 36 hours go, younger ones and delivered ones stay."""
    clock = FakeClock(SystemClock().now())
    maildir = Maildir(tmp_path, clock=clock)
    kept = await maildir.put(HERE, b"kept", AT)
    (tmp_path / HERE / "tmp" / "leftover").write_bytes(b"half")
    assert await maildir.recover() == 0
    clock.advance(timedelta(hours=37))
    assert await maildir.recover() == 1
    maildir.close()
    assert files(tmp_path) == [kept]


async def test_the_janitor_sees_only_old_files_of_ours(maildir: Maildir, tmp_path: Path) -> None:
    """A fresh link is young whatever its date says; what others delivered is theirs."""
    new = new_file(maildir)
    await maildir.apply([new], [])
    (tmp_path / HERE / "new" / "1700000000.other.host").write_bytes(b"foreign")
    (tmp_path / HERE / "cur" / "1700000000.other.host:2,S").write_bytes(b"foreign")
    assert list(maildir.files(SystemClock().now() - timedelta(minutes=1))) == []
    assert list(maildir.files(SystemClock().now() + timedelta(minutes=1))) == [new.path]


async def test_a_maildir_goes_when_it_is_empty(maildir: Maildir, tmp_path: Path) -> None:
    """Not with a message in it, whoever put it there."""
    path = await maildir.put(SENT, b"x", AT)
    await maildir.replace(f"{SENT}/dovecot-uidlist", "3 V1 N1\n")
    assert not await maildir.remove_folder(SENT)
    await maildir.remove([path])
    assert await maildir.remove_folder(SENT)
    assert not (tmp_path / SENT).exists()
    await maildir.make_folder(SENT)
    assert await maildir.list_folder(SENT) == ()
