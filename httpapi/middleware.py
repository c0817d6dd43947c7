"""What happens around every request: trace id, limits, errors, headers, figures.

Nothing here knows operations. Whatever a handler raises ends here as a problem document; only an
unexpected exception is logged with its traceback, once.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aiohttp import web
from prometheus_client import Histogram

from httpapi import errors
from httpapi.limits import ADDRESS_FACTOR, Limiter, exceeded
from httpapi.peer import Peers
from httpapi.visit import VISIT, Visit
from mailcore import log
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.metrics import Metrics

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBLEM_TYPE: Final = "application/problem+json"
_SAFE_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_CORS_METHODS: Final = "GET, POST, PATCH, DELETE"
_CORS_REQUEST: Final = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
    "MCP-Protocol-Version, Mcp-Method, Mcp-Name"
)
_CORS_RESPONSE: Final = (
    "RateLimit, RateLimit-Policy, Retry-After, Trace-Id, Content-Disposition, ETag"
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT"})
_UNLIMITED: Final = frozenset({"/healthz", "/readyz"})

_log = log.get(__name__)


class Edge:
    """The middleware of the application."""

    def __init__(self, *, config: Config, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._peers = Peers(config)
        self._origins = frozenset(config.http.cors_origins)
        self._max_body_bytes = config.http.max_body_bytes
        self._addresses = Limiter(clock, config.http.rate_limit_per_minute * ADDRESS_FACTOR)
        self._random = ""
        self._seconds: dict[tuple[str, str, int], Histogram] = {}
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.is_stopping = False

    def install(self, app: web.Application) -> None:
        """Put this around every handler of `app`."""

        @web.middleware
        async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._around(request, handler)

        app.middlewares.append(around)
        app.on_response_prepare.append(self._prepare)

    async def drained(self, seconds: float) -> None:
        """Wait until no request is being handled, but no longer than this. Safe to cancel."""
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            _log.warning("http.requests_cut", running=self._running)

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        visit = Visit(
            trace_id=self._trace_id(),
            peer=self._peers.of(request),
            started_at=self._clock.monotonic(),
        )
        request[VISIT] = visit
        token = log.TRACE_ID.set(visit.trace_id)
        self._running += 1
        self._idle.clear()
        try:
            response = await self._answer(request, handler, visit)
            self._record(request, visit, response.status)
        finally:
            log.TRACE_ID.reset(token)
            self._running -= 1
            if not self._running:
                self._idle.set()
        return response

    def _trace_id(self) -> str:
        """Sixteen random digits, from a stock: asking the system each time costs more."""
        if not self._random:
            self._random = secrets.token_hex(8 * 128)
        found, self._random = self._random[:16], self._random[16:]
        return found

    async def _answer(
        self, request: web.Request, handler: Handler, visit: Visit
    ) -> web.StreamResponse:
        try:
            self._require_running()
            if request.method == "OPTIONS" and (
                self._is_preflight(request) or request.raw_path == "*"
            ):
                return web.Response(status=204)
            self._limit(request, visit)
            return await handler(request)
        except MailError as error:
            if error.detail or error.kind is ErrorKind.INTERNAL:
                _log.warning("http.failed", code=error.code, detail=error.detail)
            return problem_response(error, visit.trace_id)
        except web.HTTPException as error:
            return self._http_problem(request, error, visit.trace_id)
        except (ConnectionError, web.RequestPayloadError):
            return _gone(visit.trace_id)
        except Exception:  # noqa: BLE001 - the edge: strangers get a trace id, the log the rest
            self._metrics.errors.labels("http").inc()
            _log.exception("http.unexpected", method=request.method, route=_route(request))
            return problem_response(errors.INTERNAL, visit.trace_id)

    def _require_running(self) -> None:
        if self.is_stopping:
            raise _stopping()

    def _limit(self, request: web.Request, visit: Visit) -> None:
        if visit.peer.is_trusted or request.path in _UNLIMITED:
            return
        allowance = self._addresses.take(visit.peer.network)
        if allowance.is_exceeded:
            visit.allowance = allowance
            raise exceeded(allowance)

    def _http_problem(
        self, request: web.Request, error: web.HTTPException, trace_id: str
    ) -> web.StreamResponse:
        if isinstance(error, web.HTTPMethodNotAllowed):
            return _other_method(request, error.allowed_methods, trace_id)
        if isinstance(error, web.HTTPRequestEntityTooLarge):
            return problem_response(self.too_large(), trace_id)
        if isinstance(error, web.HTTPNotFound):
            missing = MailError(
                ErrorKind.NOT_FOUND, "there is nothing at this path", fix="See /docs"
            )
            return problem_response(missing, trace_id)
        if error.status < 400:
            return error
        return web.Response(
            status=error.status,
            body=errors.plain_problem(error.status, error.reason, trace_id),
            content_type=PROBLEM_TYPE,
        )

    def too_large(self) -> MailError:
        """The error for a body over the limit."""
        return MailError(
            ErrorKind.TOO_LARGE,
            f"the request body is larger than {self._max_body_bytes} bytes",
            fix="Send less, or have the owner raise http.max_body_bytes",
        )

    # Headers -----------------------------------------------------------------------------------

    async def _prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        for name, value in _SAFE_HEADERS.items():
            headers.setdefault(name, value)
        headers["Server"] = "countersign"
        visit = request.get(VISIT)
        if visit is not None:
            headers["Trace-Id"] = visit.trace_id
            if visit.allowance is not None:
                headers.update(visit.allowance.headers())
        if self._origins:
            self._allow_origin(request, response)

    def _allow_origin(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin")
        if origin is None or not self.is_allowed_origin(origin):
            return
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _CORS_RESPONSE
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = _CORS_METHODS
            response.headers["Access-Control-Allow-Headers"] = _CORS_REQUEST
            response.headers["Access-Control-Max-Age"] = "600"

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of this origin may call the API."""
        return "*" in self._origins or origin in self._origins

    def _is_preflight(self, request: web.Request) -> bool:
        origin = request.headers.get("Origin")
        return (
            origin is not None
            and "Access-Control-Request-Method" in request.headers
            and self.is_allowed_origin(origin)
        )

    def _histogram(self, route: str, method: str, status: int) -> Histogram:
        key = (route, method, status)
        found = self._seconds.get(key)
        if found is None:
            found = self._metrics.http_seconds.labels(route, method, str(status))
            self._seconds[key] = found
        return found

    def _record(self, request: web.Request, visit: Visit, status: int) -> None:
        seconds = self._clock.monotonic() - visit.started_at
        route = _route(request)
        method = request.method if request.method in _METHODS else "(other)"
        self._histogram(route, method, status).observe(seconds)
        write = _log.debug if request.method == "GET" and status < 400 else _log.info
        write(
            "http.request",
            method=method,
            route=route,
            status=status,
            actor=visit.label,
            peer=visit.peer.ip,
            milliseconds=round(seconds * 1000, 1),
        )


