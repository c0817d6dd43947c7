"""`countersign bench`: the figures of this server, and of any other under the same load.

The server runs in a process of its own on a temporary directory; this process is the load
generator. With `--against HOST:PORT` the same load goes to a server that runs already, in the same
call, so that the two can be compared.
"""

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import click
import uvloop

from mailcore import log
from mailcore.app.evaluating import fresh_guard, guard_corpus
from mailcore.bench.api_load import Requests, get, listen, message_ids, send_until_visible
from mailcore.bench.deliver_load import deliver
from mailcore.bench.figures import Row, Run
from mailcore.bench.filling import Filling, fill
from mailcore.bench.guard_load import judged, made, prose, typical
from mailcore.bench.http_client import Site, connected
from mailcore.bench.imap_load import ImapLoad, ImapServer, measure
from mailcore.bench.memory_load import (
    IdleLoad,
    event_stream,
    held,
    imap_before_login,
    imap_idle,
)
from mailcore.bench.out_load import DESTINATION, deliver_out
from mailcore.bench.samples import message
from mailcore.bench.smtp_load import SmtpLoad, send
from mailcore.bench.usage import at_rest, usage_of
from mailcore.cli.demo import free_offset
from mailcore.cli.failure import WrongUse
from mailcore.cli.initialize import Wishes, create
from mailcore.cli.limits import raise_file_limit
from mailcore.cli.output import show, table
from mailcore.cli.settings import FILE_NAME, Settings, with_settings
from mailcore.demo.zone import Zone
from mailcore.model import INBOX, JsonObject

DOMAIN: Final = "bench.example"
_HOST: Final = "127.0.0.1"
_READY_SECONDS: Final = 60
_SINK_USER: Final = ("-u", "nobody") if os.geteuid() == 0 else ()
_MANY: Final = {"max_connections": 20_000, "max_connections_per_ip": 20_000}
_COPIES: Final = 200
_API_OCTETS: Final = 4096
_WARM: Final = 20
"""Connections before the first look at the memory: what they need once is not counted."""
_COLUMNS: Final = (
    ("SERVER", "server"),
    ("LOAD", "load"),
    ("RATE/S", "rate"),
    ("MIN", "rate_min"),
    ("MAX", "rate_max"),
    ("P50 MS", "p50_ms"),
    ("P99 MS", "p99_ms"),
    ("CPU MS/OP", "cpu_ms_per_operation"),
    ("ERRORS", "errors"),
    ("RSS MIB", "rss_mib"),
    ("KIB/CLIENT", "kib_per_client"),
    ("GENERATOR", "generator_share"),
)
_MEMORY_COLUMNS: Final = (
    ("CLIENTS", "load"),
    ("HELD", "held"),
    ("KIB EACH", "kib_each"),
    ("RSS MIB BEFORE", "rss_before_mib"),
    ("RSS MIB", "rss_mib"),
)
_GUARD_COLUMNS: Final = (
    ("WORK", "work"),
    ("COUNT", "count"),
    ("CPU MS EACH", "cpu_ms_each"),
    ("MB/S", "mb_per_second"),
    ("RSS MIB", "rss_mib"),
)
_MAILS_OF_A_KIND: Final = 2500
"""So many the guard's corpus has with one of each kind."""


