"""Operations as tools: name, description, JSON Schema of the arguments, an example of each.

A tool exists for every operation of the table that says what a model is told about it. Nothing here
calls anything.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import BaseModel

from httpapi.operation import Operation
from mailcore.model import JsonObject, JsonValue

IDEMPOTENCY_KEY: Final = "idempotency_key"
WITHHELD: Final = frozenset({"allow_sensitive"})
"""Fields that are a person's to set: not offered to a model, and refused when it finds them."""
_DROPPED: Final = frozenset({"title", "$defs"})
_IDEMPOTENCY: Final[JsonObject] = {
    "type": "string",
    "maxLength": 255,
    "description": "Any text of yours: the same call with the same key is carried out once.",
}

LISTED_BY: Final[Mapping[str, str]] = {
    "thread_id": "list_threads",
    "message_id": "list_messages",
    "based_on_message_id": "get_thread",
    "draft_id": "list_drafts",
    "identity_id": "list_identities",
    "contact_id": "list_contacts",
    "hold_id": "list_holds",
    "agent": "list_agents",
    "agent_id": "list_agents",
    "id": "list_messages",
    "tag_id": "list_tags",
    "task_id": "list_tasks",
    "assignee": "list_agents",
}
"""Which tool gives the values of a field."""

_ADDRESS: Final = "name@example.org"
_EXAMPLES: Final[Mapping[str, JsonValue]] = {
    "to": [_ADDRESS],
    "cc": [_ADDRESS],
    "bcc": [_ADDRESS],
    "reply_to": [_ADDRESS],
    "subject": "Your question",
    "text": "Hello,\n\nthank you for writing.",
    "body_text": "Hello,\n\nthank you for writing.",
    "headers": {"X-Ticket": "4711"},
    "metadata": {"ticket": "4711"},
    "content": "SGVsbG8=",
    "content_type": "text/plain",
    "filename": "hello.txt",
    "folder": "Archive",
    "name": "Example",
    "email": _ADDRESS,
    "since": 0,
    "wait": 30,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """An operation as a model sees it."""

    operation: Operation
    description: str
    schema: JsonObject
    """JSON Schema 2020-12 of the arguments."""
    fields: Mapping[str, JsonObject]
    """The schema of each argument."""
    is_read_only: bool
    is_destructive: bool

    @property
    def name(self) -> str:
        """What it is called by."""
        return self.operation.name

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments it cannot do without."""
        names = self.schema.get("required")
        return tuple(str(one) for one in names) if isinstance(names, list) else ()

    def example(self) -> JsonObject:
        """Arguments that are well formed: every required one."""
        return {name: example(name, self.fields[name]) for name in self.required}


@functools.cache
def tools_of(table: tuple[Operation, ...]) -> Mapping[str, Tool]:
    """Every operation that is offered to models, by name, in the order of the table; made once."""
    offered = [one for one in table if one.tool and one.media_type == "application/json"]
    return {one.name: _tool(one) for one in offered}


def _tool(operation: Operation) -> Tool:
    schema = _schema(operation.input)
    fields = schema["properties"]
    if not isinstance(fields, dict):
        raise TypeError(f"{operation.name} has no fields")
    for name in WITHHELD & fields.keys():
        del fields[name]
    if operation.takes_idempotency_key:
        fields[IDEMPOTENCY_KEY] = _IDEMPOTENCY
    return Tool(
        operation=operation,
        description=operation.tool,
        schema=schema,
        fields={name: one for name, one in fields.items() if isinstance(one, dict)},
        is_read_only=operation.method == "GET",
        is_destructive=operation.method == "DELETE",
    )


def _schema(model: type[BaseModel]) -> JsonObject:
    """The schema of a model without what only people's tools read: a model pays for every word."""
    found: JsonObject = model.model_json_schema(by_alias=True, mode="validation")
    definitions = found.get("$defs")
    whole = _plain(found, _finite(definitions) if isinstance(definitions, dict) else {})
    if not isinstance(whole, dict):
        raise TypeError(f"{model.__name__} is no object")
    whole.pop("description", None)
    return {"properties": {}, **whole}


def _finite(definitions: JsonObject) -> JsonObject:
    """The definitions, with one that contains itself (any JSON value) as the schema of anything."""
    return {
        name: {} if f'"#/$defs/{name}"'.encode() in orjson.dumps(one) else one
        for name, one in definitions.items()
    }


def _plain(value: JsonValue, definitions: JsonObject) -> JsonValue:
    """A schema with references resolved and titles dropped."""
    if isinstance(value, list):
        return [_plain(one, definitions) for one in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        target = _plain(definitions[reference.rpartition("/")[2]], definitions)
        more = {name: one for name, one in value.items() if name != "$ref"}
        return {**target, **more} if isinstance(target, dict) else target
    return {
        name: _fields(one, definitions) if name == "properties" else _plain(one, definitions)
        for name, one in value.items()
        if name not in _DROPPED
    }


def _fields(value: JsonValue, definitions: JsonObject) -> JsonValue:
    """The fields of an object: here `title` is a name, not a caption."""
    if not isinstance(value, dict):
        return value
    return {name: _plain(one, definitions) for name, one in value.items()}


# Examples ----------------------------------------------------------------------------------------


def example(name: str, schema: JsonObject) -> JsonValue:
    """A value of the right form for a field."""
    known = _EXAMPLES.get(name)
    if known is not None and _kind(known) in kinds(schema):
        return known
    if name in LISTED_BY and "string" in kinds(schema):
        return f"id from {LISTED_BY[name]}"
    return _of_schema(name, schema)


def _of_schema(name: str, schema: JsonObject) -> JsonValue:
    for form in _forms(schema):
        values = form.get("enum")
        if isinstance(values, list) and values:
            return values[0]
        if "const" in form:
            return form["const"]
        match form.get("type"):
            case "boolean":
                return True
            case "integer" | "number":
                default = schema.get("default")
                return default if isinstance(default, int | float) and default else 1
            case "array":
                items = form.get("items")
                return [example(name.removesuffix("s"), items)] if isinstance(items, dict) else []
            case "object":
                return _object(form)
            case "string":
                return _text(name, form)
            case _:
                continue
    return _text(name, schema)


def _object(form: JsonObject) -> JsonValue:
    fields, required = form.get("properties"), form.get("required")
    if not isinstance(fields, dict) or not isinstance(required, list):
        return {}
    return {
        name: example(name, one)
        for name, one in fields.items()
        if name in required and isinstance(one, dict)
    }


def _text(name: str, form: JsonObject) -> str:
    match form.get("format"):
        case "date-time":
            return "2026-01-31T12:00:00Z"
        case "date":
            return "2026-01-31"
        case _:
            return f"id of the {name.removesuffix('_id')}" if name.endswith("_id") else "text"


def kinds(schema: JsonObject) -> frozenset[str]:
    """The JSON types a field may have."""
    return frozenset(str(form.get("type")) for form in _forms(schema) if "type" in form)


def _forms(schema: JsonObject) -> list[JsonObject]:
    found = schema.get("anyOf")
    forms = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else [schema]
    return [one for one in forms if one.get("type") != "null"]


def _kind(value: JsonValue) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "string"
