"""The SMTP commands (RFC 5321 §4.1): what each demands, what it changes, what it answers.

Knows the session, the services and a narrow wire; sockets, framing and TLS are the protocol's.
Refusals are raised as `Refused`, the end of the session as `Over`. Failures of ours become one
temporary reply without details.
"""

import asyncio
from asyncio import Future
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Protocol

from mailcore import log
from mailcore.model import Envelope, RecipientTerms
from smtpd import auth, limits, origin, parameters, paths, replies
from smtpd.content import ChunkReceiver
from smtpd.listener import Listener
from smtpd.replies import Over, Refused, Reply
from smtpd.room import Room
from smtpd.session import Session, Transaction

_log = log.get(__name__)
_OTHER_PROTOCOLS: Final = frozenset({b"GET", b"POST", b"PUT", b"HEAD", b"OPTIONS", b"CONNECT"})
_EXTENSIONS: Final = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "CHUNKING")


class Wire(Protocol):
    """The connection under the commands."""

    def say(self, reply: Reply) -> None:
        """Queue a reply; it leaves before the next wait for input."""
        ...

    def say_octets(self, code: int, octets: bytes) -> None:
        """Queue a reply that is not one line."""
        ...

    async def flush(self) -> None:
        """Send what is queued."""
        ...

    async def read_line(self) -> bytes:
        """The next line without its CRLF; raises `Refused` or `Over` for a bad one."""
        ...

    async def read_content(self, room: Room) -> bytes:
        """A message up to the end of data; raises `Refused` after it, when something is wrong."""
        ...

    async def read_chunk(
        self, size: int, receiver: ChunkReceiver | None, *, is_last: bool = False
    ) -> None:
        """Octets of a message, or to drop; raises `Refused` after them, when something is wrong."""
        ...

    def speak_for(self, ip: str) -> Reply | None:
        """Count the connection as one of this address; why it is not served, or None."""
        ...

    async def start_tls(self) -> str:
        """Send what is queued, drop what came behind it, shake hands; TLS version and cipher."""
        ...

    async def outcome(self, work: Future[Reply], seconds: float) -> Reply | None:
        """What becomes of `work` while the client waits for us; None when that takes too long."""
        ...

    def restart_timeout(self) -> None:
        """Allow silence only for the configured time from now."""
        ...


