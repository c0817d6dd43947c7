"""`countersign agent`: programs with their own address and key."""

import json

import click

from mailcore.cli.api import objects, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_offline, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("NAME", "name"),
    ("ADDRESS", "email"),
    ("ROLE", "role"),
    ("STATUS", "status"),
    ("LAST SEEN", "last_activity_at"),
    ("ID", "id"),
)
_FIELDS = (
    ("id", "id"),
    ("name", "name"),
    ("address", "email"),
    ("role", "role"),
    ("owner", "owner_name"),
    ("status", "status"),
    ("persistent", "is_persistent"),
    ("created", "created_at"),
    ("last seen", "last_activity_at"),
)


@click.group()
def agent() -> None:
    """Agents: programs with their own address and key."""


@agent.command("create")
@click.argument("name")
@click.option("--role", default="assistant", show_default=True, help="What the agent is for.")
@click.option("--owner-name", default="", help="Whose agent it is; shown in the From name.")
@click.option("--domain", help="The domain of its address; the server's first one unless given.")
@click.option("--persistent", is_flag=True, help="Never delete it for being inactive.")
@click.option("--metadata", help="A JSON object to keep with it.")
@with_offline
def create(
    settings: Settings,
    name: str,
    role: str,
    owner_name: str,
    domain: str | None,
    persistent: bool,
    metadata: str | None,
) -> None:
    """Create an agent with its inbox, API key and mail password."""
    body: JsonObject = {"name": name, "role": role}
    if owner_name:
        body["owner_name"] = owner_name
    if domain:
        body["domain"] = domain
    if persistent:
        body["is_persistent"] = True
    if metadata:
        body["metadata"] = _object(metadata)
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        document = offline.create_agent(settings, body)
    else:
        document = settings.api().post("/v1/agents", body)
    show(document, as_json=settings.as_json, text=lambda: _created(document))


def _object(text: str) -> JsonObject:
    try:
        value: JsonValue = json.loads(text)
    except ValueError as error:
        raise WrongUse(
            f"--metadata is not JSON: {error}", fix="Write it as '{\"k\": 1}'"
        ) from error
    if not isinstance(value, dict):
        raise WrongUse("--metadata is not a JSON object", fix="Write it as '{\"k\": 1}'")
    return value


def _created(document: JsonObject) -> list[str]:
    pairs = (
        ("id", "id"),
        ("name", "name"),
        ("address", "email"),
        ("API key", "api_key"),
        ("user name", "inbox.username"),
        ("password", "inbox.password"),
    )
    return [*fields(document, pairs), "", "The key and the password are shown this once."]


@agent.command("list")
@with_offline
def list_agents(settings: Settings) -> None:
    """List the agents."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        rows = offline.list_agents(settings)
    else:
        rows = settings.api().every("/v1/agents")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@agent.command("show")
@click.argument("name")
@with_settings
def show_agent(settings: Settings, name: str) -> None:
    """Show one agent by name or id."""
    document = settings.api().get(f"/v1/agents/{segment(name)}")
    show(document, as_json=settings.as_json, text=lambda: fields(document, _FIELDS))


@agent.command("stop")
@click.argument("name")
@click.option("--reason", default="", help="Why; goes into the audit log.")
@with_settings
def stop(settings: Settings, name: str, reason: str) -> None:
    """Refuse the agent's keys and logins and stop its mail, at once."""
    document = settings.api().post(f"/v1/agents/{segment(name)}/stop", {"reason": reason})
    show(document, as_json=settings.as_json, text=lambda: [f"{name} is stopped"])


@agent.command("resume")
@click.argument("name")
@with_settings
def resume(settings: Settings, name: str) -> None:
    """Let a stopped agent work again."""
    document = settings.api().post(f"/v1/agents/{segment(name)}/resume")
    show(document, as_json=settings.as_json, text=lambda: [f"{name} works again"])


@agent.command("cleanup")
@click.option(
    "--hours",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Nothing done for so many hours.",
)
@click.option("--dry-run", is_flag=True, help="Only say which agents would go.")
@with_settings
def cleanup(settings: Settings, hours: int, dry_run: bool) -> None:
    """Delete agents that do nothing; persistent ones, stopped ones and the last one stay."""
    document = settings.api().post("/v1/agents/cleanup", {"hours": hours, "dry_run": dry_run})
    show(document, as_json=settings.as_json, text=lambda: _cleaned(document))


@agent.command("delete")
@click.argument("name")
@click.option("--reason", default="", help="Why; goes into the audit log.")
@with_settings
def delete(settings: Settings, name: str, reason: str) -> None:
    """Delete an agent with its keys and inboxes."""
    settings.api().delete(f"/v1/agents/{segment(name)}", reason=reason or None)
    document: JsonObject = {"name": name, "deleted": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{name} is deleted"])


def _cleaned(document: JsonObject) -> list[str]:
    rows = objects(document.get("data"))
    done = "would go" if document.get("dry_run") else "deleted"
    return [f"{clean(one.get('name'))} {done}" for one in rows] or ["none is inactive"]
