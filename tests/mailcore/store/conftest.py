"""A real store on a temporary directory for every test, proven whole at its end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailcore.model import Inbox
from mailcore.store.maildir import Maildir
from mailcore.store.ports import Stores
from mailcore.store.sqlite import SqliteStore
from tests.support.blueprint import lay_out
from tests.support.build import create_inbox
from tests.support.clock import FakeClock
from tests.support.invariants import check_invariants


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def stores(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Stores]:
    """An open store; every invariant must hold when the test is done."""
    lay_out(tmp_path)
    maildir = Maildir(tmp_path, clock=clock)
    async with SqliteStore.open(tmp_path, maildir, clock) as opened:
        yield opened
        await check_invariants(opened)
    maildir.close()


@pytest.fixture
async def mia(stores: Stores) -> Inbox:
    """The inbox mia@here.test."""
    return await create_inbox(stores)
