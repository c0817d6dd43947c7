"""Debian's Dovecot reads a copy of an inbox's Maildir and sees what our IMAP server shows."""

import asyncio
import imaplib
import os
import pwd
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.conftest import find
from tests.support.running import Agent, Running, running

pytestmark = pytest.mark.interop

CONFIG = """
base_dir = {home}/run
state_dir = {home}/run
mail_location = maildir:{home}/mail
ssl = no
first_valid_uid = 0
first_valid_gid = 0
log_path = {home}/log
mail_home = {home}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""
MAIL = b"From: ana@customer.example\r\nTo: mia@example.org\r\nMessage-ID: <%d@x>\r\nSubject: %d\r\n\r\n%b"


@dataclass(frozen=True)
class Seen:
    """What a client sees of a folder."""

    uid_validity: int
    uid_next: int
    messages: dict[int, tuple[frozenset[bytes], bytes, bytes]]
    """By UID: flags, INTERNALDATE and bytes."""


def look(client: imaplib.IMAP4) -> dict[str, Seen]:
    """Every folder that can be selected, whole."""
    found: dict[str, Seen] = {}
    for line in client.list()[1]:
        assert isinstance(line, bytes)
        match = re.fullmatch(rb'\(([^)]*)\) "/" "?([^"]*)"?', line)
        assert match is not None, line
        if rb"\Noselect" in match[1] or rb"\NonExistent" in match[1]:
            continue
        name = match[2].decode()
        found[name] = _folder(client, name)
    return found


def _folder(client: imaplib.IMAP4, name: str) -> Seen:
    client.select(f'"{name}"', readonly=True)
    [validity] = client.response("UIDVALIDITY")[1]
    [following] = client.response("UIDNEXT")[1]
    _, rows = client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
    messages: dict[int, tuple[frozenset[bytes], bytes, bytes]] = {}
    for row in rows:
        if isinstance(row, tuple):
            uid = re.search(rb"UID (\d+)", row[0])
            flags = re.search(rb"FLAGS \(([^)]*)\)", row[0])
            date = re.search(rb'INTERNALDATE "([^"]*) [+-]', row[0])
            assert uid is not None
            assert flags is not None
            assert date is not None
            shown = frozenset(flags[1].split()) - {b"\\Recent"}
            messages[int(uid[1])] = (shown, date[1].strip().rjust(20, b"0"), row[1])
    return Seen(int(validity), int(following), messages)


@pytest.fixture
def home() -> Iterator[Path]:
    """A place that another user may read."""
    with tempfile.TemporaryDirectory(prefix="dovecot") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def dovecot(home: Path, maildir: Path) -> dict[str, Seen]:
    """Dovecot's own IMAP process on a copy, as an ordinary user and without a network."""
    program = find("/usr/lib/dovecot/imap")
    shutil.copytree(maildir, home / "mail")
    (home / "run").mkdir()
    (home / "dovecot.conf").write_text(CONFIG.format(home=home))
    command = f"TZ=UTC USER=mia HOME={home} {program} -c {home}/dovecot.conf"
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (home, *home.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        ids = f"--reuid={nobody.pw_uid} --regid={nobody.pw_gid} --clear-groups"
        command = f"setpriv {ids} sh -c {shlex.quote(command)}"
    with imaplib.IMAP4_stream(f"cd {home}; {command} 2>{home}/err") as client:
        return look(client)


def ours(server: Running, mia: Agent) -> dict[str, Seen]:
    """The same by our server."""
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=server.tls()) as client:
        client.login(mia.email, mia.password)
        return look(client)


def work(server: Running, mia: Agent) -> None:
    """A mailbox that was used: folders, flags, keywords, copies, moves, expunges."""
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=server.tls()) as client:
        client.login(mia.email, mia.password)
        for name in ("Projects/2026", "Gel&APY-scht", "R&-D"):
            client.create(f'"{name}"')
        for number in range(12):
            body = b"text\r\n" * (1 if number % 5 else 60_000)
            date = f'"0{number % 9 + 1}-Feb-2021 0{number % 9}:10:00 +0000"'
            client.append("INBOX", "", date, MAIL % (number, number, body))
        client.select("INBOX")
        client.uid("STORE", "1:4", "+FLAGS", r"(\Seen)")
        client.uid("STORE", "2,9", "+FLAGS", r"(\Flagged $Forwarded work)")
        client.uid("STORE", "3", "+FLAGS", r"(\Answered \Draft \Deleted)")
        client.uid("COPY", "1:3", '"Projects/2026"')
        client.uid("MOVE", "5:6", '"Gel&APY-scht"')
        client.uid("STORE", "7,12", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.uid("STORE", "2", "-FLAGS", r"(work)")
        client.select('"Projects/2026"')
        client.uid("STORE", "1", "+FLAGS", r"(later)")
        client.rename('"R&-D"', '"Lab/R&-D"')


async def test_dovecot_sees_what_we_show(tmp_path: Path, home: Path) -> None:
    """Folders, counts, UIDs, UIDVALIDITY, UIDNEXT, flags, keywords, dates and bytes."""
    find("/usr/lib/dovecot/imap")
    async with running(tmp_path) as server:
        mia = await server.agent()
        await asyncio.to_thread(work, server, mia)
        await server.letter_from_ana(mia.email)
        mine = await asyncio.to_thread(ours, server, mia)
    maildir = tmp_path / "data" / "mail" / mia.inbox_id
    theirs = await asyncio.to_thread(dovecot, home, maildir)
    assert set(mine) - set(theirs) == set()
    assert {name for name in theirs if name not in mine} == set()
    for name, folder in mine.items():
        assert theirs[name] == folder, name
