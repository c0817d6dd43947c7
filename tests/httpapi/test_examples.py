"""Every request and every answer of the OpenAPI document has an example, and each is a good one."""

from collections.abc import Iterator

import orjson
import pytest
from jsonschema import Draft202012Validator

from httpapi import openapi
from httpapi.errors import MEANINGS
from httpapi.operation import Operation
from httpapi.operations import OPERATIONS

DOCUMENT = orjson.loads(orjson.dumps(openapi.document(OPERATIONS, version="1")))


def _contents(one: Operation) -> Iterator[tuple[str, openapi.Json]]:
    """Every media type of the request and of the answers, with where it stands."""
    described = DOCUMENT["paths"][one.path][one.method.lower()]
    for kind, media in described.get("requestBody", {}).get("content", {}).items():
        yield f"request {kind}", media
    for status, answer in described["responses"].items():
        name = answer.get("$ref", "").rpartition("/")[2]
        whole = DOCUMENT["components"]["responses"][name] if name else answer
        for kind, media in whole.get("content", {}).items():
            yield f"{status} {kind}", media


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_example_is_what_its_schema_says(one: Operation) -> None:
    """JSON Schema 2020-12 with its formats, on every media type."""
    for place, media in _contents(one):
        assert "example" in media, place
        schema = {**media["schema"], "components": DOCUMENT["components"]}
        checker = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [str(error.message) for error in checker.iter_errors(media["example"])] == [], place


@pytest.mark.parametrize(
    "one", [one for one in OPERATIONS if one.has_body], ids=lambda one: one.name
)
def test_every_example_of_a_request_is_taken(one: Operation) -> None:
    """By the operation's own model, with the fields of the path beside it."""
    content = DOCUMENT["paths"][one.path][one.method.lower()]["requestBody"]["content"]
    example = content["application/json"]["example"]
    one.parse({**example, **dict.fromkeys(one.path_names, "1")})


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_status_that_can_come_is_told(one: Operation) -> None:
    """Those of the kinds of errors, and those of HTTP itself."""
    described = DOCUMENT["paths"][one.path][one.method.lower()]
    always = {str(found.status) for found in MEANINGS.values()} - {"409"} | {"405"}
    wanted = always | {str(one.success)}
    wanted |= {"406"} if one.output is not None else set()
    wanted |= {"415"} if one.has_body else set()
    wanted |= {"409"} if one.conflicts else set()
    wanted |= {"304"} if one.has_entity else set()
    wanted |= {"412"} if one.method in ("PATCH", "DELETE") else set()
    assert set(described["responses"]) == wanted


def test_answers_have_no_field_that_is_not_told() -> None:
    """Every object of an answer is closed, and has all of its fields."""
    for one in OPERATIONS:
        if one.output is None:
            continue
        schema = one.output.model_json_schema(mode="serialization")
        for found in (schema, *schema.get("$defs", {}).values()):
            if found.get("type") == "object" and "properties" in found:
                assert found["additionalProperties"] is False, found["title"]
                assert set(found["required"]) == set(found["properties"]), found["title"]
