"""DMARC aggregate reports: to whom they go, and the letter.

An address in another organization than the domain gets reports only when it says so in DNS
(RFC 9990 §4).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

import orjson

from mailcore import log
from mailcore.address import Address, parse_address
from mailcore.mailauth.dmarc import parse_consent, same_organization
from mailcore.model import ReportKind
from mailcore.net.dns import Resolver
from mailcore.reports.aggregate import compressed
from mailcore.reports.document import Document, Reporter, file_name, report_id
from mailcore.reports.sender import Destinations
from mailcore.store.ports import ReportCount

_log = log.get(__name__)
MAX_RECIPIENTS: Final = 5


class DmarcAuthor:
    """Writes aggregate reports."""

    kind = ReportKind.DMARC

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    async def destinations(self, domain: str, rows: Sequence[ReportCount]) -> Destinations:
        """Those who may be told. Raises DnsTemporaryError."""
        asked = dict.fromkeys(
            text for row in rows for text in orjson.loads(row.published)["reports_to"]
        )
        found: list[Address] = []
        for text in list(asked)[:MAX_RECIPIENTS]:
            address = parse_address(text)
            if await self._is_wanted(domain, address):
                found.append(address)
        return Destinations(addresses=tuple(found))

    async def _is_wanted(self, domain: str, address: Address) -> bool:
        """Whether the address may be told about the domain (RFC 9990 §4)."""
        if await same_organization(domain, address.domain, self._resolver):
            return True
        texts = await self._resolver.txt(f"{domain}._report._dmarc.{address.domain}")
        if any(parse_consent(one) for one in texts):
            return True
        _log.info("dmarc.report_unwanted", domain=domain, host=address.domain)
        return False

    def document(
        self, reporter: Reporter, domain: str, day: date, rows: Sequence[ReportCount]
    ) -> Document:
        """The report over one day. Takes time: not on the loop."""
        return Document(
            report_id=report_id(reporter, domain, day),
            title=f"DMARC aggregate report for {domain}, {day:%Y-%m-%d} (UTC).",
            filename=file_name(reporter, domain, day, "xml.gz"),
            content_type="application/gzip",
            content=compressed(reporter, domain, day, rows),
        )
