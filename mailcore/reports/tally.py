"""Counting what a DMARC aggregate report tells (RFC 9990 §3.1)."""

from dataclasses import dataclass
from typing import Final

from mailcore.clock import Clock
from mailcore.inbound.enforcement import Disposition
from mailcore.mailauth.dmarc import DmarcRecord, DmarcResult
from mailcore.mailauth.verify import Examined
from mailcore.model import ReportKind
from mailcore.reports.counts import Counts
from mailcore.store.ports import ReportStore

_MAX_SIGNATURES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The policy as it was found, and where reports go."""

    domain: str
    p: str
    sp: str
    np: str
    adkim: str
    aspf: str
    testing: str
    reports_to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One DKIM result."""

    domain: str
    selector: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What messages of one kind have in common."""

    source_ip: str
    disposition: str
    dkim: str
    spf: str
    reason: str
    comment: str
    header_from: str
    envelope_from: str
    signatures: tuple[Signature, ...]
    spf_domain: str
    spf_result: str


class Tally:
    """Takes every judged message; `store` is a job."""

    def __init__(self, *, store: ReportStore, clock: Clock, is_on: bool) -> None:
        self._counts = Counts(ReportKind.DMARC, store=store, clock=clock)
        self._is_on = is_on

    def note(
        self, examined: Examined, disposition: Disposition, *, source_ip: str, envelope_from: str
    ) -> None:
        """Count a message when the domain of its author asks for reports."""
        dmarc = examined.dmarc
        if not self._is_on or dmarc is None or dmarc.record is None:
            return
        if not dmarc.record.reports_to or dmarc.result not in ("pass", "fail"):
            return
        published = _published(dmarc.domain, dmarc.record)
        seen = _seen(examined, dmarc, disposition, source_ip, envelope_from)
        self._counts.add(dmarc.domain, published, seen)

    async def store(self) -> int:
        """Store what was counted; how many rows that were."""
        return await self._counts.store()


def _published(domain: str, record: DmarcRecord) -> Published:
    return Published(
        domain=domain,
        p=record.policy.value,
        sp=record.subdomain_policy.value if record.subdomain_policy else "",
        np=record.missing_policy.value if record.missing_policy else "",
        adkim="s" if record.is_strict_dkim else "r",
        aspf="s" if record.is_strict_spf else "r",
        testing="y" if record.is_testing else "n",
        reports_to=record.reports_to,
    )


def _seen(
    examined: Examined,
    dmarc: DmarcResult,
    disposition: Disposition,
    source_ip: str,
    envelope_from: str,
) -> Seen:
    report = examined.report
    is_overridden = dmarc.result == "fail" and dmarc.policy not in ("none", disposition)
    reason, comment = "", ""
    if is_overridden:
        reason = "trusted_forwarder" if report.vouched_by else "local_policy"
        comment = f"ARC sealed by {report.vouched_by}" if report.vouched_by else ""
    return Seen(
        source_ip=source_ip,
        disposition="pass" if dmarc.result == "pass" else disposition.value,
        dkim="pass" if dmarc.aligned_dkim else "fail",
        spf="pass" if dmarc.aligned_spf else "fail",
        reason=reason,
        comment=comment,
        header_from=report.dmarc_domain,
        envelope_from=envelope_from,
        signatures=tuple(
            Signature(domain=one.domain, selector=one.selector, result=one.result.value)
            for one in examined.dkim[:_MAX_SIGNATURES]
            if one.domain and one.selector
        ),
        spf_domain=examined.spf.domain,
        spf_result=examined.spf.result,
    )
