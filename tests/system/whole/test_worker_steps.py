"""A worker that dies at every step of a delivery: what leaves again, and what does not."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mailcore.model import RecipientState
from tests.support.outgoing import Outgoing, outgoing
from tests.support.scripted_host import Says, ScriptedHost, scripted_host

ANN = "ann@far.example"


class _DiedError(BaseException):
    """The end of the process, as far as the worker can tell."""


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Outgoing, ScriptedHost]]:
    folder = tmp_path_factory.mktemp("sender")
    async with scripted_host() as (host, port), outgoing(folder, port=port) as one:
        yield one, host


@pytest.mark.parametrize(
    ("step", "copies"), [("claimed", 1), ("answered", 2), ("reported", 2), ("recorded", 1)]
)
async def test_what_was_recorded_is_never_sent_again(
    step: str, copies: int, desk: tuple[Outgoing, ScriptedHost]
) -> None:
    """What a host took, and nobody recorded, leaves again: rather twice than never."""
    outbox, host = desk
    host.play()
    submitted = await outbox.send(ANN, subject=step)
    await die_at(outbox, step)
    await outbox.core.stores.outbound.release_leases(None)
    await outbox.carry_through()
    assert host.kept == [(ANN,)] * copies
    (item,) = await outbox.core.stores.outbound.recipients(submitted.id)
    assert item.state is RecipientState.DELIVERED


@pytest.mark.parametrize("step", ["answered", "reported", "recorded"])
async def test_a_failure_is_reported_once_wherever_the_worker_dies(
    step: str, desk: tuple[Outgoing, ScriptedHost]
) -> None:
    outbox, host = desk
    host.play(otherwise=Says(rcpt="550 5.1.1 nobody here"))
    submitted = await outbox.send(ANN, subject=f"refused, {step}")
    await die_at(outbox, step)
    await outbox.core.stores.outbound.release_leases(None)
    await outbox.carry_through()
    (report,) = await outbox.reports(submitted)
    assert report.recipients[0].diagnostic.endswith("nobody here")


async def die_at(outbox: Outgoing, step: str) -> None:
    def fail(passed: str) -> None:
        if passed == step:
            raise _DiedError

    worker = outbox.core.worker
    worker._failpoint = fail
    (claim,) = await outbox.claims()
    with pytest.raises(_DiedError):
        await worker.deliver(claim)
    worker._failpoint = lambda _step: None
    await asyncio.sleep(0)
