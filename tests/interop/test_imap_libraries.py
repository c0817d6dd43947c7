"""imaplib, IMAPClient, imap-tools, Perl's Mail::IMAPClient and Node's imapflow on one mailbox."""

import asyncio
import base64
import hashlib
import imaplib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from imap_tools import AND, MailBox, MailMessageFlags
from imapclient import IMAPClient

from tests.interop.conftest import Program, find, missing
from tests.support.maildirs import far, message
from tests.support.running import Agent, Running

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
USES = {
    "Archive": "\\Archive",
    "Drafts": "\\Drafts",
    "Junk": "\\Junk",
    "Sent": "\\Sent",
    "Trash": "\\Trash",
}
RAW = message(9)


@pytest.fixture
async def three(server: Running, mia: Agent) -> list[bytes]:
    """Three messages in the INBOX."""
    raws = [message(number) for number in range(3)]
    for raw in raws:
        await server.put(mia, raw)
    return raws


async def counts(server: Running, mia: Agent, *folders: str) -> list[int]:
    return [(await far(server, mia, folder)).total() for folder in folders]


async def test_imaplib_does_everything_it_knows(
    server: Running, mia: Agent, three: list[bytes]
) -> None:
    def use() -> None:
        with imaplib.IMAP4("localhost", server.ports["imap"]) as client:
            assert "LOGINDISABLED" in client.capabilities
            client.starttls(server.tls())
            client.login(mia.email, mia.password)
            ok(client.enable("UTF8=ACCEPT"))
            assert len(ok(client.list())) == 6
            ok(client.create('"Grüße"'))
            ok(client.rename('"Grüße"', "Greetings"))
            ok(client.subscribe("Greetings"))
            assert ok(client.select("INBOX")) == [b"3"]
            assert ok(client.search(None, "SUBJECT", '"No. 1"')) == [b"2"]
            assert ok(client.uid("SEARCH", "UNSEEN")) == [b"1 2 3"]
            ((_, raw), _) = ok(client.fetch("2", "(UID RFC822)"))
            assert raw == three[1]
            ok(client.store("1", "+FLAGS", "(\\Flagged work)"))
            assert ok(client.sort("(REVERSE SUBJECT)", "UTF-8", "ALL")) == [b"3 2 1"]
            assert ok(client.thread("REFERENCES", "UTF-8", "ALL")) == [b"(1)(2)(3)"]
            ok(client.copy("1", "Archive"))
            ok(client.uid("MOVE", "3", "Greetings"))
            ok(client.append("Greetings", "(\\Seen)", imaplib.Time2Internaldate(0), RAW))
            ok(client.store("1", "+FLAGS.SILENT", "\\Deleted"))
            assert ok(client.expunge()) == [b"3", b"1"]
            assert b"MESSAGES 2" in ok(client.status("Greetings", "(MESSAGES UNSEEN)"))[0]
            ok(client.noop())
            ok(client.close())
            ok(client.namespace())

    await asyncio.to_thread(use)
    assert await counts(server, mia, "INBOX", "Archive", "Greetings") == [1, 1, 2]


def ok[T](answer: tuple[str, T]) -> T:
    """What a command said, when it said OK."""
    assert answer[0] == "OK", answer
    return answer[1]


async def test_imapclient_does_everything_it_knows(
    server: Running, mia: Agent, three: list[bytes]
) -> None:
    def use(deliver: Callable[[], None]) -> None:
        with IMAPClient("localhost", server.ports["imaps"], ssl_context=server.tls()) as client:
            client.login(mia.email, mia.password)
            client.id_({"name": "test"})
            assert client.find_special_folder(b"\\Sent") == "Sent"
            client.create_folder("Entwürfe & mehr")
            assert "Entwürfe & mehr" in {name for _, _, name in client.list_folders()}
            opened = client.select_folder("INBOX")
            assert (opened[b"EXISTS"], opened[b"UIDNEXT"]) == (3, 4)
            assert client.search(["SUBJECT", "No. 2"]) == [3]
            assert client.search(["TEXT", "Grüße"], charset="UTF-8") == [1, 2, 3]
            rows = client.fetch(
                [1, 2], ["BODY.PEEK[]", "ENVELOPE", "FLAGS", "INTERNALDATE", "BODYSTRUCTURE"]
            )
            assert [rows[uid][b"BODY[]"] for uid in (1, 2)] == three[:2]
            assert rows[2][b"ENVELOPE"].subject == b"No. 1"
            assert b"work" in client.add_flags(1, [b"\\Answered", b"work"])[1]
            client.copy([1], "Archive")
            client.move([2], "Entwürfe & mehr")
            answer = client.append("INBOX", RAW, (b"\\Seen",), datetime(2026, 1, 2, tzinfo=UTC))
            assert b"APPENDUID" in answer
            assert client.sort(["REVERSE ARRIVAL"])[-1] == 4
            client.delete_messages([1])
            client.uid_expunge([1])
            client.idle()
            deliver()
            told: list[object] = []
            while (3, b"EXISTS") not in told:
                told += client.idle_check(timeout=60)
            client.idle_done()
            status = client.folder_status("Archive", ["MESSAGES", "HIGHESTMODSEQ", "SIZE"])
            assert status[b"MESSAGES"] == 1
            client.unselect_folder()
            client.rename_folder("Entwürfe & mehr", "Mehr")
            client.logout()

    loop = asyncio.get_running_loop()

    def deliver() -> None:
        asyncio.run_coroutine_threadsafe(server.put(mia, message(5)), loop).result(20)

    await asyncio.to_thread(use, deliver)
    assert await counts(server, mia, "INBOX", "Archive", "Mehr") == [3, 1, 1]


