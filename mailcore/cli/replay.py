"""`countersign guard replay`: what the guard would say of past mail now; and why it says so, as lines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from mailcore.cli.api import Api, objects
from mailcore.cli.failure import WrongUse
from mailcore.cli.files import read_json
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_settings
from mailcore.clock import to_iso
from mailcore.model import JsonObject, JsonValue
from mailcore.policy import Finding, Severity

_AT_ONCE: Final = 25
_SUMS: Final = ("looked_at", "held_as_before", "not_judged")
_LISTS: Final = ("newly_held", "newly_let_through")
_POLICY_FIELDS: Final = ("rule", "severity", "identity_id", "recipient", "reason", "expires_at")


@click.command("replay")
@click.option(
    "--policy",
    "policy_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Try the policies in this JSON file in place of those that count now.",
)
@click.option(
    "--hold-at",
    type=click.Choice([one.value for one in Severity]),
    help="Try this as the lowest severity that holds.",
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]),
    help="Only mail handed in since then (UTC).",
)
@click.option("--agent", help="Only mail of the agent with this name or id.")
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="How many messages to look at, newest first.",
)
@with_settings
def replay(
    settings: Settings,
    policy_file: Path | None,
    hold_at: str | None,
    since: datetime | None,
    agent: str | None,
    limit: int,
) -> None:
    """Judge past mail again, sent and held: what would be held or let through that was not. Nothing is changed."""
    body = _read(policy_file) if policy_file else {}
    api = settings.api()
    if hold_at is not None:
        body["hold_at"] = hold_at
    if since is not None:
        body["since"] = to_iso(since.replace(tzinfo=UTC))
    if agent is not None:
        body["agent_id"] = api.get(f"/v1/agents/{agent}")["id"]
    document = _replayed(api, body, limit)
    show(document, as_json=settings.as_json, text=lambda: list(_lines(document)))


def _replayed(api: Api, body: JsonObject, limit: int) -> JsonObject:
    """The parts together, asked for one after the other."""
    sums = dict.fromkeys(_SUMS, 0)
    lists: dict[str, list[JsonValue]] = {name: [] for name in _LISTS}
    before: JsonValue = None
    while sums["looked_at"] < limit:
        some = min(_AT_ONCE, limit - sums["looked_at"])
        wanted: JsonObject = {**body, "limit": some}
        if before is not None:
            wanted["before"] = before
        part = api.post("/v1/guard/replay", wanted)
        for name in _SUMS:
            value = part[name]
            sums[name] += value if isinstance(value, int) else 0
        for name in _LISTS:
            rows = part[name]
            lists[name] += rows if isinstance(rows, list) else []
        before = part["next"]
        if before is None:
            break
    return {**sums, **lists}


def _lines(document: JsonObject) -> Iterator[str]:
    for name, title in zip(_LISTS, ("newly held", "newly let through"), strict=True):
        rows = objects(document[name])
        yield f"{title}: {len(rows)}"
        for row in rows:
            recipients = row["recipients"]
            to = ", ".join(map(str, recipients)) if isinstance(recipients, list) else ""
            yield f"  {clean(row['created_at'])}  {clean(row['message_id'])}  to {clean(to)}: {clean(row['subject'])}"
            found = row["found"]
            if isinstance(found, list):
                yield f"    then: {clean(', '.join(map(str, found)) or 'nothing found')}"
            yield from (f"    now:  {one}" for one in _said(row))
    yield f"held as before: {document['held_as_before']}; not judged: {document['not_judged']}"
    yield f"{document['looked_at']} messages looked at; nothing was changed"


def _said(row: JsonObject) -> list[str]:
    said = [
        f"{clean(one['severity'])} {clean(one['rule'])} in {clean(one['place'])} {clean(one['masked'])}"
        for one in objects(row["findings"])
    ]
    return said or ["nothing found"]


def _read(path: Path) -> JsonObject:
    """What is to be tried: `hold_at` and `policies`, or what `guard policy list --json` printed."""
    document = read_json(path)
    policies: JsonValue = document if isinstance(document, list) else None
    hold_at: JsonValue = None
    if isinstance(document, dict):
        policies = document.get("policies", document.get("data", []))
        hold_at = document.get("hold_at")
    if not isinstance(policies, list):
        raise WrongUse(f"{path} has no list of policies", fix='Write {"policies": [...]}')
    body: JsonObject = {
        "policies": [
            {name: one[name] for name in _POLICY_FIELDS if one.get(name) is not None}
            for one in policies
            if isinstance(one, dict)
        ]
    }
    return {**body, "hold_at": hold_at} if hold_at is not None else body


# Why ---------------------------------------------------------------------------------------------


def reasons(findings: tuple[Finding, ...], hold_at: Severity) -> list[JsonValue]:
    """Findings with what led to them, as the API explains a hold."""
    return [
        {
            "rule": one.rule,
            "category": one.category,
            "severity": one.severity.value,
            "place": one.place,
            "message": one.message,
            "masked": one.masked,
            "pattern": one.pattern,
            "was": one.was.value if one.was else None,
            "policy_id": one.policy_id,
            "holds": one.severity.rank >= hold_at.rank,
        }
        for one in findings
    ]


def explained(document: JsonObject) -> Iterator[str]:
    """An explanation as lines."""
    yield f"{clean(document['ruling'])}: findings of {clean(document['hold_at'])} and above hold"
    for one in objects(document["findings"]):
        yield f"  {clean(one['severity'])} {clean(one['rule'])} in {clean(one['place'])}: {clean(one['masked'])}"
        yield f"    {clean(one['message'])}"
        if one["pattern"]:
            yield f"    pattern: {clean(one['pattern'])}"
        if one["policy_id"]:
            yield f"    policy {clean(one['policy_id'])} makes {clean(one['was'])} count as {clean(one['severity'])}"
        yield f"    {'holds' if one['holds'] else 'does not hold'} the message"
