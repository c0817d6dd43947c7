"""API keys: made, listed without their secrets, revoked."""

from typing import Annotated

from pydantic import ConfigDict, Field

from httpapi.fields import (
    Input,
    Instant,
    Line,
    Listing,
    Output,
    Page,
    Timestamp,
    by_age,
    sliced,
    view,
)
from httpapi.operation import MASTER, Call, operation
from mailcore.ids import KeyId
from mailcore.model import KeyRole


class ListKeys(Page):
    """Which keys to list."""

    is_revoked: bool | None = None
    """Only revoked ones, or only those that are not."""


class OneKey(Input):
    """Which key."""

    key_id: str
    """The id of a key."""


class CreateKey(Input):
    """A new key."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role": "approver", "name": "phone"}]}
    )

    role: KeyRole
    """What it opens."""
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    """What you will know it by."""
    agent: Line | None = None
    """The agent it belongs to, by id or name: for an agent's key, and only for that."""
    expires_at: Instant | None = None
    """When it stops working by itself."""


class KeyInfo(Output):
    """A key without its secret."""

    id: str
    role: KeyRole
    name: str
    prefix: str
    """How it begins."""
    agent_id: str | None
    created_at: Timestamp
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    last_used_at: Timestamp | None


class CreatedKey(KeyInfo):
    """A new key with its secret."""

    api_key: str
    """Shown this once."""


class KeyList(Listing[KeyInfo]):
    """A page of keys."""


async def list_keys(call: Call, given: ListKeys) -> KeyList:
    """The keys without their secrets; an agent sees its own."""
    keys = await call.services.accounts.keys(call.actor)
    found = [one for one in keys if given.is_revoked in (None, one.revoked_at is not None)]
    return KeyList.of(given, sliced(found, given, by_age), lambda one: view(KeyInfo, one))


async def create_key(call: Call, given: CreateKey) -> CreatedKey:
    """A new key; its secret is in the answer and nowhere else."""
    created = await call.services.accounts.create_key(
        call.actor,
        role=given.role,
        name=given.name,
        agent=given.agent,
        expires_at=given.expires_at,
    )
    return view(CreatedKey, created.key, api_key=created.token)


async def revoke_key(call: Call, given: OneKey) -> None:
    """End a key at once."""
    await call.services.accounts.revoke_key(call.actor, KeyId(given.key_id))


OPERATIONS = (
    operation(
        name="list_keys",
        method="GET",
        path="/v1/keys",
        summary="List keys",
        tag="Keys",
        input=ListKeys,
        output=KeyList,
        function=list_keys,
    ),
    operation(
        name="create_key",
        method="POST",
        path="/v1/keys",
        summary="Create a key",
        tag="Keys",
        input=CreateKey,
        output=CreatedKey,
        roles=MASTER,
        success=201,
        function=create_key,
    ),
    operation(
        name="revoke_key",
        method="DELETE",
        path="/v1/keys/{key_id}",
        summary="Revoke a key",
        tag="Keys",
        input=OneKey,
        output=None,
        roles=MASTER,
        success=204,
        function=revoke_key,
    ),
)
