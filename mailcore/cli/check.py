"""`countersign check`: proof of the store's invariants, and the ways to put it right."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import click

from mailcore.app import upkeep
from mailcore.cli.failure import FAILED, WrongUse
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_offline
from mailcore.clock import to_iso
from mailcore.config import Config
from mailcore.model import JsonObject, JsonValue
from mailcore.rebuild import Rebuilt


@click.command()
@click.option("--quick", is_flag=True, help="Do not read the message files.")
@click.option(
    "--rebuild",
    is_flag=True,
    help="Make the database anew from the Maildir tree and the copy of the state. Server stopped.",
)
@click.option(
    "--rebuild-index",
    is_flag=True,
    help="First make the full-text index again from the messages; the server must be stopped.",
)
@click.option(
    "--adopt", is_flag=True, help="Take in mail that others put into the tree. Server stopped."
)
@click.option(
    "--fix", is_flag=True, help="Put right counters, the tree and unused files. Server stopped."
)
@with_offline
def check(settings: Settings, /, quick: bool, **wanted: bool) -> None:
    """Prove the invariants of the store; status 1 when one is broken."""
    if sum(wanted.values()) > 1:
        raise WrongUse(
            "--rebuild, --rebuild-index, --adopt and --fix exclude each other",
            fix="Run them in turn",
        )
    config = settings.load()
    done: JsonObject = {}
    if wanted["rebuild"]:
        done = _rebuild(config)
    elif wanted["rebuild_index"]:
        asyncio.run(upkeep.rebuild_index(config))
    elif wanted["adopt"]:
        done = _counted(asyncio.run(upkeep.adopt(config)))
    elif wanted["fix"]:
        done = asyncio.run(upkeep.fix(config))
    violations = asyncio.run(upkeep.check(config, deep=not quick))
    document: JsonObject = {
        "ok": not violations,
        "violations": [{"invariant": one.invariant, "message": one.message} for one in violations],
        **done,
    }
    lines = [*_lines(done)]
    lines += [f"invariant {one.invariant}: {clean(one.message)}" for one in violations]
    lines += [] if violations else ["ok: every invariant holds"]
    show(document, as_json=settings.as_json, text=lambda: lines)
    if violations:
        click.get_current_context().exit(FAILED)


def _rebuild(config: Config) -> JsonObject:
    came = asyncio.run(upkeep.rebuild(config))
    document: JsonObject = {
        "inboxes": [*came.done.inboxes],
        "kept": _text(came.kept),
        **_counted(came.done),
    }
    if came.restored is not None:
        asked = came.restored.asked
        document |= {
            "state_of": to_iso(came.restored.copied_at),
            "held": asked.held,
            "arrivals_to_decide": asked.arrivals,
            "lost": [*asked.lost],
        }
    warnings = [*_warnings(came)]
    return {**document, "warning": "; ".join(warnings)} if warnings else document


def _warnings(came: upkeep.Rebuilding) -> Iterator[str]:
    if came.unread:
        yield (
            "the old database could not be read, so mail of its last seconds that was in no file yet "
            f"is only in it: {came.unread}"
        )
    if came.unusable:
        yield f"{came.unusable}; inboxes are as their manifests say, with new passwords and keys"


def _counted(done: Rebuilt) -> JsonObject:
    skipped: list[JsonValue] = [*done.skipped]
    return {"messages": done.messages, "adopted": done.adopted, "skipped": skipped}


def _text(path: Path | None) -> str:
    return str(path) if path else ""


def _lines(done: JsonObject) -> Iterator[str]:
    inboxes = done.get("inboxes")
    if isinstance(inboxes, list) and inboxes:
        yield "Made anew and shown this once:"
        for one in inboxes:
            if isinstance(one, dict):
                key = f"  agent {one['agent']}  key {one['api_key']}" if "api_key" in one else ""
                yield f"  {one['address']}  password {one['password']}{key}"
        yield "Start the server; then `countersign key create --role master --name NAME` makes a master key."
    skipped = done.get("skipped")
    for name, value in done.items():
        if name not in ("inboxes", "skipped") and value not in ("", []):
            yield f"{name.replace('_', ' ')}: {value}"
    for path in skipped if isinstance(skipped, list) else []:
        yield f"left alone: {clean(str(path))}"
