"""`countersign guard`: what the guard says of files, how good it is, and what the owner tells it.

One document per message, in the order given. Addresses come from the message's own header, since a
file has no envelope.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import click
import orjson

from mailcore.address import try_address
from mailcore.app.evaluating import guard_corpus, guard_figures
from mailcore.app.guarding import agent_view, build_guard, guard_rules
from mailcore.cli.api import objects, segment
from mailcore.cli.failure import FAILED, report
from mailcore.cli.output import clean, show, table
from mailcore.cli.replay import explained, reasons, replay
from mailcore.cli.settings import Settings, with_settings
from mailcore.clock import SystemClock, to_iso
from mailcore.config import Config, parse
from mailcore.errors import not_found
from mailcore.message.headers import Headers, parse_mailboxes
from mailcore.model import AuthReport, JsonObject, JsonValue
from mailcore.policy import (
    Guard,
    InboundFacts,
    NoFingerprints,
    OutboundFacts,
    Ruling,
    Severity,
    Verdict,
)


@click.group()
def guard() -> None:
    """The engine that judges mail."""


guard.add_command(replay)


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


@guard.command("render")
@click.argument("file", type=click.Path(path_type=Path))
@with_settings
def render(settings: Settings, file: Path) -> None:
    """Show what an agent would read of the message or HTML page in FILE, and what is left out of it."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise not_found(str(file), fix=f"Check the path: {error.strerror}") from error
    if file.suffix.lower() in (".html", ".htm"):
        raw = b"Content-Type: text/html; charset=utf-8\r\n\r\n" + raw
    document = agent_view(raw)
    show(document, as_json=settings.as_json, text=lambda: list(_rendered(document)))


def _rendered(document: JsonObject) -> Iterator[str]:
    for name in ("from", "subject"):
        if document[name]:
            yield f"{name}: {clean(document[name])}"
    yield ""
    yield from (clean(line) for line in str(document["text"]).split("\n"))
    columns = (("RULE", "rule"), ("PLACE", "place"), ("COUNT", "count"), ("BEGINS WITH", "excerpt"))
    yield from _section("left out:", document["sanitized"], columns)
    ways = (("SHOWN", "text"), ("LEADS TO", "target"), ("ODD", "signs"))
    yield from _section("links:", document["links"], ways)
    images = document["images"]
    if isinstance(images, dict) and any(images.values()):
        yield ""
        yield f"pictures: {', '.join(f'{number} {kind}' for kind, number in images.items())}"


