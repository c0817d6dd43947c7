"""Syncing directories and whole file systems."""

from pathlib import Path

import pytest

from mailcore.store.durable import can_sync_together, sync_directory, synced_together


def test_what_was_written_below_is_synced_at_once(tmp_path: Path) -> None:
    """Any number of directories; each file system is synced once."""
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    with synced_together(map(str, folders)) as sync:
        for folder in folders:
            (folder / "x").write_bytes(b"x")
        sync()
    assert [(folder / "x").read_bytes() for folder in folders] == [b"x", b"x"]


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    """Nothing is silently left unsynced."""
    with pytest.raises(FileNotFoundError):
        sync_directory(str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError), synced_together([str(tmp_path / "none")]):
        pass


@pytest.mark.parametrize(
    ("system", "release", "can"),
    [
        ("Linux", "6.1.0-18-amd64", True),
        ("Linux", "5.8.0", True),
        ("Linux", "5.4.0-150-generic", False),
        ("Linux", "strange", False),
        ("Darwin", "23.1.0", False),
    ],
)
def test_only_kernels_that_tell_errors_are_trusted(system: str, release: str, can: bool) -> None:
    """Before 5.8 `syncfs` returned success for data that never reached the disk."""
    assert can_sync_together(system, release) is can
