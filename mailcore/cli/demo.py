"""`countersign demo`: a server in a temporary directory, a fake outside world, and the main job played.

The server is the ordinary one with an ordinary configuration; only its resolver and outgoing port
point at the fake world. Everything is gone when it ends.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, override

import click
import uvloop
from rich.console import Console
from rich.markup import escape

from mailcore import log
from mailcore.app.server import App
from mailcore.cli.failure import FAILED, report
from mailcore.cli.initialize import Wishes, create
from mailcore.cli.output import clean, print_json
from mailcore.cli.settings import FILE_NAME, Settings, with_settings
from mailcore.config import Config, load
from mailcore.demo.sink import OutsideWorld, Received
from mailcore.demo.tour import CUSTOMER, OWNER, Stage, Teller, Tour, TourFailed
from mailcore.errors import MailError
from mailcore.message.headers import Headers
from mailcore.model import JsonObject

DOMAIN: Final = "demo.example"
HOSTNAME: Final = "mail.demo.example"
_HOST: Final = "127.0.0.1"
_STANDARD_PORTS: Final = (25, 587, 465, 143, 993, 8080)
_ATTEMPTS: Final = 100
_RULES: Final = "COUNTERSIGN_GUARD__CACHE_DIR"
"""The one setting that a demo takes from the environment: rules compiled earlier spare it ten seconds."""


@click.command()
@click.option("--tour", is_flag=True, help="Play the main job once and exit.")
@with_settings
def demo(settings: Settings, tour: bool) -> None:
    """Play the main job with a fake outside world, then stay up to be tried."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-demo-"))
    try:
        made, ports = _prepare(folder)
        log.configure("error", as_json=False)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            status = runner.run(_Demo(settings, made, ports, is_tour=tour).run())
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if status:
        click.get_current_context().exit(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ports:
    offset: int
    dns: int
    sink: int


def _prepare(folder: Path) -> tuple[JsonObject, _Ports]:
    """`init` in the folder, with the fake world's ports in the configuration."""
    ports = _free_ports()
    made = create(
        Wishes(
            domain=DOMAIN,
            hostname=HOSTNAME,
            owner=OWNER,
            data_dir=folder / "data",
            config_path=folder / FILE_NAME,
            port_offset=ports.offset,
            listen=(_HOST,),
            sections={
                "dns": {"resolver": f"{_HOST}:{ports.dns}"},
                "outbound": {"port": ports.sink},
                "log": {"level": "error", "format": "console"},
            },
        )
    )
    return made, ports


def _free_ports() -> _Ports:
    """Every port, and two more, under an offset that is free."""
    offset = free_offset()
    return _Ports(offset=offset, dns=offset + 1, sink=offset + 2)


def free_offset() -> int:
    """An offset under which every standard port is free on loopback, and the first two as well.

    The ports are below those that systems give to outgoing connections, which come at any time.
    """
    for _ in range(_ATTEMPTS):
        offset = 10000 + secrets.randbelow(14000)
        with contextlib.ExitStack() as stack:
            try:
                for port in (*_STANDARD_PORTS, 1, 2):
                    stack.enter_context(_bound(port + offset))
            except OSError:
                continue
            return offset
    raise click.ClickException("no free ports were found on 127.0.0.1")


@contextlib.contextmanager
def _bound(port: int) -> Iterator[None]:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind((_HOST, port))
        udp.bind((_HOST, port))
        yield


class _Demo:
    def __init__(
        self, settings: Settings, made: JsonObject, ports: _Ports, *, is_tour: bool
    ) -> None:
        self._as_json = settings.as_json
        self._made = made
        self._ports = ports
        self._is_tour = is_tour
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._console = Console(highlight=False, soft_wrap=True)

    async def run(self) -> int:
        """Play, and stay until a signal unless it is only a tour; the exit status."""
        environ = {_RULES: os.environ[_RULES]} if _RULES in os.environ else {}
        config = load(Path(str(self._made["config"])), environ)
        app = App(config)
        self._handle_signals()
        try:
            async with self._world() as world, asyncio.TaskGroup() as group:
                group.create_task(self._serve(app))
                group.create_task(self._play(app, config, world))
        except BaseExceptionGroup as group_error:
            return self._failed(group_error)
        return 0

    def _failed(self, group: BaseExceptionGroup[BaseException]) -> int:
        expected, rest = group.split((TourFailed, MailError, OSError, _Stopped))
        if rest is not None:
            raise rest
        error: BaseException = expected or group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, _Stopped):
            return FAILED if self._is_tour else 0
        report(str(error))
        return FAILED

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)

    @contextlib.asynccontextmanager
    async def _world(self) -> AsyncIterator[OutsideWorld]:
        world = OutsideWorld()
        await world.start(dns_port=self._ports.dns, smtp_port=self._ports.sink)
        try:
            for address in (CUSTOMER, OWNER):
                world.add_domain(address.partition("@")[2])
            yield world
        finally:
            await world.stop()

    async def _serve(self, app: App) -> None:
        await app.run(on_ready=lambda _: self._ready.set(), stop=self._stop)
        if not self._ready.is_set():
            raise _Stopped

    async def _play(self, app: App, config: Config, world: OutsideWorld) -> None:
        try:
            await self._ready.wait()
            stage = self._stage(app, world)
            teller = _Quiet() if self._as_json else _Printing(self._console)
            tour = Tour(stage, teller)
            agent = await tour.run()
            if self._as_json:
                print_json(self._document(app, agent, tour.titles))
            if not self._is_tour:
                await self._stay(app, config, agent, world)
        finally:
            self._stop.set()

    def _stage(self, app: App, world: OutsideWorld) -> Stage:
        records = self._made["dns_records"]
        return Stage(
            world=world,
            domain=DOMAIN,
            hostname=HOSTNAME,
            http_url=app.http_url,
            smtp_port=app.ports["smtp"],
            master_key=str(self._made["master_key"]),
            dns_records=tuple(one for one in records if isinstance(one, dict))
            if isinstance(records, list)
            else (),
        )

    def _document(self, app: App, agent: JsonObject, titles: list[str]) -> JsonObject:
        return {
            **{name: value for name, value in self._made.items() if name != "dns_records"},
            "http_url": app.http_url,
            "ports": dict(app.ports),
            "agent": agent,
            "steps": [*titles],
            "outside": {"customer": CUSTOMER, "owner": OWNER},
        }

    async def _stay(self, app: App, config: Config, agent: JsonObject, world: OutsideWorld) -> None:
        if not self._as_json:
            for line in _instructions(self._made, app, config, agent):
                self._console.print(line, markup=False)
        seen = len(world.sink.received)
        async with asyncio.TaskGroup() as group:
            watcher = group.create_task(self._watch(world, seen))
            await self._stop.wait()
            watcher.cancel()

    async def _watch(self, world: OutsideWorld, seen: int) -> None:
        """Tell of everything that reaches the outside world."""
        while True:
            got = await _next(world, seen)
            seen += 1
            if not self._as_json:
                subject = Headers.read(got.raw).get("Subject") or ""
                to = clean(", ".join(got.recipients))
                self._console.print(f"outside: {to} got “{clean(subject)}”", markup=False)


