"""Files: durable order, names, failures of the disk, leftovers."""

import errno
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import BlobRef, InboxId, new_id
from mailcore.store.maildir import Maildir, folder_directory
from mailcore.store.ports import Place
from tests.support.clock import FakeClock

INBOX_ID = InboxId(new_id())
HERE = Place(inbox_id=INBOX_ID)
SPOOL = Place(inbox_id=None)


@pytest.fixture
def maildir(tmp_path: Path) -> Iterator[Maildir]:
    opened = Maildir(tmp_path)
    yield opened
    opened.close()


def files(root: Path) -> list[str]:
    """Every file but the folder markers."""
    found = (path for path in root.rglob("*") if path.is_file() and path.name != "maildirfolder")
    return sorted(str(path.relative_to(root)) for path in found)


async def test_bytes_come_back_exactly(maildir: Maildir, tmp_path: Path) -> None:
    """Stored as given, CRLF, NUL and 8-bit included."""
    raw = bytes(range(256)) * 50 + b"\r\n.\r\n"
    (blob,) = await maildir.put([HERE], raw)
    assert await maildir.read(blob) == raw
    assert (tmp_path / blob).read_bytes() == raw


async def test_chunks_are_written_in_order(maildir: Maildir) -> None:
    """A prefix and a body need not be joined first."""
    chunks = [b"a" * 700_000, b"b" * 700_000, b"c"]
    (blob,) = await maildir.put([HERE], chunks)
    assert await maildir.read(blob) == b"".join(chunks)


async def test_a_range_is_read_alone(maildir: Maildir) -> None:
    """Bodies are served by octet range; a range past the end is cut."""
    (blob,) = await maildir.put([HERE], b"0123456789")
    assert await maildir.read(blob, 3, 4) == b"3456"
    assert await maildir.read(blob, 8, 100) == b"89"
    assert await maildir.read(blob, 50, 5) == b""


async def test_the_name_is_a_maildir_name_with_its_size(maildir: Maildir) -> None:
    """`cur/<unique>,S=<octets>:2,` so that any mail reader can list it."""
    (blob,) = await maildir.put([HERE], b"12345")
    folder, _, name = blob.rpartition("/")
    assert folder == f"mail/{INBOX_ID}/cur"
    assert name.endswith(",S=5:2,")
    assert (Path(maildir._root) / f"mail/{INBOX_ID}/new").is_dir()


async def test_one_put_serves_many_places_with_one_inode(maildir: Maildir, tmp_path: Path) -> None:
    """Hard links: the octets are written once."""
    blobs = await maildir.put([HERE, Place(inbox_id=INBOX_ID, mailbox="Sent"), SPOOL], b"once")
    inodes = {(tmp_path / blob).stat().st_ino for blob in blobs}
    assert len(set(blobs)) == 3
    assert len(inodes) == 1
    assert blobs[1].startswith(f"mail/{INBOX_ID}/.Sent/cur/")
    assert blobs[2].startswith("spool/cur/")


async def test_a_subfolder_is_marked_as_maildirplusplus_wants(
    maildir: Maildir, tmp_path: Path
) -> None:
    """Subfolders carry a `maildirfolder` file; the inbox does not."""
    await maildir.put([HERE, Place(inbox_id=INBOX_ID, mailbox="A/B")], b"x")
    assert (tmp_path / f"mail/{INBOX_ID}/.A.B/maildirfolder").is_file()
    assert not (tmp_path / f"mail/{INBOX_ID}/maildirfolder").exists()


async def test_links_share_the_bytes_and_outlive_the_source(maildir: Maildir) -> None:
    """COPY makes names, not octets."""
    (source,) = await maildir.put([HERE], b"copy me")
    (copied,) = await maildir.link([source], Place(inbox_id=INBOX_ID, mailbox="Archive"))
    await maildir.remove([source])
    assert await maildir.read(copied) == b"copy me"


async def test_linking_a_missing_file_leaves_nothing(maildir: Maildir, tmp_path: Path) -> None:
    """All or none: the links made before the failure are gone."""
    (source,) = await maildir.put([HERE], b"x")
    gone = BlobRef(f"mail/{INBOX_ID}/cur/gone")
    with pytest.raises(MailError) as caught:
        await maildir.link([source, gone], SPOOL)
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert files(tmp_path) == [source]


async def test_a_missing_file_is_not_found(maildir: Maildir) -> None:
    """The caller looks the row up again."""
    with pytest.raises(MailError) as caught:
        await maildir.read(BlobRef("spool/cur/none"))
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_removing_twice_is_fine(maildir: Maildir, tmp_path: Path) -> None:
    """A janitor may be interrupted."""
    (blob,) = await maildir.put([SPOOL], b"x")
    await maildir.remove([blob])
    await maildir.remove([blob])
    assert files(tmp_path) == []


