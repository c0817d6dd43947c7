"""Readiness: room on the disk and a store that writes."""

from pathlib import Path

from mailcore.readiness import Readiness, free_bytes
from mailcore.store.maildir import Maildir
from mailcore.store.sqlite import SqliteStore
from tests.support.clock import FakeClock


async def test_a_disk_that_fills_up_is_noticed_within_seconds(tmp_path: Path) -> None:
    """And one that has room again; between two looks the answer is the one remembered."""
    clock = FakeClock()
    room = [1000]
    async with SqliteStore.open(tmp_path, Maildir(tmp_path), clock) as stores:
        readiness = Readiness(
            leases=stores.leases,
            data_dir=tmp_path,
            min_free_bytes=1000,
            clock=clock,
            free=lambda _: room[-1],
        )
        answers = []
        for free in (1000, 999, 999, 1000):
            room.append(free)
            answers.append(await readiness.reason())
            clock.advance(2)
        assert answers == ["", "", "the disk is nearly full", "the disk is nearly full"]
        assert await readiness.reason() == ""


async def test_a_store_that_cannot_write_is_not_ready(tmp_path: Path) -> None:
    """Reading still works then, which is not enough."""
    clock = FakeClock()
    async with SqliteStore.open(tmp_path, Maildir(tmp_path), clock):
        pass
    async with SqliteStore.open_read_only(tmp_path, Maildir(tmp_path), clock) as stores:
        readiness = Readiness(
            leases=stores.leases, data_dir=tmp_path, min_free_bytes=0, clock=clock
        )
        assert await readiness.reason() == "the store cannot write"


async def test_a_data_directory_that_is_gone_is_not_ready(tmp_path: Path) -> None:
    """The reason tells no path."""
    clock = FakeClock()
    async with SqliteStore.open(tmp_path, Maildir(tmp_path), clock) as stores:
        gone = Readiness(
            leases=stores.leases, data_dir=tmp_path / "no", min_free_bytes=0, clock=clock
        )
        assert await gone.reason() == "the data directory cannot be read"
    assert free_bytes(tmp_path) > 0
