"""The whole product for every test, in its own loop."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.running import Agent, Running, running


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as one:
        yield one


@pytest.fixture
async def mia(server: Running) -> Agent:
    return await server.agent("mia")
