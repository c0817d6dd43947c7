"""Where a tool call becomes a call of an operation. The same checks as over HTTP, in the same order.

The caller is whoever the bearer key says. Errors become answers that a model can act on; only what
nobody expected is logged with its traceback.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
from pydantic import ValidationError

from httpapi import errors
from httpapi.auth import require_role
from httpapi.idempotency import idempotency_entry
from httpapi.mcp.results import Result, done, failure, success
from httpapi.mcp.tools import IDEMPOTENCY_KEY, WITHHELD, Tool, kinds, tools_of
from httpapi.operation import Call, Download, Operation, Rendered
from mailcore import log
from mailcore.clock import Clock
from mailcore.errors import ErrorKind, FieldError, MailError, invalid, not_found
from mailcore.store.ports import IdempotencyEntry

_MAX_STRINGIFIED: Final = 1024 * 1024

_log = log.get(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One request: who makes it, and the id under which the log has it."""

    call: Call
    trace_id: str


class Desk:
    """Takes the calls of tools."""

    def __init__(self, table: Sequence[Operation], clock: Clock) -> None:
        self.tools = tools_of(tuple(table))
        self._clock = clock

    async def call(self, caller: Caller, name: str, arguments: Mapping[str, object]) -> Result:
        """Call a tool; NOT_FOUND when there is none of this name. Safe to cancel."""
        tool = self.tools.get(name)
        if tool is None:
            raise self._unknown(name)
        started = self._clock.monotonic()
        try:
            result, code = await self._run(caller, tool, arguments), "ok"
        except MailError as error:
            if error.detail or error.kind is ErrorKind.INTERNAL:
                _log.warning("mcp.failed", code=error.code, detail=error.detail)
            result, code = failure(error, caller.trace_id, tool, arguments), error.code
        except Exception:  # noqa: BLE001 - the edge: strangers get a trace id, the log the rest
            _log.exception("mcp.unexpected", tool=name)
            result = failure(errors.INTERNAL, caller.trace_id, tool, arguments)
            code = errors.INTERNAL.code
        write = _log.debug if tool.is_read_only and code == "ok" else _log.info
        write(
            "mcp.tool",
            tool=name,
            actor=caller.call.actor.label,
            outcome=code,
            milliseconds=round((self._clock.monotonic() - started) * 1000, 1),
        )
        return result

    async def _run(self, caller: Caller, tool: Tool, arguments: Mapping[str, object]) -> Result:
        operation, call = tool.operation, caller.call
        require_role(call.actor, operation)
        values = _values(arguments)
        if operation.takes_idempotency_key and IDEMPOTENCY_KEY in values:
            call = replace(call, idempotency=_entry(call, operation, values))
        _refuse_withheld(values)
        texts = _json_in_text(tool, values)
        try:
            given = operation.parse(values)
        except ValidationError as error:
            found = errors.from_validation(error, tuple(tool.fields))
            raise (_wrong(texts, found.fields) if texts else found) from None
        if texts:
            raise _wrong(texts)
        answer = await operation.run(call, given)
        if answer is None:
            return done()
        if isinstance(answer, Download):
            raise TypeError(f"{operation.name} answers octets")
        if isinstance(answer, Rendered):
            return success(answer.json, operation.output)
        return success(answer.__pydantic_serializer__.to_json(answer), type(answer))

    def _unknown(self, name: str) -> MailError:
        nearest = difflib.get_close_matches(name[:50], self.tools, n=1)
        fix = f"Did you mean {nearest[0]}?" if nearest else "Take a name from the list of tools"
        return not_found("the tool", fix=fix)


def _values(arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments as the API reads JSON: no lone surrogates, no numbers beyond 64 bits."""
    try:
        values = orjson.loads(orjson.dumps(dict(arguments)))
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise MailError(
            ErrorKind.INVALID,
            f"the arguments are not JSON that can be read: {error}",
            code="malformed_json",
            fix="Send one JSON object in UTF-8",
        ) from error
    if not isinstance(values, dict):
        raise TypeError("a mapping is an object")
    return values


def _entry(call: Call, operation: Operation, values: dict[str, object]) -> IdempotencyEntry:
    """The call as one to be made once; its key is no field of the operation."""
    key = values.pop(IDEMPOTENCY_KEY)
    if not isinstance(key, str):
        raise invalid(IDEMPOTENCY_KEY, "this is text")
    return idempotency_entry(key, call.actor, operation.path, values, field=IDEMPOTENCY_KEY)


def _refuse_withheld(values: Mapping[str, object]) -> None:
    for name in sorted(WITHHELD & values.keys()):
        raise invalid(name, "unknown field: only a person may ask for this, over the API")


def _json_in_text(tool: Tool, values: Mapping[str, object]) -> tuple[FieldError, ...]:
    """Lists and objects that a model wrote as text: no recipient is meant to be `["a@b"]`."""
    return tuple(
        FieldError(path=name, message=f"this is text that holds {_holds(value)}; send it itself")
        for name, value in values.items()
        if isinstance(value, str) and name in tool.fields and _is_json(tool, name, value)
    )


def _wrong(texts: tuple[FieldError, ...], others: Sequence[FieldError] = ()) -> MailError:
    """All wrong fields at once; what is text by mistake is told as that only."""
    named = {one.path for one in texts}
    wrong = (*texts, *(one for one in others if re.split(r"[.[]", one.path)[0] not in named))
    return MailError(
        ErrorKind.INVALID,
        "a field is wrong" if len(wrong) == 1 else f"{len(wrong)} fields are wrong",
        code="invalid_fields",
        fields=wrong,
    )


def _is_json(tool: Tool, name: str, value: str) -> bool:
    if not value.lstrip().startswith(("[", "{")) or len(value) > _MAX_STRINGIFIED:
        return False
    if not kinds(tool.fields[name]) & {"array", "object"}:
        return False
    try:
        return isinstance(orjson.loads(value), list | dict)
    except orjson.JSONDecodeError:
        return False


def _holds(value: str) -> str:
    return "a list" if value.lstrip().startswith("[") else "an object"
