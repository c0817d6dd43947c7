"""Hands a message to mail hosts.

What hosts answer, or fail to answer, is a value for each recipient and never an exception. Decisions:

- Hosts are tried in order until every recipient has a final reply; a 4xx is asked about once more at
  the next host, a lost connection moves on unless the message may have been taken already.
- A connection lost after the final dot is a deferral: a duplicate is better than a loss
  (RFC 5321 §4.5.4.1, RFC 1047).
- A connection carries the next message once the result of the one before is recorded. One that was
  lost while it waited says nothing about the host: another is opened.
- Nobody waits for the reply to QUIT.
- Nothing is converted. 8-bit text goes to hosts without 8BITMIME as it is, since a conversion would
  break the signature and practically all of them are clean; mail that needs SMTPUTF8 fails with 5.6.7
  at hosts without it (RFC 6531 §3.6). Lone CR or LF is refused before anything is dialed.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mailcore.address import Address
from mailcore.clock import Clock
from mailcore.model import Terms, TlsLevel
from mailcore.outbound.connecting import Connection, Dialer, LostError, Target
from mailcore.outbound.dialog import Dialog
from mailcore.outbound.host_tls import Handshake, TlsMode
from mailcore.outbound.mx import Host
from mailcore.outbound.pool import Pool, Stay
from mailcore.outbound.reply import Reply
from mailcore.outbound.transfer import (
    NO_REQUIRED_TLS,
    Access,
    Delivery,
    DeliveryResult,
    Login,
    RecipientReply,
    Reuse,
    Timeouts,
)
from mailcore.outbound.wire import Wire, prepare

__all__ = [
    "Access",
    "DeliveryResult",
    "Login",
    "RecipientReply",
    "Reuse",
    "SmtpClient",
    "Timeouts",
    "TlsMode",
]

MAX_ADDRESSES: Final = 6
"""Addresses dialed for one message."""
MAX_SESSIONS: Final = 3
"""Hosts asked about the same recipients before the rest waits."""
_PREPARE_INLINE_OCTETS: Final = 256 * 1024


class SmtpClient:
    """Delivers messages, and keeps connections between them as `reuse` says.

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
        reuse: Reuse | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._port = port
        self._timeouts = timeouts or Timeouts()
        self._dialer = Dialer(
            ehlo_name=ehlo_name, timeouts=self._timeouts, ca_file=ca_file, clock=clock
        )
        self._pool = Pool(reuse or Reuse(), self._timeouts)

    async def deliver(
        self,
        hosts: Sequence[Host],
        *,
        mail_from: Address | None,
        recipients: Sequence[Address],
        raw: bytes,
        port: int | None = None,
        access: Access | None = None,
        terms: Terms | None = None,
    ) -> DeliveryResult:
        """Hand `raw` to the first host that takes it, for every recipient; see `delivering`."""
        async with self.delivering(
            hosts,
            mail_from=mail_from,
            recipients=recipients,
            raw=raw,
            port=port,
            access=access,
            terms=terms,
        ) as result:
            return result

    @contextlib.asynccontextmanager
    async def delivering(
        self,
        hosts: Sequence[Host],
        *,
        mail_from: Address | None,
        recipients: Sequence[Address],
        raw: bytes,
        port: int | None = None,
        access: Access | None = None,
        terms: Terms | None = None,
    ) -> AsyncIterator[DeliveryResult]:
        """The result, inside the block; behind it the connection is free for the next message.

        Raises nothing for what remote hosts do; when cancelled before the result it is unknown
        whether the message was taken.
        """
        delivery = Delivery(
            recipients=tuple(recipients),
            mail_from=mail_from,
            wire=await _prepared(raw),
            access=_access(access or Access(), terms or Terms()),
            terms=terms or Terms(),
        )
        stay = Stay(self._pool)
        try:
            await self._deliver(delivery, hosts, port or self._port, stay)
            yield delivery.result()
        finally:
            stay.leave()

    async def close(self) -> None:
        """Say goodbye to the hosts that wait for a next message."""
        await self._pool.close()

    def full(self) -> tuple[str, ...]:
        """Addresses where a message would have to wait for another to end."""
        return self._pool.full()

    async def _deliver(
        self, delivery: Delivery, hosts: Sequence[Host], port: int, stay: Stay
    ) -> None:
        if problem := delivery.wire.problem:
            delivery.settle_all(Reply(554, "5.6.0", problem), remote="", tls="")
            return
        try:
            async with asyncio.timeout(self._timeouts.total_seconds):
                await self._try_hosts(delivery, hosts, port, stay)
        except TimeoutError:
            delivery.defer(Reply(451, "4.4.2", "the time for one attempt is over"))

    async def _try_hosts(
        self, delivery: Delivery, hosts: Sequence[Host], port: int, stay: Stay
    ) -> None:
        targets = [
            Target(name=host.name, address=address, port=port, access=delivery.access, tls=host.tls)
            for host in hosts
            for address in host.addresses
        ]
        sessions = 0
        for target in targets[:MAX_ADDRESSES]:
            await stay.enter(target.address)
            sessions += await self._visit(delivery, target, stay)
            if not delivery.open_recipients or delivery.is_ambiguous or sessions >= MAX_SESSIONS:
                return

    async def _visit(self, delivery: Delivery, target: Target, stay: Stay) -> bool:
        """Do what can be done at one address; whether it answered about the message."""
        delivery.remote, delivery.used_tls = target.remote, ""
        delivery.used_level = TlsLevel.NONE
        dialog: Dialog | None = None
        try:
            _require_fit(delivery, target)
            kept = self._pool.take(target)
            if kept is not None:
                with contextlib.suppress(_StaleError):
                    return await self._talk_again(delivery, kept, stay)
            stay.connection = await self._dialer.open(target, delivery.handshakes)
            dialog = Dialog(stay.connection, delivery, self._timeouts)
            await dialog.run()
        except LostError as error:
            reply = error.reply
            if delivery.terms.requires_tls and reply.enhanced_code == "4.7.4":
                reply = replace(reply, enhanced_code=NO_REQUIRED_TLS)
            delivery.settle_all(
                reply,
                remote=target.remote,
                tls=delivery.used_tls,
                tls_level=delivery.used_level,
            )
        return dialog is not None and dialog.has_asked

    async def _talk_again(self, delivery: Delivery, kept: Connection, stay: Stay) -> bool:
        """One more message over a connection that waited; raises _StaleError when it was lost."""
        stay.connection = kept
        dialog = Dialog(kept, delivery, self._timeouts)
        try:
            await dialog.run()
        except LostError as error:
            if delivery.is_ambiguous:
                raise
            kept.channel.abort()
            raise _StaleError from error
        return dialog.has_asked


