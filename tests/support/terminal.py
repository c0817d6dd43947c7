"""A real terminal, recorded as text: a program in tmux."""

import asyncio
import contextlib
import shlex
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from tests.support.process import environment

WAIT_SECONDS = 30


class Terminal:
    """One program in a terminal of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def tmux(self, *arguments: str) -> str:
        """A command to this tmux; what it prints."""
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            check=True,
            env=environment(TERM="xterm-256color", LC_ALL="C.UTF-8"),
        )
        return done.stdout

    def type(self, text: str, *keys: str) -> None:
        """Type text, then press keys such as `Enter`, `Tab`, `C-d`."""
        if text:
            self.tmux("send-keys", "-l", text)
        if keys:
            self.tmux("send-keys", *keys)

    def screen(self, *, with_colors: bool = False) -> str:
        """What the screen shows now."""
        return self.tmux("capture-pane", "-p", *(["-e"] if with_colors else []))

    async def shows(self, text: str) -> str:
        """The screen once it shows the text."""
        return await self._until(lambda found: text in found, text)

    async def ends(self, text: str) -> str:
        """The screen once this is the last that it shows."""
        return await self._until(lambda found: found.rstrip().endswith(text), text)

    async def _until(self, is_so: Callable[[str], bool], text: str) -> str:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while not is_so(found := self.screen()):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"no {text!r} on:\n{self.screen()}") from None
        return found


@contextlib.asynccontextmanager
async def terminal(
    command: Sequence[str], folder: Path, *, columns: int = 130, lines: int = 40, **variables: str
) -> AsyncIterator[Terminal]:
    """The program in a terminal of this size; both are ended."""
    one = Terminal(folder / f"tmux-{uuid.uuid4().hex[:8]}")
    given = [f"{name}={value}" for name, value in variables.items()]
    unset = [part for name in ("NO_COLOR", "COLUMNS", "LINES") for part in ("-u", name)]
    line = shlex.join(["env", *unset, *given, *command])
    size = ("-x", str(columns), "-y", str(lines))
    one.tmux("new-session", "-d", *size, f"{line}; echo ended with $?; read -r end")
    try:
        yield one
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            one.tmux("kill-server")
