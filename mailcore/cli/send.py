"""`countersign send`: one message through the one door, like any other."""

import base64
import mimetypes
import sys
from pathlib import Path

import click

from mailcore.cli.failure import WrongUse
from mailcore.cli.inboxes import find
from mailcore.cli.output import clean, show
from mailcore.cli.settings import Settings, with_settings
from mailcore.model import JsonObject, JsonValue


@click.command()
@click.option("--from", "sender", required=True, help="The inbox that sends: address or id.")
@click.option("--to", multiple=True, required=True, help="A recipient; may be repeated.")
@click.option("--cc", multiple=True, help="A recipient of a copy; may be repeated.")
@click.option("--bcc", multiple=True, help="A hidden recipient; may be repeated.")
@click.option("--subject", default="", help="The subject.")
@click.option("--text", help="The text; read from stdin unless given.")
@click.option("--html", type=click.Path(path_type=Path), help="A file with the HTML version.")
@click.option(
    "--attach", multiple=True, type=click.Path(path_type=Path), help="A file; may be repeated."
)
@click.option("--at", help='When, as in "tomorrow 8am"; now unless given.')
@click.option("--allow-sensitive", is_flag=True, help="Do not hold it (master key only).")
@with_settings
def send(
    settings: Settings,
    sender: str,
    to: tuple[str, ...],
    cc: tuple[str, ...],
    bcc: tuple[str, ...],
    subject: str,
    text: str | None,
    html: Path | None,
    attach: tuple[Path, ...],
    at: str | None,
    allow_sensitive: bool,
) -> None:
    """Send a message. It is scanned, and held when the guard says so."""
    body: JsonObject = {"to": list(to), "subject": subject}
    for name, addresses in (("cc", cc), ("bcc", bcc)):
        if addresses:
            body[name] = list(addresses)
    body["text"] = text if text is not None else _stdin(is_needed=html is None)
    if html is not None:
        body["html"] = _read(html).decode("utf-8", "replace")
    if attach:
        body["attachments"] = [_attachment(path) for path in attach]
    if at is not None:
        body["send_at"] = at
    if allow_sensitive:
        body["allow_sensitive"] = True
    api = settings.api()
    body["identity_id"] = find(api, sender)["id"]
    document = api.post("/v1/messages", body)
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def _stdin(*, is_needed: bool) -> str:
    if sys.stdin.isatty():
        if is_needed:
            click.echo("Write the text, end with Ctrl-D:", err=True)
        else:
            return ""
    return sys.stdin.buffer.read().decode("utf-8", "replace")


def _attachment(path: Path) -> JsonValue:
    content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return {
        "filename": path.name,
        "content_type": content_type,
        "content": base64.b64encode(_read(path)).decode("ascii"),
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUse(f"cannot read {path}: {error.strerror}", fix="Check the path") from error


def _lines(document: JsonObject) -> list[str]:
    lines = [f"{clean(document.get('id'))} is {clean(document.get('status'))}"]
    if document.get("send_at"):
        lines.append(f"It leaves at {clean(document['send_at'])}")
    if document.get("hold_id"):
        categories = document.get("categories")
        why = ", ".join(map(str, categories)) if isinstance(categories, list) else ""
        lines.append(f"It waits for a person as hold {clean(document['hold_id'])} ({clean(why)})")
    return lines
