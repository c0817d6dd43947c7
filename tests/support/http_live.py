"""The HTTP server on real services, a real store and real sockets. Only the guard is scripted."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import aiohttp

import guard
from httpapi.connections import Patience
from httpapi.server import HttpServer, Services
from mailcore.accounts import Accounts, CreatedAgent, NewAgent, audit
from mailcore.aliases import Aliases
from mailcore.channels.bots import Bots
from mailcore.channels.chat import ChatChannels
from mailcore.channels.links import Links
from mailcore.channels.masking import Masking
from mailcore.channels.patience import Patience as ApproversPatience
from mailcore.channels.questions import Questions
from mailcore.channels.service import Channels
from mailcore.channels.showing import Showing
from mailcore.clock import Clock, SystemClock
from mailcore.config import Config, parse, public_url
from mailcore.contacts import Contacts
from mailcore.credentials import OPERATOR, Credentials, ServerSecrets, Throttle
from mailcore.delivery import Delivery, Target
from mailcore.domains.service import Domains
from mailcore.ids import DEFAULT_POD, DomainId, InboxId, new_id
from mailcore.inbound.trials import Trials
from mailcore.journal import Journal
from mailcore.mailboxes import Mailboxes
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
from mailcore.net.fetch import Fetcher
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.attachments import Attachments
from mailcore.outbound.brakes import Brakes
from mailcore.outbound.drafts import Drafts
from mailcore.outbound.link_tokens import LinkTokens
from mailcore.outbound.mailer import Mailer
from mailcore.outbound.queue import Queue
from mailcore.outbound.schedule import Schedule
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.smarthosts import Smarthosts
from mailcore.outbound.submit import Submission
from mailcore.outbound.suppressions import Suppressions
from mailcore.outbound.tokens import ClaimTokens, UnsubscribeTokens
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
from mailcore.protections import Protections
from mailcore.provenance import Origins
from mailcore.quarantine import Quarantine
from mailcore.readiness import Readiness
from mailcore.reports.received import ReceivedReports
from mailcore.rulebook.door import Door
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook
from mailcore.settings import Settings
from mailcore.signatures import Signatures
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Placed, Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.tags import Tags
from mailcore.taints import Taints
from mailcore.tasks.service import Tasks
from mailcore.templates import Templates
from tests.support import hook_live

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
    data_dir: Path, *, outbound: Mapping[str, object] | None = None, **http: object
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
    **http: object,
) -> AsyncIterator[Live]:
    """A server on a fresh data directory; it is stopped and checked on the way out."""
    data_dir.mkdir(exist_ok=True)
    config = config_of(data_dir, outbound=outbound, **http)
    time = clock or SystemClock()
    secrets = ServerSecrets(b"r" * 32)
    async with SqliteStore.open(data_dir, Maildir(data_dir), time) as stores:
        metrics = Metrics()
        services, delivery = _services(
            config, stores, secrets, metrics, time, Throttle(time, max_failures)
        )
        await _add_domain(stores, config.server.domain)
        created = await services.accounts.create_key(OPERATOR, role=KeyRole.MASTER, name="owner")
        server = HttpServer(
            config=config,
            services=services,
            metrics=metrics,
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
                    delivery=delivery,
                    metrics=metrics,
                    server=server,
                    master=created.token,
                    socket_path=data_dir / "api.sock",
                )
            finally:
                await server.stop(2)
                for task in tasks:
                    task.cancel()
        violations = await stores.check.check(deep=True)
        assert not violations, violations


def _services(
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    metrics: Metrics,
    clock: Clock,
    throttle: Throttle,
) -> tuple[Services, Delivery]:
    doorbell = asyncio.Event()
    delivery = Delivery(mail=stores.mail)
    taints = Taints(store=stores.guarding, hours=config.guard.taint_hours, clock=clock)
    mailboxes = Mailboxes(
        mail=stores.mail,
        accounts=stores.accounts,
        blobs=stores.blobs,
        delivery=delivery,
        clock=clock,
        readers=taints,
    )
    settings = Settings(store=stores.policy, config=config)
    protections = Protections(
        store=stores.guarding,
        accounts=stores.accounts,
        secrets=secrets,
        shape=guard.shape_of,
        rules=guard.rule_ids(),
        own={},
        clock=clock,
    )
    suppressions = Suppressions(
        store=stores.suppressions,
        mailboxes=mailboxes,
        tokens=UnsubscribeTokens(secrets),
        base_url=public_url(config),
        clock=clock,
    )
    policies = SendingPolicies(store=stores.outbound, mailboxes=mailboxes, config=config)
    rulebook = Rulebook(store=stores.rules, accounts=stores.accounts, clock=clock)
    known = Known(contacts=stores.contacts, rules=stores.rules, mail=stores.mail)
    submission = Submission(
        settings=settings,
        accounts=stores.accounts,
        outbound=stores.outbound,
        suppressions=suppressions,
        policies=policies,
        attachments=Attachments(
            fetcher=partial(
                Fetcher,
                resolver=Resolver(nameserver=config.dns.resolver),
                user_agent="Countersign",
                allow_networks=config.http.fetch_allowed_networks,
            ),
            max_bytes=config.outbound.max_attachment_bytes,
        ),
        brakes=Brakes(store=stores.outbound, policies=policies, config=config, clock=clock),
        blobs=stores.blobs,
        guard=PasswordGuard(),
        protections=protections,
        taints=taints,
        origins=Origins(store=stores.guarding, blobs=stores.blobs, trace=guard.trace),
        rules=Door(rulebook=rulebook, known=known, clock=clock),
        doorbell=doorbell,
        config=config,
        metrics=metrics,
        clock=clock,
    )
    approvals = Approvals(
        outbound=stores.outbound,
        accounts=stores.accounts,
        settings=settings,
        policy=stores.policy,
        blobs=stores.blobs,
        doorbell=doorbell,
        metrics=metrics,
        clock=clock,
    )
    journal = Journal(store=stores.journal, wakeups=stores.wakeups)
    accounts = Accounts(
        store=stores.accounts,
        policy=stores.policy,
        secrets=secrets,
        config=config,
        clock=clock,
    )
    signatures = Signatures(store=stores.templates, accounts=stores.accounts, clock=clock)
    quarantine = Quarantine(store=stores.quarantine, accounts=stores.accounts, clock=clock)
    masking = Masking(redact=PasswordGuard().redact, protections=protections, settings=settings)
    showing = Showing(
        approvals=approvals,
        mailboxes=mailboxes,
        outbound=stores.outbound,
        masking=masking,
        kind_of=lambda payload: guard.kind_of(payload).value,
    )
    questions = Questions(
        accounts=accounts,
        approvals=approvals,
        quarantine=quarantine,
        policy=stores.policy,
        showing=showing,
        patience=ApproversPatience(config),
        masking=masking,
        kind_of=lambda payload: guard.kind_of(payload).value,
        clock=clock,
    )
    services = Services(
        accounts=accounts,
        channels=_channels(config, stores, secrets, accounts, questions, journal, clock),
        links=Links(questions=questions, tokens=LinkTokens(secrets), config=config, clock=clock),
        approvals=approvals,
        clock=clock,
        contacts=Contacts(
            store=stores.contacts,
            accounts=stores.accounts,
            mail=stores.mail,
            cursors=stores.journal,
            journal=journal,
            clock=clock,
        ),
        aliases=Aliases(store=stores.accounts, clock=clock),
        tags=Tags(store=stores.tags, accounts=stores.accounts, clock=clock),
        tasks=Tasks(
            store=stores.tasks,
            accounts=accounts,
            inboxes=stores.accounts,
            audits=stores.policy,
            submission=submission,
            tokens=ClaimTokens(secrets),
            clock=clock,
        ),
        webhooks=hook_live.build(
            stores,
            config.server.data_dir,
            clock=clock,
            schedule=hook_live.QUICK,
            journal=journal,
        ).webhooks,
        credentials=Credentials(
            accounts=stores.accounts, secrets=secrets, throttle=throttle, clock=clock
        ),
        protections=protections,
        taints=taints,
        domains=Domains(
            store=stores.accounts,
            secrets=secrets,
            resolver=Resolver("127.0.0.1:9", timeout_seconds=0.2),
            config=config,
            clock=clock,
        ),
        drafts=Drafts(
            outbound=stores.outbound,
            mailboxes=mailboxes,
            submission=submission,
            approvals=approvals,
            clock=clock,
        ),
        journal=journal,
        mailboxes=mailboxes,
        quarantine=quarantine,
        queue=Queue(
            outbound=stores.outbound,
            accounts=accounts,
            mailboxes=mailboxes,
            doorbell=doorbell,
            clock=clock,
        ),
        smarthosts=Smarthosts(
            outbound=stores.outbound,
            accounts=accounts,
            secrets=secrets,
            config=config,
            clock=clock,
        ),
        readiness=Readiness(
            leases=stores.leases,
            data_dir=config.server.data_dir,
            min_free_bytes=config.storage.min_free_bytes,
            clock=clock,
        ),
        reports=ReceivedReports(store=stores.reports, clock=clock),
        rulebook=rulebook,
        trials=Trials(
            rulebook=rulebook, known=known, mailboxes=mailboxes, config=config, clock=clock
        ),
        safe_text=strip_zero_width,
        settings=settings,
        showing=showing,
        submission=Mailer(
            submission=submission,
            mailboxes=mailboxes,
            outbound=stores.outbound,
            signatures=signatures,
        ),
        suppressions=suppressions,
        sending=policies,
        schedule=Schedule(
            outbound=stores.outbound,
            mailboxes=mailboxes,
            submission=submission,
            policies=policies,
            clock=clock,
        ),
        signatures=signatures,
        templates=Templates(store=stores.templates, accounts=stores.accounts, clock=clock),
    )
    return services, delivery


def _channels(
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    accounts: Accounts,
    questions: Questions,
    journal: Journal,
    clock: Clock,
) -> Channels:
    """Chat channels whose services nobody can reach."""
    fetcher = Fetcher(resolver=Resolver("127.0.0.1:9", timeout_seconds=0.2), user_agent="test")
    bots = Bots(fetcher=fetcher, secrets=secrets, config=config, clock=clock)
    chats = ChatChannels(
        store=stores.channels,
        journal=journal,
        questions=questions,
        bots=bots,
        secrets=secrets,
        clock=clock,
    )
    return Channels(
        store=stores.channels,
        accounts=accounts,
        chats=chats,
        bots=bots,
        secrets=secrets,
        clock=clock,
    )


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
