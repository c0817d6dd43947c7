"""`POST /mail/inbound`: mail that a worker forwards, with a secret of its own instead of a key.

The body is the message as it is (`message/rfc822`) with the envelope in `X-Envelope-From` and
`X-Envelope-To` or in the query, or a JSON document `{from, to, rawEmail}`. Nothing of the body is read
before the secret was right.
"""

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from httpapi.body import read_body
from httpapi.errors import from_validation
from httpapi.visit import VISIT
from mailcore.errors import invalid
from mailcore.inbound.hook import InboundHook

PATHS: Final = ("/mail/inbound", "/api/agenticmail/mail/inbound")
SECRET_HEADER: Final = "X-Inbound-Secret"  # noqa: S105 - the name of a header
_BODY_SECONDS: Final = 120.0
_ENVELOPE_OCTETS: Final = 64 * 1024


class _Forwarded(BaseModel):
    """A message as a worker forwards it. Other fields, such as `subject`, say what it holds anyway."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sender: Annotated[str, Field(alias="from", max_length=1000)] = ""
    to: Annotated[str, Field(max_length=1000)] | Annotated[list[str], Field(max_length=1000)]
    raw: Annotated[str, Field(alias="rawEmail")]


class Arrivals:
    """The door for forwarded mail."""

    def __init__(self, hook: InboundHook) -> None:
        self._hook = hook

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        for path in PATHS:
            app.router.add_post(path, self.take)

    async def take(self, request: web.Request) -> web.Response:
        """Take one message; 200 when it is durable."""
        ip = request[VISIT].peer.ip
        self._hook.require(request.headers.get(SECRET_HEADER), ip=ip)
        if request.content_type == "application/json":
            most = self._hook.max_bytes * 2 + _ENVELOPE_OCTETS
            body = await read_body(request, max_octets=most, seconds=_BODY_SECONDS)
            mail_from, to, raw = await asyncio.to_thread(_read, body)
        else:
            mail_from, to = _envelope(request)
            most = self._hook.max_bytes
            raw = await read_body(request, max_octets=most, seconds=_BODY_SECONDS)
        taken = await self._hook.take(mail_from, to, raw, ip=ip)
        answer = orjson.dumps({"accepted": True, "id": taken})
        return web.Response(body=answer, content_type="application/json")


def _envelope(request: web.Request) -> tuple[str, Sequence[str]]:
    query, headers = request.query, request.headers
    mail_from = query.get("from", headers.get("X-Envelope-From"))
    if mail_from is None:
        raise invalid("from", "name the envelope sender", fix="Send X-Envelope-From, <> for none")
    return mail_from, query.getall("to", []) or headers.getall("X-Envelope-To", [])


def _read(body: bytes) -> tuple[str, Sequence[str], bytes]:
    """The envelope and the message of a JSON document; the message as text or as base64."""
    try:
        given = _Forwarded.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise invalid("body", "it is no JSON document") from error
    except ValidationError as error:
        raise from_validation(error, ("from", "to", "rawEmail")) from None
    to = [given.to] if isinstance(given.to, str) else given.to
    try:
        # A message has a colon in its first line, which base64 has nowhere.
        raw = base64.b64decode("".join(given.raw.split()), validate=True)
    except (binascii.Error, ValueError):
        raw = given.raw.encode("utf-8", "surrogateescape")
    return given.sender, to, raw
