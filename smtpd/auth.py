"""SASL as SMTP carries it: PLAIN (RFC 4616), LOGIN and bearer tokens, each down to a name and its proof.

The exchange on the wire is a function that sends a challenge and returns the decoded response; who
the credentials belong to is the handler's affair. Nothing here is logged.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from mailcore import bearer
from smtpd import replies
from smtpd.replies import Refused

type Challenge = Callable[[bytes], Awaitable[bytes]]
"""Sends a challenge, returns the client's line without its line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a client claims to be, and its proof."""

    username: str
    password: str = field(repr=False)
    is_token: bool = False
    """A refusal is told in a challenge first (RFC 7628 §3.2.2)."""


async def plain(challenge: Challenge, initial: bytes | None) -> Credential:
    """RFC 4616: `[authzid] NUL authcid NUL password` in one response."""
    response = initial if initial is not None else decode(await challenge(b"334 \r\n"))
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Refused(replies.Reply(501, "5.5.2", "this is not a PLAIN response"))
    acts_as, username, password = parts
    if acts_as not in (b"", username):
        raise Refused(
            replies.Reply(535, "5.7.8", "logging in as one user to act as another is not supported")
        )
    return _credential(username, password)


async def login(challenge: Challenge, initial: bytes | None) -> Credential:
    """The LOGIN mechanism: user name and password, each asked for unless sent at once."""
    username = initial
    if username is None:
        username = decode(await challenge(_prompt(b"Username:")))
    return _credential(username, decode(await challenge(_prompt(b"Password:"))))


async def _bearer(mechanism: str, challenge: Challenge, initial: bytes | None) -> Credential:
    """RFC 7628 and its elder: user name and token in one response."""
    response = initial if initial is not None else decode(await challenge(b"334 \r\n"))
    try:
        username, token = bearer.read(mechanism, response.decode())
    except ValueError as error:
        raise Refused(
            replies.Reply(501, "5.5.2", f"this is not a response of {mechanism}")
        ) from error
    return Credential(username=username, password=token, is_token=True)


MECHANISMS: Final[Mapping[str, Callable[[Challenge, bytes | None], Awaitable[Credential]]]] = {
    "PLAIN": plain,
    "LOGIN": login,
    **{name: partial(_bearer, name) for name in bearer.MECHANISMS},
}


async def exchange(argument: str, challenge: Challenge) -> Credential:
    """Run the mechanism that the argument of AUTH names (RFC 4954 §4).

    Mechanism names are compared without case (RFC 4422 §3.1). Raises `Refused`.
    """
    words = argument.split()
    if len(words) not in (1, 2):
        raise Refused(replies.malformed("write AUTH MECHANISM [INITIAL-RESPONSE]"))
    mechanism = MECHANISMS.get(words[0].upper())
    if mechanism is None:
        raise Refused(replies.UNKNOWN_MECHANISM)
    if len(words) == 1:
        return await mechanism(challenge, None)
    return await mechanism(challenge, b"" if words[1] == "=" else decode(words[1].encode()))


def decode(line: bytes) -> bytes:
    """A response line decoded; a lone `*` cancels."""
    text = line.strip()
    if text == b"*":
        raise Refused(replies.AUTH_CANCELED)
    try:
        return b64decode(text, validate=True)
    except binascii.Error as error:
        raise Refused(replies.BAD_BASE64) from error


async def tell_problem(challenge: Challenge) -> None:
    """Say that a token is not good; what the client answers is nothing."""
    await challenge(_prompt(bearer.PROBLEM))


def _prompt(octets: bytes) -> bytes:
    return b"334 " + b64encode(octets) + b"\r\n"


def _credential(username: bytes, password: bytes) -> Credential:
    try:
        return Credential(username=username.decode(), password=password.decode())
    except UnicodeDecodeError as error:
        raise Refused(replies.BAD_CREDENTIALS) from error
