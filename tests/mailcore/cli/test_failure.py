"""What the end of a failed command looks like."""

import pytest

from mailcore.cli.failure import one_line
from mailcore.cli.root import run


def test_message_and_fix_become_one_line() -> None:
    assert one_line("it broke\nbadly", "Mend  it") == "it broke badly. Mend it"


def test_a_question_keeps_its_mark() -> None:
    assert one_line("did you mean smtp?", "Correct it") == "did you mean smtp? Correct it"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in one_line("a\x1b[31mb")


@pytest.mark.parametrize(
    "arguments",
    [
        ["frob"],
        ["agent", "frob"],
        ["agent", "create"],
        ["agent", "list", "--frob"],
        ["hold", "list", "--status", "sometimes"],
        ["init", "--non-interactive"],
        ["init", "--domain", "example.org", "--owner", "a@b.example", "--port-offset", "x"],
        ["queue", "list", "--url", "ftp://x", "--key", "k"],
        ["queue", "list", "--url", "http://127.0.0.1:1"],
        ["queue", "list", "--config", "/nonexistent/countersign.toml"],
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "URL", "KEY"):
        monkeypatch.delenv(f"COUNTERSIGN_{name}", raising=False)
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("countersign: ")
    assert shown.err.count("\n") == 1


def test_an_unreachable_server_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["queue", "list", "--url", "http://127.0.0.1:1", "--key", "k"]) == 1
    assert "no server answers at http://127.0.0.1:1" in capsys.readouterr().err


def test_help_is_status_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "serve" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["agent"], ["hold"]])
def test_a_command_that_needs_another_prints_its_help(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """As it stands, with its lines, and as wrong use."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: countersign")
    assert "\nCommands:\n" in err
