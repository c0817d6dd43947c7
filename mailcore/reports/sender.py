"""Sending aggregate reports: once a day, as system mail, to those who may ask for them.

An address in another organization than the domain gets reports only when it says so in DNS
(RFC 9990 §4). A crash between sending and forgetting repeats a report under the same id.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import orjson

from mailcore import log
from mailcore.address import Address, parse_address
from mailcore.clock import Clock
from mailcore.config import Config
from mailcore.credentials import system
from mailcore.ids import new_message_id
from mailcore.mailauth.dmarc import parse_consent, same_organization
from mailcore.message.compose import OutgoingAttachment, Outline, render
from mailcore.model import DomainStatus, MailboxAddress
from mailcore.net.dns import DnsTemporaryError, Resolver
from mailcore.outbound.submit import Submission
from mailcore.reports.aggregate import Reporter, compressed, file_name, report_id
from mailcore.store.ports import AccountStore, DmarcCount, ReportStore

_log = log.get(__name__)
KEEP_DAYS: Final = 3
MAX_RECIPIENTS: Final = 5


class ReportSender:
    """The job that sends what was counted on days that are over."""

    def __init__(
        self,
        *,
        store: ReportStore,
        accounts: AccountStore,
        submission: Submission,
        resolver: Resolver,
        config: Config,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._submission = submission
        self._resolver = resolver
        self._config = config
        self._clock = clock
        self._actor = system("dmarc-reports")

    async def send(self) -> int:
        """Send what is due; how many reports went out. DNS trouble leaves a report for later."""
        today = self._clock.now().date()
        await self._store.forget_dmarc_before(today - timedelta(days=KEEP_DAYS))
        if not await self._may_send():
            return 0
        sent = 0
        for day, domain in await self._store.due_dmarc(today):
            rows = await self._store.dmarc_of(day, domain)
            try:
                recipients = await self._recipients(domain, rows)
            except DnsTemporaryError:
                continue
            if recipients:
                await self._submit(day, domain, rows, recipients)
                sent += 1
            await self._store.forget_dmarc(day, domain)
        return sent

    async def _may_send(self) -> bool:
        if not self._config.outbound.require_verified_domain:
            return True
        own = await self._accounts.domain_by_name(self._config.server.domain)
        return own is not None and own.status is DomainStatus.VERIFIED

    async def _recipients(self, domain: str, rows: Sequence[DmarcCount]) -> list[Address]:
        asked = dict.fromkeys(
            text for row in rows for text in orjson.loads(row.published)["reports_to"]
        )
        found: list[Address] = []
        for text in list(asked)[:MAX_RECIPIENTS]:
            address = parse_address(text)
            if await self._is_wanted(domain, address):
                found.append(address)
        return found

    async def _is_wanted(self, domain: str, address: Address) -> bool:
        """Whether the address may be told about the domain (RFC 9990 §4)."""
        if await same_organization(domain, address.domain, self._resolver):
            return True
        texts = await self._resolver.txt(f"{domain}._report._dmarc.{address.domain}")
        if any(parse_consent(one) for one in texts):
            return True
        _log.info("dmarc.report_unwanted", domain=domain, host=address.domain)
        return False

    async def _submit(
        self, day: date, domain: str, rows: Sequence[DmarcCount], recipients: Sequence[Address]
    ) -> None:
        own = Address("postmaster", self._config.server.domain)
        reporter = Reporter(hostname=self._config.server.hostname, email=str(own))
        content = await asyncio.to_thread(compressed, reporter, domain, day, rows)
        name = report_id(reporter, domain, day)
        outline = Outline(
            sender=MailboxAddress(name="", address=str(own)),
            to=tuple(MailboxAddress(name="", address=str(one)) for one in recipients),
            subject=f"Report Domain: {domain} Submitter: {reporter.hostname} Report-ID: <{name}>",
            text=f"DMARC aggregate report for {domain}, {day:%Y-%m-%d} (UTC).\n",
            attachments=(
                OutgoingAttachment(
                    filename=file_name(reporter, domain, day),
                    content_type="application/gzip",
                    content=content,
                ),
            ),
            headers=(("Auto-Submitted", "auto-generated"),),
            message_id=new_message_id(own.domain),
            date=self._clock.now(),
        )
        await self._submission.notify(self._actor, own, recipients, render(outline))
