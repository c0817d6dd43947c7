"""The HTTP server: listeners on every address and on the unix socket, started and stopped in order.

It is built from services and knows no store. `run()` must be running for event streams to flow
and tools to be served;
`stop()` takes no new work, ends streams, lets running requests finish within the grace and then
closes what is left.
"""

import asyncio
import errno
import importlib.metadata
import logging
import os
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final, override

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from httpapi.arrivals import Arrivals
from httpapi.auth import Authenticator
from httpapi.chat_hooks import ChatHooks
from httpapi.connections import GuardedSite, Patience
from httpapi.decision_pages import DecisionPages
from httpapi.limits import Limiter
from httpapi.manual import Manual
from httpapi.manual import folder as manual_folder
from httpapi.mcp.endpoint import McpEndpoint
from httpapi.middleware import Edge
from httpapi.operations import OPERATIONS
from httpapi.pages import Pages
from httpapi.rendered import RenderedMessages
from httpapi.routes import Routes
from httpapi.services import SafeText, Services
from httpapi.sse import EventSources
from httpapi.streams import PING_SECONDS, EventFeed
from httpapi.unsubscribing import Unsubscribing
from httpapi.waits import Waits
from httpapi.websocket import EventSockets
from httpapi.wellknown import WellKnown
from mailcore import log
from mailcore.clients import ConnectionLimits
from mailcore.clock import Clock, SystemClock
from mailcore.config import Config
from mailcore.errors import ErrorKind, MailError
from mailcore.inbound.hook import InboundHook
from mailcore.metrics import Metrics

__all__ = ["HttpServer", "SafeText", "Services"]

_CUT_SECONDS: Final = 0.5
_BACKLOG: Final = 512
_NO_FAMILY: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)

_log = log.get(__name__)


