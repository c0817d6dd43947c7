"""Aliases and catch-alls: addresses of local domains that are no inboxes, made by the owner.

An alias only receives: its mail goes to all of its inboxes, which send as themselves. Deleting an
inbox takes it out of its aliases; one that leads nowhere any more refuses mail.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mailcore.accounts import audit, require_master
from mailcore.address import RESERVED_LOCAL_PARTS, Address, parse_address
from mailcore.clock import Clock
from mailcore.errors import conflict, invalid, not_found
from mailcore.ids import AliasId, DomainId, InboxId, new_id
from mailcore.model import Actor, Alias, Domain, Inbox, JsonObject
from mailcore.store.ports import AccountStore

MAX_INBOXES: Final = 50
_ROLES: Final = frozenset({"postmaster", "abuse"})
"""Reserved names that may be led elsewhere than to the owner; the server itself answers the others."""


class Aliases:
    """The service of addresses that are no inboxes."""

    def __init__(self, *, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def aliases(self, actor: Actor) -> tuple[Alias, ...]:
        """Those that lead to an inbox the actor may read, all for who sees the pod; by address."""
        found = await self._store.aliases(actor.pod_id)
        if actor.reads_pod:
            return found
        own = {one.id for one in await self._store.inboxes(actor.pod_id) if actor.may_use(one)}
        seen = [
            replace(one, inbox_ids=tuple(inbox for inbox in one.inbox_ids if inbox in own))
            for one in found
        ]
        return tuple(one for one in seen if one.inbox_ids)

    async def alias(self, actor: Actor, id_or_address: str) -> Alias:
        """One alias by id or address; foreign ones are NOT_FOUND."""
        for one in await self.aliases(actor):
            if id_or_address == one.id or id_or_address.lower() == one.address.folded:
                return one
        raise not_found("alias")

    async def create(self, actor: Actor, address: str, inboxes: Sequence[str]) -> Alias:
        """A new alias. `inboxes` are ids or addresses. CONFLICT `address_taken`; master only."""
        require_master(actor)
        parsed = parse_address(address, path="address")
        if "+" in parsed.local:
            raise invalid("address", "a plus sign marks a sub-address and cannot be in a name")
        local = parsed.local.lower()
        if local in RESERVED_LOCAL_PARTS - _ROLES:
            raise conflict(f"{parsed} is reserved", code="reserved_address", fix="Choose another")
        domain = await self._domain(actor, parsed.domain)
        alias = Alias(
            id=AliasId(new_id()),
            pod_id=actor.pod_id,
            domain_id=domain.id,
            address=Address(local, domain.name),
            inbox_ids=await self._inboxes(actor, inboxes),
            created_at=self._clock.now(),
        )
        await self._store.create_alias(
            alias, audit(actor, "alias.create", alias.id, _detail(alias))
        )
        return alias

    async def change(self, actor: Actor, id_or_address: str, inboxes: Sequence[str]) -> Alias:
        """Lead an alias to other inboxes. Master only."""
        require_master(actor)
        old = await self.alias(actor, id_or_address)
        alias = replace(old, inbox_ids=await self._inboxes(actor, inboxes))
        await self._store.change_alias(
            alias, audit(actor, "alias.update", alias.id, _detail(alias))
        )
        return alias

    async def delete(self, actor: Actor, id_or_address: str) -> None:
        """The address takes no mail any more. Master only."""
        require_master(actor)
        alias = await self.alias(actor, id_or_address)
        record = audit(actor, "alias.delete", alias.id, {"address": str(alias.address)})
        await self._store.delete_alias(alias.id, record)

    async def set_catch_all(self, actor: Actor, domain_id: DomainId, inbox: str | None) -> Domain:
        """The inbox (id or address) for names of a domain nobody has; None for none. Master only."""
        require_master(actor)
        found = (await self._inboxes(actor, [inbox]))[0] if inbox is not None else None
        detail: JsonObject = {"inbox_id": found}
        record = audit(actor, "domain.catch_all", domain_id, detail)
        return await self._store.set_catch_all(domain_id, found, record)

    async def _domain(self, actor: Actor, name: str) -> Domain:
        domain = await self._store.domain_by_name(name)
        if domain is None or domain.pod_id != actor.pod_id:
            raise invalid(
                "address", f"{name} is not a domain of this server", fix="Add the domain first"
            )
        return domain

    async def _inboxes(self, actor: Actor, wanted: Sequence[str]) -> tuple[InboxId, ...]:
        if not 0 < len(wanted) <= MAX_INBOXES:
            raise invalid("inboxes", f"name 1 to {MAX_INBOXES} inboxes")
        known = [one for one in await self._store.inboxes(actor.pod_id) if actor.may_use(one)]
        return tuple(dict.fromkeys(_named(known, one) for one in wanted))


def _named(known: Sequence[Inbox], id_or_address: str) -> InboxId:
    for one in known:
        if id_or_address == one.id or id_or_address.lower() == one.address.folded:
            return one.id
    raise invalid("inboxes", f"there is no inbox {id_or_address[:100]}", fix="Create it first")


def _detail(alias: Alias) -> JsonObject:
    return {"address": str(alias.address), "inbox_ids": list(alias.inbox_ids)}