def problem_response(error: MailError, trace_id: str) -> web.Response:
    """The answer that tells an error."""
    status = errors.meaning(error).status
    response = web.Response(
        status=status, body=errors.problem(error, trace_id), content_type=PROBLEM_TYPE
    )
    if error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="countersign"'
    return response


def _other_method(request: web.Request, allowed: Iterable[str], trace_id: str) -> web.Response:
    """405 with what the path takes (RFC 9110 §15.5.6); OPTIONS is told the same with success (§9.3.7)."""
    methods = ", ".join(sorted({*allowed, "OPTIONS"}))
    response = web.Response(status=204)
    if request.method != "OPTIONS":
        refused = MailError(
            ErrorKind.INVALID,
            "the path does not take this method",
            code="method_not_allowed",
            fix=f"It takes {methods}",
        )
        response = problem_response(refused, trace_id)
    response.headers["Allow"] = methods
    return response


def _stopping() -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        "the server is stopping",
        code="stopping",
        fix="Try again in a moment",
        retry_after_seconds=5,
    )


def _gone(trace_id: str) -> web.Response:
    """For the log only: the client left before its request was complete."""
    incomplete = MailError(ErrorKind.INVALID, "the request did not arrive whole")
    return problem_response(incomplete, trace_id)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "(none)"
