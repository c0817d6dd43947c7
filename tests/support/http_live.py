"""The HTTP server on the services of the product, a real store and real sockets. Only the guard is scripted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from httpapi.connections import Patience
from httpapi.server import HttpServer, Services
from mailcore.accounts import CreatedAgent, NewAgent, audit
from mailcore.app.core import Core
from mailcore.app.guarding import LazyGuard
from mailcore.app.server import services_of
from mailcore.clock import Clock, SystemClock
from mailcore.config import Config, parse
from mailcore.credentials import OPERATOR, ServerSecrets
from mailcore.delivery import Delivery, Target
from mailcore.ids import DEFAULT_POD, DomainId, InboxId, new_id
from mailcore.metrics import Metrics
from mailcore.model import (
    AuthReport,
    Direction,
    Domain,
    DomainStatus,
    JsonObject,
    KeyRole,
    Security,
)
from mailcore.net.dns import Resolver
from mailcore.policy import (
    NO_FINGERPRINTS,
    Finding,
    Fingerprints,
    Guard,
    InboundFacts,
    OutboundFacts,
    Ruling,
    Severity,
    Verdict,
)
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Placed, Stores
from mailcore.store.sqlite import SqliteStore
from tests.support import hook_live
from tests.support.blueprint import lay_out

SECRET = "hunter2"
DOUBTLESS = Security(score=5, level="clean", categories=("links",))


class PasswordGuard(Guard):
    """Holds whatever contains the one password."""

    def judge_outbound(self, facts: OutboundFacts) -> Verdict:
        if SECRET.encode() not in facts.raw:
            return Verdict(ruling=Ruling.ALLOW)
        finding = Finding(
            rule="credential.password",
            category="credentials",
            severity=Severity.CRITICAL,
            place="text",
            message="a password",
            masked="hu***r2",
        )
        return Verdict(ruling=Ruling.HOLD, findings=(finding,))

    def judge_inbound(self, facts: InboundFacts) -> Verdict:
        return Verdict(ruling=Ruling.ALLOW)

    def redact(
        self,
        text: str,
        hold_at: Severity | None = None,
        fingerprints: Fingerprints = NO_FINGERPRINTS,
    ) -> str:
        return text.replace(SECRET, "•••")


def strip_zero_width(text: str) -> tuple[str, list[JsonObject]]:
    """Take zero-width spaces out and say how many."""
    count = text.count("\u200b")
    return text.replace("\u200b", ""), [{"rule": "invisible", "count": count}] if count else []


@dataclass(kw_only=True)
class Live:
    """A running server and what tests look at behind it."""

    config: Config
    stores: Stores
    services: Services
    delivery: Delivery
    metrics: Metrics
    server: HttpServer
    master: str
    socket_path: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    async def agent(self, name: str) -> CreatedAgent:
        return await self.services.accounts.create_agent(OPERATOR, NewAgent(name=name))

    async def receive(
        self,
        inbox_id: InboxId,
        raw: bytes,
        *,
        folder: str = "INBOX",
        security: Security = DOUBTLESS,
    ) -> Placed:
        """A message from outside arrives."""
        (placed,) = await self.delivery.deliver(
            raw,
            [
                Target(
                    inbox_id=inbox_id,
                    mailbox=folder,
                    security=security,
                    event="email.received",
                )
            ],
            internal_date=SystemClock().now(),
            direction=Direction.INBOUND,
            auth=AuthReport(spf="pass", dkim="pass", dmarc="pass", is_aligned=True),
        )
        return placed

    async def waiting(self) -> None:
        """Return once a call of an agent waits for something to happen."""
        while not self.server._waits.count:
            await asyncio.sleep(0)

    @asynccontextmanager
    async def client(self, key: str | None = None) -> AsyncIterator[aiohttp.ClientSession]:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with aiohttp.ClientSession(self.url, headers=headers) as session:
            yield session

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[aiohttp.ClientSession]:
        """A client on the unix socket."""
        connector = aiohttp.UnixConnector(str(self.socket_path))
        async with aiohttp.ClientSession("http://local", connector=connector) as session:
            yield session


def config_of(
    data_dir: Path,
    *,
    outbound: Mapping[str, object] | None = None,
    max_failures: int = 10,
    **http: object,
) -> Config:
    tree: dict[str, object] = {
        "server": {
            "domain": "agents.example",
            "hostname": "mail.agents.example",
            "owner": "owner@example.net",
            "data_dir": str(data_dir),
            "listen": ["127.0.0.1"],
        },
        "http": {"rate_limit_per_minute": 100000, **http},
        "outbound": {"require_verified_domain": False, **(outbound or {})},
        "limits": {"failed_logins_per_address": max_failures},
    }
    return parse(tree, {}, base_dir=data_dir)


@asynccontextmanager
async def running(
    data_dir: Path,
    *,
    clock: Clock | None = None,
    ping_seconds: float = 30.0,
    max_failures: int = 10,
    patience: Patience | None = None,
    outbound: Mapping[str, object] | None = None,
    master: str = "",
    **http: object,
) -> AsyncIterator[Live]:
    """A server on a fresh data directory; it is stopped and checked on the way out.

    With the `master` key of an earlier one on the same directory it goes on with what is there.
    """
    data_dir.mkdir(exist_ok=True)
    lay_out(data_dir)
    config = config_of(data_dir, outbound=outbound, max_failures=max_failures, **http)
    time = clock or SystemClock()
    secrets = ServerSecrets(b"r" * 32)
    async with SqliteStore.open(data_dir, Maildir(data_dir), time) as stores:
        core = Core(
            config,
            stores,
            secrets,
            time,
            guard=LazyGuard(PasswordGuard),
            resolver=Resolver("127.0.0.1:9", timeout_seconds=0.2),
        )
        hooks = hook_live.build(
            stores, data_dir, clock=time, schedule=hook_live.QUICK, journal=core.journal
        )
        services = replace(services_of(core), webhooks=hooks.webhooks, safe_text=strip_zero_width)
        if not master:
            await _add_domain(stores, config.server.domain)
            made = await services.accounts.create_key(OPERATOR, role=KeyRole.MASTER, name="owner")
            master = made.token
        server = HttpServer(
            config=config,
            services=services,
            metrics=core.metrics,
            socket_path=data_dir / "api.sock",
            port=0,
            clock=time,
            ping_seconds=ping_seconds,
            patience=patience,
        )
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(services.journal.run()),
                group.create_task(services.contacts.run()),
                group.create_task(services.webhooks.run()),
                group.create_task(server.run()),
            ]
            await server.start()
            try:
                yield Live(
                    config=config,
                    stores=stores,
                    services=services,
                    delivery=core.delivery,
                    metrics=core.metrics,
                    server=server,
                    master=master,
                    socket_path=data_dir / "api.sock",
                )
            finally:
                await server.stop(2)
                for task in tasks:
                    task.cancel()
        await core.bots.close()
        violations = await stores.check.check(deep=True)
        assert not violations, violations


async def _add_domain(stores: Stores, name: str) -> None:
    domain = Domain(
        id=DomainId(new_id()),
        pod_id=DEFAULT_POD,
        name=name,
        status=DomainStatus.PENDING,
        ownership_token="t",
        created_at=SystemClock().now(),
        verified_at=None,
    )
    actor = replace(OPERATOR)
    await stores.accounts.create_domain(domain, [], audit(actor, "domain.add", domain.id, {}))
