"""`countersign queue`: mail on its way, one row per recipient."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, RecipientState

_COLUMNS = (
    ("ID", "id"),
    ("STATE", "state"),
    ("RECIPIENT", "recipient"),
    ("TRIES", "attempts"),
    ("NEXT", "next_at"),
    ("LAST REPLY", "reply"),
)


@click.group()
def queue() -> None:
    """Mail that is on its way."""


@queue.command("list")
@click.option(
    "--state",
    type=click.Choice([one.value for one in RecipientState]),
    help="Only this state; what waits unless given.",
)
@with_settings
def list_queue(settings: Settings, state: str | None) -> None:
    """List the recipients that wait."""
    rows = settings.api().every("/v1/queue", state=state)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@queue.command("retry")
@click.argument("queue_id", metavar="ID")
@with_settings
def retry(settings: Settings, queue_id: str) -> None:
    """Try a recipient now."""
    document = settings.api().post(f"/v1/queue/{segment(queue_id)}/retry")
    recipient = clean(document.get("recipient"))
    show(document, as_json=settings.as_json, text=lambda: [f"{recipient} is tried now"])


@queue.command("drop")
@click.argument("queue_id", metavar="ID")
@with_settings
def drop(settings: Settings, queue_id: str) -> None:
    """Give a recipient up, without a bounce."""
    settings.api().delete(f"/v1/queue/{segment(queue_id)}")
    document: JsonObject = {"id": queue_id, "dropped": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(queue_id)} is dropped"])
