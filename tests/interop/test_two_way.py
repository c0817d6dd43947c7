"""Programs that keep a Maildir and the mailboxes the same, both ways, over several rounds."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.interop.conftest import Program
from tests.support.maildirs import add, far, files, local, message, set_letters, without_own_fields
from tests.support.running import Agent, Running

pytestmark = pytest.mark.interop

FOLDERS = ("INBOX", "Archive", "Work")

type Sync = Callable[[], Awaitable[None]]


@pytest.fixture
def by_mbsync(server: Running, mia: Agent, program: Program, tmp_path: Path) -> Sync:
    settings = tmp_path / "mbsyncrc"
    settings.write_text(
        f"""IMAPAccount here
Host localhost
Port {server.ports["imaps"]}
User {mia.email}
Pass {mia.password}
SSLType IMAPS
CertificateFile {server.ca_file}

IMAPStore far
Account here

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
"""
    )

    async def sync() -> None:
        done = await program("mbsync", "-c", settings, "-a")
        assert done.status == 0, done.out

    return sync


@pytest.fixture
def by_offlineimap(server: Running, mia: Agent, program: Program, tmp_path: Path) -> Sync:
    settings = tmp_path / "offlineimaprc"
    settings.write_text(
        f"""[general]
accounts = here
metadata = {tmp_path}/metadata
ui = basic

[Account here]
localrepository = near
remoterepository = far

[Repository near]
type = Maildir
localfolders = {tmp_path}/mail
utf8foldernames = no

[Repository far]
type = IMAP
remotehost = localhost
remoteport = {server.ports["imaps"]}
remoteuser = {mia.email}
remotepass = {mia.password}
ssl = yes
sslcacertfile = {server.ca_file}
folderfilter = lambda name: name in {FOLDERS!r}
"""
    )

    async def sync() -> None:
        done = await program("offlineimap", "-o", "-c", settings)
        assert done.status == 0, done.out
        assert "ERROR" not in done.out, done.out

    return sync


@pytest.mark.parametrize("by", ["mbsync", "offlineimap"])
async def test_three_rounds_leave_both_sides_the_same(
    request: pytest.FixtureRequest, server: Running, mia: Agent, tmp_path: Path, by: str
) -> None:
    """Messages, flags, deletions and mailboxes go both ways, octet for octet."""
    sync: Sync = request.getfixturevalue(f"by_{by}")
    mail = tmp_path / "mail"
    mail.mkdir()
    for number, (folder, size) in enumerate([("INBOX", 9), ("INBOX", 300_000), ("INBOX", 70)]):
        await server.put(mia, message(number, size), folder)
    await server.put(mia, message(3), "Archive")
    await server.ok("POST", "/v1/folders", {"name": "Work"}, key=mia.api_key)
    await sync()
    await same(server, mia, mail, {"INBOX": 3, "Archive": 1, "Work": 0})

    add(mail / "Work", "1.local", message(4), "FS")
    add(mail / "INBOX", "2.local", message(5, 40_000))
    second = sorted(files(mail / "INBOX"), key=size_of)[1]
    set_letters(second, "RS")
    await change(server, mia, message(2, 70), is_starred=True)
    await server.put(mia, message(6), "Archive")
    await sync()
    await same(server, mia, mail, {"INBOX": 4, "Archive": 2, "Work": 1})

    first, second, *_ = sorted(files(mail / "INBOX"), key=size_of)
    first.unlink()
    set_letters(second, "")
    await change(server, mia, message(1, 300_000), folder="Work")
    await change(server, mia, message(4), unread=True, is_starred=False)
    add(mail / "Work", "3.local", message(7), "D")
    await sync()
    await sync()
    await same(server, mia, mail, {"INBOX": 2, "Archive": 2, "Work": 3})


async def test_interimap_keeps_two_mailboxes_the_same_by_qresync(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    """RFC 7162 from both ends, under COMPRESS: what it was not told it takes for unchanged."""
    ben = await server.agent("ben")
    settings = tmp_path / "interimap.conf"
    settings.write_text(
        f"database = {tmp_path}/interimap.db\nlist-mailbox = *\n"
        + "".join(
            f"""[{side}]
type = imaps
host = localhost
port = {server.ports["imaps"]}
username = {one.email}
password = {one.password}
SSL_CAfile = {server.ca_file}
compress = YES
"""
            for side, one in (("local", mia), ("remote", ben))
        )
    )

    async def sync() -> None:
        done = await program("interimap", f"--config={settings}")
        assert done.status == 0, done.out

    for number, size in enumerate((9, 300_000, 70)):
        await server.put(mia, message(number, size))
    await server.put(ben, message(3), "Archive")
    await server.ok("POST", "/v1/folders", {"name": "Work/Grüße"}, key=ben.api_key)
    await sync()
    await alike(server, mia, ben, {"INBOX": 3, "Archive": 1, "Work/Grüße": 0})

    await change(server, mia, message(0, 9), folder="Work/Grüße", is_starred=True)
    await change(server, ben, message(2, 70), unread=False, add_labels=["seen-by-ben"])
    await server.put(ben, message(4))
    await sync()
    await alike(server, mia, ben, {"INBOX": 3, "Archive": 1, "Work/Grüße": 1})
    told = await server.ok("GET", await path_of(server, mia, message(2, 70)), key=mia.api_key)
    assert told["labels"] == ["seen-by-ben"]

    await remove(server, ben, message(1, 300_000))
    await change(server, mia, message(3), folder="INBOX")
    await sync()
    await alike(server, mia, ben, {"INBOX": 3, "Archive": 0, "Work/Grüße": 1})


async def alike(server: Running, one: Agent, other: Agent, counts: dict[str, int]) -> None:
    """Every mailbox holds the same octets with the same flags in both inboxes."""
    for folder, count in counts.items():
        here = await far(server, one, folder)
        assert here.total() == count, (folder, sorted(here))
        assert here == await far(server, other, folder), folder


def size_of(path: Path) -> int:
    return path.stat().st_size


async def change(server: Running, mia: Agent, raw: bytes, **fields: object) -> None:
    """Change the message with these octets by the API."""
    path = await path_of(server, mia, raw)
    await server.ok("PATCH", path, fields, key=mia.api_key)


async def remove(server: Running, mia: Agent, raw: bytes) -> None:
    """Take the message with these octets away for good."""
    path = await path_of(server, mia, raw)
    await server.ok("DELETE", f"{path}?permanent=true", key=mia.api_key)


async def path_of(server: Running, mia: Agent, raw: bytes) -> str:
    for row in (await server.ok("GET", "/v1/messages?limit=100", key=mia.api_key))["data"]:
        _, found = await server.api("GET", f"/v1/messages/{row['id']}/raw", key=mia.api_key)
        if without_own_fields(found) == raw:
            return f"/v1/messages/{row['id']}"
    raise AssertionError("no such message")


async def same(server: Running, mia: Agent, mail: Path, counts: dict[str, int]) -> None:
    """Every mailbox holds the same octets with the same flags here and there."""
    for folder, count in counts.items():
        there = await far(server, mia, folder)
        assert there.total() == count, (folder, sorted(there))
        assert local(mail / folder) == there, folder
