"""Mail hosts of the outside world: a server that keeps what arrives, and people who write to us.

`Sink` takes mail for every domain and can be told to refuse or put off recipients. `OutsideWorld` puts a
sink and a `Zone` together: its domains have MX, SPF, DKIM and DMARC records, so that what it sends
authenticates for real. Everything runs in the caller's loop.
"""

import asyncio
import contextlib
import fnmatch
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mailcore.address import Address, parse_address
from mailcore.clock import Clock, SystemClock
from mailcore.demo.zone import Zone
from mailcore.ids import new_message_id
from mailcore.mailauth.dkim import SigningKey, sign
from mailcore.mailauth.keys import (
    PrivateKey,
    algorithm_of,
    dns_record,
    generate_rsa,
    load_private,
    public_base64,
)
from mailcore.message.headers import encode_text, fold
from mailcore.outbound.mx import Host
from mailcore.outbound.smtp_client import Access, DeliveryResult, SmtpClient, TlsMode

SELECTOR: Final = "world"
_MAX_MESSAGE_OCTETS: Final = 64 * 1024 * 1024
_WAIT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it arrived: the envelope as spoken, and the bytes without stuffed dots."""

    mail_from: str
    """Empty for the null reverse-path."""
    recipients: tuple[str, ...]
    raw: bytes
    mail_options: tuple[str, ...]
    helo: str
    is_tls: bool
    user: str


class Sink:
    """An SMTP server that accepts everything it is not told to refuse."""

    def __init__(
        self,
        *,
        hostname: str = "mx.outside.test",
        tls_context: ssl.SSLContext | None = None,
        logins: Mapping[str, str] | None = None,
        allows_utf8: bool = True,
        max_message_bytes: int = _MAX_MESSAGE_OCTETS,
    ) -> None:
        self._hostname = hostname
        self._tls_context = tls_context
        self._logins = dict(logins or {})
        self._allows_utf8 = allows_utf8
        self._max_message_bytes = max_message_bytes
        self._refusals: list[tuple[str, str]] = []
        self._message_reply = ""
        self._changed = asyncio.Condition()
        self._sessions: WeakSet[SMTP] = WeakSet()
        self._server: asyncio.Server | None = None
        self.received: list[Received] = []
        self.port = 0
        """The port once started."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen, on a free port when it is 0, and return the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, host, port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Stop listening and hang up on everyone."""
        if self._server is None:
            return
        self._server.close()
        for session in list(self._sessions):
            if session.transport is not None:
                session.transport.close()
        self._sessions.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._server.wait_closed()

    def refuse(self, pattern: str, reply: str = "550 5.1.1 no such mailbox") -> None:
        """Answer RCPT for matching addresses (`*@full.test`) with `reply`, `4xx` or `5xx`."""
        self._refusals.append((pattern.lower(), reply))

    def refuse_messages(self, reply: str) -> None:
        """Answer the end of DATA with `reply`; empty accepts again."""
        self._message_reply = reply

    def accept_all(self) -> None:
        """Refuse nobody any more."""
        self._refusals.clear()
        self._message_reply = ""

    async def wait_for(
        self,
        predicate: Callable[[Received], bool] = lambda _: True,
        *,
        timeout_seconds: float = _WAIT_SECONDS,
    ) -> Received:
        """The first message, already here or still to come, that fits; TimeoutError without one."""
        async with asyncio.timeout(timeout_seconds), self._changed:
            while True:
                for one in self.received:
                    if predicate(one):
                        return one
                await self._changed.wait()

    async def wait_count(
        self, count: int, *, timeout_seconds: float = _WAIT_SECONDS
    ) -> tuple[Received, ...]:
        """All messages once there are `count` of them; TimeoutError when they do not come."""
        async with asyncio.timeout(timeout_seconds), self._changed:
            while len(self.received) < count:
                await self._changed.wait()
            return tuple(self.received)

    def refusal(self, recipient: str) -> str:
        """The reply a recipient is refused with, or empty."""
        folded = recipient.lower()
        return next(
            (reply for pattern, reply in self._refusals if fnmatch.fnmatchcase(folded, pattern)), ""
        )

    def login(self, user: str, password: str) -> bool:
        """Whether somebody may log in."""
        return self._logins.get(user) == password

    async def keep(self, one: Received) -> str:
        """Store a message and return the reply."""
        if self._message_reply:
            return self._message_reply
        async with self._changed:
            self.received.append(one)
            self._changed.notify_all()
        return f"250 2.0.0 kept as {len(self.received)}"

    def _protocol(self) -> SMTP:
        session = _LongLines(
            _Handler(self),
            hostname=self._hostname,
            ident="ESMTP",
            loop=asyncio.get_running_loop(),
            data_size_limit=self._max_message_bytes,
            enable_SMTPUTF8=self._allows_utf8,
            tls_context=self._tls_context,
            auth_require_tls=self._tls_context is not None,
            authenticator=self._authenticate if self._logins else None,
            auth_exclude_mechanism=None if self._logins else ("PLAIN", "LOGIN"),
        )
        self._sessions.add(session)
        return session

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        if not isinstance(given, LoginPassword):
            return AuthResult(success=False, handled=False)
        user, password = given.login.decode("utf-8"), given.password.decode("utf-8")
        return AuthResult(success=self.login(user, password), handled=False, auth_data=user)


