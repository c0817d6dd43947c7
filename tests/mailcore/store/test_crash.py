"""kill -9 at every step of a delivery: what was acknowledged is there, and the store is whole."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from mailcore.clock import SystemClock
from mailcore.ids import MessageId
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from mailcore.store.sqlite.check import SqliteCheck
from tests.support.build import RAW, create_inbox, deliver
from tests.support.invariants import check_invariants

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
        found.append((MessageId(message_id), RAW + f"{number} {turn}".encode()))
    return found


@pytest.mark.parametrize(
    ("step", "count"),
    [
        ("opened", 40),
        ("written", 40),
        ("staged", 40),
        ("renamed", 40),
        ("published", 40),
        ("executed", 9),
        ("committed", 9),
    ],
)
async def test_everything_acknowledged_survives_kill_minus_nine(
    tmp_path: Path, step: str, count: int
) -> None:
    """Bytes first, row second, answer last: a crash between them loses nothing acknowledged."""
    acknowledged = killed_at(tmp_path, step, count)
    maildir = Maildir(tmp_path)
    async with SqliteStore.open(tmp_path, maildir, SystemClock()) as stores:
        assert acknowledged
        for message_id, raw in acknowledged:
            message = await stores.mail.message(message_id)
            assert message is not None
            assert await maildir.read(message.blob) == raw
        await check_invariants(stores)
        ben = await create_inbox(stores, "ben")
        await deliver(stores, ben)
        await check_invariants(stores)
    maildir.close()


async def test_files_a_crash_left_behind_are_found_and_removed(tmp_path: Path) -> None:
    """A file whose transaction never came is an orphan after an hour, and no others are."""
    killed_at(tmp_path, "published", 30)
    maildir = Maildir(tmp_path)
    async with SqliteStore.open(tmp_path, maildir, SystemClock()) as stores:
        check = stores.check
        assert isinstance(check, SqliteCheck)
        soon = SystemClock().now() + timedelta(minutes=1)
        orphans = await check.orphans(soon)
        assert orphans
        await maildir.remove(orphans)
        assert await check.orphans(soon) == ()
        await check_invariants(stores)
    maildir.close()
