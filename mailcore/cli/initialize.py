"""`countersign init`: a new server from nothing, or nothing at all.

The configuration file is written last: while it is missing, nothing exists. What fails on the way
takes everything it made with it. Never overwrites.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import click

from mailcore.app.core import open_core
from mailcore.cli.failure import WrongUse, wrong_use
from mailcore.cli.output import show
from mailcore.cli.settings import FILE_NAME, SYSTEM_CONFIG, Settings, with_settings
from mailcore.cli.template import configuration_file
from mailcore.config import Config, parse
from mailcore.credentials import OPERATOR, ServerSecrets
from mailcore.domains.clients import certificate_names
from mailcore.domains.records import to_json
from mailcore.errors import ErrorKind, MailError
from mailcore.inbound.hook import new_secret
from mailcore.model import JsonObject, JsonValue, KeyRole, PersonRole
from mailcore.net.tls import authority_file, self_signed

ANSWERED_PORTS: Final = ("smtp", "submission", "submissions", "imap", "imaps", "http")
"""Listeners whose ports `create` answers with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a new server shall be."""

    domain: str
    hostname: str
    owner: str
    data_dir: Path
    config_path: Path
    port_offset: int = 0
    listen: tuple[str, ...] = ()
    sections: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Other keys to set, by section."""


@click.command()
@click.option("--domain", help="The domain the agents get their addresses in.")
@click.option("--owner", help="Your address outside of this server, for notices and approvals.")
@click.option("--hostname", help="The server's own name; mail.DOMAIN unless given.")
@click.option("--port-offset", type=click.IntRange(0, 60000), default=0, help="Add to every port.")
@click.option("--listen", multiple=True, help="Address to listen on; every one unless given.")
@click.option("--inbound-webhook", is_flag=True, help="Take mail at POST /mail/inbound, too.")
@click.option("--non-interactive", is_flag=True, help="Ask nothing.")
@with_settings
def init(
    settings: Settings,
    domain: str | None,
    owner: str | None,
    hostname: str | None,
    port_offset: int,
    listen: tuple[str, ...],
    inbound_webhook: bool,
    non_interactive: bool,
) -> None:
    """Set up a new server: data directory, keys, domain, owner, certificate, configuration."""
    may_ask = sys.stdin.isatty() and not non_interactive and not settings.as_json
    domain = _given(domain, "--domain", "Domain of the agents' addresses", may_ask=may_ask)
    owner = _given(owner, "--owner", "Your own mail address", may_ask=may_ask)
    config_path, data_dir = _places(settings)
    wishes = Wishes(
        domain=domain,
        hostname=hostname or f"mail.{domain}",
        owner=owner,
        data_dir=data_dir,
        config_path=config_path,
        port_offset=port_offset,
        listen=listen,
    )
    document = create_with_webhook(wishes) if inbound_webhook else create(wishes)
    show(document, as_json=settings.as_json, text=lambda: _lines(document))


def create(wishes: Wishes) -> JsonObject:
    """Make the server; returns what `--json` prints. Raises WrongUse when something is in the way."""
    if wishes.config_path.exists():
        raise WrongUse(
            f"{wishes.config_path} exists already", fix="Remove it, or choose another with --config"
        )
    try:
        config = parse(configuration_tree(wishes), {}, base_dir=wishes.config_path.parent)
    except MailError as error:
        raise wrong_use(error) from error
    with _undo_on_failure(wishes.data_dir):
        document = asyncio.run(_build(config, wishes))
        _write_config(wishes.config_path, configuration_file(configuration_tree(wishes)))
    return document


def create_with_webhook(wishes: Wishes) -> JsonObject:
    """The same with a secret for mail by HTTP, whose hash alone is kept: `inbound_secret`."""
    secret, kept = new_secret()
    section = {**wishes.sections.get("inbound", {}), "webhook_secret_hash": kept}
    document = create(replace(wishes, sections={**wishes.sections, "inbound": section}))
    return {**document, "inbound_secret": secret}


def _given(value: str | None, option: str, question: str, *, may_ask: bool) -> str:
    if value:
        return value
    if not may_ask:
        raise WrongUse(f"{option} is missing", fix=f"Add {option}, see `countersign init --help`")
    answer: str = click.prompt(question)
    return answer


def _places(settings: Settings) -> tuple[Path, Path]:
    """The configuration file and the data directory; each says where the other goes."""
    if settings.config is not None:
        config_path = settings.config.absolute()
    elif settings.data is not None:
        config_path = settings.data.absolute() / FILE_NAME
    else:
        config_path = Path(FILE_NAME).absolute()
    if settings.data is not None:
        return config_path, settings.data.absolute()
    if config_path == SYSTEM_CONFIG:
        return config_path, Path("/var/lib/countersign")
    return config_path, config_path.parent / "countersign-data"


