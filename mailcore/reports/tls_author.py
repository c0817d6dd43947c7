"""TLS reports to other domains: how our connections to their mail hosts went (RFC 8460).

Mail that carries one goes even where a TLS policy of the domain fails (§3), and is not counted.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from urllib.parse import unquote

import orjson

from mailcore.address import Address, try_address
from mailcore.clock import Clock
from mailcore.model import JsonObject, ReportKind
from mailcore.net.dns import Resolver
from mailcore.outbound.host_tls import Finding
from mailcore.outbound.remote import TLS_REQUIRED
from mailcore.outbound.tls_policy import TlsResult
from mailcore.reports.counts import Counts
from mailcore.reports.document import Document, Reporter, file_name, report_id, span_of
from mailcore.reports.sender import Destinations
from mailcore.store.ports import ReportCount, ReportStore

MAX_DESTINATIONS: Final = 5
MAX_DETAILS: Final = 500
_MAX_REASON: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Published:
    kind: str
    domain: str
    lines: tuple[str, ...]
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    finding: str
    host: str
    address: str
    reason: str


class TlsTally:
    """Counts connections to mail hosts of other domains; `store` is a job."""

    def __init__(self, *, store: ReportStore, clock: Clock, is_on: bool) -> None:
        self._counts = Counts(ReportKind.TLS, store=store, clock=clock)
        self._is_on = is_on

    def note(self, domain: str, result: TlsResult) -> None:
        """Count a connection; of those that went well only how many there were."""
        if not self._is_on:
            return
        policy, seen = result.policy, result.handshake
        is_fine = seen.finding is Finding.SUCCESS
        self._counts.add(
            domain,
            _Published(
                kind=policy.kind, domain=policy.domain, lines=policy.lines, hosts=policy.hosts
            ),
            _Seen(
                finding=seen.finding.value,
                host="" if is_fine else seen.host,
                address="" if is_fine else seen.address,
                reason="" if is_fine else seen.reason[:_MAX_REASON],
            ),
        )

    async def store(self) -> int:
        """Store what was counted; how many rows that were."""
        return await self._counts.store()


class TlsAuthor:
    """Writes TLS reports."""

    kind = ReportKind.TLS

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def destinations(self, domain: str, _rows: Sequence[ReportCount]) -> Destinations:
        """Where the domain wants to be told (§3). Raises DnsTemporaryError."""
        return parse_record(await self._resolver.txt(f"_smtp._tls.{domain}"))

    def document(
        self, reporter: Reporter, domain: str, day: date, rows: Sequence[ReportCount]
    ) -> Document:
        """The report over one day. Takes time: not on the loop."""
        told = {
            "organization-name": reporter.hostname,
            "date-range": _range(day),
            "contact-info": reporter.email,
            "report-id": report_id(reporter, domain, day),
            "policies": _policies(rows),
        }
        return Document(
            report_id=report_id(reporter, domain, day),
            title=f"Report on TLS with the mail hosts of {domain}, {day:%Y-%m-%d} (UTC).",
            filename=file_name(reporter, domain, day, "json.gz"),
            content_type="application/tlsrpt+gzip",
            content=gzip.compress(orjson.dumps(told), mtime=0),
            headers=(
                ("TLS-Report-Domain", domain),
                ("TLS-Report-Submitter", reporter.hostname),
                (TLS_REQUIRED, "No"),
            ),
            report_type="tlsrpt",
        )


def parse_record(texts: Sequence[bytes]) -> Destinations:
    """The destinations in the `_smtp._tls` TXT records; none unless exactly one is a record (§3)."""
    records = [text for text in texts if text.partition(b";")[0].strip() == b"v=TLSRPTv1"]
    if len(records) != 1:
        return Destinations()
    addresses: list[Address] = []
    urls: list[str] = []
    for field in records[0].decode("latin-1").split(";")[1:]:
        name, _, value = field.partition("=")
        if name.strip() != "rua":
            continue
        for uri in [one.strip() for one in value.split(",")][:MAX_DESTINATIONS]:
            scheme, _, rest = uri.partition(":")
            address = try_address(unquote(rest.partition("?")[0]))
            if scheme.lower() == "mailto" and address is not None:
                addresses.append(address)
            elif scheme.lower() == "https":
                urls.append(uri)
    return Destinations(addresses=tuple(addresses), urls=tuple(urls))


def _range(day: date) -> JsonObject:
    begin, end = (datetime.fromtimestamp(one, UTC) for one in span_of(day))
    return {
        "start-datetime": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        "end-datetime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }


def _policies(rows: Sequence[ReportCount]) -> list[JsonObject]:
    by_policy: dict[str, list[ReportCount]] = {}
    for row in rows:
        by_policy.setdefault(row.published, []).append(row)
    return [_policy(orjson.loads(published), group) for published, group in by_policy.items()]


def _policy(published: JsonObject, rows: Sequence[ReportCount]) -> JsonObject:
    """§4.4."""
    policy: JsonObject = {"policy-type": published["kind"], "policy-domain": published["domain"]}
    if published["lines"]:
        policy["policy-string"] = published["lines"]
    if published["hosts"]:
        policy["mx-host"] = published["hosts"]
    passed, failed = 0, 0
    details: list[JsonObject] = []
    for row in rows:
        seen = orjson.loads(row.seen)
        if seen["finding"] == Finding.SUCCESS:
            passed += row.count
            continue
        failed += row.count
        details.append(_detail(seen, row.count))
    summary = {"total-successful-session-count": passed, "total-failure-session-count": failed}
    told: JsonObject = {"policy": policy, "summary": dict(summary)}
    if details:
        told["failure-details"] = list(details[:MAX_DETAILS])
    return told


def _detail(seen: dict[str, str], count: int) -> JsonObject:
    detail: JsonObject = {"result-type": seen["finding"], "failed-session-count": count}
    for name, value in (
        ("receiving-mx-hostname", seen["host"]),
        ("receiving-ip", seen["address"]),
        ("failure-reason-code", seen["reason"]),
    ):
        if value:
            detail[name] = value
    return detail
