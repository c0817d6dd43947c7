"""API keys: made, listed without their secrets, revoked."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.main import IncEx

from httpapi.fields import (
    Input,
    Instant,
    Line,
    Listing,
    Nothing,
    Output,
    Page,
    Timestamp,
    by_age,
    sliced,
    view,
)
from httpapi.operation import MASTER, Call, operation
from mailcore import accounts
from mailcore.ids import InboxId, KeyId
from mailcore.model import Key, KeyRole, Permission, Role


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
    inbox_id: Line | None = None
    """The one inbox that an agent's key is for; all of the agent's when left out."""
    permissions: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=3)] = (
        Permission.READ,
        Permission.SEND,
        Permission.MANAGE,
    )
    """What an agent's key may do: `read` mail, `send` it, `manage` everything else."""
    expires_at: Instant | None = None
    """When it stops working by itself."""


class RotateKey(OneKey):
    """Which key to replace."""

    overlap_seconds: Annotated[int, Field(ge=0, le=7 * 86400)] = 0
    """How long the old one still works."""


class KeyInfo(Output):
    """A key without its secret."""

    VOLATILE: ClassVar[IncEx | None] = {"last_used_at"}

    id: str
    role: KeyRole
    name: str
    prefix: str
    """How it begins."""
    agent_id: str | None
    person_id: str | None
    inbox_id: str | None
    """The one inbox it is for."""
    permissions: list[Permission]
    created_at: Timestamp
    expires_at: Timestamp | None
    revoked_at: Timestamp | None
    last_used_at: Timestamp | None


class CurrentKey(Output):
    """Who asks."""

    role: Role
    label: str
    """What the audit log calls you."""
    agent_id: str | None
    inbox_id: str | None
    """The one inbox you see; everything of yours when null."""
    permissions: list[Permission]
    key: KeyInfo | None
    """The key that was sent; null on the unix socket."""


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
    return KeyList.of(given, sliced(found, given, by_age), key_info)


async def create_key(call: Call, given: CreateKey) -> CreatedKey:
    """A new key; its secret is in the answer and nowhere else."""
    created = await call.services.accounts.create_key(
        call.actor,
        role=given.role,
        name=given.name,
        agent=given.agent,
        inbox_id=InboxId(given.inbox_id) if given.inbox_id else None,
        permissions=given.permissions,
        expires_at=given.expires_at,
    )
    return _created(created)


async def get_current_key(call: Call, given: Nothing) -> CurrentKey:
    """Who you are, as this server sees it, and what your key may do."""
    del given
    actor = call.actor
    key = None
    if actor.key_id is not None:
        key = key_info(await call.services.accounts.key(actor, actor.key_id))
    return view(CurrentKey, actor, permissions=sorted(actor.permissions), key=key)


async def get_key(call: Call, given: OneKey) -> KeyInfo:
    """One key without its secret."""
    return key_info(await call.services.accounts.key(call.actor, KeyId(given.key_id)))


async def rotate_key(call: Call, given: RotateKey) -> CreatedKey:
    """A new key with the rights of an old one; the old one ends now, or after the overlap."""
    created = await call.services.accounts.rotate_key(
        call.actor, KeyId(given.key_id), overlap=timedelta(seconds=given.overlap_seconds)
    )
    return _created(created)


def key_info(key: Key) -> KeyInfo:
    """A key as the API shows it."""
    return view(KeyInfo, key, permissions=sorted(key.permissions))


def _created(created: accounts.CreatedKey) -> CreatedKey:
    return view(CreatedKey, key_info(created.key), api_key=created.token)


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
        name="get_current_key",
        method="GET",
        path="/v1/keys/current",
        summary="See who you are",
        tag="Keys",
        input=Nothing,
        output=CurrentKey,
        function=get_current_key,
        tool="See who you are and what your key may do.",
    ),
    operation(
        name="get_key",
        method="GET",
        path="/v1/keys/{key_id}",
        summary="See a key",
        tag="Keys",
        input=OneKey,
        output=KeyInfo,
        function=get_key,
    ),
    operation(
        name="rotate_key",
        method="POST",
        path="/v1/keys/{key_id}/rotate",
        summary="Replace a key",
        tag="Keys",
        input=RotateKey,
        output=CreatedKey,
        roles=MASTER,
        success=201,
        conflicts=("key_ended",),
        function=rotate_key,
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
