"""kill -9 at every step of a delivery: what was acknowledged is there, and the store is whole."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.ids import BlobRef, InboxId, MessageId, new_id
from mailcore.store.layout import base_name, folder_path
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.blobs import INLINE_BYTES
from tests.support.build import RAW, create_inbox, deliver
from tests.support.invariants import check_invariants
from tests.support.mirroring import mirror

CHILD = Path(__file__).with_name("crashing_child.py")
ROOT = Path(__file__).parents[3]


def killed_at(data_dir: Path, step: str, count: int) -> list[tuple[MessageId, bytes]]:
    """Run the child until it dies; the ids it acknowledged with their bytes."""
    done = subprocess.run(
        [sys.executable, str(CHILD), str(data_dir), step, str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    found = []
    for line in done.stdout.decode().splitlines():
        message_id, number, turn = line.split()
        large = b"x" * INLINE_BYTES if int(turn) % 50 == 9 else b""
        found.append((MessageId(message_id), RAW + f"{number} {turn}".encode() + large))
    return found


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("opened", 40),
        ("staged", 40),
        ("renamed", 40),
        ("published", 20),
        ("applied", 12),
        ("recorded", 12),
        ("removed", 12),
        ("forgotten", 3),
        ("executed", 9),
        ("committed", 9),
    ],
)
async def test_everything_acknowledged_survives_kill_minus_nine(
    tmp_path: Path, step: str, count: int
) -> None:
    """Whatever the store or the mirror was doing: nothing acknowledged is lost, and the tree recovers."""
    acknowledged = killed_at(tmp_path, step, count)
    maildir = Maildir(tmp_path)
    async with SqliteStore.open(tmp_path, maildir, SystemClock()) as stores:
        assert acknowledged
        for message_id, raw in acknowledged:
            message = await stores.mail.message(message_id)
            assert message is not None
            assert await stores.blobs.read(message.blob) == raw
        await check_invariants(stores)
        await mirror(stores).drain()
        await check_invariants(stores)
        for message_id, raw in acknowledged:
            message = await stores.mail.message(message_id)
            assert message is not None
            assert await stores.blobs.read(message.blob) == raw
        await tree_is_index(stores, tmp_path)
        ben = await create_inbox(stores, "ben")
        await deliver(stores, ben)
        await check_invariants(stores)
    maildir.close()


async def tree_is_index(stores: Stores, data_dir: Path) -> None:
    """Every file of an inbox is known, under its one name."""
    listed = [
        str(path.relative_to(data_dir))
        for path in data_dir.glob("mail/*/**/cur/*")
        if path.is_file()
    ]
    known = await stores.mirror.locate_files([BlobRef(base_name(one)) for one in listed])
    known_paths = {path for path in known.values() if path}
    strangers = set(listed) - known_paths
    assert {base_name(one) for one in strangers}.isdisjoint(known)
    assert known_paths <= set(listed)


async def test_files_a_crash_left_behind_are_found_and_removed(tmp_path: Path) -> None:
    """A large file whose transaction never came is an orphan after an hour, and no others are."""
    killed_at(tmp_path, "executed", 12)
    maildir = Maildir(tmp_path)
    async with SqliteStore.open(tmp_path, maildir, SystemClock()) as stores:
        stranded = await maildir.put(folder_path(InboxId(new_id()), ""), b"x", 0)
        soon = SystemClock().now() + timedelta(minutes=1)
        orphans = await stores.check.orphans(soon)
        assert stranded in orphans
        await maildir.remove(orphans)
        assert await stores.check.orphans(soon) == ()
        await check_invariants(stores)
    maildir.close()
