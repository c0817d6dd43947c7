"""How strangers who connect are treated: what they may do in a minute, how long they wait.

One per server, over all ports and sessions. Trusted networks are free of all of it. Nothing here
writes; what is remembered of clients is bounded (`mailcore.clients`).
"""

from typing import Final

from mailcore import log
from mailcore.clients import Acquaintances, Meter
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.metrics import Metrics
from smtpd import replies
from smtpd.replies import Reply
from smtpd.session import Session
from smtpd.tarpit import Tarpit

_CONNECTIONS: Final = "connections"
_MESSAGES: Final = "messages"
_OCTETS: Final = "octets"
_MISTAKES: Final = "mistakes"
_QUARTER_HOUR: Final = 900.0

_log = log.get(__name__)


class Policing:
    """The limits in time, the wait for the greeting and the tarpit."""

    def __init__(self, config: Config, metrics: Metrics, clock: Clock) -> None:
        door = config.front_door
        trusted = config.limits.trusted_networks
        self._metrics = metrics
        self._minute = Meter(
            clock,
            {
                _CONNECTIONS: door.connections_per_minute,
                _MESSAGES: door.messages_per_minute,
                _OCTETS: door.bytes_per_minute,
            },
            trusted_networks=trusted,
        )
        self._quarter = Meter(
            clock,
            {_MISTAKES: door.mistakes_per_quarter_hour},
            window_seconds=_QUARTER_HOUR,
            trusted_networks=trusted,
        )
        self._known = Acquaintances()
        self._greeting_delay_seconds = door.greeting_delay_seconds
        self.tarpit = Tarpit(door.tarpit_seconds)

    def connection(self, ip: str) -> Reply | None:
        """Count a connection; why it is not served, or None."""
        if self._quarter.is_over(_MISTAKES, ip, 1):
            return self.turn_away(ip, _MISTAKES, replies.TOO_MANY_MISTAKES)
        if not self._minute.take(_CONNECTIONS, ip):
            return self.turn_away(ip, _CONNECTIONS, replies.TOO_FAST)
        return None

    def transaction(self, session: Session) -> Reply | None:
        """Count a message that is about to come to port 25; why it may not, or None."""
        if session.door.is_submission:
            return None
        ip = session.ip
        if self._minute.is_over(_OCTETS, ip, 1):
            return self.turn_away(ip, _OCTETS, replies.TOO_MANY_OCTETS)
        if not self._minute.take(_MESSAGES, ip):
            return self.turn_away(ip, _MESSAGES, replies.TOO_MANY_MESSAGES)
        return None

    def received(self, session: Session, octets: int) -> None:
        """Count the octets of a message that came."""
        if not session.door.is_submission:
            self._minute.add(_OCTETS, session.ip, octets)

    def accepted(self, session: Session) -> None:
        """Its mail was taken: the client is known from now on."""
        if not session.door.is_submission:
            self._known.add(session.ip)
            session.is_known = True

    def mistake(self, ip: str) -> None:
        """Count a protocol error or a refused recipient."""
        self._quarter.add(_MISTAKES, ip)

    def is_out_of_patience(self, ip: str) -> bool:
        """Whether the client made too many mistakes over its sessions."""
        return self._quarter.is_over(_MISTAKES, ip, 1)

    def greeting_delay(self, session: Session) -> float:
        """Seconds that the client must wait for the greeting without a word."""
        session.is_known = session.ip in self._known
        is_free = session.is_trusted or session.is_known or session.door.is_submission
        return 0.0 if is_free else self._greeting_delay_seconds

    def turn_away(self, ip: str, reason: str, reply: Reply) -> Reply:
        """Note that a client is refused, and how."""
        self._metrics.turned_away.labels(reason).inc()
        _log.info("smtp.turned_away", peer=ip, reason=reason)
        return reply
