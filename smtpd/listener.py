"""What all connections of one port share: settings, services, and the server's own verbs."""

import ssl
from asyncio import Future
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import Counter

from mailcore.clients import ConnectionLimits, Networks
from mailcore.clock import Clock
from mailcore.metrics import Metrics
from smtpd.handler import Handler
from smtpd.policing import Policing
from smtpd.replies import Reply
from smtpd.room import ReceivingLimit
from smtpd.session import Door


class Connection(Protocol):
    """An open connection, as the server sees it."""

    def stop(self) -> None:
        """End now if nothing is being done, else after the command."""
        ...

    def abort(self) -> None:
        """Cut it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What all connections of one port share."""

    door: Door
    hostname: str
    domain: str
    max_message_bytes: int
    max_recipients: int
    timeout_seconds: float
    tls_context: ssl.SSLContext
    handler: Handler
    limits: ConnectionLimits
    receiving: ReceivingLimit
    policing: Policing
    proxies: Networks
    """Whose connections begin with a PROXY header."""
    xclient: Networks
    """Who may say whom they speak for."""
    clock: Clock
    metrics: Metrics
    connections: Counter
    """Those that were greeted."""
    commit: Callable[[Coroutine[None, None, Reply]], Future[Reply]]
    """Runs a coroutine in a task of the server, to its end; its outcome may be waited for or not."""
    is_stopping: Callable[[], bool]
    opened: Callable[[Connection], None]
    closed: Callable[[Connection], None]
    _reply_counters: dict[int, Counter] = field(default_factory=dict)

    def count_reply(self, code: int) -> None:
        """Count a reply in the metrics."""
        counter = self._reply_counters.get(code)
        if counter is None:
            counter = self.metrics.smtp_replies.labels(str(code))
            self._reply_counters[code] = counter
        counter.inc()
