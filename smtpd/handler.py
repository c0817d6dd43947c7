"""What a session asks of the services, and their answers as replies.

Port 25 speaks to `inbound`, the submission ports to `submission` on behalf of the login. Errors of
the core become replies by the table; anything unexpected is logged once and told as a temporary
failure without details. Holds no state of its own.
"""

from typing import Final, Protocol, assert_never

from mailcore import log
from mailcore.address import Address
from mailcore.credentials import Login
from mailcore.errors import ErrorKind, MailError
from mailcore.metrics import Metrics
from mailcore.model import Actor, Envelope, Inbox, SubmissionStatus, Submitted
from smtpd import replies
from smtpd.replies import Reply, Stage
from smtpd.session import Peer, Session

_log = log.get(__name__)
_EDGE: Final = "smtp"


class InboundPort(Protocol):
    """Mail from other servers."""

    async def recipient(self, address: Address, size_bytes: int = 0) -> None:
        """Raises unless mail of this size for this address is taken."""
        ...

    async def accept(self, envelope: Envelope, raw: bytes, peer: Peer) -> str:
        """Take a message; returns its id when it is durable."""
        ...


class SubmissionPort(Protocol):
    """Mail from our own users."""

    async def check_sender(self, actor: Actor, inbox: Inbox, mail_from: Address | None) -> None:
        """Raises unless the login may send as this address."""
        ...

    async def check_recipient(
        self, actor: Actor, inbox: Inbox, address: Address, size_bytes: int = 0
    ) -> None:
        """Raises when the address can never be reached, or has no room for so much."""
        ...

    async def submit_raw(
        self, actor: Actor, inbox: Inbox, envelope: Envelope, raw: bytes, peer: Peer
    ) -> Submitted:
        """Pass a composed message through the door."""
        ...


class LoginPort(Protocol):
    """Who a user name and password belong to."""

    async def login(self, username: str, password: str, *, peer: str) -> Login:
        """Raises UNAUTHENTICATED, or OVER_LIMIT after too many failures."""
        ...

    async def confirm(self, login: Login) -> None:
        """Raises UNAUTHENTICATED when the login is not good any more."""
        ...


class DoorkeeperPort(Protocol):
    """What else strangers' clients must pass."""

    async def admit(
        self, ip: str, mail_from: Address | None, recipient: Address, *, is_known: bool
    ) -> None:
        """Raises unless the client may hand mail to the recipient now."""
        ...


class Handler:
    """Serves the sessions of all ports."""

    def __init__(
        self,
        *,
        inbound: InboundPort,
        submission: SubmissionPort,
        credentials: LoginPort,
        metrics: Metrics,
        doorkeeper: DoorkeeperPort | None = None,
    ) -> None:
        self._inbound = inbound
        self._submission = submission
        self._credentials = credentials
        self._metrics = metrics
        self._doorkeeper = doorkeeper

    async def login(self, session: Session, username: str, password: str) -> Reply:
        """Log the session in; the session is changed only when the reply is 235."""
        try:
            session.login = await self._credentials.login(username, password, peer=session.ip)
        except MailError as error:
            self._metrics.auth.labels(_EDGE, error.kind.value).inc()
            _log.info("smtp.login_failed", peer=session.ip, reason=error.code, detail=error.detail)
            return replies.of_error(error, Stage.LOGIN)
        except Exception:  # noqa: BLE001 - the edge: nothing may leave it unanswered
            self.report_unexpected("login")
            return replies.LOGIN_UNAVAILABLE
        self._metrics.auth.labels(_EDGE, "ok").inc()
        _log.info("smtp.login", peer=session.ip, inbox_id=session.login.inbox.id)
        return replies.LOGGED_IN

    async def sender(self, session: Session, mail_from: Address | None) -> Reply:
        """Whether MAIL is answered with 250."""
        if session.login is None:
            return replies.SENDER_OK
        login = session.login
        try:
            await self._credentials.confirm(login)
            await self._submission.check_sender(login.actor, login.inbox, mail_from)
        except MailError as error:
            return self._refusal(error, Stage.SENDER)
        return replies.SENDER_OK

    async def recipient(self, session: Session, address: Address, size_bytes: int = 0) -> Reply:
        """Whether RCPT is answered with 250; `size_bytes` is what the client declared."""
        login = session.login
        try:
            if login is None:
                await self._inbound.recipient(address, size_bytes)
                await self._admit(session, address)
            else:
                await self._submission.check_recipient(
                    login.actor, login.inbox, address, size_bytes
                )
        except MailError as error:
            return self._refusal(error, Stage.RECIPIENT)
        return replies.RECIPIENT_OK

    async def _admit(self, session: Session, address: Address) -> None:
        if self._doorkeeper is None or session.is_trusted or session.transaction is None:
            return
        sender = session.transaction.mail_from
        await self._doorkeeper.admit(session.ip, sender, address, is_known=session.is_known)

    async def accept(self, session: Session, envelope: Envelope, raw: bytes) -> Reply:
        """Hand a complete message over; never raises but for cancellation.

        Not safe to cancel: the server runs it in a task of its own, whatever becomes of the client.
        """
        peer = session.peer()
        try:
            if session.login is None:
                reply = replies.accepted(await self._inbound.accept(envelope, raw, peer))
            else:
                login = session.login
                await self._credentials.confirm(login)
                submitted = await self._submission.submit_raw(
                    login.actor, login.inbox, envelope, raw, peer
                )
                reply = _submitted(submitted)
        except MailError as error:
            return self._refusal(error, Stage.CONTENT)
        except Exception:  # noqa: BLE001 - the edge: nothing may leave it unanswered
            self.report_unexpected("DATA")
            return replies.FAILED
        # What arrives has a line for each message already.
        note = _log.debug if session.login is None else _log.info
        note(
            "smtp.accepted",
            peer=peer.ip,
            protocol=peer.protocol,
            recipients=len(envelope.recipients),
            size_bytes=len(raw),
            reply=reply.text,
        )
        return reply

    def report_unexpected(self, command: str) -> None:
        """Log the exception being handled, once, and count it."""
        self._metrics.errors.labels(_EDGE).inc()
        _log.exception("smtp.failed", command=command)

    def _refusal(self, error: MailError, stage: Stage) -> Reply:
        reply = replies.of_error(error, stage)
        if error.kind is ErrorKind.INTERNAL:
            self._metrics.errors.labels(_EDGE).inc()
        _log.info(
            "smtp.refused",
            stage=stage.value,
            reply=f"{reply.code} {reply.enhanced}",
            reason=error.code,
            detail=error.detail,
        )
        return reply


def _submitted(submitted: Submitted) -> Reply:
    match submitted.status:
        case SubmissionStatus.HELD:
            return Reply(250, "2.0.0", f"held {submitted.hold_id}")
        case SubmissionStatus.QUEUED | SubmissionStatus.SENT:
            return Reply(250, "2.0.0", f"queued {submitted.id}")
        case SubmissionStatus.SCHEDULED:
            return Reply(250, "2.0.0", f"scheduled {submitted.id}")
        case (
            SubmissionStatus.FAILED
            | SubmissionStatus.REJECTED
            | SubmissionStatus.EXPIRED
            | SubmissionStatus.CANCELED
        ):
            return Reply(550, "5.7.1", f"refused {submitted.id}")
        case _:
            assert_never(submitted.status)
