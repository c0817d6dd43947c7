"""`countersign hold`: what waits for a person, and the person's word."""

from collections.abc import Iterator
from typing import TextIO

import click

from mailcore.cli.api import segment
from mailcore.cli.failure import WrongUse
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
    ("version", "version"),
    ("digest", "digest"),
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
    yield from _asked(document)
    seen = document.get("view")
    rendered = seen.get("rendered") if isinstance(seen, dict) else None
    if isinstance(rendered, str):
        yield ""
        yield from (clean(line) for line in rendered.splitlines())


def _asked(document: JsonObject) -> Iterator[str]:
    """Since when people are asked, who before the others, and how each chat stands."""
    if document.get("status") != HoldStatus.PENDING.value or not document.get("asked_at"):
        return
    first = document.get("asked_first") or "everywhere"
    yield clean(f"asked        {first}, since {document.get('asked_at')}")
    chats = document.get("asked_in")
    for one in chats if isinstance(chats, list) else []:
        if isinstance(one, dict):
            error = f": {one['error']}" if one.get("error") else ""
            yield clean(f"             {one['kind']} {one['channel']} {one['state']}{error}")


@hold.command("approve")
@click.argument("hold_id", metavar="ID")
@click.option("--reason", default="", help="Goes into the audit log.")
@click.option("--digest", help="Only if it still has this digest.")
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
    digest: str | None,
    without: tuple[str, ...],
    remember: str | None,
    days: int,
) -> None:
    """Send it exactly as it is."""
    more: JsonObject = {"without": list[JsonValue](without)} if without else {}
    if digest:
        more["digest"] = digest
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


@hold.command("edit")
@click.argument("hold_id", metavar="ID")
@click.option("--subject", help="Another subject.")
@click.option("--text", help="Another text.")
@click.option(
    "--text-file", type=click.File(encoding="utf-8"), help="The same from a file, or `-`."
)
@click.option("--html-file", type=click.File(encoding="utf-8"), help="Another HTML form.")
@click.option("--to", multiple=True, metavar="ADDRESS", help="Whom it is for, instead.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Others in Cc.")
@click.option("--bcc", multiple=True, metavar="ADDRESS", help="Others in Bcc.")
@click.option("--reason", default="", help="Kept with the version before.")
@with_settings
def edit(
    settings: Settings,
    hold_id: str,
    subject: str | None,
    text: str | None,
    text_file: TextIO | None,
    html_file: TextIO | None,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    reason: str,
) -> None:
    """Change it: a new version, which is judged and decided anew."""
    if text is not None and text_file is not None:
        raise WrongUse("give --text or --text-file")
    given: dict[str, str | None] = {
        "subject": subject,
        "text": text_file.read() if text_file is not None else text,
        "html": html_file.read() if html_file is not None else None,
        "reason": reason or None,
    }
    body: JsonObject = {name: value for name, value in given.items() if value is not None}
    for name, addresses in (("to", to), ("cc", cc), ("bcc", bcc)):
        if addresses:
            body[name] = list[JsonValue](addresses)
    document = settings.api().patch(f"/v1/holds/{segment(hold_id)}", body)
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


@hold.command("versions")
@click.argument("hold_id", metavar="ID")
@with_settings
def versions(settings: Settings, hold_id: str) -> None:
    """Show what it was before it was changed, and what is new in each version."""
    rows = settings.api().every(f"/v1/holds/{segment(hold_id)}/versions")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: _version_lines(rows))


def _version_lines(rows: list[JsonObject]) -> Iterator[str]:
    for row in rows:
        ended = f", until {row.get('ended_at')} by {row.get('ended_by')}" if row["ended_by"] else ""
        yield clean(f"--- version {row.get('version')}{ended}")
        if row["reason"]:
            yield clean(f"changed because: {row.get('reason')}")
        shown = row.get("changes") or row.get("text")
        yield from (clean(line) for line in str(shown).splitlines())
        yield ""


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