def _section(title: str, rows: JsonValue, columns: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A table under a title; nothing when it has no rows."""
    listed = objects(rows)
    if listed:
        yield ""
        yield title
        yield from (f"  {line}" for line in table(listed, columns))


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
@click.option(
    "--against",
    type=click.Choice(["detect-secrets"]),
    help="Judge the messages with this scanner too, where it is installed, and print only sums.",
)
@with_settings
def evaluate(
    settings: Settings, seed: str, per_kind: int, write: Path | None, against: str | None
) -> None:
    """How much of a seeded corpus the guard finds, in mail that leaves and that arrives, and what it suspects wrongly."""
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, raw in guard_corpus(seed, per_kind):
            (write / f"{name}.eml").write_bytes(raw)
        return
    lines, document = guard_figures(_config(settings), seed, per_kind, against or "")
    print(orjson.dumps(document).decode() if settings.as_json else "\n".join(lines))


@guard.command("rules")
@with_settings
def list_rules(settings: Settings) -> None:
    """List every rule for mail that leaves."""
    rows = guard_rules()
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    columns = (("RULE", "rule"), ("SEVERITY", "severity"), ("FINDS", "description"))
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))


@guard.command("explain")
@click.argument("what", metavar="RULE|HOLD|FILE")
@with_settings
def explain(settings: Settings, what: str) -> None:
    """Say what a rule finds, hits and leaves alone; or what in a held message, or in a message in a FILE, leads to its verdict."""
    rule = next((one for one in guard_rules() if one["rule"] == what), None)
    if rule is not None:
        show(rule, as_json=settings.as_json, text=lambda: list(_explained(rule)))
        return
    path = Path(what)
    document = (
        _why(settings, path)
        if path.is_file()
        else settings.api().get(f"/v1/guard/explanations/{segment(what)}")
    )
    show(document, as_json=settings.as_json, text=lambda: list(explained(document)))


def _why(settings: Settings, path: Path) -> JsonObject:
    config = _config(settings)
    verdict = _outbound(build_guard(config), path.read_bytes())
    hold_at = Severity(config.guard.hold_at)
    return {
        "path": str(path),
        "ruling": verdict.ruling.value,
        "hold_at": hold_at.value,
        "findings": reasons(verdict.findings, hold_at),
    }


def _explained(rule: JsonObject) -> Iterator[str]:
    yield f"{rule['rule']} ({rule['severity']}, {rule['category']}): {rule['description']}"
    titles = (("patterns", "finds"), ("examples", "hits"), ("near_misses", "leaves alone"))
    for name, title in titles:
        values = rule[name]
        for one in values if isinstance(values, list) else []:
            yield f"  {title}: {clean(one)}"


@guard.group("secret")
def secret() -> None:
    """Secrets that the guard recognizes in mail that leaves."""


@secret.command("add")
@click.argument("name")
@click.option("--decoy", is_flag=True, help="It is planted, and belongs in no mail at all.")
@with_settings
def add_secret(settings: Settings, name: str, *, decoy: bool) -> None:
    """Register a secret called NAME, asked for without echo or read from stdin; only hashes are kept."""
    if sys.stdin.isatty():
        value = str(click.prompt("Secret", hide_input=True))
    else:
        value = sys.stdin.read().removesuffix("\n")
    body: JsonObject = {"name": name, "secret": value, "kind": "decoy" if decoy else "secret"}
    document = settings.api().post("/v1/guard/secrets", body)
    show(document, as_json=settings.as_json, text=lambda: [f"{name} is registered"])


@secret.command("list")
@with_settings
def list_secrets(settings: Settings) -> None:
    """List the names of registered secrets."""
    rows = settings.api().every("/v1/guard/secrets")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    columns = (("NAME", "name"), ("KIND", "kind"), ("SINCE", "created_at"), ("ID", "id"))
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))


@secret.command("remove")
@click.argument("secret_id", metavar="ID")
@with_settings
def remove_secret(settings: Settings, secret_id: str) -> None:
    """Forget a registered secret."""
    settings.api().delete(f"/v1/guard/secrets/{segment(secret_id)}")
    document: JsonObject = {"id": secret_id, "removed": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{secret_id} is removed"])


@guard.group("policy")
def policy() -> None:
    """Rules that count differently for some mail."""


@policy.command("add")
@click.argument("rule")
@click.option(
    "--severity",
    type=click.Choice([one.value for one in Severity]),
    default="low",
    show_default=True,
    help="What its findings count as; low lets them pass.",
)
@click.option("--identity", help="Only mail from the inbox with this id.")
@click.option("--recipient", help="Only mail to this address, or to a domain as @example.org.")
@click.option("--expires-in-days", type=click.IntRange(1, 3650), help="How long it counts.")
@click.option("--reason", default="", help="Why, for those who read it later.")
@with_settings
def add_policy(
    settings: Settings,
    rule: str,
    severity: str,
    identity: str | None,
    recipient: str | None,
    expires_in_days: int | None,
    reason: str,
) -> None:
    """Let RULE, or a group such as pii.*, count differently."""
    body: JsonObject = {"rule": rule, "severity": severity, "reason": reason}
    if identity is not None:
        body["identity_id"] = identity
    if recipient is not None:
        body["recipient"] = recipient
    if expires_in_days is not None:
        body["expires_at"] = to_iso(SystemClock().now() + timedelta(days=expires_in_days))
    document = settings.api().post("/v1/guard/policies", body)
    show(document, as_json=settings.as_json, text=lambda: [f"{rule} counts as {severity}"])


@policy.command("list")
@with_settings
def list_policies(settings: Settings) -> None:
    """List the rules that count differently."""
    rows = settings.api().every("/v1/guard/policies")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    columns = (
        ("RULE", "rule"),
        ("SEVERITY", "severity"),
        ("INBOX", "identity_id"),
        ("RECIPIENT", "recipient"),
        ("EXPIRES", "expires_at"),
        ("REASON", "reason"),
        ("ID", "id"),
    )
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))


@policy.command("remove")
@click.argument("policy_id", metavar="ID")
@with_settings
def remove_policy(settings: Settings, policy_id: str) -> None:
    """End a policy."""
    settings.api().delete(f"/v1/guard/policies/{segment(policy_id)}")
    document: JsonObject = {"id": policy_id, "removed": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{policy_id} is removed"])


@guard.group("taint")
def taint() -> None:
    """Agents whose mail is held because they read mail flagged as prompt injection."""


@taint.command("list")
@with_settings
def list_taints(settings: Settings) -> None:
    """List them with what they read."""
    rows = settings.api().every("/v1/guard/taints")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    columns = (("AGENT", "agent_id"), ("READ", "message_id"), ("AT", "read_at"))
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))


@taint.command("clear")
@click.argument("agent_id", metavar="AGENT")
@with_settings
def clear_taint(settings: Settings, agent_id: str) -> None:
    """Let the mail of AGENT go its usual way again; what it read is not counted again."""
    settings.api().delete(f"/v1/guard/taints/{segment(agent_id)}")
    document: JsonObject = {"agent_id": agent_id, "cleared": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{agent_id} is cleared"])


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
