import pytest

from guard.eval.mails import File, mail
from guard.patterns import RULES
from guard.settings import CATEGORIES
from guard.validators import VALIDATORS

EXAMPLES = [(rule.id, text) for rule in RULES for text in rule.examples]
ROW = (
    "marine",
    "capable",
    "fish",
    "base",
    "grief",
    "social",
    "candy",
    "ancient",
    "zoo",
    "laptop",
    "remember",
    "six",
)
NEAR_MISSES = [(rule.id, text) for rule in RULES for text in rule.near_misses]


@pytest.mark.parametrize(("rule", "text"), EXAMPLES)
def test_every_example_hits_its_rule(scan, rule, text):
    """A rule finds what it says it finds."""
    assert rule in {match.rule.id for match in scan(text)}


@pytest.mark.parametrize(("rule", "text"), NEAR_MISSES)
def test_no_near_miss_hits_its_rule(scan, rule, text):
    """A rule leaves alone what only looks like its prey."""
    assert rule not in {match.rule.id for match in scan(text)}


def test_every_rule_is_complete():
    """Ids are there once; category, validator, sentence, examples and near misses are given."""
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.category in CATEGORIES
        assert rule.validator in VALIDATORS
        assert rule.description.endswith(".")
        assert rule.patterns
        assert rule.examples
        assert rule.near_misses, rule.id


def test_what_two_readings_share_is_found_in_both_places(judge):
    """They are looked at once; a person still learns of every place."""
    text = "The database password is hunter2-Xk9!"
    names = ("a.txt", "b.txt")
    files = tuple(File(name=one, content_type="text/plain", payload=text.encode()) for one in names)
    verdict = judge(mail(text="See below.", files=files))
    places = {one.place for one in verdict.findings if one.rule.startswith("credential.password")}
    assert {place.partition(" (")[0] for place in places} == {
        "attachment a.txt",
        "attachment b.txt",
    }


@pytest.mark.parametrize("separator", [" ", ", ", "\n", ". ", " | ", "\n7. ", " - "])
@pytest.mark.parametrize("lead", ["", "words: ", "a ", '"', "(", "12 "])
def test_no_row_of_wallet_words_is_passed_over(scan, separator, lead):
    """What tells quickly that a text has no such row errs on the side of looking."""
    found = {match.rule.id for match in scan(lead + separator.join(ROW) + "\n")}
    assert found & {"credential.seed_words", "credential.seed_phrase"}
