"""A live server for the tests of this folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.imap_live import Live, live
from tests.support.invariants import check_invariants


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Live]:
    """A server whose store is proven whole when the test ends."""
    async with live(tmp_path) as one:
        yield one
        await check_invariants(one.stores)
