"""From the table to routes: authenticate, limit, gather the fields, call, answer.

The order is fixed: who (401), how often (429), may this role (403), can it be answered so (406), is it
readable (415, 413, 400), then the operation.
"""

import asyncio
import functools
from collections.abc import Sequence, Set
from email.utils import encode_rfc2231
from typing import Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from httpapi.auth import Authenticator, bearer_token, require_role
from httpapi.errors import MAX_FIELD_ERRORS, from_validation
from httpapi.etags import entity_tag, is_known, require_match
from httpapi.idempotency import idempotency_entry
from httpapi.limits import Limiter, exceeded
from httpapi.marking import PREFERENCE, marked
from httpapi.middleware import Edge, Handler
from httpapi.negotiation import (
    EVENT_STREAM,
    JSON,
    require_acceptable,
    require_event_id,
    require_json,
)
from httpapi.operation import Answer, Call, Download, Operation, Rendered
from httpapi.rendered import RenderedMessages
from httpapi.services import Services
from httpapi.sse import EventSources
from httpapi.visit import VISIT, Visit
from httpapi.waits import Waits
from mailcore.errors import ErrorKind, FieldError, MailError, invalid
from mailcore.model import Actor
from mailcore.store.ports import IdempotencyEntry

STREAMED: Final = "list_events"
_BODY_SECONDS: Final = 120.0
_MAX_FIELDS: Final = 200
_JSON: Final = {"Content-Type": "application/json"}
_SAFE_TYPES: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$&^_.+-/")


class Routes:
    """Serves a table of operations."""

    def __init__(
        self,
        *,
        services: Services,
        authenticator: Authenticator,
        keys: Limiter,
        edge: Edge,
        streams: EventSources,
        max_body_bytes: int,
        rendered: RenderedMessages,
        waits: Waits,
    ) -> None:
        self.services = services
        self._authenticator = authenticator
        self._keys = keys
        self._edge = edge
        self._streams = streams
        self._max_body_bytes = max_body_bytes
        self._readers: dict[str, Operation] = {}
        self._conditional = asyncio.Lock()
        self._rendered = rendered
        self._waits = waits

    def install(self, app: web.Application, table: Sequence[Operation]) -> None:
        """Add a route for every operation; a path with a fixed name is never taken for a parameter."""
        self._readers = {one.path: one for one in table if one.has_entity}
        for one in table:
            handler = self._handler(one)
            if one.method == "GET":
                app.router.add_get(one.path, handler)
            else:
                app.router.add_route(one.method, one.path, handler)
        for path in _shadowing(tuple(table)):
            app.router.add_route("*", path, _refuse_method(path, table))

    def _handler(self, operation: Operation) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self.serve(request, operation)

        return handle

    async def serve(self, request: web.Request, operation: Operation) -> web.StreamResponse:
        """One request for one operation."""
        visit = request[VISIT]
        actor = await self.admit(request)
        require_role(actor, operation)
        _require_headers(request, operation)
        values, entry = await self._gather(request, operation, actor)
        try:
            given = operation.parse(values)
        except ValidationError as error:
            raise from_validation(error, _known(operation)) from None
        if operation.name == STREAMED and EVENT_STREAM in request.headers.get("Accept", ""):
            if request.method == "HEAD":
                return web.Response(content_type=EVENT_STREAM)
            return await self._streams.handle(request, actor, getattr(given, "since", None))
        call = self.call(actor, "cli" if visit.peer.is_operator else "api", entry)
        if "If-Match" in request.headers and operation.method in ("PATCH", "DELETE"):
            return await self._change(request, operation, call, given)
        answer = await operation.run(call, given)
        if _wants_marks(request) and operation.output is not None:
            return _marked(operation, answer)
        response = _respond(operation, answer)
        if operation.has_entity and (tag := _tag_of(answer)):
            if is_known(request, tag):
                response = web.Response(status=304)
            response.headers["ETag"] = tag
        return response

    async def _change(
        self, request: web.Request, operation: Operation, call: Call, given: BaseModel
    ) -> web.Response:
        """A change that holds only for what the caller has read; one at a time."""
        reader = self._readers.get(operation.path)
        async with self._conditional:
            if reader is not None:
                names = {name: request.match_info[name] for name in reader.path_names}
                answer = await reader.run(call, reader.parse(names))
                if tag := _tag_of(answer):
                    require_match(request, tag)
            return _respond(operation, await operation.run(call, given))

    async def admit(self, request: web.Request) -> Actor:
        """Who asks; UNAUTHENTICATED for nobody, OVER_LIMIT when it asks too often."""
        actor, _ = await self.admit_with(request, None)
        return actor

    async def admit_with(self, request: web.Request, key: str | None) -> tuple[Actor, str | None]:
        """The same with a key that came another way than by its header field; and the key."""
        visit = request[VISIT]
        token = key if key is not None else bearer_token(request)
        actor = await self._authenticator.actor_of(token, visit.peer)
        visit.label = actor.label
        self._limit(actor, visit)
        await self.services.mailboxes.settle()
        return actor, token

    def call(self, actor: Actor, via: str, entry: IdempotencyEntry | None = None) -> Call:
        """What an operation is called with."""
        return Call(
            actor=actor,
            services=self.services,
            via=via,
            waits=self._waits,
            idempotency=entry,
            is_stopping=self._is_stopping,
            rendered=self._rendered,
        )

    def _is_stopping(self) -> bool:
        return self._edge.is_stopping

    def _limit(self, actor: Actor, visit: Visit) -> None:
        if visit.peer.is_trusted:
            return
        visit.allowance = self._keys.take(actor.key_id or actor.label)
        if visit.allowance.is_exceeded:
            raise exceeded(visit.allowance)

    # The fields --------------------------------------------------------------------------------

    async def _gather(
        self, request: web.Request, operation: Operation, actor: Actor
    ) -> tuple[dict[str, object], IdempotencyEntry | None]:
        entry: IdempotencyEntry | None = None
        if operation.has_body:
            _require_no_query(request)
            values = _parse(await self.body(request))
            key = request.headers.get("Idempotency-Key")
            if key is not None and operation.takes_idempotency_key:
                entry = idempotency_entry(key, actor, request.path, values)
        else:
            values = query_values(request, operation.list_names)
        for name in operation.path_names:
            if name in values:
                raise invalid(name, "this field stands in the path")
            values[name] = request.match_info[name]
        return values, entry

    async def body(self, request: web.Request) -> bytes:
        """The whole body; TOO_LARGE over the limit, INVALID when it does not come in time."""
        if (request.content_length or 0) > self._max_body_bytes:
            raise self._edge.too_large()
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                return await request.read()
        except TimeoutError as error:
            raise MailError(ErrorKind.INVALID, "the body did not arrive in time") from error