class _StaleError(Exception):
    """A connection that waited is of no more use, and the message was not taken."""


def _require_fit(delivery: Delivery, target: Target) -> None:
    """Refuse, before anything is dialed, a host that a policy excludes."""
    policy = target.tls
    if policy.refusal:
        delivery.handshakes.append(
            Handshake(
                host=target.name,
                address=target.address,
                finding=policy.refused_for,
                reason=policy.refusal,
            )
        )
        raise LostError(Reply(451, "4.7.4", f"{target.name} is not asked: {policy.refusal}"))
    if delivery.terms.requires_tls and not policy.is_proven:
        text = f"neither DNSSEC nor MTA-STS vouches for {target.name}"
        raise LostError(Reply(451, NO_REQUIRED_TLS, text))


def _access(access: Access, terms: Terms) -> Access:
    """REQUIRETLS asks for a good certificate, TLS from the start for any (RFC 8689 §4.2.1)."""
    if terms.requires_tls:
        return replace(access, tls=TlsMode.VERIFIED)
    if access.is_implicit_tls and access.tls is TlsMode.OPPORTUNISTIC:
        return replace(access, tls=TlsMode.REQUIRED)
    return access


async def _prepared(raw: bytes) -> Wire:
    if len(raw) <= _PREPARE_INLINE_OCTETS:
        return prepare(raw)
    return await asyncio.to_thread(prepare, raw)
