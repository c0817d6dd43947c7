"""The composition root: builds everything in dependency order, starts it, stops it. Nothing else.

`Core` is the product without sockets, which commands use on a store directly; `App` adds the edges.
Two Apps can live in one process: there is no module-level state.
"""

import asyncio
import fcntl
import os
import sqlite3
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final, override

import guard as guard_package
from guard.eval.against import detect_secrets, with_folder
from guard.eval.arrivals_table import evaluate_arrivals
from guard.eval.corpus import corpus
from guard.eval.table import evaluate, measure
from guard.render import safe_text
from httpapi.rendering import agent_reading
from httpapi.server import HttpServer, Services
from imapd.server import ImapServer
from mailcore import log
from mailcore.accounts import Accounts
from mailcore.aliases import Aliases
from mailcore.auditing import SUFFIX, Auditing
from mailcore.automation.doing import Doing
from mailcore.automation.runner import Automation
from mailcore.channels.bots import Bots
from mailcore.channels.chat import ChatChannels
from mailcore.channels.folders import HoldFolders
from mailcore.channels.links import Links
from mailcore.channels.mail import MailChannel
from mailcore.channels.masking import Masking
from mailcore.channels.patience import Patience
from mailcore.channels.questions import Questions
from mailcore.channels.service import Channels
from mailcore.channels.showing import Showing
from mailcore.channels.strangers import TELL_EVERY, StrangerNotices
from mailcore.channels.telegram import POLL_SECONDS
from mailcore.clock import Clock, SystemClock
from mailcore.compiled import CompiledFiles
from mailcore.config import Config, public_url, socket_path
from mailcore.contacts import Contacts
from mailcore.credentials import Credentials, ServerSecrets, Throttle
from mailcore.delivery import Delivery
from mailcore.domains.clients import certificate_names
from mailcore.domains.service import POLL_EVERY, Domains
from mailcore.errors import ErrorKind, MailError
from mailcore.fulltext import Indexer
from mailcore.ids import new_id
from mailcore.inbound.bounces import Bounces
from mailcore.inbound.decisions import Answered, Decisions
from mailcore.inbound.doorkeeper import Doorkeeper
from mailcore.inbound.gate import Gate
from mailcore.inbound.hook import InboundHook
from mailcore.inbound.pipeline import Inbound
from mailcore.inbound.releases import Releases
from mailcore.inbound.role_mail import RoleMail
from mailcore.inbound.routing import Routing
from mailcore.inbound.sorting import Sorting
from mailcore.inbound.trials import Trials
from mailcore.jobs import KEEP_JOURNAL, Job, Jobs
from mailcore.journal import Journal
from mailcore.mailauth.verify import Authenticator
from mailcore.mailboxes import Mailboxes
from mailcore.message.limits import ParserLimits, use_parser_limits
from mailcore.message.removals import removal_json
from mailcore.metrics import Metrics
from mailcore.mirror import Mirror
from mailcore.model import JsonObject
from mailcore.net import tls
from mailcore.net.dns import Resolver
from mailcore.net.fetch import Fetcher
from mailcore.outbound.approvals import Approvals
from mailcore.outbound.attachments import Attachments
from mailcore.outbound.brakes import Brakes
from mailcore.outbound.drafts import Drafts
from mailcore.outbound.link_tokens import LinkTokens
from mailcore.outbound.mailer import Mailer
from mailcore.outbound.mtasts import MtaSts
from mailcore.outbound.queue import Queue
from mailcore.outbound.remote import Remote, StoredKeys
from mailcore.outbound.schedule import Schedule
from mailcore.outbound.sending_policy import SendingPolicies
from mailcore.outbound.sign import Signer
from mailcore.outbound.smarthosts import Smarthosts
from mailcore.outbound.smtp_client import Reuse, SmtpClient
from mailcore.outbound.submit import Submission
from mailcore.outbound.suppressions import Suppressions
from mailcore.outbound.tls_policy import TlsPolicies
from mailcore.outbound.tokens import (
    ApprovalTokens,
    ClaimTokens,
    ReturnTokens,
    UnsubscribeTokens,
)
from mailcore.outbound.worker import Worker
from mailcore.policy import (
    NO_FINGERPRINTS,
    Fingerprints,
    Guard,
    InboundFacts,
    OutboundFacts,
    Severity,
    Verdict,
)
from mailcore.protections import Protections
from mailcore.provenance import Origins
from mailcore.quarantine import Quarantine
from mailcore.readiness import Readiness
from mailcore.rebuild import Rebuild, Rebuilt
from mailcore.reports.dmarc_author import DmarcAuthor
from mailcore.reports.received import ReceivedReports
from mailcore.reports.sender import Author, ReportSender
from mailcore.reports.tally import Tally
from mailcore.reports.tls_author import TlsAuthor, TlsTally
from mailcore.rulebook.door import Door
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook
from mailcore.sandbox import Sandbox
from mailcore.settings import Settings
from mailcore.signatures import Signatures
from mailcore.store.layout import CACHE, MAIL, SPOOL
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores, Violation
from mailcore.store.sqlite import DATABASE_FILE, SqliteStore
from mailcore.tags import Tags
from mailcore.taints import Taints
from mailcore.tasks.notices import TaskNotices
from mailcore.tasks.service import EXPIRE_EVERY, Tasks
from mailcore.templates import Templates
from mailcore.webhooks.dispatcher import Dispatcher
from mailcore.webhooks.sender import Sender
from mailcore.webhooks.service import Webhooks
from smtpd.server import SmtpServer

