"""Reports that other organizations sent about our domains: on DMARC and on TLS."""

from typing import Annotated

from pydantic import Field

from httpapi.fields import Input, Line, Listing, Output, Page, Timestamp, view
from httpapi.operation import READERS, Call, operation
from mailcore.ids import ReportId
from mailcore.model import JsonObject, ReceivedReport, ReportKind
from mailcore.store.ports import ReceivedQuery


class ListReports(Page):
    """Which reports to list."""

    kind: ReportKind | None = None
    """Only those on `dmarc` or on `tls`."""
    domain: Annotated[Line, Field(max_length=253)] = ""
    """Only those about this domain."""


class OneReport(Input):
    """Which report."""

    report_id: str
    """The id of a report."""


class ReportInfo(Output):
    """A report on mail in the name of our domain (`dmarc`), or on TLS towards us (`tls`)."""

    id: str
    kind: ReportKind
    domain: str
    organization: str
    """Who reports."""
    report_name: str
    """The id that the organization gave it."""
    begins_at: Timestamp
    ends_at: Timestamp
    sender: str
    """The domain of the mail that brought it."""
    is_authenticated: bool
    """Whether DMARC passed for that mail: else anybody may have written the report."""
    passed: int
    """Messages that passed DMARC, or connections with TLS as the policy wants it."""
    failed: int
    """Messages that failed DMARC, or connections that failed."""
    received_at: Timestamp


class ReportDetail(ReportInfo):
    """A report with what it says."""

    document: JsonObject
    """`dmarc`: `policy` and `records` by source address; `tls`: `policies` with their `failures`."""


class ReportList(Listing[ReportInfo]):
    """A page of reports, newest first."""


async def list_reports(call: Call, given: ListReports) -> ReportList:
    """Reports about our domains that came to `dmarc-reports@` and `tls-reports@`, newest first."""
    query = ReceivedQuery(
        pod_id=call.actor.pod_id, kind=given.kind, domain=given.domain.lower(), part=given.part
    )
    return ReportList.of(given, await call.services.reports.items(call.actor, query), _info)


async def get_report(call: Call, given: OneReport) -> ReportDetail:
    """One report with what it says."""
    found = await call.services.reports.item(call.actor, ReportId(given.report_id))
    return view(ReportDetail, _info(found), document=found.document)


def _info(one: ReceivedReport) -> ReportInfo:
    return ReportInfo(
        id=one.id,
        kind=one.kind,
        domain=one.domain,
        organization=one.organization,
        report_name=one.report_id,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
        sender=one.sender,
        is_authenticated=one.is_authenticated,
        passed=one.passed,
        failed=one.failed,
        received_at=one.received_at,
    )


OPERATIONS = (
    operation(
        name="list_reports",
        method="GET",
        path="/v1/reports",
        summary="List reports about our domains",
        tag="Reports",
        input=ListReports,
        output=ReportList,
        roles=READERS,
        function=list_reports,
    ),
    operation(
        name="get_report",
        method="GET",
        path="/v1/reports/{report_id}",
        summary="Read a report",
        tag="Reports",
        input=OneReport,
        output=ReportDetail,
        roles=READERS,
        function=get_report,
    ),
)
