"""The three documents that a client can attach without calling a tool."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import BaseModel

from httpapi.fields import MAX_LIMIT, Nothing
from httpapi.mcp.results import bounded
from httpapi.operation import Call
from httpapi.operations.identities import IdentityList, ListIdentities, list_identities
from httpapi.operations.threads import ListThreads, ThreadList, list_threads
from httpapi.operations.workspace import WorkspaceInfo, get_workspace
from mailcore.errors import not_found
from mailcore.model import JsonObject

MEDIA_TYPE: Final = "application/json"
_RECENT: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One document."""

    uri: str
    name: str
    description: str
    read: Callable[[Call], Awaitable[bytes]]
    model: type[BaseModel]
    """What it holds; a text of others in it is marked."""


async def _workspace(call: Call) -> bytes:
    return (await get_workspace(call, Nothing())).model_dump_json().encode()


async def _identities(call: Call) -> bytes:
    found: list[JsonObject] = []
    while True:
        given = ListIdentities(status="active", limit=MAX_LIMIT, offset=len(found))
        page = await list_identities(call, given)
        found += [one.model_dump(mode="json") for one in page.data]
        if not page.data or len(found) >= page.total:
            return orjson.dumps({"data": found, "total": len(found)})


async def _threads(call: Call) -> bytes:
    return (await list_threads(call, ListThreads(limit=_RECENT))).model_dump_json().encode()


RESOURCES: Final = (
    Resource(
        uri="workspace://current",
        name="workspace",
        description="Which server this is and who you are on it.",
        read=_workspace,
        model=WorkspaceInfo,
    ),
    Resource(
        uri="identities://active",
        name="identities",
        description="Every address you may send from.",
        read=_identities,
        model=IdentityList,
    ),
    Resource(
        uri="threads://recent",
        name="recent threads",
        description=f"The {_RECENT} conversations with the latest messages.",
        read=_threads,
        model=ThreadList,
    ),
)


async def read(call: Call, uri: str) -> str:
    """The document at a URI; NOT_FOUND names those that there are."""
    for one in RESOURCES:
        if one.uri == uri:
            return orjson.dumps(bounded(await one.read(call), one.model)).decode()
    raise not_found("the resource", fix=f"Read one of {', '.join(each.uri for each in RESOURCES)}")
