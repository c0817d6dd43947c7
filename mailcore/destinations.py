"""Which inboxes mail for a local address goes to: the one of that name, an alias's, or the catch-all.

One answer for mail from outside and for our own users. An address that somebody had and gave up is
refused by its own reason, and never falls to the catch-all: its mail was meant for somebody else.
"""

from mailcore.address import Address
from mailcore.errors import ErrorKind, MailError
from mailcore.model import FormerInbox, Inbox
from mailcore.store.ports import AccountStore


async def destinations(accounts: AccountStore, address: Address) -> tuple[Inbox, ...]:
    """The inboxes, at least one; a sub-address goes where its address goes (RFC 5233).

    NOT_FOUND `no_such_user` or `address_deleted`; DENIED `address_disabled`.
    """
    base = address.base
    inbox = await accounts.inbox_by_address(base.folded)
    if inbox is not None:
        return (inbox,)
    found = await of_alias(accounts, base)
    if found:
        return found
    former = await accounts.former_inbox(base.folded)
    if former is not None:
        raise _given_up(base, former)
    caught = await _catch_all(accounts, base.domain)
    if caught is not None:
        return (caught,)
    raise MailError(
        ErrorKind.NOT_FOUND,
        f"there is no inbox {address} here",
        code="no_such_user",
        fix="Check the address",
    )


async def of_alias(accounts: AccountStore, base: Address) -> tuple[Inbox, ...]:
    """The inboxes of an alias that take mail; none when there is no such alias."""
    alias = await accounts.alias_by_address(base.folded)
    if alias is None:
        return ()
    found = [await accounts.inbox(one) for one in alias.inbox_ids]
    return tuple(one for one in found if one is not None and one.is_active)


async def _catch_all(accounts: AccountStore, name: str) -> Inbox | None:
    domain = await accounts.domain_by_name(name)
    if domain is None or domain.catch_all is None:
        return None
    inbox = await accounts.inbox(domain.catch_all)
    return inbox if inbox is not None and inbox.is_active else None


def _given_up(base: Address, former: FormerInbox) -> MailError:
    if former.deleted_at is None:
        return MailError(
            ErrorKind.DENIED, f"{base} is switched off and takes no mail", code="address_disabled"
        )
    return MailError(
        ErrorKind.NOT_FOUND,
        f"{base} was deleted and takes no mail any more",
        code="address_deleted",
    )
