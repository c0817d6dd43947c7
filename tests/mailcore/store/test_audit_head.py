"""The head of the audit log outside of its table: what the chain alone cannot show."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mailcore.auditing import Auditing
from mailcore.credentials import ServerSecrets
from mailcore.model import Inbox
from mailcore.store.ports import Stores
from tests.support.build import audit


@pytest.fixture
def secrets(tmp_path: Path) -> ServerSecrets:
    ServerSecrets.create(tmp_path / "server.key")
    return ServerSecrets.load(tmp_path / "server.key")


def meddle(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    """Change the log behind the server's back; what it was before."""
    (path,) = tmp_path.glob("db/*.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        saved = intruder.execute("SELECT * FROM audit").fetchall()
        intruder.execute(sql)
    return saved


def mend(tmp_path: Path, saved: list[tuple[object, ...]]) -> None:
    (path,) = tmp_path.glob("db/*.sqlite3")
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        intruder.execute("DELETE FROM audit")
        intruder.executemany("INSERT INTO audit VALUES (?,?,?,?,?,?,?,?)", saved)


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"seq":', b'"seq":1'))


@pytest.mark.parametrize(
    ("sql", "at_file", "trouble"),
    [
        ("DELETE FROM audit WHERE seq > 3", None, "gone"),
        ("DELETE FROM audit", None, "gone"),
        ("DELETE FROM audit WHERE seq = 2", None, "row 2 does not fit"),
        ("UPDATE audit SET actor = 'x' WHERE seq = 4", None, "row 4 does not fit"),
        ("UPDATE audit SET actor = actor", changed, "was changed"),
        ("UPDATE audit SET actor = actor", Path.unlink, "is gone"),
    ],
)
async def test_a_cut_or_changed_log_is_found(
    stores: Stores,
    mia: Inbox,
    tmp_path: Path,
    secrets: ServerSecrets,
    sql: str,
    at_file: Callable[[Path], None] | None,
    trouble: str,
) -> None:
    path = tmp_path / "head"
    keeper = Auditing(store=stores.policy, secrets=secrets, path=path)
    for number in range(4):
        await stores.policy.append_audit(audit(f"test.{number}"))
    await keeper.follow()
    assert (await keeper.verify()).trouble == ""
    saved = meddle(tmp_path, sql)
    if at_file is not None:
        at_file(path)
    fresh = Auditing(store=stores.policy, secrets=secrets, path=path)
    assert trouble in (await fresh.verify()).trouble
    mend(tmp_path, saved)


async def test_a_cut_log_that_grows_again_stays_found(
    stores: Stores, mia: Inbox, tmp_path: Path, secrets: ServerSecrets
) -> None:
    """The head is evidence: it is not written over by a log that contradicts it."""
    path = tmp_path / "head"
    for number in range(4):
        await stores.policy.append_audit(audit(f"test.{number}"))
    await Auditing(store=stores.policy, secrets=secrets, path=path).follow()
    kept = path.read_bytes()
    saved = meddle(tmp_path, "DELETE FROM audit WHERE seq > 3")
    for number in range(5):
        await stores.policy.append_audit(audit(f"later.{number}"))
    later = Auditing(store=stores.policy, secrets=secrets, path=path)
    assert await stores.policy.verify_audit() is None
    await later.follow()
    assert path.read_bytes() == kept
    assert "not the one that was written" in (await later.verify()).trouble
    mend(tmp_path, saved)
