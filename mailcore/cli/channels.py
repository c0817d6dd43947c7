"""`countersign channel`: chat services where people are asked and decide."""

from collections.abc import Iterator

import click

from mailcore.cli.api import segment
from mailcore.cli.output import clean, fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.errors import ErrorKind, MailError
from mailcore.model import ChannelKind, JsonObject, JsonValue

_COLUMNS = (
    ("NAME", "name"),
    ("KIND", "kind"),
    ("BOT", "account"),
    ("CHANNEL", "target"),
    ("FAILING SINCE", "failing_since"),
    ("LAST ERROR", "last_error"),
    ("ID", "id"),
)
_FIELDS = (
    ("id", "id"),
    ("name", "name"),
    ("kind", "kind"),
    ("bot", "account"),
    ("channel", "target"),
    ("request URL", "hook_url"),
)
_LINKS = (
    ("PERSON", "person_id"),
    ("ACCOUNT", "user_id"),
    ("NAME", "user_name"),
    ("SINCE", "created_at"),
    ("ID", "id"),
)


@click.group()
def channel() -> None:
    """Chat services where people decide."""


@channel.command("list")
@with_settings
def list_channels(settings: Settings) -> None:
    """List the channels and how they are."""
    _list(settings, "/v1/channels", _COLUMNS)


@channel.command("add")
@click.argument("kind", type=click.Choice([one.value for one in ChannelKind]))
@click.option("--name", help="What you will know it by; the kind when left out.")
@click.option("--token", help="The bot's token; asked for when left out.")
@click.option("--signing-secret", help="Slack: the app's signing secret; asked for when left out.")
@click.option("--channel", "target", help="Slack: the ID of the channel, as in C0123ABCD.")
@with_settings
def add(
    settings: Settings,
    kind: str,
    name: str | None,
    token: str | None,
    signing_secret: str | None,
    target: str | None,
) -> None:
    """Add a bot of Telegram or Slack."""
    token = token or click.prompt("Bot token", hide_input=True, err=True)
    body: JsonObject = {"kind": kind, "name": name or kind, "token": token}
    if kind == ChannelKind.SLACK.value:
        secret = signing_secret or click.prompt("Signing secret", hide_input=True, err=True)
        target = target or click.prompt("Channel ID", err=True)
        body |= {"signing_secret": secret, "target": target}
    document = settings.api().post("/v1/channels", body)
    show(document, as_json=settings.as_json, text=lambda: _added(document))


def _added(document: JsonObject) -> Iterator[str]:
    yield from fields(document, _FIELDS)
    yield ""
    yield f"Now say who decides there: countersign channel link {document.get('id')} PERSON"


@channel.command("test")
@click.argument("channel_id", metavar="ID")
@with_settings
def check(settings: Settings, channel_id: str) -> None:
    """Ask the service whether it knows the bot."""
    document = settings.api().post(f"/v1/channels/{segment(channel_id)}/test")
    if not document.get("works"):
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"it does not work: {clean(document.get('error'))}",
            fix="Check the token, and that this server can reach the service",
        )
    text = f"it works: the bot is {clean(document.get('account'))}"
    show(document, as_json=settings.as_json, text=lambda: [text])


@channel.command("remove")
@click.argument("channel_id", metavar="ID")
@with_settings
def remove(settings: Settings, channel_id: str) -> None:
    """Remove a channel; nothing is decided there any more."""
    settings.api().delete(f"/v1/channels/{segment(channel_id)}")
    show({"id": channel_id}, as_json=settings.as_json, text=lambda: ["removed"])


@channel.command("links")
@click.argument("channel_id", metavar="ID")
@with_settings
def links(settings: Settings, channel_id: str) -> None:
    """List who is who there."""
    _list(settings, f"/v1/channels/{segment(channel_id)}/links", _LINKS)


@channel.command("link")
@click.argument("channel_id", metavar="ID")
@click.argument("person")
@click.option("--user", help="Slack: the member ID of their account, as in U0123ABCD.")
@with_settings
def link(settings: Settings, channel_id: str, person: str, user: str | None) -> None:
    """Let a person (id or address) decide there. Telegram: prints the code they send to the bot."""
    people = settings.api().every("/v1/people")
    known = {str(one.get("email")).lower(): str(one.get("id")) for one in people}
    body: JsonObject = {"person_id": known.get(person.lower(), person)}
    if user:
        body["user_id"] = user
    document = settings.api().post(f"/v1/channels/{segment(channel_id)}/links", body)
    show(document, as_json=settings.as_json, text=lambda: _linked(document))


def _linked(document: JsonObject) -> Iterator[str]:
    if not document.get("code"):
        yield "linked"
        return
    pairs = (("send", "code"), ("or open", "url"), ("until", "expires_at"))
    yield from fields({**document, "code": f"/start {document.get('code')}"}, pairs)


@channel.command("unlink")
@click.argument("channel_id", metavar="ID")
@click.argument("link_id", metavar="LINK")
@with_settings
def unlink(settings: Settings, channel_id: str, link_id: str) -> None:
    """End a link: that account decides nothing any more."""
    settings.api().delete(f"/v1/channels/{segment(channel_id)}/links/{segment(link_id)}")
    show({"id": link_id}, as_json=settings.as_json, text=lambda: ["unlinked"])


def _list(settings: Settings, path: str, columns: tuple[tuple[str, str], ...]) -> None:
    rows = settings.api().every(path)
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, columns))
