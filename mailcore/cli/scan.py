"""`countersign guard scan`: what the guard says of files, without a server and without sending.

One document per message, in the order given. Addresses come from the message's own header, since a
file has no envelope.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import orjson

from mailcore.address import try_address
from mailcore.app import build_guard, guard_corpus, guard_figures
from mailcore.cli.failure import FAILED, report
from mailcore.cli.output import clean
from mailcore.cli.settings import Settings, with_settings
from mailcore.config import Config, parse
from mailcore.message.headers import Headers, parse_mailboxes
from mailcore.model import AuthReport, JsonObject
from mailcore.policy import (
    Guard,
    InboundFacts,
    NoFingerprints,
    OutboundFacts,
    Ruling,
    Verdict,
)


@click.group()
def guard() -> None:
    """The engine that judges mail."""


@guard.command("scan")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--direction",
    type=click.Choice(["out", "in"]),
    default="out",
    show_default=True,
    help="Judge as mail that leaves, or as mail that arrives.",
)
@with_settings
def scan(settings: Settings, files: tuple[Path, ...], direction: str) -> None:
    """Judge messages in FILEs, or in files named on stdin, one path per line."""
    judge = build_guard(_config(settings))
    has_failed = False
    for path in files or _named_on_stdin():
        try:
            raw = path.read_bytes()
        except OSError as error:
            report(f"cannot read {path}: {error.strerror}", fix="Check the path")
            has_failed = True
            continue
        document = judged(judge, path, raw, direction)
        _print(document, as_json=settings.as_json)
    if has_failed:
        click.get_current_context().exit(FAILED)


@guard.command("eval")
@click.option("--seed", default="1", show_default=True, help="Another seed, other messages.")
@click.option(
    "--per-kind",
    type=click.IntRange(1, 100),
    default=2,
    show_default=True,
    help="Texts of each kind; each travels in every carrier.",
)
@click.option(
    "--write",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Write the messages there instead of judging them, to judge them with another tool.",
)
@with_settings
def evaluate(settings: Settings, seed: str, per_kind: int, write: Path | None) -> None:
    """How much of a seeded corpus the guard finds, by kind and carrier, and what it holds for nothing."""
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, raw in guard_corpus(seed, per_kind):
            (write / f"{name}.eml").write_bytes(raw)
        return
    lines, document = guard_figures(_config(settings), seed, per_kind)
    print(orjson.dumps(document).decode() if settings.as_json else "\n".join(lines))


def _named_on_stdin() -> Iterator[Path]:
    for line in sys.stdin.buffer:
        name = line.rstrip(b"\r\n")
        if name:
            yield Path(name.decode("utf-8", "surrogateescape"))


def _config(settings: Settings) -> Config:
    """The configuration when there is one; the defaults judge as well."""
    if settings.config_path() is not None:
        return settings.load()
    server = {"domain": "localhost.invalid", "hostname": "localhost.invalid"}
    tree: dict[str, object] = {
        "server": {**server, "owner": "owner@example.org", "data_dir": "/nonexistent"}
    }
    return parse(tree, {}, base_dir=Path("/"))


def judged(judge: Guard, path: Path, raw: bytes, direction: str) -> JsonObject:
    """The document about one message."""
    verdict = _outbound(judge, raw) if direction == "out" else _inbound(judge, raw)
    if direction == "out":
        flagged = verdict.ruling is not Ruling.ALLOW
    else:
        flagged = verdict.level in ("warning", "spam")
    worst = max((one.severity for one in verdict.findings), key=lambda one: one.rank, default=None)
    document: JsonObject = {
        "path": str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        "flagged": flagged,
        "severity": worst.value if worst else None,
        "rules": [*sorted({one.rule for one in verdict.findings})],
        "findings": [
            {
                "rule": one.rule,
                "category": one.category,
                "severity": one.severity.value,
                "place": one.place,
                "message": one.message,
                "masked": one.masked,
            }
            for one in verdict.findings
        ],
    }
    if direction == "in":
        document |= {"score": verdict.score, "level": verdict.level}
    return document


def _outbound(judge: Guard, raw: bytes) -> Verdict:
    headers = Headers.read(raw)
    fields: Iterable[str] = (value for name in ("To", "Cc", "Bcc") for value in headers.all(name))
    found = [try_address(one.address) for value in fields for one in parse_mailboxes(value)]
    senders = parse_mailboxes(headers.get("From") or "")
    return judge.judge_outbound(
        OutboundFacts(
            raw=raw,
            mail_from=try_address(senders[0].address) if senders else None,
            recipients=tuple(one for one in found if one is not None),
            is_internal=False,
            fingerprints=NoFingerprints(),
        )
    )


def _inbound(judge: Guard, raw: bytes) -> Verdict:
    path = (Headers.read(raw).get("Return-Path") or "").strip().strip("<>")
    return judge.judge_inbound(
        InboundFacts(
            raw=raw,
            mail_from=try_address(path) if path else None,
            recipients=(),
            is_external=True,
            auth=AuthReport(),
        )
    )


def _print(document: JsonObject, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(orjson.dumps(document).decode() + "\n")
        sys.stdout.flush()
        return
    verdict = "flagged" if document["flagged"] else "clean"
    print(f"{clean(document['path'])}: {verdict}, worst {clean(document['severity'])}")
    findings = document["findings"]
    for one in findings if isinstance(findings, list) else []:
        if isinstance(one, dict):
            print(
                f"  {clean(one['severity'])} {clean(one['rule'])} in {clean(one['place'])}: "
                f"{clean(one['message'])} {clean(one['masked'])}"
            )
