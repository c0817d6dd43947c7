"""Documents read in a child process that is killed when it takes too much."""

import base64
import sys
import zlib
from pathlib import Path

import pytest

import guard
from guard.eval.mails import pdf
from mailcore.sandbox import Sandbox

EXTRACT = Path(guard.__file__).with_name("extract.py")
GONE = "a document that cannot be read within limits"
ENCRYPTED = (
    base64.b64decode(
        b"JVBERi0xLjQKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZy9QYWdlcyAyIDAgUj4+ZW5kb2JqCjIgMCBvYmo8PC9UeXBlL1Bh"
        b"Z2VzL0tpZHNbXS9Db3VudCAwPj5lbmRvYmoKMyAwIG9iajw8L0ZpbHRlci9TdGFuZGFyZC9WIDEvUiAyL1AgLTQvTyg="
    )
    + b"o" * 32
    + b")/U("
    + b"u" * 32
    + b")>>endobj\ntrailer<</Size 4/Root 1 0 R/Encrypt 3 0 R/ID[(a)(a)]>>\n%%EOF\n"
)


def program(tmp_path: Path, source: str) -> Path:
    path = tmp_path / "child.py"
    path.write_text(source)
    return path


def test_the_text_of_pages_and_notes_comes_out() -> None:
    read = Sandbox(EXTRACT, seconds=20).extract("pdf", pdf("Grüße aus 東京 (line)"))
    assert "Grüße aus 東京 (line)" in read.texts
    assert read.trouble == ""


def test_an_encrypted_document_is_trouble() -> None:
    assert "encrypted" in Sandbox(EXTRACT, seconds=20).extract("pdf", ENCRYPTED).trouble


@pytest.mark.parametrize("kind", ["pdf", "workbook"])
def test_a_damaged_document_is_trouble(kind: str) -> None:
    octets = bytes((n * n + n // 7) % 256 for n in range(20_000))
    head = b"%PDF-1.7\n" if kind == "pdf" else b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    read = Sandbox(EXTRACT, seconds=20).extract(kind, head + octets)
    assert read.trouble
    assert read.texts == ()


def test_a_page_without_text_is_trouble() -> None:
    drawn = pdf("x").replace(b"/FlateDecode>>stream", b"/FlateDecode>>stream")
    lines = zlib.compress(b"0 0 m 100 100 l S")
    start = drawn.index(b"4 0 obj")
    body = b"4 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj\n" % (
        len(lines), lines,
    )  # fmt: skip
    read = Sandbox(EXTRACT, seconds=20).extract(
        "pdf", drawn[:start] + body + drawn[drawn.index(b"5 0 obj") :]
    )
    assert read.trouble == "a PDF page without readable text, such as a scan"


def test_a_stream_that_grows_out_of_measure_is_trouble() -> None:
    bomb = zlib.compress(b"A" * 64 * 1024 * 1024, 9)
    body = b"6 0 obj<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream endobj\n" % (
        len(bomb), bomb,
    )  # fmt: skip
    read = Sandbox(EXTRACT, seconds=20).extract("pdf", pdf("hello") + body)
    assert read.trouble == "a PDF document that grows out of measure"


def test_a_child_that_never_ends_is_killed(tmp_path: Path) -> None:
    path = program(tmp_path, "while True:\n    pass\n")
    assert Sandbox(path, seconds=1).extract("pdf", b"x").trouble == GONE


def test_a_child_that_wants_memory_does_not_get_it(tmp_path: Path) -> None:
    source = (
        f"import sys\nsys.path.insert(0, {str(EXTRACT.parent)!r})\nimport extract\n"
        "extract.READERS = {'pdf': lambda octets, found: bytearray(1 << 32)}\n"
        "extract.main(sys.argv[1:])\n"
    )
    read = Sandbox(program(tmp_path, source), seconds=20).extract("pdf", b"x")
    assert read.trouble == "a document that grows out of measure"


@pytest.mark.parametrize(
    "answer", ["", "[]", '{"texts": "x"}', '{"texts": [1], "files": [], "trouble": ""}']
)
def test_an_answer_of_another_shape_is_not_believed(tmp_path: Path, answer: str) -> None:
    path = program(tmp_path, f"print({answer!r})")
    assert Sandbox(path, seconds=20).extract("pdf", b"x").trouble == GONE


def test_the_child_sees_neither_environment_nor_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_SECRET", "blue-falcon")
    source = (
        "import json, os\n"
        "print(json.dumps({'texts': [os.getcwd(), *os.environ.values()], 'files': [], 'trouble': ''}))"
    )
    read = Sandbox(program(tmp_path, source), seconds=20).extract("pdf", b"x")
    assert read.texts[0] == "/"
    assert "blue-falcon" not in read.texts


@pytest.mark.skipif(sys.platform != "linux", reason="limits on writing are Linux's")
def test_a_child_that_floods_is_stopped(tmp_path: Path) -> None:
    source = (
        f"import sys\nsys.path.insert(0, {str(EXTRACT.parent)!r})\nimport extract\n"
        "extract.confine(1 << 30, 10, 1000)\nsys.stdout.write('x' * 100000)\nsys.stdout.flush()\n"
    )
    assert Sandbox(program(tmp_path, source), seconds=20).extract("pdf", b"x").trouble == GONE
