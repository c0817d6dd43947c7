"""What matters in a text, within a number of tokens."""

import pytest

from mailcore.message.gist import cut, gist, token_estimate
from tests.support.effort import grows_no_faster_than

LONG = (
    "Hi Ann,\n\nThank you.\nWe met the landlord last week and talked about the weather for a while. "
    "It was nice. The rent goes up to 1,450 EUR from March. There was also some talk about the "
    "garden, which somebody else looks after. Could you confirm by Friday? "
    "The stairs were cleaned again and look better than ever before.\n\nBest regards\nBob"
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 1),
        ("abcd" * 10, 10),
        ("東京都", 3),
        ("안녕", 2),
        ("ひらがな", 4),
        ("Привет", 3),
        ("سلام", 2),
        ("😀", 2),
        ("𠮷", 1),
        ("abcd東é", 3),
    ],
)
def test_the_estimate_is_by_kind_of_character(text: str, tokens: int) -> None:
    assert token_estimate(text) == tokens


def test_a_short_text_is_its_own_gist() -> None:
    found = gist("At  noon?\n", 10)
    assert (found.text, found.left_out_chars) == ("At noon?", 0)


def test_questions_requests_and_figures_come_first() -> None:
    """In the order of the text, with a mark where something is missing."""
    found = gist(LONG, 25)
    assert found.text == (
        "… The rent goes up to 1,450 EUR from March. … Could you confirm by Friday? …"
    )
    assert found.left_out_chars > 200


@pytest.mark.parametrize("budget", [1, 2, 5, 12, 30, 80, 300])
@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "x" * 5000,
        "東京で会いましょう。" * 200,
        "😀" * 500,
        "Привет, как дела? " * 100,
        "a\n" * 999,
    ],
    ids=["english", "no spaces", "japanese", "emoji", "russian", "lines"],
)
def test_the_budget_is_kept(text: str, budget: int) -> None:
    """Whatever the script, and the same each time."""
    found = gist(text, budget)
    assert token_estimate(found.text) <= max(budget, 1)
    assert found == gist(text, budget)
    assert token_estimate(cut(text, budget)) <= max(budget, 1)


@pytest.mark.parametrize(
    ("language", "text", "kept"),
    [
        (
            "German",
            "Das Wetter war schön. Bitte bestätigen Sie bis Freitag. Alles ruhig hier.",
            "bestätigen",
        ),
        ("French", "Il fait beau ici. Pouvez-vous venir demain? Rien de plus à dire.", "Pouvez"),
        (
            "Japanese",
            "今日は天気がいいですね。明日の会議に出席してください。庭の花が咲きました。",
            "会議",
        ),
        (
            "Russian",
            "Погода хорошая. Пожалуйста, ответьте завтра. Больше ничего нового.",
            "Пожалуйста",
        ),
        ("Arabic", "الطقس جميل هنا. هل يمكنك الحضور؟ لا شيء آخر.", "هل"),
    ],
)
def test_requests_are_known_in_several_languages(language: str, text: str, kept: str) -> None:
    budget = token_estimate(text) * 2 // 3
    assert kept in gist(text, budget).text, language


@pytest.mark.parametrize("unit", ["a. ", "?", "\n", "hi ", "please "])
def test_work_grows_with_the_text_and_not_faster(unit: str) -> None:
    """Eight times as much, by the ratio."""
    small, large = (unit * (size // len(unit)) for size in (25_000, 200_000))
    assert grows_no_faster_than(
        8 * 2.5, lambda: gist(small, 50), lambda: gist(large, 50), at_least=0.01
    )
