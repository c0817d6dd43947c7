"""A domain service on a real store, asking a fake zone, at a time that stands still."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailcore.config import Config, parse
from mailcore.credentials import OPERATOR, ServerSecrets
from mailcore.demo.zone import Zone
from mailcore.domains.records import DnsRecord
from mailcore.domains.service import Domains
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.clock import FakeClock
from tests.support.dns import resolver_of, serving
from tests.support.invariants import check_invariants

HOSTNAME = "mail.example.org"


def config_of(data_dir: Path, **sections: dict[str, object]) -> Config:
    server = {
        "domain": "example.org",
        "hostname": HOSTNAME,
        "owner": "you@owner.example",
        "data_dir": str(data_dir),
    }
    return parse({"server": server, **sections}, {}, base_dir=data_dir)


@dataclass(kw_only=True)
class World:
    """The service and what stands around it."""

    domains: Domains
    stores: Stores
    zone: Zone
    clock: FakeClock
    secrets: ServerSecrets
    config: Config

    async def records(self, name: str) -> dict[str, DnsRecord]:
        """The records of a domain by `kind name`."""
        return {one.key: one for one in await self.domains.records(OPERATOR, name)}

    async def publish(self, name: str) -> None:
        """Put every record that the domain wants into the zone."""
        for one in await self.domains.records(OPERATOR, name):
            if one.status != "valid":
                self.zone.remove(one.name, one.type)
                self.zone.add(one.name, one.type, one.value)


@pytest.fixture
def settings() -> dict[str, dict[str, object]]:
    """Sections of the configuration; tests override this."""
    return {}


@pytest.fixture
async def world(tmp_path: Path, settings: dict[str, dict[str, object]]) -> AsyncIterator[World]:
    clock = FakeClock()
    secrets = ServerSecrets(b"d" * 32)
    config = config_of(tmp_path, **settings)
    lay_out(tmp_path)
    maildir = Maildir(tmp_path, clock=clock)
    async with (
        serving((HOSTNAME, "A", "192.0.2.1")) as zone,
        SqliteStore.open(tmp_path, maildir, clock) as stores,
    ):
        domains = Domains(
            store=stores.accounts,
            secrets=secrets,
            resolver=resolver_of(zone),
            config=config,
            clock=clock,
        )
        yield World(
            domains=domains,
            stores=stores,
            zone=zone,
            clock=clock,
            secrets=secrets,
            config=config,
        )
        await check_invariants(stores)
    maildir.close()