async def _next(world: OutsideWorld, seen: int) -> Received:
    while True:
        try:
            return (await world.sink.wait_count(seen + 1, timeout_seconds=3600))[seen]
        except TimeoutError:
            continue


class _Stopped(Exception):  # noqa: N818 - an outcome
    """A signal came before the server was up."""


class _Quiet(Teller):
    @override
    def step(self, number: int, title: str) -> None:
        return

    @override
    def show(self, label: str, text: str) -> None:
        return


class _Printing(Teller):
    def __init__(self, console: Console) -> None:
        self._console = console

    @override
    def step(self, number: int, title: str) -> None:
        self._console.print(f"\n[bold green]{number:>2}[/]  [bold]{escape(title)}[/]")

    @override
    def show(self, label: str, text: str) -> None:
        self._console.print(f"      [dim]{escape(label)}[/]  {escape(clean(text))}")


def _instructions(made: JsonObject, app: App, config: Config, agent: JsonObject) -> Iterator[str]:
    inbox, owner = agent["inbox"], made["owner_inbox"]
    if not isinstance(inbox, dict) or not isinstance(owner, dict):
        return
    url, path = app.http_url, made["config"]
    yield ""
    yield "The server stays up; Ctrl-C ends it and removes everything."
    yield ""
    yield f"API            {url}   (documentation: {url}/docs)"
    yield f"Master key     {made['master_key']}"
    yield f"Agent          {agent['email']}   key {agent['api_key']}"
    yield f"Owner's inbox  {owner['username']}   password {owner['password']}"
    yield f"Outside        everybody, for example {CUSTOMER}; what arrives there is told here"
    yield ""
    yield "As the agent:"
    yield f"  export KEY={agent['api_key']}"
    yield f'  curl -H "Authorization: Bearer $KEY" {url}/v1/messages'
    yield "  curl -H \"Authorization: Bearer $KEY\" -H 'Content-Type: application/json' \\"
    yield (
        f'    -d \'{{"to": ["{CUSTOMER}"], "subject": "Hi", "text": "My password is hunter3-Xk9!"}}\' \\'
    )
    yield f"    {url}/v1/messages"
    yield "As the owner:"
    yield f"  countersign hold list --config {path}"
    yield f"  countersign hold approve ID --config {path}"
    yield f'  curl -N -H "Authorization: Bearer {made["master_key"]}" \\'
    yield f"    -H 'Accept: text/event-stream' {url}/v1/events"
    yield ""
    yield "A model's client (MCP):"
    yield f"  HTTP   {url}/mcp with the agent's key as bearer token"
    yield f"  stdio  COUNTERSIGN_KEY=$KEY countersign mcp --config {path}"
    yield ""
    yield "A mail program:"
    yield f"  IMAP  {config.server.listen[0]} port {app.ports['imaps']} (TLS), user {inbox['username']}"
    yield f"  SMTP  {config.server.listen[0]} port {app.ports['submissions']} (TLS), the same user"
    yield f"  password {inbox['password']}, certificate {made['ca_file']}"
    yield ""
