"""Hands a message to a mail host: the only file that imports aiosmtplib, and all use of its internals.

What hosts answer, or fail to answer, is a value for each recipient and never an exception. Decisions:

- Hosts are tried in order until every recipient has a final reply; a 4xx is asked about once more at
  the next host, a lost connection moves on unless the message may have been taken already.
- A connection lost after the final dot is a deferral: a duplicate is better than a loss
  (RFC 5321 §4.5.4.1, RFC 1047).
- STARTTLS is used where offered. When the handshake fails the same address is tried in plain text,
  unless TLS is required. A password is never sent without TLS, but to loopback.
- Nothing is converted. 8-bit text goes to hosts without 8BITMIME as it is, since a conversion would
  break the signature and practically all of them are clean; mail that needs SMTPUTF8 fails with 5.6.7
  at hosts without it (RFC 6531 §3.6). Lone CR or LF is refused before anything is dialed.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from mailcore.address import Address
from mailcore.model import Terms
from mailcore.net.tls import client_context
from mailcore.outbound.mx import Host
from mailcore.outbound.reply import Reply, from_response
from mailcore.outbound.transfer import (
    NO_REQUIRED_TLS,
    Delivery,
    DeliveryResult,
    Login,
    RecipientReply,
    Timeouts,
    TlsMode,
)
from mailcore.outbound.wire import Wire, prepare

__all__ = ["DeliveryResult", "Login", "RecipientReply", "SmtpClient", "Timeouts", "TlsMode"]

MAX_ADDRESSES: Final = 6
"""Addresses dialed for one message."""
MAX_SESSIONS: Final = 3
"""Hosts asked about the same recipients before the rest waits."""
_BLOCK_OCTETS: Final = 256 * 1024
_PREPARE_INLINE_OCTETS: Final = 256 * 1024


class SmtpClient:
    """Delivers messages; keeps no connection between them.

    `ehlo_name` is our public host name, `port` that of remote hosts; `ca_file` adds an authority for
    verified connections.
    """

    def __init__(
        self,
        *,
        ehlo_name: str,
        port: int = 25,
        timeouts: Timeouts | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self._ehlo_name = ehlo_name
        self._port = port
        self._timeouts = timeouts or Timeouts()
        self._unverified = client_context(is_verified=False)
        self._verified = client_context(is_verified=True, ca_file=ca_file)

    async def deliver(
        self,
        hosts: Sequence[Host],
        *,
        mail_from: Address | None,
        recipients: Sequence[Address],
        raw: bytes,
        port: int | None = None,
        tls: TlsMode = TlsMode.OPPORTUNISTIC,
        login: Login | None = None,
        is_implicit_tls: bool = False,
        terms: Terms | None = None,
    ) -> DeliveryResult:
        """Hand `raw` to the first host that takes it, for every recipient.

        `is_implicit_tls` starts with TLS instead of STARTTLS (RFC 8314 §3.3). Raises nothing for
        what remote hosts do; when cancelled it is unknown whether the message was taken.
        """
        delivery = Delivery(
            recipients=tuple(recipients),
            mail_from=mail_from,
            wire=await _prepared(raw),
            tls=TlsMode.REQUIRED if is_implicit_tls and tls is TlsMode.OPPORTUNISTIC else tls,
            login=login,
            is_implicit_tls=is_implicit_tls,
            terms=terms or Terms(),
        )
        if delivery.terms.requires_tls:
            delivery.tls = TlsMode.VERIFIED
        if problem := delivery.wire.problem:
            delivery.settle_all(Reply(554, "5.6.0", problem), remote="", tls="")
            return delivery.result()
        try:
            async with asyncio.timeout(self._timeouts.total_seconds):
                await self._try_hosts(delivery, hosts, port or self._port)
        except TimeoutError:
            delivery.defer(Reply(451, "4.4.2", "the time for one attempt is over"))
        return delivery.result()

    async def _try_hosts(self, delivery: Delivery, hosts: Sequence[Host], port: int) -> None:
        targets = [(host, address) for host in hosts for address in host.addresses]
        sessions = 0
        for host, address in targets[:MAX_ADDRESSES]:
            session = _Session(
                delivery,
                host=host,
                address=address,
                port=port,
                ehlo_name=self._ehlo_name,
                timeouts=self._timeouts,
                context=self._context(delivery.tls),
            )
            await session.run()
            sessions += session.has_asked
            if not delivery.open_recipients or delivery.is_ambiguous or sessions >= MAX_SESSIONS:
                return

    def _context(self, tls: TlsMode) -> ssl.SSLContext:
        return self._verified if tls is TlsMode.VERIFIED else self._unverified


async def _prepared(raw: bytes) -> Wire:
    if len(raw) <= _PREPARE_INLINE_OCTETS:
        return prepare(raw)
    return await asyncio.to_thread(prepare, raw)


class _LostError(Exception):
    """This connection is of no more use; `reply` is for the recipients without an answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class _HandshakeError(Exception):
    """STARTTLS was agreed on and did not come about."""


