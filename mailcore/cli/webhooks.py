"""`countersign webhook`: where events are posted, and what became of them."""

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, WebhookDeliveryState

_COLUMNS = (
    ("ID", "id"),
    ("URL", "url"),
    ("EVENTS", "events"),
    ("ENABLED", "is_enabled"),
    ("FAILURES", "failures"),
    ("LAST SUCCESS", "last_success_at"),
)
_DELIVERIES = (
    ("ID", "id"),
    ("EVENT", "event"),
    ("AT", "event_at"),
    ("STATE", "state"),
    ("TRIES", "attempts"),
    ("STATUS", "last_status"),
    ("REPLY", "last_reply"),
)


@click.group()
def webhook() -> None:
    """Where events are posted."""


@webhook.command("list")
@with_settings
def list_webhooks(settings: Settings) -> None:
    """List the webhooks, without their secrets."""
    _print(settings, settings.api().every("/v1/webhooks"), _COLUMNS)


@webhook.command("create")
@click.argument("target", metavar="URL")
@click.option("--event", "events", multiple=True, help="Only this event; may be repeated.")
@click.option("--description", default="", help="What you will know it by.")
@with_settings
def create(settings: Settings, target: str, events: tuple[str, ...], description: str) -> None:
    """Post events to a URL from now on."""
    body: JsonObject = {"url": target, "events": [*events], "description": description}
    _show_secret(settings, settings.api().post("/v1/webhooks", body))


@webhook.command("rotate-secret")
@click.argument("webhook_id", metavar="ID")
@with_settings
def rotate_secret(settings: Settings, webhook_id: str) -> None:
    """Make a new secret; both sign for a day."""
    _show_secret(settings, settings.api().post(f"{_path(webhook_id)}/rotate-secret"))


@webhook.command("test")
@click.argument("webhook_id", metavar="ID")
@with_settings
def test(settings: Settings, webhook_id: str) -> None:
    """Post a test event and say what came back."""
    document = settings.api().post(f"{_path(webhook_id)}/test")
    show(document, as_json=settings.as_json, text=lambda: fields(document, _pairs(document)))


@webhook.command("deliveries")
@click.argument("webhook_id", metavar="ID")
@click.option("--state", type=click.Choice([one.value for one in WebhookDeliveryState]))
@with_settings
def deliveries(settings: Settings, webhook_id: str, state: str | None) -> None:
    """List what was posted, and what is still to be."""
    rows = settings.api().every(f"{_path(webhook_id)}/deliveries", state=state)
    _print(settings, rows, _DELIVERIES)


@webhook.command("redeliver")
@click.argument("webhook_id", metavar="ID")
@click.argument("delivery_id", metavar="[DELIVERY]", required=False, type=int)
@with_settings
def redeliver(settings: Settings, webhook_id: str, delivery_id: int | None) -> None:
    """Post one delivery again, or all that were given up."""
    which = "redeliver-dead" if delivery_id is None else f"deliveries/{delivery_id}/redeliver"
    document = settings.api().post(f"{_path(webhook_id)}/{which}")
    count = document.get("count", 1)
    show(document, as_json=settings.as_json, text=lambda: [f"{count} on the way again"])


@webhook.command("enable")
@click.argument("webhook_id", metavar="ID")
@with_settings
def enable(settings: Settings, webhook_id: str) -> None:
    """Post events again; those of the time between are not made up for."""
    _switch(settings, webhook_id, is_enabled=True)


@webhook.command("disable")
@click.argument("webhook_id", metavar="ID")
@with_settings
def disable(settings: Settings, webhook_id: str) -> None:
    """Post nothing for now."""
    _switch(settings, webhook_id, is_enabled=False)


@webhook.command("delete")
@click.argument("webhook_id", metavar="ID")
@with_settings
def delete(settings: Settings, webhook_id: str) -> None:
    """Post nothing any more."""
    settings.api().delete(_path(webhook_id))
    document: JsonObject = {"id": webhook_id, "deleted": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(webhook_id)} is deleted"])


def _switch(settings: Settings, webhook_id: str, *, is_enabled: bool) -> None:
    document = settings.api().patch(_path(webhook_id), {"is_enabled": is_enabled})
    state = "enabled" if is_enabled else "disabled"
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(webhook_id)} is {state}"])


def _print(
    settings: Settings, rows: list[JsonObject], columns: tuple[tuple[str, str], ...]
) -> None:
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))


def _show_secret(settings: Settings, document: JsonObject) -> None:
    lines = [*fields(document, _pairs(document)), "", "The secret is shown this once."]
    show(document, as_json=settings.as_json, text=lambda: lines)


def _pairs(document: JsonObject) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), name) for name in document]


def _path(webhook_id: str) -> str:
    return f"/v1/webhooks/{segment(webhook_id)}"
