"""`countersign alias`: addresses that lead to inboxes of other names."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (("ADDRESS", "address"), ("INBOXES", "identity_ids"), ("ID", "id"))


@click.group()
def alias() -> None:
    """Addresses that lead to inboxes of other names."""


@alias.command("add")
@click.argument("address")
@click.argument("inboxes", nargs=-1, required=True, metavar="INBOX...")
@with_settings
def add(settings: Settings, address: str, inboxes: tuple[str, ...]) -> None:
    """Lead an address to one or more inboxes, each by its address or id."""
    body: JsonObject = {"address": address, "inboxes": list[JsonValue](inboxes)}
    document = settings.api().post("/v1/aliases", body)
    text = f"{clean(document.get('address'))} leads to {', '.join(map(clean, inboxes))}"
    show(document, as_json=settings.as_json, text=lambda: [text])


@alias.command("list")
@with_settings
def list_aliases(settings: Settings) -> None:
    """List the aliases."""
    rows = settings.api().every("/v1/aliases")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@alias.command("remove")
@click.argument("address")
@with_settings
def remove(settings: Settings, address: str) -> None:
    """Remove an alias, by its address or id: it takes no mail any more."""
    settings.api().delete(f"/v1/aliases/{segment(address)}")
    document: JsonObject = {"address": address, "removed": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(address)} is removed"])
