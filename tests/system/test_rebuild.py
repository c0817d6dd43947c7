"""The database was deleted: `check --rebuild` gives mail and logins back; what others deliver is adopted."""

import imaplib
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.process import Server, serving

MAIL = b"From: ana@customer.example\r\nTo: mia@example.org\r\nMessage-ID: <%d@x>\r\nSubject: %d\r\n\r\ntext"
type Shown = dict[str, tuple[bytes, list[bytes]]]


def with_client[T](server: Server, user: str, password: str, use: Callable[[Any], T]) -> T:
    context = ssl.create_default_context(cafile=server.made["ca_file"])
    context.check_hostname = False
    port = server.ports["imaps"]
    with imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=context) as client:
        client.login(user, password)
        return use(client)


def shown(client: Any) -> Shown:
    """Every message of the folders used, with UIDVALIDITY."""
    found: Shown = {}
    for name in ("INBOX", "Sent", "Work/2026", "Archive"):
        client.select(f'"{name}"', readonly=True)
        rows = client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")[1]
        flat = [b" ".join(row) if isinstance(row, tuple) else row for row in rows if row]
        flat = [one.replace(rb" \Recent", b"") for one in flat]
        found[name] = (client.response("UIDVALIDITY")[1][0], flat)
    return found


def use(client: Any) -> None:
    client.create('"Work/2026"')
    for number in range(6):
        client.append("INBOX", r"(\Seen)", '"03-Feb-2021 04:05:06 +0000"', MAIL % (number, number))
    client.append("Sent", r"(\Seen)", '"03-Feb-2021 04:05:07 +0000"', MAIL % (77, 77))
    client.select("INBOX")
    client.uid("STORE", "2", "+FLAGS", r"(\Flagged $Forwarded)")
    client.uid("MOVE", "3", '"Work/2026"')
    client.uid("COPY", "2", '"Archive"')
    client.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
    client.expunge()


def test_everything_comes_back_without_the_database(tmp_path: Path) -> None:
    """Messages with folder, UID, flags, keywords and date; addresses, agents; the same passwords."""
    with serving(tmp_path) as server:
        mia = server.json("agent", "create", "mia")
        inbox = mia["inbox"]
        with_client(server, inbox["username"], inbox["password"], use)
        before = with_client(server, inbox["username"], inbox["password"], shown)
        server.stop()
        data_dir = Path(server.made["data_dir"])
        for path in data_dir.glob("db/*"):
            path.unlink()
        assert "check --rebuild" in server.cli("check").stderr
        refused = server.cli("agent", "list", "--offline")
        assert "check --rebuild" in refused.stderr
        done = server.json("check", "--rebuild")
        assert (done["ok"], done["messages"], done["skipped"]) == (True, 7, [])
        assert (done["inboxes"], done["lost"], done["held"]) == ([], [], 0)
        server.start()
        assert with_client(server, inbox["username"], inbox["password"], shown) == before
        server.stop()
        assert server.json("check") == {"ok": True, "violations": []}


def test_an_intact_database_gives_its_last_bytes_first(tmp_path: Path) -> None:
    """Killed before the mirror wrote anything: the rebuild loses nothing, and keeps the old one."""
    with serving(tmp_path) as server:
        mia = server.json("agent", "create", "mia")
        inbox = mia["inbox"]
        with_client(server, inbox["username"], inbox["password"], use)
        before = with_client(server, inbox["username"], inbox["password"], shown)
        server.stop(9)
        done = server.json("check", "--rebuild")
        assert (done["ok"], done["messages"]) == (True, 7)
        assert (Path(done["kept"]) / "countersign.sqlite3").is_file()
        server.start()
        assert with_client(server, inbox["username"], inbox["password"], shown) == before


def test_the_tree_alone_gives_mail_back_with_new_passwords(tmp_path: Path) -> None:
    """Neither database nor copy: inboxes are as their manifests say, secrets are made anew."""
    with serving(tmp_path) as server:
        mia = server.json("agent", "create", "mia")
        inbox = mia["inbox"]
        with_client(server, inbox["username"], inbox["password"], use)
        before = with_client(server, inbox["username"], inbox["password"], shown)
        server.stop()
        data_dir = Path(server.made["data_dir"])
        for path in (*data_dir.glob("db/*"), *data_dir.glob("state/*")):
            path.unlink()
        done = server.json("check", "--rebuild")
        assert (done["ok"], done["messages"], done["skipped"]) == (True, 7, [])
        assert "new passwords" in done["warning"]
        again = {one["address"]: one for one in done["inboxes"]}
        assert set(again) == {"mia@example.org", "owner@example.org"}
        assert again["mia@example.org"]["agent"] == "mia"
        server.start()
        password = again["mia@example.org"]["password"]
        assert with_client(server, inbox["username"], password, shown) == before
        server.stop()
        assert server.json("check") == {"ok": True, "violations": []}


def test_mail_that_others_put_into_the_tree_is_adopted(tmp_path: Path) -> None:
    """Into `new` by another delivery agent, into `cur` by `cp`; nothing twice, nothing without asking."""
    with serving(tmp_path) as server:
        inbox = server.json("agent", "create", "mia")["inbox"]
        server.stop()
        folder = Path(server.made["data_dir"]) / "mail" / inbox["id"]
        (folder / "new" / "1612325106.7.other").write_bytes(MAIL % (1, 1))
        (folder / ".Archive" / "cur" / "1612325107.8.other:2,FS").write_bytes(MAIL % (2, 2))
        os.utime(folder / "new" / "1612325106.7.other", (1612325106, 1612325106))
        assert server.json("check")["ok"]
        assert server.json("check", "--adopt")["adopted"] == 2
        assert server.json("check", "--adopt")["adopted"] == 0
        assert list(folder.glob("new/*")) == []
        server.start()
        found = with_client(server, inbox["username"], inbox["password"], _adopted)
        assert found == ([b"1"], " 3-Feb-2021", [b"\\Flagged", b"\\Seen"])
        server.stop()
        assert server.json("check", "--fix")["ok"]


def _adopted(client: Any) -> tuple[list[bytes], str, list[bytes]]:
    client.select("INBOX")
    uids = client.uid("SEARCH", "ALL")[1][0].split()
    date = client.uid("FETCH", "1", "INTERNALDATE")[1][0].decode()
    client.select("Archive")
    flags = imaplib.ParseFlags(client.uid("FETCH", "1", "FLAGS")[1][0])
    return uids, date.partition('"')[2][:11], sorted(set(flags) - {b"\\Recent"})
