"""The OpenAPI 3.1.0 document, made from the table of operations and from nothing else."""

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from httpapi.errors import meaning, problem
from httpapi.etags import changed_since
from httpapi.examples import example_of
from httpapi.fields import Output
from httpapi.operation import DECIDERS, EVERYONE, MASTER, Operation
from httpapi.routes import STREAMED
from mailcore.errors import ErrorKind, FieldError, MailError

type Json = dict[str, object]

_REF: Final = "#/components/schemas/{model}"
_PROBLEM_REF: Final = {"$ref": "#/components/schemas/Problem"}
_TRACE_ID: Final = "919903de9014d111"
_ERRORS: Final = (
    MailError(
        ErrorKind.INVALID,
        "a field is wrong",
        code="invalid_fields",
        fix="Correct what `errors` names",
        fields=(FieldError(path="limit", message="Input should be less than or equal to 200"),),
    ),
    MailError(
        ErrorKind.UNAUTHENTICATED,
        "no API key was sent",
        code="key_required",
        fix="Send it as `Authorization: Bearer KEY`",
    ),
    MailError(
        ErrorKind.DENIED,
        "this needs the master key",
        code="master_key_required",
        fix="Call it with the owner's master key",
    ),
    MailError(ErrorKind.NOT_FOUND, "message not found"),
    MailError(
        ErrorKind.INVALID,
        "the path does not take this method",
        code="method_not_allowed",
        fix="It takes GET, HEAD, OPTIONS",
    ),
    MailError(
        ErrorKind.INVALID,
        "the answer is application/json",
        code="not_acceptable",
        fix="Send `Accept: application/json`, or leave Accept out",
    ),
    MailError(ErrorKind.TOO_LARGE, "the request body is larger than 52428800 bytes"),
    MailError(
        ErrorKind.INVALID,
        "the body must be JSON in UTF-8",
        code="unsupported_media_type",
        fix="Send it with `Content-Type: application/json`",
    ),
    MailError(
        ErrorKind.OVER_LIMIT,
        "more than 100 requests a minute",
        code="rate_limited",
        fix="Wait 7 seconds",
    ),
    MailError(ErrorKind.INTERNAL, "an unexpected error", fix="Try again"),
    MailError(
        ErrorKind.UNAVAILABLE,
        "the server is stopping",
        code="stopping",
        fix="Try again in a moment",
    ),
)
"""One of each status that any operation may answer with, as its example."""


class WrongField(Output):
    """One wrong field."""

    path: str
    """Where it is, such as `attachments[0].content`."""
    message: str


class Problem(Output):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

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
    described = {one.name: _operation(one, schemas, definitions) for one in table}
    _strip_path_fields(table, schemas, definitions)
    for one in table:
        _add_examples(one, described[one.name], definitions)
        paths.setdefault(one.path, {})[one.method.lower()] = described[one.name]
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
            "responses": {_response_name(one): _problem(one) for one in _ERRORS},
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
    for schema in definitions.values():
        _strip_empty_defaults(schema)
    return names, _without_aliases(definitions, frozenset(names.values()))


def _without_aliases(definitions: Mapping[str, Json], kept: frozenset[str]) -> dict[str, Json]:
    """Models and choices by name; what is only another word for a plain type stands where it is used.

    Generators of clients stumble over names that refer to themselves, as JSON does: that is any value.
    """
    aliases = {
        name: schema
        for name, schema in definitions.items()
        if name not in kept and _is_plain(name, definitions)
    }
    return {
        name: _written_out(schema, aliases)
        for name, schema in definitions.items()
        if name not in aliases
    }


def _strip_empty_defaults(schema: Json) -> None:
    """Nothing is what leaving a field out means; of a choice of types generated clients send `"[]"`."""
    for described in _properties(schema).values():
        if described.get("default") in ([], {}):
            del described["default"]


def _is_plain(name: str, definitions: Mapping[str, Json]) -> bool:
    """Whether neither a model nor a choice is in it, however far down."""
    return not any(
        definitions[one].keys() & {"properties", "enum"}
        for one in {name, *_reachable(definitions[name], definitions)}
    )


def _written_out(schema: Json, aliases: Mapping[str, Json]) -> Json:
    written = _inline(schema, aliases)
    return written if isinstance(written, dict) else schema


def _inline(value: object, aliases: Mapping[str, Json]) -> object:
    """The same with every alias in its place; one that comes back to itself is any value."""
    if isinstance(value, list):
        return [_inline(one, aliases) for one in value]
    if not isinstance(value, dict):
        return value
    name = str(value.get("$ref", "")).rpartition("/")[2]
    if name not in aliases:
        return {key: _inline(one, aliases) for key, one in value.items()}
    beside = {key: one for key, one in value.items() if key != "$ref"}
    if name in _reachable(aliases[name], aliases):
        return beside
    return {**_written_out(aliases[name], aliases), **beside}


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
    for error in _ERRORS:
        status = meaning(error).status
        if (status == 415 and not one.has_body) or (status == 406 and one.output is None):
            continue
        responses[str(status)] = {"$ref": f"#/components/responses/{_response_name(error)}"}
    if one.conflicts:
        responses["409"] = _problem(_conflict(one))
    if one.has_entity:
        responses["304"] = {"description": "Nothing has changed since (`If-None-Match`)"}
    if one.method in ("PATCH", "DELETE"):
        responses["412"] = _problem(changed_since())
    return dict(sorted(responses.items()))


def _conflict(one: Operation) -> MailError:
    codes = ", ".join(one.conflicts)
    return MailError(ErrorKind.CONFLICT, f"one of {codes}", code=one.conflicts[0])


def _response_name(error: MailError) -> str:
    return "".join(word.title() for word in error.code.split("_"))


def _problem(error: MailError) -> Json:
    found = meaning(error)
    headers: Json = {}
    if found.status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}, "required": True}
    if found.status == 405:
        headers["Allow"] = {"schema": {"type": "string"}, "required": True}
    if found.status == 429:
        headers["Retry-After"] = {"schema": {"type": "string"}, "required": True}
    described: Json = {
        "description": found.title if found.status != 409 else f"{found.title}: {error.message}",
        "content": {
            "application/problem+json": {
                "schema": _PROBLEM_REF,
                "example": orjson.loads(problem(error, _TRACE_ID)),
            }
        },
    }
    return {**described, "headers": headers} if headers else described


def _success(one: Operation, names: Mapping[type[BaseModel], str]) -> Json:
    if one.success == 204:
        return {"description": "Done"}
    content: Json = {}
    if one.output is not None:
        content["application/json"] = {"schema": {"$ref": _REF.format(model=names[one.output])}}
    else:
        content[one.media_type] = {"schema": {}, "example": "octets"}
    if one.name == STREAMED:
        content["text/event-stream"] = {
            "schema": {"type": "string"},
            "example": "id: 42\nevent: email.received\ndata: {}\n\n",
        }
    return {"description": one.summary, "content": content}


def _add_examples(one: Operation, described: Json, definitions: Mapping[str, Json]) -> None:
    """An example beside every schema of JSON that the operation takes or answers with."""
    responses = described["responses"]
    answer = responses.get(str(one.success)) if isinstance(responses, dict) else None
    for place, is_whole in ((described.get("requestBody"), False), (answer, True)):
        content = place.get("content") if isinstance(place, dict) else None
        media = content.get("application/json") if isinstance(content, dict) else None
        if isinstance(media, dict):
            media["example"] = example_of(media["schema"], definitions, is_whole=is_whole)


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
            if isinstance(reference, str) and reference.startswith(_REF.partition("{")[0]):
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
