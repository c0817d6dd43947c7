"""Smart hosts of single agents and domains."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import Flag, Input, Line, Listing, Output, Page, Timestamp, sliced
from httpapi.operation import MASTER, READERS, Call, operation
from mailcore.errors import invalid
from mailcore.ids import SmarthostId
from mailcore.model import Position, QueueScope, ScopeKind, Smarthost
from mailcore.outbound.smarthosts import NewSmarthost


class ListSmarthosts(Page):
    """Which smart hosts to list: all."""


class AddSmarthost(Input):
    """A host, and whose mail leaves through it: an agent's or a domain's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"domain": "example.org", "host": "relay.example.net", "port": 587}]
        }
    )

    agent: Annotated[Line, Field(max_length=100)] | None = None
    """An agent, by id or name."""
    domain: Annotated[Line, Field(max_length=253)] | None = None
    """The domain of senders."""
    host: Annotated[Line, Field(min_length=1, max_length=253)]
    """The name or address of the smart host."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """With 465 TLS comes before the greeting."""
    user: Annotated[Line, Field(max_length=500)] = ""
    """The login there; empty for none."""
    secret: Annotated[Line, Field(max_length=8000)] = ""
    """Its password or access token; kept encrypted and never shown."""
    is_token: Flag = False
    """The secret is an OAuth 2 access token, for XOAUTH2."""


class OneSmarthost(Input):
    """Which smart host."""

    smarthost_id: str
    """The id of a smart host."""


class SmarthostInfo(Output):
    """A smart host of an agent or a domain, without its secret."""

    id: str
    scope: ScopeKind
    """`agent` or `domain`."""
    value: str
    """The agent's id or the domain."""
    host: str
    port: int
    user: str
    is_token: bool
    created_at: Timestamp


class SmarthostList(Listing[SmarthostInfo]):
    """A page of smart hosts, oldest first."""


async def list_smarthosts(call: Call, given: ListSmarthosts) -> SmarthostList:
    """The smart hosts of single agents and domains, oldest first."""
    found = await call.services.smarthosts.items(call.actor)
    return SmarthostList.of(given, sliced(found, given, _by_age), _info)


async def add_smarthost(call: Call, given: AddSmarthost) -> SmarthostInfo:
    """Send what an agent or a domain sends through a host. A login needs TLS and a good certificate."""
    if (given.agent is None) == (given.domain is None):
        raise invalid("domain", "name an agent or a domain, one of them")
    scope = (
        QueueScope(kind=ScopeKind.AGENT, value=given.agent)
        if given.agent is not None
        else QueueScope(kind=ScopeKind.DOMAIN, value=given.domain or "")
    )
    new = NewSmarthost(
        scope=scope,
        host=given.host,
        port=given.port,
        user=given.user,
        secret=given.secret,
        is_token=given.is_token,
    )
    return _info(await call.services.smarthosts.add(call.actor, new))


async def remove_smarthost(call: Call, given: OneSmarthost) -> None:
    """Let the sender's mail leave like everybody's again."""
    await call.services.smarthosts.remove(call.actor, SmarthostId(given.smarthost_id))


def _by_age(one: Smarthost) -> Position:
    return (int(one.created_at.timestamp() * 1_000_000), one.id)


def _info(one: Smarthost) -> SmarthostInfo:
    return SmarthostInfo(
        id=one.id,
        scope=one.scope.kind,
        value=one.scope.value,
        host=one.host,
        port=one.port,
        user=one.user,
        is_token=one.is_token,
        created_at=one.created_at,
    )


OPERATIONS = (
    operation(
        name="list_smarthosts",
        method="GET",
        path="/v1/smarthosts",
        summary="List smart hosts",
        tag="Queue",
        input=ListSmarthosts,
        output=SmarthostList,
        roles=READERS,
        function=list_smarthosts,
    ),
    operation(
        name="add_smarthost",
        method="POST",
        path="/v1/smarthosts",
        summary="Add a smart host",
        tag="Queue",
        input=AddSmarthost,
        output=SmarthostInfo,
        roles=MASTER,
        success=201,
        conflicts=("smarthost_exists",),
        function=add_smarthost,
    ),
    operation(
        name="remove_smarthost",
        method="DELETE",
        path="/v1/smarthosts/{smarthost_id}",
        summary="Remove a smart host",
        tag="Queue",
        input=OneSmarthost,
        output=None,
        roles=MASTER,
        success=204,
        function=remove_smarthost,
    ),
)
