"""The tokens of return paths."""

import pytest

from mailcore.credentials import ServerSecrets
from mailcore.ids import QueueId, SubmissionId
from mailcore.outbound.tokens import ReturnTokens

ONE = SubmissionId("01a1fedd-4e61-71b4-a4f9-51c1b5262821")


@pytest.mark.parametrize("queue_id", [0, 1, 2**62])
def test_a_token_is_short_folds_case_and_is_bound_to_its_message(queue_id: int) -> None:
    """RFC 5321 §4.5.3.1.1: a local part has 64 octets at most."""
    tokens = ReturnTokens(ServerSecrets(b"k" * 32))
    text = tokens.issue(QueueId(queue_id), ONE)
    assert len(f"bounce+{text}") <= 64
    read = tokens.read(text.upper())
    assert read is not None
    assert read.queue_id == queue_id
    assert tokens.is_for(read, ONE)
    assert not tokens.is_for(read, SubmissionId("another"))
    assert not ReturnTokens(ServerSecrets(b"l" * 32)).is_for(read, ONE)


@pytest.mark.parametrize("text", ["", "a" * 31, "a" * 33, "1" * 32, "=" * 32, "é" * 32, "7" * 32])
def test_what_is_no_token_is_none(text: str) -> None:
    assert ReturnTokens.read(text) is None
