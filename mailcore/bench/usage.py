"""CPU time and memory of a program and all its children, read from `/proc`. Linux only."""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_LOOK_SECONDS: Final = 0.5
_REST_SECONDS: Final = 600.0
_REST_SHARE: Final = 0.04
"""Of one core: below it nothing is done that could disturb a measurement."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a family of processes has used so far."""

    cpu_seconds: float
    rss_bytes: int


def usage_of(root: int) -> Usage:
    """The process `root`, its living descendants, and what their ended children had used."""
    ticks = 0
    pages = 0
    for fields in _family(root):
        ticks += sum(map(int, fields[11:15]))
        pages += int(fields[21])
    return Usage(ticks / _TICKS, pages * _PAGE)


def own_rss() -> int:
    """Octets of memory that this process holds."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _PAGE


async def at_rest(root: int) -> None:
    """Wait until a program does nothing any more, ten minutes at most; at once for 0."""
    deadline = time.monotonic() + _REST_SECONDS
    before, quiet = usage_of(root).cpu_seconds, 0
    while root and quiet < 2 and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
        now = usage_of(root).cpu_seconds
        quiet = quiet + 1 if now - before <= _LOOK_SECONDS * _REST_SHARE else 0
        before = now


def _family(root: int) -> list[list[str]]:
    """The fields of `/proc/PID/stat` behind the program's name, for every member."""
    everyone: dict[int, list[str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text("ascii", "replace")
            except OSError:
                continue
            everyone[int(entry.name)] = text.rpartition(") ")[2].split()
    members = {root} if root in everyone else set[int]()
    while True:
        more = {
            pid
            for pid, fields in everyone.items()
            if pid not in members and int(fields[1]) in members
        }
        if not more:
            return [everyone[pid] for pid in members]
        members |= more
