"""Tokens of one-click links."""

from datetime import UTC, datetime, timedelta

import pytest

from mailcore.credentials import ServerSecrets
from mailcore.ids import new_id
from mailcore.outbound.link_tokens import LINK_CHARS, LinkTokens
from mailcore.outbound.tokens import ApprovalTokens

ENDS = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
TOKENS = LinkTokens(ServerSecrets(b"k" * 32))
OWNER = "you@owner.example"


def test_a_token_is_for_one_thing_one_version_and_one_approver() -> None:
    about = new_id()
    token = TOKENS.read(TOKENS.issue(about, 2, OWNER, ENDS))
    assert token is not None
    assert (token.about_id, TOKENS.is_for(token, 2, OWNER)) == (about, True)
    assert not TOKENS.is_for(token, 1, OWNER)
    assert not TOKENS.is_for(token, 2, "eve@owner.example")
    assert not LinkTokens(ServerSecrets(b"x" * 32)).is_for(token, 2, OWNER)


def test_a_token_ends_at_the_next_full_hour() -> None:
    token = TOKENS.read(TOKENS.issue(new_id(), 1, OWNER, ENDS))
    assert token is not None
    assert token.ends_at == ENDS + timedelta(minutes=30)


@pytest.mark.parametrize("position", range(LINK_CHARS))
def test_every_character_of_a_token_counts(position: int) -> None:
    text = TOKENS.issue(new_id(), 1, OWNER, ENDS)
    other = "a" if text[position] != "a" else "b"
    token = TOKENS.read(text[:position] + other + text[position + 1 :])
    assert token is None or not TOKENS.is_for(token, 1, OWNER)


def test_a_token_that_would_end_after_all_time_is_none() -> None:
    """Whoever makes one up gets the page for wrong links, never a fault."""
    assert TOKENS.read("7" * LINK_CHARS) is None


def test_case_does_not_matter() -> None:
    text = TOKENS.issue(new_id(), 1, OWNER, ENDS)
    assert text.islower()
    assert TOKENS.read(text.upper()) == TOKENS.read(text)


@pytest.mark.parametrize("text", ["", "a" * 40, "1" * LINK_CHARS, "ä" * LINK_CHARS, "a" * 57])
def test_what_is_no_token_is_none(text: str) -> None:
    assert TOKENS.read(text) is None


def test_the_token_of_a_reply_address_opens_no_link() -> None:
    replied = ApprovalTokens(ServerSecrets(b"k" * 32)).issue(new_id(), 1, OWNER)  # type: ignore[arg-type]  # a hold's
    assert TOKENS.read(replied) is None
