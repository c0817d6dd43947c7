"""One message over one connection: MAIL, RCPT, DATA and the dot, sent ahead where offered (RFC 2920).

Replies end up in the `Delivery`. When no recipient is left for a message that the host is ready to take,
the connection is cut: an empty message must not arrive.
"""

from collections.abc import Sequence
from typing import Final

from mailcore.address import Address
from mailcore.outbound.channel import ChannelError
from mailcore.outbound.connecting import Connection, LostError
from mailcore.outbound.reply import Reply
from mailcore.outbound.transfer import NO_REQUIRED_TLS, Delivery, Timeouts

_BLOCK_OCTETS: Final = 256 * 1024
_AHEAD: Final = 100
"""Recipients in one write."""


class Dialog:
    """What is said about one message."""

    def __init__(self, connection: Connection, delivery: Delivery, timeouts: Timeouts) -> None:
        self._connection = connection
        self._channel = connection.channel
        self._delivery = delivery
        self._timeouts = timeouts
        self._remote = connection.target.remote
        self.has_asked = False
        """Whether the host answered about recipients or the message."""

    async def run(self) -> None:
        """Hand the message over for every open recipient. Raises LostError when the connection is."""
        self._delivery.remote, self._delivery.used_tls = self._remote, self._connection.tls
        self._delivery.used_level = self._connection.level
        try:
            await self._run()
        except ChannelError as error:
            text = f"the connection to {self._remote} failed: {error}"
            raise LostError(Reply(451, "4.4.2", text)) from error

    async def _run(self) -> None:
        mail = self._mail()
        if mail is None:
            return
        offered = self._offered()
        if not offered:
            return
        self._connection.carried += 1
        if self._connection.offers("pipelining") and len(offered) <= _AHEAD:
            accepted, reply = await self._ahead(mail, offered)
        else:
            accepted, reply = await self._in_turn(mail, offered)
        if accepted:
            await self._content(accepted, reply)

    async def _ahead(self, mail: bytes, offered: Sequence[Address]) -> tuple[list[Address], Reply]:
        """Everything up to DATA in one write; the replies come in order."""
        lines = [mail, *map(self._rcpt, offered), b"DATA\r\n"]
        replies = len(lines)
        if self._connection.needs_reset:
            lines.insert(0, b"RSET\r\n")
        self._channel.send(b"".join(lines), replies=len(lines))
        if len(lines) > replies:
            await self._reply()
        self._connection.needs_reset = True
        is_welcome = self._take_mail(await self._reply())
        accepted: list[Address] = []
        for recipient in offered:
            reply = await self._reply()
            if is_welcome:
                self._take_recipient(recipient, reply, accepted)
        reply = await self._reply(self._timeouts.data_seconds, is_data=True)
        if reply.code == 354 and not accepted:
            self._channel.abort()
        return accepted, reply

    async def _in_turn(
        self, mail: bytes, offered: Sequence[Address]
    ) -> tuple[list[Address], Reply]:
        """A command at a time; DATA only when somebody takes it."""
        if self._connection.needs_reset:
            await self._command(b"RSET\r\n")
        self._connection.needs_reset = True
        reply = await self._command(mail)
        accepted: list[Address] = []
        if not self._take_mail(reply):
            return accepted, reply
        for recipient in offered:
            reply = await self._command(self._rcpt(recipient))
            self._take_recipient(recipient, reply, accepted)
        if accepted:
            self._channel.send(b"DATA\r\n", replies=1)
            reply = await self._reply(self._timeouts.data_seconds, is_data=True)
        return accepted, reply

    async def _content(self, accepted: Sequence[Address], reply: Reply) -> None:
        if reply.code == 354:
            reply = await self._send()
        elif reply.is_positive:
            reply = Reply(451, "4.5.0", f"{self._remote} answered DATA with {reply.code}")
        for recipient in accepted:
            self._settle(recipient, reply)

    async def _send(self) -> Reply:
        """The message, the dot, and the reply to it."""
        is_whole = self._delivery.is_ambiguous = await self._write()
        try:
            reply = await self._channel.reply(self._timeouts.final_seconds)
        except ChannelError as error:
            text = f"{self._remote} did not say whether it took the message"
            raise LostError(Reply(451, "4.4.2", text)) from error
        self._delivery.is_ambiguous = False
        if not is_whole:
            self._channel.abort()
            return reply.deferred() if reply.is_positive else reply
        self._connection.needs_reset = False
        return reply

    async def _write(self) -> bool:
        """Whether everything was written; a reply that comes before ends the writing."""
        octets = memoryview(self._delivery.wire.octets)
        self._channel.send(b"", replies=1)
        for start in range(0, len(octets), _BLOCK_OCTETS):
            if self._channel.has_reply:
                return False
            block = bytes(octets[start : start + _BLOCK_OCTETS])
            try:
                await self._channel.send_block(block, seconds=self._timeouts.block_seconds)
            except ChannelError:
                if self._channel.has_reply:
                    return False
                raise
        return True

    def _mail(self) -> bytes | None:
        """MAIL FROM; None when the matter is settled for everyone without asking."""
        connection, wire, terms = self._connection, self._delivery.wire, self._delivery.terms
        sender = self._delivery.mail_from
        if terms.requires_tls and not connection.offers("requiretls"):
            text = f"{self._remote} does not offer REQUIRETLS"
            raise LostError(Reply(451, NO_REQUIRED_TLS, text))
        needs_utf8 = wire.has_utf8_header or (sender is not None and not sender.is_ascii)
        has_utf8 = connection.offers("smtputf8")
        if needs_utf8 and not has_utf8:
            self._settle_all(Reply(550, "5.6.7", f"{self._remote} does not take UTF-8 headers"))
            return None
        limit = connection.extensions.get("size", "")
        if limit.isdigit() and 0 < int(limit) < wire.size_bytes:
            text = f"{self._remote} takes at most {int(limit)} octets"
            self._settle_all(Reply(552, "5.3.4", text))
            return None
        words = [f"MAIL FROM:<{sender if sender is not None else ''}>"]
        if connection.offers("size"):
            words.append(f"SIZE={wire.size_bytes}")
        if wire.is_8bit and connection.offers("8bitmime"):
            words.append("BODY=8BITMIME")
        if has_utf8 and (needs_utf8 or any(not one.is_ascii for one in self._open)):
            words.append("SMTPUTF8")
        if terms.requires_tls:
            words.append("REQUIRETLS")
        if connection.offers("dsn"):
            words += [f"RET={terms.returned}"] if terms.returned else []
            words += [f"ENVID={terms.envelope_id}"] if terms.envelope_id else []
        return _line(words)

    def _rcpt(self, recipient: Address) -> bytes:
        """RCPT TO with what the sender wants to hear about, in what the host offers (RFC 3461 §4)."""
        words = [f"RCPT TO:<{recipient}>"]
        if self._connection.offers("dsn"):
            asked = self._delivery.terms.of(recipient)
            if asked.notify is not None:
                words.append(f"NOTIFY={','.join(sorted(asked.notify)).upper() or 'NEVER'}")
            if asked.original_recipient:
                words.append(f"ORCPT={asked.original_recipient}")
        return _line(words)

    def _offered(self) -> list[Address]:
        """The open recipients whose addresses the host can take."""
        offered: list[Address] = []
        for recipient in self._open:
            if recipient.is_ascii or self._connection.offers("smtputf8"):
                offered.append(recipient)
            else:
                text = f"{self._remote} does not take UTF-8 addresses"
                self._settle(recipient, Reply(550, "5.6.7", text))
        return offered

    def _take_mail(self, reply: Reply) -> bool:
        if not reply.is_positive:
            self._settle_all(reply)
        return reply.is_positive

    def _take_recipient(self, recipient: Address, reply: Reply, accepted: list[Address]) -> None:
        if reply.is_positive:
            accepted.append(recipient)
            return
        # RFC 5321 §4.5.3.1.10: an old code for "too many in this transaction".
        self._settle(recipient, reply.deferred() if reply.code == 552 and accepted else reply)

    async def _command(self, line: bytes) -> Reply:
        self._channel.send(line, replies=1)
        return await self._reply()

    async def _reply(self, seconds: float | None = None, *, is_data: bool = False) -> Reply:
        reply = await self._channel.reply(seconds or self._timeouts.command_seconds)
        self.has_asked = True
        if reply.code == 421:
            raise LostError(reply)
        if reply.code // 100 == 3 and not is_data:
            return Reply(451, "4.5.0", f"{self._remote} answered with {reply.code}")
        return reply

    @property
    def _open(self) -> tuple[Address, ...]:
        return self._delivery.open_recipients

    def _settle(self, recipient: Address, reply: Reply) -> None:
        self._delivery.settle(
            recipient,
            reply,
            remote=self._remote,
            tls=self._connection.tls,
            tls_level=self._connection.level,
            is_reported_on=self._connection.offers("dsn"),
        )

    def _settle_all(self, reply: Reply) -> None:
        connection = self._connection
        self._delivery.settle_all(
            reply, remote=self._remote, tls=connection.tls, tls_level=connection.level
        )


def _line(words: Sequence[str]) -> bytes:
    """A command. Raises ChannelError for what would be two."""
    line = " ".join(words)
    if not line.isprintable() and any(ord(char) < 32 or ord(char) == 127 for char in line):
        raise ChannelError("a command with a control character was not sent")
    return line.encode() + b"\r\n"