class _LongLines(SMTP):
    """Takes lines as long as real mail has them."""

    line_length_limit = 1024 * 1024


class _Handler:
    """aiosmtpd's hooks; their names are its own."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_RCPT(  # noqa: N802 - the library's hook
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        if refusal := self._sink.refusal(address):
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - the library's hook
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        mail_from = envelope.mail_from or ""
        return await self._sink.keep(
            Received(
                mail_from="" if mail_from == "<>" else mail_from,
                recipients=tuple(envelope.rcpt_tos),
                raw=content.encode() if isinstance(content, str) else content or b"",
                mail_options=tuple(envelope.mail_options),
                helo=session.host_name or "",
                is_tls=session.ssl is not None,
                user=str(session.auth_data) if session.authenticated else "",
            )
        )


class OutsideWorld:
    """Domains of other people, with one mail host for all of them.

    Start it, point our resolver at `zone.nameserver` and our outgoing port at `sink.port`.
    """

    def __init__(
        self,
        *,
        tls_context: ssl.SSLContext | None = None,
        hostname: str = "mx.outside.test",
        clock: Clock | None = None,
    ) -> None:
        self.zone = Zone()
        self.sink = Sink(hostname=hostname, tls_context=tls_context)
        self._hostname = hostname
        self._clock = clock or SystemClock()
        self._keys: dict[str, SigningKey] = {}

    async def start(self, *, dns_port: int = 0, smtp_port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one."""
        await self.zone.start(port=dns_port)
        await self.sink.start(port=smtp_port)
        self.zone.add(self._hostname, "A", "127.0.0.1")

    async def stop(self) -> None:
        """Close everything."""
        await self.sink.stop()
        await self.zone.stop()

    def add_domain(
        self,
        domain: str,
        *,
        dmarc: str = "v=DMARC1; p=reject",
        spf: str = "v=spf1 ip4:127.0.0.1 ip6:::1 -all",
        private_key: PrivateKey | None = None,
    ) -> None:
        """Publish a domain that receives at our sink and signs what it sends.

        Without `private_key` an RSA key is made, which takes ~100 ms. An empty `dmarc` or `spf` publishes
        none.
        """
        key = private_key or load_private(generate_rsa()[0])
        self._keys[domain] = SigningKey(selector=SELECTOR, key=key)
        self.zone.add(domain, "MX", f"10 {self._hostname}")
        self.zone.add(
            f"{SELECTOR}._domainkey.{domain}",
            "TXT",
            dns_record(public_base64(key), algorithm_of(key)),
        )
        if dmarc:
            self.zone.add(f"_dmarc.{domain}", "TXT", dmarc)
        if spf:
            self.zone.add(domain, "TXT", spf)

    def add_server(self, domain: str, hostname: str, address: str = "127.0.0.1") -> None:
        """Publish where mail for our own server's domain goes."""
        self.zone.add(domain, "MX", f"10 {hostname}")
        self.zone.add(hostname, "A", address)

    def signed(self, raw: bytes, domain: str) -> bytes:
        """`raw` with the DKIM signature of one of our domains in front."""
        key = self._keys[domain]
        return sign(raw, domain=domain, keys=[key], signed_at=self._clock.now()) + raw

    def letter(
        self,
        *,
        sender: str,
        to: Sequence[str],
        subject: str,
        text: str,
        in_reply_to: str = "",
        references: Sequence[str] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> bytes:
        """A plain text message of today; ids in angle brackets. Raises INVALID for line breaks."""
        fields = [
            ("From", sender),
            ("To", ", ".join(to)),
            ("Subject", encode_text(subject)),
            ("Date", format_datetime(self._clock.now())),
            ("Message-ID", new_message_id(parse_address(_bare(sender)).domain)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            *headers,
        ]
        if in_reply_to:
            fields.append(("In-Reply-To", in_reply_to))
            fields.append(("References", " ".join([*references, in_reply_to])))
        body = "\r\n".join(text.splitlines()) + "\r\n"
        return b"".join([*(fold(name, value) for name, value in fields), b"\r\n", body.encode()])

    async def send(
        self,
        raw: bytes,
        *,
        mail_from: str,
        recipients: Sequence[str],
        port: int,
        host: str = "127.0.0.1",
        is_signed: bool = True,
        tls: TlsMode = TlsMode.OPPORTUNISTIC,
    ) -> DeliveryResult:
        """Hand a message to the server at `host` and `port`, as a mail host of the sender would.

        Signed with the key of the sender's domain when it is one of `add_domain`. An empty
        `mail_from` is the null reverse-path.
        """
        sender = parse_address(mail_from) if mail_from else None
        whole = raw
        if is_signed and sender is not None and sender.domain in self._keys:
            whole = self.signed(raw, sender.domain)
        client = SmtpClient(ehlo_name=self._hostname, port=port)
        result = await client.deliver(
            [Host(name=host, addresses=(host,))],
            mail_from=sender,
            recipients=_addresses(recipients),
            raw=whole,
            access=Access(tls=tls),
        )
        await client.close()
        return result


def _bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")


def _addresses(texts: Sequence[str]) -> list[Address]:
    return [parse_address(one) for one in texts]
