"""Which rules match, in order, and why. Cost: at most (conditions × text), whatever the text is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from mailcore.rules.facts import Facts
from mailcore.rules.rule import (
    FIELDS,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FieldKind,
    Not,
    Operator,
    Rule,
    chain,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One condition, and whether it holds."""

    compare: Compare
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one rule says."""

    rule: Rule
    matches: bool
    is_reached: bool = True
    """False behind a rule that ended the chain."""
    because: tuple[Checked, ...] = ()


def matching(rules: Sequence[Rule], views: Sequence[Facts]) -> tuple[Rule, ...]:
    """The rules that match, in order, up to one that ends the chain."""
    return tuple(one.rule for one in answers(rules, views) if one.matches)


def answers(rules: Sequence[Rule], views: Sequence[Facts]) -> Iterator[Answer]:
    """What every enabled rule says, in the order of the chain.

    `views` are the facts of each recipient alone for mail that leaves, one for mail that arrived. A
    rule that approves must match for all of them, any other for one.
    """
    judge = _Judge(views)
    is_over = is_own_over = False
    for rule in chain([one for one in rules if one.is_enabled]):
        if is_over or (is_own_over and not rule.is_owners):
            yield Answer(rule=rule, matches=False, is_reached=False)
            continue
        answer = judge.answer(rule)
        yield answer
        if answer.matches and rule.stops:
            is_over, is_own_over = rule.is_owners, True


class _Judge:
    """Asks rules about the same views; what does not depend on the recipient is worked out once."""

    def __init__(self, views: Sequence[Facts]) -> None:
        self._views = views
        self._strict = tuple(one.strict for one in views)
        self._known: dict[int, bool] = {}

    def answer(self, rule: Rule) -> Answer:
        if rule.condition is None:
            return Answer(rule=rule, matches=bool(self._views))
        found: list[tuple[bool, Facts]] = []
        for view in self._strict if rule.approves else self._views:
            holds = self._holds(rule.condition, view)
            found.append((holds, view))
            if holds is not rule.approves:
                break
        if not found:
            return Answer(rule=rule, matches=False)
        matches, view = found[-1]
        checked = tuple(
            Checked(compare=one, holds=self._compare(one, view)) for one in leaves(rule.condition)
        )
        return Answer(rule=rule, matches=matches, because=checked)

    def _holds(self, condition: Condition, view: Facts) -> bool:
        match condition:
            case AllOf():
                return all(self._holds(one, view) for one in condition.parts)
            case AnyOf():
                return any(self._holds(one, view) for one in condition.parts)
            case Not():
                return not self._holds(condition.part, view)
            case Compare():
                return self._compare(condition, view)
            case _:
                assert_never(condition)

    def _compare(self, one: Compare, view: Facts) -> bool:
        if one.field == "recipient" or one.field.startswith("contact."):
            return compare(one, view)
        known = self._known.get(id(one))
        if known is None:
            known = self._known[id(one)] = compare(one, view)
        return known


def leaves(condition: Condition) -> Iterator[Compare]:
    """The comparisons of a tree, in order."""
    match condition:
        case Compare():
            yield condition
        case Not():
            yield from leaves(condition.part)
        case AllOf() | AnyOf():
            for one in condition.parts:
                yield from leaves(one)
        case _:
            assert_never(condition)


def compare(one: Compare, facts: Facts) -> bool:
    """Whether any value of the field compares so."""
    match FIELDS[one.field][0]:
        case FieldKind.FLAG:
            return facts.flags.get(one.field, False) is one.flag
        case FieldKind.NUMBER:
            return any(_number(one, value) for value in facts.numbers.get(one.field, ()))
        case FieldKind.TEXT:
            return any(_text(one, value) for value in facts.texts.get(one.field, ()))


def _number(one: Compare, value: float) -> bool:
    match one.operator:
        case Operator.GREATER_THAN:
            return value > one.numbers[0]
        case Operator.LESS_THAN:
            return value < one.numbers[0]
        case _:
            return value in one.numbers


def _text(one: Compare, value: str) -> bool:
    match one.operator:
        case Operator.MATCHES:
            return one.pattern.search(value.encode()) is not None
        case Operator.CONTAINS:
            return any(wanted in value for wanted in one.texts)
        case Operator.STARTS_WITH:
            return value.startswith(one.texts)
        case Operator.ENDS_WITH:
            return value.endswith(one.texts)
        case _:
            return value in one.texts
