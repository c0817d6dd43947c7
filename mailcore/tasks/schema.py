"""Schemas of results: JSON Schema 2020-12 without what could cost more than the result is worth.

A schema comes from an agent and is met by what another agent says, so neither is trusted. References
stay inside the schema, patterns are RE2, and checking has a budget: every keyword that looks at a
value pays for the value's size. The budget is about a second of work; most results need a thousandth.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from urllib.parse import unquote

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend

from mailcore.errors import ErrorKind, FieldError, MailError, invalid
from mailcore.model import JsonObject, JsonValue
from mailcore.tasks.values import canonical, walk

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MAX_SCHEMA_BYTES: Final = 32 * 1024
MAX_REFERENCES: Final = 40
"""How many references may lead into one another."""
_BUDGET: Final = 200_000
_STEP_OCTETS: Final = 256
_REFERENCE_STEPS: Final = 8
_MAX_VIOLATIONS: Final = 20
_MAX_WORDS: Final = 300
_PATTERN_MEMORY: Final = 1 << 20
_FIELD: Final = "result_schema"

_ONE: Final = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then"),
)
_SEVERAL: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED: Final = ("$defs", "definitions", "dependentSchemas", "properties")
_REFUSED: Final = frozenset(
    {
        *("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$recursiveAnchor", "$recursiveRef"),
        *("$vocabulary", "patternProperties", "unevaluatedItems", "unevaluatedProperties"),
    }
)

type Path = tuple[str, ...]
type Keyword = Callable[[Any, Any, Any, Any], Iterable[ValidationError] | None]
"""A keyword of the library: validator, value, instance, schema."""


def checked_schema(given: JsonObject) -> JsonObject:
    """The schema as it is kept; INVALID with what is wrong with it."""
    schema = {name: one for name, one in given.items() if name != "$schema"}
    if given.get("$schema", DIALECT) not in (DIALECT, f"{DIALECT}#"):
        raise invalid(f"{_FIELD}.$schema", f"write the schema for {DIALECT}")
    if len(canonical(schema)) > MAX_SCHEMA_BYTES:
        raise invalid(_FIELD, f"a schema has at most {MAX_SCHEMA_BYTES} octets")
    found: set[Path] = set()
    references: list[tuple[Path, str]] = []
    for path, one in _schemas(schema):
        found.add(path)
        if isinstance(one, dict):
            references += _check_one(path, one)
    for path, reference in references:
        if _target(reference) not in found:
            raise invalid(_where(path, "$ref"), f"{reference[:100]!r} is no schema in this one")
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise invalid(_FIELD + error.json_path[1:], error.message[:_MAX_WORDS]) from error
    return schema


def violations(schema: JsonObject, result: JsonValue) -> tuple[FieldError, ...]:
    """What the schema finds wrong with a result, in the validator's words; none when it fits.

    INVALID `schema_too_costly` when checking takes more than the budget.
    """
    budget = _Budget(sizes=_sizes(result))
    validator = _validator(budget)(schema)
    try:
        found = tuple(islice(validator.iter_errors(result), _MAX_VIOLATIONS))
    except (ArithmeticError, RecursionError) as error:
        raise _too_costly() from error
    return tuple(
        FieldError(path="result" + one.json_path[1:], message=one.message[:_MAX_WORDS])
        for one in found
    )


# What a schema may say ---------------------------------------------------------------------------


def _schemas(schema: JsonObject) -> Iterator[tuple[Path, JsonValue]]:
    """Every place of the schema where a schema stands, by the keywords that hold one."""
    waiting: list[tuple[Path, JsonValue]] = [((), schema)]
    while waiting:
        path, one = waiting.pop()
        yield path, one
        if not isinstance(one, dict):
            continue
        waiting += [((*path, name), one[name]) for name in _ONE if name in one]
        for name in _SEVERAL:
            several = one.get(name)
            if isinstance(several, list):
                waiting += [((*path, name, str(at)), each) for at, each in enumerate(several)]
        for name in _NAMED:
            named = one.get(name)
            if isinstance(named, dict):
                waiting += [((*path, name, key), each) for key, each in named.items()]


def _check_one(path: Path, one: JsonObject) -> Iterator[tuple[Path, str]]:
    """The references of one schema; INVALID for what no schema here may say."""
    refused = sorted(_REFUSED & one.keys()) + (["$schema"] if path and "$schema" in one else [])
    if refused:
        raise invalid(_where(path, refused[0]), "schemas of results do without this keyword")
    pattern = one.get("pattern")
    if isinstance(pattern, str):
        _compiled(pattern, _where(path, "pattern"))
    reference = one.get("$ref")
    if reference is None:
        return
    if not isinstance(reference, str) or (reference != "#" and not reference.startswith("#/")):
        raise invalid(_where(path, "$ref"), "references stay in the schema, as in #/$defs/name")
    yield path, reference


def _target(reference: str) -> Path:
    parts = unquote(reference[1:]).split("/")[1:]
    return tuple(one.replace("~1", "/").replace("~0", "~") for one in parts)


def _where(path: Path, name: str) -> str:
    return ".".join((_FIELD, *path, name))[:200]


def _compiled(pattern: str, path: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise invalid(path, "this pattern is none that takes linear time (RE2)") from error


# What checking costs -----------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class _Budget:
    """What is left to spend on one result."""

    sizes: Mapping[int, int]
    """Octets of every list and object in it, by identity."""
    left: int = _BUDGET
    depth: int = 0
    patterns: dict[str, Any] = field(default_factory=dict)

    def spend(self, instance: object) -> None:
        size = len(instance) if isinstance(instance, str) else self.sizes.get(id(instance), 0)
        self.left -= 1 + size // _STEP_OCTETS
        if self.left < 0:
            raise _too_costly()


def _sizes(result: JsonValue) -> dict[int, int]:
    """How large each list and object is, in about octets."""
    sizes: dict[int, int] = {}
    for value, inner in reversed(list(walk(result))):
        if isinstance(value, list | dict):
            names = sum(map(len, value)) if isinstance(value, dict) else 0
            sizes[id(value)] = names + sum(
                len(one) if isinstance(one, str) else sizes.get(id(one), 8) for one in inner
            )
    return sizes


def _validator(budget: _Budget) -> Any:
    """The library's validator with a price on every keyword."""
    keywords = {
        name: _counted(one, budget) for name, one in Draft202012Validator.VALIDATORS.items()
    }
    keywords["$ref"] = _bounded(keywords["$ref"], budget)
    keywords["pattern"] = _pattern(budget)
    keywords["uniqueItems"] = _unique(budget)
    return extend(Draft202012Validator, keywords)


