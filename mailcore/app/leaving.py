"""Mail that leaves: the worker at the queue, other servers with their TLS policies, reports to them."""

from functools import cached_property

from mailcore.app.incoming import Incoming
from mailcore.outbound.mtasts import MtaSts
from mailcore.outbound.remote import Remote, StoredKeys
from mailcore.outbound.sign import Signer
from mailcore.outbound.smtp_client import Reuse, SmtpClient
from mailcore.outbound.tls_policy import TlsPolicies
from mailcore.outbound.worker import Worker
from mailcore.reports.dmarc_author import DmarcAuthor
from mailcore.reports.sender import Author, ReportSender
from mailcore.reports.tls_author import TlsAuthor, TlsTally


class Leaving(Incoming):
    """Delivery: to our own inboxes and to other servers."""

    @cached_property
    def tls_tally(self) -> TlsTally:
        return TlsTally(
            store=self.stores.reports, clock=self.clock, is_on=self.config.outbound.tls_reports
        )

    @cached_property
    def sts(self) -> MtaSts:
        return MtaSts(
            store=self.stores.tls,
            resolver=self.resolver,
            fetchers=self.policy_fetcher,
            clock=self.clock,
        )

    @cached_property
    def client(self) -> SmtpClient:
        outbound = self.config.outbound
        return SmtpClient(
            ehlo_name=self.config.server.hostname,
            port=outbound.port,
            reuse=Reuse(
                max_messages=outbound.messages_per_connection,
                idle_seconds=outbound.idle_connection_seconds,
                max_per_host=outbound.concurrency_per_host,
            ),
            ca_file=outbound.ca_file,
            clock=self.clock,
        )

    @cached_property
    def remote(self) -> Remote:
        return Remote(
            resolver=self.resolver,
            signer=Signer(StoredKeys(self.stores.accounts, self.secrets), clock=self.clock),
            client=self.client,
            policies=TlsPolicies(
                resolver=self.resolver,
                sts=self.sts,
                store=self.stores.tls,
                on_result=self.tls_tally.note,
                config=self.config,
                clock=self.clock,
            ),
            smarthosts=self.smarthosts,
            tokens=self.returns,
            config=self.config,
            clock=self.clock,
        )

    @cached_property
    def worker(self) -> Worker:
        return Worker(
            outbound=self.stores.outbound,
            blobs=self.stores.blobs,
            delivery=self.delivery,
            arrivals=self.inbound,
            suppressions=self.stores.suppressions,
            remote=self.remote,
            doorbell=self.doorbell,
            owner=self.owner,
            config=self.config,
            metrics=self.metrics,
            clock=self.clock,
        )

    @cached_property
    def reports(self) -> ReportSender:
        return self._reporting(DmarcAuthor(self.resolver))

    @cached_property
    def tls_reports(self) -> ReportSender:
        return self._reporting(TlsAuthor(self.resolver))

    def _reporting(self, author: Author) -> ReportSender:
        return ReportSender(
            author,
            store=self.stores.reports,
            accounts=self.stores.accounts,
            submission=self.submission,
            fetchers=self.policy_fetcher,
            config=self.config,
            clock=self.clock,
        )
