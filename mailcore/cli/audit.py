"""`countersign audit`: the append-only log of who did what."""

import asyncio
from collections.abc import Iterator

import click
import orjson

from mailcore.app.core import Core, open_core
from mailcore.auditing import Verdict
from mailcore.cli.failure import FAILED
from mailcore.cli.offline import on_store
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_offline
from mailcore.clock import to_iso
from mailcore.credentials import OPERATOR
from mailcore.model import AuditRow, JsonObject

_PAGE = 200


@click.group()
def audit() -> None:
    """The log of every decision."""


@audit.command("verify")
@with_offline
def verify(settings: Settings) -> None:
    """Recompute the chain of hashes; status 1 when a row was changed, or the newest are gone."""
    config = settings.load()

    async def verified() -> Verdict:
        async with open_core(config, lock=False) as core:
            return await core.auditing.verify()

    verdict = asyncio.run(verified())
    document: JsonObject = {
        "ok": not verdict.trouble,
        "first_wrong_row": verdict.first_wrong_row,
        "trouble": verdict.trouble,
    }
    text = verdict.trouble or "ok: the chain is whole"
    show(document, as_json=settings.as_json, text=lambda: [text])
    if verdict.trouble:
        click.get_current_context().exit(FAILED)


@audit.command("export")
@with_offline
def export(settings: Settings) -> None:
    """Print every row, oldest first; with --json one document per line."""
    for row in _stored(settings) if settings.offline else _served(settings):
        print(orjson.dumps(row).decode() if settings.as_json else _line(row))


def _served(settings: Settings) -> Iterator[JsonObject]:
    api = settings.api()
    after = 0
    while True:
        page = api.get("/v1/audit", after=after, limit=_PAGE)
        rows = page.get("data")
        if not isinstance(rows, list) or not rows:
            return
        yield from (one for one in rows if isinstance(one, dict))
        after = int(str(page["next"]))


def _stored(settings: Settings) -> list[JsonObject]:
    async def rows(core: Core) -> list[JsonObject]:
        found: list[JsonObject] = []
        after = 0
        while page := await core.accounts.audit(OPERATOR, after=after, limit=_PAGE):
            found += [_row(one) for one in page]
            after = page[-1].seq
        return found

    return on_store(settings, rows)


def _row(row: AuditRow) -> JsonObject:
    return {
        "id": row.seq,
        "at": to_iso(row.at),
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "detail": row.detail,
        "hash": row.hash,
    }


def _line(row: JsonObject) -> str:
    detail = orjson.dumps(row["detail"]).decode()
    names = ("id", "at", "actor", "action", "subject")
    return "  ".join(clean(row[name]) for name in names) + f"  {clean(detail)}"