async def test_imap_tools_does_everything_it_knows(
    server: Running, mia: Agent, three: list[bytes]
) -> None:
    def use() -> None:
        box = MailBox("localhost", server.ports["imaps"], ssl_context=server.tls())
        with box.login(mia.email, mia.password) as client:
            assert {one.name for one in client.folder.list()} == {"INBOX", *USES}
            client.folder.create("Work/New")
            assert client.folder.exists("Work/New")
            assert client.folder.status("INBOX")["MESSAGES"] == 3
            found = list(client.fetch(AND(subject="No. 1"), mark_seen=True))
            assert [one.uid for one in found] == ["2"]
            assert found[0].from_ == "ana@customer.example"
            assert "Grüße ✓" in found[0].text
            assert client.uids(AND(seen=False)) == ["1", "3"]
            assert [
                one.uid for one in client.fetch(reverse=True, bulk=True, headers_only=True)
            ] == ["3", "2", "1"]
            client.flag(["1", "3"], [MailMessageFlags.FLAGGED, "work"], True)
            assert client.uids(AND(flagged=True, keyword="work")) == ["1", "3"]
            client.copy("1", "Archive")
            client.move("3", "Work/New")
            client.append(RAW, "Drafts", dt=datetime(2026, 1, 2, tzinfo=UTC), flag_set=["\\Draft"])
            assert client.numbers(AND(date_gte=date(2020, 1, 1))) == ["1", "2"]
            client.delete("1")
            client.folder.rename("Work/New", "Work/Old")

    await asyncio.to_thread(use)
    assert await counts(server, mia, "INBOX", "Archive", "Work/Old", "Drafts") == [1, 1, 1, 1]


async def test_perl_mail_imapclient_does_everything_it_knows(
    server: Running, mia: Agent, three: list[bytes], program: Program, tmp_path: Path
) -> None:
    script = HERE / "imapclient.pl"
    find("perl")
    modules = await program("perl", "-MMail::IMAPClient", "-MIO::Socket::SSL", "-e", "1")
    if modules.status:
        missing("Mail::IMAPClient with TLS (Debian: libmail-imapclient-perl libio-socket-ssl-perl)")
    done = await program(
        "perl", script, server.ports["imaps"], mia.email, mia.password, server.ca_file
    )
    assert done.status == 0, done.out
    seen = dict(line.split(" ", 1) for line in done.out.splitlines())
    assert seen["folders"] == "Archive Drafts INBOX Junk Sent Trash"
    assert seen["found"] == "2"
    assert seen["subject"] == "No. 1"
    assert seen["digest"] == hashlib.sha256(three[1]).hexdigest()
    assert seen["appended"] == "4"
    assert await counts(server, mia, "INBOX", "Archive", "Perl") == [2, 1, 1]


async def test_imapflow_does_everything_it_knows(
    server: Running, mia: Agent, three: list[bytes], tmp_path: Path
) -> None:
    modules = await asyncio.to_thread(node_modules)
    process = await asyncio.create_subprocess_exec(
        find("node"), HERE / "node" / "imapflow.cjs", str(server.ports["imaps"]), mia.email,
        mia.password, server.ca_file,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NODE_PATH": str(modules)},
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(60):
        said = await process.stderr.readline()
        if said == b"idling\n":
            await server.put(mia, message(5))
        out, errors = await process.communicate()
    assert process.returncode == 0, (said + errors).decode()
    seen = json.loads(out)
    assert {uses for _, uses, _ in seen["folders"]} == {"\\Inbox", *USES.values()}
    assert [one["subject"] for one in seen["messages"]] == ["No. 0", "No. 1", "No. 2"]
    assert [base64.b64decode(one["source"]) for one in seen["messages"]] == three
    assert all(one["emailId"] for one in seen["messages"])
    assert seen["found"] == [2, 3]
    assert "Grüße ✓" in seen["text"]
    assert (seen["copied"], seen["moved"]) == ([[1, 1]], [[2, 1]])
    assert (seen["appended"], seen["deleted"], seen["told"]) == (4, True, 3)
    assert seen["status"]["messages"] == 1
    assert await counts(server, mia, "INBOX", "Archive", "Projects/Done") == [3, 1, 1]


def node_modules() -> Path:
    """The locked packages, installed once into a folder of the user's cache."""
    lock = (HERE / "node" / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = cache / "countersign-tests" / hashlib.sha256(lock).hexdigest()[:16]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=kept.parent))
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, fresh)
        npm_ci(fresh)
        try:
            fresh.rename(kept)
        except OSError:  # another test run was first
            shutil.rmtree(fresh)
    return kept / "node_modules"


def npm_ci(folder: Path) -> None:
    """Install what the lock names; without a registry in reach the test is skipped."""
    command = [find("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=90, check=False
    )
    if done.returncode:
        shutil.rmtree(folder)
        missing(f"npm could not install imapflow: {done.stderr.strip()[-300:]}")
