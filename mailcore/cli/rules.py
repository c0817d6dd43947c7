"""`countersign rule`: what happens to mail by itself, tried before it is trusted."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from mailcore.cli.api import Api, objects, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.files import read_json
from mailcore.cli.inboxes import find
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.errors import not_found
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("PRIORITY", "priority"),
    ("NAME", "name"),
    ("TRIGGER", "trigger"),
    ("ENABLED", "enabled"),
    ("INBOX", "identity_id"),
)
_FIELDS = (
    ("id", "id"),
    ("name", "name"),
    ("trigger", "trigger"),
    ("priority", "priority"),
    ("stops", "stop_after_match"),
    ("enabled", "enabled"),
    ("inbox", "identity_id"),
    ("agent", "agent_id"),
)
_FILE = click.Path(path_type=Path, dir_okay=False)
_INBOX = click.option("--inbox", default=None, help="Only for this inbox: address or id.")


@click.group()
def rule() -> None:
    """What happens to mail by itself: conditions and actions, as JSON."""


@rule.command("list")
@_INBOX
@with_settings
def list_rules(settings: Settings, inbox: str | None) -> None:
    """List rules in the order in which they are asked."""
    api = settings.api()
    identity = str(find(api, inbox)["id"]) if inbox else None
    rows = api.every("/v1/rules", identity_id=identity)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@rule.command("create")
@click.argument("file", type=_FILE)
@_INBOX
@with_settings
def create(settings: Settings, file: Path, inbox: str | None) -> None:
    """Make a rule from a JSON file."""
    api = settings.api()
    document = api.post("/v1/rules", _with_inbox(api, _read(file), inbox))
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@rule.command("show")
@click.argument("name_or_id", metavar="RULE")
@with_settings
def show_rule(settings: Settings, name_or_id: str) -> None:
    """Show a rule."""
    document = _find(settings.api(), name_or_id)
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@rule.command("change")
@click.argument("name_or_id", metavar="RULE")
@click.argument("file", type=_FILE)
@with_settings
def change(settings: Settings, name_or_id: str, file: Path) -> None:
    """Change what a JSON file says of a rule; the rest stays."""
    api = settings.api()
    document = api.patch(_path(_find(api, name_or_id)), _read(file))
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@rule.command("enable")
@click.argument("name_or_id", metavar="RULE")
@with_settings
def enable(settings: Settings, name_or_id: str) -> None:
    """Ask a rule from now on."""
    _switch(settings, name_or_id, is_on=True)


@rule.command("disable")
@click.argument("name_or_id", metavar="RULE")
@with_settings
def disable(settings: Settings, name_or_id: str) -> None:
    """Ask a rule no more; it stays."""
    _switch(settings, name_or_id, is_on=False)


@rule.command("delete")
@click.argument("name_or_id", metavar="RULE")
@with_settings
def delete(settings: Settings, name_or_id: str) -> None:
    """Delete a rule."""
    api = settings.api()
    found = _find(api, name_or_id)
    api.delete(_path(found))
    said = f"{clean(found.get('name'))} is deleted"
    show({"id": found["id"]}, as_json=settings.as_json, text=lambda: [said])


@rule.command("test")
@click.argument("file", type=_FILE, required=False)
@click.option("--rule", "name_or_id", default=None, help="A rule that exists, instead of a file.")
@click.option("--message", default=None, help="On this message.")
@click.option("--folder", default="INBOX", help="Or on the newest messages of this folder.")
@click.option("--limit", default=50, help="On how many messages of the folder.")
@_INBOX
@with_settings
def test(
    settings: Settings,
    file: Path | None,
    name_or_id: str | None,
    message: str | None,
    folder: str,
    limit: int,
    inbox: str | None,
) -> None:
    """Show what a rule, or all of them, would do with mail that is there, and why."""
    api = settings.api()
    body: JsonObject = {"folder": folder, "limit": limit}
    if file is not None:
        body["rule"] = _read(file)
    if name_or_id is not None:
        body["rule_id"] = _find(api, name_or_id)["id"]
    if message is not None:
        body["message_id"] = message
    document = api.post("/v1/rules/test", _with_inbox(api, body, inbox))
    show(document, as_json=settings.as_json, text=lambda: _trials(document))


@rule.command("log")
@click.option("--rule", "name_or_id", default=None, help="Only what this rule did.")
@click.option("--message", default=None, help="Only about this message or draft.")
@with_settings
def log(settings: Settings, name_or_id: str | None, message: str | None) -> None:
    """List what rules did, newest first."""
    api = settings.api()
    rule_id = str(_find(api, name_or_id)["id"]) if name_or_id else None
    rows = api.every("/v1/rules/applications", rule_id=rule_id, message_id=message)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: _applications(rows))


def _switch(settings: Settings, name_or_id: str, *, is_on: bool) -> None:
    api = settings.api()
    document = api.patch(_path(_find(api, name_or_id)), {"enabled": is_on})
    said = f"{clean(document.get('name'))} is {'enabled' if is_on else 'disabled'}"
    show(document, as_json=settings.as_json, text=lambda: [said])


def _find(api: Api, name_or_id: str) -> JsonObject:
    """The one rule of this id or name."""
    rows = [
        one
        for one in api.every("/v1/rules")
        if name_or_id == one.get("id") or name_or_id.casefold() == str(one.get("name")).casefold()
    ]
    if len(rows) > 1:
        raise WrongUse(f"there are several rules called {name_or_id}", fix="Give its id")
    if not rows:
        raise not_found("rule", fix="See `countersign rule list`")
    return rows[0]


def _path(document: JsonObject) -> str:
    return f"/v1/rules/{segment(str(document['id']))}"


def _with_inbox(api: Api, body: JsonObject, inbox: str | None) -> JsonObject:
    return body if inbox is None else {**body, "identity_id": find(api, inbox)["id"]}


def _lines(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    for name in ("when", "actions"):
        yield f"{name}: {clean(json.dumps(document.get(name), ensure_ascii=False))}"


def _trials(document: JsonObject) -> Iterator[str]:
    yield f"{document['matched']} of {document['looked_at']} messages match"
    for message in objects(document.get("data")):
        yield ""
        yield f"{clean(message.get('message_id'))}  {clean(message.get('subject'))}"
        for one in objects(message.get("rules")):
            matches = "matches" if one.get("matches") else "does not match"
            yield f"  {clean(one.get('name'))}: {matches}"
            for checked in objects(one.get("because")):
                mark = "yes" if checked.get("holds") else "no"
                yield f"    {mark:3}  {clean(checked.get('path'))}  {clean(checked.get('field'))}"
            yield from _actions(one)


def _applications(rows: list[JsonObject]) -> Iterator[str]:
    for one in rows:
        yield f"{clean(one.get('at'))}  {clean(one.get('rule_name'))}  {clean(one.get('about'))}"
        yield from _actions(one)


def _actions(document: JsonObject) -> Iterator[str]:
    for one in objects(document.get("actions")):
        reason = f": {clean(one.get('reason'))}" if one.get("reason") else ""
        yield f"    {clean(one.get('type'))}  {clean(one.get('state'))}{reason}"


def _read(path: Path) -> JsonObject:
    document = read_json(path)
    if not isinstance(document, dict):
        raise WrongUse(f"{path} is no JSON object", fix="Write one JSON object")
    return document
