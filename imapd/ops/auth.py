"""LOGIN, AUTHENTICATE, STARTTLS, CAPABILITY, ID, LOGOUT (RFC 9051 §6.1, §6.2).

Passwords are taken under TLS only, on every address, loopback too (RFC 9051 §11.1).
"""

import base64
from collections.abc import Awaitable
from typing import Final

from imapd import responses
from imapd.commands import Authenticate, Id, Login
from imapd.ops.outcome import Outcome, done, refused, wrong
from imapd.session import Session
from imapd.wire import after_login
from mailcore import bearer, log
from mailcore.capabilities import switched_off
from mailcore.credentials import Login as Credential
from mailcore.errors import ErrorKind, MailError
from mailcore.scram import ClientFirst

AUTH_SECONDS: Final = 60.0
_BASE: Final = ("IMAP4rev1", "IMAP4rev2", "LITERAL+", "SASL-IR", "ID", "ENABLE")
_MECHANISMS: Final = ("AUTH=SCRAM-SHA-256", "AUTH=PLAIN", "AUTH=OAUTHBEARER", "AUTH=XOAUTH2")
_REST: Final = (
    *("IDLE", "NAMESPACE", "CHILDREN", "UNSELECT", "UIDPLUS", "MOVE", "SPECIAL-USE"),
    *("CREATE-SPECIAL-USE", "CONDSTORE", "QRESYNC", "ESEARCH", "SEARCHRES", "WITHIN"),
    *("LIST-EXTENDED", "LIST-STATUS", "STATUS=SIZE", "OBJECTID", "PREVIEW", "SAVEDATE"),
    *("SORT", "SORT=DISPLAY", "ESORT", "THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES"),
    *("BINARY", "MULTIAPPEND", "UTF8=ACCEPT", "QUOTA"),
    *("QUOTA=RES-STORAGE", "QUOTA=RES-MESSAGE", "METADATA", "LIST-METADATA"),
    *("CATENATE", "REPLACE", "NOTIFY", "CONTEXT=SEARCH", "CONTEXT=SORT"),
    *("MULTISEARCH", "UIDONLY", "INPROGRESS"),
)
_log = log.get(__name__)


def capabilities(session: Session) -> tuple[str, ...]:
    """What can be used now: more after TLS and after login, less what the inbox does without."""
    off = session.switched_off
    return tuple(one for one in _offered(session) if one.upper() not in off)


def _offered(session: Session) -> tuple[str, ...]:
    if session.login is not None:
        limit = f"APPENDLIMIT={session.services.max_append_bytes}"
        compress = () if session.connection.is_compressed else ("COMPRESS=DEFLATE",)
        return (*_BASE, *_REST, *compress, limit)
    if session.connection.is_tls:
        return (*_BASE, *_MECHANISMS, *_REST)
    return (*_BASE, "STARTTLS", "LOGINDISABLED")


def capability_code(session: Session) -> bytes:
    """The CAPABILITY code for greeting and login."""
    return responses.capability(capabilities(session))


async def capability(session: Session) -> Outcome:
    """CAPABILITY."""
    session.write(responses.untagged(capability_code(session)))
    return done("capabilities listed")


async def identify(session: Session, command: Id) -> Outcome:
    """ID: we say our name, and log what the client says of itself."""
    if command.fields:
        _log.info("imap.client", **{_key(name): value[:200] for name, value in command.fields})
    session.write(responses.untagged(b'ID ("name" "Countersign")'))
    return done("glad to meet you")


def _key(name: str) -> str:
    return f"client_{''.join(char for char in name[:30].lower() if char.isalnum())}"


async def logout(session: Session) -> Outcome:
    """LOGOUT."""
    session.unselect()
    session.write(responses.bye("until next time"))
    session.is_over = True
    return done("logged out")


async def login(session: Session, command: Login) -> Outcome:
    """LOGIN."""
    refusal = _refusal(session)
    return refusal or await _log_in(session, command.username, command.password)


