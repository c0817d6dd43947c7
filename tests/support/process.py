"""A real server in a process of its own, and the command line against it."""

import atexit
import contextlib
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mailcore.cli.initialize import Wishes
from mailcore.cli.root import run as run_command
from tests.support.blueprint import initialized
from tests.support.compiled import CACHE_DIR

ROOT = Path(__file__).resolve().parents[2]
STANDARD_PORTS = (25, 587, 465, 143, 993, 8080, 80, 443)
START_SECONDS = 40


def environment(**more: str) -> dict[str, str]:
    """The environment without any setting of ours but where compiled rules are kept, plus `more`."""
    clean = {name: value for name, value in os.environ.items() if "COUNTERSIGN" not in name}
    path = os.pathsep.join(filter(None, [str(ROOT), clean.get("PYTHONPATH", "")]))
    rules = {"COUNTERSIGN_GUARD__CACHE_DIR": str(CACHE_DIR)}
    return {**clean, **rules, "PYTHONPATH": path, "NO_COLOR": "1", **more}


def command(*arguments: object) -> list[str]:
    """The argument vector of `countersign …`."""
    return [sys.executable, "-m", "mailcore", *map(str, arguments)]


@dataclass
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def run(
    *arguments: object,
    stdin: str = "",
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Done:
    """Run `countersign …` to its end, in this process: its start would cost more than its work."""
    out, err = io.StringIO(), io.StringIO()
    before = dict(os.environ)
    with contextlib.ExitStack() as stack:
        if cwd is not None:
            stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.callback(setattr, sys, "stdin", sys.stdin)
        sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        stack.callback(_restore, before)
        _restore(environment(**(env or {})))
        status = run_command([*map(str, arguments)])
    return Done(status, out.getvalue(), err.getvalue())


def _restore(variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)


def spawn(*arguments: object, timeout: float = 60, env: Mapping[str, str] | None = None) -> Done:
    """Run `countersign …` to its end in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env=environment(**(env or {})),
    )
    return Done(done.returncode, done.stdout, done.stderr)


_RESERVED: deque[contextlib.ExitStack] = deque()
_MAX_RESERVED = 8
"""Of how many offsets the ports stay ours: more than any test has servers."""


def free_offset() -> int:
    """A port offset under which every standard port is free on loopback, and stays ours for a while.

    The ports are below those that the system gives to outgoing connections, so that a server that
    is stopped finds them free when it starts again. A bound socket holds each of them: others find
    it taken, and only a program that allows reuse of addresses, as every server does, can listen.
    """
    for _ in range(200):
        offset = 10000 + secrets.randbelow(14000)
        with contextlib.ExitStack() as stack:
            try:
                for port in STANDARD_PORTS:
                    stack.enter_context(_held(port + offset))
            except OSError:
                continue
            _RESERVED.append(stack.pop_all())
            while len(_RESERVED) > _MAX_RESERVED:
                _RESERVED.popleft().close()
            return offset
    raise RuntimeError("no free port offset")


def free_port() -> int:
    """One such port."""
    return free_offset() + STANDARD_PORTS[0]


def _held(port: int) -> socket.socket:
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        one.close()
        raise
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return one


@atexit.register
def _release() -> None:
    while _RESERVED:
        _RESERVED.pop().close()


@dataclass
class Server:
    """A server set up by `init`; `start` and `stop` may be repeated."""

    folder: Path
    made: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    ready_line: str = ""

    @property
    def config(self) -> Path:
        return Path(self.made["config"])

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    @property
    def ports(self) -> dict[str, int]:
        return self.made["ports"]

    def start(self) -> None:
        """Start `serve` and wait for its ready line."""
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command("serve", "--config", self.config),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(**self.environment),
            )
        assert self.process.stdout is not None
        self.ready_line = self.process.stdout.readline()
        if not self.ready_line.startswith("ready "):
            self.process.wait(10)
            self.process.stdout.close()
            raise RuntimeError(f"no ready line:\n{self.log.read_text()[-4000:]}")

    def stop(self, number: int = signal.SIGTERM, timeout: float = 30) -> int:
        """Send a signal and wait for the end; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status

    def cli(self, *arguments: object, **options: Any) -> Done:
        """Run a command against this server."""
        return run(*arguments, "--config", self.config, **options)

    def json(self, *arguments: object, **options: Any) -> Any:
        """Run a command that must work, and read its document."""
        done = self.cli(*arguments, "--json", **options)
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)


def init(folder: Path, *, sections: Mapping[str, Mapping[str, object]] | None = None) -> Server:
    """Set a server up in a folder, on loopback."""
    wishes = Wishes(
        domain="example.org",
        hostname="mail.example.org",
        owner="you@owner.example",
        data_dir=folder / "data",
        config_path=folder / "countersign.toml",
        port_offset=free_offset(),
        listen=("127.0.0.1",),
        sections={
            "inbox": {"trust_gate": "off"},
            "guard": {"cache_dir": str(CACHE_DIR)},
            **(sections or {}),
        },
    )
    return Server(folder=folder, made=initialized(wishes))


@contextlib.contextmanager
def serving(
    folder: Path, *, sections: Mapping[str, Mapping[str, object]] | None = None
) -> Iterator[Server]:
    """A running server in a folder."""
    server = init(folder, sections=sections)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
