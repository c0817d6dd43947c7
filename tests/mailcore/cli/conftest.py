"""One running server for the commands that only look and add."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import Server, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("server")
    with serving(folder) as running:
        running.json("agent", "create", "mia")
        yield running
