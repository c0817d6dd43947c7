"""`countersign audit`: the append-only log of who did what."""

import asyncio

import click
import orjson

from mailcore.app import open_core
from mailcore.cli.failure import FAILED
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_offline
from mailcore.clock import to_iso
from mailcore.credentials import OPERATOR
from mailcore.model import JsonObject

_PAGE = 500


@click.group()
def audit() -> None:
    """The log of every decision."""


@audit.command("verify")
@with_offline
def verify(settings: Settings) -> None:
    """Recompute the chain of hashes; status 1 when a row was changed."""
    config = settings.load()

    async def first_wrong() -> int | None:
        async with open_core(config, lock=False) as core:
            return await core.stores.policy.verify_audit()

    wrong = asyncio.run(first_wrong())
    document: JsonObject = {"ok": wrong is None, "first_wrong_row": wrong}
    text = "ok: the chain is whole" if wrong is None else f"row {wrong} does not fit the chain"
    show(document, as_json=settings.as_json, text=lambda: [text])
    if wrong is not None:
        click.get_current_context().exit(FAILED)


@audit.command("export")
@with_offline
def export(settings: Settings) -> None:
    """Print every row, oldest first; with --json one document per line."""
    config = settings.load()

    async def rows() -> None:
        after = 0
        async with open_core(config, lock=False) as core:
            while page := await core.accounts.audit(OPERATOR, after=after, limit=_PAGE):
                for one in page:
                    row: JsonObject = {
                        "seq": one.seq,
                        "at": to_iso(one.at),
                        "actor": one.actor,
                        "action": one.action,
                        "subject": one.subject,
                        "detail": one.detail,
                        "hash": one.hash,
                    }
                    print(orjson.dumps(row).decode() if settings.as_json else _line(row))
                after = page[-1].seq

    asyncio.run(rows())


def _line(row: JsonObject) -> str:
    detail = orjson.dumps(row["detail"]).decode()
    names = ("seq", "at", "actor", "action", "subject")
    return "  ".join(clean(row[name]) for name in names) + f"  {clean(detail)}"
