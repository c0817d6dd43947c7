"""Opens a connection to a mail host and secures it: the one place that dials, shakes hands and logs in.

STARTTLS is used where offered. When the handshake fails the same address is tried in plain text, unless
TLS is required by the message or by the host's policy (`host_tls`). A password is never sent without TLS, but to loopback. What goes wrong is a `LostError`
with the reply for the recipients that have no answer yet.
"""

import asyncio
import base64
import contextlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from mailcore.clock import Clock, SystemClock
from mailcore.model import TlsLevel
from mailcore.net.tls import client_context
from mailcore.outbound.channel import Channel, ChannelError
from mailcore.outbound.host_tls import ANY_HOST, Finding, Handshake, HostTls, Step, finding_of
from mailcore.outbound.reply import Reply
from mailcore.outbound.transfer import Access, Login, Timeouts


class LostError(Exception):
    """A connection that is of no more use; `reply` is for the recipients without an answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class _HandshakeError(Exception):
    """STARTTLS was agreed on and did not come about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address of a mail host, and how it is entered: connections to the same are alike."""

    name: str
    """The host's name, to check its certificate against."""
    address: str
    port: int
    access: Access
    tls: HostTls = ANY_HOST
    """What TLS with it must be."""

    @property
    def remote(self) -> str:
        """As logs and reports show it."""
        return f"{self.name}[{self.address}]:{self.port}"


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """A connection that is ready for MAIL, and what its host offers."""

    target: Target
    channel: Channel
    extensions: dict[str, str] = field(default_factory=dict)
    """EHLO keywords in lower case, with their parameters."""
    tls: str = ""
    level: TlsLevel = TlsLevel.PLAIN
    """What that is worth."""
    carried: int = 0
    """Messages that were begun on it."""
    needs_reset: bool = False
    """A transaction was left in the middle."""

    def offers(self, keyword: str) -> bool:
        """Whether the host announced an extension."""
        return keyword in self.extensions


