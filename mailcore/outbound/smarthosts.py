"""Smart hosts: which one a message leaves through, and the owner's list of those of single senders.

An agent's own comes first, then that of the domain in the envelope sender, then the configured one.
Secrets are kept sealed and never shown again.
"""

from dataclasses import dataclass, field

from mailcore.accounts import Accounts, audit, require_master
from mailcore.address import parse_domain
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import ServerSecrets
from mailcore.errors import MailError, invalid
from mailcore.ids import SmarthostId, new_id
from mailcore.model import Actor, Claim, QueueScope, ScopeKind, Smarthost
from mailcore.outbound.transfer import Login
from mailcore.store.ports import OutboundStore


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSmarthost:
    """A smart host for an agent, by id or name, or for a domain of ours."""

    scope: QueueScope
    host: str
    port: int
    user: str = ""
    secret: str = field(default="", repr=False)
    is_token: bool = False
    """The secret is an OAuth 2 access token, for XOAUTH2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """The smart host of one message, and who we are there."""

    host: str
    port: int
    login: Login | None


class Smarthosts:
    """The list, and the choice."""

    def __init__(
        self,
        *,
        outbound: OutboundStore,
        accounts: Accounts,
        secrets: ServerSecrets,
        config: Config,
        clock: Clock,
    ) -> None:
        self._outbound = outbound
        self._accounts = accounts
        self._secrets = secrets
        self._config = config
        self._clock = clock

    async def add(self, actor: Actor, new: NewSmarthost) -> Smarthost:
        """Send what the agent or domain sends through this host. Master only.

        CONFLICT `smarthost_exists` when it has one. Raises INVALID naming the field.
        """
        require_master(actor)
        if bool(new.user) != bool(new.secret):
            raise invalid("secret", "a login is a user and a secret", fix="Give both or neither")
        one = Smarthost(
            id=SmarthostId(new_id()),
            pod_id=actor.pod_id,
            scope=await self._known(actor, new.scope),
            host=_host(new.host),
            port=new.port,
            user=new.user,
            sealed_secret=self._secrets.seal(new.secret.encode()),
            is_token=new.is_token,
            created_at=self._clock.now(),
        )
        detail = {"scope": one.scope.kind.value, "host": one.host}
        await self._outbound.add_smarthost(
            one, audit(actor, "smarthost.add", one.scope.value, {**detail})
        )
        return one

    async def items(self, actor: Actor) -> tuple[Smarthost, ...]:
        """Oldest first. For who sees the pod."""
        if not actor.reads_pod:
            require_master(actor)
        return await self._outbound.smarthosts(actor.pod_id)

    async def remove(self, actor: Actor, smarthost_id: SmarthostId) -> None:
        """The sender's mail leaves like everybody's again. Master only; NOT_FOUND."""
        require_master(actor)
        entry = audit(actor, "smarthost.remove", smarthost_id, {})
        await self._outbound.remove_smarthost(actor.pod_id, smarthost_id, entry)

    async def of(self, claim: Claim) -> Via | None:
        """The smart host of a claim; None looks up MX records. Raises UNAVAILABLE for a lost secret."""
        sender = claim.submission.envelope.mail_from
        own = await self._outbound.smarthost_for(
            claim.submission.pod_id, claim.items[0].sender_id, sender.domain if sender else ""
        )
        if own is None:
            return self._configured()
        secret = self._secrets.unseal(own.sealed_secret).decode()
        login = Login(user=own.user, secret=secret, is_token=own.is_token) if own.user else None
        return Via(host=own.host, port=own.port, login=login)

    def _configured(self) -> Via | None:
        section = self._config.outbound
        if section.smarthost is None:
            return None
        host, _, port = section.smarthost.rpartition(":")
        login = None
        if section.smarthost_user and section.smarthost_password:
            secret = section.smarthost_password.get_secret_value()
            login = Login(user=section.smarthost_user, secret=secret)
        return Via(host=host, port=int(port), login=login)

    async def _known(self, actor: Actor, scope: QueueScope) -> QueueScope:
        if scope.kind is ScopeKind.AGENT:
            agent = await self._accounts.agent(actor, scope.value)
            return QueueScope(kind=scope.kind, value=agent.id)
        return QueueScope(kind=ScopeKind.DOMAIN, value=parse_domain(scope.value))


def _host(text: str) -> str:
    """A name or an address."""
    try:
        return parse_domain(text, path="host")
    except MailError:
        if text.replace(".", "").isdigit() or ":" in text:
            return text.strip("[]")
        raise