async def authenticate(session: Session, command: Authenticate) -> Outcome:
    """AUTHENTICATE, with or without initial response (RFC 4959).

    PLAIN is RFC 4616; SCRAM-SHA-256 is RFC 7677, with the inbox's password only; OAUTHBEARER is RFC 7628, with an API key as the token, and XOAUTH2 its elder.
    """
    refusal = _refusal(session)
    if refusal is not None:
        return refusal
    mechanism = command.mechanism
    if f"AUTH={mechanism}" not in _MECHANISMS:
        return refused("the mechanism is not known; use PLAIN", b"CANNOT")
    response = command.initial
    if response is None:
        session.write(b"+ \r\n")
        response = await _line(session)
    try:
        raw = b"" if response == b"=" else _decoded(response)
        if mechanism == "SCRAM-SHA-256":
            return await _log_in_by_scram(session, ClientFirst.parse(raw))
        if mechanism != "PLAIN":
            return await _log_in_by_token(session, *bearer.read(mechanism, raw.decode("utf-8")))
        authorize, username, password = raw.decode("utf-8").split("\x00")
    except _Canceled:
        return wrong("authentication canceled")
    except ValueError:
        return wrong(f"the response is not that of {mechanism}")
    if authorize and authorize != username:
        return refused("nobody may act for another user", b"AUTHORIZATIONFAILED")
    return await _log_in(session, username, password)


class _Canceled(Exception):  # noqa: N818 - an event, not a fault
    """The client wants no login any more."""


def _decoded(line: bytes) -> bytes:
    """A response line as octets; ValueError when it is no base64 (RFC 9051 §6.2.2)."""
    if line == b"*":
        raise _Canceled
    return base64.b64decode(line, validate=True)


async def _log_in_by_scram(session: Session, first: ClientFirst) -> Outcome:
    """RFC 5802 in IMAP: its last message is a challenge, which the client answers with nothing."""
    if first.authorize not in ("", first.username):
        return refused("nobody may act for another user", b"AUTHORIZATIONFAILED")

    async def ask(message: bytes) -> bytes:
        session.write(b"+ %b\r\n" % base64.b64encode(message))
        return _decoded(await _line(session))

    credentials, peer = session.services.credentials, session.connection.peer
    return await _finish(session, credentials.scram(first, ask, peer=peer))


async def _log_in_by_token(session: Session, username: str, token: str) -> Outcome:
    """A refusal comes as a challenge first, which the client answers with nothing (§3.2.2)."""
    try:
        return await _log_in(session, username, token)
    except MailError:
        session.write(b"+ %b\r\n" % base64.b64encode(bearer.PROBLEM))
        await _line(session)
        raise


async def _line(session: Session) -> bytes:
    framer = session.connection.framer
    while (line := framer.next_line()) is None:
        await session.connection.wait(AUTH_SECONDS)
    return line


def _refusal(session: Session) -> Outcome | None:
    if session.connection.is_tls:
        return None
    return refused("use STARTTLS first: passwords are taken under TLS only", b"PRIVACYREQUIRED")


async def _log_in(session: Session, username: str, password: str) -> Outcome:
    credentials, peer = session.services.credentials, session.connection.peer
    return await _finish(session, credentials.login(username, password, peer=peer))


async def _finish(session: Session, attempt: Awaitable[Credential]) -> Outcome:
    services = session.services
    try:
        found = await attempt
    except MailError as error:
        result = "refused" if error.kind is ErrorKind.UNAUTHENTICATED else "throttled"
        services.metrics.auth.labels(protocol="imap", result=result).inc()
        _log.info("imap.login_refused", peer=session.connection.peer, reason=error.code)
        raise
    session.login = found
    session.switched_off = switched_off(found.inbox.disabled_capabilities)
    session.connection.framer.limits = after_login(services.max_append_bytes)
    services.metrics.auth.labels(protocol="imap", result="accepted").inc()
    _log.info("imap.login", actor=found.actor.label, inbox_id=found.inbox.id)
    return done("logged in", capability_code(session))
