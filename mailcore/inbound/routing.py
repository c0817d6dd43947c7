"""Where an address of ours leads: inboxes, an approval, a return path, or the owner's address outside."""

from dataclasses import dataclass
from typing import Final

from mailcore.address import (
    APPROVAL_LOCAL_PART,
    BOUNCE_LOCAL_PART,
    ROLE_LOCAL_PARTS,
    Address,
    parse_address,
)
from mailcore.config import Config
from mailcore.delivery import require_room
from mailcore.destinations import destinations, of_alias
from mailcore.errors import ErrorKind, MailError
from mailcore.inbound.bounces import Bounces, SentTogether
from mailcore.model import Inbox
from mailcore.store.ports import AccountStore

OWNER_LOCAL_PART: Final = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToInbox:
    """Mail for inboxes, several for an alias; `tag` is the sub-address."""

    inboxes: tuple[Inbox, ...]
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToApproval:
    """An answer to a notice; `token` is what stood behind the plus."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToNotice:
    """Mail for a role of the domain while the owner has no inbox here: it is sent on to `owner`."""

    owner: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class ToReturn:
    """Mail that came back to a return path of ours."""

    sent: SentTogether


type Route = ToInbox | ToApproval | ToNotice | ToReturn


class Routing:
    """Resolves recipients of local domains; everything else is not ours to take."""

    def __init__(self, *, accounts: AccountStore, bounces: Bounces, config: Config) -> None:
        self._accounts = accounts
        self._bounces = bounces
        self._config = config

    async def resolve(self, address: Address) -> Route:
        """Where the address leads. DENIED `relay_denied`; raises like `destinations`."""
        domain = address.domain or self._config.server.domain
        if await self._accounts.domain_by_name(domain) is None:
            raise MailError(
                ErrorKind.DENIED,
                f"this server does not take mail for {address.domain}",
                code="relay_denied",
            )
        base = Address(address.local, domain).base
        local = base.local.lower()
        if local == APPROVAL_LOCAL_PART:
            return ToApproval(token=address.tag.lower())
        if local == BOUNCE_LOCAL_PART and address.tag:
            return await self._return(address)
        if local in ROLE_LOCAL_PARTS:
            return await self._role(base)
        return ToInbox(inboxes=await destinations(self._accounts, base), tag=address.tag)

    async def _role(self, base: Address) -> Route:
        """A role of the domain always leads somewhere (RFC 2142, RFC 5321 §4.5.1)."""
        found = await of_alias(self._accounts, base)
        owner = Address(OWNER_LOCAL_PART, self._config.server.domain).folded
        inbox = None if found else await self._accounts.inbox_by_address(owner)
        if inbox is not None:
            found = (inbox,)
        if not found:
            return ToNotice(owner=parse_address(self._config.server.owner))
        return ToInbox(inboxes=found, tag="")

    async def _return(self, address: Address) -> ToReturn:
        sent = await self._bounces.sent(address.tag)
        if sent is None:
            raise MailError(
                ErrorKind.NOT_FOUND, "this return address is not valid", code="no_such_user"
            )
        return ToReturn(sent=sent)

    async def require_room(self, route: Route, size_bytes: int) -> None:
        """OVER_LIMIT `over_quota` when an inbox has no room for a message of this size."""
        if isinstance(route, ToInbox):
            for inbox in route.inboxes:
                await require_room(self._accounts, inbox, size_bytes)