class _Session:
    """One connection to one address; a second one in plain text when TLS fails."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        host: Host,
        address: str,
        port: int,
        ehlo_name: str,
        timeouts: Timeouts,
        context: ssl.SSLContext,
    ) -> None:
        self._delivery = delivery
        self._host = host
        self._address = address
        self._port = port
        self._timeouts = timeouts
        self._ehlo_name = ehlo_name
        self._context = context
        self._remote = f"{host.name}[{address}]:{port}"
        self._tls = ""
        self._client = self._new_client()
        self.has_asked = False
        """Whether the host answered about recipients or the message."""

    def _new_client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host.name,
            local_hostname=self._ehlo_name,
            timeout=self._timeouts.command_seconds,
            start_tls=False,
        )

    async def run(self) -> None:
        """Do what can be done here; replies end up in the delivery."""
        self._delivery.remote, self._delivery.used_tls = self._remote, ""
        try:
            await self._run()
            await self._quit()
        except _LostError as error:
            self._delivery.settle_all(error.reply, remote=self._remote, tls=self._tls)
            await self._quit()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            reply = Reply(451, "4.4.2", f"the connection to {self._remote} failed: {_why(error)}")
            self._delivery.settle_all(reply, remote=self._remote, tls=self._tls)
        finally:
            self._abort()

    async def _run(self) -> None:
        try:
            await self._converse(with_tls=True)
        except _HandshakeError as error:
            if self._delivery.tls is not TlsMode.OPPORTUNISTIC:
                raise _LostError(
                    self._no_tls(f"TLS with {self._remote} failed: {error}")
                ) from error
            self._abort()
            self._client = self._new_client()
            await self._converse(with_tls=False)

    def _abort(self) -> None:
        """Close without sending what is still buffered: half a message must not arrive later."""
        transport = self._client.transport
        if transport is not None and not transport.is_closing():
            cast(asyncio.WriteTransport, transport).abort()  # uvloop's do not inherit from it
        self._client.close()

    async def _converse(self, *, with_tls: bool) -> None:
        await self._connect()
        await self._hello()
        if with_tls and not self._tls:
            await self._start_tls()
        await self._log_in()
        if not await self._mail():
            return
        accepted = await self._recipients()
        if accepted:
            await self._data(accepted)

    async def _connect(self) -> None:
        """Dial the address, with the name to verify beside it, which the library cannot do."""
        loop = asyncio.get_running_loop()
        is_implicit = self._delivery.is_implicit_tls
        protocol = SMTPProtocol(loop=loop)
        try:
            async with asyncio.timeout(self._timeouts.connect_seconds):
                transport, _ = await loop.create_connection(
                    lambda: protocol,
                    self._address,
                    self._port,
                    ssl=self._context if is_implicit else None,
                    server_hostname=self._host.name if is_implicit else None,
                )
        except ssl.SSLError as error:
            raise _LostError(
                self._no_tls(f"TLS with {self._remote} failed: {_why(error)}")
            ) from error
        except OSError as error:
            text = f"{self._remote} cannot be reached: {_why(error)}"
            raise _LostError(Reply(451, "4.4.1", text)) from error
        self._client.protocol, self._client.transport = protocol, transport
        if is_implicit:
            self._note_tls()
        greeting = await protocol.read_response(timeout=self._timeouts.command_seconds)
        if greeting.code != 220:
            raise _LostError(_greeting(greeting.code, greeting.message, self._remote))

    async def _hello(self) -> None:
        """EHLO, and HELO where that is not known (RFC 5321 §3.2)."""
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError as error:
            reply = from_response(error.code, error.message)
            if not reply.is_permanent or not self._client.is_connected:
                raise _LostError(reply.deferred()) from error
            try:
                await self._client.helo()
            except aiosmtplib.SMTPHeloError as second:
                refusal = from_response(second.code, second.message)
                raise _LostError(refusal.deferred()) from second

    async def _start_tls(self) -> None:
        is_needed = self._delivery.tls is not TlsMode.OPPORTUNISTIC
        if not self._client.supports_extension("starttls"):
            if is_needed:
                raise _LostError(self._no_tls(f"{self._remote} offers no TLS"))
            return
        try:
            await self._client.starttls(
                server_hostname=self._host.name,
                tls_context=self._context,
                timeout=self._timeouts.connect_seconds,
            )
        except aiosmtplib.SMTPResponseException as error:
            if is_needed or not self._client.is_connected:
                raise _LostError(self._no_tls(f"{self._remote} refused STARTTLS")) from error
            return
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _HandshakeError(_why(error)) from error
        self._note_tls()
        await self._hello()

    def _note_tls(self) -> None:
        wrapped = self._client.get_transport_info("ssl_object")
        cipher = self._client.get_transport_info("cipher")
        version = wrapped.version() if wrapped is not None else ""
        self._tls = f"{version} {cipher[0]}" if cipher else str(version)
        self._delivery.used_tls = self._tls

    async def _log_in(self) -> None:
        login = self._delivery.login
        if login is None:
            return
        if not self._tls and not ipaddress.ip_address(self._address).is_loopback:
            raise _LostError(_no_tls(f"{self._remote} would get the password in plain text"))
        try:
            await self._client.login(login.user, login.password)
        except aiosmtplib.SMTPAuthenticationError as error:
            reply = Reply(451, "4.7.8", f"{self._remote} refused our login with {error.code}")
            raise _LostError(reply) from error
        except aiosmtplib.SMTPException as error:
            text = f"{self._remote} offers no way to log in"
            raise _LostError(Reply(451, "4.7.0", text)) from error

    async def _mail(self) -> bool:
        """MAIL FROM; false when the host settled the matter for everyone."""
        wire, client = self._delivery.wire, self._client
        sender = self._delivery.mail_from
        if self._delivery.terms.requires_tls and not client.supports_extension("requiretls"):
            raise _LostError(self._no_tls(f"{self._remote} does not offer REQUIRETLS"))
        needs_utf8 = wire.has_utf8_header or (sender is not None and not sender.is_ascii)
        has_utf8 = client.supports_extension("smtputf8")
        if needs_utf8 and not has_utf8:
            self._settle_all(Reply(550, "5.6.7", f"{self._remote} does not take UTF-8 headers"))
            return False
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < wire.size_bytes:
            text = f"{self._remote} takes at most {int(limit)} octets"
            self._settle_all(Reply(552, "5.3.4", text))
            return False
        options: list[bytes] = []
        if client.supports_extension("size"):
            options.append(b"SIZE=%d" % wire.size_bytes)
        if wire.is_8bit and client.supports_extension("8bitmime"):
            options.append(b"BODY=8BITMIME")
        if has_utf8 and (needs_utf8 or any(not one.is_ascii for one in self._open)):
            options.append(b"SMTPUTF8")
        options += self._mail_terms()
        path = f"FROM:<{sender if sender is not None else ''}>".encode()
        reply = await self._command(b"MAIL", path, *options)
        if not reply.is_positive:
            self._settle_all(reply)
        return reply.is_positive

    def _mail_terms(self) -> list[bytes]:
        """What the sender asked for, in what the host offers (RFC 3461 §4, RFC 8689 §2)."""
        terms = self._delivery.terms
        options = [b"REQUIRETLS"] if terms.requires_tls else []
        if self._client.supports_extension("dsn"):
            options += [b"RET=%b" % terms.returned.encode()] if terms.returned else []
            options += [b"ENVID=%b" % terms.envelope_id.encode()] if terms.envelope_id else []
        return options

    def _recipient_terms(self, recipient: Address) -> list[bytes]:
        if not self._client.supports_extension("dsn"):
            return []
        asked = self._delivery.terms.of(recipient)
        options: list[bytes] = []
        if asked.notify is not None:
            words = ",".join(sorted(asked.notify)).upper() or "NEVER"
            options.append(b"NOTIFY=%b" % words.encode())
        if asked.original_recipient:
            options.append(b"ORCPT=%b" % asked.original_recipient.encode())
        return options

    def _no_tls(self, text: str) -> Reply:
        if self._delivery.terms.requires_tls:
            return Reply(451, NO_REQUIRED_TLS, text)
        return _no_tls(text)

    async def _recipients(self) -> list[Address]:
        accepted: list[Address] = []
        for recipient in self._open:
            if not recipient.is_ascii and not self._client.supports_extension("smtputf8"):
                text = f"{self._remote} does not take UTF-8 addresses"
                self._settle(recipient, Reply(550, "5.6.7", text))
                continue
            path = f"TO:<{recipient}>".encode()
            reply = await self._command(b"RCPT", path, *self._recipient_terms(recipient))
            if reply.is_positive:
                accepted.append(recipient)
                continue
            # RFC 5321 §4.5.3.1.10: an old code for "too many in this transaction".
            self._settle(recipient, reply.deferred() if reply.code == 552 and accepted else reply)
        return accepted

    async def _data(self, accepted: Sequence[Address]) -> None:
        reply = await self._command(b"DATA")
        if reply.code == 354:
            reply = await self._send()
        elif reply.is_positive:
            reply = Reply(451, "4.5.0", f"{self._remote} answered DATA with {reply.code}")
        for recipient in accepted:
            self._settle(recipient, reply)

    async def _send(self) -> Reply:
        """The message, the dot, and the reply to it."""
        protocol = self._client.protocol
        if protocol is None:
            raise _LostError(Reply(451, "4.4.2", f"{self._remote} closed the connection"))
        is_whole = self._delivery.is_ambiguous = await self._write(protocol)
        try:
            response = await protocol.read_response(timeout=self._timeouts.final_seconds)
        except aiosmtplib.SMTPException as error:
            text = f"{self._remote} did not say whether it took the message"
            raise _LostError(Reply(451, "4.4.2", text)) from error
        self._delivery.is_ambiguous = False
        reply = from_response(response.code, response.message)
        if not is_whole:
            self._abort()
            return reply.deferred() if reply.is_positive else reply
        return reply

    async def _write(self, protocol: SMTPProtocol) -> bool:
        """Whether everything was written; a reply that comes before ends the writing."""
        octets = memoryview(self._delivery.wire.octets)
        # Without this the library drops a reply that comes while we write.
        protocol._response_pending = True  # noqa: SLF001
        reply = protocol._response_waiter  # noqa: SLF001
        for start in range(0, len(octets), _BLOCK_OCTETS):
            if reply is not None and reply.done():
                return False
            protocol.write(bytes(octets[start : start + _BLOCK_OCTETS]))
            try:
                async with asyncio.timeout(self._timeouts.block_seconds):
                    await protocol._drain_helper()  # noqa: SLF001 - its only flow control
            except OSError:
                if reply is not None and reply.done() and reply.exception() is None:
                    return False
                raise
        return True

    async def _command(self, *words: bytes) -> Reply:
        timeouts = self._timeouts
        seconds = timeouts.data_seconds if words[0] == b"DATA" else timeouts.command_seconds
        response = await self._client.execute_command(*words, timeout=seconds)
        self.has_asked = True
        reply = from_response(response.code, response.message)
        if reply.code == 421:
            raise _LostError(reply)
        if reply.code // 100 == 3 and words[0] != b"DATA":
            return Reply(451, "4.5.0", f"{self._remote} answered with {reply.code}")
        return reply

    async def _quit(self) -> None:
        if self._client.is_connected:
            try:
                await self._client.quit(timeout=self._timeouts.quit_seconds)
            except (aiosmtplib.SMTPException, OSError):
                return

    @property
    def _open(self) -> tuple[Address, ...]:
        return self._delivery.open_recipients

    def _settle(self, recipient: Address, reply: Reply) -> None:
        self._delivery.settle(
            recipient,
            reply,
            remote=self._remote,
            tls=self._tls,
            is_reported_on=self._client.supports_extension("dsn"),
        )

    def _settle_all(self, reply: Reply) -> None:
        self._delivery.settle_all(reply, remote=self._remote, tls=self._tls)


def _greeting(code: int, text: str, remote: str) -> Reply:
    """A host that takes no mail says 521 or 556 (RFC 7504); other refusals may be for today."""
    reply = from_response(code, text)
    if reply.code in (521, 556):
        return reply
    if reply.is_positive:
        return Reply(451, "4.5.0", f"{remote} greeted with {reply.code}")
    return reply.deferred()


def _no_tls(text: str) -> Reply:
    return Reply(451, "4.7.4", text)


def _why(error: BaseException) -> str:
    """A short reason without the library's wording about its own objects."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return cause.verify_message
    if isinstance(cause, ssl.SSLError):
        return (cause.reason or "handshake failure").replace("_", " ").lower()
    if isinstance(cause, TimeoutError):
        return "no answer in time"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    if isinstance(cause, aiosmtplib.SMTPServerDisconnected | ConnectionError):
        return "the connection was lost"
    return "the answer makes no sense"
