"""A real server in a process of its own, and the command line against it."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STANDARD_PORTS = (25, 587, 465, 143, 993, 8080)
START_SECONDS = 40


def environment(**more: str) -> dict[str, str]:
    """The environment without any setting of ours, plus `more`."""
    clean = {name: value for name, value in os.environ.items() if "COUNTERSIGN" not in name}
    return {**clean, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **more}


def command(*arguments: object) -> list[str]:
    """The argument vector of `countersign …`."""
    return [sys.executable, "-m", "mailcore", *map(str, arguments)]


def run(
    *arguments: object,
    stdin: str | bytes | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `countersign …` to its end."""
    given = stdin.decode("utf-8", "surrogateescape") if isinstance(stdin, bytes) else stdin
    return subprocess.run(
        command(*arguments),
        input=given if given is not None else "",
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        timeout=timeout,
        env=environment(**(env or {})),
    )


def free_offset() -> int:
    """A port offset under which every standard port is free on loopback."""
    for _ in range(200):
        offset = 10000 + secrets.randbelow(40000)
        with contextlib.ExitStack() as stack:
            try:
                for port in STANDARD_PORTS:
                    one = stack.enter_context(socket.socket())
                    one.bind(("127.0.0.1", port + offset))
            except OSError:
                continue
            return offset
    raise RuntimeError("no free port offset")


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

    def cli(self, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a command against this server."""
        return run(*arguments, "--config", self.config, **options)

    def json(self, *arguments: object, **options: Any) -> Any:
        """Run a command that must work, and read its document."""
        done = self.cli(*arguments, "--json", **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def init(folder: Path, **settings: str) -> Server:
    """Set a server up in a folder, on loopback."""
    done = run(
        "init", "--domain", "example.org", "--owner", "you@owner.example",
        "--data", folder / "data", "--config", folder / "countersign.toml",
        "--port-offset", free_offset(), "--listen", "127.0.0.1", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return Server(folder=folder, made=json.loads(done.stdout), environment=dict(settings))


@contextlib.contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Server]:
    """A running server in a folder."""
    server = init(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