class HttpServer:
    """The API over TCP and the unix socket."""

    def __init__(
        self,
        *,
        config: Config,
        services: Services,
        metrics: Metrics,
        tls_context: ssl.SSLContext | None = None,
        https_context: ssl.SSLContext | None = None,
        socket_path: Path | None = None,
        port: int | None = None,
        clock: Clock | None = None,
        inbound_hook: InboundHook | None = None,
        ping_seconds: float = PING_SECONDS,
        patience: Patience | None = None,
    ) -> None:
        self._config = config
        self._tls = tls_context
        self._https = https_context
        self._socket_path = socket_path
        self._wanted_port = config.ports.actual("http") if port is None else port
        self._is_tcp_off = port is None and config.ports.http == 0
        self._runners: list[web.AppRunner] = []
        clock = clock or SystemClock()
        authenticator = Authenticator(services.credentials, metrics)
        self._patience = patience or Patience()
        self._limits = ConnectionLimits(
            max_total=config.http.max_connections,
            max_per_ip=config.http.max_connections_per_ip,
            trusted_networks=config.limits.trusted_networks,
            proxies=config.http.trusted_proxies,
        )
        self._edge = Edge(config=config, metrics=metrics, clock=clock)
        self._streams = EventFeed(
            journal=services.journal,
            credentials=services.credentials,
            max_per_agent=config.http.max_streams_per_agent,
            safe_text=services.safe_text,
            check_seconds=ping_seconds,
        )
        self._waits = Waits(config.http.max_waits_per_agent)
        routes = Routes(
            services=services,
            authenticator=authenticator,
            keys=Limiter(clock, config.http.rate_limit_per_minute),
            edge=self._edge,
            streams=EventSources(self._streams, ping_seconds),
            max_body_bytes=config.http.max_body_bytes,
            rendered=RenderedMessages(config.http.message_cache_bytes),
            waits=self._waits,
        )
        pages = Pages(
            table=OPERATIONS,
            version=_version(),
            readiness=services.readiness,
            authenticator=authenticator,
            metrics=metrics,
            is_stopping=lambda: self._edge.is_stopping,
        )
        self._mcp = McpEndpoint(
            routes=routes, table=OPERATIONS, config=config, clock=clock, version=_version()
        )
        self._app = web.Application(client_max_size=config.http.max_body_bytes)
        self._edge.install(self._app)
        routes.install(self._app, OPERATIONS)
        pages.install(self._app)
        Manual(manual_folder()).install(self._app)
        DecisionPages(services.links).install(self._app)
        ChatHooks(services.channels).install(self._app)
        self._mcp.install(self._app)
        EventSockets(
            feed=self._streams, routes=routes, edge=self._edge, ping_seconds=ping_seconds
        ).install(self._app)
        if inbound_hook is not None:
            Arrivals(inbound_hook).install(self._app)
        pages_for_programs = WellKnown(domains=services.domains, config=config)
        pages_for_programs.install(self._app)
        Unsubscribing(services.suppressions).install(self._app)
        self._plain = web.Application()
        self._edge.install(self._plain)
        pages_for_programs.install_autoconfig(self._plain)
        self._plain.router.add_route("*", "/{path:.*}", pages_for_programs.redirect)
        self.ports: dict[str, int] = {}
        """The TCP ports that are bound, by listener; empty before `start()`."""

    @property
    def port(self) -> int:
        """The port of the API; 0 before `start()` or when HTTP is off."""
        return self.ports.get("http", 0)

    async def run(self) -> None:
        """Feed the event streams and serve tools; returns only on cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._streams.run(), name="http.streams")
            group.create_task(self._mcp.run(), name="http.mcp")

    async def start(self) -> None:
        """Bind everything; when one listener cannot, none stays and UNAVAILABLE says which."""
        self._runners = [_runner(self._app), _runner(self._plain)]
        whole, plain = self._runners
        ports = self._config.ports
        try:
            for runner in self._runners:
                await runner.setup()
            if not self._is_tcp_off:
                await self._listen_tcp(whole, "http", self._wanted_port, self._tls)
            if ports.https and self._https is not None:
                await self._listen_tcp(whole, "https", ports.actual("https"), self._https)
            if ports.acme:
                await self._listen_tcp(plain, "acme", ports.actual("acme"), None)
            if self._socket_path is not None:
                await self._listen_unix(whole, self._socket_path)
        except MailError:
            for runner in self._runners:
                await runner.cleanup()
            self._runners = []
            raise

    async def stop(self, grace_seconds: float | None = None) -> None:
        """Stop as the module says; safe to call twice."""
        runners, self._runners = self._runners, []
        if not runners:
            return
        self._edge.is_stopping = True
        self._streams.close_all()
        for site in [site for runner in runners for site in runner.sites]:
            await site.stop()
        seconds = self._config.shutdown.grace_seconds if grace_seconds is None else grace_seconds
        await self._edge.drained(seconds)
        for runner in runners:
            await runner.cleanup()
        if self._socket_path is not None:
            with suppress(OSError):
                self._socket_path.unlink(missing_ok=True)

    # Listeners ---------------------------------------------------------------------------------

    async def _listen_tcp(
        self, runner: web.AppRunner, listener: str, port: int, context: ssl.SSLContext | None
    ) -> None:
        unavailable: OSError | None = None
        for address in self._config.server.listen:
            site = GuardedSite(
                runner,
                address,
                self.ports.get(listener, port),
                limits=self._limits,
                patience=self._patience,
                logger=_protocol_log(),
                ssl_context=context,
                backlog=_BACKLOG,
            )
            try:
                await site.start()
            except OSError as error:
                if error.errno in _NO_FAMILY and len(self._config.server.listen) > 1:
                    _log.warning("http.address_unavailable", address=address)
                    unavailable = error
                    continue
                where = f"{address} port {port}"
                raise _cannot_listen(where, error, listener=listener) from error
            self.ports.setdefault(listener, site.port)
        if listener not in self.ports and unavailable is not None:
            where = f"port {port}"
            raise _cannot_listen(where, unavailable, listener=listener) from unavailable

    @staticmethod
    async def _listen_unix(runner: web.AppRunner, path: Path) -> None:
        """Bind the operator's socket, readable by our own user only."""
        try:
            bound = _unix_socket(path)
        except OSError as error:
            raise _cannot_listen(str(path), error) from error
        await web.SockSite(runner, bound, backlog=_BACKLOG).start()


class _Strangers(logging.Filter):
    """Drops what a client did wrong on the wire: it is answered 400 and no affair of the operator's."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, HttpProcessingError)


def _protocol_log() -> logging.Logger:
    logger = logging.getLogger("httpapi.protocol")
    if not logger.filters:
        logger.addFilter(_Strangers())
    return logger


def _unix_socket(path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        path.unlink(missing_ok=True)
        bound.bind(str(path))
        path.chmod(0o600)
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(mask)
    bound.setblocking(False)
    return bound


def _runner(app: web.Application) -> web.AppRunner:
    return web.AppRunner(
        app,
        access_log=None,
        logger=_protocol_log(),
        handle_signals=False,
        keepalive_timeout=Patience().idle,
        shutdown_timeout=_CUT_SECONDS,
    )


def _cannot_listen(where: str, error: OSError, *, listener: str = "http") -> MailError:
    is_taken = error.errno == errno.EADDRINUSE
    reason = "another program uses it" if is_taken else (error.strerror or "it is not possible")
    return MailError(
        ErrorKind.UNAVAILABLE,
        f"HTTP cannot listen on {where}: {reason}",
        code="cannot_listen",
        fix=f"Stop the other program, or set ports.{listener} or ports.offset" if is_taken else "",
    )


def _version() -> str:
    try:
        return importlib.metadata.version("countersign-mail")
    except importlib.metadata.PackageNotFoundError:
        return "0"
