"""What RE2 finds in a text hyperscan finds too: it is asked first, and what it misses nobody looks for."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from guard.folding import plain
from guard.matching import Pattern, PatternSet, relaxed
from guard.patterns import RULES
from mailcore.policy import RuleCache

type Form = Callable[[str], str]

PATTERNS = tuple(pattern for rule in RULES for pattern in rule.patterns)
_FLAGS = re.compile(r"\(\?([a-z]+)\)")
_MANY = 3
_WAYS = 12


@pytest.fixture(scope="module")
def patterns(compiled: RuleCache) -> PatternSet:
    """Each as often as rules have it, and with its tier, as the server compiles them."""
    pairs = [(rule, pattern) for rule in RULES for pattern in rule.patterns]
    return PatternSet([text for _, text in pairs], compiled, [rule.scope for rule, _ in pairs])


@pytest.mark.parametrize("form", [str, str.upper, str.title])
def test_both_engines_find_what_is_in_the_examples(patterns: PatternSet, form: Form) -> None:
    """As they stand, in capitals, and with each word's first letter large."""
    for rule in RULES:
        for example in (*rule.examples, *rule.near_misses):
            text = form(plain(example)).encode()
            sought = {PATTERNS.index(pattern) for pattern in rule.patterns}
            found = {at for at in sought if patterns.patterns[at].search(text) is not None}
            missed = found - set(patterns.occurring(text))
            assert not missed, (example, [PATTERNS[at][:80] for at in missed])


def read(pattern: str) -> Any:
    """The expression as Python parses it, which wants flags to stand in front."""
    flags = "".join(dict.fromkeys("".join(_FLAGS.findall(pattern))))
    return re._parser.parse(f"(?{flags})" * bool(flags) + _FLAGS.sub("", pattern))  # type: ignore[attr-defined]


def spoken(parsed: Any, way: int) -> str:
    """A text that a parsed expression matches: `way` chooses among alternatives and characters."""
    return "".join(piece for code, argument in parsed for piece in _piece(str(code), argument, way))


def _piece(code: str, argument: Any, way: int) -> Iterator[str]:
    match code:
        case "LITERAL":
            yield chr(argument)
        case "NOT_LITERAL":
            yield "x" if chr(argument) != "x" else "y"
        case "ANY":
            yield "ж"
        case "IN":
            yield _member(argument, way)
        case "BRANCH":
            alternatives = argument[1]
            yield spoken(alternatives[way % len(alternatives)], way)
        case "SUBPATTERN":
            yield spoken(argument[3], way)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inside = argument
            count = max(int(least), min(int(most), _MANY if way % 2 else 0))
            yield from (spoken(inside, way + times) for times in range(count))
        case _:
            pass


def _member(members: Any, way: int) -> str:
    """A character of the class, one outside ASCII where there is one."""
    first, *_ = members
    if str(first[0]) == "NEGATE":
        return "ж"
    chosen = [_character(str(code), argument, way) for code, argument in members]
    foreign = [char for char in chosen if not char.isascii()]
    return (foreign or chosen)[way % len(foreign or chosen)]


def _character(code: str, argument: Any, way: int) -> str:
    match code:
        case "LITERAL":
            return chr(argument)
        case "RANGE":
            low, high = argument
            return chr(low + way % (high - low + 1))
        case _:
            named = {"CATEGORY_SPACE": " ", "CATEGORY_DIGIT": "7"}
            return named.get(str(argument), "a")


def test_both_engines_find_what_each_pattern_describes(patterns: PatternSet) -> None:
    """Texts made from the patterns themselves, of letters of other scripts where they may be."""
    spoken_of = 0
    for index, pattern in enumerate(PATTERNS):
        parsed = read(pattern)
        for way in range(_WAYS):
            text = f" {spoken(parsed, way)} ".encode()
            if patterns.patterns[index].search(text) is None:
                continue
            spoken_of += 1
            assert index in patterns.occurring(text), (pattern[:120], text.decode())
    assert spoken_of > len(PATTERNS)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("schl[üu]ssel", "schlüssel"),
        ("a[а-я]{2}b", "aжшb"),
        ("x[^\\s、]{1,3}y", "x東京都y"),
        ("(?i)пароль", "ПАРОЛЬ"),
        ("за.ок", "замок"),
    ],
)
def test_a_letter_of_several_octets_is_one_character_for_both(pattern: str, text: str) -> None:
    assert Pattern(pattern).search(text.encode()) is not None
    assert PatternSet((pattern,)).occurring(text.encode()) == [0], relaxed(pattern)
