"""What is known about one SMTP connection: where it came in, who is at the other end, what it said.

Plain state without behavior on the wire; the protocol writes it, the handler reads it. A transaction
exists only between an accepted MAIL and the end of its DATA (RFC 5321 §4.1.4).
"""

import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from mailcore.address import Address
from mailcore.credentials import Login
from mailcore.model import Envelope


class Door(StrEnum):
    """The three ports; the value is the key in `[ports]`."""

    SMTP = "smtp"
    """Mail from other servers: STARTTLS offered, never a login, local recipients only."""
    SUBMISSION = "submission"
    """Mail from our own users: STARTTLS, then a login (RFC 6409)."""
    SUBMISSIONS = "submissions"
    """The same over TLS from the first octet (RFC 8314 §3.3)."""

    @property
    def is_submission(self) -> bool:
        """Whether a login is demanded before MAIL."""
        return self is not Door.SMTP

    @property
    def is_implicit_tls(self) -> bool:
        """Whether the connection starts with a TLS handshake."""
        return self is Door.SUBMISSIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The client as the services see it."""

    ip: str
    helo: str
    protocol: str
    """`SMTP`, `ESMTP`, `ESMTPS` or `ESMTPSA` (RFC 3848)."""
    tls: str
    """TLS version and cipher, or empty."""


@dataclass(slots=True, kw_only=True)
class Transaction:
    """An open mail transaction; `mail_from` is None for the null reverse-path."""

    mail_from: Address | None
    allows_utf8: bool
    declared_bytes: int = 0
    """SIZE as the client gave it, 0 without (RFC 1870 §6)."""
    recipients: list[Address] = field(default_factory=list)

    def add(self, address: Address) -> None:
        """Add a recipient once; a repetition changes nothing."""
        if address not in self.recipients:
            self.recipients.append(address)

    def envelope(self) -> Envelope:
        """The envelope as it stands."""
        return Envelope(mail_from=self.mail_from, recipients=tuple(self.recipients))


@dataclass(slots=True, kw_only=True)
class Session:
    """One connection."""

    door: Door
    ip: str
    is_trusted: bool
    trace_id: str = field(default_factory=lambda: secrets.token_hex(8))
    helo: str = ""
    is_extended: bool = False
    tls: str = ""
    login: Login | None = None
    transaction: Transaction | None = None
    errors: int = 0
    bad_recipients: int = 0
    failed_logins: int = 0

    def greet(self, helo: str, *, is_extended: bool) -> None:
        """A HELO or EHLO: it also ends an open transaction (RFC 5321 §4.1.4)."""
        self.helo = helo
        self.is_extended = is_extended
        self.transaction = None

    def secure(self, tls: str) -> None:
        """TLS began: everything said in the clear is forgotten (RFC 3207 §4.2)."""
        self.tls = tls
        self.helo = ""
        self.is_extended = False
        self.login = None
        self.transaction = None

    def peer(self) -> Peer:
        """The client for the services."""
        return Peer(ip=self.ip, helo=self.helo, protocol=self._protocol(), tls=self.tls)

    def _protocol(self) -> str:
        if not self.is_extended:
            return "SMTP"
        secured = "S" if self.tls else ""
        return f"ESMTP{secured}{'A' if self.login else ''}"
