import pytest

from guard.patterns import RULES
from guard.settings import CATEGORIES
from guard.validators import VALIDATORS

EXAMPLES = [(rule.id, text) for rule in RULES for text in rule.examples]
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
