"""All services, constructed in order of dependency, without anything running: `Core`.

Commands use it on a store directly; `server` adds the edges. Two can live in one process: there is no
module-level state.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import guard as guard_package
from mailcore.accounts import Accounts
from mailcore.aliases import Aliases
from mailcore.app.datadir import database_file, locked, require_database, unlocked
from mailcore.app.guarding import LazyGuard, build_guard, kind_of, readable
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
from mailcore.config import Config, public_url
from mailcore.contacts import Contacts
from mailcore.credentials import Credentials, ServerSecrets, Throttle
from mailcore.delivery import Delivery
from mailcore.domains.service import POLL_EVERY, Domains
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
from mailcore.metrics import Metrics
from mailcore.mirror import Mirror
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
from mailcore.protections import Protections
from mailcore.provenance import Origins
from mailcore.quarantine import Quarantine
from mailcore.readiness import Readiness
from mailcore.reports.dmarc_author import DmarcAuthor
from mailcore.reports.received import ReceivedReports
from mailcore.reports.sender import Author, ReportSender
from mailcore.reports.tally import Tally
from mailcore.reports.tls_author import TlsAuthor, TlsTally
from mailcore.rulebook.door import Door
from mailcore.rulebook.known import Known
from mailcore.rulebook.service import Rulebook
from mailcore.settings import Settings
from mailcore.signatures import Signatures
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from mailcore.tags import Tags
from mailcore.taints import Taints
from mailcore.tasks.notices import TaskNotices
from mailcore.tasks.service import EXPIRE_EVERY, Tasks
from mailcore.templates import Templates
from mailcore.webhooks.dispatcher import Dispatcher
from mailcore.webhooks.sender import Sender
from mailcore.webhooks.service import Webhooks

ORPHAN_AGE: Final = timedelta(hours=1)
"""When a file that nothing names is a leftover."""
_POLICY_SECONDS: Final = 30.0


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
        require_database(config)
    secrets = ServerSecrets.load(data_dir / "server.key")
    with locked(data_dir) if lock else unlocked():
        chosen = clock or SystemClock()
        maildir = Maildir(data_dir)
        try:
            async with SqliteStore.open(
                data_dir, maildir, chosen, database=config.database
            ) as stores:
                await maildir.recover()
                core = construct(config, stores, secrets, chosen)
                yield core
                if lock:
                    await core.auditing.follow()
        finally:
            maildir.close()


def construct(  # noqa: PLR0915 - construction in order of dependency, nothing else
    config: Config,
    stores: Stores,
    secrets: ServerSecrets,
    clock: Clock,
    *,
    guard: LazyGuard | None = None,
    resolver: Resolver | None = None,
) -> Core:
    """Every service on these stores; the guard and the resolver as configured when not given."""
    _limit_parsers(config)
    metrics = Metrics()
    doorbell = asyncio.Event()
    fresh = resolver or Resolver(nameserver=config.dns.resolver, cache_size=0)
    resolver = resolver or Resolver(nameserver=config.dns.resolver, trusts_ad=config.dns.trust_ad)
    judge = guard or build_guard(config)
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
        resolver=fresh,
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
        kind_of=kind_of,
    )
    questions = Questions(
        accounts=accounts,
        approvals=approvals,
        quarantine=quarantine,
        policy=stores.policy,
        showing=showing,
        patience=patience,
        masking=masking,
        kind_of=kind_of,
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
        kind_of=kind_of,
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
        unused = await stores.check.orphans(clock.now() - ORPHAN_AGE)
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
            path=Path(f"{database_file(config)}{SUFFIX}"),
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
    sender = Sender(fetcher=fetcher, secrets=secrets, safe_text=readable, clock=clock)
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
