"""`countersign hold`: what waits for a person, and the person's word."""

from collections.abc import Iterator

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import HoldStatus, JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("STATUS", "status"),
    ("FROM", "from"),
    ("TO", "recipients"),
    ("SUBJECT", "subject"),
    ("WHY", "categories"),
    ("CREATED", "created_at"),
)
_GRANT_COLUMNS = (
    ("ID", "id"),
    ("INBOX", "identity_id"),
    ("TO", "recipient"),
    ("RULES", "rules"),
    ("BY", "created_by"),
    ("UNTIL", "expires_at"),
)
_FIELDS = (
    ("id", "id"),
    ("status", "status"),
    ("from", "from"),
    ("to", "recipients"),
    ("subject", "subject"),
    ("held by", "reason"),
    ("categories", "categories"),
    ("created", "created_at"),
    ("expires", "expires_at"),
    ("decided", "decided_at"),
    ("decided by", "decided_by"),
    ("decided via", "decided_via"),
    ("reason", "decision_reason"),
)


@click.group()
def hold() -> None:
    """Mail that waits for a person."""


@hold.command("list")
@click.option(
    "--status",
    type=click.Choice([*(one.value for one in HoldStatus), "all"]),
    default=HoldStatus.PENDING.value,
    show_default=True,
)
@with_settings
def list_holds(settings: Settings, status: str) -> None:
    """List the holds."""
    rows = settings.api().every("/v1/holds", status=None if status == "all" else status)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@hold.command("show")
@click.argument("hold_id", metavar="ID")
@with_settings
def show_hold(settings: Settings, hold_id: str) -> None:
    """Show what the recipients would get, and why it waits."""
    document = settings.api().get(f"/v1/holds/{segment(hold_id)}")
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def _lines(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    seen = document.get("view")
    rendered = seen.get("rendered") if isinstance(seen, dict) else None
    if isinstance(rendered, str):
        yield ""
        yield from (clean(line) for line in rendered.splitlines())


@hold.command("approve")
@click.argument("hold_id", metavar="ID")
@click.option("--reason", default="", help="Goes into the audit log.")
@click.option("--without", multiple=True, metavar="ADDRESS", help="Not to this recipient.")
@click.option(
    "--remember",
    type=click.Choice(["recipient", "domain"]),
    help="Let later mail to the same pass too; never what is critical.",
)
@click.option("--days", type=click.IntRange(1, 365), default=30, show_default=True)
@with_settings
def approve(
    settings: Settings,
    hold_id: str,
    reason: str,
    without: tuple[str, ...],
    remember: str | None,
    days: int,
) -> None:
    """Send it exactly as it is."""
    more: JsonObject = {"without": list[JsonValue](without)} if without else {}
    if remember:
        more["remember"] = {"scope": remember, "days": days}
    _decide(settings, hold_id, "approve", reason, more)


@hold.command("reject")
@click.argument("hold_id", metavar="ID")
@click.option("--reason", default="", help="Told to the agent and the audit log.")
@with_settings
def reject(settings: Settings, hold_id: str, reason: str) -> None:
    """Discard it."""
    _decide(settings, hold_id, "reject", reason)


@hold.command("notify")
@click.argument("hold_id", metavar="ID")
@with_settings
def notify(settings: Settings, hold_id: str) -> None:
    """Tell the approvers again."""
    document = settings.api().post(f"/v1/holds/{segment(hold_id)}/notify", {})
    show(document, as_json=settings.as_json, text=lambda: ["the approvers are being told"])


@hold.command("remembered")
@with_settings
def remembered(settings: Settings) -> None:
    """List what was approved for later mail too."""
    rows = settings.api().every("/v1/grants")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _GRANT_COLUMNS))


@hold.command("forget")
@click.argument("grant_id", metavar="ID")
@with_settings
def forget(settings: Settings, grant_id: str) -> None:
    """Ask again from now on about what was remembered."""
    settings.api().delete(f"/v1/grants/{segment(grant_id)}")
    show({"id": grant_id}, as_json=settings.as_json, text=lambda: [f"{grant_id} is forgotten"])


def _decide(
    settings: Settings, hold_id: str, verb: str, reason: str, more: JsonObject | None = None
) -> None:
    body: JsonObject = {**({"reason": reason} if reason else {}), **(more or {})}
    document = settings.api().post(f"/v1/holds/{segment(hold_id)}/{verb}", body)
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [f"{hold_id} is {clean(document.get('status'))}"],
    )
