"""`countersign scheduled`: mail that waits for its time."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("AT", "send_at"),
    ("STATUS", "status"),
    ("TO", "recipients"),
    ("SUBJECT", "subject"),
)


@click.group()
def scheduled() -> None:
    """Mail that waits for its time."""


@scheduled.command("list")
@with_settings
def list_scheduled(settings: Settings) -> None:
    """List what waits, the earliest first."""
    rows = settings.api().every("/v1/scheduled")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@scheduled.command("move")
@click.argument("message_id", metavar="ID")
@click.argument("at", metavar="WHEN")
@with_settings
def move(settings: Settings, message_id: str, at: str) -> None:
    """Send at another time, as in "tomorrow 8am"."""
    document = settings.api().patch(f"/v1/scheduled/{segment(message_id)}", {"send_at": at})
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [f"It leaves at {clean(document.get('send_at'))}"],
    )


@scheduled.command("cancel")
@click.argument("message_id", metavar="ID")
@with_settings
def cancel(settings: Settings, message_id: str) -> None:
    """Take a message back before its time."""
    settings.api().delete(f"/v1/scheduled/{segment(message_id)}")
    show({}, as_json=settings.as_json, text=lambda: ["Taken back."])
