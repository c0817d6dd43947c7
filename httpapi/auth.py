"""Who a request is: a bearer key, or the operator on the unix socket."""

from aiohttp import web

from httpapi.operation import DECIDERS, MASTER, Operation
from httpapi.peer import Peer
from mailcore.credentials import OPERATOR, Credentials
from mailcore.errors import ErrorKind, MailError, denied
from mailcore.metrics import Metrics
from mailcore.model import Actor


class Authenticator:
    """Turns a request into an actor, or raises UNAUTHENTICATED."""

    def __init__(self, credentials: Credentials, metrics: Metrics) -> None:
        self._credentials = credentials
        self._metrics = metrics

    async def actor(self, request: web.Request, peer: Peer) -> Actor:
        """The actor. On the unix socket a key may still be given, to act with less."""
        return await self.actor_of(bearer_token(request), peer)

    async def actor_of(self, token: str | None, peer: Peer) -> Actor:
        """The same for a key that came another way."""
        if token is None:
            if peer.is_operator:
                return OPERATOR
            raise MailError(
                ErrorKind.UNAUTHENTICATED,
                "no API key was sent",
                code="key_required",
                fix="Send it as `Authorization: Bearer KEY`",
            )
        try:
            actor = await self._credentials.bearer(token, peer=peer.ip)
        except MailError:
            self._metrics.auth.labels("http", "refused").inc()
            raise
        self._metrics.auth.labels("http", "accepted").inc()
        return actor


def bearer_token(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer` (RFC 6750 §2.1); None without the field."""
    value = request.headers.get("Authorization")
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise MailError(
            ErrorKind.UNAUTHENTICATED,
            "only bearer keys are understood",
            fix="Send the key as `Authorization: Bearer KEY`",
        )
    return token.strip()


def require_role(actor: Actor, operation: Operation) -> None:
    """DENIED unless the table lets this role call the operation; services decide about the thing itself."""
    if actor.role in operation.roles:
        actor.require(operation.needs)
        return
    if operation.roles == MASTER:
        raise denied(
            "this needs the master key",
            code="master_key_required",
            fix="Call it with the owner's master key",
        )
    if operation.roles == DECIDERS:
        raise denied(
            "only a person decides this: an agent's key never does",
            code="approver_required",
            fix="Ask the owner or an approver",
        )
    raise denied("this key may not call this")
