"""Which inbox an address belongs to: sub-addresses, role addresses, approval addresses."""

from dataclasses import dataclass
from typing import Final

from mailcore.address import APPROVAL_LOCAL_PART, ROLE_LOCAL_PARTS, Address
from mailcore.config import Config
from mailcore.delivery import require_room
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Inbox
from mailcore.store.ports import AccountStore

OWNER_LOCAL_PART: Final = "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToInbox:
    """Mail for an inbox; `tag` is the sub-address."""

    inbox: Inbox
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToApproval:
    """An answer to a notice; `token` is what stood behind the plus."""

    token: str


type Route = ToInbox | ToApproval


class Routing:
    """Resolves recipients of local domains; everything else is not ours to take."""

    def __init__(self, *, accounts: AccountStore, config: Config) -> None:
        self._accounts = accounts
        self._config = config

    async def resolve(self, address: Address) -> Route:
        """Where the address leads. DENIED `relay_denied` or NOT_FOUND `no_such_user`."""
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
        if local in ROLE_LOCAL_PARTS:
            base = Address(OWNER_LOCAL_PART, self._config.server.domain)
        inbox = await self._accounts.inbox_by_address(base.folded)
        if inbox is None:
            raise MailError(
                ErrorKind.NOT_FOUND, f"there is no inbox {address} here", code="no_such_user"
            )
        return ToInbox(inbox=inbox, tag=address.tag)

    async def require_room(self, route: Route, size_bytes: int) -> None:
        """OVER_LIMIT `over_quota` when the inbox has no room for a message of this size."""
        if isinstance(route, ToInbox):
            await require_room(self._accounts, route.inbox, size_bytes)
