"""`countersign suppression`: addresses that get no mail any more."""

import click

from mailcore.cli.api import segment
from mailcore.cli.inboxes import find
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("ADDRESS", "address"),
    ("REASON", "reason"),
    ("SOURCE", "source"),
    ("SINCE", "created_at"),
    ("UNTIL", "expires_at"),
)


@click.group()
def suppression() -> None:
    """Addresses that get no mail any more."""


@suppression.command("list")
@click.option("--address", help="Only this address.")
@with_settings
def list_suppressions(settings: Settings, address: str | None) -> None:
    """List who gets no mail, and why."""
    rows = settings.api().every("/v1/suppressions", address=address)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@suppression.command("add")
@click.argument("address")
@click.option("--inbox", help="Only for mail from this inbox: address or id.")
@click.option("--note", default="", help="Why.")
@click.option("--expires-at", help="When it ends (2026-12-31T12:00:00Z); never unless given.")
@with_settings
def add(
    settings: Settings, address: str, inbox: str | None, note: str, expires_at: str | None
) -> None:
    """Stop mail to an address."""
    api = settings.api()
    body: JsonObject = {"address": address, "note": note, "expires_at": expires_at}
    if inbox is not None:
        body["identity_id"] = find(api, inbox)["id"]
    document = api.post("/v1/suppressions", body)
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [f"{clean(document.get('address'))} gets no mail"],
    )


@suppression.command("lift")
@click.argument("suppression_id", metavar="ID")
@with_settings
def lift(settings: Settings, suppression_id: str) -> None:
    """Let mail to an address out again."""
    settings.api().delete(f"/v1/suppressions/{segment(suppression_id)}")
    show({}, as_json=settings.as_json, text=lambda: ["Lifted."])
