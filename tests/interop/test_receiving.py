"""swaks delivers; imaplib, mbsync, neomutt, curl and the API read the same bytes."""

import asyncio
import base64
import hashlib
import imaplib
import re
from pathlib import Path

import pytest

from tests.interop.conftest import Program, at_terminal
from tests.support.running import Agent, Running

pytestmark = pytest.mark.interop

HEAD = b"From: Ana <ana@customer.example>\r\nTo: mia@example.org\r\nMessage-ID: <%b@customer.example>\r\n"
BIG = base64.encodebytes(hashlib.shake_128(b"big").digest(3_700_000)).replace(b"\n", b"\r\n")
MAILS = {
    "plain": HEAD % b"plain"
    + b"Subject: Plain\r\n\r\nHello mia.\r\n.dot at the start\r\n..two\r\n",
    "utf8": HEAD % b"utf8"
    + "Subject: Grüße\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n\r\nSchöne Grüße, 你好 ✓\r\n".encode(),
    "attachment": HEAD
    % b"big"
    + b"Subject: Big\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nsee the file\r\n"
    b"--b\r\nContent-Type: application/octet-stream; name=big.bin\r\n"
    b"Content-Disposition: attachment; filename=big.bin\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + BIG + b"--b--\r\n",
    "no subject": HEAD % b"nosubject" + b"\r\nno subject at all\r\n",
}


async def deliver(program: Program, server: Running, folder: Path, name: str) -> bytes:
    """Send one of the mails with swaks; its bytes."""
    raw = MAILS[name]
    file = folder / "mail.eml"
    file.write_bytes(raw.removesuffix(b"\r\n"))  # swaks ends the last line itself
    done = await program(
        "swaks", "--server", "127.0.0.1", "--port", server.ports["smtp"],
        "--from", "ana@customer.example", "--to", "mia@example.org", "--helo", "mx.outside.test",
        "--data", f"@{file}", "--suppress-data",
    )  # fmt: skip
    assert done.status == 0, done.out
    return raw


def own_part_removed(stored: bytes, sent: bytes) -> bytes:
    """What stands behind our own header fields."""
    own = stored[: len(stored) - len(sent)]
    names = re.findall(rb"^([A-Za-z-]+):", own, re.MULTILINE)
    ours = {b"Return-Path", b"Delivered-To", b"Received", b"Authentication-Results"}
    assert set(names) <= ours, own
    return stored[len(own) :]


@pytest.mark.parametrize("name", MAILS)
async def test_swaks_delivers_and_everybody_reads_the_same_bytes(
    server: Running, mia: Agent, program: Program, tmp_path: Path, name: str
) -> None:
    sent = await deliver(program, server, tmp_path, name)
    (row,) = await server.messages(mia, 1)
    _, by_api = await server.api("GET", f"/v1/messages/{row['id']}/raw", key=mia.api_key)
    by_imap = await asyncio.to_thread(read_by_imaplib, server, mia)
    (by_mbsync,) = await mbsync(server, mia, program, tmp_path)
    assert own_part_removed(by_api, sent) == sent
    assert by_imap == by_api
    assert by_mbsync == by_api
    assert row["has_attachments"] is (name == "attachment")


def read_by_imaplib(server: Running, mia: Agent) -> bytes:
    with imaplib.IMAP4_SSL("127.0.0.1", server.ports["imaps"], ssl_context=server.tls()) as client:
        client.login(mia.email, mia.password)
        client.select("INBOX", readonly=True)
        _, rows = client.fetch("1", "(BODY.PEEK[])")
    row = rows[0]
    assert isinstance(row, tuple)
    return bytes(row[1])


async def mbsync(server: Running, mia: Agent, program: Program, folder: Path) -> list[bytes]:
    """Pull the INBOX into a Maildir; the messages with the line ends of the wire."""
    maildir = folder / "pulled"
    maildir.mkdir(exist_ok=True)
    (folder / "mbsyncrc").write_text(
        f"""IMAPAccount a
Host localhost
Port {server.ports["imaps"]}
User {mia.email}
Pass {mia.password}
SSLType IMAPS
CertificateFile {server.ca_file}

IMAPStore far
Account a

MaildirStore near
Path {maildir}/
Inbox {maildir}/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
"""
    )
    done = await program("mbsync", "-c", folder / "mbsyncrc", "c")
    assert done.status == 0, done.out
    files = [path for path in (maildir / "INBOX").rglob("*") if path.parent.name in ("new", "cur")]
    return [own_line_removed(path.read_bytes()).replace(b"\n", b"\r\n") for path in files]


