"""`countersign key`: API keys, shown once and kept as hashes."""

from datetime import timedelta

import click

from mailcore.cli.api import segment
from mailcore.cli.output import fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.clock import SystemClock, to_iso
from mailcore.model import JsonObject, JsonValue, KeyRole

_COLUMNS = (
    ("NAME", "name"),
    ("ROLE", "role"),
    ("KEY", "prefix"),
    ("AGENT", "agent_id"),
    ("EXPIRES", "expires_at"),
    ("REVOKED", "revoked_at"),
    ("LAST USED", "last_used_at"),
    ("ID", "id"),
)


@click.group()
def key() -> None:
    """API keys."""


@key.command("create")
@click.option("--role", type=click.Choice([one.value for one in KeyRole]), required=True)
@click.option("--name", required=True, help="What the key is for.")
@click.option("--agent", help="The agent it belongs to (role agent only).")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="How long it works.")
@with_settings
def create(
    settings: Settings, role: str, name: str, agent: str | None, expires_in_days: int | None
) -> None:
    """Create a key."""
    body: JsonObject = {"role": role, "name": name}
    if agent is not None:
        body["agent"] = agent
    if expires_in_days is not None:
        body["expires_at"] = to_iso(SystemClock().now() + timedelta(days=expires_in_days))
    document = settings.api().post("/v1/keys", body)
    pairs = (("id", "id"), ("role", "role"), ("key", "api_key"), ("expires", "expires_at"))
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [*fields(document, pairs), "", "The key is shown this once."],
    )


@key.command("list")
@with_settings
def list_keys(settings: Settings) -> None:
    """List the keys, without their secrets."""
    rows = settings.api().every("/v1/keys")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@key.command("revoke")
@click.argument("key_id", metavar="ID")
@with_settings
def revoke(settings: Settings, key_id: str) -> None:
    """End a key at once."""
    settings.api().delete(f"/v1/keys/{segment(key_id)}")
    document: JsonObject = {"id": key_id, "revoked": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{key_id} is revoked"])