_log = log.get(__name__)
_ORPHAN_AGE: Final = timedelta(hours=1)
_POLICY_SECONDS: Final = 30.0
_RENEWAL_SECONDS: Final = 24 * 3600.0


class LazyGuard(Guard):
    """A guard that is built on first use: commands that judge nothing need not wait for its rules."""

    def __init__(self, build: Callable[[], Guard]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: Guard | None = None

    def warm_up(self) -> Guard:
        """Build it now, once; other threads wait."""
        with self._lock:
            if self._built is None:
                self._built = self._build()
            return self._built

    @override
    def judge_outbound(self, facts: OutboundFacts) -> Verdict:
        return self.warm_up().judge_outbound(facts)

    @override
    def judge_inbound(self, facts: InboundFacts) -> Verdict:
        return self.warm_up().judge_inbound(facts)

    @override
    def redact(
        self,
        text: str,
        hold_at: Severity | None = None,
        fingerprints: Fingerprints = NO_FINGERPRINTS,
    ) -> str:
        return self.warm_up().redact(text, hold_at, fingerprints)


def build_guard(config: Config) -> LazyGuard:
    """The guard as configured; its rules are compiled when it first judges, or by `warm_up`."""
    settings = guard_package.GuardSettings(
        hold_at=Severity(config.guard.hold_at),
        scores_inbound=config.guard.inbound,
        warning_at=config.inbound.warning_score,
        spam_at=config.inbound.spam_score,
    )
    program = Path(guard_package.__file__).with_name("extract.py")
    cache = CompiledFiles(config.guard.cache_dir or config.server.data_dir / CACHE)
    return LazyGuard(lambda: guard_package.build(settings, Sandbox(program), cache))


def guard_corpus(seed: str, per_kind: int) -> Iterator[tuple[str, bytes]]:
    """The messages of the guard's evaluation, each with a name that says what is in it."""
    for number, one in enumerate(corpus(seed, per_kind), start=1):
        name = f"{number:05d}-{one.kind}-{one.carrier}".replace(" ", "_").replace("/", "_")
        yield name, one.raw


def guard_figures(
    config: Config, seed: str, per_kind: int, against: str = ""
) -> tuple[list[str], JsonObject]:
    """What the guard as configured finds in that corpus and in arriving mail: as lines and as data.

    `against` names another scanner for the same messages in the same run.
    """
    judge = build_guard(config)
    if against:
        judge.warm_up()
        ours, theirs = (
            evaluate(judge, corpus(seed, per_kind)),
            with_folder(lambda folder: measure(detect_secrets(folder), corpus(seed, per_kind))),
        )
        lines = ["countersign", *ours.summary(), "", against, *theirs.summary()]
        return lines, {"countersign": ours.document(), against: theirs.document()}
    table, arriving = evaluate(judge, corpus(seed, per_kind)), evaluate_arrivals(judge)
    lines = [*table.lines(), "", *arriving.lines()]
    return lines, {**table.document(), "arriving": arriving.document()}


def agent_view(raw: bytes) -> JsonObject:
    """What an agent would read of a message, the words of others marked."""
    return agent_reading(raw, _readable)


def guard_rules() -> list[JsonObject]:
    """Every rule of the guard for mail that leaves, as data."""
    return guard_package.catalog()


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """All services, constructed, without anything running."""

    config: Config
    stores: Stores
    secrets: ServerSecrets
    clock: Clock
    metrics: Metrics
    guard: LazyGuard
    doorbell: asyncio.Event
    credentials: Credentials
    auditing: Auditing
    accounts: Accounts
    aliases: Aliases
    domains: Domains
    protections: Protections
    taints: Taints
    delivery: Delivery
    mailboxes: Mailboxes
    mirror: Mirror
    journal: Journal
    indexer: Indexer
    readiness: Readiness
    settings: Settings
    submission: Submission
    suppressions: Suppressions
    sending: SendingPolicies
    schedule: Schedule
    mailer: Mailer
    approvals: Approvals
    drafts: Drafts
    queue: Queue
    smarthosts: Smarthosts
    contacts: Contacts
    quarantine: Quarantine
    signatures: Signatures
    tags: Tags
    templates: Templates
    tasks: Tasks
    task_notices: TaskNotices
    rulebook: Rulebook
    trials: Trials
    automation: Automation
    webhooks: Webhooks
    showing: Showing
    channel: MailChannel
    folders: HoldFolders
    links: Links
    chats: ChatChannels
    channels: Channels
    strangers: StrangerNotices
    inbound: Inbound
    doorkeeper: Doorkeeper
    inbound_hook: InboundHook
    releases: Releases
    worker: Worker
    jobs: Jobs
    tally: Tally
    reports: ReportSender
    tls_tally: TlsTally
    tls_reports: ReportSender
    received_reports: ReceivedReports


@asynccontextmanager
async def open_core(
    config: Config, *, lock: bool = True, clock: Clock | None = None, may_be_lost: bool = False
) -> AsyncIterator[Core]:
    """Open the store and construct every service; UNAVAILABLE while another process holds the lock.

    Also UNAVAILABLE when there is mail without its database, unless `may_be_lost`: a new one would
    know nothing of it.
    """
    data_dir = config.server.data_dir
    if not may_be_lost:
        _require_database(config)
    secrets = ServerSecrets.load(data_dir / "server.key")
    with _locked(data_dir) if lock else _unlocked():
        chosen = clock or SystemClock()
        maildir = Maildir(data_dir)
        try:
            async with SqliteStore.open(
                data_dir, maildir, chosen, database=config.database
            ) as stores:
                await maildir.recover()
                core = _construct(config, stores, secrets, chosen)
                yield core
                if lock:
                    await core.auditing.follow()
        finally:
            maildir.close()


def _construct(config: Config, stores: Stores, secrets: ServerSecrets, clock: Clock) -> Core:  # noqa: PLR0915 - construction in order of dependency, nothing else
    _limit_parsers(config)
    metrics = Metrics()
    doorbell = asyncio.Event()
    resolver = Resolver(nameserver=config.dns.resolver, trusts_ad=config.dns.trust_ad)
    judge = build_guard(config)
    throttle = Throttle(
        clock, config.limits.failed_logins_per_address, config.limits.trusted_networks
    )
    credentials = Credentials(
        accounts=stores.accounts, secrets=secrets, throttle=throttle, clock=clock
    )
    accounts = Accounts(
        store=stores.accounts, policy=stores.policy, secrets=secrets, config=config, clock=clock
    )
    domains = Domains(
        store=stores.accounts,
        secrets=secrets,
        resolver=Resolver(nameserver=config.dns.resolver, cache_size=0),
        config=config,
        clock=clock,
    )
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
    journal = Journal(store=stores.journal, wakeups=stores.wakeups)
    mirror = Mirror(
        store=stores.mirror,
        files=stores.files,
        wakeups=stores.wakeups,
        is_shown=mailboxes.is_shown,
        metrics=metrics,
        clock=clock,
    )
    settings = Settings(store=stores.policy, config=config)
    protections = Protections(
        store=stores.guarding,
        accounts=stores.accounts,
        secrets=secrets,
        shape=guard_package.shape_of,
        rules=guard_package.rule_ids(),
        own=_own_secrets(config),
        clock=clock,
    )
    suppressions, policies = _sending(config, stores, secrets, mailboxes, clock)
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
                resolver=resolver,
                user_agent="Countersign",
                allow_networks=config.http.fetch_allowed_networks,
            ),
            max_bytes=config.outbound.max_attachment_bytes,
        ),
        brakes=Brakes(store=stores.outbound, policies=policies, config=config, clock=clock),
        blobs=stores.blobs,
        guard=judge,
        protections=protections,
        taints=taints,
        origins=Origins(store=stores.guarding, blobs=stores.blobs, trace=guard_package.trace),
        rules=Door(rulebook=rulebook, known=known, clock=clock),
        doorbell=doorbell,
        config=config,
        metrics=metrics,
        clock=clock,
    )
    signatures = Signatures(store=stores.templates, accounts=stores.accounts, clock=clock)
    mailer = Mailer(
        submission=submission,
        mailboxes=mailboxes,
        outbound=stores.outbound,
        signatures=signatures,
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
    tokens = ApprovalTokens(secrets)
    patience = Patience(config)
    masking = Masking(redact=judge.redact, protections=protections, settings=settings)
    quarantine = Quarantine(store=stores.quarantine, accounts=stores.accounts, clock=clock)
    showing = Showing(
        approvals=approvals,
        mailboxes=mailboxes,
        outbound=stores.outbound,
        masking=masking,
        kind_of=_kind_of,
    )
    questions = Questions(
        accounts=accounts,
        approvals=approvals,
        quarantine=quarantine,
        policy=stores.policy,
        showing=showing,
        patience=patience,
        masking=masking,
        kind_of=_kind_of,
        clock=clock,
    )
    links = Links(questions=questions, tokens=LinkTokens(secrets), config=config, clock=clock)
    channel = MailChannel(
        journal=journal,
        accounts=accounts,
        approvals=approvals,
        submission=submission,
        tokens=tokens,
        links=links,
        showing=showing,
        outbound=stores.outbound,
        patience=patience,
        config=config,
        clock=clock,
    )
    received_reports = ReceivedReports(store=stores.reports, clock=clock)
    bots = Bots(
        fetcher=Fetcher(
            resolver=resolver,
            user_agent="Countersign",
            allow_networks=config.http.fetch_allowed_networks,
            timeout_seconds=POLL_SECONDS + 15,
        ),
        secrets=secrets,
        config=config,
        clock=clock,
    )
    chats = ChatChannels(
        store=stores.channels,
        journal=journal,
        questions=questions,
        bots=bots,
        secrets=secrets,
        clock=clock,
    )
    channels = Channels(
        store=stores.channels,
        accounts=accounts,
        chats=chats,
        bots=bots,
        secrets=secrets,
        clock=clock,
    )
    tally = Tally(store=stores.reports, clock=clock, is_on=config.inbound.dmarc_reports)
    strangers = StrangerNotices(
        journal=journal,
        accounts=accounts,
        quarantine=quarantine,
        store=stores.quarantine,
        submission=submission,
        tokens=tokens,
        masking=masking,
        links=links,
        ask_chats=chats.ask_about_sender,
        kind_of=_kind_of,
        config=config,
        clock=clock,
    )

    async def ask_again(answered: Answered) -> None:
        await channel.ask_again(answered)
        await strangers.ask_again(answered)

    returns, bounces = _returning(config, stores, secrets, delivery, metrics, clock)
    inbound = Inbound(
        routing=Routing(accounts=stores.accounts, bounces=bounces, config=config),
        bounces=bounces,
        authenticator=Authenticator(
            resolver,
            config.server.hostname,
            trusted_sealers=config.inbound.trusted_arc_sealers,
        ),
        decisions=Decisions(
            accounts=accounts,
            approvals=approvals,
            quarantine=quarantine,
            tokens=tokens,
            policy=stores.policy,
        ),
        guard=judge,
        settings=settings,
        gate=Gate(
            store=stores.quarantine,
            policy=stores.policy,
            config=config,
            clock=clock,
        ),
        sorting=Sorting(
            rulebook=rulebook,
            known=known,
            accounts=stores.accounts,
            mail=stores.mail,
            metrics=metrics,
            clock=clock,
        ),
        delivery=delivery,
        role_mail=RoleMail(submission=submission, config=config, clock=clock),
        on_unclear=ask_again,
        on_ruled=tally.note,
        reports=received_reports,
        config=config,
        metrics=metrics,
        clock=clock,
    )
    owner = f"{config.server.hostname}:{os.getpid()}:{new_id()}"
    smarthosts = Smarthosts(
        outbound=stores.outbound, accounts=accounts, secrets=secrets, config=config, clock=clock
    )
    fetchers = _fetchers(config, resolver)
    tls_tally = TlsTally(store=stores.reports, clock=clock, is_on=config.outbound.tls_reports)
    sts = MtaSts(store=stores.tls, resolver=resolver, fetchers=fetchers, clock=clock)
    remote = Remote(
        resolver=resolver,
        signer=Signer(StoredKeys(stores.accounts, secrets), clock=clock),
        client=SmtpClient(
            ehlo_name=config.server.hostname,
            port=config.outbound.port,
            reuse=Reuse(
                max_messages=config.outbound.messages_per_connection,
                idle_seconds=config.outbound.idle_connection_seconds,
                max_per_host=config.outbound.concurrency_per_host,
            ),
            ca_file=config.outbound.ca_file,
            clock=clock,
        ),
        policies=TlsPolicies(
            resolver=resolver,
            sts=sts,
            store=stores.tls,
            on_result=tls_tally.note,
            config=config,
            clock=clock,
        ),
        smarthosts=smarthosts,
        tokens=returns,
        config=config,
        clock=clock,
    )
    worker = Worker(
        outbound=stores.outbound,
        blobs=stores.blobs,
        delivery=delivery,
        arrivals=inbound,
        remote=remote,
        doorbell=doorbell,
        owner=owner,
        config=config,
        metrics=metrics,
        clock=clock,
    )

    contacts = Contacts(
        store=stores.contacts,
        accounts=stores.accounts,
        mail=stores.mail,
        cursors=stores.journal,
        journal=journal,
        clock=clock,
    )
    webhooks = _webhooks(config, stores, secrets, accounts, journal, resolver, clock)

    async def trim() -> int:
        before = clock.now() - KEEP_JOURNAL
        return await stores.journal.trim(before) + await stores.mail.trim_spam_log(before)

    async def sweep() -> int:
        unused = await stores.check.orphans(clock.now() - _ORPHAN_AGE)
        await stores.files.remove(unused)
        return len(unused)

    def reporting(author: Author) -> ReportSender:
        return ReportSender(
            author,
            store=stores.reports,
            accounts=stores.accounts,
            submission=submission,
            fetchers=fetchers,
            config=config,
            clock=clock,
        )

    reports = reporting(DmarcAuthor(resolver))
    tls_reports = reporting(TlsAuthor(resolver))
    tasks = Tasks(
        store=stores.tasks,
        accounts=accounts,
        inboxes=stores.accounts,
        audits=stores.policy,
        submission=submission,
        tokens=ClaimTokens(secrets),
        clock=clock,
    )

    async def remind() -> int:
        return 0 if patience.is_quiet(clock.now()) else await approvals.remind()

    automation = Automation(
        journal=journal,
        cursors=stores.journal,
        store=stores.rules,
        rulebook=rulebook,
        known=known,
        doing=Doing(
            store=stores.rules,
            accounts=stores.accounts,
            mail=stores.mail,
            outbound=stores.outbound,
            mailboxes=mailboxes,
            mailer=mailer,
            tasks=tasks,
            config=config,
            clock=clock,
        ),
        accounts=stores.accounts,
        mail=stores.mail,
        outbound=stores.outbound,
        blobs=stores.blobs,
        metrics=metrics,
        clock=clock,
    )
    doorkeeper = Doorkeeper(
        resolver=resolver, store=stores.greylist, config=config, metrics=metrics, clock=clock
    )
    jobs = Jobs(
        leases=stores.leases,
        owner=owner,
        clock=clock,
        jobs=(
            Job(name="domain-checks", every=POLL_EVERY, work=domains.poll),
            Job(name="expired-holds", every=timedelta(minutes=1), work=approvals.expire),
            Job(name="hold-reminders", every=timedelta(minutes=5), work=remind),
            Job(name="hold-digest", every=timedelta(minutes=1), work=channel.digest),
            Job(name="quarantine-notices", every=TELL_EVERY, work=strangers.tell),
            Job(name="expired-quarantine", every=timedelta(hours=1), work=quarantine.expire),
            Job(name="expired-tasks", every=EXPIRE_EVERY, work=tasks.expire),
            Job(name="rule-log", every=timedelta(hours=1), work=automation.forget),
            Job(name="old-tasks", every=timedelta(hours=1), work=tasks.forget),
            Job(name="orphan-files", every=timedelta(hours=1), work=sweep),
            Job(name="leftovers", every=timedelta(hours=1), work=accounts.remove_leftovers),
            Job(name="webhook-prune", every=timedelta(hours=1), work=webhooks.prune),
            Job(name="channel-prune", every=timedelta(hours=1), work=chats.prune),
            Job(name="dmarc-tally", every=timedelta(minutes=1), work=tally.store),
            Job(name="dmarc-reports", every=timedelta(hours=1), work=reports.send),
            Job(name="tls-tally", every=timedelta(minutes=1), work=tls_tally.store),
            Job(name="tls-reports", every=timedelta(hours=1), work=tls_reports.send),
            Job(name="received-reports", every=timedelta(hours=1), work=received_reports.trim),
            Job(name="mta-sts-renewal", every=timedelta(hours=1), work=sts.renew),
            Job(name="greylist-forget", every=timedelta(hours=6), work=doorkeeper.forget),
            Job(name="journal-trim", every=timedelta(hours=6), work=trim),
        ),
    )
    return Core(
        config=config,
        stores=stores,
        secrets=secrets,
        clock=clock,
        metrics=metrics,
        guard=judge,
        doorbell=doorbell,
        credentials=credentials,
        auditing=Auditing(
            store=stores.policy,
            secrets=secrets,
            path=Path(f"{_database(config)}{SUFFIX}"),
        ),
        accounts=accounts,
        aliases=Aliases(store=stores.accounts, clock=clock),
        domains=domains,
        protections=protections,
        taints=taints,
        delivery=delivery,
        mailboxes=mailboxes,
        mirror=mirror,
        journal=journal,
        indexer=Indexer(index=stores.fulltext, blobs=stores.blobs, journal=journal),
        readiness=Readiness(
            leases=stores.leases,
            data_dir=config.server.data_dir,
            min_free_bytes=config.storage.min_free_bytes,
            clock=clock,
        ),
        settings=settings,
        submission=submission,
        suppressions=suppressions,
        sending=policies,
        schedule=Schedule(
            outbound=stores.outbound,
            mailboxes=mailboxes,
            submission=submission,
            policies=policies,
            clock=clock,
        ),
        mailer=mailer,
        approvals=approvals,
        drafts=Drafts(
            outbound=stores.outbound,
            mailboxes=mailboxes,
            submission=submission,
            approvals=approvals,
            clock=clock,
        ),
        contacts=contacts,
        quarantine=quarantine,
        tags=Tags(store=stores.tags, accounts=stores.accounts, clock=clock),
        signatures=signatures,
        templates=Templates(store=stores.templates, accounts=stores.accounts, clock=clock),
        tasks=tasks,
        rulebook=rulebook,
        trials=Trials(
            rulebook=rulebook, known=known, mailboxes=mailboxes, config=config, clock=clock
        ),
        automation=automation,
        task_notices=TaskNotices(
            journal=journal,
            store=stores.tasks,
            accounts=stores.accounts,
            submission=submission,
            config=config,
            clock=clock,
        ),
        webhooks=webhooks,
        smarthosts=smarthosts,
        queue=Queue(
            outbound=stores.outbound,
            accounts=accounts,
            mailboxes=mailboxes,
            doorbell=doorbell,
            clock=clock,
        ),
        showing=showing,
        channel=channel,
        folders=HoldFolders(
            journal=journal,
            accounts=accounts,
            approvals=approvals,
            mailboxes=mailboxes,
            delivery=delivery,
            outbound=stores.outbound,
            showing=showing,
            config=config,
            clock=clock,
        ),
        links=links,
        chats=chats,
        channels=channels,
        strangers=strangers,
        inbound=inbound,
        doorkeeper=doorkeeper,
        inbound_hook=InboundHook(inbound=inbound, throttle=throttle, config=config),
        releases=Releases(store=stores.quarantine, inbound=inbound, journal=journal),
        worker=worker,
        jobs=jobs,
        tally=tally,
        reports=reports,
        tls_tally=tls_tally,
        tls_reports=tls_reports,
        received_reports=received_reports,
    )


def _limit_parsers(config: Config) -> None:
    parser = config.parser
    use_parser_limits(
        ParserLimits(
            depth=parser.max_depth,
            parts=parser.max_parts,
            header_octets=parser.max_header_bytes,
            header_fields=parser.max_header_fields,
            text_octets=parser.max_text_bytes,
            decoded_octets=parser.max_decoded_bytes,
        )
    )


def _returning(
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    delivery: Delivery,
    metrics: Metrics,
    clock: Clock,
) -> tuple[ReturnTokens, Bounces]:
    returns = ReturnTokens(secrets, is_on=config.signs_return_path)
    bounces = Bounces(
        outbound=stores.outbound,
        blobs=stores.blobs,
        delivery=delivery,
        tokens=returns,
        config=config,
        metrics=metrics,
        clock=clock,
    )
    return returns, bounces


def _sending(
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    mailboxes: Mailboxes,
    clock: Clock,
) -> tuple[Suppressions, SendingPolicies]:
    suppressions = Suppressions(
        store=stores.suppressions,
        mailboxes=mailboxes,
        tokens=UnsubscribeTokens(secrets),
        base_url=public_url(config),
        clock=clock,
    )
    policies = SendingPolicies(store=stores.outbound, mailboxes=mailboxes, config=config)
    return suppressions, policies


def _webhooks(
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    accounts: Accounts,
    journal: Journal,
    resolver: Resolver,
    clock: Clock,
) -> Webhooks:
    fetcher = Fetcher(
        resolver=resolver,
        user_agent="Countersign",
        allow_networks=config.http.fetch_allowed_networks,
    )
    sender = Sender(fetcher=fetcher, secrets=secrets, safe_text=_readable, clock=clock)
    return Webhooks(
        store=stores.hooks,
        accounts=accounts,
        fetcher=fetcher,
        sender=sender,
        dispatcher=Dispatcher(store=stores.hooks, journal=journal, sender=sender, clock=clock),
        secrets=secrets,
        clock=clock,
    )


def _fetchers(config: Config, resolver: Resolver) -> Callable[[], Fetcher]:
    """Clients for policies and reports of other domains, each for a few requests."""
    context = tls.client_context(is_verified=True, ca_file=config.outbound.ca_file)

    def fetcher() -> Fetcher:
        return Fetcher(
            resolver=resolver,
            user_agent="Countersign",
            allow_networks=config.http.fetch_allowed_networks,
            timeout_seconds=_POLICY_SECONDS,
            ssl_context=context,
        )

    return fetcher


def _own_secrets(config: Config) -> dict[str, str]:
    """Secrets of the configuration, which must not leave either."""
    password = config.outbound.smarthost_password
    return {"smart host password": password.get_secret_value()} if password else {}


class App:
    """A running server."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.ports: dict[str, int] = {}
        self.http_url = ""
        self.ca_file: Path | None = None
        self._core: Core | None = None
        self._contexts: tuple[ssl.SSLContext, ...] = ()

    @property
    def core(self) -> Core:
        """The services; only while running."""
        if self._core is None:
            raise MailError(ErrorKind.UNAVAILABLE, "the server is not running")
        return self._core

    async def run(self, *, on_ready: Callable[["App"], None], stop: asyncio.Event) -> None:
        """Serve until `stop` is set, then drain and close; raises when a part fails.

        Nothing is left half-started: a listener that cannot bind ends the run before `on_ready`.
        """
        async with open_core(self.config) as core:
            self._core = core
            await core.stores.outbound.release_leases(None)
            await asyncio.to_thread(core.guard.warm_up)
            mx_context, user_context = self._contexts = self._make_contexts()
            smtp = SmtpServer(
                config=self.config,
                inbound=core.inbound,
                submission=core.submission,
                credentials=core.credentials,
                doorkeeper=core.doorkeeper,
                metrics=core.metrics,
                clock=core.clock,
                mx_context=mx_context,
                submission_context=user_context,
            )
            imap = ImapServer(
                config=self.config,
                credentials=core.credentials,
                mailboxes=core.mailboxes,
                journal=core.journal,
                metrics=core.metrics,
                tls_context=user_context,
            )
            http = HttpServer(
                config=self.config,
                services=self._services(core),
                metrics=core.metrics,
                tls_context=None if self.config.is_loopback_only else user_context,
                https_context=user_context,
                socket_path=socket_path(self.config),
                inbound_hook=core.inbound_hook,
            )
            await self._serve(core, smtp, imap, http, on_ready, stop)

    async def _serve(
        self,
        core: Core,
        smtp: SmtpServer,
        imap: ImapServer,
        http: HttpServer,
        on_ready: Callable[["App"], None],
        stop: asyncio.Event,
    ) -> None:
        grace = self.config.shutdown.grace_seconds
        async with asyncio.TaskGroup() as group:
            runners = (
                core.journal.run(),
                core.indexer.run(),
                core.mirror.run(),
                core.worker.run(),
                core.schedule.run(),
                core.auditing.run(),
                core.channel.run(),
                core.folders.run(),
                core.strangers.run(),
                core.chats.run(),
                core.releases.run(),
                core.contacts.run(),
                core.task_notices.run(),
                core.automation.run(),
                core.webhooks.run(),
                core.jobs.run(),
                self._renew_certificate(),
                smtp.run(),
                imap.run(),
                http.run(),
            )
            tasks = [group.create_task(runner) for runner in runners]
            try:
                await smtp.start()
                await imap.start()
                await http.start()
                self.ports = {**smtp.ports, **imap.ports, "http": http.port, **http.ports}
                scheme = "http" if self.config.is_loopback_only else "https"
                host = "127.0.0.1" if self.config.is_loopback_only else self.config.server.hostname
                self.http_url = f"{scheme}://{host}:{http.port}"
                on_ready(self)
                with core.journal.watch(core.doorbell.set, names=("agent.resumed",)):
                    await stop.wait()
            finally:
                async with asyncio.TaskGroup() as stopping:
                    stopping.create_task(smtp.stop(grace))
                    stopping.create_task(imap.stop(grace))
                    stopping.create_task(http.stop(grace))
                    stopping.create_task(core.worker.stop(grace))
                await core.mirror.stop(grace)
                for task in tasks:
                    task.cancel()
                await core.stores.outbound.release_leases(core.worker.owner)

    def _make_contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        cert, key = self._certificate(self.config)
        return (
            tls.server_context(cert, key, is_mx=True),
            tls.server_context(cert, key, is_mx=False),
        )

    def _certificate(self, config: Config) -> tuple[Path, Path]:
        if config.tls.cert is not None and config.tls.key is not None:
            self.ca_file = None
            return config.tls.cert, config.tls.key
        hostname = config.server.hostname
        data_dir = config.server.data_dir
        cert, key = tls.self_signed(hostname, certificate_names(config), data_dir)
        self.ca_file = tls.authority_file(data_dir)
        return cert, key

    async def _renew_certificate(self) -> None:
        """Make our own certificate again before it expires; returns only on cancellation."""
        while self.config.tls.cert is None:
            await asyncio.sleep(_RENEWAL_SECONDS)
            try:
                await asyncio.to_thread(self.reload, self.config)
            except (MailError, OSError) as error:
                _log.error("tls.not_renewed", reason=str(error))
        await asyncio.Event().wait()

    def reload(self, config: Config) -> None:
        """Take the certificate from `config`; the rest of it needs a restart.

        On an error everything stays as it was.
        """
        cert, key = self._certificate(config)
        for context in self._contexts:
            tls.reload(context, cert, key)

    @staticmethod
    def _services(core: Core) -> Services:
        return Services(
            credentials=core.credentials,
            accounts=core.accounts,
            aliases=core.aliases,
            domains=core.domains,
            protections=core.protections,
            taints=core.taints,
            mailboxes=core.mailboxes,
            readiness=core.readiness,
            reports=core.received_reports,
            settings=core.settings,
            submission=core.mailer,
            suppressions=core.suppressions,
            sending=core.sending,
            schedule=core.schedule,
            approvals=core.approvals,
            showing=core.showing,
            drafts=core.drafts,
            queue=core.queue,
            smarthosts=core.smarthosts,
            contacts=core.contacts,
            quarantine=core.quarantine,
            signatures=core.signatures,
            tags=core.tags,
            rulebook=core.rulebook,
            trials=core.trials,
            tasks=core.tasks,
            templates=core.templates,
            webhooks=core.webhooks,
            clock=core.clock,
            journal=core.journal,
            links=core.links,
            channels=core.channels,
            safe_text=_readable,
        )


def _kind_of(payload: bytes) -> str:
    return guard_package.kind_of(payload).value


def _readable(text: str) -> tuple[str, list[JsonObject]]:
    clean, removals = safe_text(text)
    return clean, [removal_json(one) for one in removals]


async def check(config: Config, *, deep: bool = True) -> tuple[Violation, ...]:
    """Prove the store's invariants; works beside a running server."""
    _require_database(config)
    data_dir = config.server.data_dir
    async with SqliteStore.open_read_only(
        data_dir, Maildir(data_dir), SystemClock(), database=config.database
    ) as stores:
        return await stores.check.check(deep=deep)


async def rebuild_index(config: Config) -> None:
    """Make the full-text index again from the messages; UNAVAILABLE while a server runs."""
    data_dir = config.server.data_dir
    with _locked(data_dir):
        SqliteStore.remove_fulltext(data_dir, database=config.database)
        async with open_core(config, lock=False) as core:
            await core.indexer.catch_up()


def _database(config: Config) -> Path:
    return config.database or config.server.data_dir / DATABASE_FILE


def _require_database(config: Config) -> None:
    mail = config.server.data_dir / MAIL
    if not _database(config).exists() and mail.is_dir() and any(mail.iterdir()):
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"the database {_database(config)} is missing, but there is mail",
            code="database_missing",
            fix="Restore the database, or run `countersign check --rebuild`",
        )


