"""`countersign smarthost`: hosts that the mail of single agents and domains leaves through."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("FOR", "scope"),
    ("VALUE", "value"),
    ("HOST", "host"),
    ("PORT", "port"),
    ("USER", "user"),
)


@click.group()
def smarthost() -> None:
    """Hosts that the mail of single agents and domains leaves through."""


@smarthost.command("list")
@with_settings
def list_smarthosts(settings: Settings) -> None:
    """List them, without secrets."""
    rows = settings.api().every("/v1/smarthosts")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@smarthost.command("add")
@click.argument("host")
@click.option("--agent", metavar="NAME", help="For what this agent sends.")
@click.option("--domain", help="For senders of this domain.")
@click.option("--port", default=587, show_default=True)
@click.option("--user", default="", help="The login there; its secret is asked for.")
@click.option("--token", is_flag=True, help="The secret is an OAuth 2 access token (XOAUTH2).")
@with_settings
def add(
    settings: Settings,
    host: str,
    agent: str | None,
    domain: str | None,
    port: int,
    user: str,
    token: bool,
) -> None:
    """Send the mail of an agent or a domain through HOST."""
    secret: str = click.prompt("Secret", hide_input=True, err=True) if user else ""
    body: JsonObject = {"host": host, "port": port, "user": user, "secret": secret}
    body |= {"is_token": token, "agent": agent, "domain": domain}
    document = settings.api().post("/v1/smarthosts", body)
    text = f"{clean(document.get('value'))} sends through {clean(host)}"
    show(document, as_json=settings.as_json, text=lambda: [text])


@smarthost.command("remove")
@click.argument("smarthost_id", metavar="ID")
@with_settings
def remove(settings: Settings, smarthost_id: str) -> None:
    """Let the sender's mail leave like everybody's again."""
    settings.api().delete(f"/v1/smarthosts/{segment(smarthost_id)}")
    document: JsonObject = {"id": smarthost_id, "removed": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(smarthost_id)} is removed"])
