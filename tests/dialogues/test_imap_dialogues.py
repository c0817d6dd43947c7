"""Every IMAP transcript in this folder, against a server of its own."""

from pathlib import Path

import pytest

from tests.dialogues.imap_runner import Player
from tests.support.imap_live import live

TRANSCRIPTS = sorted(Path(__file__).parent.glob("*.imap"))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_server_answers_as_the_transcript_says(path: Path, tmp_path: Path) -> None:
    """RFC 9051 §2.2: commands and responses in their order."""
    async with live(tmp_path, max_append_bytes=70_000) as server:
        await Player(server).play(path)


def test_there_are_transcripts() -> None:
    """The folder is found."""
    assert len(TRANSCRIPTS) >= 12


async def test_a_wrong_expectation_fails_with_its_line(tmp_path: Path) -> None:
    """The runner itself can fail, and says where."""
    path = tmp_path / "wrong.imap"
    path.write_text("C: a NOOP\nS: a NO nothing done\n", "utf-8")
    async with live(tmp_path) as server:
        with pytest.raises(AssertionError, match=r"wrong\.imap:2: S: a NO"):
            await Player(server).play(path)
