"""Aliases: addresses that lead to inboxes of other names."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Input, Line, Listing, Output, Page, Timestamp, sliced, view
from httpapi.operation import MASTER, Call, operation
from mailcore.aliases import MAX_INBOXES
from mailcore.model import Alias

type Inboxes = Annotated[list[Line], Field(min_length=1, max_length=MAX_INBOXES)]


class ListAliases(Page):
    """Which part of the list."""


class OneAlias(Input):
    """Which alias."""

    alias_id: str
    """Its id or address."""


class CreateAlias(Input):
    """A new alias."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"address": "sales@example.org", "inboxes": ["mia@example.org"]}]
        }
    )

    address: Annotated[Line, Field(min_length=3, max_length=320)]
    """The address, of a domain of this server."""
    inboxes: Inboxes
    """Where its mail goes: ids or addresses of inboxes. Every one gets it."""


class ChangeAlias(OneAlias):
    """Other inboxes for an alias."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"inboxes": ["mia@example.org"]}]})

    inboxes: Inboxes
    """Where its mail goes from now on: ids or addresses of inboxes."""


class AliasInfo(Output):
    """An alias."""

    id: str
    address: str
    identity_ids: list[str]
    """The inboxes that get its mail, as far as you may see them; none means that it is refused."""
    created_at: Timestamp


class AliasList(Listing[AliasInfo]):
    """A page of aliases by address."""


async def list_aliases(call: Call, given: ListAliases) -> AliasList:
    """The aliases of this server; with an agent's key those that lead to its inboxes."""
    found = await call.services.aliases.aliases(call.actor)
    part = sliced(found, given, lambda one: (one.address.folded, one.id))
    return AliasList.of(given, part, _info)


async def create_alias(call: Call, given: CreateAlias) -> AliasInfo:
    """Lead an address to one or more inboxes. `postmaster` and `abuse` may be led so, too."""
    return _info(await call.services.aliases.create(call.actor, given.address, given.inboxes))


async def get_alias(call: Call, given: OneAlias) -> AliasInfo:
    """One alias, by id or address."""
    return _info(await call.services.aliases.alias(call.actor, given.alias_id))


async def change_alias(call: Call, given: ChangeAlias) -> AliasInfo:
    """Lead an alias to other inboxes."""
    return _info(await call.services.aliases.change(call.actor, given.alias_id, given.inboxes))


async def delete_alias(call: Call, given: OneAlias) -> None:
    """Delete an alias: its address takes no mail any more."""
    await call.services.aliases.delete(call.actor, given.alias_id)


def _info(alias: Alias) -> AliasInfo:
    return view(AliasInfo, alias, address=str(alias.address), identity_ids=list(alias.inbox_ids))


OPERATIONS = (
    operation(
        name="list_aliases",
        method="GET",
        path="/v1/aliases",
        summary="List aliases",
        tag="Aliases",
        input=ListAliases,
        output=AliasList,
        function=list_aliases,
    ),
    operation(
        name="create_alias",
        method="POST",
        path="/v1/aliases",
        summary="Create an alias",
        tag="Aliases",
        input=CreateAlias,
        output=AliasInfo,
        roles=MASTER,
        success=201,
        conflicts=("address_taken", "reserved_address"),
        function=create_alias,
    ),
    operation(
        name="get_alias",
        method="GET",
        path="/v1/aliases/{alias_id}",
        summary="See an alias",
        tag="Aliases",
        input=OneAlias,
        output=AliasInfo,
        function=get_alias,
    ),
    operation(
        name="change_alias",
        method="PATCH",
        path="/v1/aliases/{alias_id}",
        summary="Change an alias",
        tag="Aliases",
        input=ChangeAlias,
        output=AliasInfo,
        roles=MASTER,
        function=change_alias,
    ),
    operation(
        name="delete_alias",
        method="DELETE",
        path="/v1/aliases/{alias_id}",
        summary="Delete an alias",
        tag="Aliases",
        input=OneAlias,
        output=None,
        roles=MASTER,
        success=204,
        function=delete_alias,
    ),
)