class Dialer:
    """Makes connections. `ehlo_name` is our public host name; `ca_file` adds an authority."""

    def __init__(
        self,
        *,
        ehlo_name: str,
        timeouts: Timeouts,
        ca_file: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts
        self._clock = clock or SystemClock()
        self._contexts = {
            Step.ANY: client_context(is_verified=False),
            Step.VERIFIED: client_context(is_verified=True, ca_file=ca_file),
        }

    async def open(self, target: Target, seen: list[Handshake]) -> Connection:
        """A connection to one address; how its handshakes went is added to `seen`.

        Raises LostError. When cancelled nothing stays open.
        """
        *earlier, last = target.tls.steps(target.access.tls)
        for step in earlier:
            with contextlib.suppress(_HandshakeError):
                return await self._open(target, step, seen)
        try:
            return await self._open(target, last, seen)
        except _HandshakeError as error:
            raise LostError(_no_tls(target, f"TLS with {target.remote} failed: {error}")) from error

    async def _open(self, target: Target, step: Step, seen: list[Handshake]) -> Connection:
        connection = Connection(target=target, channel=await self._dial(target, step))
        try:
            await self._greet(connection)
            if connection.tls:
                self._judge(connection, step, seen)
            elif step is not Step.PLAIN:
                await self._start_tls(connection, step, seen)
            await self._log_in(connection)
        except ChannelError as error:
            connection.channel.abort()
            text = f"the connection to {target.remote} failed: {error}"
            raise LostError(Reply(451, "4.4.2", text)) from error
        except LostError:
            connection.channel.quit(self._timeouts.quit_seconds)
            raise
        except BaseException:
            connection.channel.abort()
            raise
        return connection

    async def _dial(self, target: Target, step: Step) -> Channel:
        """Dial the address, with the name to verify beside it where TLS comes first (RFC 8314 §3.3)."""
        is_implicit = target.access.is_implicit_tls
        try:
            async with asyncio.timeout(self._timeouts.connect_seconds):
                _, channel = await asyncio.get_running_loop().create_connection(
                    Channel,
                    target.address,
                    target.port,
                    ssl=self._contexts[step] if is_implicit else None,
                    server_hostname=target.name if is_implicit else None,
                )
        except ssl.SSLError as error:
            text = f"TLS with {target.remote} failed: {_why(error)}"
            raise LostError(_no_tls(target, text)) from error
        except OSError as error:
            text = f"{target.remote} cannot be reached: {_why(error)}"
            raise LostError(Reply(451, "4.4.1", text)) from error
        return channel

    async def _greet(self, connection: Connection) -> None:
        connection.tls = connection.channel.tls()
        reply = await connection.channel.reply(self._timeouts.command_seconds)
        if reply.code != 220:
            raise LostError(_greeting(reply, connection.target.remote))
        await self._hello(connection)

    async def _hello(self, connection: Connection) -> None:
        """EHLO, and HELO where that is not known (RFC 5321 §3.2)."""
        reply = await self._command(connection, f"EHLO {self._ehlo_name}")
        if reply.code == 250:
            connection.extensions = _extensions(connection.channel.lines[1:])
            return
        if reply.is_permanent:
            reply = await self._command(connection, f"HELO {self._ehlo_name}")
        if reply.code != 250:
            raise LostError(reply.deferred())
        connection.extensions = {}

    async def _start_tls(self, connection: Connection, step: Step, seen: list[Handshake]) -> None:
        target = connection.target
        is_needed = Step.PLAIN not in target.tls.steps(target.access.tls)
        if not connection.offers("starttls"):
            seen.append(_handshake(target, Finding.NO_STARTTLS))
            if is_needed:
                raise LostError(_no_tls(target, f"{target.remote} offers no TLS"))
            return
        try:
            reply = await self._command(connection, "STARTTLS")
            if reply.code == 220:
                await connection.channel.start_tls(
                    self._contexts[step], target.name, seconds=self._timeouts.connect_seconds
                )
        except ChannelError as error:
            seen.append(_handshake(target, Finding.INVALID, str(error)))
            raise _HandshakeError(str(error)) from error
        except OSError as error:
            seen.append(_handshake(target, finding_of(error), _why(error)))
            raise _HandshakeError(_why(error)) from error
        if reply.code != 220:
            seen.append(_handshake(target, Finding.NO_STARTTLS, "STARTTLS was refused"))
            if is_needed or reply.code == 421:
                raise LostError(_no_tls(target, f"{target.remote} refused STARTTLS"))
            return
        connection.tls = connection.channel.tls()
        self._judge(connection, step, seen)
        await self._hello(connection)

    def _judge(self, connection: Connection, step: Step, seen: list[Handshake]) -> None:
        """What a handshake is worth. Raises _HandshakeError when the policy finds fault with it."""
        target, secured = connection.target, connection.channel.secured
        if secured is None:
            raise ChannelError("the connection was lost")
        if problem := target.tls.problem(secured, self._clock.now()):
            seen.append(_handshake(target, Finding.INVALID, problem))
            raise _HandshakeError(problem)
        connection.level = target.tls.reached(step, is_tls=True)
        seen.append(_handshake(target, Finding.SUCCESS, level=connection.level))

    async def _log_in(self, connection: Connection) -> None:
        login, target = connection.target.access.login, connection.target
        if login is None:
            return
        if not connection.tls and not ipaddress.ip_address(target.address).is_loopback:
            text = f"{target.remote} would get the password in plain text"
            raise LostError(_no_tls(target, text))
        reply = await self._authenticate(connection, login)
        if reply is None:
            text = f"{target.remote} offers no way to log in"
            raise LostError(Reply(451, "4.7.0", text))
        if reply.code != 235:
            text = f"{target.remote} refused our login with {reply.code}"
            raise LostError(Reply(451, "4.7.8", text))

    async def _authenticate(self, connection: Connection, login: Login) -> Reply | None:
        """The last reply to AUTH (RFC 4954); None where the host offers nothing we may use."""
        offered = connection.extensions.get("auth", "").lower().replace("=", " ").split()
        if login.is_token:
            if "xoauth2" not in offered:
                return None
            token = f"user={login.user}\1auth=Bearer {login.secret}\1\1"
            reply = await self._command(connection, f"AUTH XOAUTH2 {_base64(token)}")
            # A 334 carries the reason; an empty line asks for the reply.
            return await self._command(connection, "") if reply.code == 334 else reply
        if "plain" in offered:
            return await self._command(
                connection, f"AUTH PLAIN {_base64(f'\0{login.user}\0{login.secret}')}"
            )
        if "login" not in offered:
            return None
        reply = await self._command(connection, "AUTH LOGIN")
        for answer in (login.user, login.secret):
            if reply.code != 334:
                break
            reply = await self._command(connection, _base64(answer))
        return reply

    async def _command(self, connection: Connection, line: str) -> Reply:
        connection.channel.send(line.encode() + b"\r\n", replies=1)
        return await connection.channel.reply(self._timeouts.command_seconds)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _extensions(lines: tuple[str, ...]) -> dict[str, str]:
    """EHLO keywords; `AUTH=` is an old way to write AUTH."""
    found: dict[str, str] = {}
    for line in lines:
        keyword, _, words = line.strip().replace("AUTH=", "AUTH ", 1).partition(" ")
        known = found.get(keyword.lower(), "")
        found[keyword.lower()] = f"{known} {words}".strip()
    return found


def _greeting(reply: Reply, remote: str) -> Reply:
    """A host that takes no mail says 521 or 556 (RFC 7504); other refusals may be for today."""
    if reply.code in (521, 556):
        return reply
    if reply.is_positive:
        return Reply(451, "4.5.0", f"{remote} greeted with {reply.code}")
    return reply.deferred()


def _no_tls(target: Target, text: str) -> Reply:
    demand = target.tls.demanded_by
    return Reply(451, "4.7.4", f"{text} ({demand} demands it)" if demand else text)


def _handshake(
    target: Target, finding: Finding, reason: str = "", *, level: TlsLevel = TlsLevel.NONE
) -> Handshake:
    return Handshake(
        host=target.name, address=target.address, finding=finding, reason=reason, level=level
    )


def _why(error: OSError) -> str:
    """A short reason without the library's wording about its own objects."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or "handshake failure").replace("_", " ").lower()
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or "the connection was lost"