def configuration_tree(wishes: Wishes) -> dict[str, object]:
    """The configuration that is made for these wishes, by section and key."""
    server: dict[str, object] = {
        "domain": wishes.domain,
        "hostname": wishes.hostname,
        "owner": wishes.owner,
        "data_dir": str(wishes.data_dir),
    }
    if wishes.listen:
        server["listen"] = list(wishes.listen)
    tree: dict[str, dict[str, object]] = {
        "server": server,
        "ports": {"offset": wishes.port_offset},
    }
    for name, section in wishes.sections.items():
        tree.setdefault(name, {}).update(section)
    return dict(tree)


@contextlib.contextmanager
def _undo_on_failure(data_dir: Path) -> Iterator[None]:
    """Make the data directory, and remove what was made when the block fails."""
    created = _make_directory(data_dir)
    try:
        yield
    except BaseException:
        for entry in data_dir.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        for made in created:
            with contextlib.suppress(OSError):
                made.rmdir()
        raise


def _make_directory(data_dir: Path) -> list[Path]:
    """The directories that had to be made, innermost first."""
    missing: list[Path] = []
    place = data_dir
    while not place.exists():
        missing.append(place)
        place = place.parent
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        occupied = any(data_dir.iterdir())
        if not os.access(data_dir, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise WrongUse(
            f"cannot make the data directory {data_dir}: {error.strerror}",
            fix="Choose another with --data, or run as a user who may write there",
        ) from error
    if occupied:
        raise WrongUse(
            f"the data directory {data_dir} is not empty",
            fix="Choose another with --data, or remove what is in it",
        )
    return missing


async def _build(config: Config, wishes: Wishes) -> JsonObject:
    """Everything in the data directory."""
    ServerSecrets.create(config.server.data_dir / "server.key")
    ca_file = _certificate(config)
    async with open_core(config) as core:
        domain = await core.domains.add(OPERATOR, config.server.domain)
        owner = await core.accounts.create_person(
            OPERATOR, name="", email=config.server.owner, role=PersonRole.OWNER
        )
        inbox = await core.accounts.create_inbox(
            OPERATOR,
            local_part="owner",
            domain=config.server.domain,
            display_name="Owner",
            person_id=owner.id,
        )
        master = await core.accounts.create_key(
            OPERATOR, role=KeyRole.MASTER, name="owner (from init)"
        )
        records = await core.domains.records(OPERATOR, domain.id)
    dns: list[JsonValue] = [to_json(one) for one in records]
    return {
        "config": str(wishes.config_path),
        "data_dir": str(config.server.data_dir),
        "master_key": master.token,
        "domain": config.server.domain,
        "hostname": config.server.hostname,
        "owner": config.server.owner,
        "owner_inbox": {
            "address": str(inbox.inbox.address),
            "username": str(inbox.inbox.address),
            "password": inbox.password,
        },
        "http_url": http_url(config),
        "ca_file": str(ca_file),
        "ports": {name: config.ports.actual(name) for name in ANSWERED_PORTS},
        "dns_records": dns,
    }


def _certificate(config: Config) -> Path:
    names = certificate_names(config)
    self_signed(config.server.hostname, names, config.server.data_dir)
    return authority_file(config.server.data_dir)


def http_url(config: Config) -> str:
    """Where the API of this configuration answers."""
    port = config.ports.actual("http")
    if config.is_loopback_only:
        return f"http://127.0.0.1:{port}"
    return f"https://{config.server.hostname}:{port}"


def _write_config(path: Path, text: str) -> None:
    """Write the file whole and durably, or leave nothing; never overwrites."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(staged, path)
    except OSError as error:
        raise MailError(
            ErrorKind.UNAVAILABLE,
            f"cannot write {path}: {error.strerror}",
            fix="Choose another place with --config",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            staged.unlink()


def _lines(document: JsonObject) -> Iterator[str]:
    ports = document["ports"]
    inbox = document["owner_inbox"]
    records = document["dns_records"]
    yield f"Configuration  {document['config']}"
    yield f"Data           {document['data_dir']}"
    yield f"API            {document['http_url']}"
    yield f"Authority      {document['ca_file']}  (for mail programs to trust)"
    if isinstance(ports, dict):
        yield "Ports          " + ", ".join(f"{name} {port}" for name, port in ports.items())
    yield ""
    yield "Shown this once, keep them:"
    yield f"  master key   {document['master_key']}"
    if isinstance(inbox, dict):
        yield f"  owner inbox  {inbox['username']}  {inbox['password']}"
    if "inbound_secret" in document:
        yield f"  inbound      {document['inbound_secret']}"
    yield ""
    yield f"DNS records for {document['domain']}:"
    for record in records if isinstance(records, list) else []:
        if isinstance(record, dict):
            yield f"  {record['name']}  {record['type']}  {record['value']}"
            yield f"      {record['why']}"
    yield ""
    yield "Next:"
    yield f"  countersign serve --config {document['config']}"
    yield f"  countersign agent create mia --config {document['config']}"
    yield f"  countersign domain verify {document['domain']} --config {document['config']}"
