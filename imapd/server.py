"""The IMAP server: its sockets, its sessions, its start and its stop.

Each connection is one task of `run`. A failed start leaves no socket open.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from imapd import responses
from imapd.connection import HANDSHAKE_SECONDS, Connection
from imapd.dispatch import Dispatcher
from imapd.session import Services, Session
from imapd.snapshots import Snapshots
from mailcore import log
from mailcore.clients import ConnectionLimits
from mailcore.config import Config
from mailcore.credentials import Credentials
from mailcore.errors import MailError
from mailcore.ids import AgentId, new_id
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
from mailcore.metrics import Metrics
from mailcore.net.listening import listen
from mailcore.store.ports import EventFilter

_log = log.get(__name__)
_BACKLOG: Final = 511
_AGENT_ENDS: Final = EventFilter(names=("agent.stopped", "agent.deleted"))
_PORTS: Final = ("imap", "imaps")


class ImapServer:
    """Listens on ports 143 and 993, or on what the configuration says instead."""

    def __init__(
        self,
        *,
        config: Config,
        credentials: Credentials,
        mailboxes: Mailboxes,
        journal: Journal,
        metrics: Metrics,
        tls_context: ssl.SSLContext,
        bind: Mapping[str, int] | None = None,
    ) -> None:
        """`bind` replaces the configured ports by name; 0 there means any free port."""
        self._config = config
        self._bind = bind
        self._metrics = metrics
        self._tls_context = tls_context
        self._services = Services(
            credentials=credentials,
            mailboxes=mailboxes,
            journal=journal,
            metrics=metrics,
            snapshots=Snapshots(),
            hostname=config.server.hostname,
            max_append_bytes=config.imap.max_append_bytes,
            idle_timeout_seconds=config.imap.idle_timeout_seconds,
            tls_context=tls_context,
        )
        self._limits = ConnectionLimits(
            max_total=config.imap.max_connections,
            max_per_ip=config.imap.max_connections_per_ip,
            trusted_networks=config.limits.trusted_networks,
        )
        self._servers: list[asyncio.Server] = []
        self._sessions: dict[Connection, Session] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._session_ended = asyncio.Event()
        self._is_stopping = False
        self.ports: dict[str, int] = {}
        """The ports bound, by name."""

    async def run(self) -> None:
        """Own the sessions; returns only on cancellation, which ends them."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._watch_agents()
            finally:
                self._tasks = None

    async def _watch_agents(self) -> None:
        """End the sessions of agents that are stopped or deleted, idle ones too (product §5.9)."""
        journal, grown = self._services.journal, asyncio.Event()
        with journal.watch(grown.set, names=_AGENT_ENDS.names):
            cursor = await journal.head()
            while True:
                await grown.wait()
                grown.clear()
                try:
                    events, cursor = await journal.since(cursor, _AGENT_ENDS)
                except MailError as error:
                    _log.error("imap.watch_failed", reason=error.message, detail=error.detail)
                    cursor = await journal.head()
                    continue
                for event in events:
                    self._revoke(event.agent_id)

    def _revoke(self, agent_id: AgentId | None) -> None:
        for session in tuple(self._sessions.values()):
            if session.login is not None and session.login.inbox.agent_id == agent_id:
                session.revoke()

    async def start(self) -> None:
        """Bind both ports and accept connections; all or nothing.

        Raises UNAVAILABLE with the fix when a port cannot be bound.
        """
        with contextlib.ExitStack() as opened:
            bound = [(name, one) for name in _PORTS for one in self._open(name, opened)]
            servers: list[asyncio.Server] = []
            for name, listening in bound:
                servers.append(await self._serve(name, listening))
                opened.callback(servers[-1].close)
            opened.pop_all()
        self._servers = servers
        _log.info("imap.listening", **self.ports)

    async def stop(self, grace_seconds: float) -> None:
        """Accept nothing new, let running commands end, say BYE; by force after the grace."""
        self._is_stopping = True
        for server in self._servers:
            server.close()
        for session in tuple(self._sessions.values()):
            session.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                while self._sessions:
                    self._session_ended.clear()
                    await self._session_ended.wait()
        for connection in tuple(self._sessions):
            connection.abort()
        self._servers.clear()
        _log.info("imap.stopped")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["ImapServer"]:
        """Run, started, for the length of a block."""
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.run())
            try:
                await self.start()
                yield self
            finally:
                await self.stop(self._config.shutdown.grace_seconds)
                running.cancel()

    # Connections -----------------------------------------------------------------------------

    def _opened(self, connection: Connection) -> None:
        if self._tasks is None or self._is_stopping:
            connection.abort()
            return
        if not self._limits.acquire(connection.peer):
            _log.warning("imap.too_many_connections", peer=connection.peer)
            connection.write(responses.bye("too many connections", b"UNAVAILABLE"))
            connection.close()
            return
        self._metrics.imap_connections.inc()
        session = Session(self._services, connection)
        self._sessions[connection] = session
        self._tasks.create_task(self._session(session))

    def _closed(self, connection: Connection) -> None:
        if self._sessions.pop(connection, None) is not None:
            self._limits.release(connection.peer)
            self._session_ended.set()

    async def _session(self, session: Session) -> None:
        """One session to its end; whatever happens in it stays in it."""
        log.TRACE_ID.set(new_id())
        _log.debug("imap.connected", peer=session.connection.peer)
        try:
            await Dispatcher(session).run()
        except Exception:  # noqa: BLE001 - the edge: one command, or one session, is lost
            _log.exception("imap.session_failed", peer=session.connection.peer)
            self._metrics.errors.labels("imap").inc()
            session.connection.abort()

    # Sockets ---------------------------------------------------------------------------------

    def _open(self, name: str, opened: contextlib.ExitStack) -> list[socket.socket]:
        """Bound sockets for a port on every listen address; a free port is the same on all."""
        port = self._port(name)
        if port is None:
            return []
        sockets = listen(self._config.server.listen, port, opened)
        self.ports[name] = sockets[0].getsockname()[1]
        return sockets

    def _port(self, name: str) -> int | None:
        if self._bind is not None:
            return self._bind.get(name)
        return self._config.ports.actual(name) or None

    async def _serve(self, name: str, listening: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        is_tls = name == "imaps"
        return await loop.create_server(
            lambda: Connection(loop, self._opened, self._closed),
            sock=listening,
            backlog=_BACKLOG,
            ssl=self._tls_context if is_tls else None,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if is_tls else None,
        )
