"""What is known about one SMTP connection: where it came in, who is at the other end, what it said.

Plain state without behavior on the wire; the protocol writes it, the handler reads it. A transaction
exists only between an accepted MAIL and the end of its DATA (RFC 5321 §4.1.4).
"""

import secrets
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mailcore.address import Address
from mailcore.credentials import Login
from mailcore.model import Envelope, RecipientTerms, Terms
from smtpd.content import ChunkReceiver
from smtpd.replies import Reply
from smtpd.room import Room


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
    """`SMTP`, `ESMTP`, `ESMTPS`, `ESMTPSA` (RFC 3848), or `UTF8SMTP…` (RFC 6531 §4.3)."""
    tls: str
    """TLS version and cipher, or empty."""


@dataclass(slots=True, kw_only=True)
class Transaction:
    """An open mail transaction; `mail_from` is None for the null reverse-path."""

    mail_from: Address | None
    allows_utf8: bool
    is_binary: bool = False
    declared_bytes: int = 0
    """SIZE as the client gave it, 0 without (RFC 1870 §6)."""
    terms: Terms = Terms()  # noqa: RUF009 - frozen and empty
    recipients: dict[Address, RecipientTerms] = field(default_factory=dict)
    room: Room | None = None
    """What holds the octets that came so far; whoever takes the message takes it over."""
    chunks: ChunkReceiver | None = None
    """The message in chunks, once BDAT was said."""
    refusal: Reply | None = None
    """Why a chunk was refused: the others are too, until the last."""

    @property
    def is_in_chunks(self) -> bool:
        """Whether BDAT was said, so that the envelope is closed."""
        return self.chunks is not None or self.refusal is not None

    def add(self, asked: RecipientTerms) -> None:
        """Add a recipient once; a repetition changes nothing."""
        self.recipients.setdefault(asked.address, asked)

    def envelope(self) -> Envelope:
        """The envelope as it stands."""
        said = tuple(
            one
            for one in self.recipients.values()
            if one.notify is not None or one.original_recipient
        )
        return Envelope(
            mail_from=self.mail_from,
            recipients=tuple(self.recipients),
            terms=replace(self.terms, by_recipient=said) if said else self.terms,
        )


@dataclass(slots=True, kw_only=True)
class Session:
    """One connection."""

    door: Door
    ip: str
    is_trusted: bool
    trace_id: str = field(default_factory=lambda: secrets.token_hex(8))
    connected_ip: str = ""
    """Where the connection comes from; `ip` is whom it speaks for, and mostly the same."""
    spoken_helo: str = ""
    """The name that a trusted neighbor says its client gave; it stands for that of EHLO."""
    helo: str = ""
    is_extended: bool = False
    tls: str = ""
    login: Login | None = None
    transaction: Transaction | None = None
    is_known: bool = False
    """Whether mail of this client was taken before."""
    errors: int = 0
    bad_recipients: int = 0
    failed_logins: int = 0

    def greet(self, helo: str, *, is_extended: bool) -> None:
        """A HELO or EHLO: it also ends an open transaction (RFC 5321 §4.1.4)."""
        self.helo = helo
        self.is_extended = is_extended
        self.drop_transaction()

    def secure(self, tls: str) -> None:
        """TLS began: everything said in the clear is forgotten (RFC 3207 §4.2)."""
        self.tls = tls
        self.begin_anew()

    def begin_anew(self) -> None:
        """Everything the client said is forgotten."""
        self.helo = ""
        self.is_extended = False
        self.login = None
        self.drop_transaction()

    def drop_transaction(self) -> None:
        """End the transaction, if there is one, and give back its room."""
        if self.transaction is not None and self.transaction.room is not None:
            self.transaction.room.release()
        self.transaction = None

    def peer(self) -> Peer:
        """The client for the services."""
        return Peer(
            ip=self.ip, helo=self.spoken_helo or self.helo, protocol=self._protocol(), tls=self.tls
        )

    def _protocol(self) -> str:
        if not self.is_extended:
            return "SMTP"
        has_utf8 = self.transaction is not None and self.transaction.allows_utf8
        secured = "S" if self.tls else ""
        return f"{'UTF8' if has_utf8 else 'E'}SMTP{secured}{'A' if self.login else ''}"
