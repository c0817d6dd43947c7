"""`countersign inbound`: mail that a worker forwards by HTTP."""

import click

from mailcore.cli.output import show
from mailcore.cli.settings import Settings, with_settings
from mailcore.inbound.hook import new_secret
from mailcore.model import JsonObject


@click.group()
def inbound() -> None:
    """Mail that a worker forwards by HTTP."""


@inbound.command("secret")
@with_settings
def secret(settings: Settings) -> None:
    """Make a secret for POST /mail/inbound; it counts once its hash is in the configuration."""
    made, kept = new_secret()
    document: JsonObject = {"secret": made, "webhook_secret_hash": kept}
    lines = [
        "Shown this once, give it to the worker:",
        f"  {made}",
        "In the configuration, then restart:",
        "  [inbound]",
        f'  webhook_secret_hash = "{kept}"',
    ]
    show(document, as_json=settings.as_json, text=lambda: lines)
