"""One message on its way to mail hosts: what was asked for, and what is known of its recipients.

Values and bookkeeping for `smtp_client`; nothing here touches a socket.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from mailcore.address import Address
from mailcore.model import Terms, TlsLevel
from mailcore.outbound.host_tls import Handshake, TlsMode
from mailcore.outbound.reply import Reply
from mailcore.outbound.wire import Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who we are at a smart host."""

    user: str
    secret: str = field(repr=False)
    is_token: bool = False
    """The secret is an OAuth 2 access token, for XOAUTH2; else a password, for PLAIN or LOGIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a host is entered: a connection carries only messages that ask for the same."""

    tls: TlsMode = TlsMode.OPPORTUNISTIC
    login: Login | None = None
    is_implicit_tls: bool = False
    """TLS before the greeting instead of STARTTLS (RFC 8314 §3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """How long a connection is kept for the next message."""

    max_messages: int = 1
    idle_seconds: float = 0.0
    max_per_host: int = 1000
    """Connections to one address at once, busy and idle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits in seconds, those of RFC 5321 §4.5.3.2; `total_seconds` is for all hosts together."""

    connect_seconds: float = 30.0
    command_seconds: float = 300.0
    data_seconds: float = 120.0
    block_seconds: float = 180.0
    final_seconds: float = 600.0
    quit_seconds: float = 5.0
    total_seconds: float = 780.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientReply:
    """What became of one recipient. `remote` is `host[address]:port`, empty when none was reached."""

    recipient: Address
    code: int
    enhanced_code: str
    reply: str
    remote: str
    tls: str
    """`TLSv1.3 TLS_AES_256_GCM_SHA384`, or empty for plain text."""
    tls_level: TlsLevel = TlsLevel.NONE
    is_reported_on: bool = False
    """Whether the host took NOTIFY, so that it tells the sender of success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """One reply for each recipient, in their order."""

    replies: tuple[RecipientReply, ...]
    handshakes: tuple[Handshake, ...] = ()
    """How connections were secured, or failed to be, in order."""

    @property
    def is_delivered(self) -> bool:
        """Whether every recipient was accepted."""
        return all(200 <= one.code < 300 for one in self.replies)


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One message on its way, and what is known of its recipients so far."""

    recipients: tuple[Address, ...]
    mail_from: Address | None
    wire: Wire
    access: Access
    terms: Terms
    is_ambiguous: bool = False
    """The final dot was sent and no reply came."""
    remote: str = ""
    used_tls: str = ""
    used_level: TlsLevel = TlsLevel.NONE
    handshakes: list[Handshake] = field(default_factory=list)
    _final: dict[Address, RecipientReply] = field(default_factory=dict)
    _waiting: dict[Address, RecipientReply] = field(default_factory=dict)

    @property
    def open_recipients(self) -> tuple[Address, ...]:
        """Those without a final reply, each once."""
        return tuple(dict.fromkeys(one for one in self.recipients if one not in self._final))

    def settle(
        self,
        recipient: Address,
        reply: Reply,
        *,
        remote: str,
        tls: str,
        tls_level: TlsLevel = TlsLevel.NONE,
        is_reported_on: bool = False,
    ) -> None:
        """Keep a reply; 4xx ones until a later host says something else."""
        kept = RecipientReply(
            recipient=recipient,
            code=reply.code,
            enhanced_code=reply.enhanced_code,
            reply=reply.text,
            remote=remote,
            tls=tls,
            tls_level=tls_level,
            is_reported_on=is_reported_on,
        )
        if reply.is_temporary:
            self._waiting[recipient] = kept
        else:
            self._final[recipient] = kept

    def settle_all(
        self, reply: Reply, *, remote: str, tls: str, tls_level: TlsLevel = TlsLevel.NONE
    ) -> None:
        """The same reply for everyone still open."""
        for recipient in self.open_recipients:
            self.settle(recipient, reply, remote=remote, tls=tls, tls_level=tls_level)

    def defer(self, reply: Reply) -> None:
        """A deferral for those about whom no host has said anything."""
        for recipient in self.open_recipients:
            if recipient not in self._waiting:
                self.settle(
                    recipient,
                    reply,
                    remote=self.remote,
                    tls=self.used_tls,
                    tls_level=self.used_level,
                )

    def result(self) -> DeliveryResult:
        """The replies known; what nobody answered is deferred."""
        self.defer(Reply(451, "4.4.1", "no mail host could be reached"))
        known = {**self._waiting, **self._final}
        if self.terms.requires_tls:
            known = {one: _final_without_tls(reply) for one, reply in known.items()}
        return DeliveryResult(
            replies=tuple(known[one] for one in self.recipients), handshakes=tuple(self.handshakes)
        )


NO_REQUIRED_TLS: Final = "4.7.30"
"""One host does not offer what REQUIRETLS demands; another may."""


def _final_without_tls(reply: RecipientReply) -> RecipientReply:
    """No host did: the message goes back, since waiting changes nothing (RFC 8689 §4.2.1)."""
    if reply.enhanced_code != NO_REQUIRED_TLS:
        return reply
    return replace(reply, code=550, enhanced_code="5.7.30")