class Commands:
    """The commands of one session."""

    def __init__(self, session: Session, listener: Listener, wire: Wire) -> None:
        self._session = session
        self._listener = listener
        self._wire = wire
        self._current = ""

    def greet(self) -> None:
        """The first thing said (RFC 5321 §4.3.1)."""
        session = self._session
        self._listener.connections.inc()
        _log.info("smtp.connected", peer=session.ip, port=session.door.value, tls=session.tls)
        self._say_banner()

    def _say_banner(self) -> None:
        self._wire.say(Reply(220, "", f"{self._listener.hostname} ESMTP Countersign"))

    async def execute(self, line: bytes) -> None:
        """Execute one command and queue its reply; only `Over` and connection errors leave it."""
        try:
            await self._execute(line)
        except Refused as refusal:
            self._wire.say(refusal.reply)
        except (Over, ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception:  # noqa: BLE001 - the edge: temporary, without details
            self._listener.handler.report_unexpected(self._current)
            self._wire.say(replies.FAILED)

    async def _execute(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        verb = verb.upper()
        if len(line) > limits.MAX_LINE and verb != b"AUTH":
            raise Refused(replies.LINE_TOO_LONG)
        method = _COMMANDS.get(verb)
        if method is None:
            if verb in _OTHER_PROTOCOLS:
                raise Over(replies.NOT_SMTP)
            raise Refused(replies.UNKNOWN_COMMAND)
        self._current = verb.decode("ascii")
        await method(self, _text(rest) if rest else None)

    def check_budget(self) -> None:
        """End a session that made too many mistakes, or whose server is stopping."""
        session = self._session
        is_guessing = not session.is_trusted and (
            session.bad_recipients > limits.MAX_BAD_RECIPIENTS
            or session.failed_logins >= limits.MAX_FAILED_LOGINS
            or self._listener.policing.is_out_of_patience(session.ip)
        )
        if is_guessing or session.errors > limits.MAX_ERRORS:
            _log.info("smtp.too_many_errors", peer=session.ip, command=self._current)
            raise Over(replies.TOO_MANY_ERRORS)
        if self._listener.is_stopping():
            raise Over(replies.STOPPING)

    async def helo(self, arg: str | None) -> None:
        """HELO: a session without extensions (RFC 5321 §4.1.1.1)."""
        self._session.greet(paths.helo_name(arg), is_extended=False)
        self._wire.say(Reply(250, "", self._listener.hostname))

    async def ehlo(self, arg: str | None) -> None:
        """EHLO: only what is true at this moment is announced (RFC 5321 §4.1.1.1)."""
        session = self._session
        session.greet(paths.helo_name(arg), is_extended=True)
        lines = [self._listener.hostname, f"SIZE {self._listener.max_message_bytes}", *_EXTENSIONS]
        lines += self._conditional()
        head = "".join(f"250-{line}\r\n" for line in lines)
        self._wire.say_octets(250, f"{head}250 HELP\r\n".encode("ascii"))

    def _conditional(self) -> list[str]:
        """Extensions that depend on the port, on TLS, and on who asks."""
        session, listener = self._session, self._listener
        lines = [f"LIMITS RCPTMAX={listener.max_recipients}"]
        lines.append("REQUIRETLS" if session.tls else "STARTTLS")
        if not session.door.is_submission:
            lines.append("BINARYMIME")
        else:
            until = (listener.clock.now() + parameters.MAX_HOLD).strftime("%Y-%m-%dT%H:%M:%SZ")
            seconds = int(parameters.MAX_HOLD.total_seconds())
            lines += ["DSN", f"FUTURERELEASE {seconds} {until}"]
        if session.door.is_submission and session.tls and session.login is None:
            lines.append(f"AUTH {' '.join(auth.MECHANISMS)}")
        if session.connected_ip in listener.xclient:
            lines.append(f"XCLIENT {' '.join(origin.ATTRIBUTES)}")
        return lines

    async def mail(self, arg: str | None) -> None:
        """MAIL: opens a transaction (RFC 5321 §4.1.1.2).

        Submission demands TLS and a login before it (RFC 6409 §4.3).
        """
        session = self._session
        self._require_helo()
        if session.door.is_submission and not session.tls:
            raise Refused(replies.NEED_TLS)
        if session.door.is_submission and session.login is None:
            raise Refused(replies.NEED_AUTH)
        if session.transaction is not None:
            raise Refused(replies.NESTED_MAIL)
        path = self._path(arg, "FROM")
        asked = parameters.NOTHING
        if path.parameters:
            asked = parameters.of_mail(path.parameters, self._offer())
        _require_ascii(path.mailbox, allows_utf8=asked.allows_utf8)
        mail_from = paths.reverse_path(path.mailbox)
        if asked.size_bytes and not self._new_room().could_take(asked.size_bytes):
            raise Refused(replies.NO_ROOM)
        too_much = self._listener.policing.transaction(session)
        if too_much is not None:
            raise Refused(too_much)
        reply = await self._listener.handler.sender(session, mail_from)
        if reply.code == 250:
            session.transaction = Transaction(
                mail_from=mail_from,
                allows_utf8=asked.allows_utf8,
                is_binary=asked.is_binary,
                declared_bytes=asked.size_bytes,
                terms=asked.terms,
            )
        self._wire.say(reply)

    def _offer(self) -> parameters.Offer:
        return parameters.Offer(
            max_bytes=self._listener.max_message_bytes,
            is_submission=self._session.door.is_submission,
            has_tls=bool(self._session.tls),
            now=self._listener.clock.now(),
        )

    async def rcpt(self, arg: str | None) -> None:
        """RCPT: adds a recipient (RFC 5321 §4.1.1.3)."""
        self._require_helo()
        transaction = self._open_transaction()
        path = self._path(arg, "TO")
        if transaction.is_in_chunks:
            raise Refused(replies.IS_IN_CHUNKS)
        _require_ascii(path.mailbox, allows_utf8=transaction.allows_utf8)
        address = paths.forward_path(path.mailbox, domain=self._listener.domain)
        asked = RecipientTerms(address=address)
        if path.parameters:
            asked = parameters.of_recipient(address, path.parameters, self._offer())
        if len(transaction.recipients) >= self._listener.max_recipients:
            raise Refused(replies.TOO_MANY_RECIPIENTS)
        is_bounce = transaction.mail_from is None and not self._session.door.is_submission
        if is_bounce and transaction.recipients and address not in transaction.recipients:
            raise Refused(replies.ONE_FOR_BOUNCES)
        declared = transaction.declared_bytes
        reply = await self._listener.handler.recipient(self._session, address, declared)
        if reply.code == 250:
            transaction.add(asked)
        elif reply.code >= 500:
            self._session.bad_recipients += 1
            self._listener.policing.mistake(self._session.ip)
        self._wire.say(reply)

    async def data(self, arg: str | None) -> None:
        """DATA: takes the message (RFC 5321 §4.1.1.4); the transaction ends with it in any case."""
        _require_nothing(arg)
        self._require_helo()
        transaction = self._open_transaction()
        if transaction.is_in_chunks:
            raise Refused(replies.IS_IN_CHUNKS)
        if transaction.is_binary:
            raise Refused(replies.NEED_BDAT)
        if not transaction.recipients:
            raise Refused(replies.NEED_RECIPIENT)
        room = self._room(transaction)
        self._wire.say(replies.SEND_CONTENT)
        await self._wire.flush()
        try:
            raw = await self._wire.read_content(room)
            self._wire.say(await self._accept(transaction, raw))
        finally:
            self._session.drop_transaction()

    def _room(self, transaction: Transaction) -> Room:
        """Room for the transaction's message; refuses before it comes when there is none at all."""
        room = self._new_room()
        if not room.could_take(max(transaction.declared_bytes, 1)):
            raise Refused(replies.NO_ROOM)
        transaction.room = room
        return room

    def _new_room(self) -> Room:
        session = self._session
        return self._listener.receiving.room(session.ip, is_trusted=session.is_trusted)

    async def bdat(self, arg: str | None) -> None:
        """BDAT: a chunk of the message (RFC 3030 §2); a refused one is read to its end all the same."""
        size, is_last = parameters.chunk(arg)
        try:
            receiver = self._receiver()
        except Refused as refusal:
            await self._wire.read_chunk(size, None)
            self._refuse_chunks(refusal.reply, is_last=is_last)
            raise
        try:
            await self._wire.read_chunk(size, receiver, is_last=is_last)
        except Refused as refusal:
            self._refuse_chunks(refusal.reply, is_last=is_last)
            raise
        if not is_last:
            self._wire.say(Reply(250, "2.0.0", f"{size} octets received"))
            return
        try:
            transaction = self._open_transaction()
            self._wire.say(await self._accept(transaction, receiver.raw()))
        finally:
            self._session.drop_transaction()

    def _receiver(self) -> ChunkReceiver:
        """What takes the next chunk; raises `Refused` when there is nothing to take it for."""
        self._require_helo()
        transaction = self._open_transaction()
        if transaction.refusal is not None:
            raise Refused(transaction.refusal)
        if not transaction.recipients:
            raise Refused(replies.NEED_RECIPIENT)
        if transaction.chunks is None:
            transaction.chunks = ChunkReceiver(
                self._listener.max_message_bytes,
                self._room(transaction),
                is_binary=transaction.is_binary,
            )
        return transaction.chunks

    def _refuse_chunks(self, reply: Reply, *, is_last: bool) -> None:
        """A chunk is missing now, so the message can only be refused."""
        if is_last:
            self._session.drop_transaction()
        elif self._session.transaction is not None:
            self._session.transaction.refusal = reply

    @property
    def is_in_chunks(self) -> bool:
        """Whether a message is coming in chunks."""
        transaction = self._session.transaction
        return transaction is not None and transaction.is_in_chunks

    async def _accept(self, transaction: Transaction, raw: bytes) -> Reply:
        listener = self._listener
        room, transaction.room = transaction.room, None
        listener.policing.received(self._session, len(raw))
        work = listener.commit(self._commit(transaction.envelope(), raw, room))
        reply = await self._wire.outcome(work, limits.ACCEPT_SECONDS)
        if reply is None:
            _log.error("smtp.accept_timeout", peer=self._session.ip)
            return replies.FAILED
        if reply.code == 250:
            listener.policing.accepted(self._session)
        return reply

    async def _commit(self, envelope: Envelope, raw: bytes, room: Room | None) -> Reply:
        """Hand the message over; its room is given back when it is safe or refused."""
        try:
            return await self._listener.handler.accept(self._session, envelope, raw)
        finally:
            if room is not None:
                room.release()

    async def auth(self, arg: str | None) -> None:
        """AUTH: a login, on the submission ports and inside TLS only (RFC 4954 §4)."""
        session = self._session
        if not session.door.is_submission:
            raise Refused(replies.NO_AUTH_HERE)
        self._require_helo()
        if not session.tls:
            raise Refused(replies.AUTH_NEEDS_TLS)
        if session.login is not None:
            raise Refused(replies.HAS_LOGIN)
        credential = await auth.exchange(arg or "", self._challenge)
        reply = await self._listener.handler.login(
            session, credential.username, credential.password
        )
        if reply.code == 535:
            session.failed_logins += 1
            if credential.is_token:
                await auth.tell_problem(self._challenge)
        self._wire.say(reply)

    async def _challenge(self, octets: bytes) -> bytes:
        self._wire.say_octets(334, octets)
        line = await self._wire.read_line()
        self._wire.restart_timeout()
        return line

    async def starttls(self, arg: str | None) -> None:
        """STARTTLS: the session begins anew inside TLS (RFC 3207 §4)."""
        _require_nothing(arg)
        if self._session.tls:
            raise Refused(replies.HAS_TLS)
        self._wire.say(replies.START_TLS)
        self._session.secure(await self._wire.start_tls())
        self._wire.restart_timeout()

    async def xclient(self, arg: str | None) -> None:
        """XCLIENT: a trusted neighbor says whom it speaks for; the session begins anew."""
        session = self._session
        if session.connected_ip not in self._listener.xclient:
            raise Refused(replies.NO_XCLIENT)
        if session.transaction is not None:
            raise Refused(replies.NESTED_MAIL)
        spoken = origin.read_xclient(arg)
        if spoken.ip is not None:
            refusal = self._wire.speak_for(spoken.ip)
            if refusal is not None:
                raise Over(refusal)
        session.begin_anew()
        session.spoken_helo = spoken.helo or session.spoken_helo
        _log.info("smtp.xclient", peer=session.ip, connected=session.connected_ip)
        self._say_banner()

    async def rset(self, arg: str | None) -> None:
        """RSET: drops the transaction (RFC 5321 §4.1.1.5)."""
        _require_nothing(arg)
        self._session.drop_transaction()
        self._wire.say(replies.OK)

    async def noop(self, _arg: str | None) -> None:
        """NOOP: any argument is ignored (RFC 5321 §4.1.1.9)."""
        self._wire.say(replies.OK)

    async def quit(self, arg: str | None) -> None:
        """QUIT (RFC 5321 §4.1.1.10)."""
        _require_nothing(arg)
        raise Over(replies.GOODBYE)

    async def help(self, _arg: str | None) -> None:
        """HELP (RFC 5321 §4.1.1.8)."""
        self._wire.say(replies.HELP)

    async def vrfy(self, arg: str | None) -> None:
        """VRFY: tells nothing about who is here (RFC 5321 §7.3)."""
        if not arg:
            raise Refused(replies.malformed("name an address"))
        self._wire.say(replies.VERIFY)

    async def expn(self, _arg: str | None) -> None:
        """EXPN: there are no lists to expand (RFC 5321 §7.3)."""
        raise Refused(replies.NOT_IMPLEMENTED)

    def _require_helo(self) -> None:
        if not self._session.helo:
            raise Refused(replies.NEED_HELO)

    def _open_transaction(self) -> Transaction:
        if self._session.transaction is None:
            raise Refused(replies.NEED_MAIL)
        return self._session.transaction

    def _path(self, arg: str | None, keyword: str) -> paths.PathArgument:
        path = paths.parse(arg, keyword)
        if path.parameters and not self._session.is_extended:
            raise Refused(replies.malformed("parameters need EHLO instead of HELO"))
        return path


_COMMANDS: Final[Mapping[bytes, Callable[[Commands, str | None], Awaitable[None]]]] = {
    b"HELO": Commands.helo,
    b"EHLO": Commands.ehlo,
    b"MAIL": Commands.mail,
    b"RCPT": Commands.rcpt,
    b"DATA": Commands.data,
    b"RSET": Commands.rset,
    b"NOOP": Commands.noop,
    b"QUIT": Commands.quit,
    b"HELP": Commands.help,
    b"VRFY": Commands.vrfy,
    b"EXPN": Commands.expn,
    b"BDAT": Commands.bdat,
    b"XCLIENT": Commands.xclient,
    b"STARTTLS": Commands.starttls,
    b"AUTH": Commands.auth,
}


def _text(rest: bytes) -> str | None:
    """The argument of a command as text, or None when there is none."""
    try:
        return rest.strip(b" ").decode("utf-8") or None
    except UnicodeDecodeError as error:
        raise Refused(replies.BAD_CHARACTER) from error


def _require_nothing(arg: str | None) -> None:
    if arg is not None:
        raise Refused(replies.NO_ARGUMENT)


def _require_ascii(mailbox: str, *, allows_utf8: bool) -> None:
    if not allows_utf8 and not mailbox.isascii():
        raise Refused(replies.NEED_SMTPUTF8)
