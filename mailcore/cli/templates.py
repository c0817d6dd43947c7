"""`countersign template`: messages to send again, with `{{ name }}` for what differs."""

from collections.abc import Iterator
from pathlib import Path

import click

from mailcore.cli.api import Api, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.inboxes import find
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.errors import not_found
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("NAME", "name"),
    ("SUBJECT", "subject"),
    ("VARIABLES", "variables"),
    ("INBOX", "identity_id"),
)
_FIELDS = (
    ("id", "id"),
    ("name", "name"),
    ("inbox", "identity_id"),
    ("subject", "subject"),
    ("variables", "variables"),
)
_VALUES = click.option(
    "--set", "values", multiple=True, metavar="NAME=VALUE", help="A value; may be repeated."
)


@click.group()
def template() -> None:
    """Messages to send again, with {{ name }} for what differs."""


@template.command("list")
@click.option("--inbox", default=None, help="Only this inbox: address or id.")
@with_settings
def list_templates(settings: Settings, inbox: str | None) -> None:
    """List templates."""
    api = settings.api()
    identity = str(find(api, inbox)["id"]) if inbox else None
    rows = api.every("/v1/templates", identity_id=identity)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@template.command("create")
@click.argument("name")
@click.option("--inbox", required=True, help="The inbox that sends it: address or id.")
@click.option("--subject", default="", help="The subject.")
@click.option("--text", type=click.Path(path_type=Path), help="A file with the text.")
@click.option("--html", type=click.Path(path_type=Path), help="A file with the HTML version.")
@with_settings
def create(
    settings: Settings, name: str, inbox: str, subject: str, text: Path | None, html: Path | None
) -> None:
    """Save a template."""
    api = settings.api()
    body: JsonObject = {"name": name, "subject": subject, "identity_id": find(api, inbox)["id"]}
    for field, path in (("text", text), ("html", html)):
        if path is not None:
            body[field] = _read(path)
    document = api.post("/v1/templates", body)
    show(document, as_json=settings.as_json, text=lambda: fields(document, _FIELDS))


@template.command("show")
@click.argument("name_or_id", metavar="TEMPLATE")
@with_settings
def show_template(settings: Settings, name_or_id: str) -> None:
    """Show a template."""
    document = _find(settings.api(), name_or_id)
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@template.command("preview")
@click.argument("name_or_id", metavar="TEMPLATE")
@_VALUES
@with_settings
def preview(settings: Settings, name_or_id: str, values: tuple[str, ...]) -> None:
    """Show what would be sent."""
    api = settings.api()
    path = f"/v1/templates/{segment(str(_find(api, name_or_id)['id']))}/preview"
    document = api.post(path, {"variables": _variables(values)})
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@template.command("send")
@click.argument("name_or_id", metavar="TEMPLATE")
@click.option("--to", multiple=True, required=True, help="A recipient; may be repeated.")
@_VALUES
@with_settings
def send_template(
    settings: Settings, name_or_id: str, to: tuple[str, ...], values: tuple[str, ...]
) -> None:
    """Fill a template in and send it. It is scanned, and held when the guard says so."""
    api = settings.api()
    path = f"/v1/templates/{segment(str(_find(api, name_or_id)['id']))}/send"
    document = api.post(path, {"to": list(to), "variables": _variables(values)})
    said = f"{clean(document.get('id'))} is {clean(document.get('status'))}"
    show(document, as_json=settings.as_json, text=lambda: [said])


@template.command("delete")
@click.argument("name_or_id", metavar="TEMPLATE")
@with_settings
def delete(settings: Settings, name_or_id: str) -> None:
    """Delete a template."""
    api = settings.api()
    found = _find(api, name_or_id)
    api.delete(f"/v1/templates/{segment(str(found['id']))}")
    said = f"{clean(found.get('name'))} is deleted"
    show({"id": found["id"]}, as_json=settings.as_json, text=lambda: [said])


def _find(api: Api, name_or_id: str) -> JsonObject:
    """The one template of this id or name."""
    rows = [
        one
        for one in api.every("/v1/templates")
        if name_or_id == one.get("id") or name_or_id.casefold() == str(one.get("name")).casefold()
    ]
    if len(rows) > 1:
        raise WrongUse(f"several inboxes have a template {name_or_id}", fix="Give its id")
    if not rows:
        raise not_found("template", fix="See `countersign template list`")
    return rows[0]


def _variables(values: tuple[str, ...]) -> JsonObject:
    found: JsonObject = {}
    for one in values:
        name, separator, value = one.partition("=")
        if not separator:
            raise WrongUse(f"{one} is no NAME=VALUE", fix="Write --set day=Friday")
        found[name] = value
    return found


def _lines(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    for name in ("text", "html"):
        text = document.get(name)
        if isinstance(text, str) and text:
            yield ""
            yield from (clean(line) for line in text.splitlines())


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise WrongUse(f"cannot read {path}: {error.strerror}", fix="Check the path") from error
