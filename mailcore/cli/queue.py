"""`countersign queue`: mail on its way, one row per recipient, and what the owner does about it."""

from collections.abc import Callable, Iterator

import click

from mailcore.cli.api import segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, RecipientState

_COLUMNS = (
    ("ID", "id"),
    ("STATE", "state"),
    ("LANE", "lane"),
    ("RECIPIENT", "recipient"),
    ("TRIES", "attempts"),
    ("NEXT", "next_at"),
    ("TLS", "tls_level"),
    ("LAST REPLY", "reply"),
)

_FIELDS = (
    ("id", "id"),
    ("message", "message_id"),
    ("recipient", "recipient"),
    ("state", "state"),
    ("lane", "lane"),
    ("attempts", "attempts"),
    ("tls", "tls_level"),
    ("next attempt", "next_at"),
    ("queued", "created_at"),
)
_ATTEMPTS = (
    ("AT", "at"),
    ("OUTCOME", "outcome"),
    ("CODE", "code"),
    ("REMOTE", "remote"),
    ("TLS", "tls_level"),
    ("CIPHER", "tls"),
    ("REPLY", "reply"),
)
_PAUSES = (
    ("ID", "id"),
    ("SCOPE", "scope"),
    ("VALUE", "value"),
    ("SINCE", "created_at"),
    ("BY", "actor"),
    ("REASON", "reason"),
)
_PARTS = (
    click.option("--message", metavar="ID", help="A message."),
    click.option("--domain", help="Recipients outside at this domain."),
    click.option("--agent", metavar="NAME", help="What this agent sends."),
)
_ALL = click.option(
    "--all", "everything", is_flag=True, help="Everything but the server's notices."
)


def _with_parts[**P](command: Callable[P, None]) -> Callable[P, None]:
    for option in _PARTS:
        command = option(command)
    return command


def _part(
    message: str | None, domain: str | None, agent: str | None, everything: bool
) -> JsonObject:
    """The part of the queue that the options name, one of them."""
    body: JsonObject = {
        name: value
        for name, value in (("message", message), ("domain", domain), ("agent", agent))
        if value is not None
    }
    if everything:
        body["everything"] = True
    if len(body) != 1:
        raise WrongUse(
            "name one part of the queue", fix="Give --message, --domain, --agent or --all"
        )
    return body


@click.group()
def queue() -> None:
    """Mail that is on its way."""


@queue.command("list")
@click.option(
    "--state",
    type=click.Choice([one.value for one in RecipientState]),
    help="Only this state; what waits unless given.",
)
@_with_parts
@with_settings
def list_queue(
    settings: Settings,
    state: str | None,
    message: str | None,
    domain: str | None,
    agent: str | None,
) -> None:
    """List the recipients that wait."""
    api = settings.api()
    rows = api.every("/v1/queue", state=state, message=message, domain=domain, agent=agent)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@queue.command("show")
@click.argument("queue_id", metavar="ID")
@with_settings
def show_item(settings: Settings, queue_id: str) -> None:
    """Show a recipient with every attempt, and the pauses that keep it."""
    document = settings.api().get(f"/v1/queue/{segment(queue_id)}")
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def _lines(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    for name, columns in (("history", _ATTEMPTS), ("pauses", _PAUSES)):
        rows = document.get(name)
        if isinstance(rows, list) and rows:
            yield ""
            yield from table([one for one in rows if isinstance(one, dict)], columns)


@queue.command("retry")
@click.argument("queue_id", metavar="[ID]", required=False)
@_with_parts
@_ALL
@with_settings
def retry(
    settings: Settings,
    queue_id: str | None,
    message: str | None,
    domain: str | None,
    agent: str | None,
    everything: bool,
) -> None:
    """Try a recipient, or a part of the queue, now."""
    if queue_id is not None:
        document = settings.api().post(f"/v1/queue/{segment(queue_id)}/retry")
        text = f"{clean(document.get('recipient'))} is tried now"
    else:
        body = _part(message, domain, agent, everything)
        document = settings.api().post("/v1/queue/retry", body)
        text = f"{document['changed']} recipients are tried now"
    show(document, as_json=settings.as_json, text=lambda: [text])


@queue.command("drop")
@click.argument("queue_id", metavar="[ID]", required=False)
@_with_parts
@_ALL
@with_settings
def drop(
    settings: Settings,
    queue_id: str | None,
    message: str | None,
    domain: str | None,
    agent: str | None,
    everything: bool,
) -> None:
    """Give a recipient, or a part of the queue, up, without bounces."""
    if queue_id is not None:
        settings.api().delete(f"/v1/queue/{segment(queue_id)}")
        document: JsonObject = {"id": queue_id, "dropped": True}
        text = f"{clean(queue_id)} is dropped"
    else:
        body = _part(message, domain, agent, everything)
        document = settings.api().post("/v1/queue/drop", body)
        text = f"{document['changed']} recipients are dropped"
    show(document, as_json=settings.as_json, text=lambda: [text])


@queue.command("pause")
@_with_parts
@_ALL
@click.option("--reason", default="", help="For those who wonder why nothing moves.")
@with_settings
def pause(
    settings: Settings,
    message: str | None,
    domain: str | None,
    agent: str | None,
    everything: bool,
    reason: str,
) -> None:
    """Begin nothing of a part of the queue until it is resumed."""
    body = _part(message, domain, agent, everything)
    document = settings.api().post("/v1/queue-pauses", {**body, "reason": reason})
    text = f"paused: {clean(document.get('scope'))} {clean(document.get('value'))}".rstrip()
    show(document, as_json=settings.as_json, text=lambda: [text])


@queue.command("pauses")
@with_settings
def pauses(settings: Settings) -> None:
    """List what is paused."""
    rows = settings.api().every("/v1/queue-pauses")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _PAUSES))


@queue.command("resume")
@click.argument("pause_id", metavar="[PAUSE]", required=False)
@_with_parts
@_ALL
@with_settings
def resume(
    settings: Settings,
    pause_id: str | None,
    message: str | None,
    domain: str | None,
    agent: str | None,
    everything: bool,
) -> None:
    """End a pause, by its id or by what it is about."""
    api = settings.api()
    if pause_id is None:
        part = _part(message, domain, agent, everything)
        if agent is not None:
            part = {"agent": api.get(f"/v1/agents/{segment(agent)}")["id"]}
        ((kind, value),) = part.items()
        wanted = ("all", "") if everything else (kind, str(value).lower())
        pause_id = next(
            (
                str(one["id"])
                for one in api.every("/v1/queue-pauses")
                if (one["scope"], one["value"]) == wanted
            ),
            None,
        )
    if pause_id is None:
        raise WrongUse("this is not paused", fix="See countersign queue pauses")
    api.delete(f"/v1/queue-pauses/{segment(pause_id)}")
    document: JsonObject = {"id": pause_id, "resumed": True}
    show(document, as_json=settings.as_json, text=lambda: ["resumed"])
