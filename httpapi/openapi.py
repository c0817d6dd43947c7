"""The OpenAPI 3.1.0 document, made from the table of operations and from nothing else."""

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from httpapi.errors import MEANINGS
from httpapi.fields import Output
from httpapi.operation import DECIDERS, EVERYONE, MASTER, Operation
from httpapi.routes import STREAMED

type Json = dict[str, object]

_REF: Final = "#/components/schemas/{model}"
_ALWAYS: Final = (400, 401, 403, 404, 413, 429, 500, 503)
_PROBLEM_REF: Final = {"$ref": "#/components/schemas/Problem"}


class WrongField(Output):
    """One wrong field."""

    path: str
    """Where it is, such as `attachments[0].content`."""
    message: str


class Problem(Output):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    """A stable name for programs."""
    trace_id: str
    """The log knows the request under this."""
    fix: str = ""
    """What to do about it."""
    errors: list[WrongField] = Field(default_factory=list)


def document(table: Sequence[Operation], *, version: str) -> Json:
    """The whole document."""
    schemas, definitions = _schemas(table)
    paths: dict[str, Json] = {}
    for one in table:
        item = paths.setdefault(one.path, {})
        item[one.method.lower()] = _operation(one, schemas, definitions)
    _strip_path_fields(table, schemas, definitions)
    used = _reachable({"paths": paths, "p": _PROBLEM_REF}, definitions)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": version,
            "description": "Mail for AI agents. Nothing leaves that a policy or a person has not "
            "let through.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in table)],
        "paths": paths,
        "components": {
            "schemas": {name: definitions[name] for name in sorted(used)},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key: the owner's master key, an approver's or an "
                    "agent's.",
                }
            },
        },
    }


def _schemas(table: Sequence[Operation]) -> tuple[Mapping[type[BaseModel], str], dict[str, Json]]:
    """The component name of every model, and the components."""
    inputs = list(dict.fromkeys(one.input for one in table))
    outputs = dict.fromkeys(one.output for one in table if one.output is not None)
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    wanted += [(model, "validation") for model in inputs]
    wanted += [(model, "serialization") for model in outputs]
    mapping, whole = models_json_schema(wanted, ref_template=_REF)
    names = {
        model: str(ref["$ref"]).rpartition("/")[2]
        for (model, _), ref in mapping.items()
        if issubclass(model, BaseModel)
    }
    definitions: dict[str, Json] = whole["$defs"]
    return names, definitions


def _operation(
    one: Operation, names: Mapping[type[BaseModel], str], definitions: Mapping[str, Json]
) -> Json:
    described: Json = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"{one.description}\n\n{_who(one)}",
        "tags": [one.tag],
        "parameters": _parameters(one, definitions[names[one.input]]),
        "responses": _responses(one, names),
    }
    if one.has_body:
        described["requestBody"] = _body(one, names, definitions)
    return described


def _who(one: Operation) -> str:
    who = {
        EVERYONE: "any key",
        DECIDERS: "the master key or an approver's",
        MASTER: "the master key",
    }
    return f"Takes {who.get(one.roles, 'a key that may')}."


def _parameters(one: Operation, schema: Json) -> list[Json]:
    properties = _properties(schema)
    required = _names(schema.get("required"))
    parameters: list[Json] = []
    for name, described in properties.items():
        is_path = name in one.path_names
        if one.has_body and not is_path:
            continue
        parameter: Json = {
            "name": name,
            "in": "path" if is_path else "query",
            "required": is_path or name in required,
            "schema": {key: value for key, value in described.items() if key != "description"},
        }
        if "description" in described:
            parameter["description"] = described["description"]
        parameters.append(parameter)
    if one.takes_idempotency_key:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[ -~]{1,255}$"},
                "description": "The same key with the same body does the thing once (24 hours).",
            }
        )
    if one.name == STREAMED:
        parameters.append(
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
                "description": "Go on after this event (streams only).",
            }
        )
    return parameters


def _body(
    one: Operation, names: Mapping[type[BaseModel], str], definitions: Mapping[str, Json]
) -> Json:
    name = names[one.input]
    required = _names(definitions[name].get("required"))
    return {
        "required": any(field not in one.path_names for field in required),
        "content": {"application/json": {"schema": {"$ref": _REF.format(model=name)}}},
    }


def _responses(one: Operation, names: Mapping[type[BaseModel], str]) -> Json:
    responses: Json = {str(one.success): _success(one, names)}
    statuses = sorted({*_ALWAYS, *((409,) if one.conflicts else ())})
    titles = {found.status: found.title for found in MEANINGS.values()}
    for status in statuses:
        title = titles[status]
        if status == 409:
            title = f"{title}: {', '.join(one.conflicts)}"
        responses[str(status)] = {
            "description": title,
            "content": {"application/problem+json": {"schema": _PROBLEM_REF}},
        }
    return responses


def _success(one: Operation, names: Mapping[type[BaseModel], str]) -> Json:
    if one.success == 204:
        return {"description": "Done"}
    content: Json = {}
    if one.output is not None:
        content["application/json"] = {"schema": {"$ref": _REF.format(model=names[one.output])}}
    else:
        content[one.media_type] = {"schema": {}}
    if one.name == STREAMED:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    return {"description": one.summary, "content": content}


def _strip_path_fields(
    table: Sequence[Operation],
    names: Mapping[type[BaseModel], str],
    definitions: Mapping[str, Json],
) -> None:
    """Fields that stand in the path are no part of a body."""
    for one in table:
        schema = definitions[names[one.input]]
        for name in one.path_names if one.has_body else ():
            _properties(schema).pop(name, None)
            schema["required"] = [
                other for other in _names(schema.get("required")) if other != name
            ]
        if not schema.get("required"):
            schema.pop("required", None)


def _reachable(root: object, definitions: Mapping[str, Json]) -> set[str]:
    """The components that are referred to, directly or through others."""
    found: set[str] = set()
    waiting: list[object] = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                name = reference.rpartition("/")[2]
                if name not in found:
                    found.add(name)
                    waiting.append(definitions[name])
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return found


def _properties(schema: Json) -> dict[str, Json]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []
