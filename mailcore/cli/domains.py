"""`countersign domain`: local domains and the DNS records they want."""

from collections.abc import Iterator

import click

from mailcore.cli.api import objects, segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.output import clean, show, table
from mailcore.cli.settings import Settings, with_offline, with_settings
from mailcore.model import JsonObject, JsonValue

_COLUMNS = (("NAME", "name"), ("STATUS", "status"), ("VERIFIED", "verified_at"), ("ID", "id"))


@click.group()
def domain() -> None:
    """Local domains and their DNS records."""


@domain.command("add")
@click.argument("name")
@with_offline
def add(settings: Settings, name: str) -> None:
    """Add a domain with fresh DKIM keys."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        document = offline.add_domain(settings, name)
    else:
        document = settings.api().post("/v1/domains", {"domain": name})
    show(document, as_json=settings.as_json, text=lambda: _with_records(document))


@domain.command("list")
@with_offline
def list_domains(settings: Settings) -> None:
    """List the domains."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        rows = offline.list_domains(settings)
    else:
        rows = settings.api().every("/v1/domains")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: table(rows, _COLUMNS))


@domain.command("remove")
@click.argument("name")
@with_offline
def remove(settings: Settings, name: str) -> None:
    """Remove a domain that has no inboxes any more."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        offline.remove_domain(settings, name)
    else:
        settings.api().delete(f"/v1/domains/{segment(name)}")
    document: JsonObject = {"name": name, "removed": True}
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(name)} is removed"])


@domain.command("catch-all")
@click.argument("name")
@click.argument("inbox", required=False)
@click.option("--off", is_flag=True, help="Refuse mail to names that nobody has.")
@with_settings
def catch_all(settings: Settings, name: str, inbox: str | None, off: bool) -> None:
    """Choose the inbox for mail to names of a domain that nobody has or had."""
    if off == (inbox is not None):
        raise WrongUse("name an inbox, or say --off", fix="Add the address of an inbox")
    document = settings.api().patch(f"/v1/domains/{segment(name)}", {"catch_all": inbox})
    text = f"mail to unknown names goes to {clean(inbox)}" if inbox else "it is refused"
    show(document, as_json=settings.as_json, text=lambda: [f"{clean(name)}: {text}"])


@domain.command("records")
@click.argument("name")
@click.option("--zone", is_flag=True, help="As a zone file, to be imported.")
@with_offline
def records(settings: Settings, name: str, zone: bool) -> None:
    """Print the DNS records to create, in the state they were last seen in.

    In brackets stands the name for registrars that append the domain themselves.
    """
    if zone:
        click.echo(_zone(settings, name), nl=False)
        return
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        rows = offline.domain_records(settings, name)
    else:
        rows = _rows(settings.api().get(f"/v1/domains/{segment(name)}/records"), "data")
    document: JsonObject = {"data": list[JsonValue](rows), "total": len(rows)}
    show(document, as_json=settings.as_json, text=lambda: _record_lines(rows))


@domain.command("verify")
@click.argument("name")
@with_offline
def verify(settings: Settings, name: str) -> None:
    """Look the records up; the domain becomes verified when the required ones are there."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        document = offline.verify_domain(settings, name)
    else:
        document = settings.api().post(f"/v1/domains/{segment(name)}/verify")
    show(document, as_json=settings.as_json, text=lambda: _with_records(document))


@domain.command("rotate-dkim")
@click.argument("name")
@click.option("--force", is_flag=True, help="Let the new keys sign without waiting for DNS.")
@with_offline
def rotate_dkim(settings: Settings, name: str, force: bool) -> None:
    """Make the next signing keys; they sign as soon as their records are seen in DNS."""
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        document = offline.rotate_dkim(settings, name, force=force)
    else:
        path = f"/v1/domains/{segment(name)}/rotate-dkim"
        document = settings.api().post(path, {"force": force})
    keys = [one for one in _rows(document, "records") if one.get("kind") == "dkim"]
    show(document, as_json=settings.as_json, text=lambda: _record_lines(keys))


def _zone(settings: Settings, name: str) -> str:
    if settings.offline:
        from mailcore.cli import offline  # noqa: PLC0415 - it imports the server

        return offline.domain_zone(settings, name)
    return settings.api().request("GET", f"/v1/domains/{segment(name)}/zone").body.decode()


def _with_records(document: JsonObject) -> Iterator[str]:
    yield f"{clean(document.get('name'))} is {clean(document.get('status'))}"
    for warning in _rows(document, "warnings"):
        yield f"warning: {clean(warning.get('message'))}"
        yield f"    {clean(warning.get('fix'))}"
        if warning.get("suggested_value"):
            yield f"    {clean(warning.get('suggested_value'))}"
    yield from _record_lines(_rows(document, "records"))


def _record_lines(rows: list[JsonObject]) -> Iterator[str]:
    for row in rows:
        need = "required" if row.get("is_required") else "recommended"
        names = f"{clean(row.get('name'))} [{clean(row.get('relative_name'))}]"
        yield f"{names}  {clean(row.get('type'))}  {clean(row.get('value'))}"
        yield f"    {clean(row.get('status'))}, {need}: {clean(row.get('why'))}"
        found = row.get("found")
        if isinstance(found, list) and found:
            yield f"    found: {clean(' | '.join(map(str, found)))}"
        if row.get("note"):
            yield f"    {clean(row.get('note'))}"


def _rows(document: JsonObject, key: str) -> list[JsonObject]:
    return objects(document.get(key))