def _counted(keyword: Keyword, budget: _Budget) -> Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        budget.spend(instance)
        yield from keyword(validator, value, instance, schema) or ()

    return check


def _bounded(keyword: Keyword, budget: _Budget) -> Keyword:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        budget.depth += 1
        if budget.depth > MAX_REFERENCES:
            raise _too_costly()
        budget.left -= _REFERENCE_STEPS
        try:
            yield from keyword(validator, value, instance, schema) or ()
        finally:
            budget.depth -= 1

    return check


def _pattern(budget: _Budget) -> Keyword:
    def check(
        _validator: Any, value: Any, instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        budget.spend(instance)
        if not isinstance(instance, str):
            return
        if value not in budget.patterns:
            budget.patterns[value] = _compiled(value, "pattern")
        if budget.patterns[value].search(instance) is None:
            yield ValidationError(f"{instance[:_MAX_WORDS]!r} does not match {value!r}")

    return check


def _unique(budget: _Budget) -> Keyword:
    def check(
        _validator: Any, value: Any, instance: Any, _schema: Any
    ) -> Iterator[ValidationError]:
        budget.spend(instance)
        if not value or not isinstance(instance, list):
            return
        if len({canonical(one) for one in instance}) < len(instance):
            yield ValidationError("the items are not all different")

    return check


def _too_costly() -> MailError:
    return MailError(
        ErrorKind.INVALID,
        "this result takes too long to check against the task's schema",
        code="schema_too_costly",
        fix="Make the result or the schema simpler",
    )
