"""mbsync, a client that forgives little, keeps a Maildir and a mailbox the same."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from mailcore.model import Flag
from tests.support.imap_live import RAW, Live

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(shutil.which("mbsync") is None, reason="isync is not installed"),
]


async def mbsync(server: Live, folder: Path) -> None:
    """One run in both directions, over all mailboxes."""
    settings = folder / "mbsyncrc"
    settings.write_text(
        f"""
IMAPAccount here
Host localhost
Port {server.server.ports["imaps"]}
User {server.username}
Pass {server.password}
SSLType IMAPS
CertificateFile {server.ca_file}

IMAPStore far
Account here

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
""",
        "utf-8",
    )
    (folder / "mail").mkdir(exist_ok=True)
    running = await asyncio.create_subprocess_exec(
        "mbsync",
        "-c",
        str(settings),
        "-a",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await running.communicate()
    assert running.returncode == 0, said.decode()


def messages(folder: Path, name: str) -> list[Path]:
    """The files of a local mailbox."""
    return sorted(
        one for place in ("cur", "new") for one in (folder / "mail" / name / place).glob("*")
    )


def content(file: Path) -> bytes:
    """A message without what mbsync does to it: its own field, and line feeds alone."""
    raw = re.sub(rb"X-TUID: .*\n", b"", file.read_bytes())
    return raw.replace(b"\n", b"\r\n")


async def test_both_sides_become_the_same(server: Live, tmp_path: Path) -> None:
    """Messages, flags, deletions and mailboxes go both ways, octet for octet."""
    folder = tmp_path / "client"
    folder.mkdir()
    big = RAW + b"y" * 300_000 + b"\r\n"
    await server.deliver(flags=Flag.SEEN)
    await server.deliver(big)
    await server.deliver(RAW, mailbox="Archive")
    await mbsync(server, folder)
    pulled = messages(folder, "INBOX")
    assert sorted(map(content, pulled), key=len) == [RAW, big]
    assert len(messages(folder, "Archive")) == 1

    (seen,) = [one for one in pulled if content(one) == RAW]
    assert "S" in seen.name.rpartition(",")[2]
    seen.rename(seen.with_name(seen.name + "T"))
    for place in ("cur", "new", "tmp"):
        (folder / "mail" / "Work" / place).mkdir(parents=True)
    (folder / "mail" / "Work" / "cur" / "1.local:2,F").write_bytes(RAW)
    await mbsync(server, folder)

    client = await server.login("INBOX")
    assert (await client.ok("UID SEARCH ALL"))[0] == b"* SEARCH 2"
    assert (await client.ok("FETCH 1 BODY.PEEK[]"))[0].endswith(big + b")")
    await client.ok("SELECT Work")
    assert b"\\Flagged" in (await client.ok("FETCH 1 FLAGS"))[0]
    assert len(messages(folder, "INBOX")) == 1
