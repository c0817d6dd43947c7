"""Every SMTP transcript in this folder, against a server of its own."""

from pathlib import Path

import pytest

from tests.dialogues.smtp_runner import Player
from tests.support.smtp_fakes import config, serving

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.smtp"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_server_answers_as_the_transcript_says(path: Path) -> None:
    """RFC 5321 §4.3: the sequence of commands and replies."""
    async with serving(config(max_message_bytes=70_000, max_recipients=3)) as setup:
        await Player(setup).play(path)


def test_there_are_transcripts() -> None:
    """The folder is found."""
    assert len(TRANSCRIPTS) >= 12


async def test_a_wrong_expectation_fails_with_its_line(tmp_path: Path) -> None:
    """The runner itself can fail, and says where."""
    path = tmp_path / "wrong.smtp"
    path.write_text("port smtp\nS: 220 \nC: NOOP\nS: 251\n", "utf-8")
    async with serving() as setup:
        with pytest.raises(AssertionError, match=r"wrong\.smtp:4: S: 251"):
            await Player(setup).play(path)
