"""What schemas of results may say, and what checking a result may cost."""

import pytest

from mailcore.errors import MailError
from mailcore.model import JsonObject, JsonValue
from mailcore.tasks.schema import checked_schema, violations
from mailcore.tasks.values import MAX_DEPTH, MAX_VALUE_BYTES, check_value, spoken

CITY: JsonObject = {
    "type": "object",
    "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}, "zips": {"$ref": "#/$defs/z"}},
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"z": {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}},
}


def doubling(levels: int) -> JsonObject:
    """A small schema that takes two to the number of levels steps to follow."""
    names: JsonObject = {
        f"a{level}": {"allOf": [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**names, f"a{levels}": {"type": "string"}}}


@pytest.mark.parametrize(
    ("result", "paths"),
    [
        ({"city": "Berlin", "zips": [1, 2]}, []),
        ({"city": "berlin"}, ["result.city"]),
        ({}, ["result"]),
        ({"city": "B", "more": 1}, ["result"]),
        ({"city": "B", "zips": [1, "2", 1.0]}, ["result.zips", "result.zips[1]"]),
        ({"city": "B", "zips": [True, 1]}, ["result.zips[0]"]),
        ([], ["result"]),
        (None, ["result"]),
    ],
)
def test_a_result_is_held_against_its_schema(result: JsonValue, paths: list[str]) -> None:
    """Every fault has its place and the validator's words."""
    found = violations(checked_schema(CITY), result)
    assert sorted(one.path for one in found) == paths
    assert all(one.message for one in found)


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "blah"}, "result_schema.type"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "result_schema.$schema"),
        ({"$ref": "https://example.com/schema"}, "result_schema.$ref"),
        ({"items": {"$ref": "file:///etc/passwd"}}, "result_schema.items.$ref"),
        ({"$ref": "#/$defs/missing"}, "result_schema.$ref"),
        ({"$ref": "#/required", "required": ["a"]}, "result_schema.$ref"),
        ({"$ref": 3}, "result_schema.$ref"),
        ({"not": {"$id": "https://example.com/"}}, "result_schema.not.$id"),
        ({"items": {"$schema": "x"}}, "result_schema.items.$schema"),
        ({"$dynamicRef": "#x"}, "result_schema.$dynamicRef"),
        ({"patternProperties": {"(a+)+": True}}, "result_schema.patternProperties"),
        ({"anyOf": [{"pattern": "(?=a)"}]}, "result_schema.anyOf.0.pattern"),
        ({"pattern": "((a{900}){900}){900}"}, "result_schema.pattern"),
        ({"description": "x" * 40_000}, "result_schema"),
    ],
)
def test_a_schema_is_refused_where_it_is_wrong(schema: JsonObject, path: str) -> None:
    """Nothing is fetched, no pattern takes more than linear time, nothing is left to chance."""
    with pytest.raises(MailError) as caught:
        checked_schema(schema)
    assert [one.path for one in caught.value.fields] == [path]


def test_a_field_may_be_called_like_a_keyword() -> None:
    """Names of properties are no keywords."""
    schema = checked_schema({"properties": {"$id": {"type": "string"}, "$ref": {"type": "null"}}})
    assert violations(schema, {"$id": "x", "$ref": None}) == ()
    assert len(violations(schema, {"$id": 1, "$ref": 1})) == 2


def test_a_schema_that_contains_itself_follows_the_value() -> None:
    """A tree is checked to its leaves."""
    node: JsonObject = {
        "type": "object",
        "properties": {"kids": {"type": "array", "items": {"$ref": "#"}}},
        "additionalProperties": False,
    }
    tree: JsonValue = {"oops": 1}
    for _ in range(10):
        tree = {"kids": [tree]}
    (fault,) = violations(checked_schema(node), tree)
    assert fault.path == "result" + ".kids[0]" * 10


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"$ref": "#"}, {}),
        (doubling(24), "x"),
        ({"anyOf": [{"type": "string"}] * 900}, ["x" * 200_000]),
        ({"contains": {"contains": {"const": 1}}}, [[0] * 2000] * 200),
    ],
    ids=["itself", "doubling", "large repeated", "many items"],
)
def test_checking_has_a_budget(schema: JsonObject, result: JsonValue) -> None:
    """What would take long ends with an error that says so."""
    with pytest.raises(MailError) as caught:
        violations(checked_schema(schema), result)
    assert caught.value.code == "schema_too_costly"


def test_ordinary_results_are_within_the_budget() -> None:
    """Five thousand rows of an address book, and a pattern on a long text."""
    rows: list[JsonValue] = [{"name": f"n{at}", "age": at, "tags": ["a"]} for at in range(5000)]
    row: JsonObject = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "minimum": 0},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["name"],
    }
    assert violations(checked_schema({"type": "array", "items": row}), rows) == ()
    assert violations(checked_schema({"pattern": "^(a|aa)*$"}), "a" * 250_000) == ()


def test_values_are_bounded() -> None:
    """In depth and in octets."""
    deep: JsonValue = 1
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    check_value("payload", deep)
    check_value("payload", "é" * (MAX_VALUE_BYTES // 2 - 1))
    for wrong in ([deep], "x" * MAX_VALUE_BYTES, float("nan")):
        with pytest.raises(MailError):
            check_value("payload", wrong)


def test_everything_in_a_value_is_spoken() -> None:
    """Names, texts and numbers, each on a line with its name, as a reader would see them."""
    value: JsonValue = {"login": {"password": "a\nb", "pins": [12, True, None]}, "x": []}
    assert spoken(value).splitlines() == [
        *("login:", "password: a", "b", "pins: 12", "pins: true", "pins: null"),
    ]
