"""`POST /mcp`: the protocol on the port, with the keys and within the limits of the API.

The SDK is imported and the tools are made in a thread when the first client comes: a server without
such clients never pays for them, and mail goes on meanwhile. A key is needed on the unix socket too,
so that no model is the operator by accident.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from httpapi.auth import bearer_token
from httpapi.mcp.bridge import Application, serve
from httpapi.mcp.desk import Caller, Desk
from httpapi.operation import Operation
from httpapi.routes import Routes
from httpapi.visit import VISIT
from mailcore import log
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError, denied

PATH: Final = "/mcp"
_START_SECONDS: Final = 60.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

type Open = Callable[[], AbstractAsyncContextManager[Application]]

_log = log.get(__name__)


class McpEndpoint:
    """The path and the server behind it."""

    def __init__(
        self,
        *,
        routes: Routes,
        table: Sequence[Operation],
        config: Config,
        clock: Clock,
        version: str,
    ) -> None:
        self._routes = routes
        self._table = tuple(table)
        self._clock = clock
        self._version = version
        self._max_body_bytes = config.http.max_body_bytes
        self._origins = frozenset(config.http.cors_origins)
        self._hosts = _LOOPBACK | {config.server.hostname}
        self._is_wanted = asyncio.Event()
        self._is_ready = asyncio.Event()
        self._application: Application | None = None

    def install(self, app: web.Application) -> None:
        """Add the route. There is no GET: without sessions there is no stream to listen to."""
        app.router.add_post(PATH, self.handle)

    async def run(self) -> None:
        """Serve from the first request on; returns only on cancellation."""
        await self._is_wanted.wait()
        opened = await asyncio.to_thread(self._load)
        async with opened() as application:
            self._application = application
            self._is_ready.set()
            _log.info("mcp.ready")
            try:
                await asyncio.Event().wait()
            finally:
                self._application = None
                self._is_ready.clear()

    def _load(self) -> Open:
        from httpapi.mcp import protocol  # noqa: PLC0415 - a second, for those who use it

        desk = Desk(self._table, self._clock)
        return lambda: protocol.application(
            desk, version=self._version, max_body_bytes=self._max_body_bytes
        )

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One message of a client."""
        self._check_origin(request)
        if bearer_token(request) is None:
            raise MailError(
                ErrorKind.UNAUTHENTICATED,
                "no API key was sent",
                code="key_required",
                fix="Send it as `Authorization: Bearer KEY`",
            )
        actor = await self._routes.admit(request)
        body = await self._routes.body(request)
        application = await self._started()
        caller = Caller(call=self._routes.call(actor, "mcp"), trace_id=request[VISIT].trace_id)
        return await serve(request, body, application, caller)

    async def _started(self) -> Application:
        self._is_wanted.set()
        try:
            async with asyncio.timeout(_START_SECONDS):
                await self._is_ready.wait()
        except TimeoutError as error:
            raise _not_running() from error
        if self._application is None:
            raise _not_running()
        return self._application

    def _check_origin(self, request: web.Request) -> None:
        """A web page of a stranger has no business here, whatever name it gave this host."""
        origin = request.headers.get("Origin")
        if origin is None or "*" in self._origins or origin in self._origins:
            return
        if _host(origin) in self._hosts:
            return
        raise denied(
            "pages of this origin may not call tools",
            code="origin_not_allowed",
            fix="Have the owner add it to http.cors_origins",
        )


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).hostname
    except ValueError:
        return None


def _not_running() -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        "the tools are not available now",
        code="mcp_unavailable",
        fix="Try again in a moment",
        retry_after_seconds=5,
    )
