"""The running server: the services with SMTP, IMAP and HTTP around them, started and stopped in order."""

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from httpapi.server import HttpServer, Services
from imapd.server import ImapServer
from mailcore import log
from mailcore.app.core import Core, open_core
from mailcore.app.guarding import readable
from mailcore.clock import SystemClock
from mailcore.config import Config, socket_path
from mailcore.domains.clients import certificate_names
from mailcore.errors import ErrorKind, MailError
from mailcore.net import tls
from smtpd.server import SmtpServer

_log = log.get(__name__)
_RENEWAL_SECONDS: Final = 12 * 3600.0


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
            await core.domains.require_owner_outside()
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
                services=services_of(core),
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
                core.arrivals.run(),
                core.indexer.run(),
                core.mirror.run(),
                core.state.run(),
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
                if self.config.guard.inbound:
                    core.guard.learn()
                with core.journal.watch(core.doorbell.set, names=("agent.resumed",)):
                    await stop.wait()
            finally:
                async with asyncio.TaskGroup() as stopping:
                    stopping.create_task(smtp.stop(grace))
                    stopping.create_task(imap.stop(grace))
                    stopping.create_task(http.stop(grace))
                    stopping.create_task(core.worker.stop(grace))
                await core.arrivals.stop()
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
            _warn_of_end(config.tls.cert)
            return config.tls.cert, config.tls.key
        hostname = config.server.hostname
        data_dir = config.server.data_dir
        cert, key = tls.self_signed(hostname, certificate_names(config), data_dir)
        self.ca_file = tls.authority_file(data_dir)
        return cert, key

    async def _renew_certificate(self) -> None:
        """Make our own certificate again before it expires, and take one that somebody else renewed.

        Returns only on cancellation.
        """
        while True:
            await asyncio.sleep(_RENEWAL_SECONDS)
            try:
                await asyncio.to_thread(self.reload, self.config)
            except (MailError, OSError) as error:
                _log.error("tls.not_renewed", reason=str(error))

    def reload(self, config: Config) -> None:
        """Take the certificate from `config`; the rest of it needs a restart.

        On an error everything stays as it was.
        """
        cert, key = self._certificate(config)
        for context in self._contexts:
            tls.reload(context, cert, key)
        self.config = self.config.model_copy(update={"tls": config.tls})


def _warn_of_end(cert: Path) -> None:
    """An expired certificate stops nothing here, but programs that verify it stay away."""
    expires_at = tls.expires_at(cert)
    if expires_at is not None and expires_at - SystemClock().now() < tls.EXPIRES_SOON:
        _log.warning("tls.expires", certificate=str(cert), expires_at=expires_at.isoformat())


def services_of(core: Core) -> Services:
    """What HTTP may call."""
    return Services(
        credentials=core.credentials,
        accounts=core.accounts,
        aliases=core.aliases,
        domains=core.domains,
        protections=core.protections,
        replays=core.replays,
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
        safe_text=readable,
    )