@click.group()
def bench() -> None:
    """Measure this server, and others under the same load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ours:
    """Our server while it runs."""

    pid: int
    ports: dict[str, int]
    user: str
    password: str
    key: str


@bench.command("smtp")
@click.option("--connections", default="1,10,50", show_default=True, help="One load for each.")
@click.option("--messages", default=1000, show_default=True, help="Messages of a run.")
@click.option("--size", default=4096, show_default=True, help="Octets of a message.")
@click.option("--per-connection", default=50, show_default=True, help="Messages on a connection.")
@click.option("--runs", default=3, show_default=True, help="Measured runs after a warm-up.")
@click.option(
    "--checks", is_flag=True, help="Signed mail, with authentication checks and threat scoring."
)
@click.option("--against", metavar="HOST:PORT", help="Another server for the same load.")
@click.option("--against-pid", type=int, help="Its main process, for CPU and memory.")
@click.option("--to", metavar="ADDRESS", help="The recipient there.")
@with_settings
def smtp(
    settings: Settings,
    connections: str,
    messages: int,
    size: int,
    per_connection: int,
    runs: int,
    checks: bool,
    against: str | None,
    against_pid: int | None,
    to: str | None,
) -> None:
    """Messages over SMTP into a mailbox, durable when acknowledged."""
    counts = _numbers(connections)
    rows: list[Row] = []
    with _letters(checks=checks) as (make, resolver), _server(resolver=resolver) as ours:
        targets = [("countersign", _HOST, ours.ports["smtp"], ours.user, ours.pid)]
        if against is not None:
            host, port = _host_and_port(against)
            targets.append((against, host, port, to or f"bench@{DOMAIN}", against_pid or 0))
        for count in counts:
            for name, host, port, recipient, pid in targets:
                load = SmtpLoad(
                    host=host,
                    port=port,
                    connections=count,
                    messages=messages,
                    per_connection=per_connection,
                    sender="load@remote.example",
                    recipients=(recipient,),
                )
                for *_, running in targets:
                    _await(at_rest(running))
                measured = _smtp_runs(load, make, size, runs, pid)
                rows.append(Row(server=name, load=f"{count} connections", runs=measured))
    _show(settings, rows)


@bench.command("deliver")
@click.option("--at-once", default="1,10,50", show_default=True, help="One load for each.")
@click.option("--messages", default=1000, show_default=True, help="Messages of a run.")
@click.option("--size", default=4096, show_default=True, help="Octets of a message.")
@click.option("--runs", default=3, show_default=True, help="Measured runs after a warm-up.")
@click.option(
    "--checks", is_flag=True, help="Signed mail, with authentication checks and threat scoring."
)
@click.option("--out", is_flag=True, help="The way out instead, signed, to Postfix's smtp-sink.")
@with_settings
def deliver_(
    settings: Settings,
    at_once: str,
    messages: int,
    size: int,
    runs: int,
    checks: bool,
    out: bool,
) -> None:
    """The way into the mailbox without sockets, in one process; or out of the queue."""
    rows: list[Row] = []
    log.configure("error", as_json=False)
    if out:
        _show(settings, _out(_numbers(at_once), messages, size, runs))
        return
    with (
        tempfile.TemporaryDirectory(prefix="countersign-bench-") as name,
        _letters(checks=checks) as (letter, resolver),
    ):
        made = _make(Path(name), resolver=resolver)
        for count in _numbers(at_once):
            work = deliver(
                Path(str(made["config"])),
                ("owner", DOMAIN),
                at_once=count,
                messages=messages,
                runs=runs + 1,
                make=lambda run, number, count=count: letter(  # type: ignore[misc] # bound now
                    number, size, salt=f"{count}/{run}"
                ),
            )
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found = runner.run(work)
            rows.append(Row(server="countersign", load=f"{count} at once", runs=found[1:]))
    _show(settings, rows)


def _out(counts: list[int], messages: int, size: int, runs: int) -> list[Row]:
    rows: list[Row] = []
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="countersign-bench-") as name, _sink() as port:
            made = _make(Path(name), resolver="")
            found = _await(
                _out_runs(Path(str(made["config"])), port, count, messages, size, runs + 1)
            )
        rows.append(Row(server="countersign", load=f"out, {count} connections", runs=found[1:]))
    return rows


async def _out_runs(
    config: Path, port: int, connections: int, messages: int, size: int, runs: int
) -> tuple[Run, ...]:
    """With a name server that says where the sink is; answers are remembered, as in life."""
    zone = Zone(ttl_seconds=300)
    zone.add(DESTINATION, "MX", f"10 mx.{DESTINATION}")
    zone.add(f"mx.{DESTINATION}", "A", _HOST)
    zone.add(f"mx.{DESTINATION}", "AAAA", "::1")
    await zone.start()
    try:
        return await deliver_out(
            config,
            zone.nameserver,
            port,
            connections=connections,
            messages=messages,
            size=size,
            runs=runs,
        )
    finally:
        await zone.stop()


@contextlib.contextmanager
def _sink() -> Iterator[int]:
    """Postfix's smtp-sink on a free port of loopback: it takes everything and keeps nothing."""
    program = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise WrongUse("there is no smtp-sink", fix="Install postfix, of Debian or another system")
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
    with subprocess.Popen(  # noqa: S603 - found on the path
        [program, *_SINK_USER, f"{_HOST}:{port}", "100"], stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((_HOST, port), 1):
            return
        time.sleep(0.02)
    raise click.ClickException("smtp-sink did not start")


@bench.command("imap")
@click.option("--messages", default=10_000, show_default=True, help="Size of the mailbox.")
@click.option("--size", default=2048, show_default=True, help="Octets of a message.")
@click.option("--runs", default=3, show_default=True, help="Runs, each on a mailbox of its own.")
@click.option(
    "--prepare", is_flag=True, help="Fill our mailboxes before the server starts, not over IMAP."
)
@click.option("--against", metavar="HOST:PORT", help="Another server for the same load.")
@click.option("--against-tls", is_flag=True, help="It speaks TLS from the first octet.")
@click.option("--against-pid", type=int, help="Its main process, for CPU and memory.")
@click.option("--against-mailbox", help="A mailbox there that has the messages already; one run.")
@click.option("--user", help="The login there.")
@click.option("--password", help="Its password.")
@with_settings
def imap(
    settings: Settings,
    messages: int,
    size: int,
    runs: int,
    prepare: bool,
    against: str | None,
    against_tls: bool,
    against_pid: int | None,
    against_mailbox: str | None,
    user: str | None,
    password: str | None,
) -> None:
    """What mail programs do to a large mailbox."""
    if against_mailbox is not None and runs != 1:
        raise WrongUse("a mailbox that is filled is good for one run", fix="Add --runs 1")
    boxes = [_box(f"Bench{os.getpid()}-{number}", messages, size) for number in range(runs)]
    found: dict[tuple[str, str], list[Run]] = {}
    with _server(boxes=boxes if prepare else ()) as ours:
        targets = [("countersign", _our_imap(ours), prepare)]
        if against is not None:
            if user is None or password is None:
                raise WrongUse("--against needs a login", fix="Add --user and --password")
            host, port = _host_and_port(against)
            peer = ImapServer(
                host=host,
                port=port,
                is_tls=against_tls,
                user=user,
                password=password,
                pid=against_pid or 0,
            )
            targets.append((against, peer, against_mailbox is not None))
        for box, (name, server, is_filled) in product(boxes, targets):
            there = box
            if name == against and against_mailbox is not None:
                there = replace(box, mailbox=against_mailbox)
            load = ImapLoad(server=server, mailbox=there, is_filled=is_filled)
            for operation, run in _imap_run(load).items():
                found.setdefault((operation, name), []).append(run)
    rows = [
        Row(server=name, load=operation, runs=tuple(several))
        for (operation, name), several in found.items()
    ]
    _show(settings, rows)


def _box(name: str, messages: int, size: int) -> Filling:
    return Filling(
        mailbox=name, messages=messages, make=lambda number: message(number, size, salt=name)
    )


def _our_imap(ours: _Ours) -> ImapServer:
    return ImapServer(
        host=_HOST,
        port=ours.ports["imaps"],
        is_tls=True,
        user=ours.user,
        password=ours.password,
        pid=ours.pid,
    )


@bench.command("memory")
@click.option("--connections", default=5000, show_default=True, help="IMAP before login.")
@click.option("--tls-connections", default=500, show_default=True, help="IMAP in IDLE under TLS.")
@click.option("--streams", default=500, show_default=True, help="Clients of the event stream.")
@with_settings
def memory(settings: Settings, connections: int, tls_connections: int, streams: int) -> None:
    """Memory of the server at rest and of each client that does nothing; a new server for each load."""
    raise_file_limit()
    loads: list[tuple[int, Callable[[_Ours], IdleLoad]]] = [
        (connections, lambda ours: imap_before_login(_HOST, ours.ports["imap"])),
        (
            tls_connections,
            lambda ours: imap_idle(_HOST, ours.ports["imaps"], ours.user, ours.password),
        ),
        (streams, lambda ours: event_stream(_HOST, ours.ports["http"], ours.key)),
    ]
    documents: list[JsonObject] = []
    for count, make in [one for one in loads if one[0]]:
        with (
            _server() as ours,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            if not documents:
                documents.append(_at_rest(ours.pid))
            documents.append(runner.run(_held(make(ours), count, ours.pid)))
    show([*documents], as_json=settings.as_json, text=lambda: table(documents, _MEMORY_COLUMNS))


def _at_rest(pid: int) -> JsonObject:
    rss = _mib(usage_of(pid).rss_bytes)
    return {
        "load": "none, at rest",
        "held": 0,
        "kib_each": None,
        "rss_before_mib": rss,
        "rss_mib": rss,
    }


async def _held(load: IdleLoad, count: int, pid: int) -> JsonObject:
    async with held(load) as clients:
        await clients.open(_WARM)
        before = usage_of(pid).rss_bytes
        await clients.open(count)
        after = usage_of(pid).rss_bytes
        return {
            "load": load.name,
            "held": await clients.alive() - _WARM,
            "kib_each": round((after - before) / count / 1024, 1),
            "rss_before_mib": _mib(before),
            "rss_mib": _mib(after),
        }


def _mib(octets: int) -> float:
    return round(octets / 2**20, 1)


@bench.command("guard")
@click.option("--mails", default=1000, show_default=True, help="Mails of each kind.")
@click.option("--megabytes", default=1, show_default=True, help="Of plain text in one mail.")
@click.option("--seed", default="1", show_default=True, help="Of the mails that all differ.")
@click.option("--cache-dir", type=Path, help="Of compiled rules; a new one unless given.")
@with_settings
def guard_(
    settings: Settings, mails: int, megabytes: int, seed: str, cache_dir: Path | None
) -> None:
    """The guard alone: its first start and later ones, judging, and its memory; in this process."""
    log.configure("error", as_json=False)
    per_kind = 1 + mails // _MAILS_OF_A_KIND
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as name:
        cache = cache_dir or Path(name)
        cold, first = made("first start", lambda: fresh_guard(cache))
        rows = [first, judged("first mail", cold, [typical(0)])]
        warm, later = made("later start", lambda: fresh_guard(cache))
    different = (raw for _, raw in islice(guard_corpus(seed, per_kind), mails))
    rows += [
        later,
        judged("typical mail, again and again", warm, [typical(0)] * mails),
        judged("typical mails", warm, map(typical, range(mails))),
        judged("leaks and others, all differ", warm, different),
        judged("plain text", warm, [prose(megabytes)]),
    ]
    documents = [row.figures() for row in rows]
    show([*documents], as_json=settings.as_json, text=lambda: table(documents, _GUARD_COLUMNS))


@bench.command("api")
@click.option("--messages", default=1000, show_default=True, help="Size of the inbox.")
@click.option("--connections", default=8, show_default=True, help="Connections that read at once.")
@click.option("--operations", default=5000, show_default=True, help="Requests of a run.")
@click.option("--clients", default=500, show_default=True, help="Event streams at once.")
@click.option("--sent", default=200, show_default=True, help="Messages sent, one after the other.")
@click.option("--runs", default=3, show_default=True, help="Measured runs after a warm-up.")
@click.option(
    "--against", metavar="URL", help="Another server with this API; --key is its owner's."
)
@click.option("--against-pid", type=int, help="Its main process, for CPU and memory.")
@with_settings
def api(
    settings: Settings,
    messages: int,
    connections: int,
    operations: int,
    clients: int,
    sent: int,
    runs: int,
    against: str | None,
    against_pid: int | None,
) -> None:
    """Reading, listing, sending and listening over the HTTP API."""
    rows: list[Row] = []
    with _server(boxes=[_inbox(messages)]) as ours:
        site = Site(host=_HOST, port=ours.ports["http"], key=ours.key)
        targets = [("countersign", site, ours.pid)]
        if against is not None:
            targets.append((against, _site(against, settings.key), against_pid or 0))
        for name, one, pid in targets:
            rows += _reading(name, one, pid, connections, operations, runs)
        rows.append(
            Row(
                server="countersign",
                load="POST until IMAP EXISTS",
                runs=_sends(ours, site, sent, runs),
            )
        )
        for name, one, pid in targets:
            (first,) = _await(message_ids(one, 1))
            found = tuple(_await(listen(one, first, clients, 20, pid)) for _ in range(runs))
            rows.append(Row(server=name, load=f"event to {clients} streams", runs=found))
    _show(settings, rows)


def _reading(
    name: str, site: Site, pid: int, connections: int, operations: int, runs: int
) -> list[Row]:
    """Single messages for the first time and again, and the first pages of lists."""
    ids = _await(message_ids(site, min(operations, 1000)))
    each = tuple(f"/v1/messages/{one}" for one in ids)

    def load(title: str, paths: tuple[str, ...], count: int, times: int, *, warm: bool) -> Row:
        requests = Requests(
            site=site, paths=paths, connections=connections, operations=count, pid=pid
        )
        if warm:
            _await(get(requests))
        found = tuple(_await(get(requests)) for _ in range(times))
        return Row(server=name, load=title, runs=found)

    return [
        load("GET message, first", each, len(each), 1, warm=False),
        load("GET message, again", each, operations, runs, warm=True),
        load("GET messages, page 1", ("/v1/messages",), operations // 5, runs, warm=True),
        load("GET threads, page 1", ("/v1/threads",), operations // 5, runs, warm=True),
    ]


def _inbox(messages: int) -> Filling:
    """An inbox where many messages have the same content."""
    return Filling(
        mailbox=INBOX,
        messages=messages,
        make=lambda number: message(number - number % _COPIES, _API_OCTETS),
    )


def _sends(ours: _Ours, site: Site, count: int, runs: int) -> tuple[Run, ...]:
    """From an agent to the owner's inbox on the same server."""
    agent = Site(host=site.host, port=site.port, key=_await(_agent_key(site)))
    watcher = _our_imap(ours)
    several = (
        send_until_visible(agent, watcher, ours.user, count, ours.pid) for _ in range(runs + 1)
    )
    return tuple([_await(one) for one in several][1:])


async def _agent_key(site: Site) -> str:
    async with connected(site) as connection:
        reply = await connection.ask(site.request("POST", "/v1/agents", b'{"name": "load"}'))
    return str(json.loads(reply.body)["api_key"])


def _site(url: str, key: str | None) -> Site:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongUse(f"{url} is no URL", fix="Write http://127.0.0.1:8080")
    if key is None:
        raise WrongUse("--against needs a key", fix="Add --key")
    is_tls = parts.scheme == "https"
    return Site(
        host=parts.hostname, port=parts.port or (443 if is_tls else 80), key=key, is_tls=is_tls
    )


def _await[T](work: Coroutine[object, object, T]) -> T:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def _imap_run(load: ImapLoad) -> dict[str, Run]:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(measure(load))
    except OSError as error:
        raise click.ClickException(f"{load.server.host}:{load.server.port}: {error}") from error


class _Letter(Protocol):
    """Makes a message by its number."""

    def __call__(self, number: int, size: int, *, salt: str = "") -> bytes:
        """A message of about `size` octets."""
        ...


def _smtp_runs(load: SmtpLoad, letter: _Letter, size: int, runs: int, pid: int) -> tuple[Run, ...]:
    """A warm-up, which is thrown away, and the runs."""
    found: list[Run] = []
    for number in range(runs + 1):
        salt = f"{load.port}/{load.connections}/{number}"
        before = usage_of(pid)
        make: Callable[[int], bytes] = lambda one, salt=salt: letter(one, size, salt=salt)  # type: ignore[misc] # noqa: E731 - bound now
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            run = runner.run(send(load, make))
        if pid:
            after = usage_of(pid)
            run.server_cpu_seconds = after.cpu_seconds - before.cpu_seconds
            run.server_rss_bytes = after.rss_bytes
        found.append(run)
    return tuple(found[1:])


@contextlib.contextmanager
def _letters(*, checks: bool) -> Iterator[tuple[_Letter, str]]:
    """What makes the messages, and the resolver that knows their sender; empty without checks."""
    if not checks:
        yield message, ""
        return
    from mailcore.cli.bench_world import signing_world  # noqa: PLC0415 - it imports the name server

    with signing_world() as world:
        yield world.letter, world.nameserver


def _make(folder: Path, *, resolver: str) -> JsonObject:
    """A server that checks mail when there is somebody to ask."""
    checks = bool(resolver)
    return create(
        Wishes(
            domain=DOMAIN,
            hostname=f"mail.{DOMAIN}",
            owner="owner@remote.example",
            data_dir=folder / "data",
            config_path=folder / FILE_NAME,
            port_offset=free_offset(),
            listen=(_HOST,),
            sections={
                "inbound": {"verify": checks},
                "dns": {"resolver": resolver} if checks else {},
                "guard": {"inbound": checks},
                "inbox": {"trust_gate": "off"},
                "smtp": _MANY,
                "imap": _MANY,
                "http": {**_MANY, "rate_limit_per_minute": 1_000_000_000},
            },
        )
    )


@contextlib.contextmanager
def _server(*, resolver: str = "", boxes: Sequence[Filling] = ()) -> Iterator[_Ours]:
    """Our server on a temporary directory, in a process of its own, with its log in a file.

    The owner's inbox has the mailboxes `boxes`, filled.
    """
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-"))
    try:
        made = _make(folder, resolver=resolver)
        for box in boxes:
            _await(fill(Path(str(made["config"])), ("owner", DOMAIN), box))
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "mailcore", "serve", "--config", str(made["config"])],
                stdout=subprocess.PIPE,
                stderr=log,
            )
        with process:
            try:
                if process.stdout is None or not process.stdout.readline().startswith(b"ready"):
                    raise click.ClickException(
                        f"the server did not start: {(folder / 'log').read_text()[-2000:]}"
                    )
                yield _ours(made, process.pid)
            finally:
                process.terminate()
                process.wait(_READY_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ours(made: JsonObject, pid: int) -> _Ours:
    ports, inbox = made["ports"], made["owner_inbox"]
    if not isinstance(ports, dict) or not isinstance(inbox, dict):
        raise click.ClickException("init made something else than a server")
    return _Ours(
        pid=pid,
        ports={name: port for name, port in ports.items() if isinstance(port, int)},
        user=str(inbox["username"]),
        password=str(inbox["password"]),
        key=str(made["master_key"]),
    )


def _numbers(text: str) -> list[int]:
    try:
        numbers = [int(one) for one in text.split(",")]
    except ValueError as error:
        raise WrongUse(f"{text} is not a list of numbers", fix="Write 1,10,50") from error
    if min(numbers) < 1:
        raise WrongUse(f"{text} has a number below 1", fix="Write 1,10,50")
    return numbers


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise WrongUse(f"{text} is not HOST:PORT", fix="Write 127.0.0.1:2525")
    return host, int(port)


def _show(settings: Settings, rows: list[Row]) -> None:
    documents = [row.figures() for row in rows]
    show([*documents], as_json=settings.as_json, text=lambda: table(documents, _COLUMNS))
