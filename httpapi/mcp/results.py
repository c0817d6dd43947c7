"""What a tool answers: a JSON document of bounded size, or an error that says what to do next.

A model reads every byte of an answer, so long texts in it are cut and say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import BaseModel

from httpapi.marking import marked
from httpapi.mcp.tools import LISTED_BY, Tool, example
from mailcore.errors import ErrorKind, FieldError, MailError
from mailcore.model import JsonObject, JsonValue

MAX_RESULT_BYTES: Final = 256 * 1024
_TEXT_LIMITS: Final = (48_000, 12_000, 3_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer to one call of a tool."""

    text: str
    document: JsonObject | None = None
    """The same for programs."""
    is_error: bool = False


def success(raw: bytes, model: type[BaseModel] | None) -> Result:
    """The answer from its JSON, cut to what a model can read, the texts of others marked."""
    document = bounded(raw, model)
    return Result(text=orjson.dumps(document).decode(), document=document)


def done() -> Result:
    """The answer of an operation that has nothing to tell."""
    return Result(text='{"done":true}', document={"done": True})


def bounded(raw: bytes, model: type[BaseModel] | None = None) -> JsonObject:
    """A document of at most `MAX_RESULT_BYTES`: its long texts are cut until it fits with its marks.

    TOO_LARGE when even short texts do not make it fit.
    """
    document = orjson.loads(raw)
    for limit in (None, *_TEXT_LIMITS):
        if limit is not None:
            document = _cut(document, limit)
        whole = _object(document)
        whole = whole if model is None else marked(whole, model)
        if len(orjson.dumps(whole)) <= MAX_RESULT_BYTES:
            return whole
    raise MailError(
        ErrorKind.TOO_LARGE,
        "the answer is too large for a model to read",
        code="result_too_large",
        fix="Ask for less: a smaller limit, or one thing at a time",
    )


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {"data": value}


def _cut(value: JsonValue, limit: int) -> JsonValue:
    if isinstance(value, str) and len(value) > limit:
        return f"{value[:limit]}\n[cut here: {len(value) - limit} more characters]"
    if isinstance(value, list):
        return [_cut(one, limit) for one in value]
    if isinstance(value, dict):
        return {name: _cut(one, limit) for name, one in value.items()}
    return value


# Errors ------------------------------------------------------------------------------------------


def failure(error: MailError, trace_id: str, tool: Tool, given: Mapping[str, object]) -> Result:
    """An error for a model: code and message, each wrong field with a right one, the next step."""
    fix = error.fix or (_where_from(given) if error.kind is ErrorKind.NOT_FOUND else "")
    if error.code == "invalid_fields":
        fix = "Call again with these corrected"
    lines = [f"{error.code}: {error.message}."]
    lines += [f"- {one.path}: {one.message}{_right(tool, one)}" for one in error.fields]
    if fix:
        lines.append(f"What to do: {fix}.")
    told: JsonObject = {"code": error.code, "message": error.message, "trace_id": trace_id}
    if fix:
        told["fix"] = fix
    if error.fields:
        told["errors"] = [{"path": one.path, "message": one.message} for one in error.fields]
    return Result(text="\n".join(lines), document={"error": told}, is_error=True)


def _right(tool: Tool, wrong: FieldError) -> str:
    """A right value for the argument that the wrong field is in."""
    name = wrong.path.partition(".")[0].partition("[")[0]
    schema = tool.fields.get(name)
    if schema is None:
        if "did you mean" in wrong.message:
            return ""
        return f". It takes {', '.join(tool.fields)}" if tool.fields else ". It takes nothing"
    return f". For example {orjson.dumps({name: example(name, schema)}).decode()}"


def _where_from(given: Mapping[str, object]) -> str:
    steps = [f"take {name} from {LISTED_BY[name]}" for name in given if name in LISTED_BY]
    text = ", ".join(steps)
    return text[:1].upper() + text[1:]
