"""`countersign draft`: replies that wait for a person, and what they said before."""

from collections.abc import Iterator

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import DraftStatus, JsonObject, JsonValue

_COLUMNS = (
    ("ID", "id"),
    ("STATUS", "status"),
    ("VERSION", "version"),
    ("THREAD", "thread_id"),
    ("HOLD", "hold_id"),
    ("CHANGED", "updated_at"),
)


@click.group()
def draft() -> None:
    """Replies that wait for a person."""


@draft.command("list")
@click.option("--status", type=click.Choice([one.value for one in DraftStatus]))
@with_settings
def list_drafts(settings: Settings, status: str | None) -> None:
    """List the drafts."""
    rows = settings.api().every("/v1/drafts", status=status)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@draft.command("versions")
@click.argument("draft_id", metavar="ID")
@with_settings
def versions(settings: Settings, draft_id: str) -> None:
    """Show who wrote each version, when and why, and what is new in it."""
    rows = settings.api().every(f"/v1/drafts/{segment(draft_id)}/versions")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: _lines(rows))


def _lines(rows: list[JsonObject]) -> Iterator[str]:
    for row in rows:
        yield clean(f"--- version {row.get('version')}, {row.get('at')}, by {row.get('author')}")
        if row["rationale"]:
            yield from (clean(f"why: {line}") for line in str(row["rationale"]).splitlines())
        shown = row.get("changes") or row.get("body_text") or row.get("body_html")
        yield from (clean(line) for line in str(shown or "").splitlines())
        yield ""