async def rebuild(config: Config) -> tuple[Rebuilt, Path | None, str]:
    """Make the database anew from the Maildir tree; the server is stopped.

    The old database, if there is one, first gives its last bytes to the tree when it still can, and is
    kept aside with the spool: returns where, and why its last bytes were not to be had.
    """
    reason = await _empty_into_tree(config)
    with _locked(config.server.data_dir):
        kept = _put_aside(config)
        SqliteStore.remove_fulltext(config.server.data_dir, database=config.database)
    async with open_core(config, may_be_lost=True) as core:
        done = await _rebuilder(core).rebuild()
        await core.mirror.drain(everything=True)
        await core.indexer.catch_up()
    return done, kept, reason


async def adopt(config: Config) -> Rebuilt:
    """Make messages of the files that others delivered into the tree; the server is stopped."""
    async with open_core(config) as core:
        done = await _rebuilder(core).adopt()
        await core.mirror.drain()
    return done


async def fix(config: Config) -> JsonObject:
    """Put right what is safe: counters, the tree, files nothing names. The server is stopped."""
    async with open_core(config) as core:
        counters = await core.stores.check.recount()
        await core.mirror.drain(everything=True)
        unused = await core.stores.check.orphans(core.clock.now() - _ORPHAN_AGE)
        await core.stores.files.remove(unused)
    return {"mailboxes_recounted": counters, "files_removed": len(unused)}


