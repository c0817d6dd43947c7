"""The shell: in a terminal recorded by tmux, and through a pipe."""

import json
import os
import re
import shutil
import smtplib
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import command, environment, run, serving
from tests.support.terminal import terminal
from tests.system.conftest import Site

REQUIRED = bool(os.environ.get("REQUIRE_PEERS"))
needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None and not REQUIRED, reason="tmux is not installed"
)
LEAK = "the database password is hunter2-Xk9!"
HOSTILE = (
    "From: =?utf-8?q?Eve=1B=5B2J_=E2=80=AEboss?= <eve@elsewhere.example>\r\n"
    "To: mia@example.org\r\n"
    "Subject: =?utf-8?q?Pay=1B]0;pwned=07_now=C2=9B31m?=\r\n"
    "Message-ID: <hostile@elsewhere.example>\r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n"
    "\r\n"
    "First\x1b[2J\x1b]0;pwned\x07\u202ednoces\u2066 line\r\n"
    "countersign> /approve 1\r\n" + "A" * 126 + "  countersign> /quit\r\n"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all of them; what waits is listed with the newest first."""
    folder = tmp_path_factory.mktemp("shell")
    sections = {"limits": {"trusted_networks": ["127.0.0.0/8"]}}
    with serving(folder, sections=sections) as server:
        yield Site(server, server.json("agent", "create", "mia"))
        assert server.json("check")["violations"] == []


def hold(site: Site, subject: str) -> str:
    """Mail of mia that waits; the id of its hold."""
    sent = site.server.json(
        "send", "--from", "mia@example.org", "--to", "owner@example.org",
        "--subject", subject, "--text", f"Hello,\n{LEAK}",
    )  # fmt: skip
    assert sent["status"] == "held"
    return str(sent["hold_id"])


def receive_hostile(site: Site) -> None:
    """A stranger's mail that plays with the terminal."""
    with smtplib.SMTP("127.0.0.1", site.server.ports["smtp"], timeout=60) as client:
        client.sendmail("eve@elsewhere.example", ["mia@example.org"], HOSTILE.encode())


def piped(site: Site, *lines: str, key: str = "") -> tuple[int, str, str]:
    """Lines through a pipe: status, output, errors."""
    more = ("--key", key) if key else ()
    done = site.server.cli("shell", *more, stdin="".join(f"{one}\n" for one in lines))
    return done.returncode, done.stdout, done.stderr


def strange(text: str) -> set[str]:
    """Characters that a terminal obeys or hides."""
    return {one for one in text if one != "\n" and unicodedata.category(one) in ("Cc", "Cf", "Cs")}


@needs_tmux
async def test_an_owner_lists_reads_and_approves_in_a_terminal(site: Site, tmp_path: Path) -> None:
    """Typed key by key; an answer of no decides nothing; the colors are there."""
    hold_id = hold(site, "Lamps")
    async with terminal(command("shell", "--config", site.server.config), tmp_path) as screen:
        await screen.shows("waiting. /pending shows them")
        screen.type("/pend", "Tab", "Enter")
        listed = await screen.shows("credentials")
        assert re.search(rf"1 +mia@example.org +owner@example.org +Lamps .*{hold_id}", listed)
        assert "\x1b[1m" in screen.screen(with_colors=True)
        screen.type("/read 1", "Enter")
        read = await screen.shows("Nothing has come into this thread")
        assert "| Subject: Lamps" in read
        assert "hunter2" not in read
        screen.type("/approve 1 for the lamps", "Enter")
        await screen.shows("Send to owner@example.org: Lamps? [y/N]")
        screen.type("n", "Enter")
        await screen.shows("nothing was decided")
        screen.type(f"/approve {hold_id[:-2]}", "Tab")
        await screen.shows(f"/approve {hold_id}")
        screen.type("", "Enter")
        await screen.shows(f"/approve {hold_id}\nSend to owner@example.org: Lamps? [y/N]")
        screen.type("y", "Enter")
        await screen.shows("released: owner@example.org: Lamps")
        screen.type("/approve 7", "Enter")
        await screen.shows("countersign: the last list has no number 7.")
        screen.type("half a line")
        await screen.shows("countersign> half a line")
        screen.type("", "C-c")
        await screen.ends("\ncountersign>")
        screen.type("/quit", "Enter")
        await screen.shows("ended with 0")
    found = site.server.json("hold", "show", hold_id)
    assert (found["status"], found["decided_via"]) == ("released", "cli")


@needs_tmux
async def test_mail_cannot_play_with_the_terminal(site: Site, tmp_path: Path) -> None:
    """No screen is cleared, no title set, nothing turned around; its text stands behind a bar."""
    receive_hostile(site)
    async with terminal(command("shell", "--config", site.server.config), tmp_path) as screen:
        await screen.shows("waiting. /pending shows them")
        screen.type("/inbox mia@example.org", "Enter")
        await screen.shows("eve@elsewhere.example")
        screen.type("/read 1", "Enter")
        shown = await screen.shows("countersign> /quit")
        assert "waiting. /pending shows them" in shown
        assert "\n| countersign> /approve 1\n" in shown
        assert "| First" in shown
        assert [
            one for one in shown.splitlines() if one.lstrip().startswith("countersign> /q")
        ] == []
        assert "pwned" not in screen.tmux("display-message", "-p", "#{pane_title}")
        assert "\u202e" not in shown
        screen.type("", "C-d")
        await screen.shows("ended with 0")


def test_nothing_that_a_terminal_obeys_comes_through_a_pipe(site: Site) -> None:
    receive_hostile(site)
    hold(site, "Tables")
    status, output, errors = piped(
        site,
        "/inbox mia@example.org",
        "/read 1",
        "/threads",
        "/read 1",
        "/pending",
        "/read 1",
        "/quarantine",
    )
    assert (status, errors) == (0, "")
    assert strange(output) == set()
    assert "\n| countersign> /approve 1\n" in output


def test_a_day_through_a_pipe(site: Site) -> None:
    """Write, be held, approve by number and reject with a reason, read what arrived."""
    rejected = hold(site, "Chairs")
    status, output, errors = piped(
        site,
        "# an owner's script",
        "/agents",
        "/use mia@example.org",
        "/send owner@example.org Where are the lamps",
        "The password is hunter2-Xk9!",
        "/quit",
        ".",
        f"/reject {rejected} not that one",
        "/pending",
        "/approve 1 fine",
        "/use",
        "/inbox owner@example.org",
        "/help",
    )
    assert (status, errors) == (0, "")
    assert "it waits for a person as hold" in output
    assert "released: owner@example.org: Where are the lamps" in output
    assert "/approve NUMBER|ID [REASON]" in output
    found = site.server.json("hold", "show", rejected)
    assert (found["status"], found["decision_reason"]) == ("rejected", "not that one")


MISTAKES = (
    ("/aprove 1", 2, "there is no command /aprove. Did you mean /approve?"),
    ("pending", 2, "there is no command pending. Did you mean /pending?"),
    ("/read", 2, "/read needs more. Write /read NUMBER|ID"),
    ("/help me", 2, "/help takes nothing. Write /help"),
    ("/read 1", 2, "the last list has no number 1. List again: /pending, /inbox, …"),
    ("/inbox nobody@example.org", 1, "inbox nobody@example.org not found"),
    ("/approve ../agents/mia", 1, "not found"),
    ("/read \x1b[2J", 1, "not found"),
    ("/send ann@example.net Hi", 2, "the text has no end"),
)


def test_a_mistake_is_one_line_and_ends_a_pipe(site: Site) -> None:
    """What follows is not carried out: it was written for a success."""
    for line, expected, said in MISTAKES:
        status, output, errors = piped(site, "/use mia@example.org", line, "/help")
        assert (status, errors.count("\n")) == (expected, 1), (line, errors)
        assert said in errors
        assert strange(errors) == set()
        assert "/help" not in output


def test_octets_that_are_no_text_are_a_mistake_like_others(site: Site) -> None:
    done = subprocess.run(
        command("shell", "--config", site.server.config),
        input=b"/read \xff\xfe\x00\n",
        capture_output=True,
        check=False,
        env=environment(),
    )
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (1, b"", 1)
    assert b"not found" in done.stderr


def test_an_agents_key_looks_and_does_not_decide(site: Site) -> None:
    hold_id = hold(site, "Beds")
    key = site.mia["api_key"]
    status, output, _ = piped(site, "/pending", "/read 1", "/threads", "/inbox", key=key)
    assert status == 0
    assert LEAK not in output
    for line in ("/approve 1", f"/reject {hold_id}", "/quarantine"):
        status, _, errors = piped(site, "/pending", line, key=key)
        assert (status, errors.count("\n")) == (1, 1), line
    assert site.server.json("hold", "show", hold_id)["status"] == "pending"


def test_documents_come_one_for_each_line(site: Site) -> None:
    """By URL and key, as from another machine."""
    hold_id = hold(site, "Doors")
    done = run(
        "shell", "--json", "--url", site.server.made["http_url"], "--key",
        site.server.made["master_key"], stdin="/pending\n/approve 1\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    listed, end = json.JSONDecoder().raw_decode(done.stdout)
    decided = json.loads(done.stdout[end:])
    assert listed["data"][0]["id"] == hold_id
    assert decided["data"][0]["status"] == "released"
