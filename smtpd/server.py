"""The SMTP server: its sockets, its running commits, its start and its stop.

Not a protocol: `protocol` speaks, `handler` asks the services. Invariants: a message that was handed
to the services runs to its end in a task of `run`, whatever becomes of the connection; a failed
start leaves no socket open.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Final

from mailcore import log
from mailcore.clients import ConnectionLimits, Networks
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.metrics import Metrics
from mailcore.net.listening import listen
from smtpd import limits, replies
from smtpd.handler import DoorkeeperPort, Handler, InboundPort, LoginPort, SubmissionPort
from smtpd.listener import Connection, Listener
from smtpd.policing import Policing
from smtpd.protocol import SmtpProtocol
from smtpd.replies import Reply
from smtpd.room import ReceivingLimit
from smtpd.session import Door

_log = log.get(__name__)
_BACKLOG: Final = 511


class SmtpServer:
    """Listens on ports 25, 587 and 465, or on what the configuration says instead."""

    def __init__(
        self,
        *,
        config: Config,
        inbound: InboundPort,
        submission: SubmissionPort,
        credentials: LoginPort,
        metrics: Metrics,
        clock: Clock,
        mx_context: ssl.SSLContext,
        submission_context: ssl.SSLContext,
        doorkeeper: DoorkeeperPort | None = None,
        bind: Mapping[str, int] | None = None,
    ) -> None:
        """`bind` replaces the configured ports by name; 0 there means any free port."""
        self._config = config
        self._bind = bind
        self._metrics = metrics
        self._clock = clock
        self._contexts = dict.fromkeys(Door, submission_context) | {Door.SMTP: mx_context}
        self._handler = Handler(
            inbound=inbound,
            submission=submission,
            credentials=credentials,
            doorkeeper=doorkeeper,
            metrics=metrics,
        )
        self._limits = ConnectionLimits(
            max_total=config.smtp.max_connections,
            max_per_ip=config.smtp.max_connections_per_ip,
            trusted_networks=config.limits.trusted_networks,
        )
        self._receiving = ReceivingLimit(
            max_bytes=config.smtp.max_receiving_bytes,
            max_message_bytes=config.smtp.max_message_bytes,
        )
        self._policing = Policing(config, metrics, clock)
        self._servers: list[asyncio.Server] = []
        self._sessions: set[Connection] = set()
        self._commits: set[asyncio.Task[None]] = set()
        self._takes_mail = False
        self._something_ended = asyncio.Event()
        self._is_stopping = False
        self.ports: dict[str, int] = {}
        """The ports bound, by name."""

    async def run(self) -> None:
        """Own the running commits; returns only on cancellation, after they have ended."""
        self._takes_mail = True
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._takes_mail = False
            await self._settle(self._config.shutdown.grace_seconds)
            for commit in self._commits:
                commit.cancel()
            if self._commits:
                await asyncio.wait(self._commits)

    async def start(self) -> None:
        """Bind every port and accept connections; all or nothing.

        Raises UNAVAILABLE with the fix when a port cannot be bound.
        """
        with contextlib.ExitStack() as opened:
            bound = [(door, one) for door in Door for one in self._open(door, opened)]
            servers: list[asyncio.Server] = []
            for door, listening in bound:
                servers.append(await self._serve(door, listening))
                opened.callback(servers[-1].close)
            opened.pop_all()
        self._servers = servers
        _log.info("smtp.listening", **self.ports)

    async def stop(self, grace_seconds: float) -> None:
        """Accept nothing new, let running commands end, then close; by force after the grace."""
        self._is_stopping = True
        for server in self._servers:
            server.close()
        for session in tuple(self._sessions):
            session.stop()
        await self._settle(grace_seconds)
        for session in tuple(self._sessions):
            session.abort()
        self._servers.clear()
        _log.info("smtp.stopped")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["SmtpServer"]:
        """Run, started, for the length of a block."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.run())
            try:
                await self.start()
                yield self
            finally:
                await self.stop(self._config.shutdown.grace_seconds)
                running.cancel()

    def _commit(self, work: Coroutine[None, None, Reply]) -> asyncio.Future[Reply]:
        """Run `work` to its end, whether or not somebody waits for what is returned.

        It begins at once, and whoever waits is told in its last step: each turn of the loop less is
        time of every message.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[Reply] = loop.create_future()
        if not self._takes_mail:
            work.close()
            outcome.set_result(replies.NOT_RUNNING)
            return outcome
        commit = asyncio.Task(_settled(work, outcome), loop=loop, eager_start=True)
        self._commits.add(commit)
        commit.add_done_callback(self._committed)
        return outcome

    def _committed(self, commit: asyncio.Task[None]) -> None:
        self._commits.discard(commit)
        self._something_ended.set()

    def _closed(self, session: Connection) -> None:
        self._sessions.discard(session)
        self._something_ended.set()

    async def _settle(self, grace_seconds: float) -> None:
        """Wait until no commit runs and no session is open, at most for the grace."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                while self._commits or (self._is_stopping and self._sessions):
                    self._something_ended.clear()
                    await self._something_ended.wait()

    def _open(self, door: Door, opened: contextlib.ExitStack) -> list[socket.socket]:
        """Bound sockets for a port on every listen address; a free port is the same on all."""
        port = self._port(door)
        if port is None:
            return []
        sockets = listen(self._config.server.listen, port, opened)
        self.ports[door.value] = sockets[0].getsockname()[1]
        return sockets

    def _port(self, door: Door) -> int | None:
        if self._bind is not None:
            return self._bind.get(door.value)
        return self._config.ports.actual(door.value) or None

    async def _serve(self, door: Door, listening: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        listener = self._listener(door)
        return await loop.create_server(
            lambda: SmtpProtocol(listener, loop),
            sock=listening,
            backlog=_BACKLOG,
            ssl=listener.tls_context if door.is_implicit_tls else None,
            ssl_handshake_timeout=limits.HANDSHAKE_SECONDS if door.is_implicit_tls else None,
        )

    def _listener(self, door: Door) -> Listener:
        config = self._config
        max_recipients = config.smtp.max_recipients
        if door.is_submission:
            max_recipients = min(max_recipients, config.outbound.max_recipients)
        return Listener(
            door=door,
            hostname=config.server.hostname,
            domain=config.server.domain,
            max_message_bytes=config.smtp.max_message_bytes,
            max_recipients=max_recipients,
            timeout_seconds=config.smtp.timeout_seconds,
            tls_context=self._contexts[door],
            handler=self._handler,
            limits=self._limits,
            receiving=self._receiving,
            policing=self._policing,
            proxies=Networks(() if door.is_implicit_tls else config.smtp.proxy_protocol_networks),
            xclient=Networks(config.smtp.xclient_networks),
            clock=self._clock,
            metrics=self._metrics,
            connections=self._metrics.smtp_connections.labels(door.value),
            commit=self._commit,
            is_stopping=lambda: self._is_stopping,
            opened=self._sessions.add,
            closed=self._closed,
        )


async def _settled(work: Coroutine[None, None, Reply], outcome: asyncio.Future[Reply]) -> None:
    """`work` done, and its reply or its error in `outcome`, unless nobody waits any more."""
    try:
        reply = await work
    except asyncio.CancelledError:
        outcome.cancel()
        raise
    except Exception as error:  # noqa: BLE001 - it is handed to whoever waits
        if not outcome.done():
            outcome.set_exception(error)
    else:
        if not outcome.done():
            outcome.set_result(reply)
