"""Sending reports to other domains: once a day, as system mail or by HTTPS, to those who ask.

What a report says and who may have it is its author's; here is when, and how it travels. A crash between
sending and forgetting repeats a report under the same id. Trouble of DNS or of every destination
leaves a report for later, for `KEEP_DAYS`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Protocol

from mailcore import log
from mailcore.address import Address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.ids import new_message_id
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.model import DomainStatus, MailboxAddress, ReportKind
from mailcore.net.dns import DnsTemporaryError
from mailcore.net.fetch import Fetcher, FetchError
from mailcore.outbound.submit import Submission
from mailcore.reports.document import Document, Reporter
from mailcore.store.ports import AccountStore, ReportCount, ReportStore

_log = log.get(__name__)
KEEP_DAYS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """Where a report goes."""

    addresses: tuple[Address, ...] = ()
    urls: tuple[str, ...] = ()


class Author(Protocol):
    """Writes one kind of reports."""

    @property
    def kind(self) -> ReportKind:
        """Which."""
        ...

    async def destinations(self, domain: str, rows: Sequence[ReportCount]) -> Destinations:
        """Who is told; nobody when nobody asks. Raises DnsTemporaryError."""
        ...

    def document(
        self, reporter: Reporter, domain: str, day: date, rows: Sequence[ReportCount]
    ) -> Document:
        """The report over one day; called off the loop."""
        ...


class ReportSender:
    """The job that sends what was counted on days that are over."""

    def __init__(
        self,
        author: Author,
        *,
        store: ReportStore,
        accounts: AccountStore,
        submission: Submission,
        fetchers: Callable[[], Fetcher],
        config: Config,
        clock: Clock,
    ) -> None:
        self._author = author
        self._store = store
        self._accounts = accounts
        self._submission = submission
        self._fetchers = fetchers
        self._config = config
        self._clock = clock
        self._actor = system(f"{author.kind.value}-reports")

    async def send(self) -> int:
        """Send what is due; how many reports went out."""
        kind = self._author.kind
        today = self._clock.now().date()
        await self._store.forget_counts_before(kind, today - timedelta(days=KEEP_DAYS))
        if not await self._may_send():
            return 0
        sent = 0
        for day, domain in await self._store.due_reports(kind, today):
            rows = await self._store.counts_of(kind, day, domain)
            try:
                where = await self._author.destinations(domain, rows)
            except DnsTemporaryError:
                continue
            if where.addresses or where.urls:
                if not await self._deliver(day, domain, rows, where):
                    continue
                sent += 1
            await self._store.forget_counts(kind, day, domain)
        return sent

    async def _may_send(self) -> bool:
        if not self._config.outbound.require_verified_domain:
            return True
        own = await self._accounts.domain_by_name(self._config.server.domain)
        return own is not None and own.status is DomainStatus.VERIFIED

    async def _deliver(
        self, day: date, domain: str, rows: Sequence[ReportCount], where: Destinations
    ) -> bool:
        """Whether it is on its way to somebody."""
        own = Address("postmaster", self._config.server.domain)
        reporter = Reporter(hostname=self._config.server.hostname, email=str(own))
        document = await asyncio.to_thread(self._author.document, reporter, domain, day, rows)
        posted = [await self._post(url, document) for url in where.urls]
        if where.addresses:
            raw = render(self._letter(document, own, domain, where.addresses))
            await self._submission.notify(self._actor, own, where.addresses, raw)
        return bool(where.addresses) or any(posted)

    async def _post(self, url: str, document: Document) -> bool:
        """RFC 8460 §5.4."""
        headers = {"Content-Type": document.content_type}
        try:
            async with self._fetchers() as fetcher:
                answer = await fetcher.request("POST", url, headers=headers, body=document.content)
        except FetchError as error:
            _log.warning("report.not_posted", report=document.report_id, reason=str(error))
            return False
        if not 200 <= answer.status < 300:
            _log.warning("report.not_posted", report=document.report_id, status=answer.status)
            return False
        return True

    def _letter(
        self, document: Document, own: Address, domain: str, recipients: Sequence[Address]
    ) -> Outline:
        submitter = self._config.server.hostname
        return Outline(
            sender=MailboxAddress(name="", address=str(own)),
            to=tuple(MailboxAddress(name="", address=str(one)) for one in recipients),
            subject=f"Report Domain: {domain} Submitter: {submitter} "
            f"Report-ID: <{document.report_id}>",
            text=f"{document.title}\n",
            attachments=(
                OutgoingAttachment(
                    filename=document.filename,
                    content_type=document.content_type,
                    content=document.content,
                ),
            ),
            headers=(("Auto-Submitted", "auto-generated"), *document.headers),
            report_type=document.report_type,
            message_id=new_message_id(own.domain),
            date=self._clock.now(),
        )