@functools.cache
def _shadowing(table: tuple[Operation, ...]) -> tuple[str, ...]:
    return tuple(sorted({one.path for one in table if is_shadowing(one.path, table)}))


def is_shadowing(path: str, table: Sequence[Operation]) -> bool:
    """Whether a path has a fixed name where another path of the table has a parameter."""
    parts = path.split("/")
    return any(
        len(other) == len(parts)
        and parts != other
        and all(one == two or two.startswith("{") for one, two in zip(parts, other, strict=True))
        for other in (one.path.split("/") for one in table)
    )


def _refuse_method(path: str, table: Sequence[Operation]) -> Handler:
    methods = {one.method for one in table if one.path == path}
    allowed = sorted({*methods, *(("HEAD",) if "GET" in methods else ())})

    async def refuse(request: web.Request) -> web.StreamResponse:
        raise web.HTTPMethodNotAllowed(request.method, allowed)

    return refuse


def _require_headers(request: web.Request, operation: Operation) -> None:
    """406 and 415, and what stands in the field of streams. Octets are sent whatever is accepted: their type is a stranger's choice."""
    if operation.output is not None:
        streams = (EVENT_STREAM,) if operation.name == STREAMED else ()
        require_acceptable(request, JSON, *streams)
    if operation.name == STREAMED:
        require_event_id(request)
    if operation.has_body:
        require_json(request)


