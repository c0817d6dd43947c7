"""`countersign bench`: small loads on real servers."""

import json

import pytest

from tests.support.compiled import CACHE_DIR
from tests.support.process import run, spawn


def test_deliver_measures_the_way_into_the_mailbox() -> None:
    """Every message arrives, and the row says what it cost."""
    done = spawn("bench", "deliver", "--messages", "20", "--runs", "1", "--at-once", "4", "--json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert (row["operations"], row["errors"]) == (20, 0)
    assert row["rate"] > 0
    assert row["cpu_ms_per_operation"] is not None


def test_smtp_measures_ours_beside_another_server() -> None:
    """A peer that is not there shows as errors, beside our figures in the same table."""
    done = run(
        *("bench", "smtp", "--messages", 20, "--runs", 1, "--connections", "3"),
        *("--per-connection", 4, "--against", "127.0.0.1:1", "--json"),
    )
    assert done.returncode == 0, done.stderr
    ours, other = json.loads(done.stdout)
    assert (ours["operations"], ours["errors"]) == (20, 0)
    assert (other["operations"], other["errors"]) == (0, 3)


def test_imap_measures_a_mailbox_it_fills() -> None:
    """Each operation a row of its own."""
    done = run("bench", "imap", "--messages", 30, "--runs", 1, "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["load"]: row for row in json.loads(done.stdout)}
    assert rows["APPEND, 8 connections"]["operations"] == 30
    assert rows["STORE 1:* +FLAGS.SILENT"]["operations"] == 1
    assert rows["IDLE: EXISTS after OK"]["p50_ms"] >= 0
    assert rows["EXPUNGE of 30"]["operations"] == 1


@pytest.mark.long
def test_imap_measures_a_mailbox_that_was_filled_before() -> None:
    """Through the store's own port: nothing is appended before the first row."""
    done = run("bench", "imap", "--messages", 20, "--runs", 1, "--prepare", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["load"]: row for row in json.loads(done.stdout)}
    assert "APPEND, 8 connections" not in rows
    assert rows["one body"]["operations"] == 200
    assert rows["EXPUNGE of 20"]["errors"] == 0


def test_guard_measures_judging_without_a_server() -> None:
    """Each kind of mail a row, with its price and the memory afterwards."""
    done = spawn(
        *("bench", "guard", "--mails", "3", "--megabytes", "0", "--json"),
        *("--cache-dir", str(CACHE_DIR)),
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = {row["work"]: row for row in json.loads(done.stdout)}
    assert rows["typical mails"]["count"] == 3
    assert all(row["cpu_ms_each"] > 0 and row["rss_mib"] > 20 for row in rows.values())
    assert rows["leaks and others, all differ"]["mb_per_second"] > 0


def test_a_wrong_list_of_numbers_is_wrong_use() -> None:
    """Said in one line."""
    assert run("bench", "smtp", "--connections", "ten").returncode == 2


def test_memory_of_clients_that_do_nothing_is_shown() -> None:
    """Every client still answers after the memory was read."""
    done = run(
        *("bench", "memory", "--connections", 0, "--tls-connections", 5, "--streams", 0, "--json")
    )
    assert done.returncode == 0, done.stderr
    rest, idle = json.loads(done.stdout)
    assert rest["rss_mib"] > 20
    assert idle["held"] == 5


@pytest.mark.long
def test_five_thousand_connections_are_held_for_little_memory(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """12 KiB for a connection that has not logged in, 60 KiB for one in IDLE under TLS."""
    done = spawn("bench", "memory", "--json", timeout=600)
    assert done.returncode == 0, done.stderr
    _, plain, tls, stream = json.loads(done.stdout)
    with capsys.disabled():
        print(*(f"{one['load']}: {one['kib_each']} KiB" for one in (plain, tls, stream)), sep=", ")
    assert (plain["held"], tls["held"], stream["held"]) == (5000, 500, 500)
    assert plain["kib_each"] <= 12
    assert tls["kib_each"] <= 60
    assert stream["kib_each"] <= 24
