"""Real mail programs against the whole product; skipped where one is missing, unless they are required."""

import asyncio
import contextlib
import os
import pty
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.running import Agent, Running, running

PACKAGES = {
    "swaks": "swaks",
    "msmtp": "msmtp",
    "mbsync": "isync",
    "neomutt": "neomutt",
    "curl": "curl",
    "offlineimap": "offlineimap3",
    "imapfilter": "imapfilter",
    "interimap": "interimap",
    "perl": "perl",
    "node": "nodejs",
    "npm": "npm",
    "thunderbird": "thunderbird",
    "Xvfb": "xvfb",
    "postfix": "postfix",
    "opendkim": "opendkim",
    "opendmarc": "opendmarc",
    "dovecot": "dovecot-core",
    "unshare": "util-linux",
    "smtp-source": "postfix",
    "smtp-sink": "postfix",
    "/usr/lib/dovecot/imap": "dovecot-imapd",
}


@dataclass(frozen=True)
class Ran:
    """A program that has ended."""

    status: int
    out: str


type Program = Callable[..., Awaitable[Ran]]


def find(name: str) -> str:
    """The program's path; skips the test without it, or fails it where peers are required."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        missing(f"{name} (Debian: {PACKAGES[name]})")
    return path


def missing(what: str) -> NoReturn:
    """Skip the test for want of something, or fail it where peers are required."""
    if os.environ.get("REQUIRE_PEERS") or os.environ.get("CI"):
        pytest.fail(f"not installed: {what}")
    pytest.skip(f"not installed: {what}")


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Run a program to its end in an empty home."""

    async def run(name: str, *arguments: object, stdin: bytes = b"") -> Ran:
        process = await asyncio.create_subprocess_exec(
            find(name),
            *map(str, arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        )
        async with asyncio.timeout(60):
            out, _ = await process.communicate(stdin)
        return Ran(process.returncode or 0, out.decode("utf-8", "replace"))

    return run


async def at_terminal(name: str, *arguments: object, home: Path) -> None:
    """Run a full-screen program on a terminal of its own until it ends."""
    near, far = pty.openpty()
    os.set_blocking(near, False)
    loop = asyncio.get_running_loop()

    def drain() -> None:
        with contextlib.suppress(OSError):
            os.read(near, 65536)

    loop.add_reader(near, drain)
    try:
        process = await asyncio.create_subprocess_exec(
            find(name), *map(str, arguments), stdin=far, stdout=far, stderr=far, cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "xterm", "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        async with asyncio.timeout(30):
            await process.wait()
    finally:
        loop.remove_reader(near)
        os.close(near)
        os.close(far)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path / "server") as one:
        yield one


@pytest.fixture
async def mia(server: Running) -> Agent:
    return await server.agent("mia")
