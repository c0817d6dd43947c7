"""`countersign settings`: what of the server's policies is changed while it runs."""

import json

import click

from mailcore.cli.failure import WrongUse
from mailcore.cli.output import fields, show
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue


@click.group("settings")
def policies() -> None:
    """Policies that are changed while the server runs."""


@policies.command("show")
@with_settings
def show_settings(settings: Settings) -> None:
    """Show what counts now; what is set here and not by the configuration has a star."""
    _show(settings, settings.api().get("/v1/settings"))


@policies.command("set")
@click.argument("assignments", metavar="NAME=VALUE...", nargs=-1, required=True)
@with_settings
def set_settings(settings: Settings, assignments: tuple[str, ...]) -> None:
    """Set one or more; NAME= alone goes back to what the configuration says."""
    body: JsonObject = {}
    for one in assignments:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise WrongUse(f"{one} is no NAME=VALUE", fix="Write it as in hold_expiry_days=14")
        body[name] = _value(name, value)
    _show(settings, settings.api().patch("/v1/settings", body))


def _value(name: str, text: str) -> JsonValue:
    if not text:
        return None
    if name.endswith("_name"):
        return text
    try:
        number: JsonValue = json.loads(text)
    except ValueError:
        return text
    return number


def _show(settings: Settings, document: JsonObject) -> None:
    changed = document["changed"]
    names = [name for name in document if name != "changed"]
    pairs = [
        (f"{name}{'*' if isinstance(changed, list) and name in changed else ''}", name)
        for name in names
    ]
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))
