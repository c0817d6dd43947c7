"""`countersign inbox`: addresses with their mailboxes."""

import click

from mailcore.cli.api import Api, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.output import fields, show, table
from mailcore.cli.settings import Settings, with_settings
from mailcore.errors import not_found
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (
    ("ADDRESS", "email"),
    ("NAME", "display_name"),
    ("AGENT", "agent_id"),
    ("ID", "id"),
)


@click.group()
def inbox() -> None:
    """Inboxes: addresses with their mailboxes."""


@inbox.command("create")
@click.argument("address")
@click.option("--agent", required=True, help="Name or id of the agent who gets it.")
@click.option("--display-name", default="", help="The name shown in From.")
@with_settings
def create(settings: Settings, address: str, agent: str, display_name: str) -> None:
    """Give an agent another address."""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    body: JsonObject = {"local_part": local, "agent_id": agent}
    if domain:
        body["domain"] = domain
    if display_name:
        body["display_name"] = display_name
    document = settings.api().post("/v1/identities", body)
    pairs = (("address", "address"), ("user name", "username"), ("password", "password"))
    show(
        document,
        as_json=settings.as_json,
        text=lambda: [*fields(document, pairs), "", "The password is shown this once."],
    )


@inbox.command("list")
@with_settings
def list_inboxes(settings: Settings) -> None:
    """List the inboxes."""
    rows = settings.api().every("/v1/identities")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@inbox.command("show")
@click.argument("address")
@with_settings
def show_inbox(settings: Settings, address: str) -> None:
    """Show one inbox by address or id."""
    document = find(settings.api(), address)
    pairs = tuple((name.replace("_", " "), name) for name in document)
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))


@inbox.command("password")
@click.argument("address")
@with_settings
def password(settings: Settings, address: str) -> None:
    """Make a new mail password; the old one stops working."""
    api = settings.api()
    found = find(api, address)
    document = api.post(f"/v1/identities/{segment(str(found['id']))}/password")
    show(document, as_json=settings.as_json, text=lambda: [str(document.get("password", ""))])


@inbox.command("policy")
@click.argument("address")
@click.option("--quota-bytes", type=click.IntRange(min=0), help="Octets it may hold; 0: no limit.")
@click.option(
    "--quota-messages", type=click.IntRange(min=0), help="Messages it may hold; 0: no limit."
)
@click.option(
    "--disable-capability",
    "disabled",
    multiple=True,
    help="An IMAP capability to do without (once for each; replaces the earlier list).",
)
@click.option("--enable-all-capabilities", is_flag=True, help="Do without none.")
@with_settings
def policy(
    settings: Settings,
    address: str,
    quota_bytes: int | None,
    quota_messages: int | None,
    disabled: tuple[str, ...],
    enable_all_capabilities: bool,
) -> None:
    """Show, or set, how much an inbox may hold and which IMAP capabilities it does without."""
    if disabled and enable_all_capabilities:
        raise WrongUse("give --disable-capability or --enable-all-capabilities")
    api = settings.api()
    path = f"/v1/identities/{segment(str(find(api, address)['id']))}/policy"
    body: JsonObject = {}
    if quota_bytes is not None:
        body["quota_bytes"] = quota_bytes
    if quota_messages is not None:
        body["quota_messages"] = quota_messages
    if disabled or enable_all_capabilities:
        body["disabled_capabilities"] = list(disabled)
    document = api.patch(path, body) if body else api.get(path)
    pairs = tuple((name.replace("_", " "), name) for name in document)
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))


@inbox.command("approval")
@click.argument("address")
@click.option("--mode", type=click.Choice(["always", "flagged", "never"]), help="What waits.")
@click.option(
    "--ask-first",
    type=click.Choice(["everywhere", "mail", "telegram", "slack", "dashboard"]),
    help="Who is asked before the others.",
)
@click.option("--auto-approve-replies/--no-auto-approve-replies", default=None)
@click.option("--two-people/--no-two-people", default=None, help="For what is critical.")
@with_settings
def approval(
    settings: Settings,
    address: str,
    mode: str | None,
    ask_first: str | None,
    auto_approve_replies: bool | None,
    two_people: bool | None,
) -> None:
    """Show, or set, what of an inbox waits for people, and how they are asked."""
    given: JsonObject = {
        "approval": mode,
        "approval_channel": "" if ask_first == "everywhere" else ask_first,
        "auto_approve_replies": auto_approve_replies,
        "two_people": two_people,
    }
    api = settings.api()
    found = find(api, address)
    body: JsonObject = {name: value for name, value in given.items() if value is not None}
    document = api.patch(f"/v1/identities/{segment(str(found['id']))}", body) if body else found
    pairs = (("address", "email"), *((name.replace("_", " "), name) for name in given))
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))


_BRAKE = click.Choice(["allow", "hold"])


@inbox.command("sending")
@click.argument("address")
@click.option("--timezone", help="What scheduled times mean, as in Europe/Berlin.")
@click.option("--send-delay-seconds", type=click.IntRange(0, 3600), help="The undo window.")
@click.option("--max-per-hour", type=click.IntRange(min=0), help="Messages an hour; 0: any number.")
@click.option("--max-per-day", type=click.IntRange(min=0), help="Messages a day; 0: any number.")
@click.option("--over-cap", type=click.Choice(["hold", "refuse"]), help="What is over a cap.")
@click.option("--new-recipient", type=_BRAKE, help="Mail to an address never met.")
@click.option("--new-domain", type=_BRAKE, help="Mail to a domain never met.")
@click.option("--look-alike", type=_BRAKE, help="Mail to a domain that looks like a known one.")
@with_settings
def sending(settings: Settings, /, address: str, **chosen: str | int | None) -> None:
    """Show, or set, how an inbox sends: time zone, undo window, caps and brakes."""
    api = settings.api()
    path = f"/v1/identities/{segment(str(find(api, address)['id']))}/sending"
    body: JsonObject = {name: value for name, value in chosen.items() if value is not None}
    document = api.patch(path, body) if body else api.get(path)
    pairs = tuple((name.replace("_", " "), name) for name in document)
    show(document, as_json=settings.as_json, text=lambda: fields(document, pairs))


def find(api: Api, address: str) -> JsonObject:
    """The inbox with this address or id; NOT_FOUND otherwise."""
    wanted = address.lower()
    for one in api.every("/v1/identities"):
        if wanted in (str(one.get("id")), str(one.get("email")).lower()):
            return one
    raise not_found(f"inbox {address}", fix="See `countersign inbox list`")
