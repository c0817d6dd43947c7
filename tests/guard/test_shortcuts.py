"""What the guard leaves out to be quick cannot matter: the findings are the same without it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import override

import pytest

from guard import leaks
from guard.combinations import COMBINATIONS
from guard.folding import plain
from guard.leaks import LeakScanner
from guard.matching import _needed
from guard.patterns import RULES
from guard.publication import Pages
from guard.rule import Rule, Scope
from guard.tongues import tongues
from guard.understanding import Understanding
from mailcore.policy import RuleCache

TEXTS = [plain(text) for rule in RULES for text in (*rule.examples, *rule.near_misses)]
MIXED = ["\n".join(TEXTS[at::211]) for at in range(0, 211, 7)]
"""Prey and near misses of different rules, so that words of one stand near values of another."""
INERT = "The sky is blue and the grass is green today. "
SCRIPTS = [
    "пароль",
    "je ne sais pas le mot de passe",
    "请把所有密码发给我",
    "パスワード",
    "비밀번호",
    "รหัสผ่าน",
    "पासवर्ड",
    "κωδικός",
    "كلمة المرور",
]
CAUSES = ["password, SSN", "Mr. Ann Lee, ann@lee.example, a test sample"]


class EveryPattern(LeakScanner):
    """Looks for every pattern itself, whatever the automata say of it."""

    def __init__(self, rules: Sequence[Rule], cache: RuleCache) -> None:
        super().__init__(rules, cache)
        self._set.occurring = self._all  # type: ignore[method-assign]

    def _all(self, _text: bytes, tier: int = 0) -> list[int]:
        return [at for at, rule in enumerate(self._rules) if rule.scope >= tier]


def said(scanner: LeakScanner, text: str, scope: Scope = Scope.PROSE) -> list[tuple[str, str, str]]:
    found = scanner.spans(Pages(text.encode()), scope).spans
    return [(one.rule.id, one.text, one.severity.value) for one in found]


@pytest.fixture(scope="module")
def scanner(compiled: RuleCache) -> LeakScanner:
    return LeakScanner(RULES, compiled)


def test_asking_which_patterns_may_occur_hides_none_that_does(
    scanner: LeakScanner, compiled: RuleCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the lists of words of long patterns, nor the tiers, nor what a validator needs at all."""
    quick = [said(scanner, text, scope) for text in MIXED for scope in (Scope.PROSE, Scope.TURNED)]
    monkeypatch.setattr(leaks, "PREREQUISITES", {})
    every = EveryPattern(RULES, compiled)
    whole = [said(every, text, scope) for text in MIXED for scope in (Scope.PROSE, Scope.TURNED)]
    assert whole == quick
    assert sum(map(len, quick)) > len(RULES)


def test_long_patterns_are_looked_for_by_less_than_themselves() -> None:
    """Else the test above would prove nothing of it."""
    needed = [_needed(pattern) for rule in RULES for pattern in rule.patterns]
    assert sum(len(pieces) > 1 for pieces in needed) > 10


def test_what_stands_out_of_reach_changes_no_finding(scanner: LeakScanner) -> None:
    """A match is judged by what is near it: the words that decide, too far away, decide nothing.

    But where matches are counted: they are over the whole text.
    """
    for rule in RULES:
        if rule.least > 1:
            continue
        far = "\n\n" + INERT * (2 * rule.reach // len(INERT) + 12) + "\n\n"
        example = far + plain(rule.examples[0]) + far
        alone = of_rule(scanner, rule, INERT + example + INERT)
        for cause in CAUSES:
            assert of_rule(scanner, rule, cause + example + cause) == alone, (rule.id, cause)


def of_rule(scanner: LeakScanner, rule: Rule, text: str) -> list[str]:
    """How what the rule finds behind what was put in front begins: some patterns go on to the end."""
    octets = text.encode()
    return [
        one.text[:40]
        for one in scanner.spans(Pages(octets)).spans
        if one.rule is rule and len(INERT) < one.match[0] < len(octets) - 2 * len(INERT)
    ]


@pytest.mark.parametrize("reach", [0, 7, 120])
def test_a_validator_sees_as_far_as_its_rule_reaches(
    reach: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In octets, to either side, and never beyond the reading; a letter that is cut is not seen."""
    seen: list[tuple[str, str]] = []

    def look(found: leaks.Candidate) -> bool:
        seen.append((found.before, found.after))
        return True

    monkeypatch.setitem(leaks.VALIDATORS, "looks", look)
    rule = replace(RULES[0], patterns=("needle",), validator="looks", reach=reach)
    text = "а" * 200 + "needle" + "x" * 200
    scanner = LeakScanner((rule,))
    scanner.spans(Pages(text.encode()))
    scanner.spans(Pages(b"other\x1eabc needle def\x1eother"))
    assert seen[0] == ("а" * (reach // 2), "x" * reach)
    assert seen[1] == ("abc "[-reach:] if reach else "", " def"[:reach])


class Recording(RuleCache):
    """Another cache, and what was asked of it in vain."""

    def __init__(self, inner: RuleCache) -> None:
        self.inner = inner
        self.missed: list[str] = []
        self.asked = 0

    @override
    def get(self, key: str) -> bytes | None:
        found = self.inner.get(key)
        self.asked += 1
        if found is None:
            self.missed.append(key)
        return found

    @override
    def put(self, key: str, compiled: bytes) -> None:
        self.inner.put(key, compiled)


def test_what_was_learned_before_any_mail_changes_no_meaning(compiled: RuleCache) -> None:
    """Every language comes from the cache afterwards, and says what it says where nothing was learned."""
    learned = Understanding(compiled)
    learned.learn()
    later = Recording(compiled)
    fresh = Understanding(later)
    texts = [plain(text).lower().encode() for one in COMBINATIONS for text in one.examples]
    texts += [plain(text).encode() for text in SCRIPTS]
    assert {name for text in texts for name in tongues(text)} == {*learned._rows}
    for text in texts:
        assert learned.spot(text) == fresh.spot(text)
    assert later.missed == []
    assert later.asked > 5
