"""`countersign quarantine`: mail of senders nobody has decided about, and the person's word."""

from collections.abc import Iterator

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue, QuarantineStatus

_COLUMNS = (
    ("ID", "id"),
    ("STATUS", "status"),
    ("FROM", "from"),
    ("SUBJECT", "subject"),
    ("WHY", "reason"),
    ("LEVEL", "level"),
    ("RECEIVED", "received_at"),
)
_FIELDS = (
    ("id", "id"),
    ("status", "status"),
    ("from", "from"),
    ("name", "sender_name"),
    ("for", "identity_id"),
    ("subject", "subject"),
    ("why", "reason"),
    ("proven", "is_proven"),
    ("level", "level"),
    ("categories", "categories"),
    ("received", "received_at"),
    ("expires", "expires_at"),
    ("decided", "decided_at"),
    ("decided by", "decided_by"),
    ("decided via", "decided_via"),
)
_DOMAINS = (("DOMAIN", "domain"), ("SINCE", "created_at"))


@click.group()
def quarantine() -> None:
    """Mail of senders nobody has decided about."""


@quarantine.command("list")
@click.option(
    "--status",
    type=click.Choice([*(one.value for one in QuarantineStatus), "all"]),
    default=QuarantineStatus.PENDING.value,
    show_default=True,
)
@with_settings
def list_quarantine(settings: Settings, status: str) -> None:
    """List what waits."""
    rows = settings.api().every("/v1/quarantine", status=None if status == "all" else status)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@quarantine.command("show")
@click.argument("quarantine_id", metavar="ID")
@with_settings
def show_quarantined(settings: Settings, quarantine_id: str) -> None:
    """Show what the sender wrote, and why it waits."""
    document = settings.api().get(f"/v1/quarantine/{segment(quarantine_id)}")
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def _lines(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    message = document.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if isinstance(text, str) and text:
        yield ""
        yield from (clean(line) for line in text.splitlines())


@quarantine.command("approve")
@click.argument("quarantine_id", metavar="ID")
@with_settings
def approve(settings: Settings, quarantine_id: str) -> None:
    """Trust the sender: what waits of it arrives, and later mail too."""
    _decide(settings, quarantine_id, "approve")


@quarantine.command("block")
@click.argument("quarantine_id", metavar="ID")
@with_settings
def block(settings: Settings, quarantine_id: str) -> None:
    """Discard what waits of the sender, and whatever comes later."""
    _decide(settings, quarantine_id, "block")


def _decide(settings: Settings, quarantine_id: str, verb: str) -> None:
    document = settings.api().post(f"/v1/quarantine/{segment(quarantine_id)}/{verb}")
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [f"{clean(document.get('from'))} is {clean(document.get('status'))}"],
    )


@quarantine.command("domains")
@with_settings
def domains(settings: Settings) -> None:
    """List the trusted domains."""
    rows = settings.api().every("/v1/trusted-domains")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _DOMAINS))


@quarantine.command("trust-domain")
@click.argument("domain")
@with_settings
def trust_domain(settings: Settings, domain: str) -> None:
    """Let in what proves to come from a domain."""
    document = settings.api().post("/v1/trusted-domains", {"domain": domain})
    text = f"{clean(document.get('domain'))} is trusted"
    show(document, as_json=settings.as_json, text=lambda: [text])


@quarantine.command("distrust-domain")
@click.argument("domain")
@with_settings
def distrust_domain(settings: Settings, domain: str) -> None:
    """Take a domain off the list."""
    settings.api().delete(f"/v1/trusted-domains/{segment(domain)}")
    show(
        {"domain": domain},
        as_json=settings.as_json,
        text=lambda: [f"{clean(domain)} is not trusted any more"],
    )
