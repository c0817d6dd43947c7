"""`countersign guard scan`."""

import json
from pathlib import Path

import pytest

from tests.support.process import run

LEAK = b"From: mia@example.org\r\nTo: ana@example.net\r\nSubject: x\r\n\r\nthe database password is hunter2-Xk9!\r\n"
CLEAN = b"From: mia@example.org\r\nTo: ana@example.net\r\nSubject: Lamps\r\n\r\nThey come on Friday.\r\n"


def test_one_document_per_line_in_order(tmp_path: Path) -> None:
    leak, clean = tmp_path / "leak.eml", tmp_path / "clean.eml"
    leak.write_bytes(LEAK)
    clean.write_bytes(CLEAN)
    done = run("guard", "scan", leak, clean, "--json", cwd=tmp_path)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert (first["path"], first["flagged"]) == (str(leak), True)
    assert first["severity"] in ("high", "critical")
    assert first["rules"]
    assert "hunter2-Xk9!" not in done.stdout
    assert second == {
        "path": str(clean), "flagged": False, "severity": None, "rules": [], "findings": [],
    }  # fmt: skip


def test_paths_come_from_stdin_one_per_line(tmp_path: Path) -> None:
    leak = tmp_path / "a leak.eml"
    leak.write_bytes(LEAK)
    done = run("guard", "scan", "--json", stdin=f"{leak}\n", cwd=tmp_path)
    assert json.loads(done.stdout)["flagged"] is True


def test_a_file_that_cannot_be_read_is_status_1_and_the_rest_goes_on(tmp_path: Path) -> None:
    clean = tmp_path / "clean.eml"
    clean.write_bytes(CLEAN)
    done = run("guard", "scan", tmp_path / "gone.eml", clean, "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("countersign: cannot read ")
    assert json.loads(done.stdout)["path"] == str(clean)


def test_arriving_mail_gets_a_score(tmp_path: Path) -> None:
    clean = tmp_path / "clean.eml"
    clean.write_bytes(CLEAN)
    done = run("guard", "scan", clean, "--direction", "in", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert (document["flagged"], document["level"]) == (False, "clean")


def test_the_corpus_of_the_evaluation_can_be_written_and_is_the_same_each_time(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        done = run("guard", "eval", "--per-kind", "1", "--write", tmp_path / name, cwd=tmp_path)
        assert done.returncode == 0
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert len(first) > 1000
    assert first == second


@pytest.mark.long
def test_the_evaluation_prints_figures(tmp_path: Path) -> None:
    done = run("guard", "eval", "--per-kind", "1", "--json", cwd=tmp_path)
    figures = json.loads(done.stdout)
    assert figures["recall"] > 0.95
    assert figures["precision"] > 0.95
    assert {row["name"] for row in figures["carriers"]} >= {"pdf", "docx", "zip in zip"}
