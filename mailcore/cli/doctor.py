"""`countersign doctor`: what is wrong with an installation, and what to do about it."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Final

import click

from mailcore.app.doctor import examine
from mailcore.app.finding import Finding, State, ok, problem, warning
from mailcore.cli.api import Api, segment
from mailcore.cli.failure import FAILED, one_line
from mailcore.cli.output import clean, print_json
from mailcore.cli.settings import Settings, with_settings
from mailcore.clock import SystemClock, to_iso
from mailcore.config import Config
from mailcore.errors import MailError
from mailcore.model import JsonValue, Lane

_UNDELIVERED: Final = "due,leased,failed,bounced"
_A_WEEK: Final = timedelta(days=7)


@click.command()
@with_settings
def doctor(settings: Settings) -> None:
    """Look at files, certificate, listeners, DNS and the way out; status 1 when something is wrong.

    Run it on the server's machine, as its user. Nothing is changed.
    """
    config = settings.load()
    findings: list[Finding] = []
    for finding in _every(settings, config):
        findings.append(finding)
        if not settings.as_json:
            told = one_line(finding.message, finding.fix)
            click.echo(f"{finding.state.value:8} {clean(finding.subject)}: {told}")
    is_well = all(one.state is not State.PROBLEM for one in findings)
    if settings.as_json:
        rows: list[JsonValue] = [{**asdict(one), "state": one.state.value} for one in findings]
        print_json({"ok": is_well, "findings": rows})
    if not is_well:
        click.get_current_context().exit(FAILED)


def _every(settings: Settings, config: Config) -> Iterator[Finding]:
    with asyncio.Runner() as runner:
        looking = examine(config)
        while (finding := runner.run(anext(looking, None))) is not None:
            yield finding
    api = Api.over_socket(config, settings.key)
    try:
        yield from _domains(api)
        yield from _notices(api, config)
    except MailError:
        return  # it is not running, which has been said
    finally:
        api.close()


def _domains(api: Api) -> Iterator[Finding]:
    for domain in api.every("/v1/domains"):
        name = clean(domain.get("name"))
        document = api.get(f"/v1/domains/{segment(name)}/records")
        rows = document.get("data")
        missing = [
            f"{clean(one.get('type'))} {clean(one.get('name'))}"
            for one in (rows if isinstance(rows, list) else [])
            if isinstance(one, dict) and one.get("is_required") and one.get("status") != "valid"
        ]
        fix = f"Create what `countersign domain records {name}` prints, then `domain verify {name}`"
        if domain.get("status") != "VERIFIED":
            lacks = f"is not verified, so it sends nothing outside; not seen: {', '.join(missing)}"
            yield problem(f"domain {name}", lacks, fix)
        elif missing:
            yield warning(f"domain {name}", f"DNS lacks {', '.join(missing)}", fix)
        else:
            yield ok(f"domain {name}", "is verified")


def _notices(api: Api, config: Config) -> Iterator[Finding]:
    """Questions to the owner that do not arrive: nobody would decide. The newest of a week counts."""
    owner = config.server.owner
    week = to_iso(SystemClock().now() - _A_WEEK)
    rows = [
        one
        for one in api.every("/v1/queue", state=_UNDELIVERED, domain=owner.rpartition("@")[2])
        if one.get("lane") == Lane.SYSTEM
        and one.get("attempts")
        and one.get("recipient") == owner
        and str(one.get("created_at")) > week
    ]
    if rows:
        newest = max(rows, key=lambda one: str(one.get("created_at")))
        yield problem(
            f"notices to {owner}",
            f"{len(rows)} of this week did not arrive: {clean(newest.get('reply'))}",
            f"See `countersign queue show {clean(newest.get('id'))}`; decide with `countersign hold`",
        )
