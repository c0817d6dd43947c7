"""`countersign person`: who decides, and who only looks."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, PersonRole

_COLUMNS = (
    ("ID", "id"),
    ("NAME", "name"),
    ("EMAIL", "email"),
    ("ROLE", "role"),
    ("SINCE", "created_at"),
)
_ROLES = click.Choice([one.value for one in PersonRole])


@click.group()
def person() -> None:
    """People: who decides, and who only looks."""


@person.command("list")
@with_settings
def list_people(settings: Settings) -> None:
    """List the people."""
    rows = settings.api().every("/v1/people")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@person.command("create")
@click.argument("name")
@click.argument("email")
@click.option("--role", type=_ROLES, default=PersonRole.APPROVER.value, show_default=True)
@with_settings
def create(settings: Settings, name: str, email: str, role: str) -> None:
    """Add a person, whose EMAIL is outside of this server: notices go there, and answers come from there."""
    body: JsonObject = {"name": name, "email": email, "role": role}
    document = settings.api().post("/v1/people", body)
    pairs = [(title.lower(), key) for title, key in _COLUMNS]
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))


@person.command("role")
@click.argument("person_id", metavar="ID")
@click.argument("role", type=_ROLES)
@with_settings
def change_role(settings: Settings, person_id: str, role: str) -> None:
    """Give a person another role."""
    document = settings.api().patch(f"/v1/people/{segment(person_id)}", {"role": role})
    name = clean(document.get("name"))
    show(document, as_json=settings.as_json, text=lambda: [f"{name} is {role} now"])


@person.command("key")
@click.argument("person_id", metavar="ID")
@click.option("--name", default="countersign", show_default=True, help="What you will know it by.")
@with_settings
def key(settings: Settings, person_id: str, name: str) -> None:
    """Make an API key for a person; it may do what the person may."""
    document = settings.api().post(f"/v1/people/{segment(person_id)}/keys", {"name": name})
    pairs = (("id", "id"), ("key", "api_key"), ("expires", "expires_at"))
    lines = [*fields(document, pairs), "", "The key is shown this once."]
    show(document, as_json=settings.as_json, text=lambda: lines)


@person.command("delete")
@click.argument("person_id", metavar="ID")
@with_settings
def delete(settings: Settings, person_id: str) -> None:
    """Remove a person with the keys."""
    settings.api().delete(f"/v1/people/{segment(person_id)}")
    document: JsonObject = {"id": person_id, "deleted": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(person_id)} is removed"])