@pytest.mark.parametrize("blob", ["../outside", "/etc/passwd", "mail/../../x"])
async def test_a_reference_cannot_leave_the_data_directory(maildir: Maildir, blob: str) -> None:
    """References come from the database, and still are not trusted with paths."""
    with pytest.raises(MailError):
        await maildir.read(BlobRef(blob))


@pytest.mark.parametrize("step", ["opened", "written", "staged", "renamed", "published"])
@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, ErrorKind.OVER_LIMIT, "disk_full"),
        (errno.EDQUOT, ErrorKind.OVER_LIMIT, "disk_full"),
        (errno.EIO, ErrorKind.UNAVAILABLE, "unavailable"),
    ],
)
async def test_a_failing_disk_leaves_nothing_behind(
    tmp_path: Path, step: str, number: int, kind: ErrorKind, code: str
) -> None:
    """At every step of the write: an error of the right kind, and no file."""

    def fail(at: str) -> None:
        if at == step:
            raise OSError(number, os.strerror(number))

    maildir = Maildir(tmp_path, failpoint=fail)
    with pytest.raises(MailError) as caught:
        await maildir.put([HERE, SPOOL], b"x" * 100)
    maildir.close()
    assert (caught.value.kind, caught.value.code) == (kind, code)
    assert files(tmp_path) == []


async def test_a_broken_directory_is_unavailable(tmp_path: Path) -> None:
    """Not INTERNAL: the sender is told to come back."""
    maildir = Maildir(tmp_path)
    await maildir.put([SPOOL], b"make the directory")
    target = tmp_path / "spool" / "tmp"
    for path in target.iterdir():
        path.unlink()
    target.rmdir()
    target.symlink_to(tmp_path / "missing")
    with pytest.raises(MailError) as caught:
        await maildir.put([SPOOL], b"x")
    maildir.close()
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_a_directory_removed_by_hand_is_made_again(maildir: Maildir, tmp_path: Path) -> None:
    """The first write after it fails once at most."""
    (blob,) = await maildir.put([SPOOL], b"x")
    (tmp_path / blob).unlink()
    for name in ("cur", "new", "tmp"):
        (tmp_path / "spool" / name).rmdir()
    with pytest.raises(MailError):
        await maildir.put([SPOOL], b"y")
    (again,) = await maildir.put([SPOOL], b"z")
    assert await maildir.read(again) == b"z"


async def test_recovery_removes_only_old_leftovers(tmp_path: Path) -> None:
    """Files in tmp older than 36 hours go, younger ones and delivered ones stay."""
    clock = FakeClock(SystemClock().now())
    maildir = Maildir(tmp_path, clock=clock)
    (kept,) = await maildir.put([HERE, Place(inbox_id=INBOX_ID, mailbox="A")][:1], b"kept")
    leftover = tmp_path / f"mail/{INBOX_ID}/tmp/leftover"
    leftover.write_bytes(b"half")
    assert await maildir.recover() == 0
    clock.advance(timedelta(hours=37))
    assert await maildir.recover() == 1
    maildir.close()
    assert files(tmp_path) == [kept]


async def test_a_fresh_link_to_an_old_file_is_not_aged(maildir: Maildir, tmp_path: Path) -> None:
    """A copy's name is young even when its octets are old: the janitor must not take it."""
    (source,) = await maildir.put([HERE], b"old")
    os.utime(tmp_path / source, (1_000_000_000, 1_000_000_000))
    await maildir.link([source], SPOOL)
    recent = SystemClock().now() - timedelta(minutes=1)
    assert list(maildir.files(recent)) == []


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("INBOX", ""),
        ("Sent", ".Sent"),
        ("Projects/2026", ".Projects.2026"),
        ("a.b", ".a&AC4-b"),
        ("..", ".&AC4ALg-"),
        ("R&D", ".R&-D"),
        ("Gelöscht", ".Gel&APY-scht"),
        ("😀", ".&2D3eAA-"),
        ("cur", ".cur"),
        ("台北", ".&U,BTFw-"),
    ],
)
def test_folder_names_are_encoded(name: str, directory: str) -> None:
    """RFC 3501 §5.1.3 with `.` encoded too; a name is never a path."""
    assert folder_directory(name) == directory


@pytest.mark.parametrize("name", ["x" * 256, "ö" * 100, "/".join(["level"] * 60), "a//b", ""])
def test_folder_names_that_fit_no_directory_are_refused(name: str) -> None:
    """Over 255 octets, or with an empty level."""
    with pytest.raises(MailError) as caught:
        folder_directory(name)
    assert caught.value.kind is ErrorKind.INVALID
