"""A server in a process of its own, with one agent."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.process import Server, init


@dataclass
class Site:
    """A running server and its agent as `agent create` printed it."""

    server: Server
    mia: dict[str, Any]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    sections = {"limits": {"trusted_networks": ["127.0.0.0/8"]}}
    server = init(tmp_path, sections=sections)
    server.start()
    try:
        yield Site(server, server.json("agent", "create", "mia"))
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
