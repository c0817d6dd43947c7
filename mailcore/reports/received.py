"""Reports about our domains: taken from the mail that brings them, kept, shown to the owner.

A mail to a report address that holds a report about the domain of that address ends here; what cannot be
read goes on to the owner like other mail to role addresses. What was found out about the sender is
kept with it: a report of nobody in particular proves nothing.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Final

from mailcore import log
from mailcore.accounts import require_master
from mailcore.address import DMARC_REPORTS, TLS_REPORTS, Address
from mailcore.clock import Clock
from mailcore.errors import not_found
from mailcore.ids import DEFAULT_POD, ReportId, new_id
from mailcore.model import Actor, AuthReport, Listed, ReceivedReport, ReportKind
from mailcore.reports.reading import Reading, ReadingError, read_mail
from mailcore.store.ports import ReceivedQuery, ReportStore

_log = log.get(__name__)
KEEP_FOR: Final = timedelta(days=365)
MAX_KEPT: Final = 10_000
_KINDS: Final = {DMARC_REPORTS: ReportKind.DMARC, TLS_REPORTS: ReportKind.TLS}


class ReceivedReports:
    """The service of received reports."""

    def __init__(self, *, store: ReportStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def take(self, address: Address, raw: bytes, auth: AuthReport) -> bool:
        """Whether the mail was a report for this address, which is kept now; the same one once."""
        kind = _KINDS.get(address.base.local.lower())
        if kind is None:
            return False
        try:
            reading = await asyncio.to_thread(read_mail, raw)
        except ReadingError as error:
            _log.info("report.unreadable", kind=kind.value, reason=str(error))
            return False
        if reading.kind is not kind or not _is_related(reading.domain, address.domain):
            _log.info("report.not_ours", kind=kind.value, domain=reading.domain)
            return False
        is_new = await self._store.keep_received(self._report(reading, auth))
        _log.info(
            "report.received",
            kind=kind.value,
            domain=reading.domain,
            organization=reading.organization,
            passed=reading.passed,
            failed=reading.failed,
            is_new=is_new,
        )
        return True

    async def items(self, actor: Actor, query: ReceivedQuery) -> Listed[ReceivedReport]:
        """Newest first. For who sees the pod."""
        if not actor.reads_pod:
            require_master(actor)
        return await self._store.received(replace(query, pod_id=actor.pod_id))

    async def item(self, actor: Actor, report_id: ReportId) -> ReceivedReport:
        """One report. For who sees the pod."""
        if not actor.reads_pod:
            require_master(actor)
        found = await self._store.received_one(report_id)
        if found is None or found.pod_id != actor.pod_id:
            raise not_found("report")
        return found

    async def trim(self) -> int:
        """Forget what is a year old, or too many; how many."""
        return await self._store.trim_received(self._clock.now() - KEEP_FOR, MAX_KEPT)

    def _report(self, reading: Reading, auth: AuthReport) -> ReceivedReport:
        return ReceivedReport(
            id=ReportId(new_id()),
            pod_id=DEFAULT_POD,
            kind=reading.kind,
            domain=reading.domain,
            organization=reading.organization,
            report_id=reading.report_id,
            begins_at=reading.begins_at,
            ends_at=reading.ends_at,
            sender=auth.dmarc_domain,
            is_authenticated=auth.dmarc == "pass",
            passed=reading.passed,
            failed=reading.failed,
            document=reading.document,
            received_at=self._clock.now(),
        )


def _is_related(one: str, other: str) -> bool:
    """A domain, or one above or below it: a parent's policy holds for its children."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
