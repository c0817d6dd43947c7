"""`countersign reports`: what other organizations say about mail of our domains and TLS with us."""

from collections.abc import Iterator

import click

from mailcore.cli.api import objects, segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, ReportKind

_COLUMNS = (
    ("ID", "id"),
    ("KIND", "kind"),
    ("DOMAIN", "domain"),
    ("FROM", "organization"),
    ("UNTIL", "ends_at"),
    ("PASSED", "passed"),
    ("FAILED", "failed"),
    ("PROVEN", "is_authenticated"),
)
_FIELDS = (
    ("id", "id"),
    ("kind", "kind"),
    ("domain", "domain"),
    ("from", "organization"),
    ("name", "report_name"),
    ("begins", "begins_at"),
    ("ends", "ends_at"),
    ("sender", "sender"),
    ("proven", "is_authenticated"),
    ("passed", "passed"),
    ("failed", "failed"),
    ("received", "received_at"),
)
_RECORDS = (
    ("SOURCE", "source_ip"),
    ("COUNT", "count"),
    ("DKIM", "dkim"),
    ("SPF", "spf"),
    ("DONE", "disposition"),
    ("FROM", "header_from"),
)
_POLICIES = (("POLICY", "type"), ("DOMAIN", "domain"), ("PASSED", "passed"), ("FAILED", "failed"))
_FAILURES = (
    ("FAILURE", "type"),
    ("COUNT", "count"),
    ("HOST", "host"),
    ("FROM", "from_ip"),
    ("REASON", "reason"),
)


@click.group()
def reports() -> None:
    """Reports of others about our domains."""


@reports.command("list")
@click.option("--kind", type=click.Choice([one.value for one in ReportKind]), help="Only these.")
@click.option("--domain", help="Only those about this domain.")
@with_settings
def list_reports(settings: Settings, kind: str | None, domain: str | None) -> None:
    """List what came, newest first."""
    rows = settings.api().every("/v1/reports", kind=kind, domain=domain)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@reports.command("show")
@click.argument("report_id", metavar="ID")
@with_settings
def show_report(settings: Settings, report_id: str) -> None:
    """Show what a report says."""
    document = settings.api().get(f"/v1/reports/{segment(report_id)}")
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def _lines(document: JsonObject) -> Iterator[str]:
    yield from (clean(line) for line in fields(document, _FIELDS))
    said = document.get("document")
    records, policies = _rows(said, "records"), _rows(said, "policies")
    failures = [one for policy in policies for one in _rows(policy, "failures")]
    for rows, columns in ((records, _RECORDS), (policies, _POLICIES), (failures, _FAILURES)):
        if rows:
            yield ""
            yield from table(rows, columns)


def _rows(given: JsonValue, name: str) -> list[JsonObject]:
    found = given.get(name) if isinstance(given, dict) else None
    return objects(found)
