"""The leak rule table: all rules, each id once. Data only."""

from typing import Final

from guard import patterns_inside, patterns_personal, patterns_secrets, patterns_tokens
from guard.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    patterns_tokens.RULES + patterns_secrets.RULES + patterns_personal.RULES + patterns_inside.RULES
)
