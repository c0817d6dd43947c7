"""Connections before they carry requests: how many there may be, and how slow a client.

Each protocol object is aiohttp's own with four watches on it: too many connections are told so and
let go, a header that does not arrive whole, a TLS handshake that does not end and an answer that
nobody reads end the connection. Bodies have their own time (`Routes.body`). What is no HTTP is answered
with a problem as every other error is.
"""

import asyncio
import logging
import secrets
import ssl
from dataclasses import dataclass
from typing import Final, override

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from httpapi.errors import INTERNAL, problem
from httpapi.middleware import problem_response
from mailcore.clients import ConnectionLimits
from mailcore.errors import ErrorKind, MailError

_LINGER_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 5
_MAX_LINE_OCTETS: Final = 8190
"""What aiohttp takes of a request line and of a field."""
_TOO_LATE: Final = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client may take, in seconds."""

    handshake: float = 20.0
    """For TLS."""
    header: float = 20.0
    """From the connection, or from its first octet, to a whole header."""
    idle: float = 75.0
    """Between two requests."""
    write: float = 60.0
    """To take what fills the buffers of an answer."""


class Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_header_timer", "_ip", "_is_counted", "_limits", "_patience", "_write_timer")

    def __init__(
        self,
        manager: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        limits: ConnectionLimits,
        patience: Patience,
        logger: logging.Logger,
    ) -> None:
        super().__init__(
            manager,
            loop=loop,
            keepalive_timeout=patience.idle,
            logger=logger,
            access_log=None,  # type: ignore[arg-type] # None turns it off
            max_line_size=_MAX_LINE_OCTETS,
            max_field_size=_MAX_LINE_OCTETS,
        )
        self._limits = limits
        self._patience = patience
        self._ip = ""
        self._is_counted = False
        self._header_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._ip = str(peer[0]) if peer else ""
        self._is_counted = self._limits.acquire(self._ip)
        if self._is_counted:
            super().connection_made(transport)
            self._expect_header()
        elif isinstance(transport, asyncio.Transport):
            self._refuse(transport)

    @override
    def data_received(self, data: bytes) -> None:
        if not self._is_counted:
            return
        super().data_received(data)
        if self._waiter is None or self._waiter.done():
            self._header_came()
        elif data and self._header_timer is None:
            self._expect_header()

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self.transport is not None:
            seconds = self._patience.write
            self._write_timer = self._loop.call_later(seconds, self.transport.abort)

    @override
    def resume_writing(self) -> None:
        self._written()
        super().resume_writing()

    @override
    def connection_lost(self, exc: BaseException | None) -> None:
        self._header_came()
        self._written()
        if self._is_counted:
            self._limits.release(self._ip)
            super().connection_lost(exc)

    @override
    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what no handler sees; ConnectionError when another one has begun."""
        super().handle_error(request, status, exc, message)
        trace_id = secrets.token_hex(8)
        error = _malformed(exc) if status < 500 else INTERNAL
        answer = problem_response(error, trace_id)
        answer.headers.update({"Server": "countersign", "Trace-Id": trace_id})
        answer.force_close()
        return answer

    def _header_came(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _written(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _expect_header(self) -> None:
        self._header_timer = self._loop.call_later(self._patience.header, self._header_is_late)

    def _header_is_late(self) -> None:
        self._header_timer = None
        if self.transport is not None:
            self.transport.write(_TOO_LATE)
        self.force_close()

    def _refuse(self, transport: asyncio.Transport) -> None:
        """Say why, and take what the client sends meanwhile, so that it gets to read it."""
        transport.write(_REFUSAL)
        if transport.can_write_eof():
            transport.write_eof()
            self._write_timer = self._loop.call_later(_LINGER_SECONDS, transport.abort)
        else:
            transport.close()


class GuardedSite(web.BaseSite):
    """A listener on one address whose connections are watched."""

    __slots__ = ("_address", "_limits", "_logger", "_patience", "port")

    def __init__(
        self,
        runner: web.AppRunner,
        address: str,
        port: int,
        *,
        limits: ConnectionLimits,
        patience: Patience,
        logger: logging.Logger,
        ssl_context: ssl.SSLContext | None,
        backlog: int,
    ) -> None:
        super().__init__(runner, ssl_context=ssl_context, backlog=backlog)
        self._address = address
        self._limits = limits
        self._patience = patience
        self._logger = logger
        self.port = port
        """The port that is bound."""

    @property
    @override
    def name(self) -> str:
        """Where it listens."""
        return f"{self._address} port {self.port}"

    @override
    async def start(self) -> None:
        """Listen; OSError when that is not possible."""
        await super().start()
        manager = self._runner.server
        if manager is None:
            raise RuntimeError("the runner is not set up")
        loop = asyncio.get_running_loop()
        self._server = listening = await loop.create_server(
            lambda: Connection(
                manager,
                loop=loop,
                limits=self._limits,
                patience=self._patience,
                logger=self._logger,
            ),
            self._address,
            self.port,
            ssl=self._ssl_context,
            ssl_handshake_timeout=self._patience.handshake if self._ssl_context else None,
            backlog=self._backlog,
        )
        self.port = listening.sockets[0].getsockname()[1]


def _malformed(error: BaseException | None) -> MailError:
    if isinstance(error, LineTooLong):
        return MailError(
            ErrorKind.INVALID,
            "the URL or a header field is too long",
            code="malformed_request",
            fix=f"Send at most {_MAX_LINE_OCTETS} octets in each",
        )
    return MailError(
        ErrorKind.INVALID,
        "the request is not HTTP",
        code="malformed_request",
        fix="Write what is not ASCII in a URL as `%` and two digits; see RFC 9112 for the rest",
    )


def _refusal() -> bytes:
    error = MailError(
        ErrorKind.UNAVAILABLE,
        "too many connections",
        code="too_many_connections",
        fix="Use one connection for several requests",
    )
    body = problem(error, "")
    return (
        b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
        b"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (_RETRY_SECONDS, len(body), body)
    )


_REFUSAL: Final = _refusal()
