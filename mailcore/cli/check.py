"""`countersign check`: proof of the store's invariants, beside a running server or without one."""

import asyncio

import click

from mailcore.app import check as prove
from mailcore.app import rebuild_index as rebuild
from mailcore.cli.failure import FAILED
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_offline
from mailcore.model import JsonObject


@click.command()
@click.option("--quick", is_flag=True, help="Do not read the message files.")
@click.option(
    "--rebuild-index",
    is_flag=True,
    help="First make the full-text index again from the messages; the server must be stopped.",
)
@with_offline
def check(settings: Settings, quick: bool, rebuild_index: bool) -> None:
    """Prove the invariants of the store; status 1 when one is broken."""
    if rebuild_index:
        asyncio.run(rebuild(settings.load()))
    violations = asyncio.run(prove(settings.load(), deep=not quick))
    document: JsonObject = {
        "ok": not violations,
        "violations": [{"invariant": one.invariant, "message": one.message} for one in violations],
    }
    lines = [f"invariant {one.invariant}: {clean(one.message)}" for one in violations]
    show(document, as_json=settings.as_json, text=lambda: lines or ["ok: every invariant holds"])
    if violations:
        click.get_current_context().exit(FAILED)
