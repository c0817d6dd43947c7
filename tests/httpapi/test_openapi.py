"""The document and the page that are made from the table."""

import re

import orjson
import pytest
from openapi_spec_validator import validate

from httpapi import openapi
from httpapi.fields import WHOLE
from httpapi.operation import Operation
from httpapi.operations import OPERATIONS


@pytest.fixture(scope="module")
def document() -> openapi.Json:
    return orjson.loads(orjson.dumps(openapi.document(OPERATIONS, version="1.2.3")))


def test_the_document_is_valid(document: openapi.Json) -> None:
    """OpenAPI 3.1.0, by an independent validator."""
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_every_name_is_a_model_or_a_choice(document: openapi.Json) -> None:
    """Generators of clients leave out what a name that refers to itself or to a plain type is in."""
    schemas = document["components"]["schemas"]
    assert [name for name in schemas if not name.isidentifier() or "__" in name] == []
    plain = [name for name, one in schemas.items() if not _holds_a_model(one, schemas)]
    assert plain == []
    agent = schemas["CreateAgent"]["properties"]["metadata"]
    assert agent["additionalProperties"] == {}
    assert agent["maxProperties"]


def test_no_field_is_empty_by_default(document: openapi.Json) -> None:
    """A generated client sends the default of a choice of types as text, `"[]"`."""
    found = [
        (name, field)
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema.get("properties", {}).items()
        if described.get("default") in ([], {})
    ]
    assert found == []


def _holds_a_model(schema: openapi.Json, schemas: dict[str, openapi.Json]) -> bool:
    text = orjson.dumps(schema).decode()
    names = re.findall(r'"#/components/schemas/([^"]+)"', text)
    return bool(schema.keys() & {"properties", "enum"}) or any(
        schemas[name].keys() & {"properties", "enum"} for name in names
    )


def test_names_and_routes_are_unique() -> None:
    """An operation id and a route belong to one operation."""
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    assert len({(one.method, one.path) for one in OPERATIONS}) == len(OPERATIONS)


def test_numbers_of_a_query_may_be_text() -> None:
    """There is nothing else in a query; only a body tells `3` from `"3"`."""
    strict = [
        (one.name, name)
        for one in OPERATIONS
        for name, info in one.input.model_fields.items()
        if not one.has_body and WHOLE in info.metadata
    ]
    assert strict == []


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_is_described(one: Operation, document: openapi.Json) -> None:
    """Summary, prose, every input field, its success, and the errors that can happen."""
    described = document["paths"][one.path][one.method.lower()]
    assert described["summary"]
    assert described["description"]
    assert str(one.success) in described["responses"]
    assert {"400", "401", "403", "404", "413", "429", "500", "503"} <= set(described["responses"])
    assert ("409" in described["responses"]) == bool(one.conflicts)
    placed = {parameter["name"] for parameter in described["parameters"]}
    if one.has_body:
        name = described["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        body = document["components"]["schemas"][name.rpartition("/")[2]]
        placed |= set(body.get("properties", {}))
        assert not set(one.path_names) & set(body.get("properties", {}))
    wire = {
        info.validation_alias if isinstance(info.validation_alias, str) else name
        for name, info in one.input.model_fields.items()
    }
    assert wire <= placed


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.name)
def test_every_field_of_a_request_has_words(one: Operation) -> None:
    """Nobody has to guess what a field means."""
    for name, info in one.input.model_fields.items():
        if name not in {"limit", "offset"}:
            assert info.description, f"{one.input.__name__}.{name}"


def test_path_fields_stand_in_the_input_model() -> None:
    """A path field that no model knows would be an unknown field at run time."""
    for one in OPERATIONS:
        assert set(one.path_names) <= set(one.input.model_fields), one.name
