"""Commands on the data directory of a stopped server, through the same services.

The store's lock is taken for every one of them: beside a running server they refuse.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from mailcore.accounts import NewAgent
from mailcore.app.core import Core, open_core
from mailcore.cli.settings import Settings
from mailcore.clock import to_iso
from mailcore.credentials import OPERATOR
from mailcore.domains.records import to_json
from mailcore.errors import MailError
from mailcore.model import Domain, JsonObject


def on_store[T](settings: Settings, work: Callable[[Core], Awaitable[T]]) -> T:
    """Run `work` on the stopped server's services."""
    config = settings.load()

    async def run() -> T:
        async with open_core(config) as core:
            return await work(core)

    try:
        return asyncio.run(run())
    except MailError as error:
        if error.code == "locked":
            error.fix = "Stop the server first, or leave --offline out"
        raise


def create_agent(settings: Settings, body: JsonObject) -> JsonObject:
    """`agent create`."""
    metadata = body.get("metadata")
    domain = body.get("domain")
    new = NewAgent(
        name=str(body["name"]),
        role=str(body["role"]),
        owner_name=str(body.get("owner_name", "")),
        domain=str(domain) if domain else None,
        metadata=metadata if isinstance(metadata, dict) else {},
        is_persistent=bool(body.get("is_persistent")),
    )
    created = on_store(settings, lambda core: core.accounts.create_agent(OPERATOR, new))
    return {
        "id": created.agent.id,
        "name": created.agent.name,
        "role": created.agent.role,
        "email": str(created.inbox.address),
        "api_key": created.api_key,
        "inbox": {
            "id": created.inbox.id,
            "address": str(created.inbox.address),
            "username": str(created.inbox.address),
            "password": created.password,
        },
    }


def list_agents(settings: Settings) -> list[JsonObject]:
    """`agent list`."""
    return on_store(settings, _agents)


async def _agents(core: Core) -> list[JsonObject]:
    addresses: dict[str, str] = {}
    for inbox in await core.accounts.inboxes(OPERATOR):
        if inbox.agent_id is not None:
            addresses.setdefault(inbox.agent_id, str(inbox.address))
    return [
        {
            "id": one.id,
            "name": one.name,
            "role": one.role,
            "email": addresses.get(one.id, ""),
            "owner_name": one.owner_name,
            "status": one.status.value,
            "is_persistent": one.is_persistent,
            "created_at": to_iso(one.created_at),
            "last_activity_at": to_iso(one.last_activity_at) if one.last_activity_at else None,
        }
        for one in await core.accounts.agents(OPERATOR)
    ]


def list_domains(settings: Settings) -> list[JsonObject]:
    """`domain list`."""
    found = on_store(settings, lambda core: core.domains.domains(OPERATOR))
    return [_domain(one) for one in found]


def add_domain(settings: Settings, name: str) -> JsonObject:
    """`domain add`."""

    async def add(core: Core) -> JsonObject:
        return await _with_records(core, await core.domains.add(OPERATOR, name))

    return on_store(settings, add)


def remove_domain(settings: Settings, name: str) -> None:
    """`domain remove`."""
    on_store(settings, lambda core: core.domains.remove(OPERATOR, name))


def domain_records(settings: Settings, name: str) -> list[JsonObject]:
    """`domain records`."""
    found = on_store(settings, lambda core: core.domains.records(OPERATOR, name))
    return [to_json(one) for one in found]


def domain_zone(settings: Settings, name: str) -> str:
    """`domain records --zone`."""
    return on_store(settings, lambda core: core.domains.zone_file(OPERATOR, name))


def verify_domain(settings: Settings, name: str) -> JsonObject:
    """`domain verify`."""

    async def verify(core: Core) -> JsonObject:
        return await _with_records(core, await core.domains.verify(OPERATOR, name))

    return on_store(settings, verify)


def rotate_dkim(settings: Settings, name: str, *, force: bool) -> JsonObject:
    """`domain rotate-dkim`."""

    async def rotate(core: Core) -> JsonObject:
        await core.domains.rotate_dkim(OPERATOR, name, force=force)
        return await _with_records(core, await core.domains.domain(OPERATOR, name))

    return on_store(settings, rotate)


async def _with_records(core: Core, domain: Domain) -> JsonObject:
    check = await core.domains.last_check(OPERATOR, domain.id)
    return {
        **_domain(domain),
        "records": [to_json(one) for one in await core.domains.records(OPERATOR, domain.id)],
        "warnings": [dict(asdict(one)) for one in await core.domains.warnings(OPERATOR, domain.id)],
        "checked_at": to_iso(check.checked_at) if check else None,
        "next_check_at": to_iso(check.next_at) if check else None,
    }


def _domain(domain: Domain) -> JsonObject:
    return {
        "id": domain.id,
        "name": domain.name,
        "status": domain.status.value,
        "created_at": to_iso(domain.created_at),
        "verified_at": to_iso(domain.verified_at) if domain.verified_at else None,
    }
