"""How questions read in chats: within the services' limits, with nothing of strangers taken for markup."""

from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from mailcore.channels import slack_blocks, telegram_text
from mailcore.channels.port import Verb
from mailcore.channels.questions import About, Question
from mailcore.ids import new_id

HOSTILE = "<b>*_`[x](https://evil.example)<!channel> @here &amp; </pre></blockquote>\u202e"


def question(*, text: str = HOSTILE, subject: str = HOSTILE, outcome: str = "") -> Question:
    return Question(
        about=About.HOLD,
        id=new_id(),
        version=999_999_999,
        title="Mail waits for your decision",
        subject=subject[:200],
        brief=text,
        text=text,
        expires_at=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
        outcome=outcome,
    )


@pytest.mark.parametrize("text", ["", HOSTILE, "x" * 50_000, "&<>" * 20_000, "\U0001f600" * 9000])
def test_every_message_fits(text: str) -> None:
    asked = question(text=text)
    for shown in (telegram_text.asked(asked), *telegram_text.whole(asked)):
        plain = unescape(shown)
        assert 0 < len(plain.encode("utf-16-le")) // 2 <= 4096 + 20  # with the few tags
    for blocks in (slack_blocks.asked(asked), slack_blocks.whole(asked)):
        assert len(blocks) <= 50
        for block in blocks:
            assert isinstance(block, dict)
            shown_text: Any = block.get("text")
            if shown_text is not None:
                assert 0 < len(shown_text["text"]) <= 3000


def test_nothing_of_strangers_is_markup() -> None:
    shown = telegram_text.asked(question())
    assert shown.count("<") == 4  # our own <b> and <pre>
    assert "<!" not in slack_blocks.summary(question())
    for closed in (question(outcome=HOSTILE),):
        assert telegram_text.asked(closed).count("<") == 2
        assert telegram_text.keyboard(closed) == {"inline_keyboard": []}
        assert "actions" not in str(slack_blocks.asked(closed))


def test_a_button_names_its_question_within_64_octets() -> None:
    asked = question()
    keyboard: Any = telegram_text.keyboard(asked)
    found = [telegram_text.pressed(one["callback_data"]) for one in keyboard["inline_keyboard"][0]]
    assert found == [(verb, asked.id, asked.version) for verb in Verb]
    assert all(len(one["callback_data"]) <= 64 for one in keyboard["inline_keyboard"][0])


@pytest.mark.parametrize(
    "data", ["", "a", "a||", "a|x|1", "a|{id}|", "a|{id}|-1", "a|{id}|1|2", "q|{id}|1"]
)
def test_other_data_is_no_button_of_ours(data: str) -> None:
    given = data.format(id=new_id())
    assert telegram_text.pressed(given) is None
    assert slack_blocks.pressed(given[:1], given[2:]) is None