def own_line_removed(raw: bytes) -> bytes:
    """A pulled message without the line mbsync itself puts into it."""
    return re.sub(rb"^X-TUID: .*\n", b"", raw, count=1, flags=re.MULTILINE)


async def test_neomutt_reads_over_imap(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    await deliver(program, server, tmp_path, "utf8")
    out = tmp_path / "read.txt"
    (tmp_path / "neomuttrc").write_text(
        f"""set folder = "imaps://127.0.0.1:{server.ports["imaps"]}/"
set imap_user = "{mia.email}"
set imap_pass = "{mia.password}"
set certificate_file = "{server.ca_file}"
set ssl_usesystemcerts = no
set wait_key = no
set mark_old = no
set pipe_decode = yes
"""
    )
    keys = f"push '<pipe-message>cat > {out}<enter><exit>'"
    arguments = ("-n", "-F", tmp_path / "neomuttrc", "-f", "=INBOX", "-e", keys)
    await at_terminal("neomutt", *arguments, home=tmp_path)
    text = out.read_text("utf-8")
    assert "Subject: Grüße" in text
    assert "Schöne Grüße, 你好 ✓" in text


async def test_curl_reads_over_imap_and_http(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    sent = await deliver(program, server, tmp_path, "plain")
    by_imap = await program(
        "curl", "-sS", "--cacert", server.ca_file, "--user", f"{mia.email}:{mia.password}",
        f"imaps://127.0.0.1:{server.ports['imaps']}/INBOX;MAILINDEX=1",
    )  # fmt: skip
    assert by_imap.out.replace("\r\n", "\n").endswith(sent.decode().replace("\r\n", "\n"))
    by_http = await program(
        "curl", "-sS", "--fail", "-H", f"Authorization: Bearer {mia.api_key}",
        f"{server.app.http_url}/v1/messages",
    )  # fmt: skip
    assert '"Plain"' in by_http.out


async def test_an_idle_client_hears_of_a_new_message(
    server: Running, mia: Agent, program: Program, tmp_path: Path
) -> None:
    """RFC 2177: EXISTS comes without being asked for."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", server.ports["imaps"], ssl=server.tls()
    )
    async with asyncio.timeout(30):
        await reader.readline()
        commands = (f"a LOGIN {mia.email} {mia.password}", "b SELECT INBOX", "c IDLE")
        for command, end in zip(commands, (b"a OK", b"b OK", b"+"), strict=True):
            writer.write(f"{command}\r\n".encode())
            while not (await reader.readline()).startswith(end):
                pass
        await deliver(program, server, tmp_path, "plain")
        while await reader.readline() != b"* 1 EXISTS\r\n":
            pass
        writer.write(b"DONE\r\nd LOGOUT\r\n")
        while not (await reader.readline()).startswith(b"d OK"):
            pass
    writer.close()


async def test_swaks_is_no_relay_client(server: Running, program: Program) -> None:
    done = await program(
        "swaks", "--server", "127.0.0.1", "--port", server.ports["smtp"],
        "--from", "a@customer.example", "--to", "b@elsewhere.example", "--helo", "x.example",
    )  # fmt: skip
    assert done.status != 0
    assert "550 5.7.1" in done.out


@pytest.mark.parametrize("port", ["submission", "submissions"])
async def test_swaks_submits_after_login(
    server: Running, mia: Agent, program: Program, port: str
) -> None:
    tls = ("--tls",) if port == "submission" else ("--tlsc",)
    done = await program(
        "swaks", "--server", "127.0.0.1", "--port", server.ports[port], *tls,
        "--auth", "PLAIN", "--auth-user", mia.email, "--auth-password", mia.password,
        "--from", mia.email, "--to", mia.email, "--h-From", mia.email, "--helo", "x.example",
    )  # fmt: skip
    assert done.status == 0, done.out
    assert len(await server.messages(mia, 1)) == 1


async def test_smtp_source_pushes_and_everything_is_there_once(
    server: Running, mia: Agent, program: Program
) -> None:
    done = await program(
        "smtp-source", "-s", "20", "-m", "300", "-l", "4096", "-f", "load@customer.example",
        "-t", mia.email, f"127.0.0.1:{server.ports['smtp']}",
    )  # fmt: skip
    assert done.status == 0, done.out
    inboxes = await server.ok("GET", "/v1/messages?limit=1", key=mia.api_key)
    assert inboxes["total"] == 300