def _rebuilder(core: Core) -> Rebuild:
    return Rebuild(
        stores=core.stores,
        accounts=core.accounts,
        domains=core.domains,
        delivery=core.delivery,
        domain=core.config.server.domain,
        clock=core.clock,
    )


async def _empty_into_tree(config: Config) -> str:
    """Let the mirror finish on the old database; why it could not, or an empty string."""
    if not _database(config).exists():
        return ""
    try:
        async with open_core(config) as core:
            await core.mirror.drain(everything=True)
    except MailError as error:
        if error.code == "locked":
            raise
        return error.detail or error.message
    except sqlite3.Error as error:
        return str(error)
    return ""


def _put_aside(config: Config) -> Path | None:
    """Move the database and the spool out of the way; nothing is deleted."""
    path = _database(config)
    stamp = SystemClock().now().strftime("%Y%m%dT%H%M%SZ")
    aside = config.server.data_dir / f"before-rebuild-{stamp}"
    spool = config.server.data_dir / SPOOL
    found = [one for one in (*path.parent.glob(f"{path.name}*"), spool) if one.exists()]
    if not found:
        return None
    aside.mkdir(mode=0o700)
    for one in found:
        one.rename(aside / one.name)
    return aside


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    path = data_dir / "lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"cannot write in {data_dir}: {error.strerror}",
            fix="Give the server's user write access",
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                f"another server is running on {data_dir}",
                code="locked",
                fix="Stop it first",
            ) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _unlocked() -> Iterator[None]:
    yield