def _parse(raw: bytes) -> dict[str, object]:
    """A JSON object; no body is an empty one. 400 with the position when it is malformed.

    Of a name that is given twice the last value counts (RFC 8259 §4 leaves that open).
    """
    if not raw:
        return {}
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _malformed(error) from None
    if not isinstance(value, dict):
        raise MailError(
            ErrorKind.INVALID,
            "the body must be a JSON object",
            code="malformed_json",
            fix="Send one JSON object in UTF-8",
        )
    if len(value) > _MAX_FIELDS:
        raise MailError(ErrorKind.INVALID, f"more than {_MAX_FIELDS} fields in the body")
    return value


def _malformed(error: orjson.JSONDecodeError) -> MailError:
    where = f"line {error.lineno} column {error.colno}"
    return MailError(
        ErrorKind.INVALID,
        f"the body is not valid JSON: {error.msg} at {where} (character {error.pos})",
        code="malformed_json",
        fix="Send one JSON object in UTF-8",
        fields=(FieldError(path="body", message=f"{error.msg} at {where}"),),
    )


def _require_no_query(request: web.Request) -> None:
    """What stands in the query of a POST is not passed over in silence."""
    if request.query:
        wrong = [
            FieldError(path=name[:100], message="send it in the body") for name in request.query
        ]
        raise MailError(
            ErrorKind.INVALID,
            "this takes no query",
            code="invalid_fields",
            fix="Correct what `errors` names",
            fields=tuple(wrong[:MAX_FIELD_ERRORS]),
        )


def query_values(request: web.Request, list_names: Set[str]) -> dict[str, object]:
    """The fields of the query; those of `list_names` may come several times or with commas."""
    values: dict[str, object] = {}
    for name in dict.fromkeys(request.query):
        given = request.query.getall(name)
        if len(values) >= _MAX_FIELDS:
            raise MailError(ErrorKind.INVALID, "the query has too many fields")
        if name in list_names:
            values[name] = [part for one in given for part in one.split(",")]
        elif len(given) > 1:
            raise invalid(name, "give it once")
        else:
            values[name] = given[0]
    return values


def _known(operation: Operation) -> list[str]:
    return [
        info.validation_alias if isinstance(info.validation_alias, str) else name
        for name, info in operation.input.model_fields.items()
    ]


# The answer --------------------------------------------------------------------------------------


def _tag_of(answer: Answer) -> str:
    """The entity tag of an answer; empty when it has none."""
    if isinstance(answer, Rendered):
        return answer.tag
    return entity_tag(answer) if isinstance(answer, BaseModel) else ""


def _respond(operation: Operation, answer: Answer) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    if isinstance(answer, Download):
        return _download(answer)
    if isinstance(answer, Rendered):
        raw = answer.json
    else:
        raw = answer.__pydantic_serializer__.to_json(answer)
    return web.Response(
        status=operation.success,
        body=raw,
        headers=_JSON,
    )


def _wants_marks(request: web.Request) -> bool:
    """Whether the caller is a model, or works for one (RFC 7240 §2)."""
    wishes = ",".join(request.headers.getall("Prefer", ())).split(",")
    return any(one.partition(";")[0].strip().lower() == PREFERENCE for one in wishes)


def _marked(operation: Operation, answer: Answer) -> web.Response:
    """The answer with texts of others marked; it differs each time, so it has no entity tag."""
    response = _respond(operation, answer)
    document = orjson.loads(response.body) if isinstance(response.body, bytes) else None
    if isinstance(document, dict) and operation.output is not None:
        response.body = orjson.dumps(marked(document, operation.output))
        response.headers["Preference-Applied"] = PREFERENCE
    response.headers["Vary"] = "Prefer"
    return response


def _download(answer: Download) -> web.Response:
    """Octets that a browser saves and never shows, whatever type a stranger gave them."""
    kind = answer.content_type.lower()
    is_plain = kind.count("/") == 1 and set(kind) <= _SAFE_TYPES
    headers = {"Content-Type": kind if is_plain else "application/octet-stream"}
    name = "".join(char for char in answer.filename if char.isprintable())[:200]
    headers["Content-Disposition"] = "attachment"
    if name:
        headers["Content-Disposition"] += f"; filename*={encode_rfc2231(name, 'utf-8')}"
    return web.Response(body=answer.raw, headers=headers)
